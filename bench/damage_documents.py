"""Sets letters as files of people's own making, and counts what comes of it: `python bench/damage_documents.py FOLDER`.

As `damage.py`, one layer below: the words stay what they are, and the file is made as scanners, printers, mail programs
and word processors make it. A record is held against that of the same letter set plainly in the same kind of file.
"""

from __future__ import annotations

import argparse
import base64
import io
import quopri
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx  # type: ignore[import-not-found, import-untyped, unused-ignore]
import pypdf
import pypdfium2  # type: ignore[import-untyped]
from damage import COLUMNS, OF_SEVERAL, judge
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractor import extract, extract_each
from extractor.errors import DocumentError
from extractor.records.record import Record

Lines = list[list[str]]
"""The lines of each page."""
Before = Callable[[Canvas, int], None]
_WORD = re.compile(r"\b(Upheld|Overturned)\b")
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b")
_ON_PAGE = 52


def pages_of(text: str) -> Lines:
    """Lines of at most 95 characters, 52 a page; the letter's own page breaks are not kept."""
    lines: list[str] = []
    for line in text.replace("\f", "\n").split("\n"):
        rest = " ".join(line.split())
        while len(rest) > 95:
            at = rest.rfind(" ", 0, 95)
            lines.append(rest[: at if at > 0 else 95])
            rest = rest[at + 1 if at > 0 else 95 :]
        lines.append(rest)
    return [lines[at : at + _ON_PAGE] for at in range(0, len(lines), _ON_PAGE)]


def draw_lines(canvas: Canvas, lines: list[str], mode: int = 0, dx: float = 0, dy: float = 0) -> None:
    """Draw the lines of one page, each an object of its own."""
    for index, line in enumerate(lines):
        if line.strip():
            words = canvas.beginText(60 + dx, 740 - 13 * index + dy)
            words.setFont("Times-Roman", 10)
            words.setTextRenderMode(mode)
            words.textLine(line)
            canvas.drawText(words)


