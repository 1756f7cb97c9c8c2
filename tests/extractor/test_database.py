"""The database as other programs read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import letter_text, make_document, make_record

from extractor import Database, Filters
from extractor.errors import RecordNotFound, StoreError
from extractor.store import Store


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with Store(tmp_path / "imr.db") as store:
        for number in (1, 2):
            document = make_document(letter_text(number), name=f"{number}.txt")
            store.save(make_record(document), document)
        twin = make_document(letter_text(2) + " ", name="2.txt")
        store.save(make_record(twin), twin)
    return tmp_path / "imr.db"


def test_records(database: Path) -> None:
    with Database(database) as db:
        assert len(list(db.records())) == 3
        [record] = db.records("CM16-0000001")
        assert record == make_record(make_document(letter_text(1), name="1.txt"))
        assert [each.document.name for each in db.records("2.txt")] == ["2.txt", "2.txt"]
        with pytest.raises(RecordNotFound):
            list(db.records("CM99-0000000"))


def test_evidence_and_the_text_that_it_points_into(database: Path) -> None:
    with Database(database) as db:
        evidence = db.evidence("CM16-0000001")["/decisions/0/outcome"]
        text = db.text("CM16-0000001")
        assert [text[start:end] for start, end in evidence.spans] == [evidence.quote]


def test_search(database: Path) -> None:
    with Database(database) as db:
        assert db.search("functional gain").total > 1
        assert len(db.search("functional gain", limit=1).hits) == 1
        assert db.search("zebra").total == 0
        assert db.search("functional gain", Filters(outcome=("overturned",))).total == 0


@pytest.mark.parametrize("ask", [Database.evidence, Database.text])
def test_a_name_of_several_letters_is_refused(database: Path, ask: object) -> None:
    assert callable(ask)
    with Database(database) as db, pytest.raises(RecordNotFound, match="2 letters answer"):
        ask(db, "2.txt")


def test_no_database_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        Database(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []
