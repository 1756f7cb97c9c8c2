"""Results from a cluster into one database: checked as a stranger's, saved as our own, twice as good as once.

Every file is looked at before the first is saved; then each file is read and checked as a whole and saved in one
transaction. A record is taken only if it is valid and if the letter's text, which comes with it, still bears out its
evidence; one that is not is a failure of class `invalid_result`, for a letter is never lost without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractor.cluster import files
from extractor.cluster.checking import AttemptRow, attempts_of, first_line, prepared_of, see_result
from extractor.cluster.job import RECORD, TableRow
from extractor.endings import FailedLetter
from extractor.store import Changes, Prepared, Store
from extractor.store.rows import RECORD_COLUMNS

INVALID = "invalid_result"
"""Failure class of a result that is no record, or whose evidence does not match its text."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of files of results, so far or in the end."""

    files: int = 0
    rows: int = 0
    records: int = 0
    """New records."""
    already: int = 0
    """Results that the database had, under this name."""
    renamed: int = 0
    """Contents that it had under another name; the name was added."""
    made_current: int = 0
    """Records that it had, that another configuration's had superseded, and that count again."""
    failed: int = 0
    """Failures that are new to it, with those below."""
    invalid: int = 0
    """Results that were not accepted."""
    failures: dict[str, int] = field(default_factory=dict)
    """The failures among all rows by class, new or not, where no record stands against them."""


def import_results(
    paths: Sequence[Path], store: Store, *, on_progress: Callable[[Imported], None] | None = None
) -> Imported:
    """Merge Parquet files of `run_on_cluster`, or folders of them, into a database.

    What the database has stays as it is: importing twice, or files that overlap, changes nothing. Of a letter with
    several records, the one that was imported or read last counts. A record stands against a failure of the same
    content, in whatever order they come.

    Raises:
        ConfigurationError: a path does not exist, or a file is broken or of something else: of it nothing is saved.
        StoreError: the database failed; what was saved is safe.

    """
    found = files.results_in(paths)
    for path in found:
        files.check(path)
    merging = _Import(store)
    for path in found:
        merging.take(path)
        if on_progress:
            on_progress(merging.imported())
    merging.end()
    return merging.imported()


