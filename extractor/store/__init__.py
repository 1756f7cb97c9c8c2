"""The database that a backlog lands in: `Store` is the only door to it.

A store is SQLite in WAL mode: any number of processes may read while one writes, and writers wait their turn.
Everything of one letter is written in one transaction, so a process killed at any instant leaves whole letters only.
Records are append-only and unique by document and configuration; saving one again only lets it count again.
The tables are described in `extractor.store.schema`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from extractor import telemetry
from extractor.endings import INTERNAL, FailedLetter
from extractor.errors import RecordDamaged, StoreError, defect
from extractor.spans import Span
from extractor.store import batches, queries, writer
from extractor.store.cells import Row
from extractor.store.connection import connect, told_as_store_errors, writing
from extractor.store.processes import Process
from extractor.store.queries import Failure, Found, Hit, Stamp, Status, Version
from extractor.store.rows import Prepared, prepare, restore
from extractor.store.watch import Sample, Watch

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractor.documents import Document
    from extractor.records import Record

__all__ = ["FailedLetter", "Prepared", "Saved", "Stamp", "Store", "batches", "prepare"]

RUN_COUNTS = (
    *("found", "extracted", "already", "renamed", "made_current", "failed", "remaining"),
    *("requests", "input_tokens", "cached_input_tokens", "output_tokens", "dollars"),
)
"""What a run's row counts; what is left out is 0, and the price not known."""
TELL_SECONDS = 30.0
"""Between two log records of how far a run is."""
Counts = Mapping[str, int | float | None]
"""By the names of `RUN_COUNTS`."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What one call to `Store.save_all` changed."""

    new: int
    """Records that were not there before."""
    made_current: int = 0
    """Records that were there, and count from now on, where another did."""
    refused: tuple[FailedLetter, ...] = ()
    """Letters that could not be inserted, filed as failures of class `internal`; normally none."""


