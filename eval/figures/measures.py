"""What is measured: ratios of two weighted sums of columns, and the matrices that make all of them at once.

A letter becomes one vector of counts, a run one matrix (letters by columns), and a measure two vectors of weights. So
F1 over any fields is `matrix @ numerator / matrix @ denominator`, and resampling letters is one matrix product more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from eval.figures.columns import (
    COLUMNS,
    DOCUMENTS,
    EXACT,
    FAILURES,
    FIELDS,
    GROUNDING,
    ITEMS,
    LETTERS,
    POSITION,
    RARE_FALSE,
    RARE_HIT,
    RARE_MISSED,
    Counts,
    MarkColumn,
    item,
    leaf,
    pairing_of,
)
from eval.figures.tally import RARE_VALUE
from eval.scoring.fields import GROUPS, group_of
from eval.scoring.marks import Mark

MarkedSide = Mapping[MarkColumn, float]
"""Numerator or denominator of a measure: column → weight."""


@dataclass(frozen=True)
class Measure:
    """A ratio of two weighted sums of columns."""

    name: str
    """`f1`, `precision`, `recall`, `omission`, `wrong`, `hallucination`, `rate`."""
    of: str
    """What it is measured of: a field, `group: …`, `all`, `items …`, `overturned`, `exact records` and so on."""
    numerator: MarkedSide
    denominator: MarkedSide
    good: bool = True
    """More is better."""

    @property
    def label(self) -> str:
        """Name it in one string, as slices do: `decisions.outcome recall`."""
        return f"{self.of} {self.name}"


@cache
def measures() -> tuple[Measure, ...]:
    """List every measure, in the order in which reports show them."""
    listed = _of_leaves("all", FIELDS)
    for group in GROUPS:
        listed += _of_leaves(f"group: {group}", [field for field in FIELDS if group_of(field) == group])
    for field in FIELDS:
        listed += _of_leaves(field, [field])
    for field in ITEMS:
        sides = (item(field, mark) for mark in (Mark.MATCH, Mark.MISSING, Mark.SPURIOUS))
        listed += _of_things(pairing_of(field), *sides)
    listed += _of_things(RARE_VALUE, RARE_HIT, RARE_MISSED, RARE_FALSE)
    predicted, anchored = GROUNDING["predicted"], GROUNDING["anchored"]
    listed += [
        Measure("rate", "exact records", {EXACT: 1}, {LETTERS: 1}),
        Measure("rate", "failures", {FAILURES: 1}, {DOCUMENTS: 1}, good=False),
        Measure("rate", "grounding: found", {GROUNDING["found"]: 1}, {predicted: 1}),
        Measure("rate", "grounding: supported", {GROUNDING["supported"]: 1}, {predicted: 1}),
        Measure("rate", "grounding: at the labelled place", {GROUNDING["overlapping"]: 1}, {anchored: 1}),
    ]
    return tuple(listed)


@cache
def _by_name() -> dict[tuple[str, str], Measure]:
    return {(one.of, one.name): one for one in measures()}


def measure(of: str, name: str = "f1") -> Measure:
    """Find one measure.

    Raises:
        ValueError: there is none of that name.

    """
    try:
        return _by_name()[of, name]
    except KeyError:
        raise ValueError(f"no {name!r} is measured of {of!r}") from None


def _of_leaves(of: str, fields: Iterable[str]) -> list[Measure]:
    listed = list(fields)

    def side(match: int = 0, mismatch: int = 0, missing: int = 0, spurious: int = 0) -> MarkedSide:
        weights = {Mark.MATCH: match, Mark.MISMATCH: mismatch, Mark.MISSING: missing, Mark.SPURIOUS: spurious}
        return {leaf(field, mark): weight for field in listed for mark, weight in weights.items() if weight}

    in_gold = side(match=1, mismatch=1, missing=1)
    in_prediction = side(match=1, mismatch=1, spurious=1)
    return [
        Measure("f1", of, side(match=2), side(match=2, mismatch=2, missing=1, spurious=1)),
        Measure("precision", of, side(match=1), in_prediction),
        Measure("recall", of, side(match=1), in_gold),
        Measure("omission", of, side(missing=1), in_gold, good=False),
        Measure("wrong", of, side(mismatch=1), in_gold, good=False),
        Measure("hallucination", of, side(spurious=1), in_prediction, good=False),
    ]


def _of_things(of: str, hit: MarkColumn, missed: MarkColumn, false: MarkColumn) -> list[Measure]:
    """Measure things that are there or not: no value of theirs could be a mismatch."""
    return [
        Measure("f1", of, {hit: 2}, {hit: 2, missed: 1, false: 1}),
        Measure("precision", of, {hit: 1}, {hit: 1, false: 1}),
        Measure("recall", of, {hit: 1}, {hit: 1, missed: 1}),
    ]


def matrix(counts: Iterable[Counts]) -> NDArray[np.float64]:
    """Lay out the counts of letters: letters by columns."""
    rows = list(counts)
    filled = np.zeros((len(rows), len(COLUMNS)))
    for index, row in enumerate(rows):
        for column, count in row.items():
            filled[index, POSITION[column]] = count
    return filled


def weights(sides: Iterable[MarkedSide]) -> NDArray[np.float64]:
    """Lay out one side of each measure: columns by measures."""
    listed = list(sides)
    filled = np.zeros((len(COLUMNS), len(listed)))
    for index, side in enumerate(listed):
        for column, weight in side.items():
            filled[POSITION[column], index] = weight
    return filled
