"""Letters in files of lines: texts as JSON lines, and paths in a CSV or on standard input; never a whole file at once.

A line that is no good is a failure of its own, named by its number, and the next one is read.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

from extractor import files
from extractor.backlog.packed import Holder, opened
from extractor.backlog.source import Source, printable
from extractor.errors import BrokenDocument, DocumentError, OutsideFolder, ReadTimeout, TooLarge
from extractor.settings import Limits

_PIECE = 1 << 16
_LONGEST_ROW = 1 << 20
"""Bytes of a row of paths, however many lines it takes."""
_ESCAPED = 6
"""Bytes of a character that JSON writes as an escape."""
_BESIDE_THE_TEXT = 1 << 20
"""Bytes. A line is held and parsed in the writer's own process, where fifty megabytes of brackets become a gigabyte."""
_NAP = 0.2
"""Seconds."""


class Stream(Protocol):
    """What standard input is read from: gives what has come, without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """Give up to `size` bytes, and none only at the end."""
        ...


def texts(holder: Holder) -> Iterator[Source]:
    """Give the letters in a file of JSON lines, compressed or not: objects with `text`, and `name` or `id`.

    Raises:
        DocumentError: it cannot be opened or read on. Its libraries raise other errors where it is broken.

    """
    title = printable(os.path.basename(holder.path))  # noqa: PTH119  a name, not a file
    most = _longest_line(holder.limits)
    with opened(holder) as file:
        for number, line in _lines(file, most, _Clock(holder)):
            place = f"{printable(holder.path)}#{number}"
            try:
                name, text = _name_and_text(line, f"{title}#{number}", most)
            except DocumentError as error:
                yield Source(place, error)
            else:
                holder.sound(place)
                yield Source(name or place, text, name or f"{title}#{number}", line=place)


def _longest_line(limits: Limits) -> int:
    """Bytes: of the longest text as JSON may write it, and of what may stand beside it."""
    return min(limits.max_bytes, _ESCAPED * limits.max_characters + _BESIDE_THE_TEXT)


class _Clock:
    """Time since the last letter of a file."""

    def __init__(self, holder: Holder) -> None:
        self._seconds = holder.limits.seconds
        self._beat = holder.beat
        self.restart()

    def restart(self) -> None:
        """Begin anew: a letter has come."""
        self._end = time.monotonic() + self._seconds

    def check(self, line: int) -> None:
        """Raise `ReadTimeout` where no letter comes for too long, or what whoever waits for one says."""
        self._beat()
        if time.monotonic() > self._end:
            raise ReadTimeout(f"takes longer than {self._seconds:g} s to come to a letter, at line {line}")


def _lines(file: io.BufferedReader, most: int, clock: _Clock) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; of one of more than `most` bytes, its beginning."""
    number, mark = 1, codecs.BOM_UTF8
    while piece := file.readline(_PIECE):
        clock.check(number)
        held, size = [piece], len(piece)
        while not piece.endswith(b"\n") and (piece := file.readline(_PIECE)):
            clock.check(number)
            if size <= most:
                held.append(piece)
            size += len(piece)
        line, mark = b"".join(held).removeprefix(mark), b""
        if line.strip():
            yield number, line
            clock.restart()
            number += 1
        else:
            number += 1 + _skip_blank_lines(file)


def _skip_blank_lines(file: io.BufferedReader) -> int:
    """Skip those that are in memory already, and count them: one by one, a hundred million take a minute."""
    ahead = file.peek(1)
    end = ahead.rfind(b"\n", 0, len(ahead) - len(ahead.lstrip())) + 1
    file.read(end)
    return ahead.count(b"\n", 0, end)


def _name_and_text(line: bytes, place: str, most: int) -> tuple[str | None, bytes]:
    """Give the name, where there is one, and the text of one line.

    Raises:
        DocumentError: it holds no text.

    """
    from extractor.documents.tidy import joined_surrogates  # noqa: PLC0415  heavy: only where there is a text

    if len(line.rstrip(b"\r\n")) > most:
        raise TooLarge(f"{place!r} is longer than the limit of {most:,} bytes: check that it is a letter")
    try:
        given: Any = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise BrokenDocument(f"{place!r} is no JSON ({_of_json(error)})") from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise BrokenDocument(f"""{place!r} is no object with a text: write {{"text": "…", "name": "…"}}""")
    name = given.get("name")
    name = given.get("id") if name is None else name
    if isinstance(name, bool) or not isinstance(name, str | int | float | None):
        raise BrokenDocument(f"{place!r} has a name that is neither a text nor a number")
    named = "" if name is None else printable(joined_surrogates(str(name)))
    return named or None, joined_surrogates(given["text"]).encode()


