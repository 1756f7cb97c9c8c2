from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from factories import CONFIG, letter_text, make_document, make_record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor.documents import Note, NoteCode
from extractor.errors import ConfigurationError, RecordNotFound, StoreError
from extractor.records.determination import (
    Basis,
    BodyPart,
    Citation,
    Decision,
    Determination,
    Drug,
    Passage,
    Patient,
    Quantity,
    Reviewer,
)
from extractor.records.record import Evidence, Flag, FlagCode, How, Provenance, Support
from extractor.store import Changes, FailedLetter, Store, prepare
from extractor.store.schema import APPLICATION_ID
from extractor.store.search import Filters, Order

TESTS = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "a.db") as opened:
        yield opened


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(store.path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def only_id(store: Store, name: str) -> int:
    (found,) = store.find(name)
    return found.record_id


# Round trip


def test_a_record_comes_back_equal(store: Store) -> None:
    document = make_document()
    record = make_record(document)
    assert store.save(record, document)
    loaded = store.load(only_id(store, "CM16-0000001"))
    assert loaded == record
    assert loaded.model_dump_json() == record.model_dump_json(), "and says so in the same order"
    assert store.text(1) == document.text


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
texts = st.none() | words
days = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
numbers = st.none() | st.floats(0, 1e6, allow_nan=False)
citations = st.builds(Citation, title=texts, year=st.none() | st.integers(1800, 2200), sections=st.tuples(words))
bases = st.none() | st.builds(Basis, statement=texts, citations=st.lists(citations, max_size=2).map(tuple))
passages = st.none() | st.builds(Passage, text=words, spans=st.just(((0, 3), (4, 9))))
decisions = st.builds(
    Decision,
    heading=texts,
    requested=texts,
    service_dates=st.lists(st.dates(), max_size=2).map(tuple),
    retrospective=st.none() | st.booleans(),
    body_parts=st.lists(st.builds(BodyPart), max_size=2).map(tuple),
    drugs=st.lists(st.builds(Drug, name=texts, strength=texts), max_size=2).map(tuple),
    quantity=st.none() | st.builds(Quantity, total=numbers, unit=texts, refills=st.none() | st.integers(0, 99)),
    claims_administrator_basis=bases,
    reviewer_basis=bases,
    rationale=passages,
    reasons=st.just(()),
)
determinations = st.builds(
    Determination,
    case_number=texts,
    decision_date=days,
    date_of_injury=days,
    reviewer=st.builds(Reviewer, licensed_states=st.lists(words, max_size=3).map(tuple)),
    patient=st.builds(
        Patient, age=st.none() | st.integers(0, 120), mechanism=texts, diagnoses=st.lists(words, max_size=3).map(tuple)
    ),
    clinical_summary=passages,
    decisions=st.lists(decisions, max_size=3).map(tuple),
)
evidences = st.builds(
    Evidence,
    spans=st.lists(st.tuples(st.integers(0, 5), st.integers(5, 30)), min_size=1, max_size=3).map(tuple),
    quote=st.text(st.characters(exclude_categories=["Cs"])),
    how=st.sampled_from(How),
    support=st.just(Support.SUPPORTED),
    lines=st.none() | st.just((1, 2)),
)
flags = st.builds(Flag, path=words, code=st.sampled_from(FlagCode), message=words, value=texts)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([None, UTC]))  # noqa: DTZ001


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=words,
    determination=determinations,
    evidence=st.dictionaries(words, evidences, max_size=4),
    flagged=st.lists(flags, max_size=3),
    created=moments,
)
def test_any_record_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    determination: Determination,
    evidence: dict[str, Evidence],
    flagged: list[Flag],
    created: datetime,
) -> None:
    document = make_document(text)
    provenance = Provenance(
        reader="r", schema_sha256="s", config_sha256=CONFIG, code_version="0", created_at=created, usage=None
    )
    record = make_record(
        document, determination=determination, evidence=evidence, flags=tuple(flagged), provenance=provenance
    )
    with Store(tmp_path_factory.mktemp("round") / "a.db") as store:
        store.save(record, document)
        (loaded,) = store.records()
        assert loaded == record
        assert list(loaded.evidence) == list(record.evidence)


