"""Letters in files of lines: texts as JSON lines, and paths in a CSV or on standard input; never a whole file at once.

A line that is no good is a failure of its own, named by its number, and the next one is read.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import json
import os
import re
import select
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

from extractor import files
from extractor.backlog.packed import Holder, opened
from extractor.backlog.source import LetterSource, printable
from extractor.errors import BrokenDocument, DocumentError, OutsideFolder, ReadTimeout, TooLarge
from extractor.settings import Limits

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PIECE = 1 << 16
_LONGEST_ROW = 1 << 20
"""Bytes of a row of paths."""
_ESCAPED = 6
"""Bytes of a character that JSON writes as an escape."""
_BESIDE_THE_TEXT = 1 << 20
"""Bytes. A line is held and parsed in the writer's own process, where fifty megabytes of brackets become a gigabyte."""
_NAP = 0.2
"""Seconds."""
LONGEST_NAME = 255
"""Characters of a name that is told: as many as file systems allow. What is longer is no name but a text."""
STDIN_NAME = "stdin"
_SEPARATORS = (",", ";", "\t", "|")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OF_A_FILE = re.compile(
    r"^\S*\.(?:pdf|txt|text|html?|docx?|rtf|md|eml|zip|tar|t?gz|bz2|xz|jsonl|ndjson|csv|db(?:-wal|-shm|-journal)?)$"
)
"""Names that a missing file may have; a letter's own lines end otherwise."""


class Stream(Protocol):
    """What standard input is read from: gives what has come, without waiting for more."""

    def read1(self, size: int = ..., /) -> bytes:
        """Give up to `size` bytes, and none only at the end."""
        ...


def texts(holder: Holder) -> Iterator[LetterSource]:
    """Give the letters in a file of JSON lines, compressed or not: objects with `text`, and `name` or `id`.

    Raises:
        DocumentError: it cannot be opened or read on. Its libraries raise other errors where it is broken.

    """
    with opened(holder) as file:
        yield from _until_hopeless(_texts(recoded(file), holder))


def texts_on_stdin(stream: Stream, limits: Limits, beat: Callable[[], None] = lambda: None) -> Iterator[LetterSource]:
    """Give the letters in JSON lines as they come on a stream; see `texts`. While nothing comes, `beat` is called."""
    holder = Holder(STDIN_NAME, limits, beat=beat)
    yield from _until_hopeless(_texts(recoded(io.BufferedReader(_Arriving(stream, beat))), holder))


