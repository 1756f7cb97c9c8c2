"""Learning the weights of reasons: logistic regression on sentences, one for each outcome and reason.

What a rationale gives is decided by its heaviest sentence. How sure that is, and from where on it is said, is measured
on letters that were left out: five folds by letter, each weighed by what the other four taught.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from extractor.errors import ConfigurationError
from extractor.learning.labelled import Rationale
from extractor.readers.rules.cues import given_by_cues
from extractor.readers.rules.weighing import (
    BIAS,
    EVERY,
    OFFSET,
    SLOPE,
    THRESHOLD,
    UNIT,
    Row,
    Weighed,
    Weights,
    chosen,
    signs_of,
    weigh,
)
from extractor.records.determination import REASONS, Outcome, Reason
from extractor.text.spans import Span

FOLDS = 5
_LEAST_SENTENCES = 3
"""A reason with fewer examples is not learnt."""
_LEAST_SIGN = 2
"""Sentences in which a sign must stand."""
_STRENGTH = 1.0
"""Inverse of the L2 penalty."""
_UNSURE = 0.3
"""What a sentence counts that was not named for a reason which its rationale gives: it may give it, too."""
_SMALLEST = 0.1
"""Weights nearer to 0 are left out of the file."""
_FLAT = 0.005
"""F1 that is given up for precision: over many thresholds it hardly changes, and what is said should be right."""
_THRESHOLDS = tuple(step / 20 for step in range(3, 15))


@dataclass(frozen=True)
class Score:
    """Reasons found right, invented and missed, summed over rationales."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        """Both together."""
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]; 1 where there was nothing to find or say."""
        of_all = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / of_all if of_all else 1.0

    @property
    def precision(self) -> float:
        """Share of what was said that is right, in [0, 1]."""
        said = self.right + self.wrong
        return self.right / said if said else 1.0

    @property
    def recall(self) -> float:
        """Share of what is right that was said, in [0, 1]."""
        there = self.right + self.missed
        return self.right / there if there else 1.0


@dataclass(frozen=True)
class Learnt:
    """Weights, and how good they were on letters left out while they were learnt."""

    weights: Weights
    score: Score
    by_cues: Score
    """Of cues alone on the same rationales."""
    sure: tuple[tuple[float, bool], ...]
    """Of every reason that was said of a letter left out: its share, and whether it was right."""

    def right_of(self, least: float) -> tuple[int, int]:
        """Right ones, and all, of the reasons that were said with at least this share."""
        said = [right for share, right in self.sure if share >= least]
        return sum(said), len(said)


@dataclass(frozen=True)
class _Example:
    """A rationale with what is computed of it once."""

    of: Rationale
    signs: list[list[str]]
    by_cues: list[tuple[Reason, Span]]

    def weighed(self, weights: Weights) -> list[Weighed]:
        return weigh(weights, self.of.outcome, self.of.sentences, self.signs)

    def score(self, said: Iterable[Reason]) -> Score:
        """By the reading that fits best what is said."""
        found = frozenset(said)
        scores = [Score(len(found & each), len(found - each), len(each - found)) for each in self.of.readings]
        return max(scores, key=lambda score: score.f1)


def learn(rationales: Sequence[Rationale], group: Callable[[Rationale], str] = lambda each: each.letter) -> Learnt:
    """Learn from all of them, calibrated and measured on folds left out.

    Args:
        rationales: what to learn from.
        group: what no fold may part: a letter, or, to see how it does on strange writers, a source.

    Raises:
        ConfigurationError: there are too few.

    """
    examples = _examples(rationales)
    fold_of = _folds({group(each) for each in rationales})
    folds = sorted(set(fold_of.values()))
    parts = {fold: _fitted([each for each in examples if fold_of[group(each.of)] != fold]) for fold in folds}
    out = [(each, parts[fold_of[group(each.of)]]) for each in examples]
    slope, offset = _calibrated(out)
    settings = [Weights({}, slope, offset, threshold) for threshold in _THRESHOLDS]
    tried = [(_tried(out, each), each) for each in settings]
    most = max(score.f1 for (score, _), _ in tried)
    (score, sure), best = next(each for each in reversed(tried) if each[0][0].f1 >= most - _FLAT)
    rows = _fitted(examples).rows
    by_cues = sum((each.score(reason for reason, _ in each.by_cues) for each in examples), Score())
    return Learnt(replace(best, rows=rows), score, by_cues, tuple(sure))


def graded(weights: Weights, rationales: Sequence[Rationale]) -> Score:
    """How weights and cues together do on these rationales, where they had no part in the learning."""
    return _tried([(each, weights) for each in _examples(rationales)], weights)[0]


