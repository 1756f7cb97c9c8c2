"""Which letters a backlog consists of: paths in the order given, folders recursively and sorted, streamed.

A path is a file, a folder, a pattern, or `-` for a list of paths on standard input. Files that hold letters (archives,
JSON lines, lists of paths) are known by the ending of their name and opened where they are met, one letter at a time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import cast

from extractor import files
from extractor.backlog.archives import tar_members, zip_members
from extractor.backlog.folders import FolderEntry, fixed_part, is_junk, is_ours, is_pattern, listing, matches
from extractor.backlog.lists import Stream, rows, texts, texts_on_stdin
from extractor.backlog.lists import paths as listed
from extractor.backlog.packed import Holder
from extractor.backlog.source import LetterSource, printable
from extractor.errors import BrokenDocument, ConfigurationError, DocumentError, OutsideFolder
from extractor.settings import DEFAULT_LIMITS, Limits

STDIN = "-"
STDIN_OF_LETTERS = "-\0jsonl"
"""In place of a path: JSON lines on standard input. No path holds a NUL."""
Opener = Callable[[Holder], Iterator[LetterSource]]
"""Gives the letters in a file."""

_OPENERS: tuple[tuple[tuple[str, ...], Opener], ...] = (
    ((".zip",), zip_members),
    ((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"), tar_members),
    ((".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"), texts),
    ((".csv",), rows),
)


def holds_letters(path: str) -> bool:
    """Whether a file is opened as an archive or a list of letters, by the ending of its name."""
    return path.lower().endswith(tuple(ending for endings, _ in _OPENERS for ending in endings))


_GOLD = frozenset({"letters", "references"})
_OF_GOLD = frozenset({"references", "recordings", "second", "manifest.json"})
"""What stands beside the letters of a gold set."""


class _AskedToStop(Exception):
    """Ends the reading of a file that holds letters."""


class Walk(Iterator[LetterSource]):
    """The letters, one at a time.

    In folders, hidden files and folders, special files (pipes, sockets) and the database are left out, and links to
    folders are not followed, for they may lead in a circle. A file that is named itself is never left out.
    Left out by name is also what systems and office programs put beside letters, and what we wrote ourselves (tables of
    an export, files of a batch, references of a gold set). Else what a letter is, its content tells, and no ending.

    What somebody names may lie anywhere; what is only met may not. A link that is met leads no further than the folder
    that was named, and a list that is met no further than its own: else each comes as the failure that it is.

    Raises, when it gets there:
        ConfigurationError: a path that was given does not exist, or a folder that was given cannot be listed.
    """

    def __init__(
        self,
        paths: Iterable[Path | str],
        database: Path | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        most: int | None = None,
        opens: bool = True,
        sound: Callable[[str], None] = lambda _: None,
        asked: Callable[[], object] = lambda: False,
    ) -> None:
        """Begin.

        Args:
            paths: What was asked for.
            database: Left out.
            limits: Of one letter; files that hold many are not read beyond them either.
            most: How many letters to give; None for all.
            opens: Whether files that hold letters are opened; else each comes as if it were one.
            sound: Called with the names of files and lines that are as they must be, but are themselves no letter: an
                earlier run may have filed a failure under them.
            asked: Whether it is to end; looked at also while no letter comes. Then `cut` is true.

        """
        self._left_out = _database_files(database)
        self._limits = limits
        self._sound = sound
        self._opens = opens
        self._asked = asked
        self._unopened = 0
        self._walking = islice(self._all(paths), most)
        self._waiting = 0
        self.cut = False
        """Whether it ended because it was asked to."""

    def __next__(self) -> LetterSource:
        if not self.cut:
            source = next(self._walking)
            if not self._asked():
                return source
            self._waiting = 1
            self.cut = True
        raise StopIteration

    def rest(self, seconds: float | None = None) -> tuple[int, bool]:
        """Count what is left without opening a file that holds letters, nor reading on in one: each counts as one.

        Also whether that is exact: after so many seconds it counts no further.
        """
        self._opens = False
        end = None if seconds is None else time.monotonic() + seconds
        left = self._waiting
        for _ in self._walking:
            left += 1
            if end is not None and time.monotonic() > end:
                return left, False
        return left, not self._unopened

    def _beat(self) -> None:
        if self._asked():
            raise _AskedToStop

    def _all(self, paths: Iterable[Path | str]) -> Iterator[LetterSource]:
        for path in paths:
            given = os.fspath(path)
            if given in (STDIN, STDIN_OF_LETTERS):
                yield from self._listed(of_letters=given != STDIN)
                continue
            absolute = os.path.abspath(given)  # noqa: PTH100  a Path would resolve nothing more and cost a million objects
            if os.path.isdir(absolute):  # noqa: PTH112  likewise
                yield from self._folder(absolute, files.resolved(absolute), named=True)
            elif os.path.lexists(absolute):
                yield from self._file(absolute)
            else:
                yield from self._matching(given, absolute)

    def _matching(self, given: str, absolute: str) -> Iterator[LetterSource]:
        deep = "**" in Path(absolute).parts
        root = files.resolved(fixed_part(absolute))
        found = False
        for path, linked in matches(absolute):
            found = True
            if not os.path.isdir(path):  # noqa: PTH112  likewise
                yield from self._met(path, root, linked)
            elif deep:  # what is in it matches by itself
                continue
            elif linked and not files.is_below(files.resolved(path), root):
                yield _leads_out(path, root)
            else:
                yield from self._folder(path, root)
        if not found:
            raise _missing(given)

    def _listed(self, *, of_letters: bool) -> Iterator[LetterSource]:
        try:
            for each in self._on_stdin(of_letters=of_letters) if self._opens else ():
                if isinstance(each, LetterSource):
                    yield each
                elif os.path.isdir(path := os.path.abspath(each)):  # noqa: PTH100, PTH112  likewise
                    yield from self._folder(path, files.resolved(path))
                elif path not in self._left_out:
                    yield from self._file(path)
                if not self._opens:
                    break
        except _AskedToStop:
            self._opens = False
        if not self._opens:
            self._unopened += 1
            yield LetterSource(STDIN, STDIN)

    def _on_stdin(self, *, of_letters: bool) -> Iterator[str | LetterSource]:
        if sys.stdin is None:
            raise ConfigurationError("standard input is closed: there is nothing to read from `-`")
        stream = cast(Stream, sys.stdin.buffer)
        return texts_on_stdin(stream, self._limits, self._beat) if of_letters else listed(stream, self._beat)

    def _folder(self, folder: str, root: str, *, named: bool = False) -> Iterator[LetterSource]:
        """Give what is in it, at any depth: a stack, for the depth of calls has a limit."""
        stack: list[tuple[str, Iterator[FolderEntry]]] = []
        if named:
            stack.append((folder, _letters_in(listing(folder))))
        else:
            yield from self._entered(folder, stack)
        while stack:
            folder, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
                continue
            path = f"{folder.rstrip(os.sep)}{os.sep}{entry.name}"
            if entry.is_folder:
                yield from self._entered(path, stack)
            elif entry.is_file:
                yield from self._met(path, root, entry.is_link)

    def _entered(self, folder: str, stack: list[tuple[str, Iterator[FolderEntry]]]) -> Iterator[LetterSource]:
        """Go into a folder that was met; one that cannot be listed takes no other with it."""
        try:
            stack.append((folder, _letters_in(listing(folder))))
            self._sound(printable(folder))
        except ConfigurationError as error:
            yield LetterSource(printable(folder), DocumentError(str(error)))

    def _met(self, path: str, root: str, linked: bool) -> Iterator[LetterSource]:
        """Give what is in a file that nobody named; what is no link lies where it was met."""
        if path in self._left_out:
            return
        if linked and not files.is_below(files.resolved(path), root):
            yield _leads_out(path, root)
        else:
            yield from self._file(path, named=False, below=root if linked else None)

    def _file(self, path: str, *, named: bool = True, below: str | None = None) -> Iterator[LetterSource]:
        opener = _opener(path)
        name = printable(path)
        if opener is None:
            yield LetterSource(name, path, below=below)
            return
        some = False
        holder = Holder(path, self._limits, named, below, self._sound, self._beat)
        try:
            for source in opener(holder) if self._opens else ():
                yield source
                some = True
                if not self._opens:
                    break
        except _AskedToStop:
            self._opens = False
        except DocumentError as error:
            yield LetterSource(name, type(error)(_fault_in(name, str(error), some)))
        except Exception as error:  # noqa: BLE001  the libraries fail on bad files in more ways than they document
            # Nor is what they say safe to repeat: some quote what they found.
            fault = f"is broken ({type(error).__name__}): it may be cut short, fetch it again"
            yield LetterSource(name, BrokenDocument(_fault_in(name, fault, some)))
        else:
            if self._opens:
                self._sound(name)
        if not self._opens:
            self._unopened += 1
            yield LetterSource(name, path)


def _letters_in(entries: list[FolderEntry]) -> Iterator[FolderEntry]:
    """What of a folder may be letters by its name."""
    names = frozenset(entry.name for entry in entries)
    gold = names >= _GOLD
    for entry in entries:
        hidden = entry.name.startswith(".")
        ours = is_ours(entry.name, names) or (gold and entry.name in _OF_GOLD)
        if not (hidden or ours or is_junk(entry.name)):
            yield entry


def _leads_out(path: str, root: str) -> LetterSource:
    name = printable(path)
    fault = f"{name!r} is a link that leads out of {printable(root)!r}: name it itself, or what it leads to, to read it"
    return LetterSource(name, OutsideFolder(fault))


def letters(
    paths: Iterable[Path | str],
    database: Path | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    most: int | None = None,
) -> Walk:
    """Give the letters under `paths`, one at a time; see `Walk`."""
    return Walk(paths, database, limits=limits, most=most)


def count(paths: Sequence[Path | str], database: Path | None = None, *, most: int | None = None) -> int | None:
    """How many letters `letters` will give; None where that takes opening files that hold many."""
    found, exact = Walk(paths, database, most=most).rest()
    return found if exact else None


def holds_any(paths: Sequence[Path | str], database: Path | None = None) -> bool:
    """Whether there is anything to read, or to open and look."""
    return next(Walk(paths, database, opens=False), None) is not None


def check(paths: Iterable[Path | str]) -> None:
    """See that there is something at each path.

    Raises:
        ConfigurationError: there is nothing.

    """
    for path in paths:
        given = os.fspath(path)
        if given in (STDIN, STDIN_OF_LETTERS):
            continue
        absolute = os.path.abspath(given)  # noqa: PTH100  see above
        if not os.path.lexists(absolute) and next(matches(absolute), None) is None:
            raise _missing(given)


def _missing(given: str) -> ConfigurationError:
    if is_pattern(given):
        return ConfigurationError(f"nothing matches {given!r}: check the pattern")
    return ConfigurationError(f"{given!r} does not exist: check the path")


def _fault_in(name: str, fault: str, some: bool) -> str:
    return f"{name!r} {fault}{'; what came before is kept' if some else ''}"


def _opener(path: str) -> Opener | None:
    lowered = path.lower()
    for endings, opener in _OPENERS:
        if lowered.endswith(endings):
            return opener if os.path.isfile(path) else None  # noqa: PTH113  as above
    return None


def _database_files(database: Path | None) -> frozenset[str]:
    if database is None:
        return frozenset()
    absolute = os.path.abspath(database)  # noqa: PTH100  see above
    return frozenset(absolute + ending for ending in ("", "-wal", "-shm", "-journal"))
