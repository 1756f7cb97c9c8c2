"""Letters in files of lines: texts as JSON lines, and paths in a CSV or on standard input; never a whole file at once.

A line that is no good is a failure of its own, named by its number, and the next one is read.
"""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol

from extractor.backlog.packed import opened
from extractor.backlog.source import Source, printable
from extractor.errors import BrokenDocument, DocumentError, ReadTimeout, TooLarge
from extractor.settings import Limits

_PIECE = 1 << 16
_LONGEST_ROW = 1 << 20
"""Bytes of a line of paths."""


class Stream(Protocol):
    """What standard input is read from: gives what has come, without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """Give up to `size` bytes, and none only at the end."""
        ...


def texts(path: str, limits: Limits, sound: Callable[[str], None]) -> Iterator[Source]:
    """Give the letters in a file of JSON lines, compressed or not: objects with `text`, and `name` or `id`.

    Raises:
        DocumentError: it cannot be opened or read on. Its libraries raise other errors where it is broken.

    """
    title = printable(os.path.basename(path))  # noqa: PTH119  a name, not a file
    with opened(path) as file:
        for number, line in _lines(file, limits):
            place = f"{printable(path)}#{number}"
            try:
                name, text = _told(line, f"{title}#{number}", limits)
            except DocumentError as error:
                yield Source(place, error)
            else:
                sound(place)
                yield Source(name or place, text, name or f"{title}#{number}", place)


def _lines(file: IO[bytes], limits: Limits) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; of one that is too long, its beginning."""
    number, started = 0, time.monotonic()
    while line := file.readline(limits.max_bytes + 2):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_PIECE)
            if time.monotonic() - started > limits.seconds:
                raise ReadTimeout(f"takes longer than {limits.seconds:g} s for line {number}")
        if line.strip():
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            started = time.monotonic()


def _told(line: bytes, place: str, limits: Limits) -> tuple[str | None, bytes]:
    """Give the name, where there is one, and the text of one line.

    Raises:
        DocumentError: it holds no text.

    """
    from extractor.documents.tidy import joined_surrogates  # noqa: PLC0415  heavy: only where there is a text

    if len(line.rstrip(b"\r\n")) > limits.max_bytes:
        raise TooLarge(f"{place!r} is longer than the limit of {limits.max_bytes:,} bytes: check that it is a letter")
    try:
        told: Any = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise BrokenDocument(f"{place!r} is no JSON ({error})") from None
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        raise BrokenDocument(f"""{place!r} is no object with a text: write {{"text": "…", "name": "…"}}""")
    name = told.get("name")
    name = told.get("id") if name is None else name
    if isinstance(name, bool) or not isinstance(name, str | int | float | None):
        raise BrokenDocument(f"{place!r} has a name that is neither a text nor a number")
    named = "" if name is None else printable(joined_surrogates(str(name)))
    return named or None, joined_surrogates(told["text"]).encode()


def rows(path: str, _: Limits, sound: Callable[[str], None]) -> Iterator[Source]:
    """Give the letters that a CSV names in its column `path`, relative to its folder, and perhaps `name`.

    Raises:
        DocumentError: it cannot be opened, or is no such CSV.

    """
    folder, title = os.path.split(path)
    with opened(path) as file:
        reader = csv.reader(_decoded(file))
        columns = [column.strip().lower() for column in next(reader, [])]
        if "path" not in columns:
            raise BrokenDocument("has no column 'path': name its columns in the first line")
        while (row := _row(reader)) is not None:
            place, shown = f"{printable(path)}#{reader.line_num}", f"{printable(title)}#{reader.line_num}"
            if isinstance(row, csv.Error):
                yield Source(place, BrokenDocument(f"{shown!r} is no row of a CSV ({row})"))
                continue
            told = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
            if not any(told.values()):
                continue
            if not told.get("path"):
                yield Source(place, BrokenDocument(f"{shown!r} has no path"))
                continue
            sound(place)
            absolute = os.path.normpath(os.path.join(folder, told["path"]))  # noqa: PTH118  as in `walk`
            name = printable(told.get("name", ""))
            yield Source(name or printable(absolute), absolute, name or None)


def _row(reader: Iterator[list[str]]) -> list[str] | csv.Error | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        return error


def _decoded(file: IO[bytes]) -> Iterator[str]:
    encoding = "utf-8-sig"
    while line := file.readline(_LONGEST_ROW):
        if len(line) == _LONGEST_ROW:
            raise BrokenDocument(f"has a line of {_LONGEST_ROW:,} bytes or more: check that it is a list of paths")
        yield line.decode(encoding, "surrogateescape")
        encoding = "utf-8"


def paths(stream: Stream) -> Iterator[str | Source]:
    """Give the paths that a stream lists as they come: one a line or, where it holds a NUL, between NULs.

    What is too long for a path comes as the failure that it is.
    """
    held, separator, number, skipping = b"", b"", 1, False
    while piece := stream.read1(_PIECE):
        held += piece
        separator = separator or next((mark for mark in (b"\0", b"\n") if mark in held), b"")
        *whole, held = held.split(separator) if separator else [held]
        for entry in whole:
            if not skipping and entry.strip():
                yield os.fsdecode(entry.removesuffix(b"\r"))
            number, skipping = number + 1, False
        if len(held) > _PIECE:
            if not skipping:
                yield Source(f"stdin#{number}", BrokenDocument(f"'stdin#{number}' is too long for a path"))
            held, skipping = b"", True
    if held.strip() and not skipping:
        yield os.fsdecode(held)
