"""Two runs on the same letters: what got better, what got worse, how sure that is, and in which letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import comb

import numpy as np
from pydantic import Field

from eval.figures.columns import EXACT, subject_of
from eval.figures.measures import Measure, matrix, measure, weights
from eval.figures.tally import RARE_VALUE
from eval.figures.uncertainty import Array, Sampling, divide, resampled_sums
from eval.judging.result import RunResult
from eval.scoring.fields import CRITICAL, GROUPS
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict

PERMUTATIONS = 10_000
_EXACT_UP_TO = 12
# Two-sided 5% and 80% power: 1.960 + 0.842 standard errors (Bloom 1995).
_DETECTABLE = 2.8016


class Difference(Strict):
    """One measure in two runs, B minus A."""

    of: str
    measure: str
    critical: bool
    a: float | None
    b: float | None
    difference: float | None
    low: float | None = None
    """95% paired interval of the difference, by resampling documents."""
    high: float | None = None
    p: float | None = None
    """Paired sign-flip permutation by document, two-sided."""
    p_holm: float | None = None
    """Adjusted over the gate's fields (Holm 1979); None for the others."""
    detectable: float | None = None
    """Smallest difference that this many letters would show four times in five."""
    changed: int = 0
    """Documents whose counts differ."""
    fixed: tuple[str, ...] = ()
    """Documents with errors on it in A and none in B."""
    broken: tuple[str, ...] = ()


class Comparison(Strict):
    """A comparison of two runs."""

    a: str
    b: str
    documents: int
    seed: int
    draws: int
    differences: tuple[Difference, ...]
    exact_fixed: tuple[str, ...] = ()
    """Exact records in B only."""
    exact_broken: tuple[str, ...] = ()
    mcnemar_p: float | None = None
    """Exact McNemar test of exact records; None where none changed."""
    better: dict[str, int] = Field(default_factory=dict)
    """Document → how many errors fewer."""
    worse: dict[str, int] = Field(default_factory=dict)

    def of(self, name: str) -> Difference:
        """Find the difference of one field.

        Raises:
            ValueError: nothing of that name is compared.

        """
        for one in self.differences:
            if one.of == name:
                return one
        raise ValueError(f"{name!r} is not compared")


def compared_measures() -> list[tuple[str, Measure]]:
    """List what two runs are compared on: the gate's fields first, then groups, the rare class, items and the whole."""
    others = ("all", *(f"group: {group}" for group in GROUPS), RARE_VALUE)
    return [
        *((field, measure(subject_of(field))) for field in CRITICAL),
        *((of, measure(of)) for of in others),
        ("exact records", measure("exact records", "rate")),
    ]


def compare_runs(a: RunResult, b: RunResult, sampling: Sampling | None = None) -> Comparison:
    """Compare two runs of the same letters against the same references.

    Raises:
        ConfigurationError: the runs are not of the same cases, byte for byte.

    """
    names = same_cases(a, b)
    sampling = sampling or Sampling(a.draws, a.seed)
    listed = compared_measures()
    first = matrix(a.documents[name].counts for name in names)
    second = matrix(b.documents[name].counts for name in names)
    over = weights(one.numerator for _, one in listed)
    under = weights(one.denominator for _, one in listed)
    sums, other_sums = resampled_sums(first, sampling), resampled_sums(second, sampling)
    drawn = divide(other_sums @ over, other_sums @ under) - divide(sums @ over, sums @ under)
    rng = np.random.default_rng(sampling.seed)
    found = [
        _difference(
            (of, compared),
            (first @ over[:, [at]], first @ under[:, [at]], second @ over[:, [at]], second @ under[:, [at]]),
            drawn[:, at],
            rng,
        ).model_copy(update=_changes(of, a, b, names))
        for at, (of, compared) in enumerate(listed)
    ]
    adjusted = holm({one.of: one.p for one in found if one.critical and one.p is not None})
    gained = [name for name in names if _exact(b, name) and not _exact(a, name)]
    lost = [name for name in names if _exact(a, name) and not _exact(b, name)]
    moved = {name: b.documents[name].counts.all_errors() - a.documents[name].counts.all_errors() for name in names}
    return Comparison(
        a=a.reader,
        b=b.reader,
        documents=len(names),
        seed=sampling.seed,
        draws=sampling.draws,
        differences=tuple(one.model_copy(update={"p_holm": adjusted.get(one.of)}) for one in found),
        exact_fixed=tuple(gained),
        exact_broken=tuple(lost),
        mcnemar_p=mcnemar(len(gained), len(lost)),
        better={name: -change for name, change in moved.items() if change < 0},
        worse={name: change for name, change in moved.items() if change > 0},
    )


