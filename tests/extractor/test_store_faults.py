"""What becomes of a database that is taken away, damaged or read-only, and of a run whose process is gone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from factories import letter_text, make_document, make_record

from extractor.cli import cli
from extractor.errors import RecordDamaged, StoreError
from extractor.export import Format, export
from extractor.store import Changes, Store, prepare
from extractor.store.processes import Process, state_of
from extractor.store.watch import Sample

ROOT = Path(__file__).parents[2]


def save(store: Store, first: int, last: int, run_id: int | None = None) -> None:
    documents = [make_document(letter_text(n)) for n in range(first, last)]
    store.save_all(Changes([prepare(make_record(document), document) for document in documents]), run_id=run_id)


def begin(store: Store) -> int:
    return store.begin_run(reader="rules", config_sha256="c", configuration="{}", code_version="0", workers=1)


def change(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql, values)
        connection.commit()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with Store(tmp_path / "a.db") as store:
        save(store, 1, 6)
    return tmp_path / "a.db"


def imr(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


# Taken away


def delete(path: Path) -> None:
    path.unlink()


def delete_all(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def make_anew(path: Path) -> None:
    delete_all(path)
    Store(path).close()


def move_over(path: Path) -> None:
    with Store(path.with_name("other.db")) as other:
        save(other, 50, 90)
    path.with_name("other.db").replace(path)


def copy_over(path: Path) -> None:
    with Store(path.with_name("other.db")) as other:
        save(other, 50, 51)
    path.write_bytes(path.with_name("other.db").read_bytes())


def cut(path: Path) -> None:
    os.truncate(path, 0)


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def delete_journal(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def delete_index(path: Path) -> None:
    Path(f"{path}-shm").unlink()


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (delete, "was deleted while it was in use"),
        (delete_all, "was deleted while it was in use"),
        (make_anew, "was replaced by another file while"),
        (move_over, "was replaced by another file while"),
        (copy_over, "was cut short while"),
        (cut, "was cut short while"),
        (halve, "was cut short while"),
        (delete_journal, "lost its journal"),
        (delete_index, "lost its journal"),
    ],
)
def test_a_database_that_is_taken_away_stops_who_writes(
    tmp_path: Path, attack: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "a.db"
    with Store(path) as store:
        run_id = begin(store)
        save(store, 1, 40, run_id)
        store._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        save(store, 40, 41, run_id)
        attack(path)
        with pytest.raises(StoreError, match=said) as told:
            save(store, 41, 42, run_id)
        assert str(path) in str(told.value)
        assert told.value.exit_code == 3
        with pytest.raises(StoreError, match=said):
            store.end_run(run_id, "stopped", {})
    if attack in (delete_journal, delete_index):
        with Store(path) as store:
            assert store.status().records == 40, "what was saved before has been kept"
            assert store._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_database_that_is_overwritten_in_place_is_found_out_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store(path) as store:
        run_id = begin(store)
        for first in range(1, 200, 20):
            save(store, first, first + 20, run_id)
        store._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        path.write_bytes(bytes(path.stat().st_size))
        with pytest.raises(StoreError, match=r"was overwritten while|cannot be used"):
            store.end_run(run_id, "finished", {})


def test_nobody_who_only_works_on_it_is_taken_for_an_attacker(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store(path) as store:
        run_id = begin(store)
        save(store, 1, 60, run_id)
        with Store(path) as other:
            save(other, 60, 120)
            other._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        save(store, 120, 121, run_id)
        change(path, "DELETE FROM evidence")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        save(store, 121, 122, run_id)
        store.end_run(run_id, "finished", {})
        assert store.status().records == 121


def test_a_relative_path_is_watched_from_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "a.db")
    monkeypatch.chdir(tmp_path)
    with Store("link.db") as store:
        run_id = begin(store)
        monkeypatch.chdir("elsewhere")
        save(store, 1, 3, run_id)
        store.end_run(run_id, "finished", {})


def test_a_sample_is_spread_over_all_and_bounded() -> None:
    sample = Sample()
    for n in range(100_000):
        sample.add(str(n))
    kept = list(map(int, sample.kept))
    assert 50 <= len(kept) <= 100
    assert len({after - before for before, after in pairwise(kept)}) == 1
    assert kept[-1] > 97_000


# Damaged

DAMAGES = {
    "no JSON": 'UPDATE records SET determination = \'{"case_number": "Xylophone \' WHERE id = 3',
    "other JSON": """UPDATE records SET determination = '{"decisions": "Xylophone"}' WHERE id = 3""",
    "not the same": """UPDATE records SET determination = '{"decisions": []}' WHERE id = 3""",
    "null": "UPDATE records SET determination = 'null' WHERE id = 3",
}
ELSEWHERE = {
    "spans": "UPDATE evidence SET spans = 'Xylophone' WHERE record_id = 3",
    "flag": "UPDATE flags SET code = 'Xylophone' WHERE record_id = 3",
    "usage": "UPDATE records SET usage = 'Xylophone' WHERE id = 3",
    "moment": "UPDATE records SET created_at = 'Xylophone' WHERE id = 3",
}


@pytest.mark.parametrize("sql", [*DAMAGES.values(), *ELSEWHERE.values()], ids=[*DAMAGES, *ELSEWHERE])
def test_a_damaged_record_is_named_and_not_quoted(database: Path, sql: str) -> None:
    with Store(database) as store:
        sha256 = store.load(3).document.sha256
    if 'decisions": []' in sql:
        pytest.skip("a record in its own right: only its rows tell, and exports see that")
    change(database, sql)
    with Store(database) as store, pytest.raises(RecordDamaged) as told:
        store.load(3)
    shown = "".join(traceback.format_exception(told.value))
    assert f"record 3 of the document {sha256[:12]!r} is damaged" in str(told.value)
    assert "--check-records" in str(told.value)
    assert "Xylophone" not in shown
    result = imr("show", sha256, "--db", database)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1
    assert "Xylophone" not in result.stderr


@pytest.mark.parametrize("sql", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("form", list(Format))
def test_an_export_leaves_out_what_is_damaged_and_says_so(
    database: Path, tmp_path: Path, sql: str, form: Format
) -> None:
    with Store(database) as store:
        whole = export(store, tmp_path / "whole", form)
        sha256 = store.load(3).document.sha256
    change(database, sql)
    result = imr("export", tmp_path / "out", "--db", database, "--format", form.value)
    assert result.exit_code == 1
    assert f"record 3 of the document {sha256[:12]!r} is damaged" in result.stderr
    assert "left out because they are damaged: 1 record" in result.stderr
    assert "Xylophone" not in result.output + result.stderr
    with Store(database) as store:
        told: list[RecordDamaged] = []
        counts = export(store, tmp_path / "again", form, on_damaged=told.append)
        assert counts["determinations"] == whole["determinations"] - 1 == 4
        assert all(0 < counts[name] < count for name, count in whole.items())
        assert [each.record_id for each in told] == [3]
        with pytest.raises(RecordDamaged):
            export(store, tmp_path / "never", form)
    assert list((tmp_path / "never").iterdir()) == []


@pytest.mark.parametrize("sql", DAMAGES.values(), ids=DAMAGES)
def test_other_records_are_found_beside_a_damaged_one(database: Path, sql: str) -> None:
    with Store(database) as store:
        sha256 = store.load(3).document.sha256
    change(database, sql)
    found = imr("search", "functional", "gain", "--db", database, "--json")
    assert found.exit_code == 0, found.stderr
    assert len({json.loads(line)["sha256"] for line in found.stdout.splitlines()} - {sha256}) == 4
    assert imr("status", "--db", database).exit_code == 0
    history = imr("history", sha256, "--db", database, "--changes")
    assert history.exit_code == 0
    assert "current" in history.stdout
    if "decisions" not in sql:
        assert "damaged" in history.stdout
    assert "Xylophone" not in found.output + history.output.replace('"Xylophone"', "") or "decisions" in sql


def test_text_that_cannot_be_decoded_is_not_quoted(database: Path) -> None:
    change(database, "UPDATE records SET determination = CAST(x'22ff' || 'Xylophone\"' AS TEXT) WHERE id = 3")
    with Store(database) as store:
        sha256 = store._db.execute("SELECT document_sha256 FROM records WHERE id = 3").fetchone()[0]
        with pytest.raises(StoreError, match="no UTF-8") as told:
            store.load(3)
    assert "Xylophone" not in "".join(traceback.format_exception(told.value))
    for command in (["show", sha256], ["history", sha256]):
        result = imr(*command, "--db", database)
        assert result.exit_code == 3
        assert "Xylophone" not in result.output + result.stderr


def another_programs(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE notes (a)")


BROKEN: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "no database": (lambda path: path.write_bytes(b"Xylophone" * 5000), "not a database"),
    "empty": (lambda path: path.write_bytes(b""), None),
    "halved": (lambda path: os.truncate(path, path.stat().st_size // 2), None),
    "headless": (lambda path: path.write_bytes(bytes(100) + path.read_bytes()[100:]), "not a database"),
    "foreign": (another_programs, "another program"),
    "newer": (
        lambda path: change(
            path, "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('imr', 'm999', '')"
        ),
        "newer version",
    ),
    "without a table": (lambda path: change(path, "DROP TABLE current_ids"), "cannot be used"),
}


@pytest.mark.parametrize(("damage", "said"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "command", ["show CM16-0000001", "history CM16-0000001", "search gain", "status", "failures", "export OUT"]
)
def test_a_broken_file_is_one_sentence_for_every_command(
    database: Path, tmp_path: Path, command: str, damage: Callable[[Path], object], said: str | None
) -> None:
    damage(database)
    result = imr(*command.replace("OUT", str(tmp_path / "out")).split(), "--db", database)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Xylophone" not in result.output + result.stderr
    if result.exit_code == 3:
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("imr: ")
    if said is not None and "current_ids" not in said and command != "failures":
        assert result.exit_code == 3
        assert said in result.stderr


# Read-only


@pytest.fixture
def as_nobody() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python as a user who owns nothing: for root, permissions do not count."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")

    def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        # Everything is imported before, for the modules may lie where others may not look.
        script = """
