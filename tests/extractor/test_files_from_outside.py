"""Files that are not letters' own: what is only met in a folder leads nowhere else, and nothing waits for ever."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest
from factories import FakeConfiguration, fake_reader, letter_text
from packing import SMALL, entry, tarred, walked, zipped

from extractor import extract, files, read_document
from extractor.backlog import run, walk
from extractor.backlog.source import LetterSource
from extractor.errors import DocumentError, OutsideFolder
from extractor.settings import DEFAULT_LIMITS, Limits
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

KEY = "sk-dummy-key-of-no-account"
SECRET = f"OPENAI_API_KEY={KEY}"
LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux has such files")


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of letters, and a secret beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "1.txt").write_text(letter_text(1))
    (tmp_path / "in" / "sub" / "2.txt").write_text(letter_text(2))
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "secret.txt").write_text(SECRET)
    return tmp_path


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# Lists


ROWS = {
    "../secret.txt": "outside",
    "sub/../../secret.txt": "outside",
    "./sub/../1.txt": "file 1.txt",
    "sub/2.txt": "file 2.txt",
    "../in/1.txt": "file 1.txt",
    "{tmp}/secret.txt": "outside",
    "{tmp}/in/1.txt": "file 1.txt",
    "{tmp}/inner/secret.txt": "outside",
    "out.txt": "outside",
    "chain.txt": "outside",
    "away/secret.txt": "outside",
    "away/../in/1.txt": "file 1.txt",
    "/proc/self/environ": "outside",
    "/proc/thread-self/environ": "outside",
    "/proc/self/root{tmp}/secret.txt": "outside",
    "/dev/stdin": "outside",
    "nowhere.txt": "file nowhere.txt",
    "../nowhere.txt": "outside",
    "a\0b": "file a\0b",
    "..": "outside",
}


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_list_that_is_met_names_only_what_lies_below_it(row: str, tree: Path) -> None:
    folder = tree / "in"
    (folder / "out.txt").symlink_to(tree / "secret.txt")
    (folder / "chain.txt").symlink_to("out.txt")
    (folder / "away").symlink_to(tree / "inner")
    (folder / "sub" / "up.csv").write_text("path\n../1.txt\n")
    (folder / "list.csv").write_text(f"path,name\n{row.format(tmp=tree)},named\n")
    for paths in (["in"], ["in/*.csv"], ["*/list.csv"], ["**/list.csv"]):
        found = walked(*paths, folder=tree)
        told = found.get("named", found.get("in/list.csv#2"))
        assert told == ROWS[row]
    assert walked("in", folder=tree)["in/sub/up.csv#2"] == "outside", "its own folder is not the one that was named"


def test_a_list_that_somebody_names_may_name_any_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "in" / "list.csv").write_text("path\n../secret.txt\n")
    assert walked("in/list.csv", folder=tree) == {"secret.txt": "file secret.txt"}
    stdin(monkeypatch, b"in/list.csv\n")
    assert walked("-", folder=tree) == {"secret.txt": "file secret.txt"}
    stdin(monkeypatch, b"in\n")
    assert walked("-", folder=tree)["in/list.csv#2"] == "outside"


@pytest.mark.parametrize("ending", [".zip", ".tar", ".tar.gz"])
def test_a_list_in_an_archive_names_nothing(ending: str, tree: Path) -> None:
    members = {"in/list.csv": f"path\n{tree}/secret.txt\n".encode(), "in/a.zip": b"PK\3\4"}
    (zipped if ending == ".zip" else tarred)(tree / "in" / f"a{ending}", members)
    found = walked("in", folder=tree)
    assert found[f"in/a{ending}!in/list.csv"] == "unsupported_type"
    assert not any("secret" in told for told in found.values())


def test_links_in_archives_are_left_out(tree: Path) -> None:
    info = zipfile.ZipInfo("link.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile("in/a.zip", "w") as archive:
        archive.writestr(info, f"{tree}/secret.txt")
    import tarfile  # noqa: PLC0415

    with tarfile.open("in/b.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            tar.addfile(entry(f"{kind!r}.txt", type=kind, linkname=f"{tree}/secret.txt"))
    assert set(walked("in", folder=tree)) == {"in/1.txt", "in/sub/2.txt"}


# Links


def test_a_link_leads_no_further_than_the_folder_that_was_named(tree: Path) -> None:
    folder = tree / "in"
    (folder / "inside.txt").symlink_to("sub/2.txt")
    (folder / "sub" / "up.txt").symlink_to("../1.txt")
    (folder / "out.txt").symlink_to(tree / "secret.txt")
    (folder / "chain.txt").symlink_to("out.txt")
    (folder / "list.csv").symlink_to(tree / "list.csv")
    (folder / "a.zip").symlink_to(tree / "a.zip")
    (folder / "texts.jsonl").symlink_to(tree / "texts.jsonl")
    (folder / "folder").symlink_to(tree / "inner")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "circle.txt").symlink_to("circle.txt")
    (tree / "list.csv").write_text("path\nsecret.txt\n")
    (tree / "texts.jsonl").write_text('{"text": "secret"}\n')
    zipped(tree / "a.zip", {"1.txt": b"secret"})
    outside = {f"in/{name}": "outside" for name in ("out.txt", "chain.txt", "list.csv", "a.zip", "texts.jsonl")}
    inside = {"in/1.txt": "1.txt", "in/sub/2.txt": "2.txt", "in/inside.txt": "inside.txt"}
    below = {"in/sub/2.txt": "file 2.txt"}
    up = "in/sub/up.txt"
    assert walked("in", folder=tree) == {**{n: f"file {t}" for n, t in inside.items()}, up: "file up.txt", **outside}
    assert walked("in/sub", folder=tree) == {**below, up: "outside"}
    assert walked("in/sub/*", folder=tree) == {**below, up: "outside"}
    assert walked("in/*/*.txt", folder=tree) == {
        **below, up: "file up.txt", "in/folder/secret.txt": "outside",
    }  # fmt: skip
    assert walked("in/*/secret.txt", folder=tree) == {"in/folder/secret.txt": "outside"}
    assert walked("in/fold*", folder=tree) == {"in/folder": "outside"}
    assert walked("in/out.txt", "in/folder", folder=tree) == {
        "in/out.txt": "file out.txt", "in/folder/secret.txt": "file secret.txt",
    }, "what is named is followed"  # fmt: skip
    (tree / "to").symlink_to("in")
    assert walked("to", folder=tree)["to/inside.txt"] == "file inside.txt", "also where the folder is a link itself"


def test_a_link_that_is_bent_after_it_was_met_is_not_followed(tree: Path) -> None:
    (tree / "in" / "a.txt").symlink_to("1.txt")
    sources = {Path(each.name).name: each for each in walk.letters(["in"])}
    (tree / "in" / "a.txt").unlink()
    (tree / "in" / "a.txt").symlink_to(tree / "secret.txt")
    bent = sources["a.txt"]
    assert (bent.digest(100), bent.head(100)) == (None, b"")
    with pytest.raises(OutsideFolder, match=r"a\.txt' lies outside of"):
        bent.document(DEFAULT_LIMITS)
    assert sources["1.txt"].document(DEFAULT_LIMITS).text


def test_a_folder_beside_with_the_same_beginning_is_outside() -> None:
    assert files.is_below("/a/in/x", "/a/in")
    assert files.is_below("/a", "/")
    assert not files.is_below("/a/inner/x", "/a/in")


# What is no file on a disk


def pipe(tree: Path) -> Path:
    os.mkfifo(tree / "pipe")
    return tree / "pipe"


def link(tree: Path) -> Path:
    (tree / "link").symlink_to("/proc/self/environ")
    return tree / "link"


KINDS: dict[str, Callable[[Path], Path]] = {
    "pipe": pipe,
    "device": lambda _: Path("/dev/zero"),
    "environment": lambda _: Path("/proc/self/environ"),
    "environment of a thread": lambda _: Path(f"/proc/{os.getpid()}/task/{os.getpid()}/environ"),
    "by the root of a process": lambda _: Path("/proc/self/root/proc/self/environ"),
    "the kernel's log": lambda _: Path("/proc/kmsg"),
    "sysfs": lambda _: Path("/sys/kernel/uevent_seqnum"),
    "a link": link,
}


@LINUX
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_files_is_read_whoever_names_it(kind: str, tree: Path) -> None:
    path = KINDS[kind](tree)
    if not path.exists():
        pytest.skip("not here")
    source = LetterSource(str(path), str(path))
    assert (source.digest(10_000), source.head(100)) == (None, b"")
    for attempt in (
        lambda: source.document(DEFAULT_LIMITS),
        lambda: read_document(path),
        lambda: extract(path),
    ):
        with pytest.raises(DocumentError, match="is not a regular file") as caught:
            attempt()
        assert KEY not in str(caught.value)


@LINUX
def test_a_descriptor_of_an_environment_is_one() -> None:
    with Path("/proc/self/environ").open("rb") as file:
        assert LetterSource("a", f"/proc/self/fd/{file.fileno()}").digest(10_000) is None
        with pytest.raises(DocumentError, match="is not a regular file"):
            read_document(Path(f"/dev/fd/{file.fileno()}"))


@LINUX
def test_no_run_reads_an_environment(tree: Path) -> None:
    (tree / "in" / "list.csv").write_text("path\n/proc/self/environ\n../secret.txt\n")
    (tree / "in" / "environ.txt").symlink_to("/proc/self/environ")
    (tree / "named.csv").write_text("path,name\n/proc/self/environ,environment\npipe,pipe\n")
    os.mkfifo("pipe")
    with Store(tree / "imr.db") as store:
        summary = run(["in", "named.csv"], store, cast(Any, FakeConfiguration()), reader=checked_reader, workers=1)
        assert (summary.extracted, summary.failures) == (2, {"outside": 3, "document": 2})
        assert KEY not in "".join(str(each) for each in store.failures())
    assert KEY.encode() not in (tree / "imr.db").read_bytes()


def checked_reader(source: LetterSource, configuration: Any, limits: Limits) -> Any:
    """As `fake_reader`, but by the real way in."""
    source.document(limits)
    return fake_reader(source, configuration, limits)


def test_a_file_is_hashed_as_far_as_the_limit_whatever_its_size_is_said_to_be(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = tree / "grown.txt"
    grown.write_bytes(b"x" * 2_000_000)
    taken: list[int] = []

    class Growing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            taken.append(size or 0)
            assert len(taken) < 1000, "it is read without end"
            return b"x" * cast(int, size)

        def fileno(self) -> int:
            return os.open(tree / "secret.txt", os.O_RDONLY)

    source = LetterSource(str(grown), str(grown))
    assert source.digest(2_000_000) == hashlib.sha256(grown.read_bytes()).hexdigest()
    assert source.digest(1_999_999) is None
    monkeypatch.setattr(files, "opened", lambda *_: Growing())
    assert source.digest(1_000_000) is None
    assert sum(taken) < 1_500_000
    with pytest.raises(DocumentError, match="more than the limit of 1,000"):
        read_document(grown, limits=Limits(max_bytes=1000))


# Folders


def test_a_folder_of_more_levels_than_calls_may_have(tree: Path) -> None:
    levels = sys.getrecursionlimit() + 500
    os.mkdir("deep")  # noqa: PTH102  a Path of so many levels is too long to be made at once
    os.chdir("deep")
    try:
        for _ in range(levels):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
        Path("1.txt").write_text("x")
        os.chdir(tree)
        assert [Path(each.name).name for each in walk.letters(["deep"])] == ["1.txt"]
        assert [Path(each.name).name for each in walk.letters(["deep/**/*.txt"])] == ["1.txt"]
    finally:
        os.chdir(tree)
        subprocess.run(["rm", "-rf", "deep"], check=True)


def test_a_folder_that_cannot_be_listed_takes_no_other_with_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    (tree / "in" / "z.txt").write_text(letter_text(3))
    database = tree / "imr.db"

    def go() -> dict[str, int]:
        with Store(database) as store:
            done = run(["in"], store, cast(Any, FakeConfiguration()), reader=fake_reader, workers=1)
            return {**done.failures, "read": done.extracted}

    monkeypatch.setattr(os, "scandir", refuse)
    stdin(monkeypatch, b"in/1.txt\nin/sub\n")
    assert walked("-", "in/*", folder=tree)["in/sub"] == "document", "also one that is listed or matches"
    assert go() == {"document": 1, "read": 2}
    monkeypatch.undo()
    os.chdir(tree)
    assert go() == {"read": 1}
    with Store(database) as store:
        assert list(store.failures()) == []


# Lists without letters, and whoever wants to stop meanwhile


def test_a_hundred_million_blank_lines_are_skipped_in_large_steps(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beats = 0

    def asked() -> bool:
        nonlocal beats
        beats += 1
        return False

    (tree / "b.jsonl.gz").write_bytes(gzip.compress(b"\n" * 20_000_000 + b'{"text": "last"}\n', 1))
    (source,) = walk.Walk(["b.jsonl.gz"], asked=asked)
    assert (source.content, source.title) == (b"last", "b.jsonl.gz#20000001")
    assert 10 < beats < 20_000, "it is looked whether to go on, but not for each line"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b" \n" * 1_000_000),
        ("a.csv", b"path\n" + b",\n" * 1_000_000),
        ("a.jsonl.gz", gzip.compress(b"") * 100_000),
        ("a.jsonl", b"x" * 20_000_000),
        ("a.tar", b"".join(entry(f"{n}/", type=b"5").tobuf() for n in range(2_000))),
    ],
)
def test_who_wants_to_stop_is_heard_while_no_letter_comes(name: str, data: bytes, tree: Path) -> None:
    (tree / name).write_bytes(data)
    looked: list[int] = []

    def asked() -> bool:
        looked.append(1)
        return len(looked) > 3

    letters = walk.Walk([name, "in"], asked=asked)
    assert list(letters) == []
    assert letters.cut
    assert len(looked) <= 5, "it ends at once"
    assert letters.rest() == (3, False), "what is left of it counts as one"


def test_lists_that_give_nothing_for_too_long_are_given_up(tree: Path) -> None:
    (tree / "a.csv").write_bytes(b"path\n" + b",\n" * 300_000)
    (tree / "b.jsonl").write_bytes(b"\n \n" * 3_000_000)
    assert walked("a.csv", "b.jsonl", folder=tree, limits=Limits(seconds=0.01)) == {
        "a.csv": "timeout", "b.jsonl": "timeout",
    }  # fmt: skip


def test_what_a_list_may_hold_in_memory_is_bounded(tree: Path) -> None:
    """Brackets of a few megabytes would be a gigabyte of objects; a row may go on between quotes."""
    (tree / "a.jsonl.gz").write_bytes(gzip.compress(b"[" + b"{}," * 3_000_000 + b"{}]\n" + b'{"text": "last"}'))
    assert walked("a.jsonl.gz", folder=tree, limits=DEFAULT_LIMITS) == {
        "a.jsonl.gz#1": "too_large",
        "a.jsonl.gz#2": "last",
    }
    (tree / "a.csv").write_bytes(b"path\n" + b'"\n",' * 100_000)
    found = walked("a.csv", folder=tree)  # every line is a row of its own, also one whose quote is open
    assert set(found.values()) <= {"broken", "file ,"}


def test_a_file_without_end_of_bad_lines_is_given_up(tree: Path) -> None:
    """Each line is a failure of its own, but a file of rubble does not fill the database."""
    (tree / "a.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 50_000 + b'{"text": "last"}'))
    found = walked("a.jsonl.gz", folder=tree, limits=DEFAULT_LIMITS)
    assert len(found) == 10_001
    assert set(found.values()) == {"broken"}
    assert "a.jsonl.gz" in found
    (tree / "b.jsonl").write_bytes(b"{}\n" * 9_999 + b'{"text": "kept"}\n' + b"{}\n" * 10)
    assert list(walked("b.jsonl", folder=tree, limits=DEFAULT_LIMITS).values()).count("kept") == 1


def test_a_zip_is_never_unpacked_to_get_at_its_end(tree: Path) -> None:
    zipped(tree / "inner.zip", {"1.txt": b"letter"})
    (tree / "a.zip").write_bytes(gzip.compress((tree / "inner.zip").read_bytes()))
    assert walked("a.zip", folder=tree, limits=SMALL) == {"a.zip": "broken"}


def test_what_is_left_is_counted_for_a_while_only(tree: Path) -> None:
    for n in range(50):
        (tree / "in" / f"x{n}.txt").write_text("x")
    letters = walk.Walk(["in"])
    assert len(list(islice(letters, 2))) == 2
    left, exact = letters.rest(0)
    assert (left, exact) == (1, False)


def test_paths_that_do_not_come_are_not_waited_for_once_asked_to_stop(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that somebody holds open and writes nothing into."""
    reading, writing = os.pipe()
    monkeypatch.setattr(sys, "stdin", open(reading))  # noqa: PTH123, SIM115
    os.write(writing, b"in/1.txt\nin/sub/2.txt\n")
    stop = threading.Event()
    letters = walk.Walk(["-"], asked=stop.is_set)
    assert Path(next(letters).name).name == "1.txt"
    assert Path(next(letters).name).name == "2.txt"
    threading.Timer(0.1, stop.set).start()
    assert list(letters) == []
    assert letters.cut
    os.close(writing)
    sys.stdin.close()


def test_a_run_over_a_list_without_letters_ends_in_order(tree: Path) -> None:
    (tree / "a.csv").write_bytes(b"path\n" + b",\n" * 5_000_000)
    code = "import sys; from extractor.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "a.csv", "in", "--workers", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not database_in_use(tree / "imr.db"):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    assert '"remaining": 3' in output


def database_in_use(path: Path) -> bool:
    """Whether the run has begun."""
    if not path.exists():
        return False
    with Store(path, create=False) as store:
        return bool(store.status().runs)
