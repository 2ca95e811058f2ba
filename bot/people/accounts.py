"""Accounts of the staff console: names with scrypt-hashed passwords, made on the command line."""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from sqlalchemy import Engine, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base

_NAME = re.compile(r"[\w·-]{1,32}")
SHORTEST = 10
"""Characters of a password; they are chosen by an administrator, not by customers."""


class AccountError(ValueError):
    """An account cannot be made; says why."""

    code = "account"


class _Account(Base):
    __tablename__ = "staff"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Accounts:
    """Kept in the gateway's database. Methods block (scrypt takes ~50 ms on purpose): call them in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        Base.metadata.create_all(engine)

    def add(self, name: str, password: str) -> None:
        """Make an account, or give it another password.

        Raises:
            AccountError: the name is malformed or the password too short.
        """
        if not _NAME.fullmatch(name):
            raise AccountError("a name has 1 to 32 letters, digits or characters")
        if len(password) < SHORTEST:
            raise AccountError(f"a password has at least {SHORTEST} characters")
        salt = os.urandom(16)
        with Session(self._engine) as session, session.begin():
            session.merge(_Account(name=name, salt=salt, hash=_hash(password, salt)))

    def remove(self, name: str) -> bool:
        """Whether there was such an account; sessions of it end with it."""
        with Session(self._engine) as session, session.begin():
            return bool(session.execute(delete(_Account).where(_Account.name == name)).rowcount)  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        with Session(self._engine) as session:
            return list(session.scalars(select(_Account.name).order_by(_Account.name)))

    def exists(self, name: str) -> bool:
        with Session(self._engine) as session:
            return session.get(_Account, name) is not None

    def check(self, name: str, password: str) -> bool:
        """Whether the password is the account's; an unknown name takes as long as a wrong password."""
        with Session(self._engine) as session:
            row = session.get(_Account, name)
            salt, wanted = (row.salt, row.hash) if row else (bytes(16), bytes(32))
        return hmac.compare_digest(_hash(password, salt), wanted)


def _hash(password: str, salt: bytes) -> bytes:
    """scrypt, N = 2^14, r = 8, p = 1 (RFC 7914, interactive use)."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
