from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metamorphic import perturb
from eval.metamorphic.differences import words
from eval.scoring.pointers import Json

TEXTS = st.text("ab cd.:\"'\n\f()1-", max_size=300)


@given(TEXTS, st.integers(20, 100))
def test_rewrapping_keeps_every_word_and_every_page(text: str, width: int) -> None:
    wrapped = perturb.rewrap(text, width)
    assert wrapped.split() == text.split()
    assert wrapped.count("\f") == text.count("\f")


@given(TEXTS)
def test_rewrapping_at_one_width_twice_changes_no_word(text: str) -> None:
    assert perturb.rewrap(perturb.rewrap(text, 60), 60).split() == text.split()


@given(TEXTS)
def test_blank_lines_blanks_and_quotes_keep_the_words(text: str) -> None:
    assert perturb.double_spaced(text).split() == text.split()
    assert perturb.trailing_blanks(text).split() == text.split()
    assert words(perturb.curly_quotes(text)) == words(text)
    assert perturb.straight_quotes(perturb.curly_quotes(text)) == text


def test_paragraphs_are_wrapped_and_headers_are_not() -> None:
    header = "Decision Date: 10/13/2016\nUR Denial Date: 08/01/2016\n"
    text = header + "\n" + "word " * 15 + "end\n" + "word " * 15 + "\nshort\n\n1. " + "item " * 15 + "\n2. next\n"
    wrapped = perturb.rewrap(text, 40)
    assert wrapped.startswith(header)
    assert max(map(len, wrapped.split("\n"))) <= 40
    assert "\n2. next" in wrapped
    column = "Final Letter      Form Effective      Page 2"
    assert column in perturb.rewrap(f"{'word ' * 20}\n{column}\n{'word ' * 20}", 30)


def test_pages() -> None:
    paged = perturb.paged("a\nb\nc", "foot {page}", "head {page}", every=2)
    assert paged == "a\nb\n\nfoot 1\n\fhead 2\n\nc"
    assert perturb.paged("a\nb", "foot", "head") == "a\nb"


def test_curly_quotes() -> None:
    assert perturb.curly_quotes("\"so\" it's ('x')") == "\u201cso\u201d it\u2019s (\u2018x\u2019)"


@pytest.mark.parametrize(
    ("said", "contrary"),
    [
        ("Upheld", "Overturned"),
        ("OVERTURNED", "UPHELD"),
        ("is not medically necessary and appropriate", "is medically necessary and appropriate"),
        ("is notmedically necessary", "is medically necessary"),
        ("is medically necessary", "is not medically necessary"),
        ("is not a medical necessity", "is a medical necessity"),
        ("WAS NOT MEDICALLY NECESSARY", "WAS MEDICALLY NECESSARY"),
        ("WAS MEDICALLY NECESSARY", "WAS NOT MEDICALLY NECESSARY"),
        ("of another kind", None),
    ],
)
def test_contrary(said: Json, contrary: str | None) -> None:
    assert perturb.contrary(said) == contrary


def test_cut_and_replaced() -> None:
    assert perturb.cut("0123456789", [(1, 3), (5, 6)]) == "0346789"
    assert perturb.replaced("0123", [(1, 2, "one"), (3, 4, "three")]) == "0one2three"
