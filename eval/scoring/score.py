"""Scoring one letter: compare a record with its reference, leaf by leaf; each leaf gets a mark (`marks`).

An item of a list without a partner in the other list is one item MISSING or SPURIOUS, and so is every leaf of it. A
document that failed has all its gold leaves MISSING. What is not labelled is not counted anywhere.

>>> gold = {"priority": "standard", "decisions": [{"heading": "MRI", "outcome": "upheld"}]}
>>> made = score(gold, {"decisions": [{"heading": "MRI", "outcome": "overturned"}]})
>>> [(row.field, row.mark.name, row.gold, row.predicted) for row in made.rows if row.mark is not Mark.ABSENT]
... # doctest: +NORMALIZE_WHITESPACE
[('priority', 'MISSING', 'standard', None),
 ('decisions.heading', 'MATCH', 'MRI', 'MRI'),
 ('decisions.outcome', 'MISMATCH', 'upheld', 'overturned')]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from eval.scoring.align import assign, pair
from eval.scoring.comparators import Canonical, Comparator
from eval.scoring.fields import DETERMINATION, Bag, Group, Items, Leaf, Node
from eval.scoring.marks import Failure, ItemRow, LeafRow, Mark, Score
from eval.scoring.pointers import Json


def score(
    gold: Json,
    predicted: Json,
    *,
    not_labelled: Collection[str] = (),
    alternatives: Mapping[str, Sequence[Json]] | None = None,
    node: Node = DETERMINATION,
) -> Score:
    """Score `predicted` against `gold`, both determinations as JSON.

    Args:
        gold: What the reference says.
        predicted: What a reader said.
        not_labelled: JSON pointers into `gold` that are counted nowhere, with all below them.
        alternatives: Pointer into `gold` → further values that are equally right; the best one counts.
        node: The fields and their comparators.

    """
    walk = _Walk(frozenset(not_labelled), alternatives or {})
    walk.compare(node, ("", "", ""), gold, predicted)
    return Score(walk.rows, walk.items)


def score_failure(
    gold: Json, failure: Failure, *, not_labelled: Collection[str] = (), node: Node = DETERMINATION
) -> Score:
    """Score a document that ended without a record: every gold leaf is MISSING."""
    walk = _Walk(frozenset(not_labelled), {})
    walk.charge(node, ("", ""), gold, Mark.MISSING)
    return Score(walk.rows, walk.items, failure)


_NOTHING: Mapping[str, Json] = {}


_Place = tuple[str, str, str]
"""Where the walk is: dotted field, pointer into gold, pointer into the prediction."""


class _Walk:
    """Walks the table of fields and both trees side by side, and writes rows."""

    __slots__ = ("alternatives", "items", "marked", "not_labelled", "rows")

    def __init__(self, not_labelled: frozenset[str], alternatives: Mapping[str, Sequence[Json]]) -> None:
        self.not_labelled = not_labelled
        self.alternatives = alternatives
        self.marked = not_labelled.union(alternatives)
        self.rows: list[LeafRow] = []
        self.items: list[ItemRow] = []

    def compare(self, node: Node, place: _Place, gold: Json, predicted: Json) -> None:
        """Score everything under one place that both sides have."""
        if place[1] in self.not_labelled:
            return
        if place[1] in self.alternatives:
            self._best(node, place, gold, predicted)
        else:
            self._compare(node, place, gold, predicted)

    def _best(self, node: Node, place: _Place, gold: Json, predicted: Json) -> None:
        best = _Walk(self.not_labelled, self.alternatives)
        best._compare(node, place, gold, predicted)
        for value in self.alternatives[place[1]]:
            # Pointers below this place speak of the reference's own value, not of the alternative.
            walk = _Walk(frozenset(), {})
            walk._compare(node, place, value, predicted)
            if walk._merit() < best._merit():
                best = walk
        self.rows += best.rows
        self.items += best.items

    def _merit(self) -> tuple[int, int]:
        made = Score(self.rows, self.items)
        return made.cost, -made.count(Mark.MATCH)

    def _compare(self, node: Node, place: _Place, gold: Json, predicted: Json) -> None:
        if isinstance(node, Group):
            self._children(node, place, gold or _NOTHING, predicted or _NOTHING)
        elif isinstance(node, Leaf):
            self._leaf(node.comparator, place, gold, predicted)
        elif isinstance(node, Bag):
            if gold or predicted:
                self._bag(node.element, place, gold or (), predicted or ())
        elif gold or predicted:
            self._items(node, place, gold or (), predicted or ())

    def _children(self, node: Group | Items, place: _Place, gold: Json, predicted: Json) -> None:
        path, at, there = place
        marked = self.marked
        for name, step, dotted, below in node.children(path):
            here = at + step
            if here in marked:
                self.compare(below, (dotted, here, there + step), gold.get(name), predicted.get(name))
            elif type(below) is Leaf:
                self._leaf(below.comparator, (dotted, here, there + step), gold.get(name), predicted.get(name))
            else:
                self._compare(below, (dotted, here, there + step), gold.get(name), predicted.get(name))

    def _leaf(self, comparator: Comparator, place: _Place, gold: Json, predicted: Json) -> None:
        field, at, there = place
        if gold is None and predicted is None:
            self.rows.append(LeafRow(field, Mark.ABSENT, None, None, None, None))
            return
        # Equal texts need no canonical form: most leaves of most records.
        if type(gold) is str and gold == predicted and gold[:1].isalnum():
            self.rows.append(LeafRow(field, Mark.MATCH, at, there, gold, predicted))
            return
        form, other = comparator.canonical(gold), comparator.canonical(predicted)
        if form is None:
            mark = Mark.ABSENT if other is None else Mark.SPURIOUS
        elif other is None:
            mark = Mark.MISSING
        else:
            mark = Mark.MATCH if comparator.same(form, other) else Mark.MISMATCH
        self.rows.append(
            LeafRow(
                field,
                mark,
                None if form is None else at,
                None if other is None else there,
                None if form is None else gold,
                None if other is None else predicted,
            )
        )

    def _bag(self, comparator: Comparator, place: _Place, gold: Sequence[Json], predicted: Sequence[Json]) -> None:
        field, at, there = place
        free: list[tuple[int, Canonical]] = [
            (index, form) for index, value in enumerate(predicted) if (form := comparator.canonical(value)) is not None
        ]
        left: list[tuple[int, tuple[Canonical, ...]]] = []
        pairs: list[tuple[int, int]] = []
        # Equal forms pair first and in order; what is left may still be alike enough, and pairs at its best.
        for index, value in enumerate(gold):
            values = (value, *self.alternatives.get(f"{at}/{index}", ()))
            forms = tuple(form for each in values if (form := comparator.canonical(each)) is not None)
            hit = next((spot for spot, (_, form) in enumerate(free) if form in forms), None)
            if hit is not None:
                pairs.append((index, free.pop(hit)[0]))
            elif forms:
                left.append((index, forms))
        if left and free and comparator.equal is not None:
            matrix = [
                [
                    max((comparator.alike(form, other) if comparator.same(form, other) else 0.0) for form in forms)
                    for _, other in free
                ]
                for _, forms in left
            ]
            chosen = assign(matrix)
            pairs += [(left[row][0], free[column][0]) for row, column in chosen]
            rows, columns = {row for row, _ in chosen}, {column for _, column in chosen}
            left = [entry for row, entry in enumerate(left) if row not in rows]
            free = [entry for column, entry in enumerate(free) if column not in columns]
        for index, other_index in sorted(pairs):
            here = f"{at}/{index}"
            if here not in self.not_labelled:
                row = LeafRow(field, Mark.MATCH, here, f"{there}/{other_index}", gold[index], predicted[other_index])
                self.rows.append(row)
        for index, _ in left:
            self._one_sided(field, gold[index], f"{at}/{index}", Mark.MISSING)
        for index, _ in free:
            self._one_sided(field, predicted[index], f"{there}/{index}", Mark.SPURIOUS)

    def _items(self, node: Items, place: _Place, gold: Sequence[Json], predicted: Sequence[Json]) -> None:
        field, at, there = place
        pairing = pair(node, gold, predicted)
        for index, other in pairing.pairs:
            here, yonder = f"{at}/{index}", f"{there}/{other}"
            if here not in self.not_labelled:
                self.items.append(ItemRow(field, Mark.MATCH, here, yonder))
                self._children(node, (field, here, yonder), gold[index], predicted[other])
        for index in pairing.missing:
            note = f"merged into {pairing.merged[index]}" if index in pairing.merged else ""
            self._unpaired(node, (field, f"{at}/{index}", note), gold[index], Mark.MISSING)
        for index in pairing.spurious:
            note = ""
            if index in pairing.duplicate:
                note = f"duplicate of {pairing.duplicate[index]}"
            elif index in pairing.split:
                note = f"split from {pairing.split[index]}"
            self._unpaired(node, (field, f"{there}/{index}", note), predicted[index], Mark.SPURIOUS)

    def _unpaired(self, node: Items, place: tuple[str, str, str], item: Json, mark: Mark) -> None:
        field, at, note = place
        if mark is Mark.MISSING and at in self.not_labelled:
            return
        here, there = (at, None) if mark is Mark.MISSING else (None, at)
        self.items.append(ItemRow(field, mark, here, there, note))
        for name, below in node.fields.items():
            self.charge(below, (f"{field}.{name}", f"{at}/{name}"), item.get(name), mark)

    def charge(self, node: Node, place: tuple[str, str], value: Json, mark: Mark) -> None:
        """Give every present leaf under one place of one side the same mark."""
        field, at = place
        if not value and not (isinstance(node, Leaf) and value is not None):
            return
        if mark is Mark.MISSING and at in self.not_labelled:
            return
        if isinstance(node, Leaf):
            if node.comparator.canonical(value) is not None:
                self._one_sided(field, value, at, mark)
        elif isinstance(node, Bag):
            for index, each in enumerate(value):
                if node.element.canonical(each) is not None:
                    self._one_sided(field, each, f"{at}/{index}", mark)
        elif isinstance(node, Group):
            prefix = field + "." if field else ""
            for name, below in node.fields.items():
                self.charge(below, (prefix + name, f"{at}/{name}"), value.get(name), mark)
        else:
            for index, each in enumerate(value):
                self._unpaired(node, (field, f"{at}/{index}", ""), each, mark)

    def _one_sided(self, field: str, value: Json, at: str, mark: Mark) -> None:
        if mark is Mark.SPURIOUS:
            self.rows.append(LeafRow(field, mark, None, at, None, value))
        elif at not in self.not_labelled:
            self.rows.append(LeafRow(field, mark, at, None, value, None))
