"""Checks: what a person should look at although every value is supported. They read the letter; they change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from extractor.documents.legible import is_rubble, unread_characters
from extractor.facts import Facts
from extractor.facts.header import CASE_NUMBER, is_piecemeal, labels_printed
from extractor.grounding.drafts import Draft
from extractor.layout import Layout
from extractor.layout.outcomes import Doubt
from extractor.records.determination import Determination, Outcome, case_key
from extractor.records.record import Flag, FlagCode
from extractor.text.spans import Span
from extractor.vocabulary.people import SPECIALTIES
from extractor.vocabulary.verdicts import conclusions

_ORDER = ("date_of_injury", "ur_denial_date", "application_received", "date_assigned", "decision_date")
_AGE = re.compile(
    r"([2-9]\d)(?<!\w..)[- ]{1,2}years?[- ]{1,2}old\b(?! (?:injur|son|daughter|mri|claim|study|child|film))"
)
_BROKEN_AGE = re.compile(r"(?<![\w.,/-])[1-9] \d[- ]years?[- ]old\b")
_SPOKEN = {
    "date_of_injury": "date of injury",
    "ur_denial_date": "date of the UR denial",
    "application_received": "receipt of the application",
    "date_assigned": "assignment",
    "decision_date": "decision",
}
_FULL_HEADER = ("case_number", "priority", *_ORDER)


def check(determination: Determination, layout: Layout, facts: Facts, draft: Draft) -> list[Flag]:
    """Flags for one determination, in a stable order."""
    unknown = Flag(
        path="", code=FlagCode.UNKNOWN_LAYOUT, message="This text has none of the known layouts of a determination."
    )
    if not layout.variant.known and not layout.items:
        return [unknown]
    return [
        *([] if layout.variant.known else [unknown]),
        *_completeness(determination, layout, draft),
        *_strays(layout),
        *_rubble(layout),
        *_unread(determination, layout, facts),
        *_missing(determination, layout),
        *_missing_of_decisions(determination),
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
    yield from _unclaimed(layout)
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


def _unclaimed(layout: Layout) -> Iterator[Flag]:
    """What would be lost, or taken in, in silence: items without heading or labels, and items in a quotation."""
    left = layout.unclaimed
    for marks in left.repeated:
        words = {layout.view.words(mark.span).rstrip(" :") for mark in marks}
        message = f"The section stands {len(marks)} times, and a letter has it once: {', '.join(sorted(words))}."
        yield Flag(path="", code=FlagCode.REPEATED_SECTION, message=message)
    labels = () if layout.variant.shares_labels else left.labels
    found = {
        "outcome words that close no heading": len(left.outcomes),
        "labels outside of the items": len(labels) + len(left.foreign_labels),
        "statements on guidelines inside rationales": len(left.statements),
        "requests without a verdict": len(left.undecided),
        "paragraphs before the first heading": int(left.before is not None),
        "items without a heading of their own": left.unheaded if layout.variant.heads_each_item else 0,
    }
    if any(found.values()):
        counted = ", ".join(f"{count} {what}" for what, count in found.items() if count)
        message = f"There may be items that were not read, or words that are no item's: {counted}."
        yield Flag(path="/decisions", code=FlagCode.INCOMPLETE, message=message)
    for index in left.broken_off:
        message = "The rationale ends within a sentence: something was lost, or another text begins there."
        yield Flag(path=f"/decisions/{index}/rationale", code=FlagCode.INCOMPLETE, message=message)
    for index, item in enumerate(layout.items):
        if layout.decisions is not None and any(True for _ in conclusions(layout.view.folded, *item.heading)):
            message = "The heading holds a conclusion: it may begin in the rationale before."
            yield Flag(path=f"/decisions/{index}/heading", code=FlagCode.INCOMPLETE, message=message)
    for index in left.within_lines if layout.decisions is not None else ():
        message = "The heading begins within a line, behind other words: it may stand inside another item."
        yield Flag(path=f"/decisions/{index}/heading", code=FlagCode.INCOMPLETE, message=message)
    for index in left.interrupted:
        message = "The rationale draws no conclusion and the next item's draws two: one may stand inside the other."
        yield Flag(path=f"/decisions/{index}/rationale", code=FlagCode.INCOMPLETE, message=message)


def _strays(layout: Layout) -> Iterator[Flag]:
    """What somebody printed onto the letter, as far as repetition does not tell it."""
    if layout.stamps:
        message = f"Lines left out as stamps, fax lines or watermarks: {len(layout.stamps)}."
        yield Flag(path="", code=FlagCode.STRAY_TEXT, message=message)
    if layout.slips:
        message = f"Words of the form with a misread letter, taken for what they must have been: {layout.slips}."
        yield Flag(path="", code=FlagCode.HEALED, message=message)
    for path, passage in _passages(layout):
        strays = layout.strays(passage, heading=path.endswith("/heading"))
        if strays:
            message = f"Lines in it that fit nothing around them (stamps, notes, lost headings): {len(strays)}."
            yield Flag(path=path, code=FlagCode.STRAY_TEXT, message=message)


def _rubble(layout: Layout) -> Iterator[Flag]:
    """Characters that nobody could read, and passages that are not made of words."""
    unread = unread_characters(layout.view.raw_text)
    if unread:
        message = f"{unread} characters of the text stand for others that could not be told."
        yield Flag(path="", code=FlagCode.UNREADABLE, message=message)
    for path, passage in _passages(layout):
        if is_rubble(layout.view.words(passage)):
            message = "The characters of this passage make no words: it cannot be read."
            yield Flag(path=path, code=FlagCode.UNREADABLE, message=message)


def _passages(layout: Layout) -> Iterator[tuple[str, Span]]:
    """Where the letter's longer texts stand, with the pointers to what is made of them."""
    if layout.summary is not None:
        yield "/clinical_summary", layout.summary
    for index, item in enumerate(layout.items):
        for name, span in (
            ("heading", item.heading),
            ("claims_administrator_basis", item.administrator),
            ("reviewer_basis", item.expert or item.guidelines),
            ("rationale", item.rationale),
        ):
            if span is not None:
                yield f"/decisions/{index}/{name}", span


