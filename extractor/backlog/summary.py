"""What became of the letters of a run: counted as they end, and given as a `RunSummary`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.endings import Ends, FailedLetter

if TYPE_CHECKING:
    from extractor.backlog.pool import Requests

_OF_A_RUN = ("found", "extracted", "already", "renamed", "made_current", "failed", "other_kinds", "remaining")
"""Counts that the table of runs keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(Ends):
    """What became of the files of one run, so far or in the end.

    `already` are files whose content had a record of this configuration, under this name.
    """

    run_id: int
    extracted: int = 0
    """New records."""
    renamed: int = 0
    """Files whose content had one under another name; the name was added and nothing was read."""
    made_current: int = 0
    """Records of this configuration that another had superseded, and that count again. None of them was read."""
    remaining: int = 0
    """Files not looked at, because the run was asked to stop; what was left of an archive or a list counts as one."""
    flagged: int = 0
    """New records with at least one flag."""
    interrupted: bool = False
    requests: int = 0
    """Replies that a model gave, and what they used."""
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    dollars: float | None = None
    """None without a price."""

    @property
    def ended(self) -> int:
        """Files that are dealt with."""
        return self.extracted + self.already + self.renamed + self.failed + self.other_kinds

    @property
    def rate(self) -> float | None:
        """Letters read (not skipped) a second; None where none was."""
        read = self.extracted + self.failed + self.other_kinds
        return read / self.seconds if read and self.seconds else None


class Tally:
    """Counts the letters of one run. What the database then refuses to save is uncounted again."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.requests: Requests | None = None
        """What its letters ask of a model, if they do."""
        self.interrupted = False
        self.count: Counter[str] = Counter()
        """By the names of `RunSummary`'s fields."""
        self._started = time.monotonic()
        self._failures: Counter[str] = Counter()
        self._kept = self.count.copy(), self._failures.copy()
        """What the database is known to hold."""

    def failed(self, letters: Iterable[FailedLetter]) -> None:
        """Count failures."""
        for letter in letters:
            self.count["other_kinds" if letter.is_other_kind else "failed"] += 1
            self._failures[letter.failure_class] += 1

    def keep(self) -> None:
        """All that is counted has been saved."""
        self._kept = self.count.copy(), self._failures.copy()

    def undo(self) -> None:
        """Nothing was saved of what was counted since."""
        self.count, self._failures = self._kept

    @property
    def ended(self) -> int:
        """Files that are dealt with."""
        return sum(self.count[name] for name in ("extracted", "already", "renamed", "failed", "other_kinds"))

    def summary(self) -> RunSummary:
        """The counts as they stand."""
        return RunSummary(
            run_id=self.run_id,
            **self.count,
            interrupted=self.interrupted,
            seconds=time.monotonic() - self._started,
            failures=dict(self._failures.most_common()),
            **self._used(),
        )

    def row(self) -> dict[str, int | float | None]:
        """The counts that the table of runs keeps."""
        return {**{name: self.count[name] for name in _OF_A_RUN}, **self._used()}

    def _used(self) -> dict[str, Any]:
        usage = self.requests.usage if self.requests is not None else None
        if usage is None or self.requests is None:
            return {}
        return {**usage.model_dump(), "dollars": self.requests.spent}
