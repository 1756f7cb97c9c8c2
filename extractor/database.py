"""A database of records, for programs that only read: nothing here can change it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from extractor.errors import RecordNotFound
from extractor.store import Store
from extractor.store.search import Filters, Order, Page

if TYPE_CHECKING:
    from extractor.records.record import Evidence, Record


class Database:
    """What `imr run` has read, opened for reading: `with Database("imr.db") as db: …`. Use it in one thread.

    Others may read and write the same file meanwhile. A letter is named by its case number, its SHA-256 or the
    beginning of it (six characters or more), or its file name; where several records of the letter are kept, the
    current one is meant.

    Raises:
        StoreError: there is no such file, or it is no database of ours.

    """

    def __init__(self, path: Path | str) -> None:
        self._store = Store(path, create=False)

    def __enter__(self) -> Self:
        """Opened already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._store.close()

    def records(self, name: str | None = None) -> Iterator[Record]:
        """Current records: all of them, or those that a name answers to; loaded one at a time.

        Raises:
            RecordNotFound: no record answers to the name.
            RecordDamaged: what is kept of a record is not what was saved.

        """
        if name is None:
            yield from self._store.records()
            return
        for found in self._store.find(name):
            yield self._store.load(found.record_id)

    def search(
        self, query: str = "", filters: Filters | None = None, *, limit: int = 20, order: Order = Order.RANK
    ) -> Page:
        """Decisions by the words of their letters, by what they are like, or by both; the best match first.

        Raises:
            ConfigurationError: no words and no filter are given, or the query cannot be obeyed.

        """
        return self._store.search(query, filters or Filters(), limit=limit, order=order)

    def evidence(self, name: str) -> dict[str, Evidence]:
        """What supports each value of a letter's record, by JSON pointer into its determination.

        Raises:
            RecordNotFound: no record answers to the name, or more than one letter does.
            RecordDamaged: what is kept of it is not what was saved.

        """
        return self._store.load(self._one(name)).evidence

    def text(self, name: str) -> str:
        """The text of a letter, into which the spans of its evidence point.

        Raises:
            RecordNotFound: no record answers to the name, or more than one letter does.

        """
        return self._store.text(self._one(name))

    def _one(self, name: str) -> int:
        found = self._store.find(name)
        if len(found) > 1:
            raise RecordNotFound(f"{len(found)} letters answer to {name!r}: give the beginning of a SHA-256")
        return found[0].record_id
