"""Whether the confidence that records carry tells right values from wrong ones, and what a reviewer gains by it.

Only predicted values have a confidence. What a record leaves out cannot be found by reviewing values, however they
are ordered: such leaves are counted beside every figure and are part of none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.figures.columns import FIELDS, leaf
from eval.figures.uncertainty import Array, Sampling, divide, limits, resamples
from eval.judging.ranking import Bin, Flags, Kept, Review, aurc, calibration, pairs_by_document, review, risk_at
from eval.judging.result import RunResult
from eval.scoring.fields import GROUPS, group_of
from eval.scoring.marks import Mark
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict

ENOUGH = 5
"""A group of fields with fewer right or fewer wrong values is counted, not judged."""
ENOUGH_DOCUMENTS = 8
"""With right or wrong values in fewer documents there is no interval. Where confidence varies by letter (correlation
0.3, 39 letters), a "95%" one holds 60% of the time with wrong values in 2 letters, 87% in 5, 92% in 8 (simulated)."""


class Separation(Strict):
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


class Certainty(Strict):
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
    rows = [(index, row) for index, one in enumerate(result.documents.values()) for row in one.confidences]
    if not rows:
        raise ConfigurationError(
            f"the run of {result.reader!r} holds no confidence: records of one reader carry none; "
            "let two readers read with `imr eval run --reader both --out RUN.json`"
        )
    values = _Values(
        np.array([index for index, _ in rows], dtype=np.intp),
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
        more, every = pairs_by_document(part.document, part.confidence, part.right, documents)
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
