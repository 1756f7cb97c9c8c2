"""The objects of a PDF page as they were drawn: where each stands, which way it runs, whether it may be unseen.

One call of PDFium for each fact and each object; a page of a letter has fifty to a hundred.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, degrees
from typing import Any, NamedTuple

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.glance import LOWEST, PALEST, THINNEST_INK

_DEEPEST = 8
_TEXT: int = raw.FPDF_PAGEOBJ_TEXT
_INVISIBLE_MODES = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})
_STROKES = frozenset({raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE_CLIP})
_UPRIGHT = 20.0
"""Degrees: scans are askew, and still are read along their lines."""
_LONGER = 4
"""Times longer than high: a word, not a full stop."""


class Box(NamedTuple):
    """Left, bottom, right and top on the page, in points."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Square points."""
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.left < x < self.right and self.bottom < y < self.top

    def within(self, other: Box) -> Box:
        """The part of it that lies in `other`; of no area where there is none."""
        left, bottom = max(self.left, other.left), max(self.bottom, other.bottom)
        return Box(left, bottom, max(left, min(self.right, other.right)), max(bottom, min(self.top, other.top)))


@dataclass(slots=True)
class Piece:
    """One object of a page."""

    handle: Any
    order: int
    kind: int
    box: Box
    quarter: int | None = 0
    """Of text: quarter turns, anticlockwise, from left-to-right; None for aslant."""
    unpainted: bool = False
    """Of text: drawn by a mode that paints nothing, as programs lay recognised text under a scan."""
    pale: bool = False
    tiny: bool = False
    """Lower than any print, or a row of dots or dashes."""
    layered: bool = False
    """Whether it belongs to a layer that may be switched off."""

    @property
    def is_text(self) -> bool:
        """Whether it is text."""
        return self.kind == _TEXT

    @property
    def middle(self) -> tuple[float, float]:
        """The point in its middle."""
        return (self.box.left + self.box.right) / 2, (self.box.bottom + self.box.top) / 2

    def take_out(self) -> None:
        """Leave it out of the page, for reading and for drawing."""
        raw.FPDFPageObj_SetIsActive(self.handle, False)

    def put_back(self) -> None:
        """Undo that."""
        raw.FPDFPageObj_SetIsActive(self.handle, True)


def pieces_of(page: pypdfium2.PdfPage, *, layers: bool) -> list[Piece]:
    """All objects of a page in the order in which they are drawn, those of forms among them.

    `layers` says whether the document may have any; only then are objects asked.
    """
    reader = _Reader(layers=layers)
    handle = page.raw
    tops = (raw.FPDFPage_GetObject(handle, index) for index in range(raw.FPDFPage_CountObjects(handle)))
    return list(reader.read(tops, None, 0, layered=False))


class _Reader:
    def __init__(self, *, layers: bool) -> None:
        self._layers = layers
        self._quad = raw.FS_QUADPOINTSF()
        self._ink = [ctypes.c_uint() for _ in range(4)]
        self._order = 0

    def read(self, handles: Iterator[Any], to_page: Any, depth: int, *, layered: bool) -> Iterator[Piece]:
        quad, ink = self._quad, self._ink
        red, green, blue, alpha = ink
        for handle in handles:
            self._order += 1
            kind = raw.FPDFPageObj_GetType(handle)
            off = layered or (self._layers and _is_layered(handle))
            if kind == raw.FPDF_PAGEOBJ_FORM:
                if depth < _DEEPEST:
                    matrix = raw.FS_MATRIX()
                    raw.FPDFPageObj_GetMatrix(handle, matrix)
                    count = raw.FPDFFormObj_CountObjects(handle)
                    inner = (raw.FPDFFormObj_GetObject(handle, index) for index in range(count))
                    yield from self.read(inner, _product(matrix, to_page), depth + 1, layered=off)
                continue
            if not raw.FPDFPageObj_GetRotatedBounds(handle, quad) and not _plain_bounds(handle, quad):
                continue
            corners = ((quad.x1, quad.y1), (quad.x2, quad.y2), (quad.x3, quad.y3), (quad.x4, quad.y4))
            if to_page is not None:
                corners = tuple(_moved(corner, to_page) for corner in corners)  # type: ignore[assignment]
            (x1, y1), (x2, y2), (x3, y3), (x4, y4) = corners
            box = Box(min(x1, x2, x3, x4), min(y1, y2, y3, y4), max(x1, x2, x3, x4), max(y1, y2, y3, y4))
            piece = Piece(handle, self._order, kind, box, layered=off)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                if y1 != y2 or x1 > x2:
                    piece.quarter = _quarter(x2 - x1, y2 - y1)
                mode = raw.FPDFTextObj_GetTextRenderMode(handle)
                piece.unpainted = mode in _INVISIBLE_MODES
                if raw.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha):
                    palest = min(red.value, green.value, blue.value)
                    piece.pale = palest >= PALEST or alpha.value < THINNEST_INK or mode in _STROKES
                short, long = sorted((box.top - box.bottom, box.right - box.left))
                piece.tiny = 0 < short < LOWEST and long > _LONGER * short
            yield piece


def _plain_bounds(handle: Any, quad: Any) -> bool:
    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(handle, *sides):
        return False
    left, bottom, right, top = (side.value for side in sides)
    quad.x1, quad.y1, quad.x2, quad.y2 = left, bottom, right, bottom
    quad.x3, quad.y3, quad.x4, quad.y4 = right, top, left, top
    return True


def _quarter(along: float, up: float) -> int | None:
    angle = degrees(atan2(up, along)) % 360
    quarter = round(angle / 90) % 4
    return quarter if abs((angle - quarter * 90 + 180) % 360 - 180) <= _UPRIGHT else None


def _is_layered(handle: Any) -> bool:
    name = ctypes.create_string_buffer(16)
    length = ctypes.c_ulong()
    for index in range(raw.FPDFPageObj_CountMarks(handle)):
        mark = raw.FPDFPageObj_GetMark(handle, index)
        into = ctypes.cast(name, ctypes.POINTER(raw.FPDF_WCHAR))
        if raw.FPDFPageObjMark_GetName(mark, into, 16, length) and name.raw[: length.value] == b"O\0C\0\0\0":
            return True
    return False


def _product(inner: Any, outer: Any) -> Any:
    if outer is None:
        return inner
    return raw.FS_MATRIX(
        inner.a * outer.a + inner.b * outer.c,
        inner.a * outer.b + inner.b * outer.d,
        inner.c * outer.a + inner.d * outer.c,
        inner.c * outer.b + inner.d * outer.d,
        inner.e * outer.a + inner.f * outer.c + outer.e,
        inner.e * outer.b + inner.f * outer.d + outer.f,
    )


def _moved(corner: tuple[float, float], by: Any) -> tuple[float, float]:
    x, y = corner
    return by.a * x + by.c * y + by.e, by.b * x + by.d * y + by.f
