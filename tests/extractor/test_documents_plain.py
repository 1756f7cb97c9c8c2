"""Plain text: encodings, line ends, control characters, pages."""

from __future__ import annotations

import codecs

import pytest

from extractor.documents import read_document
from extractor.errors import UnsupportedType

PROSE = (
    "The worker\u2019s pain was \u201csevere\u201d \u2014 7/10. Temperature 98.6\u00b0. Dr. Pe\u00f1a notes "
    "caf\u00e9-au-lait spots; flexion 90\u00b0, \u00bd tablet.\n"
)
PLAIN = "The request for one MRI is: Upheld\nDr. Peña agrees.\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("ascii", "Case Number: CM00-0000000\n"),
        ("utf-8", PROSE),
        ("utf-8-sig", PROSE),
        ("utf-16", PROSE),
        ("utf-16-le", PROSE),
        ("utf-16-be", PROSE),
        ("utf-32", PROSE),
        ("utf-32-le", PROSE),
        ("utf-32-be", PROSE),
        ("cp1252", PROSE),
        ("cp1252", PROSE * 50),
        ("cp1252", PLAIN),
        ("cp1252", "the worker\u2019s knee"),
        ("cp1252", "one \u2019, two \u2019, three \u2019, four \u2019, five \u2019 and a worker\u2019s knee " * 5),
        ("cp1252", "\u2022 Rest\n\u2022 Ice\n\u2022 Heat\n\u2022 Therapy\n"),
        ("cp1252", "98\u00b0, 99\u00b0, 90\u00b0 of flexion, 45\u00b0 of abduction, 10\u00b0"),
        ("latin-1", PLAIN),
        ("mac_roman", PROSE.replace("\u00bd", "half")),
    ],
)
def test_encodings(encoding: str, text: str) -> None:
    data = text.encode(encoding)
    assert read_document(data).text == text
    assert read_document(data) == read_document(data)


@pytest.mark.parametrize(
    "mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE]
)
def test_a_byte_order_mark_is_dropped(mark: bytes) -> None:
    encodings = {
        codecs.BOM_UTF8: "utf-8",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        codecs.BOM_UTF32_LE: "utf-32-le",
        codecs.BOM_UTF32_BE: "utf-32-be",
    }
    assert read_document(mark + "a\u2019".encode(encodings[mark])).text == "a\u2019"


def test_utf8_that_is_damaged_stays_utf8() -> None:
    cut = PROSE.encode()[: PROSE.encode().index("\u00bd".encode()) + 1]
    assert read_document(cut).text.endswith("90\u00b0, \ufffd")
    patched = PROSE.encode().replace(b"severe", b"s\x92vere")
    assert read_document(patched).text == PROSE.replace("severe", "s\ufffdvere")


def test_half_a_wide_character_at_the_end_is_dropped() -> None:
    assert read_document(PROSE.encode("utf-16")[:-1]).text == PROSE[:-1]


def test_bytes_that_windows_1252_does_not_define_do_not_spoil_the_rest() -> None:
    assert read_document(b"the worker\x92s knee\x81").text == "the worker\u2019s knee\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\x0bb\x85c\u2028d\u2029e", "a\nb\nc\nd\ne"),
        ("one\x00 two\x07 three\x1b four\x7f five\x9f " + "x" * 100, "one two three four five " + "x" * 100),
        ("\ufeffa", "a"),
        ("a\u00a0b \ufb01ne \u201cq\u201d", "a\u00a0b \ufb01ne \u201cq\u201d"),
        ("Up\u00adheld", "Upheld"),
        ("a\tb", "a\tb"),
        ("  a  \n\n\n b ", "  a  \n\n\n b "),
    ],
)
def test_tidying(text: str, expected: str) -> None:
    assert read_document(text).text == expected


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("a", ["a"]),
        ("a\fb", ["a", "b"]),
        ("a\fb\f", ["a", "b"]),
        ("a\fb\f\n \n", ["a", "b"]),
        ("a\f\fb", ["a", "", "b"]),
        ("\fa", ["", "a"]),
    ],
)
def test_form_feeds_end_pages(text: str, pages: list[str]) -> None:
    document = read_document(text)
    assert [page.of(document.text) for page in document.pages] == pages


def test_text_that_is_mostly_control_characters_is_refused() -> None:
    assert read_document("worker " * 10 + "\x02").text
    with pytest.raises(UnsupportedType):
        read_document("worker\x02" * 10)


@pytest.mark.parametrize("text", ["a < b", "a <b> c", "<5 mg>", "<name@example.org> wrote", "if <html> is inside"])
def test_angle_brackets_do_not_make_a_page(text: str) -> None:
    document = read_document(text)
    assert (document.media_type, document.text) == ("text/plain", text)


def test_one_long_line() -> None:
    assert len(read_document("worker " * 140_000).text) == 980_000
