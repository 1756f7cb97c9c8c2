"""Do the words that a labeller quoted give the value that they label? Asked where the kind of field allows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.scoring.comparators import DATE, key, tokens
from eval.scoring.pointers import Json

_OUTCOME = re.compile(
    r"over\s*turned|upheld|not[\s-]*(?:a\s+)?medical(?:ly)?\s+necess|medical(?:ly)?\s+necess", re.IGNORECASE
)
_VERBATIM = {
    "case_number", "heading", "requested", "authorized", "disputed", "mechanism", "diagnoses",
}  # fmt: skip
_DATES = {
    "date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury", "service_dates",
}  # fmt: skip
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}\s*[/-]\s*\d{1,2}\s*[/-]\s*(?:\d{4}|\d{2})|"
    r"[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9} \d{4}"
)
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_UNITS += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MALE = frozenset({"male", "man", "gentleman", "he", "his", "him", "himself", "mr", "boy", "father", "husband"})
_FEMALE = frozenset({"female", "woman", "lady", "she", "her", "hers", "herself", "ms", "mrs", "girl", "mother", "wife"})


def unsupported(field: str, value: Json, words: str) -> Iterator[str]:
    """Say why `words` do not give `value`, where the kind of field lets that be told."""
    name = field.rpartition(".")[2]
    said = frozenset(tokens(words))
    if value is None:
        return
    if name in _DATES and isinstance(value, str):
        found = {
            DATE.canonical(re.sub(r"\s*([/-])\s*", r"\1", match)) for match in _DATE.findall(" ".join(words.split()))
        }
        wanted = DATE.canonical(value)
        century = {
            getattr(one, "replace", lambda **_: None)(year=one.year - 100) for one in found if hasattr(one, "year")
        }
        if wanted not in found | century:
            yield f"no date {value} in {short(words)}"
    elif name == "age" and str(value) not in said and not _in_words(value) <= said:
        yield f"no {value} in {short(words)}"
    elif name == "outcome":
        if (outcome := outcome_said(words)) is not None and outcome != value:
            yield f"{short(words)} says {outcome}"
        elif outcome is None:
            yield f"no outcome word in {short(words)}"
    elif name == "priority" and value not in said:
        yield f"no {value!r} in {short(words)}"
    elif (
        name == "sex"
        and ((_MALE if value == "female" else _FEMALE) & said)
        and not (_FEMALE if value == "female" else _MALE) & said
    ):
        yield f"{short(words)} speaks of the other sex"
    elif name in _VERBATIM and isinstance(value, str) and (key(value) or "") not in (key(words) or ""):
        yield f"{short(value)} does not stand in {short(words)}"


def _in_words(number: int) -> frozenset[str]:
    """Spell an age: 31 is thirty and one."""
    if number < 20:
        return frozenset(_UNITS[number - 1 : number])
    tens, unit = divmod(number, 10)
    return (
        frozenset({_TENS[tens - 2], *_UNITS[unit - 1 : unit if unit else 0]}) if tens < 10 else frozenset({"hundred"})
    )


def outcome_said(words: str) -> str | None:
    """Read the outcome that `words` say, as the record defines it; None where they say none.

    >>> outcome_said("is not medically necessary"), outcome_said("Overturned"), outcome_said("perhaps")
    ('upheld', 'overturned', None)
    """
    found = _OUTCOME.search(words)
    if found is None:
        return None
    said = found[0].casefold()
    return "upheld" if said.startswith(("upheld", "not")) else "overturned"


def short(words: str) -> str:
    """Show words in a message: quoted, on one line, 60 characters at most."""
    flat = " ".join(words.split())
    return repr(flat if len(flat) <= 60 else flat[:57] + "…")
