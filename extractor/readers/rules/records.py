"""The records that were reviewed: the entries of a list, however it is set."""

from __future__ import annotations

import re

from extractor.fields import RECORDS_REVIEWED
from extractor.grounding.drafts import Draft
from extractor.layout import Layout
from extractor.text.normalize import View
from extractor.text.spans import Span

_INTRO = re.compile(
    r"the following relevant documents[^:]{0,260}?(?:included|reviewed and considered)[^:]{0,60}[:.]\s?"
    r"|these documents included:?\s?"
)
_BULLET = re.compile(
    r"(?:[•●▪◦■]|\(cid:\d+\)|(?<=\n)[-–*o](?=\s)|(?:(?<=\n)|^)\(?\d{1,2}[.)](?=\s))\s?"  # (cid:1): a lost glyph
)
_SEMICOLON = re.compile(r";|$")


def say_records(layout: Layout, draft: Draft) -> None:
    """Say each document of the list, verbatim."""
    if layout.records is None or not layout.variant.lists_records:
        return
    for words in _entries(layout.view, layout.records):
        draft.add(RECORDS_REVIEWED, layout.view.words(words), words)


def _entries(view: View, region: Span) -> list[Span]:
    """At bullets or numbers, else at semicolons, else at line breaks that a full line did not force."""
    start = region.start
    for intro in _INTRO.finditer(view.folded, *region):
        start = intro.end()
    bullets = list(_BULLET.finditer(view.lined, start, region.end))
    if bullets:
        stops = [bullet.start() for bullet in bullets[1:]] + [region.end]
        entries = [view.trim(bullet.end(), stop, extra=";") for bullet, stop in zip(bullets, stops, strict=True)]
    elif view.flat.count(";", start, region.end) > 1:
        ends = list(_SEMICOLON.finditer(view.flat, start, region.end))
        starts = [start, *(end.end() for end in ends)]
        entries = [view.trim(begin, end.start(), extra=";.") for begin, end in zip(starts, ends, strict=False)]
    else:
        entries = _unwrapped_lines(view, Span(start, region.end))
    return [entry for entry in entries if len(entry)]


def _unwrapped_lines(view: View, region: Span) -> list[Span]:
    """One entry a line; a long line that the next word would have overfilled goes on in the next."""
    first, last = view.line_number(region.start), view.line_number(max(region.start, region.end - 1))
    width = max(len(view.line_span(number)) for number in range(first, last + 1))
    entries: list[Span] = []
    start = region.start
    for number in range(first, last + 1):
        line = view.line_span(number)
        if number < last and len(line) > 60:
            following = view.line_span(number + 1)
            word = view.lined[following.start : following.end].split(" ", 1)[0]
            if len(line) + 1 + len(word) > 0.9 * width:
                continue
        entries.append(view.trim(start, min(line.end, region.end), extra=";"))
        start = line.end + 1
    return entries
