"""Reading time grows as the text does: four times the text takes about four times as long, never sixteen."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf

import pytest
from letters import Asked, credentials, notice

from extractor.facts.requests import read_request
from extractor.reading.letter import extract
from extractor.text.normalize import view_of
from extractor.text.spans import Span

FEW, MANY = 24_000, 96_000
"""Code points that the bait takes."""
MOST = 9.0
"""The ratio is 4 where growth is linear and 16 where it is quadratic."""


def _heading(bait: str) -> str:
    return credentials(Asked(heading=f"MRI {bait} of the left knee"))


def _administrator(bait: str) -> str:
    return credentials(Asked(administrator=f"Decision based on MTUS {bait}."))


def _rationale(bait: str) -> str:
    return credentials(Asked(rationale=f"The reviewer says {bait} here."))


def _summary(bait: str) -> str:
    return credentials(summary=f"The worker is 45. {bait}")


def _behind(bait: str) -> str:
    return credentials() + bait


def _notice(bait: str) -> str:
    return notice().replace("claims administrator based", f"claims administrator {bait} based", 1) + bait


BAIT: tuple[tuple[Callable[[str], str], str], ...] = (
    (_heading, "was the original request. "),
    (_heading, "X was the original request. Y was authorized by the Claims Administrator. "),
    (_heading, "X was the original request. Claims administrator authorized "),
    (_heading, "twelve to fifteen, "),
    (_heading, "twenty-four "),
    (_heading, "1,111,111,"),
    (_heading, "tramadol ("),
    (_heading, "tramadol (ultram) 50 mg "),
    (_heading, "cream 5% "),
    (_heading, "cream "),
    (_heading, "left neck "),
    (_heading, "1/1/2016 DOS "),
    (_administrator, "Chronic Pain, Section(s): A, "),
    (_administrator, "Page(s): 1-2, the (1) | "),
    (_administrator, "(and chronic pain medical treatment "),
    (_administrator, "(updated 2015 "),
    (_rationale, "sustained "),
    (_rationale, "not-"),
    (_rationale, "not medically necessary, medically necessary, "),
    (_rationale, "x: Upheld "),
    (_summary, "Issue at Dispute: "),
    (_summary, "1) due to a "),
    (_behind, "Issue at Dispute: x "),
    (_behind, "X: Upheld\n"),
    (_behind, "Upheld Rationale: "),
    (_behind, "Upheld the a an "),
    (_behind, "Upheld? "),
    (_notice, "relied on mtus guidelines and "),
)


def seconds(text: str, most: float = inf) -> float:
    """CPU seconds for one reading, the least of three: other work on the machine only ever adds."""
    taken = inf
    for _ in range(3):
        began = time.process_time()
        extract(text)
        taken = min(taken, time.process_time() - began)
        if taken < most:
            break
    return taken


@pytest.mark.parametrize(("letter", "bait"), BAIT, ids=[f"{make.__name__} {bait}" for make, bait in BAIT])
def test_four_times_the_text_takes_about_four_times_as_long(letter: Callable[[str], str], bait: str) -> None:
    few = seconds(letter(bait * (FEW // len(bait))))
    many = seconds(letter(bait * (MANY // len(bait))), most=MOST * few)
    assert many < MOST * few, f"{few:.3f} s for {FEW:,} code points of bait, {many:.3f} s for {MANY:,}"


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        (
            "X was the original request. Y was authorized by the Claims Administrator. "
            "The remaining IMR eligible portion of the original request, Z, is",
            ("X", "Y", "Z"),
        ),
        (
            "X, was the original request. Claims Administrator has authorized Y, leaving the original request "
            "IMR-eligible. The original request, X,",
            ("X", "Y", "X"),
        ),
        (
            "A was the original request. B was the original request. Y was authorized by the Claims Administrator. "
            "Remaining IMR eligible portion of the original request, Z:",
            ("A", "B was the original request. Y", "Z"),
        ),
        ("X was the original request. Y was authorized by the Claims Administrator.", None),
    ],
)
def test_the_parts_of_a_partial_certification_are_found_from_the_left(
    heading: str, parts: tuple[str, str, str] | None
) -> None:
    view = view_of(heading)
    request = read_request(view, Span(0, len(view.flat)))
    if parts is None:
        assert request.authorized is None
        return
    assert request.authorized is not None
    assert (view.words(request.requested), view.words(request.authorized), view.words(request.disputed)) == parts
