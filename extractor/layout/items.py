"""Disputed items: the outcome headings, found by what follows them, and the window of text each one opens."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from extractor.determination import Outcome
from extractor.layout.headings import Mark, Name
from extractor.normalize import View
from extractor.spans import Span


@dataclass(frozen=True, slots=True)
class Item:
    """One disputed item; all spans are view spans."""

    heading: Span
    """Without list number, outcome word and colon."""
    outcome: Outcome
    outcome_span: Span
    """The words that say the outcome."""
    window: Span
    """From the heading to the next item or the end of the section."""
    administrator: Span | None = None
    """The claims administrator's guideline paragraph, without its label."""
    expert: Span | None = None
    """The reviewer's guideline paragraph, without its label."""
    guidelines: Span | None = None
    """2013: one paragraph on what both sides relied upon."""
    rationale: Span | None = None
    contradiction: Span | None = None
    """A second statement of this item's outcome that says the opposite."""


_OUTCOME = re.compile(r"\s*(?P<colon>[:;])?\s*\(?(?P<word>upheld|overturned)\)?[.:]?(?=\s|$)")
_LABELS = frozenset({Name.ADMINISTRATOR, Name.EXPERT, Name.RATIONALE, Name.GUIDELINES})
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*$")
_INSIDE_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(]?[A-Z0-9#])")
_OPEN_END = re.compile(r"(?:[,:;/&(+-]|\b(?:and|or|of|for|the|a|an|to|with|without|in|on|per|by|from|at|is|was))$", re.IGNORECASE)
_LIST_NUMBER = re.compile(r"(?:\(?\d{1,2}[.)]|[•●▪*-])\s+(?=\S)|\(?\d{1,2}\)(?=\S)|(?i:issue|item) ?#?\d{1,2}[:.)]\s*")
_PARTIAL_END = re.compile(
    r"remaining imr[- ]*eligible portion|leaving the (?:original )?request imr[- ]*eligible|the original request,"
)
_PARTIAL_START = re.compile(r"\b(?:was|were|is) the original request")
# Where no label follows, the sentence that tells what a side relied upon serves as well.
_BASIS_SENTENCE = re.compile(r"the (?:claims administrator|(?:physician|expert) reviewer)(?:'s)? (?:based|did not|cited|relied|used)")
_LONGEST_HEADING = 1500
_LOST_BREAKS = 160
"""A line longer than this was not set by hand: its breaks were lost."""


def outcome_items(view: View, section: Span, marks: list[Mark]) -> list[Item]:
    """Items of a section in which each heading ends in its outcome word (2014 and later).

    An outcome word closes a heading only where the next thing is one of the item's labels, or the sentence that tells
    what a side relied upon. In a letter without any labels it must stand behind a colon at a line end, after a break.
    A rationale that ends with "upheld" is therefore no heading, nor is a lone "Physical therapy: Overturned" in the
    middle of one, which is a quotation, or worse, an instruction.
    """
    labels = [mark for mark in marks if mark.name in _LABELS and section.start <= mark.span.start < section.end]
    found: list[tuple[Span, re.Match[str], bool]] = []
    previous_end = section.start
    setting = _setting(view, section, labels)
    label_starts = {mark.span.start for mark in labels}
    label_ends = [mark.span.end for mark in labels]
    for match in _OUTCOME.finditer(view.folded, section.start, section.end):
        if not view.flat[match.start("word")].isupper():
            continue
        after = match.end()
        while after < section.end and view.folded[after] == " ":
            after += 1
        labelled = after in label_starts or _BASIS_SENTENCE.match(view.folded, after) is not None
        at_line_end = after >= section.end or after in view.starts
        if not labelled and labels:
            continue  # a letter that labels its items labels all of them; a lone line is a quotation, or worse
        if not labelled and not (match.group("colon") and at_line_end and _closed(view, previous_end, match.start())):
            continue
        labels_before = bisect_right(label_ends, match.start())
        lower = label_ends[labels_before - 1] if labels_before else section.start
        lower = max(lower, found[-1][1].end() if found else section.start)
        heading = _heading(view, lower, match.start(), section, setting)
        if heading is None:
            continue
        if not labelled and found and not _opened_by_break(view, heading):
            continue
        found.append((heading, match, labelled))
        previous_end = after
    return [
        _item(view, heading, match, Span(heading.start, _next_start(found, index, section)), labels, section, setting)
        for index, (heading, match, _) in enumerate(found)
    ]


def _next_start(found: list[tuple[Span, re.Match[str], bool]], index: int, section: Span) -> int:
    if index + 1 == len(found):
        return section.end
    return found[index + 1][0].start


def _closed(view: View, start: int, end: int) -> bool:
    return end > start and "\n" in view.lined[start:end] or start == end


def _opened_by_break(view: View, heading: Span) -> bool:
    return any(heading.start - 6 <= start <= heading.start for start in view.line_starts)


def _orphan(view: View, inside: list[Mark], section: Span, setting: _Setting, end: int) -> int:
    """Where the paragraphs of an item begin whose own heading was not recognised; `end` where there are none.

    They show by a second set of labels behind the item's rationale. They are left out, and counted as incomplete.
    """
    own = next((mark for mark in inside if mark.name is Name.RATIONALE), None)
    if own is None:
        return end
    behind = [mark for mark in inside if mark.span.start > own.span.start]
    first = next((mark for mark in behind if mark.name in (Name.ADMINISTRATOR, Name.EXPERT)), None)
    if first is None or not any(mark.name is Name.RATIONALE and mark.span.start > first.span.start for mark in behind):
        return end
    begins = [at for at in _boundaries(view, own.span.end, first.span.start - 1, section, setting) if at > own.span.end]
    return begins[0] if begins else first.span.start


def _item(
    view: View,
    heading: Span,
    match: re.Match[str],
    window: Span,
    labels: list[Mark],
    section: Span,
    setting: _Setting,
) -> Item:
    inside = [mark for mark in labels if match.end() <= mark.span.start < window.end]
    window = Span(window.start, _orphan(view, inside, section, setting, window.end))
    inside = [mark for mark in inside if mark.span.start < window.end]
    first: dict[Name, Mark] = {}
    for mark in inside:
        first.setdefault(mark.name, mark)
    ordered = sorted(first.values(), key=lambda mark: mark.span)

    def paragraph(name: Name) -> Span | None:
        mark = first.get(name)
        if mark is None:
            return None
        if name is Name.RATIONALE:
            end = window.end
        else:
            end = next((other.span.start for other in ordered if other.span.start > mark.span.start), window.end)
        span = view.trim(mark.span.end, end)
        return span if len(span) else None

    guidelines = None
    if not {Name.ADMINISTRATOR, Name.EXPERT} & set(first):
        stop = first[Name.RATIONALE].span.start if Name.RATIONALE in first else window.end
        guidelines = view.trim(match.end(), stop, extra=".")
    return Item(
        heading=heading,
        guidelines=guidelines if guidelines else None,
        outcome=Outcome(match.group("word")),
        outcome_span=Span(match.start("word"), match.end("word")),
        window=view.trim(window.start, window.end),
        administrator=paragraph(Name.ADMINISTRATOR),
        expert=paragraph(Name.EXPERT),
        rationale=paragraph(Name.RATIONALE),
    )


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a section is set: its first line, its line width in characters, its usual gap between lines."""

    first_line: int
    width: int
    gap: int
    spaced: bool
    """Paragraphs are set apart by blank lines: nearly every label stands behind a larger gap than usual, and little else."""


def _setting(view: View, section: Span, labels: list[Mark]) -> _Setting:
    first, last = view.line_number(section.start), view.line_number(max(section.start, section.end - 1))
    widths = sorted(_set_width(view.words(view.line_span(number))) for number in range(first, last + 1))
    gaps = sorted(view.gaps[first:last] or [1])
    gap = gaps[len(gaps) // 2]
    at_starts = [view.line_number(mark.span.start) for mark in labels if mark.span.start in view.starts]
    apart = [number for number in at_starts if view.gaps[number - 1] > gap or (number - 1) in view.page_breaks]
    all_apart = sum(1 for number in range(first + 1, last + 1) if view.gaps[number - 1] > gap)
    # An item has four paragraphs to its three labels; many more gaps are a program's, not the letter's.
    spaced = len(at_starts) > 1 and len(apart) >= 0.9 * len(at_starts) and all_apart <= 1.7 * len(at_starts) + 2
    return _Setting(first, widths[int(len(widths) * 0.9)], gap, spaced)


def _set_width(line: str) -> int:
    """About how much room a line takes: capitals are a third wider than other letters."""
    return len(line) + sum(map(str.isupper, line)) // 3


def _heading(view: View, lower: int, end: int, section: Span, setting: _Setting) -> Span | None:
    """The heading that ends at `end`: back to the nearest place at which a new paragraph can have begun.

    `lower` is the end of the last label before it. The heading of a partial certification has several sentences: it
    goes back to the one that names the original request.
    """
    span = None
    for boundary in [*_boundaries(view, lower, end, section, setting), lower]:
        candidate = view.trim(boundary, end, extra=":;")
        if not len(candidate) or (span is not None and len(candidate) > _LONGEST_HEADING):
            continue
        text = view.folded[candidate.start : candidate.end]
        original = _PARTIAL_START.search(text)
        if span is not None and original is None:
            continue  # still on the way back to the original request
        span = candidate
        if original is not None or not _PARTIAL_END.search(text):
            break
    if span is None:
        return None
    number = _LIST_NUMBER.match(view.flat, span.start, span.end)
    if number is not None and number.end() < span.end:
        span = view.trim(number.end(), span.end)
    return span


def _boundaries(view: View, lower: int, end: int, section: Span, setting: _Setting) -> list[int]:
    """Offsets from `lower` to `end`, nearest to `end` first, at which a paragraph may begin.

    A line begins one where the line before it closed a sentence or was broken early (its next word would have
    fitted) without leaving the sentence open, and it does not go on in lower case. Blank lines alone prove nothing:
    some PDF programs print one after every line, others none at all. Where no line qualifies, breaks were lost, and
    the ends of sentences are all there is to go by.
    """
    found: list[int] = []
    for number in range(view.line_number(end - 1), setting.first_line, -1):
        span = view.line_span(number)
        if span.start < lower or end - span.start > _LONGEST_HEADING:
            break
        if lower == section.start and span.start <= lower + 1:  # the section's own introduction stands before it
            found.append(span.start)
            break
        before = view.words(view.line_span(number - 1))
        word = view.lined[span.start : span.end].split(" ", 1)[0]
        fits = _set_width(before) + 1 + _set_width(word) < 0.86 * setting.width
        closes = bool(_SENTENCE_END.search(before))
        gapped = view.gaps[number - 1] > setting.gap and (number - 1) not in view.page_breaks
        if setting.spaced and (number - 1) not in view.page_breaks:
            begins = gapped and (closes or not (word[:1].islower() or _OPEN_END.search(before)))
        elif word[:1].islower():
            begins = closes and (fits or gapped)
        else:
            begins = closes or (fits and not _OPEN_END.search(before))
        if begins:
            found.append(span.start)
    if (not found and lower != section.start) or len(view.line_span(view.line_number(end - 1))) > _LOST_BREAKS:
        from_here = max(lower, end - _LONGEST_HEADING)
        found += [match.end() for match in _INSIDE_SENTENCE_END.finditer(view.flat, from_here, end)]
    return sorted(set(found), reverse=True)
