"""What kind of service the words of a request name: the rules of `extractor/data/treatments.toml`, in their order.

The first rule that matches decides; each has an example that it must match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.errors import ConfigurationError
from extractor.records.determination import SUBCATEGORIES, Category, Subcategory
from extractor.vocabulary import wordlists


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that name a kind of service."""

    category: Category
    subcategory: Subcategory
    pattern: re.Pattern[str]
    example: str
    """Text that the pattern must match (checked by a test)."""


def _rules() -> tuple[Rule, ...]:
    table = wordlists.load("treatments")
    rules = []
    for entry in table["rule"]:
        category, subcategory = Category(entry["category"]), Subcategory(entry["subcategory"])
        if subcategory not in SUBCATEGORIES[category]:
            raise ConfigurationError(f"treatments.toml: {subcategory.value!r} is no subcategory of {category.value!r}")
        rules.append(Rule(category, subcategory, wordlists.pattern_of(entry, table["terms"]), entry["example"]))
    return tuple(rules)


RULES: tuple[Rule, ...] = _rules()

ASSOCIATED_SURGICAL = re.compile(r"^\s*associated surgical services?\b")
# The request opens with a visit: what follows "for" is its purpose, not the service.
VISIT_HEAD = re.compile(
    r"^(?:(?:an?|one|1|\(1\)|single|the|initial|follow-?up|continued?|new|additional|outpatient|pre-?op\w*|post-?op\w*|"
    r"specialist|pain management|orthop\w+|neurolog\w+|internal medicine) )*"
    r"(?:referral|refer|consult\w*|(?:re-?)?evaluation|follow[- ]?up|office visits?|visits?|second opinion)\b"
)
_PERCENT = r"\d{1,6}(?:\.\d{1,6})?\s?%"
# "compounded cream", "cream: gabapentin 10%, lidocaine 5%", "flurbiprofen 20% / tramadol 20%"
COMPOUND = re.compile(
    rf"\bcompound\w*|\b(?:cream|gel|ointment|transdermal|topical)\b[^.;]{{0,400}}\b{_PERCENT}[^.;]{{0,400}}{_PERCENT}"
    rf"|{_PERCENT}[^.;]{{1,40}}{_PERCENT}"
)
TOPICAL = re.compile(
    r"\b(?:cream|gel|ointment|lotion|topical\w*|patch(?:es)?|transdermal|roll-?on|balm|spray|liniment|\bpad\b)\b|\d\s?%"
)
INJECTED = re.compile(r"\b(?:inject\w*|intra-?\s?muscular|im\b|intra-?articular|shot\b)")
SUPPLEMENT = re.compile(
    r"\b(?:vitamins?\b|supplements?\b|medical foods?\b|probiotic|omega|fish oil|glucosamine|protein\b|prenatal|herbal"
    r"|herbs?\b)"
)
