"""Characters and marks that are not what a person sees; rubble; paths."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

from extractor import extract
from extractor.documents import NoteCode, read_document
from extractor.documents.legible import is_legible
from extractor.errors import IllegibleText, UnsupportedType

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
LETTERS = sorted(SAMPLES.glob("*.txt"))
LETTER = (SAMPLES / "CM17-0500538.txt").read_text(encoding="utf-8")
FOREIGN = {
    "Spanish": "El perito revisor ha desarrollado el siguiente resumen clínico del caso basado en una revisión del "
    "expediente, incluyendo todos los registros médicos. La trabajadora sufrió una caída sobre la rodilla izquierda y "
    "la espalda baja mientras trabajaba en la cocina, y desde entonces no ha podido volver a levantar ninguna carga.",
    "German": "Der Gutachter hat anhand der vollen Akten die folgende Zusammenfassung erstellt. Die Patientin "
    "rutschte auf dem nassen Boden aus und stürzte auf das linke Knie; seitdem leidet sie unter Schmerzen im unteren "
    "Teil des Rückens, die sich durch Krankengymnastik nicht besserten, und kann ihre Arbeit nur zur Hälfte leisten.",
    "Dutch": "De deskundige heeft op grond van het volledige dossier deze samenvatting gemaakt. De patient gleed uit "
    "op de natte keukenvloer en viel op haar linkerknie; sindsdien heeft zij pijn onder in de rug die niet verbeterde "
    "met oefeningen of medicijnen, en kan zij haar werk maar voor de helft doen, ook al wil zij graag weer beginnen.",
    "Tagalog": "Ang dalubhasang tagasuri ay gumawa ng sumusunod na buod batay sa pagsusuri ng file, kabilang ang lahat "
    "ng mga rekord. Nadulas ang pasyente sa basang sahig ng kusina at bumagsak sa kaliwang tuhod; mula noon ay "
    "sumasakit ang ibabang bahagi ng kanyang likod at hindi na siya nakakapagtrabaho nang buong araw.",
    "Vietnamese": "Chuyên gia đã xem xét toàn bộ hồ sơ và viết bản tóm tắt sau đây. Bệnh nhân bị trượt ngã trên sàn "
    "bếp ướt, đập đầu gối trái và lưng dưới xuống đất. Từ đó bà bị đau lưng liên tục, uống thuốc không đỡ và phải "
    "nghỉ làm nhiều lần trong năm vừa qua, tuy đã tập theo lời bác sĩ và mang đai lưng mỗi khi đi ra ngoài.",
    "Russian": "Эксперт составил следующее резюме на основании полного изучения дела, включая все записи. " * 6,
}


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("\u200e01\u200e/\u200e20/2017", "01/20/2017"),
        ("is: \u200fUpheld\u200e", "is: Upheld"),
        ("Up\u00adhe\u200bld\u2060 \ufe0f☑\ufe0e", "Upheld ☑"),
        ("U\U000e0050\U000e0041pheld", "Upheld"),
        ("docu\u00ad\nmentation", "docu-\nmentation"),
        ("is: \u202edlehpU\u202c.", "is: Upheld."),
        ("\u2066Upheld\u2069", "Upheld"),
        ("\uff10\uff11\uff0f\uff12\uff10\uff0f\uff12\uff10\uff11\uff17", "01/20/2017"),
        ("\U0001d414\U0001d429\U0001d421\U0001d41e\U0001d425\U0001d41d", "Upheld"),
        ("\uf0fe Upheld \uf0a8 Overturned", "☑ Upheld ☐ Overturned"),
        ("\uf732\uf730\uf731\uf737", "2017"),
        ("".join(chr(0xF000 + ord(char)) if char != " " else char for char in "is not Upheld"), "is not Upheld"),
        ("10\u00b2 \u2460 \ufb01ne\u00a0\u201cq\u201d", "10\u00b2 \u2460 \ufb01ne\u00a0\u201cq\u201d"),
    ],
)
def test_characters_are_read_as_they_look(given: str, seen: str) -> None:
    assert read_document(f"x {given} y").text == f"x {seen} y"


def test_marks_change_no_record() -> None:
    chance = random.Random(3)  # noqa: S311
    marked = "".join(char + chance.choice(["", "", "\u200e", "\u2060", "\u200b"]) for char in LETTER)
    document, record = read_document(marked), extract(marked)
    assert record.determination.decisions[0].outcome == "upheld"
    assert record.determination == extract(LETTER).determination
    for evidence in record.evidence.values():
        words = " ".join(document.text[start:end] for start, end in evidence.spans)
        assert " ".join(words.split()) == evidence.quote


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("## RATIONALES\n**MRI**: **Upheld**", "RATIONALES\nMRI: Upheld"),
        ("# A #\n> b __c__ *d* _e_\n* f\n```\ng\n```\n", "A\nb c d e\n- f\ng\n"),
        ("Brace: ~~Upheld~~ Overturned", "Brace:  Overturned"),
        ("**a**\n**b** 2\\. c\\*", "a\nb 2. c*"),
        ("a ** b ** c __________ # 60", "a ** b ** c __________ # 60"),
        ("Tablets **#60** (once)", "Tablets **#60** (once)"),
        ("#60 tablets\n#30 capsules\nsnake_case_name", "#60 tablets\n#30 capsules\nsnake_case_name"),
    ],
)
def test_markdown(given: str, seen: str) -> None:
    assert read_document(given).text == seen


def ciphered(text: str, chance: random.Random) -> str:
    letters = list(string.ascii_lowercase)
    chance.shuffle(letters)
    made = "".join(letters)
    return text.translate(str.maketrans(string.ascii_letters, made + made.upper()))


def test_a_cipher_is_told_from_words() -> None:
    chance = random.Random(7)  # noqa: S311
    told = [is_legible(ciphered(LETTER, chance)) for _ in range(100)]
    assert sum(told) <= 2
    for shift in (3, -3):
        moved = "".join(chr(ord(char) + shift) if "!" <= char <= "z" else char for char in LETTER)
        with pytest.raises(IllegibleText, match="make no words"):
            read_document(moved)


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_letters_are_legible(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert is_legible(text)
    assert is_legible(text.upper())


@pytest.mark.parametrize("language", FOREIGN)
def test_other_languages_are_legible(language: str) -> None:
    assert is_legible(FOREIGN[language])
    assert is_legible(FOREIGN[language].upper())


def test_a_short_page_of_rubble_is_named() -> None:
    short = "The request for an MRI of the lumbar spine is not medically necessary, since the guideline was not met."
    assert read_document(f"{LETTER}\f{short}").notes == ()
    document = read_document(f"{LETTER}\f{ciphered(short, random.Random(1))}")  # noqa: S311
    assert [note.code for note in document.notes] == [NoteCode.PAGE_WITHOUT_TEXT]


def test_one_page_of_rubble_is_named() -> None:
    rubble = ciphered(LETTER[1000:3000], random.Random(1))  # noqa: S311
    document = read_document(f"{LETTER}\f{rubble}\f{LETTER}")
    assert [note.code for note in document.notes] == [NoteCode.PAGE_WITHOUT_TEXT]
    assert "page 2" in document.notes[0].message


@pytest.mark.parametrize(
    "path",
    ["letter.pdf", " in/CM17-1.TXT\n", "/data/letters/one", "~/x", "./a", "C:\\a b\\c.docx", "file:///x", "a.eml"],
)
def test_a_path_is_no_text(path: str) -> None:
    with pytest.raises(UnsupportedType, match=r"Path\(\.\.\.\)"):
        extract(path)


@pytest.mark.parametrize("text", ["Upheld.", "See letter.pdf for more\nof it.txt", "and/or", "1/2/2017", "No. 5"])
def test_a_short_text_is_no_path(text: str) -> None:
    assert read_document(text).text == text
