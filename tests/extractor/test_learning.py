"""Learning reasons from labelled letters, and what counts as a label."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from letters import Asked, credentials

from extractor import extract, read_document
from extractor.cli import cli
from extractor.errors import ConfigurationError
from extractor.learning.labelled import COLUMNS, labelled, of_database
from extractor.records.determination import Outcome, Reason
from extractor.store import Store

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'imr-extractor[learn]'")

from extractor.learning.reasons import Score, graded, learn, table
from extractor.readers.rules.weighing import parse, weights

GOLD = Path(__file__).parents[2] / "gold"
TABLES = GOLD / "rationales"


def write_table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["\t".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return path


# --- labels ----------------------------------------------------------------------------------------------------------


def test_a_table_is_read_by_rationale_and_sentence(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "a.tsv",
        "x\tupheld\t\tShe fell.",
        "x\tupheld\tsafety duplicate\tTwo of these would harm her.",
        "y\toverturned\trecommended\tIt is advised.",
    )
    first, second = labelled([path])
    assert [sentence.of(first.view.flat) for sentence in first.sentences] == [
        "She fell.",
        "Two of these would harm her.",
    ]
    assert first.given == (frozenset(), frozenset({Reason.SAFETY, Reason.DUPLICATE}))
    assert (second.letter, second.outcome) == ("y", Outcome.OVERTURNED)
    assert second.reasons == frozenset({Reason.RECOMMENDED})


@pytest.mark.parametrize(
    "row", ["x\tupheld\trecommended\tWords.", "x\tupheld\tbecause\tWords.", "x\tperhaps\t\tWords.", "x\tupheld"]
)
def test_a_wrong_row_is_refused_by_the_tables_name(tmp_path: Path, row: str) -> None:
    path = write_table(tmp_path / "wrong.tsv", row)
    with pytest.raises(ConfigurationError, match=r"wrong\.tsv"):
        labelled([path])


def test_other_columns_and_empty_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.tsv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="columns"):
        labelled([tmp_path])
    (tmp_path / "other.tsv").unlink()
    with pytest.raises(ConfigurationError, match="neither"):
        labelled([tmp_path])


def test_of_gold_only_the_development_half_is_read() -> None:
    cases = json.loads((GOLD / "manifest.json").read_bytes())["cases"]
    letters = {each.letter for each in labelled([GOLD])}
    assert {cases[name]["split"] for name in letters} == {"dev"}
    assert len(letters) > 30


def test_a_labelled_reason_stands_in_the_sentence_that_was_quoted() -> None:
    found = labelled([GOLD])
    assert sum(bool(each.reasons) for each in found) > 100
    for each in found:
        assert frozenset().union(*each.given) == each.reasons


def test_of_a_database_only_what_a_model_read_is_a_label(tmp_path: Path) -> None:
    sentence = "There is no documentation of a failed trial of physical therapy."
    store = tmp_path / "imr.db"
    letters = [credentials(Asked(f"Acupuncture, {n} visits", "Upheld", rationale=sentence)) for n in (2, 3)]
    with Store(store) as opened:
        for letter, reader in zip(letters, ("rules", "both"), strict=True):
            record = extract(letter)
            read_by = record.provenance.model_copy(update={"reader": reader})
            opened.save(record.model_copy(update={"provenance": read_by}), read_document(letter))
    (only,) = of_database(store)
    assert only.letter == read_document(letters[1]).sha256
    assert only.reasons == set(extract(letters[1]).determination.decisions[0].reasons)
    assert Reason.CONSERVATIVE_CARE_FIRST in only.given[0]


# --- learning --------------------------------------------------------------------------------------------------------


def test_what_always_goes_together_is_learnt(tmp_path: Path) -> None:
    rows = [
        row
        for n in range(12)
        for row in (
            f"a{n}\tupheld\tsafety\tThe marble turned blue in week {n}.",
            f"a{n}\tupheld\t\tTuesday came.",
            f"b{n}\tupheld\tduplicate\tThe marble turned green in week {n}.",
            f"b{n}\tupheld\t\tTuesday came.",
        )
    ]
    rationales = labelled([write_table(tmp_path / "a.tsv", *rows)])
    learnt = learn(rationales)
    assert learnt.by_cues.recall == 0
    assert learnt.score == Score(right=24)
    assert graded(parse(table(learnt.weights)), rationales) == Score(right=24)


def test_too_few_letters_are_refused(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.tsv", "x\tupheld\tsafety\tIt harms.")
    with pytest.raises(ConfigurationError, match="too few labelled letters: 1"):
        learn(labelled([path]))


def test_an_equally_right_reading_counts() -> None:
    assert Score(1, 1, 0) + Score(1, 0, 2) == Score(2, 1, 2)
    assert Score(2, 1, 2).f1 == pytest.approx(4 / 7)
    assert Score().f1 == 1


def test_the_command_makes_the_weights_that_we_read_with(tmp_path: Path) -> None:
    out = tmp_path / "weights.tsv"
    result = CliRunner().invoke(cli, ["learn", "reasons", str(TABLES), str(GOLD), "--out", str(out)])
    assert result.exit_code == 0
    made, ours = parse(out.read_text(encoding="utf-8")), weights()
    assert (made.slope, made.offset, made.threshold) == pytest.approx(
        (ours.slope, ours.offset, ours.threshold), abs=0.03
    )
    # Another version of the solver may round otherwise; signs at the edge of being left out may come and go.
    assert len(made.rows.keys() ^ ours.rows.keys()) <= 0.01 * len(ours.rows)
    for row in made.rows.keys() & ours.rows.keys():
        for reason in made.rows[row].keys() & ours.rows[row].keys():
            assert made.rows[row][reason] == pytest.approx(ours.rows[row][reason], abs=0.03)
    cues, weighed = (float(line.split()[line.split().index("F1") + 1]) for line in result.stdout.splitlines()[1:3])
    assert weighed > cues + 0.15
    assert weighed > 0.7


def test_nine_in_ten_are_right_of_what_is_said_with_nine_in_ten() -> None:
    right, said = learn(labelled([TABLES, GOLD])).right_of(0.9)
    assert said > 100
    assert right / said >= 0.88


def test_the_command_needs_labels() -> None:
    result = CliRunner().invoke(cli, ["learn", "reasons", "--out", "unused.tsv"])
    assert result.exit_code == 2
    assert "too few labelled letters: 0" in result.stderr
    assert not Path("unused.tsv").exists()
