"""The ledger's speed, empty and with a million cases, on SQLite and PostgreSQL.

    .venv/bin/python -m benchmarks.ledger [--cases N] [--only sqlite]

A submit is the whole of it: the application is checked and stored in one transaction (synced to disk), delivered over
HTTP to a sandbox bank in a process of its own, and the case read back. Filling writes in bulk the rows that as many
real cases would leave, with a hand-off and a call for every tenth; what is measured then goes the product's own way.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from stdnum import verhoeff
from tqdm import tqdm

from actions.bank.client import HttpBank
from actions.delivery import Delivery
from actions.ledger.call_records import CallRecords, Wanted
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.outbox import Outbox
from actions.ledger.vault import Vault
from actions.loans import LoanApplication, LoanService
from actions.metrics import Metrics
from benchmarks.machine import heading
from tests.postgres import installed, running
from tests.running import free_port

RESULT = Path(__file__).with_name("results") / "ledger.md"
BATCH = 20_000
BANK_KEY = "a key of the benchmark"
APPLICATION = LoanApplication(
    sender="web:1",
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
TABLES = {
    "cases": (
        *("id", "kind", "state", "amount_fen", "sender_index", "sender_sealed", "key_index", "key_sealed"),
        *("body_index", "created_at", "updated_at", "bank_ref", "checks"),
    ),
    "loans": (
        *("case_id", "purpose_sealed", "crop_or_livestock", "area_mu", "term_months", "region", "name_sealed"),
        *("phone_sealed", "phone_index", "village_sealed"),
    ),
    "case_events": ("case_id", "at", "state", "who", "note"),
    "consents": ("case_id", "purpose", "given_at"),
    "outbox": ("case_id", "kind", "idempotency_key", "payload_sealed", "state", "attempts", "next_attempt_at"),
    "hand_offs": ("id", "sender_index", "sender_sealed", "reason_sealed", "created_at", "closed_at"),
    "call_records": (
        *("id", "version", "began", "ended", "outcome", "protocol", "turn_count", "forgotten", "sender_index"),
        *("sender_sealed", "tail_index", "tail_sealed", "turns_sealed", "updated_at"),
    ),
}
FAST = {
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000000"),
    "postgresql": ("SET session_replication_role = replica", "SET synchronous_commit = off", "SET TimeZone = 'UTC'"),
}
"""Of the connection that fills, and of no other: what it writes refers to what it wrote before."""
Rows = dict[str, list[tuple[Any, ...]]]


def numbers() -> Iterator[str]:
    """Case numbers in a row with the right check digit; none that the ledger would draw, as they begin with 0."""
    for number in range(100_000_000):
        body = f"{number:09d}"
        yield body + verhoeff.calc_check_digit(body)


def fill(engine: Engine, vault: Vault, count: int) -> float:
    """Rows of ``count`` finished cases of ``count // 4`` people; the seconds it took."""
    started = time.monotonic()
    ids = numbers()
    long_ago = datetime.now(UTC) - timedelta(days=300)
    raw = engine.raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    try:
        for setting in FAST[engine.dialect.name]:
            driver.execute(setting)
        driver.commit()
        with tqdm(total=count, unit="case", unit_scale=True, mininterval=2) as bar:
            for first in range(0, count, BATCH):
                rows: Rows = {name: [] for name in TABLES}
                for number in range(first, min(first + BATCH, count)):
                    _rows_of(rows, vault, next(ids), number, long_ago + timedelta(seconds=number * 20))
                (_copy if engine.dialect.name == "postgresql" else _insert)(driver, rows)
                bar.update(len(rows["cases"]))
    finally:
        raw.invalidate()  # nobody goes on with these settings
    return time.monotonic() - started


