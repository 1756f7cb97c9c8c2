"""Public scorers on the fourteen cases and on long lists; run with a Python that has them, prints JSON.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install stickler-eval anls-star deepdiff
    /tmp/peers/bin/python bench/scoring_peers.py

Each scorer is set up as its documentation advises: the comparators nearest to ours, the same thresholds. `errors` are
the leaf counts that it reports (mismatch, missing, spurious), None where it reports a number only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from scoring_cases import CASES, GOLD, long_list

SIZES = (5, 20, 50, 100, 200)
_EMPTY = {"case_number": None, "priority": None, "decision_date": None, "decisions": []}


def stickler() -> Callable[[Any, Any], tuple[float, dict[str, int] | None]]:
    """Stickler: models with a comparator and a threshold for each field; leaf counts from its aggregate."""
    from stickler import ComparableField, DateComparator, ExactComparator, LevenshteinComparator, StructuredModel  # noqa: PLC0415

    def exact() -> Any:
        return ComparableField(comparator=ExactComparator(), threshold=1.0)

    class Decision(StructuredModel):
        requested: str | None = ComparableField(comparator=LevenshteinComparator(), threshold=0.8)
        category: str | None = exact()
        outcome: str | None = exact()
        match_threshold = 0.5

    class Determination(StructuredModel):
        case_number: str | None = exact()
        priority: str | None = exact()
        decision_date: str | None = ComparableField(comparator=DateComparator(), threshold=1.0)
        decisions: list[Decision] = ComparableField(weight=1.0)

    def judge(gold: Any, predicted: Any) -> tuple[float, dict[str, int] | None]:
        found = Determination(**gold).compare_with(Determination(**predicted), include_confusion_matrix=True)
        counts = found["confusion_matrix"]["aggregate"]
        errors = {"MISMATCH": counts["fd"], "MISSING": counts["fn"], "SPURIOUS": counts["fa"]}
        return counts["derived"]["cm_f1"], errors

    return judge


def anls_star() -> Callable[[Any, Any], tuple[float, dict[str, int] | None]]:
    """ANLS*: one similarity of two trees."""
    from anls_star import anls_score  # noqa: PLC0415

    def judge(gold: Any, predicted: Any) -> tuple[float, dict[str, int] | None]:
        return float(anls_score(gold, predicted)), None

    return judge


def deepdiff() -> Callable[[Any, Any], tuple[float, dict[str, int] | None]]:
    """Deepdiff: 1 minus its distance, order of lists ignored."""
    from deepdiff import DeepDiff  # noqa: PLC0415

    def judge(gold: Any, predicted: Any) -> tuple[float, dict[str, int] | None]:
        found = DeepDiff(gold, predicted, ignore_order=True, get_deep_distance=True)
        return 1.0 - float(found.get("deep_distance", 0.0)), None

    return judge


SCORERS = {"stickler-eval": stickler, "anls-star": anls_star, "deepdiff": deepdiff}


def milliseconds(judge: Callable[[Any, Any], Any], rows: int, repeats: int = 3) -> float:
    """Best time of one scoring of two lists of `rows` decisions."""
    gold, predicted = long_list(rows, wrong=False), long_list(rows, wrong=True)
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        judge(gold, predicted)
        best = min(best, time.perf_counter() - began)
        if best > 2:
            break
    return best * 1000


def measure(judge: Callable[[Any, Any], tuple[float, dict[str, int] | None]], label: str) -> dict[str, Any]:
    """Run one scorer on everything."""
    cases = {}
    for case in CASES:
        value, errors = judge(GOLD, case.predicted if case.predicted is not None else _EMPTY)
        cases[case.name] = {"score": value, "errors": errors}
    return {"label": label, "cases": cases, "ms": {size: milliseconds(judge, size) for size in SIZES}}


if __name__ == "__main__":
    found = [measure(build(), f"{name} {version(name)}") for name, build in SCORERS.items()]
    # Some of the scorers print as they go; what follows the mark is ours.
    sys.stdout.write("\n@@\n" + json.dumps(found))
