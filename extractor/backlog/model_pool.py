"""Letters read by a model: one event loop in a thread of its own, one client, many letters under way.

It stands in for `Pool`, and the writer cannot tell them apart. Documents are still turned into text in another process,
for a hostile PDF must not take the run with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from extractor.backlog.pool import Letter
from extractor.backlog.worker import INTERNAL, Ended, digest
from extractor.documents import read_document
from extractor.errors import DocumentError, ImrError, ModelError, ReadCrash, ReadTimeout, ServiceError
from extractor.pipeline import Configuration, read_in
from extractor.prompted import Session
from extractor.settings import Limits, ModelSettings, Service
from extractor.store.rows import attempt_rows, prepare
from extractor.store.writer import Refused

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.model import Model
    from extractor.records import Usage

_AHEAD = 2
"""Letters under way for each request that may be open: while some are grounded, others wait for the model."""
_PLAIN = frozenset({".txt"})
"""Files that are read here: nothing in them can crash or hang a parser."""


class ModelPool:
    """Reads letters by a model. Use as a context manager, from the main thread."""

    def __init__(
        self, configuration: Configuration, service: Service, limits: Limits, model: Model | None = None
    ) -> None:
        if configuration.model is None:
            raise ValueError("the configuration names no model")
        self._configuration = configuration
        self._settings: ModelSettings = configuration.model
        self._service = service
        self._limits = limits
        self._model = model
        self._most = service.in_flight * _AHEAD
        self._under_way = 0
        self._ended: queue.SimpleQueue[tuple[Letter, Ended] | Letter] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._session: Session | None = None
        self._parsers: ProcessPool | None = None
        self.trouble: ServiceError | None = None
        """Why nothing more can be read; letters under way are still brought to their end."""
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
        if self._parsers is not None:
            self._parsers.stop()  # type: ignore[no-untyped-call]
            self._parsers.join()

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
        """Give the letters that ended; with `block`, wait for one first. None where only unread ones came back."""
        with contextlib.suppress(queue.Empty):
            while True:
                each = self._ended.get(block=block)
                block = False
                self._under_way -= 1
                if isinstance(each, Letter):
                    self.unread += 1
                else:
                    yield each

    async def _open(self) -> Session:
        return Session(self._settings, self._service, self._model)

    async def _close(self, session: Session) -> None:
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
        except ServiceError as error:
            self.trouble = error
            self._ended.put(letter)
        except (DocumentError, ModelError) as error:
            tried = attempt_rows(error.attempts) if isinstance(error, ModelError) else ()  # type: ignore[arg-type]
            self._ended.put((letter, self._refused(letter, error.failure_class, str(error), tried)))
        except Exception as error:  # noqa: BLE001  one letter's defect must not end the others
            self._ended.put((letter, self._refused(letter, INTERNAL, f"{type(error).__name__}: {error}")))

    async def _read_whole(self, letter: Letter) -> Ended:
        if self._session is None:
            raise ImrError("the pool is not open")
        document = await self._document(letter)
        reading = await read_in(self._session, document, self._configuration)
        return prepare(reading.record, document, name=letter.name, attempts=reading.attempts)

    async def _document(self, letter: Letter) -> Document:
        path = Path(letter.path)
        if path.suffix.lower() in _PLAIN:
            return read_document(path, limits=self._limits)
        if self._parsers is None:
            self._parsers = ProcessPool(max_workers=1, max_tasks=2_000, context=multiprocessing.get_context("spawn"))
        future = self._parsers.schedule(
            read_document, args=[path], kwargs={"limits": self._limits}, timeout=self._limits.seconds
        )
        try:
            document: Document = await asyncio.wrap_future(future)
        except (TimeoutError, LateError):
            raise ReadTimeout(f"reading took longer than {self._limits.seconds:g} s") from None
        except ProcessExpired as error:
            raise ReadCrash(f"the process that was reading it died ({error.exitcode})") from None
        return document

    def _refused(self, letter: Letter, failure_class: str, message: str, attempts: tuple[object, ...] = ()) -> Refused:
        sha256 = digest(letter.path, self._limits.max_bytes)
        return Refused(letter.name, sha256, failure_class, message, attempts)  # type: ignore[arg-type]
