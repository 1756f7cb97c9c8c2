"""Letters into tables of letters: what a driver hands out, and what it need not hand out again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from extractor.cluster.files import results
from extractor.cluster.job import LETTERS, RECORD, Job, TableRow, as_failure
from extractor.documents.budget import Budget
from extractor.documents.reading import load
from extractor.endings import FailedLetter, read_one
from extractor.errors import DocumentError

MOST_BYTES = 4_000_000
"""A partition of scans is smaller than one of texts: it passes through the scheduler."""


def read_already(folder: Path, config_sha256: str) -> set[bytes]:
    """Which letters (name and content) have a record of this configuration in these files, each as its `mark`.

    Raises:
        ConfigurationError: a file is broken, or is of something else.

    """
    known: set[bytes] = set()
    for path in sorted(folder.glob("*.parquet")):
        for batch in results(path, ["name", "sha256", "config_sha256", "status"]):
            known.update(
                mark(row["name"], row["sha256"])
                for row in batch.to_pylist()
                if row["status"] == RECORD and row["config_sha256"] == config_sha256
            )
    return known


def mark(name: str, sha256: str) -> bytes:
    """A letter in 16 bytes: two million of them are held at once."""
    return hashlib.blake2b(f"{sha256}{name}".encode("utf-8", "backslashreplace"), digest_size=16).digest()


class FoundLetter(Protocol):
    """What a walk comes across; see `extractor.backlog.source.LetterSource`."""

    @property
    def name(self) -> str:
        """Where it is, for people and the database."""

    @property
    def content(self) -> str | bytes | DocumentError:
        """The path of its file; or its bytes, where it has none of its own; or why there are none."""

    @property
    def title(self) -> str | None:
        """What its document is called; None: as its file."""

    @property
    def below(self) -> str | None:
        """The folder that its file may not lie outside of; None: anywhere."""


@dataclass
class Partitions:
    """Letters as tables of at most `size`, one at a time; what cannot be loaded is put aside."""

    letters: Iterable[FoundLetter]
    job: Job
    known: set[bytes]
    size: int
    found: int = 0
    """Letters met."""
    already: int = 0
    """Of these: those that were read before."""
    failed: list[TableRow] = field(default_factory=list)
    """Results of those that could not be loaded; whoever writes takes them from here."""

    def __iter__(self) -> Iterator[pa.Table]:
        rows: list[TableRow] = []
        held = 0
        for letter in self.letters:
            self.found += 1
            content = read_one(partial(self._load, letter), letter.name, lambda: None)
            if isinstance(content, FailedLetter):
                self.failed.append(as_failure(content, self.job.configuration.sha256))
                continue
            if mark(letter.name, hashlib.sha256(content).hexdigest()) in self.known:
                self.already += 1
                continue
            title = Path(letter.content).name if isinstance(letter.content, str) else letter.title
            rows.append({"name": letter.name, "title": letter.title or title, "content": content})
            held += len(content)
            if len(rows) >= self.size or held >= MOST_BYTES:
                yield pa.Table.from_pylist(rows, schema=LETTERS)
                rows, held = [], 0
        if rows:
            yield pa.Table.from_pylist(rows, schema=LETTERS)

    def _load(self, letter: FoundLetter) -> bytes:
        """Give its bytes. Raises the DocumentError of one that is too large, no file, or may not be read."""
        if isinstance(letter.content, bytes):
            return letter.content
        if isinstance(letter.content, DocumentError):
            raise letter.content
        budget = Budget.start(letter.title or Path(letter.content).name, self.job.limits)
        return load(Path(letter.content), budget, letter.below)