def _of_json(error: Exception) -> str:
    """What is wrong with it and where, in words that are the library's own and not the letter's."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.partition(':')[0]} at character {error.pos + 1:,}"
    return "no UTF-8" if isinstance(error, UnicodeDecodeError) else type(error).__name__


def rows(holder: Holder) -> Iterator[Source]:
    """Give the letters that a CSV names in its column `path`, relative to its folder, and perhaps `name`.

    One that nobody named himself names only what lies in its folder or below.

    Raises:
        DocumentError: it cannot be opened, or is no such CSV.

    """
    folder, title = os.path.split(holder.path)
    below = None if holder.named else files.resolved(folder)
    clock = _Clock(holder)
    with opened(holder) as file:
        lines = _DecodedLines(file)
        reader = csv.reader(lines)
        columns = [column.strip().lower() for column in next(reader, [])]
        if "path" not in columns:
            raise BrokenDocument("has no column 'path': name its columns in the first line")
        while (row := _row(reader)) is not None:
            lines.begin_row()
            clock.check(reader.line_num)
            place, shown = f"{printable(holder.path)}#{reader.line_num}", f"{printable(title)}#{reader.line_num}"
            if isinstance(row, csv.Error):
                source = Source(place, BrokenDocument(f"{shown!r} is no row of a CSV ({row})"))
            else:
                given = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
                if not any(given.values()):
                    continue
                source = _named(given, place, shown, folder, below)
            if not isinstance(source.content, DocumentError):
                holder.sound(place)
            yield source
            clock.restart()


def _named(given: dict[str, str], place: str, shown: str, folder: str, below: str | None) -> Source:
    """The letter that a row names."""
    if not given.get("path"):
        return Source(place, BrokenDocument(f"{shown!r} has no path"))
    absolute = os.path.normpath(os.path.join(folder, given["path"]))  # noqa: PTH118  as in `walk`
    if below is not None and not files.is_below(files.resolved(absolute), below):
        fault = f"{shown!r} names a file outside of its own folder: if you trust the list, name the list itself"
        return Source(place, OutsideFolder(fault))
    name = printable(given.get("name", ""))
    return Source(name or printable(absolute), absolute, name or None, below=below)


def _row(reader: Iterator[list[str]]) -> list[str] | csv.Error | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        return error


class _DecodedLines(Iterator[str]):
    """The lines of a file; a row of several, between quotes, may be no longer than one of a single line."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._encoding = "utf-8-sig"
        self.begin_row()

    def begin_row(self) -> None:
        """Count anew."""
        self._taken = 0

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST_ROW)
        if not line:
            raise StopIteration
        self._taken += len(line)
        if self._taken >= _LONGEST_ROW:
            raise BrokenDocument(f"has a line of {_LONGEST_ROW:,} bytes or more: check that it is a list of paths")
        encoding, self._encoding = self._encoding, "utf-8"
        return line.decode(encoding, "surrogateescape")


def paths(stream: Stream, beat: Callable[[], None] = lambda: None) -> Iterator[str | Source]:
    """Give the paths that a stream lists as they come: one a line or, where it holds a NUL, between NULs.

    What is too long for a path comes as the failure that it is. While nothing comes, `beat` is called.
    """
    held, separator, number, skipping = b"", b"", 1, False
    while piece := _next_piece(stream, beat):
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


def _next_piece(stream: Stream, beat: Callable[[], None]) -> bytes:
    """Wait for it in short naps: Python goes on with a read that a signal interrupts."""
    beat()
    try:
        while not select.select([cast(Any, stream)], [], [], _NAP)[0]:
            beat()
    except (OSError, ValueError, TypeError):
        pass  # nothing of the system's that one could wait for
    return stream.read1(_PIECE)
