"""Sentences of a stretch of prose."""

from __future__ import annotations

import re

from extractor.text.normalize import View
from extractor.text.spans import Span

_END = re.compile(r"[.!?][\"')]*\s+(?=[^a-z\s])")
_ABBREVIATED = re.compile(r"\b(?:pg|pgs|p|pp|ch|no|vs|ed|dr|st|al|vol)\.$", re.IGNORECASE)


def prose_sentences(view: View, region: Span) -> list[Span]:
    """The sentences of a stretch of prose; "pg. 46" ends none."""
    found: list[Span] = []
    start = region.start
    for match in _END.finditer(view.flat, *region):
        stop = match.start() + 1
        if _ABBREVIATED.search(view.flat[max(start, stop - 5) : stop]):  # the longest, and what stands before it
            continue
        found.append(view.trim(start, match.end()))
        start = match.end()
    found.append(view.trim(start, region.end))
    return [span for span in found if len(span)]
