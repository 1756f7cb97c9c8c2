"""The reviewer: states and specialties, from credentials or from prose."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import HOW, Asked, codes, credentials, prose, read

LISTED = "The Expert Reviewer has the following credentials:\nState(s) of Licensure: {}\nCertification(s)/Specialty: {}"


@pytest.mark.parametrize(
    ("printed", "states"),
    [
        ("California", ["California"]),
        ("California, Texas", ["California", "Texas"]),
        ("Texas,New York,California", ["Texas", "New York", "California"]),
        ("California,North Carolina", ["California", "North Carolina"]),
        ("West Virginia, Virginia", ["West Virginia", "Virginia"]),
        ("CA, NY", ["California", "New York"]),
        ("District of Columbia, Maryland", ["District of Columbia", "Maryland"]),
        ("California, California", ["California"]),
        ("New York,\nNew\nJersey", ["New York", "New Jersey"]),
        ("Kansas, Arkansas", ["Kansas", "Arkansas"]),
        ("CaliforniaTexas", []),
        ("Ontario", []),
    ],
)
def test_states(printed: str, states: list[str]) -> None:
    record = read(credentials(reviewer=LISTED.format(printed, "Pain Management")))
    assert list(record.determination.reviewer.licensed_states) == states
    assert list(record.determination.reviewer.specialties) == ["Pain Management"]


@pytest.mark.parametrize(
    ("printed", "specialties"),
    [
        ("Pain Management", ["Pain Management"]),
        ("Preventive Medicine, Occupational Medicine", ["Preventive Medicine", "Occupational Medicine"]),
        (
            "Physical Medicine & Rehabilitation, Pain Managementt",
            ["Physical Medicine & Rehabilitation", "Pain Management"],
        ),
        ("Physical Medicine and Rehabilitation", ["Physical Medicine & Rehabilitation"]),
        ("Sports Medicinea", ["Sports Medicine"]),
        ("Orthopedic\nSurgery", ["Orthopedic Surgery"]),
        ("Neurology", ["Neurology"]),
        ("Urology", ["Urology"]),
        ("Anesthesiology,Pain Management", ["Anesthesiology", "Pain Management"]),
        ("Psychiatry; Addiction Psychiatry", ["Psychiatry", "Addiction Psychiatry"]),
        ("Public Health & General Preventive Medicine", ["Public Health & General Preventive Medicine"]),
        ("Hospice & Palliative Medicine, Internal Medicine", ["Hospice & Palliative Medicine", "Internal Medicine"]),
        ("Acupuncture", ["Acupuncture"]),
    ],
)
def test_specialties(printed: str, specialties: list[str]) -> None:
    record = read(credentials(reviewer=LISTED.format("California", printed)))
    assert list(record.determination.reviewer.specialties) == specialties
    assert list(record.determination.reviewer.licensed_states) == ["California"]


def test_a_specialty_off_the_list_is_flagged() -> None:
    assert "unknown_specialty" in codes(read(credentials(reviewer=LISTED.format("California", "Acupuncture"))))
    assert "unknown_specialty" not in codes(read(credentials()))


@pytest.mark.parametrize(
    "labels",
    [
        ("States of Licensure", "Certification/Specialty"),
        ("State(s) of Licensure", "Certification(s) / Specialty"),
        ("State of Licensure", "Certifications/Specialty"),
    ],
)
def test_labels_of_other_years(labels: tuple[str, str]) -> None:
    text = f"The Expert Reviewer has the following credentials:\n{labels[0]}: Texas\n{labels[1]}: Neurology"
    reviewer = read(credentials(reviewer=text)).determination.reviewer
    assert list(reviewer.licensed_states) == ["Texas"]
    assert list(reviewer.specialties) == ["Neurology"]


@pytest.mark.parametrize(
    ("sentence", "specialties", "subspecialties", "states"),
    [
        (
            "The expert reviewer is Board Certified in Physical Medicine and Rehabilitation, has a subspecialty in Pain Management and is licensed to practice in California.",
            ["Physical Medicine & Rehabilitation"], ["Pain Management"], ["California"],
        ),
        (
            "The expert reviewer is Board Certified in Orthopedic Surgery and is licensed to practice in Texas.",
            ["Orthopedic Surgery"], [], ["Texas"],
        ),
        (
            "The physician reviewer is Board Certified in Plastic Surgery and Hand Surgery and is licensed to practice in Arizona and California.",
            ["Plastic Surgery", "Hand Surgery"], [], ["Arizona", "California"],
        ),
        (
            "The expert reviewer is Board Certified in Anesthesiology, has a subspecialty in Pain Medicine and is licensed to practice in California and Illinois.",
            ["Anesthesiology"], ["Pain Medicine"], ["California", "Illinois"],
        ),
        (
            "The expert reviewer is Board Certified in Internal Medicine, has a subspecialty in Cardiovascular Disease and Critical Care Medicine and is licensed to practice in New York, Ohio, and Texas.",
            ["Internal Medicine"], ["Cardiovascular Disease", "Critical Care Medicine"], ["New York", "Ohio", "Texas"],
        ),
        (
            "The expert reviewer is a licensed Chiropractor and is licensed to practice in the state of California.",
            ["Chiropractic"], [], ["California"],
        ),
        (
            "The expert reviewer is Board Certified in Obesity Medicine and is licensed to practice in Georgia.",
            ["Obesity Medicine"], [], ["Georgia"],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("boilerplate", [True, False], ids=["boilerplate", "bare"])
def test_prose(
    sentence: str, specialties: list[str], subspecialties: list[str], states: list[str], boilerplate: bool
) -> None:
    rest = " He/she has been in active clinical practice for more than five years and is currently working at least 24 hours a week in active practice."
    reviewer = read(prose(reviewer=sentence + (rest if boilerplate else ""))).determination.reviewer
    assert list(reviewer.licensed_states) == states
    assert list(reviewer.subspecialties) == subspecialties
    if specialties != ["Chiropractic"]:  # however a chiropractor is spelled, something must be said
        assert list(reviewer.specialties) == specialties


def test_nothing_from_boilerplate() -> None:
    reviewer = read(credentials(Asked(), reviewer=HOW)).determination.reviewer
    assert reviewer.licensed_states == reviewer.specialties == reviewer.subspecialties == ()
