"""Page furniture: running heads, footers and page numbers that interrupt the text where pages meet."""

from __future__ import annotations

import re
from collections import Counter

from extractor.normalize import collapse, fold
from extractor.spans import Span

# Lines that are furniture wherever they stand. Each is a whole line, folded, digits kept.
_ALWAYS = re.compile(
    r"""(?x)^(?:
    # "Page 2 of 5", "page 3", "- 2 -"
      (?:page|pg\.?)?\s*\d{1,3}\s*(?:of|/)\s*\d{1,3}
    | (?:page|pg\.?)\s*\d{1,3}
    | -+\s*\d{1,3}\s*-+
    # "Final Letter of Determination Form Effective 5.16.13 Page 2"
    | final\ (?:letter\ of\ )?determination\b.{0,60}\b(?:form\ effective|page\ \d).*
    # "Final Determination Letter for IMR Case Number CM14-0000000 3", "Case Number: CM14-0000000, Page 2", "… 3"
    | final\ determination\ letter\ for\ imr\ case\ number\ .{4,40}
    | (?:imr\ )?case\ (?:number|no\.?)\s*:?\s*cm\d\d-?\d{5,8}(?!\d)\s*[-,|]?\s*page.{0,20}
    | cm\d\d-\d{5,8}(?!\d)\s*[-,|]?\s*(?:page\b.{0,12}|\d{1,3})
    )$"""
)
# A cheap first look at what could be one: a short line with a digit that begins as they do, behind a break.
_CANDIDATE = re.compile(
    r"[\n\f](?P<line>[^\S\n\f]*(?=[pfic\d-])(?:p(?:age|g)|final|imr|case|cm\d|\d|-)[^\n\f]{0,110}(?=\n|\f|\Z))",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
# A line repeated at page edges is furniture only if it also speaks like it: text may repeat there by chance.
_SPEAKS = re.compile(r"\bpage\b|\bimr\b|\bcase\b|determination|maximus|confidential|\bcm#|\bfax\b|form effective")


def find_furniture(text: str) -> tuple[Span, ...]:
    """Raw spans of whole lines of `text` that are page furniture, in order.

    A line counts where its form alone tells, or where it stands first or last on two pages or more (pages end at form
    feeds), is the same there but for numbers, and speaks of pages, cases or the letter. The first of such repeated
    lines is kept, since it may be the letter's own header.
    """
    spans = [
        Span(*match.span("line")).shift(-1)
        for match in _CANDIDATE.finditer("\n" + text)  # so that the first line stands behind a break, too
        if _ALWAYS.match(fold(collapse(match["line"])))
    ]
    if "\f" in text:
        edges = _edges(text)
        shapes = Counter(_DIGITS.sub("#", line) for line, _ in edges)
        seen: set[str] = set()
        for line, span in edges:
            shape = _DIGITS.sub("#", line)
            if shapes[shape] > 1 and _SPEAKS.search(shape) and not shape.endswith(":"):
                if shape in seen:
                    spans.append(span)
                seen.add(shape)
    return tuple(sorted(set(spans)))


def _edges(text: str) -> list[tuple[str, Span]]:
    """The first two and last two lines of each page, folded, if short; with their raw spans."""
    edges: list[tuple[str, Span]] = []
    at = 0
    for page in text.split("\f"):
        lines: list[tuple[str, Span]] = []
        line_at = at
        for raw in page.split("\n"):
            if raw.strip():
                lines.append((fold(collapse(raw)), Span(line_at, line_at + len(raw))))
            line_at += len(raw) + 1
        edges.extend(line for line in lines[:2] + lines[2:][-2:] if len(line[0]) <= 120)
        at += len(page) + 1
    return edges
