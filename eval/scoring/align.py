"""Pairing the items of two lists: which predicted decision answers which decision of the reference.

Items pair by what identifies them (what was asked for), never by what was decided about them: a wrong outcome would
turn into a wrong pairing and be charged as something else. Items whose identity is equal pair first, in order. The rest
pair so that the sum of similarities is the largest (maximum-weight assignment; Kuhn 1955, Jonker and Volgenant 1987, as
scipy has it). Pairs under the threshold count nothing, and so stay unpaired.

>>> from eval.scoring.fields import DECISION
>>> made = pair(DECISION, [{"heading": "MRI"}, {"heading": "Norco"}], [{"heading": "Norco"}])
>>> made.pairs, made.missing
([(1, 0)], [0])
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from eval.scoring.comparators import Canonical, tokens
from eval.scoring.fields import Items
from eval.scoring.pointers import Json

_TIE = 1e-9
# Share of an unpaired item's words that must stand in one other item before it is called merged or split.
_COVERED = 0.8


@dataclass(slots=True)
class Pairing:
    """Which item of one list belongs to which of the other, by position."""

    pairs: list[tuple[int, int]] = field(default_factory=list)
    """(gold, predicted), in gold order."""
    missing: list[int] = field(default_factory=list)
    spurious: list[int] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    """Missing gold item → the predicted item that holds its words beside those of another."""
    split: dict[int, int] = field(default_factory=dict)
    """Spurious predicted item → the gold item that it is a piece of."""
    duplicate: dict[int, int] = field(default_factory=dict)
    """Spurious predicted item → the predicted item that it repeats."""


def assign(similarity: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Find the pairs (row, column) of the assignment with the largest sum; zeros stay unpaired; ties fall to the order.

    >>> assign([[0.9, 0.8], [0.8, 0.0]])
    [(0, 1), (1, 0)]
    """
    rows, columns = len(similarity), len(similarity[0]) if similarity else 0
    if not rows or not columns:
        return []
    if rows == 1:
        best = max(range(columns), key=lambda column: (similarity[0][column], -column))
        return [(0, best)] if similarity[0][best] > 0 else []
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - 0.14 s, and seldom needed

    weighted = [
        [value - _TIE * abs(row - column) if value > 0 else 0.0 for column, value in enumerate(values)]
        for row, values in enumerate(similarity)
    ]
    found, partners = linear_sum_assignment(weighted, maximize=True)
    chosen = zip(found.tolist(), partners.tolist(), strict=True)
    return [(row, column) for row, column in chosen if similarity[row][column] > 0]


def pair(node: Items, gold: Sequence[Json], predicted: Sequence[Json]) -> Pairing:
    """Pair the items of `gold` with those of `predicted` as `node` declares it."""
    comparators = node.comparators
    golds = [{name: comparator.canonical(item.get(name)) for name, comparator in comparators.items()} for item in gold]
    others = [
        {name: comparator.canonical(item.get(name)) for name, comparator in comparators.items()} for item in predicted
    ]
    result = Pairing()
    waiting: dict[tuple[Canonical, ...], deque[int]] = defaultdict(deque)
    for index, forms in enumerate(others):
        waiting[tuple(forms[name] for name in node.exact)].append(index)
    left: list[int] = []
    for index, forms in enumerate(golds):
        queue = waiting.get(tuple(forms[name] for name in node.exact))
        if queue:
            result.pairs.append((index, queue.popleft()))
        else:
            left.append(index)
    taken = {index for _, index in result.pairs}
    free = [index for index in range(len(others)) if index not in taken]
    if left and free:
        matrix = [[_likeness(node, golds[one], others[other]) for other in free] for one in left]
        result.pairs += [(left[row], free[column]) for row, column in assign(matrix)]
        result.pairs.sort()
    partnered = {one for one, _ in result.pairs}
    taken = {other for _, other in result.pairs}
    result.missing = [index for index in left if index not in partnered]
    result.spurious = [index for index in free if index not in taken]
    if result.missing or result.spurious:
        _name_unpaired(node, gold, predicted, result)
    return result


def _likeness(node: Items, one: dict[str, Canonical], other: dict[str, Canonical]) -> float:
    """Weighted mean similarity over the identity fields that both have; 0 under the threshold or without any."""
    total = weight_sum = 0.0
    for name, weight in node.identity.items():
        form, other_form = one[name], other[name]
        if form is not None and other_form is not None:
            total += weight * node.comparators[name].alike(form, other_form)
            weight_sum += weight
    likeness = total / weight_sum if weight_sum else 0.0
    return likeness if likeness >= node.threshold else 0.0


def _words(node: Items, item: Json) -> frozenset[str]:
    return frozenset(word for name in node.identity if isinstance(item.get(name), str) for word in tokens(item[name]))


def _name_unpaired(node: Items, gold: Sequence[Json], predicted: Sequence[Json], result: Pairing) -> None:
    golds = {index: _words(node, gold[index]) for index in range(len(gold))}
    others = {index: _words(node, predicted[index]) for index in range(len(predicted))}
    for index in result.missing:
        for _, other in result.pairs:
            if golds[index] and len(golds[index] & others[other]) >= _COVERED * len(golds[index]):
                result.merged[index] = other
                break
    for index in result.spurious:
        for partner, other in result.pairs:
            if not others[index]:
                break
            if others[index] == others[other]:
                result.duplicate[index] = other
                break
            if len(others[index] & golds[partner]) >= _COVERED * len(others[index]):
                result.split[index] = partner
                break
