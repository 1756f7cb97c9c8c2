"""What runs in a worker process: read some letters, and turn each into rows or a typed refusal."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from extractor.backlog.source import Source
from extractor.children import bound_memory
from extractor.errors import DocumentError, OutOfMemory, defect
from extractor.settings import Limits
from extractor.store.rows import Prepared, prepare
from extractor.store.writer import Refused

if TYPE_CHECKING:
    from extractor.configuration import Configuration
    from extractor.documents import Document
    from extractor.records import Record

Reader = Callable[[Source, "Configuration", Limits], "tuple[Document, Record]"]
"""Reads one letter. Workers are separate processes, so it must be a function that they can import by name."""

Ended = Prepared | Refused
"""How one letter ended."""

INTERNAL = "internal"
"""Failure class of an error that nobody raised on purpose: a defect of ours, filed and not fatal to the others."""

PAUSE_SECONDS = 1.0
"""A chunk that has taken this long returns what it has, so that few letters are lost when the next one hangs."""

_job: list[tuple[Reader, Configuration, Limits]] = []


def read_letter(source: Source, configuration: Configuration, limits: Limits) -> tuple[Document, Record]:
    """Read one letter with the real reader."""
    from extractor.reading import read  # noqa: PLC0415  loaded in workers only, once

    document = source.document(limits)
    return document, read(document, configuration, limits=limits)


def start(reader: Reader, configuration: Configuration, limits: Limits) -> None:
    """Set the process up: what stays the same for all letters is sent once, and heavy imports are paid here.

    Nothing is raised: a pool whose workers fail at their start would only start others.
    """
    if reader is read_letter:
        import extractor.documents  # noqa: PLC0415
        import extractor.reading  # noqa: F401, PLC0415
    _job[:] = [(reader, configuration, limits)]
    bound_memory(limits.max_memory)
    gc.freeze()  # what is loaded now lives as long as the process: the collector need not walk it again


def read_chunk(letters: Sequence[Source]) -> list[Ended]:
    """Read letters in order; fewer results than letters when the pause came first.

    Never raises for a letter: what it raises is about the process itself.
    """
    started = time.monotonic()
    ended: list[Ended] = []
    for source in letters:
        ended.append(_read_one(source))
        if time.monotonic() - started > PAUSE_SECONDS:
            break
    return ended


def _read_one(source: Source) -> Ended:
    ((reader, configuration, limits),) = _job
    try:
        document, record = reader(source, configuration, limits)
        return prepare(record, document, name=source.name)
    except DocumentError as error:
        failure_class, message = error.failure_class, str(error)
    except MemoryError:
        failure_class, message = OutOfMemory.failure_class, ""
    except Exception as error:  # noqa: BLE001  one letter's defect must not end the others; it is filed with its kind
        failure_class, message = INTERNAL, defect(error)
    if failure_class == OutOfMemory.failure_class:
        message = too_much_memory(limits)
    return Refused(source.name, source.digest(limits.max_bytes), failure_class, message)


def too_much_memory(limits: Limits) -> str:
    """What is told of a letter that was refused memory, alone in its process."""
    return (
        f"reading it needs more than the limit of {limits.max_memory:,} bytes of memory: "
        "check that it is a letter, or raise --max-memory"
    )
