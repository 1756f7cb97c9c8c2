"""What of a PDF page a person sees: text that nobody sees is no part of a letter.

Most text is seen, and that can be told from how it is drawn: in ink, on the page, with nothing drawn over it. What
cannot is looked at: the page is drawn with and without it, and where that makes no difference nobody sees it. Text laid
under a scan is never painted and still legitimate: the picture must show something in its place.
"""

from __future__ import annotations

import ctypes
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.glance import THICKER
from extractor.documents.page_objects import Box, Piece

_VISIBLE_STEP = 32
"""Of 255: a lesser difference is not read by anybody."""
_INK_ON_PAPER = 48
_LONGEST_SIDE = 1600
"""Pixels of the drawing that is looked at."""
_LINE_GAP = 36.0
"""Points: text beyond the edge of the page goes on from what is on it where it is nearer than that."""
_MOST_COMPARED = 1_000_000
_ROW = 6.0
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Sight:
    """What is to be said of one page."""

    unseen: list[Piece] = field(default_factory=list)
    doubled: list[Piece] = field(default_factory=list)
    """Printed again where the same words stand."""
    over_the_edge: bool = False
    """Text goes on beyond the edge of the page; it is read."""
    overprinted: bool = False
    """Other words stand in the same place; both are read."""


def look(page: pypdfium2.PdfPage, pieces: Sequence[Piece]) -> Sight:
    """Tell what nobody sees of the text among `pieces`. The page is left as it was."""
    texts = [piece for piece in pieces if piece.is_text and piece.box.area > 0]  # blanks have none
    sight = Sight()
    if not texts:
        return sight
    paper = paper_of(page)
    outside = _outside(texts, paper)
    # A box that no text stands in is wrong, and hides nothing.
    hidden = _beyond(texts, outside, paper) if len(outside) < len(texts) else []
    sight.over_the_edge = bool(hidden or outside) and len(hidden) < len(outside) < len(texts)
    gone = {piece.order for piece in hidden}
    covered = _covered(pieces, texts)
    doubtful = {
        piece.order: piece
        for piece in texts
        if piece.order not in gone and (piece.unpainted or piece.pale or piece.layered or piece.order in covered)
    }
    if doubtful:
        hidden += _not_drawn(page, pieces, doubtful, covered, paper)
    tiny = [piece for piece in texts if piece.tiny and piece.order not in gone and piece.order not in doubtful]
    if len(tiny) < len(texts):
        hidden += [piece for piece, words in zip(tiny, text_of(page, tiny), strict=True) if _WORD.search(words)]
    gone = {piece.order for piece in hidden}
    sight.unseen = hidden
    pairs = list(_overlapping([piece for piece in texts if piece.quarter is not None and piece.order not in gone]))
    if pairs:
        sight.doubled, sight.overprinted = _compared(page, pairs)
    return sight


def paper_of(page: pypdfium2.PdfPage) -> Box:
    """The part of the page that is shown."""
    rectangle = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, rectangle)
    return Box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)


def _outside(texts: Sequence[Piece], paper: Box) -> list[Piece]:
    left, bottom, right, top = paper
    return [
        piece
        for piece in texts
        if piece.box.right <= left or piece.box.left >= right or piece.box.top <= bottom or piece.box.bottom >= top
    ]


