"""Facts: what headings and header say, parsed by type, before anybody claims anything.

The rules reader says them; grounding measures every reader's claims against them. They are parsed once for a letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from extractor.facts.bases import BasisFact, read_basis, read_joint_basis
from extractor.facts.header import HeaderValue, header_values
from extractor.facts.quantities import StatedAmount, read_quantity
from extractor.facts.requests import TreatmentRequest, read_request
from extractor.facts.reviewer import ReviewerFacts, read_reviewer
from extractor.facts.treatments import DrugFact, ServiceWords, classify, read_drugs
from extractor.layout import Item, Layout
from extractor.processes import deadline
from extractor.records.determination import Category
from extractor.text.literals import find_dates
from extractor.vocabulary.body import NamedPart, find_parts
from extractor.vocabulary.drugs import find_drugs

__all__ = ["Facts", "ItemFacts", "gather"]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the heading of one disputed item says; all places are view spans."""

    request: TreatmentRequest
    kind: ServiceWords | None
    drugs: tuple[DrugFact, ...]
    parts: tuple[NamedPart, ...]
    amounts: tuple[StatedAmount, ...]
    administrator: BasisFact | None
    """What the claims administrator says it decided on."""
    reviewer: BasisFact | None
    """What the reviewer does."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one letter's header and headings say."""

    header: dict[str, HeaderValue]
    """Header field → place and value, for each label that could be paired with its value."""
    contrary: dict[str, HeaderValue]
    """Header field → another value that the header gives for it."""
    reviewer: ReviewerFacts
    items: tuple[ItemFacts, ...]
    latest: date
    """No injury of the letter can be later: a two-digit year that would put it there is of the last century."""


def gather(layout: Layout) -> Facts:
    """The facts of a letter."""
    header, contrary = header_values(layout)
    return Facts(
        header=header,
        contrary=contrary,
        reviewer=read_reviewer(layout),
        items=tuple(_item(layout, item) for item in layout.items),
        latest=_latest(header, layout),
    )


def _latest(header: dict[str, HeaderValue], layout: Layout) -> date:
    """The decision's date, else the latest other date of the header, else of the summary; far off without any."""
    if "decision_date" in header and isinstance(decided := header["decision_date"][1], date):
        return decided
    known = [value for name, (_, value) in header.items() if isinstance(value, date) and name != "date_of_injury"]
    if not known and layout.summary is not None:
        printed = find_dates(layout.view.folded, *layout.summary)
        known = [one.value for one in printed if one.value < _NO_LETTER_IS_LATER]
    return max(known, default=_NO_LETTER_IS_LATER)


def _item(layout: Layout, item: Item) -> ItemFacts:
    deadline.check()
    view = layout.view
    request = read_request(view, item.heading)
    if item.guidelines is not None:
        only = layout.variant.reviewer_only
        administrator, reviewer = read_joint_basis(view, item.guidelines, reviewer_only=only)
    else:
        administrator, reviewer = read_basis(view, item.administrator), read_basis(view, item.expert)
    span = request.disputed
    named = list(find_drugs(view.folded, *span))
    kind = classify(view, request, named)
    names_drugs = kind is None or kind.category not in _NAMES_NO_DRUG
    parts = list(find_parts(view.folded, *span)) or list(find_parts(view.folded, *request.requested))

    def default_unit() -> str | None:
        match = _SESSION_WORDS.search(view.folded, *span)
        if match is not None and kind is not None and kind.category not in _NOT_COUNTED_IN_VISITS:
            return match.group(1).rstrip("s") + "s"
        return None

    return ItemFacts(
        request=request,
        kind=kind,
        drugs=tuple(read_drugs(view, span, named, kind)) if names_drugs else (),
        parts=tuple(parts),
        amounts=tuple(read_quantity(view.folded, span, default_unit)),
        administrator=administrator,
        reviewer=reviewer,
    )


_NO_LETTER_IS_LATER = date(2050, 1, 1)
_NAMES_NO_DRUG = frozenset({Category.DIAGNOSTIC_TESTING, Category.TRANSPORTATION})
"""A test for a drug is not the drug."""
_NOT_COUNTED_IN_VISITS = frozenset({Category.PHARMACEUTICALS, Category.DMEPOS, Category.SURGERY, Category.INJECTION})
_SESSION_WORDS = re.compile(r"\b(sessions?|visits?)\b")
