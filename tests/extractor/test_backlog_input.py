"""What `imr run` takes: folders, patterns, archives, JSON lines, CSVs and lists on stdin, each into a database."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from answering import Answers
from click.testing import CliRunner, Result
from factories import CRASH, ENCRYPTED, HANG, FakeConfiguration, fake_reader, letter_text, write_letters
from packing import SMALL, Members, jsonl, tarred, zipped

from extractor.backlog import RunSummary, run, walk
from extractor.backlog.rules_pool import RulesPool
from extractor.backlog.work import CHUNK
from extractor.cli import cli
from extractor.errors import ImrError, QuotaExceeded
from extractor.model import Request
from extractor.model.scripted import Scripted
from extractor.reading.configuration import Configuration
from extractor.settings import DEFAULT_LIMITS, Endpoint, Limits, ModelSettings
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

TESTS = Path(__file__).parents[1]
SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
WORK = cast(Any, sys.modules["extractor.backlog.work"])
"""The module: its name in the package is the function."""
FAKE = cast(Any, FakeConfiguration(label="a"))
LETTERS = {f"{n:06d}.txt": letter_text(n).encode() for n in range(1, 6)}
"""What `write_letters` writes."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# Looking at what came out


def go(paths: list[Path | str], database: Path, **options: Any) -> RunSummary:
    with Store(database) as store:
        return run(paths, store, FAKE, **{"reader": fake_reader, "workers": 1, **options})


def counts(summary: RunSummary) -> tuple[int, int, int, int, int]:
    return summary.found, summary.extracted, summary.already, summary.renamed, summary.failed


def names(database: Path, folder: Path) -> dict[str, str]:
    """Name, from the folder on → SHA-256."""
    with Store(database, create=False) as store:
        rows = store._db.execute("SELECT name, document_sha256 FROM document_names").fetchall()
    return {name.removeprefix(f"{folder}/"): sha256 for name, sha256 in rows}


def failures(database: Path, folder: Path) -> dict[str, str]:
    with Store(database, create=False) as store:
        return {each.name.removeprefix(f"{folder}/"): each.failure_class for each in store.failures()}


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# Every kind, end to end


def in_archive(name: str) -> list[str]:
    return [f"{name}!in/{letter}" for letter in LETTERS]


