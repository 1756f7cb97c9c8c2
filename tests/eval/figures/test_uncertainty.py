from __future__ import annotations

import numpy as np
import pytest
from gold_factory import known

from eval.figures.columns import COLUMNS, EXACT, LETTERS
from eval.figures.measures import Measure
from eval.figures.uncertainty import Sampling, estimate, resamples, t_interval
from eval.scoring.pointers import Json

RATE = Measure("rate", "x", {EXACT: 1}, {LETTERS: 1})


def table(pairs: Json) -> Json:
    filled = np.zeros((len(pairs), len(COLUMNS)))
    filled[:, COLUMNS.index(EXACT)] = [top for top, _ in pairs]
    filled[:, COLUMNS.index(LETTERS)] = [bottom for _, bottom in pairs]
    return filled


def test_weights_are_multinomial() -> None:
    rng = np.random.default_rng(1)
    blocks = np.concatenate(list(resamples(50, 4000, rng)))
    assert blocks.shape == (4000, 50)
    assert (blocks.sum(axis=1) == 50).all()
    assert blocks.mean() == pytest.approx(1.0)
    assert blocks.var() == pytest.approx(1 - 1 / 50, rel=0.02)


def test_equal_seeds_give_equal_intervals() -> None:
    data = table([(number % 3, 3) for number in range(40)])
    one, same, other = (
        estimate(
            data,
            [RATE],
            Sampling(500, seed),
        )[0]
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert one.value == other.value


def test_no_error_seen_is_the_rule_of_three() -> None:
    found = estimate(table([(2, 2)] * 60 + [(0, 0)] * 5), [RATE], Sampling())[0]
    assert (found.value, found.low, found.high, found.method) == (1.0, 0.95, 1.0, "rule of three")
    assert found.documents == 60
    none = estimate(table([(0, 2)] * 60), [RATE], Sampling())[0]
    assert (none.value, none.low, none.high) == (0.0, 0.0, 0.05)


def test_undefined_is_none_with_n_zero() -> None:
    found = estimate(table([(0, 0)] * 5), [RATE], Sampling())[0]
    assert (found.value, found.documents, found.low) == (None, 0, None)
    assert estimate(table([]), [RATE], Sampling())[0].value is None


def test_t_interval_of_equal_clusters_is_the_textbook_one() -> None:
    values = np.array([3.0, 5.0, 4.0, 2.0])
    low, high = known(t_interval(values, np.full(4, 5.0)))
    reach = 3.182446 * values.std(ddof=1) / 5 / 2
    assert low == pytest.approx(0.7 - reach, abs=1e-6)
    assert high == pytest.approx(min(1.0, 0.7 + reach), abs=1e-6)
    assert t_interval(values[:1], np.ones(1)) is None


@pytest.mark.parametrize("documents", [20, 60])
def test_intervals_cover_what_they_should_where_leaves_of_a_letter_stick_together(documents: int) -> None:
    """Beta-binomial letters of 12 leaves with correlation 0.25: resampling fields would cover two times in three."""
    rng = np.random.default_rng(7)
    hits = t_hits = 0
    rounds = 300
    for _ in range(rounds):
        chance = rng.beta(0.9 * 3, 0.1 * 3, documents)
        right = rng.binomial(12, chance)
        found = estimate(table([(int(one), 12) for one in right]), [RATE], Sampling(400, int(rng.integers(1 << 30))))[0]
        hits += known(found.low) <= 0.9 <= known(found.high)
        if documents < 30:
            t_hits += known(found.t_low) <= 0.9 <= known(found.t_high)
    assert hits / rounds > 0.86
    if documents < 30:
        assert t_hits / rounds > 0.86
