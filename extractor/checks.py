"""Checks: what a person should look at although every value is supported. They read the letter; they change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from extractor.determination import Determination, Outcome
from extractor.drafts import Draft
from extractor.facts import Facts
from extractor.facts.header import CASE_NUMBER
from extractor.layout import Layout
from extractor.layout.headings import Name
from extractor.records import Flag, FlagCode
from extractor.spans import Span
from extractor.vocabulary.people import SPECIALTIES
from extractor.vocabulary.verdicts import conclusions

_ORDER = ("date_of_injury", "ur_denial_date", "application_received", "date_assigned", "decision_date")
_AGE = re.compile(
    r"([2-9]\d)(?<!\w..)[- ]{1,2}years?[- ]{1,2}old\b(?! (?:injur|son|daughter|mri|claim|study|child|film))"
)
_SPOKEN = {
    "date_of_injury": "date of injury",
    "ur_denial_date": "date of the UR denial",
    "application_received": "receipt of the application",
    "date_assigned": "assignment",
    "decision_date": "decision",
}
_CREDENTIALS_HEADER = ("case_number", "priority", *_ORDER)


def check(determination: Determination, layout: Layout, facts: Facts, draft: Draft) -> list[Flag]:
    """Flags for one determination, in a stable order."""
    unknown = Flag(
        path="", code=FlagCode.UNKNOWN_LAYOUT, message="This text has none of the known layouts of a determination."
    )
    if layout.variant == "unknown" and not layout.items:
        return [unknown]
    return [
        *([unknown] if layout.variant == "unknown" else []),
        *_completeness(determination, layout, draft),
        *_missing(determination, layout),
        *_dates(determination, layout, facts),
        *_header(determination, layout),
        *_patient(determination, layout),
        *_decisions(determination, layout),
    ]


def _completeness(determination: Determination, layout: Layout, draft: Draft) -> Iterator[Flag]:
    if not layout.items:
        yield Flag(path="/decisions", code=FlagCode.NO_DECISIONS, message="No outcome heading was found.")
    headings = len(layout.items)
    if draft.decisions != headings:
        yield Flag(
            path="/decisions",
            code=FlagCode.INCOMPLETE,
            message=f"The letter has {headings} outcome headings, the reader returned {draft.decisions} decisions.",
        )
    for index in draft.left_out:
        yield Flag(
            path=f"/decisions/{index}",
            code=FlagCode.INCOMPLETE,
            message="The reader returned nothing for this outcome heading; only what the form itself gives is here.",
        )
    if draft.made_up:
        yield Flag(
            path="/decisions",
            code=FlagCode.INCOMPLETE,
            message=f"The reader returned {draft.made_up} items for which the letter has no outcome heading.",
        )
    for path in draft.full:
        yield Flag(
            path=path,
            code=FlagCode.INCOMPLETE,
            message="The list is as long as one answer of the model can be; there may be more.",
        )
    labels = sum(1 for mark in layout.marks if mark.name is Name.RATIONALE)
    with_rationale = sum(1 for item in layout.items if item.rationale is not None)
    if labels > with_rationale and layout.variant != "professional_review":
        yield Flag(
            path="/decisions",
            code=FlagCode.INCOMPLETE,
            message=f"The letter has {labels} rationale labels, {with_rationale} of them under an outcome heading.",
        )
    seen: dict[tuple[str, str], int] = {}
    for index, decision in enumerate(determination.decisions):
        if decision.heading is None or decision.rationale is None:
            continue
        key = (decision.heading.lower(), decision.rationale.text)
        if key in seen:
            yield Flag(
                path=f"/decisions/{index}",
                code=FlagCode.DUPLICATE_DECISION,
                message=f"Heading and rationale repeat those of decision {seen[key]}.",
            )
        seen.setdefault(key, index)


def _missing(determination: Determination, layout: Layout) -> Iterator[Flag]:
    if layout.variant == "credentials" and len(layout.header):
        for name in _CREDENTIALS_HEADER:
            if getattr(determination, name) is None:
                yield Flag(
                    path=f"/{name}",
                    code=FlagCode.MISSING_FIELD,
                    message=f"The header gives no {name.replace('_', ' ')}.",
                )
    if determination.clinical_summary is None:
        yield Flag(
            path="/clinical_summary", code=FlagCode.MISSING_PASSAGE, message="No clinical case summary was found."
        )
    for index, decision in enumerate(determination.decisions):
        if decision.rationale is None:
            yield Flag(
                path=f"/decisions/{index}/rationale",
                code=FlagCode.MISSING_PASSAGE,
                message="The item has no rationale.",
            )
        if decision.category is None:
            yield Flag(
                path=f"/decisions/{index}/category",
                code=FlagCode.UNCLASSIFIED,
                message="The words of the request name no kind of service that is known here.",
            )


def _dates(determination: Determination, layout: Layout, facts: Facts) -> Iterator[Flag]:
    known: list[tuple[str, date]] = [
        (name, value) for name in _ORDER if (value := getattr(determination, name)) is not None
    ]
    for (name, earlier), (later_name, later) in pairwise(known):
        if earlier > later:
            yield Flag(
                path=f"/{later_name}",
                code=FlagCode.DATE_ORDER,
                message=f"{_SPOKEN[later_name]} {later} is before {_SPOKEN[name]} {earlier}.",
            )
    for name, (_, other) in facts.contrary.items():
        if name in _SPOKEN:
            yield Flag(
                path=f"/{name}",
                code=FlagCode.DATE_CONFLICT,
                message=f"{_SPOKEN[name]} is {getattr(determination, name)} here; the header also says {other}.",
            )
    told = layout.told
    limit = determination.decision_date
    for name, printed in (("date_of_injury", told.injury), ("ur_denial_date", told.review)):
        stated = getattr(determination, name)
        others = sorted({found.before(limit) for found in printed} - {stated})
        if stated is not None and printed and others and stated not in {found.before(limit) for found in printed}:
            yield Flag(
                path=f"/{name}",
                code=FlagCode.DATE_CONFLICT,
                message=f"{_SPOKEN[name]} is {stated} here; the clinical summary says {others[0]}.",
            )


def _header(determination: Determination, layout: Layout) -> Iterator[Flag]:
    numbers = {match.group().replace(" ", "") for match in CASE_NUMBER.finditer(layout.view.folded)}
    if len(numbers) > 1:
        yield Flag(
            path="/case_number",
            code=FlagCode.CASE_CONFLICT,
            message=f"The text names {len(numbers)} case numbers; the header's was taken.",
        )
    for index, name in enumerate(determination.reviewer.specialties):
        if name not in SPECIALTIES:
            yield Flag(
                path=f"/reviewer/specialties/{index}",
                code=FlagCode.UNKNOWN_SPECIALTY,
                message=f"{name!r} is not on the DWC list of specialties.",
            )


def _patient(determination: Determination, layout: Layout) -> Iterator[Flag]:
    if determination.patient.age is None:
        return
    told = {int(match.group(1)) for match in _AGE.finditer(layout.view.folded)}
    others = sorted(value for value in told if abs(value - determination.patient.age) > 1)
    if others:
        yield Flag(
            path="/patient/age",
            code=FlagCode.AGE_CONFLICT,
            message=f"Age is {determination.patient.age} here; the letter also says {others[0]}.",
        )


def _decisions(determination: Determination, layout: Layout) -> Iterator[Flag]:
    for index, (decision, item) in enumerate(zip(determination.decisions, layout.items, strict=False)):
        if item.contradiction is not None:
            yield Flag(
                path=f"/decisions/{index}/outcome",
                code=FlagCode.OUTCOME_CONFLICT,
                message="The letter states this item's outcome twice, and not the same.",
            )
        elif decision.outcome is not None and item.rationale is not None:
            said = concluded(layout, item.rationale)
            if said is not None and said is not decision.outcome:
                yield Flag(
                    path=f"/decisions/{index}/outcome",
                    code=FlagCode.OUTCOME_CONFLICT,
                    message=f"The heading says {decision.outcome}; the rationale concludes {said}.",
                )


def concluded(layout: Layout, rationale: Span) -> Outcome | None:
    """The one outcome that a rationale's statements on necessity amount to; None where they differ or none is made."""
    said = {outcome for outcome, _ in conclusions(layout.view.folded, *rationale)}
    return said.pop() if len(said) == 1 else None