def _beyond(texts: Sequence[Piece], outside: Sequence[Piece], paper: Box) -> list[Piece]:
    """What lies off the page and does not go on from what is on it, edge by edge."""
    if not outside:
        return []
    off = {piece.order for piece in outside}
    inside = [piece.box for piece in texts if piece.order not in off]
    reached = (
        paper.left - min(box.left for box in inside),
        paper.bottom - min(box.bottom for box in inside),
        max(box.right for box in inside) - paper.right,
        max(box.top for box in inside) - paper.top,
    )
    by_edge: dict[int, list[tuple[float, float, Piece]]] = defaultdict(list)
    for piece in outside:
        left, bottom, right, top = piece.box
        gaps = (paper.left - right, paper.bottom - top, left - paper.right, bottom - paper.top)
        ends = (paper.left - left, paper.bottom - bottom, right - paper.right, top - paper.top)
        edge = max(range(4), key=gaps.__getitem__)
        by_edge[edge].append((gaps[edge], ends[edge], piece))
    hidden: list[Piece] = []
    for edge, found in by_edge.items():
        reach = reached[edge]
        for gap, end, piece in sorted(found, key=lambda each: each[0]):
            if gap - reach > _LINE_GAP:
                hidden.append(piece)
            else:
                reach = max(reach, end)
    return hidden


def _covered(pieces: Sequence[Piece], texts: Sequence[Piece]) -> dict[int, int]:
    """Which texts (by order) have something drawn over their middle later, and of what kind."""
    first = texts[0].order
    covers = [piece for piece in pieces if piece.order > first and _covers(piece)]
    if not covers:
        return {}
    if len(covers) * len(texts) > _MOST_COMPARED:
        return {piece.order: raw.FPDF_PAGEOBJ_PATH for piece in texts}
    found: dict[int, int] = {}
    for cover in covers:
        for piece in texts:
            if piece.order < cover.order and cover.box.holds(*piece.middle):
                found[piece.order] = cover.kind
    return found


def _covers(piece: Piece) -> bool:
    box = piece.box
    if piece.is_text or box.right - box.left < THICKER or box.top - box.bottom < THICKER:
        return False
    if piece.kind != raw.FPDF_PAGEOBJ_PATH:
        return True
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(piece.handle, fill, stroke)) and fill.value != raw.FPDF_FILLMODE_NONE


