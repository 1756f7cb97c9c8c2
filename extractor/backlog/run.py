"""One run over a backlog: what is known is skipped, what is new is read on all cores, one writer saves it.

The writer is this process. Work under way is bounded, so memory does not grow with the backlog. Everything of a
letter is saved in one transaction together with the run's counts: a process killed at any instant leaves nothing half
done, and the next run reads only what has no record yet.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor import telemetry
from extractor.backlog import walk
from extractor.backlog.pool import Letter, Pool
from extractor.backlog.source import Source
from extractor.backlog.stopping import Stopping
from extractor.backlog.worker import Ended, Reader, read_letter
from extractor.children import cores
from extractor.errors import ConfigurationError, DocumentError, ImrError, StoreError
from extractor.settings import DEFAULT_LIMITS, DEFAULT_SERVICE, Limits, Service
from extractor.store import Prepared, Refused, Stamp, Store

if TYPE_CHECKING:
    from extractor.backlog.model_pool import ModelPool
    from extractor.configuration import Configuration
    from extractor.model import Model

MOST_TRIES = 3
"""Runs in which a letter may fail under one configuration; then it is only tried when asked for."""
ALL = "all"
"""Every class of failure."""
CHUNK = 16
"""Letters handed to a worker at a time: the message costs about a millisecond, a letter of text a few."""
MOST_LOOKED_UP = 1024
"""Letters looked up at a time, where nothing is new: a finished backlog goes by in large steps."""
CHUNK_BYTES = 8 << 20
"""Fewer, where they have no file of their own and come to more than this."""
COUNTING_SECONDS = 2.0
"""How long what is left is counted when a run was asked to stop: whoever asked waits."""
HELD_BYTES = 64 << 20
"""Bytes of such letters under way, beyond which no more are taken in: archives may hold megabytes in each."""


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
    made_current: int = 0
    """Records of this configuration that another had superseded, and that count again. None of them was read."""
    failed: int = 0
    """Files that ended in a failure."""
    remaining: int = 0
    """Files not looked at, because the run was asked to stop; what was left of an archive or a list counts as one."""
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
    limit: int | None = None,
    on_progress: Callable[[Summary], None] | None = None,
    reader: Reader = read_letter,
    service: Service = DEFAULT_SERVICE,
    model: Model | None = None,
    retry: str | None = None,
    rehash: bool = False,
    check_records: bool = False,
) -> Summary:
    """Read every letter under `paths` into `store`; each ends as a record or a typed failure.

    Content that has a record of this configuration is not read again, whatever it is called; that record counts from
    then on, also where one of another configuration was saved later. Letters that failed
    before are tried once more, up to three times under one configuration. SIGINT and SIGTERM end the run in order: what
    is under way is finished and saved, the rest is counted as `remaining`; a second one ends it at once.
    A script that calls this needs the usual `if __name__ == "__main__":`, for workers import it.

    Args:
        paths: Files, folders, patterns, archives, lists and `-`: docs/backlogs.md.
        store: Where records and failures go.
        configuration: How letters are read; equal `sha256`, equal reading.
        limits: What one letter may cost; its `seconds` are enforced by ending the process that exceeds them.
        workers: Processes; by default as many as there are cores.
        limit: Take only so many letters, the first ones.
        on_progress: Called with the summary so far whenever letters have ended, or requests about them.
        reader: Reads one letter by rules; for tests.
        service: Where a model is asked, how fast and for how much, if the configuration names one.
        model: A model in place of that endpoint.
        retry: A failure class, or `all`: such letters are tried again though they have failed three times.
        rehash: Hash every file, also one that looks as it did when it was read.
        check_records: Look at every record that is met, and read letters again whose record is damaged.

    Raises:
        ServiceError: the model's endpoint serves nobody, or the budget is used; what was read is saved.
        ConfigurationError: a path does not exist, or `workers` is not positive. Nothing was read.
        StoreError: the database failed; what was saved is safe.

    """
    workers = cores() if workers is None else workers
    if workers < 1:
        raise ConfigurationError(f"workers must be 1 or more, not {workers!r}")
    walk.check(paths)
    from extractor.identity import code_version  # noqa: PLC0415  the readers are heavy, and walking needs none

    run_id = store.begin_run(
        reader=configuration.reader,
        config_sha256=configuration.sha256,
        configuration=configuration.as_json_with_parts,
        code_version=code_version(),
        workers=workers,
    )
    state = "stopped"
    backlog = _Backlog(store, configuration, limits, Summary(run_id), on_progress, retry, rehash, check_records)
    try:
        with Stopping() as stopping, _pool(workers, reader, configuration, limits, service, model, store.path) as pool:
            letters = walk.Walk(
                paths, store.path, limits=limits, most=limit, sound=backlog.sound.append, asked=lambda: bool(stopping)
            )
            backlog.work(letters, pool, stopping)
            if pool.trouble is not None:
                raise pool.trouble
        state = "interrupted" if backlog.summary().interrupted else "finished"
    finally:
        cause = sys.exc_info()[0] if state == "stopped" else None
        store.end_run(run_id, state, backlog.counts(), cause=cause.__name__ if cause else None)
    return backlog.summary()


def _pool(
    workers: int,
    reader: Reader,
    configuration: Configuration,
    limits: Limits,
    service: Service,
    model: Model | None,
    database: Path,
) -> Pool | ModelPool:
    if configuration.model is None:
        return Pool(workers, reader, configuration, limits)
    from extractor.backlog.model_pool import ModelPool  # noqa: PLC0415  loads the readers into this process

    return ModelPool(configuration, service, limits, model, database, workers)


class _Backlog:
    """The writer's side of a run: what is known, what is waited for, and the counts."""

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        limits: Limits,
        summary: Summary,
        on_progress: Callable[[Summary], None] | None,
        retry: str | None,
        rehash: bool,
        check_records: bool,
    ) -> None:
        self._store = store
        self._check_records = check_records
        self._rehash = rehash
        self._retry = retry
        self._config_sha256 = configuration.sha256
        self._limits = limits
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._start = summary
        self._count: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._kept = self._count.copy(), self._failures.copy()
        """Counts of what the database is known to hold."""
        self._interrupted = False
        self._stopping: Stopping | None = None
        self._shown = 0
        """Letters that had ended when progress was last told."""
        self._pool: Pool | ModelPool | None = None
        self._under_way: dict[str, list[Letter]] = {}
        """Contents being read, each with the further files in which they were met meanwhile."""
        self._fresh: deque[Letter] = deque()
        """Letters to read that were not handed out yet."""
        self._held = 0
        """Bytes of letters under way that have no file of their own."""
        self.sound: list[str] = []
        """Places of files and lines that are no letters, and in which nothing is wrong any more."""

    def work(self, letters: walk.Walk, pool: Pool | ModelPool, stopping: Stopping) -> None:
        """Hand out, collect and save until there is nothing left, or until asked to stop."""
        self._pool = pool
        self._stopping = stopping
        more, step = True, CHUNK
        while more or self._fresh or not pool.idle:
            if more and not self._fresh and self._room(pool):
                batch, more = _batch(letters, step)
                self._fresh.extend(self._sort_out(batch))
                step = CHUNK if self._fresh else min(2 * step, MOST_LOOKED_UP)
            while self._fresh and self._room(pool):
                pool.submit(tuple(self._fresh.popleft() for _ in range(min(CHUNK, len(self._fresh)))))
            if (more or self._fresh) and (stopping or pool.trouble):
                self._interrupted, more = self._interrupted or bool(stopping), False
                self._count["remaining"] += letters.rest(COUNTING_SECONDS)[0] + self._leave()
            if not pool.idle:
                self._save(list(pool.ended(block=not more or not self._room(pool))), pool)
        twins = sum(map(len, self._under_way.values()))  # of letters that came back unread
        self._count["remaining"] += pool.unread + twins

    def _leave(self) -> int:
        """Give up what was not handed out yet, and tell how many letters that is."""
        left = sum(1 + len(self._under_way.pop(letter.sha256, ()) if letter.sha256 else ()) for letter in self._fresh)
        self._fresh.clear()
        return left

    def _room(self, pool: Pool | ModelPool) -> bool:
        return pool.idle or (not pool.full and self._held < HELD_BYTES)

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

    def counts(self) -> dict[str, int | float | None]:
        """Give the counts that the table of runs keeps."""
        names = ("found", "extracted", "already", "renamed", "made_current", "failed", "remaining")
        return {**{name: self._count[name] for name in names}, **self._used()}

    def _sort_out(self, sources: Sequence[Source]) -> tuple[Letter, ...]:
        """Which of these letters have to be read; the rest is dealt with here."""
        refused = [
            Refused(source.name, None, source.content.failure_class, str(source.content), source.place)
            for source in sources
            if isinstance(source.content, DocumentError)
        ]
        good = [source for source in sources if not isinstance(source.content, DocumentError)]
        letters = self._looked_up(good)
        self._count["found"] += len(refused) + len(letters)
        self._count["remaining"] += len(good) - len(letters)
        contents = {letter.sha256 for letter in letters if letter.sha256}
        known = self._store.known(contents, self._config_sha256)
        if self._check_records:
            known -= self._store.set_aside_damaged(known, self._config_sha256)
        met = self._store.superseded(known, self._config_sha256)
        failed = self._store.failed_in_run(contents - known, self._start.run_id)
        hopeless = self._store.given_up(contents - known, self._config_sha256, MOST_TRIES)
        named = self._store.names_known(
            (letter.sha256, letter.name) for letter in letters if letter.sha256 and letter.sha256 in known
        )
        was_bad = self._store.places_failed(letter.source.place for letter in letters)
        fresh: list[Letter] = []
        names: list[tuple[str, str]] = []
        places: list[str] = []
        stamps: list[tuple[str, str, Stamp]] = []
        for letter in letters:
            sha256 = letter.sha256
            if sha256 is None:
                fresh.append(letter)
            elif sha256 in known:
                new = (sha256, letter.name) not in named
                self._count["renamed" if new else "already"] += 1
                named.add((sha256, letter.name))
                bad = letter.source.place in was_bad
                if new or bad:  # a file that failed and was replaced is a failure no more
                    names.append((sha256, letter.name))
                if bad:
                    places.append(letter.source.place)
                stamps += _stamped(letter, sha256)
            elif sha256 in self._under_way:
                self._under_way[sha256].append(letter)
                self._held += letter.source.size
            elif sha256 in failed:
                refused.append(Refused(letter.name, sha256, *failed[sha256], letter.source.place))
            elif sha256 in hopeless and self._retry not in (ALL, hopeless[sha256][0]):
                self._note([Refused(letter.name, sha256, *hopeless[sha256])])  # filed already, and not tried again
                telemetry.letter_failed(self._start.run_id, letter.name, sha256, hopeless[sha256][0])
            else:
                self._under_way[sha256] = []
                fresh.append(letter)
                self._held += letter.source.size
        places += self._store.places_failed(self.sound)
        self.sound.clear()
        self._commit((), names, refused, places, stamps, met)
        return tuple(fresh)

    def _looked_up(self, sources: Sequence[Source]) -> list[Letter]:
        """What each holds: known by its file's looks, or else hashed; the first few only, when asked to stop."""
        stamps = {source.name: stamp for source in sources if (stamp := source.stamp()) is not None}
        seen = {} if self._rehash else self._store.recognised(stamps.items())
        letters: list[Letter] = []
        for source in sources:
            sha256 = seen.get(source.name)
            if sha256 is not None:
                letters.append(Letter(source, sha256))
            elif self._stopping:  # many large files take long to hash
                self._interrupted = True
                break
            else:
                letters.append(Letter(source, source.digest(self._limits.max_bytes), stamps.get(source.name)))
        return letters

    def _save(self, ended: Iterable[tuple[Letter, Ended]], pool: Pool | ModelPool) -> None:
        """Save what came back, for every file that holds the same content."""
        prepared: list[Prepared] = []
        names: list[tuple[str, str]] = []
        refused: list[Refused] = []
        places: list[str] = []
        stamps: list[tuple[str, str, Stamp]] = []
        for letter, end in ended:
            twins = self._under_way.pop(letter.sha256, []) if letter.sha256 else []
            if twins and end.sha256 != letter.sha256:  # the file was changed between hashing and reading it
                self._under_way[str(letter.sha256)] = twins[1:]
                pool.submit((twins[0],))
                twins = []
            self._held -= sum(each.source.size for each in (letter, *twins))
            if isinstance(end, Prepared):
                prepared.append(end)
                names += [(end.sha256, twin.name) for twin in twins]
                places += [each.source.place for each in (letter, *twins)]
                stamps += [stamp for each in (letter, *twins) for stamp in _stamped(each, end.sha256)]
            else:
                refused += [replace(end, name=each.name, place=each.source.place) for each in (letter, *twins)]
        for _, name in names:
            self._count["already" if any(p.name == name for p in prepared) else "renamed"] += 1
        self._commit(prepared, names, refused, places, stamps)

    def _commit(
        self,
        prepared: Sequence[Prepared],
        names: Sequence[tuple[str, str]],
        refused: Sequence[Refused],
        places: Collection[str],
        stamps: Sequence[tuple[str, str, Stamp]],
        met: Collection[str] = (),
    ) -> None:
        if self._pool is None:
            raise ImrError("nothing is being worked on")
        with self._pool.keeping_attempts() as attempts:
            if not (prepared or names or refused or places or attempts or stamps or met):
                self._keep()
                if self._ended() > self._shown:  # all of them known
                    self._store.goes_on(self._start.run_id, self.counts())
                    self._show()
                return
            self._note(refused)
            self._count["extracted"] += len(prepared)
            try:
                saved = self._store.save_all(
                    prepared,
                    names=names,
                    refused=refused,
                    attempts=attempts,
                    stamps=stamps,
                    met=met,
                    places=places,
                    run_id=self._start.run_id,
                    config_sha256=self._config_sha256,
                    counts=self.counts(),
                )
            except StoreError:  # nothing of it was saved, so nothing of it is counted
                self._count, self._failures = self._kept
                raise
        if known := len(prepared) - saved.new - len(saved.refused):  # another run on the same database was faster
            self._count["already"] += known
        self._count["extracted"] += saved.new - len(prepared)
        self._count["made_current"] += saved.made_current
        self._note(saved.refused)
        self._count["flagged"] += sum(bool(letter.children["flags"]) for letter in prepared)
        self._keep()
        self._show()

    def _keep(self) -> None:
        self._kept = self._count.copy(), self._failures.copy()

    def _ended(self) -> int:
        return sum(self._count[name] for name in ("extracted", "already", "renamed", "failed"))

    def _show(self) -> None:
        self._shown = self._ended()
        if self._on_progress:
            self._on_progress(self.summary())

    def _note(self, refused: Iterable[Refused]) -> None:
        for each in refused:
            self._count["failed"] += 1
            self._failures[each.failure_class] += 1


def _stamped(letter: Letter, sha256: str) -> list[tuple[str, str, Stamp]]:
    """How the letter's file looks, to be remembered if it was this content that was read."""
    return [] if letter.stamp is None or letter.sha256 != sha256 else [(sha256, letter.name, letter.stamp)]


def _batch(letters: walk.Walk, most: int) -> tuple[list[Source], bool]:
    """Take the next few, and tell whether there may be more."""
    batch: list[Source] = []
    size = 0
    for source in islice(letters, most):
        batch.append(source)
        size += source.size
        if size >= CHUNK_BYTES:
            return batch, True
    return batch, letters.cut or len(batch) == most
