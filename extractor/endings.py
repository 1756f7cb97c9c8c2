"""How a letter ends: as what was made of it, or as a failure of a class.

Whoever reads letters (a run, a batch, a cluster, `imr extract`) reads each through `read_one`, or `await_one` where a
model is asked, so that the same error is the same failure everywhere:

    ended = read_one(lambda: read(source), source.name, lambda: source.digest(max_bytes))
    if isinstance(ended, FailedLetter):
        print(ended.failure_class, ended.message)      # encrypted  a password is needed
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from extractor.errors import AnswerPending, DocumentError, ImrError, ModelError, NotADetermination, OutOfMemory, defect

INTERNAL = "internal"
"""Failure class of an error that nobody raised on purpose: a defect of ours, filed and not fatal to the others."""

T = TypeVar("T")
Digest = Callable[[], str | None]
"""Gives the SHA-256 of a letter's bytes; None where they cannot be read. Only called for a letter that failed."""


@dataclass(frozen=True, slots=True)
class FailedLetter:
    """A letter that ended without a record."""

    name: str
    sha256: str | None
    """None where the bytes could not be read, or not be read whole."""
    failure_class: str
    """For example `encrypted`, `timeout`, `invalid_answer`; see `extractor.errors`. Or `internal`."""
    message: str
    """Why, for people. It quotes neither the letter nor a key."""
    place: str | None = None
    """Where it lies, if its name does not say so: a list may give two letters one name."""
    attempts: tuple[object, ...] = ()
    """Requests to a model that were made for it in vain (`extractor.model.Attempt`), as its error has them."""

    @property
    def is_other_kind(self) -> bool:
        """Whether it is no letter at all, and so counts by itself."""
        return self.failure_class == NotADetermination.failure_class

    @classmethod
    def of(cls, error: Exception, name: str, sha256: str | None, place: str | None = None) -> FailedLetter:
        """The failure of a letter that raised this.

        Raises:
            Exception: the error itself, where it is not this letter's (see `is_of_letter`).

        """
        if not is_of_letter(error):
            raise error
        failure_class, message = _filed(error)
        attempts = error.attempts if isinstance(error, DocumentError | ModelError) else ()
        return cls(name, sha256, failure_class, message, place, attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How many letters ended, and how: what the summary of every run says, here or on a cluster."""

    found: int = 0
    """Letters met so far."""
    already: int = 0
    """Letters whose record was there."""
    failed: int = 0
    """Letters that ended without a record."""
    other_kinds: int = 0
    """Files that are no determinations: neither records nor failures, and in no rate."""
    failures: dict[str, int] = field(default_factory=dict)
    """These by failure class."""
    seconds: float = 0.0


def is_of_letter(error: Exception) -> bool:
    """Whether an error is about the one letter that was being read, so that the others can go on.

    Errors of documents and models are, and so is whatever nobody raised on purpose. An endpoint that serves nobody, a
    database that fails, or a wrong setting is about every letter; and a letter whose answers are pending has not ended.
    """
    if isinstance(error, ImrError):
        return isinstance(error, DocumentError | ModelError) and not isinstance(error, AnswerPending)
    return True


def read_one(read: Callable[[], T], name: str, digest: Digest, place: str | None = None) -> T | FailedLetter:
    """Call what reads one letter: what it gives, or the letter's failure.

    Args:
        read: Reads the letter.
        name: What the letter is called.
        digest: Called only if it fails.
        place: Where it lies, if its name does not say so.

    Raises:
        ImrError: it is about every letter, or the letter waits for answers; see `is_of_letter`.

    """
    try:
        return read()
    except Exception as error:
        if not is_of_letter(error):
            raise
        failed = FailedLetter.of(error, name, None, place)
    return _with(failed, digest)


async def await_one(reading: Awaitable[T], name: str, digest: Digest, place: str | None = None) -> T | FailedLetter:
    """As `read_one`, for a letter that is read while others are."""
    try:
        return await reading
    except Exception as error:
        if not is_of_letter(error):
            raise
        failed = FailedLetter.of(error, name, None, place)
    return _with(failed, digest)


def _with(failed: FailedLetter, digest: Digest) -> FailedLetter:
    return replace(failed, sha256=digest())


def _filed(error: Exception) -> tuple[str, str]:
    """Failure class and message."""
    if isinstance(error, DocumentError | ModelError):
        return error.failure_class, str(error)
    if isinstance(error, MemoryError):
        return OutOfMemory.failure_class, "reading it needs more memory than there is"
    return INTERNAL, defect(error)
