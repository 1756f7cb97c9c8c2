"""Print that changes: labels renamed or in another order, other words for outcomes. What is not known is told."""

from __future__ import annotations

import re

import pytest
from letters import Asked, codes, credentials, read

MRI = Asked("MRI of the knee", "Overturned", rationale="The criteria are met. The request is medically necessary.")
LETTER = credentials(MRI, Asked("Acupuncture"))
SOUND = [("MRI of the knee", "overturned"), ("Acupuncture", "upheld")]


def decided(letter: str) -> list[tuple[str | None, str]]:
    return [(decision.heading, str(decision.outcome)) for decision in read(letter).determination.decisions]


def renamed(*pairs: tuple[str, str]) -> str:
    letter = LETTER
    for old, new in pairs:
        assert old in letter
        letter = letter.replace(old, new)
    return letter


@pytest.mark.parametrize(
    "words",
    [
        ("Uphold", "Overturn"),
        ("UPHOLD", "OVERTURN"),
        ("upheld", "overturned"),
        ("Denied", "Approved"),
        ("Affirmed", "Set aside"),
        ("Not medically necessary and appropriate", "Medically necessary and appropriate"),
        ("Upheld in full", "Overturned in full"),
    ],
)
def test_another_wording_of_outcomes_is_told(words: tuple[str, str]) -> None:
    upheld, overturned = words
    record = read(renamed((": Upheld", f": {upheld}"), (": Overturned", f": {overturned}")))
    assert all(decision.outcome is None for decision in record.determination.decisions)
    assert codes(record) & {"incomplete", "no_decisions", "withheld"}


@pytest.mark.parametrize(
    "form", ["{}: {}.", "{} : {}", "{}\nDecision: {}", "{}\nIMR Determination: {}", "{} - {}", "{} – {}"]
)
def test_what_stands_between_heading_and_outcome_is_of_neither(form: str) -> None:
    letter = re.sub(r"(?m)^(MRI of the knee|Acupuncture): (\w+)$", lambda m: form.format(m[1], m[2]), LETTER)
    assert letter != LETTER or form == "{}: {}"
    assert decided(letter) == SOUND


def test_a_request_that_ends_in_such_a_word_keeps_it() -> None:
    assert decided(credentials(Asked("Second opinion on a surgical decision")))[0][0] == (
        "Second opinion on a surgical decision"
    )


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("Decision Date", "Determination Date"), ("UR Denial Date", "UR Decision Date")], set()),
        ([("Date Assigned", "Assignment Date"), ("Application Received", "Date Received")], {"missing_field"}),
        ([("Decision Date", "Issue Date"), ("Priority", "Review Type")], {"missing_field"}),
        ([("CLINICAL CASE SUMMARY", "CASE OVERVIEW")], {"missing_passage"}),
        ([("CLINICAL CASE SUMMARY", "CASE OVERVIEW"), ("IMR ISSUES, DECISIONS AND RATIONALES", "DETERMINATIONS")],
         {"missing_passage"}),
        ([("MAXIMUS guideline:", "Maximus Guideline:")], set()),
        ([("Decision rationale:", "Rationale:")], {"missing_passage"}),
        ([("MAXIMUS guideline:", "Guideline relied upon:")], {"missing_passage"}),
    ],
)  # fmt: skip
def test_renamed_labels_cost_their_values_and_nothing_else(pairs: list[tuple[str, str]], told: set[str]) -> None:
    letter = renamed(*pairs)
    assert decided(letter) == SOUND
    assert told <= codes(read(letter))
    if not told:
        assert codes(read(letter)) == set()


HEADER = (
    *("case_number", "priority", "date_assigned", "decision_date", "ur_denial_date", "application_received"),
    "date_of_injury",
)


def test_labels_in_another_order_have_their_values() -> None:
    head, rest = LETTER.split("HOW THE IMR", 1)
    lines = head.strip().split("\n")
    above = "\n".join(reversed(lines))  # each value above its label
    swapped = "\n".join(
        f"{label}\n{value}" for label, value in reversed(list(zip(lines[::2], lines[1::2], strict=True)))
    )
    for order in (above, swapped):
        turned = read(f"{order}\n\nHOW THE IMR{rest}").determination
        for name in HEADER:
            assert getattr(turned, name) == getattr(read(LETTER).determination, name), (order, name)
