"""Which files a backlog consists of: paths in the order given, folders recursively and sorted, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from extractor.errors import ConfigurationError


def letters(paths: Iterable[Path | str], database: Path | None = None) -> Iterator[str]:
    """Absolute paths of the files under `paths`, one at a time.

    In folders, hidden files and folders, special files (pipes, sockets) and the database are left out, and links to
    folders are not followed, for they may lead in a circle. A file that is named itself is never left out.
    What a file is, its content tells: no name or ending is left out.

    Raises:
        ConfigurationError: a path that was given does not exist, or a folder cannot be listed.

    """
    left_out = _database_files(database)
    for path in paths:
        absolute = os.path.abspath(path)  # noqa: PTH100  a Path would resolve nothing more and cost a million objects
        if os.path.isdir(absolute):  # noqa: PTH112  likewise
            yield from _walk(absolute, left_out)
        elif os.path.lexists(absolute):
            yield absolute
        else:
            raise ConfigurationError(f"{os.fspath(path)!r} does not exist: check the path")


def count(paths: Sequence[Path | str], database: Path | None = None) -> int:
    """How many files `letters` will give; walks once without opening any."""
    return sum(1 for _ in letters(paths, database))


def _walk(folder: str, left_out: frozenset[str]) -> Iterator[str]:
    # A stack of sorted listings instead of recursion: depth costs no call frames, and only names are held.
    try:
        with os.scandir(folder) as listing:
            entries = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False), entry.is_file())
                for entry in listing
                if not entry.name.startswith(".")
            )
    except OSError as error:
        raise ConfigurationError(f"the folder {folder!r} cannot be listed: {error.strerror}") from error
    for name, is_folder, is_file in entries:
        path = f"{folder.rstrip(os.sep)}{os.sep}{name}"
        if is_folder:
            yield from _walk(path, left_out)
        elif is_file and path not in left_out:
            yield path


def _database_files(database: Path | None) -> frozenset[str]:
    if database is None:
        return frozenset()
    absolute = os.path.abspath(database)  # noqa: PTH100  see above
    return frozenset(absolute + ending for ending in ("", "-wal", "-shm", "-journal"))
