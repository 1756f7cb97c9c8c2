"""Inputs that are not one clean letter, one of each kind of trouble, and public decisions of another kind."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from extractor import extract_each
from extractor.backlog import run
from extractor.errors import DocumentError
from extractor.reading.configuration import Configuration
from extractor.records.record import Record
from extractor.store import Store

SHARED = Path(__file__).parents[3] / "shared"
INPUTS = SHARED / "cases" / "inputs"
OTHERS = SHARED / "not_letters"
pytestmark = [
    pytest.mark.skipif(not INPUTS.is_dir(), reason="needs the inputs that are kept beside the project"),
    pytest.mark.usefixtures("quick_workers"),
]

CLEAN = ("CM17-0500538", date(2017, 2, 15), ["upheld", "upheld", "overturned"])
# name → the flags that tell of it; all of these are read as the letter that they were made from
READ: dict[str, set[str]] = {
    "acroform_outcome.pdf": set(),
    "bates.pdf": set(),
    "bates_in_heading.txt": {"stray_text"},
    "checkbox_outcome.txt": {"ambiguous"},
    "draft_outside_page.pdf": {"left_out"},
    "hidden_layer.pdf": {"left_out"},
    "html_ins-del.html": set(),
    "hyphen_U2011.pdf": set(),
    "lowercase_case.txt": set(),
    "mail_pdf.eml": set(),
    "mail_qp.eml": set(),
    "markdown.md": set(),
    "numbered_items.txt": set(),
    "rotate90.pdf": set(),
    "rtl_marks.txt": set(),
    "sideways_text.pdf": {"unseen_text"},
    "watermark_after.pdf": {"left_out"},
}
FAILS = {
    "cipher_all.pdf": "illegible",
    "portfolio.pdf": "unsupported_type",
    "list_utf16.txt": "not_a_determination",
    "semicolon.csv": "not_a_determination",
    "unclosed_quote.csv": "not_a_determination",
    "with_lists.zip": "unsupported_type",
}


def told(record: Record) -> tuple[str | None, date | None, list[str]]:
    determination = record.determination
    return determination.case_key, determination.decision_date, [str(each.outcome) for each in determination.decisions]


def codes(record: Record) -> set[str]:
    """Codes of the flags, but for those of reasons: what the reviewer meant is no matter of a damaged file."""
    return {flag.code.value for flag in record.flags if "/reasons" not in flag.path}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_the_letter_it_is(name: str) -> None:
    (record,) = extract_each(INPUTS / name)
    assert told(record) == CLEAN
    assert codes(record) == READ[name]
    last = record.determination.decisions[0].rationale
    assert last is not None
    assert last.text.endswith(".")


@pytest.mark.parametrize("name", FAILS)
def test_it_is_refused_by_a_name(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        extract_each(INPUTS / name)
    assert caught.value.failure_class == FAILS[name]


def test_each_letter_of_a_file_has_its_record() -> None:
    first, second = extract_each(INPUTS / "two_letters_same_age.pdf")
    assert told(first) == CLEAN
    assert told(second) == ("CM16-0500377", date(2016, 7, 22), ["upheld", "overturned", "upheld"])
    assert (first.document.name, second.document.name) == ("two_letters_same_age.pdf", "two_letters_same_age.pdf#2")
    assert codes(first) | codes(second) == set()


def test_a_mails_date_is_not_the_letters() -> None:
    (record,) = extract_each(INPUTS / "mail_apple_2013.txt")
    assert told(record) == ("CM13-0501024", date(2013, 10, 16), ["upheld", "upheld"])
    assert codes(record) == {"date_conflict", "missing_field"}  # the other: a guideline in words not known


def test_a_broken_year_is_no_year() -> None:
    (record,) = extract_each(INPUTS / "date_split.txt")
    assert record.determination.decision_date is None
    assert "missing_field" in codes(record)


def test_a_page_that_is_a_picture_is_named() -> None:
    (record,) = extract_each(INPUTS / "decision_on_scanned_page.pdf")
    assert "page_without_text" in codes(record)


def test_lists_and_archives(tmp_path: Path) -> None:
    """Each is read as a list, what is wrong with it is named, and nothing of it becomes a record without a decision."""
    with Store(tmp_path / "imr.db") as store:
        summary = run(
            [INPUTS / name for name in ("names_noflag.zip", "semicolon.csv", "unclosed_quote.csv", "with_lists.zip")],
            store,
            Configuration(),
            workers=1,
        )
        assert summary.failures["unsupported_type"] == 2
        assert summary.failures["broken"] == 1
        assert summary.failures["document"] > 35, "the letters that the list names are not there"
        names = [name for (name,) in store.stream("current_determinations", ["name"], ["document_sha256"])]
        assert any(name.endswith("Muñoz.txt") for name in names) or any("ñ" in name for name in names)


def test_a_list_of_paths_in_utf_16_is_decoded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "extractor", "run", "-", "--db", str(tmp_path / "imr.db"), "--workers", "1"]
    done = subprocess.run(
        command, input=(INPUTS / "list_utf16.txt").read_bytes(), capture_output=True, check=False, timeout=60
    )
    assert b"letters in" in done.stdout or b"letter in" in done.stdout or done.returncode == 2


@pytest.mark.skipif(not OTHERS.is_dir(), reason="needs the decisions that are kept beside the project")
def test_decisions_of_another_kind_are_no_determinations(tmp_path: Path) -> None:
    with Store(tmp_path / "imr.db") as store:
        summary = run([OTHERS], store, Configuration(), workers=2)
        assert summary.extracted == summary.failed == 0
        assert summary.other_kinds == summary.found > 30
        assert store.status().records == 0
