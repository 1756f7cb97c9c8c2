"""What letters of a layout nearly always state and one record lacks: a missing value is worth a doubt, too.

`data/usual.toml` counts, of labelled letters, how many of each layout state a field. A layout of few letters borrows
from all layouts together, whose share counts for `_PRIOR_WEIGHT` letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from extractor import fields
from extractor.fields import Field
from extractor.records.determination import Determination
from extractor.records.record import Flag, FlagCode
from extractor.vocabulary import wordlists

COUNTED = (
    *(fields.CASE_NUMBER, fields.PRIORITY, fields.DATE_OF_INJURY, fields.UR_DENIAL_DATE, fields.APPLICATION_RECEIVED),
    *(fields.DATE_ASSIGNED, fields.DECISION_DATE, fields.AGE, fields.SEX, fields.DIAGNOSES),
    *(fields.SPECIALTIES, fields.LICENSED_STATES, fields.REASONS),
)
"""What a letter states once, or once a decision, whatever was disputed. The mechanism of injury is not among them: made
letters nearly always tell it, and of the real ones most do not."""
_PRIOR_WEIGHT = 4.0
"""Letters."""
_USUAL = 0.9
"""Share of letters from which on a field is missed."""


def stated(determination: Determination, field: Field) -> Iterator[tuple[str, bool]]:
    """Pointer of each place that a counted field has in a determination, and whether something stands there."""
    if field.of_decision:
        for index, decision in enumerate(determination.decisions):
            yield f"/decisions/{index}/{field.leaf}", bool(getattr(decision, field.leaf))
        return
    value: object = determination
    pointer = field.pattern.removesuffix("/*")
    for name in pointer[1:].split("/"):
        value = getattr(value, name, None)
    yield pointer, bool(value)


def missed(determination: Determination, layout: str, flags: Sequence[Flag]) -> Iterator[Flag]:
    """Flags for what letters of a layout nearly always state and this determination lacks.

    Args:
        determination: what was read.
        layout: name of the letter's variant.
        flags: what is told already; a place that has a flag gets no second one.

    """
    told = {above for flag in flags for above in _and_above(flag.path)}
    for field in COUNTED:
        if _share(layout, field.pattern) < _USUAL:
            continue
        for pointer, is_stated in stated(determination, field):
            if not is_stated and pointer not in told:
                message = f"No {field.label} was read, and nearly all letters of this layout give one."
                yield Flag(path=pointer, code=FlagCode.MISSING_FIELD, message=message)


def _and_above(pointer: str) -> Iterator[str]:
    """A pointer, and those of what it stands in."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


@cache
def _share(layout: str, pattern: str) -> float:
    """Estimated share of letters of a layout that state a field."""
    table = _table()
    every = [counts[pattern] for counts in table.values() if pattern in counts]
    overall = (sum(count for count, _ in every) + 1) / (sum(of for _, of in every) + 2)
    count, of = table.get(layout, {}).get(pattern, (0, 0))
    return (count + _PRIOR_WEIGHT * overall) / (of + _PRIOR_WEIGHT)


@cache
def _table() -> Mapping[str, Mapping[str, tuple[int, int]]]:
    return {
        layout: {pattern: (count, of) for pattern, (count, of) in counts.items()}
        for layout, counts in wordlists.load("usual").items()
    }
