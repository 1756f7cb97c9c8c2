"""Replies that the database keeps: not paid for twice, read again after a change, and the history that this leaves."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from answering import Answers
from click.testing import CliRunner
from endpoint import Broken, FakeEndpoint, Said, refused
from factories import become_version, configuration_of_version
from pyarrow import parquet
from replaying import recordings

from extractor import identity
from extractor.backlog import run
from extractor.backlog.reground import reground
from extractor.cli import cli
from extractor.cluster import Job, import_results, partition, read_partition
from extractor.reading import configuration as configured
from extractor.reading.configuration import Configuration
from extractor.settings import DEFAULT_LIMITS, Endpoint, ModelSettings, Secret
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("CM1[67]*.txt"))]
GOOD = Answers(TEXTS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the code another version from now on, here and in the processes that read."""
    before = identity.code_sha256

    def upgrade(name: str = "another version") -> None:
        become_version(name)

        def reduced(self: Configuration) -> Any:
            return configuration_of_version, (name, self.reader, self.model, self.prompt_sha256)

        monkeypatch.setattr(Configuration, "__reduce__", reduced)

    yield upgrade
    identity.code_sha256 = before
    configured._sha256.cache_clear()
    identity.code_version.cache_clear()


def configuration(**settings: Any) -> Configuration:
    return Configuration.of("both", ModelSettings("test", **settings))


def read_all(source: Path, database: Path, url: str, **settings: Any) -> Any:
    with Store(database) as store:
        endpoint = Endpoint(base_url=url, api_key=Secret("k"), in_flight=2)
        return run([source], store, configuration(**settings), endpoint=endpoint)


