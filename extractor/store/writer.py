"""What is written, statement by statement. Every function here runs inside the caller's one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sqlite_utils import Database

from extractor.endings import FailedLetter
from extractor.store import rows
from extractor.store.cells import Row
from extractor.store.lookups import Stamp
from extractor.store.rows import Prepared


def _insert(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  our own names, never input


_INSERT_RECORD = _insert("records", (*rows.RECORD_COLUMNS, "run_id", "text"))
_INSERT_DOCUMENT = _insert("documents", rows.DOCUMENT_COLUMNS) + " ON CONFLICT (sha256) DO NOTHING"
_INSERT_DETERMINATION = _insert("determinations", ("record_id", *rows.DETERMINATION_COLUMNS))
_INSERT_DECISION = _insert("decisions", ("id", "record_id", *rows.DECISION_COLUMNS))
_INSERT_SEARCH = _insert("decision_search", ("rowid", *rows.SEARCH_COLUMNS))
_MAKE_CURRENT = (
    _insert("current_ids", ("document_sha256", "record_id"))
    + " ON CONFLICT (document_sha256) DO UPDATE SET record_id = excluded.record_id"
)
_INSERT_CHILD = {table: _insert(table, ("record_id", *columns)) for table, columns in rows.CHILD_COLUMNS.items()}
_INSERT_ATTEMPT = _insert("attempts", ("document_sha256", "config_sha256", "run_id", "asked_at", *rows.ATTEMPT_COLUMNS))
_INSERT_NAME = _insert("document_names", ("document_sha256", "name", "first_seen_at")) + " ON CONFLICT DO NOTHING"
_INSERT_FAILURE = (
    _insert(
        "failures",
        (
            *("place", "name", "sha256", "config_sha256", "failure_class", "message"),
            *("attempts", "first_at", "last_at", "run_id"),
        ),
    )
    + """ ON CONFLICT (place, coalesce(sha256, ''), config_sha256) DO UPDATE SET
    name = excluded.name, failure_class = excluded.failure_class, message = excluded.message, attempts = attempts + 1,
    last_at = excluded.last_at, run_id = excluded.run_id, cleared_at = NULL"""
)


def insert_record(db: Database, prepared: Prepared, run_id: int | None, now: str) -> bool:
    """Insert one letter's rows, which are current then.

    False, and nothing but its name, where document and configuration are already there.
    """
    execute, executemany = db.conn.execute, db.conn.executemany
    text = _insert_document(db, prepared)
    insert_names(db, [(prepared.sha256, prepared.name)], now)
    found = execute(
        "SELECT 1 FROM records WHERE document_sha256 = ? AND config_sha256 = ?",
        (prepared.sha256, prepared.config_sha256),
    ).fetchone()
    if found:
        return False
    record_id = execute(_INSERT_RECORD, (*prepared.record, run_id, text)).lastrowid
    execute(_MAKE_CURRENT, (prepared.sha256, record_id))
    execute(_INSERT_DETERMINATION, (record_id, *prepared.determination))
    if prepared.decisions:
        first: int = execute("SELECT coalesce(max(id), 0) + 1 FROM decisions").fetchone()[0]
        executemany(_INSERT_DECISION, [(first + n, record_id, *row) for n, row in enumerate(prepared.decisions)])
        executemany(_INSERT_SEARCH, [(first + n, *texts) for n, texts in enumerate(prepared.search)])
    for table, child_rows in prepared.children.items():
        if child_rows:
            executemany(_INSERT_CHILD[table], [(record_id, *row) for row in child_rows])
    return True


def insert_attempts(
    db: Database, attempts: Iterable[tuple[str, Row]], config_sha256: str, run_id: int | None, now: str
) -> None:
    """Keep what was asked of a model for a content (SHA-256), with its reply; also what was paid for in vain."""
    db.conn.executemany(_INSERT_ATTEMPT, [(sha256, config_sha256, run_id, now, *row) for sha256, row in attempts])


def insert_names(db: Database, names: Iterable[tuple[str, str]], now: str) -> None:
    """Record that a content (its SHA-256) was seen under a name; known pairs stay as they are."""
    db.conn.executemany(_INSERT_NAME, [(sha256, name, now) for sha256, name in names])


def stamp_names(db: Database, stamps: Iterable[tuple[str, str, Stamp]]) -> None:
    """Remember how files (content, name) looked."""
    db.conn.executemany(
        "UPDATE document_names SET size = ?, modified_ns = ?, changed_ns = ?, inode = ? "
        "WHERE document_sha256 = ? AND name = ?",
        [(*stamp, sha256, name) for sha256, name, stamp in stamps],
    )


def insert_failures(
    db: Database, failed: Iterable[FailedLetter], config_sha256: str, run_id: int | None, now: str
) -> None:
    """File failures; the same letter failing again under the same configuration is one more attempt."""
    db.conn.executemany(
        _INSERT_FAILURE,
        [
            (f.place or f.name, f.name, f.sha256, config_sha256, f.failure_class, f.message, 1, now, now, run_id)
            for f in failed
        ],
    )


def make_current(db: Database, contents: Collection[str], config_sha256: str) -> int:
    """Let the records of this configuration count for these contents; for how many another did before."""
    if not contents:
        return 0
    parts = keep_letters(db, contents, config_sha256)
    return db.conn.execute(
        "INSERT INTO current_ids (document_sha256, record_id) SELECT r.document_sha256, r.id FROM records AS r "
        "WHERE r.config_sha256 = ? AND r.document_sha256 IN (SELECT value FROM json_each(?)) "
        "ON CONFLICT (document_sha256) DO UPDATE SET record_id = excluded.record_id "
        "WHERE record_id <> excluded.record_id",
        (config_sha256, json.dumps([*contents, *parts])),
    ).rowcount


def keep_letters(db: Database, contents: Collection[str], config_sha256: str) -> list[str]:
    """Of files with several letters, let only those count that this configuration found; give all the further ones."""
    parts = [
        sha256
        for (sha256,) in db.conn.execute(
            "SELECT sha256 FROM documents WHERE part_of IN (SELECT value FROM json_each(?))",
            (json.dumps(list(contents)),),
        )
    ]
    if parts:
        db.conn.execute(
            "DELETE FROM current_ids WHERE document_sha256 IN (SELECT value FROM json_each(?)) "
            "AND NOT EXISTS (SELECT 1 FROM records AS r WHERE r.document_sha256 = current_ids.document_sha256 "
            "AND r.config_sha256 = ?)",
            (json.dumps(parts), config_sha256),
        )
    return parts


def set_aside(db: Database, record_ids: Iterable[int]) -> None:
    """Take damaged records out of their configurations, so that their letters are read again; they stay in history."""
    db.conn.executemany(
        "UPDATE records SET config_sha256 = 'damaged ' || id || ' ' || config_sha256 WHERE id = ?",
        [(record_id,) for record_id in record_ids],
    )


def clear_failures(db: Database, contents: Iterable[str], places: Iterable[str], now: str) -> None:
    """Close the failures of contents that have a record now, whatever configuration had failed, and those of places.

    At such a place lies what can be read; what had failed there has been replaced.
    """
    db.conn.executemany(
        "UPDATE failures SET cleared_at = ? WHERE cleared_at IS NULL AND sha256 = ?",
        [(now, sha256) for sha256 in contents],
    )
    db.conn.executemany(
        "UPDATE failures SET cleared_at = ? WHERE cleared_at IS NULL AND place = ?", [(now, place) for place in places]
    )


def _insert_document(db: Database, prepared: Prepared) -> str | None:
    """Insert the document; where it is known with another text (a newer PDF reader), give the one the record keeps."""
    if db.conn.execute(_INSERT_DOCUMENT, prepared.document).rowcount == 1:
        return None
    document = dict(zip(rows.DOCUMENT_COLUMNS, prepared.document, strict=True))
    db.conn.execute(
        "UPDATE documents SET notes = ?1, part_start = ?2, part_end = ?3 "
        "WHERE sha256 = ?4 AND (notes, part_start, part_end) IS NOT (?1, ?2, ?3)",
        (document["notes"], document["part_start"], document["part_end"], prepared.sha256),
    )
    text = str(document["text"])
    (same,) = db.conn.execute("SELECT text = ? FROM documents WHERE sha256 = ?", (text, prepared.sha256)).fetchone()
    return None if same else text
