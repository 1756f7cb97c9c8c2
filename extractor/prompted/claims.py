"""Answers into claims: what a model said, as pointers, typed values and the lines that it cites.

Dates are parsed, specialties spelled as listed, kinds taken apart. Nothing is believed here; grounding decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from extractor.drafts import Draft, Value
from extractor.facts import Facts
from extractor.facts.quantities import unit_named
from extractor.layout import Layout
from extractor.literals import find_dates
from extractor.normalize import collapse, fold
from extractor.prompted.answers import (
    Cited,
    Form,
    GapsForm,
    ItemForm,
    PatientForm,
    ReasonForm,
    WholeForm,
    WholeItemForm,
)
from extractor.prompted.letters import line_range
from extractor.vocabulary.people import specialty_named, state_named

_STRAY = " .;:,"
_DATES = ("date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury")


def say_whole(answer: WholeForm, layout: Layout, facts: Facts, draft: Draft) -> None:
    """Claim what was said of a whole letter, and note headings left out or made up."""
    header = answer.header
    if header.case_number is not None:
        draft.cite("/case_number", collapse(header.case_number.text), header.case_number.line, header.case_number.line)
    if header.priority is not None:
        draft.say("/priority", header.priority.value)
    for name in _DATES:
        cited: Cited | None = getattr(header, name)
        if cited is not None:
            draft.cite(f"/{name}", as_date(cited.text, f"/{name}", facts), cited.line, cited.line + 1)
    for index, state in enumerate(_said(answer.reviewer.licensed_states)):
        draft.say(f"/reviewer/licensed_states/{index}", state_named(fold(state)) or state)
    for name in ("specialties", "subspecialties"):
        for index, specialty in enumerate(_said(getattr(answer.reviewer, name))):
            draft.say(f"/reviewer/{name}/{index}", specialty_named(fold(specialty)) or specialty)
    say_patient(answer.patient, draft)
    placed, draft.made_up = _placed(answer.items, layout)
    draft.left_out = tuple(sorted(set(range(len(layout.items))) - set(placed)))
    for index, item in placed.items():
        say_item(item, index, draft)
        for side in ("claims_administrator", "reviewer"):
            relied_on = getattr(item, f"{side}_relied_on")
            if relied_on is not None:
                draft.say(f"/decisions/{index}/{side}_basis/relied_on", relied_on.value)


def _said(words: Iterable[str]) -> list[str]:
    """Without empty ones."""
    return [word for word in map(collapse, words) if word]


def _note_full(draft: Draft, pointer: str, form: type[Form], name: str, given: Sequence[object]) -> None:
    """Note a list that is as long as its form allows: there may be more."""
    bound = next(each.max_length for each in form.model_fields[name].metadata if hasattr(each, "max_length"))
    if len(given) >= bound:
        draft.full = (*draft.full, pointer)


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
    _note_full(draft, "/patient/diagnoses", PatientForm, "diagnoses", answer.diagnoses)
    draft.say("/patient/age", answer.age)
    if answer.sex is not None:
        draft.say("/patient/sex", answer.sex.value)
    if answer.mechanism is not None:
        _cite_words("/patient/mechanism", answer.mechanism, draft)
    seen: set[str] = set()
    for cited in answer.diagnoses:
        words = fold(collapse(cited.text)).strip(_STRAY)
        if words and words not in seen:
            _cite_words(f"/patient/diagnoses/{len(seen)}", cited, draft)
            seen.add(words)


def _cite_words(pointer: str, cited: Cited, draft: Draft) -> None:
    # The words may run on into the lines behind.
    draft.cite(pointer, collapse(cited.text).strip(_STRAY), cited.line, cited.line + 2)


def say_item(answer: ItemForm, index: int, draft: Draft) -> None:
    """Claim what was said of one disputed item."""
    pointer = f"/decisions/{index}"
    for name in ("body_parts", "drugs", "reasons"):
        _note_full(draft, f"{pointer}/{name}", ItemForm, name, getattr(answer, name))
    draft.say(f"{pointer}/outcome", answer.outcome.value)
    say_kind(answer.kind, index, draft)
    for number, named in enumerate(answer.body_parts):
        draft.say(f"{pointer}/body_parts/{number}/part", named.part.value)
        draft.say(f"{pointer}/body_parts/{number}/side", named.side.value if named.side else None)
    for number, drug in enumerate(drug for drug in answer.drugs if drug.name.strip(_STRAY)):
        _judge(f"{pointer}/drugs/{number}/name", collapse(drug.name).strip(_STRAY), draft)
        _judge(f"{pointer}/drugs/{number}/strength", collapse(drug.strength or "").strip(_STRAY), draft)
    if answer.quantity is not None:
        for name in ("total", "per_week", "weeks", "refills"):
            draft.say(f"{pointer}/quantity/{name}", getattr(answer.quantity, name))
        unit = fold(collapse(answer.quantity.unit or ""))
        draft.say(f"{pointer}/quantity/unit", unit_named(unit) or unit)
    say_reasons(answer.reasons, index, draft)


def say_kind(kind: str | None, index: int, draft: Draft) -> None:
    """Claim category and subcategory."""
    if kind is not None:
        category, _, subcategory = kind.partition("/")
        _judge(f"/decisions/{index}/category", category, draft)
        _judge(f"/decisions/{index}/subcategory", subcategory, draft)


def say_reasons(reasons: Sequence[ReasonForm], index: int, draft: Draft) -> None:
    """Claim the reasons, each once."""
    seen: list[str] = []
    for given in reasons:
        if given.reason.value not in seen:
            draft.cite(
                f"/decisions/{index}/reasons/{len(seen)}", given.reason.value, given.line, given.line, judged=True
            )
            seen.append(given.reason.value)


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


def _judge(pointer: str, value: str, draft: Draft) -> None:
    draft.say(pointer, value)
    if pointer in draft.claims:
        draft.judge(pointer)


def as_date(text: str, pointer: str, facts: Facts) -> Value:
    """The date that the words print, the century set as the field wants it; the words where they print none."""
    printed = next(find_dates(fold(collapse(text))), None)
    if printed is None:
        return text
    value: date = printed.before(facts.latest) if pointer == "/date_of_injury" else printed.value
    return value