def test_a_moment_in_another_time_zone_stays_that_moment(store: Store) -> None:
    document = make_document()
    record = make_record(document)
    created = datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=-8)))
    record = record.model_copy(update={"provenance": record.provenance.model_copy(update={"created_at": created})})
    store.save(record, document)
    assert store.load(1).provenance.created_at == created


def test_a_quote_that_follows_from_its_spans_is_not_stored_twice(store: Store) -> None:
    document = make_document()
    store.save(make_record(document), document)
    assert rows(store, "SELECT count(*) FROM evidence WHERE quote IS NOT NULL") == [(0,)]
    (words_there,) = rows(store, "SELECT first_words FROM current_evidence WHERE pointer = '/case_number'")
    assert words_there == ("CM16-0000001",)


def test_evidence_can_be_verified_from_the_database_alone(store: Store) -> None:
    document = make_document()
    store.save(make_record(document), document)
    sql = """SELECT e.quote, substr(o.text, json_extract(e.spans, '$[0][0]') + 1,
             json_extract(e.spans, '$[0][1]') - json_extract(e.spans, '$[0][0]')), e.spans
             FROM evidence e JOIN records r ON r.id = e.record_id JOIN documents o ON o.sha256 = r.document_sha256"""
    for _, quoted, spans in rows(store, sql):
        ((start, end),) = json.loads(str(spans))
        assert quoted == document.text[start:end]


# Append-only, unique, current


def test_the_same_record_again_is_a_no_op(store: Store) -> None:
    document = make_document()
    record = make_record(document)
    assert store.save(record, document)
    before = rows(store, "SELECT * FROM records") + rows(store, "SELECT * FROM evidence")
    assert not store.save(record, document)
    assert rows(store, "SELECT * FROM records") + rows(store, "SELECT * FROM evidence") == before


def test_another_configuration_is_kept_beside_and_the_last_saved_is_current(store: Store) -> None:
    document = make_document()
    first, second = make_record(document), make_record(document, config_sha256="d" * 64)
    store.save(first, document)
    store.save(second, document)
    assert store.status().records == 1
    assert store.status().older_records == 1
    assert [record.provenance.config_sha256 for record in store.records()] == ["d" * 64]
    assert store.load(1) == first, "the old answer is still there"
    assert store.search("functional gain").total == 2, "a search sees current records only"


def test_a_record_that_is_met_again_is_current_again(store: Store) -> None:
    document, other = make_document(), make_document(letter_text(2))
    first, second = make_record(document), make_record(document, config_sha256="d" * 64)
    for record, of in ((first, document), (second, document), (make_record(other), other)):
        store.save(record, of)
    assert store.superseded([document.sha256, other.sha256], CONFIG) == {document.sha256}
    assert (
        store.save_all(Changes(met=[document.sha256, other.sha256, "0" * 64]), config_sha256=CONFIG).made_current == 1
    )
    assert store.save_all(Changes(met=[document.sha256]), config_sha256=CONFIG).made_current == 0
    assert {record.provenance.config_sha256 for record in store.records()} == {CONFIG}
    assert [version.current for version in store.history(document.sha256)] == [True, False]
    saved = store.save_all(Changes([prepare(second, document)]))
    assert (saved.new, saved.made_current) == (0, 1), "who reads it after all means it, too"
    assert [version.current for version in store.history(document.sha256)] == [False, True]
    assert store.status().older_records == 1
    assert rows(store, "SELECT count(*) FROM records") == [(3,)], "nothing was written but which one counts"