def pdf(text: str, draw: Callable[[Canvas, list[str], int], None] | None = None, size: Any = (612, 792)) -> bytes:
    """A letter set as a PDF, each page drawn by `draw`."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=True)
    for number, lines in enumerate(pages_of(text)):
        if draw:
            draw(canvas, lines, number)
        else:
            draw_lines(canvas, lines)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def other(text: str) -> str:
    """The words with the other outcome."""
    return _WORD.sub(lambda found: "Overturned" if found[1] == "Upheld" else "Upheld", text)


def outcome_lines(lines: list[str]) -> list[int]:
    """Which lines end in an outcome."""
    return [index for index, line in enumerate(lines) if _WORD.search(line)]


def _also(how: Callable[[Canvas, float, str], None]) -> Callable[[str, random.Random], bytes]:
    """The other outcome at the end of each line that has one, drawn in a way that nobody sees."""

    def make(text: str, _: random.Random) -> bytes:
        def draw(canvas: Canvas, lines: list[str], number: int) -> None:
            draw_lines(canvas, lines)
            for index in outcome_lines(lines):
                how(canvas, 740 - 13 * index, other(_WORD.findall(lines[index])[-1]))

        return pdf(text, draw)

    return make


def _white(canvas: Canvas, y: float, words: str) -> None:
    canvas.setFillGray(1)
    canvas.drawString(520, y, words)
    canvas.setFillGray(0)


def _clear(canvas: Canvas, y: float, words: str) -> None:
    canvas.setFillAlpha(0)
    canvas.drawString(520, y, words)
    canvas.setFillAlpha(1)


def _unpainted(canvas: Canvas, y: float, words: str) -> None:
    line = canvas.beginText(520, y)
    line.setTextRenderMode(3)
    line.textLine(words)
    canvas.drawText(line)


def _off_page(canvas: Canvas, y: float, words: str) -> None:
    canvas.drawString(760, y, words)


def _tiny(canvas: Canvas, y: float, words: str) -> None:
    canvas.setFont("Times-Roman", 0.6)
    canvas.drawString(520, y, words)
    canvas.setFont("Times-Roman", 10)


def _under_a_box(canvas: Canvas, y: float, words: str) -> None:
    canvas.drawString(520, y, words)
    canvas.setFillGray(1)
    canvas.rect(510, y - 3, 90, 13, stroke=0, fill=1)
    canvas.setFillGray(0)


def _switched_off(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        canvas._code.append("/OC /MC0 BDC")
        for index in outcome_lines(lines):
            canvas.drawString(520, 740 - 13 * index, other(_WORD.findall(lines[index])[-1]))
        canvas._code.append("EMC")

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(text, draw)))
    named = {NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("draft")}
    group = writer._add_object(DictionaryObject(named))
    for page in writer.pages:
        page["/Resources"][NameObject("/Properties")] = DictionaryObject({NameObject("/MC0"): group})  # type: ignore[index]
    off = DictionaryObject({NameObject("/OFF"): ArrayObject([group]), NameObject("/BaseState"): NameObject("/ON")})
    writer._root_object[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): off}
    )
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _rotated(text: str, chance: random.Random) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(text)))
    turn = chance.choice((90, 180, 270))
    for page in writer.pages:
        page.rotate(turn)
    return _written(writer)


def _content_turned(text: str, chance: random.Random) -> bytes:
    turn = chance.choice((90, 180, 270))

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        canvas.translate(*{90: (792, 0), 180: (612, 792), 270: (0, 612)}[turn])
        canvas.rotate(turn)
        draw_lines(canvas, lines)

    return pdf(text, draw, (612, 792) if turn == 180 else (792, 612))


def _skewed(text: str, chance: random.Random) -> bytes:
    angle = chance.uniform(-2, 2)

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        canvas.rotate(angle)
        draw_lines(canvas, lines)

    return pdf(text, draw)


def _margin_note(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        canvas.saveState()
        canvas.translate(30, 200)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Received by facsimile 03/04/2018 - claims file copy - Overturned")
        canvas.restoreState()

    return pdf(text, draw)


def _watermark(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        canvas.saveState()
        canvas.translate(150, 250)
        canvas.rotate(45)
        canvas.setFont("Helvetica", 60)
        canvas.setFillGray(0.85)
        canvas.drawString(0, 0, "CONFIDENTIAL")
        canvas.restoreState()

    return pdf(text, draw)


def _doubled(text: str, chance: random.Random) -> bytes:
    mode, dx, dy = chance.choice((0, 3)), chance.uniform(-1, 1), chance.uniform(-1, 1)

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        draw_lines(canvas, lines, mode, dx, dy)

    return pdf(text, draw)


def _other_layer(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        draw_lines(canvas, [other(line) for line in lines], 3)

    return pdf(text, draw)


def _picture(lines: list[str]) -> ImageReader:
    document = pypdfium2.PdfDocument(pdf("\n".join(lines)))
    image = document[0].render(scale=1.5, grayscale=True).to_pil()
    document.close()
    return ImageReader(image)


def _picture_page(text: str, chance: random.Random) -> bytes:
    at = chance.randrange(len(pages_of(text)))

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        if number == at:
            canvas.drawImage(_picture(lines), 0, 0, 612, 792)
            canvas.drawString(540, 20, f"Page {number + 1}")
        else:
            draw_lines(canvas, lines)

    return pdf(text, draw)


def _recognised(text: str, chance: random.Random) -> bytes:
    first = chance.random() < 0.5

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        if first:
            draw_lines(canvas, lines, chance.choice((0, 3)))
        canvas.drawImage(_picture(lines), 0, 0, 612, 792)
        if not first:
            draw_lines(canvas, lines, 3)

    return pdf(text, draw)


def _cipher(text: str, chance: random.Random) -> bytes:
    letters = list("abcdefghijklmnopqrstuvwxyz")
    chance.shuffle(letters)
    made = "".join(letters)
    table = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", made + made.upper())
    whole, at = chance.random() < 0.5, chance.randrange(len(pages_of(text)))

    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, [line.translate(table) for line in lines] if whole or number == at else lines)

    return pdf(text, draw)


def _form(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        for index, line in enumerate(lines):
            y = 740 - 13 * index
            found = re.fullmatch(r"(.*[:,] ?)?(Upheld|Overturned)", line)
            if not found:
                draw_lines(canvas, [line], dy=-13 * index)
                continue
            start = found[1] or ""
            draw_lines(canvas, [start], dy=-13 * index)
            x = 60 + canvas.stringWidth(start, "Times-Roman", 10) + 2
            options = {"fontSize": 8, "borderWidth": 0, "width": 70, "height": 12, "name": f"f{number}.{index}"}
            canvas.acroForm.textfield(x=x, y=y - 2, value=found[2], **options)

    return pdf(text, draw)


def _remark(text: str, _: random.Random) -> bytes:
    def draw(canvas: Canvas, lines: list[str], number: int) -> None:
        draw_lines(canvas, lines)
        for index in outcome_lines(lines):
            y = 740 - 13 * index
            canvas.freeTextAnnotation(other(_WORD.findall(lines[index])[-1]), "/Helv 8 Tf", Rect=[500, y, 560, y + 10])

    return pdf(text, draw)


# --- other files ------------------------------------------------------------------------------------------------------


def html(text: str, mark: Callable[[str], str] = str, head: str = "") -> bytes:
    """A letter set as a web page, a paragraph a line; `mark` is given each escaped line."""
    lines = (line.replace("&", "&amp;").replace("<", "&lt;") for line in text.replace("\f", "\n").split("\n"))
    return f"<html><head>{head}</head><body>{''.join(f'<p>{mark(line)}</p>' for line in lines)}</body></html>".encode()


def _html_also(form: str, head: str = "") -> Callable[[str, random.Random], bytes]:
    def mark(line: str) -> str:
        return _WORD.sub(lambda found: f"{form.format(other(found[1]))} {found[1]}", line)

    return lambda text, _: html(text, mark, head)


_HIDDEN_BY = {
    "html: del, s, strike": ("<del>{}</del><s>{0}</s><strike>{0}</strike>".replace("{}", "{0}"), ""),
    "html: line-through": ('<span style="text-decoration: line-through">{}</span>', ""),
    "html: a class that strikes": (
        '<span class="old x">{}</span>',
        "<style>p span.old{text-decoration:line-through}</style>",
    ),
    "html: a class that hides": ('<i class="h">{}</i>', "<style>@media screen{.h,.k{display:none}}</style>"),
    "html: hidden": ("<span hidden>{}</span>", ""),
    "html: visibility": ('<b style="visibility:hidden">{}</b>', ""),
    "html: white": ('<font color="white">{}</font>', ""),
    "html: of no size": ('<span style="font-size:0px">{}</span>', ""),
}  # fmt: skip


def word(text: str, mark: Callable[[Any, str], None] | None = None) -> bytes:
    """A letter set as a Word file; `mark` adds a run with the other outcome before each line's own."""
    document = docx.Document()
    if mark:
        document.styles.add_style("Gone", 2).font.strike = True
    for line in text.replace("\f", "\n").split("\n"):
        paragraph = document.add_paragraph()
        for piece in _WORD.split(line):
            if mark and _WORD.fullmatch(piece):
                mark(paragraph, other(piece) + " ")
            paragraph.add_run(piece)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _run(**font: bool) -> Callable[[str, random.Random], bytes]:
    def mark(paragraph: Any, words: str) -> None:
        run = paragraph.add_run(words)
        for name, value in font.items():
            setattr(run.font, name, value)

    return lambda text, _: word(text, mark)


