"""The forms that a model fills. They are not the record: short strings, closed lists, numbers of lines.

Every string and list is bounded, which ends run-on output; every field is required and none is unknown, which strict
modes want. What the letter does not state is null or an empty list. What the layout already gives (headings, guideline
paragraphs, rationales, dates in headings) is not asked for.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from extractor.records.determination import SUBCATEGORIES, Outcome, Part, Priority, Reason, ReliedOn, Sex, Side

KINDS: tuple[str, ...] = tuple(
    f"{category.value}/{subcategory.value}"
    for category, members in SUBCATEGORIES.items()
    for subcategory in sorted(members)
)
"""Category and subcategory as one word, so that one field cannot contradict the other."""


def _listed(value: str) -> str:
    if value not in KINDS:
        raise ValueError("not on the list of kinds")
    return value


def _bare(schema: dict[str, Any]) -> None:
    """Leave out what costs tokens and tells a model nothing: titles made from the names, the docstrings."""
    schema.pop("title", None)
    schema.pop("description", None)
    for each in schema.get("properties", {}).values():
        each.pop("title", None)


Kind = Annotated[str, AfterValidator(_listed), Field(json_schema_extra={"enum": list(KINDS)})]
Line = Annotated[int, Field(ge=1, le=99_999)]
Lines = Annotated[list[Line], Field(min_length=2, max_length=2)]
"""First and last."""
Word = Annotated[str, Field(max_length=60)]
Phrase = Annotated[str, Field(max_length=240)]
Amount = Annotated[float, Field(ge=0, le=1_000_000)]


class Form(BaseModel):
    """Base: unknown fields are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_bare)


class Cited(Form):
    """Words as printed, and the line on which they begin."""

    text: Phrase
    line: Line


class Header(Form):
    """The table at the top."""

    case_number: Cited | None
    priority: Priority | None
    date_assigned: Cited | None
    decision_date: Cited | None
    ur_denial_date: Cited | None
    application_received: Cited | None
    date_of_injury: Cited | None


class ReviewerForm(Form):
    """The reviewer's credentials."""

    licensed_states: Annotated[list[Word], Field(max_length=12)]
    specialties: Annotated[list[Word], Field(max_length=12)]
    subspecialties: Annotated[list[Word], Field(max_length=6)]


class PatientForm(Form):
    """What the summary tells of the patient."""

    age: Annotated[int, Field(ge=0, le=120)] | None
    sex: Sex | None
    mechanism: Cited | None
    diagnoses: Annotated[list[Cited], Field(max_length=40)]


class BodyPartForm(Form):
    """A part of the body that the heading names."""

    part: Part
    side: Side | None


class DrugForm(Form):
    """A drug that the heading names."""

    name: Annotated[str, Field(max_length=80)]
    strength: Annotated[str, Field(max_length=40)] | None


class QuantityForm(Form):
    """How much was asked for."""

    total: Amount | None
    unit: Annotated[str, Field(max_length=20)] | None
    per_week: Amount | None
    weeks: Amount | None
    refills: Annotated[int, Field(ge=0, le=99)] | None


class ReasonForm(Form):
    """A reason, and the line that gives it."""

    reason: Reason
    line: Line


MOST_ITEMS = 40
"""Items in one answer. Letters seen have up to 21; those with more are asked about piece by piece."""

Parts = Annotated[list[BodyPartForm], Field(max_length=8)]
Drugs = Annotated[list[DrugForm], Field(max_length=12)]
Reasons = Annotated[list[ReasonForm], Field(max_length=5)]


class ItemForm(Form):
    """One disputed item, asked for by itself."""

    outcome: Outcome
    kind: Kind
    body_parts: Parts
    drugs: Drugs
    quantity: QuantityForm | None
    reasons: Reasons


class _Placed(Form):
    heading: Lines


class WholeItemForm(ItemForm, _Placed):
    """One disputed item among others of a letter; where it stands comes first."""

    claims_administrator_relied_on: ReliedOn | None
    reviewer_relied_on: ReliedOn | None


class WholeForm(Form):
    """A whole letter."""

    header: Header
    reviewer: ReviewerForm
    patient: PatientForm
    items: Annotated[list[WholeItemForm], Field(max_length=MOST_ITEMS)]


class GapForm(Form):
    """What rules are weak at, of one item."""

    item: Annotated[int, Field(ge=1, le=99_999)]
    kind: Kind | None
    reasons: Reasons


class GapsForm(Form):
    """What rules are weak at, of one letter; only the parts that were shown."""

    patient: PatientForm | None
    items: Annotated[list[GapForm], Field(max_length=MOST_ITEMS)]


class Correction(Form):
    """A value said better; null where the letter does not say it."""

    path: Annotated[str, Field(max_length=80)]
    text: Phrase | None
    line: Line | None


class CorrectionsForm(Form):
    """Answers to what could not be found in the letter."""

    corrections: Annotated[list[Correction], Field(max_length=12)]


FORMS: dict[str, type[Form]] = {
    "whole": WholeForm,
    "summary": PatientForm,
    "item": ItemForm,
    "gaps": GapsForm,
    "corrections": CorrectionsForm,
}
"""The form in which each prompt is answered, by the prompt's name."""
