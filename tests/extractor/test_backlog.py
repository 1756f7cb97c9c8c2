from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, cast

import pytest
from factories import CRASH, DEFECT, ENCRYPTED, HANG, FakeConfiguration, fake_reader, letter_text, write_letters

from extractor import telemetry
from extractor.backlog import RunSummary, run, walk
from extractor.backlog.source import LetterSource
from extractor.backlog.stopping import Stopping
from extractor.backlog.work import Work
from extractor.errors import ConfigurationError, ImrError, StoreError
from extractor.settings import Limits
from extractor.store import Changes, Store

pytestmark = pytest.mark.usefixtures("quick_workers")

source_module = sys.modules["extractor.backlog.source"]

TESTS = Path(__file__).parents[1]
A, B = cast(Any, FakeConfiguration(label="a")), cast(Any, FakeConfiguration(label="b"))


def go(folder: Path, database: Path, **options: Any) -> RunSummary:
    with Store(database) as store:
        return run([folder], store, options.pop("configuration", A), reader=fake_reader, **{"workers": 1, **options})


def contents(database: Path) -> list[str]:
    """What the database says about the letters, whatever order and however many runs it took."""
    with Store(database, create=False) as store:
        records = [record.model_dump_json() for record in store.records()]
        names = store._db.execute("SELECT document_sha256, name FROM document_names ORDER BY 1, 2").fetchall()
        rows = store._db.execute("SELECT * FROM current_decisions ORDER BY document_sha256, decision_number").fetchall()
        store._db.execute("INSERT INTO decision_search (decision_search, rank) VALUES ('integrity-check', 1)")
        assert store._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store._db.execute("PRAGMA foreign_key_check").fetchall() == []
    return [*records, *map(str, names), *map(str, rows)]


def counts(summary: RunSummary) -> tuple[int, int, int, int, int]:
    return summary.found, summary.extracted, summary.already, summary.renamed, summary.failed


# Walking


def test_letters_are_walked_sorted_and_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.pdf", "b/.hidden.txt", ".git/x.txt", "a.txt", "c", "imr.db", "imr.db-wal", "é\n.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = [os.path.relpath(each.name, tmp_path) for each in walk.letters([tmp_path], tmp_path / "imr.db")]
    assert found == ["a.txt", "b/1.pdf", "b/2.txt", "c", "link.txt", "é\n.txt"]
    assert walk.count([tmp_path], tmp_path / "imr.db") == 6


def test_named_files_come_in_the_order_given_and_are_never_left_out(tmp_path: Path) -> None:
    for name in ("z.txt", ".hidden.txt", "d/1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    given: list[Path | str] = [tmp_path / "z.txt", str(tmp_path / "d"), tmp_path / ".hidden.txt"]
    assert [Path(each.name).name for each in walk.letters(given)] == ["z.txt", "1.txt", ".hidden.txt"]


def test_paths_that_cannot_be_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere' does not exist"):
        list(walk.letters([tmp_path / "nowhere"]))

    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ConfigurationError, match="cannot be listed: Permission denied"):
        list(walk.letters([tmp_path]))


def test_a_folder_deeper_than_the_call_stack_would_hold(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(200):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "1.txt").write_text("x")
    assert walk.count([tmp_path]) == 1


# A run


def test_a_run_reads_everything_once(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 40)
    seen: list[RunSummary] = []
    first = go(tmp_path / "in", tmp_path / "a.db", on_progress=seen.append)
    assert counts(first) == (40, 40, 0, 0, 0)
    assert first.flagged == 40
    assert not first.interrupted
    assert seen[-1].extracted == 40
    assert [s.ended for s in seen] == sorted(s.ended for s in seen)
    second = go(tmp_path / "in", tmp_path / "a.db")
    assert counts(second) == (40, 0, 40, 0, 0)
    assert second.rate is None
    with Store(tmp_path / "a.db") as store:
        newer, older = store.status().runs
        assert (older.state, older.found, older.extracted, newer.already) == ("finished", 40, 40, 40)
        assert older.finished_at


