"""The writer's side of a run: what is known is passed over, the rest is handed out, and what comes back is saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from extractor import telemetry
from extractor.backlog.pool import Ended, Letter, Pool, Requests
from extractor.backlog.source import LetterSource
from extractor.backlog.summary import RunSummary, Tally
from extractor.endings import FailedLetter
from extractor.errors import DocumentError, StoreError
from extractor.store import Changes, Prepared, Stamp, Store

if TYPE_CHECKING:
    from extractor.backlog.stopping import Stopping
    from extractor.backlog.walk import Walk

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
class Wanted:
    """What a run is to do with letters that the database knows."""

    config_sha256: str
    max_bytes: int
    """Longer files are not hashed."""
    retry: str | None = None
    """A failure class, or `all`: such letters are tried again though they have failed three times."""
    rehash: bool = False
    """Hash every file, also one that looks as it did when it was read."""
    check_records: bool = False
    """Look at every record that is met, and read letters again whose record is damaged."""


class Work:
    """One run over a backlog, from its letters to its last transaction."""

    def __init__(
        self,
        store: Store,
        pool: Pool,
        requests: Requests | None,
        wanted: Wanted,
        tally: Tally,
        stopping: Stopping,
        on_progress: Callable[[RunSummary], None] | None = None,
    ) -> None:
        self._store = store
        self._pool = pool
        self._requests = requests
        self._wanted = wanted
        self._tally = tally
        self._stopping = stopping
        self._on_progress = on_progress
        self._shown = 0
        """Letters that had ended when progress was last shown."""
        self._under_way: dict[str, list[Letter]] = {}
        """Contents being read, each with the further files in which they were met meanwhile."""
        self._fresh: deque[Letter] = deque()
        """Letters to read that were not handed out yet."""
        self._unread = 0
        """Letters that came back as they were, since nothing more can be read."""
        self._held = 0
        """Bytes of letters under way that have no file of their own."""
        self.sound: list[str] = []
        """Places of files and lines that are no letters, and in which nothing is wrong any more."""

    def do(self, letters: Walk) -> None:
        """Hand out, collect and save until there is nothing left, or until asked to stop."""
        pool = self._pool
        more, step = True, CHUNK
        while more or self._fresh or not pool.idle:
            if more and not self._fresh and self._has_room():
                batch, more = _batch(letters, step)
                self._fresh.extend(self._sort_out(batch))
                step = CHUNK if self._fresh else min(2 * step, MOST_LOOKED_UP)
            while self._fresh and self._has_room():
                pool.submit(tuple(self._fresh.popleft() for _ in range(min(CHUNK, len(self._fresh)))))
            if (more or self._fresh) and (self._stopping or self._is_in_trouble()):
                self._tally.interrupted, more = self._tally.interrupted or bool(self._stopping), False
                self._tally.count["remaining"] += letters.rest(COUNTING_SECONDS)[0] + self._leave()
            if not pool.idle:
                self._save(list(pool.ended(block=not more or not self._has_room())))
        twins = sum(map(len, self._under_way.values()))  # of letters that came back unread
        self._tally.count["remaining"] += self._unread + twins

    def _is_in_trouble(self) -> bool:
        return self._requests is not None and self._requests.trouble is not None

    def _leave(self) -> int:
        """Give up what was not handed out yet; how many letters that is."""
        left = sum(1 + len(self._under_way.pop(letter.sha256, ()) if letter.sha256 else ()) for letter in self._fresh)
        self._fresh.clear()
        return left

    def _has_room(self) -> bool:
        return self._pool.idle or (not self._pool.full and self._held < HELD_BYTES)

    def _sort_out(self, sources: Sequence[LetterSource]) -> list[Letter]:
        """Which of these letters have to be read; the rest is dealt with here."""
        changes = Changes(places=[])
        good: list[LetterSource] = []
        for source in sources:
            if isinstance(source.content, DocumentError):
                changes.failed.append(FailedLetter.of(source.content, source.name, None, source.place))
            else:
                good.append(source)
        letters = self._looked_up(good)
        self._tally.count["found"] += len(changes.failed) + len(letters)
        self._tally.count["remaining"] += len(good) - len(letters)
        contents = {letter.sha256 for letter in letters if letter.sha256}
        known = self._store.known(contents, self._wanted.config_sha256)
        if self._wanted.check_records:
            known -= self._store.set_aside_damaged(known, self._wanted.config_sha256)
        changes.met = self._store.superseded(known, self._wanted.config_sha256)
        sound = self._pass_over([letter for letter in letters if letter.sha256 in known], changes)
        fresh = self._to_read([letter for letter in letters if letter.sha256 not in known], changes)
        changes.places = [*sound, *self._store.places_failed(self.sound)]
        self.sound.clear()
        self._commit(changes)
        return fresh

    def _looked_up(self, sources: Sequence[LetterSource]) -> list[Letter]:
        """What each holds: known by its file's looks, or else hashed; the first few only, when asked to stop."""
        stamps = {source.name: stamp for source in sources if (stamp := source.stamp()) is not None}
        seen = {} if self._wanted.rehash else self._store.recognised(stamps.items())
        letters: list[Letter] = []
        for source in sources:
            sha256 = seen.get(source.name)
            if sha256 is not None:
                letters.append(Letter(source, sha256))
            elif self._stopping:  # many large files take long to hash
                self._tally.interrupted = True
                break
            else:
                letters.append(Letter(source, source.digest(self._wanted.max_bytes), stamps.get(source.name)))
        return letters

    def _pass_over(self, letters: Sequence[Letter], changes: Changes) -> list[str]:
        """Note the names of letters that have a record; of their places, those at which a failure is open."""
        named = self._store.names_known((str(letter.sha256), letter.name) for letter in letters)
        was_bad = self._store.places_failed(letter.source.place for letter in letters)
        sound: list[str] = []
        for letter in letters:
            pair = str(letter.sha256), letter.name
            new, bad = pair not in named, letter.source.place in was_bad
            self._tally.count["renamed" if new else "already"] += 1
            named.add(pair)
            if new or bad:  # a file that failed and was replaced is a failure no more
                changes.names.append(pair)
            if bad:
                sound.append(letter.source.place)
            changes.stamps += _stamped(letter, pair[0])
        return sound

    def _to_read(self, letters: Sequence[Letter], changes: Changes) -> list[Letter]:
        """Which of the letters without a record are read now: neither those under way, nor those that are hopeless."""
        contents = {letter.sha256 for letter in letters if letter.sha256}
        failed = self._store.failed_in_run(contents, self._tally.run_id)
        hopeless = self._store.given_up(contents, self._wanted.config_sha256, MOST_TRIES)
        fresh: list[Letter] = []
        for letter in letters:
            sha256 = letter.sha256
            if sha256 is None:
                fresh.append(letter)
            elif sha256 in self._under_way:
                self._under_way[sha256].append(letter)
                self._held += letter.source.size
            elif sha256 in failed:
                changes.failed.append(FailedLetter(letter.name, sha256, *failed[sha256], letter.source.place))
            elif sha256 in hopeless and self._wanted.retry not in (ALL, hopeless[sha256][0]):
                filed = FailedLetter(letter.name, sha256, *hopeless[sha256])  # already, and not tried again
                self._tally.failed([filed])
                telemetry.letter_failed(self._tally.run_id, filed.name, filed.sha256, filed.failure_class)
            else:
                self._under_way[sha256] = []
                fresh.append(letter)
                self._held += letter.source.size
        return fresh

    def _save(self, ended: Iterable[tuple[Letter, Ended | None]]) -> None:
        """Save what came back, for every file that holds the same content."""
        changes, places = Changes(), list[str]()
        for letter, end in ended:
            if end is None:
                self._unread += 1
                continue
            twins = self._under_way.pop(letter.sha256, []) if letter.sha256 else []
            if twins and end.sha256 != letter.sha256:  # the file was changed between hashing and reading it
                self._under_way[str(letter.sha256)] = twins[1:]
                self._pool.submit((twins[0],))
                twins = []
            self._held -= sum(each.source.size for each in (letter, *twins))
            if isinstance(end, Prepared):
                changes.records.append(end)
                changes.names += [(end.sha256, twin.name) for twin in twins]
                places += [each.source.place for each in (letter, *twins)]
                changes.stamps += [stamp for each in (letter, *twins) for stamp in _stamped(each, end.sha256)]
            else:
                changes.failed += [replace(end, name=each.name, place=each.source.place) for each in (letter, *twins)]
        changes.places = places
        self._tally.count["found"] += sum(len(letter.further) for letter in changes.records)
        read = {letter.name for letter in changes.records}
        for _, name in changes.names:
            self._tally.count["already" if name in read else "renamed"] += 1
        self._commit(changes)

    def _commit(self, changes: Changes) -> None:
        """Save changes and the requests that have ended, with the counts that then hold."""
        tally = self._tally
        with self._requests.keeping_attempts() if self._requests is not None else nullcontext([]) as changes.attempts:
            if not changes:
                tally.keep()
                if tally.ended > self._shown:  # all of them known
                    self._store.goes_on(tally.run_id, tally.row())
                    self._show()
                return
            tally.failed(changes.failed)
            letters = sum(len(letter.letters) for letter in changes.records)
            tally.count["extracted"] += letters
            try:
                saved = self._store.save_all(
                    changes, run_id=tally.run_id, config_sha256=self._wanted.config_sha256, counts=tally.row()
                )
            except StoreError:
                tally.undo()
                raise
        if known := letters - saved.new - len(saved.failed):  # another run on this database was faster
            tally.count["already"] += known
        tally.count["extracted"] += saved.new - letters
        tally.count["made_current"] += saved.made_current
        tally.failed(saved.failed)
        tally.count["flagged"] += sum(
            bool(letter.children["flags"]) for first in changes.records for letter in first.letters
        )
        tally.keep()
        self._show()

    def _show(self) -> None:
        self._shown = self._tally.ended
        if self._on_progress:
            self._on_progress(self._tally.summary())


def _stamped(letter: Letter, sha256: str) -> list[tuple[str, str, Stamp]]:
    """How the letter's file looks, to be remembered if it was this content that was read."""
    return [] if letter.stamp is None or letter.sha256 != sha256 else [(sha256, letter.name, letter.stamp)]


def _batch(letters: Walk, most: int) -> tuple[list[LetterSource], bool]:
    """Take the next few; with whether there may be more."""
    batch: list[LetterSource] = []
    size = 0
    for source in islice(letters, most):
        batch.append(source)
        size += source.size
        if size >= CHUNK_BYTES:
            return batch, True
    return batch, letters.cut or len(batch) == most
