"""Disputed items: the outcome headings, found by what follows them, and the window of text each one opens."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_LONGEST_HEADING = 1500
_LOST_BREAKS = 160
"""A line longer than this was not set by hand: its breaks were lost."""


def outcome_items(view: View, section: Span, marks: list[Mark]) -> list[Item]:
    """Items of a section in which each heading ends in its outcome word (2014 and later).

    An outcome word closes a heading only where the next thing is one of the item's labels; where an item has no label
    at all, only where it stands behind a colon at a line end and the text before it was closed. A rationale that
    ends with "upheld" is therefore no heading.
    """
    labels = [mark for mark in marks if mark.name in _LABELS and section.start <= mark.span.start < section.end]
    found: list[tuple[Span, re.Match[str], bool]] = []
    previous_end = section.start
    label_starts = {mark.span.start for mark in labels}
    for match in _OUTCOME.finditer(view.folded, section.start, section.end):
        if not view.flat[match.start("word")].isupper():
            continue
        after = match.end()
        while after < section.end and view.folded[after] == " ":
            after += 1
        labelled = after in label_starts
        at_line_end = after >= section.end or after in view.starts
        if not labelled and not (match.group("colon") and at_line_end and _closed(view, previous_end, match.start())):
            continue
        lower = max((m.span.end for m in labels if m.span.end <= match.start()), default=section.start)
        lower = max(lower, found[-1][1].end() if found else section.start)
        heading = _heading(view, lower, match.start(), section)
        if heading is None:
            continue
        if not labelled and found and not _opened_by_break(view, heading):
            continue
        found.append((heading, match, labelled))
        previous_end = after
    found = _without_quoted(view, found, labels)
    return [
        _item(view, heading, match, Span(heading.start, _next_start(found, index, section)), labels)
        for index, (heading, match, _) in enumerate(found)
    ]


def _without_quoted(
    view: View, found: list[tuple[Span, re.Match[str], bool]], labels: list[Mark]
) -> list[tuple[Span, re.Match[str], bool]]:
    """Leave out unlabelled headings that stand inside the rationale of a labelled item in a letter that labels its items.

    A lone line such as "Physical therapy: Overturned" in the middle of a rationale is a quotation, or worse, an
    instruction; a letter that prints guideline labels for its items prints them for all of them.
    """
    if not any(labelled for *_, labelled in found):
        return found
    return [entry for entry in found if entry[2] or not labels]


def _next_start(found: list[tuple[Span, re.Match[str], bool]], index: int, section: Span) -> int:
    if index + 1 == len(found):
        return section.end
    return found[index + 1][0].start


def _closed(view: View, start: int, end: int) -> bool:
    return end > start and "\n" in view.lined[start:end] or start == end


def _opened_by_break(view: View, heading: Span) -> bool:
    return any(heading.start - 6 <= start <= heading.start for start in view.line_starts)


def _item(view: View, heading: Span, match: re.Match[str], window: Span, labels: list[Mark]) -> Item:
    inside = [mark for mark in labels if match.end() <= mark.span.start < window.end]
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

    return Item(
        heading=heading,
        outcome=Outcome(match.group("word")),
        outcome_span=Span(match.start("word"), match.end("word")),
        window=view.trim(window.start, window.end),
        administrator=paragraph(Name.ADMINISTRATOR),
        expert=paragraph(Name.EXPERT),
        rationale=paragraph(Name.RATIONALE),
    )


def _heading(view: View, lower: int, end: int, section: Span) -> Span | None:
    """The heading that ends at `end`: back to the nearest place at which a new paragraph can have begun.

    `lower` is the end of the last label before it. The heading of a partial certification has several sentences: it
    goes back to the one that names the original request.
    """
    span = None
    for boundary in [*_boundaries(view, lower, end, section), lower]:
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


def _boundaries(view: View, lower: int, end: int, section: Span) -> list[int]:
    """Offsets from `lower` to `end`, nearest to `end` first, at which a paragraph may begin.

    A line begins one where the line before it closed a sentence or was broken early (its next word would have
    fitted) without leaving the sentence open, and it does not go on in lower case. Blank lines alone prove nothing:
    some PDF programs print one after every line, others none at all. Where no line qualifies, breaks were lost, and
    the ends of sentences are all there is to go by.
    """
    first, last = view.line_number(section.start), view.line_number(max(section.start, section.end - 1))
    widths = sorted(len(view.line_span(number)) for number in range(first, last + 1))
    width = widths[int(len(widths) * 0.9)]
    usual = sorted(view.gaps[first:last] or [1])[(last - first) // 2]
    found: list[int] = []
    for number in range(view.line_number(end - 1), first, -1):
        span = view.line_span(number)
        if span.start < lower:
            break
        before = view.words(view.line_span(number - 1))
        word = view.lined[span.start : span.end].split(" ", 1)[0]
        fits = len(before) + 1 + len(word) < 0.86 * width
        closes = bool(_SENTENCE_END.search(before))
        gapped = view.gaps[number - 1] > usual and (number - 1) not in view.page_breaks
        if word[:1].islower():
            begins = closes and (fits or gapped)
        else:
            begins = closes or (fits and not _OPEN_END.search(before))
        if begins:
            found.append(span.start)
    if not found or len(view.line_span(view.line_number(end - 1))) > _LOST_BREAKS:
        found += [match.end() for match in _INSIDE_SENTENCE_END.finditer(view.flat, lower, end)]
    return sorted(set(found), reverse=True)
