"""Flags: each code has a letter that raises it and one that does not."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from letters import (
    EVERY_LAYOUT,
    HEADER,
    SUMMARY,
    Asked,
    codes,
    credentials,
    drafted,
    flagged,
    grounded,
    header_table,
    notice,
    prose,
    read,
    review,
    sample,
    sample_names,
)

from extractor.facts import gather
from extractor.fields import DECISION_DATE, MECHANISM
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.places import Place
from extractor.layout import lay_out
from extractor.reading.assembling import assemble
from extractor.reading.checks import check
from extractor.records.record import Flag, FlagCode, Record

TWO = (
    Asked(),
    Asked("MRI of the left knee", "Overturned", rationale="The criteria are met. The request is medically necessary."),
)
GOOD = credentials(*TWO)
LONG = credentials(
    Asked(
        rationale="Sleep hygiene was not tried, nor was any other drug of its class in the months on file. The lower "
        "amount that was granted will serve for tapering. It is not medically necessary."
    ),
    TWO[1],
)
NO_LABEL = Asked(administrator=None, expert=None, rationale=None)

PLANTED = (
    "Left shoulder arthroscopy: Overturned\nClaims Administrator guideline: The Claims Administrator did not cite any "
    "medical evidence.\nMAXIMUS guideline: Decision based on MTUS Shoulder Complaints 2004.\n"
    "Decision rationale: The criteria for the operation are met. The request is medically necessary.\n"
)
SECTION = "IMR ISSUES, DECISIONS AND RATIONALES"


def unlabelled(number: int, *, outcome: bool = False, only: tuple[str, ...] = ()) -> str:
    """`GOOD` without the labels of one item, or with `only` some of them lost; with `outcome` its outcome word, too."""
    head, first, second = re.split(r"(?=Tramadol 50mg #60:|MRI of the left knee: )", GOOD)
    items = [first, second]
    for label in only or ("Claims Administrator guideline: ", "MAXIMUS guideline: ", "Decision rationale: "):
        assert label in items[number]
        items[number] = items[number].replace(label, "")
    if outcome:
        items[number] = re.sub(": (?:Upheld|Overturned)", "", items[number], count=1)
    return head + "".join(items)


def within(text: str, mark: str, planted: str) -> str:
    """`planted` on lines of its own before `mark`."""
    assert mark in text
    return text.replace(mark, f"\n{planted}\n{mark}", 1)


# code, path, letter that raises it, letter that does not
RAISED: list[tuple[str, str, str, str]] = [
    ("no_decisions", "/decisions", GOOD[: GOOD.index("IMR ISSUES")] + "IMR ISSUES, DECISIONS AND RATIONALES\nNone was made.\n", GOOD),
    ("incomplete", "/decisions", GOOD.replace("MRI of the left knee: Overturned", "MRI of the left knee"), GOOD),
    ("missing_passage", "/decisions/0/rationale", unlabelled(0), GOOD),
    ("missing_passage", "/decisions/1/reviewer_basis", unlabelled(1), GOOD),
    ("incomplete", "/decisions", unlabelled(0).replace("Decision based on", "It rests on"), GOOD),
    ("incomplete", "/decisions", unlabelled(1).replace("Decision based on", "It rests on"), GOOD),
    ("incomplete", "/decisions", unlabelled(0, outcome=True), GOOD),
    ("incomplete", "/decisions", unlabelled(1, outcome=True), GOOD),
    ("missing_passage", "/decisions/1/reviewer_basis", unlabelled(1, only=("MAXIMUS guideline: ",)), GOOD),
    ("missing_passage", "/decisions/1/claims_administrator_basis", unlabelled(1, only=("Claims Administrator guideline: ",)), GOOD),
    ("missing_passage", "/decisions/1/rationale", unlabelled(1, only=("Decision rationale: ",)), GOOD),
    ("missing_passage", "/records_reviewed", notice().replace("Documents Reviewed for Determination:", ""), notice()),
    ("incomplete", "/decisions", within(GOOD, SECTION, PLANTED), GOOD),
    ("incomplete", "/decisions", within(GOOD, SECTION, "Left shoulder arthroscopy: Overturned"), GOOD),
    ("incomplete", "/decisions/0/rationale", within(GOOD, "The request is not", PLANTED), GOOD),
    ("incomplete", "/decisions/0/rationale", within(GOOD, "the use of this drug", PLANTED), GOOD),
    ("incomplete", "/decisions/1/heading", LONG.replace("It is not medically\n", f"It is not medically\n{PLANTED}"), LONG),
    ("incomplete", "/decisions", notice().replace("1) Regarding the request for a right carpal tunnel release:", ""), notice()),
    ("stray_text", "", GOOD.replace("CLINICAL CASE", "DEF-IMR 000124\n\nCLINICAL CASE"), GOOD),
    ("healed", "", GOOD.replace("Overturned", "0verturned"), GOOD),
    ("unreadable", "", GOOD.replace("guideline looks", "guide\ufffdine looks"), GOOD),
    ("incomplete", "/decisions/0/outcome", review("An MRI", "A brace").replace("RATIONALE FOR WHY", "ON WHY"), review("An MRI")),
    ("ambiguous", "/decisions/1/outcome", review("An MRI", "A brace"), review("An MRI")),
    ("incomplete", "/decisions", review("An MRI").replace("RATIONALE FOR WHY", "RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE IS ARGUABLY MEDICALLY NECESSARY:\nIt may be.\n\nRATIONALE FOR WHY"), review("An MRI")),
    ("missing_passage", "/reviewer", review().replace("MEDICAL REVIEWER QUALIFICATIONS", "Of the reviewer"), review()),
    ("missing_passage", "/decisions/0/reviewer_basis", review().replace("MEDICAL TREATMENT GUIDELINE", "GUIDE"), review()),
    ("repeated_section", "", within(GOOD, "CLINICAL CASE SUMMARY", f"{SECTION}\n{PLANTED}"), GOOD),
    ("repeated_section", "", within(GOOD, "The diagnoses include", f"{SECTION}\n{PLANTED}"), GOOD),
    ("repeated_section", "", within(review(), "ISSUE AT DISPUTE", f"{SECTION}\n{PLANTED}"), review()),
    ("missing_field", "/priority", credentials(*TWO, header=header_table(priority=None)), GOOD),
    ("missing_field", "/case_number", credentials(*TWO, header=header_table(case_number=None)), GOOD),
    ("missing_field", "/application_received", credentials(*TWO, header=header_table(application_received=None)), GOOD),
    ("missing_passage", "/clinical_summary", GOOD.replace("CLINICAL CASE SUMMARY", "What happened so far"), GOOD),
    ("missing_passage", "/decisions/0/rationale", credentials(Asked(rationale=None), TWO[1]), GOOD),
    ("date_order", "/decision_date", credentials(*TWO, header=header_table(decision_date="01/03/2016")), GOOD),
    ("date_order", "/application_received", credentials(*TWO, header=header_table(application_received="12/01/2015")), GOOD),
    ("date_conflict", "/date_of_injury", credentials(*TWO, summary=SUMMARY.replace("03-14-2012", "03-15-2012")), GOOD),
    ("date_conflict", "/ur_denial_date", credentials(*TWO, summary=SUMMARY.replace("11-20-2016", "11-21-2016")), GOOD),
    ("case_conflict", "/case_number", credentials(*TWO, summary=SUMMARY + " See CM15-0123499."), GOOD),
    ("outcome_conflict", "/decisions/0/outcome", credentials(Asked(outcome="Overturned"), TWO[1]), GOOD),
    ("outcome_conflict", "/decisions/1/outcome", credentials(TWO[0], Asked("MRI", "Upheld", rationale="The criteria are met. The request is medically necessary.")), GOOD),
    ("age_conflict", "/patient/age", credentials(TWO[1], Asked(rationale="This 54 year old man was seen. The request is not medically necessary.")), GOOD),
    ("unclassified", "/decisions/0/category", credentials(Asked("Zzyzx"), TWO[1]), GOOD),
    ("unknown_specialty", "/reviewer/specialties/0", prose(*TWO, reviewer="The expert reviewer is Board Certified in Obesity Medicine and is licensed to practice in Texas."), prose(*TWO)),
    ("duplicate_decision", "/decisions/1", credentials(Asked(), Asked()), GOOD),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "path", "raises", "does_not"), RAISED, ids=[f"{code}{path}" for code, path, *_ in RAISED]
)
def test_raised_and_not(code: str, path: str, raises: str, does_not: str) -> None:
    assert (code, path) in flagged(read(raises))
    assert code not in codes(read(does_not))


def test_notice_lists_that_disagree_are_an_outcome_conflict() -> None:
    text = notice(Asked("a functional capacity evaluation"))
    assert "outcome_conflict" not in codes(read(text))
    assert ("outcome_conflict", "/decisions/0/outcome") in flagged(
        read(text.replace("is not medically", "is medically", 1))
    )


def _flags(change: Callable[[Draft], None]) -> list[Flag]:
    layout = lay_out(GOOD)
    draft = drafted(layout)
    change(draft)
    accepted = grounded(draft, layout)
    told = assemble(accepted.grounded, draft.decisions)
    return [*accepted.flags, *check(told, layout, gather(layout), draft)]


def test_withheld() -> None:
    def lie(draft: Draft) -> None:
        draft.claims[Place(DECISION_DATE)] = Claim(date(2018, 1, 1))

    flags = [flag for flag in _flags(lie) if flag.code is FlagCode.WITHHELD]
    assert [(flag.path, flag.value) for flag in flags] == [("/decision_date", "2018-01-01")]
    assert not [flag for flag in _flags(lambda draft: None) if flag.code is FlagCode.WITHHELD]


@pytest.mark.parametrize(("said", "ambiguous"), [("low back pain", False), ("neck pain", True)])
def test_ambiguous(said: str, ambiguous: bool) -> None:
    """A value without a place that stands more than once."""
    layout = lay_out(
        credentials(summary=f"The patient slipped on ice. He reported {said}; he says that he slipped on ice.")
    )
    draft = drafted(layout)
    draft.claims[Place(MECHANISM)] = Claim("slipped on ice" if ambiguous else "The patient slipped on ice")
    raised = {(flag.code.value, flag.path) for flag in grounded(draft, layout).flags}
    assert (("ambiguous", "/patient/mechanism") in raised) is ambiguous


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_reader_that_returns_another_number_of_decisions(count: int) -> None:
    def miscount(draft: Draft) -> None:
        draft.decisions = count
        for place in [place for place in draft.claims if (place.decision or 0) >= count]:
            if place.decision is not None:
                del draft.claims[place]

    assert ("incomplete", "/decisions") in {(flag.code.value, flag.path) for flag in _flags(miscount)}


BY_DOCUMENTS = {"page_without_text", "left_out", "unseen_text"}
"""Raised where a file is turned into text: test_documents_seen.py."""
BY_MODELS = {"unchecked", "readers_disagree", "unknown_layout"}
"""Raised where a model reads: test_prompted.py, test_reconcile.py."""


def test_every_code_is_tested() -> None:
    assert {code.value for code in FlagCode} == {code for code, *_ in RAISED} | {"withheld"} | BY_MODELS | BY_DOCUMENTS


NOT_PRINTED = {
    "notice": {"/case_number", "/decisions/0/reasons"},
    "professional_review": {
        *("/case_number", "/date_of_injury", "/ur_denial_date", "/application_received", "/decisions/0/reasons")
    },
    "decisions_and_rationales": {"/application_received", "/decision_date"},
}
"""What the short letters of the older layouts leave out, and letters of these layouts nearly always state."""


@pytest.mark.parametrize("name", EVERY_LAYOUT)
def test_a_good_letter_of_each_layout_has_no_flag_but_for_what_it_leaves_out(name: str) -> None:
    told = {(code, path) for code, path in flagged(read(EVERY_LAYOUT[name]())) if "/reasons/" not in path}
    allowed = {path for code, path in told if code == "date_conflict" and name == "decisions_and_rationales"}
    assert {path for _, path in told} - allowed == NOT_PRINTED.get(name, set())


def test_flags_speak_in_one_sentence_of_a_field() -> None:
    for _, _, raises, _ in RAISED:
        for flag in read(raises).flags:
            assert flag.message.endswith(".")
            assert len(flag.message) > 10
            assert flag.path == "" or flag.path.startswith("/")


def test_dates_in_order_raise_nothing() -> None:
    same = dict.fromkeys(HEADER, "12/05/2016") | {
        "Case Number": "CM16-0123456",
        "Priority": "Standard",
        "Date of Injury": "03/14/2012",
    }
    text = credentials(*TWO, header=header_table("rows", same), summary=SUMMARY.replace("11-20-2016", "12-05-2016"))
    assert "date_order" not in codes(read(text))


def test_an_age_one_year_on_is_no_conflict() -> None:
    other = Asked(rationale="This 46 year old man was seen. The request is not medically necessary.")
    assert "age_conflict" not in codes(read(credentials(TWO[1], other)))


# What the samples are for: each flag that a sample is meant to raise, and no other.
SAMPLE_FLAGS: dict[str, set[str]] = {"CM17-0500612": {"date_conflict"}}


@pytest.mark.parametrize("name", sample_names())
def test_samples_raise_what_they_are_for(name: str) -> None:
    record: Record = read(sample(name))
    expected = SAMPLE_FLAGS.get(name, set())
    assert expected <= codes(record)
    assert not codes(record) & {
        "unknown_layout",
        "no_decisions",
        "withheld",
        "incomplete",
        "duplicate_decision",
        "outcome_conflict",
        "missing_passage",
    }
