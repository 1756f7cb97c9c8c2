"""What is counted of a letter: its columns, and the counts in them.

A column is a mark of a field: how many of a letter's outcomes matched, how many guidelines are missing. Every column
there can be is in `COLUMNS`; one that is misspelt cannot be made, written or read, so it never passes for a zero.

>>> counts = Counts()
>>> counts.add(leaf("decisions.outcome", Mark.MATCH), 3)
>>> counts[leaf("decisions.outcome", Mark.MATCH)], counts[leaf("decisions.outcome", Mark.MISSING)]
(3, 0)
>>> leaf("decisions.outcom", Mark.MATCH)
Traceback (most recent call last):
    ...
ValueError: nothing is counted as 'decisions.outcom match'
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from eval.scoring.fields import DETERMINATION, item_fields, leaf_fields
from eval.scoring.grounding import Grounding
from eval.scoring.marks import Mark

FIELDS: tuple[str, ...] = tuple(name for name, _ in leaf_fields(DETERMINATION))
"""Every leaf field, dotted, in the order of the table."""
ITEMS: tuple[str, ...] = tuple(item_fields(DETERMINATION))
"""Every field that is a list of items: `decisions`, `decisions.drugs` and so on."""
ERROR_MARKS = (Mark.MISMATCH, Mark.MISSING, Mark.SPURIOUS)
"""The marks that are errors."""


class MarkColumn(NamedTuple):
    """One thing that is counted; made by `leaf` and `item`, or one of the constants below."""

    of: str
    """A field (`decisions.outcome`), the pairing of a list (`items decisions`), or `rare`, `grounding`, `letters` …"""
    mark: str = ""
    """`match`, `mismatch`, `missing`, `spurious`, `absent`; for `rare` and `grounding` words of their own."""

    def __str__(self) -> str:
        """Name the column as run files do: `decisions.outcome match`."""
        return f"{self.of} {self.mark}" if self.mark else self.of


def pairing_of(field: str) -> str:
    """Name what is measured of a list of items itself, apart from the fields of its items: `items decisions`."""
    return f"items {field}"


def subject_of(field: str) -> str:
    """Name what a field is measured as: itself, or for a list of items its pairing."""
    return pairing_of(field) if field in ITEMS else field


RARE_HIT, RARE_MISSED, RARE_FALSE = (MarkColumn("rare", mark) for mark in ("hit", "missed", "false"))
"""Of the rare class: items that are of it and said to be; that are and were not; that were and are not."""
GROUNDING: dict[str, MarkColumn] = {name: MarkColumn("grounding", name) for name in Grounding._fields}
DOCUMENTS = MarkColumn("documents")
FAILURES = MarkColumn("failures")
"""Documents that ended without a record."""
LETTERS = MarkColumn("letters")
"""Documents that are determinations: only these can be exact records."""
EXACT = MarkColumn("exact")
"""Letters without an error on any critical field."""

_LEAVES = {field: tuple(MarkColumn(field, mark.name.lower()) for mark in Mark) for field in FIELDS}
_ITEMS = {
    field: {
        mark: MarkColumn(pairing_of(field), mark.name.lower()) for mark in (Mark.MATCH, Mark.MISSING, Mark.SPURIOUS)
    }
    for field in ITEMS
}

COLUMNS: tuple[MarkColumn, ...] = (
    *(column for columns in _LEAVES.values() for column in columns),
    *(column for columns in _ITEMS.values() for column in columns.values()),
    *(RARE_HIT, RARE_MISSED, RARE_FALSE),
    *GROUNDING.values(),
    *(DOCUMENTS, FAILURES, EXACT, LETTERS),
)
"""Every column, in the order of the matrix of counts."""
POSITION: dict[MarkColumn, int] = {column: position for position, column in enumerate(COLUMNS)}
_BY_NAME: dict[str, MarkColumn] = {str(column): column for column in COLUMNS}


def _unknown(name: object) -> ValueError:
    return ValueError(f"nothing is counted as {str(name)!r}")


def leaf(field: str, mark: Mark) -> MarkColumn:
    """Find the column of a leaf field and a mark.

    Raises:
        ValueError: there is no such leaf field.

    """
    try:
        return _LEAVES[field][mark]
    except KeyError:
        raise _unknown(f"{field} {mark.name.lower()}") from None


def item(field: str, mark: Mark) -> MarkColumn:
    """Find the column of a list of items and a mark: MATCH counts pairs, MISSING and SPURIOUS items without a partner.

    Raises:
        ValueError: there is no such list, or items have no such mark.

    """
    try:
        return _ITEMS[field][mark]
    except KeyError:
        raise _unknown(f"{pairing_of(field)} {mark.name.lower()}") from None


class Counts:
    """How often each column was counted; one that never was reads 0. In JSON an object without the zeros."""

    __slots__ = ("_counts",)

    def __init__(self, counts: Mapping[MarkColumn, int] | None = None) -> None:
        self._counts: dict[MarkColumn, int] = {}
        for column, count in (counts or {}).items():
            self.add(column, count)

    def add(self, column: MarkColumn, count: int = 1) -> None:
        """Count `count` more."""
        found = self._counts.get(column)
        self._counts[column] = (self[column] if found is None else found) + count

    def __getitem__(self, column: MarkColumn) -> int:
        found = self._counts.get(column)
        if found is None:
            if column not in POSITION:
                raise _unknown(column)
            return 0
        return found

    def items(self) -> ItemsView[MarkColumn, int]:
        """List the columns that were counted, with their counts."""
        return self._counts.items()

    def sum(self, columns: Iterable[MarkColumn]) -> int:
        """Add up several columns."""
        return sum(self[column] for column in columns)

    def errors(self, field: str) -> int:
        """Count the errors on a field; of a list of items, the items without a partner."""
        if field in _ITEMS:
            return self[item(field, Mark.MISSING)] + self[item(field, Mark.SPURIOUS)]
        return self.sum(leaf(field, mark) for mark in ERROR_MARKS)

    def all_errors(self) -> int:
        """Count the leaves that are wrong, missing or spurious."""
        return sum(self.errors(field) for field in FIELDS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # counts grow

    def __repr__(self) -> str:
        return f"Counts({self.by_name()})"

    def by_name(self) -> dict[str, int]:
        """Give the counts as run files hold them: `{"decisions.outcome match": 3}`."""
        return {str(column): count for column, count in self._counts.items()}

    @classmethod
    def from_names(cls, named: Mapping[str, int]) -> Counts:
        """Take up the counts of a run file.

        Raises:
            ValueError: a name is none of a column.

        """
        for name in named:
            if name not in _BY_NAME:
                raise _unknown(name)
        return cls({_BY_NAME[name]: count for name, count in named.items()})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        named = core_schema.no_info_after_validator_function(cls.from_names, handler(dict[str, int]))
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), named],
            serialization=core_schema.plain_serializer_function_ser_schema(cls.by_name),
        )
