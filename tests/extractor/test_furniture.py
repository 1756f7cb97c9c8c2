"""Page furniture: what interrupts the text where pages meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import Asked, credentials, layout_of, paged

from extractor.layout.furniture import find_furniture


@pytest.mark.parametrize(
    "line",
    [
        "Page 2 of 5",
        "page 3",
        "2 of 5",
        "2/5",
        "- 2 -",
        "Pg. 4",
        "Final Letter of Determination      Form Effective 5.16.13                                Page 2",
        "Final Determination Letter for IMR Case Number CM14-0123456 3",
        "Final Determination Letter for IMR Case Number CM13-0501139     1",
        "Final  Determination  Letter  for  IMR  Case  Number  CM13-0501139  1",
        "Page  2  of  5",
        "Case Number: CM16-0123456 Page 3",
        "CM16-0123456 page 3",
        "CM16-0123456 3",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "   {}  ", "{} "])
def test_furniture_by_its_form(line: str, frame: str) -> None:
    text = "The pain is\n" + frame.format(line) + "\nworse at night."
    assert [span.of(text).strip() for span in find_furniture(text).spans] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "page 3 of the report says so",
        "MTUS Chronic Pain Medical Treatment 2009, page 8",
        "Case Number: CM16-0123456",
        "CM16-0123456",
        "03/14/2012",
        "10 visits",
        "6/10 pain",
        "2012",
        "Page(s): 46.",
        "3 of 12 visits were certified.",
        "",
    ],
)
def test_not_furniture(line: str) -> None:
    text = f"The pain is\n{line}\nworse at night."
    assert find_furniture(text).spans == ()


@pytest.mark.parametrize("join", ["\n\f", "\f", " \f", "\n \n\f"])
def test_a_footer_that_ends_its_page_and_a_head_that_begins_it(join: str) -> None:
    head, foot = "CM16-0123456 page 3", "Page 2 of 5"
    for text in (f"The pain is\n{foot}{join}worse at night.", f"The pain is{join}{head}\nworse at night."):
        assert [span.of(text).strip() for span in find_furniture(text).spans] == [foot if foot in text else head]


def test_running_heads_are_found_where_pages_meet() -> None:
    text = "\f".join(
        f"MAXIMUS Federal Services\nThe text of page {word}.\nConfidential case file" for word in ("one", "two", "six")
    )
    found = [span.of(text) for span in find_furniture(text).spans]
    assert found.count("MAXIMUS Federal Services") == 2
    assert found.count("Confidential case file") == 3  # the first, too: it is a stamp by its form
    assert not any("text" in line for line in found)


def test_words_that_repeat_at_page_edges_stay() -> None:
    text = "\f".join("The request is not medically necessary.\nAnd so on.\nThe patient agreed." for _ in range(3))
    assert find_furniture(text).spans == ()


def test_labels_that_repeat_at_page_edges_stay() -> None:
    text = "\f".join("MAXIMUS guideline:\nODG.\nfoot" for _ in range(3))
    assert not [span for span in find_furniture(text).spans if span.of(text).endswith(":")]


@given(st.text(alphabet="ab12/- \n\fPpage ofCM", max_size=80))
def test_spans_are_whole_lines_in_order(text: str) -> None:
    found = find_furniture(text).spans
    assert list(found) == sorted(found)
    for span in found:
        assert span.start == 0 or text[span.start - 1] in "\n\f"
        assert span.end == len(text) or text[span.end] in "\n\f"


@pytest.mark.parametrize(
    "footer", ["Page {} of 9", "Final Determination Letter for IMR Case Number CM16-0123456 {}", "CM16-0123456 Page {}"]
)
def test_footers_do_not_reach_passages(footer: str) -> None:
    """Nor does a footer in the middle of a sentence cut it."""
    long = Asked(
        rationale="The guideline looks for a gain in function that the notes do not show. " * 12
        + "It is not medically necessary."
    )
    pages = paged(credentials(long, Asked("MRI of the left knee", "Overturned")), 8).split("\f")
    text = "\f".join(f"{page}\n{footer.format(number)}\n" for number, page in enumerate(pages, start=1))
    layout = layout_of(text)
    assert [layout.view.words(item.heading) for item in layout.items] == ["Tramadol 50mg #60", "MRI of the left knee"]
    assert layout.items[0].rationale is not None
    assert layout.view.words(layout.items[0].rationale) == long.rationale
