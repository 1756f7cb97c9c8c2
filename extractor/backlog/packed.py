"""Files that may be compressed, read piece by piece: what unpacks to a thousand times its size costs no more memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from extractor.errors import DocumentError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"
_XZ_MEMORY = 128 << 20
"""Bytes. `xz -9` needs 65 MB to unpack; a hostile file can ask for 4 GB."""
_PIECE = 1 << 16


@contextmanager
def opened(path: str) -> Iterator[io.BufferedReader]:
    """Open a file to read what it holds, unpacked where it is compressed (told by how it begins).

    Raises:
        DocumentError: it cannot be opened. What goes wrong later, its libraries raise as they please.

    """
    try:
        raw = Path(path).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise DocumentError(f"cannot be read ({error.strerror}): check its permissions") from error
    with raw:
        head = raw.peek(len(_XZ))
        if head.startswith(_GZIP):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(io.BufferedReader, unpacked)
        elif head.startswith(_BZIP2):
            with bz2.BZ2File(raw) as file:
                yield cast(io.BufferedReader, file)
        elif head.startswith(_XZ):
            with io.BufferedReader(_Xz(raw)) as buffered:
                yield cast(io.BufferedReader, buffered)
        else:
            yield raw


class _Xz(io.RawIOBase):
    """As `lzma.LZMAFile`, which cannot be told how much memory it may take."""

    def __init__(self, file: io.BufferedReader) -> None:
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
