"""Lines that stand in a passage and fit nothing: stamps, margin notes and headings of who knows what.

A passage is set to a width. A line that is broken early, although its sentence goes on, was not set with it; nor was a
last line without a stop behind one that closed its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractor.layout.paragraphs import LOST_BREAKS
from extractor.text.normalize import View, set_width
from extractor.text.spans import Span

_CLOSED = re.compile(r"[.!?:][\"')\]]*$")
_GOES_ON = re.compile(r"(?:[.!?:;,/&(+-]|\b(?:and|or|of|for|the|a|an|to|with|by|from|in|on))[\"')\]]*$", re.IGNORECASE)

_ADDRESS = re.compile(r"\S+/\S+\Z")
"""The rest of an address on the web."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of the width every line fills that is not its paragraph's last."""

    filled: float
    filled_in_sentence: float
    """By a line that begins in lower case: it may go on from the one before."""


def room_of(view: View, width: int) -> Room:
    """What the lines of a letter fill: less where it is set by hand."""
    ragged: set[str] = set()  # a stamp that is printed often is one line
    for number, taken in enumerate(view.widths[:-1], start=1):
        if taken + 1 + _next_word(view, number) < _FULL * width:
            words = view.words(view.line_span(number))
            if words[:1].islower() and not _GOES_ON.search(words[-12:]):
                ragged.add(words)
    by_hand = len(ragged) > _FEW
    return Room(width * (_HALF if by_hand else _FULL), width * (_LITTLE if by_hand else _HALF))


_FULL, _HALF, _LITTLE = 0.86, 0.4, 0.3
"""Of the width that nine lines of ten keep within."""
_FEW = 1


def _next_word(view: View, number: int) -> int:
    return set_width(view.lined[view.line_starts[number] : view.line_starts[number] + 40].split(None, 1)[0])


def stray_lines(view: View, passage: Span, room: Room, *, heading: bool = False) -> Iterator[Span]:
    """View spans of the lines of a passage that fit neither what stands before nor what stands behind them.

    Args:
        view: the reading view.
        passage: a view span.
        room: what `room_of` gave for the letter.
        heading: its last line closes with the outcome, and needs no stop.

    """
    first, last = view.line_number(passage.start), view.line_number(max(passage.start, passage.end - 1))
    before = "."
    for number in range(first, last + 1):
        line = view.line_span(number)
        line = Span(max(line.start, passage.start), min(line.end, passage.end))
        words = view.words(line)
        if number < last:
            filled = room.filled_in_sentence if words[:1].islower() else room.filled
            stray = view.widths[number - 1] + 1 + _next_word(view, number) < filled
        else:
            stray = number > first and not heading and _CLOSED.search(before[-4:]) is not None
        if stray and len(words) < LOST_BREAKS and not (_GOES_ON.search(words[-12:]) or _ADDRESS.match(words)):
            yield line
        before = words
