"""The injured worker: age, sex, mechanism; said only where the letter says it."""

from __future__ import annotations

import pytest
from letters import Asked, credentials, read

from extractor.records.determination import Patient

PLAIN = Asked(rationale="The guideline does not recommend it. The request is not medically necessary.")


def patient(summary: str, rationale: str | None = None) -> Patient:
    asked = PLAIN if rationale is None else Asked(rationale=rationale)
    return read(credentials(asked, summary=summary)).determination.patient


@pytest.mark.parametrize(
    ("summary", "age", "sex"),
    [
        ("The patient is a 48 year old male.", 48, "male"),
        ("This case involves a now 53-year-old female with a history of pain.", 53, "female"),
        ("The injured worker is a 39-year-old female.", 39, "female"),
        ("The claimant is a 41 year-old male whose back hurts.", 41, "male"),
        ("The employee is a 29 year old woman who fell.", 29, "female"),
        ("This is a 55 year old gentleman.", 55, "male"),
        ("This 62-year-old lady fell.", 62, "female"),
        ("The applicant is a 34-year-old man.", 34, "male"),
        ("The patient is a forty-two year old man.", 42, "male"),
        ("The patient is a 48 y/o male.", 48, "male"),
        ("The patient is a 48 yo female.", 48, "female"),
        ("The injured worker is a 48-\nyear-old male.", 48, "male"),
        ("The male patient, age 48, fell.", 48, "male"),
        ("The patient is a male, 48 years of age.", 48, "male"),
        ("The injured worker is a male of unstated age.", None, "male"),
        ("The patient is a 48 year old right-hand-dominant male.", 48, "male"),
        ("The patient has pain.", None, None),
        ("The patient cares for a 12-year-old son.", None, None),
        ("A 20-year-old injury is on record.", None, None),
        ("He has two MRI studies from 48 months ago.", None, "male"),
        ("The pain is 48 of 100.", None, None),
        ("", None, None),
    ],
)
def test_age_and_sex(summary: str, age: int | None, sex: str | None) -> None:
    told = patient(summary or "None.")
    assert told.age == age
    assert told.sex == sex


@pytest.mark.parametrize(
    ("summary", "sex"),
    [
        ("The injured worker has low back pain. She reported that it is worse at night.", "female"),
        ("The injured worker has low back pain. He denies numbness. His pain is 6/10.", "male"),
        ("Mr. Smith has low back pain.", "male"),
        ("Ms. Doe has low back pain.", "female"),
        ("Gender: F. The injured worker has pain.", "female"),
        ("The injured worker has pain. He denies numbness. Her pain is 6/10.", None),
        ("The provider wrote that he would like an MRI.", None),
        ("Her attorney wrote a letter.", None),
        ("The injured worker saw a female surgeon.", None),
        ("He/she was seen.", None),
    ],
)
def test_sex_from_titles_and_pronouns(summary: str, sex: str | None) -> None:
    assert patient(summary).sex == sex


def test_from_the_rationale_where_the_summary_is_silent() -> None:
    told = patient(
        "There is low back pain.", "This 51 year old woman has not had therapy. The request is not medically necessary."
    )
    assert told.age == 51
    assert told.sex == "female"


@pytest.mark.parametrize(
    ("summary", "mechanism"),
    [
        (
            "The mechanism of injury was a fall from a ladder while he was trimming a palm.",
            "a fall from a ladder while he was trimming a palm",
        ),
        (
            "The mechanism of injury is detailed as a slip on a wet kitchen floor with a fall onto the left knee.",
            "a slip on a wet kitchen floor with a fall onto the left knee",
        ),
        (
            "The mechanism of injury occurred when twisting to keep a crate from sliding off a cart.",
            "twisting to keep a crate from sliding off a cart",
        ),
        ("The worker was injured while pulling a patient up in bed.", "pulling a patient up in bed"),
        ("The injury occurred when she slipped on ice.", "she slipped on ice"),
        ("He was injured when he fell off a roof.", "he fell off a roof"),
        ("The mechanism of injury was not provided.", None),
        ("The mechanism of injury was not documented in the notes.", None),
        ("The mechanism of injury is unknown.", None),
        ("The mechanism of injury was not stated, but he was injured when he fell off a roof.", None),
        ("The patient has low back pain due to lifting.", None),
        ("The pain is worse when bending.", None),
        ("The patient was injured on 3/14/2012.", None),
    ],
)
def test_mechanism(summary: str, mechanism: str | None) -> None:
    assert patient(f"The patient is 48 years old. {summary} The pain is 6/10.").mechanism == mechanism


def test_of_two_versions_the_stated_mechanism_wins() -> None:
    told = patient(
        "He was injured when lifting a box. The mechanism of injury was a fall from a truck. The pain is 6/10."
    )
    assert told.mechanism == "a fall from a truck"


def test_mechanism_from_the_rationale() -> None:
    told = patient(
        "The patient has pain.",
        "The patient was injured when he fell off a roof. The request is not medically necessary.",
    )
    assert told.mechanism == "he fell off a roof"


def test_mechanism_without_its_effect() -> None:
    told = patient("The mechanism of injury was a fall from a ladder, resulting in low back pain. The pain is 6/10.")
    assert told.mechanism == "a fall from a ladder"


@pytest.mark.parametrize(
    ("words", "sex"),
    [
        (
            "The claimant, age 56, is a former roofing foreman. He fell from a ladder and has had knee pain since.",
            "male",
        ),
        ("This 41-year-old saleswoman has knee pain.", None),
        ("A 33-year-old fireman has knee pain. She was hurt on a ladder, and she reports pain.", "female"),
        ("This 56yom fell. He has knee pain.", "male"),
    ],
)
def test_a_word_of_sex_inside_another_word_tells_nothing(words: str, sex: str | None) -> None:
    """A foreman may be a woman: what tells is said of the patient."""
    found = read(credentials(summary=words)).determination.patient.sex
    assert (None if found is None else str(found)) == sex
