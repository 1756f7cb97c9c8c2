"""One run over a backlog: what is known is skipped, what is new is read on all cores, one writer saves it.

The writer is this process. Work under way is bounded, so memory does not grow with the backlog. Everything of a
letter is saved in one transaction together with the run's counts: a process killed at any instant leaves nothing half
done, and the next run reads only what has no record yet.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.backlog import walk
from extractor.backlog.pool import Letter, Pool
from extractor.backlog.stopping import Stopping
from extractor.backlog.worker import Ended, Reader, digest, read_letter
from extractor.errors import ConfigurationError
from extractor.settings import DEFAULT_LIMITS, DEFAULT_SERVICE, Limits, Service
from extractor.store import Prepared, Refused, Store

if TYPE_CHECKING:
    from extractor.backlog.model_pool import ModelPool
    from extractor.model import Model
    from extractor.pipeline import Configuration

CHUNK = 16
"""Letters handed to a worker at a time: the message costs about a millisecond, a letter of text a few."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the letters of one run, so far or in the end."""

    run_id: int
    found: int = 0
    """Files met so far."""
    extracted: int = 0
    """New records."""
    already: int = 0
    """Files whose content had a record of this configuration, under this name."""
    renamed: int = 0
    """Files whose content had one under another name; the name was added and nothing was read."""
    failed: int = 0
    """Files that ended in a failure."""
    remaining: int = 0
    """Files not looked at, because the run was asked to stop."""
    flagged: int = 0
    """New records with at least one flag."""
    interrupted: bool = False
    seconds: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    """Failed files by failure class."""
    requests: int = 0
    """Replies that a model gave, and what they used."""
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    dollars: float | None = None
    """None without a price."""

    @property
    def ended(self) -> int:
        """Files that are dealt with."""
        return self.extracted + self.already + self.renamed + self.failed

    @property
    def rate(self) -> float | None:
        """Letters read (not skipped) a second; None where none was."""
        read = self.extracted + self.failed
        return read / self.seconds if read and self.seconds else None


def run(
    paths: Sequence[Path | str],
    store: Store,
    configuration: Configuration,
    *,
    limits: Limits = DEFAULT_LIMITS,
    workers: int | None = None,
    on_progress: Callable[[Summary], None] | None = None,
    reader: Reader = read_letter,
    service: Service = DEFAULT_SERVICE,
    model: Model | None = None,
) -> Summary:
    """Read every letter under `paths` into `store`; each ends as a record or a typed failure.

    Content that has a record of this configuration is not read again, whatever it is called. Letters that failed
    before are tried once more. SIGINT and SIGTERM end the run in order: what is under way is finished and saved, the
    rest is counted as `remaining`; a second one ends it at once.
    A script that calls this needs the usual `if __name__ == "__main__":`, for workers import it.

    Args:
        paths: Files and folders; folders recursively.
        store: Where records and failures go.
        configuration: How letters are read; equal `sha256`, equal reading.
        limits: What one letter may cost; its `seconds` are enforced by ending the process that exceeds them.
        workers: Processes; by default as many as there are cores.
        on_progress: Called with the summary so far whenever something was saved.
        reader: Reads one file by rules; for tests.
        service: Where a model is asked, how fast and for how much, if the configuration names one.
        model: A model in place of that endpoint.

    Raises:
        ServiceError: the model's endpoint serves nobody, or the budget is used; what was read is saved.
        ConfigurationError: a path does not exist, or `workers` is not positive. Nothing was read.
        StoreError: the database failed; what was saved is safe.

    """
    workers = _cores() if workers is None else workers
    if workers < 1:
        raise ConfigurationError(f"workers must be 1 or more, not {workers!r}")
    for path in paths:
        if not os.path.lexists(path):
            raise ConfigurationError(f"{os.fspath(path)!r} does not exist: check the path")
    from extractor.pipeline import code_version  # noqa: PLC0415  the readers are heavy, and walking needs none

    run_id = store.begin_run(
        reader=configuration.reader,
        config_sha256=configuration.sha256,
        configuration=json.dumps(asdict(configuration), sort_keys=True, default=str),
        code_version=code_version(),
        workers=workers,
    )
    state = "stopped"
    backlog = _Backlog(store, configuration, limits, Summary(run_id), on_progress)
    try:
        with Stopping() as stopping, _pool(workers, reader, configuration, limits, service, model) as pool:
            backlog.work(walk.letters(paths, store.path), pool, stopping)
            if pool.trouble is not None:
                raise pool.trouble
        state = "interrupted" if backlog.summary().interrupted else "finished"
    finally:
        store.end_run(run_id, state, backlog.counts())
    return backlog.summary()


def _pool(
    workers: int, reader: Reader, configuration: Configuration, limits: Limits, service: Service, model: Model | None
) -> Pool | ModelPool:
    if configuration.model is None:
        return Pool(workers, reader, configuration, limits)
    from extractor.backlog.model_pool import ModelPool  # noqa: PLC0415  loads the readers into this process

    return ModelPool(configuration, service, limits, model)


