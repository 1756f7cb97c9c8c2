"""Whether a PDF page is as plain as nearly all are, told at once.

Text in dark ink that runs from left to right, on the page, nothing over it, needs no second look. A page has some
hundred objects, and asking each in Python costs more than reading the page: here loops run in C, over arrays.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

PALEST = 200
"""Of 255: paler ink must be looked at before it is believed to be seen."""
THINNEST_INK = 64
"""Of 255: ink that lets more of the ground through, the same."""
LOWEST = 2.0
"""Points: no letters of that height are read by anybody."""
THICKER = 3.0
"""Points: what is thinner is a rule or an underline, and covers nothing."""
_ROW = 6.0
_KERNED = 1.0
"""Points by which neighbours may reach into one another."""

_MOST_COMPARED = 1_000_000
_LAYER = "OC\0".encode("utf-16-le")
"""The mark of what belongs to a layer (ISO 32000-1, 8.11.3.2), with the end of the string."""

_ADDRESS = ctypes.c_void_p


def _quick(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of PDFium that takes addresses as numbers."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(getattr(raw, name), _ADDRESS).value or 0)


_object = _quick("FPDFPage_GetObject", _ADDRESS, _ADDRESS, ctypes.c_int)
_mode = _quick("FPDFTextObj_GetTextRenderMode", ctypes.c_int, _ADDRESS)
_corners = _quick("FPDFPageObj_GetRotatedBounds", ctypes.c_int, _ADDRESS, _ADDRESS)
_ink = _quick("FPDFPageObj_GetFillColor", ctypes.c_int, *[_ADDRESS] * 5)
_kind = _quick("FPDFPageObj_GetType", ctypes.c_int, _ADDRESS)
_marks = _quick("FPDFPageObj_CountMarks", ctypes.c_int, _ADDRESS)
_mark = _quick("FPDFPageObj_GetMark", _ADDRESS, _ADDRESS, ctypes.c_ulong)
_mark_name = _quick("FPDFPageObjMark_GetName", ctypes.c_int, _ADDRESS, _ADDRESS, ctypes.c_ulong, _ADDRESS)
_sides = _quick("FPDFPageObj_GetBounds", ctypes.c_int, *[_ADDRESS] * 5)


def is_plain(page: pypdfium2.PdfPage, *, layers: bool) -> bool:
    """Whether all text of the page is surely seen, upright and single; where it is False, it must be looked at.

    `layers` says whether the document may have any; only then are objects asked.
    """
    count = raw.FPDFPage_CountObjects(page)
    if count == 0 or page.get_rotation():
        return bool(count == 0)
    address = ctypes.cast(page.raw, _ADDRESS).value
    handles = list(map(_object, repeat(address), range(count)))
    if layers and has_layers(handles):
        return False
    modes = np.fromiter(map(_mode, handles), np.int32, count)
    is_text = modes != raw.FPDF_TEXTRENDERMODE_UNKNOWN
    if not is_text.any() or modes[is_text].any():
        return False
    texts = [handle for handle, text in zip(handles, is_text, strict=True) if text]
    corners = np.zeros((len(texts), 8), np.float32)
    start = corners.ctypes.data
    _each(map(_corners, texts, range(start, start + corners.nbytes, corners.strides[0])))
    return _is_dark(texts) and _is_orderly(corners, page) and _is_bare(handles, is_text, corners)


def has_layers(handles: list[Any]) -> bool:
    """Whether any of the objects belongs to a layer. Objects of one paragraph share their mark, and it is read once."""
    marks: set[Any] = set()
    for depth in range(max(map(_marks, handles), default=0)):
        marks.update(map(_mark, handles, repeat(depth)))
    marks.discard(None)
    name = ctypes.create_string_buffer(16)
    length = ctypes.c_ulong()
    at, size = ctypes.addressof(name), ctypes.addressof(length)
    return any(_mark_name(mark, at, 16, size) and name.raw[: length.value] == _LAYER for mark in marks)


def _is_bare(handles: list[Any], is_text: np.ndarray[Any, Any], corners: np.ndarray[Any, Any]) -> bool:
    """Whether nothing that could cover it is drawn over text later; what is as thin as a rule covers none."""
    if is_text.all():
        return True
    if any(_kind(handle) == raw.FPDF_PAGEOBJ_FORM for handle, text in zip(handles, is_text, strict=True) if not text):
        return False
    later = np.flatnonzero(~is_text)
    later = later[later > is_text.argmax()]
    sides = np.zeros((len(later), 4), np.float32)
    _each(map(_sides, [handles[at] for at in later], *_columns(sides)))
    thick = (sides[:, 2] - sides[:, 0] > THICKER) & (sides[:, 3] - sides[:, 1] > THICKER)
    later, sides = later[thick], sides[thick]
    if not len(later):
        return True
    if len(later) * len(corners) > _MOST_COMPARED:
        return False
    across, up = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 5]) / 2
    left, bottom, right, top = (side[:, np.newaxis] for side in sides.T)
    under = (left < across) & (across < right) & (bottom < up) & (up < top)
    return not (under & (later[:, np.newaxis] > np.flatnonzero(is_text))).any()


def _is_dark(handles: list[Any]) -> bool:
    inks = np.zeros((len(handles), 4), np.uint32)
    inks[:, 3] = 255
    _each(map(_ink, handles, *_columns(inks)))
    return not ((inks[:, :3].min(axis=1) >= PALEST) | (inks[:, 3] < THINNEST_INK)).any()


def _is_orderly(corners: np.ndarray[Any, Any], page: pypdfium2.PdfPage) -> bool:
    left, low, right, level, _, high = corners[:, :6].T
    if (low != level).any() or (left > right).any():
        return False
    inked = high > low  # blanks are not
    left, low, right, high = left[inked], low[inked], right[inked], high[inked]
    if not len(left):
        return True
    paper = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, paper)
    if left.min() < paper.left or right.max() > paper.right or low.min() < paper.bottom or high.max() > paper.top:
        return False
    if ((high - low < LOWEST) & (right - left > 4 * (high - low))).any():
        return False
    row = (low + high) / (2 * _ROW)
    return not any(_collide(np.floor(row + shift), left, right) for shift in (0.0, 0.5))


def _collide(row: np.ndarray[Any, Any], left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    order = np.lexsort((left, row))
    row, left, right = row[order], left[order], right[order]
    return bool(((row[1:] == row[:-1]) & (left[1:] < right[:-1] - _KERNED)).any())


def _columns(array: np.ndarray[Any, Any]) -> Iterable[range]:
    """The addresses of each column's cells, row after row."""
    width, start = array.strides
    first = array.ctypes.data
    return (range(first + at * start, first + array.nbytes, width) for at in range(array.shape[1]))


def _each(calls: Iterable[object]) -> None:
    deque(calls, maxlen=0)