def test_a_new_letter_is_one_read_and_a_changed_one_is_new_content(tmp_path: Path) -> None:
    paths = write_letters(tmp_path / "in", 20)
    go(tmp_path / "in", tmp_path / "a.db")
    write_letters(tmp_path / "in", 1, first=21)
    paths[3].write_text(letter_text(999))
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (21, 2, 19, 0, 0)
    with Store(tmp_path / "a.db") as store:
        assert store.status().records == 22, "the record of the old content is kept"
        assert len(store.find(str(paths[3]))) == 2


def test_another_configuration_reads_again_and_keeps_the_old(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 3)
    go(tmp_path / "in", tmp_path / "a.db")
    assert counts(go(tmp_path / "in", tmp_path / "a.db", configuration=B)) == (3, 3, 0, 0, 0)
    with Store(tmp_path / "a.db") as store:
        assert (store.status().records, store.status().older_records) == (3, 3)


def test_the_same_content_is_read_once_under_all_its_names(tmp_path: Path) -> None:
    for n in range(50):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{n:02d}.txt").write_text(letter_text(n % 5))
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (50, 5, 0, 45, 0)
    (tmp_path / "in" / "copy.txt").write_text(letter_text(1))
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (51, 0, 50, 1, 0)
    with Store(tmp_path / "a.db") as store:
        assert (store.status().documents, store.status().names) == (5, 51)


def test_the_same_file_named_twice(tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path / "in", 1)
    with Store(tmp_path / "a.db") as store:
        assert counts(run([path, path, tmp_path / "in"], store, A, reader=fake_reader)) == (3, 1, 2, 0, 0)


