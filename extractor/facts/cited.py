"""One citation and its leaves: whose guideline, title, year, sections, pages, as letters print them."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from extractor.records.determination import Source
from extractor.text.normalize import View
from extractor.text.spans import Span

# "Official Disability Guidelines (ODG)", "the ODG Treatment in Workers' Compensation"
ODG = re.compile(
    r"(?:the )?(?:official disability guidelines?(?:[ ,-]*\(? ?odg ?\)?)?|odg(?: \(official disability guidelines?\))?)"
    r"(?: guidelines?\b)?(?: treatment in workers' compensation)?"
)
ODG_ANYWHERE = re.compile(r"\bodg\b|\bofficial disability guideline")
# "American College of Occupational and Environmental Medicine (ACOEM)", "the ACOEM's Practice Guidelines"
ACOEM = re.compile(
    r"(?:the )?"
    r"(?:american college of occupational (?:and|&) environmental medicine(?: \(acoem\))?|acoem(?: \([^)]{0,200}\))?)"
    r"(?:'s)?(?: (?:practice )?guidelines?\b)?"
)
ACOEM_ANYWHERE = re.compile(r"\bacoem\b|\bamerican college of occupational")

# "pages 44-46", "(pg. 12 & 14)", "p. 288.1"; `p` without the word before them
_PAGE = r"\d[\dA-Za-z]*(?:\.\d+)?"
PAGES = re.compile(
    r"[,;]? ?\(?\b(?:pages? ?(?:\(s\))?|pgs?\.?|pp\.?|p\.)(?: ?numbers?)? ?[:#]? ?"
    rf"(?P<p>{_PAGE}(?: ?(?:-|–|to|&|and|,) ?{_PAGE})*)\)?",
    re.IGNORECASE,
)

_YEAR = re.compile(r"(?<![\d/.-])(?P<y>(?:19|20)\d\d)(?![\d/-])")
# What holds a year that is none of the edition: access and update dates, addresses.
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATED = re.compile(
    r"\((?:updated|accessed|revised)[^)]{0,200}\)|(?:updated|accessed|retrieved)(?: on| from)?[^,;)]{0,40}"
    rf"|https?:\S+|www\.\S+|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}|(?:{_MONTH}) \d{{1,2}}, \d{{4}}"
)

EDGE = " ,;:/.-–"
"""What may cling to the ends of a title."""


@dataclass(frozen=True, slots=True)
class CitedTitle:
    """One citation, its leaves as view spans."""

    source: Source
    source_at: Span
    mtus: bool
    title: Span
    year: Span | None = None
    sections: tuple[Span, ...] = ()
    pages: Span | None = None
    mtus_at: Span | None = None
    """The words that say whether it is part of the MTUS, where they are not those at `source_at`."""


def year_in(view: View, title: Span) -> Span | None:
    """A printed year of the edition; not one of an update or access date or inside a URL."""
    dated = deque(Span(*match.span()) for match in _DATED.finditer(view.folded, *title))
    for match in _YEAR.finditer(view.folded, *title):
        place = Span(*match.span("y"))
        while dated and dated[0].end <= place.start:
            dated.popleft()
        if not (dated and dated[0].overlaps(place)):
            return place
    return None


def odg_title(view: View, start: int, end: int) -> Span:
    """What follows the name, without the separator before it and the stop behind it; closing brackets stay."""
    while start < end and view.flat[start] in EDGE:
        start += 1
    return view.trim(start, end, extra=".,;")
