"""Opening the database: is it ours, is it of a version we know, and is it set up as every connection must be."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from extractor.errors import StoreError
from extractor.store.schema import APPLICATION_ID, MIGRATIONS

BUSY_SECONDS = 30.0
"""How long a connection waits for another writer. One transaction of ours takes milliseconds."""


def connect(path: Path, *, create: bool) -> Database:
    """Open, check, migrate. Without `create`, a file that is not there is an error and not a new database.

    Nor need it be writable then: where the file or its folder is not, it is opened for reading only, as it is.

    Raises:
        StoreError: the file is missing, is no database, is another program's, or is of a newer version; or is to be
            written to or migrated, and may not be.

    """
    if not create and not path.exists():
        raise StoreError(f"there is no database at {str(path)!r}: make one with `imr run FOLDER --db {path}`")
    if not path.parent.is_dir():
        raise StoreError(f"the folder of the database {str(path)!r} does not exist")
    writable = _is_writable(path)
    if create and not writable:
        raise StoreError(f"the database {str(path)!r} cannot be written to: it, or its folder, is read-only")
    with as_store_errors(path):
        where = str(path) if writable else _for_reading(path)
        db = Database(sqlite3.connect(where, timeout=BUSY_SECONDS, uri=not writable))
        try:
            _refuse_foreign(db, path)
            if writable:
                _set_up(db)
            _migrate(db, path, writable=writable)
        except BaseException:
            db.close()
            raise
    return db


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One write transaction, begun IMMEDIATE.

    A deferred one that has read and then writes fails at once when another process has written in between;
    an immediate one waits its turn.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()


@contextmanager
def as_store_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's own errors into one clear sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        reason = str(error)
        if "locked" in reason or "busy" in reason:
            raise StoreError(
                f"the database {str(path)!r} was locked for {BUSY_SECONDS:g} s by another process"
            ) from error
        if "full" in reason:
            raise StoreError(f"no space is left for the database {str(path)!r}; what was saved is safe") from error
        if "decode" in reason:  # quotes what it cannot decode, which may be a letter's words
            fault = StoreError(f"the database {str(path)!r} is damaged: it holds text that is no UTF-8")
        elif "malformed JSON" in reason:
            fault = StoreError(
                f"the database {str(path)!r} holds a record that is damaged: read the letters again with "
                "`imr run … --check-records`"
            )
        elif "readonly" in reason:
            fault = StoreError(f"the database {str(path)!r} cannot be written to: it, or its folder, is read-only")
        else:
            fault = StoreError(f"the database {str(path)!r} cannot be used: {reason}")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"the database {str(path)!r} cannot be used: {error}") from error
    else:
        return
    raise fault from None  # nothing of what SQLite quoted is to be shown with it


def _is_writable(path: Path) -> bool:
    """Whether the database may be written to. Its folder, too: the journal lies there."""
    return os.access(path.resolve().parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _for_reading(path: Path) -> str:
    """Give the URI that opens a database which may not be written to.

    Without a journal that holds anything, nobody is writing, and the file is all there is (`immutable`); with one,
    readers need the index that the writer keeps beside it.

    Raises:
        StoreError: there is a journal, and no index to read it by.

    """
    journal, index = (Path(f"{path.resolve()}{ending}") for ending in ("-wal", "-shm"))
    used = journal.exists() and journal.stat().st_size > 0
    if used and not index.exists():
        raise StoreError(
            f"the database {str(path)!r} is read-only, and {journal.name!r} beside it can only be read by who may "
            "write there: copy both files to another folder"
        )
    return f"{path.absolute().as_uri()}?{'mode=ro' if used else 'immutable=1'}"


def _refuse_foreign(db: Database, path: Path) -> None:
    application_id: int = db.execute("PRAGMA application_id").fetchone()[0]
    if application_id == APPLICATION_ID:
        return
    # A process killed between creating the file and its first migration leaves an empty database: that is ours to fill.
    if application_id != 0 or db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StoreError(f"{str(path)!r} is a database of another program: name another file with --db")


def _set_up(db: Database) -> None:
    # Changing to WAL does not honour the busy timeout when two processes open a new database at once.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.enable_wal()
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    # NORMAL under WAL: a killed process loses nothing, a power cut at most the last transactions, never the file.
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536", "temp_store = MEMORY"):
        db.execute(f"PRAGMA {pragma}")


def _migrate(db: Database, path: Path, *, writable: bool) -> None:
    with Database(memory=True) as empty:
        ours = {migration.name for migration in MIGRATIONS.pending(empty)}
    newer = sorted({migration.name for migration in MIGRATIONS.applied(db)} - ours)
    if newer:
        raise StoreError(
            f"{str(path)!r} was written by a newer version of imr-extractor (it has {newer[-1]!r}): upgrade to use it"
        )
    if not MIGRATIONS.pending(db):
        return
    if not writable:
        raise StoreError(f"{str(path)!r} was written by an older version of imr-extractor, and is read-only: copy it")
    with writing(db):  # the lock comes first, so that two processes cannot both find the same migration pending
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        MIGRATIONS.apply(db)
