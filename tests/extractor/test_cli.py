from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from factories import letter_text, write_letters
from letters import credentials, header_table

from extractor.cli import cli
from extractor.cli.group import COMMANDS, ENTRY_POINTS
from extractor.errors import StoreError
from extractor.records.record import Record
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

IMR = [sys.executable, "-W", "error", "-m", "extractor"]

Invoke = Callable[..., Result]


@pytest.fixture
def imr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.chdir(tmp_path)
    for name in ("IMR_DB", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in arguments], input=stdin, catch_exceptions=False)

    return invoke


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that `imr run` made: six letters, one of them twice, and one file that is no letter."""
    folder = tmp_path_factory.mktemp("cli")
    write_letters(folder / "in", 6)
    (folder / "in" / "copy.txt").write_text(letter_text(1))
    (folder / "in" / "empty.txt").write_bytes(b"")
    (folder / "in" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    arguments = [*IMR, "run", str(folder / "in"), "--db", str(folder / "imr.db"), "--json", "--workers", "1"]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    summary = json.loads(ended.stdout)
    assert (summary["found"], summary["extracted"], summary["renamed"], summary["failed"]) == (9, 6, 1, 2)
    assert summary["failures"] == {"empty": 1, "unsupported_type": 1}
    assert summary["interrupted"] is False
    return folder / "imr.db"


# The group


def test_help_names_every_command(imr: Invoke) -> None:
    result = imr("--help")
    assert result.exit_code == 0
    for name, text in COMMANDS.items():
        assert name in result.stdout
        assert text in result.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_each_command(imr: Invoke, name: str) -> None:
    result = imr(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: cli {name}")


def test_help_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "rich", "sqlite_utils", "pebble", "pyarrow", "pypdfium2", "bs4", "lxml", "docx", "rapidfuzz")
    script = (
        "import sys; from extractor.cli import cli; cli(['--help'], standalone_mode=False);"
        "[cli([name, '--help'], standalone_mode=False) for name in sys.argv[2:]];"
        "sys.exit(' '.join(set(sys.argv[1].split()) & set(sys.modules)) or 0)"
    )
    arguments = [sys.executable, "-c", script, " ".join(heavy), *COMMANDS]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_help_is_quick() -> None:
    """In time of the processor: others may be using the machine."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "extractor", "--help"], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.2


def test_commands_of_other_packages_are_joined_and_not_imported_for_help(
    imr: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def judge() -> None:
        click.echo("judged")

    points = [
        EntryPoint("judge", "nowhere.at.all:judge", ENTRY_POINTS),
        EntryPoint("run", "nowhere.at.all:run", ENTRY_POINTS),
    ]
    monkeypatch.setattr("extractor.cli.group.entry_points", lambda group: points if group == ENTRY_POINTS else [])
    result = imr("--help")
    assert "judge" in result.stdout
    assert result.stdout.count("  run ") == 1, "ours cannot be replaced"
    monkeypatch.setattr(EntryPoint, "load", lambda self: judge)
    assert imr("judge").stdout == "judged\n"
    assert imr("no-such-command").exit_code == 2


def test_version(imr: Invoke) -> None:
    assert imr("--version").stdout.startswith("imr, version ")


# extract


def test_extract_one_letter_gives_indented_json(imr: Invoke, tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path, 1)
    result = imr("extract", path)
    assert result.exit_code == 0
    assert result.stderr == ""
    record = Record.model_validate_json(result.stdout)
    assert record.determination.case_number == "CM16-0000001"
    assert record.document.name == path.name
    shape = json.loads(result.stdout)
    assert list(shape) == ["document", "determination", "evidence", "flags", "provenance"]
    assert shape["determination"]["patient"]["mechanism"] is None or shape["determination"]["patient"]["mechanism"]
    assert shape["evidence"]["/case_number"]["quote"] == "CM16-0000001"
    assert result.stdout.splitlines()[1] == '  "document": {'
    assert f'"spans": {shape["evidence"]["/case_number"]["spans"][0]}' not in result.stdout
    assert str(shape["evidence"]["/case_number"]["spans"][0]) in result.stdout, "a span is one line"


def test_extract_several_gives_lines_in_order(imr: Invoke, tmp_path: Path) -> None:
    paths = write_letters(tmp_path, 3)
    result = imr("extract", *reversed(paths))
    lines = [Record.model_validate_json(line) for line in result.stdout.splitlines()]
    assert [record.determination.case_number for record in lines] == [f"CM16-{n:07d}" for n in (3, 2, 1)]


def test_extract_gives_each_letter_of_a_file(imr: Invoke, tmp_path: Path) -> None:
    second = credentials(header=header_table(**{"Case Number": "CM17-0500002"}))
    (tmp_path / "two.txt").write_text(f"{credentials()}\f{second}")
    done = imr("extract", "two.txt")
    assert done.exit_code == 0
    told = [json.loads(line)["determination"]["case_number"] for line in done.stdout.splitlines()]
    assert told == ["CM16-0123456", "CM17-0500002"]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.zip", "x.tar.gz"])
def test_extract_sends_lists_to_run(imr: Invoke, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"text": "hello"}')
    done = imr("extract", name)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "unsupported_type" in done.stderr
    assert "imr run" in done.stderr


def test_extract_from_stdin(imr: Invoke) -> None:
    result = imr("extract", "-", "--format", "jsonl", stdin=letter_text(5).encode())
    record = Record.model_validate_json(result.stdout)
    assert (record.determination.case_number, record.document.name) == ("CM16-0000005", "stdin")
    assert len(result.stdout.splitlines()) == 1


def test_extract_as_text(imr: Invoke, tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path, 1)
    result = imr("extract", path, "--format", "text")
    assert "case number: CM16-0000001  <- as printed (line 1)" in result.stdout


def test_one_bad_letter_does_not_stop_the_others(imr: Invoke, tmp_path: Path) -> None:
    first, second = write_letters(tmp_path, 2)
    (tmp_path / "empty.txt").touch()
    result = imr("extract", first, tmp_path / "empty.txt", tmp_path / "missing.pdf", tmp_path, second)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    complaints = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in complaints] == ["empty", "document", "document"]
    assert "missing.pdf" in complaints[1]


