"""Worker processes that may hang or die without taking the run, or more than one letter, with them.

Letters go out in chunks, because one message a letter costs more than a short letter itself. When a chunk's process
dies or runs out of time, its letters are read again one by one, so that only the culprit fails.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pebble import ProcessExpired, ProcessPool

from extractor.backlog import worker
from extractor.backlog.pool import Ended, Letter
from extractor.backlog.worker import LetterReader
from extractor.endings import INTERNAL, FailedLetter, is_of_letter
from extractor.errors import ImrError, OutOfMemory, ReadCrash, ReadTimeout, defect
from extractor.processes.children import TASKS_A_PROCESS, cause, start_deaf
from extractor.processes.memory import has_memory
from extractor.settings import Limits

if TYPE_CHECKING:
    from extractor.reading.configuration import Configuration

CHUNKS_AHEAD = 2
"""Chunks that wait for each worker: enough that it never idles, few enough that memory stays flat."""

MAX_REBUILDS = 3
"""How often in a row the whole pool may break, without one result in between, before the run gives up."""


_ENOUGH = 256 << 20
"""Bytes of memory: the largest letters, of a million characters, take so much."""
_REFUSED_MEMORY = frozenset({"SIGABRT", "SIGTRAP", "SIGILL", "SIGSEGV", "SIGBUS"})
"""How native code ends that is refused memory (PDFium: the first)."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    letters: tuple[Letter, ...]

    @property
    def alone(self) -> bool:
        return len(self.letters) == 1


class RulesPool:
    """Reads letters by rules, in other processes; a `Pool`."""

    def __init__(self, workers: int, reader: LetterReader, configuration: Configuration, limits: Limits) -> None:
        self._workers = workers
        self._initargs = (reader, configuration, limits)
        self._limits = limits
        self._chunks: dict[Future[list[Ended]], _Chunk] = {}
        self._rebuilds = 0
        self._pool = self._build()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def full(self) -> bool:
        """True while enough is under way."""
        return len(self._chunks) >= self._workers * (1 + CHUNKS_AHEAD)

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""
        return not self._chunks

    def submit(self, letters: tuple[Letter, ...]) -> None:
        """Hand letters out as one chunk."""
        self._submit(_Chunk(letters))

    def ended(self, *, block: bool) -> Iterator[tuple[Letter, Ended]]:
        """Give the letters that ended; with `block`, wait for a chunk first. No letter where only retries came of it.

        Raises:
            ImrError: no worker process stays alive.

        """
        done, _ = wait(self._chunks, timeout=None if block else 0, return_when=FIRST_COMPLETED)
        for future in done:
            chunk = self._chunks.pop(future, None)
            if chunk is None:  # belonged to a pool that broke meanwhile, and was handed out again
                continue
            yield from self._settle(chunk, future)

    def _settle(self, chunk: _Chunk, future: Future[list[Ended]]) -> Iterator[tuple[Letter, Ended]]:
        try:
            results = future.result()
        except (BrokenProcessPool, CancelledError):
            self._rebuild(chunk)
        except TimeoutError:
            yield from self._lost(chunk, ReadTimeout(f"reading took longer than {self._limits.seconds:g} s"))
        except ProcessExpired as error:
            yield from self._lost(chunk, ReadCrash(_died(error.exitcode, self._limits)))
        except MemoryError:  # in what is around the reading of a letter
            yield from self._short_of_memory(chunk)
        except Exception as error:  # noqa: BLE001  a result that cannot be sent: alone it is the letter's
            yield from self._lost(chunk, error)
        else:
            for letter, end in zip(chunk.letters, results, strict=False):
                if isinstance(end, FailedLetter) and end.failure_class == OutOfMemory.failure_class:
                    yield from self._short_of_memory(_Chunk((letter,)), end if chunk.alone else None)
                else:
                    self._rebuilds = 0
                    yield letter, end
            if rest := chunk.letters[len(results) :]:
                self._submit(_Chunk(rest))

    def _lost(self, chunk: _Chunk, error: Exception) -> Iterator[tuple[Letter, Ended]]:
        """A letter alone failed by this error; of several, each is read again alone, to see which of them it was."""
        self._rebuilds = 0
        if chunk.alone:
            (letter,) = chunk.letters
            yield letter, _failed(letter, error)
        else:
            self._submit_each(chunk)

    def _submit_each(self, chunk: _Chunk) -> None:
        for letter in chunk.letters:
            self._submit(_Chunk((letter,)))

    def _short_of_memory(self, chunk: _Chunk, end: FailedLetter | None = None) -> Iterator[tuple[Letter, Ended]]:
        """Find whose fault it is: the machine's, which would be every letter's, or one letter's, read alone.

        `end` is how it ended alone.
        """
        if not has_memory(_ENOUGH):  # this process, which nothing of ours bounds
            self._rebuilds += 1
            if self._rebuilds > MAX_REBUILDS:
                raise ImrError("there is no memory left: run with fewer --workers, or under a higher limit (ulimit -v)")
            self._submit_each(chunk)
        elif end is not None:
            self._rebuilds = 0
            yield chunk.letters[0], end
        else:
            yield from self._lost(chunk, OutOfMemory(worker.too_much_memory(self._limits)))

    def _submit(self, chunk: _Chunk) -> None:
        # A letter alone has its own limit; in a chunk, the pause may be spent before the slow one begins.
        timeout = self._limits.seconds + (0 if chunk.alone else worker.PAUSE_SECONDS)
        arguments = [letter.source for letter in chunk.letters]
        try:
            future = self._pool.schedule(worker.read_chunk, args=[arguments], timeout=timeout)
        except RuntimeError:  # the pool broke since
            self._rebuild(chunk)
        else:
            self._chunks[future] = chunk

    def _rebuild(self, chunk: _Chunk) -> None:
        """Start a new pool after one broke as a whole (a process killed while it held the channel's lock)."""
        self._rebuilds += 1
        if self._rebuilds > MAX_REBUILDS:
            raise ImrError("the worker processes do not stay alive: check memory, or run with --workers 1")
        under_way = [chunk, *self._chunks.values()]
        self._chunks.clear()
        with contextlib.suppress(RuntimeError):
            self._end()
        self._pool = self._build()
        for each in under_way:
            self._submit(each)

    def _end(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _build(self) -> ProcessPool:
        # spawn: safe beside threads, and the same on every platform.
        pool = ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_A_PROCESS,
            initializer=worker.start,
            initargs=self._initargs,
            context=multiprocessing.get_context("spawn"),
        )
        start_deaf(pool)
        return pool


def _failed(letter: Letter, error: Exception) -> FailedLetter:
    """What came of a letter that was read alone: whatever a process raises about one is that letter's."""
    if is_of_letter(error):
        return FailedLetter.of(error, letter.name, letter.sha256)
    return FailedLetter(letter.name, letter.sha256, INTERNAL, defect(error))


def _died(exitcode: int | None, limits: Limits) -> str:
    """What became of a worker, and what may have been the matter: native code does not say that memory was refused."""
    died_of = cause(exitcode)
    perhaps = ""
    if died_of == "SIGKILL":
        perhaps = "; if the machine ran out of memory, run with fewer --workers"
    elif died_of in _REFUSED_MEMORY:
        perhaps = f"; if it needs more than {limits.max_memory:,} bytes of memory, raise --max-memory"
    return f"the process that was reading it died ({died_of}){perhaps}"
