"""The letter's own words around a value, cut into pieces that say who points at them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from eval.scoring.spans import Spans

AROUND = 110
"""Characters of context on either side of a place."""
_LONG = 420
# Of a long place only its two ends are shown, each with this many of its own characters.
_END = 150


@dataclass(frozen=True, slots=True)
class ExcerptPiece:
    """A stretch of the letter; `…` where something is left out."""

    text: str
    marks: tuple[str, ...] = ()
    """Of `gold` and `predicted`: whose place it is in."""
    gap: bool = False
    """Stands for what is left out before the next piece."""


def find_words(text: str, words: str, after: int = 0) -> tuple[int, int] | None:
    r"""Find `words` in `text`, whatever the blanks between them, at or after a position, else anywhere.

    >>> find_words("of the\n lumbar  spine", "lumbar spine")
    (8, 21)
    """
    parts = words.split()
    if not parts:
        return None
    pattern = re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts)) + r"(?!\w)", re.IGNORECASE)
    found = pattern.search(text, after) or pattern.search(text)
    return found.span() if found else None


def excerpt(text: str, gold: Spans, predicted: Spans) -> list[ExcerptPiece]:
    """Cut out the words at the places of both sides, with context; empty where neither has a place in the text."""
    gold, predicted = _inside(text, gold), _inside(text, predicted)
    windows = _merged(_snapped(text, window) for span in (*gold, *predicted) for window in _windows(span))
    pieces: list[ExcerptPiece] = []
    last = 0
    for start, end in windows:
        if start > last:
            pieces.append(ExcerptPiece("…", gap=True))
        cuts = sorted({start, end, *(edge for span in (*gold, *predicted) for edge in span if start < edge < end)})
        for left, right in pairwise(cuts):
            marks = tuple(
                name
                for name, spans in (("gold", gold), ("predicted", predicted))
                if any(begin <= left and right <= stop for begin, stop in spans)
            )
            pieces.append(ExcerptPiece(text[left:right], marks))
        last = end
    if windows and last < len(text):
        pieces.append(ExcerptPiece("…", gap=True))
    return pieces


def _inside(text: str, spans: Spans) -> list[tuple[int, int]]:
    return [(start, end) for start, end in spans if 0 <= start < end <= len(text)]


def _windows(span: tuple[int, int]) -> list[tuple[int, int]]:
    start, end = span
    if end - start <= _LONG:
        return [(start - AROUND, end + AROUND)]
    return [(start - AROUND, start + _END), (end - _END, end + AROUND)]


def _snapped(text: str, window: tuple[int, int]) -> tuple[int, int]:
    """Widen a window to whole words, within the text."""
    start, end = max(0, window[0]), min(len(text), window[1])
    while start > 0 and not text[start - 1].isspace() and start > window[0] - 20:
        start -= 1
    while end < len(text) and not text[end].isspace() and end < window[1] + 20:
        end += 1
    return start, end


def _merged(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
