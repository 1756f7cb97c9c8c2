"""What the HTML page shows, as plain values: the template only lays it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eval.figures.columns import (
    ERROR_MARKS,
    EXACT,
    FIELDS,
    ITEMS,
    LETTERS,
    RARE_FALSE,
    RARE_MISSED,
    item,
    leaf,
    pairing_of,
)
from eval.figures.summary import Figure, Summary
from eval.judging.result import DocumentResult, RunResult
from eval.report.cards import Card
from eval.scoring.fields import CRITICAL, GROUPS, group_of
from eval.scoring.marks import Mark


@dataclass(frozen=True)
class FieldView:
    """One line of the field table."""

    name: str
    id: str
    figures: Mapping[str, Figure]
    counts: Mapping[str, int]
    critical: bool
    cards: tuple[Card, ...]
    items: bool = False


@dataclass(frozen=True)
class GroupView:
    """A group of fields."""

    name: str
    figure: Figure | None
    fields: tuple[FieldView, ...]


@dataclass
class LetterView:
    """One line of the list of letters."""

    name: str
    split: str
    tags: tuple[str, ...]
    right: int
    errors: int
    exact: bool | None
    failure: str
    seconds: float | None
    cards: dict[str, list[str]] = field(default_factory=dict)
    """Field → identifiers of the cards with its errors there."""


def group_views(result: RunResult, cards: Mapping[str, list[Card]]) -> list[GroupView]:
    """Lay out the field table: the pairing of items first, then the groups."""
    summary = result.summary
    views = [GroupView("items, paired by what was asked for", None, tuple(_items(summary, cards)))]
    for group in GROUPS:
        fields = [
            FieldView(
                name,
                _id(name),
                summary.figures.get(name, {}),
                {mark.name.lower(): summary.counts[leaf(name, mark)] for mark in (Mark.MATCH, *ERROR_MARKS)},
                name in CRITICAL,
                tuple(cards.get(name, ())),
            )
            for name in FIELDS
            if group_of(name) == group
        ]
        views.append(GroupView(group, summary.figure(f"group: {group}"), tuple(fields)))
    return views


def _items(summary: Summary, cards: Mapping[str, list[Card]]) -> Iterator[FieldView]:
    for name in ITEMS:
        marks = (Mark.MATCH, Mark.MISSING, Mark.SPURIOUS)
        pairing = pairing_of(name)
        yield FieldView(
            name,
            _id(pairing),
            summary.figures.get(pairing, {}),
            {"mismatch": 0, **{mark.name.lower(): summary.counts[item(name, mark)] for mark in marks}},
            name in CRITICAL,
            tuple(cards.get(pairing, ())),
            items=True,
        )


def letter_views(result: RunResult, cards: Mapping[str, list[Card]]) -> list[LetterView]:
    """List the letters, those with most errors first."""
    views = {name: _letter_view(name, row) for name, row in result.documents.items()}
    for name, listed in cards.items():
        for card in listed:
            views[card.letter].cards.setdefault(name, []).append(card.id)
    return sorted(views.values(), key=lambda view: (-view.errors, view.name))


def _letter_view(name: str, row: DocumentResult) -> LetterView:
    return LetterView(
        name=name,
        split=row.split,
        tags=row.tags,
        right=row.counts.sum(leaf(field, Mark.MATCH) for field in FIELDS),
        errors=row.counts.all_errors(),
        exact=bool(row.counts[EXACT]) if row.counts[LETTERS] else None,
        failure=f"{row.failure.kind}: {row.failure.message}" if row.failure else "",
        seconds=row.seconds,
    )


def rare_errors(result: RunResult, shown: Iterable[str]) -> list[tuple[str, str, int]]:
    """Letters in which an overturned item was missed, or one was said that is none: letter, which, how many."""
    found: list[tuple[str, str, int]] = []
    for name in shown:
        counts = result.documents[name].counts
        found += [
            (name, label, counts[column])
            for column, label in ((RARE_MISSED, "missed"), (RARE_FALSE, "said, but not so"))
            if counts[column]
        ]
    return found


def _id(name: str) -> str:
    return "field-" + name.replace(" ", "-").replace(".", "-")