def table(weights: Weights) -> str:
    """The weights as the reader reads them: a row for each sign, a column for each reason, in hundredths."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
    named = list(Reason)
    rows.writerow(["outcome", "sign", *named])
    for name, value in ((SLOPE, weights.slope), (OFFSET, weights.offset), (THRESHOLD, weights.threshold)):
        rows.writerow([EVERY, name, round(value * UNIT)])
    for (outcome, sign), by_reason in sorted(weights.rows.items()):
        cells = [str(round(by_reason[reason] * UNIT)) if reason in by_reason else "" for reason in named]
        while cells and not cells[-1]:
            cells.pop()
        rows.writerow([outcome, sign, *cells])
    return out.getvalue()


def _examples(rationales: Iterable[Rationale]) -> list[_Example]:
    return [
        _Example(
            each,
            signs_of(each.view, each.sentences, each.outcome),
            given_by_cues(each.view, Span(0, len(each.view.flat)), each.outcome),
        )
        for each in rationales
    ]


def _folds(groups: set[str]) -> dict[str, int]:
    """Group → its fold."""
    if len(groups) < FOLDS:
        raise ConfigurationError(f"too few labelled letters: {len(groups)}; {FOLDS} are the least")
    ordered = sorted(groups)
    random.Random(0).shuffle(ordered)  # noqa: S311  the same folds every time; no secret
    return {name: number % FOLDS for number, name in enumerate(ordered)}


def _fitted(examples: Sequence[_Example]) -> Weights:
    """Weights of every reason with examples enough, not yet calibrated."""
    rows: dict[Row, dict[Reason, float]] = {}
    for outcome in Outcome:
        mine = [each for each in examples if each.of.outcome is outcome]
        sentences = [(each, number) for each in mine for number in range(len(each.signs))]
        seen = Counter(sign for each in mine for its in each.signs for sign in its)
        known = {sign: at for at, sign in enumerate(sorted(sign for sign, n in seen.items() if n >= _LEAST_SIGN))}
        matrix = _matrix([each.signs[number] for each, number in sentences], known)
        rows[outcome.value, BIAS] = {}
        for reason in (reason for reason in Reason if reason in REASONS[outcome]):
            given = np.array([reason in each.of.given[number] for each, number in sentences], dtype=bool)
            if given.sum() < _LEAST_SENTENCES:
                continue
            somewhere = np.array([reason in each.of.reasons for each, _ in sentences])
            counts = np.where(somewhere & ~given, _UNSURE, 1.0)
            model = LogisticRegression(C=_STRENGTH, solver="liblinear", intercept_scaling=3)
            model.fit(matrix, given, sample_weight=counts)
            rows[outcome.value, BIAS][reason] = float(model.intercept_[0])
            for sign, at in known.items():
                weight = float(model.coef_[0, at])
                if abs(weight) >= _SMALLEST:
                    rows.setdefault((outcome.value, sign), {})[reason] = weight
    return Weights(rows)


def _matrix(signs: Sequence[Sequence[str]], known: Mapping[str, int]) -> csr_matrix:
    """A row for each sentence, a column for each known sign."""
    at = np.array([(row, known[sign]) for row, its in enumerate(signs) for sign in its if sign in known], dtype=int)
    at = at.reshape(-1, 2)
    return csr_matrix((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(signs), len(known)))


def _calibrated(out: Iterable[tuple[_Example, Weights]]) -> tuple[float, float]:
    """Slope and offset that make the log odds of a heaviest sentence those of the reason (Platt)."""
    odds: list[float] = []
    right: list[bool] = []
    for each, weights in out:
        for weighed in each.weighed(weights):
            odds.append(math.log(weighed.share / (1 - weighed.share)))
            right.append(any(weighed.reason in reading for reading in each.of.readings))
    if len(set(right)) < 2:
        raise ConfigurationError("the labelled letters give every reason or none: nothing can be learnt of them")
    model = LogisticRegression(C=1e6).fit(np.array(odds).reshape(-1, 1), right)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _tried(out: Iterable[tuple[_Example, Weights]], settings: Weights) -> tuple[Score, list[tuple[float, bool]]]:
    """What is said of each with the rows of its own weights, calibrated as in `settings`."""
    total = Score()
    sure: list[tuple[float, bool]] = []
    for each, weights in out:
        set_so = replace(settings, rows=weights.rows)
        said = chosen(set_so, each.weighed(set_so), each.by_cues)
        total += each.score(given.reason for given in said)
        sure += [(given.share, any(given.reason in reading for reading in each.of.readings)) for given in said]
    return total, sure