def _rows_of(rows: Rows, vault: Vault, case_id: str, number: int, when: datetime) -> None:
    sender, key, phone = f"web:{number // 4}", f"k{number}", f"138{number:08d}"
    seal, index = vault.seal, vault.index
    at = f"{when:%Y-%m-%d %H:%M:%S.%f}"  # UTC, as SQLite keeps it and PostgreSQL takes it
    theirs = index(sender, "sender")
    rows["cases"].append(
        (
            *(case_id, "loan", "declined", 5_000_000, theirs, seal(sender, f"{case_id}/sender")),
            *(index(key, "key"), seal(f"d {key}", f"{case_id}/key"), index(key, "body"), at, at, f"L{number}", 0),
        )
    )
    rows["loans"].append(
        (
            *(case_id, seal("买玉米种子和化肥", f"{case_id}/purpose"), "玉米", "12.5", 12, "510000"),
            *(seal("欧阳小明", f"{case_id}/name"), seal(phone, f"{case_id}/phone"), index(phone, "phone")),
            seal("李家沟村", f"{case_id}/village"),
        )
    )
    for state in ("waiting_for_bank", "in_review", "declined"):
        rows["case_events"].append((case_id, at, state, "bank", "银行收到了申请，由工作人员审核。"))
    rows["consents"].append((case_id, "loan_data_to_bank", at))
    payload = seal("{}" * 150, f"{case_id}/payload")
    rows["outbox"].append((case_id, "loan", f"o{number}", payload, "done", 1, at))
    if number % 10 == 0:
        sealed = seal(sender, f"{case_id}/sender"), seal("要找人", f"{case_id}/reason")
        rows["hand_offs"].append((case_id, theirs, *sealed, at, at))
        call, tail = f"call-{number}", phone[-4:]
        rows["call_records"].append(
            (
                *(call, 1, at, at, "finished", "bench", 2, False, theirs, seal(sender, f"{call}/sender")),
                *(index(tail, "tail"), seal(tail, f"{call}/tail"), seal("[]", f"{call}/turns"), at),
            )
        )


def _copy(driver: Any, rows: Rows) -> None:
    for table, columns in TABLES.items():
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows[table]:
                copy.write_row(row)
    driver.commit()


def _insert(driver: Any, rows: Rows) -> None:
    driver.execute("BEGIN IMMEDIATE")
    for table, columns in TABLES.items():
        marks = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows[table])
    driver.commit()


