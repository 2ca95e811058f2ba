"""Run by a test: tell what is owed, and die by SIGKILL when the gateway has answered, before it is written down.

Arguments: ledger URL, gateway URL, whether to die (``yes`` or ``no``).
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys

from sqlalchemy import func, select

from actions.cases import CaseBook
from actions.ledger.database import open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.models import NewsRow
from actions.ledger.vault import Vault
from actions.metrics import Metrics
from actions.news import Due, NewsDelivery
from tests.bot.dialogue import SECRET


class DyingNews(NewsDelivery):
    """The real task, in a process that is killed at one point."""

    dies = False

    async def _settle(self, due: Due, outcome: str, error: str | None, **more: object) -> None:
        if self.dies:
            assert (outcome, error) == ("told", None)
            os.kill(os.getpid(), signal.SIGKILL)
        await super()._settle(due, outcome, error, **more)  # type: ignore[arg-type]


async def main(database_url: str, gateway_url: str, dies: str) -> None:
    ledger = Ledger(open_engine(database_url), Vault([b"k" * 32]))

    def owed() -> int:
        with ledger.read() as session:
            return session.scalar(select(func.count()).where(NewsRow.state == "pending")) or 0

    news = DyingNews(ledger, CaseBook(ledger), gateway_url, SECRET, Metrics(), tick_s=0.02)
    news.dies = dies == "yes"
    async with news:
        while await asyncio.to_thread(owed):  # noqa: ASYNC110  (it is owed in the database)
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    faulthandler.dump_traceback_later(60)
    asyncio.run(main(*sys.argv[1:]))
