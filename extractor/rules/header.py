"""Case number, priority and dates: from the header, else from the summary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from extractor.drafts import Draft
from extractor.layout import Layout
from extractor.literals import DATE, PrintedDate, find_dates
from extractor.spans import Span

CASE_NUMBER = re.compile(r"\bcm\s?\d{2}\s?-\s?\d{5,8}\b")
_PRIORITY = re.compile(r"\b(standard|expedited)\b")

# A label and the field it names. "application received" may be wrapped; forms of several years.
_LABELS: tuple[tuple[str, str], ...] = (
    ("case_number", r"(?:imr )?case (?:number|no\.?|#)"),
    ("date_assigned", r"(?:date assigned|assigned date|date of (?:notice of )?assignment)"),
    ("date_of_injury", r"(?:date of injury|injury date|doi)"),
    ("decision_date", r"(?:decision date|date of decision|determination date|date of (?:final )?determination)"),
    ("ur_denial_date", r"(?:ur denial date|ur decision date|date of ur (?:decision|denial)|utilization review (?:denial|decision) date|ur date)"),
    ("priority", r"(?:priority)"),
    ("application_received", r"(?:(?:imr )?(?:date )?application(?: date)? received(?: date)?|(?:date )?imr application received|application date)"),
)  # fmt: skip
_LABEL = re.compile("|".join(rf"(?P<{name}>\b{words})(?=\s?:)" for name, words in _LABELS))
DATE_FIELDS = ("date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury")

# The sentences in which a `notice` of 2013 tells its dates.
_NOTICE_DATES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("decision_date", re.compile(r"\bdated?:\s?(?=[\da-z])")),
    ("application_received", re.compile(r"\bapplication for independent medical review was (?:filed|received) (?:on|by maximus on)\s")),
    ("ur_denial_date", re.compile(r"\butilization review (?:denial|decision|determination|denial/modification)s?,? (?:dated|of|issued on|made on)\s")),
    ("date_assigned", re.compile(r"\bnotice of assignment(?: and request for information)? was (?:provided|sent|mailed|issued)[^.]{0,60}?\bon\s")),
)  # fmt: skip

_ON = r"(?:\s(?:on|of|dated|from|occurring on|that occurred on|which occurred on|occurred on|date of)|\s?[:,])*\s?\(?"
_INJURY = re.compile(
    r"\b(?:(?:date of (?:the )?(?:industrial |occupational )?injury|injury date|doi)(?:\s(?:is|was|being|of|on|reported as|listed as|noted as))*\s?[:(,]?\s?"
    r"|(?:industrial|occupational|work|work-related|industrial-work|industrially related|on-the-job|specific|original)?[- ]?\s?"
    rf"injur(?:y|ies)(?: claim)?(?: to [^.;]{{1,80}}?| (?:while|when) [^.;]{{1,80}}?)?{_ON}"
    rf"|(?:was|were|been|got) (?:first |originally )?(?:industrially )?injured(?: at work| on the job| in (?:a|an) [^.;]{{1,50}}?)?{_ON}"
    rf"|occupational claim from\s|(?:accident|incident|fall){_ON})"
)
_REVIEW = re.compile(
    r"\b(?:utilization[- ]review|ur)\b[^.;]{0,90}?\b(?:dated|on|of|date|from|issued|decision date of)\s?\(?"
    r"|\butilization[- ]review (?:report |determination |denial |decision |documentation )?\(?"
    r"|\b(?:previously (?:deemed|determined|found) not medically necessary|prior (?:determination|review|ur))\b[^.;]{0,30}?(?:on|dated)\s"
)
_REVIEW_AFTER = re.compile(r"[^.;]{0,12}?\b(?:the )?(?:original |prior )?(?:utilization[- ]review|ur)\b")


@dataclass(frozen=True, slots=True)
class SummaryDates:
    """Dates of the two kinds that summaries tell, in printed order."""

    injury: tuple[PrintedDate, ...]
    review: tuple[PrintedDate, ...]


def read_header(layout: Layout, draft: Draft) -> None:
    """Say case number, priority and dates. The header wins; what it lacks comes from the summary."""
    _say_case_number(layout, draft)
    if layout.variant in ("notice", "decisions_and_rationales"):
        _read_notice(layout, draft)
    found = _labelled(layout)
    for name, (start, end, value) in found.items():
        if name in ("case_number",) or f"/{name}" in draft.claims:
            continue
        draft.say(f"/{name}", value, Span(start, end))
    told = summary_dates(layout)
    if "/ur_denial_date" not in draft.claims and told.review:
        first = told.review[0]
        draft.say("/ur_denial_date", first.value, Span(first.start, first.end))
    _say_injury(layout, draft, told)


def _say_case_number(layout: Layout, draft: Draft) -> None:
    """From the header; else where furniture or text alone carries it."""
    folded = layout.view.folded
    match = CASE_NUMBER.search(folded, 0, layout.header.end) or CASE_NUMBER.search(folded)
    if match is not None:
        draft.say("/case_number", layout.view.flat[slice(*match.span())], Span(*match.span()))


def _labelled(layout: Layout) -> dict[str, tuple[int, int, str | date]]:
    """Header values by field.

    PDF programs print the table row by row, column by column, or all labels and then all values. Labels wait in line
    and each value goes to the first waiting label that takes its type; that is right for every such order as long as
    each label has a value. Where some have none, only a value directly behind its label is believed.
    """
    folded = layout.view.folded
    labels = [(m.start(), m.end(), str(m.lastgroup)) for m in _LABEL.finditer(folded, 0, layout.header.end)]
    if not labels:
        return {}
    values: list[tuple[int, int, str, str | date]] = []
    for date_match in find_dates(folded, 0, layout.header.end):
        values.append((date_match.start, date_match.end, "date", date_match.value))
    for match in _PRIORITY.finditer(folded, 0, layout.header.end):
        values.append((*match.span(), "priority", match.group(1)))
    for match in CASE_NUMBER.finditer(folded, 0, layout.header.end):
        values.append((*match.span(), "case_number", match.group()))
    values = [value for value in values if value[0] >= labels[0][0]]

    def kind(name: str) -> str:
        return name if name in ("priority", "case_number") else "date"

    found: dict[str, tuple[int, int, str | date]] = {}
    for type_ in ("date", "priority", "case_number"):
        wanted = [label for label in labels if kind(label[2]) == type_]
        given = [value for value in values if value[2] == type_]
        if len(wanted) == len(given):
            pairs = list(zip(wanted, given, strict=True))
        else:
            pairs = [
                (label, value)
                for label in wanted
                for value in given
                if label[1] <= value[0] and not folded[label[1] : value[0]].strip(" :|")
            ]
        for label, value in pairs:
            found.setdefault(label[2], (value[0], value[1], value[3]))
    return found


def _read_notice(layout: Layout, draft: Draft) -> None:
    folded = layout.view.folded
    for name, pattern in _NOTICE_DATES:
        for match in pattern.finditer(folded, 0, layout.header.end):
            printed = DATE.match(folded, match.end())
            if printed is None:
                continue
            value = next(find_dates(folded, printed.start(), printed.end()), None)
            if value is not None:
                draft.say(f"/{name}", value.value, Span(value.start, value.end))
                break


def summary_dates(layout: Layout) -> SummaryDates:
    """Dates of injury and of the utilization review that the clinical summary tells."""
    if layout.summary is None:
        return SummaryDates((), ())
    folded = layout.view.folded
    injury: list[PrintedDate] = []
    review: list[PrintedDate] = []
    for printed in find_dates(folded, *layout.summary):
        lead = folded[max(layout.summary.start, printed.start - 140) : printed.start]
        if _ends_with(_INJURY, lead):
            injury.append(printed)
        elif _ends_with(_REVIEW, lead) or (
            re.search(r"(?:^|[.;,] |\bon )$", lead) and _REVIEW_AFTER.match(folded, printed.end)
        ):
            review.append(printed)
    return SummaryDates(tuple(injury), tuple(review))


def _ends_with(pattern: re.Pattern[str], lead: str) -> bool:
    """The lead-in ends in the pattern, with nothing between it and the date."""
    return any(match.end() == len(lead) for match in pattern.finditer(lead)) or bool(
        (last := _last(pattern, lead)) and not lead[last.end() :].strip(" (:,")
    )


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for last in pattern.finditer(text):
        pass
    return last


def _say_injury(layout: Layout, draft: Draft, told: SummaryDates) -> None:
    """The date of injury, with the century set by what came after it: nobody is hurt after the decision."""
    header = draft.claims.pop("/date_of_injury", None)
    limit = latest_known(layout, draft)
    if header is not None and header.places:
        printed = next(find_dates(layout.view.folded, *header.places[0]), None)
    else:
        printed = told.injury[0] if told.injury else None
    if printed is not None:
        draft.say("/date_of_injury", printed.before(limit), Span(printed.start, printed.end))


def latest_known(layout: Layout, draft: Draft) -> date | None:
    """The decision's date, else the latest date that the header tells, else the latest that the summary tells."""
    claim = draft.claims.get("/decision_date")
    if claim is not None and isinstance(claim.value, date):
        return claim.value
    known = [
        claim.value
        for name in DATE_FIELDS
        if (claim := draft.claims.get(f"/{name}")) is not None and isinstance(claim.value, date)
    ]
    if not known and layout.summary is not None:
        known = [printed.value for printed in find_dates(layout.view.folded, *layout.summary) if not printed.two_digit_year]
        known += [
            printed.value
            for printed in find_dates(layout.view.folded, *layout.summary)
            if printed.two_digit_year and printed.value.year < 2030
        ]
    return max(known, default=None)
