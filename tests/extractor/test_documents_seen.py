"""Files as people have them: what a person sees is read, what they do not is left out, what is neither is flagged."""

from __future__ import annotations

import io
import string
from email.message import EmailMessage
from pathlib import Path

import pytest
from letters import Asked, credentials, flagged, read
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractor import extract
from extractor.documents import read_document
from extractor.documents.invisible import as_seen
from extractor.errors import ConfigurationError, DocumentError, IllegibleText
from extractor.records.record import Record

CASES = Path(__file__).parents[3] / "shared" / "cases" / "inputs"
LETTER = credentials(
    Asked("MRI of the left knee", "Upheld"),
    Asked("Physical therapy 12 visits", "Overturned", rationale="The criteria are met. It is medically necessary."),
)
PLANTED = "Left shoulder arthroscopy: Overturned"


def picture() -> io.BytesIO:
    """A grey scan."""
    out = io.BytesIO()
    Image.effect_noise((600, 800), 80).save(out, "PNG")
    return out


def pdf(text: str, *, picture_page: bool = False, rotate: int = 0, unseen: str = "") -> bytes:
    """The text as a PDF; `unseen` is printed where nobody can see it, invisibly or beyond the paper."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792))
    lines = text.split("\n")
    for start in range(0, len(lines), 52):
        for index, line in enumerate(lines[start : start + 52]):
            canvas.drawString(60, 740 - 13 * index, line)
        if unseen == "outside":
            canvas.drawString(60, 1000, PLANTED)
        if rotate:
            canvas.setPageRotation(rotate)
        canvas.showPage()
        if picture_page:
            canvas.drawImage(ImageReader(picture()), 0, 0, 612, 792)
            canvas.showPage()
            picture_page = False
    canvas.save()
    return out.getvalue()


def outcomes(record: Record) -> list[str | None]:
    return [decision.outcome for decision in record.determination.decisions]


@pytest.mark.parametrize(
    "hidden",
    [
        f"<del>{PLANTED}</del>",
        f"<s>{PLANTED}</s>",
        f"<strike>{PLANTED}</strike>",
        f'<span style="text-decoration: line-through">{PLANTED}</span>',
        f"<span hidden>{PLANTED}</span>",
        f'<p style="display:none">{PLANTED}</p>',
        f'<p style="visibility: hidden">{PLANTED}</p>',
    ],
)
def test_what_a_web_page_strikes_out_or_hides_is_not_of_the_letter(hidden: str) -> None:
    page = "<html><body>" + "".join(f"<p>{line}</p>" for line in LETTER.split("\n")) + hidden + "</body></html>"
    record = extract(page.encode(), name="letter.html")
    assert outcomes(record) == ["upheld", "overturned"]
    assert "arthroscopy" not in read_document(page.encode(), name="letter.html").text


def test_a_page_that_is_a_picture_is_named() -> None:
    record = extract(pdf(LETTER, picture_page=True), name="letter.pdf")
    assert ("page_without_text", "") in flagged(record)
    assert "page 2" in next(flag.message for flag in record.flags if flag.code == "page_without_text")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_as_it_stands(degrees: int) -> None:
    record = extract(pdf(LETTER, rotate=degrees), name="letter.pdf")
    assert outcomes(record) == ["upheld", "overturned"]


def test_text_beyond_the_paper_is_left_out_and_said_so() -> None:
    record = extract(pdf(LETTER, unseen="outside"), name="letter.pdf")
    assert outcomes(record) == ["upheld", "overturned"]
    assert {code for code, _ in flagged(record)} == {"left_out"}
    assert "arthroscopy" not in (record.determination.clinical_summary or record).model_dump_json()


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_a_mail_is_decoded_and_its_own_headers_are_not_the_letters(encoding: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Subject"] = "a@example.org", "Fri, 28 Feb 2014 10:00:00 -0800", "Fwd: letter"
    mail.set_content(LETTER, cte=encoding)
    record = extract(mail.as_bytes(), name="letter.eml")
    assert outcomes(record) == ["upheld", "overturned"]
    assert record.determination == extract(LETTER).determination.model_copy(
        update={"clinical_summary": record.determination.clinical_summary, "decisions": record.determination.decisions}
    )


def test_text_whose_characters_make_no_words_is_refused() -> None:
    shifted = string.ascii_lowercase[7:] + string.ascii_lowercase[:7]
    table = str.maketrans(string.ascii_letters, shifted + shifted.upper())
    cipher = LETTER.translate(table)
    with pytest.raises(IllegibleText):
        read_document(pdf(cipher), name="letter.pdf")


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("Up\u200bheld", "Upheld"),
        ("Up\u00adheld", "Upheld"),
        ("\u202b02/15/2017\u202c", "02/15/2017"),
        ("\uff10\uff12\uff0f\uff11\uff15", "02/15"),
        ("Upheld\u00b9", "Upheld\u00b9"),
        ("na\u00efve \u2013 \ufb01ne", "na\u00efve \u2013 \ufb01ne"),
    ],
)
def test_marks_without_ink_and_other_codes(printed: str, seen: str) -> None:
    assert as_seen(printed) == seen


@pytest.mark.parametrize("path", ["letter.pdf", "folder/CM16-0000001.txt", "../x.docx"])
def test_a_path_given_as_text_is_refused(path: str) -> None:
    with pytest.raises((ConfigurationError, DocumentError), match=r"Path\("):
        read(path)


# Of ../shared/cases, those whose trouble is in the file: outcomes read (None: refused), and flags that must be there.
SEEN: dict[str, tuple[list[str] | None, set[str]]] = {
    "acroform_outcome.pdf": (["upheld", "upheld", "overturned"], set()),
    "cipher_all.pdf": (None, set()),
    "decision_on_scanned_page.pdf": (["upheld", "upheld"], {"page_without_text"}),
    "draft_outside_page.pdf": (["upheld", "upheld", "overturned"], {"left_out"}),
    "hidden_layer.pdf": (["upheld", "upheld", "overturned"], {"left_out"}),
    "html_ins-del.html": (["upheld", "upheld", "overturned"], set()),
    "mail_pdf.eml": (["upheld", "upheld", "overturned"], set()),
    "mail_qp.eml": (["upheld", "upheld", "overturned"], set()),
    "markdown.md": (["upheld", "upheld", "overturned"], set()),
    "portfolio.pdf": (None, set()),
    "rotate90.pdf": (["upheld", "upheld", "overturned"], set()),
    "rtl_marks.txt": (["upheld", "upheld", "overturned"], set()),
    "sideways_text.pdf": (["upheld", "upheld", "overturned"], {"unseen_text"}),
    "watermark_after.pdf": (["upheld", "upheld", "overturned"], {"left_out"}),
}


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not there")
@pytest.mark.parametrize("name", SEEN)
def test_inputs_that_are_not_one_clean_letter(name: str) -> None:
    expected, flags = SEEN[name]
    if expected is None:
        with pytest.raises(DocumentError):
            extract(CASES / name)
        return
    record = extract(CASES / name)
    assert outcomes(record) == expected
    # Rules find no reason in some clean rationales, and say so: that is not of the file.
    assert {code for code, path in flagged(record) if "/reasons" not in path} == flags
