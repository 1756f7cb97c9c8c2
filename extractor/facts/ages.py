"""Ages of the patient, in every form in which letters state them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.text.literals import NUMBER_WORD, number
from extractor.text.normalize import View
from extractor.text.spans import Span

_PERSON = r"(?:man|woman|male|female|gentleman|lady|worker|employee)"
_AGE = re.compile(
    # every form begins where a word does
    r"\b(?:"
    # "45 year old", "forty-five-year-old", "52 yr. old"; not "12 year old step daughter"
    rf"(\d{{2,3}}|{NUMBER_WORD})\s?[-– ]?\s?(?:year|yr)s?\.?\s?[-– ]?\s?old\b(?! \w+ (?:daughter|son|child))"
    # "45 y/o", "45-yo", "45yom"
    r"|(\d{2,3})[- ]?(?:y/o|y\.o\.?|yo|yof|yom)\b"
    # "age 45", "aged 45", "age: 45"
    r"|age(?:d|:| of| is| was)?\s(\d{2,3})\b(?!\s?%)"
    # "45 years of age"
    rf"|(\d{{2,3}}|{NUMBER_WORD}) (?:years?|yrs?) of age\b"
    # "a man of 45"
    rf"|{_PERSON} of (\d{{2,3}}|{NUMBER_WORD})\b(?! (?:the|a|his|her)\b)"
    # "just turned 45"
    rf"|(?:just |recently |now |has )turned (\d{{2,3}}|{NUMBER_WORD})\b"
    # "The patient, 45 years, …"
    r"|(?<=[.,:;] )(\d{2,3}) (?:years?|yrs?)(?=[.,;])"
    # "is a warehouse worker, 45, …"
    r"|is (?:a|an) [a-z][a-z -]{2,40}, (\d{2,3}),"
    r")"
)
# The pattern above is dear; this one says cheaply where it cannot match.
_AGE_HINT = re.compile(r"years?|yr|y/o|y\.o|yo[fm]?\b|\bage|turned|\b(?:man|woman|gentleman|lady) of\b|, \d\d,")
# "a 12-year-old daughter", "her two-year-old MRI": somebody's or something's age, not the patient's.
_NOT_PATIENT = re.compile(
    r"\s?(?:son|daughter|child|children|grand\w+|brother|sister|mother|father|wife|husband|injur\w*|mri|study|report|claim"
    r"|film|car|building|house|vehicle|fracture|x-?ray)\b"
)


def ages(view: View, region: Span) -> Iterator[tuple[int, Span]]:
    """Ages of the patient that `region` states, with their places."""
    if not _AGE_HINT.search(view.folded, *region):
        return
    for match in _AGE.finditer(view.folded, *region):
        words = next(words for words in match.groups() if words)
        value = number(words)
        if value is None or not 14 <= value <= 110 or _NOT_PATIENT.match(view.folded, match.end()):
            continue
        yield int(value), Span(*match.span())
