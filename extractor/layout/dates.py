"""Dates that the clinical summary tells of the injury and of the utilization review."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.literals import PrintedDate, find_dates
from extractor.normalize import View
from extractor.spans import Span

_ON = r"(?:\s(?:on|of|dated|from|occurring on|that occurred on|which occurred on|occurred on|date of)|\s?[:,])*\s?\(?"
_INJURY = re.compile(
    r"\b(?:(?:date of (?:the )?(?:industrial |occupational )?injury|injury date|doi)(?:\s(?:is|was|being|of|on|reported as|listed as|noted as))*\s?[:(,]?\s?"
    r"|(?:industrial|occupational|work|work-related|industrial-work|industrially related|on-the-job|specific|original)?[- ]?\s?"
    rf"injur(?:y|ies)(?: claim)?(?: to [^.;]{{1,80}}?| (?:while|when) [^.;]{{1,80}}?)?{_ON}"
    rf"|\b(?:man|male|woman|female|worker|employee|who|claimant|applicant|patient|lady|gentleman|clerk|driver) (?:was )?(?:hurt|injured)(?: at work| on the job)?{_ON}"
    rf"|(?:injured|hurt|strained|sprained|fractured|twisted|crushed) (?:his|her|the|their) [^.;]{{1,60}}?{_ON}"
    rf"|(?:was|were|been|got) (?:first |originally )?(?:industrially )?injured(?: at work| on the job| in (?:a|an) [^.;]{{1,50}}?)?{_ON}"
    rf"|occupational claim from\s|(?:accident|incident|fall){_ON})"
)
_REVIEW = re.compile(
    r"\b(?:utilization[- ]review|ur)\b[^.;]{0,90}?\b(?:dated|on|of|date|from|issued|decision date of)\s?\(?"
    r"|\butilization[- ]review (?:report |determination |denial |decision |documentation )?\(?"
    r"|\b(?:previously (?:deemed|determined|found) not medically necessary|prior (?:determination|review|ur))\b[^.;]{0,30}?(?:on|dated)\s"
)
_INJURY_AFTER = re.compile(r"\s?(?:\w+ )?(?:date of (?:the )?injury|doi|(?:industrial|occupational|work(?:-related)?) (?:injury|accident))\b")
_REVIEW_AFTER = re.compile(r"[^.;]{0,12}?\b(?:the )?(?:original |prior )?(?:utilization[- ]review|ur)\b")


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
        lead = folded[max(summary.start, printed.start - 140) : printed.start]
        if _INJURY_AFTER.match(folded, printed.end) or _ends_with(_INJURY, lead):
            injury.append(printed)
        elif _ends_with(_REVIEW, lead) or (
            re.search(r"(?:^|[.;,] |\bon )$", lead) and _REVIEW_AFTER.match(folded, printed.end)
        ):
            review.append(printed)
    return SummaryDates(tuple(injury), tuple(review))


def _ends_with(pattern: re.Pattern[str], lead: str) -> bool:
    """The lead-in ends in the pattern, with nothing between it and the date."""
    return any(not lead[match.end() :].strip(" (:,") for match in pattern.finditer(lead))