def test_limits_are_heard(imr: Invoke, tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path, 1)
    for option in ("--max-bytes", "--max-characters"):
        result = imr("extract", path, option, 10)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("imr: too_large: ")
    assert imr("extract", path, "--seconds", 0).exit_code == 2


def test_extract_needs_a_file(imr: Invoke) -> None:
    assert imr("extract").exit_code == 2


# run


def test_run_resumes_and_is_quiet_when_told(database: Path, imr: Invoke) -> None:
    again = imr("run", database.parent / "in", "--db", database, "--workers", "1")
    assert again.exit_code == 1, "two files still fail"
    assert again.stdout.startswith("9 letters in ")
    assert "7 already there, 2 failed" in again.stdout
    assert "failures: empty 1, unsupported_type 1" in again.stdout
    quiet = imr("run", database.parent / "in" / "000001.txt", "--db", database, "--quiet", "--workers", "1")
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_run_refuses_what_it_cannot_do_before_it_begins(imr: Invoke, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "not.db").write_text("a letter" * 1000)
    (path,) = write_letters(tmp_path / "in", 1)
    for arguments, code, words in [
        (("nothing",), 2, "there is no file to read under 'nothing'"),
        (("missing",), 2, "'missing' does not exist"),
        ((path, "--db", "not.db"), 3, "file is not a database"),
        ((path, "--db", "no/where.db"), 3, "does not exist"),
        ((path, "--workers", "0"), 2, "0 is not in the range"),
        ((path, "--db", "."), 2, "is a directory"),
    ]:
        result = imr("run", *arguments)
        assert result.exit_code == code, arguments
        assert words in result.stderr, arguments
        assert "Traceback" not in result.stderr
    assert not (tmp_path / "imr.db").exists()


def test_ctrl_c_ends_a_run_in_order(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 1500)
    process = subprocess.Popen(
        [*IMR, "run", "in", "--workers", "1"],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _wait_for_records(tmp_path / "imr.db")
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: everyone in the terminal hears it
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    assert "asked to stop: " in output
    assert "the same command goes on where this ended" in output


def _wait_for_records(database: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if database.exists():
            try:
                with Store(database, create=False) as store:
                    if store.status().records:
                        return
            except StoreError:
                pass
        time.sleep(0.02)
    raise AssertionError("nothing was saved")


# Asking the database


def test_show(database: Path, imr: Invoke) -> None:
    result = imr("show", "cm16-0000002", "--db", database)
    assert result.exit_code == 0
    assert result.stdout.startswith("CM16-0000002 · ")
    assert 'decision date: 2017-01-03  <- "01/03/2017"' in result.stdout
    assert result.stderr == ""
    by_file = imr("show", "copy.txt", "--db", database, "--format", "json")
    assert Record.model_validate_json(by_file.stdout).determination.case_number == "CM16-0000001"
    by_hash = imr("show", Record.model_validate_json(by_file.stdout).document.sha256[:10], "--db", database)
    assert by_hash.stdout.startswith("CM16-0000001 · ")


def test_show_says_that_there_are_others(imr: Invoke, tmp_path: Path) -> None:
    (path,) = write_letters(tmp_path / "in", 1)
    (tmp_path / "in" / "again.txt").write_text(path.read_text() + "\n")
    imr("run", "in", "--workers", "1")
    result = imr("show", "CM16-0000001")
    assert result.exit_code == 0
    assert "2 documents answer to 'CM16-0000001'" in result.stderr
    assert "again.txt" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "CM99-9999999"), 3, "no record under 'CM99-9999999'"),
        (("show", "empty.txt"), 3, "'empty.txt' has no record: reading it failed (empty: "),
        (("search", '"'), 2, "holds no word"),
        (("search", "zebra"), 1, "nothing matches"),
    ],
)
def test_no_answer_is_one_sentence(
    database: Path, imr: Invoke, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = imr(*arguments, "--db", database)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("imr: ")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["show x", "status", "search x", "failures", "export out"])
