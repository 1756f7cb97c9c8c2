"""Reading one letter by prompts: what is asked in which order, what is split, what is asked once more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from extractor.errors import ContextOverflow, ModelError, Truncated
from extractor.facts import Facts, gather
from extractor.fields import (
    ADMINISTRATOR,
    AGE,
    CATEGORY,
    DIAGNOSES,
    DRUG_NAME,
    MECHANISM,
    OUTCOME,
    PART,
    QUANTITY,
    REASONS,
    REVIEWER,
    SEX,
    SIDE,
    STRENGTH,
    SUBCATEGORY,
    Field,
    ValueType,
    below,
)
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.ground import Grounded, PendingFlag, ground
from extractor.grounding.places import Place
from extractor.layout import Layout, lay_out_at
from extractor.model import Attempt, OnAttempt, Request
from extractor.model.asking import Asks
from extractor.model.meter import estimated_tokens
from extractor.readers.model.answers import MOST_ITEMS, CorrectionsForm, GapsForm, ItemForm, PatientForm, WholeForm
from extractor.readers.model.claims import as_date, say_gaps, say_item, say_patient, say_whole
from extractor.readers.model.letters import (
    corrections_request,
    gaps_request,
    item_request,
    item_spans,
    summary_request,
    whole_request,
)
from extractor.readers.model.prompts import Prompts
from extractor.readers.rules import say_front, say_item_skeleton, say_passages
from extractor.records.record import FlagCode
from extractor.settings import ModelSettings
from extractor.text.spans import Span

_OF_LETTER = below(
    *("/case_number", "/priority", "/date_assigned", "/decision_date", "/ur_denial_date", "/application_received"),
    *("/date_of_injury", "/reviewer", "/patient"),
)
_OF_PATIENT = below("/patient")
_OF_ITEM = {OUTCOME, CATEGORY, SUBCATEGORY, PART, SIDE, DRUG_NAME, STRENGTH, REASONS, *QUANTITY}
_OF_WHOLE_ITEM = {*_OF_ITEM, ADMINISTRATOR.relied_on, REVIEWER.relied_on}
_OF_GAP = {CATEGORY, SUBCATEGORY, REASONS}
"""What the forms ask for."""
_MOST_CORRECTIONS = 12
_LONGEST_FAULT = 240


@dataclass(slots=True)
class PromptedReading:
    """What a model said of one letter, and what it took."""

    draft: Draft
    layout: Layout
    facts: Facts
    """The letter's, as they were read; where rules knew no layout, with the items that the model pointed out."""
    said: frozenset[Place] = frozenset()
    """What the model itself claimed; the other claims of the draft are the printed form's, read by rule."""
    asked: frozenset[tuple[Field, int | None]] = frozenset()
    """The fields, each with the position of its decision, that it was asked for."""
    corrected: frozenset[Place] = frozenset()
    """What it was asked about once more."""
    attempts: list[Attempt] = field(default_factory=list)
    grounded: Grounded | None = None
    """The draft grounded, where that was done on the way and nothing was corrected since."""


async def read_by_prompts(
    layout: Layout,
    facts: Facts,
    settings: ModelSettings,
    prompts: Prompts,
    asker: Asks,
    rules: Grounded | None = None,
    on_attempt: OnAttempt | None = None,
) -> PromptedReading:
    """What the model says of a letter, as a draft.

    Args:
        layout: The letter's layout.
        facts: What its headings say.
        settings: Model and strategy.
        prompts: What to ask.
        asker: Whom, and by which policy.
        on_attempt: Told of every try as soon as it has ended, and awaited.
        rules: What the rules reader is sure of, for the strategy `budgeted`; without it that asks for everything weak.

    Raises:
        ModelError: no usable answer; its `attempts` tell what was tried.
        ServiceError: the endpoint serves nobody.

    """
    reading = PromptedReading(Draft(decisions=len(layout.items)), layout, facts)
    letter = _Letter(settings, prompts, asker, reading, on_attempt)
    try:
        if settings.strategy == "budgeted" and layout.variant.known:
            await letter.by_gaps(rules)
        elif settings.strategy == "sections" and layout.variant.known:
            await letter.by_sections()
        else:
            await letter.as_a_whole()
        if settings.corrects:
            await letter.correct()
    except ModelError as error:
        error.attempts = tuple(reading.attempts)
        raise
    return reading


