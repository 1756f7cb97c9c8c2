from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from factories import letter_text, make_document, make_record

from extractor.errors import ConfigurationError
from extractor.export import TABLES, Format, defused, export
from extractor.fields import ValueType
from extractor.store import Store

# The contract with everybody's notebooks. Columns may be added at the end; none may be renamed, moved or dropped.
COLUMNS = {
    "determinations": (
        "document_sha256 name case_number case_key layout priority date_assigned decision_date ur_denial_date "
        "application_received date_of_injury licensed_states specialties subspecialties patient_age patient_sex "
        "mechanism clinical_summary decisions upheld overturned overall_outcome days_in_review "
        "days_from_denial_to_decision flags withheld media_type pages characters reader model config_sha256 "
        "code_version created_at"
    ),
    "decisions": (
        "document_sha256 case_number decision_number outcome heading requested authorized disputed retrospective "
        "service_dates associated_surgical_service category subcategory quantity_total quantity_unit "
        "quantity_per_week quantity_weeks quantity_refills claims_administrator_relied_on "
        "claims_administrator_statement reviewer_relied_on reviewer_statement rationale"
    ),
    "citations": "document_sha256 case_number decision_number side position source mtus title year sections pages",
    "drugs": "document_sha256 case_number decision_number position name strength",
    "diagnoses": "document_sha256 case_number position diagnosis",
    "body_parts": "document_sha256 case_number decision_number position part side",
    "reasons": "document_sha256 case_number decision_number position reason outcome reader support confidence",
    "flags": "document_sha256 case_number position path decision_number code message value",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "a.db") as opened:
        for n in range(1, 8):
            document = make_document(letter_text(n), name=f"{n}.txt")
            opened.save(make_record(document), document)
        yield opened


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_columns_are_a_contract() -> None:
    assert {table.name: " ".join(column.name for column in table.columns) for table in TABLES} == COLUMNS


def test_the_views_have_the_columns_of_the_contract_in_its_order(store: Store) -> None:
    for name, columns in COLUMNS.items():
        described = store._db.execute(f"SELECT * FROM current_{name}").description  # noqa: S608
        assert " ".join(column[0] for column in described) == columns


def test_excel_is_told_that_csv_is_utf_8(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "with", Format.CSV, bom=True)
    export(store, tmp_path / "without", Format.CSV)
    for file in (tmp_path / "without").iterdir():
        assert (tmp_path / "with" / file.name).read_bytes() == b"\xef\xbb\xbf" + file.read_bytes()


def test_csv(store: Store, tmp_path: Path) -> None:
    counts = export(store, tmp_path / "out", Format.CSV)
    assert counts == {
        "determinations": 7, "decisions": 14, "citations": 28, "drugs": 14,
        "diagnoses": 14, "body_parts": 14, "reasons": 16, "flags": 14,
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*(f"{name}.csv" for name in COLUMNS), "columns.csv"]
    )
    for name, columns in COLUMNS.items():
        rows = read_csv(tmp_path / "out" / f"{name}.csv")
        assert " ".join(rows[0]) == columns
        assert len(rows) == counts[name]
    letters = {row["case_number"]: row for row in read_csv(tmp_path / "out" / "determinations.csv")}
    assert letters["CM16-0000003"]["date_of_injury"] == "2012-03-14"
    assert letters["CM16-0000003"]["days_in_review"] == "33"
    assert letters["CM16-0000003"]["subspecialties"] == ""
    assert letters["CM16-0000003"]["clinical_summary"].startswith("This 33 year old man")
    (first, *_) = read_csv(tmp_path / "out" / "decisions.csv")
    assert (first["retrospective"], first["quantity_total"]) == ("false", "60.0")
    assert "no functional gain" in first["rationale"]
    assert first["claims_administrator_statement"].startswith("MTUS Chronic Pain 2016")
    meanings = read_csv(tmp_path / "out" / "columns.csv")
    assert len(meanings) == sum(len(columns.split()) for columns in COLUMNS.values())
    assert all(row["meaning"] for row in meanings)


