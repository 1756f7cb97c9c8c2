import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metamorphic import perturb
from eval.metamorphic.differences import differences, without, words

TEXTS = st.text("ab cd.:\"'\n\f()1-", max_size=300)


@given(TEXTS, st.integers(20, 100))
def test_rewrapping_keeps_every_word_and_every_page(text, width):
    wrapped = perturb.rewrap(text, width)
    assert wrapped.split() == text.split()
    assert wrapped.count("\f") == text.count("\f")


@given(TEXTS)
def test_rewrapping_at_one_width_twice_changes_no_word(text):
    assert perturb.rewrap(perturb.rewrap(text, 60), 60).split() == text.split()


@given(TEXTS)
def test_blank_lines_blanks_and_quotes_keep_the_words(text):
    assert perturb.double_spaced(text).split() == text.split()
    assert perturb.trailing_blanks(text).split() == text.split()
    assert words(perturb.curly_quotes(text)) == words(text)
    assert perturb.straight_quotes(perturb.curly_quotes(text)) == text


def test_paragraphs_are_wrapped_and_headers_are_not():
    header = "Decision Date: 10/13/2016\nUR Denial Date: 08/01/2016\n"
    text = header + "\n" + "word " * 15 + "end\n" + "word " * 15 + "\nshort\n\n1. " + "item " * 15 + "\n2. next\n"
    wrapped = perturb.rewrap(text, 40)
    assert wrapped.startswith(header)
    assert max(map(len, wrapped.split("\n"))) <= 40
    assert "\n2. next" in wrapped
    column = "Final Letter      Form Effective      Page 2"
    assert column in perturb.rewrap(f"{'word ' * 20}\n{column}\n{'word ' * 20}", 30)


def test_pages():
    paged = perturb.paged("a\nb\nc", "foot {page}", "head {page}", every=2)
    assert paged == "a\nb\n\nfoot 1\n\fhead 2\n\nc"
    assert perturb.paged("a\nb", "foot", "head") == "a\nb"


def test_curly_quotes():
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
def test_contrary(said, contrary):
    assert perturb.contrary(said) == contrary


def test_cut_and_replaced():
    assert perturb.cut("0123456789", [(1, 3), (5, 6)]) == "0346789"
    assert perturb.replaced("0123", [(1, 2, "one"), (3, 4, "three")]) == "0one2three"


def test_differences():
    one = {"a": ["x", "y"], "p": {"text": "so  it's", "spans": [[0, 9]]}, "n": {"k": 1}, "reasons": ["b", "a"]}
    other = {"a": ["x"], "p": {"text": "so it\u2019s", "spans": [[5, 9]]}, "n": {"k": 2}, "reasons": ["a", "b"]}
    assert list(differences(one, other)) == [("/a", "[x, y], then [x]"), ("/n/k", "1, then 2")]
    assert (
        list(
            differences(
                {"p": {"text": "a. PUT IN b", "spans": []}}, {"p": {"text": "a. b", "spans": []}}, without("PUT IN")
            )
        )
        == []
    )
    assert list(differences({"d": [{}, {}]}, {"d": [{}]})) == [("/d", "2 entries, then 1 entry")]
    long, other_long = "x" * 100 + "left" + "y" * 100, "x" * 100 + "right" + "y" * 100
    ((pointer, told),) = differences({"t": long}, {"t": other_long})
    assert pointer == "/t"
    assert "left" in told
    assert "right" in told
