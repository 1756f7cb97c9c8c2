"""Words that support a value, and words that do not."""

from __future__ import annotations

import pytest

from extractor.support.words import gives_relied_on

BOTH = [
    (["mtus", "official disability guidelines"], True),
    (["mtus low back complaints. non-mtus citation odg"], True),
    (["chronic pain medical treatment guidelines", "american college of physicians"], True),
    (["mtus", "mtus"], False),
    (["odg", "a cochrane review"], False),
    (["the patient", "was seen"], False),
]


@pytest.mark.parametrize(("words", "supported"), BOTH)
def test_both_needs_words_of_either_kind(words: list[str], supported: bool) -> None:
    assert gives_relied_on("both", words, "") is supported
