"""The basis of one side's decision: its statement, what kind of guideline it rests on, and the citations in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.facts.citations import SENTENCE, cite
from extractor.facts.cited import CitedTitle
from extractor.facts.prose import AGREES, GUIDELINE_WORD, TAIL, guidelines_named
from extractor.facts.sentences import prose_sentences
from extractor.records.determination import ReliedOn
from extractor.text.normalize import View, key
from extractor.text.spans import Span

# "did not cite any medical evidence", "no guidelines were provided", "based its decision on a lack of …"
_NONE_CITED = re.compile(
    r"\b(?:did not|didn't|does not|do not|failed to) (?:cite|provide|reference|specify|state|identify|use"
    r"|rely (?:up)?on|list)\b[^.]{0,60}?(?:\bany\b|\ba\b|\bno\b|\bmedical evidence|\bguidelines?\b|\bevidence)"
    r"|\bno (?:medical )?(?:evidence|guidelines?|citations?)(?:[- ]based)? (?:was|were|is|are)? ?"
    r"(?:cited|provided|referenced|given|specified|used)"
    r"|\bcited (?:no\b|none\b)|\bbased (?:its|their) (?:decision|determination|denial) on (?:a|the) lack of\b"
)
_OUTSIDE = re.compile(
    r"\boutside (?:of )?the mtus|\bdid not base (?:their|its|his|her|his/her) decision on the mtus|\bnon- ?mtus\b"
)
_NUMBER_LEAD = re.compile(r"\s?(?:#\d{1,2} ?[:.)]|\(?\d{1,2}[.)])\s?")

# Whose a sentence of 2013 is.
_BY_ADMINISTRATOR = re.compile(r"\b(?:the )?claims administrator(?:'s)?\b")
_BY_REVIEWER = re.compile(
    r"^(?:however, )?(?:the )?(?:\w+ )?(?:expert reviewer|physician reviewer|professional reviewer"
    r"|independent medical review|reviewer|maximus)\b"
)
_BY_PROVIDER = re.compile(
    r"(?:the )?(?:\w+ )?(?:provider|applicant|employee|patient|injured worker|claimant|parties)\b"
)
# "based its decision on the", "relied instead upon", "cited", before the guideline
_RELIED = re.compile(
    r"\b(?:based (?:its|his/her|his or her|his|her|their|the) (?:decision|determination|denial)s? (?:up)?on"
    r"|relied (?:instead |as well |also |solely |mainly )?(?:up)?on"
    r"|cited|referenced|utilized|applied|consulted) (?:the )?"
)
# "… were relied upon by …", behind it
_PASSIVE = re.compile(
    r" ?,? (?:(?:was|were|is|are) )?(?:the guidelines? )?"
    r"(?:relied (?:up)?on|used|applied|cited|consulted|followed|selected|chosen)\b.*$"
)
_DISAGREES = re.compile(r"\bnot (?:relevant|appropriate|applicable)")


@dataclass(frozen=True, slots=True)
class BasisFact:
    """What one side says it decided on; view spans."""

    statement: Span
    relied_on: ReliedOn | None
    relied_at: tuple[Span, ...]
    """The words that tell it."""
    citations: tuple[CitedTitle, ...]

    by_title: dict[str, list[CitedTitle]]
    """The citations by the words of their title (as `normalize.key` gives them); those without one under ""."""


def read_basis(view: View, paragraph: Span | None) -> BasisFact | None:
    """One side's basis from its own paragraph (2014 and later); None where there is no paragraph.

    A reviewer may write it in sentences of their own, as all did in 2013: then those are read.
    """
    if paragraph is None:
        return None
    cited = cite(view, paragraph)
    if not cited and _NONE_CITED.search(view.folded, *paragraph) is None:
        cited = [one for sentence in prose_sentences(view, paragraph) for one in _citations(view, sentence, bare=False)]
    return _fact(view, paragraph, cited)


def read_joint_basis(view: View, paragraph: Span, *, reviewer_only: bool) -> tuple[BasisFact | None, BasisFact | None]:
    """Both sides' bases (the claims administrator's, the reviewer's) from one paragraph in prose (2013).

    A sentence belongs to the side it speaks of, and those after it too until another side is named. In a professional
    review (`reviewer_only`) all of it is the reviewer's. A reviewer who only adopts the administrator's guideline
    relied on the same kind, and cites nothing more.
    """
    numbered = _NUMBER_LEAD.match(view.flat, *paragraph)
    if numbered is not None:
        paragraph = view.trim(numbered.end(), paragraph.end)
    sentences = prose_sentences(view, paragraph)
    if reviewer_only:
        return None, _fact_of(view, sentences, None, bare=True)
    administrator: list[Span] = []
    reviewer: list[Span] = []
    current: list[Span] | None = None
    for sentence in sentences:
        folded = view.folded[sentence.start : sentence.end]
        if _BY_PROVIDER.match(folded):
            current = None
        elif _BY_REVIEWER.match(folded):
            current = reviewer
        elif (said := _BY_ADMINISTRATOR.search(folded)) is not None and said.start() < 12:
            current = administrator
        if current is not None:
            current.append(sentence)
    first = _fact_of(view, administrator, None, bare=False)
    return first, _fact_of(view, reviewer, first, bare=False)


def _fact_of(view: View, sentences: list[Span], other: BasisFact | None, *, bare: bool) -> BasisFact | None:
    if not sentences:
        return None
    statement = Span(sentences[0].start, sentences[-1].end)
    cited = [one for sentence in sentences for one in _citations(view, sentence, bare=bare)]
    folded = view.folded[statement.start : statement.end]
    agreed = AGREES.search(folded) is not None and _DISAGREES.search(folded) is None
    if agreed and not cited and other is not None and other.citations:
        return BasisFact(statement, other.relied_on, other.relied_at, (), {})
    return _fact(view, statement, cited)


def _citations(view: View, sentence: Span, *, bare: bool) -> list[CitedTitle]:
    """Citations of one sentence: behind each "based its decision on" or "relied on", or before "was relied upon".

    `bare` is a paragraph of a professional review that just names its guideline.
    """
    folded = view.folded
    if SENTENCE.match(folded, *sentence):
        return cite(view, sentence)
    verbs = list(_RELIED.finditer(folded, *sentence))
    stops = [verb.start() for verb in verbs[1:]] + [sentence.end]
    regions = [Span(verb.end(), stop) for verb, stop in zip(verbs, stops, strict=False)]
    passive = _PASSIVE.search(folded, *sentence)
    if passive is not None and GUIDELINE_WORD.search(folded, sentence.start, passive.start()):
        regions = [Span(sentence.start, passive.start())]
    elif not regions and bare and not folded.startswith("no ", sentence.start):
        tail = TAIL.search(folded, *sentence)
        regions = [Span(sentence.start, tail.start() if tail else sentence.end)]
    return guidelines_named(view, regions, sentence)


def _fact(view: View, statement: Span, cited: list[CitedTitle]) -> BasisFact:
    relied = _relied_on(view.folded[statement.start : statement.end], cited)
    at = tuple(_relied_at(view, statement, relied, cited)) if relied is not None else ()
    by_title: dict[str, list[CitedTitle]] = {}
    for citation in cited:
        by_title.setdefault(key(view.words(citation.title)), []).append(citation)
    return BasisFact(statement, relied, at, tuple(cited), by_title)


def _relied_on(folded: str, cited: list[CitedTitle]) -> ReliedOn | None:
    """What kind of guideline a statement says it rests on; None where it does not tell."""
    inside = any(citation.mtus for citation in cited)
    outside = any(not citation.mtus for citation in cited)
    if inside and outside:
        return ReliedOn.BOTH
    if inside:
        return ReliedOn.MTUS
    if outside or _OUTSIDE.search(folded):
        return ReliedOn.NON_MTUS
    return ReliedOn.NONE if _NONE_CITED.search(folded) else None


def _relied_at(view: View, paragraph: Span, relied: ReliedOn, cited: list[CitedTitle]) -> list[Span]:
    """The words that decide: who cited nothing, or the first citation of each kind."""
    if relied is ReliedOn.NONE and (match := _NONE_CITED.search(view.folded, *paragraph)):
        return [Span(*match.span())]
    firsts = {citation.mtus: citation.source_at for citation in reversed(cited)}
    found = [firsts[kind] for kind in (True, False) if kind in firsts]
    if not found and (match := _OUTSIDE.search(view.folded, *paragraph)):
        return [Span(*match.span())]
    return found or [paragraph]
