"""Run by a test: deliver what is in the outbox, and die by SIGKILL at a named point.

Arguments: ledger URL, bank URL, bank key, point (``before_send``, ``after_send`` or ``none``).
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys

from actions.bank.api import BankRecord, LoanOrder
from actions.bank.client import HttpBank
from actions.delivery import Delivery
from actions.ledger.database import open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.vault import Vault
from actions.metrics import Metrics


class DyingBank(HttpBank):
    """The real client, in a process that is killed around one request."""

    point = "none"

    async def submit_loan(self, order: LoanOrder, key: str) -> BankRecord:
        if self.point == "before_send":
            os.kill(os.getpid(), signal.SIGKILL)
        record = await super().submit_loan(order, key)
        if self.point == "after_send":
            os.kill(os.getpid(), signal.SIGKILL)
        return record


async def main(database_url: str, bank_url: str, key: str, point: str) -> None:
    ledger = Ledger(open_engine(database_url), Vault([b"k" * 32]))
    async with DyingBank(bank_url, key.encode()) as bank, Delivery(ledger, bank, Metrics()) as delivery:
        bank.point = point
        while await delivery.pending():  # noqa: ASYNC110  (the outbox is in the database)
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    faulthandler.dump_traceback_later(40)
    asyncio.run(main(*sys.argv[1:]))