class _Arriving(io.RawIOBase):
    """What comes on a stream, waited for in a way that can be ended."""

    def __init__(self, stream: Stream, beat: Callable[[], None]) -> None:
        self._stream = stream
        self._beat = beat
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        self._held = self._held or _next_piece(self._stream, self._beat)
        taken, self._held = self._held[: len(view)], self._held[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


def _texts(file: io.BufferedReader, holder: Holder) -> Iterator[LetterSource]:
    title = printable(os.path.basename(holder.path))  # noqa: PTH119  a name, not a file
    most = _longest_line(holder.limits)
    for number, line in _lines(file, most, _Clock(holder)):
        place = f"{printable(holder.path)}#{number}"
        try:
            name, text = _name_and_text(line, f"{title}#{number}", most)
        except DocumentError as error:
            yield LetterSource(place, error)
        else:
            holder.sound(place)
            yield LetterSource(name or place, text, name or f"{title}#{number}", line=place)


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
    if len(named) > LONGEST_NAME:
        raise BrokenDocument(f"{place!r} has a name of more than {LONGEST_NAME} characters: is it the text?")
    return named or None, joined_surrogates(given["text"]).encode()


def _of_json(error: Exception) -> str:
    """What is wrong with it and where, in words that are the library's own and not the letter's."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.partition(':')[0]} at character {error.pos + 1:,}"
    return "no UTF-8" if isinstance(error, UnicodeDecodeError) else type(error).__name__


_MOST_BAD_LINES = 10_000
"""In a row. Each is a failure that is kept: a few kilobytes of packed rubble must not fill the database."""


def _until_hopeless(sources: Iterator[LetterSource]) -> Iterator[LetterSource]:
    """Give them, and give the file up where so many lines in a row are no letters.

    Raises:
        BrokenDocument: they were.

    """
    bad = 0
    for source in sources:
        bad = bad + 1 if isinstance(source.content, DocumentError) else 0
        yield source
        if bad == _MOST_BAD_LINES:
            last = source.name.rpartition("#")[2]
            raise BrokenDocument(f"{bad:,} lines in a row are no letters, up to line {last}: the rest was not read")


def rows(holder: Holder) -> Iterator[LetterSource]:
    """Give the letters that a CSV names in its column `path`, relative to its folder, and perhaps `name`.

    One that nobody named himself names only what lies in its folder or below.

    Raises:
        DocumentError: it cannot be opened, or is no such CSV, or is given up.

    """
    yield from _until_hopeless(_rows(holder))


def _rows(holder: Holder) -> Iterator[LetterSource]:
    folder, title = os.path.split(holder.path)
    below = None if holder.named else files.resolved(folder)
    clock = _Clock(holder)
    with opened(holder) as file:
        lines = _rows_of(recoded(file))
        columns, separator, before = _heading(lines)
        for number, line in enumerate(lines, before + 1):
            clock.check(number)
            place, shown = f"{printable(holder.path)}#{number}", f"{printable(title)}#{number}"
            try:
                row = _cells(line, separator)
            except csv.Error as error:
                source = LetterSource(place, BrokenDocument(f"{shown!r} is no row of a CSV ({_of_csv(error)})"))
            else:
                given = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
                if not any(given.values()):
                    continue
                source = _named(given, place, shown, folder, below)
            if not isinstance(source.content, DocumentError):
                holder.sound(place)
            yield source
            clock.restart()


def _heading(lines: Iterator[str]) -> tuple[list[str], str, int]:
    """The columns, the mark that parts them, and the number of the line that names them."""
    first, number = next(lines, ""), 1
    separators: tuple[str, ...] = _SEPARATORS
    if first.lower().startswith("sep=") and len(first) == len("sep=") + 1:  # as spreadsheets write it
        separators, first, number = (first[-1],), next(lines, ""), 2
    for separator in separators:
        with contextlib.suppress(csv.Error):
            columns = [column.strip().lower() for column in _cells(first, separator)]
            if "path" in columns:
                return columns, separator, number
    raise BrokenDocument("has no column 'path': name its columns in the first line, parted by , ; tab or |")


def _cells(line: str, separator: str) -> list[str]:
    """The cells of one line: no path goes over two, so a quote that is not closed takes no other line with it."""
    return next(csv.reader([line], delimiter=separator, strict=True), [])


def _of_csv(error: csv.Error) -> str:
    """What is wrong, in words that quote nothing."""
    return "a quote is not closed" if "unexpected end" in str(error) else str(error)


def _rows_of(file: io.BufferedReader) -> Iterator[str]:
    """The lines of a list of paths."""
    encoding = "utf-8-sig"
    while line := file.readline(_LONGEST_ROW):
        if len(line) >= _LONGEST_ROW:
            raise BrokenDocument(f"has a line of {_LONGEST_ROW:,} bytes or more: check that it is a list of paths")
        yield line.decode(encoding, "surrogateescape").rstrip("\r\n")
        encoding = "utf-8"


def _named(given: dict[str, str], place: str, shown: str, folder: str, below: str | None) -> LetterSource:
    """The letter that a row names."""
    if not given.get("path"):
        return LetterSource(place, BrokenDocument(f"{shown!r} has no path"))
    absolute = os.path.normpath(os.path.join(folder, given["path"]))  # noqa: PTH118  as in `walk`
    if below is not None and not files.is_below(files.resolved(absolute), below):
        fault = f"{shown!r} names a file outside of its own folder: if you trust the list, name the list itself"
        return LetterSource(place, OutsideFolder(fault))
    name = printable(given.get("name", ""))
    if len(name) > LONGEST_NAME:
        return LetterSource(place, BrokenDocument(f"{shown!r} has a name of more than {LONGEST_NAME} characters"))
    return LetterSource(name or printable(absolute), absolute, name or None, below=below)


def recoded(file: io.BufferedReader) -> io.BufferedReader:
    """The same as UTF-8, where its first bytes say that it is UTF-16, as some shells and spreadsheets write it."""
    return io.BufferedReader(_Recoded(file)) if file.peek(2)[:2] in _UTF_16 else file


class _Recoded(io.RawIOBase):
    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._held:
            piece = self._file.read1(_PIECE)
            self._held = self._decoder.decode(piece, final=not piece).encode("utf-8", "surrogatepass")
            if not piece:
                break
        taken, self._held = self._held[: len(view)], self._held[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


def paths(stream: Stream, beat: Callable[[], None] = lambda: None) -> Iterator[str | LetterSource]:
    """Give the paths that a stream lists as they come: one a line or, where it holds a NUL, between NULs.

    What is no path comes as the failure that it is, and nothing is told of it but its number: whole letters are sent
    here by mistake. While nothing comes, `beat` is called.
    """
    held, separator, number, skipping = b"", b"", 1, False
    pieces = _as_utf8(iter(lambda: _next_piece(stream, beat), b""))
    for piece in pieces:
        held += piece
        separator = separator or next((mark for mark in (b"\0", b"\n") if mark in held), b"")
        *whole, held = held.split(separator) if separator else [held]
        for entry in whole:
            if not skipping and entry.strip():
                yield _entry(entry.removesuffix(b"\r"), number)
            number, skipping = number + 1, False
        if len(held) > _PIECE:
            if not skipping:
                yield _no_path(number)
            held, skipping = b"", True
    if held.strip() and not skipping:
        yield _entry(held, number)


def _as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Bytes as they come; without a mark in front, and from UTF-16 where that is what the mark says."""
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= len(codecs.BOM_UTF8):
            break
    if first[:2] not in _UTF_16:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for piece in itertools.chain([first], pieces):
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")


def _entry(entry: bytes, number: int) -> str | LetterSource:
    """A line as a path. What names no file is shown only if it looks like the name of one."""
    path = os.fsdecode(entry)
    try:
        there = os.path.lexists(path)
    except ValueError:
        there = False
    looks_so = len(path) <= LONGEST_NAME and _OF_A_FILE.search(path.lower()) is not None
    return path if there or looks_so else _no_path(number)


def _no_path(number: int) -> LetterSource:
    fault = "names no file: one path a line is read here, and letters in JSON lines with --jsonl"
    return LetterSource(f"{STDIN_NAME}#{number}", BrokenDocument(f"'{STDIN_NAME}#{number}' {fault}"))


def _next_piece(stream: Stream, beat: Callable[[], None]) -> bytes:
    """Wait for it in short naps: Python goes on with a read that a signal interrupts."""
    beat()
    try:
        while not select.select([cast(Any, stream)], [], [], _NAP)[0]:
            beat()
    except (OSError, ValueError, TypeError):
        pass  # nothing of the system's that one could wait for
    return stream.read1(_PIECE)
