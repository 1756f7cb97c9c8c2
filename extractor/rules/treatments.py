"""What the disputed item is: category, subcategory, drugs, body parts, quantity."""

from __future__ import annotations

from extractor.drafts import Draft
from extractor.facts import ItemFacts
from extractor.normalize import View
from extractor.spans import Span


def read_treatment(view: View, facts: ItemFacts, pointer: str, draft: Draft) -> None:
    """Say what one item is; `pointer` is `/decisions/i`."""
    if facts.kind is not None:
        draft.say(f"{pointer}/category", facts.kind.category.value, facts.kind.place, derived=True)
        if facts.kind.subcategory is not None:
            draft.say(f"{pointer}/subcategory", facts.kind.subcategory.value, facts.kind.place, derived=True)
    for index, drug in enumerate(facts.drugs):
        draft.say(f"{pointer}/drugs/{index}/name", view.words(drug.name), drug.name)
        if drug.strength is not None:
            draft.say(f"{pointer}/drugs/{index}/strength", view.words(drug.strength), drug.strength)
    for index, named in enumerate(facts.parts):
        draft.say(f"{pointer}/body_parts/{index}/part", named.part.value, Span(named.start, named.end), derived=True)
        if named.side is not None:
            place = Span(named.side_start, named.side_end)
            draft.say(f"{pointer}/body_parts/{index}/side", named.side.value, place, derived=True)
    for amount in facts.amounts:
        derived = isinstance(amount.value, str)
        draft.say(f"{pointer}/quantity/{amount.field}", amount.value, amount.place, derived=derived)
