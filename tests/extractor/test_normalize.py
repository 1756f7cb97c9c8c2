"""The reading view: whatever it shows can be traced to raw text that reads the same."""

# RUF001: the odd characters are what is tested.
# ruff: noqa: RUF001

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.layout.furniture import find_furniture
from extractor.text import normalize
from extractor.text.normalize import collapse, fold, view_of
from extractor.text.spans import Span

INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
SHOWN_AS = {ord(char): shown for char, shown in LIGATURES.items()} | dict.fromkeys(map(ord, INVISIBLE), None)

nasty = st.text(alphabet="ab Z9.,-–’“\n\n\t\f\r\x0b\x85\u00a0\u2028\u3000ﬁﬃ\u00ad\u200b\ufeffİßé𝒳", max_size=60)
any_text = st.one_of(nasty, st.text(max_size=60))


def reads(raw: str) -> str:
    """What raw text reads as, told the slow and obvious way."""
    return " ".join(raw.translate(SHOWN_AS).split())


@given(any_text)
def test_whole_view_reads_as_the_text(text: str) -> None:
    view = view_of(text)
    assert " ".join(view.flat.split()) == reads(text)


@given(any_text, st.data())
def test_every_span_maps_to_raw_text_that_reads_the_same(text: str, data: st.DataObject) -> None:
    view = view_of(text)
    if not view.flat:
        return
    start = data.draw(st.integers(0, len(view.flat) - 1))
    end = data.draw(st.integers(start + 1, len(view.flat)))
    if any(char in text for char in LIGATURES):
        return  # half a ligature is a whole character of the raw text; see below
    span = view.trim(start, end)
    if not len(span):
        return
    assert reads(view.raw(span).of(text)) == view.words(span)
    assert reads(" ".join(raw.of(text) for raw in view.raw_spans(span))) == view.words(span)


@given(any_text, st.data())
def test_half_a_ligature_covers_all_of_it(text: str, data: st.DataObject) -> None:
    view = view_of(text)
    if not view.flat.strip():
        return
    start = data.draw(st.integers(0, len(view.flat) - 1))
    end = data.draw(st.integers(start + 1, len(view.flat)))
    span = view.trim(start, end)
    if len(span):
        assert view.words(span) in reads(view.raw(span).of(text))


@given(any_text, st.data())
def test_locate_inverts_raw(text: str, data: st.DataObject) -> None:
    view = view_of(text)
    if not view.flat.strip() or any(char in text for char in LIGATURES):
        return
    start = data.draw(st.integers(0, len(view.flat) - 1))
    end = data.draw(st.integers(start + 1, len(view.flat)))
    span = view.trim(start, end)
    if len(span):
        assert view.locate(view.raw(span)) == span


@given(any_text, st.data())
def test_raw_offsets_stay_within_the_text(text: str, data: st.DataObject) -> None:
    view = view_of(text)
    start = data.draw(st.integers(0, len(view.flat)))
    end = data.draw(st.integers(start, len(view.flat)))
    raw = view.raw(Span(start, end))
    assert 0 <= raw.start <= raw.end <= len(text)
    for piece in view.raw_spans(Span(start, end)):
        assert raw.start <= piece.start < piece.end <= raw.end


@given(any_text)
def test_lines_are_numbered_in_order_and_without_blank_ones(text: str) -> None:
    view = view_of(text)
    lines = view.lined.split("\n") if view.lined else []
    assert len(lines) == len(view.line_starts) == len(view.gaps)
    assert all(line.strip() == line and line for line in lines)
    for number, line in enumerate(lines, start=1):
        span = view.line_span(number)
        assert span.of(view.lined) == line
        assert view.line_number(span.start) == view.line_number(span.end - 1) == number


@given(any_text)
def test_three_strings_share_their_offsets(text: str) -> None:
    view = view_of(text)
    assert len(view.lined) == len(view.flat) == len(view.folded) == len(view.folded_lines)
    assert "  " not in view.flat


