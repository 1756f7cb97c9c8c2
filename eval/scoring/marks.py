"""What scoring gives: a mark for every leaf and item of a letter.

| gold | predicted | mark |
|---|---|---|
| absent | absent | ABSENT |
| v | absent | MISSING |
| absent | v | SPURIOUS |
| v | v', equal | MATCH |
| v | v', not equal | MISMATCH |

"Gold" is what the reference says, "predicted" what the reader said, `v` a value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from eval.scoring.pointers import Json


class Mark(IntEnum):
    """How one leaf (or one item of a list) came out; the table above."""

    MATCH = 0
    MISMATCH = 1
    MISSING = 2
    SPURIOUS = 3
    ABSENT = 4


class LeafRow(NamedTuple):
    """One leaf with its mark."""

    field: str
    """Dotted, without list positions."""
    mark: Mark
    gold_at: str | None
    """JSON pointer into the reference determination; None where it has no such place."""
    predicted_at: str | None
    gold: Json
    predicted: Json


class ItemRow(NamedTuple):
    """One item of a list with its mark: MATCH where it has a partner, else MISSING (gold) or SPURIOUS (predicted)."""

    field: str
    mark: Mark
    gold_at: str | None
    predicted_at: str | None
    note: str = ""
    """`merged`, `split` or `duplicate`, and with which item."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document ended without a record."""

    kind: str
    """Stable word: the failure class of a DocumentError, else the exception's name."""
    message: str


@dataclass(slots=True)
class Score:
    """The marks of one letter: `rows` of its leaves, `items` of its lists of objects."""

    rows: list[LeafRow] = field(default_factory=list)
    items: list[ItemRow] = field(default_factory=list)
    failure: Failure | None = None

    def count(self, mark: Mark, of: str | None = None) -> int:
        """How many leaves ended as `mark` (of one field, or in all)."""
        return sum(row.mark is mark and (of is None or row.field == of) for row in self.rows)

    @property
    def f1(self) -> float | None:
        """2·MATCH / (2·MATCH + 2·MISMATCH + MISSING + SPURIOUS) over all leaves; None where there is none."""
        counts = Counter(row.mark for row in self.rows)
        doubled = 2 * counts[Mark.MATCH]
        total = doubled + 2 * counts[Mark.MISMATCH] + counts[Mark.MISSING] + counts[Mark.SPURIOUS]
        return doubled / total if total else None

    @property
    def cost(self) -> int:
        """Errors as the F1 weighs them, items included. Of several right answers, the one that costs least counts."""
        weight = (0, 2, 1, 1, 0)
        return sum(weight[row.mark] for row in self.rows) + sum(weight[row.mark] for row in self.items)
