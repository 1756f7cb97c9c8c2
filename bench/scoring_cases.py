"""The fourteen acceptance cases, as plain JSON: shared by the test and by the comparison with public scorers.

The gold has three scalars, of which one is absent, and three decisions. Standard library only: the peers live in other
environments.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = Any

GOLD: Json = {
    "case_number": "CM16-0000123",
    "priority": None,
    "decision_date": "2016-10-13",
    "decisions": [
        {"requested": "Norco 10/325mg #90", "category": "pharmaceuticals", "outcome": "upheld"},
        {
            "requested": "Physical therapy for the left knee, twice a week for six weeks",
            "category": "rehabilitation",
            "outcome": "overturned",
        },
        {
            "requested": "MRI of the lumbar spine without contrast",
            "category": "diagnostic_testing",
            "outcome": "upheld",
        },
    ],
}

# Leaves of GOLD that have a value: two scalars, and three in each decision.
LEAVES = 11


@dataclass(frozen=True)
class AcceptanceCase:
    """One change to the gold and what a scorer must say of it."""

    name: str
    predicted: Json
    """None: the document failed."""
    marks: dict[str, dict[str, int]]
    """Field → outcome → count of all that is not MATCH or ABSENT. Empty: everything is right."""
    items: dict[str, int]
    """Outcome → count of decisions without a partner."""


def _changed(change: Callable[[Json], None]) -> Json:
    tree = copy.deepcopy(GOLD)
    change(tree)
    return tree


def _item(mark: str) -> dict[str, dict[str, int]]:
    return {f"decisions.{field}": {mark: 1} for field in ("requested", "category", "outcome")}


def _reorder(tree: Json) -> None:
    tree["decisions"].reverse()


def _write_date(tree: Json) -> None:
    tree["decision_date"] = "10/13/2016"


def _paraphrase(tree: Json) -> None:
    tree["decisions"][1]["requested"] = "Physical therapy for left knee: twice a week for the six weeks"


def _omit(tree: Json) -> None:
    del tree["decisions"][0]


def _duplicate(tree: Json) -> None:
    tree["decisions"].append(copy.deepcopy(tree["decisions"][0]))


def _invent(tree: Json) -> None:
    tree["decisions"].append({"requested": "Gym membership", "category": "programs", "outcome": "upheld"})


def _flip(tree: Json) -> None:
    tree["decisions"][0]["outcome"] = "overturned"


def _swap(tree: Json) -> None:
    tree["decisions"][0]["outcome"], tree["decisions"][1]["outcome"] = "overturned", "upheld"


def _hallucinate(tree: Json) -> None:
    tree["priority"] = "expedited"


def _forget(tree: Json) -> None:
    tree["case_number"] = None


def _next_day(tree: Json) -> None:
    tree["decision_date"] = "2016-10-14"


def _drop_all(tree: Json) -> None:
    tree["decisions"] = []


_ALL_ITEMS = {f"decisions.{field}": {"MISSING": 3} for field in ("requested", "category", "outcome")}
_ONE = "MISMATCH"

CASES: tuple[AcceptanceCase, ...] = (
    AcceptanceCase("identical", _changed(lambda tree: None), {}, {}),
    AcceptanceCase("decisions reordered", _changed(_reorder), {}, {}),
    AcceptanceCase("date written differently", _changed(_write_date), {}, {}),
    AcceptanceCase("treatment paraphrased", _changed(_paraphrase), {}, {}),
    AcceptanceCase("decision omitted", _changed(_omit), _item("MISSING"), {"MISSING": 1}),
    AcceptanceCase("decision duplicated", _changed(_duplicate), _item("SPURIOUS"), {"SPURIOUS": 1}),
    AcceptanceCase("decision invented", _changed(_invent), _item("SPURIOUS"), {"SPURIOUS": 1}),
    AcceptanceCase("outcome flipped", _changed(_flip), {"decisions.outcome": {_ONE: 1}}, {}),
    AcceptanceCase("outcomes swapped", _changed(_swap), {"decisions.outcome": {_ONE: 2}}, {}),
    AcceptanceCase("scalar hallucinated", _changed(_hallucinate), {"priority": {"SPURIOUS": 1}}, {}),
    AcceptanceCase("scalar omitted", _changed(_forget), {"case_number": {"MISSING": 1}}, {}),
    AcceptanceCase("date off by one day", _changed(_next_day), {"decision_date": {_ONE: 1}}, {}),
    AcceptanceCase("all decisions dropped", _changed(_drop_all), _ALL_ITEMS, {"MISSING": 3}),
    AcceptanceCase(
        "document failed",
        None,
        {"case_number": {"MISSING": 1}, "decision_date": {"MISSING": 1}, **_ALL_ITEMS},
        {"MISSING": 3},
    ),
)


_NOUNS = ("Norco", "Tramadol", "Lidoderm patch", "Urine drug screen", "Acupuncture", "Lumbar brace", "TENS unit")


def long_list(rows: int, *, wrong: bool) -> Json:
    """Make a determination of `rows` decisions; with `wrong`, reordered and with every fifth outcome flipped."""
    decisions = [
        {
            "requested": f"{_NOUNS[row % len(_NOUNS)]} number {row} for {row % 9 + 1} weeks",
            "category": "pharmaceuticals" if row % 2 else "rehabilitation",
            "outcome": "overturned" if row % 3 == 0 else "upheld",
        }
        for row in range(rows)
    ]
    if wrong:
        for row in range(0, rows, 5):
            decisions[row]["outcome"] = "upheld" if decisions[row]["outcome"] == "overturned" else "overturned"
            decisions[row]["requested"] += " at home"
        decisions = decisions[rows // 2 :] + decisions[: rows // 2]
    return {"case_number": "CM16-0000123", "priority": None, "decision_date": "2016-10-13", "decisions": decisions}
