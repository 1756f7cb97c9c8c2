"""From the counts of letters to figures: every measure with its interval, over all letters and over parts of them.

>>> from eval.figures.columns import leaf
>>> from eval.scoring.score import Mark
>>> right, wrong = leaf("decisions.outcome", Mark.MATCH), leaf("decisions.outcome", Mark.MISMATCH)
>>> found = summarize({"a": (Counts({right: 3, wrong: 1}), ()), "b": (Counts({right: 4}), ())}, Sampling(100))
>>> found.figures["decisions.outcome"]["recall"].value
0.875
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import Field

from eval.figures.columns import FIELDS, Counts
from eval.figures.measures import Measure, matrix, measure, measures, weights
from eval.figures.uncertainty import (
    Array,
    Estimate,
    Sampling,
    divide,
    estimate_from,
    estimate_parts,
    macro,
    mean,
    ratios_of_parts,
    resampled_sums,
)
from extractor.records.determination import Strict

SLICED: tuple[Measure, ...] = (
    measure("all"),
    measure("decisions.outcome", "recall"),
    measure("items decisions"),
    measure("overturned"),
    measure("exact records", "rate"),
)
"""What is reported for every tag."""
MEANS = ("mean of fields", "mean of letters")
"""Figures that are means of F1: every field, or every letter, weighs the same."""


class Figure(Strict):
    """One measure as it is reported."""

    value: float | None
    numerator: float
    denominator: float
    documents: int
    low: float | None = None
    high: float | None = None
    method: str = "none"
    t_low: float | None = None
    t_high: float | None = None
    good: bool = True
    """More is better."""

    @property
    def ends(self) -> tuple[float, float] | None:
        """The interval to show: where two were made (few documents), the wider ends of both; None where none was."""
        if self.low is None or self.high is None or (self.documents < 2 and self.low == self.high):
            return None  # one letter resampled is always the same letter: that is no certainty
        if self.t_low is None or self.t_high is None:
            return self.low, self.high
        return min(self.low, self.t_low), max(self.high, self.t_high)


class Slice(Strict):
    """The figures of the letters with one tag: `SLICED`, by label (`"decisions.outcome recall"`)."""

    documents: int
    figures: dict[str, Figure]


class Summary(Strict):
    """All figures of a run: `figures["decisions.outcome"]["f1"]`."""

    documents: int = 0
    figures: dict[str, dict[str, Figure]] = Field(default_factory=dict)
    counts: Counts = Field(default_factory=Counts)
    """Over all documents."""
    slices: dict[str, Slice] = Field(default_factory=dict)

    def figure(self, of: str, name: str = "f1") -> Figure | None:
        """Find one figure; None where the run has none.

        Raises:
            ValueError: no run has one of that name.

        """
        if of not in MEANS or name != "f1":
            measure(of, name)
        return self.figures.get(of, {}).get(name)


def _figure(found: Estimate, good: bool) -> Figure:
    return Figure(
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        documents=found.documents,
        low=found.low,
        high=found.high,
        method=found.method,
        t_low=found.t_low,
        t_high=found.t_high,
        good=good,
    )


def summarize(documents: Mapping[str, tuple[Counts, Iterable[str]]], sampling: Sampling) -> Summary:
    """Make the figures of a run from the counts of its letters.

    Args:
        documents: Name → its counts and its tags.
        sampling: Draws and seed of the resampling.

    """
    names = sorted(documents)
    table = matrix(documents[name][0] for name in names)
    listed = measures()
    members: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        for tag in documents[name][1]:
            members[tag].append(index)
    columns, parts = ratios_of_parts(table, list(members.values()), SLICED)
    letters = _own_f1(table)
    both = np.column_stack((np.nan_to_num(letters), ~np.isnan(letters)))
    # One resampling serves the whole, the letters and the slices.
    sums = resampled_sums(np.hstack((table, both, columns)), sampling)
    whole, of_letters, of_parts = np.split(sums, (table.shape[1], table.shape[1] + 2), axis=1)
    figures: dict[str, dict[str, Figure]] = defaultdict(dict)
    for one, found in zip(listed, estimate_from(table, whole, listed), strict=True):
        figures[one.of][one.name] = _figure(found, one.good)
    by_field = [measure(field) for field in FIELDS]
    for of, found in zip(MEANS, (macro(table, whole, by_field), mean(letters, of_letters)), strict=True):
        figures[of]["f1"] = _figure(found, good=True)
    counts = Counts()
    for own, _ in documents.values():
        for column, count in own.items():
            counts.add(column, count)
    slices = {
        tag: Slice(
            documents=len(members[tag]),
            figures={one.label: _figure(estimated, one.good) for one, estimated in zip(SLICED, estimates, strict=True)},
        )
        for tag, estimates in zip(members, estimate_parts(parts, of_parts), strict=True)
    }
    return Summary(documents=len(names), figures=dict(figures), counts=counts, slices=dict(sorted(slices.items())))


def _own_f1(table: Array) -> Array:
    """F1 of each letter by itself: in its mean, a long letter weighs as much as a short one."""
    whole = measure("all")
    return divide(table @ weights([whole.numerator]), table @ weights([whole.denominator]))[:, 0]