def _unread(determination: Determination, layout: Layout, facts: Facts) -> Iterator[Flag]:
    """Dates that the summary gives because the header's own cannot be read."""
    labels = labels_printed(layout)
    for name in ("date_of_injury", "ur_denial_date"):
        if name in labels and name not in facts.header and getattr(determination, name) is not None:
            message = f"The header's {name.replace('_', ' ')} cannot be read; this one stands elsewhere."
            yield Flag(path=f"/{name}", code=FlagCode.MISSING_FIELD, message=message)


def _missing(determination: Determination, layout: Layout) -> Iterator[Flag]:
    if layout.variant.full_header and len(layout.header):
        for name in _FULL_HEADER:
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
    if layout.records is None and layout.variant.lists_records:
        message = "No list of the documents reviewed was found."
        yield Flag(path="/records_reviewed", code=FlagCode.MISSING_PASSAGE, message=message)
    if layout.reviewer is None and layout.variant.lists_records:
        message = "No paragraph on the reviewer's qualifications was found."
        yield Flag(path="/reviewer", code=FlagCode.MISSING_PASSAGE, message=message)
    apart = any(item.administrator or item.expert for item in layout.items)
    for index, item in enumerate(layout.items):
        if item.administrator is None and (item.expert is not None or (apart and item.guidelines is not None)):
            message = "The item has no guideline paragraph of the claims administrator's."
            path = f"/decisions/{index}/claims_administrator_basis"
            yield Flag(path=path, code=FlagCode.MISSING_PASSAGE, message=message)
        bare = layout.variant.reviewer_only and item.guidelines is None
        if (
            item.expert is None and (item.administrator is not None or (apart and item.guidelines is not None))
        ) or bare:
            message = "The item has no guideline paragraph of the reviewer's."
            yield Flag(path=f"/decisions/{index}/reviewer_basis", code=FlagCode.MISSING_PASSAGE, message=message)


