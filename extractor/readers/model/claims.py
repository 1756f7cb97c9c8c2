"""Answers into claims: what a model said, as pointers, typed values and the lines that it cites.

Dates are parsed, specialties spelled as listed, kinds taken apart. Nothing is believed here; grounding decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor.facts import Facts
from extractor.facts.quantities import unit_named
from extractor.fields import (
    ADMINISTRATOR,
    AGE,
    APPLICATION_RECEIVED,
    CASE_NUMBER,
    CATEGORY,
    DATE_ASSIGNED,
    DATE_OF_INJURY,
    DECISION_DATE,
    DIAGNOSES,
    DRUG_NAME,
    LICENSED_STATES,
    MECHANISM,
    OUTCOME,
    PART,
    PER_WEEK,
    PRIORITY,
    REASONS,
    REFILLS,
    REVIEWER,
    SEX,
    SIDE,
    SPECIALTIES,
    STRENGTH,
    SUBCATEGORY,
    SUBSPECIALTIES,
    TOTAL,
    UNIT,
    UR_DENIAL_DATE,
    WEEKS,
    Field,
)
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.layout import Layout
from extractor.readers.model.answers import (
    Cited,
    Form,
    GapsForm,
    ItemForm,
    PatientForm,
    ReasonForm,
    WholeForm,
    WholeItemForm,
)
from extractor.readers.model.letters import line_range
from extractor.text.literals import Value, find_dates
from extractor.text.normalize import collapse, fold
from extractor.vocabulary.people import specialty_named, state_named

_STRAY = " .;:,"


def say_whole(answer: WholeForm, layout: Layout, facts: Facts, draft: Draft) -> None:
    """Claim what was said of a whole letter, and note headings left out or made up."""
    header = answer.header
    if header.case_number is not None:
        line = header.case_number.line
        draft.cite(Place(CASE_NUMBER), collapse(header.case_number.text), line, line)
    if header.priority is not None:
        draft.say(Place(PRIORITY), header.priority.value)
    for field, cited in (
        (DATE_ASSIGNED, header.date_assigned),
        (DECISION_DATE, header.decision_date),
        (UR_DENIAL_DATE, header.ur_denial_date),
        (APPLICATION_RECEIVED, header.application_received),
        (DATE_OF_INJURY, header.date_of_injury),
    ):
        if cited is not None:
            draft.cite(Place(field), as_date(cited.text, field, facts), cited.line, cited.line + 1)
    for state in _said(answer.reviewer.licensed_states):
        draft.add(LICENSED_STATES, state_named(fold(state)) or state)
    for field, named in (
        (SPECIALTIES, answer.reviewer.specialties),
        (SUBSPECIALTIES, answer.reviewer.subspecialties),
    ):
        for specialty in _said(named):
            draft.add(field, specialty_named(fold(specialty)) or specialty)
    say_patient(answer.patient, draft)
    placed, draft.made_up = _placed(answer.items, layout)
    draft.left_out = tuple(sorted(set(range(len(layout.items))) - set(placed)))
    for index, item in placed.items():
        say_item(item, index, draft)
        for fields, relied_on in (
            (ADMINISTRATOR, item.claims_administrator_relied_on),
            (REVIEWER, item.reviewer_relied_on),
        ):
            if relied_on is not None:
                draft.say(Place(fields.relied_on, index), relied_on.value)


def _said(words: Iterable[str]) -> list[str]:
    """Without empty ones."""
    return [word for word in map(collapse, words) if word]


def _note_full(draft: Draft, place: Place, form: type[Form], name: str, given: Sequence[object]) -> None:
    """Note a list that is as long as its form allows: there may be more."""
    bound = next(each.max_length for each in form.model_fields[name].metadata if hasattr(each, "max_length"))
    if len(given) >= bound:
        draft.full = (*draft.full, place.list_pointer)


def _placed(items: Sequence[WholeItemForm], layout: Layout) -> tuple[dict[int, WholeItemForm], int]:
    """Answers by the item of the layout whose heading they cite, and how many belong to none.

    A letter of 2013 prints its headings two or three times. So where as many answers as headings are left over, they
    belong together in printed order.
    """
    headings = [line_range(layout, item.heading) for item in layout.items]
    placed: dict[int, WholeItemForm] = {}
    over: list[WholeItemForm] = []
    for item in items:
        first, last = min(item.heading), max(item.heading)
        shared = {
            index: len(range(max(lines.start, first), min(lines.stop, last + 1)))
            for index, lines in enumerate(headings)
            if index not in placed
        }
        best = max(shared, key=lambda index: shared[index], default=None)
        if best is None or not shared[best]:
            over.append(item)
        else:
            placed[best] = item
    free = [index for index in range(len(headings)) if index not in placed]
    if len(over) == len(free):
        placed.update(zip(free, sorted(over, key=lambda item: min(item.heading)), strict=True))
        over = []
    return dict(sorted(placed.items())), len(over)


def say_patient(answer: PatientForm, draft: Draft) -> None:
    """Claim what was said of the patient."""
    _note_full(draft, Place(DIAGNOSES), PatientForm, "diagnoses", answer.diagnoses)
    draft.say(Place(AGE), answer.age)
    if answer.sex is not None:
        draft.say(Place(SEX), answer.sex.value)
    if answer.mechanism is not None:
        _cite_words(Place(MECHANISM), answer.mechanism, draft)
    seen: set[str] = set()
    for cited in answer.diagnoses:
        words = fold(collapse(cited.text)).strip(_STRAY)
        if words and words not in seen:
            _cite_words(Place(DIAGNOSES, entry=draft.entry(DIAGNOSES)), cited, draft)
            seen.add(words)


def _cite_words(place: Place, cited: Cited, draft: Draft) -> None:
    # The words may run on into the lines behind.
    draft.cite(place, collapse(cited.text).strip(_STRAY), cited.line, cited.line + 2)


def say_item(answer: ItemForm, index: int, draft: Draft) -> None:
    """Claim what was said of one disputed item."""
    for field, name, given in (
        (PART, "body_parts", answer.body_parts),
        (DRUG_NAME, "drugs", answer.drugs),
        (REASONS, "reasons", answer.reasons),
    ):
        _note_full(draft, Place(field, index), ItemForm, name, given)
    draft.say(Place(OUTCOME, index), answer.outcome.value)
    say_kind(answer.kind, index, draft)
    for named in answer.body_parts:
        entry = draft.entry(PART, index)
        draft.say(Place(PART, index, entry), named.part.value)
        draft.say(Place(SIDE, index, entry), named.side.value if named.side else None)
    for drug in (drug for drug in answer.drugs if drug.name.strip(_STRAY)):
        entry = draft.entry(DRUG_NAME, index)
        draft.judge(Place(DRUG_NAME, index, entry), collapse(drug.name).strip(_STRAY))
        draft.judge(Place(STRENGTH, index, entry), collapse(drug.strength or "").strip(_STRAY))
    quantity = answer.quantity
    if quantity is not None:
        draft.say(Place(TOTAL, index), quantity.total)
        draft.say(Place(PER_WEEK, index), quantity.per_week)
        draft.say(Place(WEEKS, index), quantity.weeks)
        draft.say(Place(REFILLS, index), quantity.refills)
        unit = fold(collapse(quantity.unit or ""))
        draft.say(Place(UNIT, index), unit_named(unit) or unit)
    say_reasons(answer.reasons, index, draft)


def say_kind(kind: str | None, index: int, draft: Draft) -> None:
    """Claim category and subcategory."""
    if kind is not None:
        category, _, subcategory = kind.partition("/")
        draft.judge(Place(CATEGORY, index), category)
        draft.judge(Place(SUBCATEGORY, index), subcategory)


def say_reasons(reasons: Sequence[ReasonForm], index: int, draft: Draft) -> None:
    """Claim the reasons, each once."""
    seen: set[str] = set()
    for given in reasons:
        if given.reason.value not in seen:
            place = Place(REASONS, index, draft.entry(REASONS, index))
            draft.cite(place, given.reason.value, given.line, given.line, judged=True)
            seen.add(given.reason.value)


def say_gaps(answer: GapsForm, patient: bool, items: Sequence[int], draft: Draft) -> list[int]:
    """Claim what was said of the parts that were shown, and tell which items it left out.

    What is said of parts that were not shown is left alone.
    """
    if patient and answer.patient is not None:
        say_patient(answer.patient, draft)
    said: set[int] = set()
    for gap in answer.items:
        index = gap.item - 1
        if index in items and index not in said:
            said.add(index)
            say_kind(gap.kind, index, draft)
            say_reasons(gap.reasons, index, draft)
    return sorted(set(items) - said)


def as_date(text: str, field: Field, facts: Facts) -> Value:
    """The date that the words print, the century set as the field wants it; the words where they print none."""
    printed = next(find_dates(fold(collapse(text))), None)
    if printed is None:
        return text
    return printed.before(facts.latest) if field is DATE_OF_INJURY else printed.value
