"""What the batch interface needs to remember: letters that wait, requests that are out, files that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from extractor.store.cells import Row
from extractor.store.rows import DOCUMENT_COLUMNS

BATCH = "batch"
"""What stands for the configuration of requests that went through a batch: several may share an answer."""


Transaction = Database
"""A database in which a write has begun: what `Store.batching` gives, and every function here takes."""


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One file of requests."""

    id: int
    file: str
    remote_id: str | None
    """The provider's name for it, once submitted."""
    state: str
    """`built`, `submitted`, `collected`."""
    remote_state: str | None
    """The provider's own word."""
    requests: int
    answered: int
    failed: int
    most_input_tokens: int | None
    """That its open requests can come to, and their answers; None where that is not known."""
    most_output_tokens: int | None
    sha256: str
    """Of the file."""
    created_at: str
    updated_at: str


class NewRequest(NamedTuple):
    """A request to put into a file."""

    request_sha256: str
    document_sha256: str
    purpose: str
    most_input_tokens: int
    """That it can come to."""
    most_output_tokens: int


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that has been put into a file."""

    document_sha256: str
    purpose: str
    job_id: int
    """The file that it was put into last."""
    state: str
    """`sent`, `answered`, `failed`."""
    tries: int
    message: str | None


_JOBS = """
SELECT j.id, j.file, j.remote_id, j.state, j.remote_state, j.requests, j.sha256, j.created_at, j.updated_at,
       (SELECT count(*) FROM batch_requests WHERE job_id = j.id AND state = 'answered') AS answered,
       (SELECT count(*) FROM batch_requests WHERE job_id = j.id AND state = 'failed') AS failed,
       (SELECT nullif(sum(most_input_tokens), 0) FROM batch_requests WHERE job_id = j.id AND state = 'sent')
           AS most_input_tokens,
       (SELECT nullif(sum(most_output_tokens), 0) FROM batch_requests WHERE job_id = j.id AND state = 'sent')
           AS most_output_tokens
