"""Diagnoses: the phrases in which summaries state them."""

from __future__ import annotations

import re

from extractor.fields import DIAGNOSES
from extractor.grounding.drafts import Draft
from extractor.layout import Layout
from extractor.processes import deadline
from extractor.readers.rules.diagnosis_lists import HEAD, bare, split_list
from extractor.text.normalize import View
from extractor.text.spans import Span

_NOUN = r"(?:(?:diagnos(?:e?s|is|tic\ impressions?|ese|esis))|impressions?|assessments?|dx)"
_LEAD = re.compile(
    rf"""(?x)
    # "Diagnoses:", "impression on August 29, 2016:", "diagnoses on file for the visit were as follows:"
      \b{_NOUN}(?:\s\(dx\))?
        (?P<filler>\s[^.:;]{{0,75}}?)??
        (?: \s?:\s?
          | \s(?:are|is|were|was|reads?|includ(?:e[sd]?|ing)|consist(?:s|ed)?\sof)
            (?:\s(?:also|currently|documented|noted|listed|given|reported|recorded|stated|described|now))*
            (?:\s(?:as|to\sbe|to\sinclude|of))?\s?:?\s )
        (?:the\sfollowing:?\s)?
    # "diagnoses have included"
    | \b{_NOUN}\s(?:also\s)?(?:have|has|had)\s(?:been\s)?(?:included?|documented\sas|listed\sas)\s
    # "was diagnosed with"
    | \b(?:has|have|had|was|were|is|been|being)\s(?:also\s)?(?:been\s)?(?:\w+ly\s)?
      diagnosed\s(?:as\shaving|to\shave|with|as)\s
    # "carries a diagnosis of", "gave the impression of"
    | \b(?:carr(?:ies|ied)|rendered|gave|given|made|with|established|has|had)\s(?:[^.;]{{0,40}}\s)?
      (?:a|the|an|working|current)?\s?{_NOUN}\sof\s
    # "is being treated for", "has been treating for", "underwent care by Dr. … for"
    | \b(?:is|was|were|being|been|are)\s(?:currently\s|also\s)?(?:being\s)?treated\sfor\s
    | \bhas\sbeen\s(?:under\s\w+\s)?treated\sfor\s
    | \bhas\sbeen\streating\sfor\s
    | \b(?:undergoing|under|receiving|received|underwent)\s(?:medical\s|active\s|the\s|his\s|her\s)?
      (?:treatments?|care|management)\s(?:by\s[^.;]{{3,40}}\s)?for\s
    """
)
# "Cervical spondylotic myelopathy was diagnosed."
_PASSIVE = re.compile(r"(?:^|(?<=[.;] ))(?P<what>[^.;]{4,90}?)\s(?:was|were)\sdiagnosed\b(?!\s(?:with|as|to))")
# "history of being treated for" and denials state no present diagnosis.
_HISTORY = re.compile(
    r"\b(?:history of(?: being)?|family history|rule out|differential|no|without|not|denied|never) ?$"
)
# Where a list of diagnoses ends: the sentence, or a clause that gives cause, course or something else.
_STOP = re.compile(
    r"""(?x)
    # the end of the sentence, also before a lost blank or a date
      \.["”]?(?=\s["“(]?[A-Z]|\s[<{\[]|\s?$|[A-Z][a-z]) | \.(?=\s\d{1,2}[/-]\d) | \s\((?=as\s|on\s|per\s)
    # ", after a fall", "which was …", "on 3/4/15", "related to an industrial accident", "according to the report"
    | ,?\s(?: following\s(?:a|an|the)\s | after\s | since\s | which\s | that\s(?:is|was|has|were) | who\s | for\swhich
             | dating\sback | status\spost\sbeing | status-post\sbeing | while\s | when\s | with\sa\sdate | on\s\d
             | reportedly | associated\swith\san\sindustrial
             | related\sto\s(?:a|an|the)\s(?:industrial|work|fall|injury|accident) | from\s(?:a|an|the)\s
             | by\s(?:dr|the) | in\s(?:the\s)?(?:progress|report|note|medical) | sustained | according\sto | per\sthe )
    # ", and the patient …", "but she …", "and complains of"
    | ,?\s(?:and|but)\s
      (?: the\s(?:patient|injured|worker|claimant|applicant|provider|physician) | he\s | she\s
        | (?:has|had|was|is|were|are|continues?|complain\w*|reports?|reported|presented|remains)\s(?!been\streated) )
    # ", the patient …", ", treatment …"
    | ,\s(?: the\s(?:patient|injured|worker|claimant|applicant|provider) | he\s | she\s
            | treatment | currently | and\sprescribed )
    """
)
_UNSTATED = re.compile(
    r"^(?:was|were|is|are)?\s?not\s(?:\w+\s){0,3}(?:documented|provided|given|stated|noted|listed|specified|available)"
)
# What follows a lead without being a diagnosis.
_NOT_DIAGNOSIS = re.compile(
    r"^(?:a\s)?(?:request|physical therapy|medications?|treatment|mri|x-?rays?|evaluation|rest|ice|referral|refill"
    r"|follow|continue|work (?:status|restrict\w*)|history of|none|not|unknown|unclear|deferred|see|same|as above|noted"
    r"|documented|listed|provided|he|she|this|that|it|the patient|the injured)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]{3}")
