"""What runs in a worker process: read some letters, and turn each into rows or a typed refusal."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.errors import DocumentError
from extractor.settings import Limits
from extractor.store.rows import Prepared, prepare
from extractor.store.writer import Refused

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.pipeline import Configuration
    from extractor.records import Record

Reader = Callable[[Path, "Configuration", Limits], "tuple[Document, Record]"]
"""Reads one file. Workers are separate processes, so it must be a function that they can import by name."""

Ended = Prepared | Refused
"""How one letter ended."""

INTERNAL = "internal"
"""Failure class of an error that nobody raised on purpose: a defect of ours, filed and not fatal to the others."""

PAUSE_SECONDS = 1.0
"""A chunk that has taken this long returns what it has, so that few letters are lost when the next one hangs."""

_job: list[tuple[Reader, Configuration, Limits]] = []


def read_letter(path: Path, configuration: Configuration, limits: Limits) -> tuple[Document, Record]:
    """Read one file with the real pipeline."""
    from extractor.documents import read_document  # noqa: PLC0415  loaded in workers only, once
    from extractor.pipeline import read  # noqa: PLC0415

    document = read_document(path, limits=limits)
    return document, read(document, configuration)


def start(reader: Reader, configuration: Configuration, limits: Limits) -> None:
    """Set the process up: what stays the same for all letters is sent once, and heavy imports are paid here."""
    if reader is read_letter:
        import extractor.documents  # noqa: PLC0415
        import extractor.pipeline  # noqa: F401, PLC0415
    _job[:] = [(reader, configuration, limits)]
    gc.freeze()  # what is loaded now lives as long as the process: the collector need not walk it again


def read_chunk(letters: Sequence[tuple[str, str]]) -> list[Ended]:
    """Read letters (path, name) in order; fewer results than letters when the pause came first.

    Never raises for a letter: what it raises is about the process itself.
    """
    started = time.monotonic()
    ended: list[Ended] = []
    for path, name in letters:
        ended.append(_read_one(path, name))
        if time.monotonic() - started > PAUSE_SECONDS:
            break
    return ended


def _read_one(path: str, name: str) -> Ended:
    ((reader, configuration, limits),) = _job
    try:
        document, record = reader(Path(path), configuration, limits)
        return prepare(record, document, name=name)
    except DocumentError as error:
        return Refused(name, digest(path, limits.max_bytes), error.failure_class, str(error))
    except Exception as error:  # noqa: BLE001  one letter's defect must not end the others; it is filed with its kind
        return Refused(name, digest(path, limits.max_bytes), INTERNAL, f"{type(error).__name__}: {error}")


def digest(path: str, max_bytes: int) -> str | None:
    """SHA-256 of a file's bytes; None where it is larger than `max_bytes`, is no regular file or cannot be read."""
    try:
        file_path = Path(path)
        if not file_path.is_file() or file_path.stat().st_size > max_bytes:
            return None
        with file_path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