def test_every_letter_ends_as_a_record_or_a_typed_failure(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_letters(folder, 40)
    bad = {"05x": ENCRYPTED, "11x": CRASH, "17x": DEFECT, "23x": HANG, "31x": "SURROGATE"}
    for name, word in bad.items():
        (folder / f"0000{name}.txt").write_text(word)
    (folder / "000040x.txt").write_bytes(b"\xff\xfe no utf-8")
    (folder / "big.txt").write_text("x" * 20_000)
    (folder / "copy-of-encrypted.txt").write_text(ENCRYPTED)
    started = time.monotonic()
    summary = go(folder, tmp_path / "a.db", limits=Limits(seconds=0.5, max_bytes=10_000), workers=2)
    assert time.monotonic() - started < 30
    # The fake reader does not look at sizes: what matters is that no file was hashed beyond the limit.
    assert counts(summary) == (48, 41, 0, 0, 7)
    assert summary.failures == {"encrypted": 2, "internal": 3, "crash": 1, "timeout": 1}
    with Store(tmp_path / "a.db") as store:
        failures = {Path(f.name).name: f for f in store.failures()}
        assert {name: failures[f"0000{name}.txt"].failure_class for name in bad} == {
            "05x": "encrypted", "11x": "crash", "17x": "internal", "23x": "timeout", "31x": "internal",
        }  # fmt: skip
        assert "SIGKILL" in failures["000011x.txt"].message
        assert failures["000023x.txt"].message == "reading took longer than 0.5 s"
        assert re.fullmatch(r"RuntimeError in tests/factories.py, line \d+", failures["000017x.txt"].message)
        assert all(f.sha256 and f.attempts == 1 for f in failures.values())
        assert store.status().failures == {"internal": 3, "encrypted": 2, "crash": 1, "timeout": 1}


def test_a_letter_that_failed_is_tried_again_and_its_failure_cleared(tmp_path: Path) -> None:
    paths = write_letters(tmp_path / "in", 3)
    good = paths[1].read_text()
    paths[1].write_text(ENCRYPTED)
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (3, 2, 0, 0, 1)
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (3, 0, 2, 0, 1)
    with Store(tmp_path / "a.db") as store:
        assert [f.attempts for f in store.failures()] == [2]
    paths[1].write_text(good)
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (3, 1, 2, 0, 0)
    with Store(tmp_path / "a.db") as store:
        assert list(store.failures()) == []


def test_a_failed_file_replaced_by_known_content_is_a_failure_no_more(tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path / "in", 1)
    good = path.read_text()
    go(tmp_path / "in", tmp_path / "a.db")
    path.write_text(ENCRYPTED)
    assert go(tmp_path / "in", tmp_path / "a.db").failed == 1
    path.write_text(good)
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (1, 0, 1, 0, 0)
    with Store(tmp_path / "a.db") as store:
        assert list(store.failures()) == []


def test_lists_may_call_two_letters_by_one_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    lists = [tmp_path / "in" / name for name in ("a.jsonl", "b.jsonl")]
    lists[0].write_text(json.dumps({"name": "7", "text": ENCRYPTED}) + "\n")
    lists[1].write_text(json.dumps({"name": "7", "text": letter_text(1)}) + "\n")
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (2, 1, 0, 0, 1)
    with Store(tmp_path / "a.db") as store:
        (failure,) = store.failures()
        assert (failure.name, failure.place) == ("7", f"{lists[0]}#1")
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (2, 0, 1, 0, 1), "the other is known, this one still fails"
    with Store(tmp_path / "a.db") as store:
        assert [failure.attempts for failure in store.failures()] == [2]
    lists[0].write_text(json.dumps({"name": "7", "text": letter_text(2)}) + "\n")
    assert counts(go(tmp_path / "in", tmp_path / "a.db")) == (2, 1, 1, 0, 0)
    with Store(tmp_path / "a.db") as store:
        assert list(store.failures()) == []


def test_a_csv_may_call_two_files_by_one_name(tmp_path: Path) -> None:
    for name, text in (("a.txt", ENCRYPTED), ("b.txt", letter_text(1))):
        (tmp_path / name).write_text(text)
    (tmp_path / "list.csv").write_text("path,name\na.txt,7\nnowhere.txt,7\nb.txt,7\n")
    assert counts(go(tmp_path / "list.csv", tmp_path / "a.db")) == (3, 1, 0, 0, 2)
    with Store(tmp_path / "a.db") as store:
        places = [(failure.name, Path(failure.place).name) for failure in store.failures()]
    assert sorted(places) == [("7", "a.txt"), ("7", "nowhere.txt")]
    (tmp_path / "a.txt").write_text(letter_text(1))
    assert counts(go(tmp_path / "list.csv", tmp_path / "a.db")) == (3, 0, 2, 0, 1)
    with Store(tmp_path / "a.db") as store:
        assert [Path(failure.place).name for failure in store.failures()] == ["nowhere.txt"]


def test_a_run_makes_the_records_of_its_own_configuration_current_again(tmp_path: Path) -> None:
    folder, database = tmp_path / "in", tmp_path / "a.db"
    write_letters(folder, 30)
    go(folder, database)
    first = contents(database)
    (folder / "twin.txt").write_text((folder / "000003.txt").read_text())
    assert go(folder, database, configuration=B, limit=20).made_current == 0, "it read them for the first time"
    assert contents(database) != first
    seen: list[RunSummary] = []
    again = go(folder, database, on_progress=seen.append)
    assert counts(again) == (31, 0, 30, 1, 0)
    assert (again.made_current, seen[-1].made_current) == (20, 20)
    with Store(database) as store:
        assert store.status().runs[0].made_current == 20
        assert {record.provenance.config_sha256 for record in store.records()} == {A.sha256}
    assert go(folder, database).made_current == 0
    (folder / "twin.txt").unlink()
    assert [row for row in contents(database) if "twin" not in row] == first


def test_what_could_not_be_saved_is_not_counted(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 300)
    with Store(tmp_path / "a.db") as store:
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages + 200}").fetchall()
        with pytest.raises(StoreError, match="no space is left"):
            run([tmp_path / "in"], store, A, workers=1, reader=fake_reader)
    with Store(tmp_path / "a.db") as store:
        status = store.status()
        assert 0 < status.records < 300
        assert (status.runs[0].extracted, status.runs[0].state) == (status.records, "stopped")
    assert go(tmp_path / "in", tmp_path / "a.db").extracted == 300 - status.records


