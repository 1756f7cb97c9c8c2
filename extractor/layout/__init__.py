"""The letter's skeleton, found by rule: variant, sections, one window for each disputed item, numbered lines.

A text that is none of the known layouts has the layout `unknown`, with whatever sections could be told: that is data,
not an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from extractor.determination import LayoutName
from extractor.layout.dates import SummaryDates, dates_told
from extractor.layout.furniture import find_furniture
from extractor.layout.headings import Mark, Name, find_marks
from extractor.layout.items import Item, items_at, outcome_items
from extractor.layout.letters_of_2013 import notice_items, review_items, sentence_items
from extractor.layout.unclaimed import Unclaimed, unclaimed
from extractor.normalize import View, view_of
from extractor.spans import Span

__all__ = ["Item", "Layout", "lay_out", "lay_out_at"]

_SUMMARY_INTRO = re.compile(
    r"the (?:expert|physician) reviewer developed the following (?:clinical )?case summary"
    r".{0,120}?medical records\s?[:.]\s?"
    r"|the following (?:clinical )?case summary .{0,160}?:\s"
)
_DECISIONS_INTRO = re.compile(
    r"the final determination was based on decisions for the disputed items?/services?"
    r"\s?(?:set forth below)?\s?[:.]?\s?"
)
_DISCLAIMER = re.compile(r"disclaimer: the following case summary was (?:taken|copied).{0,140}?\d{4}\s?[.:]\s?")
_CREDENTIALS = re.compile(
    r"states? ?(?:\(s\))? of licensure|certifications? ?(?:\(s\))? ?/ ?specialty|following credentials"
)
_CLOSING = re.compile(
    r"\n(?:sincerely,|respectfully,|effect of the decision\s?:|disclaimer\s?: maximus is providing"
    r"|cc: department of industrial|/[a-z]{2,3}\n)"
)
_NOTICE_TITLE = "notice of independent medical review determination"
_NOTICE_VERDICT = re.compile(r"maximus federal services, ?inc\.?,? has determined")
_SECTION_WORD = re.compile(r"section ?\(s\) ?:")


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in view spans."""

    variant: LayoutName
    view: View
    header: Span
    """From the top to the first section; may be empty."""
    reviewer: Span | None
    """Where the reviewer's qualifications are told."""
    summary: Span | None
    """The body of the clinical case summary, without its introduction."""
    records: Span | None
    """The body of the list of documents, where there is one."""
    items: tuple[Item, ...]
    marks: tuple[Mark, ...]
    decisions: int | None = None
    """Where the section begins in which each heading ends in its outcome; None in layouts that have none."""

    @cached_property
    def told(self) -> SummaryDates:
        """Dates of injury and review that the summary tells."""
        return dates_told(self.view, self.summary)

    @cached_property
    def unclaimed(self) -> Unclaimed:
        """What looks like part of an item and no item has."""
        return unclaimed(self.view, self.marks, self.items, self.decisions)

    @property
    def lines(self) -> list[str]:
        """The numbered lines, in order; line 1 is the first."""
        return self.view.lined.split("\n") if self.view.lined else []


def lay_out(text: str) -> Layout:
    """The layout of a letter's text. Never raises for what the text says; time is linear in its length."""
    view = view_of(text, find_furniture(text))
    marks = find_marks(view)
    variant, decisions = _variant(view, marks)
    end = _end(view, marks)
    if variant == "notice":
        items = notice_items(view, marks, end)
    elif variant == "professional_review":
        items = review_items(view, marks, end)
    elif decisions is not None:
        section = Span(decisions, end)
        items = outcome_items(view, section, marks)
        if not items:
            items = sentence_items(view, section, marks)
    else:
        items = []
    if not items and variant != "unknown" and not any(mark.name is Name.SUMMARY for mark in marks):
        variant = "unknown"
    sections = [mark for mark in marks if mark.name not in _ITEM_LABELS]
    sections = [mark for mark in sections if mark.name is not Name.CLOSING]  # a cover letter may close before them
    header_end = sections[0].span.start if sections else len(view.flat)
    return Layout(
        variant=variant,
        view=view,
        header=Span(0, header_end if variant != "notice" else _notice_header_end(marks, end)),
        reviewer=_reviewer(view, marks),
        summary=_summary(view, marks, end, items),
        records=_body(view, marks, Name.RECORDS, end),
        items=tuple(items),
        marks=tuple(marks),
        decisions=decisions if any(mark.name in (Name.DECISIONS, Name.DECISIONS_2013) for mark in marks) else None,
    )


