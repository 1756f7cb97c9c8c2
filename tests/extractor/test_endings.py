"""How a letter ends: one error is one failure, whoever was reading."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from endpoint import FakeEndpoint, Said

from extractor.backlog import run
from extractor.backlog.replies import KeptReplies
from extractor.cli import cli
from extractor.endings import INTERNAL, FailedLetter, await_one, is_of_letter, read_one
from extractor.errors import (
    AnswerPending,
    AuthenticationFailed,
    ConfigurationError,
    EncryptedDocument,
    InvalidAnswer,
    StoreError,
)
from extractor.reading.apart import Apart
from extractor.reading.configuration import Configuration
from extractor.settings import Endpoint, ModelSettings
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "CM17-0500538.txt"

OF_A_LETTER = [
    (EncryptedDocument("a password is needed"), "encrypted", "a password is needed"),
    (InvalidAnswer("the answer is empty"), "invalid_answer", "the answer is empty"),
    (MemoryError(), "memory", "reading it needs more memory than there is"),
]
OF_ALL = [
    AuthenticationFailed("no key"),
    ConfigurationError("no such prompt"),
    StoreError("the disk is full"),
    AnswerPending("it goes into a batch"),
]


def end_by(error: Exception, way: str) -> object:
    """What a letter that raises this ends as."""

    def read() -> NoReturn:
        raise error

    async def reading() -> NoReturn:
        raise error

    if way == "read":
        return read_one(read, "/in/a.pdf", lambda: "abc", "/in/list.csv#2")
    return asyncio.run(await_one(reading(), "/in/a.pdf", lambda: "abc", "/in/list.csv#2"))


@pytest.mark.parametrize("way", ["read", "await"])
@pytest.mark.parametrize(("error", "failure_class", "message"), OF_A_LETTER)
def test_what_a_letter_raises_is_its_failure(error: Exception, failure_class: str, message: str, way: str) -> None:
    failed = end_by(error, way)
    assert failed == FailedLetter("/in/a.pdf", "abc", failure_class, message, "/in/list.csv#2")


@pytest.mark.parametrize("way", ["read", "await"])
def test_a_defect_is_filed_without_what_it_quotes(way: str) -> None:
    failed = end_by(KeyError("zebra"), way)
    assert isinstance(failed, FailedLetter)
    assert failed.failure_class == INTERNAL
    assert failed.message.startswith("KeyError in extractor/test_endings.py, line ")


@pytest.mark.parametrize("way", ["read", "await"])
@pytest.mark.parametrize("error", OF_ALL, ids=lambda error: type(error).__name__)
def test_what_is_about_every_letter_is_no_letters_failure(error: Exception, way: str) -> None:
    assert not is_of_letter(error)
    with pytest.raises(type(error)) as raised:
        end_by(error, way)
    assert raised.value is error
    with pytest.raises(type(error)):
        FailedLetter.of(error, "/in/a.pdf", None)


def test_a_letter_that_was_read_is_what_was_made_of_it_and_is_not_hashed() -> None:
    def never() -> NoReturn:
        raise AssertionError("it was hashed")

    async def reading() -> str:
        return "a record"

    assert read_one(lambda: "a record", "/in/a.txt", never) == "a record"
    assert asyncio.run(await_one(reading(), "/in/a.txt", never)) == "a record"


def test_the_requests_of_a_failed_letter_come_with_it() -> None:
    error = InvalidAnswer("no JSON")
    error.attempts = ("asked", "asked again")
    assert FailedLetter.of(error, "a", None).attempts == ("asked", "asked again")


def broken(method: Any) -> Any:
    """A defect of ours that the first letter brings out."""
    calls: list[object] = []

    def once(self: Apart, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyError("zebra")
        return method(self, *arguments)

    return once


def test_a_defect_is_reported_and_the_other_letters_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Apart, "read_by_rules", broken(Apart.read_by_rules))
    done = CliRunner().invoke(cli, ["extract", str(SAMPLE), str(SAMPLE)])
    assert done.exit_code == 1
    assert done.stdout.count('"case_number":"CM17-0500538"') == 1
    assert "imr: internal: KeyError in " in done.stderr
    assert "zebra" not in done.stderr


def test_a_defect_is_filed_and_the_other_letters_go_into_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Nothing that was ever a letter.")
    monkeypatch.setattr(Apart, "do", broken(Apart.do))
    command = ["batch", "build", str(tmp_path / "a.txt"), str(SAMPLE), "--db", str(tmp_path / "a.db")]
    done = CliRunner().invoke(cli, [*command, "--out", str(tmp_path / "out"), "--reader", "model", "--model", "m"])
    assert done.exit_code == 0, done.output
    assert "1 waiting" in done.output
    with Store(tmp_path / "a.db") as store:
        assert [(Path(each.name).name, each.failure_class) for each in store.failures()] == [("a.txt", INTERNAL)]


def test_a_database_that_fails_ends_the_run_and_is_no_letters_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> NoReturn:
        raise StoreError("the database is gone")

    monkeypatch.setattr(KeptReplies, "__call__", lost)
    with FakeEndpoint(lambda *_: Said("{}")) as fake, Store(tmp_path / "a.db") as store:
        configuration = Configuration.of("model", ModelSettings("m"))
        with pytest.raises(StoreError, match="the database is gone"):
            run([SAMPLE], store, configuration, endpoint=Endpoint(base_url=fake.url))
        assert list(store.failures()) == []
        assert fake.seen == 0