@pytest.mark.parametrize("attack", ["deleted", "replaced"])
def test_a_database_that_is_taken_away_ends_the_run(tmp_path: Path, attack: str) -> None:
    write_letters(tmp_path / "in", 300)
    database = tmp_path / "a.db"

    taken: list[Path] = []

    def take_away(summary: RunSummary) -> None:
        if not taken and summary.extracted >= 32:
            taken.append(database)
            database.unlink()
            if attack == "replaced":
                Store(tmp_path / "b.db").close()
                (tmp_path / "b.db").rename(database)

    with pytest.raises(StoreError, match=f"was {attack}"):
        go(tmp_path / "in", database, on_progress=take_away)
    assert multiprocessing.active_children() == []


def test_damaged_records_are_read_again_when_that_is_asked_for(tmp_path: Path) -> None:
    folder, database = tmp_path / "in", tmp_path / "a.db"
    write_letters(folder, 20)
    go(folder, database)
    with Store(database) as store:
        before = list(store.records())
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE records SET determination = '{' WHERE id IN (3, 7)")
        connection.execute("UPDATE evidence SET spans = '' WHERE record_id = 9")
    connection.close()
    assert counts(go(folder, database)) == (20, 0, 20, 0, 0), "they are there: nobody looks at them again and again"
    assert counts(go(folder, database, check_records=True)) == (20, 3, 17, 0, 0)
    assert counts(go(folder, database, check_records=True)) == (20, 0, 20, 0, 0)
    with Store(database) as store:
        assert list(store.records()) == before
        assert store.status().older_records == 3, "the damaged ones stay in the history"
        (old, new) = store.history(store.load(3 + 18).document.sha256)
        assert (old.current, new.current) == (False, True)


def test_crashes_in_a_row_do_not_stop_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_letters(folder, 10)
    for n in range(8):
        (folder / f"{n:06d}-crash.txt").write_text(f"{CRASH} {n}")
    assert counts(go(folder, tmp_path / "a.db", workers=2)) == (18, 10, 0, 0, 8)


def test_a_file_name_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/\xe9t\xe9.txt")).write_text(letter_text())
    summary = go(tmp_path / "in", tmp_path / "a.db")
    if summary.failed:  # the fake reader puts the raw name into the record, which no database can hold
        assert summary.failures == {"internal": 1}
    with Store(tmp_path / "a.db") as store:
        assert not [name for name in store.failures() if "\\xe9t\\xe9" not in name.name]


