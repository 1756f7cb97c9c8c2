"""Dates and numbers, as letters print them."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.text.literals import NUMBER, NUMBER_WORD, find_dates, number, numbers_in

THE_DAY = date(2016, 10, 13)


@pytest.mark.parametrize(
    "printed",
    [
        "10-13-16",
        "10-13-2016",
        "10/13/2016",
        "10/13/16",
        "10-13- 2016",
        "10- 13-2016",
        "10/13/ 2016",
        "10/ 13/2016",
        "october 13, 2016",
        "october 13 2016",
        "october 13th, 2016",
        "oct. 13, 2016",
        "oct 13, 2016",
        "october 13 , 2016",
        "13 october 2016",
        "13th of october, 2016",
        "2016-10-13",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "on {}.", "({}),", "from {} to now", "dos:{};", "dated {}, the"])
def test_forms_of_one_date(printed: str, frame: str) -> None:
    text = frame.format(printed)
    found = list(find_dates(text))
    assert [one.value for one in found] == [THE_DAY]
    assert text[found[0].start : found[0].end] == printed


@pytest.mark.parametrize(
    "printed",
    [
        "13/45/2016", "2/30/2016", "2/29/2015", "0/12/2016", "12/0/2016", "31/12/2016", "2016-13-01", "february 30, 2016",
        "10/13", "10/2016", "october 2016", "october 13", "10-13", "1.5.16", "10/13-2016", "10/13/201", "10/13/20167",
        "110/13/2016", "10/13/2016/4", "l4-5-16", "3/5/5", "12/12/0001", "january 1, 1699", "may 2016", "5/5 strength",
        "120/80/16 120/80", "909-555-10-13-2016", "1/10/13/2016",
    ],
)  # fmt: skip
def test_not_a_date(printed: str) -> None:
    assert not [one.value for one in find_dates(printed)]


@pytest.mark.parametrize(
    ("printed", "limit", "value"),
    [
        ("3/19/12", date(2016, 1, 1), date(2012, 3, 19)),
        ("3/19/92", date(2016, 1, 1), date(1992, 3, 19)),
        ("3/19/16", date(2016, 3, 19), date(2016, 3, 19)),
        ("3/20/16", date(2016, 3, 19), date(1916, 3, 20)),
        ("3/19/2092", date(2016, 1, 1), date(2092, 3, 19)),  # printed in full: no guessing
        ("3/19/92", None, date(2092, 3, 19)),
        ("2/29/96", date(2016, 1, 1), date(1996, 2, 29)),
    ],
)
def test_two_digit_years(printed: str, limit: date | None, value: date) -> None:
    (found,) = find_dates(printed)
    assert found.before(limit) == value


def test_before_never_fails_on_a_leap_day() -> None:
    """29 February 2000 is a date and 29 February 1900 is none."""
    (found,) = find_dates("2/29/00")
    assert found.before(date(1999, 1, 1)) in {date(2000, 2, 29), date(1900, 3, 1), date(1900, 2, 28)}


def test_dates_in_order_and_within_bounds() -> None:
    text = "on 1/2/2016 and 3/4/2016, then may 5, 2016"
    assert [one.value.month for one in find_dates(text)] == [1, 3, 5]
    assert [one.value.month for one in find_dates(text, 5, 25)] == [3]


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_every_day_comes_back(day: date) -> None:
    for printed in (
        f"{day.month}/{day.day}/{day.year}",
        f"{day:%m-%d-%Y}",
        f"{day:%m-%d}- {day.year}",
        f"{day:%B} {day.day}, {day.year}".lower(),
        f"{day:%Y-%m-%d}",
    ):
        assert [one.value for one in find_dates(printed)] == [day], printed


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_two_digits_are_of_this_century(day: date) -> None:
    (found,) = find_dates(f"{day:%m/%d/%y}")
    assert found.value == day
    assert found.two_digit_year
    assert found.before(day) == day
    if (day.month, day.day) != (2, 29):
        assert found.before(day - timedelta(days=1)) == day.replace(year=day.year - 100)


@given(st.text(max_size=80))
def test_dates_of_any_text_lie_within_it(text: str) -> None:
    for found in find_dates(text.lower()):
        assert 0 <= found.start < found.end <= len(text.lower())


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("7", 7), ("70", 70), ("1,000", 1000), ("0.5", 0.5), ("seven", 7), ("seventeen", 17), ("seventy", 70),
        ("twenty-four", 24), ("twenty four", 24), ("forty", 40), ("fourty", 40), ("ninety-nine", 99), ("once", 1),
        ("twice", 2), ("thrice", 3), ("single", 1), ("zero", 0), (" six ", 6),
        ("some", None), ("", None), ("a", None), ("sevens", None), ("twenty-some", None), ("x", None), ("#60", None),
        ("nan", None), ("inf", None), ("1e3", None), ("infinity", None), ("1_000", None),
    ],
)  # fmt: skip
def test_number(words: str, value: float | None) -> None:
    assert number(words) == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two times a week for six weeks (12 sessions)", {2, 6, 12}),
        ("tramadol 50mg #60", {50, 60}),
        ("10/325mg", {10, 325}),
        ("0.5 ml", {0.5}),
        (".5 ml", {0.5}),
        ("1,000 units", {1000}),
        ("sixteen", {16}),
        ("seventy", {70}),
        ("twenty-four", {24}),
        ("nothing here", set()),
        ("someone", set()),
        ("often", set()),
        ("twice", {2}),
    ],
)
def test_numbers_in(text: str, values: set[float]) -> None:
    assert numbers_in(text) == values


@pytest.mark.parametrize("word", ["six", "sixteen", "sixty", "sixty-six", "sixty six", "eleven", "twenty"])
def test_number_words_are_matched_whole(word: str) -> None:
    assert re.fullmatch(NUMBER_WORD, word)
    match = re.match(NUMBER, word)
    assert match is not None
    assert match.group() == word