def test_an_older_database_keeps_its_current_records_and_failures(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "a.db")
    with Store(tmp_path / "now.db") as store:
        document = make_document()
        store.save(make_record(document), document)
        store.save(make_record(document, config_sha256="d" * 64), document)
        store.save_all(Changes(failed=[FailedLetter("/a", None, "empty", "m")]))
    with sqlite3.connect(tmp_path / "now.db") as now:
        now.backup(old)
    now.close()
    old.executescript("""
        DROP TABLE current_ids; DROP VIEW current_records; DROP VIEW open_failures;
        CREATE VIEW current_records AS SELECT r.* FROM records AS r WHERE r.id =
            (SELECT max(later.id) FROM records AS later WHERE later.document_sha256 = r.document_sha256);
        DROP INDEX failures_letter; DROP INDEX failures_open_place; ALTER TABLE failures DROP COLUMN place;
        CREATE UNIQUE INDEX failures_letter ON failures (name, coalesce(sha256, ''), config_sha256);
        CREATE VIEW open_failures AS SELECT * FROM failures WHERE cleared_at IS NULL;
        ALTER TABLE runs DROP COLUMN made_current; ALTER TABLE runs DROP COLUMN host; ALTER TABLE runs DROP COLUMN pid;
        ALTER TABLE runs DROP COLUMN process; ALTER TABLE runs DROP COLUMN beat_at;
        INSERT INTO runs (started_at, state, reader, config_sha256, configuration, code_version, workers)
            VALUES ('2026-01-01', 'running', 'rules', 'c', '{}', '0', 1);
        ALTER TABLE documents DROP COLUMN notes;
        DELETE FROM _sqlite_migrations WHERE name IN ('m005_current', 'm006_notes');
    """)
    old.close()
    with Store(tmp_path / "a.db") as store:
        assert [version.current for version in store.history(document.sha256)] == [False, True]
        (failure,) = store.failures()
        assert (failure.name, failure.place) == ("/a", "/a")
        assert store.status().runs[0].state == "silent", "nothing is known of a run from before"
        store.save(make_record(document), document, name="/a")
        assert list(store.failures()) == []


def test_another_text_of_the_same_bytes_keeps_each_record_true(store: Store) -> None:
    # A newer PDF library reads other text from the same bytes; spans of both records must stay valid.
    old, new = make_document(letter_text()), make_document("\n\n" + letter_text(), data=letter_text().encode())
    assert old.sha256 == new.sha256
    first, second = make_record(old), make_record(new, config_sha256="d" * 64)
    store.save(first, old)
    store.save(second, new)
    assert (store.load(1), store.load(2)) == (first, second)
    assert (store.text(1), store.text(2)) == (old.text, new.text)


def test_a_record_of_another_document_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="the record is of"):
        store.save(make_record(make_document("a")), make_document("b"))


def test_the_same_content_under_another_name_is_recorded(store: Store) -> None:
    document = make_document()
    store.save(make_record(document), document, name="/x/a.txt")
    assert not store.save(make_record(document), document, name="/y/b.txt")
    assert rows(store, "SELECT name FROM document_names ORDER BY 1") == [("/x/a.txt",), ("/y/b.txt",)]
    assert store.names_known([(document.sha256, "/x/a.txt"), (document.sha256, "/z")]) == {
        (document.sha256, "/x/a.txt")
    }


# Rows


def test_typed_rows(store: Store) -> None:
    document = make_document(letter_text(3))
    store.save(make_record(document), document)
    assert rows(store, "SELECT case_number, priority, date_of_injury, licensed_states, flags, withheld, "
                       "decisions, upheld, overturned, overall_outcome, days_in_review FROM determinations") == [
        ("CM16-0000003", "standard", "2012-03-14", "California; Ohio", 2, 1, 2, 2, 0, "upheld", 33)
    ]  # fmt: skip
    assert rows(
        store, "SELECT decision_number, outcome, retrospective, service_dates, quantity_total FROM decisions"
    ) == [
        (1, "upheld", 0, "2016-10-01; 2016-10-08", 60.0),
        (2, "upheld", 0, "2016-10-01; 2016-10-08", 60.0),
    ]
    assert rows(store, "SELECT decision_number, side, source, mtus, title, year, sections FROM citations LIMIT 2") == [
        (1, "claims_administrator", "MTUS", 1, "Chronic Pain", 2016, "Opioids; Weaning"),
        (1, "reviewer", "ODG", 0, "Pain Chapter", None, None),
    ]
    assert rows(store, "SELECT name, strength FROM drugs") == [("Omeprazole", "50mg"), ("Gabapentin", "50mg")]
    assert rows(store, "SELECT diagnosis FROM diagnoses") == [("lumbar strain",), ("sciatica",)]
    assert rows(store, "SELECT DISTINCT part, side FROM body_parts") == [("knee", "left")]
    assert rows(store, "SELECT reason FROM reasons") == [("no_improvement",), ("no_improvement",)]
    assert rows(store, "SELECT path, decision_number, code, value FROM flags") == [
        ("/decisions/0/quantity/weeks", 1, "withheld", "6"),
        ("", None, "date_order", None),
    ]