import os, sys
from click.testing import CliRunner
import extractor.backlog, extractor.display, extractor.store
from extractor.cli import cli
CliRunner().invoke(cli, [*sys.argv[1:-1], sys.argv[-1] + ".none"])
os.setgid(65534)
os.setuid(65534)
cli()
"""
        return subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


READING = ["show CM16-0000001", "history CM16-0000001", "search gain", "status --json", "failures", "export OUT"]


@pytest.mark.parametrize("command", READING)
def test_a_database_that_may_not_be_written_to_is_read(
    database: Path, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = command.replace("OUT", str(tmp_path / "out")).split()
    expected = imr(*arguments, "--db", database)
    before = database.read_bytes()
    assert not Path(f"{database}-wal").exists()
    monkeypatch.setattr("extractor.store.connection._is_writable", lambda _: False)
    result = imr(*arguments, "--db", database)
    assert (result.exit_code, result.stdout, result.stderr) == (0, expected.stdout, expected.stderr)
    assert database.read_bytes() == before
    assert not Path(f"{database}-wal").exists(), "nothing was written beside it"


def test_a_folder_that_may_not_be_written_to(
    tmp_path: Path, as_nobody: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    for place in (tmp_path, *tmp_path.parents[:-2]):
        place.chmod(place.stat().st_mode | 0o055)
    with Store(tmp_path / "a.db") as store:
        save(store, 1, 6)
    (tmp_path / "a.db").chmod(0o444)
    shown = as_nobody("status", "--json", "--db", "a.db", cwd=tmp_path)
    assert (shown.returncode, json.loads(shown.stdout)["records"]) == (0, 5), shown.stderr
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.txt").write_text("x")
    refused = as_nobody("run", tmp_path / "in", "--db", "a.db", cwd=tmp_path)
    assert refused.returncode == 3
    assert "cannot be written to: it, or its folder, is read-only" in refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("imr: the database")
    assert "Traceback" not in refused.stderr
    with Store(tmp_path / "a.db") as store:  # somebody writes meanwhile
        save(store, 6, 8)
        for ending in ("-wal", "-shm"):
            Path(f"{store.path}{ending}").chmod(0o444)
        shown = as_nobody("status", "--json", "--db", "a.db", cwd=tmp_path)
        assert (shown.returncode, json.loads(shown.stdout)["records"]) == (0, 7), shown.stderr


def test_a_journal_without_its_index_cannot_be_read_without_writing(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(database) as store:
        save(store, 6, 8)
        for ending in ("", "-wal"):
            (tmp_path / f"b.db{ending}").write_bytes(Path(f"{database}{ending}").read_bytes())
    monkeypatch.setattr("extractor.store.connection._is_writable", lambda _: False)
    with pytest.raises(StoreError, match="copy both files to another folder"):
        Store(tmp_path / "b.db", create=False)
    monkeypatch.undo()
    with Store(tmp_path / "b.db", create=False) as store:
        assert store.status().records == 7


def test_what_is_to_be_written_to_a_read_only_database_is_refused(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractor.store.connection._is_writable", lambda _: False)
    with pytest.raises(StoreError, match="cannot be written to"):
        Store(database)
    with Store(database, create=False) as store, pytest.raises(StoreError, match="cannot be written to"):
        save(store, 6, 7)
    monkeypatch.undo()
    change(database, "DELETE FROM _sqlite_migrations WHERE name = 'm005_current'")
    monkeypatch.setattr("extractor.store.connection._is_writable", lambda _: False)
    with pytest.raises(StoreError, match="older version of imr-extractor, and is read-only"):
        Store(database, create=False)


# Processes


def test_a_run_whose_process_is_gone_was_killed(tmp_path: Path) -> None:
    script = """
