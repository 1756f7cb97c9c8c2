"""What stands in a letter's text and is not the letter's: left out, healed, absent or flagged, and never a value."""

from __future__ import annotations

import re
from datetime import date

import pytest
from letters import SUMMARY, Asked, codes, credentials, notice, prose, read, review

from extractor.layout.stamps import is_stamp
from extractor.records.determination import Outcome
from extractor.records.record import Record
from extractor.text.literals import find_dates

LONG = Asked(
    rationale="The guideline looks for a gain in function that the notes do not show, and for a trial of exercise. "
    * 22
    + "The request is not medically necessary."
)
MRI = Asked("MRI of the left knee", "Overturned", rationale="The criteria are met. The request is medically necessary.")
LETTER = credentials(LONG, MRI, Asked("Knee brace"))
LINES = LETTER.split("\n")
SOUND = read(LETTER)
INSIDE = next(n for n, line in enumerate(LINES) if "the notes do not" in line) + 3
"""In the middle of the first rationale."""


def values(record: Record) -> object:
    """All that the record says, less where it stands."""
    return re.sub(r"'spans': \[.*?\]\]", "", str(record.determination.model_dump(mode="json")))


def put(*stamps: str, every: int = 12, begin: int = INSIDE) -> str:
    lines = [*LINES]
    for number, stamp in reversed(list(enumerate(stamps))):
        lines.insert(begin - 6 + every * number if len(stamps) > 1 else begin, stamp)
    return "\n".join(lines)


STAMPS = [
    "DEF-IMR 000124",
    "02/28/2017 10:31AM  Doe Law Offices  9165550100  p.2",
    "FROM: DOE LAW OFFICES   P.03/07",
    "https://www.example.org/imr/letter?id=17    3/7",
    "2/28/2017   IMR decision search   3/7",
    "RECEIVED FEB 28 2017",
    "CONFIDENTIAL",
    "C O P Y",
    "Scanned by CamScanner",
]


@pytest.mark.parametrize("stamp", STAMPS)
def test_a_stamp_that_stands_once_is_left_out_and_told(stamp: str) -> None:
    record = read(put(stamp))
    assert values(record) == values(SOUND)
    assert "stray_text" in codes(record)


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("frame", ["{}", "{} is needed.", "the {}"])
def test_stamps_are_whole_lines(stamp: str, frame: str) -> None:
    assert is_stamp(frame.format(stamp)) is (frame == "{}")


@pytest.mark.parametrize(
    "line",
    [
        "12/15/2016 she rated her pain 7/10",
        "Received: 07/14/2015",
        "Lumbar brace CPT 97110",
        "https://www.example.org/guideline/32",
        "CM16-0123456",
        "10/13/2016",
        "Tramadol 50mg #60",
        "1000",
    ],
)
def test_no_stamps(line: str) -> None:
    assert not is_stamp(line)


@pytest.mark.parametrize("note", ["Doe Law Offices", "Doe v. Roe Manufacturing", "see reverse", "Attachment to brief"])
def test_a_line_that_fits_nothing_is_told(note: str) -> None:
    assert any(flag.code == "stray_text" and flag.path == "/decisions/0/rationale" for flag in read(put(note)).flags)


def test_what_counts_up_or_repeats_far_apart_is_furniture() -> None:
    counted = [f"Smith exhibits, sheet {number}" for number in (17, 18)]
    for stamps in (counted, ["Doe Law Offices", "Doe Law Offices"]):
        record = read(put(*stamps, every=17))
        assert values(record) == values(SOUND)
        assert codes(record) == codes(SOUND)


def test_another_case_number_is_no_furniture() -> None:
    running = "Final Determination Letter for IMR Case Number {} 3"
    assert "case_conflict" not in codes(read(put(running.format("CM16-0123456"))))
    assert "case_conflict" in codes(read(put(running.format("CM15-0999999"))))


@pytest.mark.parametrize("form", ["{:>2} {}", "{}\t{}", "{}\n{}"])
def test_line_numbers_of_pleading_paper(form: str) -> None:
    numbered = "\n".join(form.format(number % 28 + 1, line) for number, line in enumerate(LINES))
    assert values(read(numbered)) == values(SOUND)


@pytest.mark.parametrize("gap", [" ", "\n"])
@pytest.mark.parametrize(
    "form", ["{n}.", "{n})", "({n})", "#{n}", "{r}.", "({a})", "{A}.", "Item {n}:", "•", "-", "{n}"]
)
def test_list_numbers_before_headings(form: str, gap: str) -> None:
    text = LETTER
    for number, heading in enumerate(["Tramadol 50mg #60:", "MRI of the left knee:", "Knee brace:"], start=1):
        shown = form.format(n=number, r="I" * number, a=chr(96 + number), A=chr(64 + number))
        text = text.replace(heading, f"{shown}{gap}{heading}")
    assert values(read(text)) == values(SOUND)


