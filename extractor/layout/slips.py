"""Slips of character recognition in the form's own words, where nothing else can be meant: "Upheid", "Decisi0n Date:".

Only outcome words at line ends and labels of the header are healed, and only by one letter; what stands beside them, a
`Not` above all, stays and counts. Headings and labels of items are found with their slips by `headings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz.distance import OSA

from extractor.text.normalize import Healed, collapse
from extractor.text.spans import Span

_OUTCOMES = ("Upheld", "Overturned")
_OTHER_WORDS = frozenset({"uphold", "unheld", "uphelds", "overturner"})
"""A letter away from an outcome, and words of their own."""
_HEADER_LABELS = (
    *("Case Number", "Date Assigned", "Date of Injury", "Decision Date", "UR Denial Date", "Priority"),
    *("Application Received", "Application Date", "Date of Decision", "State(s) of Licensure"),
    *("Certification(s)/Specialty", "Certification(s)/Speciality"),
)
# The last word of a line, if it begins as an outcome may, or as one whose first letter was misread.
_LAST_WORD = re.compile(r"(?m)([UVO0QD](?<![\w'-].)[\w|!]{4,11})(?=[^\S\n]*[.)*]*[^\S\n]*$)")
_SPACED = re.compile(
    r"(?m)((?=[UuOo] )(?<!\w)(?i:"
    + "|".join(" {1,2}".join(word) for word in _OUTCOMES)
    + r"))(?=[^\S\n]*[.)*]*[^\S\n]*$)"
)
_LABEL = re.compile(r"(?m)^[^\S\n]*([A-Z0-9][^\n:]{5,28}):")
_WRAPPED_LABEL = re.compile(r"(?m)^[^\S\n]*(A\w{8,11})[^\S\n]*\n[^\S\n]*(R\w{6,8})[^\S\n]*:")
""""Application" and "Received:", as narrow tables break them."""
# What is taken for one another so often that it is no edit.
_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "|": "l", "!": "l", "5": "s", "8": "b"})


def find_slips(text: str) -> list[Healed]:
    """Raw spans of words with a slip, and the words that they must have been; in order, none overlapping."""
    found = {slip.span.start: slip for slip in [*_outcomes(text), *_labels(text), *_wrapped_labels(text)]}
    return [found[start] for start in sorted(found)]


def _outcomes(text: str) -> Iterator[Healed]:
    for match in _LAST_WORD.finditer(text):
        meant = _meant(match[1], _OUTCOMES)
        if meant is not None and match[1].lower() not in _OTHER_WORDS:
            yield Healed(Span(*match.span(1)), meant)
    for match in _SPACED.finditer(text):
        yield Healed(Span(*match.span(1)), "".join(match[1].split()).capitalize())


def _labels(text: str) -> Iterator[Healed]:
    for match in _LABEL.finditer(text):
        meant = _meant(collapse(match[1]), _HEADER_LABELS)
        if meant is not None:
            yield Healed(Span(match.start(1), match.start(1) + len(match[1].rstrip())), meant)


def _wrapped_labels(text: str) -> Iterator[Healed]:
    for match in _WRAPPED_LABEL.finditer(text):
        words = [
            (Span(*match.span(group)), match[group], word) for group, word in ((1, "Application"), (2, "Received"))
        ]
        if all(said.lower() == word.lower() or _meant(said, (word,)) for _, said, word in words):
            yield from (Healed(span, word) for span, said, word in words if said.lower() != word.lower())


@lru_cache(maxsize=1024)  # what stands before colons is much the same in every letter
def _meant(words: str, known: tuple[str, ...]) -> str | None:
    """The one of the known words that `words` are but for a letter; None where they are it, or none of them."""
    folded = words.lower()
    if any(folded == each.lower() for each in known):
        return None
    seen = _looks(folded)
    near = [each for each in known if OSA.distance(seen, _looks(each.lower()), score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else None


def _looks(folded: str) -> str:
    return folded.translate(_LOOKALIKES).replace("rn", "m").replace("cl", "d")
