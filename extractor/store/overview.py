"""Counts over the whole database, the failures in it, and the runs that wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extractor.errors import NotADetermination
from extractor.store.batches import BATCH
from extractor.store.database import OpenDatabase
from extractor.store.processes import RUNNING, Process, state_of


@dataclass(frozen=True, slots=True)
class FiledFailure:
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
    """None where nothing was asked, or the price is not known."""


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
    other_kinds: int
    remaining: int
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    dollars: float | None


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
class DatabaseStatus:
    """Counts over the current records."""

    documents: int
    names: int
    records: int
    older_records: int
    decisions: int
    outcomes: dict[str, int]
    layouts: dict[str, int]
    failures: dict[str, int]
    """By class, but for what is no determination."""
    other_kinds: int
    """Files that are no determinations."""
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

_FAILURES = """
SELECT f.name, f.place, f.sha256, f.failure_class, f.message, f.attempts, f.first_at, f.last_at, f.run_id,
       f.config_sha256, f.cleared_at, count(a.id) AS requests,
       coalesce(sum(a.input_tokens), 0) AS input_tokens,
       coalesce(sum(a.output_tokens), 0) AS output_tokens, sum(a.dollars) AS dollars
FROM failures AS f
LEFT JOIN attempts AS a ON a.document_sha256 = f.sha256 AND a.outcome <> 'known'
                       AND a.config_sha256 IN (f.config_sha256, ?)
WHERE (f.cleared_at IS NULL OR ?) AND (f.failure_class = ? OR ? IS NULL)
GROUP BY f.id ORDER BY f.name, f.id
"""


class Overview(OpenDatabase):
    """Questions about everything."""

    def failures(self, *, include_cleared: bool = False, failure_class: str | None = None) -> Iterator[FiledFailure]:
        """List letters without a record, by name, streamed; by default only those that have none still."""
        with self._reading():
            parameters = [BATCH, include_cleared, failure_class, failure_class]
            yield from (FiledFailure(**row) for row in self._db.query(_FAILURES, parameters))

    def status(self, *, last_runs: int = 5) -> DatabaseStatus:
        """Count over the whole database; with the latest runs, newest first."""
        with self._reading():
            return self._status(last_runs)

    def _status(self, last_runs: int) -> DatabaseStatus:
        records, flagged = self._db.execute(
            "SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM flags WHERE record_id = r.id)), 0) "
            "FROM current_records AS r"
        ).fetchone()
        outcomes = self._counts(
            "SELECT coalesce(d.outcome, 'withheld') AS k, count(*) AS n FROM decisions AS d "
            "JOIN current_records AS r ON r.id = d.record_id GROUP BY k ORDER BY n DESC, k"
        )
        failures = self._counts(
            "SELECT failure_class AS k, count(*) AS n FROM open_failures GROUP BY k ORDER BY n DESC, k"
        )
        return DatabaseStatus(
            documents=self._count("SELECT count(*) FROM documents"),
            names=self._count("SELECT count(*) FROM document_names"),
            records=records,
            older_records=self._count("SELECT count(*) FROM records") - records,
            decisions=sum(outcomes.values()),
            outcomes=outcomes,
            layouts=self._counts(
                "SELECT layout AS k, count(*) AS n FROM current_records GROUP BY k ORDER BY n DESC, k"
            ),
            failures={name: count for name, count in failures.items() if name != NotADetermination.failure_class},
            other_kinds=failures.get(NotADetermination.failure_class, 0),
            flags=self._counts(
                "SELECT f.code AS k, count(*) AS n FROM flags AS f JOIN current_records AS r ON r.id = f.record_id "
                "GROUP BY k ORDER BY n DESC, k"
            ),
            flagged_records=flagged,
            used=tuple(Used(**row) for row in self._db.query(_USED)),
            runs=self._runs(last_runs),
        )

    def _runs(self, last: int) -> tuple[RunRow, ...]:
        columns = ", ".join((*RunRow.__slots__, "process"))
        sql = f"SELECT {columns} FROM runs ORDER BY id DESC LIMIT ?"  # noqa: S608  our own names, never input
        return tuple(_run(row) for row in self._db.query(sql, [last]))

    def _count(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])

    def _counts(self, sql: str) -> dict[str, int]:
        return {row["k"]: row["n"] for row in self._db.query(sql)}


def _run(row: dict[str, Any]) -> RunRow:
    mark = row.pop("process")
    if row["state"] == RUNNING:
        process = Process(row["host"], row["pid"], mark) if row["pid"] is not None else None
        row["state"] = state_of(process, row["beat_at"])
    return RunRow(**row)
