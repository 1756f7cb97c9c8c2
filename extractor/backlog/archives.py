"""Letters in ZIP and tar archives, one member after another, in memory and never on disk.

Archives come from anywhere, so nothing that one says of itself is believed: members are read up to the limit of a
letter and no further, headers may take a megabyte, and each member has as long as a letter has. A member's name is only
a name. What is no regular file (a folder, link, device) is left out, and what is hidden, as in a folder. No member is
opened as an archive of its own.
"""

from __future__ import annotations

import io
import itertools
import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterator
from typing import IO, Self, cast

from extractor import files
from extractor.backlog.folders import is_junk
from extractor.backlog.packed import Holder, opened
from extractor.backlog.source import LetterSource, printable
from extractor.errors import (
    BrokenDocument,
    DocumentError,
    EncryptedDocument,
    ReadTimeout,
    TooLarge,
    UnsupportedType,
)
from extractor.settings import Limits

_HEADERS = 1 << 20
"""Bytes that what stands between two members may take: names, attributes, padding."""
_BUFFER = 1 << 16
_LOCAL_HEADER = 30
"""Bytes of a ZIP member's own header, without its name."""
_ENCRYPTED = 0x1
_LISTS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".csv", ".tsv", ".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz")
_UTF8 = 0x800
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What is unpacked within bounds. `zipfile` unpacks a block of the others in one go, whatever comes out of it."""


def zip_members(holder: Holder) -> Iterator[LetterSource]:
    """Give the letters in a ZIP archive; a member that cannot be had comes as its error.

    Raises:
        DocumentError: it cannot be opened. Its libraries raise other errors where it is broken.

    """
    # Never unpacked first: its directory is at the end, and a bomb would have to be gone through to get there.
    with files.opened(holder.path, holder.below) as file, zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        overlapping = _overlapping(members)
        for info in members:
            holder.beat()
            kind = stat.S_IFMT(info.external_attr >> 16)
            name = _zip_name(info)
            if info.is_dir() or kind not in {0, stat.S_IFREG} or _hidden(name):
                continue
            content = _list(name) or _zip_content(archive, info, holder.limits, id(info) in overlapping)
            yield _source(holder.path, name, content)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name. Many programs write it in UTF-8 and leave the flag unset that says so."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        # As `zipfile` takes it for CP437; other text in that hardly ever happens to be UTF-8.
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _overlapping(members: list[zipfile.ZipInfo]) -> set[int]:
    """Which members (`id`) reach into the next one: so a few bytes can be made to unpack again and again."""
    ordered = sorted(members, key=lambda info: info.header_offset)
    return {
        id(info)
        for info, following in itertools.pairwise(ordered)
        if info.header_offset + _LOCAL_HEADER + info.compress_size > following.header_offset
    }


def _zip_content(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits, overlaps: bool
) -> bytes | DocumentError:
    name = printable(_zip_name(info))
    if info.flag_bits & _ENCRYPTED:
        return EncryptedDocument(f"{name!r} needs a password: make the archive without one")
    if info.compress_type not in _METHODS:
        return UnsupportedType(f"{name!r} is packed by method {info.compress_type}: make the archive with deflate")
    if overlaps:
        return BrokenDocument(f"{name!r} overlaps with the next member: make the archive anew")
    if info.file_size > limits.max_bytes:
        return _too_large(name, limits)
    try:
        with archive.open(info) as file:
            content = file.read(limits.max_bytes + 1)
    except Exception as error:  # noqa: BLE001  `zipfile` and `zlib` fail on bad content in more ways than they document
        return BrokenDocument(f"{name!r} cannot be unpacked ({type(error).__name__}): make the archive anew")
    return content if len(content) <= limits.max_bytes else _too_large(name, limits)


def tar_members(holder: Holder) -> Iterator[LetterSource]:
    """Give the letters in a tar archive, compressed or not; a member that cannot be had comes as its error.

    Raises:
        DocumentError: it cannot be opened or read on. Its libraries raise other errors where it is broken.

    """
    with opened(holder) as file:
        stream = _Bounded(file, holder)
        with tarfile.open(
            mode="r|", fileobj=cast(IO[bytes], stream), bufsize=_BUFFER, tarinfo=_TarHeader, errors="surrogateescape"
        ) as archive:
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined] # or tarfile would remember them all
                stream.allow(archive.offset)
                if info.isreg() and not _hidden(info.name):
                    content = _list(info.name) or _tar_content(archive, info, holder.limits)
                    yield _source(holder.path, info.name, content)
                    stream.allow(archive.offset)
            stream.ended = True
            while rest := archive.fileobj.read(_BUFFER):
                if rest.strip(b"\0"):
                    raise BrokenDocument("goes on behind its end mark: unpack it by hand to see what is there")


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo, limits: Limits) -> bytes | DocumentError:
    name = printable(info.name)
    if info.issparse():  # holes take no room in the archive
        return UnsupportedType(f"{name!r} is a sparse file: make the archive without --sparse")
    if info.size > limits.max_bytes:
        return _too_large(name, limits)
    file = archive.extractfile(info)
    return file.read(info.size) if file is not None else b""


class _TarHeader(tarfile.TarInfo):
    """As tarfile's own; but what is no header is an error here, and not the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError:
            if any(buf):
                raise BrokenDocument("has no header where one must stand: fetch it again") from None
            raise  # a block of zeros: the end mark


class _Bounded(io.RawIOBase):
    """What tarfile reads from: refuses to go on where an archive would take memory or time without end."""

    def __init__(self, file: io.BufferedReader, holder: Holder) -> None:
        self._file = file
        self._seconds = holder.limits.seconds
        self._beat = holder.beat
        self._position = 0
        self.ended = False
        """Whether the end mark was met: without it, there must be more to read."""
        self.allow(0)

    def allow(self, end: int) -> None:
        """Let it be read up to `end` and over the next headers; from now on, time is running."""
        self._end = end + _HEADERS
        self._deadline = time.monotonic() + self._seconds

    def read(self, size: int = -1, /) -> bytes:
        self._beat()
        if self._position > self._end:
            raise TooLarge("has more than letters in it: what stands between two members is too long")
        if time.monotonic() > self._deadline:
            raise ReadTimeout(f"takes longer than {self._seconds:g} s for one member")
        data = self._file.read1(size)  # what there is: a fault further on must not take it along
        if not data and not self.ended:
            raise BrokenDocument("ends before its end mark: it may be cut short, fetch it again")
        self._position += len(data)
        return data


def _source(path: str, member: str, content: bytes | DocumentError) -> LetterSource:
    name = printable(member)
    return LetterSource(f"{printable(path)}!{name}", content, f"{printable(os.path.basename(path))}!{name}")  # noqa: PTH119


def _too_large(name: str, limits: Limits) -> TooLarge:
    return TooLarge(
        f"{name!r} unpacks to more than the limit of {limits.max_bytes:,} bytes: "
        "check that it is a letter, or raise Limits.max_bytes"
    )


def _list(member: str) -> UnsupportedType | None:
    """Why a member that holds letters, or names them, is not read."""
    if not member.lower().endswith(_LISTS):
        return None
    return UnsupportedType(
        f"{printable(member)!r} is a list or an archive in an archive: unpack it, and name it itself"
    )


def _hidden(member: str) -> bool:
    """Whether it is left out by its name, as in a folder."""
    *folders, name = member.split("/")
    return any(part.startswith(".") and part not in {".", ".."} for part in (*folders, name)) or (
        is_junk(name) or any(map(is_junk, folders))
    )
