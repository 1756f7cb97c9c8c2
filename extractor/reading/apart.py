"""Reading in other processes: each letter within its time, whatever it holds; asking a model stays here.

A child reads a letter as far as it can be read without answers, and says what is to be asked. The parent asks, which is
waiting and little else, and a child goes on from there. Reading is a function of the letter and the answers, so it
simply begins again behind what was opened, with the answers at hand: nothing of it has to be kept alive meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from pydantic import BaseModel

from extractor import telemetry
from extractor.documents import Document
from extractor.errors import AnswerPending, ContextOverflow, ModelError, ReadTimeout, SeveralLetters, Truncated
from extractor.model import Attempt, OnAttempt, Request
from extractor.model.asking import A, Asks
from extractor.processes.children import Children
from extractor.processes.memory import bound_memory
from extractor.readers.model.prompts import Prompts
from extractor.reading.configuration import Configuration
from extractor.reading.letter import Opened, by_rules, open_letter, read_opened
from extractor.records.record import Record
from extractor.settings import Limits

T = TypeVar("T")
Fetch = Callable[[], Document]
"""Gives the document, in the child; raises what `read_document` raises. Found by its name: a method, a `partial`."""
Finisher = Callable[[Record, Document], T]
"""Makes of record and document what comes back from the child; found by its name."""
OnAttemptOf = Callable[[str, Attempt], Awaitable[None]]
"""As `OnAttempt`, called with the document's SHA-256, too."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one request: its answer as JSON, or the error that wants it split."""

    said: str | ModelError
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class _Waits:
    """A letter that waits for answers."""

    sha256: str
    requests: tuple[Request, ...]
    opened: bytes
    """An `Opened`, pickled: it only passes through the parent."""
    seconds: float
    """What it took to come so far."""


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    value: T


