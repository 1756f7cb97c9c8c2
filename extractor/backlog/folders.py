"""What is in a folder, and what matches a pattern: names only, sorted, and no deeper in calls for deeper folders."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from extractor.errors import ConfigurationError

_MARKS = frozenset("*?[")


_JUNK = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin"})
"""Of Windows and macOS; what begins with a dot is left out as hidden."""
_BEGINS_JUNK = ("~$", "~WRL", ".~lock.")
"""What office programs write beside a document that is open."""
_TABLE = re.compile(
    r"(?:determinations|decisions|citations|drugs|diagnoses|body_parts|reasons|flags)\.(?:csv|jsonl|parquet)|columns\.csv"
)
_BATCH = re.compile(r"requests-\d{4,}\.jsonl")


class FolderEntry(NamedTuple):
    """What stands in a folder."""

    name: str
    is_folder: bool
    """A folder itself, and no link to one."""
    is_file: bool
    """A regular file, or a link to one."""
    is_link: bool


def listing(folder: str) -> list[FolderEntry]:
    """What stands in a folder, sorted by name.

    Raises:
        ConfigurationError: it cannot be listed.

    """
    try:
        with os.scandir(folder) as entries:
            return sorted(
                FolderEntry(entry.name, entry.is_dir(follow_symlinks=False), _is_file(entry), entry.is_symlink())
                for entry in entries
            )
    except OSError as error:
        raise ConfigurationError(f"the folder {folder!r} cannot be listed: {error.strerror}") from error


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads in a circle, or where nobody may look
        return False


def is_junk(name: str) -> bool:
    """Tell whether systems and programs put it beside people's files: by its name, which no letter has."""
    return name.lower() in _JUNK or name.startswith(_BEGINS_JUNK)


def is_ours(name: str, beside: frozenset[str]) -> bool:
    """Tell whether we wrote it: tables of an export, files of a batch, references of a gold set.

    `beside` are all names in its folder.
    """
    exported = _TABLE.fullmatch(name) is not None and "columns.csv" in beside
    return exported or _BATCH.fullmatch(name) is not None


def is_pattern(path: str) -> bool:
    """Whether it has one of the marks of a pattern."""
    return bool(_MARKS & set(path))


def fixed_part(pattern: str) -> str:
    """The folder of an absolute pattern before its first part with a mark: what whoever wrote it has named."""
    parts = Path(pattern).parts
    first = next((n for n, part in enumerate(parts) if is_pattern(part)), len(parts))
    return os.path.join(*parts[:first])  # noqa: PTH118  as in `walk`


def matches(pattern: str) -> Iterator[tuple[str, bool]]:
    """Paths that match an absolute pattern, sorted folder by folder, and whether a link may have led there.

    `**` is any number of folders. As a shell does it, nothing hidden matches unless the pattern names its dot.
    """
    if not is_pattern(pattern):
        return
    stack = [_steps(_PatternAt("/", tuple(Path(pattern).parts[1:]), linked=False))]
    while stack:
        place = next(stack[-1], None)
        if place is None:
            stack.pop()
        elif place.parts:
            stack.append(_steps(place))
        else:
            yield place.path, place.linked


class _PatternAt(NamedTuple):
    path: str
    parts: tuple[str, ...]
    """Of the pattern, that are still to be matched below."""
    linked: bool
    """Whether the way from the first mark on leads over a link."""
    marked: bool = False
    """Whether a part with a mark is behind."""

    def below(self, name: str, parts: tuple[str, ...], *, linked: bool = False, marked: bool = True) -> _PatternAt:
        path = os.path.join(self.path, name)  # noqa: PTH118  as in `walk`
        return _PatternAt(path, parts, self.linked or linked, self.marked or marked)


def _steps(place: _PatternAt) -> Iterator[_PatternAt]:
    """Where the next part of the pattern leads."""
    part, rest = place.parts[0], place.parts[1:]
    if part == "**":
        yield place._replace(parts=rest or ("*",), marked=True)
        for entry in listing(place.path):
            if entry.is_folder and not entry.name.startswith("."):
                yield place.below(entry.name, place.parts)
    elif not is_pattern(part):
        # Behind a mark, a name that is written out may be a link that nobody has looked at.
        step = place.below(part, rest, linked=place.marked, marked=False)
        if os.path.isdir(step.path) if rest else os.path.lexists(step.path):  # noqa: PTH112  as in `walk`
            yield step
    else:
        for entry in listing(place.path):
            if not fnmatch.fnmatchcase(entry.name, part) or (entry.name.startswith(".") and not part.startswith(".")):
                continue
            step = place.below(entry.name, rest, linked=entry.is_link)
            is_folder = entry.is_folder or (entry.is_link and os.path.isdir(step.path))  # noqa: PTH112  as in `walk`
            if is_folder or (not rest and entry.is_file):
                yield step
