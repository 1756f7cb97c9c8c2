"""The draft: a determination as a reader said it, each value with the place in the letter that it cites.

A draft is flat: place in the determination → claim. Rules and models fill the same shape, and grounding decides claim
by claim what is accepted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from extractor.fields import BY_PATTERN, Field
from extractor.grounding.places import INDEX, Entry, Place
from extractor.text.literals import Value
from extractor.text.spans import Span


class Claim(NamedTuple):
    """A value and where the reader says that it stands."""

    value: Value
    places: tuple[Span, ...] = ()
    """View spans of the words it rests on, in order; several where they stand apart."""
    derived: bool = False
    """Computed from the words at `places`, not printed there."""
    raw: Span | None = None
    """Raw span, for what stands in page furniture, where the view does not reach."""
    lines: tuple[int, int] | None = None
    """First and last numbered line that the reader cites, where it gives no places; 1-based."""
    judged: bool = False
    """A judgement, a model's or a classifier's, on the cited words; they alone may not prove it."""
    sure: float | None = None
    """How likely the reader itself holds it to be right, in [0, 1], where that was measured."""


@dataclass(slots=True)
class Draft:
    """What a reader said of one letter."""

    decisions: int
    """How many decisions the record will have."""
    claims: dict[Place, Claim] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()
    """Disputed items of the layout that the reader did not return."""
    made_up: int = 0
    """Items that the reader returned where the layout has none."""
    full: tuple[str, ...] = ()
    """JSON pointers of lists that are as long as the reader's form allows: there may be more."""
    _entries: defaultdict[tuple[str, int | None, Entry | None], list[Entry]] = field(
        default_factory=lambda: defaultdict(list), repr=False
    )

    def entry(self, of: Field, decision: int | None = None, inside: Entry | None = None) -> Entry:
        """A new entry of the list that a field stands in; with `inside`, of the list in that entry."""
        entries = self._entries[of.lists[0 if inside is None else 1], decision, inside]
        entries.append(Entry(len(entries)))
        return entries[-1]

    def say(self, place: Place, value: Value | None, *words: Span, derived: bool = False) -> None:
        """Add a claim; None and empty text say nothing."""
        if value is None or value == "":
            return
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self.claims[place] = Claim(value, words, derived)

    def add(self, of: Field, value: Value, *words: Span, decision: int | None = None, derived: bool = False) -> None:
        """Add an entry to a list of scalars."""
        self.say(Place(of, decision, self.entry(of, decision)), value, *words, derived=derived)

    def cite(self, place: Place, value: Value | None, first: int, last: int, *, judged: bool = False) -> None:
        """Add a claim that cites numbered lines; None and empty text say nothing."""
        if value is None or value == "":
            return
        self.claims[place] = Claim(value, lines=(min(first, last), max(first, last)), judged=judged)

    def judge(self, place: Place, value: Value | None) -> None:
        """Add a claim that is a judgement, without a place."""
        self.say(place, value)
        if place in self.claims:
            self.claims[place] = self.claims[place]._replace(judged=True)

    def weigh(self, of: Field, value: Value, words: Span, *, decision: int, sure: float) -> None:
        """Add an entry to a list of scalars that is a judgement on `words`, right with the probability `sure`."""
        place = Place(of, decision, self.entry(of, decision))
        self.claims[place] = Claim(value, (words,), derived=True, judged=True, sure=sure)

    def at(self, pointer: str) -> Place:
        """The place that a JSON pointer names, with entries counted as they were said; new ones are made.

        Raises:
            KeyError: the determination has no such field.

        """
        field = BY_PATTERN[INDEX.sub("/*", pointer)]
        numbers = [int(number) for number in INDEX.findall(pointer)]
        decision = numbers.pop(0) if field.of_decision else None
        entry = part = None
        for depth, number in enumerate(numbers):
            entries = self._entries[field.lists[depth], decision, entry]
            while len(entries) <= number:
                entries.append(Entry(len(entries)))
            if depth:
                part = entries[number]
            else:
                entry = entries[number]
        return Place(field, decision, entry, part)
