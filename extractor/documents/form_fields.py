"""The fields of a PDF form, filled in and never made part of the page: their values are read where they stand."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.page_objects import Box

# What readers lay over a page: a remark, a stamp, a line through words. It is not the letter's own text.
_LAID_OVER = frozenset(
    {
        raw.FPDF_ANNOT_FREETEXT,
        raw.FPDF_ANNOT_STAMP,
        raw.FPDF_ANNOT_STRIKEOUT,
        raw.FPDF_ANNOT_REDACT,
        raw.FPDF_ANNOT_INK,
        raw.FPDF_ANNOT_CARET,
    }
)
_MOST = 5_000


class Laid(NamedTuple):
    """What lies on a page and is not part of it."""

    fields: int
    others: int


def laid_on(page: pypdfium2.PdfPage) -> Laid:
    """Count the form fields of a page, and what else says something and is not part of it."""
    count = raw.FPDFPage_GetAnnotCount(page)
    kinds = []
    for index in range(min(count, _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        kinds.append(raw.FPDFAnnot_GetSubtype(annotation))
        raw.FPDFPage_CloseAnnot(annotation)
    return Laid(kinds.count(raw.FPDF_ANNOT_WIDGET), sum(kind in _LAID_OVER for kind in kinds))


def set_in_place(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int) -> pypdfium2.PdfPage:
    """Make the fields part of the page, each among the words beside which it stands; give the page anew.

    What else lies on the page is taken off.
    """
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST) - 1, -1, -1):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind != raw.FPDF_ANNOT_WIDGET:
            raw.FPDFPage_RemoveAnnot(page, index)
    before = raw.FPDFPage_CountObjects(page)
    done = raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    page.close()
    page = document[number]
    if done == raw.FLATTEN_SUCCESS and raw.FPDFPage_CountObjects(page) == before + 1:
        _spread(page, before)
    return page


def _spread(page: pypdfium2.PdfPage, last: int) -> None:
    """Take the fields out of the one object that PDFium has put them into, at the page's end, and place each."""
    together = raw.FPDFPage_GetObject(page, last)
    if raw.FPDFPageObj_GetType(together) != raw.FPDF_PAGEOBJ_FORM:
        return
    words = [_box(raw.FPDFPage_GetObject(page, index)) for index in range(last)]
    fields = [raw.FPDFFormObj_GetObject(together, index) for index in range(raw.FPDFFormObj_CountObjects(together))]
    placed = [(_place(_box(each), words), index, each) for index, each in enumerate(fields)]
    # From the end, so that earlier places stay what they are.
    for place, _, each in sorted(placed, key=lambda one: one[:2], reverse=True):
        if raw.FPDFFormObj_RemoveObject(together, each):
            raw.FPDFPage_InsertObjectAtIndex(page, each, place)


def _place(box: Box, words: list[Box]) -> int:
    """Behind what stands left of it on its line, else before the line, else behind the nearest line above."""
    middle = (box.bottom + box.top) / 2
    on_line = [index for index, word in enumerate(words) if word.bottom - 2 <= middle <= word.top + 2]
    before = [index for index in on_line if words[index].left < box.left + 1]
    if before:
        return max(before, key=lambda index: (words[index].right, index)) + 1
    if on_line:
        return min(on_line)
    above = [index for index, word in enumerate(words) if word.bottom >= middle]
    return min(above, key=lambda index: (words[index].bottom, -index)) + 1 if above else 0


def _box(handle: Any) -> Box:
    sides = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(handle, *sides)
    return Box(*(side.value for side in sides))
