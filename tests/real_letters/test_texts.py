"""Real letters, where they are at hand: two extractors must give the same words."""

from __future__ import annotations

from pathlib import Path

from letters import AT_HAND, LETTERS

from extractor.documents import read_document

pytestmark = AT_HAND


def words(path: Path) -> list[str]:
    """From the first heading on: before it, extractors order the header table differently."""
    text = " ".join(read_document(path).text.split())
    return text[text.index("HOW THE IMR") :].split()


def test_pdf_and_text_have_the_same_words() -> None:
    different = [
        pdf.name
        for pdf in sorted((LETTERS / "pdf").glob("*.pdf"))
        if words(pdf) != words(LETTERS / "text" / f"{pdf.stem}.txt")
    ]
    assert not different


def test_every_text_is_plain_and_kept_to_the_letter() -> None:
    texts = sorted((LETTERS / "text").glob("*.txt"))
    assert texts
    for path in texts:
        document = read_document(path)
        assert document.media_type == "text/plain"
        assert document.text == path.read_text("utf-8").removesuffix("\f")
