"""Two readings into one, and how sure the result is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import by_pointer

from extractor.fields import AGE as AGE_FIELD
from extractor.fields import FIELDS, OUTCOME, REASONS, Field, below
from extractor.grounding.drafts import Draft
from extractor.grounding.ground import Grounded, PendingFlag
from extractor.grounding.places import Place, pointers
from extractor.readers.both import confidence as sure
from extractor.readers.both.reconcile import Agreement, Reconciled, reconcile
from extractor.readers.both.unlikely import withhold_unlikely
from extractor.records.determination import Category, Outcome, Reason, Subcategory
from extractor.records.record import Evidence, Flag, FlagCode, How, Support
from extractor.text.literals import Value

Said = dict[str, tuple[Value, int] | Value]


def reading(said: Said, support: Support = Support.SUPPORTED) -> Grounded:
    """Values with a place each: (value, where it begins); by default all apart."""
    made, draft = Grounded(), Draft(decisions=9)
    for number, (pointer, given_value) in enumerate(said.items()):
        value, start = given_value if isinstance(given_value, tuple) else (given_value, 1000 + 100 * number)
        place = draft.at(pointer)
        made.values[place] = value
        quote = str(value)
        made.evidence[place] = Evidence(
            spans=((start, start + len(quote) + 1),), quote=quote, how=How.EXACT, support=support
        )
    return made


@dataclass(frozen=True, slots=True)
class Merged:
    """A reconciliation as its record would tell it: by JSON pointer."""

    values: dict[str, Value]
    evidence: dict[str, Evidence]
    agreement: dict[str, Agreement]
    flags: list[Flag]


def told(result: Reconciled) -> Merged:
    at, accepted = pointers(result.grounded.values), by_pointer(result.grounded)
    agreement = {at[place]: each for place, each in result.agreement.items()}
    return Merged(accepted.values, accepted.evidence, agreement, accepted.flags)


def everything(*patterns: str) -> set[tuple[Field, int | None]]:
    """The fields at these patterns and below, each of the first decision where it is of one."""
    return {(field, 0 if field.of_decision else None) for field in below(*patterns)}


WHOLE = ("/patient", "/decisions/*", "/reviewer", "/case_number")


def merged(rules: Said, model: Said, *, asked: tuple[str, ...] = WHOLE, leads: bool = True) -> Merged:
    said = reading(model)
    return told(reconcile(reading(rules), said, set(said.values), everything(*asked), model_leads=leads))


AGE, CASE, DX, WHY = "/patient/age", "/case_number", "/patient/diagnoses", "/decisions/0/reasons"
UPHELD: Said = {"/decisions/0/outcome": Outcome.UPHELD.value}


@pytest.mark.parametrize(
    ("rules", "model", "values", "agreement", "flagged"),
    [
        ({AGE: 45}, {AGE: 45}, {AGE: 45}, "agreed", False),
        ({CASE: "CM16-1"}, {CASE: "cm16-1"}, {CASE: "CM16-1"}, "agreed", False),
        ({AGE: 45}, {AGE: 46}, {AGE: 45}, "differs", True),
        ({AGE: 45}, {}, {AGE: 45}, "rules_only", True),
        ({}, {AGE: 45}, {AGE: 45}, "model_only", False),
        # where the model leads
        (
            {"/patient/mechanism": ("he fell off a roof", 10)},
            {"/patient/mechanism": ("fell off a roof", 13)},
            {"/patient/mechanism": "fell off a roof"},
            "differs",
            True,
        ),
        ({"/patient/mechanism": "a fall"}, {}, {"/patient/mechanism": "a fall"}, "rules_only", True),
    ],
)
def test_a_scalar(rules: Said, model: Said, values: dict[str, Value], agreement: str, flagged: bool) -> None:
    result = merged(rules, model)
    assert result.values == values
    assert {str(each) for each in result.agreement.values()} == {agreement}
    assert [flag.code for flag in result.flags] == [FlagCode.READERS_DISAGREE] * flagged


def test_a_list_is_matched_by_what_is_said_not_by_position() -> None:
    rules: Said = {f"{DX}/0": "lumbar strain", f"{DX}/1": "knee contusion"}
    model: Said = {f"{DX}/0": "Knee contusion", f"{DX}/1": "Lumbar strain", f"{DX}/2": "diabetes"}
    result = merged(rules, model)
    assert list(result.values.values()) == ["Knee contusion", "Lumbar strain", "diabetes"]
    assert [str(result.agreement[f"{DX}/{n}"]) for n in range(3)] == ["agreed", "agreed", "model_only"]
    (flag,) = result.flags
    assert (flag.path, flag.code) == (DX, FlagCode.READERS_DISAGREE)
    assert "'diabetes', rules nothing" in flag.message


def test_entries_that_overlap_in_the_letter_are_one_thing_cut_differently() -> None:
    result = merged({f"{DX}/0": ("strain of the lumbar spine", 50)}, {f"{DX}/0": ("lumbar spine", 64)})
    assert result.values == {f"{DX}/0": "lumbar spine"}
    assert result.agreement[f"{DX}/0"] is Agreement.DIFFERS


def test_two_reasons_of_one_sentence_stay_two() -> None:
    result = merged(
        {**UPHELD, f"{WHY}/0": ("documentation_lacking", 50)},
        {**UPHELD, f"{WHY}/0": ("no_improvement", 50), f"{WHY}/1": ("documentation_lacking", 50)},
    )
    kept = [value for pointer, value in result.values.items() if "/reasons/" in pointer]
    assert kept == ["no_improvement", "documentation_lacking"]
    assert result.agreement[f"{WHY}/1"] is Agreement.AGREED


def test_what_only_the_other_says_is_left_and_flagged_where_the_leader_spoke() -> None:
    rules: Said = {**UPHELD, f"{WHY}/0": "safety", f"{WHY}/1": "duplicate"}
    result = merged(rules, {**UPHELD, f"{WHY}/0": "safety"})
    assert [v for p, v in result.values.items() if "/reasons/" in p] == ["safety"]
    (flag,) = result.flags
    assert flag.value == "duplicate"


def test_a_model_that_follows_only_fills() -> None:
    rules: Said = {f"{DX}/0": "lumbar strain"}
    model: Said = {f"{DX}/0": "diabetes", "/patient/mechanism": "a fall"}
    result = merged(rules, model, leads=False)
    assert result.values == {f"{DX}/0": "lumbar strain", "/patient/mechanism": "a fall"}


def test_drugs_are_matched_by_name_and_their_strengths_compared() -> None:
    drug = "/decisions/0/drugs/0"
    result = merged(
        {f"{drug}/name": "Norco", f"{drug}/strength": "10/325mg"}, {f"{drug}/name": "norco", f"{drug}/strength": "5mg"}
    )
    assert result.values == {f"{drug}/name": "Norco", f"{drug}/strength": "10/325mg"}
    assert result.agreement[f"{drug}/name"] is Agreement.AGREED
    assert result.agreement[f"{drug}/strength"] is Agreement.DIFFERS
    assert len(result.flags) == 1


def test_what_the_model_was_not_asked_is_no_disagreement() -> None:
    result = merged({AGE: 45, CASE: "CM16-1"}, {AGE: 45}, asked=("/patient",))
    assert result.agreement == {AGE: Agreement.AGREED, CASE: Agreement.NOT_ASKED}
    assert result.flags == []


def test_the_forms_own_values_are_no_second_witness() -> None:
    heading = "/decisions/0/heading"
    both = reading({heading: "Norco", AGE: 45})
    result = told(reconcile(both, both, {Draft(1).at(AGE)}, everything(AGE)))
    assert result.agreement == {heading: Agreement.NOT_ASKED, AGE: Agreement.AGREED}


def test_what_cannot_stand_together_is_withheld() -> None:
    """Each reader is consistent; the two together need not be."""
    kind = "/decisions/0"
    result = merged(
        {f"{kind}/category": Category.SURGERY.value, f"{kind}/outcome": "upheld"},
        {f"{kind}/subcategory": Subcategory.OPIOID.value, f"{WHY}/0": Reason.RECOMMENDED.value},
    )
    assert set(result.values) == {f"{kind}/category", f"{kind}/outcome"}
    withheld = {flag.path for flag in result.flags if flag.code is FlagCode.WITHHELD}
    assert withheld == {f"{kind}/subcategory", f"{WHY}/0"}
    assert set(result.agreement) == set(result.values)


def test_an_unchecked_value_that_the_other_reader_supports_is_supported() -> None:
    rules = reading({**UPHELD, f"{WHY}/0": "safety"})
    model = reading({f"{WHY}/0": "safety"}, Support.UNCHECKED)
    result = told(reconcile(rules, model, set(model.values), {(REASONS, 0)}))
    assert result.evidence[f"{WHY}/0"].support is Support.SUPPORTED
    alone = told(reconcile(reading(UPHELD), model, set(model.values), {(REASONS, 0)}))
    assert [flag.code for flag in alone.flags] == [FlagCode.UNCHECKED]


def test_a_refused_claim_of_the_model_is_told_once() -> None:
    place = Place(AGE_FIELD)
    model = Grounded(doubts=[PendingFlag(place, FlagCode.WITHHELD, "Withheld '99': no.", "99")])
    with_value = told(reconcile(reading({AGE: 45}), model, {place}, everything("/patient")))
    assert [flag.code for flag in with_value.flags] == [FlagCode.READERS_DISAGREE]
    without = told(reconcile(reading({}), model, {place}, everything("/patient")))
    assert [flag.code for flag in without.flags] == [FlagCode.WITHHELD]


values = st.sampled_from(["a", "b", "c", "d"])


@given(
    rules=st.lists(values, max_size=4, unique=True),
    model=st.lists(values, max_size=4, unique=True),
    leads=st.booleans(),
)
def test_of_any_two_lists_nothing_is_invented_repeated_or_left_without_a_place(
    rules: list[str], model: list[str], leads: bool
) -> None:
    result = merged(
        {f"{DX}/{n}": value for n, value in enumerate(rules)},
        {f"{DX}/{n}": value for n, value in enumerate(model)},
        leads=leads,
    )
    kept = list(result.values.values())
    assert len(set(kept)) == len(kept)
    assert set(kept) <= set(rules) | set(model)
    assert set(rules) & set(model) <= set(kept)
    assert list(result.values) == [f"{DX}/{n}" for n in range(len(kept))]
    assert set(result.values) == set(result.evidence) == set(result.agreement)
    if set(rules) == set(model):
        assert not result.flags


def test_every_policy_says_why() -> None:
    assert all(len(field.policy.why) > 30 for field in FIELDS)
    assert REASONS.policy.leader == "model"
    assert OUTCOME.policy.leader == "rules"


# --- confidence ------------------------------------------------------------------------------------------------------


def evidence(support: Support = Support.SUPPORTED) -> Evidence:
    return Evidence(spans=((0, 1),), quote="x", how=How.EXACT, support=support)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    table = {
        ("agreed", "/patient/age"): (98.0, 2.0),
        ("differs", "/patient/age"): (2.0, 2.0),
        ("agreed", "/decisions/*/reasons/*"): (45.0, 5.0),
        ("rules_only", "/decisions/*/reasons/*"): (5.0, 20.0),
        ("unchecked", "/decisions/*/reasons/*"): (30.0, 10.0),
    }
    monkeypatch.setattr(sure, "_table", lambda: table)
    sure._share.cache_clear()
    yield
    sure._share.cache_clear()


@pytest.mark.usefixtures("counted")
def test_confidence_follows_what_was_counted_and_borrows_where_little_was() -> None:
    def of(
        pointer: str, agreement: Agreement, support: Support = Support.SUPPORTED, *, corrected: bool = False
    ) -> float:
        return sure.confidence(pointer, evidence(support), agreement, corrected=corrected)

    assert of("/patient/age", Agreement.AGREED) > 0.96
    assert of("/patient/age", Agreement.DIFFERS) < of("/patient/age", Agreement.AGREED)
    assert of("/decisions/*/reasons/*", Agreement.RULES_ONLY) < 0.4
    assert of("/decisions/*/reasons/*", Agreement.AGREED) > 0.85
    unchecked = of("/decisions/*/reasons/*", Agreement.MODEL_ONLY, Support.UNCHECKED)
    assert 0.6 < unchecked < of("/decisions/*/reasons/*", Agreement.AGREED)
    # never seen together: the field is good, the agreement is bad
    assert of("/patient/age", Agreement.RULES_ONLY) < of("/patient/age", Agreement.AGREED)
    assert of("/patient/age", Agreement.AGREED, corrected=True) < of("/patient/age", Agreement.AGREED)


def test_the_table_that_is_shipped_gives_a_confidence_to_every_kind() -> None:
    for agreement in Agreement:
        for support in (Support.SUPPORTED, Support.UNCHECKED):
            for pointer in ("/case_number", "/decisions/*/reasons/*", "/decisions/*/drugs/*/name"):
                assert 0.01 <= sure.confidence(pointer, evidence(support), agreement) <= 0.999


# --- what is more likely wrong than right -----------------------------------------------------------------------------


def withheld(said: Said, sure_of: dict[str, float]) -> tuple[dict[str, Value], list[tuple[str, str | None]]]:
    """What is left of a reading, and what was withheld of it."""
    grounded = reading(said)
    at = {pointer: place for place, pointer in pointers(grounded.values).items()}
    withhold_unlikely(grounded, {place: sure_of.get(pointer, 0.99) for pointer, place in at.items()})
    left = by_pointer(grounded)
    return left.values, [(flag.path, flag.value) for flag in left.flags if flag.code is FlagCode.WITHHELD]


def test_a_value_that_is_more_likely_wrong_does_not_stand() -> None:
    values, flags = withheld({"/patient/mechanism": "a fall", AGE: 45}, {"/patient/mechanism": 0.07})
    assert values == {AGE: 45}
    assert flags == [("/patient/mechanism", "a fall")]


def test_even_odds_stand() -> None:
    values, flags = withheld({"/patient/mechanism": "a fall"}, {"/patient/mechanism": 0.5})
    assert values == {"/patient/mechanism": "a fall"}
    assert flags == []


def test_what_the_printed_form_gives_is_not_doubted() -> None:
    values, _ = withheld({"/case_number": "CM16-0123456", "/decisions/0/outcome": "upheld"}, {"/case_number": 0.1})
    assert values["/case_number"] == "CM16-0123456"


def test_an_entry_goes_with_the_leaf_that_names_it() -> None:
    said: Said = {
        "/decisions/0/drugs/0/name": "Norco",
        "/decisions/0/drugs/0/strength": "10/325mg",
        "/decisions/0/drugs/1/name": "Soma",
        "/decisions/0/drugs/1/strength": "350mg",
    }
    values, flags = withheld(said, {"/decisions/0/drugs/0/name": 0.2})
    assert values == {"/decisions/0/drugs/0/name": "Soma", "/decisions/0/drugs/0/strength": "350mg"}
    assert len(flags) == 2


def test_a_subcategory_does_not_outlive_its_category() -> None:
    said: Said = {"/decisions/0/category": "pharmaceuticals", "/decisions/0/subcategory": "opioid"}
    values, _ = withheld(said, {"/decisions/0/category": 0.2})
    assert values == {}


def test_a_model_whose_answer_the_letter_refuses_is_not_silent() -> None:
    """An order planted in the letter may make it say something else; what rules read stands."""
    rules, model = reading({"/decisions/0/quantity/total": 6}), Grounded()
    draft = Draft(decisions=1)
    place = draft.at("/decisions/0/quantity/total")
    model.doubts.append(PendingFlag(place, FlagCode.WITHHELD, "Withheld '900': it is not there.", "900"))
    merged = reconcile(rules, model, {place}, everything("/decisions/*/quantity"))
    assert merged.answered == set(merged.grounded.values) != set()
