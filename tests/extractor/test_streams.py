"""Streams as shells and consoles give them: closed, full, of another code page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "CM17-0500538.txt"


def shell(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    command = line.replace("imr", f"'{sys.executable}' -m extractor").replace("LETTER", f"'{SAMPLE}'")
    root = str(Path(__file__).parents[2])
    return subprocess.run(  # noqa: S602  redirections are the shell's
        command,
        shell=True,
        cwd=folder,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": root, **variables},
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["imr schema", "imr extract LETTER", "imr --help"])
def test_a_full_stdout_is_one_sentence(command: str, tmp_path: Path) -> None:
    done = shell(f"{command} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode() == "imr: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("command", ["imr schema", "imr run LETTER --db a.db"])
def test_a_closed_stdout_is_one_sentence_and_nothing_is_written(command: str, tmp_path: Path) -> None:
    done = shell(f"{command} >&-", tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"standard output is closed" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["imr run - --db a.db", "imr extract -", "imr run --jsonl - --db a.db"])
def test_a_closed_stdin_is_one_sentence(command: str, tmp_path: Path) -> None:
    done = shell(f"{command} <&-", tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"standard input is closed" in done.stderr


def test_a_closed_stderr_harms_nothing(tmp_path: Path) -> None:
    done = shell("imr run LETTER --db a.db --quiet --workers 1 2>&-", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "a.db").read_bytes().startswith(b"SQLite")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_what_is_printed_is_utf_8(encoding: str, tmp_path: Path) -> None:
    letter = tmp_path / "Muñoz ✓.txt"
    letter.write_bytes(SAMPLE.read_bytes())
    done = shell("imr extract *.txt", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["document"]["name"] == letter.name


def test_letters_in_json_lines_are_piped(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": SAMPLE.read_text(encoding="utf-8"), "name": "one"}))
    done = shell("cat a.jsonl | imr run --jsonl - --db a.db --json --workers 1", tmp_path)
    assert json.loads(done.stdout)["extracted"] == 1
    taken_for_paths = shell("cat a.jsonl | imr --log log run - --db b.db --json --workers 1", tmp_path)
    assert json.loads(taken_for_paths.stdout)["failures"] == {"broken": 1}
    kept = (tmp_path / "log").read_bytes() + (tmp_path / "b.db").read_bytes() + taken_for_paths.stderr
    assert b"Independent Medical Review" not in kept
    assert shell("imr run --jsonl a.jsonl --db c.db", tmp_path).returncode == 2
