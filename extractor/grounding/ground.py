"""Grounding: place every value in the letter, then check that the place supports it.

A span that exists proves nothing. Each field has one legal scope (its heading, its paragraph, its rationale, the header
…), and a place outside it, or one that cuts a word or a number in two, is no evidence. The words at the place are then
parsed by the type of the field: the date must be that date, the number that number, the outcome word must be there and
not negated, a closed-list value must be licensed by words that mean it. Where a heading says several things of one kind
(three dates, two drugs, five numbers) the value must be the one that the heading's own grammar gives this field.
What cannot be placed, or is contradicted by its place, is withheld and flagged. No fuzzy match decides anything here.

Judgements are the exception that says so: a reason, a kind of service or a drug that our vocabularies do not
know may be accepted where the cited words stand in the right place and nothing known contradicts them. Such a value is
`unchecked`, flagged, and of low confidence. Outcomes, dates and amounts have no such way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from extractor import fields
from extractor.facts import Facts
from extractor.facts.sentences import prose_sentences
from extractor.fields import CATEGORY, DRUG_NAME, FIELDS, OUTCOME, STRENGTH, SUBCATEGORY, Field
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.places import Place
from extractor.layout import Layout
from extractor.processes import deadline
from extractor.records.determination import REASONS, SUBCATEGORIES, Category, Outcome, Reason, Subcategory
from extractor.records.record import Evidence, Flag, FlagCode, How, Support
from extractor.support.stated import Asked, Stated, same
from extractor.text.literals import Value, find_dates
from extractor.text.normalize import View, key
from extractor.text.spans import Span

_LONGEST_SHOWN = 200
_SIBLINGS = {
    whole: [each for each in FIELDS if each.lists[:1] == ((whole,) if whole else ())]
    for whole in {(each.lists or ("",))[0] for each in FIELDS}
}
"""Pattern of a list → the fields of its entries."""


@dataclass(frozen=True, slots=True)
class PendingFlag:
    """What will be a flag, once entries have their positions."""

    place: Place
    code: FlagCode
    message: str
    value: str | None = None
    of_list: bool = False
    """It is about the whole list that the place stands in."""


@dataclass(slots=True)
class Grounded:
    """What was accepted, on what evidence, and what was not."""

    values: dict[Place, Value] = field(default_factory=dict)
    evidence: dict[Place, Evidence] = field(default_factory=dict)
    doubts: list[PendingFlag] = field(default_factory=list)

    @property
    def withheld(self) -> set[Place]:
        """The places whose claims were refused."""
        return {doubt.place for doubt in self.doubts if doubt.code is FlagCode.WITHHELD}


def ground(draft: Draft, layout: Layout, facts: Facts) -> Grounded:
    """Accept or withhold each claim of a draft. Linear in the number of claims; each look-up stays in one scope."""
    result = Grounded()
    traced: dict[tuple[Span, ...], _Trace] = {}
    contexts: dict[Span, str] = {}
    for place, claim in draft.claims.items():
        deadline.check()
        kind = place.field
        why = _refusal(kind, claim)
        if why is None and claim.raw is not None:
            _ground_raw(result, place, claim, claim.raw, layout.view.raw_text)
            continue
        spans: tuple[Span, ...] = ()
        support = Support.SUPPORTED
        if why is None:
            scopes = kind.scope(layout, facts, place.decision)
            stated = _stated(place, layout, facts, draft)
            if stated is not None:
                stated = (each for each in stated if same(each.value, claim.value))
                stated = stated if claim.places else list(stated)
            spans, ambiguous = _spans(layout.view, scopes, kind, claim, stated)
            context = ""
            if kind.in_heading and kind.check is not None and scopes:
                context = contexts.get(scopes[0]) or contexts.setdefault(scopes[0], scopes[0].of(layout.view.folded))
            why, support = _verdict(kind, claim, spans, context, layout.view, stated)
            if why is None and ambiguous:
                message = "The value stands at several places; the first was taken."
                result.doubts.append(PendingFlag(place, FlagCode.AMBIGUOUS, message))
            if why is not None and claim.judged and (words := _judged_at(place, claim, layout, facts)):
                why, spans, support = None, (words,), Support.UNCHECKED
                result.doubts.append(unchecked(place, claim.value))
        if why is not None:
            _withhold(result, place, claim.value, why)
            continue
        trace = traced.get(spans)
        if trace is None:
            trace = traced[spans] = _trace(layout.view, spans)
        # A value that came without its place is kept as the letter prints it, not as the reader wrote it.
        value = trace.quote if kind.verbatim and not claim.places else claim.value
        result.values[place] = value
        evidence = _evidence(layout.view, claim, value, trace, kind, support)
        if claim.sure is not None:
            evidence = evidence.model_copy(update={"confidence": round(claim.sure, 3)})
        result.evidence[place] = evidence
    return settled(result)


def _stated(place: Place, layout: Layout, facts: Facts, draft: Draft) -> Iterable[Stated] | None:
    """What the facts of the letter state for this field; None where words decide, not facts."""
    kind = place.field
    if kind.fact is None or (kind.check is not None and not layout.variant.known):
        return None

    def beside(leaf: str) -> Value | None:
        whole = kind.lists[0] if kind.lists else ""
        named = next((each for each in _SIBLINGS[whole] if each.leaf == leaf), None)
        claim = draft.claims.get(place.beside(named)) if named is not None else None
        return claim.value if claim is not None else None

    entry, part = (each.number if each is not None else 0 for each in (place.entry, place.part))
    return kind.fact(Asked(layout, facts, place.decision, entry, part, beside))


def _refusal(kind: Field, claim: Claim) -> str | None:
    if kind.allowed is not None and claim.value not in kind.allowed:
        return "it is not on the field's closed list"
    if isinstance(claim.value, str) and not claim.value.strip():
        return "it is empty"
    return None


def _verdict(
    kind: Field, claim: Claim, spans: tuple[Span, ...], context: str, view: View, stated: Iterable[Stated] | None
) -> tuple[str | None, Support]:
    """Why the claim is refused, or None and how its place supports it."""
    if not spans:
        return "its words are not where the letter would say it", Support.UNCHECKED
    if kind.verbatim and not same(str(claim.value), " ".join([view.words(span) for span in spans])):
        return "the words cited for it are other words", Support.CONTRADICTED
    if stated is not None:
        # Words that the reader points at must be those of the fact; words looked up for it stand where they do.
        there = any(
            not claim.places or any(span.overlaps(words) for words in each.places for span in spans) for each in stated
        )
        if there:
            return None, Support.SUPPORTED
        if not claim.places:
            return "the letter says something else there", Support.CONTRADICTED
    words = [view.folded[span.start : span.end] for span in spans]
    if stated is not None or (kind.check is not None and not kind.check(claim.value, words, context)):
        return f"the words cited for it ({_shown(words)}) do not say that", Support.CONTRADICTED
    return None, Support.SUPPORTED


def _ground_raw(result: Grounded, place: Place, claim: Claim, raw: Span, text: str) -> None:
    """Verbatim words in page furniture: they have raw offsets, but no numbered line."""
    quote = raw.of(text)
    if not same(str(claim.value), quote):
        _withhold(result, place, claim.value, "the words cited for it are other words")
        return
    result.values[place] = claim.value
    how = How.EXACT if quote == claim.value else How.NORMALIZED
    result.evidence[place] = Evidence(spans=((raw.start, raw.end),), quote=quote, how=how, support=Support.SUPPORTED)


def _shown(words: list[str]) -> str:
    shown = " … ".join(words)
    return repr(shown if len(shown) <= 80 else shown[:77] + "…")


def _withhold(result: Grounded, place: Place, refused: Value, why: str) -> None:
    value = str(refused)
    shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    result.doubts.append(PendingFlag(place, FlagCode.WITHHELD, f"Withheld {shown!r}: {why}.", shown))


# --- places --------------------------------------------------------------------------------------------------------


def _spans(
    view: View, scopes: list[Span], kind: Field, claim: Claim, stated: Iterable[Stated] | None
) -> tuple[tuple[Span, ...], bool]:
    """The words of a claim that lie in its scope and cut no word; and whether others would have done as well."""
    if claim.places:
        inside = _inside(claim.places, scopes)
        whole = not kind.whole_words or all(_bounded(view.folded, place) for place in claim.places)
        return (claim.places if inside and whole else ()), False
    cited = _cited(view, claim)
    for scope in scopes:
        if cited is not None and scope.overlaps(cited):
            within = Span(max(scope.start, cited.start), min(scope.end, cited.end))
            found = _find(view, within, kind, claim.value)
            if found:
                return (found[0],), False
    for scope in scopes:
        found = _find(view, scope, kind, claim.value)
        if found:
            return (found[0],), len(found) > 1 and not kind.in_heading
    # The facts know it by other words: "RN" of a registered nurse.
    return next((each.places for each in stated or () if each.places and _inside(each.places, scopes)), ()), False


def _inside(places: tuple[Span, ...], scopes: list[Span]) -> bool:
    for start, end in places:
        for scope in scopes:
            if scope.start <= start and end <= scope.end:
                break
        else:
            return False
    return True


def _cited(view: View, claim: Claim) -> Span | None:
    if claim.lines is None or not view.line_starts:
        return None
    first, last = (min(max(1, number), len(view.line_starts)) for number in claim.lines)
    return Span(view.line_span(first).start, view.line_span(last).end) if first <= last else None


def _find(view: View, scope: Span, kind: Field, value: Value) -> list[Span]:
    """The places in `scope` that say the value, whole, at the boundaries of its words; at most two."""
    if isinstance(value, date):
        printed = (found for found in find_dates(view.folded, *scope) if value in (found.value, found.in_1900s()))
        dates = (Span(found.start, found.end) for found in printed)
        return [place for _, place in zip(range(2), dates, strict=False)]
    if kind.finder is not None:
        found = kind.finder(view.folded, scope, value)
        return [] if found is None else [found]
    words = re.escape(key(str(value))).replace(r"\-", r"-\ ?")
    matches = (Span(*match.span()) for match in re.compile(words).finditer(view.folded, *scope))
    return [place for _, place in zip(range(2), (p for p in matches if _bounded(view.folded, p)), strict=False)]


def _bounded(folded: str, place: Span) -> bool:
    """The place begins and ends at a word's boundary, and cuts no number ("325mg" of "10/325mg", "6" of "60")."""
    start, end = place
    if end <= start:
        return False
    before, after = folded[max(0, start - 2) : start], folded[end : end + 2]
    if before[-1:].isspace() and after[:1].isspace():
        return True  # most places stand so
    if _one_token(before[-1:], folded[start]) or _one_token(folded[end - 1], after[:1]):
        return False
    if folded[start].isdigit() and len(before) == 2 and before[1] in ".,/-" and before[0].isdigit():
        return False
    return not (folded[end - 1].isdigit() and len(after) == 2 and after[0] in ".,/-" and after[1].isdigit())


