"""Places: where in a determination a value belongs, as a type; JSON pointers are made from them at the very end.

A place is a field, the decision it is of, and, in a list, the entry. Entries are objects and not numbers, so that one
may be withheld, or two readers' lists be joined, without the others changing their names. `pointers` counts them, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from extractor.fields import Field


class Entry:
    """One entry of a list. Two are the same only if they are one object."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        """`number` is its position among the entries that its reader said, from 0."""
        self.number = number


class Place(NamedTuple):
    """Where a value belongs: `Place(OUTCOME, 0)`, `Place(DRUG_NAME, 2, entry)`."""

    field: Field
    decision: int | None = None
    """Position of the decision, from 0; None outside of decisions."""
    entry: Entry | None = None
    """In a list (drugs, citations …): which of its entries."""
    part: Entry | None = None
    """In a list inside an entry (the sections of a citation): which of those."""

    def beside(self, field: Field) -> Place:
        """Another field of the same entry, or of the same decision."""
        return Place(field, self.decision, self.entry)

    @property
    def list_pointer(self) -> str:
        """JSON pointer of the list that it stands in, or of the value itself."""
        path = self.field.lists[0] if self.field.lists else self.field.pattern
        return path if self.decision is None else path.replace("*", str(self.decision), 1)

    @property
    def said_at(self) -> str:
        """JSON pointer, with entries counted as their reader said them."""
        return _filled(self.field.pattern, _numbers(self))


def _numbers(place: Place) -> list[int]:
    found = [] if place.decision is None else [place.decision]
    return found + [entry.number for entry in (place.entry, place.part) if entry is not None]


def _filled(pattern: str, numbers: list[int]) -> str:
    for number in numbers:
        pattern = pattern.replace("*", str(number), 1)
    return pattern


def pointers(places: Iterable[Place]) -> dict[Place, str]:
    """JSON pointer of each place, the entries of every list counted from 0 in the order in which they come.

    >>> from extractor.fields import DRUG_NAME
    >>> kept = [Place(DRUG_NAME, 0, Entry(number)) for number in (1, 4)]  # others were withheld
    >>> list(pointers(kept).values())
    ['/decisions/0/drugs/0/name', '/decisions/0/drugs/1/name']
    """
    counts: dict[tuple[str, int | None, Entry | None], dict[Entry, int]] = {}
    found: dict[Place, str] = {}
    for place in places:
        field, decision, entry, part = place
        numbers = [] if decision is None else [decision]
        if entry is not None:
            known = counts.setdefault((field.lists[0], decision, None), {})
            numbers.append(known.setdefault(entry, len(known)))
        if part is not None:
            known = counts.setdefault((field.lists[1], decision, entry), {})
            numbers.append(known.setdefault(part, len(known)))
        found[place] = _filled(field.pattern, numbers) if numbers else field.pattern
    return found


INDEX = re.compile(r"/(\d+)(?=/|$)")
"""A position in a JSON pointer."""
