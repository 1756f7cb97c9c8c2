"""Whether the confidence that records carry tells right values from wrong ones, and what a reviewer gains by it.

Only predicted values have a confidence. What a record leaves out cannot be found by reviewing values, however they
are ordered: such leaves are counted beside every figure and are part of none.

Confidences are often equal. Wherever an order is cut inside a group of equal ones, the group counts proportionally:
the figure is the expectation over all orders of that group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eval.figures.columns import FIELDS, leaf
from eval.figures.uncertainty import Array, Sampling, divide, limits, resamples
from eval.judging.result import RunResult
from eval.scoring.fields import GROUPS, group_of
from eval.scoring.score import Mark
from extractor.determination import Model
from extractor.errors import ConfigurationError

COVERAGES = (100, 95, 90, 80, 70, 50)
"""Percent of the values that are kept, the most certain ones."""
REVIEWS = (1, 5, 10, 20)
"""Percent of the values that are reviewed, the least certain ones."""
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Of the calibration bins: low end in, high end out, but 1 is in the last."""
ENOUGH = 5
"""A group of fields with fewer right or fewer wrong values is counted, not judged."""
ENOUGH_DOCUMENTS = 8
"""With right or wrong values in fewer documents there is no interval. Where confidence varies by letter (correlation
0.3, 39 letters), a "95%" one holds 60% of the time with wrong values in 2 letters, 87% in 5, 92% in 8 (simulated)."""

Flags = NDArray[np.bool_]


class Separation(Model):
    """How often a right value is more certain than a wrong one (AUROC)."""

    of: str
    right: int
    wrong: int
    wrong_documents: int
    """Documents with a wrong value: more than these cannot be learnt from."""
    pairs: int
    """Of a right with a wrong value."""
    ordered: float
    """… in which the right one is more certain; equal ones count half."""
    value: float | None
    """ordered / pairs; 0.5 is what chance gives. None where there is no pair, or (a group of fields) too few values."""
    low: float | None = None
    """95% percentile interval over resampled documents; None where resampling would claim too much: all pairs are
    ordered alike, or the right or the wrong values are of fewer than `ENOUGH_DOCUMENTS`."""
    high: float | None = None


class Kept(Model):
    """What is wrong among the most certain values."""

    percent: int
    values: int
    """How many are kept, rounded down."""
    wrong: float
    """Expected where the cut is inside a group of equal confidences."""
    risk: float | None
    """wrong / values."""


class Review(Model):
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


class Bin(Model):
    """The values of one range of confidence."""

    low: float
    high: float
    values: int
    right: int
    confidence: float | None
    """Mean."""
    share_right: float | None
    """right / values."""


class Certainty(Model):
    """What the confidences of a run are worth."""

    reader: str
    documents: int
    values: int
    """Predicted leaves with a confidence: all that the figures are made of."""
    right: int
    wrong: int
    without: int
    """Predicted leaves without a confidence."""
    without_wrong: int
    missing: int
    """Gold leaves without a predicted value, those of failed documents included: not reachable by reviewing values."""
    seed: int
    draws: int
    auroc: Separation
    within_fields: Separation
    """Pairs of the same field only, every pair weighing the same; its counts are of the fields that have both right and
    wrong values. Near 0.5 where confidence merely tells weak fields from strong ones."""
    groups: tuple[Separation, ...]
    coverage: tuple[Kept, ...]
    aurc: float
    """Area under the risk-coverage curve: mean risk of the k most certain values over k = 1 … n
    (Geifman and El-Yaniv 2017)."""
    aurc_chance: float
    """… of a random order on average: the share of wrong values."""
    aurc_best: float
    """… of the order that has all wrong values last."""
    reviews: tuple[Review, ...]
    bins: tuple[Bin, ...]
    brier: float
    """Mean of (confidence - right)², right being 1 or 0 (Brier 1950)."""
    brier_constant: float
    """… of one who says the share of right values of every value."""
    ece: float
    """Expected calibration error: mean of |mean confidence - share right| over the bins, each weighing as many values
    as it has (Naeini et al. 2015)."""


@dataclass(frozen=True, slots=True)
class _Values:
    """Predicted values with a confidence, as columns."""

    document: NDArray[np.intp]
    """Position of the document in the run."""
    field: NDArray[np.str_]
    confidence: Array
    right: Flags

    def of(self, fields: Iterable[str]) -> _Values:
        """Take the values of some fields."""
        chosen = np.isin(self.field, list(fields))
        return _Values(self.document[chosen], self.field[chosen], self.confidence[chosen], self.right[chosen])


