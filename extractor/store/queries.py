"""What is asked of the database, and the small typed answers. Reading only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlite_utils import Database

from extractor.errors import ConfigurationError, RecordNotFound
from extractor.store.processes import RUNNING, Process, state_of

HIT_START, HIT_END = "\x02", "\x03"
"""Stand around the words that matched in `Hit.snippet`; no letter holds them after display has cleaned it."""

BATCH = "batch"
"""What stands for the configuration of requests that went through a batch: several may share an answer."""

MIN_PREFIX = 6
"""Shortest beginning of a SHA-256 that is taken as one."""


class Stamp(NamedTuple):
    """How a file looked when its content was read; times in nanoseconds.

    The time of the last change is kept by the system and set by no program: it moves when the content is written, when
    another file takes the name, and when the modification time is set back.
    """

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    """Tells files apart that were written at the same moment."""


@dataclass(frozen=True, slots=True)
class Found:
    """A current record that answers to a name."""

    record_id: int
    sha256: str
    name: str
    case_number: str | None
    decision_date: str | None
    layout: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A decision whose heading or rationale matches a search."""

    case_number: str | None
    sha256: str
    name: str
    decision_number: int
    heading: str | None
    outcome: str | None
    snippet: str
    """Empty where the record is damaged."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter without a record, as the database files it."""

    name: str
    place: str
    """Where it lies: as its name, unless a list gave it one."""
    sha256: str | None
    failure_class: str
    message: str
    attempts: int
    first_at: str
    last_at: str
    run_id: int | None
    config_sha256: str
    cleared_at: str | None
    requests: int
    """To a model, in all tries under this configuration, for this content."""
    input_tokens: int
    output_tokens: int
    dollars: float | None
    """None where nothing was asked, or the price was not told."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One pass over a set of documents."""

    id: int
    started_at: str
    finished_at: str | None
    state: str
    """`finished`, `interrupted`, `stopped`; `running`, `killed`, or `silent` where it ran on another machine and has
    given no sign of life for ten minutes."""
    reader: str
    config_sha256: str
    code_version: str
    workers: int
    host: str | None
    pid: int | None
    beat_at: str | None
    """Its last sign of life."""
    found: int
    extracted: int
    already: int
    renamed: int
    made_current: int
    failed: int
    remaining: int
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    dollars: float | None


@dataclass(frozen=True, slots=True)
class Version:
    """One record of a letter, as it is kept beside others."""

    record_id: int
    created_at: str
    reader: str
    model: str | None
    config_sha256: str
    code_version: str
    determination: Any
    """As JSON; None where it is damaged."""
    current: bool
    """It is the one that counts."""


@dataclass(frozen=True, slots=True)
class Used:
    """What one model used, over all letters, tries and runs."""

    model: str
    letters: int
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    seconds: float
    """Of waiting for it, all requests together."""


@dataclass(frozen=True, slots=True)
class Status:
    """Counts over the current records."""

    documents: int
    names: int
    records: int
    older_records: int
    decisions: int
    outcomes: dict[str, int]
    layouts: dict[str, int]
    failures: dict[str, int]
    flags: dict[str, int]
    flagged_records: int
    used: tuple[Used, ...]
    runs: tuple[RunRow, ...]


_USED = """
SELECT coalesce(model, '(no reply)') AS model, count(DISTINCT document_sha256) AS letters, count(*) AS requests,
       sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens,
       sum(output_tokens) AS output_tokens, sum(seconds) AS seconds
FROM attempts WHERE outcome <> 'known' GROUP BY 1 ORDER BY requests DESC, 1
"""

_FOUND = """
SELECT r.id AS record_id, r.document_sha256 AS sha256, r.name, d.case_number, d.decision_date, r.layout, d.decisions
FROM current_records AS r JOIN determinations AS d ON d.record_id = r.id
"""


def find(db: Database, name: str) -> list[Found]:
    """Find current records by case number, SHA-256 or its beginning, or file name (whole path or last part).

    Raises:
        RecordNotFound: none answers; the message says whether a letter of that name failed.

    """
    for where, value in _ways_to_find(name):
        rows = list(db.query(f"{_FOUND} WHERE {where} ORDER BY r.name, r.document_sha256", [value]))
        if rows:
            return [Found(**row) for row in rows]
    failed = next(
        db.query("SELECT * FROM open_failures WHERE name = ? OR name LIKE ? ESCAPE '\\'", _endings(name)), None
    )
    if failed:
        raise RecordNotFound(
            f"{name!r} has no record: reading it failed ({failed['failure_class']}: {failed['message']})"
        )
    raise RecordNotFound(f"no record under {name!r}: give a case number, the beginning of a SHA-256, or a file name")


