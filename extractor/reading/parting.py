"""Parting: a file that holds several letters, one behind the other, into a document for each.

A letter begins with a title of its form, or with its header's labels. A file is parted only where that is certain: what
stands from each top to the next must by itself be a letter, of a known layout and with a decision and its rationale.
Where it is not, the file stays whole, and flags say that sections or case numbers stand in it twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from extractor.documents import Document
from extractor.facts.tops import tops
from extractor.layout import Layout, lay_out
from extractor.text.normalize import View
from extractor.text.spans import Span

_MOST_LETTERHEAD_LINES = 25
_LONGEST_LETTERHEAD_LINE = 100
_CLOSED = re.compile(r"[.!?][\"')\]]*$")
_ABBREVIATED = re.compile(r"(?:\b(?:inc|no|co|llc|corp|dept|div)|\b[a-z])\.$", re.IGNORECASE)


def letters_of(document: Document, layout: Layout) -> tuple[Document, ...]:
    """Each letter of the document as a document of its own; none where it is but one, or parting it is not certain.

    Args:
        document: what was read.
        layout: of the whole of it.

    """
    found = [] if document.part is not None else tops(layout.view)
    if len(found) < 2:
        return ()
    starts = [0, *(_begins(layout.view, _letterhead(layout, top)) for top in found[1:])]
    bodies = list(_certain([Span(*pair) for pair in pairwise([*starts, len(document.text)])], document.text))
    if len(bodies) < 2:
        return ()
    return tuple(document.letter(number, body) for number, body in enumerate(bodies, start=1))


def _certain(pieces: list[Span], text: str) -> Iterator[Span]:
    """Join to the letter before it (or behind it, where none is) what is no letter by itself."""
    begun: Span | None = None
    is_letter = False
    for piece in pieces:
        whole = _is_letter(piece.of(text))
        if begun is not None and is_letter and whole:
            yield begun
            begun = piece
        else:
            begun = piece if begun is None else Span(begun.start, piece.end)
        is_letter = is_letter or whole
    if begun is not None:
        yield begun


def _is_letter(text: str) -> bool:
    layout = lay_out(text)
    return layout.variant.known and any(item.rationale is not None for item in layout.items)


def _letterhead(layout: Layout, top: int) -> int:
    """Where the letter begins whose top stands there: with the short lines above it, on the same page."""
    view = layout.view
    number = view.line_number(top)
    start = view.line_starts[number - 1]
    if view.words(Span(start, top)):  # line breaks were lost
        return top
    if number - 1 in view.page_breaks:
        return start
    marked = {view.line_number(mark.span.start) for mark in layout.marks}
    for above in range(number - 1, max(0, number - 1 - _MOST_LETTERHEAD_LINES), -1):
        if above in marked or above in view.page_breaks or not _may_be_letterhead(view.words(view.line_span(above))):
            break
        start = view.line_starts[above - 1]
    return start


def _begins(view: View, top: int) -> int:
    """Raw offset at which a letter begins whose first words stand at `top`.

    What the view leaves out before them goes with the page it stands on: a footer with the letter before, a head with
    this one.
    """
    before = view.raw(Span(max(0, top - 2), top)).start + 1
    first = view.raw(Span(top, top + 1)).start
    page = view.raw_text.find("\f", before, first)
    return page + 1 if page >= 0 else first


def _may_be_letterhead(words: str) -> bool:
    return len(words) <= _LONGEST_LETTERHEAD_LINE and (
        _CLOSED.search(words) is None or _ABBREVIATED.search(words) is not None
    )
