"""What looks like part of a disputed item and no item has: lost headings, lost labels, quoted or planted items.

Nothing here decides what a letter says. It counts what would be lost, or taken in, in silence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from extractor.layout.headings import ITEM_LABELS, HeadingName, Mark
from extractor.layout.items import BASIS_SENTENCE, Item
from extractor.layout.letters_of_2013 import undecided
from extractor.layout.paragraphs import LOST_BREAKS
from extractor.records.determination import Outcome
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.verdicts import conclusions

_ONCE = (
    frozenset({HeadingName.HOW_MADE}),
    frozenset({HeadingName.REVIEWER}),
    frozenset({HeadingName.SUMMARY}),
    frozenset({HeadingName.DECISIONS, HeadingName.DECISIONS_2013, HeadingName.NOTICE_DECISIONS}),
)
"""Sections that a letter has once, whatever they are called. (Lists of records and issues may come several times.)"""
_CLOSING_WORD = re.compile(
    r"""(?x) \b(?:Upheld|Overturned|UPHELD|OVERTURNED)\b[ .)]*(?=\n|$)
    | (?:(?<=[:;])|(?<=[:;]\s)|(?<=[:;]\s\())
      (?: (?:Upheld|Overturned|UPHELD|OVERTURNED)\b | (?:upheld|overturned)\b[ .)]*(?=\n|$) )"""
)
_OUTCOME_WORD = re.compile(r"[Uu](?:pheld|PHELD)|[Oo](?:verturned|VERTURNED)")
_STATEMENT = re.compile(rf"(?:(?<=\n)|^)(?:{BASIS_SENTENCE.pattern})|\bdecision based on (?:the )?(?:non-\s?)?mtus\b")
_SENTENCE_END = re.compile(r"[.!?:][\"')\]]*$")


def _closing_words(lined: str) -> Iterator[Span]:
    """Outcome words that close a line, or stand behind a colon. Looked for by the words: they are few."""
    for word in _OUTCOME_WORD.finditer(lined):
        match = _CLOSING_WORD.match(lined, word.start())
        if match is not None:
            yield Span(*match.span())


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """All spans are view spans."""

    outcomes: tuple[Span, ...]
    """Outcome words, in capitals at line ends or behind colons, that close no item's heading."""
    labels: tuple[Mark, ...]
    """Labels of items outside of every item, or there for the second time in one."""
    foreign_labels: tuple[Mark, ...]
    """The two sides' labels where no item has one: labels of another layout."""
    unheaded: int
    """Items more than there are headings "Regarding the request for"."""
    statements: tuple[Span, ...]
    """Sentences inside a rationale, in the form's own words, that say what a side relied upon."""
    undecided: tuple[Span, ...]
    """Places where a letter of 2013 begins to decide, and no verdict is understood."""
    before: Span | None
    """Words between the heading of the decisions and that of the first item."""
    repeated: tuple[tuple[Mark, ...], ...]
    """Headings of one section, where a letter has several of it; those of another layout count as well."""
    broken_off: tuple[int, ...]
    """Positions of items whose rationale ends within a sentence."""
    interrupted: tuple[int, ...]
    """Positions of items without a conclusion behind which another item concludes twice."""
    within_lines: tuple[int, ...]
    """Positions of items whose heading begins in the middle of a line, behind other words."""


def unclaimed(view: View, marks: tuple[Mark, ...], items: tuple[Item, ...], decisions: int | None) -> Unclaimed:
    """What no item of a letter has.

    Args:
        view: the reading view.
        marks: headings and labels found in it.
        items: the letter's items.
        decisions: where the section begins whose headings end in their outcomes; None in layouts without it.

    """
    verdicts = sorted(item.outcome_span for item in items)
    rationales = [item.rationale for item in items if item.rationale is not None]
    concluded = [list(conclusions(view.folded, *item.rationale)) if item.rationale else None for item in items]
    return Unclaimed(
        outcomes=tuple(span for span in _closing_words(view.lined) if not _within(span.start, verdicts)),
        labels=_stray_labels(marks, items),
        foreign_labels=tuple(
            mark
            for mark in marks
            if mark.name in (HeadingName.ADMINISTRATOR, HeadingName.EXPERT)
            and not any(i.administrator or i.expert for i in items)
        ),
        unheaded=len(items) - sum(1 for mark in marks if mark.name is HeadingName.ITEM),
        statements=tuple(
            Span(*match.span())
            for rationale in rationales
            for match in _STATEMENT.finditer(view.folded_lines, *rationale)
        ),
        undecided=undecided(view, marks),
        before=_before(view, decisions, items),
        repeated=_repeated(marks),
        broken_off=tuple(
            index
            for index, item in enumerate(items)
            if item.rationale is not None and _breaks_off(view, item.rationale, concluded[index] or [])
        ),
        interrupted=tuple(
            index
            for index, (here, behind) in enumerate(pairwise(concluded))
            if here == [] and behind is not None and len(behind) > 1
        ),
        within_lines=tuple(index for index, item in enumerate(items) if _within_line(view, item.heading.start)),
    )


def _within_line(view: View, start: int) -> bool:
    """Words stand before it on its line, which still has the breaks that it was set with."""
    line = view.line_span(view.line_number(start))
    return len(line) <= LOST_BREAKS and len(_LETTER.findall(view.folded, line.start, start)) > _LIST_NUMBER_LETTERS


def _within(offset: int, spans: list[Span]) -> bool:
    """Whether one of the spans, which are in order, holds the offset."""
    at = bisect_right(spans, offset, key=lambda span: span.start) - 1
    return at >= 0 and offset < spans[at].end


def _repeated(marks: tuple[Mark, ...]) -> tuple[tuple[Mark, ...], ...]:
    sections = [tuple(mark for mark in marks if mark.name in names) for names in _ONCE]
    decisions = sections[-1]
    issues = next((mark for mark in marks if mark.name is HeadingName.ISSUE), None)
    if decisions and issues is not None:  # two layouts in one text
        sections[-1] = (issues, *decisions)
    return tuple(section for section in sections if len(section) > 1)


def _before(view: View, decisions: int | None, items: tuple[Item, ...]) -> Span | None:
    if decisions is None or not items:
        return None
    span = view.trim(decisions, items[0].window.start, extra=":.")
    return span if len(_LETTER.findall(view.folded, *span)) > _LIST_NUMBER_LETTERS else None


_LETTER = re.compile("[a-z]")
_LIST_NUMBER_LETTERS = len("item number")


def _breaks_off(view: View, rationale: Span, concluded: list[tuple[Outcome, Span]]) -> bool:
    """It ends neither in a stop nor in its conclusion."""
    ends = _SENTENCE_END.search(view.words(rationale)[-4:]) is not None
    return not (ends or (concluded and rationale.end - concluded[-1][1].end < _SHORT_TAIL))


_SHORT_TAIL = 40
"""Code points that may follow a conclusion without a stop: "… and appropriate"."""


def _stray_labels(marks: tuple[Mark, ...], items: tuple[Item, ...]) -> tuple[Mark, ...]:
    seen: set[tuple[int, HeadingName]] = set()
    stray: list[Mark] = []
    at = 0
    for mark in marks:
        if mark.name not in ITEM_LABELS:
            continue
        while at < len(items) and items[at].window.end <= mark.span.start:
            at += 1
        inside = at < len(items) and items[at].window.start <= mark.span.start
        if not inside or (at, mark.name) in seen:
            stray.append(mark)
        seen.add((at, mark.name))
    return tuple(stray)
