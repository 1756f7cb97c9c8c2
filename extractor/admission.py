"""Admission: of several things of one kind that a heading or paragraph says, which one is the field's.

`admits` compares a claim with the facts: what the header's labels, the heading's grammar and the paragraph's
citations give. Fields that can be told by their words alone are admitted here without more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import TypeVar

from extractor.determination import Category, Subcategory
from extractor.drafts import Draft, Value
from extractor.facts import Facts, ItemFacts
from extractor.facts.ages import ages
from extractor.facts.bases import BasisFact
from extractor.facts.cited import Cited
from extractor.facts.header import CASE_NUMBER
from extractor.layout import Layout
from extractor.literals import find_dates
from extractor.normalize import View, key
from extractor.scopes import decision_index
from extractor.spans import Span

_T = TypeVar("_T")


def admits(pointer: str, value: Value, places: tuple[Span, ...], layout: Layout, facts: Facts, draft: Draft) -> bool:
    """Whether the facts of the letter allow `value` at `pointer`, cited at `places`."""
    index = decision_index(pointer)
    parts = pointer.split("/")[1:]
    if index is None:
        return _outside_items(parts, value, places, layout, facts)
    if index >= len(facts.items):
        return False
    if parts[2] == "outcome":
        return layout.items[index].outcome == value
    return _in_item(parts[2:], value, places, layout.view, facts.items[index], draft, pointer)


def _outside_items(parts: list[str], value: Value, places: tuple[Span, ...], layout: Layout, facts: Facts) -> bool:
    view = layout.view
    if parts[0] == "case_number":
        return CASE_NUMBER.fullmatch(view.folded, *places[0]) is not None
    if isinstance(value, date):
        if layout.variant == "unknown":
            return True
        printed = next(find_dates(view.folded, *places[0]), None)
        if printed is None:
            return False
        # Nobody is hurt after the decision; no other date of a letter is of the last century.
        return value == (printed.before(facts.latest) if parts[0] == "date_of_injury" else printed.value)
    if parts == ["patient", "mechanism"]:
        return _NO_ACT.fullmatch(key(str(value))) is None
    if parts[0] == "reviewer":
        told_of = getattr(facts.reviewer, parts[1])
        return layout.variant == "unknown" or _any(told_of, parts[2], lambda entry: entry[0] == value)
    if parts == ["patient", "age"]:
        if layout.summary is not None:
            # The summary is of the patient; a rationale's age may be anybody's. It is read only as far as need be.
            told: Iterator[Value] = (age for age, _ in ages(view, layout.summary))
            if value != next(told, value) and value not in told:
                return False
        return any(value == age and place.overlaps(places[0]) for age, place in ages(view, _around(view, places[0])))
    return True


def told_at(pointer: str, value: Value, layout: Layout, facts: Facts) -> tuple[Span, ...]:
    """Where the facts have this very value for this field: the place of a value that came without one; else nothing."""
    index = decision_index(pointer)
    parts = pointer.split("/")[1:]
    if index is None:
        if parts == ["patient", "age"]:
            told = [layout.summary, *(item.rationale for item in layout.items)]
            regions = [region for region in told if region is not None] or [Span(0, len(layout.view.flat))]
            return tuple(place for region in regions for age, place in ages(layout.view, region) if age == value)[:1]
        if parts[0] == "reviewer":
            return tuple(place for said, place in getattr(facts.reviewer, parts[1]) if said == value)[:1]
        return ()
    if index >= len(facts.items):
        return ()
    item, leaf = facts.items[index], parts[-1]
    if parts[2] == "quantity":
        return tuple(amount.place for amount in item.amounts if (amount.field, amount.value) == (leaf, value))[:1]
    if parts[2] in ("category", "subcategory") and item.kind is not None:
        said = getattr(item.kind, parts[2])
        return (item.kind.place,) if said is not None and said.value == value else ()
    if leaf == "relied_on":
        basis = item.administrator if parts[2].startswith("claims") else item.reviewer
        return basis.relied_at if basis is not None and basis.relied_on == value else ()
    if leaf == "name":
        return tuple(drug.name for drug in item.drugs if _same(layout.view, drug.name, value))[:1]
    return ()


# "an industrial injury on 10-10-2015" says that somebody was hurt, not how.
_NO_ACT = re.compile(
    r"(?:(?:was|were|been) )?(?:(?:sustained|suffered|incurred) )?(?:an? |the |his |her )?"
    r"(?:(?:industrial|work|occupational|job)(?:[- ]related)? )?(?:injury|injuries|injured|accident)"
    r"(?: at work| on the job)?(?: (?:of|on|dated|from|in) (?:[a-z]{3,9} )?[\d/ ,.-]+)?"
)


def _around(view: View, place: Span) -> Span:
    return Span(max(0, place.start - 40), min(len(view.flat), place.end + 40))


def _in_item(
    parts: list[str], value: Value, places: tuple[Span, ...], view: View, item: ItemFacts, draft: Draft, pointer: str
) -> bool:
    name = parts[0]
    if name in ("requested", "authorized", "disputed"):
        stated = {
            "requested": item.request.requested,
            "authorized": item.request.authorized,
            "disputed": item.request.disputed,
        }[name]
        return stated is not None and _same(view, stated, value)
    if name == "service_dates":
        return _any(item.request.service_dates, parts[1], lambda entry: entry[0] == value)
    if name in ("category", "subcategory") and item.request.associated:
        return value in (Category.SURGERY, Subcategory.ADJUNCT_SERVICE)
    if name == "quantity":
        return any(amount.field == parts[1] and amount.value == value for amount in item.amounts)
    if name == "body_parts":
        return _admits_part(parts, value, item, draft, pointer)
    if name == "drugs":
        return _admits_drug(parts, value, view, item, draft, pointer)
    if name in ("claims_administrator_basis", "reviewer_basis"):
        basis = item.administrator if name.startswith("claims") else item.reviewer
        return basis is not None and _admits_basis(parts[1:], value, places, view, basis, draft, pointer)
    return True


def _same(view: View, span: Span, value: Value) -> bool:
    words, said = view.words(span), str(value)
    return words == said or key(words) == key(said)


def _sibling(draft: Draft, pointer: str, name: str) -> Value | None:
    claim = draft.claims.get(f"{pointer.rsplit('/', 1)[0]}/{name}")
    return claim.value if claim is not None else None


def _admits_part(parts: list[str], value: Value, item: ItemFacts, draft: Draft, pointer: str) -> bool:
    if parts[2] == "part":
        return any(named.part.value == value for named in item.parts)
    part = _sibling(draft, pointer, "part")
    return any(
        named.part.value == part and named.side is not None and named.side.value == value for named in item.parts
    )


def _admits_drug(parts: list[str], value: Value, view: View, item: ItemFacts, draft: Draft, pointer: str) -> bool:
    if parts[2] == "name":
        return _any(item.drugs, parts[1], lambda drug: _same(view, drug.name, value))
    name = _sibling(draft, pointer, "name")
    return name is not None and _any(
        item.drugs,
        parts[1],
        lambda drug: drug.strength is not None and _same(view, drug.strength, value) and _same(view, drug.name, name),
    )


def _admits_basis(
    parts: list[str], value: Value, places: tuple[Span, ...], view: View, basis: BasisFact, draft: Draft, pointer: str
) -> bool:
    if parts[0] == "statement":
        return _same(view, basis.statement, value)
    if parts[0] == "relied_on":
        return basis.relied_on is not None and value == basis.relied_on.value
    citation = pointer[: pointer.index("/citations/") + len("/citations/") + len(parts[1])]
    title = draft.claims.get(f"{citation}/title")
    words = key(str(title.value)) if title is not None else ""
    same_place = [
        cited for cited in basis.citations[int(parts[1]) : int(parts[1]) + 1] if key(view.words(cited.title)) == words
    ]
    return any(_cites(view, cited, parts[2:], value) for cited in chain(same_place, basis.by_title.get(words, ())))


def _any(entries: Sequence[_T], position: str, fits: Callable[[_T], bool]) -> bool:
    """Whether any of `entries` fits. That of the claim's own position in its list is tried first: mostly it is that."""
    own = int(position)
    return any(map(fits, entries[own : own + 1])) or any(map(fits, entries))


def _cites(view: View, cited: Cited, path: list[str], value: Value) -> bool:
    leaf = path[0]
    if leaf == "source":
        return value == cited.source.value
    if leaf == "mtus":
        return value is cited.mtus
    if leaf == "title":
        return _same(view, cited.title, value)
    if leaf == "year":
        return cited.year is not None and view.words(cited.year) == str(value)
    if leaf == "pages":
        return cited.pages is not None and _same(view, cited.pages, value)
    return _any(cited.sections, path[1], lambda section: _same(view, section, value))
