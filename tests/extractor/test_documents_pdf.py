"""PDF: made with reportlab, encrypted with pypdf, or by hand."""

from __future__ import annotations

import io
import random
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pypdf
import pytest
from reportlab.pdfgen.canvas import Canvas
from scans import picture

from extractor.documents import read_document
from extractor.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
    ReadTimeout,
    TooLarge,
)
from extractor.settings import Limits


def letter(*pages: list[str]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    for lines in pages:
        text = canvas.beginText(72, 760)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypted(content: bytes, user: str, owner: str, algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt(user, owner, algorithm=algorithm)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def saved_again(content: bytes) -> bytes:
    """With a changed title appended, as programs save that do not rewrite the file."""
    writer = pypdf.PdfWriter(io.BytesIO(content), incremental=True)
    writer.add_metadata({"/Title": "again"})
    buffer = io.BytesIO()
    writer.write(buffer)
    assert buffer.getvalue().startswith(content)
    return buffer.getvalue()


def by_hand(*objects: bytes) -> bytes:
    content, offsets = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(content))
    )


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(content), more, content)


def one_page(contents: bytes, pages: int = 1) -> bytes:
    return by_hand(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (b"3 0 R " * pages, pages),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        contents,
    )


def unicode_page(shown: bytes) -> bytes:
    """A page in a font whose glyphs 1 and 2 are A and U+1F600; the others mean nothing."""
    return by_hand(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        stream(b"BT /F1 1 Tf 72 700 Td <%b> Tj ET" % shown),
        b"<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/F/FontDescriptor 8 0 R/DW 500"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange "
            b"<0000> <FFFF> endcodespacerange 2 beginbfchar <0001> <0041> <0002> <D83DDE00> endbfchar endcmap end end"
        ),
        b"<</Type/FontDescriptor/FontName/F/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80>>",
    )


LETTER = letter(["Case Number: CM00-0000000", "Dr. Pe\u00f1a\u2019s request: Upheld"], ["Second page"])
HELLO = stream(b"BT /F1 12 Tf 72 700 Td (hello) Tj ET")


def test_a_letter() -> None:
    document = read_document(LETTER, name="letter.pdf")
    assert document.text == "Case Number: CM00-0000000\nDr. Pe\u00f1a\u2019s request: Upheld\fSecond page"
    assert [page.of(document.text) for page in document.pages][1] == "Second page"
    assert document.media_type == "application/pdf"


def test_pages_without_text_are_pages() -> None:
    document = read_document(letter(["a"], [], ["b"], []))
    assert [page.of(document.text) for page in document.pages] == ["a", "", "b", ""]


def test_a_hyphen_at_a_line_end_is_a_hyphen_and_a_line_break() -> None:
    assert read_document(letter(["non-", "steroidal anti-inflammatory"])).text == "non-\nsteroidal anti-inflammatory"


def test_characters_outside_the_first_plane() -> None:
    assert read_document(unicode_page(b"000100020001")).text == "A\U0001f600A"


def test_glyphs_without_a_meaning_do_not_matter() -> None:
    assert read_document(unicode_page(b"0000" * 3000 + b"00010001")).text.strip() == "AA"


def test_lines_before_the_header() -> None:
    assert read_document(b"X-Scanner: yes\r\n\r\n" + LETTER).text == read_document(LETTER).text
    assert read_document(b"\xef\xbb\xbf\n" + LETTER).text == read_document(LETTER).text


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_encryption(algorithm: str) -> None:
    with pytest.raises(EncryptedDocument, match=r"'a\.pdf' is a PDF that needs a password"):
        read_document(encrypted(LETTER, "secret", "owner", algorithm), name="a.pdf")
    assert read_document(encrypted(LETTER, "", "owner", algorithm)).text == read_document(LETTER).text


def test_pictures_are_not_text() -> None:
    with pytest.raises(NoTextLayer, match=r"'scan\.pdf' has 1 page.*run OCR"):
        read_document(picture(), name="scan.pdf")
    with pytest.raises(NoTextLayer):
        read_document(one_page(stream(b"0 0 100 100 re f")))


def test_blank_pages_are_empty() -> None:
    with pytest.raises(EmptyDocument, match="1 blank page"):
        read_document(one_page(stream(b"")))


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-",
        b"%PDF-1.7\nnothing of the kind",
        by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"),
        by_hand(b"<</Type/Catalog>>"),
    ],
)
def test_broken(content: bytes) -> None:
    with pytest.raises(BrokenDocument, match=r"'bad\.pdf'.*fetch"):
        read_document(content, name="bad.pdf")


def test_a_cut_pdf_never_gives_less_text() -> None:
    whole = letter(*([f"Page {number}", "words " * 10] for number in range(12)))
    text = read_document(whole).text
    dice = random.Random(5)  # noqa: S311 -- repeatable damage
    for end in [dice.randrange(5, len(whole)) for _ in range(300)] + list(range(len(whole) - 40, len(whole))):
        try:
            assert read_document(whole[:end]).text == text
        except BrokenDocument:
            continue
    # PDFium opens this one, and would say nothing of what came after.
    saved_twice = saved_again(whole)
    with pytest.raises(BrokenDocument, match="whose end is missing: fetch it again"):
        read_document(saved_twice[: saved_twice.rindex(b"startxref")])


def test_a_later_save_may_end_twice() -> None:
    assert read_document(saved_again(LETTER)).text == read_document(LETTER).text
    assert read_document(LETTER + bytes(3000)).text == read_document(LETTER).text


def test_limits() -> None:
    with pytest.raises(TooLarge, match=r"has 2 pages, more than the limit of 1"):
        read_document(LETTER, limits=Limits(max_pages=1))
    with pytest.raises(TooLarge, match=r"limit of 20 characters"):
        read_document(LETTER, limits=Limits(max_characters=20))
    with pytest.raises(TooLarge, match=r"has 400 pages"):
        read_document(one_page(HELLO, pages=400))
    with pytest.raises(ReadTimeout):
        read_document(LETTER, limits=Limits(seconds=0))


def test_the_deadline_is_kept_between_pages() -> None:
    slow = zlib.compress(b"BT /F1 12 Tf 72 700 Td (hello hello) Tj ET " * 5000)
    started = time.process_time()
    with pytest.raises(ReadTimeout):
        read_document(one_page(stream(slow, b"/Filter/FlateDecode"), pages=300), limits=Limits(seconds=0.1))
    assert time.process_time() - started < 1


def test_a_compressed_bomb_ends() -> None:
    bomb = zlib.compress(zlib.compress(b" " * 20_000_000))
    with pytest.raises(EmptyDocument):
        read_document(one_page(stream(bomb, b"/Filter[/FlateDecode/FlateDecode]")))


def test_threads_may_read_at_once() -> None:
    text = read_document(LETTER).text
    with ThreadPoolExecutor(8) as pool:
        assert {document.text for document in pool.map(read_document, [LETTER] * 200)} == {text}


def test_damage_is_a_document_error() -> None:
    dice = random.Random(11)  # noqa: S311 -- repeatable damage
    for _ in range(500):
        damaged = bytearray(LETTER)
        for _ in range(dice.choice([1, 5, 50])):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        try:
            read_document(bytes(damaged))
        except DocumentError:
            continue
