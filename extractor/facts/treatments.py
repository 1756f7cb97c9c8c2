"""What the words of a request name: the kind of service, drugs with their strengths, parts of the body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractor.facts.requests import TreatmentRequest
from extractor.records.determination import Category, Subcategory
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary import treatments as words
from extractor.vocabulary.drugs import NamedDrug

# Over these a drug's name wins: their words ("pad", "kit", "release", "management") also describe drugs.
_YIELDS_TO_DRUG = frozenset(
    {
        Category.DMEPOS,
        Category.EVALUATION_AND_MANAGEMENT,
        Category.OTHER,
        Category.SURGERY,
        Category.REHABILITATION,
        Category.PROGRAMS,
    }
)
# A visit is of these kinds where the person visited is a psychologist, therapist …; otherwise it is a visit.
_VISIT_KINDS = frozenset({Category.PSYCHOLOGICAL, Category.REHABILITATION, Category.HOME_HEALTH, Category.PROGRAMS})
_PURPOSE = re.compile(r"\b(?:for|regarding|due to|prior to|after)\b")
# Drugs of these classes, put on the skin, are topical analgesics; others keep their class (fentanyl patch).
_TOPICAL_CLASSES = frozenset(
    {
        Subcategory.NSAID,
        Subcategory.TOPICAL_ANALGESIC,
        Subcategory.MUSCLE_RELAXANT,
        Subcategory.ANTI_EPILEPSY,
        Subcategory.ANALGESIC_OTHER,
        Subcategory.INJECTABLE,
        Subcategory.ANTIDEPRESSANT,
    }
)
_UNIT = r"(?:mg|g(?! ?tube)|mcg|µg|ug|%|iu|units?|meq|mg/ml|mcg/hr?|milligrams?|micrograms?)"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
# 50mg · 10/325mg · 75-0.2mg · 4%-27.5%-0.0325% · 300mg/g · 0.5 mg · 1,000 units
_STRENGTH = re.compile(
    rf"(?<![\d#]){_NUMBER}\s?{_UNIT}?(?:\s?[-/]\s?{_NUMBER}\s?{_UNIT}?)*"
    r"(?:\s?/\s?(?:\d+\s?)?(?:ml|g|gm|hr|hour|day|actuation|patch)\b)?"
)
_HAS_UNIT = re.compile(rf"\d\s?{_UNIT}(?![a-z])")
# What may stand between a name and its strength: a brand in brackets, a dosage form.
_BETWEEN = re.compile(
    r"(?:\s?\([^)]{0,200}\))?[\s,:-]*"
    r"(?:(?:tab(?:let)?s?|cap(?:sule)?s?|inhalers?|hfa|cream|gel|ointment|patch(?:es)?|transdermal|topical|lotion"
    r"|solution|oral|strength|ec|dr|er|with|of|at)\b[\s,:-]*)*"
)
# "20% of", "100 mg/ml", before a name
_BEFORE = re.compile(rf"(?P<s>{_NUMBER}\s?{_UNIT}(?:\s?/\s?\d*\s?(?:ml|g|gm|hr)\b)?)\s?(?:of\s)?$")
_BRAND = re.compile(r"\s?\([^)]{0,200}\)")
_LONGEST_BEFORE = 60
"""Code points of a strength before a name."""
# A name that no table knows, but that is dosed like a drug: "Zzyzxal ER 50 mg".
_UNKNOWN_DRUG = re.compile(
    r"^(?P<name>[A-Z][A-Za-z-]{3,30}(?: (?:ER|XR|SR|CR|DR|EC|HCL|HCl|[A-Z][a-z]+ate))?)"
    r" (?P<s>\d[\d.,/-]*\s?(?:mg|mcg|%))"
)
_PUT_IN = re.compile(r"inject|intra|\bim\b")


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """Category and subcategory, and the words that name them."""

    category: Category
    subcategory: Subcategory | None
    place: Span


@dataclass(frozen=True, slots=True)
class DrugFact:
    """A drug as the request prints it; view spans."""

    name: Span
    strength: Span | None


def classify(view: View, request: TreatmentRequest, named: list[NamedDrug]) -> ServiceWords | None:
    """The kind of the disputed item; None where its words do not tell."""
    folded, span = view.folded, request.disputed
    if request.associated:
        return ServiceWords(Category.SURGERY, Subcategory.ADJUNCT_SERVICE, request.associated_at)
    text = folded[span.start : span.end]
    head = words.VISIT_HEAD.match(text)
    if head is not None:
        return _visit(text, span, head.end())
    for rule in words.RULES:
        match = rule.pattern.search(text)
        if match is None:
            continue
        if named and _drug_wins(rule, match, named, text, span):
            break
        return ServiceWords(rule.category, rule.subcategory, Span(*match.span()).shift(span.start))
    if named:
        return _drug_kind(text, span, named)
    if match := words.COMPOUND.search(text):
        return ServiceWords(
            Category.PHARMACEUTICALS, Subcategory.TOPICAL_COMPOUND, Span(*match.span()).shift(span.start)
        )
    if match := words.SUPPLEMENT.search(text):
        return ServiceWords(Category.PHARMACEUTICALS, Subcategory.NUTRITIONAL, Span(*match.span()).shift(span.start))
    if unknown := _UNKNOWN_DRUG.match(view.flat[span.start : span.end]):
        return ServiceWords(Category.PHARMACEUTICALS, None, Span(*unknown.span()).shift(span.start))
    return None


def _visit(text: str, span: Span, head_end: int) -> ServiceWords:
    """A visit is of the kind of the person visited: before "for", a therapist, psychologist, surgeon or dentist."""
    purpose = _PURPOSE.search(text[head_end:])
    person = text[: head_end + purpose.start()] if purpose else text
    for rule in words.RULES:
        surgeon = rule.subcategory is Subcategory.CONSULTATION
        if not (surgeon or rule.subcategory is Subcategory.DENTAL or rule.category in _VISIT_KINDS):
            continue
        # A surgeon may also be named in the purpose ("consultation for spine surgery").
        match = rule.pattern.search(text if surgeon else person)
        if match is not None:
            return ServiceWords(rule.category, rule.subcategory, Span(*match.span()).shift(span.start))
    place = Span(span.start, span.start + head_end)
    return ServiceWords(Category.EVALUATION_AND_MANAGEMENT, Subcategory.OFFICE_VISIT_OR_CONSULTATION, place)


def _drug_wins(rule: words.Rule, match: re.Match[str], named: list[NamedDrug], text: str, span: Span) -> bool:
    """Whether the request is for the drug that it names, although it also has words of another kind of service."""
    if rule.subcategory is Subcategory.VISCOSUPPLEMENT:
        return False
    if rule.category in _YIELDS_TO_DRUG:
        return True
    if rule.category is Category.INJECTION and _PUT_IN.search(match.group()):
        return False
    return _HAS_UNIT.search(text) is not None and named[0].start - span.start <= match.start()


def _drug_kind(text: str, span: Span, named: list[NamedDrug]) -> ServiceWords:
    first = named[0].drug
    place = Span(named[0].start, named[-1].end)
    topical = words.TOPICAL.search(text)
    ingredients = {entry.drug.ingredient for entry in named}
    injected = first.form == "injection" and words.INJECTED.search(text) is not None
    if injected and first.drug_class is not Subcategory.VISCOSUPPLEMENT:
        return ServiceWords(Category.INJECTION, Subcategory.OTHER, place)
    if len(ingredients) == 1 and first.form == "topical":  # a branded product, however many strengths it prints
        return ServiceWords(Category.PHARMACEUTICALS, first.drug_class, place)
    if (len(ingredients) > 1 and topical and text.count("%") > 1) or words.COMPOUND.search(text):
        return ServiceWords(Category.PHARMACEUTICALS, Subcategory.TOPICAL_COMPOUND, place)
    if topical and first.drug_class in _TOPICAL_CLASSES:
        if topical.start() + span.start > place.start:
            place = Span(place.start, max(place.end, span.start + topical.end()))
        return ServiceWords(Category.PHARMACEUTICALS, Subcategory.TOPICAL_ANALGESIC, place)
    return ServiceWords(Category.PHARMACEUTICALS, first.drug_class, Span(named[0].start, named[0].end))


def read_drugs(view: View, span: Span, named: list[NamedDrug], kind: ServiceWords | None) -> list[DrugFact]:
    """Drugs and ingredients of compounds in `span`, in printed order, none twice with one strength."""
    spoken = list(_spoken(view.folded, span, named))
    if not spoken and kind is not None and kind.category is Category.PHARMACEUTICALS:
        unknown = _UNKNOWN_DRUG.match(view.flat[span.start : span.end])
        if unknown is not None:
            name, strength = Span(*unknown.span("name")), Span(*unknown.span("s"))
            spoken = [DrugFact(name.shift(span.start), strength.shift(span.start))]
    found: dict[str, DrugFact] = {}
    for drug in spoken:
        printed = drug.name.of(view.folded) + (drug.strength.of(view.folded) if drug.strength else "")
        found.setdefault(printed, drug)
    return list(found.values())


def _spoken(folded: str, span: Span, named: list[NamedDrug]) -> Iterator[DrugFact]:
    """Each drug with its strength; a brand in brackets behind its generic is no second drug."""
    brands: list[Span] = []
    for position, entry in enumerate(named):
        place = Span(entry.start, entry.end)
        if (brands and brands[-1].contains(place)) or entry.drug.form == "biologic":
            continue
        bracket = _BRAND.match(folded, entry.end, span.end)
        if bracket is not None:
            brands.append(Span(*bracket.span()))
        # Its strength stands before the next drug's name; brands make it uncertain which name is the next.
        limit = named[position + 1].start if position + 1 < len(named) and not brands else span.end
        yield DrugFact(place, _strength(folded, entry, limit, span))


def _strength(folded: str, entry: NamedDrug, limit: int, span: Span) -> Span | None:
    """Directly behind the name (a bracketed brand or a dosage form may stand between), else directly before it."""
    between = _BETWEEN.match(folded, entry.end, limit)
    match = _STRENGTH.match(folded, between.end() if between else entry.end, limit)
    if match is not None and _HAS_UNIT.search(match.group()):
        return Span(*match.span())
    before = _BEFORE.search(folded, max(span.start, entry.start - _LONGEST_BEFORE), entry.start)
    return Span(*before.span("s")) if before is not None else None
