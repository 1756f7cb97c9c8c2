"""What the facts of a letter state for one field: the values that a claim is measured against.

Where a heading says several things of one kind (three dates, two drugs, five numbers) its grammar says which of them is
this field's; where a citation has a year, it is the year of that title. A claim of such a field is accepted only if it
is one of the values stated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from extractor.facts import Facts, ItemFacts
from extractor.facts.ages import ages
from extractor.facts.bases import BasisFact
from extractor.facts.cited import CitedTitle
from extractor.facts.reviewer import ReviewerFacts
from extractor.layout import Item, Layout
from extractor.layout.dates import SummaryDates
from extractor.support.words import gives_in_mtus
from extractor.text.literals import PrintedDate, Value, find_dates
from extractor.text.normalize import View, key
from extractor.text.spans import Span

T = TypeVar("T")


class Stated(NamedTuple):
    """A value, and the view spans of the words that state it."""

    value: Value
    places: tuple[Span, ...]


class Asked(NamedTuple):
    """For which field the facts are asked."""

    layout: Layout
    facts: Facts
    decision: int | None
    entry: int
    """Position of the entry among those that its reader said: mostly the fact's, too, which is looked at first."""
    part: int
    """The same of the entry inside it."""
    beside: Callable[[str], Value | None]
    """What the reader claims for another leaf of the same entry: the name of the drug, the title of the citation."""


Fact = Callable[[Asked], Iterable[Stated]]
"""What the letter states for a field, in printed order; nothing where it states nothing."""

BasisSide = Callable[[ItemFacts], BasisFact | None]


def _own_first(entries: Sequence[T], asked: Asked) -> Iterator[T]:
    """All entries, that of the claim's own position first: so a list of thousands is not searched for each of them."""
    return chain(entries[asked.entry : asked.entry + 1], entries)


def _words(view: View, spans: Iterable[Span | None]) -> Iterator[Stated]:
    return (Stated(view.words(span), (span,)) for span in spans if span is not None)


# --- outside of the items --------------------------------------------------------------------------------------------


def header_date(
    name: str, told: Callable[[SummaryDates], tuple[PrintedDate, ...]] | None = None, *, of_injury: bool = False
) -> Fact:
    """The date that the header gives for a label, else those that the summary tells.

    Nobody is hurt after the decision: a two-digit year of the injury that says so is of the last century.
    """

    def fact(asked: Asked) -> Iterator[Stated]:
        layout, facts = asked.layout, asked.facts
        if name in facts.header:
            printed = next(find_dates(layout.view.folded, *facts.header[name][0]), None)
            dates: tuple[PrintedDate, ...] = (printed,) if printed is not None else ()
        else:
            dates = told(layout.told) if told is not None else ()
        for date in dates:
            value = date.before(facts.latest) if of_injury else date.value
            yield Stated(value, (Span(date.start, date.end),))

    return fact


def qualification(of: Callable[[ReviewerFacts], Sequence[tuple[Value, Span]]]) -> Fact:
    """One of the reviewer's states or specialties."""
    return lambda asked: (Stated(value, (place,)) for value, place in _own_first(of(asked.facts.reviewer), asked))


def age(asked: Asked) -> Iterator[Stated]:
    """Ages of the patient: those of the summary, and of rationales where they say the same or it says none."""
    layout = asked.layout
    if not layout.variant.known:
        yield from (Stated(value, (place,)) for value, place in ages(layout.view, Span(0, len(layout.view.flat))))
        return
    rationales = [item.rationale for item in layout.items if item.rationale]
    known: set[int] = set()
    if layout.summary is not None:
        for value, place in ages(layout.view, layout.summary):
            known.add(value)
            yield Stated(value, (place,))
    for region in rationales:
        for value, place in ages(layout.view, region):
            if not known or value in known:
                yield Stated(value, (place,))


# --- in an item ------------------------------------------------------------------------------------------------------


def of_item(of: Callable[[View, Item, ItemFacts, Asked], Iterable[Stated]]) -> Fact:
    """What the heading of the item states; nothing where there is no such item."""

    def fact(asked: Asked) -> Iterable[Stated]:
        index = asked.decision
        if index is None or index >= len(asked.facts.items):
            return ()
        return of(asked.layout.view, asked.layout.items[index], asked.facts.items[index], asked)

    return fact