import sys
from extractor.store import Store
store = Store(sys.argv[1])
store.begin_run(reader="rules", config_sha256="c", configuration="{}", code_version="0", workers=1)
print("begun", flush=True)
sys.stdin.read()
"""
    path = tmp_path / "a.db"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "begun\n"
    with Store(path) as store:
        (run,) = store.status().runs
        assert (run.state, run.pid, run.host) == ("running", process.pid, os.uname().nodename)
        assert run.beat_at == run.started_at
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert store.status().runs[0].state == "killed", "also while nobody has taken note of its death"
        process.communicate()
        assert store.status().runs[0].state == "killed"
        shown = imr("status", "--db", path, "--json")
        assert json.loads(shown.stdout)["runs"][0]["state"] == "killed"
        assert "killed" in imr("status", "--db", path).stdout


def test_a_number_that_was_given_again_is_another_process() -> None:
    this = Process.this()
    now = datetime.now(UTC)
    assert this.lives
    assert state_of(this, None) == "running", "whatever it said last"
    machine = this.mark.rpartition("/")[0]
    later = Process(this.host, this.pid, f"{machine}/1")
    assert state_of(later, now.isoformat()) == "killed"


def test_of_a_process_on_another_machine_only_its_silence_tells() -> None:
    now = datetime.now(UTC)
    for there in (Process("elsewhere", 1, ""), Process(Process.this().host, os.getpid(), "another start/1"), None):
        assert state_of(there, (now - timedelta(minutes=9)).isoformat(), now) == "running"
        assert state_of(there, (now - timedelta(minutes=11)).isoformat(), now) == "silent"
        assert state_of(there, None, now) == "silent"


def test_where_the_system_tells_no_start_the_number_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert Process("here", os.getpid(), "").lives
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not Process("here", gone.pid, "").lives


def test_every_commit_of_a_run_is_a_sign_of_life(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        run_id = begin(store)
        change(store.path, "UPDATE runs SET beat_at = '2000-01-01T00:00:00+00:00'")
        document = make_document()
        store.save_all(Changes([prepare(make_record(document), document)]), run_id=run_id, counts={"found": 1})
        beat = store.status().runs[0].beat_at
    assert beat is not None
    assert datetime.now(UTC) - datetime.fromisoformat(beat) < timedelta(minutes=1)
