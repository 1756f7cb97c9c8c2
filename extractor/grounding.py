"""Grounding: place every value in the letter, then check that the place supports it.

A span that exists proves nothing. Each field has one legal scope (its heading, its paragraph, its rationale, the header
…), and a place outside it, or one that cuts a word or a number in two, is no evidence. The words at the place are then
parsed by the type of the field: the date must be that date, the number that number, the outcome word must be there and
not negated, a closed-list value must be licensed by words that mean it. Where a heading says several things of one kind
(three dates, two drugs, five numbers) the value must be the one that the heading's own grammar gives this field.
What cannot be placed, or is contradicted by its place, is withheld and flagged. No fuzzy match decides anything here.

A model's judgements are the exception that says so: a reason, a kind of service or a drug that our vocabularies do not
know may be accepted where the cited words stand in the right place and nothing known contradicts them. Such a value is
`unchecked`, flagged, and of low confidence. Outcomes, dates and amounts have no such way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from extractor import deadline
from extractor.admission import admits, told_at
from extractor.determination import REASONS, SUBCATEGORIES, Category, Outcome, Reason, Subcategory
from extractor.drafts import Claim, Draft, Value
from extractor.facts import Facts
from extractor.facts.sentences import prose_sentences
from extractor.layout import Layout
from extractor.literals import find_dates
from extractor.normalize import View, key
from extractor.records import Evidence, Flag, FlagCode, How, Support
from extractor.scopes import decision_index, scope_of
from extractor.spans import Span
from extractor.support import Field, field_of, supports

_LONGEST_SHOWN = 200
_field = lru_cache(maxsize=4096)(field_of)  # the same few hundred pointers come back in every letter


@dataclass(slots=True)
class Grounded:
    """What was accepted, on what evidence, and what was not."""

    values: dict[str, Value] = field(default_factory=dict)
    """JSON pointer → accepted value."""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)
    claimed_at: dict[str, str] = field(default_factory=dict)
    """Pointer of an accepted value → the pointer of its claim, where closing gaps moved it."""


def ground(draft: Draft, layout: Layout, facts: Facts) -> Grounded:
    """Accept or withhold each claim of a draft. Linear in the number of claims; each look-up stays in one scope."""
    result = Grounded()
    traced: dict[tuple[Span, ...], _Trace] = {}
    contexts: dict[Span, str] = {}
    for pointer, claim in draft.claims.items():
        deadline.check()
        spec = _field(pointer)
        if spec is None:
            _withhold(result, pointer, claim.value, "there is no such field")
            continue
        why = _refusal(spec, claim)
        if why is None and claim.raw is not None:
            _ground_raw(result, pointer, claim, claim.raw, layout.view.raw_text)
            continue
        places: tuple[Span, ...] = ()
        support = Support.SUPPORTED
        if why is None:
            scopes = scope_of(pointer, spec, layout, facts)
            places, ambiguous = _places(layout.view, scopes, spec, claim)
            if not places and not claim.places:
                told = told_at(pointer, claim.value, layout, facts)
                places = told if _inside(told, scopes) else ()
            context = ""
            if spec.in_heading and spec.check is not None and scopes:
                context = contexts.get(scopes[0]) or contexts.setdefault(scopes[0], scopes[0].of(layout.view.folded))
            why, support = _verdict(pointer, spec, claim, places, context, layout, facts, draft)
            if why is None and ambiguous:
                result.flags.append(
                    Flag(
                        path=pointer,
                        code=FlagCode.AMBIGUOUS,
                        message="The value stands at several places; the first was taken.",
                    )
                )
            if why is not None and claim.judged and (place := _judged_at(pointer, spec, claim, layout, facts)):
                why, places, support = None, (place,), Support.UNCHECKED
                result.flags.append(unchecked_flag(pointer, claim.value))
        if why is not None:
            _withhold(result, pointer, claim.value, why)
            continue
        trace = traced.get(places)
        if trace is None:
            trace = traced[places] = _trace(layout.view, places)
        # A value that came without its place is kept as the letter prints it, not as the reader wrote it.
        value = trace.quote if spec.verbatim and not claim.places else claim.value
        result.values[pointer] = value
        result.evidence[pointer] = _evidence(layout.view, claim, value, trace, spec, support)
    return settled(result, holes=draft.has_holes)


def _refusal(spec: Field, claim: Claim) -> str | None:
    if spec.allowed is not None and claim.value not in spec.allowed:
        return "it is not on the field's closed list"
    if isinstance(claim.value, str) and not claim.value.strip():
        return "it is empty"
    return None


def _verdict(
    pointer: str,
    spec: Field,
    claim: Claim,
    places: tuple[Span, ...],
    context: str,
    layout: Layout,
    facts: Facts,
    draft: Draft,
) -> tuple[str | None, Support]:
    """Why the claim is refused, or None and how the place supports it."""
    view = layout.view
    if not places:
        return "its words are not where the letter would say it", Support.UNCHECKED
    if spec.verbatim and not _same(str(claim.value), " ".join([view.words(span) for span in places])):
        return "the words cited for it are other words", Support.CONTRADICTED
    support = Support.SUPPORTED
    if spec.check is not None:
        words = [view.folded[span.start : span.end] for span in places]
        support = supports(spec, claim.value, words, context)
        if support is Support.CONTRADICTED:
            return f"the words cited for it ({_shown(words)}) do not say that", support
    if not admits(pointer, claim.value, places, layout, facts, draft):
        return "the letter says something else there", Support.CONTRADICTED
    return None, support


def _ground_raw(result: Grounded, pointer: str, claim: Claim, raw: Span, text: str) -> None:
    """Verbatim words in page furniture: they have raw offsets, but no numbered line."""
    quote = raw.of(text)
    if not _same(str(claim.value), quote):
        _withhold(result, pointer, claim.value, "the words cited for it are other words")
        return
    result.values[pointer] = claim.value
    how = How.EXACT if quote == claim.value else How.NORMALIZED
    result.evidence[pointer] = Evidence(spans=((raw.start, raw.end),), quote=quote, how=how, support=Support.SUPPORTED)


def _same(value: str, words: str) -> bool:
    return value == words or key(value) == key(words)


def _shown(words: list[str]) -> str:
    shown = " … ".join(words)
    return repr(shown if len(shown) <= 80 else shown[:77] + "…")


def _withhold(result: Grounded, pointer: str, refused: Value, why: str) -> None:
    value = str(refused)
    shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    result.flags.append(Flag(path=pointer, code=FlagCode.WITHHELD, message=f"Withheld {shown!r}: {why}.", value=shown))


# --- places --------------------------------------------------------------------------------------------------------


def _places(view: View, scopes: list[Span], spec: Field, claim: Claim) -> tuple[tuple[Span, ...], bool]:
    """The places of a claim that lie in its scope and cut no word; and whether others would have done as well."""
    if claim.places:
        inside = _inside(claim.places, scopes)
        whole = not spec.whole_words or all(_bounded(view.folded, place) for place in claim.places)
        return (claim.places if inside and whole else ()), False
    cited = _cited(view, claim)
    for scope in scopes:
        if cited is not None and scope.overlaps(cited):
            within = Span(max(scope.start, cited.start), min(scope.end, cited.end))
            found = _find(view, within, spec, claim.value)
            if found:
                return (found[0],), False
    for scope in scopes:
        found = _find(view, scope, spec, claim.value)
        if found:
            return (found[0],), len(found) > 1 and not spec.in_heading
    return (), False


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


def _find(view: View, scope: Span, spec: Field, value: Value) -> list[Span]:
    """The places in `scope` that say the value, whole, at the boundaries of its words; at most two."""
    if isinstance(value, date):
        printed = (found for found in find_dates(view.folded, *scope) if value in (found.value, found.in_1900s()))
        dates = (Span(found.start, found.end) for found in printed)
        return [place for _, place in zip(range(2), dates, strict=False)]
    if spec.finder is not None:
        found = spec.finder(view.folded, scope, value)
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


def _judged_at(pointer: str, spec: Field, claim: Claim, layout: Layout, facts: Facts) -> Span | None:
    """The words on which a judgement rests that our vocabularies cannot check; None where it is no such case.

    A reason rests on the sentence that it cites, inside the rationale of its item. A kind or a drug rests on the
    heading, and only where rules found no kind, or no drug, there.
    """
    index = decision_index(pointer)
    if index is None or index >= len(layout.items) or _refusal(spec, claim) is not None:
        return None
    view, item, told = layout.view, layout.items[index], facts.items[index]
    if spec.name == "reasons":
        cited = _cited(view, claim)
        if cited is None or item.rationale is None or not item.rationale.overlaps(cited):
            return None
        sentences = prose_sentences(view, item.rationale)
        begun = [sentence for sentence in sentences if cited.start <= sentence.start < cited.end]
        return next(iter(begun or [sentence for sentence in sentences if sentence.overlaps(cited)]), None)
    if spec.name in ("category", "subcategory"):
        return item.heading if told.kind is None else None
    if spec.name in ("drug_name", "strength") and not told.drugs:
        return next(iter(_find(view, told.request.disputed, spec, claim.value)), None)
    return None


def unchecked_flag(pointer: str, value: Value) -> Flag:
    """The flag of a value that rests on a model's judgement."""
    return Flag(
        path=pointer,
        code=FlagCode.UNCHECKED,
        message=f"{value} is the model's judgement; no rule knows these words to say it.",
    )


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


