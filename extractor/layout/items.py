"""Disputed items: the outcome headings, found by what follows them, and the window of text each one opens."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from extractor.layout.headings import ITEM_LABELS, HeadingName, Mark, marks_between
from extractor.layout.list_numbers import number_before, uncounted, unnumbered
from extractor.layout.outcomes import LONGEST_TRAIL, Doubt, Verdict, printed, verdict_at
from extractor.layout.paragraphs import LONGEST_HEADING, Setting, paragraph_starts, setting_of
from extractor.processes import deadline
from extractor.records.determination import Outcome
from extractor.text.normalize import View
from extractor.text.spans import Span


@dataclass(frozen=True, slots=True)
class Item:
    """One disputed item; all spans are view spans."""

    heading: Span
    """Without list number, outcome word and colon."""
    outcome: Outcome | None
    """None where its words do not say one outcome plainly: see `doubt`."""
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
    doubt: Doubt | None = None
    """Why a person should look at the words that say the outcome."""


def nonempty(span: Span) -> Span | None:
    """The span, if any words stand in it."""
    return span if len(span) else None


# The heading of a partial certification has several sentences: its first, and its last.
_PARTIAL_START = re.compile(r"\b(?:was|were|is) the original request")
_PARTIAL_END = re.compile(
    r"remaining imr[- ]*eligible portion|leaving the (?:original )?request imr[- ]*eligible|the original request,"
)
# Where no label follows, the sentence that tells what a side relied upon serves as well.
BASIS_SENTENCE = re.compile(
    r"the (?:claims administrator|(?:physician|expert) reviewer)(?:'s)? (?:based|did not|cited|relied|used)"
    r"|decision based on (?:the )?(?:non- ?)?mtus\b"
)


@dataclass(frozen=True, slots=True)
class _Heading:
    span: Span
    """Without list number, outcome word and colon."""
    verdict: Verdict
    begin: int
    """Where its list number begins, or itself."""


def outcome_items(view: View, section: Span, marks: list[Mark]) -> list[Item]:
    """Items of a section in which each heading ends in its outcome word (2014 and later).

    An outcome word closes a heading only where the next thing is one of the item's labels, or the sentence that tells
    what a side relied upon; a few words may stand between on the same line ("Upheld in part"). In a letter without any
    labels it must stand behind a colon at a line end, after a break. A rationale that ends with "upheld" is therefore
    no heading, nor is a lone "Physical therapy: Overturned" in the middle of one, which is a quotation, or worse, an
    instruction.
    """
    labels = [mark for mark in marks if mark.name in ITEM_LABELS and section.start <= mark.span.start < section.end]
    label_starts = [mark.span.start for mark in labels]
    label_ends = [mark.span.end for mark in labels]
    setting = setting_of(view, section, label_starts)
    words = list(printed(view, section))
    found: list[_Heading] = []
    previous_end = section.start
    for match, following in zip_longest(words, words[1:]):
        deadline.check()
        stop = _labelled(view, match, section, label_starts, following)
        after = view.trim(match.end(), section.end).start
        if stop is None and (labels or not _closes_line(view, match, previous_end, after, section)):
            continue  # a letter that labels its items labels all of them; a lone line is a quotation, or worse
        labels_before = bisect_right(label_ends, match.start())
        lower = max(
            label_ends[labels_before - 1] if labels_before else section.start,
            found[-1].verdict.span.end if found else section.start,
        )
        verdict = verdict_at(view, lower, match, stop if stop is not None else after)
        span = _heading(view, lower, verdict.heading_end, setting)
        if span is None or (stop is None and found and not _opened_by_break(view, span)):
            continue
        found.append(_Heading(unnumbered(view, span, len(found) + 1), verdict, number_before(view, lower, span.start)))
        previous_end = after
    ends = [heading.begin for heading in found[1:]] + [section.end]
    spans = uncounted(view, [heading.span for heading in found])
    return [
        _item(view, replace(heading, span=span), end, labels, setting)
        for heading, span, end in zip(found, spans, ends, strict=False)
    ]


def _labelled(
    view: View, match: re.Match[str], section: Span, label_starts: list[int], following: re.Match[str] | None
) -> int | None:
    """Where the label begins that the outcome word of `match` stands before; None where it stands before none."""
    after = view.trim(match.end(), section.end).start
    if BASIS_SENTENCE.match(view.folded, after) is not None:
        return after
    behind = bisect_left(label_starts, match.end())
    label = label_starts[behind] if behind < len(label_starts) else section.end
    if after == label:
        return after if behind < len(label_starts) else None
    near = behind < len(label_starts) and label - match.end() <= LONGEST_TRAIL
    own = following is None or following.start() >= label  # else the other one stands before the label
    if not (near and own):
        return None
    same_line = after not in view.starts and ". " not in view.flat[match.end() : label]
    return label if same_line else None


def items_at(view: View, places: Sequence[Span], marks: list[Mark]) -> list[Item]:
    """Items whose headings somebody says stand at `places`, in a letter whose own skeleton was not recognised.

    Believed where an outcome word stands at the end of the place, or right behind it; the others are left out. What
    follows a heading, up to the next, is its rationale unless labels say more.
    """
    labels = [mark for mark in marks if mark.name in ITEM_LABELS]
    found: list[_Heading] = []
    for place in sorted(places):
        section = Span(place.start, min(len(view.flat), place.end + _BEHIND_PLACE))
        match = next(reversed(list(printed(view, section))), None)
        if match is None:
            continue
        verdict = verdict_at(view, place.start, match, match.end())
        heading = view.trim(place.start, verdict.heading_end, extra=":;")
        if len(heading) and (not found or heading.start >= found[-1].verdict.span.end):
            begin = number_before(view, found[-1].verdict.span.end if found else 0, heading.start)
            found.append(_Heading(unnumbered(view, heading, len(found) + 1), verdict, begin))
    if not found:
        return []
    whole = Span(0, len(view.flat))
    setting = setting_of(view, whole, [mark.span.start for mark in labels])
    ends = [heading.begin for heading in found[1:]] + [whole.end]
    items = [_item(view, heading, end, labels, setting) for heading, end in zip(found, ends, strict=True)]
    return [
        item
        if item.rationale is not None
        else replace(
            item, guidelines=None, rationale=nonempty(view.trim(item.outcome_span.end, item.window.end, extra=".:"))
        )
        for item in items
    ]


_BEHIND_PLACE = 16
"""Code points behind a heading in which its outcome word may stand: on a line of its own."""


def _closes_line(view: View, match: re.Match[str], previous_end: int, after: int, section: Span) -> bool:
    """The outcome word stands behind a colon at a line end, on another line than the heading before it."""
    at_line_end = after >= section.end or after in view.starts
    start = match.start()
    apart = start == previous_end or view.line_number(start) > view.line_number(previous_end)
    return bool(match.group("colon")) and at_line_end and apart


def _opened_by_break(view: View, heading: Span) -> bool:
    """A line begins where the heading does, or a list number before it."""
    return heading.start - 6 <= view.line_span(view.line_number(heading.start)).start


def _heading(view: View, lower: int, end: int, setting: Setting) -> Span | None:
    """The heading that ends at `end`: back to the nearest place at which a new paragraph can have begun.

    `lower` is the end of the last label before it. The heading of a partial certification has several sentences: it
    goes back to the one that names the original request.
    """
    span = None
    reach = max(lower, end - 2 * LONGEST_HEADING)
    originals = [match.start() for match in _PARTIAL_START.finditer(view.folded, reach, end)]
    endings = [match.start() for match in _PARTIAL_END.finditer(view.folded, reach, end)]
    for start in [*paragraph_starts(view, lower, end, setting), lower]:
        candidate = view.trim(start, end, extra=":;")
        if not len(candidate) or (span is not None and len(candidate) > LONGEST_HEADING):
            continue
        original = bool(originals) and originals[-1] >= candidate.start
        if span is not None and not original:
            continue  # still on the way back to the original request
        span = candidate
        if original or not (endings and endings[-1] >= candidate.start):
            break
    return span


def _item(view: View, heading: _Heading, end: int, labels: list[Mark], setting: Setting) -> Item:
    """The item of a heading; the next one's begins at `end`."""
    deadline.check()
    verdict = heading.verdict
    inside = marks_between(labels, verdict.span.end, end)
    end = _orphan(view, inside, end, setting)
    first: dict[HeadingName, Span] = {}
    for mark in inside:
        if mark.span.start < end:
            first.setdefault(mark.name, mark.span)
    starts = sorted(label.start for label in first.values())

    def paragraph(name: HeadingName) -> Span | None:
        label = first.get(name)
        if label is None:
            return None
        following = next((start for start in starts if start > label.start), end)
        return nonempty(view.trim(label.end, end if name is HeadingName.RATIONALE else following))

    guidelines = None
    if not {HeadingName.ADMINISTRATOR, HeadingName.EXPERT} & set(first):
        stop = first[HeadingName.RATIONALE].start if HeadingName.RATIONALE in first else end
        guidelines = nonempty(view.trim(verdict.span.end, stop, extra=".:)"))
    return Item(
        heading=heading.span,
        guidelines=guidelines,
        outcome=verdict.outcome,
        outcome_span=verdict.span,
        doubt=verdict.doubt,
        window=view.trim(heading.span.start, end),
        administrator=paragraph(HeadingName.ADMINISTRATOR),
        expert=paragraph(HeadingName.EXPERT),
        rationale=paragraph(HeadingName.RATIONALE),
    )


def _orphan(view: View, inside: list[Mark], end: int, setting: Setting) -> int:
    """Where the paragraphs of an item begin whose own heading was not recognised; `end` where there are none.

    They show by a second set of labels behind the item's rationale. They are left out, and counted as incomplete.
    """
    own = next((mark for mark in inside if mark.name is HeadingName.RATIONALE), None)
    if own is None:
        return end
    behind = [mark for mark in inside if mark.span.start > own.span.start]
    first = next((mark for mark in behind if mark.name in (HeadingName.ADMINISTRATOR, HeadingName.EXPERT)), None)
    if first is None or not any(
        mark.name is HeadingName.RATIONALE and mark.span.start > first.span.start for mark in behind
    ):
        return end
    starts = paragraph_starts(view, own.span.end, first.span.start - 1, setting)
    return next((start for start in starts if start > own.span.end), first.span.start)
