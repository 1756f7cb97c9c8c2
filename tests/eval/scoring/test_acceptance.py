"""The fourteen cases that a scorer of nested records must get right (docs/scoring.md)."""

from __future__ import annotations

import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from eval.scoring.marks import Failure, Mark
from eval.scoring.pointers import Json
from eval.scoring.score import score, score_failure

# The benchmarks are no package: their cases are loaded from the file.
sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))
cases: Any = import_module("scoring_cases")
sys.path.pop(0)


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_case(case: Any) -> None:
    if case.predicted is None:
        made = score_failure(cases.GOLD, Failure("no_text_layer", "a scan"))
        assert made.failure is not None
    else:
        made = score(cases.GOLD, case.predicted)
    found: dict[str, Counter[str]] = {}
    for row in made.rows:
        if row.mark not in (Mark.MATCH, Mark.ABSENT):
            found.setdefault(row.field, Counter())[row.mark.name] += 1
    assert found == case.marks
    assert Counter(item.mark.name for item in made.items if item.mark is not Mark.MATCH) == case.items
    if not case.marks:
        assert made.f1 == 1.0
        assert made.count(Mark.MATCH) == cases.LEAVES


def test_there_are_fourteen() -> None:
    assert len(cases.CASES) == 14


def test_omission_lowers_recall_and_invention_precision() -> None:
    def sides(name: str) -> Json:
        made = score(cases.GOLD, next(case for case in cases.CASES if case.name == name).predicted)
        return made.count(Mark.MISSING), made.count(Mark.SPURIOUS)

    assert sides("decision omitted") == (3, 0)
    assert sides("decision duplicated") == sides("decision invented") == (0, 3)


def test_a_duplicate_and_pieces_are_named() -> None:
    gold = {"decisions": [{"requested": "Norco 10/325mg #90"}, {"requested": "MRI of the lumbar spine"}]}
    twice = score(gold, {"decisions": [*gold["decisions"], gold["decisions"][0]]})
    assert [item.note for item in twice.items] == ["", "", "duplicate of 0"]
    merged = score(gold, {"decisions": [{"requested": "Norco 10/325mg #90 and MRI of the lumbar spine"}]})
    assert {item.note for item in merged.items if item.mark is Mark.MISSING} == {"merged into 0"}
    whole = {"decisions": [{"requested": "Norco 10/325mg #90 and MRI of the lumbar spine"}]}
    split = score(whole, gold)
    assert {item.note for item in split.items if item.mark is Mark.SPURIOUS} == {"split from 0"}
