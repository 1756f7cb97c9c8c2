"""How sure it is that a value is right: from how often such values were, where the truth was known.

A value's kind is its field and how the readers stand to it. For each kind `data/confidence.toml` counts right and wrong
values on the development half of the gold set. Kinds seen seldom borrow from their field and from their agreement: the
prior is what the two tell together if they are independent (their odds multiplied, as in naive Bayes), and it counts
for `_PRIOR_WEIGHT` observations. What a model says of its own certainty is not asked: it was measured to tell nothing.
"""

from __future__ import annotations

from functools import cache

from extractor.readers.both.reconcile import Agreement
from extractor.records.record import Evidence, Support
from extractor.vocabulary import wordlists

UNCHECKED = "unchecked"
"""The agreement, for counting, of a value that rests on a model's judgement alone."""
_PRIOR_WEIGHT = 8.0
"""Observations that the prior is worth."""
_CORRECTED_ODDS = 0.5
"""Odds of a value that the model gave only when asked once more, against one given at once. Not measured: such values
are too few in the gold set."""
_LEAST, _MOST = 0.01, 0.999

RightAndWrong = tuple[float, float]
"""Right and wrong."""


def confidence(pattern: str, evidence: Evidence, agreement: Agreement, *, corrected: bool = False) -> float:
    """Estimated probability that a value of the field with this pattern is right, in [0.01, 0.999]."""
    share = _share(kind_of(evidence, agreement), pattern)
    if corrected:
        odds = share / (1 - share) * _CORRECTED_ODDS
        share = odds / (1 + odds)
    return round(min(_MOST, max(_LEAST, share)), 3)


def kind_of(evidence: Evidence, agreement: Agreement) -> str:
    """The agreement under which a value is counted."""
    alone = agreement in (Agreement.MODEL_ONLY, Agreement.DIFFERS)
    return UNCHECKED if alone and evidence.support is Support.UNCHECKED else agreement.value


@cache
def _share(kind: str, field: str) -> float:
    table = _table()
    right, wrong = table.get((kind, field), (0.0, 0.0))
    of_kind = _odds(_sum(counts for (each, _), counts in table.items() if each == kind))
    of_field = _odds(_sum(counts for (_, each), counts in table.items() if each == field))
    odds = of_kind * of_field / _odds(_sum(table.values()))
    prior = odds / (1 + odds)
    return (right + _PRIOR_WEIGHT * prior) / (right + wrong + _PRIOR_WEIGHT)


def _odds(counts: RightAndWrong) -> float:
    return (counts[0] + 1.0) / (counts[1] + 1.0)  # one of each more: what never failed yet may


def _sum(many: object) -> RightAndWrong:
    pairs = list(many)  # type: ignore[call-overload]
    return sum(right for right, _ in pairs), sum(wrong for _, wrong in pairs)


@cache
def _table() -> dict[tuple[str, str], RightAndWrong]:
    given = wordlists.load("confidence")
    return {
        (kind, field): (float(counts[0]), float(counts[1]))
        for kind, fields in given["counts"].items()
        for field, counts in fields.items()
    }
