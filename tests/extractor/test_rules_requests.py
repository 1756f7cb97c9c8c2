"""Headings: what was requested, authorized, and is in dispute; what the heading says of itself."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

from datetime import date

import pytest
from letters import one_view, with_heading

from extractor.facts.requests import TreatmentRequest, read_request
from extractor.text.normalize import View


def request(heading: str) -> tuple[TreatmentRequest, View]:
    view, span = one_view(heading)
    return read_request(view, span), view


@pytest.mark.parametrize(
    ("heading", "requested", "authorized", "disputed"),
    [
        ("Tramadol 50mg #60", "Tramadol 50mg #60", None, "Tramadol 50mg #60"),
        ("Pre-op labs: CBC", "Pre-op labs: CBC", None, "Pre-op labs: CBC"),
        (
            "Norco 10/325mg #90 was the original request. Norco 10/325mg #60 was authorized by the Claims Administrator. The remaining IMR eligible portion of the original request, Norco 10/325mg #30, is",
            "Norco 10/325mg #90", "Norco 10/325mg #60", "Norco 10/325mg #30",
        ),
        (
            "Norco 10/325mg #90 was the original request. Norco 10/325mg #60 was authorized by the Claims Administrator. The remaining IMR-eligible portion of the original request, Norco 10/325mg #30, is",
            "Norco 10/325mg #90", "Norco 10/325mg #60", "Norco 10/325mg #30",
        ),
        (
            "Physical therapy, 12 visits, was the original request. A trial of 6 visits was authorized by the Claims Administrator. The remaining IMR eligible portion of the original request, physical therapy, 6 visits, is",
            "Physical therapy, 12 visits", "A trial of 6 visits", "physical therapy, 6 visits",
        ),
        (
            "Aquatic therapy 12 sessions was the original request. Six visits of land-based physical therapy was authorized by the Claims Administrator, leaving the original request IMR eligible. The original request, aquatic therapy 12 sessions, is",
            "Aquatic therapy 12 sessions", "Six visits of land-based physical therapy", "aquatic therapy 12 sessions",
        ),
        (
            "Retrospective: Norco #90 was the original request. Norco #60 was authorized by the Claims Administrator. The remaining IMR eligible portion of the original request, Norco #30, is",
            "Norco #90", "Norco #60", "Norco #30",
        ),
        (
            "Two consultations were the original request. One consultation was authorized by the Claims Administrator. The remaining IMR eligible portion of the original request, one consultation, is",
            "Two consultations", "One consultation", "one consultation",
        ),
        (
            "MRI of the neck with Dr. Smith vs. other was the original request. X-ray of the neck was authorized by the Claims Administrator, leaving the original request IMR eligible. The original request, MRI of the neck with Dr. Smith vs. other, is",
            "MRI of the neck with Dr. Smith vs. other", "X-ray of the neck", "MRI of the neck with Dr. Smith vs. other",
        ),
    ],
)  # fmt: skip
def test_parts(heading: str, requested: str, authorized: str | None, disputed: str) -> None:
    told, view = request(heading)
    assert view.words(told.requested) == requested
    assert (view.words(told.authorized) if told.authorized else None) == authorized
    assert view.words(told.disputed) == disputed
    record = with_heading(heading)
    (decision,) = record.determination.decisions
    assert (decision.heading, decision.requested, decision.authorized, decision.disputed) == (
        heading,
        requested,
        authorized,
        disputed,
    )


@pytest.mark.parametrize(
    ("heading", "requested", "retrospective", "associated"),
    [
        ("Retrospective request for 1 cooling blanket", "1 cooling blanket", True, False),
        ("RETROSPECTIVE REQUEST FOR 1 COOLING BLANKET", "1 COOLING BLANKET", True, False),
        ("RETROSPECTIVE 1 FOOT BATH", "1 FOOT BATH", True, False),
        ("Retrospective: Norco #60", "Norco #60", True, False),
        ("Retrospective (DOS 3/14/2016) Norco #60", "(DOS 3/14/2016) Norco #60", True, False),
        ("Norco #60 (retrospective)", "Norco #60", True, False),
        ("Retro: Norco #60", "Norco #60", True, False),
        ("Associated surgical service: sling", "sling", False, True),
        ("Associated Surgical Services: Pre-op labs: CBC", "Pre-op labs: CBC", False, True),
        ("ASSOCIATED SURGICAL SERVICE: SLING", "SLING", False, True),
        ("Post-op physical therapy, 12 visits", "Post-op physical therapy, 12 visits", False, False),
        ("Pre-op EKG", "Pre-op EKG", False, False),
        ("Norco #60 DOS 3/14/2016", "Norco #60 DOS 3/14/2016", False, False),
        ("Retropatellar injection", "Retropatellar injection", False, False),
        ("Retrolisthesis work-up", "Retrolisthesis work-up", False, False),
        ("Assistant surgeon", "Assistant surgeon", False, False),
    ],
)
def test_words_about_the_request(heading: str, requested: str, retrospective: bool, associated: bool) -> None:
    (decision,) = with_heading(heading).determination.decisions
    assert decision.requested == decision.disputed == requested
    assert decision.retrospective is retrospective
    assert decision.associated_surgical_service is associated


@pytest.mark.parametrize(
    ("heading", "dates"),
    [
        ("Retrospective Norco #60, DOS 1/22/14", [date(2014, 1, 22)]),
        ("Retrospective cream (DOS: 3/14/2016 and 4/11/2016)", [date(2016, 3, 14), date(2016, 4, 11)]),
        ("Retrospective cream (DOS: 3/14/2016, 4/11/2016)", [date(2016, 3, 14), date(2016, 4, 11)]),
        ("Urine drug screen, date of service 3/14/2016", [date(2016, 3, 14)]),
        ("Urine drug screen (dates of service 3/14/2016 - 4/11/2016)", [date(2016, 3, 14), date(2016, 4, 11)]),
        ("Urine drug screen provided on 3/14/2016", [date(2016, 3, 14)]),
        ("one Toradol injection, retrospective, on 6/4/2013", [date(2013, 6, 4)]),
        ("Retrospective Norco (DOS 3/14/2016; 3/14/2016)", [date(2016, 3, 14)]),
        ("Physical therapy per report dated 3/14/2016", []),
        ("MRI of the neck, order date 3/14/2016", []),
        ("Tramadol 50mg #60", []),
        ("Retrospective Norco #60 per RFA dated 3/14/2016", []),
        ("Retrospective Norco (DOS 13/45/2016)", []),
    ],
)
def test_service_dates(heading: str, dates: list[date]) -> None:
    (decision,) = with_heading(heading).determination.decisions
    assert list(decision.service_dates) == dates
