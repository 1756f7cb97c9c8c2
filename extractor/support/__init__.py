"""Support: whether the quoted words give the value, by its type.

One table says of every field how it is read: verbatim (the words are the value), parsed (date, number, outcome), or
derived (a closed-list value that words license).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from extractor.determination import (
    Category,
    Outcome,
    Part,
    Priority,
    Reason,
    ReliedOn,
    Sex,
    Side,
    Source,
    Subcategory,
)
from extractor.drafts import Value
from extractor.records import Support
from extractor.support import places, says
from extractor.support.places import Finder, first_body_token, first_number, whole_scope
from extractor.support.says import Check

__all__ = ["Field", "field_of", "supports"]


@dataclass(frozen=True, slots=True)
class Field:
    """How one kind of leaf is grounded."""

    name: str
    verbatim: bool = False
    """The value is the words themselves."""
    derived: bool = False
    """The value is a class that the words license."""
    in_heading: bool = False
    """It stands in the item's heading, and nowhere else."""
    section: str = "header"
    """Where outside the items: `header`, `reviewer`, `summary`, `patient` (summary or rationales), `records`."""
    whole_words: bool = True
    """A place may not begin or end inside a word or a number."""
    allowed: frozenset[Value] | None = None
    """The closed list, where the field has one."""
    check: Check | None = None
    finder: Finder | None = None


def field_of(pointer: str) -> Field | None:
    """The field that a JSON pointer names; None for a pointer outside the determination."""
    return _FIELDS.get(_INDEX.sub("/*", pointer))


def supports(spec: Field, value: Value, words: list[str], context: str) -> Support:
    """Whether the quoted words give the value.

    Verbatim text is supported by being there, which is checked when it is placed.
    """
    if spec.check is None:
        return Support.SUPPORTED
    return Support.SUPPORTED if spec.check(value, words, context) else Support.CONTRADICTED


def _values(members: type[StrEnum]) -> frozenset[Value]:
    return frozenset(member.value for member in members)


def _text(name: str, section: str = "header", *, in_heading: bool = False) -> Field:
    return Field(name, verbatim=True, section=section, in_heading=in_heading)


def _number(name: str) -> Field:
    # "#60", "1,000", "twelve", "twenty-four"
    finder = first_number(r"(?<![\w.])#?\d[\d,]*(?:\.\d+)?(?![\d/])|\b[a-z]+(?:-[a-z]+)?\b")
    return Field(name, in_heading=True, check=says.gives_number, finder=finder)


def _yes_or_no(name: str, pattern: str) -> Field:
    check = says.pattern_says(pattern)
    return Field(name, derived=True, in_heading=True, check=check, finder=whole_scope(check))


def _kind(name: str, members: type[StrEnum], check: Check) -> Field:
    """A class of service: any part of the heading may license it, also part of a word ("x-ray" of "x-rays")."""
    return Field(
        name,
        derived=True,
        whole_words=False,
        in_heading=True,
        allowed=_values(members),
        check=check,
        finder=whole_scope(check),
    )


def _of_body(name: str, members: type[StrEnum], check: Check) -> Field:
    allowed = _values(members)
    return Field(name, derived=True, in_heading=True, allowed=allowed, check=check, finder=first_body_token(check))


def _licensed(name: str, check: Check, members: type[StrEnum] | None = None, *, in_heading: bool = False) -> Field:
    allowed = _values(members) if members is not None else None
    return Field(name, derived=True, in_heading=in_heading, allowed=allowed, check=check, finder=whole_scope(check))


def _specialty(name: str) -> Field:
    return Field(name, section="reviewer", check=says.gives_specialty, finder=places.specialty)


# "45-year-old", "age 45", "forty-five year old"
_AGE = r"\b\d{2,3}[- ]?(?:year|yr)s?[- ]?old|\bage(?:d| of)? \d{2,3}|\b[a-z]+(?:-[a-z]+)?[- ]year[- ]old"

