"""What words say: whether a value follows from them, by the type of its field.

Each check takes the value, the quoted words (folded, one string a place) and their context (folded, the whole heading
of the item; empty outside headings).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from extractor.facts.header import CASE_NUMBER
from extractor.records.determination import Category, Subcategory
from extractor.text.literals import Value, find_dates, numbers_in
from extractor.text.normalize import key
from extractor.vocabulary import treatments
from extractor.vocabulary.body import part_of, sides_in
from extractor.vocabulary.drugs import find_drugs
from extractor.vocabulary.people import specialty_named, state_named
from extractor.vocabulary.reasons import OVERTURNED, UPHELD

Check = Callable[[Value, list[str], str], bool]
"""(value, quoted words folded, context folded) → whether they give the value."""


def gives_date(value: Value, words: list[str], context: str) -> bool:
    """One date is printed, and it is this one; a two-digit year may be of either century."""
    printed = [found for quote in words for found in find_dates(quote)]
    if len(printed) != 1 or not isinstance(value, date):
        return False
    return value in (printed[0].value, printed[0].in_1900s())


def is_case_number(value: Value, words: list[str], context: str) -> bool:
    """The words are a case number, and nothing else."""
    return CASE_NUMBER.fullmatch(" ".join(words)) is not None


# "an industrial injury on 10-10-2015" says that somebody was hurt, not how.
_NO_ACT = re.compile(
    r"(?:(?:was|were|been) )?(?:(?:sustained|suffered|incurred) )?(?:an? |the |his |her )?"
    r"(?:(?:industrial|work|occupational|job)(?:[- ]related)? )?(?:injury|injuries|injured|accident)"
    r"(?: at work| on the job)?(?: (?:of|on|dated|from|in) (?:[a-z]{3,9} )?[\d/ ,.-]+)?"
)


def names_an_act(value: Value, words: list[str], context: str) -> bool:
    """The words say how somebody was hurt, and not only that."""
    return _NO_ACT.fullmatch(key(str(value))) is None


def gives_number(value: Value, words: list[str], context: str) -> bool:
    """The number is there, in figures or words; weekly is once, and no refills are none."""
    text = " ".join(words)
    if not isinstance(value, int | float):
        return False
    if float(value) in numbers_in(text):
        return True
    return (value == 1 and "weekly" in text) or (value == 0 and re.search(r"\bno\b", text) is not None)


def gives_sex(value: Value, words: list[str], context: str) -> bool:
    """Words of this sex are there and none of the other."""
    text = " ".join(words)
    female = re.search(r"\b(?:female|woman|lady|mrs|ms|miss|she|her|hers|yof|f)\b", text) is not None
    male = re.search(r"\b(?:male|man|gentleman|mr|he|his|him|yom|m)\b", text) is not None
    return (female, male) == ((True, False) if value == "female" else (False, True))


def gives_state(value: Value, words: list[str], context: str) -> bool:
    """The words name or abbreviate the state."""
    text = " ".join(words)
    return value in (state_named(text), state_named(text.upper()))


def gives_specialty(value: Value, words: list[str], context: str) -> bool:
    """The words name the specialty, or are its very words."""
    text = " ".join(words)
    return specialty_named(text) == value or text == str(value).lower()


def gives_word(value: Value, words: list[str], context: str) -> bool:
    """The word itself is there."""
    return re.search(rf"\b{re.escape(str(value))}\b", " ".join(words)) is not None


def pattern_says(pattern: str) -> Check:
    """A check of a yes or no: it is yes where the pattern is found."""
    found = re.compile(pattern)
    return lambda value, words, context: (found.search(context or " ".join(words)) is not None) is value


# --- what the service is ---------------------------------------------------------------------------------------------


def gives_category(value: Value, words: list[str], context: str) -> bool:
    """Words that name a service of this category are there."""
    text = context or " ".join(words)
    category = Category(str(value))
    if treatments.ASSOCIATED_SURGICAL.match(text):
        return category is Category.SURGERY
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


def gives_subcategory(value: Value, words: list[str], context: str) -> bool:
    """Words that name a service, or a drug of this class, are there."""
    text = context or " ".join(words)
    subcategory = Subcategory(str(value))
    if treatments.ASSOCIATED_SURGICAL.match(text):
        return subcategory is Subcategory.ADJUNCT_SERVICE
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


def gives_part(value: Value, words: list[str], context: str) -> bool:
    """The words name the part."""
    return value in part_of(" ".join(words))


def gives_side(value: Value, words: list[str], context: str) -> bool:
    """The words name the side."""
    return value in sides_in(" ".join(words))


_UNITS = {
    "boxes": "box",
    "patches": "patch",
    "ml": "ml|cc|millilit",
    "oz": "oz|ounce",
    "grams": r"g(?:ra)?ms?|g\b",
    "tablets": "tab|caplet",
    "capsules": "cap",
    "months": r"mo(?:nth|s)",
    "hours": "hr|hour",
    "packets": "pack",
}
"""How units are printed whose names are more than a plural."""


def gives_unit(value: Value, words: list[str], context: str) -> bool:
    """`each` is what a bare `#` counts; other units must be printed in the heading, singular or plural."""
    if value == "each":
        return "#" in " ".join(words) or re.search(r"\b(?:each|ea|qty|quantity|count|ct)\b", context) is not None
    printed = _UNITS.get(str(value), re.escape(str(value).rstrip("s")))
    return re.search(printed, context or " ".join(words)) is not None


# --- what a side relied upon -----------------------------------------------------------------------------------------

_MTUS = re.compile(
    r"(?<!non-)(?<!non- )(?<!of the )\bmtus\b|part of the (?:mtus|medical treatment utilization)"
    r"|medical treatment utilization schedule"
)
_NON_MTUS = re.compile(
    r"\bnon- ?mtus\b|\boutside (?:of )?the mtus|\bnot base|\bnot (?:a )?part of|\bodg\b|\bofficial disability"
    r"|\bother medical treatment|\bacoem\b|https?:|www\."
)
_MTUS_TITLE = re.compile(r"\bcomplaints\b|\btreatment guidelines?\b|\bmedical treatment\b|\bacoem\b|\bpostsurgical\b")


def gives_relied_on(value: Value, words: list[str], context: str) -> bool:
    """The words speak of guidelines of this kind, or of none."""
    text = " ".join(words)
    if value == "none":
        return re.search(r"\b(?:not|no|none|failed|never|lack)\b", text) is not None and _NON_MTUS.search(text) is None
    inside = _speaks_of_mtus(text)
    outside = _NON_MTUS.search(text) is not None
    if value == "both":
        return inside and (outside or any(not _speaks_of_mtus(quote) for quote in words))
    return inside if value == "mtus" else outside or not inside


def _speaks_of_mtus(text: str) -> bool:
    return _MTUS.search(text) is not None or _MTUS_TITLE.search(text) is not None


def gives_source(value: Value, words: list[str], context: str) -> bool:
    """The words name this body of guidelines; those of another name none of the three."""
    text = " ".join(words)
    if value == "ODG":
        return re.search(r"\bodg\b|\bofficial disability", text) is not None
    if value == "ACOEM":
        return re.search(r"\bacoem\b|\bamerican college of occupational", text) is not None
    if value == "MTUS":
        return _MTUS.search(text) is not None or _MTUS_TITLE.search(text) is not None
    return re.search(r"^(?:non- ?mtus citations? )?(?:mtus|odg|acoem|official disability)\b", text) is None


def gives_in_mtus(value: Value, words: list[str], context: str) -> bool:
    """The words say that it is part of the MTUS, or that it is not."""
    text = " ".join(words)
    inside = _MTUS.search(text) is not None or (_MTUS_TITLE.search(text) is not None and "non" not in text)
    outside = re.search(r"\bnon- ?mtus\b|\bnot (?:a )?part of|\bneither of which", text) is not None
    if value:
        return inside and not outside
    return outside or not _MTUS.search(text)


def gives_reason(value: Value, words: list[str], context: str) -> bool:
    """A cue of the reason is there; `other` needs any words at all."""
    text = " ".join(words)
    if value == "other":
        return bool(text)
    return any(cue.reason == value and cue.pattern.search(text) for cue in (*UPHELD, *OVERTURNED))