def _evidence(view: View, claim: Claim, value: Value, trace: _Trace, spec: Field, support: Support) -> Evidence:
    if claim.derived or spec.derived:
        how = How.DERIVED
    else:
        shown = value if spec.verbatim else trace.quote
        printed = len(trace.spans) == 1 and view.raw_text[slice(*trace.spans[0])] == shown
        how = How.EXACT if printed else How.NORMALIZED
    evidence = trace.cited.get((how, support))
    if evidence is None:
        evidence = Evidence(spans=trace.spans, quote=trace.quote, how=how, support=support, lines=trace.lines)
        trace.cited[how, support] = evidence
    return evidence


# --- leaves that must agree with one another -----------------------------------------------------------------------

_REASON = re.compile(r"/decisions/(\d+)/reasons/\d+")


def settled(result: Grounded, *, holes: bool = False) -> Grounded:
    """Leaves that contradict one another withheld, and the gaps closed that withholding left (or `holes` says)."""
    _withhold_misfits(result)
    return _renumbered(result, holes=holes)


def _withhold_misfits(result: Grounded) -> None:
    """Reasons of the other outcome, reasons said twice, and a subcategory of another category."""
    said: set[tuple[str, Value]] = set()
    retracted: set[str] = set()
    for pointer in list(result.values):
        if "/reasons/" in pointer and (match := _REASON.fullmatch(pointer)):
            outcome = result.values.get(f"/decisions/{match.group(1)}/outcome")
            value = result.values[pointer]
            twice = (match.group(1), value) in said
            said.add((match.group(1), value))
            fits = outcome is None or Reason(str(value)) in REASONS[Outcome(str(outcome))]
            if twice or not fits:
                _retract(result, pointer, "it is said twice" if twice else f"it is no reason for {outcome}")
                retracted.add(pointer)
        elif pointer.endswith("/subcategory"):
            category = result.values.get(pointer.replace("/subcategory", "/category"))
            fits = (
                category is not None
                and Subcategory(str(result.values[pointer])) in SUBCATEGORIES[Category(str(category))]
            )
            if not fits:
                _retract(result, pointer, f"it is not of the category {category}")
                retracted.add(pointer)
    if retracted:
        result.flags = [
            flag for flag in result.flags if flag.code is not FlagCode.UNCHECKED or flag.path not in retracted
        ]


