"""Sources, names, limits, recognition by content, and what holds for every input."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extractor.documents
from extractor.documents import Document, read_document
from extractor.documents.invisible import as_seen
from extractor.documents.markdown import plain
from extractor.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    EncryptedDocument,
    OutOfMemory,
    ReadTimeout,
    TooLarge,
    UnsupportedType,
)
from extractor.settings import Limits

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def assert_sound(document: Document) -> None:
    text = document.text
    assert "\f".join(page.of(text) for page in document.pages) == text
    assert len(document.pages) == text.count("\f") + 1
    assert "\r" not in text
    assert not any((ord(c) < 32 and c not in "\n\t\f") or 0x7F <= ord(c) < 0xA0 for c in text)
    assert text.strip()
    text.encode()
    document.name.encode()


def archive(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        content = b"The injured worker\n" * 2000
        info = tarfile.TarInfo("letter.txt")
        info.size = len(content)
        file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def office(content_type: bytes) -> bytes:
    return archive({"[Content_Types].xml": b'<Override ContentType="application/' + content_type + b'"/>', "a": b"b"})


def test_public_names() -> None:
    assert extractor.documents.__all__ == ["Document", "Note", "NoteCode", "read_document"]


def test_a_path_its_bytes_and_its_text_give_the_same(tmp_path: Path) -> None:
    text = "Case Number: CM00-0000000\nPe\u00f1a\n"
    path = tmp_path / "letter.txt"
    path.write_bytes(text.encode())
    expected = hashlib.sha256(text.encode()).hexdigest()
    documents = [read_document(path), read_document(text.encode()), read_document(text)]
    assert {(d.text, d.sha256, d.media_type, d.pages) for d in documents} == {
        (text, expected, "text/plain", ((0, len(text)),))
    }
    assert [d.name for d in documents] == ["letter.txt", f"sha256:{expected[:12]}", f"sha256:{expected[:12]}"]
    assert read_document(path, name="mine").name == "mine"


def test_the_name_can_always_be_stored() -> None:
    assert read_document("a", name="\udce9.txt").name == "\ufffd.txt"


def test_surrogates_in_a_text_are_joined_or_replaced() -> None:
    document = read_document("a \ud83d\ude00 b \ud83d c")
    assert document.text == "a \U0001f600 b \ufffd c"
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()


def test_the_extension_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"<!doctype html><p>a")
    assert read_document(path).media_type == "text/html"


def test_missing_directory_and_special_paths_are_document_errors(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"missing\.pdf' does not exist: check the path"):
        read_document(tmp_path / "missing.pdf")
    with pytest.raises(DocumentError, match="is a directory"):
        read_document(tmp_path)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_document(tmp_path / "a\0b")
    with pytest.raises(DocumentError, match="cannot be read"):
        read_document(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="not a regular file"):
        read_document(tmp_path / "pipe")


def test_a_file_that_may_not_be_read_is_a_document_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("a")

    def refuse(path: str, flags: int) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DocumentError, match=r"secret\.txt' cannot be read \(Permission denied\)"):
        read_document(path)


def test_another_type_of_source_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'int'"):
        read_document(5)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "source", [b"", "", b" \n\t\r\n\f", "\ufeff", "\u00a0\u2003\n", b"\xff\xfe", b"<html><p> </p>"]
)
def test_empty(source: bytes | str) -> None:
    with pytest.raises(EmptyDocument, match="'blank'"):
        read_document(source, name="blank")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(51_000_000)
    monkeypatch.setattr(hashlib, "sha256", lambda *_: pytest.fail("it was read"))
    with pytest.raises(TooLarge, match=r"'large\.txt' has 51,000,000 bytes.*Limits\.max_bytes"):
        read_document(path)


def test_limits_hold_at_the_edge() -> None:
    limits = Limits(max_bytes=10, max_characters=8)
    assert read_document(b"12345678", limits=limits).text == "12345678"
    with pytest.raises(TooLarge, match=r"Limits\.max_characters"):
        read_document(b"123456789", limits=limits)
    with pytest.raises(TooLarge, match=r"Limits\.max_bytes"):
        read_document("12345678901", limits=limits)


def test_time_runs_out() -> None:
    with pytest.raises(ReadTimeout, match=r"'slow' took longer than 0 seconds"):
        read_document("a", name="slow", limits=Limits(seconds=0))
    with pytest.raises(ReadTimeout):
        read_document("<html>" + "<p>a" * 1000, limits=Limits(seconds=0))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", "image/png.*OCR"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + bytes(40), "image/jpeg.*OCR"),
        (b"GIF89a\1\0\1\0\0\0\0;", "image/gif.*OCR"),
        (b"BM" + bytes(60), "image/bmp.*OCR"),
        (b"II*\0\x08\0\0\0" + bytes(40), "image/tiff.*OCR"),
        (gzip.compress(b"letter" * 100, mtime=0), "application/gzip.*unpack"),
        (tar(), "application/x-tar.*unpack"),
        (b"MZ\x90\0\3\0\0\0" + bytes(60), "application/x-msdownload"),
        (b"\x7fELF\2\1\1" + bytes(60), "executable"),
        (b"SQLite format 3\0\x10\0" + bytes(60), "sqlite"),
        (archive({"letter.txt": b"a"}), "ZIP archive: unpack"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), "container of another program"),
        (office(b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), "an Excel file"),
        (office(b"vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), "a PowerPoint file"),
        (office(b"vnd.ms-word.document.macroEnabled.main+xml"), r"with macros: save it as \.docx"),
        (office(b"vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"), "a Word template"),
        (OLE + bytes(500), r"an old Office file .*save it as PDF or \.docx"),
        (rb"{\rtf1\ansi The injured worker}", "rich text"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "XML file, not a web page"),
        (b"<?xml version='1.0'?>", "XML file, not a web page"),
        (bytes(range(256)) * 8, "binary content of an unknown type"),
        (bytes(1000), "binary content of an unknown type"),
        (b"\x01\x02\x03\x04", "binary content of an unknown type"),
    ],
)
def test_unsupported_types_are_named(content: bytes, says: str) -> None:
    with pytest.raises(UnsupportedType, match=f"'it' .*{says}"):
        read_document(content, name="it")


@pytest.mark.parametrize(
    "text", ["BMI 31", "MZ was seen.", "FWS", "II*", "ID3 lesion", "PK levels", "%PDF is a format."]
)
def test_short_signatures_do_not_take_a_text_for_another_type(text: str) -> None:
    assert read_document(text).media_type == "text/plain"


def test_an_encrypted_office_file_is_told_from_an_old_one() -> None:
    with pytest.raises(EncryptedDocument, match="password"):
        read_document(OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"))


def test_a_cut_zip_is_broken() -> None:
    with pytest.raises(BrokenDocument, match="cut short; fetch it again"):
        read_document(archive({"[Content_Types].xml": b"a" * 99})[:-30])


STARTS = [
    b"",
    b"%PDF-1.4\n",
    b"PK\x03\x04",
    b"<html>",
    b"<?xml ",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"{\\rtf",
    OLE,
    b"<!--",
]


@given(st.sampled_from(STARTS), st.binary(max_size=2000))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_a_document_or_a_document_error(start: bytes, rest: bytes) -> None:
    try:
        document = read_document(start + rest)
    except DocumentError:
        return
    assert_sound(document)
    assert document == read_document(start + rest)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_document_or_a_document_error(text: str) -> None:
    try:
        document = read_document(text)
    except DocumentError:
        return
    assert_sound(document)


@given(
    st.text(
        st.characters(
            exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Mn", "Lo"],
            exclude_characters="\ufeff\ufffd\u2028\u2029<",
        )
        | st.sampled_from("\n\t\f"),
        min_size=1,
    )
)
@settings(max_examples=300, deadline=None)
def test_what_is_visible_in_a_text_stays_as_it_is(text: str) -> None:
    text = f"{text}."
    assert read_document(text.encode()).text == plain(as_seen(text))


@given(st.text(st.sampled_from("Upheld 0123/\n\u2019\ufb01\u00a0\u00b0\u00e9"), min_size=1))
def test_what_is_visible_needs_no_change(text: str) -> None:
    assert as_seen(text) == text


def test_no_refusal_quotes_what_is_in_a_letter() -> None:
    """Parsers do: a tag, an attribute or an entity of a Word file may be a name."""
    main = b"<w:document xmlns:w='x'><w:JaneDoe></w:p></w:document>"
    word = archive({"[Content_Types].xml": b"wordprocessingml.document.main+xml", "_rels/.rels": main})
    unknown = archive({"JaneDoe": b"", "mimetype": b"x"})
    for content in (word, b"<?xml version='1.0'?><JaneDoe/>", unknown, b"PK\3\4JaneDoe"):
        with pytest.raises(DocumentError) as caught:
            read_document(content, name="it")
        assert "JaneDoe" not in str(caught.value)


@pytest.mark.parametrize("place", ["extractor.files.contents", "extractor.documents.reading.decode"])
def test_memory_that_is_refused_is_an_error_of_its_own(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    (tmp_path / "a.txt").write_text("letter")
    monkeypatch.setattr(place, refuse)
    with pytest.raises(OutOfMemory, match=r"'a\.txt' needs more memory"):
        read_document(tmp_path / "a.txt")
