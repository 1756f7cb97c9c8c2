"""What letters of a layout nearly always state is missed where it lacks, once, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from letters import SUMMARY, Asked, credentials, flagged, header_table, read

from extractor.reading.usual import COUNTED, missed, stated
from extractor.records.determination import Decision, Determination
from extractor.records.record import Flag, FlagCode

ROOT = Path(__file__).parents[2]
ITEM = Asked("Physical therapy 12 visits for the lumbar spine")
WITHOUT = [
    pytest.param("a 45 year old male", "a worker", {"/patient/age", "/patient/sex"}, id="age and sex"),
    pytest.param("a 45 year old male", "a 45 year old worker", {"/patient/sex"}, id="sex"),
    pytest.param(
        "The diagnoses include lumbar strain; left knee contusion. ", "", {"/patient/diagnoses"}, id="diagnoses"
    ),
    pytest.param("rated 6/10", "", set(), id="nothing that is counted"),
]


def missing(text: str) -> set[str]:
    return {path for code, path in flagged(read(text)) if code == "missing_field"}


@pytest.mark.parametrize(("words", "instead", "lacks"), WITHOUT)
def test_what_is_taken_out_of_a_letter_is_missed(words: str, instead: str, lacks: set[str]) -> None:
    assert words in SUMMARY
    unsexed = SUMMARY.replace("He reported", "Reported is")  # a pronoun tells the sex, too
    whole = missing(credentials(ITEM, summary=unsexed))
    assert missing(credentials(ITEM, summary=unsexed.replace(words, instead))) - whole == lacks


def test_a_headerless_letter_is_not_asked_for_its_dates() -> None:
    lacks = {flag.path for flag in missed(Determination(), "headerless", ())}
    assert "/decision_date" not in lacks
    assert "/case_number" not in lacks
    assert "/date_of_injury" in lacks


def test_a_place_that_is_told_already_is_not_told_again() -> None:
    told = (Flag(path="/reviewer/licensed_states/0", code=FlagCode.WITHHELD, message="Withheld."),)
    assert "/reviewer/licensed_states" in {flag.path for flag in missed(Determination(), "credentials", ())}
    assert "/reviewer/licensed_states" not in {flag.path for flag in missed(Determination(), "credentials", told)}


def test_of_a_field_of_decisions_each_decision_is_asked() -> None:
    two = Determination(decisions=(Decision(), Decision()))
    reasons = COUNTED[-1]
    assert list(stated(two, reasons)) == [("/decisions/0/reasons", False), ("/decisions/1/reasons", False)]


def test_what_the_form_prints_is_missed_once() -> None:
    lines = header_table("lines").splitlines()
    left = "\n".join(line for line in lines if "Priority" not in line and "Standard" not in line)
    assert [flag.path for flag in read(credentials(ITEM, header=left)).flags].count("/priority") == 1


def test_the_table_is_what_the_labels_of_the_development_half_count() -> None:
    counted = subprocess.run([sys.executable, "bench/usual.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert counted.stdout.strip() == (ROOT / "extractor" / "data" / "usual.toml").read_text(encoding="utf-8").strip()