def _ways_to_find(name: str) -> Iterable[tuple[str, str]]:
    yield "d.case_number = ?", name.strip().upper()
    if re.fullmatch(rf"[0-9a-f]{{{MIN_PREFIX},64}}", name.strip().lower()):
        yield "r.document_sha256 GLOB ? || '*'", name.strip().lower()
    seen = "r.document_sha256 IN (SELECT document_sha256 FROM document_names WHERE {})"
    whole, ending = _endings(name)
    yield seen.format("name = ?"), whole
    yield seen.format("name LIKE ? ESCAPE '\\'"), ending


def _endings(name: str) -> tuple[str, str]:
    escaped = re.sub(r"([%_\\])", r"\\\1", name)
    return name, f"%/{escaped}"


def record_rows(db: Database, record_id: int) -> tuple[dict[str, Any], str, list[dict[str, Any]], list[dict[str, Any]]]:
    """Fetch the record's row, its text, its evidence rows and its flag rows."""
    row = next(
        db.query(
            "SELECT r.*, coalesce(r.text, o.text) AS read_text FROM records AS r "
            "JOIN documents AS o ON o.sha256 = r.document_sha256 WHERE r.id = ?",
            [record_id],
        ),
        None,
    )
    if row is None:
        raise RecordNotFound(f"no record has the id {record_id}")
    evidence = list(db.query("SELECT * FROM evidence WHERE record_id = ? ORDER BY position", [record_id]))
    flags = list(db.query("SELECT * FROM flags WHERE record_id = ? ORDER BY position", [record_id]))
    return row, row["read_text"], evidence, flags


def known(db: Database, contents: Iterable[str], config_sha256: str) -> set[str]:
    """Tell which of these contents already have a record under this configuration."""
    return _column(
        db,
        "SELECT document_sha256 FROM records WHERE config_sha256 = ? "
        "AND document_sha256 IN (SELECT value FROM json_each(?))",
        [config_sha256, json.dumps(list(contents))],
    )


def superseded(db: Database, contents: Iterable[str], config_sha256: str) -> set[str]:
    """Tell which of these contents have a record under this configuration, and one of another that counts."""
    return _column(
        db,
        "SELECT r.document_sha256 FROM records AS r JOIN current_ids AS c ON c.document_sha256 = r.document_sha256 "
        "WHERE r.config_sha256 = ? AND c.record_id <> r.id "
        "AND r.document_sha256 IN (SELECT value FROM json_each(?))",
        [config_sha256, json.dumps(list(contents))],
    )


def ids(db: Database, contents: Iterable[str], config_sha256: str) -> list[int]:
    """List the records that these contents have under this configuration."""
    sql = "SELECT id FROM records WHERE config_sha256 = ? AND document_sha256 IN (SELECT value FROM json_each(?))"
    return [row[0] for row in db.execute(sql, [config_sha256, json.dumps(list(contents))]).fetchall()]


def damaged(db: Database) -> list[tuple[int, str]]:
    """Find current records whose JSON does not hold what their rows say: id and document SHA-256.

    It looks at the form only, and so is quick; `extractor.store.Store.load` looks at everything.
    """
    return db.execute(
        "SELECT r.id, r.document_sha256 FROM current_records AS r LEFT JOIN determinations AS d ON d.record_id = r.id "
        "WHERE CASE WHEN json_valid(r.determination) "
        "THEN json_array_length(r.determination, '$.decisions') IS NOT d.decisions ELSE 1 END "
        "ORDER BY r.document_sha256"
    ).fetchall()


def recognised(db: Database, files: Iterable[tuple[str, Stamp]]) -> dict[str, str]:
    """Tell the content (SHA-256) of files, by name, that look as they did when they were last read."""
    return dict(
        db.execute(
            "SELECT n.name, n.document_sha256 FROM json_each(?) AS j JOIN document_names AS n "
            "ON n.name = json_extract(j.value, '$[0]') AND n.size = json_extract(j.value, '$[1]') "
            "AND n.modified_ns = json_extract(j.value, '$[2]') AND n.changed_ns = json_extract(j.value, '$[3]') "
            "AND n.inode = json_extract(j.value, '$[4]')",
            [json.dumps([(name, *stamp) for name, stamp in files])],
        ).fetchall()
    )


