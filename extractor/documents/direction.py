"""Which way the text of a PDF page runs: it is turned upright before it is read.

PDFium reads along the lines of the page as it is shown. Text that runs otherwise comes out with its lines reversed or
run together, and a note in the margin that stands upright makes it mistake the whole page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import cos, radians, sin
from statistics import median

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.page_objects import Piece

_STRAIGHT = 0.05
"""Degrees: across a page of lines, not half a point."""


def upright(page: pypdfium2.PdfPage, texts: Sequence[Piece]) -> list[Piece]:
    """Turn the page so that most of its text runs from left to right; give the texts that then do not."""
    lengths: Counter[int | None] = Counter()
    for piece in texts:
        left, bottom, right, top = piece.box
        lengths[piece.quarter] += round(max(right - left, top - bottom))
    del lengths[None]
    if not lengths:
        return []
    quarter = max(sorted(key for key in lengths if key is not None), key=lengths.__getitem__)
    if page.get_rotation():
        page.set_rotation(0)
    # A scan laid askew: its lines run into one another where they rise by more than they are apart.
    turn = 90 * quarter + median(piece.askew for piece in texts if piece.quarter == quarter)
    if abs(turn) > _STRAIGHT:
        cosine, sine = cos(radians(turn)), sin(radians(turn))
        for index in range(raw.FPDFPage_CountObjects(page)):
            raw.FPDFPageObj_Transform(raw.FPDFPage_GetObject(page, index), cosine, -sine, sine, cosine, 0, 0)
    return [piece for piece in texts if piece.quarter != quarter]
