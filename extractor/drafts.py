"""The draft: a determination as a reader said it, each value with the place that it cites.

A draft is flat: JSON pointer into the determination → claim. Rules and models fill the same shape, and grounding
decides claim by claim what is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from extractor.spans import Span

Value = str | int | float | bool | date


@dataclass(frozen=True, slots=True)
class Claim:
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


@dataclass(slots=True)
class Draft:
    """What a reader said of one letter."""

    decisions: int
    """How many disputed items it returned."""
    claims: dict[str, Claim] = field(default_factory=dict)
    """JSON pointer (`/decisions/0/outcome`) → claim; list positions count from 0 without gaps."""

    def say(self, pointer: str, value: Value | None, *places: Span, derived: bool = False) -> None:
        """Add a claim; None and empty text say nothing."""
        if value is None or value == "":
            return
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self.claims[pointer] = Claim(value, places, derived)