def _styled(text: str, _: random.Random) -> bytes:
    return word(text, lambda paragraph, words: paragraph.add_run(words, style="Gone") and None)


def _mail(text: str, chance: random.Random) -> bytes:
    encoding = chance.choice(("quoted-printable", "base64", "8bit"))
    content = text.replace("\f", "\n").encode()
    body = {"quoted-printable": quopri.encodestring(content), "base64": base64.encodebytes(content), "8bit": content}
    return (
        b"Received: from mx by mail; Tue, 28 Feb 2023 10:00:00 -0800\r\nFrom: a@example.org\r\nSubject: IMR\r\n"
        b"Date: Tue, 28 Feb 2023 10:00:00 -0800\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body[encoding]
    )


def _attached(text: str, chance: random.Random) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.org", "IMR"
    mail.set_content("Date: 02/28/2023. The IMR decision is attached: Overturned.")
    if chance.random() < 0.5:
        mail.add_alternative("<p>The IMR decision is attached: <b>Overturned</b>.</p>", subtype="html")
    if chance.random() < 0.5:
        mail.add_attachment(pdf(text), maintype="application", subtype="octet-stream", filename="x.pdf")
    else:
        mail.add_attachment(html(text), maintype="text", subtype="html", filename="x.html")
    return mail.as_bytes()


def _two_attached(text: str, chance: random.Random) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.org", "IMR"
    mail.set_content("Two decisions.")
    for words in (text, other(text)):
        mail.add_attachment(pdf(words), maintype="application", subtype="pdf", filename="x.pdf")
    return mail.as_bytes()


_INKLESS = ("\u200e", "\u200f", "\u200b", "\u2060", "\u00ad", "\ufe0f", "\u2066", "\U000e0041", "\u061c", "\u200d")


def _inkless(text: str, chance: random.Random) -> bytes:
    def broken(found: re.Match[str]) -> str:
        inside = (char + (chance.choice(_INKLESS) if chance.random() < 0.4 else "") for char in found[0][:-1])
        return "".join(inside) + found[0][-1]

    return re.sub(r"[^\s]+", lambda found: broken(found) if chance.random() < 0.3 else found[0], text).encode()


def _full_width(text: str, _: random.Random) -> bytes:
    return _DATE.sub(lambda found: "".join(chr(ord(char) + 0xFEE0) for char in found[0]), text).encode()


def _mathematical(text: str, _: random.Random) -> bytes:
    def bold(found: re.Match[str]) -> str:
        return "".join(chr(0x1D400 + ord(c) - 65) if c.isupper() else chr(0x1D41A + ord(c) - 97) for c in found[0])

    return _WORD.sub(bold, text).encode()