def _one_token(left: str, right: str) -> bool:
    """Two neighbouring characters belong to one word or one number ("5" and "m" of "5mg" do not)."""
    return (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())


def _judged_at(place: Place, claim: Claim, layout: Layout, facts: Facts) -> Span | None:
    """The words on which a judgement rests that our vocabularies cannot check; None where it is no such case.

    A reason rests on the sentence that it cites, inside the rationale of its item. A kind or a drug rests on the
    heading, and only where rules found no kind, or no drug, there.
    """
    index, kind = place.decision, place.field
    if index is None or index >= len(layout.items) or _refusal(kind, claim) is not None:
        return None
    view, item, known = layout.view, layout.items[index], facts.items[index]
    if kind is fields.REASONS:
        cited = claim.places[0] if claim.places else _cited(view, claim)
        if cited is None or item.rationale is None or not item.rationale.overlaps(cited):
            return None
        sentences = prose_sentences(view, item.rationale)
        begun = [sentence for sentence in sentences if cited.start <= sentence.start < cited.end]
        return next(iter(begun or [sentence for sentence in sentences if sentence.overlaps(cited)]), None)
    if kind in (CATEGORY, SUBCATEGORY):
        return item.heading if known.kind is None else None
    if kind in (DRUG_NAME, STRENGTH) and not known.drugs:
        return next(iter(_find(view, known.request.disputed, kind, claim.value)), None)
    return None