def test_jsonl(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out", Format.JSONL)
    lines = [json.loads(line) for line in (tmp_path / "out" / "decisions.jsonl").read_text().splitlines()]
    assert len(lines) == 14
    assert " ".join(lines[0]) == COLUMNS["decisions"]
    assert lines[0]["retrospective"] is False
    assert lines[0]["quantity_total"] == 60.0
    assert lines[0]["authorized"] is None


def test_parquet(store: Store, tmp_path: Path) -> None:
    from pyarrow import parquet, types  # noqa: PLC0415

    export(store, tmp_path / "out", Format.PARQUET)
    table = parquet.read_table(tmp_path / "out" / "determinations.parquet")
    assert " ".join(table.column_names) == COLUMNS["determinations"]
    assert table.num_rows == 7
    assert types.is_date32(table.schema.field("decision_date").type)
    assert table.column("decision_date")[0].as_py() == date(2017, 1, 3)
    assert table.schema.field("days_in_review").metadata[b"meaning"].startswith(b"Days from")
    decisions = parquet.read_table(tmp_path / "out" / "decisions.parquet")
    assert decisions.column("retrospective")[0].as_py() is False
    assert decisions.column("authorized")[0].as_py() is None
    assert not any(decisions.schema.field(c.name).type == "null" for c in TABLES[1].columns)


@pytest.mark.parametrize("form", list(Format))
def test_an_empty_database_gives_empty_tables(tmp_path: Path, form: Format) -> None:
    with Store(tmp_path / "empty.db") as store:
        assert set(export(store, tmp_path / "out", form).values()) == {0}
    for name in COLUMNS:
        assert (tmp_path / "out" / f"{name}.{form}").exists()


@pytest.mark.parametrize("form", list(Format))
def test_equal_databases_give_equal_files(store: Store, tmp_path: Path, form: Format) -> None:
    with Store(tmp_path / "b.db") as other:
        for n in (5, 1, 7, 2, 6, 3, 4):
            document = make_document(letter_text(n), name=f"{n}.txt")
            other.save(make_record(document), document)
        export(other, tmp_path / "b", form)
    export(store, tmp_path / "a", form)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        *(("=1+1", "'=1+1"), ("+1", "'+1"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1")),
        *(("\r=1", "'\r=1"), ("MRI", "MRI"), ("", ""), ("a=1", "a=1"), ("'", "'")),
    ],
)
def test_formulas_are_defused(cell: str, safe: str) -> None:
    assert defused(cell) == safe


def test_only_texts_are_defused_and_only_in_csv(tmp_path: Path) -> None:
    text = letter_text().replace("lumbar strain", "x").replace("12/01/2016", "02/01/2017").replace("Naproxen", "=cmd()")
    document = make_document(text)
    record = make_record(document)
    decision = record.determination.decisions[0].model_copy(
        update={"heading": "=cmd|' /C calc'!A0", "authorized": "-1"}
    )
    determination = record.determination.model_copy(update={"decisions": (decision,)})
    with Store(tmp_path / "a.db") as store:
        store.save(record.model_copy(update={"determination": determination}), document)
        export(store, tmp_path / "csv", Format.CSV)
        export(store, tmp_path / "jsonl", Format.JSONL)
    (row,) = read_csv(tmp_path / "csv" / "decisions.csv")
    assert (row["heading"], row["authorized"]) == ("'=cmd|' /C calc'!A0", "'-1")
    (letter,) = read_csv(tmp_path / "csv" / "determinations.csv")
    assert letter["days_in_review"] == "-29", "a negative number stays a number"
    (line,) = (tmp_path / "jsonl" / "decisions.jsonl").read_text().splitlines()
    assert json.loads(line)["heading"] == "=cmd|' /C calc'!A0"


def test_an_export_replaces_the_one_before_and_nothing_else(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / "drugs.csv").write_text("old")
    export(store, tmp_path / "out", Format.CSV)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "out" / "drugs.csv").read_text().startswith("document_sha256")


def test_a_broken_export_leaves_the_one_before(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(store, tmp_path / "out", Format.CSV)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("extractor.export._write_dictionary", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        export(store, tmp_path / "out", Format.JSONL)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_file_where_the_folder_should_be(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be made a folder"):
        export(store, tmp_path / "out", Format.CSV)


def test_all_tables_show_one_state_while_others_write(store: Store, tmp_path: Path) -> None:
    document = make_document(letter_text(99))
    with store.snapshot():
        before = store._db.execute("SELECT count(*) FROM records").fetchone()
        with Store(tmp_path / "a.db") as other:
            other.save(make_record(document), document)
        assert store._db.execute("SELECT count(*) FROM records").fetchone() == before
    assert store.status().records == 8


def test_exports_are_streamed_in_the_order_of_an_index(store: Store) -> None:
    asked: list[str] = []
    store._db.conn.set_trace_callback(asked.append)
    for table in TABLES:
        next(store.stream(f"current_{table.name}", [c.name for c in table.columns], table.order))
    store._db.conn.set_trace_callback(None)
    for table, sql in zip(TABLES, asked, strict=True):
        plan = " ".join(str(row[-1]) for row in store._db.execute(f"EXPLAIN QUERY PLAN {sql}"))
        # The last columns may be sorted within one letter; sorting the whole table would hold it in memory.
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, (table.name, plan)


def test_only_current_records_are_exported(store: Store, tmp_path: Path) -> None:
    document = make_document(letter_text(1), name="1.txt")
    store.save(make_record(document, config_sha256="d" * 64), document)
    assert export(store, tmp_path / "out", Format.CSV)["determinations"] == 7


def test_stream_takes_names_only(store: Store) -> None:
    with pytest.raises(ValueError, match="no column or view name"):
        list(store.stream("records; DROP TABLE records", ["id"], ["id"]))


def test_pyarrow_is_imported_for_parquet_only(store: Store, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from extractor.store import Store; from extractor.export import *;"
        "export(Store(sys.argv[1]), Path(sys.argv[2]), Format.CSV); sys.exit('pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, store.path, tmp_path / "out"], check=True)


def test_every_kind_is_used_and_sqlite_agrees_on_types(store: Store) -> None:
    connection = sqlite3.connect(store.path)
    accepted: dict[ValueType, set[type]] = {
        ValueType.TEXT: {str},
        ValueType.DATE: {str},
        ValueType.INTEGER: {int},
        ValueType.BOOLEAN: {int},
        ValueType.NUMBER: {float},
    }
    kinds = set()
    for table in TABLES:
        names = ", ".join(column.name for column in table.columns)
        for row in connection.execute(f"SELECT {names} FROM current_{table.name}"):  # noqa: S608
            for column, value in zip(table.columns, row, strict=True):
                kinds.add(column.kind)
                assert value is None or type(value) in accepted[column.kind], (table.name, column.name, value)
    connection.close()
    assert kinds == set(ValueType)