FROM batch_jobs AS j
"""


def add_letter(db: Database, document: Row, config_sha256: str, configuration: str, name: str) -> bool:
    """Remember a letter that waits, its document in the order of `DOCUMENT_COLUMNS`; False where it is known."""
    sha256 = document[0]
    db.conn.execute(
        f"INSERT INTO documents ({', '.join(DOCUMENT_COLUMNS)}) VALUES ({', '.join('?' * len(DOCUMENT_COLUMNS))}) "  # noqa: S608
        "ON CONFLICT (sha256) DO NOTHING",
        document,
    )
    cursor = db.conn.execute(
        "INSERT INTO batch_letters (document_sha256, config_sha256, configuration, name, state) "
        "VALUES (?, ?, ?, ?, 'waiting') ON CONFLICT DO NOTHING",
        (sha256, config_sha256, configuration, name),
    )
    return cursor.rowcount == 1


def waiting(db: Database) -> list[tuple[str, str, str]]:
    """List letters that wait: content, name, configuration as JSON."""
    return db.execute(
        "SELECT document_sha256, name, configuration FROM batch_letters WHERE state = 'waiting' "
        "ORDER BY document_sha256, configuration"
    ).fetchall()


def end_letter(db: Database, sha256: str, configuration: str, state: str) -> bool:
    """A letter waits no more; False where it did not, for another process was faster."""
    cursor = db.conn.execute(
        "UPDATE batch_letters SET state = ? WHERE document_sha256 = ? AND configuration = ? AND state = 'waiting'",
        (state, sha256, configuration),
    )
    return cursor.rowcount == 1


def request(db: Database, request_sha256: str) -> SentRequest | None:
    """Find a request that has been put into a file."""
    row = db.execute(
        "SELECT document_sha256, purpose, job_id, state, tries, message FROM batch_requests WHERE request_sha256 = ?",
        (request_sha256,),
    ).fetchone()
    return SentRequest(*row) if row else None


def next_number(db: Database) -> int:
    """Give the number that the next file will have."""
    return int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM batch_jobs").fetchone()[0])


def add_job(db: Database, file: str, sha256: str, requests: Iterable[NewRequest], now: str) -> None:
    """Remember a file and its requests."""
    listed = list(requests)
    job = db.conn.execute(
        "INSERT INTO batch_jobs (file, sha256, state, requests, created_at, updated_at) "
        "VALUES (?, ?, 'built', ?, ?, ?)",
        (file, sha256, len(listed), now, now),
    ).lastrowid
    db.conn.executemany(
        "INSERT INTO batch_requests (request_sha256, document_sha256, purpose, most_input_tokens, most_output_tokens, "
        "job_id, state, tries) VALUES (?, ?, ?, ?, ?, ?, 'sent', 1) ON CONFLICT (request_sha256) "
        "DO UPDATE SET job_id = excluded.job_id, state = 'sent', tries = tries + 1",
        [(*asked, job) for asked in listed],
    )


def jobs(db: Database) -> list[BatchFile]:
    """List every file."""
    return [BatchFile(**row) for row in db.query(f"{_JOBS} ORDER BY j.id")]


def job(db: Database, number: int) -> BatchFile:
    """Give one file as it stands now."""
    return BatchFile(**next(iter(db.query(f"{_JOBS} WHERE j.id = ?", [number]))))


def update_job(
    db: Database, job: int, now: str, *, state: str, remote_id: str | None, remote_state: str | None
) -> None:
    """What became of a file."""
    db.conn.execute(
        "UPDATE batch_jobs SET state = ?, remote_id = ?, remote_state = ?, updated_at = ? WHERE id = ?",
        (state, remote_id, remote_state, now, job),
    )


def stands(db: Database, job: int, now: str, remote_state: str) -> None:
    """What the provider says of a file that was submitted; one that another process has closed stays so."""
    db.conn.execute(
        "UPDATE batch_jobs SET remote_state = ?, updated_at = ? WHERE id = ? AND state = 'submitted'",
        (remote_state, now, job),
    )


def close(db: Database) -> None:
    """Close the files of which nothing is open any more."""
    db.conn.execute(
        "UPDATE batch_jobs SET state = 'collected' WHERE state <> 'collected' "
        "AND NOT EXISTS (SELECT 1 FROM batch_requests WHERE job_id = batch_jobs.id AND state = 'sent')"
    )


def answered(db: Database, request_sha256: str, *, state: str, message: str | None) -> None:
    """What came back for a request: `answered`, or `failed` and why."""
    db.conn.execute(
        "UPDATE batch_requests SET state = ?, message = ? WHERE request_sha256 = ?", (state, message, request_sha256)
    )


def unanswered(db: Database, job: int) -> int:
    """Give up on what a file left unanswered (expired): it goes into the next one, and that is no fault of its own."""
    return db.conn.execute(
        "UPDATE batch_requests SET state = 'failed', message = 'expired', tries = tries - 1 "
        "WHERE job_id = ? AND state = 'sent'",
        (job,),
    ).rowcount


def counts(db: Database) -> dict[str, int]:
    """Letters by state."""
    return dict(db.execute("SELECT state, count(*) FROM batch_letters GROUP BY state").fetchall())


def used(db: Database) -> tuple[int, int, int]:
    """Count the tokens that batches have cost: in, cached of them, out. An answer that names none counts in full."""
    row = db.execute(
        """
        SELECT coalesce(sum(CASE WHEN a.input_tokens THEN a.input_tokens ELSE r.most_input_tokens END), 0),
               coalesce(sum(a.cached_input_tokens), 0),
               coalesce(sum(CASE WHEN a.input_tokens THEN a.output_tokens ELSE r.most_output_tokens END), 0)
        FROM attempts AS a LEFT JOIN batch_requests AS r ON r.request_sha256 = a.request_sha256
        WHERE a.config_sha256 = ?
        """,
        (BATCH,),
    ).fetchone()
    return int(row[0]), int(row[1]), int(row[2])
