"""Which sentences of a rationale give a reason by its usual words: cues, where the reviewer speaks of the case."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.facts.sentences import prose_sentences
from extractor.processes import deadline
from extractor.records.determination import Outcome, Reason
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary import reasons as words

_MOST = 4
"""Reviewers rest a conclusion on one to three reasons, seldom on four."""
_RECITED = frozenset({Reason.NOT_RECOMMENDED, Reason.EVIDENCE_LACKING, Reason.EXCEEDS_LIMIT, Reason.RECOMMENDED})
"""What a recited guideline can give as the reason, where the reviewer adds nothing of the case."""
_CONCLUDED = frozenset({Reason.NOT_RECOMMENDED, Reason.RECOMMENDED})
"""What a conclusion only seems to give: "therefore, the request is not supported"."""
_CONCLUSION = re.compile(
    r"(?:therefore|thus|as such|given (?:the above|this|these)|based on (?:the above|this)|accordingly"
    r"|hence|consequently"
    r"|for (?:this|these) reasons?|in (?:light|view) of the above)\b(?!.{0,160}\b(?:guidelines?|mtus|odg|acoem)\b)"
)
_CONTRAST = re.compile(r"\b(?:however|but|here|in this case|although|though|nevertheless|while|yet|unfortunately)\b")


def given_by_cues(view: View, rationale: Span, outcome: Outcome) -> list[tuple[Reason, Span]]:
    """Reasons and the sentences that give them, in printed order, at most three.

    What the reviewer only recites gives the reason where nothing is said of the case.
    """
    cues = words.UPHELD if outcome is Outcome.UPHELD else words.OVERTURNED
    speaking: list[tuple[Span, int]] = []
    reciting: list[tuple[Span, int]] = []
    for sentence in prose_sentences(view, rationale):
        recital, start = recites(view, sentence)
        (reciting if recital else speaking).append((sentence, start))
    found = _given(view, speaking, cues) or _given(view, reciting, [cue for cue in cues if cue.reason in _RECITED])
    return sorted(found.items(), key=lambda pair: pair[1])


def _given(view: View, sentences: list[tuple[Span, int]], cues: Sequence[words.Cue]) -> dict[Reason, Span]:
    """The first reasons of `cues` that are given, each with its first sentence, searched from where it counts.

    A service that falls or stands with another has that one reason, whatever else is said.
    """
    found: dict[Reason, Span] = {}
    for cue in sorted(cues, key=lambda cue: cue.reason is not Reason.DEPENDENT_SERVICE):
        deadline.check()
        for sentence, start in sentences:
            if fires(cue, view, sentence, start):
                found[cue.reason] = sentence
                break
        if cue.reason in found and (cue.reason is Reason.DEPENDENT_SERVICE or len(found) == _MOST):
            break
    return found


def fires(cue: words.Cue, view: View, sentence: Span, start: int) -> bool:
    """Whether the cue is there from `start` on, and the sentence does not only conclude."""
    if cue.reason in _CONCLUDED and _CONCLUSION.match(view.folded, *sentence):
        return False
    return cue.pattern.search(view.folded, start, sentence.end) is not None


def recites(view: View, sentence: Span) -> tuple[bool, int]:
    """Whether the sentence only recites a guideline, and from where it speaks of the case."""
    folded = view.folded[sentence.start : sentence.end]
    if words.RECITAL.match(folded):
        turn = _CONTRAST.search(folded, 12)
        if turn is not None and words.CASE.search(folded, turn.start()):
            return False, sentence.start + turn.start()
        return True, sentence.start
    return not words.CASE.search(folded), sentence.start
