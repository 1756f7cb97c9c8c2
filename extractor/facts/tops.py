"""Tops: where a letter begins, told by the titles that its form prints, and by the block of its header's labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from extractor.text.normalize import View
from extractor.text.spans import Span

# A label and the field it names, in the forms of several years.
_LABELS: tuple[tuple[str, str], ...] = (
    ("case_number", r"(?:imr )?case (?:number|no\.?|#)"),
    ("date_assigned", r"(?:date assigned|assigned date|date of (?:notice of )?assignment)"),
    ("date_of_injury", r"(?:date of injury|injury date|doi)"),
    ("decision_date", r"(?:decision date|date of decision|determination date|date of (?:final )?determination)"),
    (
        "ur_denial_date",
        r"(?:ur denial date|ur decision date|date of ur (?:decision|denial)"
        r"|utilization review (?:denial|decision) date|ur date)",
    ),
    ("priority", r"(?:priority)"),
    (
        "application_received",
        # the last: "Application" whose "Received" was wrapped behind the date
        r"(?:(?:imr )?(?:date )?application(?: date)? received(?: date)?|(?:date )?imr application received"
        r"|application date|application(?= [\d/-]{6,10} received))",
    ),
)
LABEL = re.compile(
    r"\b(?=[acdipu])(?:"  # the letters that they begin with: few places need a closer look
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS)
    + r")(?=\s?:|\s(?:\d|cm\d|standard|expedited))"
)
"""A label; the group that matched names its field."""
FARTHEST = 300
"""Characters between two labels of a header; an address may stand there."""
_CASE_LABEL = re.compile(r"case (?:n|#)")
_NEAR = 2000
_FEWEST_LABELS = 3
"""Different ones; sentences speak of an injury's date, or of a case."""
_FEW_WORDS = 2
"""Before a label: "MAXIMUS Case Number", "1. Date of Injury"."""
_LONGEST_LEAD = 40
_TITLE = re.compile(
    r"^(?:maximus federal services,? inc\.?|(?:notice of )?independent medical review(?: final)? determination"
    r"(?: letter)?|medical professional review|imr final determination(?: letter)?|final letter of determination)$",
    re.MULTILINE,
)
_LONGEST_LETTERHEAD = 600
"""Characters between a title and the labels or titles that belong to it."""


@lru_cache(maxsize=1)  # asked several times for each letter
def tops(view: View) -> list[int]:
    """Where letters may begin: each at its first title, or at the block of labels where it has none."""
    starts = sorted({title.start() for title in _TITLE.finditer(view.folded_lines)} | {b.start for b in blocks(view)})
    return [start for at, start in enumerate(starts) if not at or start - starts[at - 1] > _LONGEST_LETTERHEAD]


def is_title(view: View, top: int) -> bool:
    """Whether a title stands there."""
    return _TITLE.match(view.folded_lines, top) is not None


def blocks(view: View) -> Iterator[Span]:
    """View spans of what can only be the header of a letter: a run of labels on one page, the case number's among them.

    A label begins its line, or stands behind another; in a sentence it is none.
    """
    run: list[re.Match[str]] = []
    for match in chain(_labels(view.folded), [None]):
        if match is not None and not _begins_line(view, match.start(), run[-1].end() if run else 0):
            continue
        if run and (match is None or match.start() - run[-1].end() > FARTHEST or _page_between(view, run[-1], match)):
            names = {label.lastgroup for label in run}
            if len(names) >= _FEWEST_LABELS and "case_number" in names:
                yield Span(run[0].start(), run[-1].end())
            run = []
        if match is not None:
            run.append(match)


def _labels(folded: str) -> Iterator[re.Match[str]]:
    """Labels that stand near one for a case number: the others are in no block."""
    searched = 0
    for number in _CASE_LABEL.finditer(folded):
        if number.start() + _NEAR > searched:
            start = max(searched, number.start() - _NEAR)
            end = number.end() + _NEAR
            yield from LABEL.finditer(folded, start, end)
            searched = end


def _begins_line(view: View, at: int, last: int) -> bool:
    """Whether a label is the first of its line, or has another before it there (which ends at `last`)."""
    line = view.line_starts[view.line_number(at) - 1]
    return last > line or (at - line < _LONGEST_LEAD and len(view.words(Span(line, at)).split()) <= _FEW_WORDS)


def _page_between(view: View, label: re.Match[str], behind: re.Match[str]) -> bool:
    lines = range(view.line_number(label.start()), view.line_number(behind.start()))
    return not view.page_breaks.isdisjoint(lines)
