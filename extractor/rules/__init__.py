"""The rules reader: embedded, offline, deterministic. Layout and facts in, draft out."""

from __future__ import annotations

from extractor import deadline
from extractor.drafts import Draft
from extractor.facts import Facts, ItemFacts
from extractor.layout import Item, Layout
from extractor.normalize import View
from extractor.rules.bases import read_basis
from extractor.rules.diagnoses import read_diagnoses
from extractor.rules.header import read_header
from extractor.rules.mechanism import read_mechanism
from extractor.rules.patient import read_patient
from extractor.rules.reasons import read_reasons
from extractor.rules.records import read_records
from extractor.rules.treatments import read_treatment

__all__ = ["read_by_rules", "say_front", "say_item_skeleton", "say_passages"]


def read_by_rules(layout: Layout, facts: Facts) -> Draft:
    """Every field that rules can honestly fill; what the words do not tell stays unsaid."""
    draft = Draft(decisions=len(layout.items))
    if layout.variant == "unknown":
        return draft
    say_front(layout, facts, draft)
    read_patient(layout, draft)
    read_mechanism(layout, draft)
    read_diagnoses(layout, draft)
    say_passages(layout, draft)
    for index, (item, item_facts) in enumerate(zip(layout.items, facts.items, strict=True)):
        deadline.check()
        pointer = f"/decisions/{index}"
        say_item_skeleton(layout.view, item, item_facts, pointer, draft)
        read_treatment(layout.view, item_facts, pointer, draft)
        if item.outcome is not None:
            draft.say(f"{pointer}/outcome", item.outcome.value, item.outcome_span)
        read_reasons(layout.view, item, pointer, draft)
    return draft


def say_front(layout: Layout, facts: Facts, draft: Draft) -> None:
    """Say what header and credentials state."""
    read_header(layout, facts, draft)
    for name in ("licensed_states", "specialties", "subspecialties"):
        for index, (value, place) in enumerate(getattr(facts.reviewer, name)):
            draft.say(f"/reviewer/{name}/{index}", value, place)


def say_passages(layout: Layout, draft: Draft) -> None:
    """Say the passages outside the items, verbatim."""
    if layout.summary is not None:
        draft.say("/clinical_summary", layout.view.words(layout.summary), layout.summary)
    read_records(layout, draft)


def say_item_skeleton(view: View, item: Item, facts: ItemFacts, pointer: str, draft: Draft) -> None:
    """Say what the form itself gives of an item: its heading's parts, both guideline paragraphs, the rationale."""
    request = facts.request
    draft.say(f"{pointer}/heading", view.words(item.heading), item.heading)
    draft.say(f"{pointer}/requested", view.words(request.requested), request.requested)
    if request.authorized is not None:
        draft.say(f"{pointer}/authorized", view.words(request.authorized), request.authorized)
    draft.say(f"{pointer}/disputed", view.words(request.disputed), request.disputed)
    draft.say(f"{pointer}/retrospective", request.retrospective, request.retrospective_at, derived=True)
    for index, (value, place) in enumerate(request.service_dates):
        draft.say(f"{pointer}/service_dates/{index}", value, place)
    draft.say(f"{pointer}/associated_surgical_service", request.associated, request.associated_at, derived=True)
    read_basis(view, facts.administrator, f"{pointer}/claims_administrator_basis", draft)
    read_basis(view, facts.reviewer, f"{pointer}/reviewer_basis", draft)
    if item.rationale is not None:
        draft.say(f"{pointer}/rationale", view.words(item.rationale), item.rationale)