@pytest.mark.parametrize("heading", ["2 epidural injections", "A wheelchair", "#60 Tramadol"])
def test_numbers_that_are_the_requests_own_stay(heading: str) -> None:
    decision = read(credentials(Asked(heading))).determination.decisions[0]
    assert decision.heading == heading


def test_enumerations_of_a_rationale_stay() -> None:
    asked = Asked(rationale="The criteria are: 1. pain; 2. loss of function. Neither is met, by the notes.")
    passage = read(credentials(asked, Asked("Knee brace"))).determination.decisions[0].rationale
    assert passage is not None
    assert passage.text == asked.rationale


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("02/15/20 17", None),
        ("02/15/20\n17", None),
        ("02/15/2 017", None),
        ("02/15/20-17", None),
        ("02/15/20.17", None),
        ("02/15/20l7", None),
        ("february 15, 20 17", None),
        ("1 2/15/2017", None),
        ("1 5 february 2017", None),
        ("20 12-02-15", None),
        ("02/ 15/2017", date(2017, 2, 15)),
        ("0 2/15/2017", date(2017, 2, 15)),
        ("02/15/17 12 visits", date(2017, 2, 15)),
    ],
)
def test_broken_dates_are_no_other_date(printed: str, value: date | None) -> None:
    assert [found.value for found in find_dates(printed)] == ([value] if value else [])


def test_a_broken_date_of_the_header_is_told_where_the_summary_gives_it() -> None:
    record = read(LETTER.replace("03/14/2012", "03/14/20 12"))
    assert record.determination.date_of_injury == date(2012, 3, 14)
    assert ("missing_field", "/date_of_injury") in {(flag.code.value, flag.path) for flag in record.flags}


@pytest.mark.parametrize("heading", ["Tramadol 50mg #6 0", "Physical therapy 1 2 sessions"])
def test_broken_amounts_are_no_others(heading: str) -> None:
    quantity = read(credentials(Asked(heading))).determination.decisions[0].quantity
    assert quantity is None or quantity.total is None


@pytest.mark.parametrize(
    ("word", "slip"),
    [
        *(("Overturned", slip) for slip in ("0verturned", "Overtumed", "Ovcrturned", "O v e r t u r n e d")),
        ("Case Number:", "Case Nurnber:"),
        ("Decision Date:", "Decisi0n Date:"),
        ("Priority:", "Pri0rity:"),
    ],
)
def test_slips_are_healed_and_told(word: str, slip: str) -> None:
    record = read(LETTER.replace(word, slip, 1))
    assert values(record) == values(SOUND)
    assert "healed" in codes(record)


@pytest.mark.parametrize("words", ["Not 0verturned", "Partially 0verturned", "Uphold", "Unheld"])
def test_no_slip_heals_another_meaning(words: str) -> None:
    record = read(LETTER.replace("Overturned", words))
    assert len(record.flags) > len(SOUND.flags)
    assert [decision.outcome for decision in record.determination.decisions].count(Outcome.OVERTURNED) == 0


@pytest.mark.parametrize("marked", ["Overturned1", "Overturned¹", "Overturned*", "Overturned [1]", "OVERTURNED"])
def test_marks_on_an_outcome_are_read_or_told(marked: str) -> None:
    record = read(LETTER.replace("Overturned", marked))
    assert values(record) == values(SOUND) or len(record.flags) > len(SOUND.flags)


@pytest.mark.parametrize(
    "rubble", [r"\ufffd", r"\ue0c5", "(cid:12)", "\u00e2\u20ac\u2122"], ids=["fffd", "private", "cid", "mojibake"]
)
def test_characters_that_nobody_could_read_are_told(rubble: str) -> None:
    sign = rubble.encode("ascii", "backslashreplace").decode("unicode_escape")
    assert "unreadable" in codes(read(LETTER.replace("exercise", f"exerci{sign}e")))


def test_a_passage_in_cipher_is_told() -> None:
    cipher = str.maketrans("abcdefghijklmnopqrstuvwxyz", "hijklmnopqrstuvwxyzabcdefg")
    record = read(credentials(Asked(rationale=str(LONG.rationale).translate(cipher))))
    assert any(flag.code == "unreadable" and flag.path == "/decisions/0/rationale" for flag in record.flags)


def test_a_label_that_stands_twice() -> None:
    record = read(LETTER.replace("Priority:\nStandard", "Priority:\nStandard\nPriority:\nExpedited"))
    assert record.determination.priority == "standard"
    assert ("ambiguous", "/priority") in {(flag.code.value, flag.path) for flag in record.flags}


# --- what a second look found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stamp",
    [
        "DWC-WCAB 2017 FEB 28 PM 4:05",
        "Doe v. Roe Manufacturing, WCAB ADJ0041481",
        "Claim 00023822-WC-01",
        "Confidential - attorney work product",
    ],
)
def test_stamps_of_courts_and_claims(stamp: str) -> None:
    assert is_stamp(stamp)


@pytest.mark.parametrize(
    "line",
    [
        "Claim Number: 00023822",
        "The adjuster ADJ0041481 wrote to the provider. No answer came of it.",
        "Confidential records of 2/3/2016 were read by the reviewer. They say nothing of the knee.",
    ],
)
def test_lines_of_the_letter_are_no_stamps(line: str) -> None:
    assert not is_stamp(line)