_NUMBER = re.compile(r"(?:(?<=[\s.,;])|(?<=\s\())\(?(\d{1,6})[.):]\s?(?=[A-Za-z])")
_FIRST = re.compile(r"\s?[:;]?\s?\(?1[.):]\s?(?=[A-Za-z])")

_LONGEST_LIST = 1200
"""Code points; what is longer is no list of diagnoses."""
_LONGEST_ENTRY = 220


def say_diagnoses(layout: Layout, draft: Draft) -> None:
    """Say every diagnosis that the clinical summary states as one, verbatim, in printed order, without repeats."""
    if layout.summary is None:
        return
    view = layout.view
    seen: set[str] = set()
    for place in [*_led(view, layout.summary), *_passive(view, layout.summary)]:
        words = view.words(place)
        folded = view.folded[place.start : place.end]
        if folded in seen or not _WORD.search(words) or _NOT_DIAGNOSIS.match(words):
            continue
        draft.add(DIAGNOSES, words, place)
        seen.add(folded)


def _led(view: View, summary: Span) -> list[Span]:
    """Entries of the lists behind "Diagnoses:" and the like."""
    entries: list[Span] = []
    at = summary.start
    for lead in _LEAD.finditer(view.folded, *summary):
        deadline.check()
        if lead.start() < at or _HISTORY.search(view.folded[max(0, lead.start() - 24) : lead.start()]):
            continue
        numbered = _enumerated(view, Span(lead.end(), summary.end))
        if numbered:
            entries.extend(numbered)
            at = numbered[-1].end
            continue
        region = view.trim(lead.end(), _stop(view, lead.end(), summary.end), extra=":,.\"'")
        words = view.folded[region.start : region.end]
        if not 3 <= len(region) <= _LONGEST_LIST or _UNSTATED.match(words):
            continue
        if lead.group("filler") and not HEAD.search(words):
            continue
        entries.extend(split_list(view, region))
        at = region.end
    return entries


def _passive(view: View, summary: Span) -> list[Span]:
    """What "was diagnosed"."""
    if view.folded.find("diagnosed", *summary) < 0:
        return []
    places = [view.trim(*match.span("what")) for match in _PASSIVE.finditer(view.folded, *summary)]
    return [place for place in places if HEAD.search(view.folded, *place)]


def _stop(view: View, start: int, limit: int) -> int:
    limit = min(limit, start + _LONGEST_LIST + 1)
    stop = _STOP.search(view.flat, start, limit)
    return stop.start() if stop else limit


def _enumerated(view: View, region: Span) -> list[Span]:
    """Entries numbered 1, 2, 3 … ("1. X. 2. Y.", "(1) x; (2) y"); empty where the list does not begin with 1.

    An entry ends at the next number of the row; the last at the end of its sentence.
    """
    first = _FIRST.match(view.flat, *region)
    if first is None:
        return []
    entries: list[Span] = []
    start, number = first.end(), 1
    while True:
        within = _NUMBER.finditer(view.flat, start, min(region.end, start + _LONGEST_ENTRY))
        following = next((match for match in within if match.group(1) == str(number + 1)), None)
        if following is None:
            entries.append(bare(view, Span(start, _stop(view, start, region.end))))
            return [entry for entry in entries if len(entry)]
        entries.append(bare(view, view.trim(start, following.start(), extra=".,;( ")))
        start, number = following.end(), number + 1
