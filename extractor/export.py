"""Flat tables for analysts: one file a table, with stable, documented columns, as CSV, JSON lines or Parquet.

Every table starts with `document_sha256` and has one row per determination, decision, citation …; join them on
`document_sha256` and `decision_number`. Only the current record of a document is exported, only values that the
letter supports; what was withheld stands in `flags`. Rows are ordered by document, so equal databases give equal files.

Cells: dates are ISO (`date` in Parquet), booleans `true`/`false`, absent values empty (null), lists joined by "; ".
In CSV, a text that begins with `=`, `+`, `-`, `@`, tab or carriage return gets an apostrophe in front, because
spreadsheets would run it as a formula; numbers are left alone. JSON lines and Parquet hold the text unchanged.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from extractor.errors import ConfigurationError, RecordDamaged
from extractor.fields import CASE_NUMBER, FIELDS, ValueType
from extractor.store import Store


class Format(StrEnum):
    """What `export` can write; the value is the files' ending, too."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of an export: its name, its type and what it means."""

    name: str
    kind: ValueType
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One exported table; its rows come from the view `current_<name>`."""

    name: str
    order: tuple[str, ...]
    columns: tuple[ExportColumn, ...]


_T, _I, _N, _B, _D = ValueType.TEXT, ValueType.INTEGER, ValueType.NUMBER, ValueType.BOOLEAN, ValueType.DATE
_DOCUMENT = ExportColumn("document_sha256", _T, "SHA-256 of the letter's bytes: joins the tables")
_CASE = ExportColumn("case_number", _T, CASE_NUMBER.meaning)
_NUMBER = ExportColumn("decision_number", _I, "The decision within the letter, from 1, in printed order")
_POSITION = ExportColumn("position", _I, "Place in the printed order, from 0")


def _table(name: str, order: tuple[str, ...], *columns: ExportColumn) -> Table:
    return Table(name, ("document_sha256", *order), (_DOCUMENT, *columns))


_IN_ONE_ROW = ("determinations", "decisions")
"""Tables in which a list is one cell; of the others its entries are the rows."""


def _fields(table: str) -> list[ExportColumn]:
    """The columns of a table that hold fields of the determination, each once."""
    found: dict[str, ExportColumn] = {}
    for field in FIELDS:
        if field.column is not None and field.column.table == table:
            depth = len(field.lists) - (table not in _IN_ONE_ROW)
            kind = _T if depth else field.kind
            found.setdefault(field.column.name, ExportColumn(field.column.name, kind, field.meaning))
    return list(found.values())


def _of_decisions(table: str, *more: ExportColumn) -> Table:
    return _table(table, ("decision_number", "position"), _CASE, _NUMBER, _POSITION, *_fields(table), *more)


_HEADER = _fields("determinations")
TABLES: tuple[Table, ...] = (
    _table(
        "determinations",
        (),
        ExportColumn("name", _T, "Name of the file it was read from"),
        _HEADER[0],
        ExportColumn("case_key", _T, "The case number in one form, whatever hyphen or case it is printed in (derived)"),
        ExportColumn("layout", _T, "Layout variant of the letter"),
        *_HEADER[1:],
        ExportColumn("decisions", _I, "Decisions in the letter"),
        ExportColumn("upheld", _I, "Decisions upheld"),
        ExportColumn("overturned", _I, "Decisions overturned"),
        ExportColumn("overall_outcome", _T, "upheld, overturned or mixed (derived)"),
        ExportColumn("days_in_review", _I, "Days from the application to the decision (derived)"),
        ExportColumn("days_from_denial_to_decision", _I, "Days from the denial to the decision (derived)"),
        ExportColumn("flags", _I, "Flags on the record"),
        ExportColumn("withheld", _I, "Values withheld because the letter does not support them"),
        ExportColumn("media_type", _T, "Type of the document"),
        ExportColumn("pages", _I, "Pages of the document"),
        ExportColumn("characters", _I, "Code points of its text"),
        ExportColumn("reader", _T, "Reader that made the record"),
        ExportColumn("model", _T, "Model, where the reader uses one"),
        ExportColumn("config_sha256", _T, "Identity of the configuration that made the record"),
        ExportColumn("code_version", _T, "Version of the code that made the record"),
        ExportColumn("created_at", _T, "When the record was made, ISO, UTC"),
    ),
    _table("decisions", ("decision_number",), _CASE, _NUMBER, *_fields("decisions")),
    _table(
        "citations",
        ("decision_number", "side", "position"),
        _CASE,
        _NUMBER,
        ExportColumn("side", _T, "Who cites: claims_administrator or reviewer"),
        _POSITION,
        *_fields("citations"),
    ),
    _of_decisions("drugs"),
    _table("diagnoses", ("position",), _CASE, _POSITION, *_fields("diagnoses")),
    _of_decisions("body_parts"),
    _of_decisions(
        "reasons",
        ExportColumn("outcome", _T, "Outcome of the decision"),
        ExportColumn("reader", _T, "Reader that said so: rules alone find some seven of ten reasons"),
        ExportColumn("support", _T, "supported (by rule), or unchecked (a judgement)"),
        ExportColumn("confidence", _N, "How sure it is, where two readers read"),
    ),
    _table(
        "flags",
        ("position",),
        _CASE,
        _POSITION,
        ExportColumn("path", _T, "JSON pointer of the field; empty for the whole determination"),
        ExportColumn("decision_number", _I, "The decision it is about, from 1"),
        ExportColumn("code", _T, "Kind of doubt"),
        ExportColumn("message", _T, "Why a person should look"),
        ExportColumn("value", _T, "The value that was withheld"),
    ),
)
"""Every table that an export writes, in order."""

DICTIONARY = "columns.csv"
"""Beside the tables: every column of every table, with its type and meaning."""

BATCH_ROWS = 5_000
"""Rows held at a time."""

_Row = tuple[Any, ...]
_Write = Callable[[list[_Row]], None]


def export(
    store: Store,
    folder: Path,
    form: Format,
    tables: tuple[Table, ...] = TABLES,
    *,
    on_damaged: Callable[[RecordDamaged], None] | None = None,
    bom: bool = False,
) -> dict[str, int]:
    """Write the tables into `folder` and return the rows of each.

    All tables show one state of the database, also while a run goes on. Files appear under their names only when
    every one of them is complete; those of an earlier export are replaced. A record that is damaged in the database is
    told to `on_damaged` and left out of every table. With `bom`, CSV begins with the mark by which Excel knows UTF-8.

    Raises:
        ConfigurationError: the folder cannot be written.
        RecordDamaged: a record is damaged, and there is no `on_damaged` to hear of it.
        StoreError: the database cannot be read.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{str(folder)!r} cannot be made a folder: {error.strerror}") from error
    finished: dict[Path, Path] = {}
    counts: dict[str, int] = {}
    try:
        with store.snapshot():
            damaged = store.damaged()
            for each in damaged:
                if on_damaged is None:
                    raise each
                on_damaged(each)
            without = {each.sha256 for each in damaged}
            for table in tables:
                target = folder / f"{table.name}.{form}"
                finished[target] = _temporary(target)
                counts[table.name] = _write_table(store, table, finished[target], form, without, bom=bom)
        finished[folder / DICTIONARY] = _temporary(folder / DICTIONARY)
        _write_dictionary(finished[folder / DICTIONARY], tables, _encoding(bom))
        for target, temporary in finished.items():
            temporary.replace(target)
    except OSError as error:
        raise ConfigurationError(f"the export to {str(folder)!r} cannot be written: {error.strerror}") from error
    finally:
        for temporary in finished.values():
            temporary.unlink(missing_ok=True)
    return counts


