"""What a run wants of whoever reads its letters: a pool takes letters, and gives each back with how it ended.

There are two: `RulesPool` reads in processes, `ModelPool` asks a model. Only of the second there are `Requests`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from extractor.backlog.source import LetterSource
from extractor.endings import FailedLetter
from extractor.errors import ImrError
from extractor.store import Prepared, Stamp

if TYPE_CHECKING:
    from extractor.records.record import Usage
    from extractor.store.cells import Row

Ended = Prepared | FailedLetter
"""How one letter ended."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to read."""

    source: LetterSource
    sha256: str | None
    """None where it could not be hashed; reading it will show why."""
    stamp: Stamp | None = None
    """How its file looked before it was hashed; None where the database knows that, or it will not do."""

    @property
    def name(self) -> str:
        """What the database calls it."""
        return self.source.name


class Pool(Protocol):
    """Reads letters. Use as a context manager, from the main thread; what is under way at its end is dropped."""

    @property
    def full(self) -> bool:
        """True while enough is under way."""

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""

    def submit(self, letters: tuple[Letter, ...]) -> None:
        """Hand letters out."""

    def ended(self, *, block: bool) -> Iterator[tuple[Letter, Ended | None]]:
        """Give letters that ended; None for one that came back unread, since nothing more can be read.

        With `block`, wait until something happened, though it need not be the end of a letter.
        """

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End, whatever is under way."""


class Requests(Protocol):
    """What letters ask of a model: seen from the run that saves it."""

    @property
    def trouble(self) -> ImrError | None:
        """Why nothing more can be read; letters under way are still brought to their end."""

    @property
    def usage(self) -> Usage | None:
        """Of all replies so far."""

    @property
    def spent(self) -> float | None:
        """Dollars so far; None without a price."""

    def keeping_attempts(self) -> AbstractContextManager[list[tuple[str, Row]]]:
        """Requests that have ended since this was last asked, as content (SHA-256) and row.

        They are kept when the block has ended, and the letters that wait for that go on.
        """
