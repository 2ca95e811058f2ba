"""Ten thousand random requests at the running assistant's doors: how many are answered with a fault of ours.

    .venv/bin/python -m benchmarks.fuzz [--requests N] [--seed N]

Half go to the action server (nearly right calls of Rasa, the bank and partners, and rubbish), half to the gateway.
A 500 is a failure; so is a connection that breaks off. 503 (a part is busy or away) is counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import aiohttp
from dotenv import dotenv_values
from tqdm import tqdm
from yarl import URL

from actions.ledger.database import open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.vault import Vault
from actions.partners.book import PartnerBook, Scope
from benchmarks.machine import heading
from settings import load_settings
from tests.fuzzing import Fuzz, Shot
from tests.running import Stack, state_beside

RESULT = Path(__file__).with_name("results") / "fuzz.md"


class Range:
    """Fires shots at a running stack and counts what comes back."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._secrets = dotenv_values(stack.state / "secrets.env")
        self.statuses: dict[str, Counter[str]] = {"actions": Counter(), "gateway": Counter()}
        self.failures: list[str] = []

    async def fire(self, http: aiohttp.ClientSession, shot: Shot, partner_key: str) -> None:
        """One request."""
        port = self._stack.ports["ACTIONS_PORT" if shot.door == "actions" else "PORT"]
        headers = dict(shot.headers)
        if shot.door == "actions":
            headers["X-Xiangyin-Secret"] = self._secrets["XIANGYIN_INTERNAL_SECRET"] or ""
        elif headers.get("X-API-Key") != partner_key:
            headers["X-API-Key"] = self._stack.api_key
        url = URL(f"http://127.0.0.1:{port}{shot.path}", encoded=True)
        try:
            async with http.request(shot.method, url, data=shot.body, headers=headers) as answer:
                await answer.read()
                status = str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            status = type(error).__name__
        self.statuses[shot.door][status] += 1
        if not status.isdigit() or (int(status) >= 500 and status != "503"):
            self.failures.append(f"{status} {shot.door} {shot.method} {shot.path[:80]} {shot.body[:200]!r}")


def partner(stack: Stack) -> str:
    """A partner's key with room for all requests."""
    secrets = dotenv_values(stack.state / "secrets.env")
    engine = open_engine(f"sqlite:///{stack.state / 'ledger.sqlite'}")
    ledger = Ledger(engine, Vault.from_setting(secrets["XIANGYIN_LEDGER_KEY"] or ""))
    key = PartnerBook(ledger).add("fuzz", frozenset(Scope), per_minute=10**6, per_day=10**6).key
    engine.dispose()
    return key


async def run(stack: Stack, number: int, seed: int) -> Range:
    """All shots, eight at a time."""
    secrets = dotenv_values(stack.state / "secrets.env")
    key = partner(stack)
    fuzz = Fuzz(seed, (secrets["XIANGYIN_BANK_KEY"] or "").encode(), key)
    shots = [*fuzz.actions(number // 2), *fuzz.gateway(number - number // 2, turns=0.2)]
    shots = [replace(s, headers={**s.headers, "X-API-Key": key}) if "applications" in s.path else s for s in shots]
    found, gate = Range(stack), asyncio.Semaphore(8)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        with tqdm(total=len(shots), unit="request") as bar:

            async def one(shot: Shot) -> None:
                async with gate:
                    await found.fire(http, shot, key)
                    bar.update()

            await asyncio.gather(*(one(shot) for shot in shots))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=6)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiangyin-fuzz-") as folder:
        state_beside(load_settings().state_dir, Path(folder) / "state")
        stack = Stack(Path(folder) / "state")
        stack.start()
        try:
            found = asyncio.run(run(stack, arguments.requests, arguments.seed))
        finally:
            stack.stop()
    statuses = sorted({status for counter in found.statuses.values() for status in counter})
    lines = [
        "# Random requests",
        "",
        heading(),
        "",
        f"{arguments.requests} requests, seed {arguments.seed}. `python -m benchmarks.fuzz`",
        "",
        f"**Answered with a fault of ours (5xx but 503, or a connection that broke off): {len(found.failures)}.**",
        "",
        "| status | action server | gateway |",
        "|---|---|---|",
        *(f"| {s} | {found.statuses['actions'][s]} | {found.statuses['gateway'][s]} |" for s in statuses),
        "",
        *(f"- `{line}`" for line in found.failures[:20]),
    ]
    text = "\n".join(lines).rstrip() + "\n"
    print(text)
    if arguments.requests >= 10_000:
        RESULT.write_text(text, "utf-8")
    return 1 if found.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
