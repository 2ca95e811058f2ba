"""Real parts for the tests: both databases, a sandbox bank over HTTP, a delivery task."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import create_engine, text

from actions.bank.client import HttpBank
from actions.bank.sandbox.app import create_app
from actions.bank.sandbox.faults import Faults
from actions.bills import BillService
from actions.delivery import Delivery
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.vault import Vault
from actions.loans import LoanApplication, LoanService
from actions.metrics import Metrics
from tests.postgres import POSTGRES, installed, running

BANK_KEY = b"a key of the tests"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, without a database name."""
    if not installed():
        pytest.skip(f"PostgreSQL 15 is not installed in {POSTGRES}")
    with running("-c fsync=off") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    server = request.getfixturevalue("postgres")
    name = f"t{secrets.token_hex(6)}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{server}/{name}"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    engine = open_engine(database_url)
    migrate(engine)
    yield Ledger(engine, Vault([b"k" * 32]))
    engine.dispose()


@dataclass
class Sandbox:
    """A running sandbox bank that can be stopped and started again on the same port and database."""

    folder: Path
    faults: Faults
    notify_url: str | None = None
    server: TestServer | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'bank.sqlite'}"

    async def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        app: web.Application = create_app(open_engine(self.database), BANK_KEY, self.url, self.notify_url, self.faults)
        self.server = TestServer(app, host="127.0.0.1", port=self.port)
        await self.server.start_server()

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.close()
            self.server = None

    def count(self, table: str) -> int:
        """Rows in one of its tables."""
        engine = open_engine(self.database)
        with engine.connect() as connection:
            number = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        engine.dispose()
        return int(number)

    def value(self, query: str) -> str:
        """One value out of its database."""
        engine = open_engine(self.database)
        with engine.connect() as connection:
            found = connection.execute(text(query)).scalar_one()
        engine.dispose()
        return str(found)

    def execute(self, statement: str) -> None:
        """Change its database behind its back, as its staff would."""
        engine = open_engine(self.database)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox bank over HTTP, started."""
    bank = Sandbox(tmp_path, Faults())
    await bank.start()
    yield bank
    await bank.stop()


@pytest.fixture
async def bank(sandbox: Sandbox) -> AsyncIterator[HttpBank]:
    """Our client of the sandbox."""
    async with HttpBank(sandbox.url, BANK_KEY, timeout_s=3) as client:
        yield client


@pytest.fixture
async def delivery(ledger: Ledger, bank: HttpBank) -> AsyncIterator[Delivery]:
    """A running delivery task."""
    async with Delivery(ledger, bank, Metrics(), patience_s=5) as running:
        yield running


@pytest.fixture
def loans(ledger: Ledger, delivery: Delivery) -> LoanService:
    return LoanService(ledger, delivery)


@pytest.fixture
def bills(ledger: Ledger, delivery: Delivery, bank: HttpBank) -> BillService:
    return BillService(ledger, delivery, bank)


@pytest.fixture
def application() -> LoanApplication:
    return LoanApplication(
        sender="web:42",
        amount_fen=5_000_000,
        purpose="买玉米种子和化肥",
        crop_or_livestock="玉米",
        area_mu=Decimal("12.5"),
        term_months=12,
        name="欧阳小明",
        phone="13812345678",
        village="李家沟村",
        region="510000",
        consent=True,
    )


async def eventually(holds: Callable[[], Awaitable[bool]], within_s: float = 15.0) -> None:
    """Wait until something in another task or process holds; fail after ``within_s``."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110  (it changes in another process or database)
            await asyncio.sleep(0.05)
