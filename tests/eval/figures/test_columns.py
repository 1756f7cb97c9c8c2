import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from eval.figures.columns import COLUMNS, EXACT, LETTERS, Counts, MarkColumn, item, leaf, subject_of
from eval.figures.measures import measure, weights
from eval.figures.tally import tally
from eval.scoring.marks import Mark
from eval.scoring.score import score

OUTCOME = leaf("decisions.outcome", Mark.MATCH)
MISSPELT = MarkColumn("decisions.outcom", "match")


class File(BaseModel):
    counts: Counts = Counts()


def test_a_column_that_was_never_counted_reads_zero() -> None:
    counts = Counts({OUTCOME: 2})
    counts.add(OUTCOME)
    assert (counts[OUTCOME], counts[EXACT]) == (3, 0)
    assert counts.sum([OUTCOME, EXACT, LETTERS]) == 3


def wrong_uses() -> list[Any]:
    return [
        lambda: leaf("decisions.outcom", Mark.MATCH),
        lambda: leaf("decisions", Mark.MATCH),  # a list of items, no leaf
        lambda: item("decisions.outcome", Mark.MATCH),
        lambda: item("decisions", Mark.MISMATCH),  # items pair or do not
        lambda: Counts()[MISSPELT],
        lambda: Counts({MISSPELT: 1}),
        lambda: Counts().errors("decisions.outcom"),
        lambda: File.model_validate({"counts": {"decisions.outcom match": 1}}),
        lambda: measure("decisions.outcom"),
    ]


@pytest.mark.parametrize("use", wrong_uses())
def test_a_misspelt_column_is_an_error_not_a_zero(use: Any) -> None:
    with pytest.raises(ValueError, match=r"is counted as|is measured of"):
        use()


def test_a_measure_of_a_misspelt_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        weights([{MISSPELT: 1}])


def test_names_are_unique_and_go_through_a_file_unchanged() -> None:
    assert len({str(column) for column in COLUMNS}) == len(set(COLUMNS)) == len(COLUMNS)
    counts = Counts({column: place + 1 for place, column in enumerate(COLUMNS)})
    text = File(counts=counts).model_dump_json()
    assert json.loads(text)["counts"]["decisions.outcome match"] == counts[OUTCOME]
    assert File.model_validate_json(text).counts == counts


def test_a_count_is_a_whole_number() -> None:
    with pytest.raises(ValidationError):
        File.model_validate({"counts": {"exact": "many"}})


def test_one_letter_is_counted_by_mark_and_field() -> None:
    gold = {"priority": "standard", "decisions": [{"heading": "MRI", "outcome": "overturned"}, {"heading": "Norco"}]}
    predicted = {"priority": "expedited", "decisions": [{"heading": "MRI", "outcome": "upheld"}]}
    counts = tally(score(gold, predicted)).by_name()
    assert {name: count for name, count in counts.items() if "absent" not in name} == {
        "documents": 1,
        "letters": 1,
        "priority mismatch": 1,
        "decisions.heading match": 1,
        "decisions.heading missing": 1,
        "decisions.outcome mismatch": 1,
        "rare missed": 1,
        "items decisions match": 1,
        "items decisions missing": 1,
    }


def test_what_a_field_is_measured_as() -> None:
    assert subject_of("decisions.outcome") == "decisions.outcome"
    assert subject_of("decisions") == "items decisions"