class Apart:
    """Reads letters in child processes. Use as a context manager; usable from threads and event loops.

    The children import the program that starts them, so a script needs the usual `if __name__ == "__main__":`.

    Args:
        limits: Of one letter; a child that works on one for longer than `seconds` is ended.
        workers: How many children.
        prompts: For the model reader.

    """

    def __init__(self, limits: Limits, workers: int = 1, prompts: Prompts | None = None) -> None:
        self._limits = limits
        self._children = Children(workers, _start, (prompts, limits.max_memory))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children, whatever they are doing."""
        self._children.close()

    def do(self, function: Callable[..., T], *args: Any) -> T:
        """Call any function on a letter in a child, and wait.

        Raises:
            ReadTimeout: it took longer than the limit.
            ReadCrash: the process died.
            Exception: what the function raised.

        """
        return self._children.run(self._limits.seconds, function, *args)

    def read_by_rules(self, fetch: Fetch, configuration: Configuration, finish: Finisher[T]) -> T:
        """The record of a letter by rules; it waits.

        Raises:
            DocumentError: it cannot be read, took longer than the limit, or killed the process that was reading it.

        """
        read: T = self.do(_read_by_rules, fetch, configuration, finish)
        return read

    async def read(
        self,
        fetch: Fetch,
        configuration: Configuration,
        finish: Finisher[T],
        asker: Asks,
        on_attempt: OnAttemptOf | None = None,
    ) -> T:
        """The record of a letter by a model reader.

        Args:
            fetch: Gives the document, in the child.
            configuration: How to read; with a model.
            finish: Makes of record and document what comes back from the child.
            asker: Asks the model, here.
            on_attempt: Called with every try as soon as it has ended, and awaited.

        Raises:
            DocumentError: as for `read_by_rules`; waiting for answers does not count.
            ModelError, ServiceError: no usable answer.

        """
        left = self._limits.seconds
        step: _Done[T] | _Waits = await self._call(left, _open, fetch, configuration, finish)
        answers: dict[str, _Answer] = {}
        while isinstance(step, _Waits):
            left = max(0.01, left - step.seconds)
            with telemetry.reading(step.sha256, configuration.reader):
                answers |= await _ask_all(step, asker, on_attempt)
            step = await self._call(left, _go_on, step.opened, configuration, finish, answers)
        return step.value

    def read_each_by_rules(self, fetch: Fetch, configuration: Configuration, finish: Finisher[T]) -> list[T]:
        """As `read_by_rules`, for a file that may hold several letters: what is made of each, in order."""
        try:
            return [self.read_by_rules(fetch, configuration, finish)]
        except SeveralLetters as several:
            letters = several.letters
        return [self.read_by_rules(partial(itself, letter), configuration, finish) for letter in letters]

    async def read_each(
        self,
        fetch: Fetch,
        configuration: Configuration,
        finish: Finisher[T],
        asker: Asks,
        on_attempt: OnAttemptOf | None = None,
    ) -> list[T]:
        """As `read`, for a file that may hold several letters: what is made of each, in order."""
        try:
            return [await self.read(fetch, configuration, finish, asker, on_attempt)]
        except SeveralLetters as several:
            letters = several.letters
        return [
            await self.read(partial(itself, letter), configuration, finish, asker, on_attempt) for letter in letters
        ]

    async def _call(self, seconds: float, function: Callable[..., _Done[T] | _Waits], *args: Any) -> _Done[T] | _Waits:
        try:
            return await self._children.call(seconds, function, *args)
        except ReadTimeout:
            raise ReadTimeout(f"reading took longer than {self._limits.seconds:g} s") from None


async def _ask_all(step: _Waits, asker: Asks, on_attempt: OnAttemptOf | None) -> dict[str, _Answer]:
    """Ask everything at once; the first error once all have ended, since what is under way is paid for."""

    async def one(request: Request) -> _Answer:
        attempts: list[Attempt] = []

        async def note(attempt: Attempt) -> None:
            attempts.append(replace(attempt, raw=None))
            if on_attempt is not None:
                await on_attempt(step.sha256, attempt)

        try:
            said: str | ModelError = (await asker.ask(request, request.answer, note)).model_dump_json()
        except (Truncated, ContextOverflow) as error:  # the reader asks in smaller pieces
            said = error
        return _Answer(said, tuple(attempts))

    ended = await asyncio.gather(*map(one, step.requests), return_exceptions=True)
    answers: dict[str, _Answer] = {}
    for request, end in zip(step.requests, ended, strict=True):
        if isinstance(end, BaseException):
            raise end
        answers[request.sha256] = end
    return answers


def as_record(record: Record, _: Document) -> Record:
    """Finish: the record itself."""
    return record


def itself(document: Document) -> Document:
    """Fetch: a document that is at hand (as a `partial`)."""
    return document


# --- what runs in a child --------------------------------------------------------------------------------------------

_prompts: list[Prompts] = []
_loops: list[asyncio.AbstractEventLoop] = []


def _start(prompts: Prompts | None, max_memory: int) -> None:
    """Set the process up: what stays the same for all letters is sent once."""
    bound_memory(max_memory)
    _prompts[:] = [] if prompts is None else [prompts]
    gc.freeze()  # what is loaded now lives as long as the process: the collector need not walk it again


def _read_by_rules(fetch: Fetch, configuration: Configuration, finish: Finisher[T]) -> T:
    document = fetch()
    return finish(by_rules(document, configuration), document)


def _open(fetch: Fetch, configuration: Configuration, finish: Finisher[T]) -> _Done[T] | _Waits:
    began = time.monotonic()
    opened = open_letter(fetch(), configuration)
    return _as_far(opened, None, configuration, finish, {}, began)


def _go_on(
    kept: bytes, configuration: Configuration, finish: Finisher[T], answers: dict[str, _Answer]
) -> _Done[T] | _Waits:
    began = time.monotonic()
    return _as_far(pickle.loads(kept), kept, configuration, finish, answers, began)  # noqa: S301  our own


def _as_far(
    opened: Opened,
    kept: bytes | None,
    configuration: Configuration,
    finish: Finisher[T],
    answers: dict[str, _Answer],
    began: float,
) -> _Done[T] | _Waits:
    """Read on as far as the answers go."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    asker = _AnswersSoFar(answers)
    try:
        reading = _loops[0].run_until_complete(read_opened(opened, configuration, _prompts[0], asker))
    except AnswerPending:
        kept = kept or pickle.dumps(opened, pickle.HIGHEST_PROTOCOL)
        return _Waits(opened.document.sha256, tuple(asker.missing.values()), kept, time.monotonic() - began)
    return _Done(finish(reading.record, opened.document))


class _AnswersSoFar:
    """Gives the answers that are there, and notes what is still to be asked."""

    def __init__(self, answers: dict[str, _Answer]) -> None:
        self._answers = answers
        self._reported: set[str] = set()
        self.missing: dict[str, Request] = {}

    async def ask(self, request: Request, form: type[A], on_attempt: OnAttempt) -> A:
        answer = self._answers.get(request.sha256)
        if answer is None:
            self.missing[request.sha256] = request
            raise AnswerPending("it is still to be asked")
        if request.sha256 not in self._reported:  # asked once, however often it is wanted
            self._reported.add(request.sha256)
            for attempt in answer.attempts:
                await on_attempt(attempt)
        if isinstance(answer.said, ModelError):
            raise answer.said
        return cast(A, cast("type[BaseModel]", form).model_validate_json(answer.said))
