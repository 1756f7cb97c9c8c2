"""Where paragraphs begin in text whose blank lines prove nothing: some PDF programs print one after every line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from extractor.normalize import View
from extractor.spans import Span

LONGEST_HEADING = 1500
"""Code points; nothing further back is looked at."""

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*$")
_INSIDE_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(]?[A-Z0-9#])")
_OPEN_END = re.compile(
    r"(?:[,:;/&(+-]|\b(?:and|or|of|for|the|a|an|to|with|without|in|on|per|by|from|at|is|was))$", re.IGNORECASE
)
_LOST_BREAKS = 160
"""A line longer than this was not set by hand: its breaks were lost."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a section is set: its first line, its line width in characters, its usual gap between lines."""

    section: Span
    first_line: int
    width: int
    gap: int


def setting_of(view: View, section: Span) -> Setting:
    """How `section` is set: the width that nine lines of ten keep within, and the gap that half of them have."""
    first, last = view.line_number(section.start), view.line_number(max(section.start, section.end - 1))
    starts = [*view.line_starts[first - 1 : last], section.end + 1]
    widths = sorted(after - before - 1 for before, after in pairwise(starts))
    gaps = sorted(view.gaps[first:last] or [1])
    return Setting(section, first, widths[int(len(widths) * 0.9)], gaps[len(gaps) // 2])


def paragraph_starts(view: View, lower: int, end: int, setting: Setting) -> list[int]:
    """Offsets from `lower` to `end`, nearest to `end` first, at which a paragraph may begin.

    Where no line qualifies, breaks were lost, and the ends of sentences are all there is to go by.
    """
    found: set[int] = set()
    for number in range(view.line_number(end - 1), setting.first_line, -1):
        line = view.line_span(number)
        if line.start < lower or end - line.start > LONGEST_HEADING:
            break
        if lower == setting.section.start and line.start <= lower + 1:  # the section's introduction stands before it
            found.add(line.start)
            break
        if _begins_paragraph(view, number, setting):
            found.add(line.start)
    breaks_lost = len(view.line_span(view.line_number(end - 1))) > _LOST_BREAKS
    if breaks_lost or (not found and lower != setting.section.start):
        from_here = max(lower, end - LONGEST_HEADING)
        found.update(match.end() for match in _INSIDE_SENTENCE_END.finditer(view.flat, from_here, end))
    return sorted(found, reverse=True)


def _begins_paragraph(view: View, number: int, setting: Setting) -> bool:
    """Whether line `number` can begin a paragraph.

    It does where the line before it closed a sentence or was broken early (its next word would have fitted) without
    leaving the sentence open. A line that goes on in lower case must have both a sentence closed before it and a gap.
    """
    line = view.line_span(number)
    before = view.words(view.line_span(number - 1))
    word = view.lined[line.start : line.end].split(" ", 1)[0]
    broken_early = len(before) + 1 + len(word) < 0.86 * setting.width
    closed = _SENTENCE_END.search(before) is not None
    if word[:1].islower():
        gapped = view.gaps[number - 1] > setting.gap and (number - 1) not in view.page_breaks
        return closed and (broken_early or gapped)
    return closed or (broken_early and _OPEN_END.search(before) is None)
