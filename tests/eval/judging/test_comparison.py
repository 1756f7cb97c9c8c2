from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from gold_factory import known, reader_of, write_gold

from eval.judging.comparison import compare_runs, holm, mcnemar, permutation_p
from eval.judging.grading import grade
from eval.judging.result import RunResult
from eval.labelling.gold import load_gold
from extractor.errors import ConfigurationError


def test_the_same_run_does_not_differ(perfect: RunResult) -> None:
    found = compare_runs(perfect, perfect)
    outcome = found.of("decisions.outcome")
    assert (outcome.difference, outcome.p, outcome.changed) == (0, 1, 0)
    assert outcome.detectable == pytest.approx(3 / 40)
    assert found.mcnemar_p is None


def test_what_broke_is_named_and_significant(swapped: Callable[..., RunResult], perfect: RunResult) -> None:
    found = compare_runs(perfect, swapped(*range(10)))
    outcome = found.of("decisions.outcome")
    assert outcome.difference == pytest.approx(-0.25)
    assert known(outcome.high) < 0
    assert outcome.p == pytest.approx(2 / 2**10)
    assert known(outcome.p_holm) > known(outcome.p)
    assert outcome.broken == tuple(f"a{number:02}" for number in range(10))
    assert outcome.fixed == ()
    assert found.exact_broken == outcome.broken
    assert found.mcnemar_p == pytest.approx(2 / 2**10)
    assert found.worse == dict.fromkeys(outcome.broken, 2)
    assert found.of("decisions.category").difference == 0


def test_a_misspelt_field_is_an_error(perfect: RunResult) -> None:
    with pytest.raises(ValueError, match="not compared"):
        compare_runs(perfect, perfect).of("decisions.outcom")


def test_better_is_fixed(swapped: Callable[..., RunResult], perfect: RunResult) -> None:
    found = compare_runs(swapped(3), perfect)
    assert found.of("decisions.outcome").fixed == found.exact_fixed == ("a03",)
    assert found.better == {"a03": 2}


def test_only_runs_of_the_same_letters_compare(perfect: RunResult, tmp_path: Path) -> None:
    other = write_gold(tmp_path / "gold", ("a00", "a01"))
    with pytest.raises(ConfigurationError, match="not of the same letters"):
        compare_runs(perfect, grade(reader_of(other), load_gold(other).cases))
    changed = perfect.model_copy(update={"configuration": {"cases": {}}})
    with pytest.raises(ConfigurationError, match="changed between"):
        compare_runs(perfect, changed)


def test_permutation_counts_all_exchanges() -> None:
    rng = np.random.default_rng(5)
    data = np.column_stack((rng.integers(0, 5, 8), np.full(8, 5), rng.integers(0, 5, 8), np.full(8, 5))).astype(float)
    changed = data[:, 0] != data[:, 2]
    observed = abs(data[:, 2].sum() - data[:, 0].sum())
    extreme = [
        abs(sum((row[2] - row[0]) * (1 if keep else -1) for row, keep in zip(data, signs, strict=True)))
        >= observed - 1e-9
        for signs in product((True, False), repeat=8)
    ]
    assert permutation_p(data, changed, rng) == pytest.approx(np.mean(extreme))


def test_random_permutations_agree_with_exact_ones_and_keep_their_level() -> None:
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(300):
        a, b = rng.binomial(6, 0.8, 30), rng.binomial(6, 0.8, 30)
        data = np.column_stack((a, np.full(30, 6), b, np.full(30, 6))).astype(float)
        alarms += permutation_p(data, a != b, rng, permutations=400) <= 0.05
    assert alarms / 300 < 0.09


def test_holm_and_mcnemar_by_the_book() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({}) == {}
    assert mcnemar(0, 0) is None
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