def _missing_of_decisions(determination: Determination) -> Iterator[Flag]:
    for index, decision in enumerate(determination.decisions):
        if decision.rationale is None:
            yield Flag(
                path=f"/decisions/{index}/rationale",
                code=FlagCode.MISSING_PASSAGE,
                message="The item has no rationale.",
            )
        for name in ("claims_administrator_basis", "reviewer_basis"):
            basis = getattr(decision, name)
            if basis is not None and basis.statement and basis.relied_on is None and not basis.citations:
                message = "The guideline paragraph names no source in words that are known here."
                yield Flag(path=f"/decisions/{index}/{name}/relied_on", code=FlagCode.MISSING_FIELD, message=message)
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
        elif name == "priority":
            message = f"The header gives two priorities; {determination.priority} was taken."
            yield Flag(path="/priority", code=FlagCode.AMBIGUOUS, message=message)
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
    numbers = {case_key(match.group()) for match in CASE_NUMBER.finditer(layout.view.folded)}
    if len(numbers) > 1:
        yield Flag(
            path="/case_number",
            code=FlagCode.CASE_CONFLICT,
            message=f"The text names {len(numbers)} case numbers; the header's was taken.",
        )
    if is_piecemeal(layout):
        for name in _FULL_HEADER:
            if getattr(determination, name) is not None and name in labels_printed(layout):
                message = "Its label stands by itself, not in the header of the form: it may be another paper's."
                yield Flag(path=f"/{name}", code=FlagCode.AMBIGUOUS, message=message)
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
    if _BROKEN_AGE.search(layout.view.folded):
        message = "Another age of the letter has a blank in it, and was not read."
        yield Flag(path="/patient/age", code=FlagCode.AGE_CONFLICT, message=message)
    if others:
        yield Flag(
            path="/patient/age",
            code=FlagCode.AGE_CONFLICT,
            message=f"Age is {determination.patient.age} here; the letter also says {others[0]}.",
        )


_DOUBTS = {
    Doubt.HEDGED: (FlagCode.WITHHELD, "Withheld the outcome: the heading's words for it are negated, or cut down."),
    Doubt.SEVERAL: (FlagCode.OUTCOME_CONFLICT, "Withheld the outcome: the heading prints both outcomes."),
    Doubt.TICKED: (FlagCode.AMBIGUOUS, "Both outcomes are printed; the ticked one was taken."),
    Doubt.SHARED: (
        FlagCode.AMBIGUOUS,
        "One verdict stands for several unnumbered issues; it was taken for each.",
    ),
    Doubt.MISSING: (FlagCode.INCOMPLETE, "No verdict on this request was found."),
    Doubt.ODD: (FlagCode.AMBIGUOUS, "Unusual words or marks stand beside the outcome; it was taken."),
}


def _decisions(determination: Determination, layout: Layout) -> Iterator[Flag]:
    for index, (decision, item) in enumerate(zip(determination.decisions, layout.items, strict=False)):
        path = f"/decisions/{index}/outcome"
        if item.doubt is not None:
            code, message = _DOUBTS[item.doubt]
            yield Flag(path=path, code=code, message=message, value=layout.view.words(item.outcome_span) or None)
        if item.contradiction is not None:
            message = "The letter states this item's outcome twice, and not the same."
            yield Flag(path=path, code=FlagCode.OUTCOME_CONFLICT, message=message)
        elif decision.outcome is not None and item.rationale is not None:
            said = concluded(layout, item.rationale)
            if said is not None and said is not decision.outcome:
                message = f"The heading says {decision.outcome}; the rationale concludes {said}."
                yield Flag(path=path, code=FlagCode.OUTCOME_CONFLICT, message=message)


def concluded(layout: Layout, rationale: Span) -> Outcome | None:
    """The outcome that the last statement on necessity of a rationale amounts to; None where none is made."""
    said = [outcome for outcome, _ in conclusions(layout.view.folded, *rationale)]
    return said[-1] if said else None