def certainty(result: RunResult, sampling: Sampling | None = None) -> Certainty:
    """Measure what the confidences of a run are worth.

    Args:
        result: The graded run.
        sampling: Draws and seed of the resampling; those of the run where it is None.

    Raises:
        ConfigurationError: no value of the run has a confidence.

    """
    sampling = sampling or Sampling(result.draws, result.seed)
    rows = [(place, row) for place, one in enumerate(result.documents.values()) for row in one.confidences]
    if not rows:
        raise ConfigurationError(
            f"the run of {result.reader!r} holds no confidence: records of one reader carry none; "
            "let two readers read with `imr eval run --reader both --out RUN.json`"
        )
    values = _Values(
        np.array([place for place, _ in rows], dtype=np.intp),
        np.array([row.field for _, row in rows]),
        np.array([row.confidence for _, row in rows], dtype=np.float64),
        np.array([row.right for _, row in rows], dtype=np.bool_),
    )
    n, right, documents = len(rows), int(values.right.sum()), len(result.documents)
    wrong = n - right
    matched, missed = _leaves(result, Mark.MATCH), _leaves(result, Mark.MISSING)
    mistaken = _leaves(result, Mark.MISMATCH, Mark.SPURIOUS)
    bins = calibration(values.confidence, values.right)
    return Certainty(
        reader=result.reader,
        documents=documents,
        values=n,
        right=right,
        wrong=wrong,
        without=matched + mistaken - n,
        without_wrong=mistaken - wrong,
        missing=missed,
        seed=sampling.seed,
        draws=sampling.draws,
        auroc=_separation("all values", [values], documents, sampling),
        within_fields=_separation("within fields", _by_field(values), documents, sampling),
        groups=tuple(
            _separation(
                group, [values.of(one for one in FIELDS if group_of(one) == group)], documents, sampling, ENOUGH
            )
            for group in GROUPS
        ),
        coverage=risk_at(values.confidence, values.right),
        aurc=aurc(values.confidence, values.right),
        aurc_chance=wrong / n,
        aurc_best=aurc(values.right.astype(np.float64), values.right),
        reviews=review(values.confidence, values.right),
        bins=bins,
        brier=float(np.mean((values.confidence - values.right) ** 2)),
        brier_constant=right * wrong / n**2,
        ece=sum(
            one.values / n * abs(one.confidence - one.share_right)
            for one in bins
            if one.confidence is not None and one.share_right is not None
        ),
    )


def _leaves(result: RunResult, *marks: Mark) -> int:
    columns = [leaf(field, mark) for field in FIELDS for mark in marks]
    return sum(one.counts.sum(columns) for one in result.documents.values())


def _by_field(values: _Values) -> list[_Values]:
    """Take the values apart by field; fields without a right or without a wrong value have no pairs: left out."""
    parts = (values.of([field]) for field in np.unique(values.field))
    return [part for part in parts if part.right.any() and not part.right.all()]


def _separation(of: str, parts: Iterable[_Values], documents: int, sampling: Sampling, enough: int = 1) -> Separation:
    """Measure the separation over the pairs within each part, all pairs weighing the same."""
    listed = list(parts)
    ordered, pairs = np.zeros((documents, documents)), np.zeros((documents, documents))
    for part in listed:
        more, every = paired(part.document, part.confidence, part.right, documents)
        ordered += more
        pairs += every
    right = sum(int(part.right.sum()) for part in listed)
    wrong = sum(int((~part.right).sum()) for part in listed)
    found = Separation(
        of=of,
        right=right,
        wrong=wrong,
        wrong_documents=len({int(one) for part in listed for one in part.document[~part.right]}),
        pairs=int(pairs.sum()),
        ordered=float(ordered.sum()),
        value=None,
    )
    if min(right, wrong) < enough or not found.pairs:
        return found
    value = found.ordered / found.pairs
    low = high = None
    if 0 < value < 1 and min(int(pairs.any(axis=0).sum()), int(pairs.any(axis=1).sum())) >= ENOUGH_DOCUMENTS:
        low, high = _interval(ordered, pairs, sampling)
    return found.model_copy(update={"value": value, "low": low, "high": high})


def paired(document: NDArray[np.intp], confidence: Array, right: Flags, documents: int) -> tuple[Array, Array]:
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


def _interval(ordered: Array, pairs: Array, sampling: Sampling) -> tuple[float, float]:
    """Resample documents for the percentile interval.

    A document that is drawn twice has its values twice; a pair is there as often as its two documents multiplied.
    """
    drawn = [
        divide(((weight @ ordered) * weight).sum(axis=1), ((weight @ pairs) * weight).sum(axis=1))
        for weight in resamples(len(pairs), sampling.draws, np.random.default_rng(sampling.seed))
    ]
    low, high = limits(np.concatenate(drawn)[:, None])
    return float(low[0]), float(high[0])


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
    place = np.minimum(np.searchsorted(EDGES, confidence, "right"), len(EDGES) - 1) - 1
    bins: list[Bin] = []
    for at, (low, high) in enumerate(pairwise(EDGES)):
        inside = place == at
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
