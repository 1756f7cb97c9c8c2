"""What the two sides say they decided on."""

from __future__ import annotations

from extractor.facts.bases import BasisFact
from extractor.fields import BasisFields
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.text.normalize import View


def say_basis(view: View, basis: BasisFact | None, fields: BasisFields, decision: int, draft: Draft) -> None:
    """Say one side's statement, the kind of guideline it rests on, and its citations."""
    if basis is None:
        return
    draft.say(Place(fields.statement, decision), view.words(basis.statement), basis.statement)
    if basis.relied_on is not None:
        draft.say(Place(fields.relied_on, decision), basis.relied_on.value, *basis.relied_at, derived=True)
    for cited in basis.citations:
        entry = draft.entry(fields.title, decision)
        draft.say(Place(fields.source, decision, entry), cited.source.value, cited.source_at, derived=True)
        draft.say(Place(fields.mtus, decision, entry), cited.mtus, cited.mtus_at or cited.source_at, derived=True)
        if len(cited.title):
            draft.say(Place(fields.title, decision, entry), view.words(cited.title), cited.title)
        if cited.year is not None:
            draft.say(Place(fields.year, decision, entry), int(view.words(cited.year)), cited.year)
        for section in cited.sections:
            part = draft.entry(fields.sections, decision, entry)
            draft.say(Place(fields.sections, decision, entry, part), view.words(section), section)
        if cited.pages is not None:
            draft.say(Place(fields.pages, decision, entry), view.words(cited.pages), cited.pages)
