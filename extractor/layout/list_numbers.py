"""List numbers and bullets before a heading, on its line or on one of their own: they are no part of any value."""

from __future__ import annotations

import re

from extractor.text.normalize import View
from extractor.text.spans import Span

_BULLET = r"[•●▪■◦‣►➢*–—-]|o(?=\s)"
_COUNTED = r"(?i:disputed item|issue|item|request|decision|treatment|number|no\.?)"
# Forms that are nothing else.
_PLAIN = rf"(?:\(?\d{{1,2}}[.)]|{_BULLET})(?=\s)|\(?\d{{1,2}}\)|{_COUNTED} ?#?\d{{1,2}}\s?[:.)-]"
# Forms that may be words of the request, "#2" and "C.": only where they count right; "2 epidurals" never.
_COUNT = r"(?:(?P<number>\d{1,2})|(?P<roman>[IVX]{1,5}|ix|iv|v?i{1,3}|v|x)|(?P<letter>[a-zA-Z]))"
_FIRST = re.compile(rf"(?:{_PLAIN})\s*(?=\S)")
_FIRST_COUNTING = re.compile(
    rf"(?:[(\[]?#?{_COUNT}(?:[.):\]]+|\s-(?=\s))|(?:{_COUNTED} ?#?|#)(?P<named>\d{{1,2}}))\s+(?=\S)"
)
# The same before the heading's words: on a line of its own, or behind the end of a sentence.
_LAST = re.compile(
    rf"(?:(?:\A|(?<=\n))(?:{_PLAIN}|(?:{_COUNTED} ?)?[(\[]?#?{re.sub('P<.*?>', ':', _COUNT)}(?:[.):\]]|\s-)*)"
    r"|(?<=[.!?:\"')] )\(?\d{1,2}[.)])\s*\Z"
)
_BARE = re.compile(r"(\d{1,2})\s+(?=\S)")
_LONGEST = 24
_ROMAN = ("", *"I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX".split())


def unnumbered(view: View, heading: Span, position: int) -> Span:
    """A heading without the number before it; `position`, from 1, is that of its item among the letter's."""
    number = _FIRST.match(view.flat, *heading)
    if number is None:
        number = _FIRST_COUNTING.match(view.flat, *heading)
        if number is not None and not _counts(number, position):
            number = None
    return Span(number.end(), heading.end) if number is not None and number.end() < heading.end else heading


def uncounted(view: View, headings: list[Span]) -> list[Span]:
    """The headings without the bare numbers before them, where there are several that count up: "1 MRI", "2 TENS"."""
    numbers = [_BARE.match(view.flat, *heading) for heading in headings]
    counted = [number is not None and int(number[1]) == position for position, number in enumerate(numbers, start=1)]
    if len(headings) < 2 or not all(counted):
        return headings
    return [Span(number.end(), head.end) for number, head in zip(numbers, headings, strict=True) if number]


def number_before(view: View, lower: int, start: int) -> int:
    """Where a number begins that stands directly before the heading at `start`; `start` where none does."""
    begin = max(lower, start - _LONGEST)
    number = _LAST.search(view.lined[begin:start])
    if number is None or (number.start() == 0 and begin not in view.starts):
        return start
    return begin + number.start()


def _counts(number: re.Match[str], position: int) -> bool:
    figures = number["number"] or number["named"]
    if figures:
        return int(figures) == position
    said = (number["roman"] or number["letter"]).upper()
    return said in (_ROMAN[position] if position < len(_ROMAN) else "", chr(ord("A") + position - 1))
