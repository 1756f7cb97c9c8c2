"""Words that say an outcome, and words that take it back."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from extractor.records.determination import Outcome
from extractor.text.spans import Span

HEDGES = frozenset(
    "not never neither nor no non un cannot isn't wasn't hardly barely scarcely partial partially part partly half"
    " modified modify amended reversed vacated rescinded withdrawn dismissed deferred pending void corrected revised"
    " conditional conditionally provisional provisionally tentative tentatively temporarily mostly mainly largely"
    " almost nearly except instead rather would should could might formerly previously initially originally allegedly"
    " supposedly presumably possibly probably likely otherwise mixed split unclear unknown undetermined longer fully"
    " only".split()
)
"""Words that make another statement of the outcome beside them: "Not Upheld", "Partially Overturned"."""
QUALIFIER = rf"(?:(?:{'|'.join(sorted(HEDGES - {'not', 'un'}))})(?:,? (?:or|and|in|to|be|deemed|found))?,? )"
"""Such a word, and a blank, before "medically necessary"; a plain `not` is no hedge there."""

# Adjectives and participles that go with "medically" and "medical necessity … is".
_FIT = r"(?:necessary|appropriate|indicated|warranted|reasonable|supported|justified)"
_SHOWN = (
    r"(?:established|supported|demonstrated|met|shown|substantiated|clear|evident|documented|certified|confirmed|found"
    r"|justified|been)"
)
_NOT_NECESSARY = re.compile(
    rf"""(?x) (?=[acfilmnuw]) (?:  # the letters that they begin with: few places need a closer look
    # "is not medically necessary", "notmedically necessary", "not deemed medically necessary", "not a medical need"
      (?: \b(?:not|non|isn't|aren't|wasn't|never|neither|cannot|can't|fails?\ to\ be)\b
        | \bnot(?=medical) | \bun(?=necessary) )
      [-\s]{{0,2}} (?:[^\s.;]{{1,60}}\s){{0,9}}?
      (?:un)? (?: medically\s?{_FIT} | (?:a\s)?medical\s(?:necessity|need)\b )
    # "medical necessity has not been established"
    | \bmedical(?:ly)?\snecess(?:ity|ary)\b [^.]{{0,60}}?
      \b(?:not|cannot|isn't|hasn't|never)\b (?:\s\w+){{0,2}}? \s{_SHOWN}
    # "medically unnecessary", "medical necessity is lacking", "lacks medical necessity"
    | \bmedically\s?unnecessary\b | \bmedical\snecessity\sis\s(?:lacking|not)
    | \black(?:s|ing)?\s(?:of\s)?medical\snecessity
    )"""
)
_NECESSARY = re.compile(
    r"""(?x)
    # "is medically necessary"
      \bmedically\s?(?:necessary|reasonable|appropriate|warranted|indicated|justified|supported)
    # "medical necessity of the brace has been established", "medical need is clearly documented"
    | \bmedical\s(?:necessity|need)\s (?:is|has\sbeen|was|of\s[^.]{3,90}?\s(?:is|has\sbeen|was))\s
      (?:clearly\s|adequately\s)?
      (?:established|supported|demonstrated|met|shown|substantiated|evident|documented|confirmed)
    # "is a medical necessity"
    | \b(?:is|was|are)\sa\smedical\snecessity
    """
)


def conclusions(folded: str, start: int, end: int) -> Iterator[tuple[Outcome, Span]]:
    """What `folded[start:end]` says on necessity, in order: the outcome each statement amounts to, and where."""
    if folded.find("medical", start, end) < 0:  # every statement on necessity has the word
        return
    taken: list[Span] = []
    found: list[tuple[Outcome, Span]] = []
    for match in _NOT_NECESSARY.finditer(folded, start, end):
        span = Span(*match.span())
        taken.append(span)
        found.append((Outcome.UPHELD, span))
    for match in _NECESSARY.finditer(folded, start, end):
        span = Span(*match.span())
        before = bisect_left(taken, span.end, key=lambda other: other.start)  # in order, and apart
        if not (before and taken[before - 1].overlaps(span)):
            found.append((Outcome.OVERTURNED, span))
    yield from sorted(found, key=lambda pair: pair[1])
