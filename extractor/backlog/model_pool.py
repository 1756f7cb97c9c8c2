"""Letters read by a model: one event loop in a thread of its own, one client, many letters under way.

The loop asks and waits; whatever costs CPU time (text,
layout, grounding, checks, rows) is done in other processes, which a hostile letter can hang or kill alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from extractor.backlog.pool import Ended, Letter
from extractor.backlog.replies import KeptReplies
from extractor.endings import FailedLetter, await_one
from extractor.errors import ContextOverflow, EndpointUnavailable, ImrError
from extractor.model.asking import POLICY
from extractor.model.health import OF_THE_ENDPOINT
from extractor.readers.model import Session
from extractor.readers.model.prompts import load_prompts
from extractor.reading.apart import Apart
from extractor.reading.configuration import Configuration
from extractor.settings import Endpoint, Limits, ModelSettings
from extractor.store import Store
from extractor.store.cells import Row
from extractor.store.rows import Prepared, attempt_row, prepare, together

if TYPE_CHECKING:
    from extractor.model import Attempt, Model
    from extractor.model.seam import Known
    from extractor.records.record import Usage

_OF_MODELS = frozenset(error.failure_class for error in POLICY)
_OF_THE_ENDPOINT = frozenset(error.failure_class for error in (*OF_THE_ENDPOINT, ContextOverflow))
"""Failure classes."""
_AHEAD = 2
"""Letters under way for each request that may be open: while some are grounded, others wait for the model."""


class ModelPool:
    """Reads letters by a model: a `Pool`, and its `Requests`.

    Args:
        configuration: How to read; with a model.
        endpoint: Where it is asked, how fast and for how much.
        limits: What one letter may cost.
        model: A model in place of that endpoint.
        database: Replies that it holds are not asked for again.
        workers: Processes for the work that is not asking.

    """

    def __init__(
        self,
        configuration: Configuration,
        endpoint: Endpoint,
        limits: Limits,
        model: Model | None = None,
        database: Path | None = None,
        workers: int = 1,
    ) -> None:
        if configuration.model is None:
            raise ValueError("the configuration names no model")
        self._configuration = configuration
        self._settings: ModelSettings = configuration.model
        self._endpoint = endpoint
        self._limits = limits
        self._model = model
        self._database = database
        self._most = endpoint.in_flight * _AHEAD
        self._under_way = 0
        self._ended: queue.SimpleQueue[tuple[Letter, Ended | None] | None] = queue.SimpleQueue()
        """Letters that ended, or came back unread; None where only a request has ended."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._session: Session | None = None
        self._database_here: Store | None = None
        self._attempts: deque[tuple[str, Row, asyncio.Future[None]]] = deque()
        self._apart = Apart(limits, workers, load_prompts(endpoint.prompts))
        self.trouble: ImrError | None = None
        self._failed_in_a_row = 0
        self._read_any = False

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._session = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self._stop_loop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            asyncio.run_coroutine_threadsafe(self._close(self._session), self._loop).result()
        self._stop_loop()
        self._apart.close()

    @property
    def full(self) -> bool:
        """True while enough is under way."""
        return self._under_way >= self._most

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""
        return self._under_way == 0

    @property
    def usage(self) -> Usage | None:
        """Of all replies so far."""
        return self._session.meter.usage if self._session else None

    @property
    def spent(self) -> float | None:
        """Dollars so far; None without a price."""
        return self._session.meter.spent if self._session else None

    def submit(self, letters: tuple[Letter, ...]) -> None:
        """Hand letters out."""
        self._under_way += len(letters)
        for letter in letters:
            asyncio.run_coroutine_threadsafe(self._read(letter), self._loop)

    def ended(self, *, block: bool) -> Iterator[tuple[Letter, Ended | None]]:
        """Give letters that ended; with `block`, wait until a letter or a request has."""
        with contextlib.suppress(queue.Empty):
            while True:
                each = self._ended.get(block=block)
                block = False
                if each is not None:
                    self._under_way -= 1
                    yield each

    @contextlib.contextmanager
    def keeping_attempts(self) -> Iterator[list[tuple[str, Row]]]:
        """Requests that have ended since this was last asked; letters go on when theirs are kept."""
        taken = [self._attempts.popleft() for _ in range(len(self._attempts))]
        yield [(sha256, row) for sha256, row, _ in taken]
        for *_, kept in taken:
            self._loop.call_soon_threadsafe(_done, kept)

    async def _open(self) -> Session:
        known: Known | None = None
        if self._database is not None:  # of this thread's own: SQLite's connections stay in the thread that made them
            self._database_here = Store(self._database, create=False)
            known = KeptReplies(self._database_here)
        return Session(self._settings, self._endpoint, self._model, known=known)

    async def _close(self, session: Session) -> None:
        under_way = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in under_way:  # only where the run ends before its letters: by an error, or a second Ctrl-C
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._database_here is not None:
            self._database_here.close()
        await session.__aexit__(None, None, None)

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _read(self, letter: Letter) -> None:
        """Read one letter; whatever happens, it ends in the queue once."""
        if self.trouble is not None:
            self._ended.put((letter, None))
            return
        digest = partial(letter.source.digest, self._limits.max_bytes)
        try:
            ended = await await_one(self._rows_of(letter), letter.name, digest)
            self._notice(ended)
            self._ended.put((letter, ended))
        except ImrError as error:
            self.trouble = error
            self._ended.put((letter, None))

    def _notice(self, ended: Ended) -> None:
        """Notice where letter after letter fails, though the endpoint answers requests without one.

        Once letters were read, many that a model refuses or cannot answer may be letters of a kind.
        """
        if not isinstance(ended, FailedLetter):
            self._failed_in_a_row, self._read_any = 0, True
        elif ended.failure_class in _OF_MODELS:
            self._failed_in_a_row += 1
            everybodys = ended.failure_class in _OF_THE_ENDPOINT or not self._read_any
            if self._failed_in_a_row >= self._endpoint.failures_in_a_row and everybodys and self.trouble is None:
                self.trouble = EndpointUnavailable(
                    f"{self._failed_in_a_row} letters failed in a row and none was read between, the last by "
                    f"{ended.failure_class}: {ended.message}; check endpoint and model with `imr model check`"
                )

    async def _rows_of(self, letter: Letter) -> Prepared:
        if self._session is None:
            raise ImrError("the pool is not open")

        async def keep(sha256: str, attempt: Attempt) -> None:
            kept = self._loop.create_future()
            self._attempts.append((sha256, attempt_row(attempt), kept))
            self._ended.put(None)  # saved at once: what is paid for outlives a crash
            await kept

        fetch = partial(letter.source.document, self._limits)
        finish = partial(prepare, name=letter.name)
        return together(await self._apart.read_each(fetch, self._configuration, finish, self._session.asker, keep))


def _done(kept: asyncio.Future[None]) -> None:
    if not kept.done():  # cancelled, where the run ends before its letters
        kept.set_result(None)
