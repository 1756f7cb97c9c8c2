"""Where paragraphs begin in text whose blank lines prove nothing: some PDF programs print one after every line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extractor.text.normalize import View, set_width
from extractor.text.spans import Span

LONGEST_HEADING = 1500
"""Code points; nothing further back is looked at."""

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*$")
_INSIDE_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(]?[A-Z0-9#])")
_OPEN_END = re.compile(
    r"(?:[,:;/&(+-]|\b(?:and|or|of|for|the|a|an|to|with|without|in|on|per|by|from|at|is|was))$", re.IGNORECASE
)
_LONGEST_OPEN_END = len("without")
LOST_BREAKS = 160
"""A line longer than this was not set by hand: its breaks were lost."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a section is set: its first line, its line width in characters, its usual gap between lines."""

    section: Span
    first_line: int
    width: int
    gap: int
    spaced: bool
    """Paragraphs are set apart by blank lines: nearly every label stands behind a larger gap, and little else."""


def setting_of(view: View, section: Span, labels: Sequence[int]) -> Setting:
    """How `section` is set: the width that nine lines of ten keep within, and the gap that half of them have.

    `labels` are the offsets at which the labels of its items begin.
    """
    first, last = view.line_number(section.start), view.line_number(max(section.start, section.end - 1))
    widths = sorted(view.widths[first - 1 : last] or [0])
    gaps = sorted(view.gaps[first:last] or [1])
    gap = gaps[len(gaps) // 2]
    at_starts = [view.line_number(start) for start in labels if start in view.starts]
    apart = [number for number in at_starts if view.gaps[number - 1] > gap or (number - 1) in view.page_breaks]
    all_apart = sum(1 for number in range(first + 1, last + 1) if view.gaps[number - 1] > gap)
    # An item has four paragraphs to its three labels; many more gaps are a program's, not the letter's.
    spaced = len(at_starts) > 1 and len(apart) >= 0.9 * len(at_starts) and all_apart <= 1.7 * len(at_starts) + 2
    return Setting(section, first, widths[int(len(widths) * 0.9)], gap, spaced)


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
    breaks_lost = len(view.line_span(view.line_number(end - 1))) > LOST_BREAKS
    if breaks_lost or (not found and lower != setting.section.start):
        from_here = max(lower, end - LONGEST_HEADING)
        found.update(match.end() for match in _INSIDE_SENTENCE_END.finditer(view.flat, from_here, end))
    return sorted(found, reverse=True)


def _begins_paragraph(view: View, number: int, setting: Setting) -> bool:
    """Whether line `number` can begin a paragraph.

    It does where the line before it closed a sentence or was broken early (its next word would have fitted) without
    leaving the sentence open. A line that goes on in lower case must have both a sentence closed before it and a gap.
    Where paragraphs are set apart by blank lines, there must be one, but at a page break.
    """
    line = view.line_span(number)
    before = view.words(view.line_span(number - 1))
    word = view.lined[line.start : line.end].split(" ", 1)[0]
    broken_early = set_width(before) + 1 + set_width(word) < 0.86 * setting.width
    closed = _SENTENCE_END.search(before) is not None
    left_open = _OPEN_END.search(before, max(0, len(before) - _LONGEST_OPEN_END)) is not None
    at_page_break = (number - 1) in view.page_breaks
    gapped = view.gaps[number - 1] > setting.gap and not at_page_break
    if setting.spaced and not at_page_break:
        return gapped and (closed or not (word[:1].islower() or left_open))
    if word[:1].islower():
        return closed and (broken_early or gapped)
    return closed or (broken_early and not left_open)