def test_letters_of_a_list_go_on_beyond_h() -> None:
    items = [
        Asked(f"Item for the {part}") for part in "knee hip ankle wrist elbow neck back foot hand shoulder".split()
    ]
    letter = credentials(*items)
    for number, item in enumerate(items):
        letter = letter.replace(f"{item.heading}:", f"{chr(97 + number)}. {item.heading}:", 1)
    assert [d.heading for d in read(letter).determination.decisions] == [item.heading for item in items]


def test_a_label_whose_date_cannot_be_read_takes_none_from_elsewhere() -> None:
    table = "Case Number: CM16-0123456 Date Assigned: 12/05/2016\nUR 11/20/2016\nApplication Received: 12/01/20, 16\n"
    record = read(credentials(header=table + "Date of Injury: 03/14/2012\n"))
    assert record.determination.application_received is None


def test_a_case_number_that_runs_into_the_next_label_is_read() -> None:
    record = read(LETTER.replace("CM16-0123456\n", "CM16-0123456", 1))
    assert record.determination.case_number == "CM16-0123456"


def test_a_date_from_the_summary_in_place_of_an_illegible_one_is_told_in_every_layout() -> None:
    header = "Case Number: CM14-0123456\nDate of Injury: 3/1 4/20, 13\nDate Assigned: 12/15/2014\nPriority: Standard\n"
    letter = prose(header=header, summary="He is a 45 year old man who was injured on 3/17/2013. He has knee pain.")
    record = read(letter)
    assert record.determination.date_of_injury == date(2013, 3, 17)
    assert ("missing_field", "/date_of_injury") in {(flag.code.value, flag.path) for flag in record.flags}


def test_a_heading_that_begins_in_a_rationale_is_told() -> None:
    letter = re.sub(r"medically necessary\.\s+Knee brace:", "medically necessary; Knee brace:", LETTER)
    assert letter != LETTER
    assert codes(read(letter)) & {"incomplete", "stray_text"}


def test_a_closing_with_a_misread_letter_ends_the_last_rationale() -> None:
    letter = notice() + "\nEffect of the Decisiou:\nThe determination is final and binding on all parties, they say.\n"
    record = read(letter)
    last = record.determination.decisions[-1].rationale
    assert last is not None
    assert "binding" not in last.text


def test_a_heading_in_quotation_marks_is_somebody_elses() -> None:
    summary = SUMMARY + ' Under the words "IMR ISSUES, DECISIONS AND RATIONALES" the first letter denied Norco.'
    assert [d.heading for d in read(credentials(MRI, summary=summary)).determination.decisions] == [MRI.heading]


def test_a_guideline_paragraph_that_names_nothing_known_is_told() -> None:
    letter = LETTER.replace("Decision based on MTUS", "It rests on the Foo Guide to", 1)
    assert any(flag.path.endswith("/relied_on") for flag in read(letter).flags)


def test_running_heads_behind_line_numbers_are_left_out() -> None:
    lines = [f"{n % 28 + 1:2} {line}" for n, line in enumerate(LETTER.split("\n"))]
    for at in range(27, len(lines), 28):
        lines[at] = f"28 Final Letter of Determination Form Effective 5.16.13 Page {at // 28}"
    assert "Form Effective" not in str(read("\n".join(lines)).determination)


def test_one_verdict_over_several_numbered_issues_is_doubted_where_a_paragraph_concludes_nothing() -> None:
    text = "#1: The first is supported, and medically necessary. \n\n#2: The second adds nothing to the first."
    record = read(review("MRI of the hip", "CT of the hip", necessary=True, rationale=text))
    doubted = {flag.path for flag in record.flags if flag.code.value == "ambiguous"}
    assert "/decisions/1/outcome" in doubted


@pytest.mark.parametrize(
    ("said", "misread"),
    [
        ("Certification(s)/Specialty:", "Certifcation(s)/Specialty:"),
        ("Certification(s)/Specialty:", "Certification(s)/Speciality:"),
        ("State(s) of Licensure:", "State(s) of Licensnre:"),
    ],
)
def test_slips_in_the_labels_of_the_reviewer_are_healed(said: str, misread: str) -> None:
    assert said in LETTER
    assert values(read(LETTER.replace(said, misread))) == values(SOUND)


@pytest.mark.parametrize("label", ["Aplication\nReceived:", "Application\nRecieved:", "Applicatlon \nReceived :"])
def test_slips_in_a_label_on_two_lines_are_healed(label: str) -> None:
    record = read(LETTER.replace("Application Received:", label))
    assert record.determination.application_received == SOUND.determination.application_received


def test_words_that_are_labels_by_a_letter_stay_what_they_are() -> None:
    told = "He was\nRelieved: the pain went away after the second injection, as the notes tell."
    assert "Relieved: the pain" in str(read(credentials(summary=told)).determination.clinical_summary)
