from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from gold_factory import imr_eval, known, load, overturn_first, reader_of, unreadable
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from eval.figures.columns import FIELDS, Counts, leaf
from eval.figures.uncertainty import Sampling, divide, limits, resamples
from eval.judging.certainty import ENOUGH, ENOUGH_DOCUMENTS, certainty
from eval.judging.grading import grade, grade_folder
from eval.judging.ranking import pairs_by_document, risk_at
from eval.judging.result import ConfidenceRow, DocumentResult, RunResult, save_run
from eval.labelling.gold import load_gold
from eval.readers import Reader
from eval.report.screen import certainty_screen
from eval.scoring.marks import Mark
from eval.scoring.pointers import Json
from extractor.documents import Document
from extractor.errors import ConfigurationError
from extractor.reading.letter import read

FEW = Sampling(200, 1)


SOME_FIELDS = {"decisions.outcome": "outcome", "decisions.reasons": "reasons", "patient.age": "patient"}
"""Field → its group; no two share one."""


VALUES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(list(SOME_FIELDS)),
        st.sampled_from([0.0, 0.3, 0.5, 0.95, 0.99, 1.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


# Least certain first: (confidence, how many right, how many wrong).
WORKED = ((0.2, 0, 1), (0.4, 1, 1), (0.6, 3, 1), (0.9, 13, 0))


def columns(values: Json) -> Json:
    """(confidence, right) … as arrays."""
    return np.array([one for one, _ in values], dtype=float), np.array([right for _, right in values], dtype=bool)


def worked() -> Json:
    return columns([(sure, right) for sure, *many in WORKED for right in (True, False) for _ in range(many[not right])])


def result_of(values: Json, documents: int = 4) -> Json:
    """A run with these (document, field, confidence, right) and nothing else."""
    rows: dict[str, list[ConfidenceRow]] = {str(index): [] for index in range(documents)}
    counts = {name: Counts() for name in rows}
    for document, field, sure, right in values:
        rows[str(document)].append(ConfidenceRow(field=field, confidence=sure, right=right))
        counts[str(document)].add(leaf(field, Mark.MATCH if right else Mark.MISMATCH))
    return RunResult(
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        reader="made",
        configuration={},
        versions={},
        seed=1,
        draws=100,
        documents={
            name: DocumentResult(split="dev", tags=(), counts=counts[name], confidences=tuple(rows[name]))
            for name in rows
        },
    )


def by_counting(values: Json, same_field: Json = False) -> Json:
    """(ordered, pairs) by looking at every pair."""
    ordered, pairs = 0.0, 0
    for (_, field, sure, right), (_, other_field, other, other_right) in product(values, values):
        if right and not other_right and (field == other_field or not same_field):
            pairs += 1
            ordered += 1 if sure > other else 0.5 if sure == other else 0
    return ordered, pairs


@given(VALUES)
def test_separation_is_that_of_all_pairs(values: Json) -> None:
    found = certainty(result_of(values), Sampling(20, 1))
    for one, same_field in ((found.auroc, False), (found.within_fields, True)):
        ordered, pairs = by_counting(values, same_field)
        assert (one.ordered, one.pairs) == (ordered, pairs)
        assert one.value == (ordered / pairs if pairs else None)
    assert (found.auroc.right, found.auroc.wrong) == (found.right, found.wrong)
    for field, of in SOME_FIELDS.items():
        one = next(each for each in found.groups if each.of == of)
        mine = [value for value in values if value[1] == field]
        right = sum(value[3] for value in mine)
        assert (one.right, one.wrong) == (right, len(mine) - right)
        ordered, pairs = by_counting(mine)
        assert one.value == (ordered / pairs if min(right, len(mine) - right) >= ENOUGH else None)


@given(VALUES, st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_pairs_by_document_give_the_separation_of_any_resample(values: Json, times: list[int]) -> None:
    document, _, sure, right = (np.array(column) for column in zip(*values, strict=True))
    ordered, pairs = pairs_by_document(document, sure, right, 4)
    drawn = [value for value in values for _ in range(times[value[0]])]
    assert (np.array(times) @ ordered @ times, np.array(times) @ pairs @ times) == by_counting(drawn)


def test_calibration_worked_by_hand() -> None:
    values = [
        (place % 4, "patient.age", sure, bool(right)) for place, (sure, right) in enumerate(zip(*worked(), strict=True))
    ]
    found = certainty(result_of(values), FEW)
    assert [(one.values, one.right) for one in found.bins] == [(3, 1), (4, 3), (0, 0), (0, 0), (13, 13), (0, 0), (0, 0)]
    assert (found.bins[2].share_right, found.bins[2].confidence) == (None, None)
    assert found.bins[0].confidence == pytest.approx(1 / 3)
    assert found.brier == pytest.approx(1.53 / 20)
    assert found.brier_constant == pytest.approx(17 / 20 * 3 / 20)
    assert found.ece == pytest.approx(0.2 * 0.15 + 0.65 * 0.1)
    assert (found.auroc.ordered, found.auroc.pairs) == (48, 51)
    assert found.aurc_chance == 3 / 20
    assert found.aurc_best == pytest.approx((1 / 18 + 2 / 19 + 3 / 20) / 20)


def test_nothing_wrong_is_undefined_not_zero() -> None:
    found = certainty(result_of([(place % 4, "patient.age", 0.9, True) for place in range(40)]), FEW)
    assert (found.auroc.value, found.auroc.low, found.auroc.pairs) == (None, None, 0)
    assert {one.recall for one in found.reviews} == {None}
    assert [one.precision for one in found.reviews] == [0, 0, 0, 0]
    assert risk_at(*columns([(0.9, True)]))[-1].risk is None
    assert list(certainty_screen(found))


def spread(documents: int) -> Json:
    """Values of that many documents, the wrong ones somewhat less certain."""
    rng = np.random.default_rng(3)
    return [
        (place, "patient.age", round(min(1.0, rng.random() * 0.8 + 0.2 * right), 2), right)
        for place in range(documents)
        for right in (True, True, False)
    ]


def test_an_interval_needs_letters_and_disorder() -> None:
    few, enough = (spread(ENOUGH_DOCUMENTS - less) for less in (1, 0))
    assert certainty(result_of(few, 20), FEW).auroc.low is None
    found = certainty(result_of(enough, 20), FEW).auroc
    assert known(found.low) < known(found.value) < known(found.high)
    assert found.wrong_documents == ENOUGH_DOCUMENTS
    assert certainty(result_of(enough, 20), FEW).auroc == found
    assert certainty(result_of(enough, 20), Sampling(200, 2)).auroc != found
    perfect = [(place, field, float(right), right) for place, field, _, right in enough]
    assert certainty(result_of(perfect, 20), FEW).auroc.model_dump(include={"value", "low"}) == {
        "value": 1,
        "low": None,
    }


def test_intervals_cover_as_they_should_where_confidence_varies_by_letter() -> None:
    """39 letters of 30 values, wrong ones in 8: correlation 0.3 within a letter; the truth is that of two letters."""
    rng = np.random.default_rng(11)
    rounds, hits = 150, 0
    truth = norm.cdf(1.1 / np.sqrt(2 * (1 + 0.65**2)))
    document = np.repeat(np.arange(39), 30)
    for _ in range(rounds):
        right = np.ones(len(document), dtype=bool)
        for letter in rng.choice(39, ENOUGH_DOCUMENTS, replace=False):
            right[letter * 30 : letter * 30 + rng.integers(1, 4)] = False
        sure = rng.normal(0, 0.65, 39)[document] + rng.normal(0, 1, len(document)) + 1.1 * right
        ordered, pairs = pairs_by_document(document, sure, right, 39)
        weight = next(resamples(39, 300, rng))
        low, high = limits(divide(((weight @ ordered) * weight).sum(1), ((weight @ pairs) * weight).sum(1))[:, None])
        hits += low[0] <= truth <= high[0]
    assert hits / rounds > 0.86


@given(VALUES)
def test_constant_confidence_is_chance(values: Json) -> None:
    values = [(document, field, 0.9, right) for document, field, _, right in values]
    found = certainty(result_of(values), Sampling(20, 1))
    assume(found.wrong and found.right)
    assert found.auroc.value == 0.5
    assert found.aurc == pytest.approx(found.aurc_chance)
    assert [one.wrong for one in found.reviews] == pytest.approx([one.chance for one in found.reviews])


def confident(reader: Reader, sure: Json) -> Json:
    """The same reader, its evidence rated by `sure(pointer)`."""

    def rated(document: Document) -> Json:
        record = reader(document)
        evidence = {at: one.model_copy(update={"confidence": sure(at)}) for at, one in record.evidence.items()}
        return record.model_copy(update={"evidence": evidence})

    return rated


def leaves(result: RunResult, *marks: Mark) -> Json:
    return sum(row.counts[leaf(field, mark)] for row in result.documents.values() for field in FIELDS for mark in marks)


def test_every_value_of_the_rules_reader_is_taken_up(eight: Path) -> None:
    def sure(pointer: str) -> Json:
        return None if pointer.startswith("/patient") else 0.75 if pointer.endswith("outcome") else 0.5

    result = grade(confident(read, sure), load_gold(eight).cases)
    found = certainty(result)
    rows = [row for one in result.documents.values() for row in one.confidences]
    assert found.values == len(rows) > 20
    assert not any(row.field.startswith("patient") for row in rows)
    assert {row.confidence for row in rows if row.field == "decisions.outcome"} == {0.75}
    assert found.values + found.without == leaves(result, Mark.MATCH, Mark.MISMATCH, Mark.SPURIOUS)
    assert found.wrong + found.without_wrong == leaves(result, Mark.MISMATCH, Mark.SPURIOUS)
    assert found.without > 0
    assert found.missing == leaves(result, Mark.MISSING)
    assert (found.draws, found.seed) == (result.draws, result.seed)


def test_right_is_what_the_scorer_calls_a_match(eight: Path) -> None:
    def spoil(name: str, determination: Json) -> None:
        if name == "a7":
            unreadable(name, determination)
        determination["decisions"][0]["outcome"] = "overturned"
        determination["priority"] = "standard"
        del determination["decision_date"]

    result = grade(confident(reader_of(eight, spoil), lambda _: 0.5), load_gold(eight).cases)
    one = result.documents["a0"]
    wrong = [row.field for row in one.confidences if not row.right]
    assert wrong == ["decisions.outcome"]  # the made-up priority has no evidence
    assert "decision_date" not in {row.field for row in one.confidences}
    assert result.documents["a7"].confidences == ()
    found = certainty(result)
    assert found.wrong == 7
    assert found.without_wrong == 7
    assert found.missing == 7 + sum(result.documents["a7"].counts[leaf(field, Mark.MISSING)] for field in FIELDS)


@pytest.mark.parametrize("said", ["high", 1.5, -0.1, True, float("nan"), None, [1]])
def test_what_a_stranger_calls_confidence_may_be_none(eight: Path, tmp_path: Path, said: Json) -> None:
    records = tmp_path / "records"
    records.mkdir()
    reference = load(eight, "a0")
    evidence = {at: {**one, "confidence": said} for at, one in reference["evidence"].items()}
    evidence["/case_number"]["confidence"] = 1
    (records / "a0.json").write_text(json.dumps({"determination": reference["determination"], "evidence": evidence}))
    result = grade_folder(records, load_gold(eight).cases)
    assert [row.model_dump() for row in result.documents["a0"].confidences] == [
        {"field": "case_number", "confidence": 1.0, "right": True}
    ]


def test_the_command_shows_tables_or_json(eight: Path, tmp_path: Path) -> None:
    reader = confident(
        reader_of(eight, overturn_first("a1", "a2")), lambda at: 0.6 if at == "/decisions/0/outcome" else 0.97
    )
    save_run(grade(reader, load_gold(eight).cases, name="both"), tmp_path / "run.json")
    shown = imr_eval("confidence", tmp_path / "run.json")
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert max(map(len, lines)) <= 130
    assert lines[0].startswith("both: 8 letters, ")
    assert "2 wrong" in lines[0]
    assert "not reachable by reviewing values" in shown.output
    assert [line.split()[:2] for line in lines if line.startswith("  outcome")] == [["outcome", "-"]]
    data = json.loads(imr_eval("confidence", tmp_path / "run.json", "--json").output)
    assert data["wrong"] == 2
    assert data["within_fields"]["pairs"] == 14 * 2
    assert data["within_fields"]["ordered"] == 8 * 2 + 6 * 2 / 2


def test_a_run_without_confidence_says_how_to_get_one(eight: Path, tmp_path: Path) -> None:
    save_run(grade(reader_of(eight), load_gold(eight).cases), tmp_path / "run.json")
    failed = imr_eval("confidence", tmp_path / "run.json")
    assert failed.exit_code == 2
    assert failed.output.startswith("imr eval: ")
    assert "records of one reader carry none" in failed.output
    assert "imr eval run --reader both" in failed.output
    with pytest.raises(ConfigurationError):
        certainty(result_of([]))
