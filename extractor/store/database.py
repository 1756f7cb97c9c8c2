"""An open database: one connection, one file that is watched, and the two ways to use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from extractor.errors import StoreError
from extractor.store.connection import as_store_errors, connect, writing
from extractor.store.watch import Watch


class OpenDatabase:
    """What every part of a `Store` builds on. Use as a context manager, in one thread.

    Without `create`, a file or folder that may not be written to is opened for reading only. At every commit, the file
    must still be the one at `path`.

    Raises:
        StoreError: the file cannot be used as our database, or is locked for longer than half a minute.

    """

    def __init__(self, path: Path | str, *, create: bool = True) -> None:
        self.path = Path(path)
        self._db = connect(self.path, create=create)
        self._watch = Watch(self._db, self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; committed work is safe without it."""
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """Everything read inside sees one state of the database, whatever others write meanwhile."""
        with self._reading():
            self._db.execute("BEGIN")
            try:
                yield self
            finally:
                self._db.rollback()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What SQLite raises inside becomes a `StoreError`."""
        with as_store_errors(self.path):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; likewise."""
        try:
            with self._reading(), writing(self._db):
                yield
                self._watch.check()  # before the commit: that may write to the file, and make it look whole again
        except StoreError:
            self._watch.rescue()
            raise


def now() -> str:
    """The time, as the database writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
