"""Child processes for work on letters that may hang, crash, or run for ever: each call ends within its time.

A pattern that runs away inside the interpreter cannot be stopped from within: it holds the lock of all threads, and a
signal reaches only the main one. So such work is done in processes that can be ended. Nothing is started before the
first call.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as LateError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from extractor.errors import ImrError, OutOfMemory, ReadCrash, ReadTimeout

TASKS_A_PROCESS = 2_000
"""A process is replaced after so many calls: native libraries that leak cannot grow for ever."""
_MOST_STARTS = 3
"""Of the processes, for one call: they may break as a whole through another call's fault."""

T = TypeVar("T")


class Children:
    """Processes that take one call each at a time. A context manager; usable from threads and event loops.

    Args:
        workers: How many; by default one.
        start: Called in each process before its first call.
        initargs: What `start` is called with.

    """

    def __init__(
        self, workers: int = 1, start: Callable[..., None] | None = None, initargs: tuple[Any, ...] = ()
    ) -> None:
        self._workers = workers
        self._start = start
        self._initargs = initargs
        self._pool: ProcessPool | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes at once, whatever they are doing."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def run(self, seconds: float, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a child, and wait. For its arguments, result and errors see `call`."""
        for _ in range(_MOST_STARTS):
            try:
                result: T = self._scheduled(seconds, function, args).result()
            except Exception as error:  # noqa: BLE001  sorted there
                self._raise_ours(error, seconds)
            else:
                return result
        raise ReadCrash("the process that should read it does not stay alive")

    async def call(self, seconds: float, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a child.

        Args:
            seconds: From when it begins; the process is ended then.
            function: Found by its name, since it is run elsewhere.
            args: They are pickled, as is the result.

        Raises:
            ReadTimeout: it took longer.
            ReadCrash: the process died.
            Exception: what the function raised.

        """
        for _ in range(_MOST_STARTS):
            try:
                result: T = await asyncio.wrap_future(self._scheduled(seconds, function, args))
            except Exception as error:  # noqa: BLE001  sorted there
                self._raise_ours(error, seconds)
            else:
                return result
        raise ReadCrash("the process that should read it does not stay alive")

    def _scheduled(self, seconds: float, function: Callable[..., T], args: tuple[Any, ...]) -> Any:
        if self._closed:
            raise asyncio.CancelledError
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=TASKS_A_PROCESS,
                initializer=self._start,
                initargs=self._initargs,
                context=_context(),
            )
            start_deaf(self._pool)
        pool = self._pool
        try:
            return pool.schedule(function, args=list(args), timeout=seconds)
        except RuntimeError as error:  # it broke since
            raise BrokenProcessPool(str(error)) from error

    def _raise_ours(self, error: Exception, seconds: float) -> None:
        """Raise what a call ended with as an error of ours; return where it is worth another try."""
        if isinstance(error, TimeoutError | LateError):
            raise ReadTimeout(f"reading took longer than {seconds:g} s") from None
        if isinstance(error, ProcessExpired):
            raise ReadCrash(f"the process that was reading it died ({cause(error.exitcode)})") from None
        if isinstance(error, MemoryError):
            raise OutOfMemory("reading takes more memory than --max-memory allows") from None
        if not isinstance(error, BrokenProcessPool):
            raise error
        pool, self._pool = self._pool, None
        if pool is not None and not self._closed:
            with contextlib.suppress(RuntimeError):
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()


def _context() -> Any:
    """How children are made: from a clean process that has loaded what they need, once; so that one costs little.

    Where there is no such thing, anew each. Both are safe beside threads.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["extractor.reading.apart"])
    return context


def start_deaf(pool: ProcessPool) -> None:
    """Start a pool whose workers ignore Ctrl-C: it belongs to the parent alone.

    The mask is inherited by the pool's threads and through them by the workers, also while these are starting. The
    tracker of resources, which spawning starts, lifts the mask when it comes up; so it comes first.

    Raises:
        ImrError: the workers could not be started.

    """
    reason = ""
    try:
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            if pool.active:  # asking starts the threads
                return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    except (OSError, RuntimeError, MemoryError) as error:
        reason = f" ({getattr(error, 'strerror', None) or error})"
    raise ImrError(f"the worker processes could not be started{reason}: check memory and limits (ulimit -a)")


def cause(exitcode: int | None) -> str:
    """What ended a process, for people: a signal's name, or the exit code."""
    if exitcode is not None and exitcode < 0:
        try:
            return signal.Signals(-exitcode).name
        except ValueError:
            return f"signal {-exitcode}"
    return f"exit code {exitcode}"


def cores() -> int:
    """Cores this process may use, not those the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