@given(st.text())
def test_fold_keeps_length_and_is_settled(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient’s X–RAY", "patient's x-ray"),
        ("“Non‑MTUS”", '"non-mtus"'),
        ("2×6", "2x6"),
        ("It`s", "it's"),
        ("İstanbul", "İstanbul"),
        ("", ""),
    ],
)
def test_fold(text: str, expected: str) -> None:
    assert fold(text) == expected


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded_as_within_other_text(text: str) -> None:
    assert fold(text) == fold(text + "\N{EM DASH}")[:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a  b\n\n c\t", "a b c"), ("", ""), (" \f ", ""), ("a\u00a0b", "a b")],
)
def test_collapse(text: str, expected: str) -> None:
    assert collapse(text) == expected


@pytest.mark.parametrize(
    ("text", "lined"),
    [
        ("a\n\n\nb", "a\nb"),
        ("a \n b ", "a\nb"),
        ("a\fb", "a\nb"),
        ("of\ufb01ce", "office"),
        ("range-of-\nmotion", "range-of-\nmotion"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\u200b\n\u200b\u200b\nx", "x"),
        ("a\u00a0b\tc", "a b c"),
        ("", ""),
        ("\n\f\n", ""),
    ],
)
def test_view(text: str, lined: str) -> None:
    assert view_of(text).lined == lined


def test_gaps_count_raw_line_breaks() -> None:
    assert view_of("a\nb\n\nc\n\n\n\nd").gaps == [1, 1, 2, 4]


def test_page_breaks_are_remembered() -> None:
    assert view_of("a\nb\fc\nd\n\f\ne").page_breaks == {2, 4}


def test_furniture_is_left_out_and_traced_around() -> None:
    text = "The pain is\nPage 2 of 5\nworse at night."
    view = view_of(text, find_furniture(text).spans)
    assert view.flat == "The pain is worse at night."
    whole = Span(0, len(view.flat))
    assert [raw.of(text) for raw in view.raw_spans(whole)] == ["The pain is", "worse at night."]
    assert view.raw(whole) == Span(0, len(text))
    at = text.index("Page")
    assert view.locate(Span(at, at + len("Page 2 of 5"))) is None


@given(
    st.lists(st.sampled_from(["one two", "Page 2 of 5", "three", "", "CM16-0123456 7", "- 3 -", "four\f"]), max_size=8)
)
def test_raw_spans_never_hold_furniture(lines: list[str]) -> None:
    text = "\n".join(lines)
    furniture = find_furniture(text).spans
    view = view_of(text, furniture)
    if not view.flat:
        return
    for raw in view.raw_spans(Span(0, len(view.flat))):
        assert not any(raw.overlaps(left_out) for left_out in furniture if len(left_out))


def test_spans_over_blank_text_are_empty() -> None:
    view = view_of("")
    assert view.raw_spans(Span(0, 0)) == ()
    assert view.raw(Span(0, 0)) == Span(0, 0)
    assert view.locate(Span(0, 0)) is None


@pytest.mark.parametrize(
    "line",
    ["The request is not medically necessary.", "two  blanks  and\ta tab", "of\ufb01ce", "\u200b", "x", ""],
    ids=["plain", "uneven", "ligature", "invisible", "short", "blank"],
)
def test_time_is_linear(line: str) -> None:
    """Four times the text is at most about four times the steps: calls and lines are counted, not seconds."""
    once = _steps(lambda: view_of("\n".join([line] * 500)))
    four = _steps(lambda: view_of("\n".join([line] * 2000)))
    assert four < 4.6 * once


def test_a_megabyte_is_viewed() -> None:
    text = "The request is not medically necessary; see page 3.\n" * 20_000
    view = view_of(text, find_furniture(text).spans)
    assert len(view.line_starts) == 20_000
    last = Span(len(view.flat) - 7, len(view.flat) - 1)
    assert view.raw(last).of(text) == "page 3"


def _steps(run: Callable[[], object]) -> int:
    """How many lines of `extractor.text.normalize` are executed."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        nonlocal count
        if frame.f_code.co_filename != normalize.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


settings.register_profile("core", deadline=None, max_examples=150)
settings.load_profile("core")