def timed(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    took = []
    for number in range(times):
        started = time.perf_counter()
        work(number)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


def measure(ledger: Ledger, cases: int, mark: str) -> dict[str, str]:
    """One column of the table."""
    ids = numbers()
    known = [next(ids) for _ in range(300)] if cases else [ledger.register_loan(APPLICATION, "first")]
    people = max(1, cases // 4)
    column: dict[str, str] = {}
    calls = CallRecords(ledger)

    def put(name: str, work: Callable[[int], object], times: int = 200) -> None:
        median, late = timed(work, times)
        column[name] = f"{median:.1f} / {late:.1f}"

    def fresh(number: int, thread: str = "") -> LoanApplication:
        return replace(APPLICATION, sender=f"new:{mark}{thread}:{number}")

    put("register a case", lambda n: ledger.register_loan(fresh(n), f"{mark}:{n}"))
    put("register again with the same key", lambda n: ledger.register_loan(fresh(n), f"{mark}:{n}"))
    put("one case by its number", lambda n: ledger.case(known[n % len(known)]))
    put("a person's cases", lambda n: ledger.cases(f"web:{(n * 7919) % people}"))
    put("the newest 50 cases", lambda _: ledger.cases(limit=50), 100)
    put("who waits for staff", lambda _: ledger.open_hand_offs(), 100)
    put("the newest 50 calls", lambda _: calls.find(Wanted(limit=50)), 100)
    put("calls of a number's last four digits", lambda n: calls.find(Wanted(tail=f"{n * 10:04d}", limit=50)), 100)
    put("cases to ask the bank about", lambda _: Outbox(ledger).watched(), 100)
    put("requests still owed", lambda _: Outbox(ledger).pending(), 100)
    put("claim one request of the outbox", lambda _: Outbox(ledger).claim(1), 100)

    def many(thread: int) -> None:
        for number in range(100):
            ledger.register_loan(fresh(number, f"t{thread}"), f"{mark}:t{thread}:{number}")

    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))
    column["cases a second, 8 at once"] = f"{800 / (time.monotonic() - started):.0f}"
    with ledger.write() as session:  # what was registered here is not to be delivered
        session.execute(text("UPDATE outbox SET state = 'done' WHERE state = 'pending'"))
    return column


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """The URL of a sandbox bank with a fresh database, in a process of its own."""
    port = free_port()
    settings = {"STATE_DIR": str(folder), "BANK_KEY": BANK_KEY, "BANK_PORT": str(port)}
    environment = {**os.environ, **{f"XIANGYIN_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "actions.bank.sandbox"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def submits(ledger: Ledger, bank_url: str, mark: str) -> dict[str, str]:
    """The whole submit, one after the other and 8 at once."""
    column: dict[str, str] = {}
    async with (
        HttpBank(bank_url, BANK_KEY.encode()) as bank,
        Delivery(ledger, bank, Metrics(), patience_s=10) as delivery,
    ):
        loans = LoanService(ledger, delivery)

        async def one(number: int) -> float:
            started = time.perf_counter()
            application = replace(APPLICATION, sender=f"submit:{mark}:{number}")
            case = await loans.submit(application, f"submit:{mark}:{number}")
            assert case.state == "in_review", case.state
            return (time.perf_counter() - started) * 1000

        took = [await one(number) for number in range(100)]
        column["submit to the bank and back"] = (
            f"{statistics.median(took):.1f} / {statistics.quantiles(took, n=20)[18]:.1f}"
        )
        started = time.monotonic()

        async def several(first: int) -> list[float]:
            return [await one(number) for number in range(first, first + 50)]

        together = [t for part in await asyncio.gather(*(several(1000 * n) for n in range(1, 9))) for t in part]
        column["submit, 8 at once"] = (
            f"{statistics.median(together):.1f} / {statistics.quantiles(together, n=20)[18]:.1f}"
        )
        column["submits a second, 8 at once"] = f"{400 / (time.monotonic() - started):.0f}"
    with ledger.write() as session:  # their bank goes: nobody asks it about them in the next column
        session.execute(text("UPDATE cases SET next_check_at = NULL WHERE next_check_at IS NOT NULL"))
    return column


@contextmanager
def databases(folder: Path, only: str | None) -> Iterator[list[tuple[str, str]]]:
    """Names and URLs of the databases to measure."""
    found = [("SQLite", f"sqlite:///{folder / 'ledger.sqlite'}")]
    if only == "sqlite" or not installed():
        yield found
        return
    with running("-c shared_buffers=512MB -c max_wal_size=4GB") as server:
        admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE ledger"))
        admin.dispose()
        yield [*found, ("PostgreSQL", f"{server}/ledger")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["sqlite"])
    arguments = parser.parse_args()
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="xiangyin-ledger-") as name, databases(Path(name), arguments.only) as urls:
        for database, url in urls:
            engine = open_engine(url)
            migrate(engine)
            ledger = Ledger(engine, Vault([b"k" * 32]))
            for cases in (0, arguments.cases):
                title = f"{database}, {cases:,} cases"
                seconds = fill(engine, ledger.vault, cases) if cases else 0.0
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("ANALYZE")
                columns[title] = measure(ledger, cases, f"{cases}")
                with tempfile.TemporaryDirectory(dir=name) as of_bank, sandbox(Path(of_bank)) as bank_url:
                    columns[title] |= asyncio.run(submits(ledger, bank_url, f"{database}{cases}"))
                columns[title]["seconds to fill"] = f"{seconds:.0f}"
                print(title, columns[title], flush=True)
            engine.dispose()
    rows = list(next(iter(columns.values())))
    lines = [
        "# The ledger's speed",
        "",
        heading(),
        "",
        "Milliseconds, median / 95th percentile, unless the line says otherwise. SQLite: WAL, synchronous=FULL; "
        f"PostgreSQL 15 on the same machine, fsync on. `python -m benchmarks.ledger --cases {arguments.cases}`",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
        *(f"| {row} | " + " | ".join(column[row] for column in columns.values()) + " |" for row in rows),
    ]
    text_ = "\n".join(lines) + "\n"
    print(text_)
    if arguments.cases >= 1_000_000 and not arguments.only:
        RESULT.write_text(text_, "utf-8")


if __name__ == "__main__":
    main()
