"""A model that answers as well as rules read: answers to every request that reading given letters can bring about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from extractor.documents import read_document
from extractor.facts import gather
from extractor.grounding.ground import ground
from extractor.layout import lay_out
from extractor.model import Attempt, OnAttempt, Request
from extractor.readers.model.answers import (
    MOST_ITEMS,
    GapForm,
    GapsForm,
    ItemForm,
    PatientForm,
    WholeForm,
    WholeItemForm,
)
from extractor.readers.model.letters import gaps_request, item_request, line_range, summary_request, whole_request
from extractor.readers.model.prompts import load_prompts
from extractor.readers.model.reader import weak
from extractor.readers.rules import read_by_rules
from extractor.reading.assembling import provenance_of, record_of
from extractor.reading.configuration import Configuration
from extractor.records.record import Record
from extractor.settings import ModelSettings

NOTHING_BETTER = json.dumps({"corrections": []})


def heard(by: list[Attempt]) -> OnAttempt:
    """Puts what it hears on a list."""

    async def on_attempt(attempt: Attempt) -> None:
        by.append(attempt)

    return on_attempt


def read_beside_a_model(letter: str) -> Record:
    """What the rules reader says of a letter that a model reads, too: its reasons are those of cues."""
    document = read_document(letter, name="letter")
    layout = lay_out(letter)
    facts = gather(layout)
    draft = read_by_rules(layout, facts, alone=False)
    return record_of(document, layout, facts, draft, ground(draft, layout, facts), provenance_of(Configuration()))


def whole_answer(letter: str) -> WholeForm:
    """What a model would say that reads as rules do."""
    record = read_beside_a_model(letter)
    layout = lay_out(letter)
    told = record.determination

    def cited(pointer: str, value: object) -> dict[str, Any] | None:
        evidence = record.evidence.get(pointer)
        if evidence is None or evidence.lines is None:
            return None
        return {"text": evidence.quote if hasattr(value, "isoformat") else str(value), "line": evidence.lines[0]}

    items = []
    for index, decision in enumerate(told.decisions):
        lines = line_range(layout, layout.items[index].heading)
        quantity = decision.quantity.model_dump() if decision.quantity else None
        items.append(
            {
                "heading": [lines.start, lines.stop - 1],
                "outcome": decision.outcome,
                "kind": f"{decision.category or 'other'}/{decision.subcategory or 'other'}",
                "body_parts": [part.model_dump() for part in decision.body_parts],
                "drugs": [drug.model_dump() for drug in decision.drugs],
                "quantity": quantity,
                "reasons": [
                    {"reason": reason, "line": _line(record, f"/decisions/{index}/reasons/{n}")}
                    for n, reason in enumerate(decision.reasons)
                ],
                "claims_administrator_relied_on": getattr(decision.claims_administrator_basis, "relied_on", None),
                "reviewer_relied_on": getattr(decision.reviewer_basis, "relied_on", None),
            }
        )
    dates = ("date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury")
    answer = WholeForm.model_validate(
        {
            "header": {
                "case_number": cited("/case_number", told.case_number),
                "priority": told.priority,
                **{name: cited(f"/{name}", getattr(told, name)) for name in dates},
            },
            "reviewer": told.reviewer.model_dump(),
            "patient": {
                "age": told.patient.age,
                "sex": told.patient.sex,
                "mechanism": cited("/patient/mechanism", told.patient.mechanism),
                "diagnoses": [
                    cited(f"/patient/diagnoses/{n}", diagnosis) for n, diagnosis in enumerate(told.patient.diagnoses)
                ],
            },
            "items": [],
        }
    )
    # More items than the form holds are no answer to a whole letter, but parts of them are to smaller requests.
    return answer.model_copy(update={"items": [WholeItemForm.model_validate(item) for item in items]})


def _line(record: Record, pointer: str) -> int:
    lines = record.evidence[pointer].lines
    assert lines is not None
    return lines[0]


def item_answer(item: WholeItemForm) -> ItemForm:
    """The same of one item alone."""
    return ItemForm(**{name: getattr(item, name) for name in ItemForm.model_fields})


class Answers:
    """Knows the answer to every request that reading these letters can make."""

    def __init__(self, letters: Iterable[str]) -> None:
        settings, prompts = ModelSettings("any"), load_prompts()
        self._known: dict[str, str] = {}
        for letter in letters:
            layout, answer = lay_out(letter), whole_answer(letter)
            facts = gather(layout)
            self._learn(whole_request(layout, prompts["whole"], settings), answer)
            summary = summary_request(layout, prompts["summary"], settings)
            if summary is not None:
                self._learn(summary, answer.patient)
            for index, item in enumerate(answer.items):
                self._learn(item_request(layout, index, prompts["item"], settings), item_answer(item))
            gaps = [
                GapForm(item=index + 1, kind=item.kind, reasons=item.reasons) for index, item in enumerate(answer.items)
            ]
            rules = ground(read_by_rules(layout, facts, alone=False), layout, facts)
            patient, shown = weak(layout, rules)
            for start in range(0, max(1, len(shown)), MOST_ITEMS) if patient or shown else ():
                few, told = shown[start : start + MOST_ITEMS], patient and not start
                request = gaps_request(layout, told, few, prompts["gaps"], settings)
                self._learn(request, GapsForm(patient=answer.patient if told else None, items=[gaps[n] for n in few]))

    def _learn(self, request: Request, answer: WholeForm | PatientForm | ItemForm | GapsForm) -> None:
        self._known[request.messages[-1].content] = answer.model_dump_json()

    def of(self, messages: Iterable[str]) -> str:
        """The answer to the first message that is known; to a request for corrections, that there are none."""
        return next((self._known[each] for each in messages if each in self._known), NOTHING_BETTER)

    def script(self, request: Request) -> str:
        """For `Scripted`."""
        return self.of(message.content for message in request.messages[-2:])

    def body(self, body: dict[str, Any]) -> str:
        """For a loopback endpoint."""
        return self.of(message["content"] for message in body["messages"][-2:])
