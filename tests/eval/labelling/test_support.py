from __future__ import annotations

import pytest

from eval.labelling.support import outcome_in, unsupported
from eval.scoring.pointers import Json


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("date_of_injury", "1998-03-04", "3/4/98"),
        ("decision_date", "2016-10-30", "10-30- 2016"),
        ("date_of_injury", "2000-02-29", "2/29/2000"),
        ("decision_date", "2016-10-13", "October 13, 2016"),
        ("patient.age", 31, "thirty-one-year-old"),
        ("patient.age", 20, "twenty year old"),
        ("decisions.outcome", "upheld", "is not- medically necessary"),
        ("decisions.outcome", "overturned", "is medically necessary"),
        ("patient.sex", "male", "his"),
        ("patient.sex", "female", "Ms."),
    ],
)
def test_words_that_support(field: str, value: Json, words: str) -> None:
    assert unsupported(field, value, words) is None


def test_outcome_in_needs_the_words() -> None:
    assert outcome_in("notmedically necessary") == "upheld"
    assert outcome_in("is not a medical necessity") == "upheld"
    assert outcome_in("tramadol") is None
