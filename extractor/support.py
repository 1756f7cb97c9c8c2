"""Support, by type: do the quoted words give the value?

One table says of every field how it is read: verbatim (the words are the value), parsed (date, number, outcome), or
derived (a closed-list value that words license).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
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
from extractor.literals import find_dates, numbers_in
from extractor.records import Support
from extractor.spans import Span
from extractor.vocabulary import treatments
from extractor.vocabulary.body import TOKEN, part_of, sides_in
from extractor.vocabulary.drugs import find_drugs
from extractor.vocabulary.people import SPECIALTY, specialty_named, state_named
from extractor.vocabulary.reasons import OVERTURNED, UPHELD
from extractor.vocabulary.verdicts import outcomes_said

Check = Callable[[Value, list[str], str], bool]
"""(value, quoted words folded, context folded) → whether they give the value."""
Finder = Callable[[str, Span, Value], Span | None]
"""(folded text, scope, value) → where the scope says the value."""


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


def _date(value: Value, words: list[str], context: str) -> bool:
    printed = [found for quote in words for found in find_dates(quote)]
    if len(printed) != 1 or not isinstance(value, date):
        return False
    return value in (printed[0].value, printed[0].in_1900s())


def _same_number(value: Value, words: list[str], context: str) -> bool:
    return isinstance(value, int | float) and numbers_in(" ".join(words)) == {float(value)}


def _number(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    if not isinstance(value, int | float):
        return False
    if float(value) in numbers_in(text):
        return True
    return (value == 1 and "weekly" in text) or (value == 0 and re.search(r"\bno\b", text) is not None)


def _sex(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    female = re.search(r"\b(?:female|woman|lady|mrs|ms|miss|she|her|hers|yof|f)\b", text) is not None
    male = re.search(r"\b(?:male|man|gentleman|mr|he|his|him|yom|m)\b", text) is not None
    return (female, male) == ((True, False) if value == "female" else (False, True))


def _state(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    return value in (state_named(text), state_named(text.upper()))


def _specialty(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    return specialty_named(text) == value or text == str(value).lower()


def _word(value: Value, words: list[str], context: str) -> bool:
    return re.search(rf"\b{re.escape(str(value))}\b", " ".join(words)) is not None


def _outcome(value: Value, words: list[str], context: str) -> bool:
    return outcomes_said(" ".join(words)) == {Outcome(str(value))}


def _says(pattern: str) -> Check:
    found = re.compile(pattern)
    return lambda value, words, context: (found.search(context or " ".join(words)) is not None) is value


def _category(value: Value, words: list[str], context: str) -> bool:
    text = context or " ".join(words)
    category = Category(str(value))
    if category is Category.SURGERY and treatments.ASSOCIATED_SURGICAL.match(text):
        return True
    if any(rule.category is category and rule.pattern.search(text) for rule in treatments.RULES):
        return True
    if category is Category.INJECTION:
        return treatments.INJECTED.search(text) is not None
    return category is Category.PHARMACEUTICALS and _drug_words(text)


def _drug_words(text: str) -> bool:
    return (
        any(True for _ in find_drugs(text))
        or treatments.COMPOUND.search(text) is not None
        or treatments.SUPPLEMENT.search(text) is not None
        or re.search(r"\d\s?(?:mg|mcg|%)", text) is not None
    )


def _subcategory(value: Value, words: list[str], context: str) -> bool:
    text = context or " ".join(words)
    subcategory = Subcategory(str(value))
    if subcategory is Subcategory.ADJUNCT_SERVICE and treatments.ASSOCIATED_SURGICAL.match(text):
        return True
    if any(rule.subcategory is subcategory and rule.pattern.search(text) for rule in treatments.RULES):
        return True
    if subcategory is Subcategory.OTHER and treatments.INJECTED.search(text):
        return True
    if subcategory is Subcategory.TOPICAL_ANALGESIC and treatments.TOPICAL.search(text):
        return any(True for _ in find_drugs(text))
    if subcategory is Subcategory.TOPICAL_COMPOUND and treatments.COMPOUND.search(text):
        return True
    if subcategory is Subcategory.TOPICAL_COMPOUND and treatments.TOPICAL.search(text):
        return len({named.drug.ingredient for named in find_drugs(text)}) > 1
    if subcategory is Subcategory.NUTRITIONAL and treatments.SUPPLEMENT.search(text):
        return True
    return any(named.drug.drug_class is subcategory for named in find_drugs(text))


def _part(value: Value, words: list[str], context: str) -> bool:
    return value in {part.value for part in part_of(" ".join(words))}


def _side(value: Value, words: list[str], context: str) -> bool:
    return value in {side.value for side in sides_in(" ".join(words))}


def _unit(value: Value, words: list[str], context: str) -> bool:
    """`each` is what a bare `#` counts; other units must be printed in the heading, singular or plural."""
    if value == "each":
        return "#" in " ".join(words) or re.search(r"\b(?:each|ea|qty|quantity|count|ct)\b", context) is not None
    stem = {"boxes": "box", "patches": "patch", "ml": r"ml|cc|millilit", "oz": r"oz|ounce", "grams": r"g(?:ra)?ms?|g\b", "tablets": r"tab|caplet", "capsules": r"cap", "months": r"mo(?:nth|s)", "hours": r"hr|hour", "packets": r"pack"}
    return re.search(stem.get(str(value), re.escape(str(value).rstrip("s"))), context or " ".join(words)) is not None


_MTUS = re.compile(r"(?<!non-)(?<!non- )(?<!of the )\bmtus\b|part of the (?:mtus|medical treatment utilization)|medical treatment utilization schedule")
_NON_MTUS = re.compile(r"\bnon- ?mtus\b|\boutside (?:of )?the mtus|\bnot base|\bnot (?:a )?part of|\bodg\b|\bofficial disability|\bother medical treatment|\bacoem\b|https?:|www\.")


def _relied_on(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    if value == "none":
        return re.search(r"\b(?:not|no|none|failed|never|lack)\b", text) is not None and _NON_MTUS.search(text) is None
    inside = _MTUS.search(text) is not None or treatments_title(text)
    outside = _NON_MTUS.search(text) is not None
    if value == "both":
        return len(words) > 1 or (inside and outside)
    return inside if value == "mtus" else outside or not inside


def treatments_title(text: str) -> bool:
    """The words name a chapter or regulation of the MTUS."""
    return re.search(r"\bcomplaints\b|\btreatment guidelines?\b|\bmedical treatment\b|\bacoem\b|\bpostsurgical\b", text) is not None


def _source(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    if value == "ODG":
        return re.search(r"\bodg\b|\bofficial disability", text) is not None
    if value == "ACOEM":
        return re.search(r"\bacoem\b|\bamerican college of occupational", text) is not None
    if value == "MTUS":
        return _MTUS.search(text) is not None or treatments_title(text)
    return re.search(r"^(?:non- ?mtus citations? )?(?:mtus|odg|acoem|official disability)\b", text) is None


def _in_mtus(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    inside = _MTUS.search(text) is not None or (treatments_title(text) and "non" not in text)
    outside = re.search(r"\bnon- ?mtus\b|\bnot (?:a )?part of|\bneither of which", text) is not None
    if value:
        return inside and not outside
    return outside or not _MTUS.search(text)


def _reason(value: Value, words: list[str], context: str) -> bool:
    text = " ".join(words)
    if value == "other":
        return bool(text)
    return any(cue.reason.value == value and cue.pattern.search(text) for cue in (*UPHELD, *OVERTURNED))


def _token(pattern: str) -> Finder:
    found = re.compile(pattern)

    def find(folded: str, scope: Span, value: Value) -> Span | None:
        for match in found.finditer(folded, *scope):
            if _number(value, [match.group()], ""):
                return Span(*match.span())
        return None

    return find


def _by_check(check: Check) -> Finder:
    """The scope as a whole is the place, if its words pass the check."""

    def find(folded: str, scope: Span, value: Value) -> Span | None:
        words = folded[scope.start : scope.end]
        return scope if check(value, [words], words) else None

    return find


def _body_token(check: Check) -> Finder:
    def find(folded: str, scope: Span, value: Value) -> Span | None:
        for match in TOKEN.finditer(folded, *scope):
            if check(value, [match.group()], ""):
                return Span(*match.span())
        return None

    return find


def _sentence(folded: str, scope: Span, value: Value) -> Span | None:
    for match in re.compile(r"[^.]+\.?").finditer(folded, *scope):
        if value != "other" and _reason(value, [match.group()], ""):
            return Span(*match.span())
    return None


_NUMBER_TOKEN = r"(?<![\w.])#?\d[\d,]*(?:\.\d+)?(?![\d/])|\b[a-z]+(?:-[a-z]+)?\b"
_AGE_TOKEN = r"\b\d{2,3}[- ]?(?:year|yr)s?[- ]?old|\bage(?:d| of)? \d{2,3}|\b[a-z]+(?:-[a-z]+)?[- ]year[- ]old"
_RETROSPECTIVE = r"\bretro(?:spective(?:ly)?)?\b"
_ASSOCIATED = r"^\s*associated surgical service"


def _values(members: type[StrEnum]) -> frozenset[Value]:
    return frozenset(member.value for member in members)


def _sex_word(folded: str, scope: Span, value: Value) -> Span | None:
    words = "female|woman|lady|she|her" if value == "female" else "male|man|gentleman|he|his"
    match = re.compile(rf"(?<!/)\b(?:{words})\b(?!/)").search(folded, *scope)
    return Span(*match.span()) if match else None


def _listed_specialty(folded: str, scope: Span, value: Value) -> Span | None:
    for match in SPECIALTY.finditer(folded, *scope):
        if specialty_named(match.group()) == value:
            return Span(*match.span())
    match = re.compile(rf"\b{re.escape(str(value).lower())}\b").search(folded, *scope)
    return Span(*match.span()) if match else None


def _text(name: str, section: str = "header", *, in_heading: bool = False) -> Field:
    return Field(name, verbatim=True, section=section, in_heading=in_heading)


_FIELDS: dict[str, Field] = {
    "/case_number": _text("case_number"),
    "/priority": Field("priority", allowed=_values(Priority), check=_word, finder=_by_check(_word)),
    "/reviewer/licensed_states/*": Field("licensed_states", section="reviewer", check=_state),
    "/reviewer/specialties/*": Field("specialties", section="reviewer", check=_specialty, finder=_listed_specialty),
    "/reviewer/subspecialties/*": Field("subspecialties", section="reviewer", check=_specialty, finder=_listed_specialty),
    "/patient/age": Field("age", section="patient", check=_same_number, finder=_token(_AGE_TOKEN)),
    "/patient/sex": Field("sex", section="patient", allowed=_values(Sex), check=_sex, finder=_sex_word),
    "/patient/mechanism": _text("mechanism", "patient"),
    "/patient/diagnoses/*": _text("diagnoses", "summary"),
    "/clinical_summary": _text("clinical_summary", "summary"),
    "/records_reviewed/*": _text("records_reviewed", "records"),
    "/decisions/*/heading": _text("heading", in_heading=True),
    "/decisions/*/requested": _text("requested", in_heading=True),
    "/decisions/*/authorized": _text("authorized", in_heading=True),
    "/decisions/*/disputed": _text("disputed", in_heading=True),
    "/decisions/*/retrospective": Field("retrospective", derived=True, in_heading=True, check=_says(_RETROSPECTIVE), finder=_by_check(_says(_RETROSPECTIVE))),
    "/decisions/*/associated_surgical_service": Field("associated_surgical_service", derived=True, in_heading=True, check=_says(_ASSOCIATED), finder=_by_check(_says(_ASSOCIATED))),
    "/decisions/*/service_dates/*": Field("service_dates", in_heading=True, check=_date),
    "/decisions/*/category": Field("category", derived=True, whole_words=False, allowed=_values(Category), in_heading=True, check=_category, finder=_by_check(_category)),
    "/decisions/*/subcategory": Field("subcategory", derived=True, whole_words=False, allowed=_values(Subcategory), in_heading=True, check=_subcategory, finder=_by_check(_subcategory)),
    "/decisions/*/body_parts/*/part": Field("part", derived=True, allowed=_values(Part), in_heading=True, check=_part, finder=_body_token(_part)),
    "/decisions/*/body_parts/*/side": Field("side", derived=True, allowed=_values(Side), in_heading=True, check=_side, finder=_body_token(_side)),
    "/decisions/*/drugs/*/name": _text("drug_name", in_heading=True),
    "/decisions/*/drugs/*/strength": _text("strength", in_heading=True),
    "/decisions/*/quantity/total": Field("total", in_heading=True, check=_number, finder=_token(_NUMBER_TOKEN)),
    "/decisions/*/quantity/per_week": Field("per_week", in_heading=True, check=_number, finder=_token(_NUMBER_TOKEN)),
    "/decisions/*/quantity/weeks": Field("weeks", in_heading=True, check=_number, finder=_token(_NUMBER_TOKEN)),
    "/decisions/*/quantity/refills": Field("refills", in_heading=True, check=_number, finder=_token(_NUMBER_TOKEN)),
    "/decisions/*/quantity/unit": Field("unit", derived=True, in_heading=True, check=_unit, finder=_by_check(_unit)),
    "/decisions/*/outcome": Field("outcome", allowed=_values(Outcome), check=_outcome, finder=_by_check(_outcome)),
    "/decisions/*/rationale": _text("rationale"),
    "/decisions/*/reasons/*": Field("reasons", derived=True, allowed=_values(Reason), check=_reason, finder=_sentence),
}
for _side_name in ("claims_administrator_basis", "reviewer_basis"):
    _base = f"/decisions/*/{_side_name}"
    _FIELDS[f"{_base}/statement"] = _text("statement")
    _FIELDS[f"{_base}/relied_on"] = Field("relied_on", derived=True, allowed=_values(ReliedOn), check=_relied_on, finder=_by_check(_relied_on))
    _FIELDS[f"{_base}/citations/*/source"] = Field("source", derived=True, allowed=_values(Source), check=_source, finder=_by_check(_source))
    _FIELDS[f"{_base}/citations/*/mtus"] = Field("mtus", derived=True, check=_in_mtus, finder=_by_check(_in_mtus))
    _FIELDS[f"{_base}/citations/*/title"] = _text("title")
    _FIELDS[f"{_base}/citations/*/year"] = Field("year", check=_same_number, finder=_token(r"\b(?:19|20)\d\d\b"))
    _FIELDS[f"{_base}/citations/*/sections/*"] = _text("section")
    _FIELDS[f"{_base}/citations/*/pages"] = _text("pages")
for _name in ("date_assigned", "decision_date", "ur_denial_date", "application_received"):
    _FIELDS[f"/{_name}"] = Field(_name, check=_date)
_FIELDS["/date_of_injury"] = Field("date_of_injury", section="header", check=_date)

_INDEX = re.compile(r"/\d+(?=/|$)")


def field_of(pointer: str) -> Field | None:
    """The field that a JSON pointer names; None for a pointer outside the determination."""
    return _FIELDS.get(_INDEX.sub("/*", pointer))


def supports(spec: Field, value: Value, words: list[str], context: str) -> Support:
    """Whether the quoted words give the value. Verbatim text is supported by being there (checked when it is placed)."""
    if spec.check is None:
        return Support.SUPPORTED
    return Support.SUPPORTED if spec.check(value, words, context) else Support.CONTRADICTED
