"""Who the partners are: keys (hashed), scopes, quotas, and which cases are theirs.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from actions.cases import Case
from actions.errors import ActionsError
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, PartnerCaseRow, PartnerHookRow, PartnerKeyRow, PartnerRow, PartnerUsageRow
from actions.ledger.views import read_cases

PER_MINUTE, PER_DAY = 60, 5_000
"""Quotas of a partner for whom none were given."""


class Scope(StrEnum):
    """What a key may do."""

    WRITE = "applications:write"
    READ = "applications:read"
    PROGRESS = "progress:read"


class PartnerError(ActionsError):
    """A partner's request or an operator's command cannot be carried out."""

    code = "partner_error"
    message = "这个请求办不了。"


class PartnerInvalid(PartnerError):
    """A name, address or key that cannot be; ``message`` is for the operator."""

    code = "partner_invalid"


@dataclass(frozen=True)
class Partner:
    """A partner as its key presents it."""

    id: str
    name: str
    scopes: frozenset[Scope]
    per_minute: int
    per_day: int


@dataclass(frozen=True)
class NewKey:
    """A key just made; ``key`` and ``webhook_secret`` are shown this once."""

    partner_id: str
    key_id: str
    key: str
    webhook_secret: str | None


@dataclass(frozen=True)
class Spent:
    """What a request cost: whether it is within both quotas, what is left, and seconds until more is."""

    allowed: bool
    left_minute: int
    left_day: int
    retry_after_s: int


class PartnerBook:
    """Partners in the ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(
        self,
        name: str,
        scopes: frozenset[Scope],
        *,
        webhook_url: str | None = None,
        per_minute: int = PER_MINUTE,
        per_day: int = PER_DAY,
    ) -> NewKey:
        """A key for a new partner, or another key for one that is known (whose quotas and address then stay).

        Raises:
            PartnerInvalid: the name, the scopes or the address cannot be.
        """
        name = name.strip()
        if not 0 < len(name) <= 100 or not name.isprintable():
            raise PartnerInvalid("the name must have 1 to 100 characters")
        if not scopes:
            raise PartnerInvalid("a key needs at least one scope")
        if webhook_url is not None:
            _check_address(webhook_url)
        now, secret = datetime.now(UTC), None
        with self._ledger.write() as session:
            partner = session.scalar(select(PartnerRow).where(PartnerRow.name == name))
            if partner is None:
                partner_id = secrets.token_hex(8)
                secret = secrets.token_urlsafe(32) if webhook_url else None
                sealed = self._ledger.vault.seal(secret, f"{partner_id}/webhook_secret") if secret else None
                partner = PartnerRow(
                    id=partner_id,
                    name=name,
                    per_minute=per_minute,
                    per_day=per_day,
                    webhook_url=webhook_url,
                    webhook_secret_sealed=sealed,
                    created_at=now,
                )
                session.add(partner)
                session.flush()
            elif webhook_url is not None and webhook_url != partner.webhook_url:
                raise PartnerInvalid(f"partner {name} is known with another address of its web-hook")
            key_id = secrets.token_hex(6)
            key = f"xy_{key_id}_{secrets.token_urlsafe(32)}"
            session.add(
                PartnerKeyRow(
                    id=key_id,
                    partner_id=partner.id,
                    key_hash=_hash(key),
                    scopes=" ".join(sorted(scopes)),
                    created_at=now,
                )
            )
            return NewKey(partner.id, key_id, key, secret)

    def every_key(self) -> list[dict[str, object]]:
        """All keys with their partner, and how many news could not be delivered."""
        lost = (
            select(func.count())
            .where(PartnerHookRow.partner_id == PartnerRow.id, PartnerHookRow.state == "dead")
            .scalar_subquery()
        )
        query = (
            select(PartnerKeyRow, PartnerRow, lost).join(PartnerRow).order_by(PartnerRow.name, PartnerKeyRow.created_at)
        )
        with self._ledger.read() as session:
            return [
                {
                    "partner": partner.name,
                    "key_id": key.id,
                    "scopes": key.scopes.split(),
                    "per_minute": partner.per_minute,
                    "per_day": partner.per_day,
                    "webhook_url": partner.webhook_url,
                    "created_at": key.created_at.isoformat(),
                    "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
                    "news_not_delivered": dead,
                }
                for key, partner, dead in session.execute(query)
            ]

    def revoke(self, key_id: str) -> bool:
        """The key opens nothing from now on; False when there is no such key (any more)."""
        with self._ledger.write() as session:
            found = session.execute(
                update(PartnerKeyRow)
                .where(PartnerKeyRow.id == key_id, PartnerKeyRow.revoked_at.is_(None))
                .values(revoked_at=datetime.now(UTC))
                .returning(PartnerKeyRow.id)
            )
            return found.first() is not None

    def who(self, key: str) -> Partner | None:
        """Whose key this is; None when it is nobody's or was revoked."""
        query = (
            select(PartnerKeyRow.scopes, PartnerRow)
            .join(PartnerRow)
            .where(PartnerKeyRow.key_hash == _hash(key), PartnerKeyRow.revoked_at.is_(None))
        )
        with self._ledger.read() as session:
            row = session.execute(query).first()
        if row is None:
            return None
        scopes = frozenset(Scope(scope) for scope in row[0].split())
        return Partner(row[1].id, row[1].name, scopes, row[1].per_minute, row[1].per_day)

    def spend(self, partner: Partner, now: datetime) -> Spent:
        """Count a request against both quotas; refused ones count too."""
        minute, day = f"m{now:%Y%m%d%H%M}", f"d{now:%Y%m%d}"
        insert = postgresql.insert if self._ledger.engine.dialect.name == "postgresql" else sqlite.insert
        used = {}
        with self._ledger.write() as session:
            for span in (minute, day):
                counted = insert(PartnerUsageRow).values(partner_id=partner.id, span=span, requests=1)
                counted = counted.on_conflict_do_update(
                    index_elements=["partner_id", "span"], set_={"requests": PartnerUsageRow.requests + 1}
                )
                used[span] = session.execute(counted.returning(PartnerUsageRow.requests)).scalar_one()
            if used[minute] == 1:
                old = PartnerUsageRow.span.not_in([minute, day])
                session.execute(delete(PartnerUsageRow).where(PartnerUsageRow.partner_id == partner.id, old))
        left_minute, left_day = partner.per_minute - used[minute], partner.per_day - used[day]
        if left_day < 0:
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            retry = int((midnight - now).total_seconds()) + 1
        else:
            retry = 60 - now.second
        return Spent(left_minute >= 0 and left_day >= 0, max(0, left_minute), max(0, left_day), retry)

    def cases(self, partner: Partner, limit: int) -> list[tuple[str, Case]]:
        """The partner's reference and the case, newest first."""
        query = (
            select(CaseRow, PartnerCaseRow.reference_sealed)
            .join(PartnerCaseRow, PartnerCaseRow.case_id == CaseRow.id)
            .where(PartnerCaseRow.partner_id == partner.id)
            .order_by(PartnerCaseRow.created_at.desc(), PartnerCaseRow.case_id)
            .limit(limit)
        )
        with self._ledger.read() as session:
            rows = session.execute(query).all()
            cases = read_cases(session, self._ledger.vault, [row for row, _ in rows])
        return [(self._reference(case.id, sealed), case) for case, (_, sealed) in zip(cases, rows, strict=True)]

    def reference(self, partner: Partner, case_id: str) -> str | None:
        """What the partner calls this case; None when it is not the partner's."""
        query = select(PartnerCaseRow.reference_sealed).where(
            PartnerCaseRow.case_id == case_id, PartnerCaseRow.partner_id == partner.id
        )
        with self._ledger.read() as session:
            sealed = session.scalar(query)
        return None if sealed is None else self._reference(case_id, sealed)

    def _reference(self, case_id: str, sealed: str) -> str:
        return self._ledger.vault.open(sealed, f"{case_id}/reference")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if len(url) > 500 or not parts.hostname or parts.username or (parts.scheme != "https" and not loopback):
        raise PartnerInvalid("a web-hook's address begins with https:// (http:// on this machine only)")