def unchecked(place: Place, value: Value) -> PendingFlag:
    """The doubt of a value that rests on a judgement, a model's or the classifier's."""
    return PendingFlag(place, FlagCode.UNCHECKED, f"{value} is a judgement; no rule knows these words to say it.")


class _Trace(NamedTuple):
    """Where places lead in the raw text; many leaves share one place."""

    spans: tuple[tuple[int, int], ...]
    quote: str
    lines: tuple[int, int]
    cited: dict[tuple[How, Support], Evidence]
    """The evidence that these places were already taken as."""


def _trace(view: View, places: tuple[Span, ...]) -> _Trace:
    return _Trace(
        spans=tuple([(raw.start, raw.end) for place in places for raw in view.raw_spans(place)]),
        quote=" ".join([view.words(place) for place in places]),
        lines=(view.line_number(places[0].start), view.line_number(max(places[-1].start, places[-1].end - 1))),
        cited={},
    )


def _evidence(view: View, claim: Claim, value: Value, trace: _Trace, kind: Field, support: Support) -> Evidence:
    if claim.derived or kind.derived:
        how = How.DERIVED
    else:
        shown = value if kind.verbatim else trace.quote
        printed = len(trace.spans) == 1 and view.raw_text[slice(*trace.spans[0])] == shown
        how = How.EXACT if printed else How.NORMALIZED
    evidence = trace.cited.get((how, support))
    if evidence is None:
        evidence = Evidence(spans=trace.spans, quote=trace.quote, how=how, support=support, lines=trace.lines)
        trace.cited[how, support] = evidence
    return evidence


