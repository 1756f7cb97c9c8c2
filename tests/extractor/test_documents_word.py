"""Word files: made with python-docx, or by hand where it cannot make them."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK

from extractor.documents import read_document, word
from extractor.errors import BrokenDocument, DocumentError, EmptyDocument, EncryptedDocument, ReadTimeout, TooLarge
from extractor.settings import Limits

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def package(main: str | bytes, extra: Mapping[str, str | bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", f'<Types><Override ContentType="{WORD}.main+xml"/></Types>')
        file.writestr(
            "_rels/.rels",
            '<Relations xmlns="r"><Relationship Type="x/officeDocument" Target="word/document.xml"/></Relations>',
        )
        file.writestr("word/document.xml", main)
        for name, content in (extra or {}).items():
            file.writestr(name, content)
    return buffer.getvalue()


def body(xml: str, namespace: str = NAMESPACE, prolog: str = "") -> str:
    return f'{prolog}<w:document xmlns:w="{namespace}" xmlns:mc="{COMPATIBILITY}"><w:body>{xml}</w:body></w:document>'


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def letter() -> bytes:
    word = docx.Document()
    word.sections[0].header.paragraphs[0].text = "Letter for CM00-0000000"
    word.sections[0].footer.paragraphs[0].text = "Page furniture"
    table = word.add_table(2, 2)
    for cell, text in zip(table._cells, ["Case Number:", "CM00-0000000", "Date Assigned:", "1/2/2017"], strict=True):
        cell.text = text
    first = word.add_paragraph("Soft")
    first.add_run().add_break()
    first.add_run("break\tand tab")
    word.add_paragraph("").add_run().add_break(WD_BREAK.PAGE)
    word.add_heading("IMR ISSUES")
    word.add_paragraph("MRI: ").add_run("Upheld").bold = True
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def test_a_letter() -> None:
    document = read_document(letter(), name="letter.docx")
    assert document.media_type == WORD
    assert [page.of(document.text) for page in document.pages] == [
        "Letter for CM00-0000000\nCase Number: CM00-0000000\nDate Assigned: 1/2/2017\nSoft\nbreak\tand tab",
        "IMR ISSUES\nMRI: Upheld\nPage furniture",
    ]


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (f"<w:p>{run('a ')}<w:ins>{run('b')}</w:ins><w:del><w:r><w:delText>c</w:delText></w:r></w:del></w:p>", "a b"),
        (f"<w:p><w:moveFrom>{run('x')}</w:moveFrom><w:moveTo>{run('x')}</w:moveTo></w:p>", "x"),
        (f"<w:sdt><w:sdtPr>{run('no')}</w:sdtPr><w:sdtContent><w:p>{run('yes')}</w:p></w:sdtContent></w:sdt>", "yes"),
        (f"<w:p><w:hyperlink>{run('link')}</w:hyperlink><w:smartTag>{run(' tag')}</w:smartTag></w:p>", "link tag"),
        (f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>{run('seen')}</w:p>", "seen"),
        ("<w:p><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r></w:p>", "seen"),
        (f"<w:p><w:r><w:rPr><w:strike/></w:rPr><w:t>x</w:t></w:r>{run('seen')}</w:p>", "seen"),
        (f"<w:p><w:r><w:rPr><w:dstrike/></w:rPr><w:t>x</w:t></w:r>{run('seen')}</w:p>", "seen"),
        ("<w:p><w:r><w:rPr><w:strike w:val='false'/></w:rPr><w:t>seen</w:t></w:r></w:p>", "seen"),
        (f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs><w:rPr><w:vanish/></w:rPr></w:pPr>{run('a')}</w:p>", "a"),
        (
            "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:softHyphen/><w:t>c</w:t></w:r></w:p>",
            "a\tb-c",
        ),
        ("<w:p><w:r><w:t>90</w:t><w:sym w:font='Symbol' w:char='F0B0'/><w:sym w:char='zz'/></w:r></w:p>", "90\uf0b0"),
        (
            "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:fldSimple><w:r><w:t>3</w:t></w:r></w:fldSimple></w:p>",
            "3",
        ),
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent>"
            f"</mc:Choice><mc:Fallback>{run('box')}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
            "box",
        ),
        (
            f"<w:tbl><w:tr><w:tc><w:p>{run('Label:')}</w:p></w:tc><w:tc><w:p>{run('a')}</w:p><w:p>{run('b')}</w:p></w:tc>"
            f"<w:tc><w:p>{run('c')}</w:p></w:tc></w:tr></w:tbl><w:p>{run('d')}</w:p>",
            "Label: a\nb\nc\nd",
        ),
        (f"<w:p>{run('a')}<w:r><w:lastRenderedPageBreak/></w:r>{run('b')}</w:p>", "ab"),
        (f"<w:p>{run('a')}</w:p><w:p><w:r><w:br w:type='page'/></w:r></w:p>", "a"),
        (
            f"<w:tbl><w:tr><w:tc><w:p>{run('a')}<w:r><w:br w:type='page'/></w:r></w:p></w:tc>"
            f"<w:tc><w:p>{run('b')}</w:p></w:tc></w:tr></w:tbl>",
            "a\fb",
        ),
        (f"<w:p>{run('a&amp;b &#233;')}<!-- c --><?p i?></w:p>", "a&b \u00e9"),
    ],
)
def test_what_counts_as_text(xml: str, text: str) -> None:
    for namespace in (NAMESPACE, STRICT):
        assert read_document(package(body(xml, namespace))).text == text


def test_styles_that_strike_or_hide() -> None:
    document = docx.Document()
    struck, hidden, seen = (document.styles.add_style(name, kind) for name, kind in (("A", 2), ("B", 1), ("C", 2)))
    struck.font.strike, hidden.font.hidden = True, True
    seen.base_style, seen.font.strike = struck, False
    document.styles.add_style("D", 2).base_style = struck
    paragraph = document.add_paragraph("Brace: ")
    for style in ("A", "C", "D"):
        paragraph.add_run(style, style=style)
    document.add_paragraph("hidden", style="B")
    buffer = io.BytesIO()
    document.save(buffer)
    assert read_document(buffer.getvalue()).text == "Brace: C"


def test_equal_headers_stand_once() -> None:
    header = f'<w:hdr xmlns:w="{NAMESPACE}"><w:p>{run("CM00")}</w:p></w:hdr>'
    relations = "".join(f'<Relationship Type="x/header" Target="/word/h{i}.xml"/>' for i in range(3))
    extra: dict[str, str | bytes] = {f"word/h{i}.xml": header for i in range(3)}
    extra["word/_rels/document.xml.rels"] = f'<Relationships xmlns="r">{relations}</Relationships>'
    assert read_document(package(body(f"<w:p>{run('a')}</w:p>"), extra)).text == "CM00\na"


def test_a_missing_picture_is_no_obstacle() -> None:
    relations = '<Relationships xmlns="r"><Relationship Type="x/image" Target="NULL"/></Relationships>'
    extra: dict[str, str | bytes] = {"word/_rels/document.xml.rels": relations}
    assert read_document(package(body(f"<w:p>{run('a')}</w:p>"), extra)).text == "a"


def test_no_text_is_empty() -> None:
    with pytest.raises(EmptyDocument):
        read_document(package(body("<w:p/>")))


BOMB = "<!DOCTYPE l [<!ENTITY a0 'lol'>{}]>".format(
    "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10))
)


@pytest.mark.parametrize(
    "main",
    [
        body(f"<w:p>{run('&a9;')}</w:p>", prolog=BOMB),
        ('<?xml version="1.0" encoding="utf-16"?>' + body(f"<w:p>{run('&a9;')}</w:p>", prolog=BOMB)).encode("utf-16"),
        body(f"<w:p>{run('&a;')}</w:p>", prolog="<!DOCTYPE l [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"),
    ],
)
def test_entities_are_refused(main: str | bytes) -> None:
    with pytest.raises(BrokenDocument, match="document type declaration"):
        read_document(package(main))


def test_bombs_are_refused_at_once() -> None:
    main = body(f"<w:p>{run('a')}</w:p>")
    picture = package(main, {"word/media/a.png": bytes(60_000_000)})
    text = package(body(f"<w:p>{run('a' * 5_000_000)}</w:p>"))
    crowd = package(main, {f"x{i}": "" for i in range(10_001)})
    started = time.process_time()
    for content in (picture, text, crowd):
        with pytest.raises(TooLarge):
            read_document(content)
    with pytest.raises(TooLarge, match="unpacks to more"):
        read_document(text, limits=Limits(max_bytes=100_000))
    assert time.process_time() - started < 2


def test_a_false_size_does_not_unpack_more() -> None:
    main = body(f"<w:p>{run('a' * 5_000_000)}</w:p>")
    liar = package(main).replace(len(main).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(BrokenDocument):
        read_document(liar)


def test_deep_nesting() -> None:
    xml = "<w:tbl>" * 20_000 + f"<w:p>{run('deep')}</w:p>" + "</w:tbl>" * 20_000
    assert read_document(package(body(xml))).text == "deep"


def test_an_encrypted_part() -> None:
    content = bytearray(package(body(f"<w:p>{run('a')}</w:p>")))
    start = content.rindex(b"PK\x01\x02", 0, content.rindex(b"word/document.xml"))
    content[start + 8] |= 1
    with pytest.raises(EncryptedDocument):
        read_document(bytes(content))


@pytest.mark.parametrize(
    "change",
    [
        (b"officeDocument", b"somethingElse."),
        (b"word/document.xml", b"word/absent!!.xml"),
        (b"</w:body>", b"</w:bodo>"),
    ],
)
def test_broken_packages(change: tuple[bytes, bytes]) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package(body(f"<w:p>{run('a')}</w:p>")))) as source,
        zipfile.ZipFile(buffer, "w") as to,
    ):
        for name in source.namelist():
            to.writestr(name, source.read(name).replace(*change))
    with pytest.raises(BrokenDocument, match=r"fetch it again"):
        read_document(buffer.getvalue())


def test_time_runs_out() -> None:
    with pytest.raises(ReadTimeout):
        read_document(letter(), limits=Limits(seconds=0))


def test_damage_is_a_document_error() -> None:
    whole = letter()
    dice = random.Random(7)  # noqa: S311 -- repeatable damage
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(dice.choice([1, 5, 50])):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        try:
            read_document(bytes(damaged))
        except DocumentError:
            continue
    for _ in range(200):
        with pytest.raises((BrokenDocument, EmptyDocument)):
            read_document(whole[: dice.randrange(5, len(whole) - 22)])


def relations(count: int, target: str = "h.xml") -> str:
    one = f'<Relationship Id="r" Type="http://x/header" Target="{target}"/>'
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{one * count}</Relationships>'


def test_a_part_that_is_pointed_to_again_and_again_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    header = f'<w:hdr xmlns:w="{NAMESPACE}"><w:p>{run("Case CM16-1")}</w:p></w:hdr>'
    fed: list[str] = []
    feed = word._feed

    def counted(archive: zipfile.ZipFile, part: str, *others: Any) -> None:
        fed.append(part)
        feed(archive, part, *others)

    monkeypatch.setattr(word, "_feed", counted)
    main = body(f"<w:p>{run('Upheld')}</w:p>")
    same = {"word/h.xml": header, "word/_rels/document.xml.rels": relations(9_000)}
    assert read_document(package(main, same)).text == "Case CM16-1\nUpheld"
    assert fed.count("word/h.xml") == 1
    with pytest.raises(TooLarge, match="more than 10,000 relations"):
        read_document(package(main, {**same, "word/_rels/document.xml.rels": relations(100_000)}))
    assert len(fed) < 12