def test_every_table_is_strict_and_foreign_keys_hold(store: Store) -> None:
    sql = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND NOT strict"
    assert {name for (name,) in rows(store, sql)} == {"sqlite_schema", "_sqlite_migrations"}
    bad = prepare(make_record(), make_document())
    with pytest.raises(StoreError, match="FOREIGN KEY"), store._writing():
        store._db.execute("INSERT INTO drugs VALUES (99, 1, 0, 'x', NULL)")
    assert store.save_all(Changes([bad])).new == 1


def test_a_letter_the_database_refuses_is_a_failure_and_the_rest_is_saved(store: Store) -> None:
    good, bad = (make_document(letter_text(n), name=f"{n}.txt") for n in (1, 2))
    broken = prepare(make_record(bad), bad)
    broken.children["drugs"].append((1, 0, "twice", None))
    saved = store.save_all(Changes([broken, prepare(make_record(good), good)]))
    assert saved.new == 1
    assert [(r.name, r.failure_class) for r in saved.failed] == [("2.txt", "internal")]
    assert rows(store, "SELECT count(*) FROM documents") == [(1,)], "nothing of the other is left behind"


def test_half_a_surrogate_pair_is_refused_before_the_writer_sees_it() -> None:
    with pytest.raises(UnicodeEncodeError):
        prepare(make_record(), make_document("\ud800", data=b"x"))


# Finding


def test_find(store: Store) -> None:
    documents = [make_document(letter_text(n), name=f"{n}.txt") for n in (1, 2)]
    for document in documents:
        store.save(make_record(document), document, name=f"/letters/{document.name}")
    for name in ("CM16-0000002", "cm16-0000002", documents[1].sha256, documents[1].sha256[:8].upper(), "2.txt",
                 "/letters/2.txt", "letters/2.txt"):  # fmt: skip
        (found,) = store.find(name)
        assert found.sha256 == documents[1].sha256, name
    for name in ("CM16-0000009", documents[0].sha256[:5], "%", "_.txt", "etters/2.txt"):
        with pytest.raises(RecordNotFound, match="no record under"):
            store.find(name)
    with pytest.raises(RecordNotFound, match="id 77"):
        store.load(77)


def test_find_tells_that_a_letter_failed(store: Store) -> None:
    store.save_all(Changes(failed=[FailedLetter("/in/scan.pdf", None, "no_text_layer", "it is a picture")]))
    with pytest.raises(RecordNotFound, match=r"no_text_layer: it is a picture"):
        store.find("scan.pdf")


REFUSED = [
    ('"', "holds no word"),
    ("", "holds no word"),
    ("* _ &", "holds no word"),
    ("AND", "AND stands without"),
    ("gain AND", "AND stands without"),
    ("gain AND OR pain", "AND stands without"),
    ("gain NOT", "NOT stands without"),
    ("NOT gain", "only what is to be left out"),
    ("-gain", "only what is to be left out"),
    ("gain OR", "a word is missing"),
    ("gain ()", "a word is missing"),
    ("(gain", "not closed"),
    ("near(x", "not closed"),
    ("gain)", "closed that was not opened"),
    ('"functional gain', "quotation mark is not closed"),
    ("a*b", r"\* stands at the end"),
    ("NEAR(functional gain)", "NEAR is not known"),
]


