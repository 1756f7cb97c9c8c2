"""Where a scope says a value that came without its place: the first stretch that passes the field's check."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractor.support.words import Check, gives_number, gives_reason
from extractor.text.literals import Value
from extractor.text.spans import Span
from extractor.vocabulary.body import TOKEN
from extractor.vocabulary.people import SPECIALTY, specialty_named

Finder = Callable[[str, Span, Value], Span | None]
"""(folded text, scope, value) → where the scope says the value."""

_SENTENCE = re.compile(r"[^.]+\.?")


def whole_scope(check: Check) -> Finder:
    """The scope as a whole is the place, if its words pass the check."""

    def find(folded: str, scope: Span, value: Value) -> Span | None:
        words = folded[scope.start : scope.end]
        return scope if check(value, [words], words) else None

    return find


def all_of_it(folded: str, scope: Span, value: Value) -> Span | None:
    """The scope as a whole is the place: what its words say was read before."""
    return scope


def first_match(pattern: re.Pattern[str], check: Check) -> Finder:
    """The first match of the pattern that passes the check."""

    def find(folded: str, scope: Span, value: Value) -> Span | None:
        for match in pattern.finditer(folded, *scope):
            if check(value, [match.group()], ""):
                return Span(*match.span())
        return None

    return find


def first_number(pattern: str) -> Finder:
    """The first match of the pattern that gives the number."""
    return first_match(re.compile(pattern), gives_number)


def first_body_token(check: Check) -> Finder:
    """The first part or side of the body that passes the check."""
    return first_match(TOKEN, check)


def reason_sentence(folded: str, scope: Span, value: Value) -> Span | None:
    """The first sentence with a cue of the reason; any sentence might give `other`, so none is its place."""
    found = None if value == "other" else first_match(_SENTENCE, gives_reason)(folded, scope, value)
    if found is None:
        return None
    words = folded[found.start : found.end]
    return Span(found.end - len(words.lstrip()), found.end)


def sex_word(folded: str, scope: Span, value: Value) -> Span | None:
    """The first word of that sex; "he/she" is of neither."""
    words = "female|woman|lady|she|her" if value == "female" else "male|man|gentleman|he|his"
    match = re.compile(rf"(?<!/)\b(?:{words})\b(?!/)").search(folded, *scope)
    return Span(*match.span()) if match is not None else None


def specialty(folded: str, scope: Span, value: Value) -> Span | None:
    """A listed specialty that is the value, else the value's own words."""
    for listed in SPECIALTY.finditer(folded, *scope):
        if specialty_named(listed.group()) == value:
            return Span(*listed.span())
    match = re.compile(rf"\b{re.escape(str(value).lower())}\b").search(folded, *scope)
    return Span(*match.span()) if match is not None else None
