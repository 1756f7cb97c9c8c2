"""Letters in ZIP and tar archives, among them archives made to do harm."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from packing import SMALL, entry, header, tarred, walked, zipped

from extractor.backlog import walk
from extractor.errors import DocumentError
from extractor.settings import Limits


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# ZIP


def central(data: bytearray, member: int, offset: int, value: bytes) -> None:
    """Change a field of a member's entry in the central directory."""
    at = -1
    for _ in range(member + 1):
        at = data.index(b"PK\x01\x02", at + 1)
    data[at + offset : at + offset + len(value)] = value


ZIPS: dict[str, tuple[Callable[[bytearray], Any], str]] = {
    "a size that is too small": (lambda data: central(data, 1, 24, struct.pack("<I", 10)), "broken"),
    "a size beyond the limit": (lambda data: central(data, 1, 24, struct.pack("<I", 4_000_000_000)), "too_large"),
    "a wrong sum": (lambda data: central(data, 1, 16, b"\0\0\0\0"), "broken"),
    "a password": (lambda data: central(data, 1, 8, b"\x01\0"), "encrypted"),
    "an unknown method": (lambda data: central(data, 1, 10, b"\x09\0"), "unsupported_type"),
    "a place beyond the end": (lambda data: central(data, 1, 42, struct.pack("<I", 4_000_000_000)), "broken"),
    "another's place": (lambda data: central(data, 1, 42, b"\0\0\0\0"), "broken"),
}


@pytest.mark.parametrize("fault", ZIPS)
def test_a_hostile_member_fails_and_its_neighbours_are_read(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    zipped(path, {"well.txt": b"well", "sick.txt": b"letter " * 1000, "also.txt": b"also"})
    data = bytearray(path.read_bytes())
    change, failure = ZIPS[fault]
    change(data)
    path.write_bytes(data)
    found = walked(path, folder=tmp_path)
    assert found.pop("a.zip!sick.txt") == failure
    well = {"a.zip!well.txt": "well", "a.zip!also.txt": "also"}
    if fault == "another's place":  # of the two that share it, neither is trusted
        well["a.zip!well.txt"] = "broken"
    assert found == well


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_within_bounds_is_not(method: int, tmp_path: Path) -> None:
    """`zipfile` unpacks a whole block of these at once, and a block of 45 bytes may hold 45 megabytes."""
    path = zipped(tmp_path / "a.zip", {"1.txt": b"letter"}, method)
    assert walked(path, folder=tmp_path) == {"a.zip!1.txt": "unsupported_type"}


def test_a_bomb_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "a.zip", {"bomb.txt": b"\0" * 30_000_000, "1.txt": b"letter"})
    data = bytearray(bomb.read_bytes())
    central(data, 0, 24, struct.pack("<I", 100))
    bomb.write_bytes(data)
    zipped(tmp_path / "b.zip", {"bomb.txt": b"\0" * 30_000_000, "1.txt": b"letter"})
    tarred(tmp_path / "c.tar.bz2", {"bomb.txt": b"\0" * 30_000_000, "1.txt": b"letter"})
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b'{"text": "' + b"x" * 30_000_000 + b'"}\n{"text": "letter"}'))
    tracemalloc.start()
    found = walked("a.zip", "b.zip", "c.tar.bz2", "d.jsonl.gz", folder=tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {
        "a.zip!bomb.txt": "broken", "a.zip!1.txt": "letter",
        "b.zip!bomb.txt": "too_large", "b.zip!1.txt": "letter",
        "c.tar.bz2!bomb.txt": "too_large", "c.tar.bz2!1.txt": "letter",
        "d.jsonl.gz#1": "too_large", "d.jsonl.gz#2": "letter",
    }  # fmt: skip
    assert most < 5_000_000


def test_a_name_is_only_a_name_and_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../up.txt", "/etc/abs.txt", "é\n.txt", "./dot.txt", ".hidden", "__MACOSX/._x.txt", "folder/"):
            archive.writestr(name, "" if name.endswith("/") else "letter")
        for name, mode in {"link": 0o120777, "device": 0o020666, "pipe": 0o010666}.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "/etc/passwd")
    shown = ["../../up.txt", "/etc/abs.txt", "é\n.txt", "./dot.txt"]
    assert walked(path, folder=tmp_path) == {f"a.zip!{name}": "letter" for name in shown}
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        for number, kind in enumerate(kinds):
            tar.addfile(entry(f"odd{number}", type=kind, linkname="/etc/passwd"))
        for name in ("../../up.txt", "/etc/abs.txt", ".hidden/x.txt", "\udce9.txt"):
            tar.addfile(entry(name, size=6), io.BytesIO(b"letter"))
        tar.addfile(entry("n" * 6000, size=6), io.BytesIO(b"letter"))
    found = walked(tmp_path / "b.tar", folder=tmp_path)
    long = f"b.tar!{'n' * 4096}…"
    assert set(found) == {"b.tar!../../up.txt", "b.tar!/etc/abs.txt", "b.tar!\\xe9.txt", long}
    assert {each.name for each in tmp_path.iterdir()} == {"a.zip", "b.tar"}, "nothing is written"