def rows(database: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_another_version_reads_the_replies_again_and_asks_nobody(
    tmp_path: Path, source: Path, newer: Any, strategy: str
) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        first = read_all(source, tmp_path / "a.db", endpoint.url, strategy=strategy)
        asked = len(endpoint.requests)
        newer()
        second = read_all(source, tmp_path / "a.db", endpoint.url, strategy=strategy)
        assert len(endpoint.requests) == asked
    assert (first.extracted, second.extracted, second.requests) == (len(TEXTS), len(TEXTS), 0)
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM records") == [(2 * len(TEXTS),)]
    old, new = rows(tmp_path / "a.db", "SELECT group_concat(determination) FROM records GROUP BY config_sha256")
    assert sorted(old[0]) == sorted(new[0])


def test_reground_does_the_same_without_letters_or_endpoint(tmp_path: Path, source: Path, newer: Any) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        read_all(source, tmp_path / "a.db", endpoint.url)
    with Store(tmp_path / "a.db") as store:
        assert reground(store).same == len(TEXTS)
        newer()
        done = reground(store)
        assert (done.found, done.read, done.same, done.missing) == (len(TEXTS), len(TEXTS), 0, 0)
        assert reground(store).same == len(TEXTS)
        before, after = list(store.history(store.find("CM17-0500538")[0].sha256))
    assert before.determination == after.determination
    assert before.config_sha256 != after.config_sha256


def test_reground_makes_current_again_what_this_version_has_read(tmp_path: Path, source: Path, newer: Any) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        read_all(source, tmp_path / "a.db", endpoint.url)
    with Store(tmp_path / "a.db") as store:
        newer("new")
        assert reground(store).read == len(TEXTS)
        newer("newest")
        assert reground(store).read == len(TEXTS)
        newer("new")
        done = reground(store)
        assert (done.read, done.same, done.made_current) == (0, len(TEXTS), len(TEXTS))
        _, middle, last = store.history(store.find("CM17-0500538")[0].sha256)
        assert (middle.current, last.current) == (True, False)
        assert reground(store).made_current == 0


def test_a_rules_run_in_between_demotes_nothing_that_was_paid_for(tmp_path: Path, source: Path) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        paid = read_all(source, tmp_path / "a.db", endpoint.url)
        with Store(tmp_path / "a.db") as store:
            run([source], store, Configuration(), workers=1)
            assert {record.provenance.reader for record in store.records()} == {"rules"}
        again = read_all(source, tmp_path / "a.db", endpoint.url)
    assert paid.requests > 0
    assert (again.requests, again.extracted, again.already, again.made_current) == (0, 0, len(TEXTS), len(TEXTS))
    with Store(tmp_path / "a.db") as store:
        assert {record.provenance.reader for record in store.records()} == {"both"}


def test_reground_leaves_what_it_has_no_reply_for(
    tmp_path: Path, source: Path, newer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        read_all(source, tmp_path / "a.db", endpoint.url)
    connection = sqlite3.connect(tmp_path / "a.db")
    with connection:
        connection.execute("DELETE FROM attempts WHERE id = 1")
    connection.close()
    newer()
    with Store(tmp_path / "a.db") as store:
        done = reground(store)
    assert (done.read, done.missing) == (len(TEXTS) - 1, 1)
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM current_records") == [(len(TEXTS),)]


def test_a_refusal_is_asked_again_and_an_answer_is_not(tmp_path: Path, source: Path) -> None:
    unlucky = re.search(r"CM\d\d-\d{7}", TEXTS[1])
    assert unlucky is not None

    def moody(body: dict[str, Any], _: int) -> Said | Broken:
        return refused() if unlucky.group() in body["messages"][-1]["content"] else Said(GOOD.body(body))

    with FakeEndpoint(moody) as endpoint:
        assert read_all(source, tmp_path / "a.db", endpoint.url).failed == 1
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        assert read_all(source, tmp_path / "a.db", endpoint.url).extracted == 1
        assert len(endpoint.requests) == 1


def test_killed_at_random_instants_only_what_was_under_way_is_asked_twice(tmp_path: Path) -> None:
    texts = []
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(40):
        text = re.sub(r"CM\d\d-\d{7}", f"CM16-{2000000 + number}", TEXTS[number % len(TEXTS)])
        texts.append(text)
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    good = Answers(texts)
    command = [sys.executable, "-m", "extractor", "run", str(folder), "--db", str(tmp_path / "a.db"), "--quiet"]
    with FakeEndpoint(lambda body, _: Said(good.body(body), seconds=0.02)) as endpoint:
        options = ["--reader", "model", "--model", "test", "--in-flight", "4"]
        environment = {**os.environ, "OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "k"}
        kills = 0
        for _ in range(2):
            seen = len(endpoint.requests)
            process = subprocess.Popen([*command, *options], env=environment)
            deadline = time.monotonic() + 60
            while len(endpoint.requests) < seen + 9 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
        subprocess.run([*command, *options], env=environment, check=True)
        asked = [repr(body["messages"]) for body in endpoint.requests]
    assert kills >= 1
    again = len(asked) - len(set(asked))
    # Under way when killed: four requests, and as many whose replies had come and were not yet committed.
    assert again <= kills * 8, again
    assert rows(tmp_path / "a.db", "SELECT count(*), count(DISTINCT document_sha256) FROM records") == [(40, 40)]


def test_history_on_the_command_line(tmp_path: Path, source: Path) -> None:
    with FakeEndpoint(lambda body, _: Said(GOOD.body(body))) as endpoint:
        read_all(source, tmp_path / "a.db", endpoint.url)
    with Store(tmp_path / "a.db") as store:
        run([source], store, Configuration(), workers=1)
    shown = CliRunner().invoke(cli, ["history", "CM17-0500538", "--db", str(tmp_path / "a.db"), "--changes"])
    assert shown.exit_code == 0, shown.output
    lines = [line for line in shown.output.splitlines() if " both " in line or " rules " in line]
    assert [line.rstrip().endswith("current") for line in lines] == [False, True]
    nothing = CliRunner().invoke(cli, ["history", "CM99-0000000", "--db", str(tmp_path / "a.db")])
    assert nothing.exit_code == 3
    again = CliRunner().invoke(cli, ["reground", "--db", str(tmp_path / "a.db")])
    assert "0 letters of a model reader" in again.output  # the current records are the rules reader's


def test_what_came_from_a_cluster_is_reground_as_well(tmp_path: Path, newer: Any) -> None:
    gold = Path(__file__).parents[2] / "gold"
    replay = Endpoint(replay=recordings())
    job = Job.of(Configuration.of("both", ModelSettings("reference-llm")), DEFAULT_LIMITS, replay)
    paths = [gold / "letters" / f"{name}.txt" for name in ("a01", "a02", "a03")]
    letters = pa.Table.from_pylist([{"name": str(path), "content": path.read_bytes()} for path in paths])
    parquet.write_table(read_partition(letters, job), tmp_path / "1.parquet")
    partition.end()
    newer()
    with Store(tmp_path / "a.db") as store:
        import_results([tmp_path / "1.parquet"], store)
        done = reground(store)
    assert (done.found, done.read, done.missing) == (3, 3, 0)
    runs = rows(tmp_path / "a.db", "SELECT reader, workers, state FROM runs ORDER BY id")
    assert runs == [("both", 0, "finished"), ("both", 1, "finished")]
