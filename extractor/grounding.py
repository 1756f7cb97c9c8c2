"""Grounding: place every value in the letter, then check that the place supports it.

A span that exists proves nothing. After a value is placed, the words at the place are parsed by the type of the field:
the date must be that date, the number that number, the outcome word must be there and not negated, a closed-list value
must be licensed by words that mean it. What cannot be placed, or is contradicted by its place, is withheld and flagged.
No fuzzy match decides anything here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from extractor.drafts import Claim, Draft, Value
from extractor.layout import Layout
from extractor.literals import find_dates
from extractor.normalize import View, collapse, fold
from extractor.records import Evidence, Flag, FlagCode, How, Support
from extractor.spans import Span
from extractor.support import Field, field_of, supports

_HYPHEN_BREAK = re.compile(r"(?<=\w)- (?=\w)")
_LONGEST_SHOWN = 200


@dataclass(slots=True)
class Grounded:
    """What was accepted, on what evidence, and what was not."""

    values: dict[str, Value] = field(default_factory=dict)
    """JSON pointer → accepted value."""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)


def ground(draft: Draft, layout: Layout) -> Grounded:
    """Accept or withhold each claim of a draft. Linear in the number of claims; each look-up stays in one scope."""
    result = Grounded()
    for pointer, claim in draft.claims.items():
        spec = field_of(pointer)
        places = claim.places or _place(layout, pointer, spec, claim)
        if not places:
            _withhold(result, pointer, claim, "its words are not in the letter")
            continue
        words = [layout.view.folded[span.start : span.end] for span in places]
        context = _context(layout, pointer, spec, places)
        if spec.verbatim and _key(str(claim.value)) != _key(" ".join(layout.view.words(span) for span in places)):
            _withhold(result, pointer, claim, "the words cited for it are other words")
            continue
        support = supports(spec, claim.value, words, context)
        if support is Support.CONTRADICTED:
            _withhold(result, pointer, claim, f"the words cited for it ({_shown(words)}) do not say that")
            continue
        result.values[pointer] = claim.value
        result.evidence[pointer] = _evidence(layout.view, claim, places, spec, support)
    return result


def _key(text: str) -> str:
    """Equal for texts that differ in blanks, line-end hyphens, case or typography only."""
    return _HYPHEN_BREAK.sub("-", fold(collapse(text)))


def _shown(words: list[str]) -> str:
    shown = " … ".join(words)
    return repr(shown if len(shown) <= 80 else shown[:77] + "…")


def _withhold(result: Grounded, pointer: str, claim: Claim, why: str) -> None:
    value = str(claim.value)
    shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    result.flags.append(
        Flag(path=pointer, code=FlagCode.WITHHELD, message=f"Withheld {shown!r}: {why}.", value=shown)
    )


def _evidence(view: View, claim: Claim, places: tuple[Span, ...], spec: Field, support: Support) -> Evidence:
    spans = tuple(raw for place in places for raw in view.raw_spans(place))
    quote = " ".join(view.words(place) for place in places)
    if claim.derived or spec.derived:
        how = How.DERIVED
    elif spec.verbatim:
        printed = len(spans) == 1 and spans[0].of(view.raw_text) == claim.value
        how = How.EXACT if printed else How.NORMALIZED
    else:
        printed = len(spans) == 1 and spans[0].of(view.raw_text) == quote
        how = How.EXACT if printed else How.NORMALIZED
    lines = (view.line_number(places[0].start), view.line_number(max(places[-1].start, places[-1].end - 1)))
    return Evidence.model_construct(
        spans=tuple((span.start, span.end) for span in spans), quote=quote, how=how, support=support, lines=lines
    )


def _context(layout: Layout, pointer: str, spec: Field, places: tuple[Span, ...]) -> str:
    """The folded words around the place that the support check may read: the item's heading, or one place's sentence."""
    if not spec.in_heading:
        return ""
    index = _decision_index(pointer)
    if index is None or index >= len(layout.items):
        return layout.view.folded[places[0].start : places[-1].end]
    heading = layout.items[index].heading
    return layout.view.folded[heading.start : heading.end]


def _decision_index(pointer: str) -> int | None:
    parts = pointer.split("/", 3)
    return int(parts[2]) if len(parts) > 2 and parts[1] == "decisions" and parts[2].isdigit() else None


# --- placing values that came without a place ----------------------------------------------------------------------


def _place(layout: Layout, pointer: str, spec: Field, claim: Claim) -> tuple[Span, ...]:
    """Look for the value inside the cited lines, then its item's window, then its section, then the letter."""
    view = layout.view
    for scope in _scopes(layout, pointer, spec, claim):
        span = _find(view, scope, spec, claim.value)
        if span is not None:
            return (span,)
    return ()


def _scopes(layout: Layout, pointer: str, spec: Field, claim: Claim) -> list[Span]:
    view = layout.view
    scopes: list[Span] = []
    if claim.lines is not None:
        first, last = (min(max(1, number), len(view.line_starts)) for number in claim.lines)
        if view.line_starts and first <= last:
            scopes.append(Span(view.line_span(first).start, view.line_span(last).end))
    index = _decision_index(pointer)
    if index is not None:
        if index >= len(layout.items):
            return []
        item = layout.items[index]
        # The outcome stands at its heading and nowhere else; what is in the heading is looked for there.
        if spec.name == "outcome":
            return [item.outcome_span]
        return [*scopes, item.heading] if spec.in_heading else [*scopes, item.window]
    if spec.section == "summary":
        return [*scopes, *([layout.summary] if layout.summary else []), Span(0, len(view.flat))]
    if spec.section == "reviewer":
        return [*scopes, *([layout.reviewer] if layout.reviewer else [])]
    return [*scopes, layout.header, *([layout.summary] if layout.summary else [])]


def _find(view: View, scope: Span, spec: Field, value: Value) -> Span | None:
    """The first place in `scope` that says the value, whole, at the boundaries of its words."""
    if isinstance(value, date):
        for printed in find_dates(view.folded, *scope):
            if printed.value == value:
                return Span(printed.start, printed.end)
        return None
    if spec.finder is not None:
        found = spec.finder(view.folded, scope, value)
        if found is not None:
            return found
        return None
    words = re.escape(_key(str(value))).replace(r"\ ", r"\ ").replace(r"\-", r"-\ ?")
    pattern = re.compile(rf"(?<![\w.]){words}(?!\w|[.,]\d)" if str(value)[:1].isalnum() else words)
    match = pattern.search(view.folded, *scope)
    return Span(*match.span()) if match else None

