"""A file of several letters, covers around one, and what is no determination: told for what they are."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from letters import EVERY_LAYOUT, SUMMARY, Asked, codes, credentials, header_table, notice, prose, read, sample

from extractor import Document, extract, extract_each, read_document
from extractor import read as read_document_as_one
from extractor.backlog import run
from extractor.endings import FailedLetter
from extractor.errors import NotADetermination, SeveralLetters, UnknownLayout
from extractor.model.scripted import Scripted
from extractor.reading.configuration import Configuration
from extractor.records.determination import case_key
from extractor.records.record import Record
from extractor.settings import ModelSettings
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

FIRST = credentials(Asked("MRI of the left knee", "Overturned"))
SECOND = credentials(Asked("Acupuncture"), Asked("Knee brace"), header=header_table(**{"Case Number": "CM17-0500002"}))
JOINTS = {
    "page break": "\f",
    "line break": "\n",
    "blank lines": "\n\n\n",
    "letterhead": "\n\fMAXIMUS FEDERAL SERVICES, INC.\nIndependent Medical Review\nP.O. Box 138009\n\n",
}


def values(record: Record) -> object:
    """What a record says, and the words of its evidence, wherever they stand."""
    said = record.determination.model_dump(mode="json")
    for passage in (said["clinical_summary"], *(decision["rationale"] for decision in said["decisions"])):
        if passage is not None:
            del passage["spans"]
    return said, {pointer: each.quote for pointer, each in record.evidence.items()}


@pytest.mark.parametrize("joint", JOINTS)
@pytest.mark.parametrize("first", EVERY_LAYOUT)
def test_each_letter_of_a_file_is_read_as_if_alone(first: str, joint: str) -> None:
    letters = [EVERY_LAYOUT[first](), SECOND, FIRST]
    text = JOINTS[joint].join(letter.strip("\n") for letter in letters)
    found = extract_each(text, name="file.txt")
    assert [record.document.name for record in found] == ["file.txt", "file.txt#2", "file.txt#3"]
    for record, letter in zip(found, letters, strict=True):
        assert values(record) == values(read(letter))
        for evidence in record.evidence.values():
            assert all(text[start:end].strip() for start, end in evidence.spans)
            assert " ".join(" ".join(text[start:end].split()) for start, end in evidence.spans) == evidence.quote


def test_the_first_letter_has_the_identity_of_its_file_and_the_others_refer_to_it() -> None:
    one, two = extract_each(f"{FIRST}\f{SECOND}", name="file.txt")
    document = read_document(f"{FIRST}\f{SECOND}")
    assert one.document.sha256 == document.sha256
    assert one.document.part_of is None
    assert two.document.part_of == document.sha256
    assert two.document.sha256 not in (document.sha256, one.document.sha256)
    assert one.document.characters == two.document.characters == len(document.text)
    assert (one.document.pages, two.document.pages) == (1, 1)


def test_who_asks_for_one_letter_of_a_file_of_two_is_told_so() -> None:
    with pytest.raises(SeveralLetters, match="holds 2 letters") as caught:
        extract(f"{FIRST}\f{SECOND}", name="file.txt")
    assert len(caught.value.letters) == 2
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  it comes out of a child


def test_letters_without_a_header_stay_together_and_are_flagged() -> None:
    (record,) = extract_each(f"{FIRST}\f{sample('headerless-2014')}")
    assert "repeated_section" in codes(record)


def test_a_letter_that_tells_of_another_is_one() -> None:
    told = SUMMARY + " An earlier letter, Case Number: CM15-0011111, Date of Injury: 3/4/2010, Decision Date: 5/6/2015."
    (record,) = extract_each(credentials(summary=told))
    assert record.determination.case_number == "CM16-0123456"
    assert "case_conflict" in codes(record)


def test_a_second_header_without_a_letter_behind_it_parts_nothing() -> None:
    table = header_table(**{"Case Number": "CM17-0500002"})
    (record,) = extract_each(f"{FIRST}\f{table}")
    assert "case_conflict" in codes(record)


# --- in a backlog -----------------------------------------------------------------------------------------------------


def test_a_backlog_keeps_each_letter_of_a_file(tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    (place / "two.txt").write_text(f"{FIRST}\f{SECOND}")
    (place / "one.txt").write_text(credentials(Asked("Massage")))
    (place / "other.txt").write_text("An invoice of 3/4/2016 over 45 dollars.")
    with Store(tmp_path / "imr.db") as store:
        first = run([place], store, Configuration(), workers=1)
        assert (first.found, first.extracted, first.failed, first.other_kinds) == (4, 3, 0, 1)
        assert first.failures == {"not_a_determination": 1}
        again = run([place], store, Configuration(), workers=1)
        assert (again.extracted, again.already, again.other_kinds) == (0, 2, 1)
        (found,) = store.find("CM17-0500002")
        assert found.name.endswith("two.txt#2")
        record = store.load(found.record_id)
        (alone,) = [each for each in extract_each(place / "two.txt") if each.document.part_of]
        assert record == alone.model_copy(update={"provenance": record.provenance})
        assert store.document(found.sha256).own_text.strip("\n\f") == SECOND.strip("\n")
        words = list(store.stream("current_evidence", ["pointer", "first_words"], ["document_sha256", "pointer"]))
        assert ("/case_number", "CM17-0500002") in words
        status = store.status()
        assert (status.records, status.other_kinds, status.failures) == (3, 1, {})


def test_letters_that_a_file_no_longer_has_do_not_count(tmp_path: Path) -> None:
    """A later version may see one letter where an earlier one saw two, and the other way round."""
    whole = read_document(f"{FIRST}\f{SECOND}", name="two.txt")
    with pytest.raises(SeveralLetters) as caught:
        extract(f"{FIRST}\f{SECOND}", name="two.txt")
    with Store(tmp_path / "imr.db") as store:
        for letter in caught.value.letters:
            store.save(extract_one(letter), letter)
        assert store.status().records == 2
        other = extract_one(caught.value.letters[0])
        other = other.model_copy(update={"provenance": other.provenance.model_copy(update={"config_sha256": "f" * 64})})
        store.save(other, whole)
        assert store.status().records == 1
        store.save(extract_one(caught.value.letters[0]), caught.value.letters[0])
        assert store.status().records == 2, "the earlier configuration counts again, with all its letters"


def extract_one(letter: object) -> Record:
    assert isinstance(letter, Document)
    return read_document_as_one(letter)


# --- covers -----------------------------------------------------------------------------------------------------------

COVERS = {
    "mail": "From: Jo Doe <doe@example.org>\nSubject: Fwd: IMR\nDate: February 28, 2019 at 10:00 AM\nTo: Roe\n\n",
    "fax": "FAX COVER SHEET\nTo: Roe\nDate: 2/28/2019\nRe: CM19-0000001\nPriority: Expedited\nPages: 7\n\f",
    "office": "DOE CLAIMS\nDate of Injury: 1/2/2009\nDear Roe:\nEnclosed please find it.\nSincerely,\nJo Doe\n\f",
    "service": "PROOF OF SERVICE BY MAIL\nDated: 2/28/2019\nDecision Date: 2/28/2019\n\f",
    "slip": "ROUTING SLIP\nUR Denial Date: 2/28/2019\nApplication Received: 2/28/2019\n\f",
}
HEADER_FIELDS = (
    *("case_number", "priority", "date_assigned", "decision_date", "ur_denial_date", "application_received"),
    "date_of_injury",
)


@pytest.mark.parametrize("cover", COVERS)
@pytest.mark.parametrize("layout", ["credentials", "notice", "decisions_and_rationales"])
def test_the_label_of_the_letters_own_form_wins_over_a_covers(cover: str, layout: str) -> None:
    letter = EVERY_LAYOUT[layout]()
    sound, covered = read(letter), read(COVERS[cover] + letter)
    for name in HEADER_FIELDS:
        assert getattr(covered.determination, name) == getattr(sound.determination, name), name


def test_a_cover_that_contradicts_is_told() -> None:
    assert "date_conflict" in codes(read(COVERS["mail"] + notice()))
    assert "case_conflict" in codes(read(COVERS["fax"] + credentials()))


def test_labels_above_a_letter_without_a_header_are_doubted() -> None:
    record = read(COVERS["slip"] + prose(header=""))
    doubted = {flag.path for flag in record.flags if flag.code == "ambiguous"}
    assert doubted == {"/ur_denial_date", "/application_received"}


# --- no determinations ------------------------------------------------------------------------------------------------

OTHER_KINDS = {
    "greeting": "hello",
    "json": '{"determination": {"case_number": "CM16-0000001", "decisions": [{"outcome": "upheld"}]}}',
    "csv": "path;name\nCM16-0000001.pdf;A\nCM16-0000002.pdf;B\n",
    "mail": "From: Jo\nTo: Roe\nSubject: IMR\n\nPlease call me about the Independent Medical Review.",
    "invoice": "INVOICE\nCase Number: CM16-0123456\nTotal: $45.00",
    "review of another state": (
        "NOTICE OF INDEPENDENT REVIEW DECISION\nDESCRIPTION OF THE SERVICE IN DISPUTE\nMRI of the knee\n"
        "REVIEW OUTCOME\nThe previous adverse determination should be: Upheld\n"
    ),
    "article": (
        "Nine of ten denials stand up, says a newsletter that has read four hundred letters. Under the heading\n"
        '"IMR ISSUES, DECISIONS AND RATIONALES" each request is printed, and behind it a word:\n\n'
        "Physical therapy 12 visits: Upheld\nTramadol 50mg #60: Upheld\n\nThat, they say, is all that anybody reads.\n"
    ),
}


DOUBTFUL = {
    "opinion of a board": (
        "The administrator's determination in case CM14-0123456 upheld the denial, and we find no error in it.\n"
    ),
    "report that quotes": (
        "PANEL QUALIFIED MEDICAL EVALUATOR'S REPORT\nDate of Injury: 04/11/2014\n"
        + "I reviewed the records that the parties sent me. " * 14
        + "\nIMR ISSUES, DECISIONS AND RATIONALES\nThird injection: Upheld\n"
        "MAXIMUS guideline: Decision based on MTUS.\nDecision rationale: two gave no relief. It is not necessary.\n"
    ),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_is_no_determination_is_a_failure_of_its_own(kind: str) -> None:
    with pytest.raises(NotADetermination, match="is no determination letter"):
        extract(OTHER_KINDS[kind].encode())


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_may_be_one_and_cannot_be_read_is_a_failed_letter(kind: str) -> None:
    with pytest.raises(UnknownLayout, match="no decision was found"):
        extract(DOUBTFUL[kind].encode())


def test_no_model_is_asked_about_what_cannot_be_a_determination() -> None:
    settings = ModelSettings("scripted")

    def never(_: object) -> str:
        raise AssertionError("asked")

    for kind in ("greeting", "csv", "review of another state"):
        with pytest.raises(NotADetermination):
            read_document_as_one(
                read_document(OTHER_KINDS[kind].encode()),
                Configuration.of("model", settings),
                model=Scripted(never),
            )


def test_a_letter_whose_decisions_are_lost_is_one_still() -> None:
    letter = credentials()
    record = read(letter[: letter.index("IMR ISSUES")] + "IMR ISSUES, DECISIONS AND RATIONALES\nNone was made.\n")
    assert "no_decisions" in codes(record)


def test_the_last_pages_of_a_letter_are_one() -> None:
    letter = credentials()
    record = read(letter[letter.index("IMR ISSUES") :])
    assert len(record.determination.decisions) == len(read(letter).determination.decisions)


def test_other_kinds_count_by_themselves() -> None:
    failed = FailedLetter.of(NotADetermination("'a' is none"), "a", None)
    assert failed.is_other_kind


# --- case numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "printed",
    ["CM16-0123456", "cm16-0123456", "CM16‑0123456", "CM16–0123456", "CM 16 - 0123456", "Cm16−0123456", "CM160123456"],
)
def test_a_case_number_has_one_form_however_it_is_printed(printed: str, tmp_path: Path) -> None:
    assert case_key(printed) == "CM16-0123456"
    letter = credentials(header=header_table(**{"Case Number": printed}))
    record = read(letter)
    assert record.determination.case_number is not None
    assert record.determination.case_key == "CM16-0123456"
    assert "case_conflict" not in codes(read(letter.replace("CLINICAL", "Case CM16-0123456\nCLINICAL", 1)))
    with Store(tmp_path / "imr.db") as store:
        store.save(record, read_document(letter))
        for asked in ("CM16-0123456", "cm16-0123456", "CM16‑0123456"):
            assert len(store.find(asked)) == 1


def test_what_is_no_case_number_is_looked_up_as_it_is() -> None:
    assert case_key(None) is None
    assert case_key(" adj 123 ") == "ADJ 123"
