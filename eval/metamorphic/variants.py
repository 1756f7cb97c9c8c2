"""A letter as it was, the variants that a relation makes of it, and the check that nothing else has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval.metamorphic.differences import Tidy, differences, words
from eval.scoring.pointers import Json
from eval.scoring.spans import Spans, touches


@dataclass(frozen=True)
class Original:
    """A letter as it was, and the record that the reader made of it."""

    name: str
    text: str
    record: Json

    @property
    def determination(self) -> Json:
        """Its determination, as JSON."""
        return self.record["determination"]

    @property
    def decisions(self) -> Sequence[Json]:
        """Its decisions."""
        return self.determination.get("decisions") or ()

    def spans(self, pointer: str) -> Spans:
        """Find where the record says that a value stands; nothing where it does not say."""
        entry = (self.record.get("evidence") or {}).get(pointer)
        if not entry:
            value = self.determination
            for step in pointer.split("/")[1:]:
                value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
            entry = value if isinstance(value, dict) else None
        spans = (entry or {}).get("spans") or ()
        return [(int(start), int(end)) for start, end in spans if 0 <= start < end <= len(self.text)]

    def within(self, spans: Spans) -> set[str]:
        """Name the values that stand inside some part of the letter, and so may go with it."""
        return {pointer for pointer in self.record.get("evidence") or {} if touches(self.spans(pointer), spans)}


Expectation = Callable[[Json], str]
"""Takes the record of the variant; returns what is wrong with it, an empty text where the relation holds."""


@dataclass(frozen=True)
class Rewriting:
    """A rewritten letter and what its record must be."""

    where: str
    text: str
    check: Expectation


@dataclass(frozen=True)
class Relation:
    """A way to rewrite letters, with what must follow."""

    name: str
    must: str
    variants: Callable[[Original], Iterable[Rewriting]]


def unchanged(original: Original, record: Json, tidy: Tidy = words, free: Iterable[str] = ()) -> str:
    """Say what differs, outside the pointers that are free to."""
    may = tuple(free)
    return _one_line(
        (pointer, how)
        for pointer, how in differences(original.determination, record["determination"], tidy)
        if not any(pointer == one or pointer.startswith(one + "/") for one in may)
    )


def _one_line(found: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{pointer or '(all)'}: {how}" for pointer, how in found)


def item_blocks(original: Original) -> list[tuple[int, int]]:
    """Cut the items out of a letter that prints each with its own rationale; nothing where it does not."""
    heads = [original.spans(f"/decisions/{index}/heading") for index in range(len(original.decisions))]
    tails = [original.spans(f"/decisions/{index}/rationale") for index in range(len(original.decisions))]
    if not heads or not all(heads) or not tails[-1]:
        return []
    starts = [original.text.rfind("\n", 0, spans[0][0]) + 1 for spans in heads]
    end = original.text.find("\n", tails[-1][-1][1])
    edges = [*starts, len(original.text) if end < 0 else end + 1]
    for (start, stop), spans in zip(pairwise(edges), tails, strict=True):
        if start >= stop or any(not start <= left < right <= stop for left, right in spans):
            return []
    return list(pairwise(edges))