_FIELDS: dict[str, Field] = {
    "/case_number": _text("case_number"),
    "/priority": Field(
        "priority", allowed=_values(Priority), check=says.gives_word, finder=whole_scope(says.gives_word)
    ),
    "/date_of_injury": Field("date_of_injury", check=says.gives_date),
    "/ur_denial_date": Field("ur_denial_date", check=says.gives_date),
    "/application_received": Field("application_received", check=says.gives_date),
    "/date_assigned": Field("date_assigned", check=says.gives_date),
    "/decision_date": Field("decision_date", check=says.gives_date),
    "/reviewer/licensed_states/*": Field("licensed_states", section="reviewer", check=says.gives_state),
    "/reviewer/specialties/*": _specialty("specialties"),
    "/reviewer/subspecialties/*": _specialty("subspecialties"),
    "/patient/age": Field("age", section="patient", check=says.gives_same_number, finder=first_number(_AGE)),
    "/patient/sex": Field("sex", section="patient", allowed=_values(Sex), check=says.gives_sex, finder=places.sex_word),
    "/patient/mechanism": _text("mechanism", "patient"),
    "/patient/diagnoses/*": _text("diagnoses", "summary"),
    "/clinical_summary": _text("clinical_summary", "summary"),
    "/records_reviewed/*": _text("records_reviewed", "records"),
}
_ITEM_FIELDS: dict[str, Field] = {
    "heading": _text("heading", in_heading=True),
    "requested": _text("requested", in_heading=True),
    "authorized": _text("authorized", in_heading=True),
    "disputed": _text("disputed", in_heading=True),
    "retrospective": _yes_or_no("retrospective", r"\bretro(?:spective(?:ly)?)?\b"),
    "associated_surgical_service": _yes_or_no("associated_surgical_service", r"^\s*associated surgical service"),
    "service_dates/*": Field("service_dates", in_heading=True, check=says.gives_date),
    "category": _kind("category", Category, says.gives_category),
    "subcategory": _kind("subcategory", Subcategory, says.gives_subcategory),
    "body_parts/*/part": _of_body("part", Part, says.gives_part),
    "body_parts/*/side": _of_body("side", Side, says.gives_side),
    "drugs/*/name": _text("drug_name", in_heading=True),
    "drugs/*/strength": _text("strength", in_heading=True),
    "quantity/total": _number("total"),
    "quantity/per_week": _number("per_week"),
    "quantity/weeks": _number("weeks"),
    "quantity/refills": _number("refills"),
    "quantity/unit": _licensed("unit", says.gives_unit, in_heading=True),
    # The layout reads the words of the verdict; the claim must be what it read.
    "outcome": Field("outcome", allowed=_values(Outcome), finder=places.all_of_it),
    "rationale": _text("rationale"),
    "reasons/*": Field(
        "reasons", derived=True, allowed=_values(Reason), check=says.gives_reason, finder=places.reason_sentence
    ),
}
_BASIS_FIELDS: dict[str, Field] = {
    "statement": _text("statement"),
    "relied_on": _licensed("relied_on", says.gives_relied_on, ReliedOn),
    "citations/*/source": _licensed("source", says.gives_source, Source),
    "citations/*/mtus": _licensed("mtus", says.gives_in_mtus),
    "citations/*/title": _text("title"),
    "citations/*/year": Field("year", check=says.gives_same_number, finder=first_number(r"\b(?:19|20)\d\d\b")),
    "citations/*/sections/*": _text("section"),
    "citations/*/pages": _text("pages"),
}
_FIELDS |= {f"/decisions/*/{name}": spec for name, spec in _ITEM_FIELDS.items()}
for _side in ("claims_administrator_basis", "reviewer_basis"):
    _FIELDS |= {f"/decisions/*/{_side}/{name}": spec for name, spec in _BASIS_FIELDS.items()}

_INDEX = re.compile(r"/\d+(?=/|$)")
