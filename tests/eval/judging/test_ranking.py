from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from eval.figures.uncertainty import Array
from eval.judging.ranking import aurc, calibration, pairs_by_document, review, risk_at
from eval.scoring.pointers import Json

# Least certain first: (confidence, how many right, how many wrong).
WORKED = ((0.2, 0, 1), (0.4, 1, 1), (0.6, 3, 1), (0.9, 13, 0))


def columns(values: Json) -> Json:
    """(confidence, right) … as arrays."""
    return np.array([one for one, _ in values], dtype=float), np.array([right for _, right in values], dtype=bool)


def worked() -> Json:
    return columns([(sure, right) for sure, *many in WORKED for right in (True, False) for _ in range(many[not right])])


def test_separation_is_the_mann_whitney_u_of_scipy() -> None:
    rng = np.random.default_rng(5)
    right = rng.random(400) < 0.8
    sure: Array = np.round(rng.random(400) * 0.7 + 0.3 * right, 1).astype(np.float64)
    ordered, pairs = pairs_by_document(rng.integers(0, 9, 400), sure, right, 9)
    assert ordered.sum() == mannwhitneyu(sure[right], sure[~right]).statistic
    assert pairs.sum() == right.sum() * (~right).sum()


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=5))
def test_equal_confidences_count_as_the_mean_over_all_orders(values: Json) -> None:
    orders = [sorted(order, key=lambda value: value[0]) for order in permutations(values)]

    def mean(of: Callable[[Json], float]) -> Json:
        return pytest.approx(np.mean([of(order) for order in orders]))

    def wrong(part: Json) -> Json:
        return sum(not right for _, right in part)

    sure, right = columns(values)
    for seen in review(sure, right):
        assert seen.wrong == mean(partial(lambda n, order: wrong(order[:n]), seen.values))
    for kept in risk_at(sure, right):
        assert kept.wrong == mean(partial(lambda n, order: wrong(order[len(order) - n :]), kept.values))
    assert aurc(sure, right) == mean(
        lambda order: float(np.mean([wrong(order[-k:]) / k for k in range(1, len(order) + 1)]))
    )


def test_review_worked_by_hand() -> None:
    found = {one.percent: one for one in review(*worked())}
    assert [(one.values, one.wrong) for one in found.values()] == [(1, 1), (1, 1), (2, 1.5), (4, 2.25)]
    assert found[10].recall == 0.5
    assert found[10].precision == 0.75
    assert found[10].chance == pytest.approx(0.3)
    assert found[10].chance_recall == 0.1


def test_risk_and_coverage_worked_by_hand() -> None:
    found = risk_at(*worked())
    assert [(one.percent, one.values, one.wrong) for one in found] == [
        (100, 20, 3),
        (95, 19, 2),
        (90, 18, 1.5),
        (80, 16, 0.75),
        (70, 14, 0.25),
        (50, 10, 0),
    ]
    assert found[1].risk == 2 / 19
    wrong = {14: 0.25, 15: 0.5, 16: 0.75, 17: 1, 18: 1.5, 19: 2, 20: 3}
    assert aurc(*worked()) == pytest.approx(sum(count / kept for kept, count in wrong.items()) / 20)


@pytest.mark.parametrize(
    ("sure", "place"), [(0.0, 0), (0.49, 0), (0.5, 1), (0.9, 4), (0.95, 5), (0.989, 5), (0.99, 6), (1.0, 6)]
)
def test_a_bin_has_its_low_end_and_the_last_has_both(sure: float, place: int) -> None:
    bins = calibration(*columns([(sure, True)]))
    assert [one.values for one in bins] == [int(at == place) for at in range(7)]
