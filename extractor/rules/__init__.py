"""The rules reader: embedded, offline, deterministic. Layout in, draft out."""

from __future__ import annotations

import re

from extractor.drafts import Draft
from extractor.facts import Facts
from extractor.layout import Layout
from extractor.normalize import View
from extractor.rules.diagnoses import read_diagnoses
from extractor.rules.bases import read_basis
from extractor.rules.header import read_header
from extractor.rules.patient import read_patient
from extractor.rules.reasons import read_reasons
from extractor.rules.treatments import read_treatment
from extractor.spans import Span

__all__ = ["read_by_rules"]


def read_by_rules(layout: Layout, facts: Facts) -> Draft:
    """Every field that rules can honestly fill; what the words do not tell stays unsaid."""
    draft = Draft(decisions=len(layout.items))
    if layout.variant == "unknown":
        return draft
    read_header(layout, facts, draft)
    _say_reviewer(facts, draft)
    read_patient(layout, draft)
    read_diagnoses(layout, draft)
    view = layout.view
    if layout.summary is not None:
        draft.say("/clinical_summary", view.words(layout.summary), layout.summary)
    if layout.records is not None and layout.variant in ("notice", "professional_review", "decisions_and_rationales"):
        for index, place in enumerate(list_entries(view, layout.records)):
            draft.say(f"/records_reviewed/{index}", view.words(place), place)
    for index, item in enumerate(layout.items):
        pointer = f"/decisions/{index}"
        request = facts.items[index].request
        draft.say(f"{pointer}/heading", view.words(item.heading), item.heading)
        draft.say(f"{pointer}/requested", view.words(request.requested), request.requested)
        if request.authorized is not None:
            draft.say(f"{pointer}/authorized", view.words(request.authorized), request.authorized)
        draft.say(f"{pointer}/disputed", view.words(request.disputed), request.disputed)
        draft.say(f"{pointer}/retrospective", request.retrospective, request.retrospective_at, derived=True)
        for number, (value, place) in enumerate(request.service_dates):
            draft.say(f"{pointer}/service_dates/{number}", value, place)
        draft.say(f"{pointer}/associated_surgical_service", request.associated, request.associated_at, derived=True)
        read_treatment(view, facts.items[index], pointer, draft)
        draft.say(f"{pointer}/outcome", item.outcome.value, item.outcome_span)
        read_basis(view, facts.items[index].administrator, f"{pointer}/claims_administrator_basis", draft)
        read_basis(view, facts.items[index].reviewer, f"{pointer}/reviewer_basis", draft)
        if item.rationale is not None:
            draft.say(f"{pointer}/rationale", view.words(item.rationale), item.rationale)
        read_reasons(view, item, pointer, draft)
    return draft


def _say_reviewer(facts: Facts, draft: Draft) -> None:
    for name in ("licensed_states", "specialties", "subspecialties"):
        for index, (value, place) in enumerate(getattr(facts.reviewer, name)):
            draft.say(f"/reviewer/{name}/{index}", value, place)


_RECORDS_INTRO = re.compile(r"the following relevant documents[^:]{0,260}?(?:included|reviewed and considered)[^:]{0,60}[:.]\s?|these documents included:?\s?")
_BULLET = re.compile(r"(?:[•●▪◦■]|\(cid:\d+\)|(?<=\n)[-–*o](?=\s)|(?:(?<=\n)|^)\(?\d{1,2}[.)](?=\s))\s?")


def list_entries(view: View, region: Span) -> list[Span]:
    """The entries of a list: at bullets or numbers, else at line breaks that a full line did not force."""
    start = region.start
    for intro in _RECORDS_INTRO.finditer(view.folded, *region):
        start = intro.end()
    bullets = list(_BULLET.finditer(view.lined, start, region.end))
    if bullets:
        stops = [bullet.start() for bullet in bullets[1:]] + [region.end]
        pieces = [view.trim(bullet.end(), stop, extra=";") for bullet, stop in zip(bullets, stops, strict=True)]
        return [piece for piece in pieces if len(piece)]
    if view.flat.count(";", start, region.end) > 1:
        at = start
        pieces = []
        for match in re.compile(r";|$").finditer(view.flat, start, region.end):
            pieces.append(view.trim(at, match.start(), extra=";."))
            at = match.end()
        return [piece for piece in pieces if len(piece)]
    entries: list[Span] = []
    first, last = view.line_number(start), view.line_number(max(start, region.end - 1))
    width = max(len(view.line_span(number)) for number in range(first, last + 1))
    open_at: int | None = None
    for number in range(first, last + 1):
        line = view.line_span(number)
        begin = max(line.start, start)
        if open_at is None:
            open_at = begin
        following = view.line_span(number + 1) if number < last else None
        word = view.lined[following.start : following.end].split(" ", 1)[0] if following else ""
        wrapped = following is not None and len(line) + 1 + len(word) > 0.9 * width and len(line) > 60
        if not wrapped:
            entries.append(view.trim(open_at, min(line.end, region.end), extra=";"))
            open_at = None
    return [entry for entry in entries if len(entry)]
