"""What a heading asks for: the original request, what was authorized, what is left in dispute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import islice

from extractor.text.literals import find_dates
from extractor.text.normalize import View
from extractor.text.spans import Span

# "X was the original request. Y was authorized by the Claims Administrator. The remaining IMR eligible portion of the
# original request, Z, is" — and the variant in which Y is another treatment and the whole of X stays in dispute.
# It is read piece by piece, from the left: one pattern of all pieces would try every place of one with every place of
# the next.
_REQUESTED = re.compile(r",? (?:was|were|is) the original request ?[.;,]? ")
_LEFT = (
    r" ?(?:[.;,]? (?:the )?remaining imr[- ]*eligible portions? of the original request ?,? ?"
    r"|(?:[.;,]|,? and)? ?leaving the (?:original )?request imr[- ]*eligible ?[.;,]"
    r" (?:the )?original request ?,? ?)"
)
_AUTHORIZED_THEN_LEFT = re.compile(r",? (?:was|were) authori[sz]ed by (?:the )?claims administrator" + _LEFT)
_ADMINISTRATOR = re.compile(r"(?:the )?claims administrator (?:has )?authori[sz]ed ")
_THEN_LEFT = re.compile(_LEFT)
_IS = re.compile(r" ?,?(?: (?:is|are))? ?:?$")
_LONGEST_IS = len(" , are :")
_MOST_REQUESTED = 4
"""Of the places at which an original request may end, the first so many are tried."""
_ASSOCIATED = re.compile(r"\s?associated surgical services? ?[:;,-]? ?")
_RETROSPECTIVE = re.compile(
    r"\s?\(?retro(?:spective(?:ly)?)?(?![a-z])\)?"
    r"(?: (?:review|requests?|authori[sz]ation|approval|treatment)(?: (?:of|for))?)?(?: for)? ?[:;,-]? ?(?:\bfor )?"
)
_RETRO_WORD = re.compile(r"\bretro(?:spective(?:ly)?)?\b|\bretro:|\bretrospective")
_TRAILING_RETRO = re.compile(r" ?[-,]? ?\(retro(?:spective)?\)$")
# "DOS:", "dates of service", "dispensed on", before a date
_SERVICE_LEAD = re.compile(
    r"(?:\bdos\b|\bd\.o\.s\.?|\bdates? of services?|\bservices? dates?|\bdates?\b"
    r"|\b(?:provided|performed|dispensed|rendered|done|administered|given|completed|received) (?:on|from|between)?)"
    r"(?: (?:of|on|from|between|is|was|were))? ?[:;#=-]? ?\(?$"
)
# between two dates of one list
_SERVICE_NEXT = re.compile(r" ?(?:-|–|to|through|thru|and|&|,|, and|;) ?$")
# "per report dated", "RFA", before a date: it is of a paper, not of a service
_NOT_SERVICE = re.compile(
    r"\b(?:per|order(?:ed)?|rx|prescri\w+|rfa|report|dated|request(?:ed)?|note|mri|study|since|received)\b[^;]{0,24}$"
)
_ORDER_DATE = re.compile(r"\border dates? ?$")


@dataclass(frozen=True, slots=True)
class TreatmentRequest:
    """The parts of a heading, in view spans."""

    requested: Span
    authorized: Span | None
    disputed: Span
    retrospective: bool
    retrospective_at: Span
    """The words that say so; the whole heading where none do."""
    associated: bool
    associated_at: Span
    service_dates: tuple[tuple[date, Span], ...]


def read_request(view: View, heading: Span) -> TreatmentRequest:
    """Split a heading. An ordinary one asks for itself; a partial certification names three things."""
    folded = view.folded
    associated = _ASSOCIATED.match(folded, *heading)
    retro = _RETRO_WORD.search(folded, *heading)
    body = Span(associated.end() if associated else heading.start, heading.end)
    partial = _partial(folded, body)
    authorized: Span | None = None
    if partial is None:
        requested = disputed = _bare(view, body)
    else:
        requested, authorized, disputed = (_bare(view, part) for part in partial)
    return TreatmentRequest(
        requested=requested,
        authorized=authorized,
        disputed=disputed,
        retrospective=retro is not None,
        retrospective_at=Span(*retro.span()) if retro else heading,
        associated=associated is not None,
        associated_at=view.trim(*associated.span()) if associated else heading,
        service_dates=_service_dates(folded, heading, retrospective=retro is not None),
    )


def _partial(folded: str, body: Span) -> tuple[Span, Span, Span] | None:
    """What was requested, authorized and left in dispute; None where the heading is no partial certification's.

    Time is linear in the heading's length.
    """
    for asked in islice(_REQUESTED.finditer(folded, body.start + 1, body.end), _MOST_REQUESTED):
        start = asked.end()
        left = _AUTHORIZED_THEN_LEFT.search(folded, start + 1, body.end)
        if left is None and (told := _ADMINISTRATOR.match(folded, start, body.end)) is not None:
            start = told.end()
            left = _THEN_LEFT.search(folded, start + 1, body.end)
        if left is None:
            continue
        at = _IS.search(folded, max(left.end() + 1, body.end - _LONGEST_IS), body.end)
        if at is not None:
            return Span(body.start, asked.start()), Span(start, left.start()), Span(left.end(), at.start())
    return None


def _bare(view: View, span: Span) -> Span:
    """Without "Retrospective (request for)" before it, a bracketed one behind it, and stray punctuation."""
    start, end = view.trim(*span, extra=",;:")
    lead = _RETROSPECTIVE.match(view.folded, start, end)
    if lead is not None and lead.end() < end:
        start = lead.end()
    tail = _TRAILING_RETRO.search(view.folded, start, end)
    if tail is not None and tail.start() > start:
        end = tail.start()
    return view.trim(start, end, extra=",;:")


def _service_dates(folded: str, heading: Span, *, retrospective: bool) -> tuple[tuple[date, Span], ...]:
    """Dates behind "DOS" and the like, further dates of the same list, and bare dates of a retrospective heading."""
    found: dict[date, Span] = {}
    last_end: int | None = None
    for printed in find_dates(folded, *heading):
        lead = folded[max(heading.start, printed.start - 40) : printed.start]
        named = _SERVICE_LEAD.search(lead) is not None and _ORDER_DATE.search(lead) is None
        continues = last_end is not None and _SERVICE_NEXT.match(folded[last_end : printed.start]) is not None
        bare = retrospective and _NOT_SERVICE.search(lead) is None
        if named or continues or bare:
            found.setdefault(printed.value, Span(printed.start, printed.end))
            last_end = printed.end
        else:
            last_end = None
    return tuple(found.items())
