"""The rules reader: embedded, offline, deterministic. Layout and facts in, draft out."""

from __future__ import annotations

from extractor.facts import Facts, ItemFacts
from extractor.fields import (
    ADMINISTRATOR,
    ASSOCIATED,
    AUTHORIZED,
    CLINICAL_SUMMARY,
    DISPUTED,
    HEADING_TEXT,
    LICENSED_STATES,
    OUTCOME,
    RATIONALE,
    REQUESTED,
    RETROSPECTIVE,
    REVIEWER,
    SERVICE_DATES,
    SPECIALTIES,
    SUBSPECIALTIES,
)
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.layout import Item, Layout
from extractor.processes import deadline
from extractor.readers.rules.bases import say_basis
from extractor.readers.rules.diagnoses import say_diagnoses
from extractor.readers.rules.header import say_header
from extractor.readers.rules.mechanism import say_mechanism
from extractor.readers.rules.patient import say_patient
from extractor.readers.rules.reasons import say_reasons
from extractor.readers.rules.records import say_records
from extractor.readers.rules.treatments import say_treatment
from extractor.text.normalize import View

__all__ = ["read_by_rules", "say_front", "say_item_skeleton", "say_passages"]


def read_by_rules(layout: Layout, facts: Facts, *, alone: bool = True) -> Draft:
    """Every field that rules can honestly fill; what the words do not tell stays unsaid.

    Args:
        layout: the letter's skeleton.
        facts: what its headings state.
        alone: whether no model reads beside. If not, reasons are only what their usual words give: a model judges the
            rest better than the classifier does, and a weaker judgement is no second witness.

    """
    draft = Draft(decisions=len(layout.items))
    if not layout.variant.known:
        return draft
    say_front(layout, facts, draft)
    say_patient(layout, draft)
    say_mechanism(layout, draft)
    say_diagnoses(layout, draft)
    say_passages(layout, draft)
    for index, (item, item_facts) in enumerate(zip(layout.items, facts.items, strict=True)):
        deadline.check()
        say_item_skeleton(layout.view, item, item_facts, index, draft)
        say_treatment(layout.view, item_facts, index, draft)
        if item.outcome is not None:
            draft.say(Place(OUTCOME, index), item.outcome.value, item.outcome_span)
        say_reasons(layout.view, item, index, draft, with_weights=alone)
    return draft


def say_front(layout: Layout, facts: Facts, draft: Draft) -> None:
    """Say what header and credentials state."""
    say_header(layout, facts, draft)
    reviewer = facts.reviewer
    for field, named in (
        (LICENSED_STATES, reviewer.licensed_states),
        (SPECIALTIES, reviewer.specialties),
        (SUBSPECIALTIES, reviewer.subspecialties),
    ):
        for value, words in named:
            draft.add(field, value, words)


def say_passages(layout: Layout, draft: Draft) -> None:
    """Say the passages outside the items, verbatim."""
    if layout.summary is not None:
        draft.say(Place(CLINICAL_SUMMARY), layout.view.words(layout.summary), layout.summary)
    say_records(layout, draft)


def say_item_skeleton(view: View, item: Item, facts: ItemFacts, index: int, draft: Draft) -> None:
    """Say what the form itself gives of an item: its heading's parts, both guideline paragraphs, the rationale."""
    request = facts.request
    draft.say(Place(HEADING_TEXT, index), view.words(item.heading), item.heading)
    draft.say(Place(REQUESTED, index), view.words(request.requested), request.requested)
    if request.authorized is not None:
        draft.say(Place(AUTHORIZED, index), view.words(request.authorized), request.authorized)
    draft.say(Place(DISPUTED, index), view.words(request.disputed), request.disputed)
    draft.say(Place(RETROSPECTIVE, index), request.retrospective, request.retrospective_at, derived=True)
    for value, words in request.service_dates:
        draft.add(SERVICE_DATES, value, words, decision=index)
    draft.say(Place(ASSOCIATED, index), request.associated, request.associated_at, derived=True)
    say_basis(view, facts.administrator, ADMINISTRATOR, index, draft)
    say_basis(view, facts.reviewer, REVIEWER, index, draft)
    if item.rationale is not None:
        draft.say(Place(RATIONALE, index), view.words(item.rationale), item.rationale)