def defused(cell: str) -> str:
    """Make a text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.tmp")


def _encoding(bom: bool) -> str:
    return "utf-8-sig" if bom else "utf-8"


def _write_table(store: Store, table: Table, path: Path, form: Format, without: set[str], *, bom: bool) -> int:
    names = [column.name for column in table.columns]
    count = 0
    rows = store.stream(f"current_{table.name}", names, table.order, without=without)
    writer = _csv(path, table.columns, _encoding(bom)) if form is Format.CSV else _WRITERS[form](path, table.columns)
    with contextlib.closing(rows), writer as write:
        while batch := list(islice(rows, BATCH_ROWS)):
            write(batch)
            count += len(batch)
    return count


@contextmanager
def _csv(path: Path, columns: tuple[ExportColumn, ...], encoding: str) -> Iterator[_Write]:
    texts = [column.kind is _T for column in columns]
    booleans = [column.kind is _B for column in columns]

    def cell(value: Any, is_text: bool, is_boolean: bool) -> Any:
        if value is None:
            return None
        if is_boolean:
            return "true" if value else "false"
        return defused(value) if is_text else value

    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        yield lambda batch: writer.writerows(map(cell, row, texts, booleans) for row in batch)


@contextmanager
def _jsonl(path: Path, columns: tuple[ExportColumn, ...]) -> Iterator[_Write]:
    names = [column.name for column in columns]
    booleans = [column.name for column in columns if column.kind is _B]

    def line(row: _Row) -> str:
        record = dict(zip(names, row, strict=True))
        for name in booleans:
            record[name] = None if record[name] is None else bool(record[name])
        return json.dumps(record, ensure_ascii=False) + "\n"

    with path.open("w", encoding="utf-8") as file:
        yield lambda batch: file.writelines(map(line, batch))


@contextmanager
def _parquet(path: Path, columns: tuple[ExportColumn, ...]) -> Iterator[_Write]:
    import pyarrow as pa  # noqa: PLC0415  large: only who wants Parquet pays for it
    from pyarrow import parquet  # noqa: PLC0415

    types = {_T: pa.string(), _I: pa.int64(), _N: pa.float64(), _B: pa.bool_(), _D: pa.date32()}
    schema = pa.schema(
        [pa.field(c.name, types[c.kind], metadata={"meaning": c.meaning}) for c in columns],
    )
    typed: dict[ValueType, Callable[[Any], Any]] = {_B: bool, _D: date.fromisoformat}

    def array(column: ExportColumn, values: tuple[Any, ...]) -> Any:
        if convert := typed.get(column.kind):
            values = tuple(None if value is None else convert(value) for value in values)
        return pa.array(values, types[column.kind])

    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda batch: writer.write_table(
            pa.table([array(c, v) for c, v in zip(columns, zip(*batch, strict=True), strict=True)], schema=schema)
        )


_WRITERS: dict[Format, Callable[[Path, tuple[ExportColumn, ...]], AbstractContextManager[_Write]]] = {
    Format.JSONL: _jsonl,
    Format.PARQUET: _parquet,
}


def _write_dictionary(path: Path, tables: tuple[Table, ...], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "column", "type", "meaning"))
        writer.writerows((table.name, c.name, c.kind, c.meaning) for table in tables for c in table.columns)
