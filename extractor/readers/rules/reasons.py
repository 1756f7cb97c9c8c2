"""Why the reviewer decided so: what usual words give, and what a classifier finds more likely than not to be meant."""

from __future__ import annotations

from extractor.facts.sentences import prose_sentences
from extractor.fields import REASONS
from extractor.grounding.drafts import Draft
from extractor.layout import Item
from extractor.readers.rules.cues import given_by_cues
from extractor.readers.rules.weighing import chosen, signs_of, weigh, weights
from extractor.text.normalize import View


def say_reasons(view: View, item: Item, decision: int, draft: Draft, *, with_weights: bool) -> None:
    """Say the reasons of one item, in the order in which they are given.

    Args:
        view: the letter.
        item: the item whose rationale is read.
        decision: its position.
        draft: where it is said.
        with_weights: whether the classifier is asked besides the cues, and how sure each reason is.

    """
    if item.rationale is None or item.outcome is None:
        return  # which words give a reason depends on what was decided
    by_cues = given_by_cues(view, item.rationale, item.outcome)
    if not with_weights:
        for reason, sentence in by_cues:
            draft.add(REASONS, reason.value, sentence, decision=decision, derived=True)
        return
    sentences = prose_sentences(view, item.rationale)
    weighed = weigh(weights(), item.outcome, sentences, signs_of(view, sentences, item.outcome))
    for given in chosen(weights(), weighed, by_cues):
        draft.weigh(REASONS, given.reason.value, given.sentence, decision=decision, sure=given.share)