def test_a_name_in_utf8_without_its_flag(tmp_path: Path) -> None:
    name = "CM1 Mu\u00f1oz.txt"
    path = zipped(tmp_path / "a.zip", {name: b"letter", "plain.txt": b"letter"})
    data = bytearray(path.read_bytes())
    for at in (data.find(b"PK\3\4") + 6, data.find(b"PK\1\2") + 8):
        data[at : at + 2] = struct.pack("<H", 0)
    path.write_bytes(data)
    assert walked(path, folder=tmp_path) == {f"a.zip!{name}": "letter", "a.zip!plain.txt": "letter"}


# tar


def made_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(4):
            archive.addfile(entry(f"{number}.txt", size=3000), io.BytesIO(f"letter {number} ".encode() * 334))
    return buffer.getvalue()


TAR = made_tar()
SECOND = TAR.index(b"2.txt")
"""Where the header of the third of four letters stands."""


def negative() -> bytes:
    """A header whose size is less than nothing."""
    data = bytearray(header("odd.txt"))
    data[124:136] = (2**96 - 1024).to_bytes(12, "big")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


def greedy_xz() -> bytes:
    """An .xz that asks for 3 GB to unpack."""
    data = bytearray(lzma.compress(TAR))
    end = 12 + (data[12] + 1) * 4
    data[16] = 39  # the size of the dictionary
    data[end - 4 : end] = struct.pack("<I", zlib.crc32(bytes(data[12 : end - 4])))
    return bytes(data)


def meta(kind: bytes, size: int) -> bytes:
    """A header that says of the next member what takes gigabytes."""
    return TAR[:SECOND] + header("x", type=kind, size=size) + b"\0" * 3_000_000


