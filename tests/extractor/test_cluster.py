"""Partitions, the engine that runs them, and the way of their results into a database."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from endpoint import FakeEndpoint, bad_key
from poisoned_child import DEFECT, HANG, KILL
from pyarrow import parquet

from extractor.backlog import run, walk
from extractor.cli import cli
from extractor.cluster import (
    RESULTS,
    ClusterSummary,
    Job,
    import_results,
    partition,
    read_partition,
    run_on_cluster,
    running,
)
from extractor.cluster.importing import INVALID
from extractor.documents import read_document
from extractor.errors import AuthenticationFailed, ConfigurationError, ImrError
from extractor.reading.configuration import Configuration
from extractor.reading.letter import read
from extractor.records.record import Record
from extractor.settings import DEFAULT_LIMITS, Endpoint, Limits, ModelSettings, Secret
from extractor.store import Store

ROOT = Path(__file__).parents[2]
TEXTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "samples").glob("*.txt"))]
POISONED = (sys.executable, str(ROOT / "tests" / "poisoned_child.py"))
Row = dict[str, Any]


def letter(number: int) -> str:
    """A sample letter with a case number of its own."""
    own = f"CM{13 + number % 7}-{1000000 + number}"
    text, found = re.subn(r"CM\d\d-\d{7}", own, TEXTS[number % len(TEXTS)])
    return text if found else f"{text}\nCase {own}\n"


def letters(count: int) -> list[Row]:
    return [{"name": f"/in/{number}.txt", "content": letter(number).encode()} for number in range(count)]


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    partition.end()


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    partition.end()
    monkeypatch.setattr(partition, "COMMAND", POISONED)
    yield
    partition.end()


@pytest.fixture(scope="module")
def results() -> list[Row]:
    """What a partition of eight good letters, an empty one and a copy under another name gives."""
    given = [*letters(8), {"name": "/in/empty.txt", "content": b""}, {**letters(3)[2], "name": "/in/copy.txt"}]
    rows: list[Row] = read_partition(table(given)).to_pylist()
    return rows


def told(record: Record) -> dict[str, Any]:
    """A record without the time at which it was made."""
    shown = json.loads(record.model_dump_json())
    del shown["provenance"]["created_at"]
    return dict(shown)


def contents(database: Path) -> dict[str, list[Any]]:
    """All that a database holds, but for times, runs and ids."""
    with Store(database, create=False) as store:
        kept: dict[str, list[Any]] = {"records": [told(record) for record in store.records()]}
        kept["names"] = store._db.execute("SELECT document_sha256, name FROM document_names ORDER BY 1, 2").fetchall()
        kept["failures"] = [(f.name, f.sha256, f.failure_class, f.message, f.cleared_at) for f in store.failures()]
        for view in ("decisions", "citations", "drugs", "reasons", "flags", "evidence"):
            kept[view] = sorted(map(str, store._db.execute(f"SELECT * FROM current_{view}").fetchall()))  # noqa: S608
        store._db.execute("INSERT INTO decision_search (decision_search, rank) VALUES ('integrity-check', 1)")
        assert store._db.execute("PRAGMA foreign_key_check").fetchall() == []
    return kept


def everything(database: Path) -> list[str]:
    """Every row of every table, to tell whether anything at all has changed."""
    connection = sqlite3.connect(database)
    dump = list(connection.iterdump())
    connection.close()
    return dump


# A partition


def test_a_partition_reads_as_one_machine_does(results: list[Row]) -> None:
    assert [row["name"] for row in results] == [
        *(row["name"] for row in letters(8)), "/in/empty.txt", "/in/copy.txt"
    ]  # fmt: skip
    for row, given in zip(results[:8], letters(8), strict=True):
        document = read_document(given["content"], name=Path(given["name"]).name)
        assert (row["sha256"], row["text"], row["status"]) == (document.sha256, document.text, "record")
        assert told(Record.model_validate_json(row["record"])) == told(read(document))
        assert row["config_sha256"] == Configuration().sha256
    empty = results[8]
    assert (empty["status"], empty["failure_class"], empty["record"]) == ("failure", "empty", None)
    assert "'empty.txt' has no bytes" in empty["message"]


def test_texts_will_do_and_titles_are_heard(results: list[Row]) -> None:
    given = table([{"name": "list.jsonl#3", "title": "third", "text": letter(1)}])
    [row] = read_partition(given).to_pylist()
    assert row["sha256"] == results[1]["sha256"]
    assert json.loads(row["record"])["document"]["name"] == "third"


def test_an_empty_partition_is_an_empty_table() -> None:
    assert read_partition(table(letters(1)).slice(0, 0)).equals(RESULTS.empty_table())


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="letters are a table with name, and content or text, not name, body"):
        read_partition(pa.table({"name": ["a"], "body": ["b"]}))


@pytest.mark.usefixtures("poisoned")
def test_letters_that_kill_or_hang_their_reader_are_named_and_alone() -> None:
    given = letters(7)
    for number, word in ((1, KILL), (3, HANG), (4, KILL), (5, DEFECT)):
        given[number]["content"] = word + given[number]["content"]
    rows = read_partition(table(given), Job(limits=Limits(seconds=1.5))).to_pylist()
    assert [row["name"] for row in rows] == [row["name"] for row in given]
    assert [row["failure_class"] for row in rows] == [None, "crash", None, "timeout", "crash", "internal", None]
    assert rows[1]["message"] == "the process that was reading it died (SIGKILL)"
    assert rows[3]["message"] == "reading took longer than 1.5 s"
    assert rows[5]["message"].startswith("RuntimeError in tests/poisoned_child.py, line ")
    assert all(row["sha256"] for row in rows)


def test_a_process_that_cannot_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    partition.end()
    monkeypatch.setattr(partition, "COMMAND", (sys.executable, "-c", "raise SystemExit(7)"))
    with pytest.raises(ImrError, match=r"cannot be started \(exit code 7\)"):
        read_partition(table(letters(1)))


def replaying() -> Job:
    configuration = Configuration.of("both", ModelSettings("reference-llm"))
    return Job.of(configuration, DEFAULT_LIMITS, Endpoint(replay=ROOT / "gold" / "recordings"))


def test_a_model_reads_as_on_one_machine_and_its_requests_are_kept() -> None:
    job = replaying()
    paths = [ROOT / "gold" / "letters" / f"a0{n}.txt" for n in (1, 2, 3)]
    given = [{"name": str(path), "content": path.read_bytes()} for path in paths]
    rows = read_partition(table([*given, {"name": "other", "content": letter(1).encode()}]), job).to_pylist()
    for row, path in zip(rows, paths, strict=False):
        expected = read(read_document(path), job.configuration, endpoint=job.endpoint)
        assert told(Record.model_validate_json(row["record"])) == told(expected)
        assert json.loads(row["attempts"])[0][2] == "ok"
    assert rows[3]["failure_class"] == "recording_missing"


@pytest.mark.usefixtures("poisoned")
def test_a_model_s_partition_survives_poison() -> None:
    path = ROOT / "gold" / "letters" / "a01.txt"
    given = [{"name": "k", "content": KILL}, {"name": str(path), "content": path.read_bytes()}]
    rows = read_partition(table(given), replaying()).to_pylist()
    assert [row["status"] for row in rows] == ["failure", "record"]
    assert rows[0]["failure_class"] == "crash"


def test_an_endpoint_that_serves_nobody_ends_it() -> None:
    with FakeEndpoint(lambda *_: bad_key()) as fake:
        job = Job(Configuration.of("model", ModelSettings("m")), endpoint=Endpoint(base_url=fake.url))
        with pytest.raises(AuthenticationFailed):
            read_partition(table(letters(2)), job)


def test_the_key_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(base_url="http://127.0.0.1:1/v1", api_key=Secret("sk-mine"))
    configuration = Configuration.of("model", ModelSettings("m"))
    with pytest.raises(ConfigurationError, match="a key is not sent to other machines: set OPENAI_API_KEY") as raised:
        Job.of(configuration, DEFAULT_LIMITS, endpoint)
    assert "sk-mine" not in str(raised.value)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    job = Job.of(configuration, DEFAULT_LIMITS, endpoint)
    assert job.endpoint.api_key is None
    assert job.endpoint_here().api_key == Secret("sk-mine")


# Into a database


def file_of(rows: list[Row], path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, schema=RESULTS), path)
    return path


def imported(*paths: Path, into: Path) -> dict[str, int]:
    with Store(into) as store:
        made = import_results(paths, store)
    return {name: getattr(made, name) for name in ("rows", "records", "already", "renamed", "failed", "invalid")}


def test_importing_twice_or_overlapping_files_changes_nothing(results: list[Row], tmp_path: Path) -> None:
    first = file_of(results[:6], tmp_path / "out" / "1.parquet")
    file_of(results[4:], tmp_path / "out" / "2.parquet")
    file_of(results, tmp_path / "out" / "3.parquet")
    database = tmp_path / "a.db"
    assert imported(tmp_path / "out", into=database) == {
        "rows": 22, "records": 8, "already": 11, "renamed": 1, "failed": 1, "invalid": 0,
    }  # fmt: skip
    before = everything(database)
    assert imported(tmp_path / "out", first, into=database)["already"] == 20, "a file named twice is one"
    assert everything(database) == before
    for path in sorted((tmp_path / "out").iterdir(), reverse=True):
        imported(path, into=tmp_path / "b.db")
    assert contents(tmp_path / "b.db") == contents(database)
    with Store(database) as store:
        assert [(f.name, f.failure_class, f.attempts) for f in store.failures()] == [("/in/empty.txt", "empty", 1)]


def test_what_is_imported_again_is_current_again(results: list[Row], tmp_path: Path) -> None:
    one = file_of(results, tmp_path / "1.parquet")
    database = tmp_path / "a.db"
    with Store(database) as store:
        import_results([one], store)
        records = list(store.records())
        for record in records[:3]:
            moved = record.model_copy(
                update={"provenance": record.provenance.model_copy(update={"config_sha256": "d" * 64})}
            )
            store.save(moved, store.document(record.document.sha256))
        assert list(store.records()) != records
        done = import_results([one], store)
        assert (done.records, done.made_current) == (0, 3)
        assert list(store.records()) == records
        assert import_results([one], store).made_current == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_record_stands_against_a_failure_in_whatever_order(
    results: list[Row], tmp_path: Path, order: tuple[int, int]
) -> None:
    lost = {**results[0], "status": "failure", "failure_class": "crash", "message": "died", "record": None}
    paths = [file_of([lost], tmp_path / "lost.parquet"), file_of(results[:1], tmp_path / "read.parquet")]
    for n in order:
        imported(paths[n], into=tmp_path / "a.db")
    with Store(tmp_path / "a.db") as store:
        assert list(store.failures()) == []
        assert store.status().records == 1
    assert imported(*paths, into=tmp_path / "a.db")["failed"] == 0


def changed(row: Row, **changes: Any) -> Row:
    record = json.loads(row["record"])
    for path, value in changes.items():
        node = record
        *parents, leaf = path.split("__")
        for part in parents:
            node = node[part]
        if value is None:
            del node[leaf]
        else:
            node[leaf] = value
    return {**row, "record": json.dumps(record)}


TAMPERED: dict[str, tuple[Callable[[Row], Row], str]] = {
    "a quote": (
        lambda row: changed(row, **{"evidence__/case_number__quote": "CM99-9999999"}),
        "the words cited for '/case_number' do not stand",
    ),
    "spans": (
        lambda row: changed(row, **{"evidence__/case_number__spans": [[5, 17]]}),
        "the words cited for '/case_number' do not stand",
    ),
    "spans outside": (
        lambda row: changed(row, **{"evidence__/case_number__spans": [[5, 10**9]]}),
        "the words cited for '/case_number' do not stand",
    ),
    "a passage": (
        lambda row: changed(row, determination__clinical_summary__text="Nothing was wrong."),
        "the words cited for '/clinical_summary' do not stand",
    ),
    "the text": (lambda row: {**row, "text": row["text"].replace("the", "teh")}, "the words cited for"),
    "the text's length": (lambda row: {**row, "text": row["text"] + "x"}, "the text has"),
    "a value without evidence": (
        lambda row: changed(row, **{"evidence__/case_number": None}),
        "'/case_number' is a value without evidence",
    ),
    "an evidence without value": (
        lambda row: changed(row, determination__case_number=None),
        "'/case_number' is a value without evidence",
    ),
    "a value of no closed list": (
        lambda row: changed(row, determination__priority="urgent"),
        "determination/priority: Input should be",
    ),
    "contradicted": (
        lambda row: changed(row, **{"evidence__/case_number__support": "contradicted"}),
        "the value must be withheld",
    ),
    "another document": (lambda row: {**row, "sha256": "0" * 64}, "the record is of another document"),
    "no JSON": (lambda row: {**row, "record": "{"}, "Invalid JSON"),
    "none": (lambda row: {**row, "record": None}, "Input should be an object"),
    "attempts": (lambda row: {**row, "attempts": "[[1]]"}, "the requests to a model are not as they must be"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_record_that_its_text_does_not_bear_out_is_a_failure(results: list[Row], tmp_path: Path, name: str) -> None:
    tamper, message = TAMPERED[name]
    path = file_of([results[1], tamper(results[0]), results[2]], tmp_path / "1.parquet")
    told = imported(path, into=tmp_path / "a.db")
    assert (told["records"], told["invalid"], told["failed"]) == (2, 1, 1)
    before = everything(tmp_path / "a.db")
    imported(path, into=tmp_path / "a.db")
    assert everything(tmp_path / "a.db") == before
    with Store(tmp_path / "a.db") as store:
        [failure] = store.failures()
        assert (failure.name, failure.failure_class) == ("/in/0.txt", INVALID)
        assert message in failure.message
        if name != "another document":
            imported(file_of(results[:1], tmp_path / "good.parquet"), into=tmp_path / "a.db")
            assert list(store.failures()) == []


def test_every_sample_and_gold_letter_is_accepted(tmp_path: Path) -> None:
    """Also those with ligatures, hyphens at line ends, page furniture and several pages."""
    paths = [*(ROOT / "docs" / "samples").rglob("*.pdf"), *(ROOT / "gold" / "letters").iterdir()]
    given = table([{"name": path.name, "content": path.read_bytes()} for path in paths])
    parquet.write_table(read_partition(given), tmp_path / "1.parquet")
    assert imported(tmp_path / "1.parquet", into=tmp_path / "a.db")["invalid"] == 0


def test_what_both_readers_said_of_gold_is_accepted(tmp_path: Path) -> None:
    """Two of these cite from a line break on, one has words with ligatures."""
    paths = [ROOT / "gold" / "letters" / f"{name}.txt" for name in ("c19", "d01", "d02", "a01")]
    given = table([{"name": path.name, "content": path.read_bytes()} for path in paths])
    parquet.write_table(read_partition(given, replaying()), tmp_path / "1.parquet")
    told = imported(tmp_path / "1.parquet", into=tmp_path / "a.db")
    assert (told["records"], told["invalid"]) == (4, 0)
    with Store(tmp_path / "a.db") as store:
        [used] = store.status().used
    assert used.requests >= 4
    before = everything(tmp_path / "a.db")
    imported(tmp_path / "1.parquet", into=tmp_path / "a.db")
    assert everything(tmp_path / "a.db") == before, "nor are requests counted twice"


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def rotten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[2000:2400] = bytes(400)
    path.write_bytes(bytes(data))


def text(path: Path) -> None:
    path.write_text("name,status\n")


def others(path: Path) -> None:
    parquet.write_table(pa.table({"name": ["a"], "record": [1]}), path)


def odd(path: Path) -> None:
    file_of([{"name": "x", "config_sha256": "c", "status": "perhaps"}], path)


@pytest.mark.parametrize("breaking", [halved, rotten, text, others, odd])
def test_a_broken_file_is_one_error_and_nothing_of_it_is_saved(
    results: list[Row], tmp_path: Path, breaking: Callable[[Path], None]
) -> None:
    good = file_of(results[:3], tmp_path / "out" / "1.parquet")
    bad = file_of(results[3:], tmp_path / "out" / "2.parquet")
    breaking(bad)
    with Store(tmp_path / "a.db") as store:
        with pytest.raises(
            ConfigurationError, match=r"2\.parquet' (is a broken Parquet file|holds no results|has a row)"
        ):
            import_results([good, bad], store)
        assert store.status().records in (0, 3), "of the good one all or, where its neighbour was seen through, nothing"
        assert list(store.failures()) == []


def test_import_on_the_command_line(results: list[Row], tmp_path: Path) -> None:
    file_of(results, tmp_path / "out" / "1.parquet")
    database = tmp_path / "a.db"
    done = CliRunner().invoke(cli, ["import", str(tmp_path / "out"), "--db", str(database), "--json"])
    assert done.exit_code == 1, done.output
    assert json.loads(done.stdout)["failures"] == {"empty": 1}
    text(tmp_path / "out" / "2.parquet")
    done = CliRunner().invoke(cli, ["import", str(tmp_path / "out"), "--db", str(tmp_path / "b.db")])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "2.parquet' is a broken Parquet file" in done.stderr
    assert not (tmp_path / "b.db").exists()


# The engine


def test_a_missing_extra_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = CliRunner().invoke(cli, ["cluster", "run", str(ROOT / "docs" / "samples"), "--out", str(tmp_path / "out")])
    assert (done.exit_code, done.stderr) == (
        2, "imr: a cluster needs Dask: pip install 'imr-extractor[cluster]'\n",
    )  # fmt: skip
    assert not (tmp_path / "out").exists()


class FakeFuture:
    def __init__(self, key: str, do: Callable[[], Any]) -> None:
        self.key, self.result = key, do

    def release(self) -> None:
        pass


class FakeEngine:
    """Runs what it is given at once, one after the other; loses a worker whenever `loses` says so."""

    class KilledWorker(Exception):
        pass

    class CancelledError(Exception):
        pass

    class comm:  # noqa: N801
        class CommClosedError(IOError):
            pass

    def __init__(self, loses: Callable[[int], type[Exception] | None]) -> None:
        self.loses, self.number, self.most = loses, 0, 0
        self.waiting: list[FakeFuture] = []
        self.loop = None

    def LocalCluster(self, **_: Any) -> FakeEngine:  # noqa: N802
        return self

    def Client(self, *_: Any, **__: Any) -> FakeEngine:  # noqa: N802
        return self

    def wait_for_workers(self, *_: Any, **__: Any) -> None:
        pass

    def close(self) -> None:
        pass

    def nthreads(self) -> dict[str, int]:
        return {"one": 1, "two": 1}

    def as_completed(self, **_: Any) -> FakeEngine:
        return self

    def add(self, future: FakeFuture) -> None:
        self.waiting.append(future)
        self.most = max(self.most, len(self.waiting))

    def __next__(self) -> FakeFuture:
        return self.waiting.pop(0)

    def submit(self, function: Callable[..., Any], *given: Any, key: str, pure: bool) -> FakeFuture:
        self.number += 1
        number = self.number
        assert not pure

        def do() -> Any:
            if error := self.loses(number):
                raise error
            return function(*given)

        return FakeFuture(key, do)


def write(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(letter(number), encoding="utf-8")
    return folder


def cluster(source: Path, out: Path, **options: Any) -> ClusterSummary:
    return run_on_cluster(walk.letters([source]), out, options.pop("job", Job()), **{"partition": 4, **options})


def counts(summary: ClusterSummary) -> tuple[int, int, int, int]:
    return summary.found, summary.already, summary.records, summary.failed


def test_partitions_go_out_as_workers_come_free_and_come_back_as_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(lambda n: FakeEngine.KilledWorker if n == 2 else None)
    monkeypatch.setattr(running, "_engine", lambda: engine)
    source = write(tmp_path / "in", 30)
    (source / "big.txt").write_bytes(b"x" * 60_000)
    (source / "gone.txt").symlink_to(tmp_path / "nowhere")
    job = Job(limits=Limits(max_bytes=50_000))
    seen: list[ClusterSummary] = []
    first = cluster(source, tmp_path / "out", job=job, on_progress=seen.append)
    assert counts(first) == (31, 0, 26, 5)
    assert first.failures == {"crash": 4, "too_large": 1}
    assert engine.most == 6, "three for each worker"
    assert [s.files for s in seen] == list(range(1, 10))
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix != ".parquet"]
    engine.loses = lambda _: None
    assert counts(cluster(source, tmp_path / "out", job=job)) == (31, 26, 4, 1)
    assert imported(tmp_path / "out", into=tmp_path / "a.db")["records"] == 30
    with Store(tmp_path / "a.db") as store:
        assert [f.failure_class for f in store.failures()] == ["too_large"]


def test_a_cluster_that_is_lost_keeps_what_came_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_engine", lambda: FakeEngine(lambda n: FakeEngine.CancelledError if n == 3 else None))
    source = write(tmp_path / "in", 20)
    with pytest.raises(ImrError, match=r"the cluster was lost .* run again"):
        cluster(source, tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_workers_of_another_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a worker has another imr-extractor"):
        running.read_for_driver(table(letters(1)), Job(), "0" * 64)


needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="Dask is not installed: pip install 'imr-extractor[cluster]'"
)


@needs_dask
@pytest.mark.usefixtures("quick_workers")
@pytest.mark.filterwarnings("default")
def test_a_worker_killed_in_the_middle_leaves_what_one_machine_leaves(tmp_path: Path) -> None:
    distributed = import_module("distributed")
    source = write(tmp_path / "in", 48)
    (source / "empty.txt").write_bytes(b"")
    (source / "copy.txt").write_text(letter(5), encoding="utf-8")
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):

        def kill(summary: ClusterSummary) -> None:
            if summary.files == 2:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        summary = cluster(source, tmp_path / "out", address=local.scheduler_address, on_progress=kill)
        left = set(client.run(os.getpid).values())
    assert killed
    assert killed[0] not in left
    assert counts(summary) == (50, 0, 49, 1)
    imported(tmp_path / "out", into=tmp_path / "cluster.db")
    with Store(tmp_path / "one.db") as store:
        run([source], store, Configuration(), workers=1)
    assert contents(tmp_path / "cluster.db") == contents(tmp_path / "one.db")


@needs_dask
def test_nobody_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAIT_SECONDS", 0.5)
    with pytest.raises(ConfigurationError, match=r"no Dask cluster at 'tcp://127\.0\.0\.1:1'"):
        cluster(write(tmp_path / "in", 1), tmp_path / "out", address="tcp://127.0.0.1:1")
