"""Spans: stretches of a letter's text, as half-open ranges of code points, and what two lists of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""Where a stretch begins, and where it has ended: `(8, 11)` holds the characters 8, 9 and 10."""
Spans = Sequence[Span]
"""The pieces of one passage, in order; more than one where a page break or a heading lies between them."""


def quoted(text: str, spans: Iterable[Span]) -> str | None:
    """Read the words of `text` at `spans`, pieces joined by one blank; None where a span leaves the text.

    >>> quoted("left knee, right knee", [(0, 9), (11, 21)])
    'left knee right knee'
    """
    pieces: list[str] = []
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            return None
        pieces.append(text[start:end])
    return " ".join(pieces) if pieces else None


def touches(one: Iterable[Span], other: Spans) -> bool:
    """Say whether two lists of spans share at least one character."""
    return any(start < other_end and other_start < end for start, end in one for other_start, other_end in other)


def overlap(one: Spans, other: Spans) -> float:
    """Divide the characters in both by the characters in either (intersection over union).

    >>> overlap([(0, 10)], [(5, 15)])
    0.3333333333333333
    """
    shared = sum(
        max(0, min(end, other_end) - max(start, other_start)) for start, end in one for other_start, other_end in other
    )
    either = sum(end - start for start, end in one) + sum(end - start for start, end in other) - shared
    return shared / either if either else 0.0
