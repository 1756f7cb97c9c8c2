"""One letter of a backlog before it is read: where it lies, what it holds, or why it cannot be had."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from extractor import files
from extractor.errors import DocumentError
from extractor.store import Stamp

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.settings import Limits

_SETTLED_NS = 2_000_000_000
_LARGEST = 2**63 - 1
"""Integer of a database."""
_PIECE = 1 << 18
_LONGEST_NAME = 4096
"""Characters. As long as a path may be; archives can hold names of megabytes."""


@dataclass(frozen=True, slots=True)
class LetterSource:
    """A letter that a walk came across."""

    name: str
    """Where it is, for people and the database: a path, `archive.zip!member`, `file.jsonl#LINE`, or a name given."""
    content: str | bytes | DocumentError
    """The path of its file; or its bytes, where it has none of its own; or why there are none."""
    title: str | None = None
    """What its document is called; None: as its file."""
    line: str | None = None
    """`file.jsonl#LINE`, for a letter that stands there under a name of its own."""
    below: str | None = None
    """The folder that its file may not lie outside of, all links followed; None: whoever named it may name any."""

    @property
    def place(self) -> str:
        """Where it lies, whatever it is called: no two letters share it."""
        if self.title is not None and isinstance(self.content, str):
            return printable(self.content)
        return self.line or self.name

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return len(self.content) if isinstance(self.content, bytes) else 0

    def document(self, limits: Limits) -> Document:
        """Read it.

        Raises:
            DocumentError: it cannot be read.

        """
        from extractor.documents import read_document  # noqa: PLC0415  heavy: only where letters are read

        if isinstance(self.content, DocumentError):
            raise self.content
        content = Path(self.content) if isinstance(self.content, str) else self.content
        return read_document(content, name=self.title, limits=limits, below=self.below)

    def stamp(self) -> Stamp | None:
        """How its file looks; None where it has none of its own, or one that may still be written to.

        Nor is a file known that goes by another name than its path, for others may go by the same.
        A file that was changed less than two seconds ago could be changed once more with the same times on file systems
        that count in seconds, so it is not known again by them.
        """
        if not isinstance(self.content, str) or self.name != self.content:
            return None
        try:
            looks = os.stat(self.content)  # noqa: PTH116  a Path for each of a million costs more than the question
        except (OSError, ValueError):
            return None
        settled = max(looks.st_mtime_ns, looks.st_ctime_ns) < time.time_ns() - _SETTLED_NS
        if not stat.S_ISREG(looks.st_mode) or not settled:
            return None
        return Stamp(looks.st_size, looks.st_mtime_ns, looks.st_ctime_ns, looks.st_ino & _LARGEST)

    def digest(self, max_bytes: int) -> str | None:
        """SHA-256 of its bytes; None where they are more than `max_bytes`, no regular file, or cannot be read."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        if isinstance(self.content, DocumentError):
            return None
        try:
            with files.opened(self.content, self.below) as file:
                if os.fstat(file.fileno()).st_size > max_bytes:
                    return None
                return _digest(file, max_bytes)
        except (DocumentError, OSError):
            return None

    def head(self, count: int) -> bytes:
        """The first bytes; none where it cannot be read, for reading it will show why."""
        if isinstance(self.content, bytes):
            return self.content[:count]
        if isinstance(self.content, DocumentError):
            return b""
        try:
            with files.opened(self.content, self.below) as file:
                return file.read(count)
        except (DocumentError, OSError):
            return b""


def _digest(file: BinaryIO, most: int) -> str | None:
    """Of all that comes, whatever its size was said to be; None where that is more than `most` bytes."""
    digest = hashlib.sha256()
    while most >= 0 and (piece := file.read(_PIECE)):
        digest.update(piece)
        most -= len(piece)
    return digest.hexdigest() if most >= 0 else None


def printable(text: str) -> str:
    """Give a path or name as text of bearable length; bytes that are no UTF-8 become escapes: databases keep text."""
    if not text.isascii():
        try:
            raw = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half of a surrogate pair that stands for no byte
            raw = text.encode("utf-8", "surrogatepass")
        text = raw.decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
