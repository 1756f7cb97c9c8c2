"""One letter with its record, its file and its history, as a page shows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

from desk.lit import Ground, Line, ground_of, pages_of
from desk.rows import Group, Row, groups_of
from desk.shelf import Shelf
from extractor import files
from extractor.display.history import changed
from extractor.errors import DocumentError
from extractor.records.record import Flag, Record
from extractor.settings import DEFAULT_LIMITS
from extractor.store.records import Version
from extractor.store.search import Found
from extractor.text.spans import Span


@dataclass(frozen=True, slots=True)
class Earlier:
    """A record of the letter that is kept, and how many values changed to it from the one before."""

    version: Version
    changed: int | None
    """None for the first, and where one of the two is damaged."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is looked at."""

    record: Record
    text: str
    pages: tuple[Span, ...]
    own: Span
    """Where in `text` the letter stands; elsewhere stand others of its file."""
    groups: tuple[Group, ...]
    flags: tuple[Flag, ...]
    """Of the whole letter."""
    ground: Ground
    others: tuple[Found, ...]
    """Further letters that answer to the name."""
    history: tuple[Earlier, ...]

    @property
    def title(self) -> str:
        """The case number; of a letter without one, the beginning of its hash."""
        return self.record.determination.case_number or self.record.document.sha256[:12]

    @property
    def rows(self) -> list[Row]:
        """All values, in order."""
        return [row for group in self.groups for row in group.rows]

    def lines(self) -> list[list[Line]]:
        """The text, page by page and line by line."""
        return pages_of(self.text, self.pages, self.ground, self.own)


def open_letter(shelf: Shelf, name: str) -> Letter:
    """Find a letter by case number, SHA-256 or the beginning of one, or file name.

    Raises:
        RecordNotFound: none answers to the name.
        RecordDamaged: what is kept of its record is not what was saved.

    """
    with shelf.snapshot():
        first, *others = shelf.find(name)
        record = shelf.load(first.record_id)
        text = shelf.text(first.record_id)
        document = shelf.document(first.sha256)
        history = shelf.history(first.sha256)
    groups, flags = groups_of(record)
    pages, own = _pages(text, document.part), document.part or Span(0, len(text))
    ground = ground_of(record.evidence, [row for group in groups for row in group.rows])
    return Letter(
        record, text, pages, own, tuple(groups), tuple(flags), ground, tuple(others), tuple(_earlier(history))
    )


def file_of(shelf: Shelf, record: Record) -> bytes | None:
    """Give the letter's PDF, where it still lies where it was read, unchanged."""
    if record.document.media_type != "application/pdf":
        return None
    wanted = record.document.part_of or record.document.sha256
    for name in shelf.names(record.document.sha256):
        try:
            with files.opened(name) as file:
                data = files.contents(file, DEFAULT_LIMITS.max_bytes)
        except (DocumentError, OSError):
            continue  # a file that moved; or a name that is no path
        if hashlib.sha256(data).hexdigest() == wanted:
            return data
    return None


def _pages(text: str, part: Span | None) -> tuple[Span, ...]:
    """Pages as form feeds part them; of a file with several letters, those that this one stands on."""
    ends = [*(at for at, character in enumerate(text) if character == "\f"), len(text)]
    pages = tuple(Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False))
    return tuple(page for page in pages if part is None or page.overlaps(part))


def _earlier(history: list[Version]) -> list[Earlier]:
    steps = [None, *(_changes(old, new) for old, new in pairwise(history))]
    return [Earlier(version, count) for version, count in zip(history, steps, strict=True)][::-1]


def _changes(old: Version, new: Version) -> int | None:
    if old.determination is None or new.determination is None:
        return None
    return sum(1 for _ in changed(old.determination, new.determination))