def of_folder(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return [tmp_path / "in"], [f"in/{name}" for name in LETTERS]


def of_files(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return sorted((tmp_path / "in").iterdir()), [f"in/{name}" for name in LETTERS]


def of_pattern(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return ["in/*.t?t"], [f"in/{name}" for name in LETTERS]


def of_deep_pattern(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return [str(tmp_path / "**" / "0*.txt")], [f"in/{name}" for name in LETTERS]


def of_zip(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return [zipped(tmp_path / "a.zip", inside())], in_archive("a.zip")


def of_jsonl(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return [jsonl(tmp_path / "a.jsonl", LETTERS)], list(LETTERS)


def of_gzipped_jsonl(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    return [jsonl(tmp_path / "a.ndjson.gz", LETTERS)], list(LETTERS)


def of_csv(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    (tmp_path / "a.csv").write_text("year,path\n" + "".join(f"2016,in/{name}\n" for name in LETTERS))
    return ["a.csv"], [f"in/{name}" for name in LETTERS]


def of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    stdin(monkeypatch, "".join(f"in/{name}\n" for name in LETTERS).encode())
    return ["-"], [f"in/{name}" for name in LETTERS]


def of_nul_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    stdin(monkeypatch, b"\0".join(os.fsencode(tmp_path / "in" / name) for name in LETTERS))
    return [Path("-")], [f"in/{name}" for name in LETTERS]


def of_folder_with_all_of_it(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
    """A folder of an archive and lists: all are opened, and what they share is read once."""
    zipped(tmp_path / "in" / "a.ZIP", inside())
    (tmp_path / "in" / "list.csv").write_text("path,name\n000001.txt,first\n")
    jsonl(tmp_path / "in" / "texts.jsonl", {"last": LETTERS["000005.txt"]})
    return ["in"], [*(f"in/{name}" for name in in_archive("a.ZIP")), *(f"in/{n}" for n in LETTERS), "first", "last"]


def inside() -> Members:
    return {f"in/{name}": content for name, content in LETTERS.items()}


def of_tar(ending: str) -> Callable[[Path, pytest.MonkeyPatch], tuple[list[Path | str], list[str]]]:
    def made(tmp_path: Path, _: pytest.MonkeyPatch) -> tuple[list[Path | str], list[str]]:
        return [tarred(tmp_path / f"a{ending}", inside())], in_archive(f"a{ending}")

    return made


KINDS = {
    kind.__name__[3:]: kind
    for kind in (
        *(of_folder, of_files, of_pattern, of_deep_pattern, of_zip, of_jsonl, of_gzipped_jsonl, of_csv, of_lines),
        *(of_nul_list, of_folder_with_all_of_it),
    )
} | {ending: of_tar(ending) for ending in (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_input_ends_in_the_database(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_letters(tmp_path / "in", 5)
    paths, expected = KINDS[kind](tmp_path, monkeypatch)
    database = tmp_path / "imr.db"
    first = go(paths, database)
    assert (first.extracted, first.failed) == (5, 0)
    assert first.found == len(expected)
    found = names(database, tmp_path)
    assert sorted(found) == sorted(expected)
    assert set(found.values()) == {hashlib.sha256(content).hexdigest() for content in LETTERS.values()}
    if kind in {"zip", ".tar.gz", "jsonl", "folder_with_all_of_it"}:
        assert counts(go(paths, database)) == (len(expected), 0, len(expected), 0, 0), "nothing is read twice"


def test_what_a_document_is_called(tmp_path: Path) -> None:
    """The database knows the whole way to a letter; its document, which may be given away, is called by the end."""
    zipped(tmp_path / "a.zip", {"in/1.txt": LETTERS["000001.txt"]})
    jsonl(tmp_path / "b.jsonl", {"CM1": LETTERS["000002.txt"]})
    (tmp_path / "c.jsonl").write_text(json.dumps({"text": letter_text(3)}))
    (path,) = write_letters(tmp_path / "d", 1, first=4)
    go(["a.zip", "b.jsonl", "c.jsonl", "d"], tmp_path / "imr.db")
    with Store(tmp_path / "imr.db") as store:
        called = {record.document.name for record in store.records()}
        assert called == {"a.zip!in/1.txt", "CM1", "c.jsonl#1", path.name}
        assert [store.find(name)[0].name for name in ("a.zip!in/1.txt", "1.txt", "CM1", "c.jsonl#1")] == [
            *["a.zip!in/1.txt"] * 2, "CM1", "c.jsonl#1",
        ]  # fmt: skip


def test_the_first_letters_only(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 5)
    zipped(tmp_path / "in" / "a.zip", {str(n): letter_text(n + 50).encode() for n in range(20)})
    assert counts(go(["in"], tmp_path / "a.db", limit=3)) == (3, 3, 0, 0, 0)
    assert counts(go(["in"], tmp_path / "a.db", limit=17)) == (17, 14, 3, 0, 0)
    assert go(["in"], tmp_path / "a.db").extracted == 8
    assert [walk.count(["in"], most=3), walk.count(["in"]), walk.count(["in/0*"])] == [3, None, 5]


# What fails, and what is mended


def test_hostile_members_end_as_typed_failures_in_the_database(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"1.txt": b"letter"}).read_bytes()
    texts = {"1.txt": letter_text(1), "9.txt": letter_text(9)}
    members = {name: text.encode() for name, text in texts.items()}
    members |= {"empty.txt": b"", "inner.zip": inner, "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100)}
    members |= {"big.txt": b"x" * 20_000, "broken.pdf": b"%PDF-1.7\nnothing"}
    zipped(tmp_path / "a.zip", members)
    tarred(tmp_path / "b.tgz", members)
    (tmp_path / "c.tar.gz").write_bytes((tmp_path / "b.tgz").read_bytes()[:-200])
    (tmp_path / "d.zip").write_bytes(b"no archive")
    with Store(tmp_path / "imr.db") as store:
        summary = run(["a.zip", "b.tgz", "c.tar.gz", "d.zip"], store, Configuration(), limits=SMALL, workers=1)
    failed = {"empty.txt": "empty", "inner.zip": "unsupported_type", "picture.png": "unsupported_type",
              "big.txt": "too_large", "broken.pdf": "broken"}  # fmt: skip
    told = failures(tmp_path / "imr.db", tmp_path)
    assert {name: kind for name, kind in told.items() if name.startswith("a.zip")} == {
        f"a.zip!{name}": kind for name, kind in failed.items()
    }
    assert {name: kind for name, kind in told.items() if name.startswith("b.tgz")} == {
        f"b.tgz!{name}": kind for name, kind in failed.items()
    }
    assert (told["c.tar.gz"], told["d.zip"]) == ("broken", "broken")
    assert summary.extracted == 2
    assert summary.found == summary.ended


def test_rows_of_a_csv(tmp_path: Path) -> None:
    write_letters(tmp_path / "lists" / "in", 3)
    rows = [
        "\ufeffName , PATH,year",
        "first,in/000001.txt,2016",
        '"a ""second"" name","./in/../in/000002.txt"',
        "",
        ",,",
        "no path,,2016",
        "gone,in/nowhere.txt,2016",
        f"{'x' * 140_000},in/000003.txt",
        f",{tmp_path}/lists/in/000003.txt,2016",
        ",in,2016",
    ]
    (tmp_path / "lists" / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    with Store(tmp_path / "imr.db") as store:
        summary = run(["lists/a.csv"], store, Configuration(), workers=1)
    assert counts(summary) == (7, 3, 0, 0, 4)
    assert set(names(tmp_path / "imr.db", tmp_path)) == {"first", 'a "second" name', "lists/in/000003.txt"}
    assert failures(tmp_path / "imr.db", tmp_path) == {
        "lists/a.csv#6": "broken", "gone": "document", "lists/a.csv#8": "broken", "lists/in": "document",
    }  # fmt: skip


def test_a_text_is_the_same_letter_as_a_file_of_it(tmp_path: Path) -> None:
    text = letter_text(1) + "§ “é”\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.txt").write_text(text, encoding="utf-8")
    jsonl(tmp_path / "a.jsonl", {"one": text.encode()})
    assert counts(go(["in", "a.jsonl"], tmp_path / "imr.db")) == (2, 1, 0, 1, 0)


def test_a_path_on_stdin_that_leads_nowhere_is_a_failure_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_letters(tmp_path / "in", 2)
    stdin(monkeypatch, b"in/000001.txt\ngone.txt\nin/000002.txt\n")
    with Store(tmp_path / "imr.db") as store:
        summary = run(["-"], store, Configuration(), workers=1)
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert failures(tmp_path / "imr.db", tmp_path) == {"gone.txt": "document"}


def test_what_was_mended_is_a_failure_no_more(tmp_path: Path) -> None:
    """An archive is no letter, so no record can clear the failure that was filed under its name."""
    whole = zipped(tmp_path / "a.zip", {"1.txt": LETTERS["000001.txt"]}).read_bytes()
    good_line, letter = json.dumps({"text": letter_text(2), "name": "two"}), LETTERS["000003.txt"]
    runs: list[RunSummary] = []
    for zip_data, line, row in ((whole[:-30], "{", ""), (whole, good_line, "in/3.txt")):
        (tmp_path / "a.zip").write_bytes(zip_data)
        (tmp_path / "b.jsonl").write_text(line + "\n")
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "c.csv").write_text(f"path,year\n{row},2016\n")
        runs.append(go(["a.zip", "b.jsonl", "c.csv"], tmp_path / "imr.db"))
        if not row:
            assert set(failures(tmp_path / "imr.db", tmp_path)) == {"a.zip", "b.jsonl#1", "c.csv#2"}
            (tmp_path / "in" / "3.txt").write_bytes(letter)
    assert counts(runs[-1]) == (3, 3, 0, 0, 0)
    assert failures(tmp_path / "imr.db", tmp_path) == {}


# Stopping in the middle


_SCRIPT = textwrap.dedent(
    """
    import json, sys
    from dataclasses import asdict
    from factories import FakeConfiguration, slow_reader
    from extractor.backlog import run
    from extractor.store import Store
    if __name__ == "__main__":
        with Store(sys.argv[1]) as store:
            summary = run(sys.argv[2:], store, FakeConfiguration(label="a"), workers=2, reader=slow_reader,
                          on_progress=lambda s: print(s.ended, flush=True))
        print(json.dumps(asdict(summary)), flush=True)
    """
)


@pytest.mark.parametrize(("ending", "kill"), [(".zip", True), (".tar.gz", True), (".jsonl", False), (".zip", False)])
def test_a_run_that_ended_in_the_middle_of_an_archive_goes_on(ending: str, kill: bool, tmp_path: Path) -> None:
    members = {f"{n:03}.txt": letter_text(n).encode() for n in range(150)}
    make = {".zip": zipped, ".tar.gz": tarred, ".jsonl": jsonl}[ending]
    make(tmp_path / f"a{ending}", members)
    write_letters(tmp_path / "in", 3, first=500)
    (tmp_path / "script.py").write_text(_SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "script.py", "imr.db", f"a{ending}", "in"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout
    for _ in range(2):
        process.stdout.readline()
    process.kill() if kill else process.terminate()
    output, errors = process.communicate(timeout=60)
    assert errors == ""
    with Store(tmp_path / "imr.db") as store:
        saved = store.status().records
        assert 0 < saved < 150
    if not kill:
        summary = json.loads(output.splitlines()[-1])
        assert summary["interrupted"]
        assert summary["extracted"] == saved
        in_hand = summary["remaining"] - 4  # letters taken out of the archive that were not looked at any more
        assert 0 <= in_hand <= 2 * CHUNK, "what is left of the archive counts as one, and three files"
    last = go([f"a{ending}", "in"], tmp_path / "imr.db", workers=2)
    assert (last.found, last.extracted, last.already) == (153, 153 - saved, saved), "only what was missing is read"
    go([f"a{ending}", "in"], tmp_path / "b.db", workers=2)
    assert names(tmp_path / "imr.db", tmp_path) == names(tmp_path / "b.db", tmp_path)


# Memory, and workers that die


def test_members_that_hang_or_crash_fail_alone(tmp_path: Path) -> None:
    members = {f"{n:02}.txt": letter_text(n).encode() for n in range(30)}
    members |= {"05x": CRASH.encode(), "11x": HANG.encode(), "17x": ENCRYPTED.encode()}
    zipped(tmp_path / "a.zip", dict(sorted(members.items())))
    summary = go(["a.zip"], tmp_path / "imr.db", workers=2, limits=Limits(seconds=0.5))
    assert counts(summary) == (33, 30, 0, 0, 3)
    assert failures(tmp_path / "imr.db", tmp_path) == {
        "a.zip!05x": "crash", "a.zip!11x": "timeout", "a.zip!17x": "encrypted",
    }  # fmt: skip


def large(number: int) -> bytes:
    """A letter of 100 kB."""
    return letter_text(number).encode() + b"x" * 100_000


def test_what_is_held_of_archives_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an archive has one large member again and again."""
    zipped(tmp_path / "a.zip", {f"{n:03}": large(n % 30) for n in range(120)})
    monkeypatch.setattr(WORK, "CHUNK_BYTES", 250_000)
    monkeypatch.setattr(WORK, "HELD_BYTES", 1_000_000)
    chunks: list[int] = []
    held: list[int] = []
    submit, sort_out = RulesPool.submit, WORK.Work._sort_out

    def watched(self: RulesPool, letters: Any) -> None:
        chunks.append(len(letters))
        submit(self, letters)

    def watched_sorting(self: Any, sources: Any) -> Any:
        result = sort_out(self, sources)
        held.append(self._held)
        return result

    monkeypatch.setattr(RulesPool, "submit", watched)
    monkeypatch.setattr(WORK.Work, "_sort_out", watched_sorting)
    summary = go(["a.zip"], tmp_path / "imr.db", workers=2)
    assert (summary.found, summary.extracted) == (120, 30)
    assert max(chunks) == 3
    assert 300_000 < max(held) <= 1_000_000 + 3 * len(large(1))
    assert held[-1] < max(held)


def test_an_error_while_large_letters_are_on_their_way_ends_the_run(tmp_path: Path) -> None:
    """More than a pipe holds is being sent when the workers are ended."""
    zipped(tmp_path / "a.zip", {f"{n:03}": large(n) * 20 for n in range(40)})

    def stumble(_: RunSummary) -> None:
        raise ImrError("the disk is full")

    started = time.monotonic()
    with pytest.raises(ImrError, match="disk"):
        go(["a.zip"], tmp_path / "imr.db", workers=2, on_progress=stumble)
    assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []


# Letters read by a model


def test_members_and_lines_are_read_by_a_model(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))[:6]]
    members = {f"{n}.txt": text.encode() for n, text in enumerate(texts)}
    zipped(tmp_path / "a.zip", {**members, "empty.txt": b"", "broken.pdf": b"%PDF-1.7\nnothing"})
    tarred(tmp_path / "b.tar.gz", members)
    jsonl(tmp_path / "c.jsonl", {"again": members["0.txt"], "new": letter_text(9).encode()})
    model = Scripted(Answers([*texts, letter_text(9)]).script)
    configuration = Configuration.of("both", ModelSettings("test"))
    for expected in ((16, 7, 0, 7, 2), (16, 0, 14, 0, 2)):
        with Store(tmp_path / "imr.db") as store:
            paths = ["a.zip", "b.tar.gz", "c.jsonl"]
            summary = run(paths, store, configuration, model=model, endpoint=Endpoint(in_flight=2))
        assert counts(summary) == expected
    assert len(names(tmp_path / "imr.db", tmp_path)) == 14
    assert failures(tmp_path / "imr.db", tmp_path) == {"a.zip!empty.txt": "empty", "a.zip!broken.pdf": "broken"}
    assert not [thread.name for thread in threading.enumerate() if thread.name == "model"]


def test_a_model_that_ends_the_run_in_the_middle_of_an_archive(tmp_path: Path) -> None:
    """What was left can be read later."""
    texts = [letter_text(n) for n in range(40)]
    tarred(tmp_path / "a.tar", {f"{n}.txt": text.encode() for n, text in enumerate(texts)})
    answers = Answers(texts)
    asked: list[Request] = []

    def script(request: Request) -> str | Exception:
        asked.append(request)
        return QuotaExceeded("no credit") if len(asked) > 10 else answers.script(request)

    configuration = Configuration.of("model", ModelSettings("test"))
    with Store(tmp_path / "imr.db") as store:
        with pytest.raises(QuotaExceeded):
            run(["a.tar"], store, configuration, model=Scripted(script), endpoint=Endpoint(in_flight=2))
        assert store.status().runs[0].remaining >= 1
        saved = store.status().records
        assert 0 < saved < 40
        summary = run(["a.tar"], store, configuration, model=Scripted(answers.script), endpoint=Endpoint(in_flight=2))
    assert (summary.extracted, summary.already) == (40 - saved, saved)


# On the command line


def imr(*arguments: object, data: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], input=data, catch_exceptions=False)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    write_letters(folder / "in", 5)
    zipped(folder / "a.zip", inside())
    return folder


def test_paths_on_stdin_of_the_command(inputs: Path, tmp_path: Path) -> None:
    listing = b"".join(os.fsencode(inputs / "in" / name) + b"\n" for name in LETTERS) + b"gone.txt\n"
    result = imr("run", "-", "--workers", 1, "--json", data=listing)
    assert result.exit_code == 1
    summary = json.loads(result.stdout)
    assert (summary["found"], summary["extracted"], summary["failures"]) == (6, 5, {"document": 1})
    piped = (
        f"printf '%s\\0' {inputs}/in/*.txt {inputs}/a.zip | {sys.executable} -m extractor run - --db b.db --workers 1"
    )
    done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("10 letters in ")
    assert "5 known under another name" in done.stdout
    assert imr("run", "-", "--workers", 1, "--db", "c.db", data=b"").stdout.startswith("0 letters in ")


def test_patterns_and_limits_of_the_command(inputs: Path, tmp_path: Path) -> None:
    result = imr("run", f"{inputs}/**/*.txt", f"{inputs}/*.zip", "--limit", 7, "--workers", 1)
    assert result.exit_code == 0
    assert result.stdout.startswith("7 letters in ")
    assert "2 known under another name" in result.stdout
    assert imr("run", inputs, "--limit", 0).exit_code == 2
    nothing = imr("run", f"{inputs}/*.pdf", "--db", "no.db")
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "nothing matches" in nothing.stderr
    assert not Path("no.db").exists()


def test_an_estimate_of_an_archive(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": letter_text(9)}) + "\n{\n")
    result = imr("run", inputs / "a.zip", "a.jsonl", "--reader", "model", "--model", "m", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("letters: 7 (1 that cannot be read); requests: 6")
    result = imr("run", inputs / "a.zip", "--reader", "model", "--model", "m", "--dry-run", "--limit", 2)
    assert result.stdout.startswith("letters: 2 (0 that")


def test_the_help_says_what_is_taken() -> None:
    told = " ".join(imr("run", "--help").stdout.split())
    for words in (".zip", ".tar.gz", ".jsonl", ".csv", "standard input", "patterns", "--limit"):
        assert words in told


def test_a_member_is_found_again(inputs: Path, tmp_path: Path) -> None:
    imr("run", inputs / "a.zip", "--workers", 1)
    assert imr("show", "000003.txt").stdout.startswith("CM16-0000003")
    assert imr("show", "a.zip!in/000003.txt").stdout.startswith("CM16-0000003")


def test_what_is_not_counted_before_it_is_read(inputs: Path) -> None:
    assert walk.count([inputs]) is None
    assert walk.count(["-"]) is None
    assert walk.count([inputs / "in"]) == 5
    assert walk.holds_any([inputs / "a.zip"])
    assert walk.holds_any(["-"])
    assert not walk.holds_any([])
    assert DEFAULT_LIMITS.max_bytes > 0