# --- leaves that must agree with one another -----------------------------------------------------------------------


def settled(result: Grounded) -> Grounded:
    """The same, less what contradicts the rest: reasons of the other outcome or said twice, misfit subcategories."""
    said: set[tuple[int | None, Value]] = set()
    retracted: set[Place] = set()
    for place in list(result.values):
        value = result.values[place]
        if place.field is fields.REASONS:
            outcome = result.values.get(Place(OUTCOME, place.decision))
            twice = (place.decision, value) in said
            said.add((place.decision, value))
            fits = outcome is None or Reason(str(value)) in REASONS[Outcome(str(outcome))]
            if twice or not fits:
                _retract(result, place, "it is said twice" if twice else f"it is no reason for {outcome}")
                retracted.add(place)
        elif place.field is SUBCATEGORY:
            category = result.values.get(Place(CATEGORY, place.decision))
            fits = category is not None and Subcategory(str(value)) in SUBCATEGORIES[Category(str(category))]
            if not fits:
                _retract(result, place, f"it is not of the category {category}")
                retracted.add(place)
    if retracted:
        result.doubts = [
            doubt for doubt in result.doubts if doubt.code is not FlagCode.UNCHECKED or doubt.place not in retracted
        ]
    return result


def _retract(result: Grounded, place: Place, why: str) -> None:
    _withhold(result, place, result.values.pop(place), why)
    del result.evidence[place]


def flags(doubts: Iterable[PendingFlag], at: dict[Place, str]) -> list[Flag]:
    """Doubts as flags.

    Args:
        doubts: what a person should look at.
        at: JSON pointer of each place that has a value. A value that was withheld keeps the pointer of its claim.

    """
    return [
        Flag(
            path=doubt.place.list_pointer
            if doubt.of_list
            else at[doubt.place]
            if doubt.code is FlagCode.UNCHECKED
            else doubt.place.said_at,
            code=doubt.code,
            message=doubt.message,
            value=doubt.value,
        )
        for doubt in doubts
    ]
