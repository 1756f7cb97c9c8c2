"""Why the reviewer decided so: cues in the sentences that speak of the case."""

from __future__ import annotations

import re

from extractor.determination import Outcome, Reason
from extractor.drafts import Draft
from extractor.layout import Item
from extractor.normalize import View
from extractor.facts.citations import prose_sentences
from extractor.spans import Span
from extractor.vocabulary import reasons as words

_MOST = 3
"""Reviewers rest a conclusion on one to three reasons."""
_RECITED = frozenset({Reason.NOT_RECOMMENDED, Reason.EVIDENCE_LACKING, Reason.EXCEEDS_LIMIT, Reason.RECOMMENDED})
"""What a recited guideline can give as the reason, where the reviewer adds nothing of the case."""
_CONTRAST = re.compile(r"\b(?:however|but|here|in this case|although|though|nevertheless|while|yet|unfortunately)\b")


def read_reasons(view: View, item: Item, pointer: str, draft: Draft) -> None:
    """Say the reasons of one item, in the order in which they are given."""
    if item.rationale is None:
        return
    for index, (reason, place) in enumerate(find_reasons(view, item.rationale, item.outcome)):
        draft.say(f"{pointer}/reasons/{index}", reason.value, place, derived=True)


def find_reasons(view: View, rationale: Span, outcome: Outcome) -> list[tuple[Reason, Span]]:
    """Reasons and the sentences that give them, in printed order, at most three."""
    cues = words.UPHELD if outcome is Outcome.UPHELD else words.OVERTURNED
    sentences = prose_sentences(view, rationale)
    found: dict[Reason, tuple[Span, bool]] = {}
    for sentence in sentences:
        recital, start = _recital(view, sentence)
        for cue in cues:
            if cue.reason in found and (found[cue.reason][1] or recital):
                continue
            if recital and cue.reason not in _RECITED:
                continue
            match = cue.pattern.search(view.folded, start, sentence.end)
            if match is not None:
                found[cue.reason] = (sentence, not recital)
    firm = {reason: place for reason, (place, sure) in found.items() if sure}
    chosen = firm or {reason: place for reason, (place, _) in found.items()}
    if Reason.DEPENDENT_SERVICE in chosen:
        chosen = {Reason.DEPENDENT_SERVICE: chosen[Reason.DEPENDENT_SERVICE]}
    order = [cue.reason for cue in cues]
    kept = sorted(chosen, key=order.index)[:_MOST]
    return sorted(((reason, chosen[reason]) for reason in kept), key=lambda pair: pair[1])


def _recital(view: View, sentence: Span) -> tuple[bool, int]:
    """Whether the sentence only recites a guideline, and from where it speaks of the case."""
    folded = view.folded[sentence.start : sentence.end]
    if words.RECITAL.match(folded):
        turn = _CONTRAST.search(folded, 12)
        if turn is not None and words.CASE.search(folded, turn.start()):
            return False, sentence.start + turn.start()
        return True, sentence.start
    return not words.CASE.search(folded), sentence.start