def test_wrong_use(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        with pytest.raises(ConfigurationError, match="workers must be 1 or more"):
            run([tmp_path], store, A, workers=0, reader=fake_reader)
        with pytest.raises(ConfigurationError, match="does not exist"):
            run([tmp_path / "no"], store, A, reader=fake_reader)
        assert store.status().runs == ()


def test_an_error_in_the_middle_marks_the_run_as_stopped(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 40)

    def stumble(_: RunSummary) -> None:
        raise ImrError("the disk is full")

    with pytest.raises(ImrError, match="disk"):
        go(tmp_path / "in", tmp_path / "a.db", on_progress=stumble)
    assert multiprocessing.active_children() == []
    with Store(tmp_path / "a.db") as store:
        assert store.status().runs[0].state == "stopped"
    assert go(tmp_path / "in", tmp_path / "a.db").extracted < 40
    assert len(contents(tmp_path / "a.db")) == 40 * 4


# Stopping, killing, sharing


def test_stopping_hears_once() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stopping() as stopping:
        assert not stopping
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping
        assert signal.getsignal(signal.SIGTERM) == before, "the second one is not caught"
    assert signal.getsignal(signal.SIGTERM) == before


def test_stopping_outside_the_main_thread_is_silent() -> None:
    heard = []

    def use() -> None:
        with Stopping() as stopping:
            heard.append(bool(stopping))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert heard == [False]


_SCRIPT = textwrap.dedent(
    """
    import json, sys
    from dataclasses import asdict
    from pathlib import Path
    from factories import FakeConfiguration, slow_reader
    from extractor.backlog import run
    from extractor.store import Store
    if __name__ == "__main__":
        with Store(sys.argv[2]) as store:
            print("ready", flush=True)
            summary = run([Path(sys.argv[1])], store, FakeConfiguration(label="a"), workers=2, reader=slow_reader,
                          on_progress=lambda s: s.extracted and print(s.ended, flush=True))
        print(json.dumps(asdict(summary)), flush=True)
    """
)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(_SCRIPT)
    return path


def start(script: Path, folder: Path, database: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    arguments = [sys.executable, "-W", "error", str(script), str(folder), str(database)]
    return subprocess.Popen(
        arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def test_killed_again_and_again_it_ends_like_an_undisturbed_run(tmp_path: Path, script: Path) -> None:
    folder = tmp_path / "in"
    write_letters(folder, 150)
    (folder / "twin.txt").write_text(letter_text(7))
    (folder / "000050x.txt").write_text(ENCRYPTED)
    dice = random.Random(1)  # noqa: S311
    saved = []
    for _ in range(2):  # the second run begins where a killed one ended
        process = start(script, folder, tmp_path / "a.db")
        assert process.stdout
        # Die at a random instant after some work was saved: between letters, inside a transaction, anywhere.
        for _ in range(dice.randint(2, 4)):
            process.stdout.readline()
        time.sleep(dice.random() * 0.1)
        process.kill()
        process.communicate()
        with Store(tmp_path / "a.db") as store:
            saved.append(store.status().records)
            assert store.status().runs[0].state == "killed", "it could not say so itself"
    assert 0 < saved[0] < saved[-1] < 150
    last = go(folder, tmp_path / "a.db")
    assert last.extracted == 150 - saved[-1], "only what was missing is read"
    go(folder, tmp_path / "b.db")
    assert contents(tmp_path / "a.db") == contents(tmp_path / "b.db")
    with Store(tmp_path / "a.db") as store:
        assert store.status().failures == {"encrypted": 1}


def test_workers_end_when_their_run_is_killed(tmp_path: Path, script: Path) -> None:
    write_letters(tmp_path / "in", 100)
    process = start(script, tmp_path / "in", tmp_path / "a.db")
    assert process.stdout
    for _ in range(2):
        process.stdout.readline()
    session = process.pid  # its workers are in its session
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while alive := _of_session(session):
        assert time.monotonic() < deadline, alive
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_finishes_what_is_under_way_and_says_what_is_left(
    tmp_path: Path, script: Path, number: signal.Signals
) -> None:
    write_letters(tmp_path / "in", 300)
    process = start(script, tmp_path / "in", tmp_path / "a.db")
    assert process.stdout
    for _ in range(2):
        process.stdout.readline()
    os.killpg(process.pid, number) if number is signal.SIGINT else process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    summary = json.loads(output.splitlines()[-1])
    assert summary["interrupted"]
    assert 0 < summary["extracted"] < 300
    assert summary["remaining"] == 300 - summary["extracted"]
    with Store(tmp_path / "a.db") as store:
        (row,) = store.status().runs
        assert (row.state, row.extracted, row.remaining) == ("interrupted", summary["extracted"], summary["remaining"])
        assert store.status().records == summary["extracted"]
    assert go(tmp_path / "in", tmp_path / "a.db").extracted == summary["remaining"]


def test_two_runs_on_one_database(tmp_path: Path, script: Path) -> None:
    write_letters(tmp_path / "in", 80)
    processes = [start(script, tmp_path / "in", tmp_path / "a.db") for _ in range(2)]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [(errors, code) for _, errors, code in ended] == [("", 0), ("", 0)]
    summaries = [json.loads(output.splitlines()[-1]) for output, _, _ in ended]
    assert sum(s["extracted"] for s in summaries) == 80, "no letter was saved twice"
    assert all(s["extracted"] + s["already"] == 80 for s in summaries)
    go(tmp_path / "in", tmp_path / "b.db")
    assert contents(tmp_path / "a.db") == contents(tmp_path / "b.db")


def test_work_under_way_is_bounded(tmp_path: Path) -> None:
    # The parent must not run ahead of its workers: of many letters, few may be held at any time.
    write_letters(tmp_path / "in", 400, decisions=1)
    ahead: list[int] = []
    go(tmp_path / "in", tmp_path / "a.db", on_progress=lambda s: ahead.append(s.found - s.ended), workers=2)
    assert max(ahead) <= 2 * 3 * 16


def test_a_database_locked_for_good_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.store.connection.BUSY_SECONDS", 0.1)
    with Store(tmp_path / "a.db") as store:
        other = sqlite3.connect(tmp_path / "a.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ImrError, match=r"was locked for 0\.1 s by another process"):
            store.save_all(Changes(failed=[]))
        other.close()


def _of_session(session: int) -> list[str]:
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state, _, _, its_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(its_session) == session and state != "Z":
                alive.append(entry.name)
    return alive


def test_a_poison_letter_is_tried_three_times_and_then_only_when_asked_for(tmp_path: Path) -> None:
    folder, database = tmp_path / "in", tmp_path / "a.db"
    folder.mkdir()
    (folder / "bad.txt").write_text("ENCRYPTED letter")
    (folder / "good.txt").write_text("a good letter")

    def tried() -> int:
        with Store(database, create=False) as store:
            return next(iter(store.failures())).attempts

    for expected in (1, 2, 3, 3, 3):
        assert go(folder, database).failed == 1
        assert tried() == expected
    assert go(folder, database, retry="timeout").failures == {"encrypted": 1}
    assert tried() == 3
    for expected, retry in ((4, "all"), (5, "encrypted")):
        go(folder, database, retry=retry)
        assert tried() == expected


# What is known by its looks


def letters_in(tmp_path: Path, count: int) -> Path:
    write_letters(tmp_path / "in", count)
    return tmp_path / "in"


def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that were hashed from now on."""
    names: list[str] = []
    digest = LetterSource.digest

    def noted(self: LetterSource, max_bytes: int) -> str | None:
        names.append(Path(self.name).name)
        return digest(self, max_bytes)

    monkeypatch.setattr(LetterSource, "digest", noted)
    return names


def aged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the files be as old as makes them settled."""
    monkeypatch.setattr(source_module, "_SETTLED_NS", 0)
    time.sleep(0.02)  # the clock of files is coarser than ours


def test_a_file_is_hashed_once_and_then_known_by_its_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 5)
    aged(folder, monkeypatch)
    go(folder, tmp_path / "a.db")
    names = hashed(monkeypatch)
    assert counts(go(folder, tmp_path / "a.db")) == (5, 0, 5, 0, 0)
    assert names == []
    other = go(folder, tmp_path / "a.db", configuration=B)
    assert (counts(other), names) == ((5, 5, 0, 0, 0), [])


def test_a_file_that_changed_is_read_even_with_the_size_and_time_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = letters_in(tmp_path, 3)
    aged(folder, monkeypatch)
    go(folder, tmp_path / "a.db")
    path = sorted(folder.iterdir())[1]
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + (b"!" if content[-1:] != b"!" else b"?"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    names = hashed(monkeypatch)
    assert counts(go(folder, tmp_path / "a.db")) == (3, 1, 2, 0, 0)
    assert set(names) == {path.name}


def test_a_file_that_was_only_touched_is_hashed_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 3)
    aged(folder, monkeypatch)
    go(folder, tmp_path / "a.db")
    path = sorted(folder.iterdir())[0]
    path.touch()
    aged(folder, monkeypatch)
    names = hashed(monkeypatch)
    for _ in range(2):
        assert counts(go(folder, tmp_path / "a.db")) == (3, 0, 3, 0, 0)
    assert names == [path.name]


def test_a_file_that_may_still_be_written_to_is_not_known_by_its_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "_SETTLED_NS", 3600 * 10**9)
    folder = letters_in(tmp_path, 3)
    go(folder, tmp_path / "a.db")
    names = hashed(monkeypatch)
    assert counts(go(folder, tmp_path / "a.db")) == (3, 0, 3, 0, 0)
    assert len(names) == 3


def test_two_files_that_swap_their_names_are_both_still_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 2)
    aged(folder, monkeypatch)
    go(folder, tmp_path / "a.db")
    first, second = sorted(folder.iterdir())
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)
    assert counts(go(folder, tmp_path / "a.db")) == (2, 0, 0, 2, 0)


