"""What the words of a request name: the kind of service, drugs with their strengths, parts of the body."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.determination import Category, Subcategory
from extractor.facts.requests import Request
from extractor.normalize import View
from extractor.spans import Span
from extractor.vocabulary import treatments as words
from extractor.vocabulary.drugs import NamedDrug

# Over these a drug's name wins: their words ("pad", "kit", "release", "management") also describe drugs.
_YIELDS_TO_DRUG = frozenset(
    {Category.DMEPOS, Category.EVALUATION_AND_MANAGEMENT, Category.OTHER, Category.SURGERY, Category.REHABILITATION, Category.PROGRAMS}
)
# Drugs of these classes, put on the skin, are topical analgesics; others keep their class (fentanyl patch, cortisone cream).
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
# 50mg · 10/325mg · 75-0.2mg · 4%-27.5%-0.0325% · 300mg/g · 0.5 mg · 1,000 units
_UNIT = r"(?:mg|g(?! ?tube)|mcg|µg|ug|%|iu|units?|meq|mg/ml|mcg/hr?|milligrams?|micrograms?)"
_STRENGTH = re.compile(
    rf"(?<![\d#])\d[\d,]*(?:\.\d+)?\s?{_UNIT}?(?:\s?[-/]\s?\d[\d,]*(?:\.\d+)?\s?{_UNIT}?)*(?:\s?/\s?(?:\d+\s?)?(?:ml|g|gm|hr|hour|day|actuation|patch)\b)?"
)
_PUT_IN = re.compile(r"inject|intra|\bim\b")
_HAS_UNIT = re.compile(rf"\d\s?{_UNIT}(?![a-z])")
_BETWEEN = re.compile(r"(?:\s?\([^)]*\))?[\s,:-]*(?:(?:tab(?:let)?s?|cap(?:sule)?s?|inhalers?|hfa|cream|gel|ointment|patch(?:es)?|transdermal|topical|lotion|solution|oral|strength|ec|dr|er|with|of|at)\b[\s,:-]*)*")
_BEFORE = re.compile(rf"(?P<s>\d[\d,]*(?:\.\d+)?\s?{_UNIT}(?:\s?/\s?\d*\s?(?:ml|g|gm|hr)\b)?)\s?(?:of\s)?$")
_UNKNOWN_DRUG = re.compile(r"^(?P<name>[A-Z][A-Za-z-]{3,30}(?: (?:ER|XR|SR|CR|DR|EC|HCL|HCl|[A-Z][a-z]+ate))?) (?P<s>\d[\d.,/-]*\s?(?:mg|mcg|%))")


@dataclass(frozen=True, slots=True)
class Kind:
    """Category and subcategory, and the words that name them."""

    category: Category
    subcategory: Subcategory | None
    place: Span


@dataclass(frozen=True, slots=True)
class DrugFact:
    """A drug as the request prints it; view spans."""

    name: Span
    strength: Span | None


def classify(view: View, request: Request, named: list[NamedDrug]) -> Kind | None:
    """The kind of the disputed item; None where its words do not tell."""
    folded, span = view.folded, request.disputed
    if request.associated:
        return Kind(Category.SURGERY, Subcategory.ADJUNCT_SERVICE, request.associated_at)
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
        return Kind(rule.category, rule.subcategory, Span(*match.span()).shift(span.start))
    if named:
        return _drug_kind(text, span, named)
    if match := words.COMPOUND.search(text):
        return Kind(Category.PHARMACEUTICALS, Subcategory.TOPICAL_COMPOUND, Span(*match.span()).shift(span.start))
    if match := words.SUPPLEMENT.search(text):
        return Kind(Category.PHARMACEUTICALS, Subcategory.NUTRITIONAL, Span(*match.span()).shift(span.start))
    if unknown := _UNKNOWN_DRUG.match(view.flat[span.start : span.end]):
        return Kind(Category.PHARMACEUTICALS, None, Span(*unknown.span()).shift(span.start))
    return None


_VISIT_KINDS = frozenset({Category.PSYCHOLOGICAL, Category.SURGERY, Category.REHABILITATION, Category.HOME_HEALTH, Category.PROGRAMS})


def _visit(text: str, span: Span, head_end: int) -> Kind:
    """A visit is of the kind of the person visited: before "for", a therapist, psychologist, surgeon or dentist."""
    purpose = re.search(r"\b(?:for|regarding|due to|prior to|after)\b", text[head_end:])
    person = text[: head_end + purpose.start()] if purpose else text
    for rule in words.RULES:
        dental = rule.subcategory is Subcategory.DENTAL
        surgeon = rule.subcategory is Subcategory.CONSULTATION
        if not (dental or surgeon or (rule.category in _VISIT_KINDS and rule.category is not Category.SURGERY)):
            continue
        # A surgeon may also be named in the purpose ("consultation for spine surgery").
        match = rule.pattern.search(text if surgeon else person)
        if match is not None:
            return Kind(rule.category, rule.subcategory, Span(*match.span()).shift(span.start))
    return Kind(
        Category.EVALUATION_AND_MANAGEMENT, Subcategory.OFFICE_VISIT_OR_CONSULTATION, Span(span.start, span.start + head_end)
    )


def _drug_wins(rule: words.Rule, match: re.Match[str], named: list[NamedDrug], text: str, span: Span) -> bool:
    if rule.subcategory is Subcategory.VISCOSUPPLEMENT:
        return False
    first = named[0].start - span.start
    if rule.category in _YIELDS_TO_DRUG:
        return True
    dosed = bool(_HAS_UNIT.search(text))
    if rule.category is Category.INJECTION and _PUT_IN.search(match.group()):
        return False
    return dosed and first <= match.start()


def _drug_kind(text: str, span: Span, named: list[NamedDrug]) -> Kind:
    first = named[0].drug
    place = Span(named[0].start, named[-1].end)
    topical = words.TOPICAL.search(text)
    distinct = {entry.drug.ingredient for entry in named}
    if first.form == "injection" and words.INJECTED.search(text) and first.drug_class is not Subcategory.VISCOSUPPLEMENT:
        return Kind(Category.INJECTION, Subcategory.OTHER, place)
    if len(distinct) == 1 and first.form == "topical":  # a branded product is one drug, however many strengths it prints
        return Kind(Category.PHARMACEUTICALS, first.drug_class, place)
    if (len(distinct) > 1 and topical and text.count("%") > 1) or words.COMPOUND.search(text):
        return Kind(Category.PHARMACEUTICALS, Subcategory.TOPICAL_COMPOUND, place)
    if topical and first.drug_class in _TOPICAL_CLASSES:
        place = Span(place.start, max(place.end, span.start + topical.end())) if topical.start() + span.start > place.start else place
        return Kind(Category.PHARMACEUTICALS, Subcategory.TOPICAL_ANALGESIC, place)
    return Kind(Category.PHARMACEUTICALS, first.drug_class, Span(named[0].start, named[0].end))


def read_drugs(view: View, span: Span, named: list[NamedDrug], kind: Kind | None) -> list[DrugFact]:
    """Drugs and compound ingredients in `span`, in printed order; a brand in brackets behind its generic is no second drug."""
    folded = view.folded
    brands: list[Span] = []
    spoken: list[tuple[Span, Span | None]] = []
    for position, entry in enumerate(named):
        place = Span(entry.start, entry.end)
        if any(brand.contains(place) for brand in brands) or entry.drug.form == "biologic":
            continue
        bracket = re.match(r"\s?\([^)]*\)", folded[entry.end : span.end])
        if bracket is not None:
            brands.append(Span(entry.end, entry.end + bracket.end()))
        limit = named[position + 1].start if position + 1 < len(named) and not brands else span.end
        limit = min(limit, span.end) if limit > entry.end else span.end
        spoken.append((place, _strength(folded, entry, limit, span)))
    if not spoken and kind is not None and kind.category is Category.PHARMACEUTICALS:
        unknown = _UNKNOWN_DRUG.match(view.flat[span.start : span.end])
        if unknown is not None:
            spoken.append((Span(*unknown.span("name")).shift(span.start), Span(*unknown.span("s")).shift(span.start)))
    found: list[DrugFact] = []
    seen: set[str] = set()
    for place, strength in spoken:
        key = folded[place.start : place.end] + (folded[strength.start : strength.end] if strength else "")
        if key not in seen:
            seen.add(key)
            found.append(DrugFact(place, strength))
    return found


def _strength(folded: str, entry: NamedDrug, limit: int, span: Span) -> Span | None:
    """Directly behind the name (a bracketed brand or a dosage form may stand between), else directly before it."""
    between = _BETWEEN.match(folded, entry.end, limit)
    start = between.end() if between else entry.end
    match = _STRENGTH.match(folded, start, limit)
    if match is not None and _HAS_UNIT.search(match.group()):
        end = match.end()
        return Span(match.start(), end)
    before = _BEFORE.search(folded[span.start : entry.start])
    if before is not None:
        return Span(*before.span("s")).shift(span.start)
    return None
