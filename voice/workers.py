"""A process of its own for heavy or dangerous work: one job at a time, a bounded queue, restarted when it dies.

The process is spawned, not forked: forking a process with threads (ours has an event loop and numeric libraries) may
deadlock the child.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import psutil

from voice.errors import Code, VoiceError

log = logging.getLogger(__name__)

_STILL = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
Job = TypeVar("Job")
Result = TypeVar("Result")

_OK, _REFUSED, _FAILED = "ok", "refused", "failed"


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


SMALL_TENSOR = 256 * 1024
"""What is larger goes back to the system when it is freed."""


def _give_memory_back(larger_than: int = SMALL_TENSOR) -> None:
    """Make glibc return freed tensors to the system: without it a long sentence leaves 1.6 GB behind, with it 0.3."""
    with contextlib.suppress(OSError, AttributeError):  # another C library: nothing to set
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, larger_than)
        libc.mallopt(_M_TRIM_THRESHOLD, larger_than)
        libc.mallopt(_M_ARENA_MAX, 2)


def _serve(connection: Connection, build: Callable[[Any], Callable[[Any], Any]], config: Any, larger_than: int) -> None:
    """The worker process: build the handler, then answer jobs until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which closes the pipe
    _give_memory_back(larger_than)
    os.environ["HF_HUB_OFFLINE"] = "1"  # no library may look for a model on the network
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            handle = build(config)
        except VoiceError as error:
            connection.send((_REFUSED, error))
            return
        connection.send((_OK, None))
        while True:
            job = connection.recv()
            try:
                answer = (_OK, handle(job))
            except VoiceError as error:
                answer = (_REFUSED, error)
            except MemoryError:
                answer = (_REFUSED, VoiceError(Code.TOO_LARGE, detail="more memory than a job may use"))
            except Exception as error:  # noqa: BLE001 - whatever a library throws must not end the worker
                answer = (_FAILED, type(error).__name__)
            connection.send(answer)


class Worker(Generic[Job, Result]):
    """One worker process and its queue. Use from one event loop.

    Args:
        name: for logs and the process list.
        build: makes the handler inside the process; a module-level class or function.
        config: its argument; must be picklable.
        queue: jobs waiting or running; one more is refused with ``busy``.
        timeout_s: a job that takes longer ends the process and gets ``timeout``.
        start_timeout_s: how long the process may take to become ready.
        larger_than: bytes; a larger piece of memory goes back to the system when it is freed, a smaller one is kept.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[Any], Callable[[Job], Result]],
        config: Any,
        *,
        queue: int,
        timeout_s: float,
        start_timeout_s: float,
        larger_than: int = SMALL_TENSOR,
    ) -> None:
        self._name, self._build, self._config = name, build, config
        self._larger_than = larger_than
        self._queue, self._timeout_s, self._start_timeout_s = queue, timeout_s, start_timeout_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"voice-{name}")
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._pending = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._process.is_alive() else None

    @property
    def well(self) -> bool:
        """Whether its process is there and has not been stopped; whether it answers, only a job tells."""
        pid = self.pid
        try:
            return pid is not None and psutil.Process(pid).status() not in _STILL
        except psutil.Error:
            return False

    @property
    def pending(self) -> int:
        """Jobs waiting or running."""
        return self._pending

    @property
    def name(self) -> str:
        """For logs and health reports."""
        return self._name

    def check_room(self) -> None:
        """Raises VoiceError ``busy`` when the queue is full."""
        if self._pending >= self._queue:
            raise VoiceError(Code.BUSY, detail=f"{self._name}: {self._pending} jobs waiting")

    async def start(self) -> None:
        """Start the process and wait until it is ready.

        Raises:
            VoiceError: ``model_missing``, or ``worker_lost`` if it does not come up.
        """
        await asyncio.wrap_future(self._submit(self._ensure))

    async def run(self, job: Job, *, times: int = 1) -> Result:
        """Do a job. A cancelled caller leaves its job to finish; the next waits for it.

        Args:
            times: so many of the time limits it may take.

        Raises:
            VoiceError: what the handler raises; ``busy``, ``timeout``, ``worker_lost`` or ``closed``.
        """
        self.check_room()
        return await asyncio.wrap_future(self._submit(self._call, job, times))

    async def close(self) -> None:
        """End the process. Jobs still waiting get ``closed``."""
        self._closed = True
        process = self._process
        if process is not None and process.is_alive():
            process.terminate()  # a running job's pipe breaks, so its caller is told at once
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=False)
        await asyncio.to_thread(self._stop)

    def _submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        if self._closed:
            raise VoiceError(Code.CLOSED)
        self._pending += 1
        loop = asyncio.get_running_loop()
        future = self._thread.submit(work, *arguments)
        future.add_done_callback(lambda _: self._finished(loop))
        return future

    def _finished(self, loop: asyncio.AbstractEventLoop) -> None:
        def count() -> None:
            self._pending -= 1

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
            loop.call_soon_threadsafe(count)

    # Below: only in the one thread, which so serialises all use of process and pipe.

    def _call(self, job: Job, times: int) -> Result:
        self._ensure()
        result: Result = self._ask(job, self._timeout_s * times)
        return result

    def _ensure(self) -> None:
        if self._closed:
            raise VoiceError(Code.CLOSED)
        if self._process is not None and self._process.is_alive():
            return
        self._stop()
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(theirs, self._build, self._config, self._larger_than),
            name=f"voice-{self._name}",
            daemon=True,
        )
        began = time.monotonic()
        self._process.start()
        theirs.close()
        try:
            self._receive(self._start_timeout_s)
        except VoiceError as error:
            self._stop()
            raise (
                error
                if error.code is not Code.TIMEOUT
                else VoiceError(Code.WORKER_LOST, detail=f"{self._name}: not ready after {self._start_timeout_s:g} s")
            ) from None
        log.info("voice worker %s ready in %.1f s", self._name, time.monotonic() - began)

    def _ask(self, job: Job, timeout_s: float) -> Any:
        assert self._connection is not None
        try:
            self._connection.send(job)
        except OSError:
            self._stop()
            raise VoiceError(Code.WORKER_LOST, detail=f"{self._name}: pipe broken") from None
        return self._receive(timeout_s)

    def _receive(self, timeout_s: float) -> Any:
        assert self._connection is not None
        try:
            if not self._connection.poll(timeout_s):
                log.error("voice worker %s: no answer in %g s, restarted", self._name, timeout_s)
                self._stop()
                raise VoiceError(Code.TIMEOUT, detail=f"{self._name}: no answer in {timeout_s:g} s")
            kind, value = self._connection.recv()
        except (EOFError, OSError):
            log.error("voice worker %s died, will be restarted", self._name)
            self._stop()
            raise VoiceError(Code.CLOSED if self._closed else Code.WORKER_LOST, detail=f"{self._name} died") from None
        if kind == _REFUSED:
            raise value
        if kind == _FAILED:
            raise VoiceError(Code.WORKER_LOST, detail=f"{self._name}: {value}")
        return value

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            if self._process.is_alive():
                self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
