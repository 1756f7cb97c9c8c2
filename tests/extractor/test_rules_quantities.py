"""Quantities: as printed, never computed."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import with_heading

from extractor.facts.quantities import read_quantity, unit_named
from extractor.text.spans import Span

QUANTITIES: list[tuple[str, dict[str, object]]] = [
    # record.md
    ("Tramadol 50mg #60", {"total": 60, "unit": "each"}),
    (
        "Physical therapy two times a week for six weeks (12 sessions)",
        {"per_week": 2, "weeks": 6, "total": 12, "unit": "sessions"},
    ),
    ("Cold therapy unit, seven day use", {"total": 7, "unit": "days"}),
    ("TENS unit, one week trial", {"weeks": 1}),
    ("Electrodes #30", {"total": 30, "unit": "each"}),
    ("Capsaicin liquid 120ml", {"total": 120, "unit": "ml"}),
    ("Physical therapy 6-8 visits", {}),
    # other forms
    ("Omeprazole (Prilosec) 20mg #60 with 2 refill", {"total": 60, "unit": "each", "refills": 2}),
    ("Omeprazole 20mg #90 with 2 refills", {"total": 90, "unit": "each", "refills": 2}),
    ("Omeprazole 20mg #90, no refills", {"total": 90, "unit": "each", "refills": 0}),
    ("Omeprazole 20mg #90, refills: 3", {"total": 90, "unit": "each", "refills": 3}),
    ("Omeprazole 20mg (unknown quantity)", {}),
    ("Chiropractic treatment, 6 sessions", {"total": 6, "unit": "sessions"}),
    ("Twelve (12) visits of acupuncture", {"total": 12, "unit": "visits"}),
    ("Acupuncture once a week for six weeks", {"per_week": 1, "weeks": 6}),
    ("Acupuncture twice a week for 4 weeks", {"per_week": 2, "weeks": 4}),
    ("Physical therapy 3 times per week for 4 weeks", {"per_week": 3, "weeks": 4}),
    ("Physical therapy 2x6", {"per_week": 2, "weeks": 6}),
    ("Physical therapy 2 x 6 weeks", {"per_week": 2, "weeks": 6}),
    ("Physical therapy 2x/week x 6 weeks", {"per_week": 2, "weeks": 6}),
    ("Psychotherapy, weekly, for eight weeks", {"per_week": 1, "weeks": 8}),
    ("Interferential unit, 60 day rental", {"total": 60, "unit": "days"}),
    ("6 month gym membership", {"total": 6, "unit": "months"}),
    ("Flurbiprofen cream 180gm", {"total": 180, "unit": "gm"}),
    ("Lidoderm patches #30", {"total": 30, "unit": "each"}),
    ("Norco 10/325mg, 90 tablets", {"total": 90, "unit": "tablets"}),
    ("Trigger point injections x 3", {"total": 3}),
    ("MRI of the left knee", {}),
    ("L4-5, L5-S1 facet blocks", {}),
    ("Tramadol 50mg", {}),
    ("Lorazepam (Ativan) 1mg, take 1 tab by mouth 2 hours before the scan", {}),
    ("Flurbiprofen 20% cream 30gm and 120gm", {}),
    ("Norco quantity 60", {"total": 60}),
    ("Home health aide 4 hours a day", {}),
]


@pytest.mark.parametrize(("heading", "expected"), QUANTITIES, ids=[heading for heading, _ in QUANTITIES])
def test_quantity(heading: str, expected: dict[str, object]) -> None:
    record = with_heading(heading)
    (decision,) = record.determination.decisions
    told = {} if decision.quantity is None else decision.quantity.model_dump(exclude_none=True)
    if heading in (
        "Lorazepam (Ativan) 1mg, take 1 tab by mouth 2 hours before the scan",
        "Home health aide 4 hours a day",
    ):
        assert "total" not in told or told["total"] in (
            1,
            2,
            4,
        )  # a dose or a schedule: whatever is said must be printed
        return
    assert told == expected


@pytest.mark.parametrize(("heading", "expected"), QUANTITIES, ids=[heading for heading, _ in QUANTITIES])
def test_capitals_say_the_same(heading: str, expected: dict[str, object]) -> None:
    lower, upper = with_heading(heading), with_heading(heading.upper())
    assert lower.determination.decisions[0].quantity == upper.determination.decisions[0].quantity


@pytest.mark.parametrize(("heading", "expected"), QUANTITIES, ids=[heading for heading, _ in QUANTITIES])
def test_every_amount_lies_in_the_heading(heading: str, expected: dict[str, object]) -> None:
    folded = f"before 99 sessions {heading.lower()} and 88 sessions after"
    span = Span(len("before 99 sessions "), len("before 99 sessions ") + len(heading))
    for amount in read_quantity(folded, span):
        assert span.contains(amount.place)
        assert amount.value not in (99, 88)


def test_total_is_never_computed() -> None:
    (decision,) = with_heading("Physical therapy two times a week for six weeks").determination.decisions
    assert decision.quantity is not None
    assert decision.quantity.total is None


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("tabs", "tablets"),
        ("tablet", "tablets"),
        ("gm", "gm"),
        ("cc", "ml"),
        ("mls", "ml"),
        ("visit", "visits"),
        ("box", "boxes"),
        ("feet", None),
        ("", None),
    ],
)
def test_unit_named(words: str, unit: str | None) -> None:
    assert unit_named(words) == unit


def test_of_a_partial_heading_only_what_is_disputed_counts() -> None:
    heading = (
        "Norco 10/325mg #90 was the original request. Norco 10/325mg #60 was authorized by the Claims Administrator. The "
        "remaining IMR eligible portion of the original request, Norco 10/325mg #30, is"
    )
    (decision,) = with_heading(heading).determination.decisions
    assert decision.quantity is not None
    assert decision.quantity.total == 30
