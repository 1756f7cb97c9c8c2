"""Header values: each label paired with its value, whatever order a PDF program printed them in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from extractor.facts.tops import FARTHEST, LABEL, is_title, tops
from extractor.layout import Layout
from extractor.text.literals import DATE, find_dates
from extractor.text.spans import Span

CASE_NUMBER = re.compile(r"cm(?<!\w..)\s?\d{2}\s?-?\s?\d{5,8}(?!\d)")  # letters first: whole texts are searched for it
_TIME = re.compile(r",?\s\d{1,2}:\d{2}")
_PRIORITY = re.compile(r"\b(standard|expedited)\b")

_DATED = re.compile(r"(?:^|(?<=\n))dated?\s?:\s?(?=[\da-z])")
_LONGEST_DATE = 40
_FIGURES = re.compile(r"\d[\d ,./-]*\d")
# The sentences in which a `notice` of 2013 tells its dates.
_NOTICE_DATES: tuple[tuple[str, re.Pattern[str]], ...] = (
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

    Values stand behind the top of the letter: what stands before may be a mail or a fax sheet around it, and can only
    contradict. A labelled value wins over the sentences of 2013 letters, and of two labelled ones the first printed;
    but a letter that says "Dated:" is of that date.
    """
    if not layout.variant.known:
        return {}, {}
    top, end = letter_top(layout), layout.header.end
    told, before = _labelled(layout, Span(top, end)), _labelled(layout, Span(0, top))
    if layout.variant.header_in_sentences:
        # A letter that prints no title may be dated above its labels.
        dated_from = top if is_title(layout.view, top) else max(0, top - FARTHEST)
        told = _dated(layout, Span(dated_from, end), top) + told + _told_in_sentences(layout)
        before += _dated(layout, Span(0, dated_from), top)
    first: dict[str, HeaderValue] = {}
    other: dict[str, HeaderValue] = {}
    for name, value in told:
        if first.setdefault(name, value)[1] != value[1]:
            other.setdefault(name, value)
    for name, value in before:
        if name in first and first[name][1] != value[1]:
            other.setdefault(name, value)
    return first, other


def letter_top(layout: Layout) -> int:
    """Where the letter itself begins, behind any cover; 0 where its form does not show it."""
    return next((top for top in tops(layout.view) if top < layout.header.end), 0)


def is_piecemeal(layout: Layout) -> bool:
    """Whether labels stand above the letter without the form's title or block: they may be another paper's."""
    return bool(labels_printed(layout)) and not tops(layout.view)


def labels_printed(layout: Layout) -> set[str]:
    """The fields whose labels the header prints, whether or not their values can be read."""
    return {str(match.lastgroup) for match in LABEL.finditer(layout.view.folded, 0, layout.header.end)}


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


def _labelled(layout: Layout, within: Span) -> list[tuple[str, HeaderValue]]:
    """Header values by field, from labels and values in whatever order they were printed.

    A value behind its label on the same line is certain. What stands between such pairs is read in blocks, each a run
    of labels and the run of values after it (a table printed by columns), which pair in order where kinds and numbers
    agree; one value after several labels belongs to the last. A value left over belongs to a label directly after it.
    Anything else stays unpaired: a header value is told, not guessed.
    """
    tokens = _tokens(layout, within)
    found: list[tuple[int, str, HeaderValue]] = []

    def pair(label: _Token, value: _Token) -> None:
        found.append((label.start, label.field, (Span(value.start, value.end), value.value)))

    lined = layout.view.lined
    for value, label in _values_first(layout, tokens):
        pair(label, value)
    if found:
        return [(name, value) for _, name, value in found]
    following = [token.start for token in [*tokens, _Token(within.end, within.end, "")][1:]]
    tokens = [
        token
        for token, stop in zip(tokens, following, strict=True)
        if not (token.field and _cannot_be_read(layout, token, stop))
    ]
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


def _values_first(layout: Layout, tokens: list[_Token]) -> list[tuple[_Token, _Token]]:
    """Value and label of each pair, where every value stands above its label, and cannot stand below it; else none."""
    if not tokens or not tokens[0].field:
        return []
    first = tokens[0].start
    above = _values(layout, Span(max(0, first - _LONGEST_DATE), first))
    if not above or layout.view.lined[above[-1].end : first].strip():
        return []
    row = [above[-1], *tokens]
    pairs = list(zip(row[::2], row[1::2], strict=False))
    alternate = len(row) % 2 == 0 and all(label.field and not value.field for value, label in pairs)
    if not alternate or any(value.kind != label.kind for value, label in pairs):
        return []
    below = all(label.kind == value.kind for (_, label), (value, _) in pairwise(pairs))
    return [] if below else pairs


def _cannot_be_read(layout: Layout, label: _Token, following: int) -> bool:
    """Whether figures stand behind a date's label on its line that are no date: the label takes none from elsewhere.

    Args:
        layout: of the letter.
        label: the label.
        following: where the next label or value begins.

    """
    end = min(following, layout.view.line_span(layout.view.line_number(label.start)).end)
    return label.kind == "date" and _FIGURES.search(layout.view.flat, label.end, end) is not None


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


def _tokens(layout: Layout, within: Span) -> list[_Token]:
    """Labels and, from the first label on, values, in order."""
    folded, end = layout.view.folded, within.end
    tokens: list[_Token] = []
    for match in LABEL.finditer(folded, *within):
        name = str(match.lastgroup)
        kind = name if name in ("priority", "case_number") else "date"
        tokens.append(_Token(match.start(), match.end(), kind, field=name))
    if not tokens:
        return []
    return sorted([*tokens, *_values(layout, Span(tokens[0].start, end))], key=_begins)


def _values(layout: Layout, within: Span) -> list[_Token]:
    """Dates, priorities and case numbers, in order."""
    folded = layout.view.folded
    found = [
        _Token(printed.start, printed.end, "date", value=printed.value)
        for printed in find_dates(folded, *within)
        if _TIME.match(folded, printed.end) is None  # else when something was faxed, filed or printed
    ]
    for pattern, kind in ((_PRIORITY, "priority"), (CASE_NUMBER, "case_number")):
        for match in pattern.finditer(folded, *within):
            found.append(_Token(match.start(), match.end(), kind, value=match.group()))
    return sorted(found, key=_begins)


def _begins(token: _Token) -> int:
    return token.start


def _dated(layout: Layout, within: Span, top: int) -> list[tuple[str, HeaderValue]]:
    """What is behind "Dated:", the one nearest to the top first; behind "Date:" last, for a mail, too, has its date."""
    folded = layout.view.folded_lines
    found: list[tuple[tuple[bool, int], HeaderValue]] = []
    for match in _DATED.finditer(folded, *within):
        value = next(find_dates(folded, match.end(), match.end() + _LONGEST_DATE), None)
        if value is not None and value.start == match.end():
            order = "dated" not in match.group(), abs(top - match.start())
            found.append((order, (Span(value.start, value.end), value.value)))
    return [("decision_date", value) for _, value in sorted(found, key=lambda entry: entry[0])]


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
