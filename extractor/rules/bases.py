"""What the two sides say they decided on."""

from __future__ import annotations

from extractor.drafts import Draft
from extractor.facts.bases import BasisFact
from extractor.normalize import View


def read_basis(view: View, basis: BasisFact | None, pointer: str, draft: Draft) -> None:
    """Say one side's statement, the kind of guideline it rests on, and its citations."""
    if basis is None:
        return
    draft.say(f"{pointer}/statement", view.words(basis.statement), basis.statement)
    if basis.relied_on is not None:
        draft.say(f"{pointer}/relied_on", basis.relied_on.value, *basis.relied_at, derived=True)
    for index, citation in enumerate(basis.citations):
        base = f"{pointer}/citations/{index}"
        draft.say(f"{base}/source", citation.source.value, citation.source_at, derived=True)
        draft.say(f"{base}/mtus", citation.mtus, citation.mtus_at or citation.source_at, derived=True)
        if len(citation.title):
            draft.say(f"{base}/title", view.words(citation.title), citation.title)
        if citation.year is not None:
            draft.say(f"{base}/year", int(view.words(citation.year)), citation.year)
        for number, section in enumerate(citation.sections):
            draft.say(f"{base}/sections/{number}", view.words(section), section)
        if citation.pages is not None:
            draft.say(f"{base}/pages", view.words(citation.pages), citation.pages)
