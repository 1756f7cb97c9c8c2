"""Ages of the patient, in every form in which letters state them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.literals import NUMBER_WORD, number
from extractor.normalize import View
from extractor.spans import Span

_AGE = re.compile(
    rf"\b(?P<age>\d{{2,3}}|{NUMBER_WORD})\s?[-– ]?\s?(?:year|yr)s?\.?\s?[-– ]?\s?old\b(?! \w+ (?:daughter|son|child))"
    rf"|\b(?P<age2>\d{{2,3}})[- ]?(?:y/o|y\.o\.?|yo|yof|yom)\b"
    rf"|\bage(?:d|:| of| is| was)?\s(?P<age3>\d{{2,3}})\b(?!\s?%)"
    rf"|\b(?P<age4>\d{{2,3}}|{NUMBER_WORD}) (?:years?|yrs?) of age\b"
    rf"|\b(?:man|woman|male|female|gentleman|lady|worker|employee) of (?P<age5>\d{{2,3}}|{NUMBER_WORD})\b(?! (?:the|a|his|her)\b)"
    rf"|\b(?:just |recently |now |has )turned (?P<age6>\d{{2,3}}|{NUMBER_WORD})\b"
    rf"|(?<=[.,:;] )(?P<age7>\d{{2,3}}) (?:years?|yrs?)(?=[.,;])"
    rf"|\bis (?:a|an) [a-z][a-z -]{{2,40}}, (?P<age8>\d{{2,3}}),"
)  # fmt: skip
# The pattern above is dear; this one says cheaply where it cannot match.
_AGE_HINT = re.compile(r"years?|yr|y/o|y\.o|yo[fm]?\b|\bage|turned|\b(?:man|woman|gentleman|lady) of\b|, \d\d,")
# "a 12-year-old daughter", "her two-year-old MRI": somebody's or something's age, not the patient's.
_NOT_PATIENT = re.compile(r"\s?(?:son|daughter|child|children|grand\w+|injur\w*|mri|study|report|claim|film|car|building|house|vehicle|fracture|x-?ray|brother|sister|mother|father|wife|husband)\b")


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