def _retract(result: Grounded, pointer: str, why: str) -> None:
    _withhold(result, pointer, result.values.pop(pointer), why)
    del result.evidence[pointer]


_LIST_ENTRY = re.compile(
    r"(.*/(?:licensed_states|specialties|subspecialties|diagnoses|records_reviewed|service_dates|body_parts|drugs|citations|sections|reasons))/(\d+)(.*)"
)


def _renumbered(result: Grounded, *, holes: bool) -> Grounded:
    """Close the gaps that withheld entries left in lists, so that pointers and lists agree.

    Entries that keep a leaf keep their place in the order; flags keep the pointer under which the value was claimed.
    """
    if not holes and not any(flag.code is FlagCode.WITHHELD for flag in result.flags):
        return result
    positions: dict[str, dict[str, str]] = {}

    def moved(pointer: str) -> str:
        match = _LIST_ENTRY.fullmatch(pointer)
        if match is None:
            return pointer
        parent = moved(match.group(1))
        known = positions.setdefault(parent, {})
        position = known.setdefault(match.group(2), str(len(known)))
        return f"{parent}/{position}{match.group(3)}"

    return Grounded(
        values={moved(pointer): value for pointer, value in result.values.items()},
        evidence={moved(pointer): evidence for pointer, evidence in result.evidence.items()},
        flags=[
            flag.model_copy(update={"path": moved(flag.path)}) if flag.code is FlagCode.UNCHECKED else flag
            for flag in result.flags
        ],
        claimed_at={at: pointer for pointer in result.values if (at := moved(pointer)) != pointer},
    )
