"""A worker process may crash, hang or be flooded; its callers always get an answer."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import pytest

from voice.errors import Code, VoiceError
from voice.workers import Worker

pytestmark = pytest.mark.unit


class Echo:
    """A handler that does what its job says."""

    def __init__(self, config: str) -> None:
        if config == "no model":
            raise VoiceError(Code.MODEL_MISSING, detail="run prepare")

    def __call__(self, job: str) -> str:
        if job == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if job == "hang":
            time.sleep(600)
        if job == "raise":
            raise RuntimeError("secret words")
        if job == "refuse":
            raise VoiceError(Code.HEARD_NOTHING)
        return f"{job} {os.getpid()}"


Make = Callable[..., Worker[str, str]]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Worker[str, str]] = []

    def factory(config: str = "", queue: int = 4, timeout_s: float = 30) -> Worker[str, str]:
        made.append(Worker("test", Echo, config, queue=queue, timeout_s=timeout_s, start_timeout_s=60))
        return made[-1]

    yield factory
    for worker in made:
        await worker.close()


async def _code(worker: Worker[str, str], job: str) -> Code:
    with pytest.raises(VoiceError) as caught:
        await worker.run(job)
    assert "secret" not in str(caught.value)
    return caught.value.code


async def test_errors_come_back_and_the_process_goes_on(make: Make) -> None:
    worker = make()
    await worker.start()
    first = worker.pid
    assert await _code(worker, "refuse") is Code.HEARD_NOTHING
    assert await _code(worker, "raise") is Code.WORKER_LOST
    assert await worker.run("hello") == f"hello {first}"


async def test_a_killed_process_is_replaced(make: Make) -> None:
    worker = make()
    await worker.start()
    first = worker.pid
    assert await _code(worker, "die") is Code.WORKER_LOST
    answer = await worker.run("again")
    assert answer == f"again {worker.pid}"
    assert worker.pid != first


async def test_a_hanging_process_is_replaced(make: Make) -> None:
    worker = make(timeout_s=1)
    await worker.start()
    assert await _code(worker, "hang") is Code.TIMEOUT
    assert (await worker.run("again")).startswith("again ")


async def test_a_full_queue_says_busy_and_no_job_is_lost(make: Make) -> None:
    worker = make(queue=3)
    await worker.start()
    results = await asyncio.gather(*(worker.run(str(n)) for n in range(10)), return_exceptions=True)
    codes = [result.code for result in results if isinstance(result, VoiceError)]
    assert codes == [Code.BUSY] * 7
    assert [str(result).split()[0] for result in results[:3]] == ["0", "1", "2"]
    await asyncio.sleep(0)
    assert (await worker.run("later")).startswith("later ")


async def test_an_impatient_caller_does_not_mix_up_answers(make: Make) -> None:
    worker = make()
    await worker.start()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(worker.run("first"), 0)
    assert (await worker.run("second")).startswith("second ")


async def test_a_missing_model_is_said_at_start(make: Make) -> None:
    with pytest.raises(VoiceError) as caught:
        await make("no model").start()
    assert (caught.value.code, caught.value.detail) == (Code.MODEL_MISSING, "run prepare")


async def test_close_ends_the_process_and_answers_the_waiting(make: Make) -> None:
    worker = make()
    await worker.start()
    pid = worker.pid
    running = asyncio.create_task(worker.run("hang"))
    await asyncio.sleep(0)
    await worker.close()
    with pytest.raises(VoiceError) as caught:
        await running
    assert caught.value.code in {Code.CLOSED, Code.WORKER_LOST}
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await _code(worker, "late") is Code.CLOSED
