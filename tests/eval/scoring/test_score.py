from __future__ import annotations

from eval.scoring.marks import Mark, Score
from eval.scoring.pointers import Json
from eval.scoring.score import score


def marks(made: Score, field: str) -> Json:
    return [row.mark for row in made.rows if row.field == field]


def decision(**fields: Json) -> Json:
    return {"heading": "MRI", "requested": "MRI", "disputed": "MRI", **fields}


def test_not_labelled_is_counted_nowhere() -> None:
    gold = {"priority": None, "decisions": [decision(reasons=["safety"], outcome="upheld")]}
    predicted = {"priority": "standard", "decisions": [decision(reasons=["other"], outcome="upheld")]}
    made = score(gold, predicted, not_labelled=["/priority", "/decisions/0/reasons"])
    assert not marks(made, "priority")
    assert not marks(made, "decisions.reasons")
    assert marks(made, "decisions.outcome") == [Mark.MATCH]


def test_a_not_labelled_item_takes_its_partner_with_it() -> None:
    made = score({"decisions": [decision()]}, {"decisions": [decision()]}, not_labelled=["/decisions/0"])
    assert not [row for row in made.rows if row.field.startswith("decisions")]
    assert not made.items


def test_a_not_labelled_element_takes_its_partner_with_it() -> None:
    gold = {"patient": {"diagnoses": ["lumbago", "gout"]}}
    made = score(gold, {"patient": {"diagnoses": ["lumbago"]}}, not_labelled=["/patient/diagnoses/0"])
    assert marks(made, "patient.diagnoses") == [Mark.MISSING]


def test_the_best_alternative_counts() -> None:
    gold = {"decisions": [decision(reasons=["safety"], subcategory="imaging", quantity={"total": 2})]}
    other = {"decisions": [decision(reasons=["safety", "other"], subcategory="other", quantity=None)]}
    alternatives: dict[str, list[Json]] = {
        "/decisions/0/reasons": [["other"], ["other", "safety"]],
        "/decisions/0/subcategory": ["other"],
        "/decisions/0/quantity": [None],
    }
    assert score(gold, other).cost == 4
    assert score(gold, other, alternatives=alternatives).cost == 0
    assert score(gold, gold, alternatives=alternatives).cost == 0


def test_alternatives_of_one_element() -> None:
    gold = {"patient": {"diagnoses": ["erectile dysfunction"]}}
    predicted = {"patient": {"diagnoses": ["erectile dysfunction due to opioids"]}}
    alternatives = {"/patient/diagnoses/0": ["erectile dysfunction due to opioids"]}
    assert score(gold, predicted, alternatives=alternatives).cost == 0


def test_lists_are_multisets() -> None:
    made = score({"reviewer": {"specialties": ["A", "B", "B", "C"]}}, {"reviewer": {"specialties": ["C", "B", "A"]}})
    assert sorted(marks(made, "reviewer.specialties")) == [Mark.MATCH] * 3 + [Mark.MISSING]


def test_a_wrong_outcome_never_changes_the_pairing() -> None:
    gold = {
        "decisions": [decision(heading="MRI left", outcome="upheld"), decision(heading="MRI", outcome="overturned")]
    }
    predicted = {
        "decisions": [decision(heading="MRI", outcome="upheld"), decision(heading="MRI left", outcome="upheld")]
    }
    made = score(gold, predicted)
    assert {(item.gold_at, item.predicted_at) for item in made.items} == {
        ("/decisions/0", "/decisions/1"),
        ("/decisions/1", "/decisions/0"),
    }


def test_pairs_that_cannot_be_told_apart_go_by_order() -> None:
    gold = {"decisions": [decision(outcome="upheld"), decision(outcome="overturned")]}
    predicted = {"decisions": [decision(outcome="overturned"), decision(outcome="upheld")]}
    assert marks(score(gold, predicted), "decisions.outcome") == [Mark.MISMATCH, Mark.MISMATCH]


def test_sides_of_one_body_part_may_change_places() -> None:
    sides = [{"part": "knee", "side": "left"}, {"part": "knee", "side": "right"}]
    made = score({"decisions": [decision(body_parts=sides)]}, {"decisions": [decision(body_parts=sides[::-1])]})
    assert made.cost == 0


def test_rows_say_where_both_sides_are() -> None:
    gold = {"decisions": [decision(heading="A one"), decision(heading="B two", outcome="upheld")]}
    predicted = {"decisions": [decision(heading="B two", outcome="overturned")]}
    row = next(row for row in score(gold, predicted).rows if row.field == "decisions.outcome")
    assert (row.gold_at, row.predicted_at, row.gold, row.predicted) == (
        "/decisions/1/outcome",
        "/decisions/0/outcome",
        "upheld",
        "overturned",
    )


def test_a_value_absent_on_both_sides_is_absent() -> None:
    assert marks(score({"priority": None}, {}), "priority") == [Mark.ABSENT]
