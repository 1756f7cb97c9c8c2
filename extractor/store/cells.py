"""Cells: what the columns of a determination hold, as the table of fields says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from extractor.fields import FIELDS, Field, ValueType
from extractor.records.determination import Determination

CellValue = str | int | float | None
Row = tuple[CellValue, ...]

LIST_SEPARATOR = "; "
"""Between the entries of a list in one cell (states, specialties, dates of service, sections)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column, and how the object whose row it is in fills it."""

    column: str
    of: Callable[[Any], CellValue]


@dataclass(frozen=True, slots=True)
class Entries:
    """A list of the determination, and the rows that its entries are."""

    steps: tuple[str, ...]
    """Names that lead to it from its decision, or from the determination."""
    in_decision: bool
    side: str | None
    """Of citations: whose they are."""
    cells: tuple[Cell, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, those that say which entry it is first."""
        which = ("decision_number",) * self.in_decision + ("side",) * (self.side is not None)
        return (*which, "position", *(cell.column for cell in self.cells))

    def rows(self, determination: Determination) -> Iterator[Row]:
        """One row an entry, in printed order."""
        if not self.in_decision:
            yield from self._rows((), determination)
            return
        for number, decision in enumerate(determination.decisions, start=1):
            yield from self._rows((number,) if self.side is None else (number, self.side), decision)

    def _rows(self, which: Row, owner: Any) -> Iterator[Row]:
        for name in self.steps:
            if owner is None:
                return
            owner = getattr(owner, name)
        for position, entry in enumerate(owner):
            yield (*which, position, *[cell.of(entry) for cell in self.cells])


def cells(table: str) -> tuple[Cell, ...]:
    """The columns of `determinations` or `decisions` that the table itself holds, filled from such an object."""
    return tuple(
        Cell(field.column.name, _reader(field, _inside(field.pattern)))
        for field in FIELDS
        if field.column is not None and field.column.table == table and field.column.stored
    )


def lists_by_table() -> dict[str, list[Entries]]:
    """Table → the lists whose entries are its rows; citations are two lists, one of each side."""
    by_list: dict[str, list[Field]] = {}
    for field in FIELDS:
        if field.column is not None and field.column.table not in ("determinations", "decisions"):
            by_list.setdefault(field.lists[0], []).append(field)
    tables = [fields[0].column.table for fields in by_list.values() if fields[0].column is not None]
    found: dict[str, list[Entries]] = {table: [] for table in tables}
    for table, (pattern, fields) in zip(tables, by_list.items(), strict=True):
        steps = _inside(pattern)
        entries = Entries(
            steps=steps,
            in_decision=fields[0].of_decision,
            side=steps[0].removesuffix("_basis") if tables.count(table) > 1 else None,
            cells=tuple(
                Cell(field.column.name, _reader(field, _steps(field.pattern.removeprefix(f"{pattern}/*"))))
                for field in fields
                if field.column is not None
            ),
        )
        found[table].append(entries)
    return found


def _inside(pattern: str) -> tuple[str, ...]:
    return _steps(pattern.removeprefix("/decisions/*"))


def _steps(pattern: str) -> tuple[str, ...]:
    return tuple(step for step in pattern.split("/") if step)


def _reader(field: Field, steps: tuple[str, ...]) -> Callable[[Any], CellValue]:
    """What reads the field out of the object at which `steps` begin; a list of scalars becomes one cell."""
    names = tuple(step for step in steps if step != "*")
    is_date = field.kind is ValueType.DATE

    def scalar(value: Any) -> CellValue:
        return value.isoformat() if is_date and value is not None else value  # type: ignore[no-any-return]

    def joined(values: Iterable[Any]) -> CellValue:
        return LIST_SEPARATOR.join([str(scalar(value)) for value in values]) or None

    finish: Callable[[Any], CellValue] = joined if "*" in steps else scalar

    def read(owner: Any) -> CellValue:
        for name in names:
            if owner is None:
                return None
            owner = getattr(owner, name)
        return finish(owner)

    return read
