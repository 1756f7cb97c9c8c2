"""Cards: one error of one letter as it is read, both values side by side with the letter's words around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eval.figures.columns import pairing_of
from eval.judging.result import ErrorRow, RunResult
from eval.labelling.gold import Case
from eval.report.excerpts import ExcerptPiece, excerpt, find_words
from eval.report.explain import explain
from eval.scoring.fields import DETERMINATION, Bag, leaf_fields
from eval.scoring.grounding import nearest
from eval.scoring.pointers import Json, resolve, steps_of
from extractor.errors import ImrError

_BAGS = frozenset(name for name, node in leaf_fields(DETERMINATION) if isinstance(node, Bag))
_CLIP = 360


@dataclass(frozen=True)
class CardSide:
    """One side's value: entries, each right or wrong; none where it is absent."""

    entries: tuple[tuple[str, bool], ...]
    """Text, and whether it is what the error is about."""
    place: str | None


@dataclass(frozen=True)
class Card:
    """One error (or the errors of one list), as it is read."""

    id: str
    letter: str
    marks: tuple[str, ...]
    item: str
    """Heading of the decision that it is in; empty outside decisions."""
    gold: CardSide
    predicted: CardSide
    explanation: tuple[str, ...]
    pieces: tuple[ExcerptPiece, ...]
    note: str = ""


def cards_of(result: RunResult, cases: Mapping[str, Case], shown: Iterable[str]) -> dict[str, list[Card]]:
    """Make the cards of every field, from the error rows of the letters that may be shown."""
    cards: dict[str, list[Card]] = defaultdict(list)
    for name in sorted(shown):
        row, letter = result.documents[name], _Source(name, cases.get(name))
        for index, error in enumerate(row.item_errors):
            cards[pairing_of(error.field)].append(
                letter.item_card(f"{name}-i{index}", error.at, error.mark, error.note)
            )
        for index, errors in enumerate(_together(row.errors)):
            cards[errors[0].field].append(letter.card(f"{name}-{index}", errors))
    return cards


def _together(errors: Iterable[ErrorRow]) -> list[list[ErrorRow]]:
    """Errors of one list stand together; every other one by itself."""
    groups: dict[tuple[str, str], list[ErrorRow]] = defaultdict(list)
    for index, error in enumerate(errors):
        at = error.gold_at or error.predicted_at or ""
        groups[error.field, at.rpartition("/")[0] if error.field in _BAGS else str(index)].append(error)
    return list(groups.values())


class _Source:
    """One letter's text and reference, where they are at hand."""

    def __init__(self, name: str, case: Case | None) -> None:
        self.name = name
        self.tree: Json = case.tree if case else None
        self.anchors: Json = case.anchors if case else {}
        try:
            self.text = case.document.text if case else ""
        except ImrError:
            self.text = ""

    def card(self, identifier: str, errors: list[ErrorRow]) -> Card:
        first = errors[0]
        at = first.gold_at or first.predicted_at or ""
        if first.field in _BAGS:
            gold, predicted, sentences = self._lists(errors, at.rpartition("/")[0])
        else:
            gold = CardSide(_entries([first.gold], wrong=True), first.gold_at)
            predicted = CardSide(_entries([first.predicted], wrong=True), first.predicted_at)
            sentences = explain(first.gold, first.predicted)
        gold_spans = [span for error in errors for span in error.gold_spans or self._found(error.gold, at)]
        predicted_spans = [
            span for error in errors for span in error.predicted_spans or self._found(error.predicted, at)
        ]
        note = ""
        if not gold_spans and not predicted_spans and (around := self._item(at)):
            gold_spans, note = [around], "neither side names a place: this is the heading of the item"
        pieces = excerpt(self.text, gold_spans, predicted_spans)
        marks = tuple(dict.fromkeys(error.mark for error in errors))
        return Card(
            identifier, self.name, marks, self.heading(at), gold, predicted, tuple(sentences), tuple(pieces), note
        )

    def item_card(self, identifier: str, at: str, mark: str, note: str) -> Card:
        of_gold = mark == "MISSING"
        value = self._value(at) if of_gold else None
        shown = value.get("heading") or value.get("title") or value.get("name") or value.get("part") if value else None
        side, other = CardSide(_entries([shown or "one item"], wrong=True), at), CardSide((), None)
        around = self._item(at) if of_gold else None
        pieces = excerpt(self.text, [around] if around else [], [])
        gold, predicted = (side, other) if of_gold else (other, side)
        return Card(identifier, self.name, (mark,), "", gold, predicted, (), tuple(pieces), note)

    def _lists(self, errors: list[ErrorRow], at: str) -> tuple[CardSide, CardSide, list[str]]:
        missing = [error.gold for error in errors if error.mark == "MISSING"]
        spurious = [error.predicted for error in errors if error.mark == "SPURIOUS"]
        # A run keeps the wrong entries only; the right ones are the reference's own.
        known = self._value(at)
        right = list(known) if isinstance(known, list) else list(missing)
        for value in missing:
            if value in right:
                right.remove(value)
        sentences = explain([*right, *missing], [*right, *spurious])
        return (
            CardSide(_entries(missing, wrong=True) + _entries(right, wrong=False), at),
            CardSide(_entries(spurious, wrong=True) + _entries(right, wrong=False), at),
            sentences,
        )

    def heading(self, at: str) -> str:
        steps = steps_of(at)
        if self.tree is None or steps[:1] != ["decisions"] or len(steps) < 2:
            return ""
        value = self._value(f"/decisions/{steps[1]}/heading")
        return f"{int(steps[1]) + 1}. {_clipped(value, 140)}" if value else ""

    def _value(self, at: str) -> Json:
        try:
            return resolve(self.tree, at)
        except LookupError:
            return None

    def _item(self, at: str) -> tuple[int, int] | None:
        """Find the heading of the decision that `at` is in."""
        steps = steps_of(at)
        if steps[:1] != ["decisions"] or len(steps) < 2:
            return None
        anchor = nearest(self.anchors, f"/decisions/{steps[1]}/heading")
        return tuple(anchor["spans"][0]) if anchor else None

    def _found(self, value: Json, at: str) -> list[tuple[int, int]]:
        """Find a text value by its words where nobody has named its place."""
        if not isinstance(value, str) or len(value) < 4 or not self.text:
            return []
        around = self._item(at)
        found = find_words(self.text, value, around[0] if around else 0)
        return [found] if found else []


def _entries(values: Iterable[Json], *, wrong: bool) -> tuple[tuple[str, bool], ...]:
    return tuple((_shown(value), wrong) for value in values if value is not None)


def _shown(value: Json) -> str:
    if isinstance(value, dict) and "text" in value:
        return _clipped(value["text"] or "(no text)", _CLIP)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _clipped(str(value), _CLIP)


def _clipped(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2].rpartition(' ')[0]} … {text[-most // 2 :].partition(' ')[2]}"