class _Import:
    """Sorts results out file by file, and saves what is new."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._runs: dict[str, int] = {}
        """By configuration: records say how they were read, and are found again to be read anew (`imr reground`)."""
        self._new: Counter[str] = Counter()
        """Records of each."""
        self._filed = {
            (failure.name, failure.sha256, failure.config_sha256) for failure in store.failures(include_cleared=True)
        }

    def imported(self) -> Imported:
        """Give the counts as they stand."""
        return Imported(**self._count, failures=dict(self._failures.most_common()))

    def end(self) -> None:
        """Close the runs."""
        for config, run_id in self._runs.items():
            self._store.end_run(run_id, "finished", {"found": self._new[config], "extracted": self._new[config]})

    def take(self, path: Path) -> None:
        """Check one file as a whole, then save what is new in it."""
        part = _FileOfResults()
        for batch in files.results(path):
            rows = batch.to_pylist()
            part.counted["rows"] += len(rows)
            known = self._known(rows)
            named = self._store.names_known((row["sha256"], row["name"]) for row in rows if row["sha256"])
            for row in rows:
                see_result(row, path)
                part.take(row, known, named)
        self._save(part)
        for config, met in part.met.items():
            if met := self._store.superseded(met, config):
                saved = self._store.save_all(Changes(met=met), config_sha256=config)
                self._count["made_current"] += saved.made_current

    def _save(self, part: _FileOfResults) -> None:
        failed = {key: each for key, each in part.failed.items() if (key[1], key[2]) not in part.prepared}
        fresh = {key: each for key, each in failed.items() if key not in self._filed}
        self._failures.update(each.failure_class for each in failed.values())
        # Of one file normally all are of one configuration, and this is one transaction. Names come last, for they
        # need their document.
        configs = sorted({config for _, config in part.prepared} | {config for _, _, config in fresh} or {""})
        for config in configs:
            prepared = [each for (_, of), each in part.prepared.items() if of == config]
            failures = {key: each for key, each in fresh.items() if key[2] == config}
            paid = [key for key in part.attempts if (key[1], key[2]) in part.prepared or key in failures]
            run_id = self._run(prepared[0], part.configurations[config]) if prepared else None
            changes = Changes(
                prepared,
                names=part.names if config == configs[-1] else [],
                failed=list(failures.values()),
                attempts=[(key[1] or "", row) for key in paid if key[2] == config for row in part.attempts[key]],
            )
            saved = self._store.save_all(changes, run_id=run_id, config_sha256=config)
            part.counted["records"] += saved.new
            self._new[config] += saved.new
            part.counted["already"] += len(prepared) - saved.new - len(saved.failed)
            part.counted["failed"] += len(failures) + len(saved.failed)
            self._failures.update(each.failure_class for each in saved.failed)
        self._filed.update(fresh)
        self._count.update(part.counted)
        self._count["files"] += 1

    def _run(self, first: Prepared, configuration: str) -> int:
        """The run to which records of one configuration belong here; nobody read in it, so it has no workers."""
        columns = dict(zip(RECORD_COLUMNS, first.record, strict=True))
        if first.config_sha256 not in self._runs:
            self._runs[first.config_sha256] = self._store.begin_run(
                reader=str(columns["reader"]),
                config_sha256=first.config_sha256,
                configuration=configuration,
                code_version=str(columns["code_version"]),
                workers=0,
            )
        return self._runs[first.config_sha256]

    def _known(self, rows: Iterable[TableRow]) -> set[tuple[str, str]]:
        contents: dict[str, set[str]] = {}
        for row in rows:
            if row["sha256"]:
                contents.setdefault(row["config_sha256"], set()).add(row["sha256"])
        return {(sha256, config) for config, some in contents.items() for sha256 in self._store.known(some, config)}


class _FileOfResults:
    """What one file holds that is new, by content and configuration."""

    def __init__(self) -> None:
        self.prepared: dict[tuple[str, str], Prepared] = {}
        self.names: list[tuple[str, str]] = []
        self.failed: dict[tuple[str, str | None, str], FailedLetter] = {}
        self.attempts: dict[tuple[str, str | None, str], tuple[AttemptRow, ...]] = {}
        self.met: dict[str, set[str]] = {}
        """Contents of which the database has the record already, by configuration."""
        self.counted: Counter[str] = Counter()
        self.configurations: dict[str, str] = {}
        """As JSON, by hash."""

    def take(self, row: TableRow, known: set[tuple[str, str]], named: set[tuple[str, str]]) -> None:
        """Sort one row out."""
        sha256, name, config = row["sha256"], row["name"], row["config_sha256"]
        is_known = (sha256, config) in known
        if row["status"] == RECORD and (is_known or (sha256, config) in self.prepared):
            if is_known:
                self.met.setdefault(config, set()).add(sha256)
            new = (sha256, name) not in named
            self.counted["renamed" if new else "already"] += 1
            if new:
                self.names.append((sha256, name))
                named.add((sha256, name))
        elif row["status"] == RECORD:
            try:
                self.prepared[sha256, config], attempts = prepared_of(row)
            except ValueError as error:
                self.counted["invalid"] += 1
                self.failed.setdefault((name, sha256, config), FailedLetter(name, sha256, INVALID, first_line(error)))
            else:
                named.add((sha256, name))
                self.attempts[name, sha256, config] = attempts
                self.configurations[config] = row["configuration"]
        elif not is_known:
            key = (name, sha256, config)
            if key not in self.failed:
                self.failed[key] = FailedLetter(name, sha256, row["failure_class"], row["message"] or "")
                try:
                    self.attempts[key] = attempts_of(row)
                except ValueError as error:
                    self.counted["invalid"] += 1
                    self.failed[key] = FailedLetter(name, sha256, INVALID, first_line(error))
