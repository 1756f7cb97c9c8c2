"""PDF: the text layer, page by page, through PDFium."""

from __future__ import annotations

import re
import threading

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from extractor.documents.budget import Budget
from extractor.errors import BrokenDocument, EmptyDocument, EncryptedDocument, NoTextLayer

# PDFium must not be entered by two threads at once, not even for two documents (its own thread-safety note).
_ONE_AT_A_TIME = threading.Lock()

# Wider than any page: all the text, in one call, with no regard to a page box that may be nonsense. The other call,
# get_text_range, recurses once per unmapped glyph at the page's start.
_EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)

# How PDFium tells a hyphen that ends a line, in this call and in its other one; the line break after it is not told
# apart from it. Checked on 64 letters: with "-\n" the words are those of other extractors.
_LINE_END_HYPHEN = re.compile("[\x02\ufffe]")

_OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")


def read_pdf(data: bytes, budget: Budget) -> str:
    """Extract the text of every page, parted by form feeds.

    Raises:
        EncryptedDocument: a password is needed to open it (one that only restricts printing is no obstacle).
        BrokenDocument: it cannot be parsed, or its end is missing, and with it perhaps the end of the letter.
        NoTextLayer: pages show something, but no text. EmptyDocument: they show nothing.
        TooLarge, ReadTimeout: as `budget` says.

    """
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _cannot_open(error, budget.name) from error
        try:
            # PDFium rebuilds what it can of a cut file and says nothing of the pages that are lost.
            if _is_cut_short(data):
                raise BrokenDocument(f"{budget.name!r} is a PDF whose end is missing: fetch it again")
            return _text(document, budget)
        finally:
            document.close()


def _text(document: pypdfium2.PdfDocument, budget: Budget) -> str:
    count = len(document)
    if count < 1:
        raise BrokenDocument(f"{budget.name!r} is a PDF without pages: fetch it again")
    budget.check_pages(count)
    pages: list[str] = []
    characters = 0
    shows_something = False
    for number in range(count):
        budget.check_time()
        try:
            page = document[number]
        except pypdfium2.PdfiumError as error:
            raise BrokenDocument(
                f"page {number + 1} of {budget.name!r} cannot be read: fetch the PDF again, or print it to a new one"
            ) from error
        text = _page_text(page)
        shows_something = shows_something or raw.FPDFPage_CountObjects(page) > 0 or raw.FPDFPage_GetAnnotCount(page) > 0
        page.close()
        characters += len(text) + 1
        budget.check_characters(characters - 1)
        pages.append(text)
    if not any(text.strip() for text in pages):
        if shows_something:
            raise NoTextLayer(f"{budget.name!r} has {count} page(s) of pictures and no text: run OCR on it first")
        raise EmptyDocument(f"{budget.name!r} has {count} blank page(s): check that it is the right file")
    return "\f".join(pages)


def _page_text(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    text: str = textpage.get_text_bounded(*_EVERYWHERE)
    textpage.close()
    # A form feed in the text would be taken for the end of a page.
    return _LINE_END_HYPHEN.sub("-\n", text.replace("\r\n", "\n").replace("\f", "\n"))


def _cannot_open(error: pypdfium2.PdfiumError, name: str) -> EncryptedDocument | BrokenDocument:
    if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
        return EncryptedDocument(f"{name!r} is a PDF that needs a password: save it without one")
    return BrokenDocument(f"{name!r} begins like a PDF but cannot be parsed: it may be cut short; fetch it again")


def _is_cut_short(data: bytes) -> bool:
    """Tell whether no end mark follows the last object (a file may have several: each later save adds one)."""
    end = max(data.rfind(b"startxref"), data.rfind(b"%%EOF"))
    return end < 0 or _OBJECT.search(data, end) is not None
