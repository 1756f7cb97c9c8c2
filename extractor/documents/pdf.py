"""PDF: the text layer, page by page, through PDFium."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.budget import Budget
from extractor.documents.direction import upright
from extractor.documents.form_fields import laid_on, set_in_place
from extractor.documents.glance import is_plain
from extractor.documents.notes import Note, NoteCode, pages_named
from extractor.documents.page_objects import pieces_of
from extractor.documents.sight import Drawing, look, paper_of
from extractor.errors import BrokenDocument, EmptyDocument, EncryptedDocument, NoTextLayer, UnsupportedType

# PDFium must not be entered by two threads at once, not even for two documents (its own thread-safety note).
ONE_AT_A_TIME = threading.Lock()
"""Held by whoever enters PDFium."""

# Wider than any page: all the text, in one call, with no regard to a page box that may be nonsense. The other call,
# get_text_range, recurses once per unmapped glyph at the page's start.
_EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)

# How PDFium tells a hyphen that ends a line, in this call and in its other one; the line break after it is not told
# apart from it. Checked on 64 letters: with "-\n" the words are those of other extractors.
LINE_END_HYPHEN = re.compile("[\x02\ufffe]")

_OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")
_PACKED = re.compile(rb"/Type\s*/ObjStm")
_MOST_UNPACKED = 1 << 20

# A page of a letter has two thousand; a stamp, a page number and a case number have fewer than these together.
_FEW_CHARACTERS = 250


def read_pdf(data: bytes, budget: Budget) -> tuple[str, tuple[Note, ...]]:
    """Extract the text of every page, parted by form feeds, and say what of the pages it does not hold.

    Raises:
        EncryptedDocument: a password is needed to open it (one that only restricts printing is no obstacle).
        BrokenDocument: it cannot be parsed, or its end is missing, and with it perhaps the end of the letter.
        UnsupportedType: it is a portfolio, or a form that only Acrobat shows: the letter is not in its pages.
        NoTextLayer: most pages show something, but no text. EmptyDocument: they show nothing.
        TooLarge, ReadTimeout: as `budget` says.

    """
    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _cannot_open(error, budget.name) from error
        try:
            # PDFium rebuilds what it can of a cut file and says nothing of the pages that are lost.
            if _is_cut_short(data):
                raise BrokenDocument(f"{budget.name!r} is a PDF whose end is missing: fetch it again")
            _refuse_wrappers(document, data, budget.name)
            return _Reading(document, data, budget).text()
        finally:
            document.close()


class _Reading:
    """One document on its way to text."""

    def __init__(self, document: pypdfium2.PdfDocument, data: bytes, budget: Budget) -> None:
        self._document = document
        self._budget = budget
        self._layers = b"/OCProperties" in data or _in_packed_objects(data, b"/OCProperties") is not False
        self._pictures: list[int] = []
        self._found: dict[str, list[int]] = {}
        self._shows_something = False

    def text(self) -> tuple[str, tuple[Note, ...]]:
        count, budget = len(self._document), self._budget
        if count < 1:
            raise BrokenDocument(f"{budget.name!r} is a PDF without pages: fetch it again")
        budget.check_pages(count)
        if self._document.get_formtype() != raw.FORMTYPE_NONE:
            self._document.init_forms()
        pages: list[str] = []
        characters = 0
        for number in range(count):
            budget.check_time()
            text = self._page(number)
            characters += len(text) + 1
            budget.check_characters(characters - 1)
            pages.append(text)
        if not any(text.strip() for text in pages):
            if self._shows_something:
                raise NoTextLayer(f"{budget.name!r} has {count} page(s) of pictures and no text: run OCR on it first")
            raise EmptyDocument(f"{budget.name!r} has {count} blank page(s): check that it is the right file")
        if 2 * len(self._pictures) > count:
            raise NoTextLayer(
                f"{budget.name!r} has {count} pages, most of them pictures without text "
                f"({pages_named(self._pictures)}): run OCR on it first"
            )
        return "\f".join(pages), tuple(self._notes())

    def _page(self, number: int) -> str:
        try:
            page = self._document[number]
        except pypdfium2.PdfiumError as error:
            raise BrokenDocument(
                f"page {number + 1} of {self._budget.name!r} cannot be read: "
                "fetch the PDF again, or print it to a new one"
            ) from error
        if raw.FPDFPage_GetAnnotCount(page) > 0:
            self._shows_something = True
            laid = laid_on(page)
            self._note(_LAID_OVER, number, laid.others > 0)
            if laid.fields:
                page = set_in_place(self._document, page, number)
        self._shows_something = self._shows_something or raw.FPDFPage_CountObjects(page) > 0
        if not is_plain(page, layers=self._layers):
            self._leave_out(page, number)
        text = _page_text(page)
        if len(text) < _FEW_CHARACTERS and is_picture(page, text):
            self._pictures.append(number + 1)
        page.close()
        return text

    def _leave_out(self, page: pypdfium2.PdfPage, number: int) -> None:
        """Turn the page upright, and take out of it what is no part of the letter."""
        pieces = pieces_of(page, layers=self._layers)
        sight = look(page, pieces)
        gone = {piece.order for piece in (*sight.unseen, *sight.doubled)}
        turned = upright(page, [piece for piece in pieces if piece.is_text and piece.order not in gone])
        for piece in (*sight.unseen, *sight.doubled, *turned):
            piece.take_out()
        self._note(_UNSEEN, number, bool(sight.unseen))
        self._note(_TURNED, number, bool(turned))
        self._note(_OVER_THE_EDGE, number, sight.over_the_edge)
        self._note(_OVERPRINTED, number, sight.overprinted)

    def _note(self, what: str, number: int, found: bool) -> None:
        if found:
            self._found.setdefault(what, []).append(number + 1)

    def _notes(self) -> Iterator[Note]:
        if self._pictures:
            where = pages_named(self._pictures)
            yield Note(
                NoteCode.PAGE_WITHOUT_TEXT,
                f"There is a picture and no text, or next to none, on {where}: what stands there was not read.",
            )
        for what, numbers in sorted(self._found.items()):
            yield Note(_CODES[what], f"{what} on {pages_named(numbers)}.")


_UNSEEN = "Text that nobody sees was left out"
_TURNED = "Text that runs across the other text was left out"
_LAID_OVER = "Remarks, stamps or marks laid over the page were not read"
_OVER_THE_EDGE = "Text goes on beyond the edge of the page, and was read"
_OVERPRINTED = "Words are printed over other words, and both were read"
_CODES = {
    _UNSEEN: NoteCode.LEFT_OUT,
    _TURNED: NoteCode.LEFT_OUT,
    _LAID_OVER: NoteCode.LEFT_OUT,
    _OVER_THE_EDGE: NoteCode.UNSEEN_TEXT,
    _OVERPRINTED: NoteCode.UNSEEN_TEXT,
}


def _refuse_wrappers(document: pypdfium2.PdfDocument, data: bytes, name: str) -> None:
    """Raise `UnsupportedType` where the pages only say that the letter is elsewhere."""
    if document.get_formtype() == raw.FORMTYPE_XFA_FULL:
        raise UnsupportedType(f"{name!r} is an XFA form, whose pages only Acrobat makes: print it to a PDF there")
    files = raw.FPDFDoc_GetAttachmentCount(document)
    if files > 0 and (b"/Collection" in data or _in_packed_objects(data, b"/Collection")):
        raise UnsupportedType(
            f"{name!r} is a PDF portfolio of {files} file(s): save the files in it and give those instead"
        )


def _in_packed_objects(data: bytes, word: bytes) -> bool | None:
    """Whether a word stands among the packed objects; None where they cannot be unpacked, being encrypted or broken."""
    for start in _PACKED.finditer(data):
        begin = data.find(b"stream", start.end())
        unpacker = zlib.decompressobj()
        try:
            if begin > 0 and word in unpacker.decompress(data[begin + 6 :].lstrip(b"\r\n"), _MOST_UNPACKED):
                return True
        except zlib.error:
            return None
    return False


def is_picture(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether a page shows something that is not in its text: a scan, perhaps with a stamp or a page number on it."""
    pieces = pieces_of(page, layers=False)
    if not pieces:
        return False
    paper = paper_of(page)
    if not text.strip():
        return Drawing(page, paper).shows_something(paper)
    images = [piece for piece in pieces if piece.kind == raw.FPDF_PAGEOBJ_IMAGE]
    if sum(image.box.within(paper).area for image in images) <= paper.area / 2:
        return False
    last = max(image.order for image in images)
    # Text laid under the picture is what was recognised in it.
    return not any(piece.is_text and (piece.unpainted or piece.order < last) for piece in pieces)


def _page_text(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    text: str = textpage.get_text_bounded(*_EVERYWHERE)
    textpage.close()
    # A form feed in the text would be taken for the end of a page.
    return LINE_END_HYPHEN.sub("-\n", text.replace("\r\n", "\n").replace("\f", "\n"))


def _cannot_open(error: pypdfium2.PdfiumError, name: str) -> EncryptedDocument | BrokenDocument:
    if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
        return EncryptedDocument(f"{name!r} is a PDF that needs a password: save it without one")
    return BrokenDocument(f"{name!r} begins like a PDF but cannot be parsed: it may be cut short; fetch it again")


def _is_cut_short(data: bytes) -> bool:
    """Tell whether no end mark follows the last object (a file may have several: each later save adds one)."""
    end = max(data.rfind(b"startxref"), data.rfind(b"%%EOF"))
    return end < 0 or _OBJECT.search(data, end) is not None