def _turned_round(text: str, _: random.Random) -> bytes:
    return _WORD.sub(lambda found: f"\u202e{found[1][::-1]}\u202c", text).encode()


def _symbol_codes(text: str, _: random.Random) -> bytes:
    return "".join(chr(0xF000 + ord(c)) if " " < c <= "~" else c for c in text).encode()


def _markdown(text: str, chance: random.Random) -> bytes:
    lines = []
    for line in text.split("\n"):
        marked = _WORD.sub(r"**\1**", line)
        if line.isupper() and line.strip():
            marked = f"## {line}"
        elif re.match(r"[A-Z][\w ]{3,30}:", line):
            marked = re.sub(r"^([^:]+:)", chance.choice((r"**\1**", r"__\1__", r"*\1*")), marked)
        lines.append(marked)
    return "\n".join(lines).encode()


def _as_text(text: str) -> bytes:
    return text.encode()


Make = Callable[[str, random.Random], bytes]
KINDS: dict[str, tuple[Callable[[str], bytes], Make]] = {
    "pdf: white text": (pdf, _also(_white)),
    "pdf: clear text": (pdf, _also(_clear)),
    "pdf: text that is not painted": (pdf, _also(_unpainted)),
    "pdf: text off the page": (pdf, _also(_off_page)),
    "pdf: tiny text": (pdf, _also(_tiny)),
    "pdf: text under a box": (pdf, _also(_under_a_box)),
    "pdf: a layer switched off": (pdf, _switched_off),
    "pdf: every line twice": (pdf, _doubled),
    "pdf: a second layer that says otherwise": (pdf, _other_layer),
    "pdf: rotated pages": (pdf, _rotated),
    "pdf: turned content": (pdf, _content_turned),
    "pdf: askew": (pdf, _skewed),
    "pdf: note in the margin": (pdf, _margin_note),
    "pdf: watermark across": (pdf, _watermark),
    "pdf: a page that is a picture": (pdf, _picture_page),
    "pdf: scan with recognised text": (pdf, _recognised),
    "pdf: cipher": (pdf, _cipher),
    "pdf: form fields": (pdf, _form),
    "pdf: remarks laid over": (pdf, _remark),
    **{name: (html, _html_also(*how)) for name, how in _HIDDEN_BY.items()},
    "word: struck out": (word, _run(strike=True)),
    "word: doubly struck out": (word, _run(double_strike=True)),
    "word: hidden": (word, _run(hidden=True)),
    "word: a style that strikes": (word, _styled),
    "mail: in the body": (_as_text, _mail),
    "mail: attached": (pdf, _attached),
    "mail: two letters": (pdf, _two_attached),
    "text: marks without ink": (_as_text, _inkless),
    "text: full-width dates": (_as_text, _full_width),
    "text: mathematical letters": (_as_text, _mathematical),
    "text: turned round": (_as_text, _turned_round),
    "text: codes of a symbol font": (_as_text, _symbol_codes),
    "text: markdown": (_as_text, _markdown),
}


def _records(path: Path, only: str, seed: int) -> Iterator[tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    sound: dict[Any, Record] = {}
    for name, (plain, make) in KINDS.items():
        if only not in name:
            continue
        if plain not in sound:
            sound[plain] = extract(plain(text))
        chance = random.Random(f"{seed} {path.name} {name}")  # noqa: S311
        try:
            found = extract_each(make(text, chance))
        except DocumentError:
            found = ()
        wanted = 2 if "two letters" in name else 1
        if len(found) in (0, wanted):
            yield name, judge(sound[plain], found[0] if found else None)
        else:
            told = any(flag.code in OF_SEVERAL for record in found for flag in record.flags)
            yield name, "flagged" if told else "silent"


def main() -> int:
    """Print the table; 1 where anything is wrong in silence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="every how many-th letter")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--show", action="store_true", help="name the letters that are wrong in silence")
    given = parser.parse_args()
    table: dict[str, Counter[str]] = {name: Counter() for name in KINDS if given.only in name}
    for path in sorted(given.folder.glob("*.txt"))[:: given.every]:
        for name, column in _records(path, given.only, given.seed):
            table[name][column] += 1
            if given.show and column == "silent":
                print(f"{path.name}: {name}", file=sys.stderr)
    print(f"{'kind':44}" + "".join(f"{column:>9}" for column in COLUMNS))
    for name, row in table.items():
        print(f"{name:44}" + "".join(f"{row[column]:9}" for column in COLUMNS))
    total: Counter[str] = sum(table.values(), Counter())
    print(f"{'all':44}" + "".join(f"{total[column]:9}" for column in COLUMNS))
    return 1 if total["silent"] else 0


if __name__ == "__main__":
    sys.exit(main())
