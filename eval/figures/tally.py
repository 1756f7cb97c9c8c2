"""The counts of one case, and the columns that they fill.

Everything that is measured is a ratio of two sums of counts over documents. So a case becomes one vector, a run one
matrix (documents by columns), and a measure two sets of columns: resampling documents is then one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.scoring.fields import CRITICAL, DETERMINATION, GROUPS, group_of, item_fields, leaf_fields
from eval.scoring.grounding import Grounding
from eval.scoring.score import Mark, Score

FIELDS: tuple[str, ...] = tuple(name for name, _ in leaf_fields(DETERMINATION))
ITEMS: tuple[str, ...] = tuple(item_fields(DETERMINATION))
RARE = ("decisions.outcome", "overturned")
"""The rare class that is reported by itself: nine in ten outcomes are `upheld`, so a constant answer looks good."""

Tally = dict[str, int]
"""Column → count of one case; columns that are 0 are left out."""

_MARKS = {mark: mark.name.lower() for mark in Mark}

COLUMNS: tuple[str, ...] = (
    *(f"{field} {mark}" for field in FIELDS for mark in _MARKS.values()),
    *(f"items {field} {_MARKS[mark]}" for field in ITEMS for mark in (Mark.MATCH, Mark.MISSING, Mark.SPURIOUS)),
    *(f"rare {name}" for name in ("hit", "missed", "false")),
    *(f"grounding {name}" for name in Grounding._fields),
    "documents",
    "failures",
    "exact",
    "letters",
)
_PLACE = {column: place for place, column in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Measure:
    """A ratio of two weighted sums of columns."""

    name: str
    """`f1`, `precision`, `recall`, `omission`, `wrong`, `hallucination`, `rate`."""
    of: str
    """What it is measured of: a field, `group: …`, `all`, `items …`, `overturned`, `exact records` and so on."""
    numerator: Mapping[str, float]
    denominator: Mapping[str, float]
    good: bool = True
    """More is better."""


def tally(score: Score, grounding: Grounding | None = None, *, is_determination: bool = True) -> Tally:
    """Count one judged case.

    Args:
        score: Its outcomes.
        grounding: How its values stand in the letter.
        is_determination: Whether the letter is one; only those can be exact records.

    """
    counts: Tally = {"documents": 1}
    for row in score.rows:
        column = f"{row.field} {_MARKS[row.mark]}"
        counts[column] = counts.get(column, 0) + 1
        if row.field == RARE[0]:
            _rare(counts, row.gold == RARE[1], row.predicted == RARE[1], row.mark)
    for item in score.items:
        column = f"items {item.field} {_MARKS[item.mark]}"
        counts[column] = counts.get(column, 0) + 1
    if grounding is not None:
        for name, count in zip(Grounding._fields, grounding, strict=True):
            if count:
                counts[f"grounding {name}"] = count
    if score.failure is not None:
        counts["failures"] = 1
    if is_determination:
        counts["letters"] = 1
        if score.failure is None and not any(errors(counts, field) for field in CRITICAL):
            counts["exact"] = 1
    return counts


def _rare(counts: Tally, gold: bool, predicted: bool, mark: Mark) -> None:
    if gold:
        name = "rare hit" if mark is Mark.MATCH else "rare missed"
    elif predicted and mark is not Mark.MATCH:
        name = "rare false"
    else:
        return
    counts[name] = counts.get(name, 0) + 1


def errors(counts: Mapping[str, int], field: str) -> int:
    """How many errors a case has on a field (for a list of items: items without a partner)."""
    if field in ITEMS:
        return counts.get(f"items {field} missing", 0) + counts.get(f"items {field} spurious", 0)
    return sum(counts.get(f"{field} {name}", 0) for name in ("mismatch", "missing", "spurious"))


def all_errors(counts: Mapping[str, int]) -> int:
    """How many leaves of a case are wrong, missing or spurious."""
    return sum(errors(counts, field) for field in FIELDS)


def matrix(tallies: Iterable[Mapping[str, int]]) -> NDArray[np.float64]:
    """Documents by columns."""
    rows = list(tallies)
    filled = np.zeros((len(rows), len(COLUMNS)))
    for place, counts in enumerate(rows):
        for column, count in counts.items():
            filled[place, _PLACE[column]] = count
    return filled


def weights(sides: Iterable[Mapping[str, float]]) -> NDArray[np.float64]:
    """Columns by measures: what each column weighs in one side of each measure."""
    listed = list(sides)
    filled = np.zeros((len(COLUMNS), len(listed)))
    for place, side in enumerate(listed):
        for column, weight in side.items():
            filled[_PLACE[column], place] = weight
    return filled


def _ratios(of: str, fields: Iterable[str]) -> list[Measure]:
    listed = list(fields)

    def side(**marks: float) -> dict[str, float]:
        return {f"{field} {mark}": weight for field in listed for mark, weight in marks.items()}

    return [
        Measure("f1", of, side(match=2), side(match=2, mismatch=2, missing=1, spurious=1)),
        Measure("precision", of, side(match=1), side(match=1, mismatch=1, spurious=1)),
        Measure("recall", of, side(match=1), side(match=1, mismatch=1, missing=1)),
        Measure("omission", of, side(missing=1), side(match=1, mismatch=1, missing=1), good=False),
        Measure("wrong", of, side(mismatch=1), side(match=1, mismatch=1, missing=1), good=False),
        Measure("hallucination", of, side(spurious=1), side(match=1, mismatch=1, spurious=1), good=False),
    ]


def _found(of: str, hit: str, missed: str, false: str) -> list[Measure]:
    return [
        Measure("f1", of, {hit: 2}, {hit: 2, missed: 1, false: 1}),
        Measure("precision", of, {hit: 1}, {hit: 1, false: 1}),
        Measure("recall", of, {hit: 1}, {hit: 1, missed: 1}),
    ]


def measures() -> list[Measure]:
    """List every measure, in the order in which reports show them."""
    listed = _ratios("all", FIELDS)
    for group in GROUPS:
        listed += _ratios(f"group: {group}", (field for field in FIELDS if group_of(field) == group))
    for field in FIELDS:
        listed += _ratios(field, (field,))
    for field in ITEMS:
        listed += _found(f"items {field}", f"items {field} match", f"items {field} missing", f"items {field} spurious")
    listed += _found(RARE[1], "rare hit", "rare missed", "rare false")
    listed += [
        Measure("rate", "exact records", {"exact": 1}, {"letters": 1}),
        Measure("rate", "failures", {"failures": 1}, {"documents": 1}, good=False),
        Measure("rate", "grounding: found", {"grounding found": 1}, {"grounding predicted": 1}),
        Measure("rate", "grounding: supported", {"grounding supported": 1}, {"grounding predicted": 1}),
        Measure("rate", "grounding: at the labelled place", {"grounding overlapping": 1}, {"grounding anchored": 1}),
    ]
    return listed
