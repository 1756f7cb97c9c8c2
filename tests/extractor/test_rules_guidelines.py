"""Guideline paragraphs: the examples of the record's contract, and the forms around them."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import Asked, credentials, notice, read, review

from extractor.records.determination import Basis

Cited = tuple[str, bool, str | None, int | None, list[str], str | None]
MTUS, ACOEM, ODG, OTHER = "MTUS", "ACOEM", "ODG", "OTHER"

CITATIONS: list[tuple[str, list[Cited]]] = [
    ("Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies.", [(MTUS, True, "Low Back Complaints", 2004, ["Special Studies"], None)]),
    (
        "Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies, and Chronic Pain Medical Treatment 2016, Section(s): Physical medicine treatment.",
        [(MTUS, True, "Low Back Complaints", 2004, ["Special Studies"], None), (MTUS, True, "Chronic Pain Medical Treatment", 2016, ["Physical medicine treatment"], None)],
    ),
    ("Decision based on MTUS ACOEM Chapter 8 Neck and Upper Back Complaints Page(s): 181-308.", [(ACOEM, True, "Chapter 8 Neck and Upper Back Complaints", None, [], "181-308")]),
    ("Decision based on Non-MTUS Citation Official Disability Guidelines (ODG) Neck and Upper Back Chapter/ Computed Tomography (CT).", [(ODG, False, "Neck and Upper Back Chapter/ Computed Tomography (CT)", None, [], None)]),
    ("Decision based on Other Medical Treatment Guidelines www.mdguidelines.com.", [(OTHER, False, "www.mdguidelines.com", None, [], None)]),
    ("Decision based on Non-MTUS Citation OFFICIAL DISABILITY GUIDELINES.", [(ODG, False, None, None, [], None)]),
    ("Decision based on Non-MTUS Citation ODG, KNEE AND LEG CHAPTER, HYALURONIC ACID INJECTIONS.", [(ODG, False, "KNEE AND LEG CHAPTER, HYALURONIC ACID INJECTIONS", None, [], None)]),
    ("Decision based on Non- MTUS Citation ACOEM Guidelines, Chapter 13 Knee Complaints, page 338.", [(ACOEM, False, "Chapter 13 Knee Complaints", None, [], "338")]),
    ("Decision based on MTUS Chronic Pain Treatment Guidelines Interferential Current Stimulation (ICS) Page(s): 118-120.", [(MTUS, True, "Chronic Pain Treatment Guidelines Interferential Current Stimulation (ICS)", None, [], "118-120")]),
    (
        "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Topical Analgesics, Lidocaine (topical), NSAIDs (non-steroidal anti-inflammatory drugs).",
        [(MTUS, True, "Chronic Pain Medical Treatment", 2009, ["Topical Analgesics", "Lidocaine (topical)", "NSAIDs (non-steroidal anti-inflammatory drugs)"], None)],
    ),
    ("Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): NSAIDs, GI symptoms & cardiovascular risk.", [(MTUS, True, "Chronic Pain Medical Treatment", 2009, ["NSAIDs, GI symptoms & cardiovascular risk"], None)]),
    ("Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Drug testing, Opioids, steps to avoid misuse/addiction.", [(MTUS, True, "Chronic Pain Medical Treatment", 2009, ["Drug testing", "Opioids, steps to avoid misuse/addiction"], None)]),
    ("Decision based on MTUS Low Back Complaints 2004.", [(MTUS, True, "Low Back Complaints", 2004, [], None)]),
    ("Decision based on MTUS Forearm, Wrist, and Hand Complaints 2004, Section(s): Surgical Considerations.", [(MTUS, True, "Forearm, Wrist, and Hand Complaints", 2004, ["Surgical Considerations"], None)]),
    (
        "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids. Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter.",
        [(MTUS, True, "Chronic Pain Medical Treatment", 2009, ["Opioids"], None), (ODG, False, "Pain Chapter", None, [], None)],
    ),
    (
        "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids, and Other Medical Treatment Guidelines AMA Guides, Radiculopathy.",
        [(MTUS, True, "Chronic Pain Medical Treatment", 2009, ["Opioids"], None), (OTHER, False, "AMA Guides, Radiculopathy", None, [], None)],
    ),
    ("Decision based on Non-MTUS Citation http://www.ncbi.nlm.nih.gov/pubmed/12345.", [(OTHER, False, "http://www.ncbi.nlm.nih.gov/pubmed/12345", None, [], None)]),
    ("Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter (updated 10/1/2016).", [(ODG, False, "Pain Chapter (updated 10/1/2016)", None, [], None)]),
    ("Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter, 2016.", [(ODG, False, "Pain Chapter, 2016", 2016, [], None)]),
    ("Decision based on MTUS Postsurgical Treatment Guidelines.", [(MTUS, True, "Postsurgical Treatment Guidelines", None, [], None)]),
    ("Decision based on Non-MTUS Citation AMA Guides, Radiculopathy.", [(OTHER, False, "AMA Guides, Radiculopathy", None, [], None)]),
    ("Decision based on Non-MTUS Citation ACOEM Guidelines, Chapter 12 Low Back Complaints, page 300.", [(ACOEM, False, "Chapter 12 Low Back Complaints", None, [], "300")]),
    ("Decision based on MTUS Acupuncture Treatment 2007.", [(MTUS, True, "Acupuncture Treatment", 2007, [], None)]),
]  # fmt: skip

RELIED: list[tuple[str, str | None]] = [
    ("The Claims Administrator did not cite any medical evidence for its decision.", "none"),
    ("The Claims Administrator did not cite a guideline.", "none"),
    ("No evidence was cited by the claims administrator.", "none"),
    ("Decision based on MTUS Low Back Complaints 2004.", "mtus"),
    ("Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter.", "non_mtus"),
    ("The Claims Administrator did not base their decision on the MTUS. Decision based on Non-MTUS Citation ODG, PAIN CHAPTER.", "non_mtus"),
    ("The Claims Administrator based their decision on recommendation(s) outside of the MTUS Guidelines. Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Knee & Leg Chapter.", "non_mtus"),
    ("Decision based on MTUS Low Back Complaints 2004. Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter.", "both"),
    ("The Claims Administrator made a decision.", None),
]  # fmt: skip


def bases(statement: str) -> list[Basis]:
    (decision,) = read(credentials(Asked(administrator=statement, expert=statement))).determination.decisions
    administrator, reviewer = decision.claims_administrator_basis, decision.reviewer_basis
    assert administrator is not None
    assert reviewer is not None
    return [administrator, reviewer]


@pytest.mark.parametrize(("statement", "expected"), CITATIONS, ids=[statement[18:70] for statement, _ in CITATIONS])
def test_citations(statement: str, expected: list[Cited]) -> None:
    for basis in bases(statement):
        assert basis.statement == statement
        told = [
            (c.source and c.source.value, c.mtus, c.title, c.year, list(c.sections), c.pages) for c in basis.citations
        ]
        assert told == expected


@pytest.mark.parametrize(("statement", "relied_on"), RELIED, ids=[statement[:60] for statement, _ in RELIED])
def test_relied_on(statement: str, relied_on: str | None) -> None:
    for basis in bases(statement):
        assert (basis.relied_on and basis.relied_on.value) == relied_on


@pytest.mark.parametrize("statement", [statement for statement, relied in RELIED if relied in ("none", None)])
def test_nothing_cited(statement: str) -> None:
    for basis in bases(statement):
        assert basis.citations == ()


def test_no_paragraph_no_basis() -> None:
    (decision,) = read(credentials(Asked(administrator=None, expert=None))).determination.decisions
    assert decision.claims_administrator_basis is None
    assert decision.reviewer_basis is None


def test_wraps_change_no_citation() -> None:
    long = CITATIONS[9][0]
    narrow = read(credentials(Asked(administrator=long, expert=long), width=50)).determination.decisions[0]
    wide = read(credentials(Asked(administrator=long, expert=long), width=200)).determination.decisions[0]
    assert narrow.reviewer_basis == wide.reviewer_basis


def test_what_only_the_rationale_names_is_no_citation() -> None:
    rationale = "The ODG and ACOEM Chapter 12 do not recommend it. The request is not medically necessary."
    (decision,) = read(
        credentials(Asked(expert="The Expert Reviewer did not cite any medical evidence.", rationale=rationale))
    ).determination.decisions
    assert decision.reviewer_basis is not None
    assert decision.reviewer_basis.citations == ()


JOINT: list[tuple[str, list[Cited], list[Cited], tuple[str | None, str | None]]] = [
    (
        "The Claims Administrator based its decision on the Official Disability Guidelines (ODG), Pain Chapter, which is not part of the MTUS. The Expert Reviewer relied on the Chronic Pain Medical Treatment Guidelines (2009), page 8, which is part of the MTUS.",
        [(ODG, False, "Pain Chapter", None, [], None)],
        [(MTUS, True, "Chronic Pain Medical Treatment Guidelines (2009)", 2009, [], "8")],
        ("non_mtus", "mtus"),
    ),
    (
        "The Claims Administrator did not cite any evidence-based criteria for its decision. The Expert Reviewer relied on the Official Disability Guidelines (ODG), Low Back Chapter, Gym Memberships.",
        [],
        [(ODG, False, "Low Back Chapter, Gym Memberships", None, [], None)],
        ("none", "non_mtus"),
    ),
    (
        "The Claims Administrator based its decision on the Official Disability Guidelines (ODG), Low Back Chapter, Gym Memberships. The Expert Reviewer found that no section of the MTUS was applicable and relied on the guideline used by the Claims Administrator.",
        [(ODG, False, "Low Back Chapter, Gym Memberships", None, [], None)],
        [],
        ("non_mtus", "non_mtus"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("paragraph", "administrator", "expert", "relied"), JOINT)
def test_joint_paragraph_of_2013(
    paragraph: str, administrator: list[Cited], expert: list[Cited], relied: tuple[str | None, str | None]
) -> None:
    (decision,) = read(notice(guidelines=paragraph)).determination.decisions
    sides = (decision.claims_administrator_basis, decision.reviewer_basis)
    for basis, cited, on in zip(sides, (administrator, expert), relied, strict=True):
        assert basis is not None
        told = [
            (c.source and c.source.value, c.mtus, c.title, c.year, list(c.sections), c.pages) for c in basis.citations
        ]
        assert told == cited
        assert (basis.relied_on and basis.relied_on.value) == on
        assert basis.statement is not None
        assert basis.statement in paragraph


def test_professional_review_has_no_claims_administrator_basis() -> None:
    (decision,) = read(review()).determination.decisions
    assert decision.claims_administrator_basis is None
    assert decision.reviewer_basis is not None
    (cited,) = decision.reviewer_basis.citations
    assert (cited.source and cited.source.value, cited.title) == (ODG, "Hip & Pelvis Chapter, Arthrography")
