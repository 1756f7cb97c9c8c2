"""The counts of one letter: what `score` said of its leaves and items, and `ground` of its evidence, as numbers."""

from __future__ import annotations

from eval.figures.columns import (
    DOCUMENTS,
    EXACT,
    FAILURES,
    GROUNDING,
    LETTERS,
    RARE_FALSE,
    RARE_HIT,
    RARE_MISSED,
    Counts,
    item,
    leaf,
)
from eval.scoring.fields import CRITICAL
from eval.scoring.grounding import Grounding
from eval.scoring.marks import LeafRow, Mark, Score

RARE_FIELD, RARE_VALUE = "decisions.outcome", "overturned"
"""The rare class that is reported by itself: nine in ten outcomes are `upheld`, so a constant answer looks good."""


def tally(score: Score, grounding: Grounding | None = None, *, is_determination: bool = True) -> Counts:
    """Count one scored letter.

    Args:
        score: Its leaves and items with their marks.
        grounding: How its values stand in the letter; None where the record carries no evidence.
        is_determination: Whether the letter is one; only those can be exact records.

    """
    counts = Counts({DOCUMENTS: 1})
    for row in score.rows:
        counts.add(leaf(row.field, row.mark))
        if row.field == RARE_FIELD:
            _count_rare(counts, row)
    for one in score.items:
        counts.add(item(one.field, one.mark))
    if grounding is not None:
        for name, count in grounding._asdict().items():
            if count:
                counts.add(GROUNDING[name], count)
    if score.failure is not None:
        counts.add(FAILURES)
    if is_determination:
        counts.add(LETTERS)
        if score.failure is None and not any(counts.errors(field) for field in CRITICAL):
            counts.add(EXACT)
    return counts


def _count_rare(counts: Counts, row: LeafRow) -> None:
    if row.gold == RARE_VALUE:
        counts.add(RARE_HIT if row.mark is Mark.MATCH else RARE_MISSED)
    elif row.predicted == RARE_VALUE and row.mark is not Mark.MATCH:
        counts.add(RARE_FALSE)