def same_cases(a: RunResult, b: RunResult) -> list[str]:
    """Check that two runs graded the same letters by the same references; their names.

    Raises:
        ConfigurationError: they did not.

    """
    if set(a.documents) != set(b.documents):
        apart = sorted(set(a.documents) ^ set(b.documents))
        raise ConfigurationError(
            f"the runs are not of the same letters ({len(apart)} in one only, {apart[0]!r} first): "
            "run both on the same split"
        )
    if a.configuration.get("cases") != b.configuration.get("cases"):
        raise ConfigurationError("letters or references were changed between the two runs: run the older one again")
    return sorted(a.documents)


def _exact(result: RunResult, name: str) -> bool:
    return result.documents[name].counts[EXACT] == 1


def _changes(of: str, a: RunResult, b: RunResult, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if of not in CRITICAL:
        return {}
    wrong_in_a = {name for name in names if a.documents[name].counts.errors(of)}
    wrong_in_b = {name for name in names if b.documents[name].counts.errors(of)}
    return {"fixed": tuple(sorted(wrong_in_a - wrong_in_b)), "broken": tuple(sorted(wrong_in_b - wrong_in_a))}


def _difference(
    what: tuple[str, Measure], sides: tuple[Array, Array, Array, Array], drawn: Array, rng: np.random.Generator
) -> Difference:
    of, compared = what
    a_over, a_under, b_over, b_under = (side[:, 0] for side in sides)
    value = float(a_over.sum() / a_under.sum()) if a_under.sum() else None
    other = float(b_over.sum() / b_under.sum()) if b_under.sum() else None
    known = Difference(of=of, measure=compared.name, critical=of in CRITICAL, a=value, b=other, difference=None)
    if value is None or other is None:
        return known
    changed = (a_over != b_over) | (a_under != b_under)
    drawn = drawn[~np.isnan(drawn)]
    spread = float(drawn.std(ddof=1)) if drawn.size > 1 else 0.0
    n = int(((a_under > 0) | (b_under > 0)).sum())
    low, high = np.quantile(drawn, (0.025, 0.975)) if drawn.size else (np.nan, np.nan)
    return known.model_copy(
        update={
            "difference": other - value,
            "low": float(low),
            "high": float(high),
            "p": permutation_p(np.column_stack((a_over, a_under, b_over, b_under)), changed, rng),
            # Where no letter changed there is no spread to go by; a change in fewer than 3 of n letters would be
            # missed one time in twenty (the rule of three).
            "detectable": _DETECTABLE * spread if spread else min(1.0, 3 / n),
            "changed": int(changed.sum()),
        }
    )


def permutation_p(table: Array, changed: Array, rng: np.random.Generator, permutations: int = PERMUTATIONS) -> float:
    """Two-sided p of a paired permutation test by document.

    Under the null hypothesis the two runs may trade places in any document; the statistic is the difference of the
    pooled ratios. With up to 12 documents that differ, all exchanges are counted; else `permutations` random ones, and
    p = (1 + as extreme) / (1 + permutations) (Phipson and Smyth 2010).

    Args:
        table: One row a document: numerator and denominator of A, then of B.
        changed: Which documents differ.
        rng: Source of the random exchanges.
        permutations: How many random exchanges.

    """
    moved = table[np.asarray(changed, dtype=bool)]
    if not len(moved):
        return 1.0
    totals = table.sum(axis=0)
    step = moved[:, 2:] - moved[:, :2]
    observed = _ratio_difference(totals[:2], totals[2:])
    if len(moved) <= _EXACT_UP_TO:
        swaps = np.array(list(product((0.0, 1.0), repeat=len(moved))))
    else:
        swaps = rng.integers(0, 2, (permutations, len(moved))).astype(np.float64)
    shift = swaps @ step
    extreme = np.abs(_ratio_difference(totals[:2] + shift, totals[2:] - shift)) >= abs(observed) - 1e-12
    if len(moved) <= _EXACT_UP_TO:
        return float(extreme.mean())
    return float((1 + extreme.sum()) / (1 + len(extreme)))


def _ratio_difference(a: Array, b: Array) -> Array:
    first, second = divide(a[..., 0], a[..., 1]), divide(b[..., 0], b[..., 1])
    return np.nan_to_num(second - first)


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p values for their number by Holm's step-down method (Holm 1979).

    >>> holm({"x": 0.01, "y": 0.04})
    {'x': 0.02, 'y': 0.04}
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, (name, p) in enumerate(sorted(values.items(), key=lambda pair: pair[1])):
        highest = max(highest, min(1.0, (len(values) - rank) * p))
        adjusted[name] = highest
    return adjusted


def mcnemar(gained: int, lost: int) -> float | None:
    """Exact two-sided McNemar test: the binomial chance of a split as uneven (McNemar 1947); None without a change.

    >>> mcnemar(8, 1)
    0.0390625
    """
    n = gained + lost
    if not n:
        return None
    tail = sum(comb(n, k) for k in range(min(gained, lost) + 1)) / 2**n
    return float(min(1.0, 2 * tail))
