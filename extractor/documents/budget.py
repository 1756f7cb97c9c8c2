"""What is left to spend on one document, and the refusal when it is spent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from extractor.errors import ReadTimeout, TooLarge
from extractor.settings import Limits


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one document, under the name that its errors carry.

    The time check works between steps only; one endless call inside a parser is ended by whoever runs the process.
    """

    name: str
    limits: Limits
    deadline: float
    """On the `time.monotonic` clock, in seconds."""

    @classmethod
    def start(cls, name: str, limits: Limits) -> Self:
        """Open the whole budget, its time running from now."""
        return cls(name=name, limits=limits, deadline=time.monotonic() + limits.seconds)

    def check_bytes(self, count: int) -> None:
        """Raise `TooLarge` where the content has more than `Limits.max_bytes`."""
        if count > self.limits.max_bytes:
            raise TooLarge(
                f"{self.name!r} has {count:,} bytes, more than the limit of {self.limits.max_bytes:,}: "
                "check that it is a letter, split it, or raise Limits.max_bytes"
            )

    def check_unpacked(self, count: int) -> None:
        """Raise `TooLarge` where a compressed file unpacks to more than `Limits.max_bytes`."""
        if count > self.limits.max_bytes:
            raise TooLarge(
                f"{self.name!r} unpacks to more than the limit of {self.limits.max_bytes:,} bytes: "
                "check that it is a letter, or raise Limits.max_bytes"
            )

    def check_pages(self, count: int) -> None:
        """Raise `TooLarge` where there are more than `Limits.max_pages`."""
        if count > self.limits.max_pages:
            raise TooLarge(
                f"{self.name!r} has {count:,} pages, more than the limit of {self.limits.max_pages:,}: "
                "split it into single letters, or raise Limits.max_pages"
            )

    def check_characters(self, count: int) -> None:
        """Raise `TooLarge` where the text has more than `Limits.max_characters` code points."""
        if count > self.limits.max_characters:
            raise TooLarge(
                f"the text of {self.name!r} has more than the limit of {self.limits.max_characters:,} characters: "
                "split it into single letters, or raise Limits.max_characters"
            )

    def check_time(self) -> None:
        """Raise `ReadTimeout` where the deadline has passed."""
        if time.monotonic() > self.deadline:
            raise ReadTimeout(
                f"reading {self.name!r} took longer than {self.limits.seconds:g} seconds: "
                "open it by hand to see what it is, or raise Limits.seconds"
            )