@pytest.mark.parametrize(("query", "why"), REFUSED)
def test_search_refuses_by_name_what_it_cannot_obey(store: Store, query: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        store.search(query)


@pytest.mark.parametrize("query", ["x:y", "'; DROP TABLE records", "heading:zebra", "{zebra}", "^zebra", "near"])
def test_search_takes_other_signs_as_what_parts_words(store: Store, query: str) -> None:
    document = make_document()
    store.save(make_record(document), document)
    assert store.search(query).hits == ()


FOUND = [
    ("record gains", 2),
    ("naproxen", 1),
    ('"functional gain"', 2),
    ('"gain functional"', 0),
    ("functional AND gain", 2),
    ("functional and gain", 0),
    ("naproxen OR zebra", 1),
    ("zebra OR quagga", 0),
    ("functional NOT naproxen", 1),
    ("functional -naproxen", 1),
    ("functional -(naproxen OR zebra)", 1),
    ('functional -"functional gain"', 0),
    ("naproxen sciatica lifting", 1),  # heading and clinical summary
    ("weaning", 0),  # a section as the citation has it; the letter's own paragraph says Opioids
    ("opioids", 2),  # the claims administrator's paragraph
    ('"ODG Pain Chapter"', 2),  # the reviewer's
    ("functional -naproxen -record", 0),
    ("napro*", 1),
    ("napro", 0),
    ("(naproxen OR zebra) functional", 1),
    ("CM16-0000001", 2),
    ("cm16\u20110000001", 2),
    ("cm16 000001", 2),
    ("0000001", 2),
    ("CM16", 2),
    ("CM15", 0),
]


@pytest.mark.parametrize(("query", "total"), FOUND)
def test_search_obeys(store: Store, query: str, total: int) -> None:
    document = make_document()
    store.save(make_record(document), document)
    page = store.search(query)
    assert (page.total, len(page.hits)) == (total, total)


def test_search_shows_the_words_it_found(store: Store) -> None:
    document = make_document()
    store.save(make_record(document), document)
    (hit, _) = store.search("record gains").hits
    assert (hit.case_number, hit.decision_number, hit.outcome) == ("CM16-0000001", 1, "upheld")
    assert "\x02records\x03" in hit.snippet
    assert "\x02gain\x03" in hit.snippet
    first = store.search("records", limit=1)
    assert (first.total, len(first.hits), first.order) == (2, 1, Order.RANK)
    assert store.search("records", order=Order.DATE).order is Order.DATE


FILTERED = [
    (Filters(outcome=("upheld",)), 2),
    (Filters(outcome=("overturned",)), 0),
    (Filters(outcome=("overturned", "upheld")), 2),
    (Filters(category=("pharmaceuticals",)), 2),
    (Filters(category=("opioid",)), 2),
    (Filters(category=("surgery",)), 0),
    (Filters(drug=("anaprox",)), 1),
    (Filters(drug=("valium",)), 1),
    (Filters(drug=("nsaid",)), 1),
    (Filters(drug=("naproxen", "diazepam")), 2),
    (Filters(drug=("norco",)), 0),
    (Filters(guideline=("odg",)), 2),
    (Filters(guideline=("ACOEM",)), 0),
    (Filters(guideline=("chronic pain",)), 2),
    (Filters(specialty=("pain",)), 2),
    (Filters(specialty=("surgery",)), 0),
    (Filters(reason=("no_improvement",)), 2),
    (Filters(reason=("duplicate",)), 0),
    (Filters(layout=("notice",)), 0),
    (Filters(since=date(2017, 1, 3), until=date(2017, 1, 3)), 2),
    (Filters(since=date(2017, 1, 4)), 0),
    (Filters(until=date(2017, 1, 2)), 0),
    (Filters(outcome=("upheld",), drug=("naproxen",), guideline=("ODG",), since=date(2016, 1, 1)), 1),
]


@pytest.mark.parametrize(("filters", "total"), FILTERED)
def test_search_by_what_decisions_are_like(store: Store, filters: Filters, total: int) -> None:
    document = make_document()
    store.save(make_record(document), document)
    page = store.search("", filters)
    assert (page.total, len(page.hits), page.order) == (total, total, Order.DATE)
    assert store.search("functional", filters).total == total
    assert all(hit.snippet.startswith("The records of letter 1") for hit in page.hits)


@pytest.mark.parametrize("code", ["withheld", "unchecked", "missing_field"])
def test_search_by_flag(store: Store, code: str) -> None:
    document = make_document()
    record = make_record(document)
    flags = (Flag(path="/decisions/1/outcome", code=FlagCode.WITHHELD, message="It is not said."),
             Flag(path="/priority", code=FlagCode.MISSING_FIELD, message="It lacks."))  # fmt: skip
    store.save(record.model_copy(update={"flags": flags}), document)
    expected = {"withheld": [2], "unchecked": [], "missing_field": [1, 2]}[code]
    assert [hit.decision_number for hit in store.search("", Filters(flag=(code,))).hits] == expected


def test_a_part_of_a_case_number_finds_it_and_a_near_one_is_told(store: Store) -> None:
    for number in (1, 2):
        document = make_document(letter_text(number), name=f"{number}.txt")
        store.save(make_record(document), document)
    for name in ("cm16 0000002", "CM16-000002", "0000002", "000002"):
        (found,) = store.find(name)
        assert found.case_number == "CM16-0000002", name
    for name in ("CM16-0000003", "cm16-0000021", "CM16-00000"):
        with pytest.raises(RecordNotFound, match=r"there is .*CM16-0000002"):
            store.find(name)
    with pytest.raises(RecordNotFound, match=r"or a file name$"):
        store.find("CM15-7777777")


# Failures


def test_a_failure_is_counted_up_and_cleared_when_the_letter_succeeds(store: Store) -> None:
    document = make_document()
    refused = [FailedLetter("/a.txt", document.sha256, "timeout", "too long")]
    store.save_all(Changes(failed=refused), config_sha256="x")
    store.save_all(Changes(failed=refused), config_sha256="x")
    (failure,) = store.failures()
    assert (failure.attempts, failure.failure_class, failure.cleared_at) == (2, "timeout", None)
    assert store.status().failures == {"timeout": 1}
    store.save(make_record(document), document, name="/elsewhere.txt")
    assert list(store.failures()) == []
    assert store.status().failures == {}
    (kept,) = store.failures(include_cleared=True)
    assert kept.cleared_at is not None
    store.save_all(Changes(failed=refused), config_sha256="x")
    (again,) = store.failures()
    assert again.attempts == 3


def test_a_failure_is_cleared_when_its_file_was_replaced(store: Store) -> None:
    store.save_all(Changes(failed=[FailedLetter("/a.txt", None, "empty", "no bytes")]))
    document = make_document()
    store.save(make_record(document), document, name="/a.txt")
    assert list(store.failures()) == []


def test_letters_that_share_a_name_do_not_clear_each_others_failures(store: Store) -> None:
    bad, good = make_document(letter_text(1)), make_document(letter_text(2))
    store.save_all(
        Changes(
            failed=[
                FailedLetter("7", bad.sha256, "encrypted", "m", "/a.jsonl#7"),
                FailedLetter("7", None, "broken", "m", "/b.jsonl#7"),
            ]
        )
    )
    store.save_all(Changes([prepare(make_record(good), good, name="7")], places=["/c.jsonl#7"]))
    assert [failure.place for failure in store.failures()] == ["/a.jsonl#7", "/b.jsonl#7"]
    assert store.places_failed(["7", "/a.jsonl#7"]) == {"/a.jsonl#7"}
    store.save_all(Changes([prepare(make_record(good), good, name="7")], places=["/b.jsonl#7"]))
    assert [failure.place for failure in store.failures()] == ["/a.jsonl#7"], "the place holds what can be read"
    store.save_all(Changes([prepare(make_record(bad), bad, name="8")], places=["/elsewhere"]))
    assert list(store.failures()) == [], "the content can be read"


def test_failures_by_class(store: Store) -> None:
    store.save_all(Changes(failed=[FailedLetter("/a", None, "empty", "m"), FailedLetter("/b", None, "crash", "m")]))
    assert [f.name for f in store.failures(failure_class="crash")] == ["/b"]
    assert store.places_failed(["/a", "/c"]) == {"/a"}


# Opening


def test_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        Store(tmp_path / "no.db", create=False)
    with pytest.raises(StoreError, match="folder of the database"):
        Store(tmp_path / "no" / "no.db")


def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("a letter, not a database" * 100)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        Store(tmp_path / "a.db")


@pytest.mark.parametrize("statement", ["CREATE TABLE notes (a)", "PRAGMA application_id = 7"])
def test_a_database_of_another_program(tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
    before = hashlib.sha256((tmp_path / "a.db").read_bytes()).digest()
    with pytest.raises(StoreError, match="another program"):
        Store(tmp_path / "a.db")
    assert hashlib.sha256((tmp_path / "a.db").read_bytes()).digest() == before


def test_a_newer_database(tmp_path: Path) -> None:
    Store(tmp_path / "a.db").close()
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('imr', 'm999', '')")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"newer version of imr-extractor \(it has 'm999'\)"):
        Store(tmp_path / "a.db")


def test_an_empty_file_is_filled_as_after_a_kill_at_birth(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    with Store(tmp_path / "a.db") as store:
        assert rows(store, "PRAGMA application_id") == [(APPLICATION_ID,)]
        assert rows(store, "PRAGMA journal_mode") == [("wal",)]


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.store.schema._SEARCH", "CREATE TABLE half (a); CREATE NONSENSE;")
    with pytest.raises(StoreError):
        Store(tmp_path / "a.db")
    connection = sqlite3.connect(tmp_path / "a.db")
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    monkeypatch.undo()
    with Store(tmp_path / "a.db") as store:
        assert store.status().records == 0


def test_a_killed_transaction_leaves_nothing(tmp_path: Path) -> None:
    Store(tmp_path / "a.db").close()
    script = """
        import os, sys
        from factories import make_document, make_record
        from extractor.store import Changes, Store, prepare, writer
        store, document = Store(sys.argv[1]), make_document()
        def die(*_): os.kill(os.getpid(), 9)
        writer.clear_failures = die  # comes after the rows, before the commit
        store.save_all(Changes([prepare(make_record(document), document)]))
    """
    assert _python(script, tmp_path / "a.db").wait() == -9
    with Store(tmp_path / "a.db") as store:
        status = store.status()
        assert (status.documents, status.names, status.records, status.decisions) == (0, 0, 0, 0)
        assert rows(store, "SELECT count(*) FROM evidence") == [(0,)]


def test_two_processes_write_to_one_new_database(tmp_path: Path) -> None:
    script = """
        import sys
        from factories import letter_text, make_document, make_record
        from extractor.store import Changes, Store, prepare
        first = int(sys.argv[2])
        with Store(sys.argv[1]) as store:
            for n in range(first, first + 60):
                document = make_document(letter_text(n))
                store.save_all(Changes([prepare(make_record(document), document)]))
    """
    # The halves overlap: 31-60 are saved by both.
    processes = [_python(script, tmp_path / "a.db", first) for first in (1, 31)]
    assert [process.wait() for process in processes] == [0, 0]
    with Store(tmp_path / "a.db") as store:
        status = store.status()
        assert (status.documents, status.records, status.older_records, status.decisions) == (90, 90, 0, 180)
        assert rows(store, "SELECT count(*), count(DISTINCT id) FROM decisions") == [(180, 180)]
        assert rows(store, "PRAGMA integrity_check") == [("ok",)]
        assert rows(store, "SELECT * FROM pragma_foreign_key_check") == []
        assert all(record == make_record(make_document(store.text(n))) for n, record in
                   ((store.find(r.document.sha256)[0].record_id, r) for r in store.records()))  # fmt: skip


def test_the_full_text_index_agrees_with_what_it_indexes(store: Store) -> None:
    for n in range(5):
        document = make_document(letter_text(n))
        store.save(make_record(document), document)
    store._db.execute("INSERT INTO decision_search (decision_search, rank) VALUES ('integrity-check', 1)")


def _python(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)],
        env={"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", "PATH": ""},
    )


def test_what_a_file_said_of_itself_outlives_its_text(store: Store) -> None:
    """Read again from the database, a letter has the flags that its file gave it."""
    plain = make_document()
    noted = replace(plain, notes=(Note(NoteCode.PAGE_WITHOUT_TEXT, "Page 2 has no text."),))
    store.save_all(Changes([prepare(make_record(plain), plain)]))
    assert store.document(plain.sha256).notes == ()
    store.save_all(Changes([prepare(make_record(noted, config_sha256="d" * 64), noted)]))
    assert store.document(plain.sha256).notes == noted.notes
