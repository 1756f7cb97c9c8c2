"""Comparators: one canonical form for each kind of field, used for pairing and for scoring alike.

A comparator turns a raw JSON value into its canonical form (None where the value says nothing) and decides whether two
canonical forms are equal. For most fields the forms must be the same. Texts that may be paraphrased are equal from a
declared token F1 on, but never where a number, a side or a negation differs.

>>> DATE.canonical("10/13/2016") == DATE.canonical("2016-10-13")
True
>>> text = text_from(0.8)
>>> text.same(text.canonical("MRI of the left knee"), text.canonical("MRI of the right knee"))
False
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from eval.scoring.pointers import Json
from eval.scoring.spans import overlap

Canonical = Hashable
"""A canonical form; None is an absent value."""

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"))
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
# Numbers with their inner separators (10/325, 1.5, 1,000), runs of letters, and the two signs that carry meaning.
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[%#]")
_ARTICLES = frozenset({"a", "an", "the"})
_GUARDED = frozenset(
    {"left", "right", "bilateral", "upper", "lower", "cervical", "thoracic", "lumbar"}
    | {"no", "not", "non", "without", "denies", "ruled", "possible", "probable"}
    | {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
)


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """Split `text` into words and numbers, folded.

    >>> tokens("Norco 10/325mg #60, 50 %")
    ('norco', '10/325', 'mg', '#', '60', '50', '%')
    """
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()))


@lru_cache(maxsize=65536)
def key(text: str) -> str | None:
    """Bring `text` to the form for equality: no blanks, case or punctuation between words; numbers apart and whole.

    So a hyphen at a line break and glued words do no harm, and 1.5 is not 15.

    >>> key("Range-of- motion, 1.5 mg") == key("range of motion 1.5mg") != key("range of motion 15 mg")
    True
    """
    return "".join(f"|{token}|" if token[0].isdigit() else token for token in tokens(text)) or None


@lru_cache(maxsize=65536)
def _bag(text: str) -> tuple[Counter[str], int, frozenset[str]]:
    words = Counter(token for token in tokens(text) if token not in _ARTICLES)
    guarded = frozenset(word for word in words if word[0].isdigit() or word in _GUARDED)
    return words, words.total(), guarded


def token_f1(one: str, other: str) -> float:
    """Harmonic mean of token precision and recall, multisets, articles left out (SQuAD's F1; Rajpurkar et al. 2016)."""
    words, total, _ = _bag(one)
    others, other_total, _ = _bag(other)
    if not total or not other_total:
        return float(total == other_total)
    if other_total < total:
        words, others = others, words
    shared = sum(min(count, others[word]) for word, count in words.items() if word in others)
    return 2 * shared / (total + other_total)


def same_guarded(one: str, other: str) -> bool:
    """Whether numbers, sides, levels and negations are the same in both."""
    return _bag(one)[2] == _bag(other)[2]


@dataclass(frozen=True)
class Comparator:
    """How one kind of value is compared."""

    name: str
    canonical: Callable[[Json], Canonical]
    """Brings a raw value to its form; None where it is absent, or says nothing."""
    equal: Callable[[Canonical, Canonical], bool] | None = None
    """Beyond equality of the forms; None where that is all there is. Called with two present, unequal forms."""
    similarity: Callable[[Canonical, Canonical], float] | None = None
    """0 to 1, for pairing; None: 1 where equal, else 0."""
    note: str = ""

    def same(self, one: Canonical, other: Canonical) -> bool:
        """Whether two present forms count as equal."""
        return one == other or (self.equal is not None and self.equal(one, other))

    def alike(self, one: Canonical, other: Canonical) -> float:
        """Similarity of two present forms, 0 to 1."""
        if one == other:
            return 1.0
        return self.similarity(one, other) if self.similarity else float(self.same(one, other))


def _word(value: Json) -> Canonical:
    if value is None:
        return None
    return str(value).strip().casefold() or None


def _flag(value: Json) -> Canonical:
    return True if value is True or value in ("true", "yes") else None


def _number(value: Json) -> Canonical:
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else repr(value)
    text = str(value).strip().replace(",", "")
    try:
        return float(text)
    except ValueError:
        return f"not a number: {text.casefold()}"


def _code(value: Json) -> Canonical:
    if value is None:
        return None
    return re.sub(r"\s", "", str(value).translate(_DASHES)).upper() or None


_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}
_US = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})")
_NAMED = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_NAMED_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3})[a-z]*\.?,? (\d{4})")


