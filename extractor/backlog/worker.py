"""What runs in a worker process: read some letters, and turn each into rows or a failure."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from extractor.backlog.pool import Ended
from extractor.backlog.source import LetterSource
from extractor.endings import FailedLetter, read_one
from extractor.errors import OutOfMemory, SeveralLetters
from extractor.processes.memory import bound_memory
from extractor.settings import Limits
from extractor.store.rows import Prepared, prepare, together

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.reading.configuration import Configuration
    from extractor.records.record import Record

LetterReader = Callable[[LetterSource, "Configuration", Limits], "tuple[Document, Record]"]
"""Reads one letter. Workers are separate processes, so it must be a function that they can import by name."""

PAUSE_SECONDS = 1.0
"""A chunk that has taken this long returns what it has, so that few letters are lost when the next one hangs."""

_job: list[tuple[LetterReader, Configuration, Limits]] = []


def read_letter(source: LetterSource, configuration: Configuration, limits: Limits) -> tuple[Document, Record]:
    """Read one letter with the real reader."""
    from extractor.reading.letter import read  # noqa: PLC0415  loaded in workers only, once

    document = source.document(limits)
    return document, read(document, configuration, limits=limits)


def start(reader: LetterReader, configuration: Configuration, limits: Limits) -> None:
    """Set the process up: what stays the same for all letters is sent once, and heavy imports are paid here.

    Nothing is raised: a pool whose workers fail at their start would only start others.
    """
    if reader is read_letter:
        import extractor.documents  # noqa: PLC0415
        import extractor.reading.letter  # noqa: F401, PLC0415
    _job[:] = [(reader, configuration, limits)]
    bound_memory(limits.max_memory)
    gc.freeze()  # what is loaded now lives as long as the process: the collector need not walk it again


def read_chunk(letters: Sequence[LetterSource]) -> list[Ended]:
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


def _read_one(source: LetterSource) -> Ended:
    ((_, _, limits),) = _job
    ended = read_one(partial(_rows_of, source), source.name, partial(source.digest, limits.max_bytes))
    if isinstance(ended, FailedLetter) and ended.failure_class == OutOfMemory.failure_class:
        return replace(ended, message=too_much_memory(limits))
    return ended


def _rows_of(source: LetterSource) -> Prepared:
    ((reader, configuration, limits),) = _job
    try:
        document, record = reader(source, configuration, limits)
    except SeveralLetters as several:
        from extractor.reading.letter import read  # noqa: PLC0415

        read_each = [(read(letter, configuration, limits=limits), letter) for letter in several.letters]
        return together([prepare(record, letter, name=source.name) for record, letter in read_each])
    return prepare(record, document, name=source.name)


def too_much_memory(limits: Limits) -> str:
    """What is said of a letter that was refused memory, alone in its process."""
    return (
        f"reading it needs more than the limit of {limits.max_memory:,} bytes of memory: "
        "check that it is a letter, or raise --max-memory"
    )