def _not_drawn(
    page: pypdfium2.PdfPage, pieces: Sequence[Piece], doubtful: dict[int, Piece], covered: dict[int, int], paper: Box
) -> list[Piece]:
    """Those of `doubtful` that make no difference to the page, and are not the words of a picture."""
    whole = Drawing(page, paper)
    for piece in doubtful.values():
        piece.take_out()
    without = Drawing(page, paper)
    for piece in doubtful.values():
        piece.put_back()
    painted = [piece for piece in pieces if piece.is_text and piece.order not in doubtful]
    hidden: list[Piece] = []
    below: list[Piece] = []
    for piece in doubtful.values():
        if whole.differs(without, piece.box):
            painted.append(piece)
        elif not piece.layered and (piece.unpainted or covered.get(piece.order) == raw.FPDF_PAGEOBJ_IMAGE):
            below.append(piece)
        else:
            hidden.append(piece)
    if below:
        pictures = [piece.box for piece in pieces if piece.kind == raw.FPDF_PAGEOBJ_IMAGE]
        rows = _rows(painted)
        for piece in below:
            x, y = piece.middle
            pictured = any(box.holds(x, y) for box in pictures) and whole.shows_something(piece.box)
            if not pictured or any(other.box.holds(x, y) for other in rows.get(int(y // _ROW), ())):
                hidden.append(piece)
    return hidden


class Drawing:
    """A page as it looks, in greys."""

    def __init__(self, page: pypdfium2.PdfPage, paper: Box) -> None:
        side = max(paper.right - paper.left, paper.top - paper.bottom, 1.0)
        self._scale = min(2.0, _LONGEST_SIDE / side)
        self._paper = paper
        turned = page.get_rotation()
        page.set_rotation(0)
        bitmap = page.render(scale=self._scale, grayscale=True, may_draw_forms=False, draw_annots=False)
        self._pixels: np.ndarray[Any, np.dtype[np.int16]] = bitmap.to_numpy().astype(np.int16)
        if self._pixels.ndim == 3:
            self._pixels = self._pixels[:, :, 0]
        bitmap.close()
        page.set_rotation(turned)

    def _at(self, box: Box) -> np.ndarray[Any, np.dtype[np.int16]]:
        height, width = self._pixels.shape
        left = int((box.left - self._paper.left) * self._scale)
        right = int((box.right - self._paper.left) * self._scale) + 1
        above = int((self._paper.top - box.top) * self._scale)
        below = int((self._paper.top - box.bottom) * self._scale) + 1
        return self._pixels[max(0, above) : max(0, min(height, below)), max(0, left) : max(0, min(width, right))]

    def differs(self, other: Drawing, box: Box) -> bool:
        """Whether the two look different there."""
        mine, others = self._at(box), other._at(box)
        return mine.size > 0 and bool(np.abs(mine - others).max() >= _VISIBLE_STEP)

    def shows_something(self, box: Box) -> bool:
        """Whether there is anything but an even ground."""
        mine = self._at(box)
        return mine.size > 0 and bool(int(mine.max()) - int(mine.min()) >= _INK_ON_PAPER)


def _rows(texts: Sequence[Piece]) -> dict[int, list[Piece]]:
    """Texts by the rows of the page that they reach into; what is as high as many lines is left out."""
    rows: dict[int, list[Piece]] = defaultdict(list)
    for piece in texts:
        first, last = int(piece.box.bottom // _ROW), int(piece.box.top // _ROW)
        if last - first < 20:
            for row in range(first, last + 1):
                rows[row].append(piece)
    return rows


def _overlapping(texts: Sequence[Piece]) -> Iterator[tuple[Piece, list[Piece]]]:
    """Each text that stands where earlier ones do, with those."""
    rows: dict[int, list[tuple[float, float, float, float, Piece]]] = defaultdict(list)
    compared = 0
    for piece in texts:
        left, bottom, right, top = piece.box
        y = (bottom + top) / 2
        row = rows[int(y // _ROW)]
        if row and compared < _MOST_COMPARED:
            compared += len(row)
            quarter, middle = (3 * left + right) / 4, (left + right) / 2
            under = [
                other
                for start, low, end, high, other in row
                if low < y < high
                and (start < middle < end or start < quarter < end or left < (start + end) / 2 < right)
            ]
            if under:
                yield piece, under
        if top - bottom < 20 * _ROW:
            for at in range(int(bottom // _ROW), int(top // _ROW) + 1):
                rows[at].append((left, bottom, right, top, piece))


def _compared(page: pypdfium2.PdfPage, pairs: Sequence[tuple[Piece, list[Piece]]]) -> tuple[list[Piece], bool]:
    """Which of the later say the same as what they stand on, and whether any says something else."""
    concerned = {piece.order: piece for later, under in pairs for piece in (later, *under)}
    words = dict(zip(concerned, text_of(page, list(concerned.values())), strict=True))
    doubled: list[Piece] = []
    other = False
    for later, under in pairs:
        said = _letters(words[later.order])
        beneath = "".join(_letters(words[piece.order]) for piece in under)
        if said and (said in beneath or (len(said) > 3 and beneath in said and 2 * len(beneath) > len(said))):
            doubled.append(later)
        elif said and beneath:
            other = True
    return doubled, other


def _letters(words: str) -> str:
    return "".join(_WORD.findall(words)).casefold()


def text_of(page: pypdfium2.PdfPage, pieces: Sequence[Piece]) -> list[str]:
    """What each text says."""
    if not pieces:
        return []
    textpage = page.get_textpage()
    try:
        return [_said(textpage, piece) for piece in pieces]
    finally:
        textpage.close()


def _said(textpage: Any, piece: Piece) -> str:
    length = raw.FPDFTextObj_GetText(piece.handle, textpage, None, 0)
    buffer = ctypes.create_string_buffer(max(2, length))
    raw.FPDFTextObj_GetText(piece.handle, textpage, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw[: max(0, length - 2)].decode("utf-16-le", "replace")
