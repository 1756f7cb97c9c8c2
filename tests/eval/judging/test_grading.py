import json

import pytest
from gold_factory import load, reader_of, unreadable, write_gold

from eval.judging.costs import costs, latency, load_prices
from eval.judging.grading import grade, grade_folder
from eval.judging.result import load_run, save_run
from eval.labelling.gold import load_gold
from eval.report.screen import run_screen
from extractor.errors import ConfigurationError
from extractor.records import Usage


@pytest.fixture
def folder(tmp_path):
    return write_gold(tmp_path / "gold", tuple(f"a{number}" for number in range(8)))


def figure(result, of, name="f1"):
    return result.summary.figures[of][name]


def flip_first(name, determination):
    if name in ("a1", "a2"):
        determination["decisions"][0]["outcome"] = "overturned"


def test_a_reader_that_knows_is_perfect(folder):
    result = grade(reader_of(folder), load_gold(folder).cases)
    assert figure(result, "all").value == 1.0
    assert figure(result, "exact records", "rate").numerator == 8
    assert figure(result, "all").method == "rule of three"
    assert figure(result, "all").low == pytest.approx(1 - 3 / 8)
    assert figure(result, "decisions.authorized").value is None
    assert figure(result, "decisions.authorized").documents == 0
    assert figure(result, "grounding: at the labelled place", "rate").value == 1.0


def test_flipped_outcomes_are_counted_where_they_are(folder):
    result = grade(reader_of(folder, flip_first), load_gold(folder).cases)
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


def test_a_failure_is_a_row(folder):
    result = grade(reader_of(folder, unreadable), load_gold(folder).cases)
    assert figure(result, "failures", "rate").value == 1.0
    assert figure(result, "all", "recall").value == 0.0
    assert figure(result, "all", "precision").value is None
    assert result.documents["a1"].failure.kind == "no_text_layer"
    assert result.documents["a1"].counts.errors("decisions") == 2


def test_a_stranger_that_raises_anything_fails_that_letter_only(folder):
    def change(name, determination):
        if name == "a3":
            raise RuntimeError("boom")

    result = grade(reader_of(folder, change), load_gold(folder).cases)
    assert result.documents["a3"].failure.kind == "RuntimeError"
    assert sum(row.failure is not None for row in result.documents.values()) == 1


def test_a_wrong_configuration_stops_the_run(folder):
    def change(name, determination):
        raise ConfigurationError("no key")

    with pytest.raises(ConfigurationError, match="no key"):
        grade(reader_of(folder, change), load_gold(folder).cases)


def test_no_case_is_an_error():
    with pytest.raises(ConfigurationError, match="no confirmed case"):
        grade(reader_of(None), [])


def test_a_run_repeats_itself_and_survives_its_file(folder, tmp_path):
    cases = load_gold(folder).cases
    first, second = (grade(reader_of(folder, flip_first), cases, workers=2) for _ in range(2))
    assert first.summary == second.summary
    save_run(first, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == first
    assert first.configuration["reader_config_sha256"] == ["1" * 64]
    assert set(first.configuration["cases"]) == set(first.documents)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="no run result"):
        load_run(tmp_path / "bad.json")


def test_a_folder_of_records_made_elsewhere(folder, tmp_path):
    records = tmp_path / "records"
    records.mkdir()
    for number in range(6):
        determination = load(folder, f"a{number}")["determination"]
        (records / f"a{number}.json").write_text(json.dumps({"determination": determination}))
    (records / "a6.json").write_text("{")
    result = grade_folder(records, load_gold(folder).cases)
    assert result.documents["a6"].failure.kind == "unreadable_record"
    assert result.documents["a7"].failure.kind == "no_record"
    assert figure(result, "all", "precision").value == 1.0
    assert figure(result, "all", "recall").value == pytest.approx(6 / 8)
    assert figure(result, "grounding: found", "rate").value is None
    with pytest.raises(ConfigurationError, match="holds no readable record"):
        grade_folder(tmp_path, load_gold(folder).cases)


def test_slices_by_tag(folder, tmp_path):
    gold = write_gold(tmp_path / "other", ("b1", "b2"), b2={"outcomes": ("Upheld",)})
    result = grade(reader_of(gold), load_gold(gold).cases)
    assert {tag: one.documents for tag, one in result.summary.slices.items()} == {
        "layout: credentials": 2,
        "overturned": 1,
    }


def test_the_summary_fits_one_screen(folder):
    lines = list(run_screen(grade(reader_of(folder, flip_first), load_gold(folder).cases)))
    assert len(lines) <= 40
    assert all(len(line) <= 130 for line in lines)


def test_costs_and_latency(folder, tmp_path):
    usage = Usage(requests=1, input_tokens=1000, cached_input_tokens=400, output_tokens=100)
    result = grade(reader_of(folder, usage=usage), load_gold(folder).cases)
    assert costs(result, load_prices()).unpriced == ("fake-1",)
    (tmp_path / "prices.toml").write_text("[fake-1]\ninput = 1.0\ncached_input = 0.5\noutput = 10.0\n")
    spent = costs(result, load_prices(tmp_path / "prices.toml"))
    assert spent.dollars == pytest.approx(8 * (600 * 1 + 400 * 0.5 + 100 * 10) / 1e6)
    assert spent.dollars_per_correct_field < spent.dollars_per_letter
    assert latency(result.documents.values()).letters == 8
    assert costs(grade(reader_of(folder), load_gold(folder).cases), {}) is None


def test_a_bad_price_table(tmp_path):
    (tmp_path / "prices.toml").write_text("[m]\ninput = 'dear'\n")
    with pytest.raises(ConfigurationError, match="price table"):
        load_prices(tmp_path / "prices.toml")
