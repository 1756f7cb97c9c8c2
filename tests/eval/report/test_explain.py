from __future__ import annotations

import pytest

from eval.report.explain import explain
from eval.scoring.pointers import Json


@pytest.mark.parametrize(
    ("gold", "predicted", "told"),
    [
        ("2016-10-13", "2016-10-11", ["2 days earlier than gold"]),
        ("left knee brace", "right knee brace", ["word in gold only: 'left'", "word in prediction only: 'right'"]),
        ("left knee", "left  knee", ["they differ in blanks only"]),
        ("a b c", "c b a", ["the same words in another order"]),
        ("a " * 90 + "c", "b " * 90 + "c", ["they part after 0 words and meet again 1 words before the end"]),
        (["a", "b", "b"], ["b"], ["entry in gold only: 'a'", "'b' stands 2 times in gold, 1 here"]),
        (48, 49, ["48 became 49"]),
        ({"total": 1, "unit": "x"}, {"total": 2, "unit": "x"}, ["total: 1 became 2"]),
        ({"text": "a", "spans": [[3, 9]]}, {"text": "b", "spans": [[1, 9]]}, ["begins 2 characters earlier than gold"]),
        (None, 1, []),
    ],
)
def test_explain(gold: Json, predicted: Json, told: list[str]) -> None:
    assert explain(gold, predicted) == told
