"""Where the action server is put together: every service is made here, from the settings, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from actions.bank.breaker import Breaker
from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.signing import Verifier
from actions.bills import BillService
from actions.call_routes import CallRoutes
from actions.cases import CaseBook
from actions.catalogue.store import FILE as PRODUCTS_FILE
from actions.catalogue.store import Catalogue
from actions.delivery import Delivery
from actions.dialogue import build_actions
from actions.drafts import DraftBook
from actions.errors import Misconfigured
from actions.handoffs import HandOffs
from actions.ledger.call_records import CallRecords
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.vault import Vault
from actions.loans import LoanService
from actions.metrics import Metrics
from actions.news import NewsDelivery
from actions.partners.book import PartnerBook
from actions.partners.desk import PartnerDesk
from actions.partners.hooks import HookDelivery
from actions.partners.routes import PartnerRoutes
from actions.repayment.picture import PlanPainter, find_font
from actions.server import create_app
from actions.services import Services
from actions.takeover import Takeover
from knowledge.fraud import FraudChecker
from knowledge.retriever import Retriever
from settings import Settings


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[web.Application]:
    """The action server with all it needs, opened; closed again on leaving.

    Raises:
        Misconfigured: a secret is missing or wrong.
        knowledge.errors.KnowledgeError: the index or the model is missing.
        sqlalchemy.exc.DBAPIError: the ledger's database cannot be opened.
    """
    secret = settings.internal_secret.get_secret_value()
    bank_key = settings.bank_key.get_secret_value().encode()
    if not secret:
        raise Misconfigured(code="internal_secret_missing")
    if not bank_key:
        raise Misconfigured(code="bank_key_missing")
    vault = Vault.from_setting(settings.ledger_key.get_secret_value())
    engine = open_engine(settings.ledger_url())
    await asyncio.to_thread(migrate, engine)
    ledger, metrics = Ledger(engine, vault), Metrics()
    embedding = settings.embedding_dir or settings.models_dir / "e5-zh"
    knowledge = await asyncio.to_thread(Retriever.open, settings.index_dir, embedding)
    await asyncio.to_thread(knowledge.index.warm)
    fraud = await asyncio.to_thread(FraudChecker.open, settings.index_dir, embedding, knowledge.embedder)
    try:
        async with (
            HttpBank(settings.url_of("bank"), bank_key) as http_bank,
            Delivery(ledger, bank := Breaker(http_bank), metrics) as delivery,
            HookDelivery(ledger),
            CallRoutes(CallRecords(ledger)) as calls,
            NewsDelivery(ledger, cases := CaseBook(ledger, delivery.news), settings.url_of("gateway"), secret, metrics),
        ):
            book, loans = PartnerBook(ledger), LoanService(ledger, delivery)
            services = Services(
                knowledge=knowledge,
                fraud=fraud,
                products=Catalogue(settings.state_dir / PRODUCTS_FILE),
                loans=loans,
                bills=BillService(ledger, delivery, bank),
                cases=cases,
                drafts=DraftBook(ledger),
                hand_offs=HandOffs(ledger),
            )
            app = create_app(
                build_actions(services),
                ledger=ledger,
                bank=bank,
                delivery=delivery,
                metrics=metrics,
                verifier=Verifier(bank_key, CLIENT_ID),
                secret=secret,
                painter=PlanPainter(find_font(settings.font)),
                action_timeout_s=max(1.0, settings.turn_timeout_s - 5.0),
                partners=PartnerRoutes(book, PartnerDesk(ledger, book, loans, cases)),
                calls=calls,
            )
            app.cleanup_ctx.append(Takeover(knowledge=knowledge, fraud=fraud))
            yield app
    finally:
        engine.dispose()
