from __future__ import annotations

import pytest

from eval.scoring.comparators import (
    BOOLEAN,
    CODE,
    DATE,
    FLAG,
    NAME,
    NUMBER,
    UNIT,
    VERBATIM,
    WORD,
    Comparator,
    key,
    passage_from,
    text_from,
    token_f1,
)
from eval.scoring.pointers import Json
from eval.scoring.spans import overlap

EQUAL = [
    (DATE, "2016-10-13", "10/13/2016"),
    (DATE, "2016-10-13", "October 13, 2016"),
    (DATE, "2016-10-13", "13 Oct 2016"),
    (DATE, "2016-10-13", "10-13-16"),
    (DATE, "2016-10-13", "2016-10-13T00:00:00"),
    (CODE, "CM16-0000123", "cm16\u20130000123 "),
    (NUMBER, 30, 30.0),
    (NUMBER, 1000, "1,000"),
    (WORD, "Upheld", "upheld"),
    (UNIT, "sessions", "session"),
    (NAME, "Physical Medicine & Rehabilitation", "Physical Medicine and Rehabilitation"),
    (VERBATIM, "range-of- motion", "range of motion"),
    (VERBATIM, "not medically", "notmedically"),
    (VERBATIM, "ﬁxed", "fixed"),
    (VERBATIM, "50 mg", "50mg"),
    (text_from(0.8), "the left knee MRI", "left knee MRI."),
    (BOOLEAN, True, "true"),
]
UNEQUAL = [
    (DATE, "2016-10-13", "2016-10-14"),
    (DATE, "2016-10-13", "sometime in 2016"),
    (CODE, "CM16-0000123", "CM16-123"),
    (NUMBER, 1.5, 15),
    (NUMBER, 30, "thirty-ish"),
    (VERBATIM, "1.5mg", "15mg"),
    (VERBATIM, "1 12", "11 2"),
    (VERBATIM, "5%", "5"),
    (text_from(0.8), "left knee medial meniscus tear repair", "right knee medial meniscus tear repair"),
    (text_from(0.8), "Norco tablets for chronic low back pain #60", "Norco tablets for chronic low back pain #90"),
    (text_from(0.8), "carpal tunnel syndrome of the wrist, ruled out", "carpal tunnel syndrome of the wrist"),
    (BOOLEAN, True, False),
    (WORD, "upheld", "overturned"),
]


@pytest.mark.parametrize(("comparator", "one", "other"), EQUAL)
def test_equal(comparator: Comparator, one: Json, other: Json) -> None:
    assert comparator.same(comparator.canonical(one), comparator.canonical(other))
    assert comparator.same(comparator.canonical(other), comparator.canonical(one))


@pytest.mark.parametrize(("comparator", "one", "other"), UNEQUAL)
def test_unequal(comparator: Comparator, one: Json, other: Json) -> None:
    assert not comparator.same(comparator.canonical(one), comparator.canonical(other))


@pytest.mark.parametrize("comparator", [DATE, CODE, NUMBER, WORD, UNIT, NAME, VERBATIM, text_from(0.8), BOOLEAN, FLAG])
@pytest.mark.parametrize("nothing", [None, ""])
def test_absent_has_no_form(comparator: Comparator, nothing: Json) -> None:
    assert comparator.canonical(nothing) is None


def test_a_flag_that_is_false_says_nothing() -> None:
    assert FLAG.canonical(False) is None
    assert FLAG.canonical(True) is True
    assert BOOLEAN.canonical(False) is not None


def test_token_f1_counts_repetition_and_leaves_articles_out() -> None:
    assert token_f1("pain pain", "pain") == pytest.approx(2 / 3)
    assert token_f1("the pain", "a pain") == 1.0
    assert token_f1("the", "") == 1.0
    assert token_f1("pain", "the") == 0.0


def test_passages_are_compared_by_place_and_without_it_by_words() -> None:
    passage = passage_from(0.9, 0.95)

    def same(one: Json, other: Json) -> Json:
        return passage.same(passage.canonical(one), passage.canonical(other))

    assert same({"text": "x", "spans": [[0, 100]]}, {"text": "y", "spans": [[5, 100]]})
    assert not same({"text": "x", "spans": [[0, 100]]}, {"text": "x", "spans": [[20, 100]]})
    assert same({"text": "one two three", "spans": [[0, 13]]}, {"text": "one two three", "spans": []})
    assert same({"text": "one two three", "spans": [[0, 13]]}, "One two three.")
    assert overlap([(0, 10), (20, 30)], [(0, 10), (25, 30)]) == pytest.approx(15 / 20)
    assert overlap([], []) == 0.0


def test_key_of_punctuation_is_none() -> None:
    assert key("…") is None
