"""Dates and numbers as letters print them, and what they mean. Parsing only: where to look is the readers' business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

Value = str | int | float | bool | date
"""What a field can hold. A passage is its text; a member of a closed list its value."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

# 10/13/2016 · 10-13-16 · "10-30- 2016" and "10/14/ 2016" (wrapped) · October 13, 2016 · 13 October 2016 · 2016-10-13
# Not 02/15/20 17, 2/15/20l7, 1 2/15/2017: a year, month or day that was broken or misread is no shorter one.
# The look at the first character is what most places fail at, at a fraction of the cost.
DATE = re.compile(
    rf"""(?x) (?=[\djfmasond]) (?:
    (?<![\w/.-])(?<!\b(?:19|20)\s)(?<!\b(?:19|20)\d\s)(?P<m>\d{{2}}|(?<!\b1\s)\d)\s?(?P<sep>[/-])\s?(?P<d>\d{{1,2}})\s?(?P=sep)\s?
      (?P<y>\d{{4}}|(?!(?:19|20)[\s.,'_-]{{1,2}}\d{{1,2}}\b)\d{{2}}(?![loi]))(?![\d/]|-\d)
    | (?<![\d/-])(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?!\d)
    | \b(?P<month>{_MONTH})\b\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s?,?\s?(?P<year>\d{{4}})\b
    | \b(?<!\b[1-3]\s)(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month2>{_MONTH})\b\.?,?\s(?P<year2>\d{{4}})\b
    )"""
)


class PrintedDate(NamedTuple):
    """A date as printed: `start` and `end` are offsets into the text it was found in."""

    start: int
    end: int
    value: date
    two_digit_year: bool = False

    def before(self, limit: date | None) -> date:
        """The value; a two-digit year that would put it after `limit` is taken as 19yy."""
        if self.two_digit_year and limit is not None and self.value > limit:
            return self.in_1900s() or self.value
        return self.value

    def in_1900s(self) -> date | None:
        """A two-digit year read as 19yy; None where that is no date (2/29/00) or four digits are printed."""
        if not self.two_digit_year:
            return None
        try:
            return self.value.replace(year=self.value.year - 100)
        except ValueError:
            return None


def find_dates(folded: str, start: int = 0, end: int | None = None) -> Iterator[PrintedDate]:
    """Every calendar date in `folded[start:end]`, in order, US order m/d/y; two-digit years are 20yy."""
    for match in DATE.finditer(folded, start, len(folded) if end is None else end):
        printed = _printed(match)
        if printed is not None:
            yield printed


def _printed(match: re.Match[str]) -> PrintedDate | None:
    short = False
    if match.group("m"):
        year = int(match.group("y"))
        short = len(match.group("y")) == 2
        parts = (year + 2000 if short else year, int(match.group("m")), int(match.group("d")))
    elif match.group("iso"):
        year, month, day = (int(part) for part in match.group("iso").split("-"))
        parts = (year, month, day)
    elif match.group("month"):
        parts = (int(match.group("year")), _MONTHS[match.group("month")], int(match.group("day")))
    else:
        parts = (int(match.group("year2")), _MONTHS[match.group("month2")], int(match.group("day2")))
    try:
        value = date(*parts)
    except ValueError:  # 13/45/2016 is no date
        return None
    if not 1900 <= value.year <= 2100:
        return None
    return PrintedDate(match.start(), match.end(), value, short)


_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten"
    " eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_UNITS = {word: number for number, word in enumerate(_TO_NINETEEN)}
_BY_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TENS = {word: 10 * number for number, word in enumerate(_BY_TENS, start=2)}
_TENS["fourty"] = 40
_OTHER = {"once": 1, "twice": 2, "thrice": 3, "single": 1, "hundred": 100}
_TENS_UNITS = rf"(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(list(_UNITS)[1:10])}))?"
NUMBER_WORD = rf"(?:{_TENS_UNITS}|{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,4}}|\d+(?:\.\d+)?|{NUMBER_WORD})"
"""Pattern of a number in figures or words, folded."""


_FIGURES = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+")
_NUMBER_WORDS = re.compile(rf"\b(?:{NUMBER_WORD}|once|twice|single)\b")
_NUMERAL = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)


def number(words: str) -> float | None:
    """The number that `words` (folded) say, in figures or words; None where they say none.

    >>> number("twenty-four"), number("1,000"), number("twice"), number("some")
    (24.0, 1000.0, 2.0, None)
    """
    words = words.strip().replace(",", "")
    if _NUMERAL.fullmatch(words):
        return float(words)
    if words in _OTHER:
        return float(_OTHER[words])
    total = 0
    for part in re.split(r"[- ]", words):
        if part in _TENS:
            total += _TENS[part]
        elif part in _UNITS:
            total += _UNITS[part]
        else:
            return None
    return float(total)


def numbers_in(folded: str) -> set[float]:
    """Every number that stands in `folded`, in figures or words."""
    found = {float(match.replace(",", "")) for match in _FIGURES.findall(folded)}
    for match in _NUMBER_WORDS.findall(folded):
        value = number(match)
        if value is not None:
            found.add(value)
    return found
