"""Which letters a backlog consists of: paths in the order given, folders recursively and sorted, streamed.

A path is a file, a folder, a pattern, or `-` for a list of paths on standard input. Files that hold letters (archives,
JSON lines, lists of paths) are told by the ending of their name and opened where they are met, one letter at a time.
"""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import cast

from extractor.backlog.archives import tar_members, zip_members
from extractor.backlog.lists import Stream, rows, texts
from extractor.backlog.lists import paths as listed
from extractor.backlog.source import Source, printable
from extractor.errors import BrokenDocument, ConfigurationError, DocumentError
from extractor.settings import DEFAULT_LIMITS, Limits

STDIN = "-"
Opener = Callable[[str, Limits, Callable[[str], None]], Iterator[Source]]
"""Gives the letters in a file; the last argument hears names under which there is nothing wrong."""

_OPENERS: tuple[tuple[tuple[str, ...], Opener], ...] = (
    ((".zip",), zip_members),
    ((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"), tar_members),
    ((".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"), texts),
    ((".csv",), rows),
)
_PATTERN = frozenset("*?[")


class Walk(Iterator[Source]):
    """The letters, one at a time.

    In folders, hidden files and folders, special files (pipes, sockets) and the database are left out, and links to
    folders are not followed, for they may lead in a circle. A file that is named itself is never left out.
    What a letter is, its content tells: no name or ending is left out.

    Raises, when it gets there:
        ConfigurationError: a path that was given does not exist, or a folder cannot be listed.
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
    ) -> None:
        """Begin.

        Args:
            paths: What was asked for.
            database: Left out.
            limits: Of one letter; files that hold many are not read beyond them either.
            most: How many letters to give; None for all.
            opens: Whether files that hold letters are opened; else each comes as if it were one.
            sound: Hears the names of files and lines that are as they must be, but are themselves no letter: an earlier
                run may have filed a failure under them.

        """
        self._left_out = _database_files(database)
        self._limits = limits
        self._sound = sound
        self._opens = opens
        self._unopened = 0
        self._walking = islice(self._all(paths), most)

    def __next__(self) -> Source:
        return next(self._walking)

    def rest(self) -> tuple[int, bool]:
        """Count what is left without opening a file that holds letters, nor reading on in one: each counts as one.

        Tell also whether that is exact.
        """
        self._opens = False
        left = sum(1 for _ in self._walking)
        return left, not self._unopened

    def _all(self, paths: Iterable[Path | str]) -> Iterator[Source]:
        for path in paths:
            given = os.fspath(path)
            if given == STDIN:
                yield from self._listed()
                continue
            absolute = os.path.abspath(given)  # noqa: PTH100  a Path would resolve nothing more and cost a million objects
            if os.path.isdir(absolute):  # noqa: PTH112  likewise
                yield from self._folder(absolute)
            elif os.path.lexists(absolute):
                yield from self._file(absolute)
            else:
                yield from self._matching(given, absolute)

    def _matching(self, given: str, absolute: str) -> Iterator[Source]:
        deep = "**" in Path(absolute).parts
        found = False
        for path in _matches(absolute):
            found = True
            if not os.path.isdir(path):  # noqa: PTH112  likewise
                yield from self._met(path)
            elif not deep:  # else what is in it matches by itself
                yield from self._folder(path)
        if not found:
            raise _missing(given)

    def _listed(self) -> Iterator[Source]:
        for each in listed(cast(Stream, sys.stdin.buffer)) if self._opens else ():
            if isinstance(each, Source):
                yield each
            elif os.path.isdir(path := os.path.abspath(each)):  # noqa: PTH100, PTH112  likewise
                yield from self._folder(path)
            else:
                yield from self._met(path)
            if not self._opens:
                break
        if not self._opens:
            self._unopened += 1
            yield Source(STDIN, STDIN)

    def _folder(self, folder: str) -> Iterator[Source]:
        for path in _under(folder):
            yield from self._met(path)

    def _met(self, path: str) -> Iterator[Source]:
        if path not in self._left_out:
            yield from self._file(path)

    def _file(self, path: str) -> Iterator[Source]:
        opener = _opener(path)
        name = printable(path)
        if opener is None:
            yield Source(name, path)
            return
        some = False
        try:
            for source in opener(path, self._limits, self._sound) if self._opens else ():
                yield source
                some = True
                if not self._opens:
                    break
        except DocumentError as error:
            yield Source(name, type(error)(_told(name, str(error), some)))
        except Exception as error:  # noqa: BLE001  the libraries fail on bad files in more ways than they document
            fault = f"is broken ({type(error).__name__}: {error}): it may be cut short, fetch it again"
            yield Source(name, BrokenDocument(_told(name, fault, some)))
        else:
            if self._opens:
                self._sound(name)
            else:
                self._unopened += 1
                yield Source(name, path)


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
    """Tell whether there is anything to read, or to open and look."""
    return next(Walk(paths, database, opens=False), None) is not None


def check(paths: Iterable[Path | str]) -> None:
    """See that there is something at each path.

    Raises:
        ConfigurationError: there is nothing.

    """
    for path in paths:
        given = os.fspath(path)
        absolute = os.path.abspath(given)  # noqa: PTH100  see above
        if given != STDIN and not os.path.lexists(absolute) and next(_matches(absolute), None) is None:
            raise _missing(given)


def _missing(given: str) -> ConfigurationError:
    if _PATTERN & set(given):
        return ConfigurationError(f"nothing matches {given!r}: check the pattern")
    return ConfigurationError(f"{given!r} does not exist: check the path")


def _told(name: str, fault: str, some: bool) -> str:
    return f"{name!r} {fault}{'; what came before is kept' if some else ''}"


def _opener(path: str) -> Opener | None:
    lowered = path.lower()
    for endings, opener in _OPENERS:
        if lowered.endswith(endings):
            return opener if os.path.isfile(path) else None  # noqa: PTH113  as above
    return None


def _listing(folder: str) -> list[tuple[str, bool, bool]]:
    """Names in a folder, sorted, each with whether it is a folder (and no link to one) and whether a file."""
    try:
        with os.scandir(folder) as listing:
            return sorted((entry.name, entry.is_dir(follow_symlinks=False), entry.is_file()) for entry in listing)
    except OSError as error:
        raise ConfigurationError(f"the folder {folder!r} cannot be listed: {error.strerror}") from error


def _under(folder: str) -> Iterator[str]:
    # A stack of sorted listings instead of recursion: depth costs no call frames, and only names are held.
    for name, is_folder, is_file in _listing(folder):
        if name.startswith("."):
            continue
        path = f"{folder.rstrip(os.sep)}{os.sep}{name}"
        if is_folder:
            yield from _under(path)
        elif is_file:
            yield path


def _matches(pattern: str) -> Iterator[str]:
    """Paths that match an absolute pattern, sorted folder by folder; `**` is any number of folders.

    As a shell does it, nothing hidden matches unless the pattern names its dot.
    """
    if not _PATTERN & set(pattern):
        return iter(())
    return _matching("/", list(Path(pattern).parts[1:]))


def _matching(folder: str, parts: list[str]) -> Iterator[str]:
    part, rest = parts[0], parts[1:]
    path = os.path.join(folder, part)  # noqa: PTH118  as above
    if part == "**":
        yield from _matching(folder, rest or ["*"])
        for name, is_folder, _ in _listing(folder):
            if is_folder and not name.startswith("."):
                yield from _matching(os.path.join(folder, name), parts)  # noqa: PTH118
    elif not _PATTERN & set(part):
        if rest and os.path.isdir(path):  # noqa: PTH112
            yield from _matching(path, rest)
        elif not rest and os.path.lexists(path):
            yield path
    else:
        for name, _, is_file in _listing(folder):
            if not fnmatch.fnmatchcase(name, part) or (name.startswith(".") and not part.startswith(".")):
                continue
            path = os.path.join(folder, name)  # noqa: PTH118
            if not rest and (is_file or os.path.isdir(path)):  # noqa: PTH112
                yield path
            elif rest and os.path.isdir(path):  # noqa: PTH112
                yield from _matching(path, rest)


def _database_files(database: Path | None) -> frozenset[str]:
    if database is None:
        return frozenset()
    absolute = os.path.abspath(database)  # noqa: PTH100  see above
    return frozenset(absolute + ending for ending in ("", "-wal", "-shm", "-journal"))