def estimate(layout: Layout, settings: ModelSettings, prompts: Prompts, rules: Grounded | None = None) -> list[Request]:
    """The requests that reading a letter would send if all went well; nothing is sent."""
    known = layout.variant.known
    if settings.strategy == "budgeted" and known:
        patient, items = weak(layout, rules)
        return [
            gaps_request(layout, patient and not number, few, prompts["gaps"], settings)
            for number, few in enumerate(_pieces(items))
            if patient or items
        ]
    request = whole_request(layout, prompts["whole"], settings)
    if not known or (settings.strategy == "whole" and _fits(request, layout, settings)):
        return [request]
    first = summary_request(layout, prompts["summary"], settings)
    items_of = [item_request(layout, index, prompts["item"], settings) for index in range(len(layout.items))]
    return [*([first] if first else []), *items_of]


def weak(layout: Layout, rules: Grounded | None) -> tuple[bool, list[int]]:
    """Which parts rules leave open or are weak at: whether the patient, and which items.

    Reasons are prose that rules read in part only, so an item counts unless it has none to read. The patient counts
    where mechanism, age, sex or diagnoses are missing.
    """
    items = [index for index, item in enumerate(layout.items) if item.rationale is not None]
    if rules is None:
        return layout.summary is not None, items
    found = {place.field for place in rules.values}
    lacking = not found >= {AGE, SEX, MECHANISM, DIAGNOSES}
    return lacking and layout.summary is not None, items


def _pieces(items: Sequence[int]) -> list[Sequence[int]]:
    """So many items at a time as one answer holds; one piece without any where there are none."""
    return [items[start : start + MOST_ITEMS] for start in range(0, max(1, len(items)), MOST_ITEMS)]


def _fits(request: Request, layout: Layout | None, settings: ModelSettings) -> bool:
    room = estimated_tokens(request) + settings.max_output_tokens <= settings.context_tokens
    return room and (layout is None or len(layout.items) <= MOST_ITEMS)