class _Backlog:
    """The writer's side of a run: what is known, what is waited for, and the counts."""

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        limits: Limits,
        summary: Summary,
        on_progress: Callable[[Summary], None] | None,
    ) -> None:
        self._store = store
        self._config_sha256 = configuration.sha256
        self._limits = limits
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._start = summary
        self._count: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._interrupted = False
        self._pool: Pool | ModelPool | None = None
        self._under_way: dict[str, list[Letter]] = {}
        """Contents being read, each with the further files in which they were met meanwhile."""

    def work(self, paths: Iterator[str], pool: Pool | ModelPool, stopping: Stopping) -> None:
        """Hand out, collect and save until there is nothing left, or until asked to stop."""
        self._pool = pool
        more = True
        while more or not pool.idle:
            if more and not pool.full:
                batch = list(islice(paths, CHUNK))
                if fresh := self._sort_out(batch):
                    pool.submit(fresh)
                more = len(batch) == CHUNK
            if more and (stopping or pool.trouble):
                self._interrupted, more = bool(stopping), False
                self._count["remaining"] = sum(1 for _ in paths)
            if not pool.idle and (ended := list(pool.ended(block=pool.full or not more))):
                self._save(ended, pool)
        self._count["remaining"] += pool.unread

    def summary(self) -> Summary:
        """Give the counts as they stand."""
        return replace(
            self._start,
            **self._count,
            interrupted=self._interrupted,
            seconds=time.monotonic() - self._started,
            failures=dict(self._failures.most_common()),
            **self._used(),
        )

    def _used(self) -> dict[str, Any]:
        usage = self._pool.usage if self._pool is not None else None
        if usage is None or self._pool is None:
            return {}
        return {**usage.model_dump(), "dollars": self._pool.spent}

    def counts(self) -> dict[str, int]:
        """Give the counts that the table of runs keeps."""
        return {name: self._count[name] for name in ("found", "extracted", "already", "renamed", "failed", "remaining")}

    def _sort_out(self, paths: Iterable[str]) -> tuple[Letter, ...]:
        """Which of these files have to be read; the rest is dealt with here."""
        letters = [Letter(path, _printable(path), digest(path, self._limits.max_bytes)) for path in paths]
        self._count["found"] += len(letters)
        contents = {letter.sha256 for letter in letters if letter.sha256}
        known = self._store.known(contents, self._config_sha256)
        failed = self._store.failed_in_run(contents - known, self._start.run_id)
        named = self._store.names_known(
            (letter.sha256, letter.name) for letter in letters if letter.sha256 and letter.sha256 in known
        )
        was_bad = self._store.names_failed(letter.name for letter in letters)
        fresh: list[Letter] = []
        names: list[tuple[str, str]] = []
        refused: list[Refused] = []
        for letter in letters:
            sha256 = letter.sha256
            if sha256 is None:
                fresh.append(letter)
            elif sha256 in known:
                new = (sha256, letter.name) not in named
                self._count["renamed" if new else "already"] += 1
                named.add((sha256, letter.name))
                if new or letter.name in was_bad:  # a file that failed and was replaced is a failure no more
                    names.append((sha256, letter.name))
            elif sha256 in self._under_way:
                self._under_way[sha256].append(letter)
            elif sha256 in failed:
                refused.append(Refused(letter.name, sha256, *failed[sha256]))
            else:
                self._under_way[sha256] = []
                fresh.append(letter)
        self._commit((), names, refused)
        return tuple(fresh)

    def _save(self, ended: Iterable[tuple[Letter, Ended]], pool: Pool | ModelPool) -> None:
        """Save what came back, for every file that holds the same content."""
        prepared: list[Prepared] = []
        names: list[tuple[str, str]] = []
        refused: list[Refused] = []
        for letter, end in ended:
            twins = self._under_way.pop(letter.sha256, []) if letter.sha256 else []
            if twins and end.sha256 != letter.sha256:  # the file was changed between hashing and reading it
                self._under_way[str(letter.sha256)] = twins[1:]
                pool.submit((twins[0],))
                twins = []
            if isinstance(end, Prepared):
                prepared.append(end)
                names += [(end.sha256, twin.name) for twin in twins]
            else:
                refused.append(end)
                refused += [replace(end, name=twin.name) for twin in twins]
        for _, name in names:
            self._count["already" if any(p.name == name for p in prepared) else "renamed"] += 1
        self._commit(prepared, names, refused)

    def _commit(
        self, prepared: Sequence[Prepared], names: Sequence[tuple[str, str]], refused: Sequence[Refused]
    ) -> None:
        if not (prepared or names or refused):
            return
        self._note(refused)
        self._count["extracted"] += len(prepared)
        saved = self._store.save_all(
            prepared,
            names=names,
            refused=refused,
            run_id=self._start.run_id,
            config_sha256=self._config_sha256,
            counts=self.counts(),
        )
        if known := len(prepared) - saved.new - len(saved.refused):  # another run on the same database was faster
            self._count["already"] += known
        self._count["extracted"] += saved.new - len(prepared)
        self._note(saved.refused)
        self._count["flagged"] += sum(bool(letter.children["flags"]) for letter in prepared)
        if self._on_progress:
            self._on_progress(self.summary())

    def _note(self, refused: Iterable[Refused]) -> None:
        for each in refused:
            self._count["failed"] += 1
            self._failures[each.failure_class] += 1


def _printable(path: str) -> str:
    """Give the path as text: bytes that are no UTF-8 become escapes, for a database keeps text only."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _cores() -> int:
    """Cores this process may use, not those the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
