"""Letters that need too much memory, and machines that have too little."""

from __future__ import annotations

import multiprocessing
import sys
import zlib
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, cast

import pytest
from factories import FakeConfiguration, fake_reader, letter_text, write_letters

from extractor.backlog import rules_pool, run
from extractor.backlog.source import LetterSource
from extractor.errors import ImrError
from extractor.processes.memory import bound_memory
from extractor.reading.configuration import Configuration
from extractor.settings import DEFAULT_LIMITS, Limits
from extractor.store import Store

FAKE = cast(Any, FakeConfiguration())
TIGHT = Limits(max_memory=400_000_000)
bounded = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells and bounds address space")


def go(folder: Path, **options: Any) -> dict[str, str]:
    """Name → what became of it."""
    with Store(folder.parent / "imr.db") as store:
        summary = run([folder], store, **{"configuration": FAKE, "workers": 2, "limits": TIGHT, **options})
        told = {Path(each.name).name: f"{each.failure_class}: {each.message}" for each in store.failures()}
        return {**told, "read": str(summary.extracted)}


def bomb(size: int) -> bytes:
    """A PDF of two kilobytes whose page unpacks, twice, to so many bytes."""
    packed = zlib.compress(zlib.compress(b" " * size, 9), 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    data = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    data += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % data.index(b"xref\n")


@bounded
def test_a_small_pdf_that_needs_much_memory_fails_alone(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 12)
    (tmp_path / "in" / "000005x.pdf").write_bytes(bomb(600_000_000))
    told = go(tmp_path / "in", configuration=Configuration())
    assert told.pop("read") == "12"
    assert set(told) == {"000005x.pdf"}
    assert told["000005x.pdf"].startswith("crash: the process that was reading it died (")
    assert told["000005x.pdf"].endswith("; if it needs more than 400,000,000 bytes of memory, raise --max-memory")


@bounded
def test_a_letter_that_is_refused_memory_fails_alone(tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 12)
    (tmp_path / "in" / "000005x.txt").write_text("HUNGRY")
    assert go(tmp_path / "in", reader=fake_reader) == {
        "read": "12",
        "000005x.txt": "memory: reading it needs more than the limit of 400,000,000 bytes of memory: "
        "check that it is a letter, or raise --max-memory",
    }


@bounded
@pytest.mark.parametrize("most", [1, 1_000_000])
def test_a_limit_that_is_too_low_for_any_letter_is_told(most: int, tmp_path: Path) -> None:
    write_letters(tmp_path / "in", 2)
    told = go(tmp_path / "in", configuration=Configuration(), limits=Limits(max_memory=most), workers=1)
    assert told.pop("read") == "0"
    assert {each.partition(":")[0] for each in told.values()} <= {"memory", "crash"}
    assert len(told) == 2


@pytest.mark.usefixtures("quick_workers")
def test_a_machine_without_memory_is_no_letters_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_letters(tmp_path / "in", 12)
    (tmp_path / "in" / "000005x.txt").write_text("HUNGRY")
    monkeypatch.setattr(rules_pool, "has_memory", lambda _: False)
    with pytest.raises(ImrError, match=r"there is no memory left: run with fewer --workers"):
        go(tmp_path / "in", reader=always_hungry, workers=1)
    with Store(tmp_path / "imr.db") as store:
        assert list(store.failures()) == []
    assert multiprocessing.active_children() == []
    monkeypatch.undo()
    told = go(tmp_path / "in", reader=fake_reader)
    assert told.pop("read") == "12", "and they can all be read when there is"


def always_hungry(source: LetterSource, configuration: Any, limits: Limits) -> Any:
    raise MemoryError


@pytest.mark.usefixtures("quick_workers")
def test_this_process_is_not_bounded(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    write_letters(tmp_path / "in", 1)
    assert go(tmp_path / "in", reader=fake_reader) == {"read": "1"}
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@bounded
def test_a_bound_that_is_there_already_is_not_widened() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as one:
        soft, hard = one.apply(_bounded_twice)
    assert soft <= hard


def _bounded_twice() -> tuple[int, int]:
    import resource  # noqa: PLC0415

    limit = 3_000_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    bound_memory(10**12)
    found = resource.getrlimit(resource.RLIMIT_AS)
    assert found == (limit, limit)
    bound_memory(DEFAULT_LIMITS.max_memory)
    return resource.getrlimit(resource.RLIMIT_AS)


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), BlockingIOError(11, "Resource unavailable")])
def test_workers_that_cannot_be_started_are_one_sentence(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    write_letters(tmp_path / "in", 1)
    monkeypatch.setattr(resource_tracker, "ensure_running", fail)
    with pytest.raises(ImrError, match=r"could not be started \(.*\): check memory and limits"):
        go(tmp_path / "in", reader=fake_reader)


@pytest.mark.usefixtures("quick_workers")
def test_no_failure_quotes_a_letter(tmp_path: Path) -> None:
    """What a defect says may hold what it met."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.txt").write_text("DEFECT Jane Doe has a bad knee")
    (tmp_path / "in" / "2.txt").write_text(letter_text(2))
    told = go(tmp_path / "in", reader=fake_reader)
    assert "Jane" not in str(told)
    assert told["1.txt"].startswith("internal: RuntimeError in tests/factories.py, line ")
