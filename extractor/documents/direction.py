"""Which way the text of a PDF page runs: it is turned upright before it is read.

PDFium reads along the lines of the page as it is shown. Text that runs otherwise comes out with its lines reversed or
run together, and a note in the margin that stands upright makes it mistake the whole page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.page_objects import Piece

# Clockwise, by the quarter turns that the text is turned anticlockwise.
_BACK = {1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}


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
    if quarter:
        for index in range(raw.FPDFPage_CountObjects(page)):
            raw.FPDFPageObj_Transform(raw.FPDFPage_GetObject(page, index), *_BACK[quarter], 0, 0)
    return [piece for piece in texts if piece.quarter != quarter]
