"""Headings and labels, by their words."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

from itertools import pairwise

import pytest

from extractor.layout.headings import _WORDS, HeadingName, find_marks
from extractor.text.normalize import view_of

COLON_ONLY = {HeadingName.ADMINISTRATOR, HeadingName.EXPERT, HeadingName.RATIONALE, HeadingName.ISSUE}


def names(text: str) -> list[HeadingName]:
    return [mark.name for mark in find_marks(view_of(text))]


@pytest.mark.parametrize(("name", "words"), _WORDS, ids=[words[:40] for _, words in _WORDS])
@pytest.mark.parametrize("frame", ["{}:\nThe text.", "{}: the text", "before it.\n{}:\nThe text.", "1) {}:\nThe text."])
def test_every_heading_with_its_colon(name: HeadingName, words: str, frame: str) -> None:
    for shown in (words, words.upper(), words.capitalize()):
        assert name in names(frame.format(shown))


@pytest.mark.parametrize(
    ("name", "words"), [pair for pair in _WORDS if pair[0] not in COLON_ONLY], ids=lambda value: str(value)[:40]
)
def test_sections_without_a_colon(name: HeadingName, words: str) -> None:
    assert names(f"{words.upper()}\nThe text.") == [name]


@pytest.mark.parametrize(
    "text",
    [
        "The case summary was read.",
        "Case summary was provided by the adjuster.",
        "the documents reviewed were few",
        "Documents reviewed by the panel include none.",
        "The decision rationale was unclear.",
        "a maximus guideline was cited",
        "The rationale for the decision was sound.",
        "Records reviewed in March showed a gain.",
        "the issue at dispute is clear",
        "",
        "Diagnosis: lumbar strain",
        "Physical exam: normal",
    ],
)
def test_ordinary_sentences_open_nothing(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("CLINCAL CASE SUMMARY", HeadingName.SUMMARY),
        ("CLINICAL CASE SUMARY", HeadingName.SUMMARY),
        ("IMR ISSUES, DECISONS AND RATIONALES", HeadingName.DECISIONS),
        ("Decison rationale: The", HeadingName.RATIONALE),
        ("MAXIMUS guidline: ODG", HeadingName.EXPERT),
        ("Claims Adminstrator guideline: ODG", HeadingName.ADMINISTRATOR),
        ("DOCUMENTS REVEIWED", HeadingName.RECORDS),
    ],
)
def test_misspelled(line: str, name: HeadingName) -> None:
    assert names(line + "\nThe text.") == [name]


@pytest.mark.parametrize(
    "line", ["CLINICAL SUMMARY", "CASE STUDY", "Decision: The", "RATIONALES", "GUIDELINES", "MEDICAL NECESSITY"]
)
def test_other_words_are_no_misspelling(line: str) -> None:
    assert names(line + "\nThe text.") == []


def test_marks_are_in_order_and_apart() -> None:
    view = view_of(
        "CLINICAL CASE SUMMARY\nThe text.\nIMR ISSUES, DECISIONS AND RATIONALES\nMRI: Upheld\nClaims Administrator guideline: ODG\n"
        "MAXIMUS guideline: ODG\nDecision rationale: No."
    )
    marks = find_marks(view)
    assert [mark.name for mark in marks] == [
        HeadingName.SUMMARY,
        HeadingName.DECISIONS,
        HeadingName.ADMINISTRATOR,
        HeadingName.EXPERT,
        HeadingName.RATIONALE,
    ]
    for before, after in pairwise(marks):
        assert before.span.end <= after.span.start


def test_headings_in_capitals_survive_lost_breaks() -> None:
    text = "x CLINICAL CASE SUMMARY The text. IMR ISSUES, DECISIONS AND RATIONALES MRI: Upheld Decision rationale: No."
    assert names(text) == [HeadingName.SUMMARY, HeadingName.DECISIONS, HeadingName.RATIONALE]


def test_wrapped_heading() -> None:
    text = "Medical Treatment Guideline(s) Relied Upon by the Expert Reviewer to Make\nHis/Her Decision:\nThe text."
    assert names(text) == [HeadingName.GUIDELINES]
