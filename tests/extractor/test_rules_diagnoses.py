"""Diagnoses: what the summary states as one, split one per entry."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import Asked, credentials, read

PLAIN = Asked(rationale="The guideline does not recommend it. The request is not medically necessary.")


def diagnoses(summary: str) -> list[str]:
    return list(read(credentials(PLAIN, summary=summary)).determination.patient.diagnoses)


@pytest.mark.parametrize(
    ("stated", "entries"),
    [
        ("The diagnoses include lumbar strain, left knee contusion, and myofascial pain syndrome.", ["lumbar strain", "left knee contusion", "myofascial pain syndrome"]),
        ("Diagnoses: lumbar strain; left knee contusion.", ["lumbar strain", "left knee contusion"]),
        ("Diagnoses are osteoarthrosis of the left knee, moderate, and status post left medial meniscectomy.", ["osteoarthrosis of the left knee, moderate", "status post left medial meniscectomy"]),
        ("The diagnosis is lumbar degenerative disc disease.", ["lumbar degenerative disc disease"]),
        ("The current diagnoses are documented as lumbar sprain/strain, left knee contusion, and left knee chondromalacia patellae.", ["lumbar sprain/strain", "left knee contusion", "left knee chondromalacia patellae"]),
        ("Diagnostic impression: lumbar radiculitis, left, and status post L5-S1 microdiscectomy in 2012.", ["lumbar radiculitis, left", "status post L5-S1 microdiscectomy in 2012"]),
        ("Dx: carpal tunnel syndrome, right; trigger finger, right ring.", ["carpal tunnel syndrome, right", "trigger finger, right ring"]),
        ("She was diagnosed with right lateral epicondylitis.", ["right lateral epicondylitis"]),
        ("The injured worker is being treated for low back pain and insomnia.", ["low back pain", "insomnia"]),
        ("The injured worker is undergoing treatment for lumbar radiculopathy.", ["lumbar radiculopathy"]),
        ("Diagnoses: 1. Lumbar strain 2. Left knee contusion 3. Insomnia.", ["Lumbar strain", "Left knee contusion", "Insomnia"]),
        ("The diagnoses include lumbar strain, lumbar strain, and insomnia.", ["lumbar strain", "insomnia"]),
        ("The diagnoses include contusion of face, scalp and neck.", ["contusion of face, scalp and neck"]),
        ("The diagnosis is possible left rotator cuff tear.", ["possible left rotator cuff tear"]),
        ("The diagnoses include lumbar strain secondary to a fall from a roof.", ["lumbar strain"]),
        ("The diagnoses include left shoulder contusion status post being struck by a door.", ["left shoulder contusion"]),
        ("He has a comorbid diagnosis of type 2 diabetes mellitus.", ["type 2 diabetes mellitus"]),
        ("The diagnoses include neck, back and shoulder pain.", ["neck, back and shoulder pain"]),
        ("The diagnoses include lumbar strain (ICD-10 S39.012A) and insomnia.", ["lumbar strain", "insomnia"]),
    ],
)  # fmt: skip
def test_stated(stated: str, entries: list[str]) -> None:
    summary = f"The injured worker is a 45 year old male. {stated} The pain is rated 6/10."
    assert diagnoses(summary) == entries


@pytest.mark.parametrize(
    "said",
    [
        "He complains of low back pain and numbness.",
        "The MRI showed a disc bulge at L4-L5.",
        "The applicant has filed a claim for chronic low back pain.",
        "He has a history of hypertension.",
        "He has a family history of diabetes.",
        "There is no diagnosis of radiculopathy.",
        "Examination showed tenderness and spasm.",
        "The diagnosis was not provided.",
        "The diagnoses are not documented.",
        "The physician requested diagnostic ultrasound.",
        "No diagnosis was given.",
        "A diagnostic injection was done.",
    ],
)
def test_not_stated(said: str) -> None:
    assert diagnoses(f"The injured worker is a 45 year old male. {said} He works full time.") == []


def test_not_from_the_rationale() -> None:
    record = read(
        credentials(
            Asked(rationale="The diagnosis is gout. The request is not medically necessary."),
            summary="The patient has pain.",
        )
    )
    assert record.determination.patient.diagnoses == ()