def test_no_database_is_one_sentence(imr: Invoke, command: str) -> None:
    result = imr(*command.split())
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "imr: there is no database at 'imr.db': make one with `imr run FOLDER --db imr.db`\n"


def test_the_database_can_be_named_by_the_environment(
    database: Path, imr: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMR_DB", str(database))
    assert imr("status").exit_code == 0


def test_status(database: Path, imr: Invoke) -> None:
    text = imr("status", "--db", database).stdout
    assert text.startswith("6 documents under 7 names · 6 current records · ")
    for words in ("upheld", "credentials", "unsupported_type", "Latest runs"):
        assert words in text
    status: dict[str, Any] = json.loads(imr("status", "--db", database, "--json").stdout)
    assert (status["documents"], status["names"], status["records"]) == (6, 7, 6)
    assert status["failures"] == {"empty": 1, "unsupported_type": 1}
    assert status["runs"][-1]["extracted"] == 6


def test_search(database: Path, imr: Invoke) -> None:
    result = imr("search", "functional", "gains", "--db", database, "--limit", 3)
    assert result.exit_code == 0
    assert result.stdout.count("functional gain") == 3
    lines = imr("search", "naproxen", "--db", database, "--json").stdout.splitlines()
    hit = json.loads(lines[0])
    assert hit["heading"].startswith("Naproxen")
    assert "\x02" not in hit["snippet"]
    assert "3 best are shown" in result.stdout
    left = imr(
        "search", "functional", "-naproxen", "--outcome", "upheld", "--csv", "--db", database
    ).stdout.splitlines()
    assert left[0].startswith("case_number,sha256,name,decision_number,decision_date,heading")
    assert len(left) > 1
    assert all("Naproxen" not in line for line in left[1:])
    assert imr("search", "--outcom", "upheld", "--db", database).exit_code == 2


def test_failures(database: Path, imr: Invoke) -> None:
    text = imr("failures", "--db", database).stdout
    assert "picture.png" in text
    assert "empty.txt" in text
    lines = imr("failures", "--db", database, "--class", "empty", "--json").stdout.splitlines()
    assert [json.loads(line)["failure_class"] for line in lines] == ["empty"]
    none = imr("failures", "--db", database, "--class", "crash")
    assert (none.exit_code, none.stdout, none.stderr) == (0, "", "imr: no failures\n")


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_export(database: Path, imr: Invoke, tmp_path: Path, form: str) -> None:
    result = imr("export", "out", "--db", database, "--format", form)
    assert result.exit_code == 0
    assert "determinations" in result.stdout
    assert (tmp_path / "out" / f"decisions.{form}").stat().st_size > 0
    (tmp_path / "file").touch()
    assert imr("export", "file", "--db", database).exit_code == 2


def test_schema(imr: Invoke) -> None:
    schema = json.loads(imr("schema").stdout)
    assert schema["title"] == "Determination"
    assert "decisions" in schema["properties"]
    assert "upheld" in json.dumps(schema["$defs"]["Outcome"])


# Being one of many in a pipe


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    paths = write_letters(tmp_path, 30)
    for arguments in (["extract", *paths], ["schema"], ["extract", paths[0], "--format", "text"]):
        process = subprocess.Popen([*IMR, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout
        assert process.stderr
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()
        process.wait()
        process.stderr.close()
        assert errors == b"", arguments


def test_the_installed_command_is_the_same_program(database: Path) -> None:
    script = Path(sys.executable).with_name("imr")
    if not script.exists():
        pytest.skip("the package is not installed here")
    ended = subprocess.run([script, "status", "--db", database], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert ended.stdout.startswith("6 documents")


def test_a_letter_on_standard_input_is_estimated_too(imr: Invoke) -> None:
    done = imr("extract", "-", "--dry-run", "--reader", "model", "--model", "m", stdin=letter_text().encode())
    assert done.exit_code == 0, done.output
    assert done.output.startswith("letters: 1 (0 that cannot be read); requests: 1, about ")
