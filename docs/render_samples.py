"""Render eight of the sample letters to docs/samples/pdf, the same bytes every time.

The .txt files are the source. Lines are drawn as they stand, so the text layer of a PDF reads as its .txt does,
but for two things: the header of a 2014-2017 letter becomes a bordered table, as in the real letters, and letters
of 2013 get a footer on each page. Needs reportlab. Usage: python docs/render_samples.py
"""

from __future__ import annotations

import re
from pathlib import Path

from reportlab.lib.colors import black, lightgrey
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table, TableStyle

HERE = Path(__file__).parent / "samples"
RENDERED = (
    "CM13-0501024", "CM13-0501366", "CM13-0501592", "CM14-0500917",
    "CM15-0500426", "CM16-0500101", "CM16-0500377", "CM17-0500538",
)  # fmt: skip
WIDTH, HEIGHT = letter
MARGIN, SIZE, LEADING = 72.0, 12.0, 13.8  # points; 12-point Times, as in the real letters
ROMAN, BOLD = "Times-Roman", "Times-Bold"

HEADER_LABEL = re.compile(
    r"(Case Number|Date Assigned|Date of Injury|Decision Date|UR Denial Date|Priority|Application\s+Received):"
)
CENTERED = re.compile(  # section headings and the letterhead, alone on a line
    r"(HOW THE IMR FINAL DETERMINATION WAS MADE|CLINICAL CASE SUMMARY|DOCUMENTS REVIEWED|IMR ISSUES, .*"
    r"|IMR DECISION\(S\) .*|INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE|MEDICAL PROFESSIONAL REVIEW"
    r"|MAXIMUS FEDERAL SERVICES, INC\.|Notice of Independent Medical Review Determination"
    r"|Independent Medical Review Final Determination Letter)"
)
BOLD_START = re.compile(  # "Decision rationale: The MTUS ..." is bold up to its colon
    r"(Claims Administrator guideline|MAXIMUS guideline|Decision rationale|The Physician Reviewer's decision rationale"
    r"|Case Summary|Documents Reviewed for Determination|Rationale for the Decision|Medical Qualifications .*"
    r"|Medical Treatment Guideline\(s\) Relied .*): ?"
)
ITEM = re.compile(r".*:\s(Upheld|Overturned)", re.DOTALL)  # a block; all of it is bold but the outcome
HEADING = re.compile(  # a block that is bold as a whole
    r"\d\) Regarding .*|\d\. .* medically\s+necessary\s+and\s+appropriate\.|[A-Z/()\s]+:", re.DOTALL
)

Line = list[tuple[str, str]]  # (font, text) runs, left to right


def styled(block: str) -> list[Line]:
    """Split one block (text between blank lines) into its lines, each as runs of one font."""
    lines = block.split("\n")
    if HEADING.fullmatch(block):
        return [[(BOLD, line)] for line in lines]
    if ITEM.fullmatch(block):
        heading, space, outcome = lines[-1].rpartition(" ")
        return [*([(BOLD, line)] for line in lines[:-1]), [(BOLD, heading + space), (ROMAN, outcome)]]
    styled_lines: list[Line] = []
    for line in lines:
        start = BOLD_START.match(line)
        if CENTERED.fullmatch(line):
            styled_lines.append([(BOLD, line)])
        elif start:
            styled_lines.append([(BOLD, start[0]), (ROMAN, line[start.end() :])])
        else:
            styled_lines.append([(ROMAN, line)])
    return styled_lines


def draw_header(canvas: Canvas, header: str) -> float:
    """Draw the header as a table, label and value in cells of their own; the height left below it."""
    parts = [" ".join(part.split()) for part in HEADER_LABEL.split(header)[1:]]
    value = dict(zip(parts[::2], parts[1::2], strict=True))
    rows = [["Case Number:", value["Case Number"], "", ""]]
    pairs = (
        ("Date Assigned", "Date of Injury"),
        ("Decision Date", "UR Denial Date"),
        ("Priority", "Application Received"),
    )
    for left, right in pairs:
        rows.append([f"{left}:", value[left], f"{right}:".replace("n R", "n\nR"), value[right]])
    style = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, black),
            ("BACKGROUND", (0, 0), (0, -1), lightgrey),
            ("BACKGROUND", (2, 0), (2, -1), lightgrey),
            ("BACKGROUND", (3, 0), (3, 0), lightgrey),
            ("SPAN", (2, 0), (3, 0)),
            ("FONT", (0, 0), (0, -1), "Helvetica-Bold", 10, 11),
            ("FONT", (2, 0), (2, -1), "Helvetica-Bold", 10, 11),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    table = Table(rows, colWidths=[108, 150, 98, 112], style=style)
    _, height = table.wrapOn(canvas, WIDTH, HEIGHT)
    table.drawOn(canvas, MARGIN, HEIGHT - MARGIN - height)
    return HEIGHT - MARGIN - height - 2 * LEADING


def render(source: Path, target: Path) -> None:
    """Draw the letter of `source` to `target`; pages break wherever the text reaches the bottom margin."""
    canvas = Canvas(str(target), pagesize=letter, invariant=True)
    canvas.setTitle(source.stem)
    text = source.read_text(encoding="utf-8").strip()
    y = HEIGHT - MARGIN
    if text.startswith("Case Number:"):
        header, section, rest = text.partition("HOW THE IMR")
        text, y = section + rest, draw_header(canvas, header)

    def end_page() -> None:
        if source.stem.startswith("CM13"):
            footer = f"Final Determination Letter for IMR Case Number {source.stem}     {canvas.getPageNumber()}"
            canvas.setFont(ROMAN, 10)
            canvas.drawString(MARGIN, MARGIN / 2, footer)
        canvas.showPage()

    for block in text.split("\n\n"):
        for line in styled(block):
            if y < MARGIN:
                end_page()
                y = HEIGHT - MARGIN
            centered = CENTERED.fullmatch("".join(run for _, run in line))
            width = sum(stringWidth(run, font, SIZE) for font, run in line)
            x = (WIDTH - width) / 2 if centered else MARGIN
            for font, run in line:
                canvas.setFont(font, SIZE)
                canvas.drawString(x, y, run)
                x += stringWidth(run, font, SIZE)
            y -= LEADING
        y -= LEADING
    end_page()
    canvas.save()


if __name__ == "__main__":
    (HERE / "pdf").mkdir(exist_ok=True)
    for name in RENDERED:
        render(HERE / f"{name}.txt", HERE / "pdf" / f"{name}.pdf")
