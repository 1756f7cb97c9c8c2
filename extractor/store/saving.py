"""Saving: what changed, in one transaction, whole or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractor import telemetry
from extractor.endings import INTERNAL, FailedLetter
from extractor.errors import RecordDamaged, defect
from extractor.store import writer
from extractor.store.cells import Row
from extractor.store.database import now
from extractor.store.lookups import Stamp
from extractor.store.records import Records
from extractor.store.rows import Prepared, prepare
from extractor.store.runs import RunCounts, Runs

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractor.documents import Document
    from extractor.records.record import Record


@dataclass(slots=True)
class Changes:
    """What is to be saved together: collected, then given to `Store.save_all`.

    For example `Changes(records=[prepare(record, document)], names=[(document.sha256, "/in/copy.pdf")])`.
    """

    records: list[Prepared] = field(default_factory=list)
    """A letter whose record is there already lets that record count."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """Further names of known contents: content (SHA-256) and name."""
    failed: list[FailedLetter] = field(default_factory=list)
    attempts: list[tuple[str, Row]] = field(default_factory=list)
    """Requests to a model: the content that they were made for, and `attempt_row`."""
    stamps: list[tuple[str, str, Stamp]] = field(default_factory=list)
    """How files (content, name) looked when they were read; they are known by it next time."""
    met: Collection[str] = ()
    """Contents that were met again: the records that this configuration has of them count."""
    places: list[str] | None = None
    """Where nothing is wrong any more; None: where the letters lie, by their names."""

    def __bool__(self) -> bool:
        """Whether there is anything to save."""
        listed = (self.records, self.names, self.failed, self.attempts, self.stamps, self.met, self.places)
        return any(listed)

    @property
    def sound_places(self) -> Collection[str]:
        """Where nothing is wrong any more."""
        if self.places is not None:
            return self.places
        return [*(letter.name for letter in self.records), *(name for _, name in self.names)]


@dataclass(frozen=True, slots=True)
class Saved:
    """What one call to `Store.save_all` changed."""

    new: int
    """Records that were not there before."""
    made_current: int = 0
    """Records that were there, and count from now on, where another did."""
    failed: tuple[FailedLetter, ...] = ()
    """Letters that could not be inserted, filed as failures of class `internal`; normally none."""


class Saving(Records, Runs):
    """What writes letters."""

    def save(self, record: Record, document: Document, *, name: str | None = None) -> bool:
        """Save one record with the document it was read from; False where it was there already, and counts again.

        Raises:
            ValueError: the record is of another document.

        """
        if record.document.sha256 != document.sha256:
            raise ValueError(f"the record is of {record.document.sha256!r}, the document is {document.sha256!r}")
        return self.save_all(Changes([prepare(record, document, name=name)])).new == 1

    def save_all(
        self, changes: Changes, *, run_id: int | None = None, config_sha256: str = "", counts: RunCounts | None = None
    ) -> Saved:
        """Save all changes in one transaction.

        A letter that the database itself refuses (it should not) is filed as a failure of class `internal`; the rest is
        saved.

        Args:
            changes: What to save.
            run_id: The run that they belong to.
            config_sha256: The configuration under which letters failed, were asked about, or were met again.
            counts: The run's totals so far.

        """
        at = now()
        with self._writing():
            new, again, rejected = self._insert(changes.records, run_id, at)
            writer.insert_attempts(self._db, changes.attempts, config_sha256, run_id, at)
            writer.insert_names(self._db, changes.names, at)
            writer.stamp_names(self._db, changes.stamps)
            again += writer.make_current(self._db, changes.met, config_sha256)
            bad = {letter.sha256 for letter in rejected}
            good = [letter for first in changes.records if first.sha256 not in bad for letter in first.letters]
            whole = replace(changes, records=good)
            contents = [*(letter.sha256 for letter in good), *(sha256 for sha256, _ in changes.names)]
            writer.clear_failures(self._db, contents, whole.sound_places, at)
            failed = [*changes.failed, *rejected]
            writer.insert_failures(self._db, failed, config_sha256, run_id, at)
            if run_id is not None and counts is not None:
                self._update_run(run_id, counts)
        for letter in good:
            self._saved.add(letter.sha256)
        self._report(run_id, new, failed, counts)
        return Saved(new, again, tuple(rejected))

    def set_aside_damaged(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Check the records of these contents, and take those that are damaged out of the configuration.

        Their letters are then read again as if for the first time; the damaged records stay in the history.
        """
        sql = (
            "SELECT r.id, coalesce(o.part_of, o.sha256) FROM documents AS o JOIN records AS r "
            "ON r.document_sha256 = o.sha256 AND r.config_sha256 = ?1 "
            "WHERE o.sha256 IN (SELECT value FROM json_each(?2)) OR o.part_of IN (SELECT value FROM json_each(?2))"
        )
        with self._reading():
            found = self._db.execute(sql, [config_sha256, json.dumps(list(contents))]).fetchall()
        damaged: dict[int, str] = {}
        for record_id, sha256 in found:
            try:
                self.load(record_id)
            except RecordDamaged:
                damaged[record_id] = sha256
        if damaged:
            with self._writing():
                writer.set_aside(self._db, damaged)
        return set(damaged.values())

    @contextmanager
    def batching(self) -> Iterator[Database]:
        """One write transaction over the tables of `extractor.store.batches`."""
        with self._writing():
            yield self._db

    def _insert(self, records: Sequence[Prepared], run_id: int | None, at: str) -> tuple[int, int, list[FailedLetter]]:
        """Insert letters: how many were new, how many others count again, and those that the database refuses."""
        new, again, rejected = 0, 0, []
        for letter in records:
            try:
                with self._db.atomic():  # a file with several letters as a whole
                    inserted = [writer.insert_record(self._db, each, run_id, at) for each in letter.letters]
                    new += sum(inserted)
                    if all(inserted):
                        writer.keep_letters(self._db, [letter.sha256], letter.config_sha256)
                    else:
                        again += writer.make_current(self._db, [letter.sha256], letter.config_sha256)
            except (
                sqlite3.IntegrityError,
                sqlite3.InterfaceError,
                sqlite3.DataError,
                OverflowError,
                ValueError,
            ) as error:
                message = f"the database refused it: {defect(error)}"
                rejected.append(FailedLetter(letter.name, letter.sha256, INTERNAL, message))
        return new, again, rejected

    def _report(self, run_id: int | None, new: int, failed: Iterable[FailedLetter], counts: RunCounts | None) -> None:
        """Log what was saved, and from time to time how far the run is."""
        telemetry.letters_ended(run_id, "record", new)
        for letter in failed:
            telemetry.letter_failed(run_id, letter.name, letter.sha256, letter.failure_class)
        if run_id is not None and counts is not None and self._is_time():
            telemetry.run_goes_on(run_id, counts)