class Store:
    """An open database. Use as a context manager, in one thread.

    Without `create`, a file or folder that may not be written to is opened for reading only. At every commit, the file
    must still be the one at `path`.

    Raises:
        StoreError: the file cannot be used as our database, or is locked for longer than half a minute.

    """

    def __init__(self, path: Path | str, *, create: bool = True) -> None:
        self.path = Path(path)
        self._db = connect(self.path, create=create)
        self._watch = Watch(self._db, self.path)
        self._saved = Sample()
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; committed work is safe without it."""
        self._db.close()

    # Records

    def save(self, record: Record, document: Document, *, name: str | None = None) -> bool:
        """Save one record with the document it was read from; False where it was there already, and counts again.

        Raises:
            ValueError: the record is of another document.

        """
        if record.document.sha256 != document.sha256:
            raise ValueError(f"the record is of {record.document.sha256!r}, the document is {document.sha256!r}")
        return self.save_all([prepare(record, document, name=name)]).new == 1

    def save_all(
        self,
        prepared: Sequence[Prepared] = (),
        *,
        names: Sequence[tuple[str, str]] = (),
        refused: Sequence[FailedLetter] = (),
        attempts: Sequence[tuple[str, Row]] = (),
        stamps: Sequence[tuple[str, str, Stamp]] = (),
        met: Collection[str] = (),
        places: Collection[str] | None = None,
        run_id: int | None = None,
        config_sha256: str = "",
        counts: Counts | None = None,
    ) -> Saved:
        """Save a batch in one transaction: records, further names of known contents, failures, requests to a model.

        A letter whose record is there already lets that record count, and so do contents that were `met` again.
        `stamps` tell how files (content, name) looked when they were read; they are known by it next time.
        `places` are those at which nothing is wrong any more; by default, the names of the letters.
        `counts` are the run's totals so far. A letter that the database itself refuses (it should not) is filed as
        a failure of class `internal`; the rest of the batch is saved.
        """
        now = _now()
        with self._writing():
            new, again, rejected = 0, 0, []
            for letter in prepared:
                try:
                    with self._db.atomic():
                        if writer.insert_record(self._db, letter, run_id, now):
                            new += 1
                        else:
                            again += writer.make_current(self._db, [letter.sha256], letter.config_sha256)
                except (
                    sqlite3.IntegrityError,
                    sqlite3.InterfaceError,
                    sqlite3.DataError,
                    OverflowError,
                    ValueError,
                ) as e:
                    message = f"the database refused it: {defect(e)}"
                    rejected.append(FailedLetter(letter.name, letter.sha256, INTERNAL, message))
            writer.insert_attempts(self._db, attempts, config_sha256, run_id, now)
            writer.insert_names(self._db, names, now)
            writer.stamp_names(self._db, stamps)
            bad = {r.sha256 for r in rejected}
            good = [letter for letter in prepared if letter.sha256 not in bad]
            again += writer.make_current(self._db, met, config_sha256)
            contents = [*(letter.sha256 for letter in good), *(sha256 for sha256, _ in names)]
            if places is None:
                places = [*(letter.name for letter in good), *(name for _, name in names)]
            writer.clear_failures(self._db, contents, places, now)
            writer.insert_failures(self._db, [*refused, *rejected], config_sha256, run_id, now)
            if run_id is not None and counts is not None:
                self._update_run(run_id, counts)
        for letter in good:
            self._saved.add(letter.sha256)
        self._tell(run_id, new, [*refused, *rejected], counts)
        return Saved(new, again, tuple(rejected))

    def _tell(self, run_id: int | None, new: int, failed: Iterable[FailedLetter], counts: Counts | None) -> None:
        """Tell whoever listens what was saved, and from time to time how far the run is."""
        telemetry.letters_ended(run_id, "record", new)
        for each in failed:
            telemetry.letter_failed(run_id, each.name, each.sha256, each.failure_class)
        if run_id is not None and counts is not None and self._is_time():
            telemetry.run_goes_on(run_id, counts)

    def goes_on(self, run_id: int, counts: Counts) -> None:
        """From time to time, remember and tell how far a run is that has nothing to save."""
        if self._is_time():
            with self._writing():
                self._update_run(run_id, counts)
            telemetry.run_goes_on(run_id, counts)

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._told_at <= TELL_SECONDS:
            return False
        self._told_at = now
        return True

    def load(self, record_id: int) -> Record:
        """Load the record with this id, equal to the one that was saved.

        Raises:
            RecordNotFound: there is none.
            RecordDamaged: what is kept of it is not what was saved.

        """
        with self._told():
            rows = queries.record_rows(self._db, record_id)
        try:
            return restore(*rows)
        except (ValueError, TypeError, LookupError, RecursionError):
            fault = RecordDamaged(record_id, str(rows[0]["document_sha256"]), self.path)
        raise fault  # out here, for what Python keeps of the error before holds the letter's words

    def text(self, record_id: int) -> str:
        """Load the document text that the record's spans point into. Raises RecordNotFound."""
        with self._told():
            return queries.record_rows(self._db, record_id)[1]

    def find(self, name: str) -> list[Found]:
        """Find current records by case number, SHA-256 (or its beginning, six characters or more), or file name.

        Raises RecordNotFound where none answers.
        """
        with self._told():
            return queries.find(self._db, name)

    def records(self) -> Iterator[Record]:
        """Load every current record, ordered by document SHA-256, loaded one at a time. Raises RecordDamaged."""
        with self._told():
            for (record_id,) in self._db.execute("SELECT id FROM current_records ORDER BY document_sha256"):
                yield self.load(record_id)

    def search(self, query: str, *, limit: int = 20) -> list[Hit]:
        """Search headings and rationales of current records; best match first."""
        with self._told():
            return queries.search(self._db, query, limit)

    # What is known

    def known(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Tell which of these contents (SHA-256) have a record under this configuration."""
        with self._told():
            return queries.known(self._db, contents, config_sha256)

    def superseded(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Tell which of these contents have a record under this configuration, and one of another that counts."""
        with self._told():
            return queries.superseded(self._db, contents, config_sha256)

    def damaged(self) -> list[RecordDamaged]:
        """Find current records whose JSON is damaged, ordered by document SHA-256."""
        with self._told():
            return [RecordDamaged(*found, self.path) for found in queries.damaged(self._db)]

    def set_aside_damaged(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Check the records of these contents, and take those that are damaged out of the configuration.

        Their letters are then read again as if for the first time; the damaged records stay in the history.
        """
        with self._told():
            ids = queries.ids(self._db, contents, config_sha256)
        faults = []
        for record_id in ids:
            try:
                self.load(record_id)
            except RecordDamaged as fault:
                faults.append(fault)
        if faults:
            with self._writing():
                writer.set_aside(self._db, [fault.record_id for fault in faults])
        return {fault.sha256 for fault in faults}

    def recognised(self, files: Iterable[tuple[str, Stamp]]) -> dict[str, str]:
        """Tell the content (SHA-256) of files, by name, that look as they did when they were last read."""
        with self._told():
            return queries.recognised(self._db, files)

    def names_known(self, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Tell which of these pairs of content and name have been recorded."""
        with self._told():
            return queries.names_known(self._db, pairs)

    def places_failed(self, places: Iterable[str]) -> set[str]:
        """Tell at which of these places there is an open failure."""
        with self._told():
            return queries.places_failed(self._db, places)

    def failed_in_run(self, contents: Iterable[str], run_id: int) -> dict[str, tuple[str, str]]:
        """Tell which of these contents failed in this run, with failure class and message."""
        with self._told():
            return queries.failed_in_run(self._db, contents, run_id)

    def history(self, sha256: str) -> list[Version]:
        """List every record of a document, in the order in which they were saved."""
        with self._told():
            return queries.history(self._db, sha256)

    def read_by_models(self) -> Iterator[tuple[Document, str]]:
        """Give each document whose current record is a model's, with the configuration of its run as JSON."""
        with self._told():
            listed = queries.read_by_models(self._db)
        for record_id, configuration in listed:
            with self._told():
                row, text, *_ = queries.record_rows(self._db, record_id)
            yield _document(text, row["document_sha256"], row["name"], row["media_type"]), configuration

    def reply(self, request_sha256: str, *, usable: bool = True) -> str | None:
        """Give what a model once replied to this request, as it came; None where it never did.

        With `usable`, only a reply that was an answer: a refusal, for one, may be none the next time.
        """
        with self._told():
            return queries.reply(self._db, request_sha256, usable=usable)

    def given_up(self, contents: Iterable[str], config_sha256: str, tries: int) -> dict[str, tuple[str, str]]:
        """Tell which contents failed so many times under this configuration, with failure class and message."""
        with self._told():
            return queries.given_up(self._db, contents, config_sha256, tries)

    def failures(self, *, include_cleared: bool = False, failure_class: str | None = None) -> Iterator[Failure]:
        """List letters without a record, by name."""
        with self._told():
            yield from queries.failures(self._db, include_cleared=include_cleared, failure_class=failure_class)

    def status(self, *, last_runs: int = 5) -> Status:
        """Count over the whole database."""
        with self._told():
            return queries.status(self._db, last_runs=last_runs)

    # Batches

    def document(self, sha256: str) -> Document:
        """Give a document as it was read. Raises RecordNotFound."""
        with self._told():
            media_type, text = queries.document(self._db, sha256)
        return _document(text, sha256, sha256[:12], media_type)

    @contextmanager
    def batching(self) -> Iterator[Database]:
        """One write transaction over the tables of `extractor.store.batches`."""
        with self._writing():
            yield self._db

    # Runs

    def begin_run(self, *, reader: str, config_sha256: str, configuration: str, code_version: str, workers: int) -> int:
        """Open a run of this process (`configuration` is JSON) and return its id."""
        now, process = _now(), Process.this()
        with self._writing():
            cursor = self._db.conn.execute(
                "INSERT INTO runs (started_at, state, reader, config_sha256, configuration, code_version, workers, "
                "host, pid, process, beat_at) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(now, reader, config_sha256, configuration, code_version, workers),
                    *(process.host, process.pid, process.mark, now),
                ),
            )
            run_id = int(cursor.lastrowid or 0)
        telemetry.run_began(
            run_id, reader=reader, config_sha256=config_sha256, code_version=code_version, workers=workers
        )
        return run_id

    def end_run(self, run_id: int, state: str, counts: Counts, *, cause: str | None = None) -> None:
        """Close a run as `finished`, `interrupted` (asked to stop) or `stopped` (by an error of the class `cause`).

        Raises:
            StoreError: the database could not keep it, or is no longer the one that the run began in.

        """
        for known in ("already", "renamed"):
            telemetry.letters_ended(run_id, known, int(counts.get(known) or 0))
        telemetry.run_ended(run_id, state, cause, counts)
        with self._writing():
            self._update_run(run_id, counts)
            self._db.conn.execute("UPDATE runs SET finished_at = ?, state = ? WHERE id = ?", (_now(), state, run_id))
        with self._told():
            self._watch.check_anew(self._saved.kept)

    def _update_run(self, run_id: int, counts: Counts) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in RUN_COUNTS)
        self._db.conn.execute(
            f"UPDATE runs SET {columns}, beat_at = :now WHERE id = :id",  # noqa: S608  our own names, never input
            {**dict.fromkeys(RUN_COUNTS, 0), "dollars": None, **counts, "id": run_id, "now": _now()},
        )

    # For exports

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """Everything read inside sees one state of the database, whatever others write meanwhile."""
        with self._told():
            self._db.execute("BEGIN")
            try:
                yield self
            finally:
                self._db.rollback()

    def stream(
        self, view: str, columns: Sequence[str], order: Sequence[str], *, without: Collection[str] = ()
    ) -> Generator[tuple[Any, ...], None, None]:
        """Rows of one `current_…` view, never all in memory, but for some documents (SHA-256).

        The names are the caller's own, never input.
        """
        # The hint makes SQLite walk the index on `document_sha256` and look the rest up, where it would else sort the
        # whole table before the first row.
        hint = "likelihood(document_sha256 >= '', 0.0001)"
        left_out = "AND document_sha256 NOT IN (SELECT value FROM json_each(?))" if without else ""
        sql = f"SELECT {', '.join(columns)} FROM {view} WHERE {hint} {left_out} ORDER BY {', '.join(order)}"  # noqa: S608
        for name in (view, *columns, *order):
            if not name.isidentifier():
                raise ValueError(f"{name!r} is no column or view name")
        with self._told():
            yield from self._db.execute(sql, [json.dumps(list(without))] if without else [])

    @contextmanager
    def _told(self) -> Iterator[None]:
        with told_as_store_errors(self.path):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._told(), writing(self._db):
                yield
                self._watch.check()  # before the commit: that may write to the file, and make it look whole again
        except StoreError:
            self._watch.rescue()
            raise


def _document(text: str, sha256: str, name: str, media_type: str) -> Document:
    from extractor.documents import Document  # noqa: PLC0415  heavy: documents are only read elsewhere

    ends = [*(at for at, character in enumerate(text) if character == "\f"), len(text)]
    pages = tuple(Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False))
    return Document(text, pages, sha256, name, media_type)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
