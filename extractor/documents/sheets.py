"""A PDF's pages as pictures, and where on them the characters of the stored text stand."""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.pdf import LINE_END_HYPHEN, ONE_AT_A_TIME
from extractor.documents.tidy import tidy

_WIDTH = 1100
_TALLEST = 3300
_GRID = 100_000
"""The page, as PDFium is asked for places on it: thousandths of a per cent."""


Place = tuple[int, int, int, int]
"""Left, top, right and bottom, on the grid."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where words stand on a page, in per cent of its width and height, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page."""

    width: float
    height: float
    """In points."""
    characters: tuple[Place | None, ...] | None
    """Left, top, right and bottom of each character of the stored text, on the grid; None for blanks. None altogether
    where the page's characters are not those of the text: something was left out of it when it was read."""

    def boxes(self, start: int, end: int) -> list[Box]:
        """Boxes around the characters from `start` to `end` of the page's text, one a line."""
        return [_box(line) for line in _lines((self.characters or ())[start:end])]


def sheets(data: bytes, texts: dict[int, str]) -> dict[int, Sheet]:
    """Measure pages (numbered from 0) whose stored text is given; those that cannot be opened are left out."""
    found = {}
    with _opened(data) as document:
        for number, text in texts.items():
            if number < len(document):
                with suppress(pypdfium2.PdfiumError):
                    found[number] = _sheet(document[number], text)
    return found


def picture(data: bytes, number: int) -> bytes | None:
    """Draw a page (numbered from 0) as a grey PNG; None where there is none."""
    with _opened(data) as document:
        if not 0 <= number < len(document):
            return None
        page = document[number]
        width, height = page.get_size()
        scale = min(_WIDTH / max(width, 1.0), _TALLEST / max(height, 1.0))
        bitmap = page.render(scale=scale, grayscale=True)
        rows = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
        drawn = [row.tobytes() for row in rows]
    return _png(drawn, len(drawn[0]), len(drawn))


@contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(data)
        try:
            yield document
        finally:
            document.close()


def _sheet(page: pypdfium2.PdfPage, text: str) -> Sheet:
    width, height = page.get_size()
    textpage = page.get_textpage()
    said, places = _said(textpage)
    characters = tuple(_place(page, textpage, place) for place in places) if said == text else None
    textpage.close()
    return Sheet(width, height, characters)


def _said(textpage: pypdfium2.PdfTextPage) -> tuple[str, list[int]]:
    """Say the page's characters as our reader of PDFs does, and of each where it stands in PDFium's sequence."""
    codes = [raw.FPDFText_GetUnicode(textpage, place) for place in range(raw.FPDFText_CountChars(textpage))]
    said: list[str] = []
    places: list[int] = []
    for place, code in enumerate(codes):
        character = chr(code)
        if character == "\r" and codes[place + 1 : place + 2] == [10]:
            continue
        shown = tidy(LINE_END_HYPHEN.sub("-\n", "\n" if character == "\f" else character))  # as `read_pdf` does
        said.append(shown)
        places += [place] * len(shown)
    return "".join(said), places


def _place(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, place: int) -> Place | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not raw.FPDFText_GetCharBox(textpage, place, left, right, bottom, top) or left.value == right.value:
        return None
    corners = [_on_grid(page, left.value, top.value), _on_grid(page, right.value, bottom.value)]
    (x0, x1), (y0, y1) = (sorted(each) for each in zip(*corners, strict=True))
    return x0, y0, x1, y1


def _on_grid(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[int, int]:
    """Turn a place of the page into one of the page as it is drawn: cropped, and turned."""
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, across, down)
    return across.value, down.value


def _lines(characters: Iterable[Place | None]) -> list[Place]:
    """Join what stands beside each other on one line."""
    lines: list[Place] = []
    for place in characters:
        if place is None:
            continue
        if lines and _on_one_line(lines[-1], place):
            left, top, right, bottom = lines.pop()
            lines.append((min(left, place[0]), min(top, place[1]), max(right, place[2]), max(bottom, place[3])))
        else:
            lines.append(place)
    return lines


def _on_one_line(line: Place, place: Place) -> bool:
    middle = (place[1] + place[3]) / 2
    return line[1] <= middle <= line[3] and place[0] >= line[0]


def _box(place: Place) -> Box:
    left, top, right, bottom = (1e2 * each / _GRID for each in place)
    return Box(round(left, 3), round(top, 3), round(right - left, 3), round(bottom - top, 3))


def _png(rows: list[bytes], width: int, height: int) -> bytes:
    """Write grey rows as a PNG; nothing that the desk needs anyway can."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    chunks = ((b"IHDR", header), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
