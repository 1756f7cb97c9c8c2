"""Files that may be compressed, read piece by piece: what unpacks to a thousand times its size costs no more memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from extractor import files
from extractor.settings import Limits

if TYPE_CHECKING:
    from typing_extensions import Buffer

_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"
_XZ_MEMORY = 128 << 20
"""Bytes. `xz -9` needs 65 MB to unpack; a hostile file can ask for 4 GB."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Holder:
    """A file that holds letters, and how it is to be opened."""

    path: str
    limits: Limits
    """Of one letter."""
    named: bool = True
    """Whether a person named it; else it was only met, and leads no further than its own folder."""
    below: str | None = None
    """The folder that it may not lie outside of, all links followed; None: anywhere."""
    sound: Callable[[str], None] = lambda _: None
    """Called with names under which there is nothing wrong."""
    beat: Callable[[], None] = lambda: None
    """Called again and again while no letter comes; raises what ends the reading of this file."""


@contextmanager
def opened(holder: Holder) -> Iterator[io.BufferedReader]:
    """Open a file to read what it holds, unpacked where it is compressed (which shows in its first bytes).

    Raises:
        DocumentError: it cannot be opened. What goes wrong later, its libraries raise as they please.

    """
    with files.opened(holder.path, holder.below) as raw:
        head = raw.peek(len(_XZ))
        beating = _Beating(raw, holder.beat)
        if head.startswith(_GZIP):
            with gzip.GzipFile(fileobj=beating) as unpacked:
                yield cast(io.BufferedReader, unpacked)
        elif head.startswith(_BZIP2):
            with bz2.BZ2File(beating) as file:
                yield cast(io.BufferedReader, file)
        elif head.startswith(_XZ):
            with io.BufferedReader(_Xz(beating)) as buffered:
                yield cast(io.BufferedReader, buffered)
        else:
            yield raw


class _Beating(io.RawIOBase):
    """What is unpacked: the libraries go through what unpacks to nothing (streams without content) on their own."""

    def __init__(self, file: io.BufferedReader, beat: Callable[[], None]) -> None:
        self._file = file
        self._beat = beat

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self._beat()
        return self._file.read(size)


class _Xz(io.RawIOBase):
    """As `lzma.LZMAFile`, which takes no limit of memory."""

    def __init__(self, file: _Beating) -> None:
        self._file = file
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = b""
        while not data:
            if self._stream.eof:  # several may stand one behind another, padded with zeros
                rest = self._stream.unused_data
                while not (rest := rest.lstrip(b"\0")):
                    if not (rest := self._file.read(_PIECE)):
                        return 0
                self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
                data = self._stream.decompress(rest, len(view))
                continue
            fed = self._file.read(_PIECE) if self._stream.needs_input else b""
            if not fed and self._stream.needs_input:
                raise EOFError("the compressed data end before their end mark")
            data = self._stream.decompress(fed, len(view))
        view[: len(data)] = data
        return len(data)
