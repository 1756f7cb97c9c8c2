"""What of a PDF page is read: what a person sees, upright, once."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Literal

import pypdf
import pytest
from PIL import Image, ImageDraw
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractor import extract
from extractor.documents import Document, NoteCode, read_document
from extractor.errors import BrokenDocument, NoTextLayer, UnsupportedType
from extractor.records.record import FlagCode

LINES = [
    "Case Number: CM00-0000000",
    "One knee brace, for six weeks: Upheld",
    "The request is not medically necessary.",
]
TEXT = "\n".join(LINES)


def lines(canvas: Canvas, words: list[str] = LINES, mode: Literal[0, 3] = 0, dx: float = 0, dy: float = 0) -> None:
    for index, line in enumerate(words):
        text = canvas.beginText(72 + dx, 700 - 14 * index + dy)
        text.setTextRenderMode(mode)
        text.textLine(line)
        canvas.drawText(text)


def made(*draws: Callable[[Canvas], None], size: tuple[int, int] = (612, 792)) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=True)
    for draw in draws:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def written(writer: pypdf.PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def codes(document: Document) -> list[NoteCode]:
    return [note.code for note in document.notes]


def also(add: Callable[[Canvas], None]) -> Document:
    def draw(canvas: Canvas) -> None:
        lines(canvas)
        add(canvas)

    return read_document(made(draw))


def scan() -> ImageReader:
    image = Image.new("L", (612, 792), 255)
    for y in range(80, 140, 3):
        ImageDraw.Draw(image).line((72, y, 400, y), fill=0)
    return ImageReader(image)


def white(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.drawString(400, 686, "Overturned")


def clear(canvas: Canvas) -> None:
    canvas.setFillAlpha(0)
    canvas.drawString(400, 686, "Overturned")


def unpainted(canvas: Canvas) -> None:
    lines(canvas, ["Overturned"], 3, 300, -14)


def off_page(canvas: Canvas) -> None:
    canvas.drawString(700, 686, "Overturned")


def under_a_box(canvas: Canvas) -> None:
    canvas.drawString(400, 686, "Overturned")
    canvas.setFillGray(0)
    canvas.rect(390, 680, 90, 20, stroke=0, fill=1)


def tiny(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(400, 686, "Overturned")


def other_layer(canvas: Canvas) -> None:
    lines(canvas, [line.replace("Upheld", "Overturned") for line in LINES], 3)


def note_in_the_margin(canvas: Canvas) -> None:
    canvas.translate(30, 300)
    canvas.rotate(90)
    canvas.drawString(0, 0, "Received 03/04/2018 Overturned")


def watermark(canvas: Canvas) -> None:
    canvas.translate(150, 650)
    canvas.rotate(45)
    canvas.drawString(0, 0, "DRAFT Overturned")


@pytest.mark.parametrize(
    "add", [white, clear, unpainted, off_page, under_a_box, tiny, other_layer, note_in_the_margin, watermark]
)
def test_what_nobody_reads_is_left_out_and_told(add: Callable[[Canvas], None]) -> None:
    document = also(add)
    assert document.text == TEXT
    assert codes(document) == [NoteCode.LEFT_OUT]
    assert "page 1" in document.notes[0].message
    assert "Overturned" not in document.notes[0].message


def white_on_black(canvas: Canvas) -> None:
    canvas.rect(390, 660, 120, 20, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.drawString(400, 665, "Overturned")


def in_a_frame(canvas: Canvas) -> None:
    canvas.drawString(400, 665, "Overturned")
    canvas.rect(390, 660, 120, 20, stroke=1, fill=0)


@pytest.mark.parametrize("add", [white_on_black, in_a_frame])
def test_what_is_seen_is_read(add: Callable[[Canvas], None]) -> None:
    document = also(add)
    assert "Overturned" in document.text
    assert document.notes == ()


@pytest.mark.parametrize("mode", [0, 3])
@pytest.mark.parametrize("shift", [0, 0.7])
def test_a_second_layer_of_the_same_words_is_read_once(mode: Literal[0, 3], shift: float) -> None:
    assert also(lambda canvas: lines(canvas, LINES, mode, shift, shift)).text == TEXT


def test_other_words_in_the_same_place_are_told() -> None:
    document = also(lambda canvas: lines(canvas, ["An entirely different sentence"], dx=1))
    assert codes(document) == [NoteCode.UNSEEN_TEXT]


def test_text_under_a_scan_is_the_letter() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawImage(scan(), 0, 0, 612, 792)
        lines(canvas, mode=3)

    document = read_document(made(draw))
    assert document.text == TEXT
    assert document.notes == ()


@pytest.mark.parametrize("off", [True, False])
def test_a_layer_counts_where_it_is_switched_on(off: bool) -> None:
    def draw(canvas: Canvas) -> None:
        lines(canvas)
        canvas.addLiteral("/OC /MC0 BDC")
        canvas.drawString(400, 650, "draft")
        canvas.addLiteral("EMC")

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(made(draw)))
    named = {NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("x")}
    group = writer._add_object(DictionaryObject(named))
    resources = writer.pages[0]["/Resources"]
    assert isinstance(resources, DictionaryObject)
    resources[NameObject("/Properties")] = DictionaryObject({NameObject("/MC0"): group})
    switched = DictionaryObject({NameObject("/OFF"): ArrayObject([group] if off else [])})
    writer._root_object[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): switched}
    )
    document = read_document(written(writer))
    assert ("draft" in document.text) is not off
    assert codes(document) == [NoteCode.LEFT_OUT] * off


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotated_pages_are_read(turn: int) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(made(lines)))
    writer.pages[0].rotate(turn)
    assert read_document(written(writer)).text == TEXT


@pytest.mark.parametrize(("turn", "origin"), [(90, (792, 0)), (180, (612, 792)), (270, (0, 612)), (3, (0, 0))])
def test_turned_content_is_read(turn: int, origin: tuple[int, int]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(*origin)
        canvas.rotate(turn)
        lines(canvas)

    document = read_document(made(draw, size=(792, 612) if turn in {90, 270} else (612, 792)))
    assert document.text == TEXT
    assert document.notes == ()


def test_short_lines_between_lines_askew_stay() -> None:
    words = [
        "the right knee, and the back of the patient who was seen in the clinic on that day again",
        "the",
        "x the y " * 9,
    ]

    def draw(canvas: Canvas) -> None:
        canvas.rotate(-2)
        lines(canvas, words)

    document = read_document(made(draw))
    assert document.text.split("\n") == words
    assert document.notes == ()


def test_text_that_goes_on_beyond_the_edge_is_read_and_told() -> None:
    words = [f"line {number}" for number in range(60)]
    document = read_document(made(lambda canvas: lines(canvas, words)))
    assert document.text == "\n".join(words)
    assert codes(document) == [NoteCode.UNSEEN_TEXT]


def test_form_fields_are_read_where_they_stand() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Brace:")
        canvas.drawString(72, 680, "Splint:")
        canvas.drawString(72, 660, "End.")
        for y, value in ((696, "Upheld"), (676, "Overturned")):
            canvas.acroForm.textfield(
                x=130, y=y, width=90, height=16, value=value, fontSize=9, borderWidth=0, name=value
            )

    document = read_document(made(draw))
    assert document.text.split() == ["Brace:", "Upheld", "Splint:", "Overturned", "End."]


def test_what_is_laid_over_a_page_is_told() -> None:
    document = also(lambda canvas: canvas.freeTextAnnotation("Overturned", "/Helv 8 Tf", Rect=[400, 650, 500, 670]))
    assert document.text == TEXT
    assert codes(document) == [NoteCode.LEFT_OUT]


def picture(canvas: Canvas) -> None:
    canvas.drawImage(scan(), 0, 0, 612, 792)


def stamped_picture(canvas: Canvas) -> None:
    picture(canvas)
    canvas.drawString(500, 20, "Page 2 of 3")


@pytest.mark.parametrize("page", [picture, stamped_picture])
def test_a_page_that_is_a_picture_is_named(page: Callable[[Canvas], None]) -> None:
    content = made(lines, page, lines)
    document = read_document(content)
    assert codes(document) == [NoteCode.PAGE_WITHOUT_TEXT]
    assert "page 2" in document.notes[0].message
    decided = "IMR ISSUES, DECISIONS AND RATIONALES\nMassage: Upheld\nDecision rationale: It is not necessary."
    flags = extract(made(partial(lines, words=decided.split("\n")), page)).flags
    assert (flags[0].code, flags[0].path) == (FlagCode.PAGE_WITHOUT_TEXT, "")
    with pytest.raises(NoTextLayer, match=r"pages 2 and 3.*run OCR"):
        read_document(made(lines, page, page))


def test_a_blank_page_is_no_picture() -> None:
    assert read_document(made(lines, lambda canvas: canvas.drawString(72, 72, " "))).notes == ()


def test_a_portfolio_is_refused() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(made(lines)))
    writer.add_attachment("letter.pdf", made(lines))
    assert read_document(written(writer)).text == TEXT, "a file that is only attached is none of its pages"
    writer._root_object[NameObject("/Collection")] = DictionaryObject({NameObject("/View"): NameObject("/D")})
    with pytest.raises(UnsupportedType, match=r"portfolio of 1 file.*save the files"):
        read_document(written(writer))


def test_pages_of_nothing_but_paths_and_pictures_before_text_are_plain() -> None:
    """A letterhead before the text, and nothing behind it."""

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(scan(), 0, 700, 612, 92)
        canvas.rect(70, 690, 300, 20, stroke=1, fill=0)
        canvas.line(72, 698, 300, 698)
        lines(canvas)

    document = read_document(made(draw))
    assert document.text == TEXT
    assert document.notes == ()


def test_a_cut_file_is_still_refused() -> None:
    with pytest.raises(BrokenDocument):
        read_document(made(lines)[:-200])
