"""Results from a cluster into one database: checked as a stranger's, saved as our own, twice as good as once.

Every file is looked at before the first is saved; then each file is read and checked as a whole and saved in one
transaction. A record is taken only if it is valid and if the letter's text, which comes with it, still bears out its
evidence; one that is not is a failure of class `invalid_result`, for a letter is never lost without a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from extractor.cluster import files
from extractor.cluster.job import FAILURE, RECORD, Row
from extractor.configuration import Configuration
from extractor.documents import Document
from extractor.errors import ConfigurationError
from extractor.normalize import view_of
from extractor.records import Evidence, Record
from extractor.spans import Span
from extractor.store import Prepared, Refused, Store, prepare
from extractor.store.rows import RECORD_COLUMNS, quote_of

INVALID = "invalid_result"
"""Failure class of a result that is no record, or whose evidence does not match its text."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
Attempt = tuple[str, str, str, str | None, int, int, int, float, float | None, str | None, str | None]
"""One request to a model, in the order of `extractor.store.rows.ATTEMPT_COLUMNS`."""
_ATTEMPTS: TypeAdapter[tuple[Attempt, ...]] = TypeAdapter(tuple[Attempt, ...])

_BESIDE = 1
"""Characters that spans may cover beside the words that are quoted."""


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
    merging = _Merging(store)
    for path in found:
        merging.take(path)
        if on_progress:
            on_progress(merging.imported())
    merging.end()
    return merging.imported()


class _Merging:
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
        part = _Part()
        for batch in files.results(path):
            rows = batch.to_pylist()
            part.counted["rows"] += len(rows)
            known = self._known(rows)
            named = self._store.names_known((row["sha256"], row["name"]) for row in rows if row["sha256"])
            for row in rows:
                _see(row, path)
                part.take(row, known, named)
        self._save(part)
        for config, met in part.met.items():
            if met := self._store.superseded(met, config):
                self._count["made_current"] += self._store.save_all(met=met, config_sha256=config).made_current

    def _save(self, part: _Part) -> None:
        refused = {key: each for key, each in part.refused.items() if (key[1], key[2]) not in part.prepared}
        fresh = {key: each for key, each in refused.items() if key not in self._filed}
        self._failures.update(each.failure_class for each in refused.values())
        # Of one file normally all are of one configuration, and this is one transaction. Names come last, for they
        # need their document.
        configs = sorted({config for _, config in part.prepared} | {config for _, _, config in fresh} or {""})
        for config in configs:
            prepared = [each for (_, of), each in part.prepared.items() if of == config]
            failures = {key: each for key, each in fresh.items() if key[2] == config}
            paid = [key for key in part.attempts if (key[1], key[2]) in part.prepared or key in failures]
            run_id = self._run(prepared[0], part.configurations[config]) if prepared else None
            saved = self._store.save_all(
                prepared,
                run_id=run_id,
                names=part.names if config == configs[-1] else (),
                refused=list(failures.values()),
                attempts=[(key[1] or "", row) for key in paid if key[2] == config for row in part.attempts[key]],
                config_sha256=config,
            )
            part.counted["records"] += saved.new
            self._new[config] += saved.new
            part.counted["already"] += len(prepared) - saved.new - len(saved.refused)
            part.counted["failed"] += len(failures) + len(saved.refused)
            self._failures.update(each.failure_class for each in saved.refused)
        self._filed.update(fresh)
        self._count.update(part.counted)
        self._count["files"] += 1

    def _run(self, first: Prepared, configuration: str) -> int:
        """The run to which records of one configuration belong here; nobody read in it, so it has no workers."""
        told = dict(zip(RECORD_COLUMNS, first.record, strict=True))
        if first.config_sha256 not in self._runs:
            self._runs[first.config_sha256] = self._store.begin_run(
                reader=str(told["reader"]),
                config_sha256=first.config_sha256,
                configuration=configuration,
                code_version=str(told["code_version"]),
                workers=0,
            )
        return self._runs[first.config_sha256]

    def _known(self, rows: Iterable[Row]) -> set[tuple[str, str]]:
        contents: dict[str, set[str]] = {}
        for row in rows:
            if row["sha256"]:
                contents.setdefault(row["config_sha256"], set()).add(row["sha256"])
        return {(sha256, config) for config, some in contents.items() for sha256 in self._store.known(some, config)}


