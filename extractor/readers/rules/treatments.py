"""What the disputed item is: category, subcategory, drugs, body parts, quantity."""

from __future__ import annotations

from extractor.facts import ItemFacts
from extractor.fields import CATEGORY, DRUG_NAME, PART, QUANTITY, SIDE, STRENGTH, SUBCATEGORY
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.text.normalize import View
from extractor.text.spans import Span

_AMOUNTS = {field.leaf: field for field in QUANTITY}


def say_treatment(view: View, facts: ItemFacts, decision: int, draft: Draft) -> None:
    """Say what one item is."""
    if facts.kind is not None:
        words = facts.kind.place
        draft.say(Place(CATEGORY, decision), facts.kind.category.value, words, derived=True)
        if facts.kind.subcategory is not None:
            draft.say(Place(SUBCATEGORY, decision), facts.kind.subcategory.value, words, derived=True)
    for drug in facts.drugs:
        entry = draft.entry(DRUG_NAME, decision)
        draft.say(Place(DRUG_NAME, decision, entry), view.words(drug.name), drug.name)
        if drug.strength is not None:
            draft.say(Place(STRENGTH, decision, entry), view.words(drug.strength), drug.strength)
    for named in facts.parts:
        entry = draft.entry(PART, decision)
        draft.say(Place(PART, decision, entry), named.part.value, Span(named.start, named.end), derived=True)
        if named.side is not None:
            words = Span(named.side_start, named.side_end)
            draft.say(Place(SIDE, decision, entry), named.side.value, words, derived=True)
    for amount in facts.amounts:
        derived = isinstance(amount.value, str)
        draft.say(Place(_AMOUNTS[amount.field], decision), amount.value, amount.place, derived=derived)
