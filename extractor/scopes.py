"""Scopes: the one stretch of the letter in which each field may be said."""

from __future__ import annotations

from functools import lru_cache

from extractor.facts import Facts
from extractor.layout import Layout
from extractor.spans import Span
from extractor.support import Field


@lru_cache(maxsize=4096)
def decision_index(pointer: str) -> int | None:
    """The position of the decision that a pointer leads into, or None."""
    parts = pointer.split("/", 3)
    return int(parts[2]) if len(parts) > 2 and parts[1] == "decisions" and parts[2].isdigit() else None


def scope_of(pointer: str, spec: Field, layout: Layout, facts: Facts) -> list[Span]:
    """View spans in which the field at `pointer` may be said, in order of preference; empty where there is none."""
    index = decision_index(pointer)
    if index is not None:
        return _in_item(pointer, spec, layout, index)
    whole = Span(0, len(layout.view.flat))
    if layout.variant == "unknown":
        return [whole]
    if spec.section == "reviewer":
        return [layout.reviewer] if layout.reviewer else []
    if spec.section == "records":
        return [layout.records] if layout.records else []
    summary = [layout.summary] if layout.summary else []
    if spec.section == "summary":
        return summary
    if spec.section == "patient":
        return summary + [item.rationale for item in layout.items if item.rationale]
    paired = facts.header.get(spec.name)
    if paired is not None:
        return [paired[0]]
    if spec.name == "case_number":
        return [layout.header]
    told = {"date_of_injury": layout.told.injury, "ur_denial_date": layout.told.review}.get(spec.name, ())
    return [Span(printed.start, printed.end) for printed in told]


def _in_item(pointer: str, spec: Field, layout: Layout, index: int) -> list[Span]:
    if index >= len(layout.items):
        return []
    item = layout.items[index]
    if spec.in_heading:
        return [item.heading]
    if spec.name == "outcome":
        return [item.outcome_span]
    if "/claims_administrator_basis/" in pointer:
        span = item.guidelines or item.administrator
    elif "/reviewer_basis/" in pointer:
        span = item.guidelines or item.expert
    else:
        span = item.rationale
    return [span] if span is not None else []