requested = of_item(lambda view, item, facts, asked: _words(view, [facts.request.requested]))
authorized = of_item(lambda view, item, facts, asked: _words(view, [facts.request.authorized]))
disputed = of_item(lambda view, item, facts, asked: _words(view, [facts.request.disputed]))
service_date = of_item(
    lambda view, item, facts, asked: (
        Stated(value, (place,)) for value, place in _own_first(facts.request.service_dates, asked)
    )
)
outcome = of_item(
    lambda view, item, facts, asked: () if item.outcome is None else (Stated(item.outcome.value, (item.outcome_span,)),)
)
part = of_item(
    lambda view, item, facts, asked: (
        Stated(named.part.value, (Span(named.start, named.end),)) for named in _own_first(facts.parts, asked)
    )
)
drug_name = of_item(
    lambda view, item, facts, asked: _words(view, (drug.name for drug in _own_first(facts.drugs, asked)))
)


def amount(name: str) -> Fact:
    """One number, or the unit, of the quantity in dispute."""
    return of_item(
        lambda view, item, facts, asked: (
            Stated(each.value, (each.place,)) for each in facts.amounts if each.field == name
        )
    )


def side(asked: Asked) -> Iterable[Stated]:
    """The side of the part that is named beside it."""
    part = asked.beside("part")
    return of_item(
        lambda view, item, facts, asked: (
            Stated(named.side.value, (Span(named.side_start, named.side_end),))
            for named in _own_first(facts.parts, asked)
            if named.part.value == part and named.side is not None
        )
    )(asked)


def strength(asked: Asked) -> Iterable[Stated]:
    """The strength of the drug that is named beside it."""
    name = asked.beside("name")
    return of_item(
        lambda view, item, facts, asked: _words(
            view,
            (
                drug.strength
                for drug in _own_first(facts.drugs, asked)
                if name is not None and same(view.words(drug.name), name)
            ),
        )
    )(asked)


# --- what a side relied upon -----------------------------------------------------------------------------------------


def of_basis(whose: BasisSide, of: Callable[[View, BasisFact], Iterable[Stated]]) -> Fact:
    """What one side's paragraph states."""

    def stated(view: View, item: Item, facts: ItemFacts, asked: Asked) -> Iterable[Stated]:
        basis = whose(facts)
        return () if basis is None else of(view, basis)

    return of_item(stated)


def statement(view: View, basis: BasisFact) -> Iterable[Stated]:
    """The paragraph itself."""
    return _words(view, [basis.statement])


def relied_on(view: View, basis: BasisFact) -> Iterable[Stated]:
    """The kind of guidelines."""
    return () if basis.relied_on is None else (Stated(basis.relied_on.value, basis.relied_at),)


def of_citation(whose: BasisSide, of: Callable[[View, CitedTitle, Asked], Iterable[Stated]]) -> Fact:
    """What is stated of the citation that has the title beside it; of those without one where there is no title."""

    def fact(asked: Asked) -> Iterable[Stated]:
        title = asked.beside("title")
        words = "" if title is None else key(str(title))

        def stated(view: View, basis: BasisFact) -> Iterable[Stated]:
            own = basis.citations[asked.entry : asked.entry + 1]
            here = [cited for cited in own if key(view.words(cited.title)) == words]
            return (each for cited in chain(here, basis.by_title.get(words, ())) for each in of(view, cited, asked))

        return of_basis(whose, stated)(asked)

    return fact


def source(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """Whose guideline it is."""
    return (Stated(cited.source.value, (cited.source_at,)),)


def in_mtus(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """Whether it is cited as part of the MTUS; nothing where the words that should say so do not."""
    said_at = cited.mtus_at or cited.source_at
    says = gives_in_mtus(cited.mtus, [view.folded[said_at.start : said_at.end]], "")
    return (Stated(cited.mtus, (said_at,)),) if says else ()


def title(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """Its title."""
    return _words(view, [cited.title])


def year(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """The year of the edition."""
    return () if cited.year is None else (Stated(int(view.words(cited.year)), (cited.year,)),)


def section(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """Each section."""
    return _words(view, chain(cited.sections[asked.part : asked.part + 1], cited.sections))


def pages(view: View, cited: CitedTitle, asked: Asked) -> Iterable[Stated]:
    """Its pages."""
    return _words(view, [cited.pages])


def same(one: Value, other: Value) -> bool:
    """Equal; words also where they differ in blanks, line-end hyphens, case or typography only."""
    if one == other:
        return True
    return isinstance(one, str) and isinstance(other, str) and key(one) == key(other)