@dataclass(slots=True)
class _Letter:
    """One letter being read."""

    settings: ModelSettings
    prompts: Prompts
    asker: Asks
    reading: PromptedReading
    on_attempt: OnAttempt | None = None

    @property
    def layout(self) -> Layout:
        return self.reading.layout

    @property
    def facts(self) -> Facts:
        return self.reading.facts

    async def hear(self, attempt: Attempt) -> None:
        """Keep an attempt, and tell whoever wants to know at once."""
        self.reading.attempts.append(attempt)
        if self.on_attempt is not None:
            await self.on_attempt(attempt)

    async def as_a_whole(self) -> None:
        """One request; what is too long for it goes by sections, and nothing is cut."""
        request = whole_request(self.layout, self.prompts["whole"], self.settings)
        splits = bool(self.layout.items) or self.layout.summary is not None
        if not _fits(request, self.layout, self.settings):
            if not splits:
                raise ContextOverflow("the letter is longer than the model's context, and has no parts to go by")
            await self.by_sections()
            return
        try:
            answer = await self.asker.ask(request, WholeForm, self.hear)
        except (Truncated, ContextOverflow):
            if not splits:
                raise
            await self.by_sections()
            return
        if not self.layout.variant.known and not self._laid_out(answer):
            return  # no heading with an outcome in it: no determination, and whatever else it says is not of one
        draft = self.reading.draft
        self._say_skeleton()
        skeleton = dict(draft.claims)
        say_whole(answer, self.layout, self.facts, draft)
        self._note(skeleton, _OF_LETTER, self._of_items(_OF_WHOLE_ITEM))

    def _laid_out(self, answer: WholeForm) -> bool:
        """Take the headings that the model points out, as far as the letter bears them out; whether any are left."""
        view = self.layout.view
        last = len(view.line_starts)
        places = [
            Span(view.line_span(min(item.heading)).start, view.line_span(max(item.heading)).end)
            for item in answer.items
            if max(item.heading) <= last
        ]
        self.reading.layout = lay_out_at(self.layout, places)
        self.reading.facts = gather(self.reading.layout)
        self.reading.draft = Draft(decisions=len(self.layout.items))
        return bool(self.layout.items)

    async def by_sections(self) -> None:
        """The summary, and each item by itself; header and credentials are read by rule."""
        prompts = self.prompts
        summary = summary_request(self.layout, prompts["summary"], self.settings)
        items = [
            item_request(self.layout, index, prompts["item"], self.settings) for index in range(len(self.layout.items))
        ]

        async def patient() -> PatientForm | None:
            return await self.asker.ask(summary, PatientForm, self.hear) if summary else None

        async def item(request: Request) -> ItemForm:
            return await self.asker.ask(request, ItemForm, self.hear)

        told, *answers = await _all([patient(), *map(item, items)])
        draft = self.reading.draft
        say_front(self.layout, self.facts, draft)
        self._say_skeleton()
        skeleton = dict(draft.claims)
        if isinstance(told, PatientForm):
            say_patient(told, draft)
        for index, answer in enumerate(answers):
            if isinstance(answer, ItemForm):
                say_item(answer, index, draft)
        self._note(skeleton, _OF_PATIENT if summary else (), self._of_items(_OF_ITEM))

    async def by_gaps(self, rules: Grounded | None) -> None:
        """One request for the weak parts; none where there are none."""
        patient, items = weak(self.layout, rules)
        if not patient and not items:
            return
        left_out: list[int] = []
        for number, few in enumerate(_pieces(items)):
            left_out += await self._gaps(patient and number == 0, few)
        self.reading.draft.left_out = tuple(left_out)
        self._note({}, _OF_PATIENT if patient else (), self._of_items(_OF_GAP, items))

    async def _gaps(self, patient: bool, items: Sequence[int]) -> list[int]:
        """Ask about these parts, in halves where they are too much at once; which items were left out."""
        request = gaps_request(self.layout, patient, items, self.prompts["gaps"], self.settings)
        parts = len(items) + patient
        if parts == 1 or _fits(request, None, self.settings):
            try:
                answer = await self.asker.ask(request, GapsForm, self.hear)
            except (Truncated, ContextOverflow):
                if parts == 1:
                    raise
            else:
                return say_gaps(answer, patient, items, self.reading.draft)
        half = len(items) // 2
        return [*await self._gaps(patient, items[:half]), *await self._gaps(False, items[half:])]

    def _say_skeleton(self) -> None:
        draft = self.reading.draft
        say_passages(self.layout, draft)
        for index, (item, facts) in enumerate(zip(self.layout.items, self.facts.items, strict=True)):
            say_item_skeleton(self.layout.view, item, facts, index, draft)

    def _of_items(self, fields: Iterable[Field], items: Sequence[int] | None = None) -> set[tuple[Field, int | None]]:
        numbers = range(len(self.layout.items)) if items is None else items
        return {(field, index) for index in numbers for field in fields}

    def _note(
        self, skeleton: Mapping[Place, Claim], of_letter: Iterable[Field], of_items: set[tuple[Field, int | None]]
    ) -> None:
        """Note which claims are the model's own, and what it was asked for."""
        claims = self.reading.draft.claims
        self.reading.said = frozenset(place for place, claim in claims.items() if skeleton.get(place) is not claim)
        self.reading.asked = frozenset({(field, None) for field in of_letter} | of_items)

    async def correct(self) -> None:
        """Ask once about what could not be found or is not said there; then it is left to grounding."""
        draft, layout = self.reading.draft, self.layout
        grounded = ground(draft, layout, self.facts)
        refused = [
            doubt
            for doubt in grounded.doubts
            if doubt.code is FlagCode.WITHHELD and doubt.place in self.reading.said and doubt.place in draft.claims
        ][:_MOST_CORRECTIONS]
        if not refused:
            self.reading.grounded = grounded
            return
        faults = [_fault(doubt) for doubt in refused]
        places = {doubt.place.said_at: doubt.place for doubt in refused}
        spans = self._spans_of([doubt.place for doubt in refused]) if self.settings.strategy != "whole" else None
        request = corrections_request(layout, faults, spans, self.prompts["corrections"], self.settings)
        answer = await self.asker.ask(request, CorrectionsForm, self.hear)
        for given in answer.corrections:
            if given.path in places:
                self._correct(places[given.path], given.text, given.line)
        self.reading.corrected = frozenset(places.values())

    def _correct(self, place: Place, text: str | None, line: int | None) -> None:
        draft = self.reading.draft
        earlier = draft.claims.get(place)
        if earlier is None:  # taken back a moment ago
            return
        if text is None or not text.strip():
            del draft.claims[place]
            return
        is_date = place.field.kind is ValueType.DATE
        value = as_date(text, place.field, self.facts) if is_date else text.strip()
        if isinstance(earlier.value, int | float) and not isinstance(earlier.value, bool):
            try:
                value = float(text)
            except ValueError:
                return
            value = int(value) if value.is_integer() else value
        if line is None:
            draft.say(place, value)
            return
        draft.cite(place, value, line, line + 2, judged=earlier.judged)

    def _spans_of(self, places: Iterable[Place]) -> list[Span]:
        """The parts of the letter in which these fields stand."""
        spans: list[Span] = []
        for place in places:
            if place.decision is None:
                spans += [self.layout.summary] if self.layout.summary else []
            else:
                spans += item_spans(self.layout, place.decision)
        return spans


def _fault(doubt: PendingFlag) -> str:
    """Pointer, value and what is wrong, in one short line."""
    return f"{doubt.place.said_at}: {doubt.value!r}: {doubt.message.rsplit(': ', 1)[-1]}"[:_LONGEST_FAULT]


async def _all(asked: Sequence[Awaitable[object]]) -> list[object]:
    """Every answer in order, or the first error once all have ended: what is under way is paid for, and counted."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return list(answers)