class _Part:
    """What one file holds that is new, by content and configuration."""

    def __init__(self) -> None:
        self.prepared: dict[tuple[str, str], Prepared] = {}
        self.names: list[tuple[str, str]] = []
        self.refused: dict[tuple[str, str | None, str], Refused] = {}
        self.attempts: dict[tuple[str, str | None, str], tuple[Attempt, ...]] = {}
        self.met: dict[str, set[str]] = {}
        """Contents of which the database has the record already, by configuration."""
        self.counted: Counter[str] = Counter()
        self.configurations: dict[str, str] = {}
        """As JSON, by hash."""

    def take(self, row: Row, known: set[tuple[str, str]], named: set[tuple[str, str]]) -> None:
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
                self.prepared[sha256, config], attempts = _prepared(row)
            except ValueError as error:
                self.counted["invalid"] += 1
                self.refused.setdefault((name, sha256, config), Refused(name, sha256, INVALID, _first_line(error)))
            else:
                named.add((sha256, name))
                self.attempts[name, sha256, config] = attempts
                self.configurations[config] = row["configuration"]
        elif not is_known:
            key = (name, sha256, config)
            if key not in self.refused:
                self.refused[key] = Refused(name, sha256, row["failure_class"], row["message"] or "")
                try:
                    self.attempts[key] = _attempts(row)
                except ValueError as error:
                    self.counted["invalid"] += 1
                    self.refused[key] = Refused(name, sha256, INVALID, _first_line(error))


def _see(row: Row, path: Path) -> None:
    """See that a row is a result at all; what is in it is looked at later."""
    status, name, sha256 = row["status"], row["name"], row["sha256"]
    whole = name and row["config_sha256"] and (sha256 is None or _SHA256.fullmatch(sha256))
    if not whole or not ((status == FAILURE and row["failure_class"]) or (status == RECORD and sha256)):
        raise ConfigurationError(f"{str(path)!r} has a row that is no result: status {status!r}, name {name!r}")
    if status == RECORD:
        _see_configuration(row["configuration"] or "")


@lru_cache(maxsize=64)
def _see_configuration(given: str) -> None:
    Configuration.from_json(given)


def _attempts(row: Row) -> tuple[Attempt, ...]:
    try:
        return _ATTEMPTS.validate_json(row["attempts"]) if row["attempts"] else ()
    except ValidationError as error:
        raise ValueError(f"the requests to a model are not as they must be: {_first_line(error)}") from error


def _prepared(row: Row) -> tuple[Prepared, tuple[Attempt, ...]]:
    """Turn a result into rows of the database, and requests to a model.

    Raises:
        ValueError: it is no valid record, or its text does not bear it out.

    """
    record = Record.model_validate_json(row["record"] or "null")
    text = row["text"] or ""
    if fault := fault_of(record, text, row["sha256"], row["config_sha256"]):
        raise ValueError(fault)
    attempts = _attempts(row)
    ends = [n for n, character in enumerate(text) if character == "\f"]
    pages = tuple(Span(a, b) for a, b in zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True))
    info = record.document
    document = Document(text, pages, info.sha256, info.name, info.media_type)
    return prepare(record, document, name=row["name"]), attempts


def fault_of(record: Record, text: str, sha256: str, config_sha256: str) -> str | None:
    """What is wrong with a record, given its document's text; None where nothing is."""
    info = record.document
    if (info.sha256, record.provenance.config_sha256) != (sha256, config_sha256):
        return "the record is of another document or configuration than its row"
    if info.characters != len(text) or info.pages != text.count("\f") + 1:
        return f"the text has {len(text)} characters, that of the record {info.characters}"
    told = _leaves(record.determination.model_dump(mode="json"))
    if odd := sorted(set(told) ^ set(record.evidence)):
        return f"{odd[0]!r} is a value without evidence, or evidence without a value"
    for pointer, evidence in record.evidence.items():
        if not _stands(evidence, told[pointer], text):
            return f"the words cited for {pointer!r} do not stand where they are said to"
    return None


def _leaves(node: Any, pointer: str = "") -> dict[str, Any]:
    """Every value by JSON pointer; a passage is one."""
    if isinstance(node, dict) and set(node) != {"text", "spans"}:
        return {p: leaf for key, value in node.items() for p, leaf in _leaves(value, f"{pointer}/{key}").items()}
    if isinstance(node, list):
        return {p: leaf for n, value in enumerate(node) for p, leaf in _leaves(value, f"{pointer}/{n}").items()}
    return {} if node is None else {pointer: node}


def _stands(evidence: Evidence, value: Any, text: str) -> bool:
    """Whether the quote is what the text has at the spans, and a passage is its quote."""
    if not all(0 <= start < end <= len(text) for start, end in evidence.spans):
        return False
    if isinstance(value, dict):
        same = [tuple(span) for span in value["spans"]] == list(evidence.spans)
        if not same or value["text"].split() != evidence.quote.split():
            return False
    words = quote_of(text, evidence.spans)
    if words == evidence.quote:
        return True
    # The reading view undoes ligatures and the like, and a span that begins at a line break takes in the character
    # before it; rare enough to be looked at only where the plain words differ.
    seen, quoted = _letters(view_of(words).flat), _letters(evidence.quote)
    return quoted in seen and len(seen) - len(quoted) <= _BESIDE


def _letters(words: str) -> str:
    return "".join(words.split())


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"])) or "the record"
        return f"{place}: {first['msg']}"[:500]
    return str(error)[:500]
