"""Mails: the one letter in them, or why there is none."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from scans import picture

from extractor import extract
from extractor.documents import NoteCode, read_document
from extractor.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
    UnsupportedType,
)

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
LETTER = (SAMPLES / "CM17-0500538.txt").read_text(encoding="utf-8")
PDF = (SAMPLES / "pdf" / "CM17-0500538.pdf").read_bytes()
OTHER = (SAMPLES / "CM16-0500377.txt").read_bytes()


def mail(body: str = "See the attached decision, please.", *, cte: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = "a@example.org", "IMR", "Tue, 28 Feb 2023 10:00:00 -0800"
    made.set_content(body, cte=cte)
    return made


def attach(made: EmailMessage, content: bytes, subtype: str = "octet-stream", name: str = "x.bin") -> EmailMessage:
    made.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return made


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("envelope", [b"", b"From a@example.org Tue Feb 28 10:00:00 2023\n"])
def test_a_letter_in_the_body(encoding: str, envelope: bytes) -> None:
    document = read_document(envelope + mail(LETTER, cte=encoding).as_bytes())
    assert document.media_type == "message/rfc822"
    assert document.text.split() == LETTER.split()
    assert "2023" not in document.text


def test_a_letter_attached() -> None:
    for content in (PDF, LETTER.encode(), f"<html><pre>{LETTER}</pre></html>".encode()):
        made = attach(mail(), content)
        made.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="logo.png")
        record, plain = extract(made.as_bytes()), extract(content)
        assert record.determination == plain.determination
        assert record.flags == plain.flags


def test_the_richest_alternative_is_what_is_shown() -> None:
    made = mail("Upheld")
    made.add_alternative("<p>Brace: <del>Upheld</del> Overturned</p>", subtype="html")
    assert read_document(made.as_bytes()).text == "Brace: Overturned"


def test_a_web_archive() -> None:
    content = (
        b"From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<p>Upheld <i class=3Dold>not</i>\r\n"
        b"--x\r\nContent-Type: text/css\r\n\r\n.old { text-decoration: line-through }\r\n--x--\r\n"
    )
    assert read_document(content).text.strip() == "Upheld"


def test_other_documents_are_told() -> None:
    document = read_document(attach(attach(mail(), PDF), b"An application form.").as_bytes())
    assert [note.code for note in document.notes] == [NoteCode.LEFT_OUT]


def test_each_letter_that_is_attached_is_read() -> None:
    document = read_document(attach(attach(mail(), PDF), OTHER).as_bytes())
    first, second = document.text.split("\f")[0], document.text.split("\f")[-1]
    assert first.split()[:6] == LETTER.split()[:6]
    assert second.split()[-6:] == read_document(OTHER).text.split()[-6:]
    assert document.notes == ()


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (attach(mail(LETTER), PDF), UnsupportedType, "2 letters"),
        (attach(attach(mail(), b"one form"), b"another"), UnsupportedType, "2 documents"),
        (attach(mail(), picture()), NoTextLayer, "attached to the mail"),
        (attach(mail(), b"x" * 400, "ms-tnef"), UnsupportedType, "ms-tnef"),
        (attach(mail(), b"x" * 400, "pkcs7-mime"), EncryptedDocument, "encrypted"),
        (mail("\n"), EmptyDocument, "without text"),
    ],
)
def test_what_is_refused(made: EmailMessage, error: type[DocumentError], says: str) -> None:
    with pytest.raises(error, match=says):
        read_document(made.as_bytes(), name="m.eml")


def test_a_mailbox_is_refused() -> None:
    one = b"From a@example.org Tue Feb 28 10:00:00 2023\n" + mail(LETTER).as_bytes() + b"\n\n"
    with pytest.raises(UnsupportedType, match="several mails"):
        read_document(one + one)


def test_a_cut_mail_is_refused() -> None:
    content = attach(mail(), PDF).as_bytes()
    with pytest.raises(BrokenDocument, match="cut short"):
        read_document(content[: len(content) // 2])


def test_mails_in_mails_have_an_end() -> None:
    content = mail(LETTER).as_bytes()
    assert read_document(attach(mail(), content).as_bytes()).text.split() == LETTER.split()
    for _ in range(5):
        content = attach(mail(), content).as_bytes()
    with pytest.raises(UnsupportedType, match="mail in a mail"):
        read_document(content)


@pytest.mark.parametrize(
    "text", ["From: a\nDate: 1/2/2017\nSubject: b\n\nletter", "Case Number: CM1\nPriority: Standard\n\nx"]
)
def test_a_printed_mail_and_a_letter_are_text(text: str) -> None:
    assert read_document(text).media_type == "text/plain"
