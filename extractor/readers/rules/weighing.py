"""How much the sentences of a rationale speak for each reason: a linear classifier, learnt by `imr learn reasons`.

A sentence has signs: its words (stemmed, numbers made one), the words behind a denial, the cues that fire in it, where
it stands. Each reason adds up the weights of a sentence's signs; the sentence that weighs most is the one that gives
the reason, and its weight tells, once it is calibrated, how likely it is that the rationale gives it. The weights are
data (`data/reason_weights.tsv`); nothing that learns is imported here.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from extractor.errors import ConfigurationError
from extractor.processes import deadline
from extractor.readers.rules.cues import fires, recites
from extractor.records.determination import Outcome, Reason
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary import reasons as words

BIAS, SLOPE, OFFSET, THRESHOLD = "(bias)", "(slope)", "(offset)", "(threshold)"
"""Rows of the file that are no signs; parentheses stand in no word."""
EVERY = "every"
"""The outcome under which the file keeps what holds for both."""
UNIT = 100
"""Weights are written in hundredths."""
_MOST = 3
"""Reviewers rest a conclusion on one to three reasons."""
_RATHER_NOT = 0.5
"""Of the threshold: below it the likeliest reason is not even said where nothing else is."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[./-]\d+)*|[%+]")
_ENDINGS = (
    *("ations", "ation", "ingly", "ings", "ing", "edly", "ments", "ment", "ies", "ied", "ions", "ion"),
    *("ed", "es", "ly", "s", "e"),
)
"""Longest first."""
_SHORTEST_STEM = 4
_DENIALS = frozenset(
    {
        *("no", "not", "without", "nor", "neither", "none", "never", "lack", "lacks", "lacking", "absent", "absence"),
        *("fail", "fails", "failed", "cannot", "nothing", "nobody", "denies", "unclear", "unknown", "insufficient"),
        *("neg", "negative", "hardly", "little"),
    }
)

Row = tuple[str, str]
"""Outcome and sign."""


class Weighed(NamedTuple):
    """A reason, how likely the rationale gives it, and the sentence that speaks for it most."""

    reason: Reason
    share: float
    """Estimated probability, in [0, 1]."""
    sentence: Span


@dataclass(frozen=True)
class Weights:
    """What was learnt."""

    rows: Mapping[Row, Mapping[Reason, float]]
    """Outcome and sign → weight for each reason that it bears on; `BIAS` bears on all that were learnt."""
    slope: float = 1.0
    """With `offset`, makes the log odds of a sentence those of the reason."""
    offset: float = 0.0
    threshold: float = 0.5
    """Share from which a reason is said."""

    def share(self, weight: float) -> float:
        """The probability that a reason is given whose heaviest sentence has this weight."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.slope * weight + self.offset))))


@cache
def weights() -> Weights:
    """Ours, from `extractor/data/reason_weights.tsv`."""
    return parse(files("extractor").joinpath("data/reason_weights.tsv").read_text(encoding="utf-8"))


def parse(text: str) -> Weights:
    """Weights as `imr learn reasons` writes them.

    Raises:
        ConfigurationError: the text is not of that form.

    """
    try:
        head, *lines = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        named = [Reason(name) for name in head[2:]]
        rows = {
            (outcome, sign): {reason: int(cell) / UNIT for reason, cell in zip(named, cells, strict=False) if cell}
            for outcome, sign, *cells in lines
        }
        slope, offset, threshold = (rows.pop((EVERY, name))[named[0]] for name in (SLOPE, OFFSET, THRESHOLD))
    except (ValueError, KeyError, IndexError) as error:
        raise ConfigurationError("these are no weights of reasons: learn them by `imr learn reasons`") from error
    return Weights(rows, slope, offset, threshold)


def chosen(learnt: Weights, weighed: Iterable[Weighed], by_cues: Sequence[tuple[Reason, Span]]) -> list[Weighed]:
    """The reasons to say, in printed order: what cues give, and up to three in all what is likely enough.

    Where nothing is likely enough the likeliest is said, unless it is rather not.

    Args:
        learnt: what was learnt.
        weighed: every reason with its share, as `weigh` gives them.
        by_cues: reasons that cues give, each with its sentence.

    """
    found = {each.reason: each for each in weighed}
    believed = [
        Weighed(reason, found[reason].share if reason in found else learnt.threshold, sentence)
        for reason, sentence in by_cues
    ]
    known = {each.reason for each in believed}
    others = sorted((each for each in found.values() if each.reason not in known), key=lambda each: -each.share)
    likely = [each for each in others if each.share >= learnt.threshold]
    if not believed and not likely:
        likely = [each for each in others[:1] if each.share >= learnt.threshold * _RATHER_NOT]
    likely = likely[: max(0, _MOST - len(believed))]
    return sorted([*believed, *likely], key=lambda each: each.sentence)


def weigh(
    learnt: Weights, outcome: Outcome, sentences: Sequence[Span], signs: Sequence[Iterable[str]]
) -> list[Weighed]:
    """Every reason that was learnt for the outcome, with its heaviest sentence and how likely it is given."""
    biases = learnt.rows.get((outcome.value, BIAS), {})
    heaviest: dict[Reason, tuple[float, Span]] = {}
    for sentence, its in zip(sentences, signs, strict=True):
        sums = dict(biases)
        for sign in its:
            for reason, weight in learnt.rows.get((outcome.value, sign), {}).items():
                sums[reason] += weight
        for reason, weight in sums.items():
            if reason not in heaviest or weight > heaviest[reason][0]:
                heaviest[reason] = (weight, sentence)
    return [Weighed(reason, learnt.share(weight), sentence) for reason, (weight, sentence) in heaviest.items()]


def signs_of(view: View, sentences: Sequence[Span], outcome: Outcome) -> list[list[str]]:
    """The signs of each sentence, sorted.

    >>> from extractor.text.normalize import view_of
    >>> signs_of(view_of("No radiculopathy was found."), [Span(0, 27)], Outcome.UPHELD)[0][:5]
    ['(cue criteria_not_met)', '(denial)', '(first)', '(last)', '(short)']
    """
    cues = words.UPHELD if outcome is Outcome.UPHELD else words.OVERTURNED
    return [sorted(_signs(view, sentences, number, cues)) for number in range(len(sentences))]


def _signs(view: View, sentences: Sequence[Span], number: int, cues: Iterable[words.Cue]) -> set[str]:
    deadline.check()
    sentence = sentences[number]
    found = _words(view.folded[sentence.start : sentence.end])
    recital, start = recites(view, sentence)
    for cue in cues:
        if fires(cue, view, sentence, start):
            found.add(f"(cue {cue.reason.value})")
            if not recital:
                found.add(f"(cue {cue.reason.value} of the case)")
    last = len(sentences) - 1
    marks = {
        "(recital)": recital,
        "(first)": number == 0,
        "(last)": number == last,
        "(last but one)": number == last - 1,
        "(short)": last <= 1,
    }
    return found | {mark for mark, holds in marks.items() if holds}


def _words(folded: str) -> set[str]:
    """The stems of a sentence; those behind its first denial also as denied."""
    found: set[str] = set()
    denied = False
    for word in _WORD.findall(folded):
        stem = _stem(word)
        found.add(stem)
        if denied:
            found.add(f"no {stem}")
        if word in _DENIALS or word.endswith("n't"):
            denied = True
            found.add("(denial)")
    return found


def _stem(word: str) -> str:
    if word[0].isdigit():
        return "#"
    word = word if word.endswith("n't") else word.partition("'")[0]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
