"""How well evidence holds: it is in the letter, it gives the value, it is where the labeller found the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from eval.scoring.comparators import key
from eval.scoring.marks import Mark, Score
from eval.scoring.pointers import Json, upwards
from eval.scoring.spans import Spans, quoted, touches


class Grounding(NamedTuple):
    """Counts over the predicted leaves of one case."""

    predicted: int = 0
    """Leaves with a value (only where the record carries evidence at all)."""
    found: int = 0
    """… whose evidence stands in the letter, word for word."""
    supported: int = 0
    """… of those, the ones whose words were checked to give the value."""
    anchored: int = 0
    """Matched leaves for which the labeller gave a place."""
    overlapping: int = 0
    """… whose evidence shares at least one character with that place."""


def nearest(evidence: Mapping[str, Json], pointer: str) -> Json | None:
    """Find the evidence for `pointer`, or for the nearest place above it that has some; the root does not count."""
    for place in upwards(pointer):
        if place and place in evidence:
            return evidence[place]
    return None


def ground(score: Score, evidence: Mapping[str, Json], anchors: Mapping[str, Json], text: str) -> Grounding:
    """Count the grounding of one scored record.

    Args:
        score: The judged leaves.
        evidence: The record's evidence, as JSON, by pointer.
        anchors: The reference's evidence, as JSON, by pointer.
        text: The document's text, which both point into.

    """
    if not evidence:
        return Grounding()
    predicted = found = supported = anchored = overlapping = 0
    for row in score.rows:
        if row.predicted_at is None:
            continue
        predicted += 1
        entry = nearest(evidence, row.predicted_at)
        spans: Spans = entry.get("spans") or () if entry else ()
        words = quoted(text, spans)
        if entry and words is not None and _same(words, str(entry.get("quote") or "")):
            found += 1
            supported += entry.get("support") == "supported"
        if row.mark is Mark.MATCH and row.gold_at is not None:
            anchor = nearest(anchors, row.gold_at)
            if anchor:
                anchored += 1
                overlapping += touches(spans, anchor["spans"])
    return Grounding(predicted, found, supported, anchored, overlapping)


def _same(words: str, quote: str) -> bool:
    return words == quote or " ".join(words.split()) == quote or key(words) == key(quote)
