"""Case number, priority and dates: from the header, else from the summary."""

from __future__ import annotations

import re

from extractor.facts import Facts
from extractor.facts.header import CASE_NUMBER as PRINTED_CASE_NUMBER
from extractor.facts.header import letter_top
from extractor.fields import BY_PATTERN, CASE_NUMBER, DATE_OF_INJURY, UR_DENIAL_DATE
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.places import Place
from extractor.layout import Layout
from extractor.layout.dates import SummaryDates
from extractor.text.literals import find_dates
from extractor.text.spans import Span

_RAW_CASE_NUMBER = re.compile(r"\bCM\s?\d{2}\s?[-‐‑‒–—−]?\s?\d{5,8}(?!\d)", re.IGNORECASE)


def say_header(layout: Layout, facts: Facts, draft: Draft) -> None:
    """Say case number, priority and dates. The header wins; what it lacks comes from the summary."""
    _say_case_number(layout, facts, draft)
    for name, (words, value) in facts.header.items():
        if name != "case_number":
            draft.say(Place(BY_PATTERN[f"/{name}"]), value, words)
    told = layout.told
    if Place(UR_DENIAL_DATE) not in draft.claims and told.review:
        first = told.review[0]
        draft.say(Place(UR_DENIAL_DATE), first.value, Span(first.start, first.end))
    _say_injury(layout, facts, draft, told)


def _say_case_number(layout: Layout, facts: Facts, draft: Draft) -> None:
    """From its label, else the header, else page furniture; one named in the middle of a text may be anybody's."""
    if "case_number" in facts.header:
        words, _ = facts.header["case_number"]
        draft.say(Place(CASE_NUMBER), layout.view.words(words), words)
        return
    match = PRINTED_CASE_NUMBER.search(layout.view.folded, letter_top(layout), layout.header.end)
    if match is not None:
        draft.say(Place(CASE_NUMBER), layout.view.flat[slice(*match.span())], Span(*match.span()))
        return
    for raw in _RAW_CASE_NUMBER.finditer(layout.view.raw_text):
        if layout.view.locate(Span(*raw.span())) is None:  # the view leaves furniture out
            draft.claims[Place(CASE_NUMBER)] = Claim(raw.group(), raw=Span(*raw.span()))
            return


def _say_injury(layout: Layout, facts: Facts, draft: Draft, told: SummaryDates) -> None:
    """The date of injury, with the century set by what came after it: nobody is hurt after the decision."""
    header = draft.claims.pop(Place(DATE_OF_INJURY), None)
    if header is not None and header.places:
        printed = next(find_dates(layout.view.folded, *header.places[0]), None)
    else:
        printed = told.injury[0] if told.injury else None
    if printed is not None:
        draft.say(Place(DATE_OF_INJURY), printed.before(facts.latest), Span(printed.start, printed.end))
