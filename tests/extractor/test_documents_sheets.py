"""Where on a PDF's pages the characters of the stored text stand, and pictures of the pages."""

from __future__ import annotations

import io
import zlib

import pytest
from reportlab.pdfgen.canvas import Canvas

from extractor.documents import read_document
from extractor.documents.sheets import Box, picture, sheets

WIDTH, HEIGHT = 600.0, 800.0
WORDS = "Tramadol 50mg: Upheld"


def pdf(*, turned: int = 0, hidden: bool = False, lines: tuple[str, ...] = (WORDS,)) -> bytes:
    """A page whose lines begin at 60, 80 from its upper left corner, 40 points apart, in 20 points of Courier."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT))
    canvas.setPageRotation(turned)
    canvas.setFont("Courier", 20)  # each character is 12 points wide
    for n, line in enumerate(lines):
        canvas.drawString(60, (WIDTH if turned else HEIGHT) - 80 - 40 * n, line)  # reportlab turns the paper, too
    if hidden:
        canvas.setFillGray(1)
        canvas.drawString(60, 100, "Nobody sees this line of words")
    canvas.save()
    return out.getvalue()


def boxes(data: bytes, start: int, end: int) -> list[Box]:
    (sheet,) = sheets(data, {0: read_document(data).text}).values()
    return sheet.boxes(start, end)


def test_a_word_s_box() -> None:
    at = WORDS.index("Upheld")
    (box,) = boxes(pdf(), at, at + 6)
    assert box.left == pytest.approx(100 * (60 + 12 * at) / WIDTH, abs=0.6)
    assert box.left + box.width == pytest.approx(100 * (60 + 12 * (at + 6)) / WIDTH, abs=0.6)
    baseline = 100 * 80 / HEIGHT
    assert box.top < baseline
    assert box.top > baseline - 100 * 20 / HEIGHT
    assert box.top + box.height == pytest.approx(baseline, abs=1.0)


def test_words_on_two_lines_have_two_boxes() -> None:
    first, second = boxes(pdf(lines=("one two", "three four")), 4, 13)
    assert second.top - first.top == pytest.approx(100 * 40 / HEIGHT, abs=0.7)
    assert second.left == pytest.approx(10, abs=0.6)
    assert first.left > second.left


def test_a_hyphen_at_a_line_s_end_is_no_obstacle() -> None:
    data = pdf(lines=("range-of-", "motion here"))
    text = read_document(data).text
    start = text.index("motion")
    (box,) = boxes(data, start, start + 6)
    assert box.left == pytest.approx(10, abs=0.6)


def test_on_a_turned_page_boxes_lie_where_it_is_drawn() -> None:
    data = pdf(turned=90)
    (sheet,) = sheets(data, {0: read_document(data).text}).values()
    assert (sheet.width, sheet.height) == (WIDTH, HEIGHT)
    (box,) = sheet.boxes(0, 1)
    # Turned clockwise, what was near the upper left corner is near the upper right one, and lines run down.
    assert box.left == pytest.approx(100 * (WIDTH - 80) / WIDTH, abs=1)
    assert box.top == pytest.approx(100 * 60 / HEIGHT, abs=0.6)


def test_a_page_of_which_something_was_left_out_has_no_boxes() -> None:
    data = pdf(hidden=True)
    document = read_document(data)
    assert document.notes
    (sheet,) = sheets(data, {0: document.text}).values()
    assert sheet.characters is None
    assert sheet.boxes(0, 5) == []


def test_pages_that_are_not_there() -> None:
    assert sheets(pdf(), {3: "no such page"}) == {}
    assert picture(pdf(), 3) is None
    assert picture(pdf(), -1) is None


def test_the_picture_is_a_png_of_the_page() -> None:
    drawn = picture(pdf(), 0)
    assert drawn is not None
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(drawn))
    assert image.size == (1100, 1467)
    left, top = (round(each * 1100 / WIDTH) for each in (60, 80))
    assert image.crop((left, top - 30, left + 300, top)).getextrema()[0] < 60, "the words are there"
    assert image.crop((left, top + 60, left + 300, top + 200)).getextrema()[0] == 255, "and nothing below them"
    assert zlib.crc32(drawn[12:29]) == int.from_bytes(drawn[29:33], "big")
