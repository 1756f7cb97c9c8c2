"""Do the words that a labeller quoted give the value that they label? Asked where the kind of field allows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from eval.scoring.comparators import DATE, key, tokens
from eval.scoring.fields import DETERMINATION, Leaf, leaf_fields
from eval.scoring.pointers import Json

VERBATIM_FIELDS = frozenset(
    {"case_number", "decisions.heading", "decisions.requested", "decisions.authorized", "decisions.disputed"}
    | {"patient.mechanism", "patient.diagnoses"}
)
"""Fields whose value is copied from the letter: it must stand in the quoted words."""
DATE_FIELDS = frozenset(
    field
    for field, node in leaf_fields(DETERMINATION)
    if (node.comparator if isinstance(node, Leaf) else node.element) is DATE
)

_OUTCOME = re.compile(
    r"over\s*turned|upheld|not[\s-]*(?:a\s+)?medical(?:ly)?\s+necess|medical(?:ly)?\s+necess", re.IGNORECASE
)
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}\s*[/-]\s*\d{1,2}\s*[/-]\s*(?:\d{4}|\d{2})|"
    r"[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9} \d{4}"
)
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_UNITS += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MALE = frozenset({"male", "man", "gentleman", "he", "his", "him", "himself", "mr", "boy", "father", "husband"})
_FEMALE = frozenset({"female", "woman", "lady", "she", "her", "hers", "herself", "ms", "mrs", "girl", "mother", "wife"})


def unsupported(field: str, value: Json, words: str) -> str | None:
    """Say why `words` do not give `value`; None where they do, or where the kind of field cannot be checked.

    >>> unsupported("patient.age", 31, "a thirty-one-year-old man")
    >>> unsupported("patient.age", 31, "a 48 year old man")
    "no 31 in 'a 48 year old man'"
    """
    if value is None:
        return None
    if field in DATE_FIELDS:
        return _no_date(value, words) if isinstance(value, str) else None
    if field in VERBATIM_FIELDS:
        return _not_verbatim(value, words) if isinstance(value, str) else None
    check = _CHECKS.get(field)
    return check(value, words) if check else None


def _no_date(value: str, words: str) -> str | None:
    printed = (re.sub(r"\s*([/-])\s*", r"\1", found) for found in _DATE.findall(" ".join(words.split())))
    dates = {found for one in printed if isinstance(found := DATE.canonical(one), date)}
    # An injury of the last century may be printed with two digits of its year: 3/4/98. (No February 29 in 1900.)
    dates |= {one.replace(year=one.year - 100) for one in dates if (one.month, one.day) != (2, 29) or one.year != 2000}
    return None if DATE.canonical(value) in dates else f"no date {value} in {short(words)}"


def _not_verbatim(value: str, words: str) -> str | None:
    return None if (key(value) or "") in (key(words) or "") else f"{short(value)} does not stand in {short(words)}"


def _no_age(value: int, words: str) -> str | None:
    present = frozenset(tokens(words))
    return None if str(value) in present or _in_words(value) <= present else f"no {value} in {short(words)}"


def _in_words(number: int) -> frozenset[str]:
    """Spell an age: 31 is thirty and one."""
    if number < 20:
        return frozenset(_UNITS[number - 1 : number])
    tens, unit = divmod(number, 10)
    return (
        frozenset({_TENS[tens - 2], *_UNITS[unit - 1 : unit if unit else 0]}) if tens < 10 else frozenset({"hundred"})
    )


def _other_sex(value: str, words: str) -> str | None:
    present = frozenset(tokens(words))
    own, other = (_FEMALE, _MALE) if value == "female" else (_MALE, _FEMALE)
    return f"{short(words)} speaks of the other sex" if other & present and not own & present else None


def _no_priority(value: str, words: str) -> str | None:
    return None if value in tokens(words) else f"no {value!r} in {short(words)}"


def _other_outcome(value: str, words: str) -> str | None:
    outcome = outcome_in(words)
    if outcome is None:
        return f"no outcome word in {short(words)}"
    return None if outcome == value else f"{short(words)} says {outcome}"


_CHECKS: dict[str, Callable[[Json, str], str | None]] = {
    "patient.age": _no_age,
    "patient.sex": _other_sex,
    "priority": _no_priority,
    "decisions.outcome": _other_outcome,
}


def outcome_in(words: str) -> str | None:
    """Read the outcome that `words` give, as the record defines it; None where they give none.

    >>> outcome_in("is not medically necessary"), outcome_in("Overturned"), outcome_in("perhaps")
    ('upheld', 'overturned', None)
    """
    found = _OUTCOME.search(words)
    if found is None:
        return None
    return "upheld" if found[0].casefold().startswith(("upheld", "not")) else "overturned"


def short(words: str) -> str:
    """Show words in a message: quoted, on one line, 60 characters at most."""
    flat = " ".join(words.split())
    return repr(flat if len(flat) <= 60 else flat[:57] + "…")
