"""Which type the content is, by the content alone: names and extensions are wrong too often."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

import filetype

from extractor.documents.tidy import noise
from extractor.errors import BrokenDocument, EncryptedDocument, UnsupportedType


class MediaType(StrEnum):
    """The types that hold a letter's text."""

    PDF = "application/pdf"
    WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    HTML = "text/html"
    TEXT = "text/plain"
    MAIL = "message/rfc822"


_DO_NEXT = "give the letter as PDF, Word (.docx), HTML, mail (.eml) or plain text"

# Signatures of what is text to the eye or a container, each with what to tell the person.
_REFUSED_SIGNATURES = (
    (b"{\\rtf", "a rich text (RTF) file: open it in a word processor and save it as PDF or .docx"),
    (b"%!PS", "a PostScript file: convert it to PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls, .msg): save it as PDF or .docx"),
)

# An encrypted .docx is not a ZIP but an OLE container with a stream of this name ([MS-OFFCRYPTO] 2.3.4.4).
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

# What the content types part of an Office file says the main part is (ECMA-376 part 1, 11.3.10 and the like).
_OFFICE_TYPES = (
    (b"wordprocessingml.document.main+xml", None),
    (b"wordprocessingml", "a Word template"),
    (b"ms-word", "a Word file with macros"),
    (b"spreadsheetml", "an Excel file"),
    (b"presentationml", "a PowerPoint file"),
)

# The tags by which a text is taken for HTML (WHATWG MIME Sniffing 7.1), and those that saved fragments open with.
_HTML_START = re.compile(
    r"\s*<(?:!--|(?:!doctype\s+html|html|head|body|meta|link|title|style|script|iframe|h[1-6]|div|span|font|table|a|b|br|p"
    r"|center|ul|ol|dl|pre|main|section|article|header)[\s/>])",
    re.IGNORECASE,
)
_XML_START = re.compile(r"\s*<\?xml[\s?]", re.IGNORECASE)
_FIRST_ELEMENT = re.compile(r"<(?:!doctype\s+)?([a-z][\w.:-]*)", re.IGNORECASE)

# Random bytes read as Windows-1252 have 0.1; a text with a control character in every line has under 0.02.
_MOST_NOISE = 0.05
# In a text of a few words one stray character would be more than that.
_ALWAYS_FORGIVEN = 2

_HEAD = 1024
_SAMPLE = 1_000_000


def recognise_container(data: bytes, name: str) -> MediaType | None:
    """Tell `PDF` or `WORD` by how the bytes begin; None where they may be text.

    Raises:
        UnsupportedType: RTF, PostScript, old Office files, other archives.
        EncryptedDocument: an Office file that needs a password.
        BrokenDocument: a ZIP that cannot be opened.

    """
    head = data[:_HEAD]
    if head.lstrip(b"\xef\xbb\xbf\0 \t\r\n\f").startswith(b"%PDF-"):
        return MediaType.PDF
    # Mail gateways and scanners put a few lines before the header; the trailer tells it from a text that cites it.
    if b"%PDF-" in head and b"startxref" in data:
        return MediaType.PDF
    if head.startswith(_ZIP_STARTS):
        return _recognise_zip(data, name)
    if head.startswith(b"\xd0\xcf\x11\xe0") and _OLE_ENCRYPTED in data:
        raise EncryptedDocument(f"{name!r} is an Office file that needs a password: save it without one")
    for signature, what in _REFUSED_SIGNATURES:
        if head.startswith(signature):
            raise UnsupportedType(f"{name!r} looks like {what}")
    return None


def recognise_text(text: str, data: bytes, name: str) -> MediaType:
    """Tell `HTML` from `TEXT` in decoded content.

    Raises:
        UnsupportedType: binary content, named where its signature is known; XML that is no web page.

    """
    # Many signatures are two or three letters that a letter may begin with ("BMI 31"): only with noise do they count.
    kind = filetype.guess(data[:8192]) if noise(text[:512]) else None
    if kind is not None:
        raise UnsupportedType(f"{name!r} looks like {kind.mime} (.{kind.extension}): {_DO_NEXT}{_advice(kind.mime)}")
    sample = text[:_SAMPLE]
    if noise(sample) > max(_MOST_NOISE * len(sample), _ALWAYS_FORGIVEN):
        raise UnsupportedType(f"{name!r} is binary content of an unknown type, not text: {_DO_NEXT}")
    if _HTML_START.match(text):
        return MediaType.HTML
    if _XML_START.match(text):
        element = _FIRST_ELEMENT.search(text[: _HEAD * 4])
        if element and element[1].lower() == "html":
            return MediaType.HTML
        raise UnsupportedType(f"{name!r} is an XML file, not a web page: {_DO_NEXT}")
    return MediaType.TEXT


def _advice(mime: str) -> str:
    if mime.startswith("image/"):
        return "; a picture of a letter needs OCR first"
    if mime in {"application/gzip", "application/x-tar", "application/x-7z-compressed", "application/x-rar-compressed"}:
        return "; unpack an archive first"
    return ""


def _recognise_zip(data: bytes, name: str) -> MediaType:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            with archive.open("[Content_Types].xml" if "[Content_Types].xml" in names else "mimetype") as part:
                content_types = part.read(1_000_000)
    except KeyError:
        raise UnsupportedType(f"{name!r} is a ZIP archive: unpack it and give the letters in it") from None
    except Exception as error:
        raise BrokenDocument(
            f"{name!r} begins like a Word file or a ZIP archive but cannot be opened ({type(error).__name__}): "
            "it may be cut short; fetch it again"
        ) from error
    for mark, what in _OFFICE_TYPES:
        if mark in content_types:
            if what is None:
                return MediaType.WORD
            raise UnsupportedType(f"{name!r} is {what}: save it as .docx or PDF")
    raise UnsupportedType(f"{name!r} is a ZIP container of another program: {_DO_NEXT}")
