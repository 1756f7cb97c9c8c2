"""Reasons: why the reviewer decided so, and no recital of a guideline."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import Asked, credentials, read

from extractor.records.determination import REASONS, Outcome, Reason
from extractor.vocabulary.reasons import OVERTURNED, UPHELD, Cue

CUES = [(Outcome.UPHELD, cue) for cue in UPHELD] + [(Outcome.OVERTURNED, cue) for cue in OVERTURNED]
IDS = [f"{outcome}-{cue.reason}" for outcome, cue in CUES]


def reasons(rationale: str, outcome: str = "Upheld") -> list[str]:
    (decision,) = read(
        credentials(Asked("Acupuncture, 6 visits", outcome, rationale=rationale))
    ).determination.decisions
    return [reason.value for reason in decision.reasons]


@pytest.mark.parametrize(("outcome", "cue"), CUES, ids=IDS)
def test_every_cue_matches_its_example(outcome: Outcome, cue: Cue) -> None:
    assert cue.pattern.search(cue.example.lower())
    assert cue.reason in REASONS[outcome]


@pytest.mark.parametrize(("outcome", "cue"), CUES, ids=IDS)
def test_every_example_gives_its_reason(outcome: Outcome, cue: Cue) -> None:
    end = (
        "The request is not medically necessary."
        if outcome is Outcome.UPHELD
        else "The request is medically necessary."
    )
    assert cue.reason.value in reasons(f"{cue.example} {end}", outcome.capitalize())


def test_every_reason_has_a_cue() -> None:
    assert {cue.reason for cue in UPHELD} == REASONS[Outcome.UPHELD] - {Reason.OTHER}
    assert {cue.reason for cue in OVERTURNED} == REASONS[Outcome.OVERTURNED] - {Reason.OTHER}


@pytest.mark.parametrize(
    ("rationale", "expected"),
    [
        ("The records do not document any functional improvement with the prior visits. The request is not medically necessary.", {"documentation_lacking", "no_improvement"}),
        ("There is no record that the patient has failed physical therapy. The request is not medically necessary.", {"documentation_lacking", "conservative_care_first"}),
        ("The 12 visits that are requested exceed the limit of the guideline for this patient. The request is not medically necessary.", {"exceeds_limit"}),
        ("Since the surgery is not medically necessary, none of the associated services are medically necessary.", {"dependent_service"}),
        ("An MRI of the same level was already performed in this patient. The request is not medically necessary.", {"duplicate"}),
    ],
)  # fmt: skip
def test_upheld(rationale: str, expected: set[str]) -> None:
    assert set(reasons(rationale)) == expected


@pytest.mark.parametrize(
    "rationale",
    [
        "The guideline states that acupuncture is recommended when pain medication is not tolerated. The request is not medically necessary.",
        "MTUS recommends against the use of opioids for more than two weeks. The request is not medically necessary.",
        "The request is not medically necessary.",
    ],
)
def test_recitals_are_no_firm_reasons(rationale: str) -> None:
    """A recital may at most say what the guideline advises; nothing on records, care or benefit."""
    assert set(reasons(rationale)) <= {"not_recommended", "evidence_lacking", "exceeds_limit"}


@pytest.mark.parametrize("outcome", ["Upheld", "Overturned"])
def test_at_most_three_in_printed_order_without_repeats(outcome: str) -> None:
    everything = " ".join(f"In this case, {cue.example[0].lower()}{cue.example[1:]}" for _, cue in CUES)
    found = reasons(everything, outcome)
    assert len(found) <= 3
    assert len(found) == len(set(found))
    assert set(found) <= {reason.value for reason in REASONS[Outcome(outcome.lower())]}


def test_reasons_of_one_outcome_never_stand_under_the_other() -> None:
    assert "not_recommended" not in reasons("The guideline does not recommend it for this patient.", "Overturned")
    assert "recommended" not in reasons("The guideline recommends it for this patient.", "Upheld")
