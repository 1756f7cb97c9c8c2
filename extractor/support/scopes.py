"""Scopes: the stretch of a letter in which a field may be said. A place outside of it is no evidence."""

from __future__ import annotations

from collections.abc import Callable

from extractor.facts import Facts
from extractor.layout import Item, Layout
from extractor.layout.dates import SummaryDates
from extractor.text.literals import PrintedDate
from extractor.text.spans import Span

Scope = Callable[[Layout, Facts, int | None], list[Span]]
"""(layout, facts, position of the decision) → view spans, best first; empty where the field can be said nowhere."""


def _of_letter(spans: Callable[[Layout], list[Span]]) -> Scope:
    """A scope outside of the items; in an unknown layout that is the whole text."""

    def scope(layout: Layout, facts: Facts, index: int | None) -> list[Span]:
        return spans(layout) if layout.variant.known else [Span(0, len(layout.view.flat))]

    return scope


def _of_item(span: Callable[[Item], Span | None]) -> Scope:
    """A scope inside an item."""

    def scope(layout: Layout, facts: Facts, index: int | None) -> list[Span]:
        if index is None or index >= len(layout.items):
            return []
        found = span(layout.items[index])
        return [found] if found is not None else []

    return scope


def in_header(name: str, told: Callable[[SummaryDates], tuple[PrintedDate, ...]] | None = None) -> Scope:
    """Where the header gives the field `name`; else where the summary tells it, for the fields that it may tell."""

    def scope(layout: Layout, facts: Facts, index: int | None) -> list[Span]:
        if not layout.variant.known:
            return [Span(0, len(layout.view.flat))]
        if name in facts.header:
            return [facts.header[name][0]]
        return [Span(printed.start, printed.end) for printed in told(layout.told)] if told is not None else []

    return scope


def case_number(layout: Layout, facts: Facts, index: int | None) -> list[Span]:
    """Behind its label, else anywhere in the header."""
    if not layout.variant.known:
        return [Span(0, len(layout.view.flat))]
    return [facts.header["case_number"][0]] if "case_number" in facts.header else [layout.header]


def _summary_then_rationales(layout: Layout) -> list[Span]:
    rationales = [item.rationale for item in layout.items if item.rationale]
    return [layout.summary, *rationales] if layout.summary else rationales


reviewer = _of_letter(lambda layout: [layout.reviewer] if layout.reviewer else [])
"""Where the reviewer's qualifications are told."""
records = _of_letter(lambda layout: [layout.records] if layout.records else [])
"""The list of documents."""
summary = _of_letter(lambda layout: [layout.summary] if layout.summary else [])
"""The clinical case summary."""
patient = _of_letter(_summary_then_rationales)
"""The summary; a rationale may speak of the patient, too."""
heading = _of_item(lambda item: item.heading)
"""The item's heading."""
verdict = _of_item(lambda item: item.outcome_span)
"""The words behind the heading that say its outcome."""
administrator = _of_item(lambda item: item.guidelines or item.administrator)
"""What the claims administrator relied upon; in letters of 2013 one paragraph tells it of both sides."""
expert = _of_item(lambda item: item.guidelines or item.expert)
"""What the reviewer relied upon."""
rationale = _of_item(lambda item: item.rationale)
"""Why the reviewer decided so."""