TARS: dict[str, tuple[bytes, list[str]]] = {
    "whole": (TAR, ["0", "1", "2", "3"]),
    "compressed in pieces": (gzip.compress(TAR[:5000]) + gzip.compress(TAR[5000:]), ["0", "1", "2", "3"]),
    "xz in pieces": (
        lzma.compress(TAR[:5000]) + b"\0" * 8 + lzma.compress(TAR[5000:]) + b"\0\0\0\0",
        ["0", "1", "2", "3"],
    ),
    "no member": (b"\0" * 10240, []),
    "no byte": (b"", ["broken"]),
    "no archive": (b"a letter " * 200, ["broken"]),
    "cut in a letter": (TAR[: SECOND + 1000], ["0", "1", "broken"]),
    "cut in a header": (TAR[: SECOND + 100], ["0", "1", "broken"]),
    "cut between letters": (TAR[:SECOND], ["0", "1", "broken"]),
    "a header with a flipped bit": (TAR[:SECOND] + b"\x01" + TAR[SECOND + 1 :], ["0", "1", "broken"]),
    "two in one": (TAR + TAR, ["0", "1", "2", "3", "broken"]),
    "gzip cut short": (gzip.compress(TAR)[:-4], ["0", "1", "2", "3", "broken"]),
    "gzip with a wrong sum": (gzip.compress(TAR)[:-8] + bytes(8), ["0", "1", "2", "3", "broken"]),
    "bzip2 cut short": (bz2.compress(TAR)[:-10], ["0", "1", "2", "3", "broken"]),
    "xz cut short": (lzma.compress(TAR)[:-30], ["0", "1", "2", "3", "broken"]),
    "xz that wants 3 GB": (greedy_xz(), ["broken"]),
    "a size of exabytes": (TAR[:SECOND] + header("odd.txt", size=2**60) + TAR, ["0", "1", "too_large", "broken"]),
    "a negative size": (TAR[:SECOND] + negative() + TAR, ["0", "1", "broken"]),
    "attributes of gigabytes": (meta(tarfile.XHDTYPE, 3 << 30), ["0", "1", "too_large"]),
    "a name of gigabytes": (meta(tarfile.GNUTYPE_LONGNAME, 3 << 30), ["0", "1", "too_large"]),
    "global attributes of gigabytes": (meta(tarfile.XGLTYPE, 3 << 30), ["0", "1", "too_large"]),
    "padding without end": (TAR + b"\0" * 3_000_000, ["0", "1", "2", "3", "too_large"]),
}


@pytest.mark.parametrize("fault", TARS)
def test_a_broken_tar_ends_as_one_failure_and_what_was_read_is_kept(fault: str, tmp_path: Path) -> None:
    data, expected = TARS[fault]
    (tmp_path / "a.tar").write_bytes(data)
    started = time.monotonic()
    tracemalloc.start()
    found = []
    for source in walk.letters(["a.tar"], limits=SMALL):
        if isinstance(source.content, DocumentError):
            found.append(source.content.failure_class)
            assert source.name in (f"{tmp_path}/a.tar", f"{tmp_path}/a.tar!odd.txt")
        else:
            found.append(cast(bytes, source.content)[7:8].decode())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == expected
    assert most < 25_000_000
    assert time.monotonic() - started < 5


def test_a_sparse_file_is_no_letter(tmp_path: Path) -> None:
    """Its holes take no room in the archive, and any amount of it outside."""
    attributes = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "s.txt",
                  "GNU.sparse.size": "9000000000", "GNU.sparse.map": "0,6"}  # fmt: skip
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry("s.txt", size=6, pax_headers=attributes), io.BytesIO(b"letter"))
        archive.addfile(entry("1.txt", size=6), io.BytesIO(b"letter"))
    assert walked("a.tar", folder=tmp_path) == {"a.tar!s.txt": "unsupported_type", "a.tar!1.txt": "letter"}


def test_an_archive_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    data = TAR[:SECOND] + header("big.txt", size=400_000_000) + b"\0" * 400_000_000 + TAR
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(data, 1))
    found = walked("a.tar.gz", folder=tmp_path, limits=Limits(max_bytes=10_000, seconds=0.05))
    assert list(found.values()) == ["letter 0 let", "letter 1 let", "too_large", "timeout"]


def test_a_long_archive_takes_no_memory(tmp_path: Path) -> None:
    """tarfile remembers every member, unless it is told to forget."""
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        for number in range(3000):
            archive.addfile(entry(f"{number}.txt", size=1), io.BytesIO(b"x"))
            archive.members = []  # type: ignore[attr-defined]  # there, but undocumented
    letters = walk.letters(["a.tar.gz"])
    next(letters)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    assert sum(1 for _ in letters) == 2999
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most - before < 500_000
