"""Half-open stretches of text, in code points."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """`text[start:end]`; `0 <= start <= end`. The text it belongs to is told by the field that holds it."""

    start: int
    end: int

    def __len__(self) -> int:
        """Length in code points (not the number of tuple fields)."""
        return self.end - self.start

    def contains(self, other: Span) -> bool:
        """True where `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """True where the two share at least one code point."""
        return self.start < other.end and other.start < self.end

    def shift(self, offset: int) -> Span:
        """The same stretch, `offset` code points further on."""
        return Span(self.start + offset, self.end + offset)

    def of(self, text: str) -> str:
        """The words it covers in `text`."""
        return text[self.start : self.end]
