"""Letters read by a model: one event loop in a thread of its own, one client, many letters under way.

It stands in for `Pool`, and the writer cannot tell them apart. The loop asks and waits; whatever costs CPU time (text,
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
from typing import TYPE_CHECKING

from extractor.apart import Apart
from extractor.backlog.pool import Letter
from extractor.backlog.worker import INTERNAL, Ended
from extractor.errors import (
    ContextOverflow,
    DocumentError,
    EndpointUnavailable,
    ImrError,
    ModelError,
    ServiceError,
    defect,
)
from extractor.model.health import OF_THE_ENDPOINT
from extractor.model.wire import kept_reply
from extractor.pipeline import Configuration
from extractor.prompted import Session
from extractor.prompts import load_prompts
from extractor.settings import Endpoint, Limits, ModelSettings
from extractor.store import Store
from extractor.store.cells import Row
from extractor.store.rows import attempt_row, prepare
from extractor.store.writer import Refused

if TYPE_CHECKING:
    from extractor.model import Attempt, Model, Reply, Request
    from extractor.records import Usage

_AHEAD = 2
"""Letters under way for each request that may be open: while some are grounded, others wait for the model."""


class ModelPool:
    """Reads letters by a model. Use as a context manager, from the main thread."""

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
        """Replies that it holds are not asked for again."""
        self._most = endpoint.in_flight * _AHEAD
        self._under_way = 0
        self._ended: queue.SimpleQueue[tuple[Letter, Ended] | Letter | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._session: Session | None = None
        self._replies: Store | None = None
        self._attempts: deque[tuple[str, Row, asyncio.Future[None]]] = deque()
        self._apart = Apart(limits, workers, load_prompts(endpoint.prompts))
        self.trouble: ServiceError | None = None
        """Why nothing more can be read; letters under way are still brought to their end."""
        self._failed_in_a_row = 0
        self._read_any = False
        self.unread = 0
        """Letters that were handed out and came back unread because of that."""

    def __enter__(self) -> ModelPool:
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

    def ended(self, *, block: bool) -> Iterator[tuple[Letter, Ended]]:
        """Give the letters that ended; with `block`, wait until something has. None where only requests did."""
        with contextlib.suppress(queue.Empty):
            while True:
                each = self._ended.get(block=block)
                block = False
                if each is None:  # only a request has ended
                    continue
                self._under_way -= 1
                if isinstance(each, Letter):
                    self.unread += 1
                else:
                    yield each

    @contextlib.contextmanager
    def keeping_attempts(self) -> Iterator[list[tuple[str, Row]]]:
        """Requests that have ended since this was last asked, as content (SHA-256) and row.

        They are kept when the block has ended, and those who asked go on.
        """
        taken = [self._attempts.popleft() for _ in range(len(self._attempts))]
        yield [(sha256, row) for sha256, row, _ in taken]
        for *_, kept in taken:
            self._loop.call_soon_threadsafe(_done, kept)

    async def _open(self) -> Session:
        if self._database is not None:  # of this thread's own: SQLite's connections stay in the thread that made them
            self._replies = Store(self._database, create=False)
        return Session(self._settings, self._endpoint, self._model, known=self._known)

    def _known(self, request: Request) -> Reply | None:
        kept = self._replies.reply(request.sha256) if self._replies is not None else None
        return kept_reply(kept) if kept is not None else None

    async def _close(self, session: Session) -> None:
        under_way = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in under_way:  # only where the run ends before its letters: by an error, or a second Ctrl-C
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._replies is not None:
            self._replies.close()
        await session.__aexit__(None, None, None)

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _read(self, letter: Letter) -> None:
        """Read one letter; whatever happens, it ends in the queue once."""
        if self.trouble is not None:
            self._ended.put(letter)
            return
        try:
            self._ended.put((letter, await self._read_whole(letter)))
            self._failed_in_a_row, self._read_any = 0, True
        except ServiceError as error:
            self.trouble = error
            self._ended.put(letter)
        except (DocumentError, ModelError) as error:
            if isinstance(error, ModelError):
                self._note(error)
            self._ended.put((letter, self._refused(letter, error.failure_class, str(error))))
        except Exception as error:  # noqa: BLE001  one letter's defect must not end the others
            self._ended.put((letter, self._refused(letter, INTERNAL, defect(error))))

    def _note(self, error: ModelError) -> None:
        """Notice where letter after letter fails, though the endpoint answers requests without one.

        Once letters were read, many that a model refuses or cannot answer may be letters of a kind.
        """
        self._failed_in_a_row += 1
        endpoints = isinstance(error, (*OF_THE_ENDPOINT, ContextOverflow))
        if self._failed_in_a_row >= self._endpoint.failures_in_a_row and (endpoints or not self._read_any):
            said = getattr(error, "said", "")
            self.trouble = self.trouble or EndpointUnavailable(
                f"{self._failed_in_a_row} letters failed in a row and none was read between, the last by "
                f"{error.failure_class}: {error}{'; it says: ' + said if said else ''}; check endpoint and model with "
                "`imr model check`"
            )

    async def _read_whole(self, letter: Letter) -> Ended:
        if self._session is None:
            raise ImrError("the pool is not open")

        async def hear(sha256: str, attempt: Attempt) -> None:
            kept = self._loop.create_future()
            self._attempts.append((sha256, attempt_row(attempt), kept))
            self._ended.put(None)  # saved at once: what is paid for outlives a crash
            await kept

        fetch = partial(letter.source.document, self._limits)
        finish = partial(prepare, name=letter.name)
        return await self._apart.read(fetch, self._configuration, finish, self._session.asker, hear)

    def _refused(self, letter: Letter, failure_class: str, message: str) -> Refused:
        sha256 = letter.source.digest(self._limits.max_bytes)
        return Refused(letter.name, sha256, failure_class, message)


def _done(kept: asyncio.Future[None]) -> None:
    if not kept.done():  # cancelled, where the run ends before its letters
        kept.set_result(None)
