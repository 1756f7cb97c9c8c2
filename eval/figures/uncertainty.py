"""How sure a measure is: intervals that respect that leaves of one letter stand or fall together.

Documents are resampled, never fields: with the correlation that leaves of one letter have, resampling fields gives
"95%" intervals that hold 67% of the time (simulated; `docs/scoring.md`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.figures.measures import Measure, weights

Array = NDArray[np.float64]

FEW_DOCUMENTS = 30
"""Under this many documents the bootstrap is too narrow, and the t interval is given as well."""
_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often to resample, and from which seed: the same two give the same intervals."""

    draws: int = 2000
    seed: int = 20160101


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio with its counts and its 95% interval."""

    value: float | None
    """None where the denominator is 0."""
    numerator: float
    denominator: float
    documents: int
    """With anything in the denominator: the n of the interval."""
    low: float | None
    high: float | None
    method: str
    """`bootstrap`, `rule of three` (no error, or nothing else, was seen), `none`."""
    t_low: float | None = None
    """Cluster-robust t interval, for fewer than 30 documents."""
    t_high: float | None = None


NO_ESTIMATE = Estimate(None, 0, 0, 0, None, None, "none")


def resamples(documents: int, draws: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield multinomial weights (draws by documents) of the bootstrap, in blocks that fit in memory.

    Counting uniform picks has the same law as `rng.multinomial` and is faster for many documents.
    """
    block = max(1, _CHUNK // max(1, documents))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        picks = rng.integers(0, documents, (size, documents)) + np.arange(size)[:, None] * documents
        yield np.bincount(picks.ravel(), minlength=size * documents).reshape(size, documents).astype(np.float64)


def resampled_sums(table: Array, sampling: Sampling) -> Array:
    """Sum the columns of `table` (documents by columns) over each resample: draws by columns."""
    if not len(table):
        return np.zeros((sampling.draws, table.shape[1]))
    rng = np.random.default_rng(sampling.seed)
    return np.concatenate([weight @ table for weight in resamples(len(table), sampling.draws, rng)])


def divide(numerator: Array, denominator: Array) -> Array:
    """Divide; nan where the denominator is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.nan)


def limits(values: Array) -> tuple[Array, Array]:
    """2.5% and 97.5% quantiles of each column (percentile interval; Efron 1979), nan ignored, nan where all is nan."""
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    for column in range(values.shape[1]):
        present = values[:, column]
        present = present[~np.isnan(present)]
        if present.size:
            low[column], high[column] = np.quantile(present, (0.025, 0.975))
    return low, high


def t_interval(numerators: Array, denominators: Array) -> tuple[float, float] | None:
    """Cluster-robust interval of a ratio of sums over documents, by linearisation (Cochran 1977, 6.3) and Student's t.

    r = Σy/Σx; e = y - r·x; var(r) = n/(n-1) · Σe² / (Σx)²; n - 1 degrees of freedom.
    """
    counted = denominators > 0
    n = int(counted.sum())
    if n < 2:
        return None
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import

    y, x = numerators[counted], denominators[counted]
    ratio = y.sum() / x.sum()
    spread = np.sqrt(n / (n - 1) * ((y - ratio * x) ** 2).sum()) / x.sum()
    reach = float(stdtrit(n - 1, 0.975)) * float(spread)
    return max(0.0, float(ratio) - reach), min(1.0, float(ratio) + reach)


def estimate(table: Array, listed: Sequence[Measure], sampling: Sampling) -> list[Estimate]:
    """Estimate every measure from a matrix of counts (documents by columns)."""
    return estimate_from(table, resampled_sums(table, sampling), listed)


def estimate_from(table: Array, sums: Array, listed: Sequence[Measure]) -> list[Estimate]:
    """Estimate every measure from counts and their resampled sums."""
    over, under = weights(one.numerator for one in listed), weights(one.denominator for one in listed)
    low, high = limits(divide(sums @ over, sums @ under))
    return _estimates(table @ over, table @ under, low, high)


def ratios_of_parts(
    table: Array, parts: Sequence[Sequence[int]], listed: Sequence[Measure]
) -> tuple[Array, list[tuple[Array, Array]]]:
    """Lay out measures of subsets of the documents, so that one resampling of all serves them: see `estimate_parts`.

    Returns:
        Columns to resample (both sides of each measure, zero outside the subset, subset after subset), and for each
        subset its own numerators and denominators.

    """
    over, under = weights(one.numerator for one in listed), weights(one.denominator for one in listed)
    numerators, denominators = table @ over, table @ under
    columns = np.zeros((len(table), 2 * len(listed) * len(parts)))
    width = 2 * len(listed)
    for index, part in enumerate(parts):
        columns[part, index * width : (index + 1) * width] = np.hstack((numerators[part], denominators[part]))
    return columns, [(numerators[part], denominators[part]) for part in parts]


def estimate_parts(own: Sequence[tuple[Array, Array]], sums: Array) -> list[list[Estimate]]:
    """Estimate the measures of each subset from what `ratios_of_parts` gave and its resampled sums."""
    found: list[list[Estimate]] = []
    at = 0
    for numerators, denominators in own:
        count = numerators.shape[1]
        low, high = limits(divide(sums[:, at : at + count], sums[:, at + count : at + 2 * count]))
        found.append(_estimates(numerators, denominators, low, high))
        at += 2 * count
    return found


def _estimates(numerators: Array, denominators: Array, low: Array, high: Array) -> list[Estimate]:
    return [
        _estimate(numerators[:, index], denominators[:, index], float(low[index]), float(high[index]))
        for index in range(numerators.shape[1])
    ]


def _estimate(numerators: Array, denominators: Array, low: float, high: float) -> Estimate:
    top, bottom, n = float(numerators.sum()), float(denominators.sum()), int((denominators > 0).sum())
    if bottom == 0:
        return Estimate(None, top, bottom, 0, None, None, "none")
    value = top / bottom
    if top in (0.0, bottom):
        # Nothing but one outcome was seen: n documents without an error leave room for 3/n (Hanley and
        # Lippman-Hand 1983); resampling would claim certainty.
        room = min(1.0, 3 / n)
        return Estimate(value, top, bottom, n, *((1 - room, 1.0) if top else (0.0, room)), method="rule of three")
    by_t = t_interval(numerators, denominators) if n < FEW_DOCUMENTS else None
    return Estimate(value, top, bottom, n, low, high, "bootstrap", *(by_t or (None, None)))


def macro(table: Array, sums: Array, listed: Sequence[Measure]) -> Estimate:
    """Mean of the measures that are defined, with its interval: every field weighs the same."""
    over, under = weights(one.numerator for one in listed), weights(one.denominator for one in listed)
    values = divide(table.sum(axis=0) @ over, table.sum(axis=0) @ under)
    present = ~np.isnan(values)
    if not present.any():
        return NO_ESTIMATE
    drawn = divide(sums @ over, sums @ under)[:, present]
    counted = ~np.isnan(drawn)
    means = divide(np.where(counted, drawn, 0.0).sum(axis=1), counted.sum(axis=1).astype(np.float64))
    low, high = limits(means[:, None])
    total, n = float(values[present].sum()), int(present.sum())
    return Estimate(total / n, total, n, len(table), float(low[0]), float(high[0]), "bootstrap")


def mean(values: Array, sums: Array) -> Estimate:
    """Mean over documents of a value each (nan where it has none), from its resampled sums and counts."""
    present = values[~np.isnan(values)]
    if not present.size:
        return NO_ESTIMATE
    low, high = limits(divide(sums[:, 0], sums[:, 1])[:, None])
    total = float(present.sum())
    return Estimate(total / present.size, total, present.size, present.size, float(low[0]), float(high[0]), "bootstrap")
