"""The draft: a determination as a reader said it, each value with the place that it cites.

A draft is flat: JSON pointer into the determination → claim. Rules and models fill the same shape, and grounding
decides claim by claim what is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from extractor.spans import Span

Value = str | int | float | bool | date


class Claim(NamedTuple):
    """A value and where the reader says that it stands."""

    value: Value
    places: tuple[Span, ...] = ()
    """View spans of the words it rests on, in order; several where they stand apart."""
    derived: bool = False
    """Computed from the words at `places`, not printed there."""
    raw: Span | None = None
    """Raw span, for what stands in page furniture, where the view does not reach."""
    lines: tuple[int, int] | None = None
    """First and last numbered line that the reader cites, where it gives no places; 1-based."""
    judged: bool = False
    """A judgement that a model made on reading the cited lines; the words alone may not prove it."""


@dataclass(slots=True)
class Draft:
    """What a reader said of one letter."""

    decisions: int
    """How many decisions the record will have."""
    claims: dict[str, Claim] = field(default_factory=dict)
    """JSON pointer (`/decisions/0/outcome`) → claim; list positions count from 0 without gaps."""
    left_out: tuple[int, ...] = ()
    """Disputed items of the layout that the reader did not return."""
    made_up: int = 0
    """Items that the reader returned where the layout has none."""
    full: tuple[str, ...] = ()
    """Lists that are as long as the reader's form allows: there may be more."""
    has_holes: bool = False
    """A claim was taken back, so that list positions may leave one out."""

    def say(self, pointer: str, value: Value | None, *places: Span, derived: bool = False) -> None:
        """Add a claim; None and empty text say nothing."""
        if value is None or value == "":
            return
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self.claims[pointer] = Claim(value, places, derived)

    def drop(self, pointer: str) -> None:
        """Take a claim back."""
        del self.claims[pointer]
        self.has_holes = True

    def judge(self, pointer: str) -> None:
        """Mark a claim as a judgement."""
        self.claims[pointer] = self.claims[pointer]._replace(judged=True)

    def cite(self, pointer: str, value: Value | None, first: int, last: int, *, judged: bool = False) -> None:
        """Add a claim that cites numbered lines; None and empty text say nothing."""
        if value is None or value == "":
            return
        self.claims[pointer] = Claim(value, lines=(min(first, last), max(first, last)), judged=judged)
