"""What an order by confidence is worth, for right and wrong values as plain arrays: no runs, no fields.

Confidences are often equal. Wherever an order is cut inside a group of equal ones, the group counts proportionally:
the figure is the expectation over all orders of that group. Of two values with the same confidence, one right and one
wrong, reviewing one finds half a wrong value.

>>> import numpy as np
>>> review(np.array([0.5, 0.5]), np.array([True, False]))[0].wrong
0.5
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eval.figures.uncertainty import Array
from extractor.records.determination import Strict

COVERAGES = (100, 95, 90, 80, 70, 50)
"""Percent of the values that are kept, the most certain ones."""
REVIEWS = (1, 5, 10, 20)
"""Percent of the values that are reviewed, the least certain ones."""
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Of the calibration bins: low end in, high end out, but 1 is in the last."""
Flags = NDArray[np.bool_]


class Kept(Strict):
    """What is wrong among the most certain values."""

    percent: int
    values: int
    """How many are kept, rounded down."""
    wrong: float
    """Expected where the cut is inside a group of equal confidences."""
    risk: float | None
    """wrong / values."""


class Review(Strict):
    """What a person finds who reviews the least certain values."""

    percent: int
    values: int
    """How many are reviewed, rounded up."""
    wrong: float
    """How many of them are wrong; expected where the cut is inside a group of equal confidences."""
    recall: float | None
    """wrong / all wrong values."""
    precision: float
    """wrong / values."""
    chance: float
    """How many wrong ones as many values drawn at random would hold on average."""
    chance_recall: float | None
    """chance / all wrong values."""


class Bin(Strict):
    """The values of one range of confidence."""

    low: float
    high: float
    values: int
    right: int
    confidence: float | None
    """Mean."""
    share_right: float | None
    """right / values."""


def pairs_by_document(
    document: NDArray[np.intp], confidence: Array, right: Flags, documents: int
) -> tuple[Array, Array]:
    """Count pairs of a right with a wrong value, by the documents that they are of.

    The sum of the first matrix over that of the second is the AUROC, which is the Mann-Whitney U of the right values
    over its greatest possible value, ties counted half (Hanley and McNeil 1982; the same as
    `scipy.stats.mannwhitneyu`, counted by sorting). By document, the matrices give it for any resample at once.

    Args:
        document: Of each value, the position of its document.
        confidence: Of each value.
        right: Of each value.
        documents: How many there are.

    Returns:
        Documents of the right value by documents of the wrong one: pairs in which the right value is more certain
        (equal ones count half), and all pairs.

    """
    owner, mine = document[right], confidence[right]
    ordered = np.zeros((documents, documents))
    for other in np.unique(document[~right]):
        theirs = np.sort(confidence[~right & (document == other)])
        below = (np.searchsorted(theirs, mine, "left") + np.searchsorted(theirs, mine, "right")) / 2
        ordered[:, other] = np.bincount(owner, below, minlength=documents)
    return ordered, np.outer(
        np.bincount(owner, minlength=documents), np.bincount(document[~right], minlength=documents)
    ).astype(np.float64)


def _wrong_among_first(order: Array, right: Flags, taken: Array) -> Array:
    """Count the wrong values expected among the first `taken`, lowest `order` first, equal ones in any order.

    Whole groups of equal `order` count fully, the one that is cut proportionally: a line from group to group.
    """
    _, group = np.unique(order, return_inverse=True)
    sizes, wrong = np.bincount(group), np.bincount(group, ~right)
    return np.interp(taken, np.concatenate(([0], np.cumsum(sizes))), np.concatenate(([0], np.cumsum(wrong))))


def risk_at(confidence: Array, right: Flags) -> tuple[Kept, ...]:
    """Count what is wrong among the most certain values, at each of `COVERAGES`."""
    kept = [percent * len(right) // 100 for percent in COVERAGES]
    wrong = _wrong_among_first(-confidence, right, np.array(kept, dtype=np.float64))
    return tuple(
        Kept(percent=percent, values=values, wrong=float(count), risk=float(count) / values if values else None)
        for percent, values, count in zip(COVERAGES, kept, wrong, strict=True)
    )


def aurc(confidence: Array, right: Flags) -> float:
    """Mean share of wrong values among the k most certain over k = 1 … n, equal confidences by expectation."""
    kept = np.arange(1, len(right) + 1, dtype=np.float64)
    return float(np.mean(_wrong_among_first(-confidence, right, kept) / kept))


def review(confidence: Array, right: Flags) -> tuple[Review, ...]:
    """Count what reviewing the least certain values finds, at each of `REVIEWS`.

    Where the last ones reviewed are some of a group of equal confidences, as large a share of the group's wrong values
    is counted as of the group is reviewed.
    """
    n, total = len(right), int((~right).sum())
    reviewed = [-(-percent * n // 100) for percent in REVIEWS]
    wrong = _wrong_among_first(confidence, right, np.array(reviewed, dtype=np.float64))
    return tuple(
        Review(
            percent=percent,
            values=values,
            wrong=float(count),
            recall=float(count) / total if total else None,
            precision=float(count) / values,
            chance=values * total / n,
            chance_recall=values / n if total else None,
        )
        for percent, values, count in zip(REVIEWS, reviewed, wrong, strict=True)
    )


def calibration(confidence: Array, right: Flags) -> tuple[Bin, ...]:
    """Put the values into bins by confidence (`EDGES`)."""
    bin_of = np.minimum(np.searchsorted(EDGES, confidence, "right"), len(EDGES) - 1) - 1
    bins: list[Bin] = []
    for at, (low, high) in enumerate(pairwise(EDGES)):
        inside = bin_of == at
        n, good = int(inside.sum()), int(right[inside].sum())
        bins.append(
            Bin(
                low=low,
                high=high,
                values=n,
                right=good,
                confidence=float(confidence[inside].mean()) if n else None,
                share_right=good / n if n else None,
            )
        )
    return tuple(bins)
