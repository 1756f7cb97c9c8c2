"""Patterns, JSON lines, CSVs of paths and lists on stdin: which letters they give."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import sys
from pathlib import Path

import pytest
from packing import tarred, walked, zipped

from extractor.backlog import walk
from extractor.errors import ConfigurationError, DocumentError, OutsideFolder
from extractor.settings import Limits


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# Patterns


def test_patterns(tmp_path: Path) -> None:
    for name in ("a/1.txt", "a/.2.txt", "a/b/1.txt", "a/b/c/1.txt", "a/.d/1.txt", "e[1].txt", "imr.db", "imr.db-wal"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    for pattern, expected in {
        "a/*": ["a/1.txt", "a/b/1.txt", "a/b/c/1.txt", "a/loop leads out"],
        "?/loop": ["a/loop/a/1.txt", "a/loop/a/b/1.txt", "a/loop/a/b/c/1.txt",
                   *("a/loop/e[1].txt", "a/loop/imr.db", "a/loop/imr.db-wal")],
        "a/*.txt": ["a/1.txt"],
        "a/.*.txt": ["a/.2.txt"],
        "a/**/*.txt": ["a/1.txt", "a/b/1.txt", "a/b/c/1.txt"],
        "**/c/*": ["a/b/c/1.txt"],
        "a/b/**": ["a/b/1.txt", "a/b/c/1.txt"],
        "**/b/**/1.txt": ["a/b/1.txt", "a/b/c/1.txt"],
        "e[1].txt": ["e[1].txt"],
        "?*": ["a/1.txt", "a/b/1.txt", "a/b/c/1.txt", "e[1].txt"],
    }.items():  # fmt: skip
        found = [
            os.path.relpath(each.name, tmp_path) + " leads out" * isinstance(each.content, OutsideFolder)
            for each in walk.letters([pattern], tmp_path / "imr.db")
        ]
        assert found == expected, pattern
    for pattern in ("nothing*", "a/b/*.pdf", "no/where/**"):
        with pytest.raises(ConfigurationError, match=r"nothing matches '.*': check the pattern"):
            list(walk.letters([pattern]))
        with pytest.raises(ConfigurationError, match="nothing matches"):
            walk.check([tmp_path, pattern])


# JSON lines


LINES: dict[str, tuple[str, str]] = {
    '{"text": "letter", "name": "a"}': ("a", "letter"),
    '{"text": "letter", "id": 7}': ("7", "letter"),
    '{"text": "letter", "id": 7, "name": "b"}': ("b", "letter"),
    '{"text": "letter", "id": "c", "name": null}': ("c", "letter"),
    '{"text": "letter", "name": ""}': ("#", "letter"),
    '{"text": "letter"}\r': ("#", "letter"),
    '{"text": ""}': ("#", ""),
    '{"text": "half \\ud800"}': ("#", "half \N{REPLACEMENT CHARACTER}"),
    '{"text": "joined", "name": "\\ud83d\\ude00"}': ("\N{GRINNING FACE}", "joined"),
    '{"text": "x", "name": true}': ("#", "broken"),
    '{"text": "x", "name": ["x"]}': ("#", "broken"),
    '{"text": 5}': ("#", "broken"),
    '{"name": "x"}': ("#", "broken"),
    '["text"]': ("#", "broken"),
    "text": ("#", "broken"),
    '{"text": "x"': ("#", "broken"),
    '{"a":' * 10_00: ("#", "broken"),
    '{"text": ' + "9" * 5000 + "}": ("#", "broken"),
    '{"text": "' + "x" * 10_000 + '"}': ("#", "too_large"),
    '{"text": "last"}': ("#", "last"),
}


@pytest.mark.parametrize("packed", [False, True])
def test_each_line_is_a_letter_or_a_failure(packed: bool, tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + "\n \n".join(LINES).encode() + b"\n\xff\n"
    path = tmp_path / ("a.jsonl.gz" if packed else "a.jsonl")
    path.write_bytes(gzip.compress(data) if packed else data)
    found = walked(path, folder=tmp_path)
    expected = {}
    for number, (name, told) in enumerate(LINES.values()):
        expected[f"{path.name}#{number * 2 + 1}" if name == "#" else name] = told
    assert found == {**expected, f"{path.name}#{len(LINES) * 2}": "broken"}


def test_a_broken_file_of_lines_keeps_what_was_read(tmp_path: Path) -> None:
    random.seed(1)
    lines = [json.dumps({"text": random.randbytes(500).hex()}) for _ in range(50)]  # noqa: S311
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode())[:-4000])
    found = walked("a.jsonl.gz", folder=tmp_path)
    assert 30 < len(found) < 50
    assert found["a.jsonl.gz"] == "broken"
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"x" * 600_000_000, 1))
    found = walked("b.jsonl.gz", folder=tmp_path, limits=Limits(seconds=0.05, max_bytes=1000))
    assert found == {"b.jsonl.gz": "timeout"}


# CSV


def told(path: str | Path) -> list[tuple[str, str]]:
    """Name and content or failure of each letter, in order."""
    found = []
    for source in walk.letters([path]):
        content = source.content
        found.append((Path(source.name).name, str(content) if isinstance(content, DocumentError) else "letter"))
    return found


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings_of_lists_are_recognised(separator: str, encoding: str, tmp_path: Path) -> None:
    lines = [["name", "path"], ["Muñoz", "1.txt"], ["B", "2.txt"]]
    text = "".join(separator.join(line) + "\r\n" for line in lines)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert told("a.csv") == [("Muñoz", "letter"), ("B", "letter")]
    (tmp_path / "a.csv").write_bytes(f"sep={separator}\r\n{text}".encode(encoding))
    assert told("a.csv") == [("Muñoz", "letter"), ("B", "letter")]


@pytest.mark.parametrize("quote", ['"Doe, J', 'x,"', '"a""', '"a" b'])
def test_a_quote_that_is_not_closed_takes_no_other_line_with_it(quote: str, tmp_path: Path) -> None:
    """It took 34 of 40 letters, without a word."""
    rows = [f"{number:02}.txt,letter {number}" for number in range(40)]
    rows[5] = f"05.txt,{quote}"
    rows[20] = '20.txt,"closed"'
    (tmp_path / "a.csv").write_text("path,name\n" + "\n".join(rows))
    found = told("a.csv")
    assert len(found) == 40
    assert [name for name, what in found if what != "letter"] == ["a.csv#7"]
    assert "'a.csv#7' is no row of a CSV" in dict(found)["a.csv#7"]


def test_lines_in_utf_16_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"text": "é"}\r\n{"text": "b"}'.encode("utf-16"))
    assert walked("a.jsonl", folder=tmp_path) == {"a.jsonl#1": "é", "a.jsonl#2": "b"}


def test_a_name_that_is_a_text_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "x", "name": "zebra " * 60}))
    (tmp_path / "a.csv").write_text("path,name\n1.txt," + "zebra " * 60)
    for file in ("a.jsonl", "a.csv"):
        [(name, what)] = told(file)
        assert "zebra" not in name + what
        assert "name of more than 255 characters" in what


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has no column 'path'"),
        (b"file,name\n1.txt,x\n", "has no column 'path'"),
        (b"path\n" + b"x" * 2_000_000, "has a line of 1,048,576 bytes or more"),
    ],
)
def test_a_csv_that_is_no_list_of_paths(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    (source,) = walk.letters(["a.csv"])
    assert isinstance(source.content, DocumentError)
    assert (source.name, source.content.failure_class) == (str(tmp_path / "a.csv"), "broken")
    assert words in str(source.content)


def test_a_csv_that_names_itself_goes_in_no_circle(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path\na.csv\n")
    assert walked("a.csv", folder=tmp_path) == {"a.csv": "file a.csv"}


# Standard input


LETTER = json.dumps({"text": "Zebra Umbrella, 02/15/2017.\nDecision/Outcome: and/or Upheld. See Dr.Smith", "name": "z"})


@pytest.mark.parametrize("text", [LETTER, json.loads(LETTER)["text"], "zebra " * 100, "Zebra\0Umbrella\0", "…", "a/b"])
def test_letters_that_are_taken_for_paths_are_told_by_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    found = list(walk.letters(["-"]))
    assert found
    for number, source in enumerate(found, 1):
        assert isinstance(source.content, DocumentError)
        assert source.name == f"stdin#{number}"
        assert str(source.content).startswith(f"'stdin#{number}' names no file")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("at_once", [1 << 16, 7])
def test_letters_on_stdin(encoding: str, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(at_once)

    data = f'{LETTER}\n\n{{"text": "b"}}\nno JSON\n'.encode(encoding)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Slow(data)))
    found = list(walk.letters([walk.STDIN_OF_LETTERS]))
    assert [source.name for source in found] == ["z", "stdin#3", "stdin#4"]
    assert found[0].content == json.loads(LETTER)["text"].encode()
    assert isinstance(found[2].content, DocumentError)


def test_a_closed_stdin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for path in (walk.STDIN, walk.STDIN_OF_LETTERS):
        with pytest.raises(ConfigurationError, match="standard input is closed"):
            list(walk.letters([path]))


# What lies beside letters


def test_what_is_put_beside_letters_is_left_out_by_name(tmp_path: Path) -> None:
    junk = ["Thumbs.db", "desktop.ini", ".DS_Store", "~$letter.docx", "~WRL0001.tmp", ".~lock.a.docx#", "Icon\r"]
    ours = ["columns.csv", "determinations.csv", "flags.jsonl", "decisions.parquet", "batch/requests-0001.jsonl"]
    kept = ["letter.txt", "a/determinations.txt", "b/decisions.txt", "Thumbs.db.txt", "$letter.docx"]
    for name in (*junk, "__MACOSX/letter.txt", *ours, *kept):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert sorted(walked(tmp_path, folder=tmp_path)) == sorted(kept)
    named = tmp_path / "Thumbs.db"  # what somebody names is read
    assert list(walked(named, folder=tmp_path)) == ["Thumbs.db"]
    zipped(tmp_path / "a.zip", dict.fromkeys(("a/Thumbs.db", "__MACOSX/x.txt", "~$x.docx", "good.txt"), b"x"))
    assert walked("a.zip", folder=tmp_path) == {"a.zip!good.txt": "x"}


def test_of_a_gold_set_the_letters_are_read(tmp_path: Path) -> None:
    for name in ("letters/a.txt", "references/a.json", "recordings/0/a.json", "manifest.json"):
        (tmp_path / "gold" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "gold" / name).write_text("x")
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "b.txt").write_text("x")
    assert sorted(walked(tmp_path, folder=tmp_path)) == ["gold/letters/a.txt", "references/b.txt"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "ndjson.gz", "zip", "tar.gz"])
def test_a_list_in_an_archive_is_refused_by_name(ending: str, tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {f"list.{ending}": b"path\nx.txt\n", "b.txt": b"b"})
    tarred(tmp_path / "a.tar", {f"list.{ending}": b"path\nx.txt\n", "b.txt": b"b"})
    for archive in ("a.zip", "a.tar"):
        found = walked(archive, folder=tmp_path)
        assert found == {f"{archive}!list.{ending}": "unsupported_type", f"{archive}!b.txt": "b"}


STDINS: dict[bytes, list[str]] = {
    b"": [],
    b"\n\n": [],
    b"1.txt\n2.txt": ["file 1.txt", "file 2.txt"],
    b"1.txt\r\n2.txt\r\n": ["file 1.txt", "file 2.txt"],
    b"1.txt\0with\nbreak.txt\0": ["file 1.txt", "file with\nbreak.txt"],
    b"in\n": ["file 3.txt"],
    b"a.zip\n1.txt\n": ["letter", "file 1.txt"],
    b"nowhere.txt\n": ["file nowhere.txt"],
    b"-\n": ["broken"],
    "1.txt\r\n2.txt\r\n".encode("utf-16"): ["file 1.txt", "file 2.txt"],
    "1.txt\n2.txt".encode("utf-16-be").join([b"\xfe\xff", b""]): ["file 1.txt", "file 2.txt"],
    b"\xef\xbb\xbf1.txt\n": ["file 1.txt"],
    b"*.txt\n": ["file *.txt"],
    b"1.txt\n" + b"x" * 200_000 + b"\n2.txt\n": ["file 1.txt", "broken", "file 2.txt"],
    b"x" * 200_000: ["broken"],
    b"imr.db\nimr.db-wal\n": [],
}


@pytest.mark.parametrize("data", STDINS, ids=lambda data: repr(data[:20]))
@pytest.mark.parametrize("at_once", [1 << 16, 7])
def test_paths_on_stdin(data: bytes, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1.txt", "2.txt", "with\nbreak.txt", "in/3.txt", "imr.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    zipped(tmp_path / "a.zip", {"1.txt": b"letter"})

    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(at_once)

    if at_once < 10 and b"\nbreak" in data:
        pytest.skip("that names are parted by NULs is told by the first piece that parts any")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Slow(data)))
    found = []
    for source in walk.letters(["-"], tmp_path / "imr.db"):
        if isinstance(source.content, DocumentError):
            found.append(source.content.failure_class)
        elif isinstance(source.content, bytes):
            found.append(source.content.decode())
        else:
            found.append(f"file {Path(source.content).name}")
    assert found == STDINS[data]
