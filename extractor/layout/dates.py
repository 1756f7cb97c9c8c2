"""Dates that the clinical summary tells of the injury and of the utilization review."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.processes import deadline
from extractor.text.literals import PrintedDate, find_dates
from extractor.text.normalize import View
from extractor.text.spans import Span

# What stands between the words and the date: "on", "of (", "that occurred on".
_ON = r"(?:\s(?:on|of|dated|from|occurring on|that occurred on|which occurred on|occurred on|date of)|\s?[:,])*\s?\(?"
_PERSON = r"(?:man|male|woman|female|worker|employee|who|claimant|applicant|patient|lady|gentleman|clerk|driver)"
_INJURY = re.compile(
    # "date of injury:", "DOI of"
    r"\b(?:(?:date of (?:the )?(?:industrial |occupational )?injury|injury date|doi)"
    r"(?:\s(?:is|was|being|of|on|reported as|listed as|noted as))*\s?[:(,]?\s?"
    # "industrial injury to the low back on", "injury while lifting on"
    r"|(?:industrial|occupational|work|work-related|industrial-work|industrially related|on-the-job|specific|original)?"
    rf"[- ]?\s?injur(?:y|ies)(?: claim)?(?: to [^.;]{{1,80}}?| (?:while|when) [^.;]{{1,80}}?)?{_ON}"
    # "a 45-year-old male who was hurt at work on"
    rf"|\b{_PERSON} (?:was )?(?:hurt|injured)(?: at work| on the job)?{_ON}"
    # "injured his back on"
    rf"|(?:injured|hurt|strained|sprained|fractured|twisted|crushed) (?:his|her|the|their) [^.;]{{1,60}}?{_ON}"
    # "was first injured in a fall on"
    r"|(?:was|were|been|got) (?:first |originally )?(?:industrially )?injured"
    rf"(?: at work| on the job| in (?:a|an) [^.;]{{1,50}}?)?{_ON}"
    # "occupational claim from", "accident of"
    rf"|occupational claim from\s|(?:accident|incident|fall){_ON})"
)
_INJURY_AFTER = re.compile(
    r"\s?(?:\w+ )?(?:date of (?:the )?injury|doi|(?:industrial|occupational|work(?:-related)?) (?:injury|accident))\b"
)
_REVIEW = re.compile(
    # "utilization review report dated", "UR decision of"
    r"\b(?:utilization[- ]review|ur)\b[^.;]{0,90}?\b(?:dated|on|of|date|from|issued|decision date of)\s?\(?"
    r"|\butilization[- ]review (?:report |determination |denial |decision |documentation )?\(?"
    # "previously deemed not medically necessary on"
    r"|\b(?:previously (?:deemed|determined|found) not medically necessary|prior (?:determination|review|ur))\b"
    r"[^.;]{0,30}?(?:on|dated)\s"
)
_REVIEW_AFTER = re.compile(r"[^.;]{0,12}?\b(?:the )?(?:original |prior )?(?:utilization[- ]review|ur)\b")
_OPEN = re.compile(r"(?:^|[.;,] |\bon )$")


@dataclass(frozen=True, slots=True)
class SummaryDates:
    """Dates of the two kinds that summaries tell, in printed order."""

    injury: tuple[PrintedDate, ...]
    review: tuple[PrintedDate, ...]


def dates_told(view: View, summary: Span | None) -> SummaryDates:
    """Dates of injury and of the utilization review that the clinical summary tells."""
    if summary is None:
        return SummaryDates((), ())
    folded = view.folded
    injury: list[PrintedDate] = []
    review: list[PrintedDate] = []
    for printed in find_dates(folded, *summary):
        deadline.check()
        lead = folded[max(summary.start, printed.start - 140) : printed.start]
        if _INJURY_AFTER.match(folded, printed.end) or _ends_with(_INJURY, lead):
            injury.append(printed)
        elif _ends_with(_REVIEW, lead) or (_OPEN.search(lead) and _REVIEW_AFTER.match(folded, printed.end)):
            review.append(printed)
    return SummaryDates(tuple(injury), tuple(review))


def _ends_with(pattern: re.Pattern[str], lead: str) -> bool:
    """The lead-in ends in the pattern, with nothing between it and the date."""
    return any(not lead[match.end() :].strip(" (:,") for match in pattern.finditer(lead))
