"""Many runs inside one running assistant, several at a time, then the verdict."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.chaos.letters import letters, untrue_news
from tests.chaos.oracle import bank_rows, orphans, verdict
from tests.chaos.people import Person
from tests.chaos.plan import POINTS, Plan
from tests.chaos.world import World


@dataclass
class Outcome:
    """What came of a campaign.

    Attributes:
        wrong: by seed, what the oracle found.
        kills: by named point, runs in which the part was killed there.
        unkilled: seeds whose named point never came.
        news: what people were told without asking.
    """

    runs: int
    seconds: float
    wrong: dict[int, list[str]]
    kills: Counter[str]
    faults: Counter[str]
    unkilled: list[int]
    cases: Counter[str] = field(default_factory=Counter)
    refusals: Counter[int] = field(default_factory=Counter)
    turns: int = 0
    news: int = 0


async def campaign(
    seeds: Sequence[int],
    state: Path,
    at_once: int,
    finished: Callable[[int], None] = lambda _seed: None,
    longest_s: float = float("inf"),
) -> Outcome:
    """Run the plans of ``seeds`` against one assistant in ``state``.

    Runs that kill the same part go together, so that one restart serves several. After ``longest_s`` no run is begun.
    """
    world = World(state)
    started = time.monotonic()
    people: dict[int, list[Person]] = {}
    gate = asyncio.Semaphore(at_once)
    await world.start()
    try:
        timeout = aiohttp.ClientTimeout(total=45)
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:

            async def one(seed: int) -> None:
                async with gate:
                    if time.monotonic() - started > longest_s:
                        return
                    run = world.add(Plan.of(seed))
                    both = people[seed] = [Person(world, run, kind, http) for kind in ("loan", "bill")]
                    await asyncio.gather(*(person.live() for person in both))
                    run.calm = True
                    finished(seed)

            await asyncio.gather(*(one(seed) for seed in in_order(seeds, at_once)))
            world.calm = True
            await world.settled()
            return await _judge(world, people, http, time.monotonic() - started)
    finally:
        await world.stop()


def in_order(seeds: Sequence[int], at_once: int) -> list[int]:
    """Groups that kill the same part, the parts in turn."""
    groups: list[tuple[int, str, list[int]]] = []
    for target in POINTS:
        same = [seed for seed in seeds if Plan.of(seed).target == target]
        groups += [(n, target, same[n * at_once : (n + 1) * at_once]) for n in range(len(same) // at_once + 1)]
    return [seed for _, _, group in sorted(groups) for seed in group]


async def _judge(world: World, people: dict[int, list[Person]], http: aiohttp.ClientSession, seconds: float) -> Outcome:
    wrong: dict[int, list[str]] = {}
    outcome = Outcome(len(people), seconds, wrong, world.kills, world.faults, [])
    known: set[str] = set()
    ledger: dict[str, list[dict[str, Any]]] = {}
    for both in people.values():
        for person in both:
            ledger[person.sender] = await _cases(world, http, person.sender)
            known |= {case["id"] for case in ledger[person.sender]}
    bank, told = bank_rows(world.bank_file), letters(world.gateway_file)
    for seed, both in people.items():
        found = []
        for person in both:
            news, theirs = told[f"api:{person.sender}"], ledger[person.sender]
            found += [f"{person.kind}: {line}" for line in untrue_news(news, theirs, person.confirmed_at)]
            outcome.news += len(news)
            found += [f"{person.kind}: {line}" for line in verdict(person, ledger[person.sender], bank)]
            outcome.turns += len(person.told)
            outcome.refusals.update(told.status for told in person.told if told.status != 200)
            outcome.cases.update(f"{person.kind} {case['state']}" for case in ledger[person.sender])
        if found:
            wrong[seed] = found
        if not both[0].run.killed:
            outcome.unkilled.append(seed)
    if strays := orphans(bank, known):
        wrong[-1] = strays
    return outcome


async def _cases(world: World, http: aiohttp.ClientSession, sender: str) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{world.stack.ports['PORT']}/api/v1/cases"
    headers = {"X-API-Key": world.stack.api_key}
    async with http.get(url, params={"sender": f"api:{sender}"}, headers=headers) as answer:
        found: list[dict[str, Any]] = (await answer.json())["cases"]
        return found
