"""The letter's skeleton, found by rule: variant, sections, one window for each disputed item, numbered lines.

A text that is none of the known layouts has the layout `unknown`, with whatever sections could be told: that is data,
not an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from extractor.layout.dates import SummaryDates, dates_told
from extractor.layout.furniture import find_furniture
from extractor.layout.headings import HeadingName, Mark, find_marks
from extractor.layout.items import Item, items_at
from extractor.layout.paragraphs import setting_of
from extractor.layout.slips import find_slips
from extractor.layout.strays import Room, room_of, stray_lines
from extractor.layout.unclaimed import Unclaimed, unclaimed
from extractor.layout.variants import UNKNOWN, Signs, Variant, recognise
from extractor.text.normalize import View, view_of
from extractor.text.spans import Span

__all__ = ["Item", "Layout", "Variant", "lay_out", "lay_out_at"]

_SUMMARY_INTRO = re.compile(
    r"the (?:expert|physician) reviewer developed the following (?:clinical )?case summary"
    r".{0,120}?medical records\s?[:.]\s?"
    r"|the following (?:clinical )?case summary .{0,160}?:\s"
)
_DISCLAIMER = re.compile(r"disclaimer: the following case summary was (?:taken|copied).{0,140}?\d{4}\s?[.:]\s?")
_CLOSING = re.compile(
    r"\n(?:sincerely,|respectfully,|effect of the decision\s?:|disclaimer\s?: maximus is providing"
    r"|cc: department of industrial|/[a-z]{2,3}\n)"
)


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in view spans."""

    variant: Variant
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
    stamps: tuple[Span, ...] = ()
    """Raw spans of lines left out of the view for their form alone."""
    slips: int = 0
    """How many words of the form were misread by a machine, and taken for what they must have been."""
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

    def strays(self, passage: Span, *, heading: bool = False) -> tuple[Span, ...]:
        """The lines of a passage that fit nothing around them."""
        return tuple(stray_lines(self.view, passage, self._room, heading=heading))

    @cached_property
    def _room(self) -> Room:
        return room_of(self.view, setting_of(self.view, Span(0, len(self.view.flat)), ()).width)

    @property
    def lines(self) -> list[str]:
        """The numbered lines, in order; line 1 is the first."""
        return self.view.lined.split("\n") if self.view.lined else []


def lay_out(text: str) -> Layout:
    """The layout of a letter's text. Never raises for what the text says; time is linear in its length."""
    furniture = find_furniture(text)
    slips = find_slips(text)
    view = view_of(text, furniture.spans, slips)
    marks = find_marks(view)
    signs = Signs(view, marks)
    variant = recognise(signs)
    end = _end(view, marks)
    decisions = signs.decisions if variant.has_decisions_section else None
    items = variant.items(view, marks, Span(decisions or 0, end))
    if not items and not any(mark.name is HeadingName.SUMMARY for mark in marks):
        variant = UNKNOWN
    header_end = next(
        (mark.span.start for mark in marks if mark.name in variant.header_ends),
        end if variant.known else len(view.flat),
    )
    return Layout(
        variant=variant,
        view=view,
        header=Span(0, header_end),
        reviewer=_reviewer(view, marks),
        summary=_summary(view, marks, end, items),
        records=_body(view, marks, HeadingName.RECORDS, end),
        items=tuple(items),
        marks=tuple(marks),
        stamps=furniture.stamps,
        slips=len(slips) + sum(mark.misspelled for mark in marks),
        decisions=decisions if signs.opening is not None else None,
    )


def lay_out_at(layout: Layout, places: Sequence[Span]) -> Layout:
    """An unknown layout with the items whose headings a reader says stand at `places`; the letter must bear it out.

    It stays `unknown`, so that a person looks.
    """
    return replace(layout, items=tuple(items_at(layout.view, places, list(layout.marks))))


def _end(view: View, marks: list[Mark]) -> int:
    last = max((mark.span.end for mark in marks if mark.name is not HeadingName.CLOSING), default=0)
    closing = _CLOSING.search(view.folded_lines, last)  # one before is that of a cover letter
    ends = [mark.span.start for mark in marks if mark.name is HeadingName.CLOSING and mark.span.start > last]
    return min([*ends, closing.start() + 1 if closing else len(view.flat)])  # the match begins with a break


def _body(view: View, marks: list[Mark], name: HeadingName, end: int) -> Span | None:
    mark = next((mark for mark in marks if mark.name is name), None)
    if mark is None:
        return None
    stop = next((other.span.start for other in marks if other.span.start > mark.span.start), end)
    span = view.trim(mark.span.end, max(stop, mark.span.end), extra=":")
    return span if len(span) else None


def _reviewer(view: View, marks: list[Mark]) -> Span | None:
    how = _body(view, marks, HeadingName.HOW_MADE, len(view.flat))
    told = _body(view, marks, HeadingName.REVIEWER, len(view.flat))
    if how is None or told is None:
        return told or how
    return Span(min(how.start, told.start), max(how.end, told.end))


def _summary(view: View, marks: list[Mark], end: int, items: list[Item]) -> Span | None:
    body = _body(view, marks, HeadingName.SUMMARY, end)
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
