"""What belongs to a case beside its form: outlines of plots and documents, sealed like everything personal.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from actions.errors import ActionsError
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, DocumentRow, PlotRow

MOST_BYTES = 8 * 2**20


class AttachmentRefused(ActionsError):
    """No such case, or too large."""

    code = "attachment_refused"
    message = "这份材料没有收下。"


@dataclass(frozen=True)
class Document:
    """A document of a case; ``kind`` is what it is (land_certificate, photo, ...)."""

    kind: str
    media_type: str
    bytes: int
    digest: str
    created_at: datetime


class Attachments:
    """Plots and documents of cases."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add_plot(self, case_id: str, outline: Mapping[str, Any], area_mu: str) -> None:
        """Add a plot's outline (GeoJSON) and its area in mu."""
        self._check(case_id)
        sealed = self._ledger.vault.seal(json.dumps(outline), f"{case_id}/outline")
        with self._ledger.write() as session:
            session.add(PlotRow(case_id=case_id, outline_sealed=sealed, area_mu=area_mu, created_at=datetime.now(UTC)))

    def plots(self, case_id: str) -> list[dict[str, Any]]:
        """Outlines of a case's plots (GeoJSON), oldest first."""
        query = select(PlotRow).where(PlotRow.case_id == case_id).order_by(PlotRow.id)
        with self._ledger.read() as session:
            rows = session.scalars(query).all()
        return [json.loads(self._ledger.vault.open(row.outline_sealed, f"{case_id}/{row.place}")) for row in rows]

    def add_document(self, case_id: str, kind: str, media_type: str, content: bytes) -> str:
        """Add a document; the same contents again change nothing.

        Returns:
            The SHA-256 of its contents, by which it is fetched.

        Raises:
            AttachmentRefused: no such case, or over 8 MiB.
        """
        self._check(case_id)
        if not 0 < len(content) <= MOST_BYTES:
            raise AttachmentRefused(code="attachment_too_large")
        digest = hashlib.sha256(content).hexdigest()
        row = DocumentRow(
            case_id=case_id,
            kind=kind,
            media_type=media_type,
            bytes=len(content),
            digest=digest,
            content_sealed=self._ledger.vault.seal(base64.b64encode(content).decode(), f"{digest}/content"),
            created_at=datetime.now(UTC),
        )
        with suppress(IntegrityError), self._ledger.write() as session:  # handed in before
            session.add(row)
        return digest

    def documents(self, case_id: str) -> list[Document]:
        """What was handed in with a case, oldest first."""
        query = select(DocumentRow).where(DocumentRow.case_id == case_id).order_by(DocumentRow.id)
        with self._ledger.read() as session:
            rows = session.scalars(query).all()
        return [Document(row.kind, row.media_type, row.bytes, row.digest, row.created_at) for row in rows]

    def content(self, case_id: str, digest: str) -> bytes | None:
        """A document's contents; None when the case has no such document."""
        query = select(DocumentRow.content_sealed).where(DocumentRow.case_id == case_id, DocumentRow.digest == digest)
        with self._ledger.read() as session:
            sealed = session.scalar(query)
        return None if sealed is None else base64.b64decode(self._ledger.vault.open(sealed, f"{digest}/content"))

    def _check(self, case_id: str) -> None:
        with self._ledger.read() as session:
            if session.scalar(select(CaseRow.id).where(CaseRow.id == case_id)) is None:
                raise AttachmentRefused(code="attachment_without_case")