def lay_out_at(layout: Layout, places: Sequence[Span]) -> Layout:
    """An unknown layout with the items whose headings a reader says stand at `places`; the letter must bear it out.

    It stays `unknown`, so that a person looks.
    """
    return replace(layout, items=tuple(items_at(layout.view, places, list(layout.marks))))


_ITEM_LABELS = frozenset({Name.ADMINISTRATOR, Name.EXPERT, Name.GUIDELINES, Name.RATIONALE})
"""Labels inside an item; they end no section but that of the summary."""


_NOTICE_PARTS = frozenset({Name.SUMMARY, Name.REVIEWER, Name.NOTICE_DECISIONS, Name.RATIONALE})


def _variant(view: View, marks: list[Mark]) -> tuple[LayoutName, int | None]:
    """The variant, and where the decisions begin in variants of 2014 and later."""
    names = {mark.name for mark in marks}
    if Name.DECISIONS_2013 not in names and _NOTICE_PARTS & names and _speaks_as_notice(view.folded):
        return "notice", None
    if Name.ISSUE in names and {Name.SUMMARY, Name.GUIDELINES, Name.RATIONALE} & names:
        return "professional_review", None
    decisions = next((m for m in marks if m.name in (Name.DECISIONS, Name.DECISIONS_2013)), None)
    labels = [mark for mark in marks if mark.name in _ITEM_LABELS]
    if decisions is None and not (labels and {Name.HOW_MADE, Name.REVIEWER, Name.SUMMARY} & names):
        return "unknown", None  # item labels alone: a letter quoted in some other document
    if decisions is not None:
        start = decisions.span.end
        intro = _DECISIONS_INTRO.match(view.folded, view.trim(start, len(view.flat), extra=":").start)
        start = intro.end() if intro else start
    else:  # the heading was lost; items can only stand after the summary
        summary = next((m for m in marks if m.name is Name.SUMMARY), None)
        start = summary.span.end if summary else 0
    if decisions is not None and decisions.name is Name.DECISIONS_2013:
        return "decisions_and_rationales", start
    if _CREDENTIALS.search(view.folded, 0, start):
        return "credentials", start
    has_reviewer = Name.HOW_MADE in names
    if not has_reviewer and _SECTION_WORD.search(view.folded, start):
        return "credentials", start  # sections are cited so from 2015 on; nothing else is left to tell by
    return "prose_reviewer", start


def _speaks_as_notice(folded: str) -> bool:
    return _NOTICE_TITLE in folded or _NOTICE_VERDICT.search(folded) is not None


def _end(view: View, marks: list[Mark]) -> int:
    closing = _CLOSING.search(view.folded_lines)
    last = max((mark.span.end for mark in marks if mark.name is not Name.CLOSING), default=0)
    if closing and closing.start() + 1 > last:  # the match begins with the break before it
        return closing.start() + 1
    return len(view.flat)


def _notice_header_end(marks: list[Mark], end: int) -> int:
    """In a `notice` the dates stand in the decision's introduction, before the reviewer is told of."""
    return next((m.span.start for m in marks if m.name in (Name.REVIEWER, Name.SUMMARY)), end)


def _body(view: View, marks: list[Mark], name: Name, end: int) -> Span | None:
    mark = next((mark for mark in marks if mark.name is name), None)
    if mark is None:
        return None
    stop = next((other.span.start for other in marks if other.span.start > mark.span.start), end)
    span = view.trim(mark.span.end, max(stop, mark.span.end), extra=":")
    return span if len(span) else None


def _reviewer(view: View, marks: list[Mark]) -> Span | None:
    how = _body(view, marks, Name.HOW_MADE, len(view.flat))
    told = _body(view, marks, Name.REVIEWER, len(view.flat))
    if how is None or told is None:
        return told or how
    return Span(min(how.start, told.start), max(how.end, told.end))


def _summary(view: View, marks: list[Mark], end: int, items: list[Item]) -> Span | None:
    body = _body(view, marks, Name.SUMMARY, end)
    if body is None:
        return None
    start, stop = body
    if items and start < items[0].heading.start < stop:  # the decisions' own heading was lost
        stop = items[0].heading.start
    for pattern in (_SUMMARY_INTRO, _DISCLAIMER):
        intro = pattern.match(view.folded, start, stop)
        if intro:
            start = intro.end()
    span = view.trim(start, stop)
    return span if len(span) else None
