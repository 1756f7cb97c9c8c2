"""Header values: each label paired with its value, whatever order a PDF program printed them in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from extractor.layout import Layout
from extractor.text.literals import DATE, find_dates
from extractor.text.spans import Span

CASE_NUMBER = re.compile(r"cm(?<!\w..)\s?\d{2}\s?-\s?\d{5,8}\b")  # letters first: whole texts are searched for it
_TIME = re.compile(r",?\s\d{1,2}:\d{2}")
_PRIORITY = re.compile(r"\b(standard|expedited)\b")

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
_LABEL = re.compile(
    r"\b(?=[acdipu])(?:"  # the letters that they begin with: few places need a closer look
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS)
    + r")(?=\s?:|\s(?:\d|cm\d|standard|expedited))"
)
# The sentences in which a `notice` of 2013 tells its dates.
_NOTICE_DATES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("decision_date", re.compile(r"(?:^|(?<=\n))dated?\s?:\s?(?=[\da-z])")),
    (
        "application_received",
        re.compile(
            r"\bapplication\sfor\sindependent\smedical\sreview\swas\s(?:filed|received)\s(?:on|by\smaximus\son)\s"
        ),
    ),
    (
        "ur_denial_date",
        re.compile(
            r"\butilization\sreview\s(?:denial|decision|determination|denial/modification)s?,?"
            r"\s(?:dated|of|issued\son|made\son)\s"
        ),
    ),
    (
        "date_assigned",
        re.compile(
            r"\bnotice\sof\sassignment(?:\sand\srequest\sfor\sinformation)?\swas\s(?:provided|sent|mailed|issued)"
            r"[^.]{0,60}?\bon\s"
        ),
    ),
)


HeaderValue = tuple[Span, str | date]
"""Where a header value stands (view span), and the value."""


def header_values(layout: Layout) -> tuple[dict[str, HeaderValue], dict[str, HeaderValue]]:
    """Field → value, and field → another value that the header gives for it.

    A labelled value wins over the sentences of 2013 letters, and of two labelled ones the first printed; but a letter
    that says "Dated:" is of that date.
    """
    if not layout.variant.known:
        return {}, {}
    told = _labelled(layout)
    if layout.variant.header_in_sentences:
        sentences = _told_in_sentences(layout)
        dated = [entry for entry in sentences if entry[0] == "decision_date"]
        told = dated + told + sentences
    first: dict[str, HeaderValue] = {}
    other: dict[str, HeaderValue] = {}
    for name, value in told:
        if first.setdefault(name, value)[1] != value[1]:
            other.setdefault(name, value)
    return first, other


def labels_printed(layout: Layout) -> set[str]:
    """The fields whose labels the header prints, whether or not their values can be read."""
    return {str(match.lastgroup) for match in _LABEL.finditer(layout.view.folded, 0, layout.header.end)}


@dataclass(frozen=True, slots=True)
class _Token:
    """A label or a value of the header; `kind` tells which values a label takes."""

    start: int
    end: int
    kind: str
    field: str = ""
    """Of a label."""
    value: str | date = ""
    """Of a value."""


def _labelled(layout: Layout) -> list[tuple[str, HeaderValue]]:
    """Header values by field, from labels and values in whatever order they were printed.

    A value behind its label on the same line is certain. What stands between such pairs is read in blocks, each a run
    of labels and the run of values after it (a table printed by columns), which pair in order where kinds and numbers
    agree; one value after several labels belongs to the last. A value left over belongs to a label directly after it.
    Anything else stays unpaired: a header value is told, not guessed.
    """
    tokens = _tokens(layout)
    found: list[tuple[int, str, HeaderValue]] = []

    def pair(label: _Token, value: _Token) -> None:
        found.append((label.start, label.field, (Span(value.start, value.end), value.value)))

    lined = layout.view.lined
    certain: set[int] = set()
    for index, (label, value) in enumerate(pairwise(tokens)):
        if (
            label.field
            and not value.field
            and label.kind == value.kind
            and lined[label.end : value.start].strip(" :|") == ""
        ):
            pair(label, value)
            certain |= {index, index + 1}
    segment: list[_Token] = []
    for index, token in enumerate(tokens):
        if index in certain:
            _pair_segment(segment, pair)
            segment = []
        else:
            segment.append(token)
    _pair_segment(segment, pair)
    return [(name, value) for _, name, value in sorted(found, key=lambda entry: entry[0])]


def _pair_segment(tokens: list[_Token], pair: Callable[[_Token, _Token], None]) -> None:
    """Pair what stands between two certain pairs: block by block, then a value directly before its label."""
    left: list[_Token] = []
    labels: list[_Token] = []
    values: list[_Token] = []
    for token in [*tokens, None]:
        if token is None or (token.field and values):
            left += _pair_block(labels, values, pair)
            labels, values = [], []
        if token is not None:
            (labels if token.field else values).append(token)
    for before, after in pairwise(left):
        if after.field and not before.field and after.kind == before.kind:
            pair(after, before)


def _pair_block(labels: list[_Token], values: list[_Token], pair: Callable[[_Token, _Token], None]) -> list[_Token]:
    """Pair a run of labels with the run of values behind it; what could not be paired comes back, in order."""
    if labels and [label.kind for label in labels] == [value.kind for value in values[: len(labels)]]:
        for label, value in zip(labels, values, strict=False):
            pair(label, value)
        return values[len(labels) :]
    left: list[_Token] = []
    for kind in ("date", "priority", "case_number"):
        wanted = [label for label in labels if label.kind == kind]
        given = [value for value in values if value.kind == kind]
        if wanted and len(wanted) == len(given):
            for label, value in zip(wanted, given, strict=True):
                pair(label, value)
        elif wanted and len(given) == 1 and wanted[-1] is labels[-1]:
            pair(wanted[-1], given[0])
        else:
            left += wanted + given
    return sorted(left, key=lambda token: token.start)


def _tokens(layout: Layout) -> list[_Token]:
    """Labels and, from the first label on, values of the header, in order."""
    folded, end = layout.view.folded, layout.header.end
    tokens: list[_Token] = []
    for match in _LABEL.finditer(folded, 0, end):
        name = str(match.lastgroup)
        kind = name if name in ("priority", "case_number") else "date"
        tokens.append(_Token(match.start(), match.end(), kind, field=name))
    if not tokens:
        return []
    first = tokens[0].start
    for printed in find_dates(folded, first, end):
        if _TIME.match(folded, printed.end) is None:  # when something was faxed, filed or printed
            tokens.append(_Token(printed.start, printed.end, "date", value=printed.value))
    for pattern, kind in ((_PRIORITY, "priority"), (CASE_NUMBER, "case_number")):
        for match in pattern.finditer(folded, first, end):
            tokens.append(_Token(match.start(), match.end(), kind, value=match.group()))
    return sorted(tokens, key=lambda token: token.start)


def _told_in_sentences(layout: Layout) -> list[tuple[str, HeaderValue]]:
    """Dates that letters of 2013 tell in the sentences around the decision."""
    found: list[tuple[str, HeaderValue]] = []
    folded = layout.view.folded_lines
    for name, pattern in _NOTICE_DATES:
        for match in pattern.finditer(folded, 0, layout.header.end):
            printed = DATE.match(folded, match.end())
            if printed is None:
                continue
            value = next(find_dates(folded, printed.start(), printed.end()), None)
            if value is not None:
                found.append((name, (Span(value.start, value.end), value.value)))
                break
    return found