def test_a_finished_backlog_is_looked_up_in_ever_larger_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 200)
    go(folder, tmp_path / "a.db")
    steps: list[int] = []
    looked_up = Work._looked_up

    def noted(self: Any, sources: Any) -> Any:
        steps.append(len(sources))
        return looked_up(self, sources)

    monkeypatch.setattr(Work, "_looked_up", noted)
    assert counts(go(folder, tmp_path / "a.db")) == (200, 0, 200, 0, 0)
    assert steps == [16, 32, 64, 88]


def test_letters_looked_up_and_not_handed_out_are_left_when_asked_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long known stretch comes a large step that is new: it is not read to its end against the will."""
    known, new = letters_in(tmp_path, 400), tmp_path / "new"
    go(known, tmp_path / "a.db")
    new.mkdir()
    for number in range(300):
        (new / f"{number:03}.txt").write_text(letter_text(5000 + number // 2))  # each twice
    asked: list[bool] = []

    def stop(summary: RunSummary) -> None:
        if summary.extracted and not asked:
            asked.append(True)
            os.kill(os.getpid(), signal.SIGINT)

    with Store(tmp_path / "a.db") as store:
        summary = run([known, new], store, A, reader=fake_reader, workers=1, on_progress=stop)
    assert summary.interrupted
    assert 0 < summary.extracted < 100
    assert summary.already + summary.renamed + summary.extracted + summary.failed + summary.remaining == 700


@pytest.mark.parametrize("count", [10, 16, 40])
def test_asked_to_stop_while_files_are_hashed_it_hashes_no_more(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = letters_in(tmp_path, count)
    hashed: list[str] = []
    digest = LetterSource.digest

    def noted(self: LetterSource, max_bytes: int) -> str | None:
        hashed.append(self.name)
        if len(hashed) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return digest(self, max_bytes)

    monkeypatch.setattr(LetterSource, "digest", noted)
    summary = go(folder, tmp_path / "a.db")
    assert len(hashed) == 5
    assert summary.interrupted
    assert summary.ended + summary.remaining == count


def test_files_of_one_name_are_not_taken_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list may call two files the same; then none of them is known by its looks."""
    paths = write_letters(tmp_path / "in", 2)
    (tmp_path / "in" / "l.csv").write_text("path,name\n" + "".join(f"{path.name},letter\n" for path in paths))
    aged(tmp_path, monkeypatch)
    go(tmp_path / "in" / "l.csv", tmp_path / "a.db")
    assert counts(go(tmp_path / "in" / "l.csv", tmp_path / "a.db")) == (2, 0, 2, 0, 0)
    assert go(tmp_path / "in" / "l.csv", tmp_path / "a.db", configuration=B).extracted == 2
    paths[0].write_text(letter_text(77))
    assert counts(go(tmp_path / "in" / "l.csv", tmp_path / "a.db")) == (2, 1, 1, 0, 0)


def test_every_file_is_hashed_if_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 3)
    aged(folder, monkeypatch)
    go(folder, tmp_path / "a.db")
    names = hashed(monkeypatch)
    assert counts(go(folder, tmp_path / "a.db", rehash=True)) == (3, 0, 3, 0, 0)
    assert len(names) == 3


def test_a_finished_backlog_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = letters_in(tmp_path, 40)
    go(folder, tmp_path / "a.db")
    monkeypatch.setattr("extractor.store.runs.REPORT_SECONDS", -1)
    seen: list[int] = []
    told: list[Any] = []
    monkeypatch.setattr(telemetry, "run_goes_on", lambda _, counted: told.append(counted["already"]))
    go(folder, tmp_path / "a.db", on_progress=lambda summary: seen.append(summary.ended))
    assert seen == told == [16, 40]


def test_what_is_not_tried_again_is_told_as_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.txt").write_text(ENCRYPTED)
    told: list[str] = []
    monkeypatch.setattr(
        telemetry, "letter_failed", lambda _run, _name, _sha256, failure_class: told.append(failure_class)
    )
    for run_number in range(1, 6):
        assert go(tmp_path / "in", tmp_path / "a.db").failed == 1
        assert told == ["encrypted"] * run_number