def names_known(db: Database, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Tell which of these pairs of content and name have been seen."""
    return {
        (row["document_sha256"], row["name"])
        for row in db.query(
            "SELECT n.document_sha256, n.name FROM json_each(?) AS j JOIN document_names AS n "
            "ON n.document_sha256 = json_extract(j.value, '$[0]') AND n.name = json_extract(j.value, '$[1]')",
            [json.dumps(list(pairs))],
        )
    }


def places_failed(db: Database, places: Iterable[str]) -> set[str]:
    """Tell at which of these places there is an open failure."""
    return _column(
        db,
        "SELECT place FROM failures WHERE cleared_at IS NULL AND place IN (SELECT value FROM json_each(?))",
        [json.dumps(list(places))],
    )


def document(db: Database, sha256: str) -> tuple[str, str]:
    """Find a document's media type and text."""
    row = db.execute("SELECT media_type, text FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise RecordNotFound(f"no document {sha256[:12]!r} in the database")
    return str(row[0]), str(row[1])


def reply(db: Database, request_sha256: str, *, usable: bool) -> str | None:
    """Find the latest payload that came back to a request: only one that could be used, or that one before others."""
    row = db.execute(
        "SELECT reply FROM attempts WHERE request_sha256 = ? AND reply IS NOT NULL AND (outcome = 'ok' OR NOT ?) "
        "ORDER BY outcome = 'ok' DESC, id DESC",
        (request_sha256, usable),
    ).fetchone()
    return str(row[0]) if row else None


def history(db: Database, sha256: str) -> list[Version]:
    """List every record of a document, in the order in which they were saved."""
    rows = db.query(
        "SELECT r.id AS record_id, created_at, reader, model, config_sha256, code_version, "
        "CASE WHEN json_valid(determination) THEN determination ELSE 'null' END AS determination, "
        "r.id = c.record_id AS current FROM records AS r JOIN current_ids AS c USING (document_sha256) "
        "WHERE document_sha256 = ? ORDER BY r.id",
        [sha256],
    )
    return [
        Version(**{**row, "determination": json.loads(row["determination"]), "current": bool(row["current"])})
        for row in rows
    ]


def read_by_models(db: Database) -> list[tuple[int, str]]:
    """List current records that a model has read: the record, and the configuration of its run as JSON."""
    return db.execute(
        "SELECT r.id, u.configuration FROM current_records AS r JOIN runs AS u ON u.id = r.run_id "
        "WHERE r.reader <> 'rules' AND r.usage IS NOT NULL ORDER BY r.document_sha256"
    ).fetchall()


def failed_in_run(db: Database, contents: Iterable[str], run_id: int) -> dict[str, tuple[str, str]]:
    """Tell which contents failed in this run, each with its failure class and message."""
    return {
        row["sha256"]: (row["failure_class"], row["message"])
        for row in db.query(
            "SELECT sha256, failure_class, message FROM failures WHERE cleared_at IS NULL AND run_id = ? "
            "AND sha256 IN (SELECT value FROM json_each(?))",
            [run_id, json.dumps(list(contents))],
        )
    }


def given_up(db: Database, contents: Iterable[str], config_sha256: str, tries: int) -> dict[str, tuple[str, str]]:
    """Tell which contents failed so many times under this configuration, with the last failure's class and message."""
    return {
        row["sha256"]: (row["failure_class"], row["message"])
        for row in db.query(
            "SELECT sha256, failure_class, message FROM failures WHERE cleared_at IS NULL AND config_sha256 = ? "
            "AND attempts >= ? AND sha256 IN (SELECT value FROM json_each(?)) ORDER BY last_at",
            [config_sha256, tries, json.dumps(list(contents))],
        )
    }


def search(db: Database, query: str, limit: int) -> list[Hit]:
    """Find current decisions whose heading or rationale hold every word (or "exact phrase") of the query, best first.

    Raises:
        ConfigurationError: the query holds no word.

    """
    if not re.search(r"\w", query):
        raise ConfigurationError(f"{query!r} holds no word to search for")
    rows = db.query(
        """
        SELECT t.case_number, r.document_sha256 AS sha256, r.name, d.decision_number, d.heading, d.outcome,
               coalesce(snippet(decision_search, -1, ?, ?, ' … ', 24), '') AS snippet
        FROM decision_search
        JOIN decisions AS d ON d.id = decision_search.rowid
        JOIN current_records AS r ON r.id = d.record_id
        JOIN determinations AS t ON t.record_id = r.id
        WHERE decision_search MATCH ?
        ORDER BY decision_search.rank, t.case_number, d.id
        LIMIT ?
        """,
        [HIT_START, HIT_END, db.quote_fts(query), limit],
    )
    return [Hit(**row) for row in rows]


def failures(db: Database, *, include_cleared: bool, failure_class: str | None) -> Iterable[Failure]:
    """List failures by name, streamed; the open ones only unless told."""
    return (
        Failure(**row)
        for row in db.query(
            """
            SELECT f.name, f.place, f.sha256, f.failure_class, f.message, f.attempts, f.first_at, f.last_at, f.run_id,
                   f.config_sha256, f.cleared_at, count(a.id) AS requests,
                   coalesce(sum(a.input_tokens), 0) AS input_tokens,
                   coalesce(sum(a.output_tokens), 0) AS output_tokens, sum(a.dollars) AS dollars
            FROM failures AS f
            LEFT JOIN attempts AS a ON a.document_sha256 = f.sha256 AND a.outcome <> 'known'
                                   AND a.config_sha256 IN (f.config_sha256, ?)
            WHERE (f.cleared_at IS NULL OR ?) AND (f.failure_class = ? OR ? IS NULL)
            GROUP BY f.id ORDER BY f.name, f.id
            """,
            [BATCH, include_cleared, failure_class, failure_class],
        )
    )


def status(db: Database, *, last_runs: int) -> Status:
    """Count everything once."""
    records, flagged = db.execute(
        "SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM flags WHERE record_id = r.id)), 0) "
        "FROM current_records AS r"
    ).fetchone()
    outcomes = _counts(
        db,
        "SELECT coalesce(d.outcome, 'withheld') AS k, count(*) AS n FROM decisions AS d "
        "JOIN current_records AS r ON r.id = d.record_id GROUP BY k ORDER BY n DESC, k",
    )
    return Status(
        documents=_count(db, "SELECT count(*) FROM documents"),
        names=_count(db, "SELECT count(*) FROM document_names"),
        records=records,
        older_records=_count(db, "SELECT count(*) FROM records") - records,
        decisions=sum(outcomes.values()),
        outcomes=outcomes,
        layouts=_counts(db, "SELECT layout AS k, count(*) AS n FROM current_records GROUP BY k ORDER BY n DESC, k"),
        failures=_counts(
            db, "SELECT failure_class AS k, count(*) AS n FROM open_failures GROUP BY k ORDER BY n DESC, k"
        ),
        flags=_counts(
            db,
            "SELECT f.code AS k, count(*) AS n FROM flags AS f JOIN current_records AS r ON r.id = f.record_id "
            "GROUP BY k ORDER BY n DESC, k",
        ),
        flagged_records=flagged,
        used=tuple(Used(**row) for row in db.query(_USED)),
        runs=runs(db, last_runs),
    )


def runs(db: Database, last: int) -> tuple[RunRow, ...]:
    """List the latest runs, newest first."""
    columns = ", ".join((*RunRow.__slots__, "process"))
    sql = f"SELECT {columns} FROM runs ORDER BY id DESC LIMIT ?"  # noqa: S608  our own names, never input
    return tuple(_run(row) for row in db.query(sql, [last]))


def _run(row: dict[str, Any]) -> RunRow:
    mark = row.pop("process")
    if row["state"] == RUNNING:
        process = Process(row["host"], row["pid"], mark) if row["pid"] is not None else None
        row["state"] = state_of(process, row["beat_at"])
    return RunRow(**row)


def _count(db: Database, sql: str) -> int:
    return int(db.execute(sql).fetchone()[0])


def _counts(db: Database, sql: str) -> dict[str, int]:
    return {row["k"]: row["n"] for row in db.query(sql)}


def _column(db: Database, sql: str, parameters: list[Any]) -> set[str]:
    return {row[0] for row in db.execute(sql, parameters).fetchall()}
