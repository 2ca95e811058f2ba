"""What people chose for themselves: where they live, and whether replies are spoken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Engine, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base


class Speech(StrEnum):
    """When replies are spoken."""

    AS_ASKED = "as_asked"
    """A voice message is answered by voice."""
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Preference:
    """``region``: GB/T 2260 code, None when unknown."""

    region: str | None = None
    speech: Speech = Speech.AS_ASKED

    def spoken(self, voice: bool) -> bool:
        """Whether the answer to a message (by voice or not) is spoken."""
        return self.speech is Speech.ALWAYS or (voice and self.speech is Speech.AS_ASKED)


class _Row(Base):
    __tablename__ = "preferences"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    region: Mapped[str | None] = mapped_column(String(6))
    speech: Mapped[str] = mapped_column(String(16))


_CHOSEN = select(_Row.__table__).where(_Row.sender == bindparam("sender"))


@dataclass(frozen=True)
class Preferences:
    """Kept in the gateway's database until the person is forgotten. Methods block briefly: call them in a thread."""

    engine: Engine

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)

    def of(self, sender: str) -> Preference:
        """What the person behind a conversation id chose."""
        with self.engine.connect() as connection:
            row = connection.execute(_CHOSEN, {"sender": sender}).one_or_none()
            return Preference(row.region, Speech(row.speech)) if row else Preference()

    def choose(self, sender: str, *, region: str | None = None, speech: Speech | None = None) -> None:
        """Change what is given, keep the rest."""
        old = self.of(sender)
        new = replace(old, region=region or old.region, speech=speech or old.speech)
        with Session(self.engine) as session, session.begin():
            session.merge(_Row(sender=sender, region=new.region, speech=new.speech.value))
