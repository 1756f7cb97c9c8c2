"""Is the file at the path still the one that is open? SQLite goes on writing to a file that was deleted.

Asked at every commit, this takes some microseconds. The file is looked at and never opened: to close it again would
take away SQLite's locks on it (POSIX locks belong to the process and end with any of its descriptors).
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database

from extractor.errors import StoreError

MOST_SAMPLED = 100
"""Letters that are looked up anew in the end."""

_Looks = tuple[int, int]
"""Device and inode."""


class Sample:
    """Some of very many, spread over all of them."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self._seen, self._every = 0, 1

    def add(self, each: str) -> None:
        """Keep it, or not."""
        if self._seen % self._every == 0:
            self.kept.append(each)
            if len(self.kept) > MOST_SAMPLED:
                self.kept, self._every = self.kept[::2], self._every * 2
        self._seen += 1


class Watch:
    """Remembers which file was opened, and its journal."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path.absolute()
        real = os.path.realpath(self._path)  # SQLite keeps its journal beside the file itself
        self._beside = (f"{real}-wal", f"{real}-shm")
        self._file, self._size = _look(self._path) or ((0, 0), 0)
        self._journal: list[_Looks | None] | None = None
        self._rescuable = False

    def check(self) -> None:
        """See that nobody has taken the file away.

        Raises:
            StoreError: it was deleted, replaced or cut short, or its journal was deleted or replaced. Then what was
                saved since is in no file that has a name.

        """
        found = _look(self._path)
        if found is None:
            raise self._taken("was deleted", "what was saved since this command began is lost with it")
        looks, size = found
        if looks != self._file:
            raise self._taken("was replaced by another file", "what was saved since this command began is not in it")
        if size < self._size and (size == 0 or size < self._pages()):
            raise self._taken("was cut short", "records are lost: put back a copy")
        self._size = size
        journal = [look[0] if (look := _look(path)) else None for path in self._beside]
        if self._journal is None:
            self._journal = journal  # none, where the file system knows no such journal
        elif journal != self._journal:
            self._rescuable = True
            names = " or ".join(repr(Path(path).name) for path in self._beside)
            raise self._taken(
                f"lost its journal ({names} was deleted or replaced)", "what was saved until then has been kept"
            )

    def rescue(self) -> None:
        """Write what a journal holds that has no name any more to the file, where that is still ours."""
        if self._rescuable:
            with suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check_anew(self, contents: Collection[str]) -> None:
        """See that whoever opens the file now finds the records of these contents (SHA-256), whole.

        A file that was overwritten in place looks as before, and SQLite has much of the old one in memory.

        Raises:
            StoreError: they are not there.

        """
        self.check()
        asked = sorted(set(contents))
        sql = (
            "SELECT count(DISTINCT o.sha256) FROM json_each(?) AS j JOIN documents AS o ON o.sha256 = j.value "
            "JOIN records AS r ON r.document_sha256 = o.sha256 "
            "WHERE length(o.text) IS NOT NULL AND length(r.determination) > 0"
        )
        try:
            with closing(self._anew()) as fresh:
                (found,) = fresh.execute(sql, [json.dumps(asked)]).fetchone()
        except sqlite3.DatabaseError:
            found = None
        if found != len(asked):
            raise self._taken("was overwritten", "much of it is lost, and not only of this run: put back a copy")

    def _pages(self) -> int:
        """Bytes that the file should come to, by what was committed; less than before after a VACUUM."""
        try:
            with closing(self._anew()) as fresh:
                (count,), (size,) = (fresh.execute(f"PRAGMA page_{what}").fetchone() for what in ("count", "size"))
        except sqlite3.DatabaseError:
            return self._size
        return int(count * size)

    def _anew(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)

    def _taken(self, what: str, lost: str) -> StoreError:
        return StoreError(
            f"the database {str(self._path)!r} {what} while it was in use: {lost}; start the same command again, "
            "it reads what is missing"
        )


def _look(path: Path | str) -> tuple[_Looks, int] | None:
    try:
        looks = os.stat(path)  # noqa: PTH116  after each commit, and a Path takes longer than the question
    except OSError:
        return None
    return (looks.st_dev, looks.st_ino), looks.st_size
