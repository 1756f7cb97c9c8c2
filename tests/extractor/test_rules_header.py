"""Header: case number, priority and dates, however the table was printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from letters import HEADER, SUMMARY, codes, credentials, decisions_and_rationales, header_table, notice, prose, read

ORDERS = ["rows", "lines", "pairs", "labels", "columns", "split", "blocks", "raised"]
VALUES = {
    "date_assigned": date(2016, 12, 5),
    "date_of_injury": date(2012, 3, 14),
    "decision_date": date(2017, 1, 3),
    "ur_denial_date": date(2016, 11, 20),
    "application_received": date(2016, 12, 1),
}
NO_DATES = "The injured worker is a 45 year old male. The diagnoses include lumbar strain. He reported low back pain."


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("letter", [credentials, prose], ids=["credentials", "prose"])
def test_header_in_every_order(order: str, letter: Callable[..., str]) -> None:
    record = read(letter(header=header_table(order)))
    told = record.determination
    assert told.case_number == "CM16-0123456"
    assert told.priority == "standard"
    assert {name: getattr(told, name) for name in VALUES} == VALUES
    assert not codes(record)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("missing", [label for label in HEADER if label not in ("Case Number", "Priority")])
def test_a_missing_date_shifts_no_other(order: str, missing: str) -> None:
    """Label and value both gone."""
    field = missing.lower().replace(" ", "_")
    told = read(credentials(header=header_table(order, **{field: None}), summary=NO_DATES)).determination
    assert {name: getattr(told, name) for name in VALUES} == {**VALUES, field: None}


@pytest.mark.parametrize("order", ORDERS[:-1])  # of raised values, the next would do as well: nobody can tell
@pytest.mark.parametrize("missing", [label for label in HEADER if label not in ("Case Number", "Priority")])
def test_an_empty_value_shifts_no_other(order: str, missing: str) -> None:
    """The label stands, its value does not: nothing wrong may be said, only nothing."""
    field = missing.lower().replace(" ", "_")
    told = read(credentials(header=header_table(order, **{field: ""}), summary=NO_DATES)).determination
    for name, value in VALUES.items():
        assert getattr(told, name) in {value, None} if name != field else getattr(told, name) is None


@pytest.mark.parametrize("order", ["rows", "pairs", "lines"])
@pytest.mark.parametrize("stray", ["{}\nPrinted 01/09/2017", "Received by fax 01/09/2017\n{}", "{}\n01/09/2017"])
@pytest.mark.parametrize("missing", ["date_assigned", "date_of_injury", "decision_date", "ur_denial_date"])
def test_a_stray_date_and_an_empty_value_shift_no_other(order: str, stray: str, missing: str) -> None:
    """As many dates as labels prove nothing."""
    header = stray.format(header_table(order, **{missing: ""}))
    told = read(credentials(header=header, summary=NO_DATES)).determination
    wrong = {name: getattr(told, name) for name, value in VALUES.items() if getattr(told, name) not in {value, None}}
    if stray == "{}\n01/09/2017":  # alone on its line, it may be the value of the label that lacks one
        wrong.pop(missing, None)
    assert wrong == {}


def test_rows_with_an_empty_value_keep_the_others() -> None:
    told = read(credentials(header=header_table("rows", decision_date=""), summary=NO_DATES)).determination
    assert told.date_assigned == VALUES["date_assigned"]
    assert told.application_received == VALUES["application_received"]
    assert told.decision_date is None


@pytest.mark.parametrize("order", ["rows", "lines", "pairs"])
def test_expedited(order: str) -> None:
    assert read(credentials(header=header_table(order, priority="Expedited"))).determination.priority == "expedited"


def test_wrapped_label_and_value() -> None:
    header = (
        header_table("lines")
        .replace("Application Received", "Application\nReceived")
        .replace("12/05/2016", "12/05/\n2016")
    )
    told = read(credentials(header=header)).determination
    assert told.application_received == VALUES["application_received"]
    assert told.date_assigned == VALUES["date_assigned"]


@pytest.mark.parametrize(
    ("printed", "value"),
    [("CM16-0123456", "CM16-0123456"), ("cm16-0123456", "cm16-0123456"), ("CM16- 0123456", "CM16- 0123456")],
)
def test_case_number_as_printed(printed: str, value: str) -> None:
    assert read(credentials(header=header_table(case_number=printed))).determination.case_number == value


@pytest.mark.parametrize("printed", ["CM16-012", "16-0123456", "CMX6-0123456", "CM16-01234567890"])
def test_no_case_number(printed: str) -> None:
    assert read(credentials(header=header_table(case_number=printed))).determination.case_number is None


def test_header_wins_over_summary() -> None:
    record = read(credentials(summary=SUMMARY.replace("03-14-2012", "03-15-2012")))
    assert record.determination.date_of_injury == VALUES["date_of_injury"]
    assert "date_conflict" in codes(record)


@pytest.mark.parametrize(
    ("summary", "injury"),
    [
        ("The patient is a 45 year old male with a date of injury of 3/14/2012.", date(2012, 3, 14)),
        ("The patient is a 45 year old male with a 3/14/12 date of injury.", date(2012, 3, 14)),
        (
            "The injured worker is a 45-year-old female, with a reported date of injury of 03-14-2012.",
            date(2012, 3, 14),
        ),
        (
            "The claim goes back to an industrial injury of March 14, 2012.",
            date(2012, 3, 14),
        ),
        ("This is a claimant who was injured on March 14, 2012.", date(2012, 3, 14)),
        ("The patient sustained an injury on 3/14/2012.", date(2012, 3, 14)),
        (
            "The injured worker is a 45 year old male who sustained an industrial injury on\n10-30-\n2012.",
            date(2012, 10, 30),
        ),
        ("The worker was hurt. DOI: 3/14/2012.", date(2012, 3, 14)),
        ("She has a history of an occupational claim from 03/14/2012.", date(2012, 3, 14)),
        ("The employee is a 45 year old male injured on 3/14/2012.", date(2012, 3, 14)),
        ("He was seen on 3/14/2012 for pain.", None),
        ("An MRI dated 3/14/2012 showed a tear.", None),
        ("He was born on 3/14/1972.", None),
    ],
)
def test_injury_date_from_the_summary(summary: str, injury: date | None) -> None:
    told = read(credentials(header=header_table(date_of_injury=None), summary=summary)).determination
    assert told.date_of_injury == injury


@pytest.mark.parametrize(
    ("summary", "review"),
    [
        ("A utilization review determination dated 2/3/14 did not certify them.", date(2014, 2, 3)),
        ("On 11-20-2016 Utilization Review non-certified the requests.", date(2016, 11, 20)),
        (
            "The utilization review report dated October 4, 2015 did not approve it.",
            date(2015, 10, 4),
        ),
        ("The utilization review determination of 12/18/13 did not certify the series.", date(2013, 12, 18)),
        ("A UR decision dated 2/18/14 denied the requests.", date(2014, 2, 18)),
        ("On 10-30-\n2016, Utilization Review (UR) denied it.", date(2016, 10, 30)),
        ("The report of 2/18/14 was reviewed.", None),
    ],
)
def test_review_date_from_the_summary(summary: str, review: date | None) -> None:
    told = read(credentials(header=header_table(ur_denial_date=None), summary=summary)).determination
    assert told.ur_denial_date == review


@pytest.mark.parametrize(
    ("printed", "decision", "injury"),
    [
        ("3/14/12", "01/03/2017", date(2012, 3, 14)),
        ("3/14/92", "01/03/2017", date(1992, 3, 14)),
        ("3/14/17", "01/03/2017", date(1917, 3, 14)),
        ("1/3/17", "01/03/2017", date(2017, 1, 3)),
    ],
)
def test_century_of_the_injury(printed: str, decision: str, injury: date) -> None:
    header = header_table(date_of_injury=printed, decision_date=decision)
    assert read(credentials(header=header, summary=NO_DATES)).determination.date_of_injury == injury


def test_century_without_a_header() -> None:
    told = read(
        prose(header="", summary="The patient has a date of injury of 3/14/92. He was seen on 1/2/14.")
    ).determination
    assert told.date_of_injury == date(1992, 3, 14)


def test_notice_tells_its_dates_in_sentences() -> None:
    told = read(notice()).determination
    assert told.decision_date == date(2014, 1, 6)
    assert told.application_received == date(2013, 10, 7)
    assert told.ur_denial_date == date(2013, 9, 24)
    assert told.date_assigned == date(2013, 10, 21)


def test_notice_without_its_date() -> None:
    assert read(notice(dated=None)).determination.decision_date is None


def test_a_denial_date_is_no_decision_date() -> None:
    told = read(decisions_and_rationales()).determination
    assert told.ur_denial_date == date(2013, 9, 24)
    assert told.decision_date is None
    assert told.case_number == "CM13-0123456"
