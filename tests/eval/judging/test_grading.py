from __future__ import annotations

import json
from pathlib import Path

import pytest
from gold_factory import known, load, overturn_first, reader_of, unreadable, write_gold

from eval.judging.grading import grade, grade_folder
from eval.judging.result import RunResult, load_run, save_run
from eval.labelling.gold import load_gold
from eval.scoring.pointers import Json
from extractor.errors import ConfigurationError
from extractor.reading.letter import read


def figure(result: RunResult, of: str, name: str = "f1") -> Json:
    return result.summary.figures[of][name]


def test_a_reader_that_knows_is_perfect(eight: Path) -> None:
    result = grade(reader_of(eight), load_gold(eight).cases)
    assert figure(result, "all").value == 1.0
    assert figure(result, "exact records", "rate").numerator == 8
    assert figure(result, "all").method == "rule of three"
    assert figure(result, "all").low == pytest.approx(1 - 3 / 8)
    assert figure(result, "decisions.authorized").value is None
    assert figure(result, "decisions.authorized").documents == 0
    assert figure(result, "grounding: at the labelled place", "rate").value == 1.0


def test_flipped_outcomes_are_counted_where_they_are(eight: Path) -> None:
    result = grade(reader_of(eight, overturn_first("a1", "a2")), load_gold(eight).cases)
    outcome = figure(result, "decisions.outcome")
    assert (outcome.numerator, outcome.denominator) == (28, 32)
    assert figure(result, "decisions.outcome", "wrong").value == 2 / 16
    assert figure(result, "decisions.requested").value == 1.0
    assert figure(result, "overturned", "precision").value == 8 / 10
    assert figure(result, "overturned", "recall").value == 1.0
    assert figure(result, "exact records", "rate").value == 6 / 8
    error = result.documents["a1"].errors[0]
    assert (error.field, error.mark, error.gold, error.predicted) == (
        "decisions.outcome",
        "MISMATCH",
        "upheld",
        "overturned",
    )
    assert error.gold_spans == error.predicted_spans != ()
    low, high = outcome.low, outcome.high
    assert low < outcome.value < high
    assert outcome.t_low < outcome.value


def test_a_failure_is_a_row(eight: Path) -> None:
    result = grade(reader_of(eight, unreadable), load_gold(eight).cases)
    assert figure(result, "failures", "rate").value == 1.0
    assert figure(result, "all", "recall").value == 0.0
    assert figure(result, "all", "precision").value is None
    assert known(result.documents["a1"].failure).kind == "no_text_layer"
    assert result.documents["a1"].counts.errors("decisions") == 2


def test_a_stranger_that_raises_anything_fails_that_letter_only(eight: Path) -> None:
    def change(name: str, determination: Json) -> None:
        if name == "a3":
            raise RuntimeError("boom")

    result = grade(reader_of(eight, change), load_gold(eight).cases)
    assert known(result.documents["a3"].failure).kind == "RuntimeError"
    assert sum(row.failure is not None for row in result.documents.values()) == 1


def test_a_wrong_configuration_stops_the_run(eight: Path) -> None:
    def change(name: str, determination: Json) -> None:
        raise ConfigurationError("no key")

    with pytest.raises(ConfigurationError, match="no key"):
        grade(reader_of(eight, change), load_gold(eight).cases)


def test_no_case_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no confirmed case"):
        grade(read, [])


def test_a_run_repeats_itself_and_survives_its_file(eight: Path, tmp_path: Path) -> None:
    cases = load_gold(eight).cases
    first, second = (grade(reader_of(eight, overturn_first("a1", "a2")), cases, workers=2) for _ in range(2))
    assert first.summary == second.summary
    save_run(first, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == first
    assert first.configuration["reader_config_sha256"] == ["1" * 64]
    cases_graded: Json = first.configuration["cases"]
    assert set(cases_graded) == set(first.documents)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="no run result"):
        load_run(tmp_path / "bad.json")


def test_a_folder_of_records_made_elsewhere(eight: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    for number in range(6):
        determination = load(eight, f"a{number}")["determination"]
        (records / f"a{number}.json").write_text(json.dumps({"determination": determination}))
    (records / "a6.json").write_text("{")
    result = grade_folder(records, load_gold(eight).cases)
    assert known(result.documents["a6"].failure).kind == "unreadable_record"
    assert known(result.documents["a7"].failure).kind == "no_record"
    assert figure(result, "all", "precision").value == 1.0
    assert figure(result, "all", "recall").value == pytest.approx(6 / 8)
    assert figure(result, "grounding: found", "rate").value is None
    with pytest.raises(ConfigurationError, match="holds no readable record"):
        grade_folder(tmp_path, load_gold(eight).cases)


def test_slices_by_tag(eight: Path, tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "other", ("b1", "b2"), b2={"outcomes": ("Upheld",)})
    result = grade(reader_of(gold), load_gold(gold).cases)
    assert {tag: one.documents for tag, one in result.summary.slices.items()} == {
        "layout: credentials": 2,
        "overturned": 1,
    }