@lru_cache(maxsize=65536)
def _date_text(text: str) -> Canonical:
    text = " ".join(text.split()).casefold()
    try:
        if text[:4].isdigit():
            return date.fromisoformat(text[:10])
        if found := _US.fullmatch(text):
            month, day, year = (int(part) for part in found.groups())
            return date(year + 2000 if year < 100 else year, month, day)
        if found := _NAMED.fullmatch(text):
            return date(int(found[3]), _MONTHS[found[1]], int(found[2]))
        if found := _NAMED_DAY_FIRST.fullmatch(text):
            return date(int(found[3]), _MONTHS[found[2]], int(found[1]))
    except (ValueError, KeyError):
        pass
    return f"not a date: {text}" if text else None


def _date(value: Json) -> Canonical:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else _date_text(str(value))


def _name(value: Json) -> Canonical:
    return None if value is None else key(str(value).replace("&", " and "))


def _unit(value: Json) -> Canonical:
    form = _word(value)
    return form[:-1] if isinstance(form, str) and len(form) > 3 and form.endswith("s") else form


WORD = Comparator("word", _word, note="a word of a closed list: exact but for case")
FLAG = Comparator("flag", _flag, note="true where the letter says so; false says nothing")
BOOLEAN = Comparator("boolean", _word, note="true and false are both values")
NUMBER = Comparator("number", _number, note="by value")
CODE = Comparator("code", _code, note="exact but for blanks and case; leading zeros count")
DATE = Comparator("date", _date, note="by value, however written")
UNIT = Comparator("unit", _unit, note="a word, singular or plural")


@dataclass(frozen=True, slots=True)
class _Text:
    """Form of a text that may be paraphrased: equal by key, the words kept for the token F1."""

    key: str
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _text(value: Json) -> Canonical:
    if value is None:
        return None
    text = str(value)
    form = key(text)
    return _Text(form, text) if form else None


def _text_similarity(one: Canonical, other: Canonical) -> float:
    assert isinstance(one, _Text)  # noqa: S101 - forms of these comparators
    assert isinstance(other, _Text)  # noqa: S101
    return token_f1(one.text, other.text)


VERBATIM = Comparator(
    "verbatim",
    _text,
    similarity=_text_similarity,
    note="equal without blanks, case and punctuation between words; numbers whole",
)
NAME = Comparator("name", _name, note="as verbatim, '&' is 'and'")


def text_from(threshold: float, *, guarded: bool = True) -> Comparator:
    """Compare short texts by verbatim equality, or a token F1 of `threshold` and more.

    With `guarded`, texts whose numbers, sides, levels or negations differ are never equal.
    """

    def equal(one: Canonical, other: Canonical) -> bool:
        assert isinstance(one, _Text)  # noqa: S101
        assert isinstance(other, _Text)  # noqa: S101
        return token_f1(one.text, other.text) >= threshold and (not guarded or same_guarded(one.text, other.text))

    note = f"equal as verbatim, or token F1 ≥ {threshold:g}"
    if guarded:
        note += ", numbers, sides and negations the same"
    return Comparator(f"text≥{threshold:g}", _text, equal, _text_similarity, note)


@dataclass(frozen=True, slots=True)
class _Passage:
    spans: tuple[tuple[int, int], ...]
    text: str


def _passage(value: Json) -> Canonical:
    if value is None:
        return None
    if isinstance(value, str):
        return _Passage((), value) if value.strip() else None
    spans = tuple((int(start), int(end)) for start, end in value.get("spans") or ())
    text = value.get("text") or ""
    return _Passage(spans, text) if spans or text.strip() else None


def passage_from(iou: float, f1: float) -> Comparator:
    """Compare passages: `iou` of character spans and more; token F1 of `f1` and more where a side has no spans."""

    def similarity(one: Canonical, other: Canonical) -> float:
        assert isinstance(one, _Passage)  # noqa: S101
        assert isinstance(other, _Passage)  # noqa: S101
        if one.spans and other.spans:
            return overlap(one.spans, other.spans)
        return token_f1(one.text, other.text)

    def equal(one: Canonical, other: Canonical) -> bool:
        assert isinstance(one, _Passage)  # noqa: S101
        assert isinstance(other, _Passage)  # noqa: S101
        return similarity(one, other) >= (iou if one.spans and other.spans else f1)

    return Comparator(
        "passage", _passage, equal, similarity, f"spans overlap (IoU) ≥ {iou:g}; without spans, token F1 ≥ {f1:g}"
    )
