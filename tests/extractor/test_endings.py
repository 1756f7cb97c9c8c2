"""How a letter ends: one error is one failure, whoever was reading."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import pytest

from extractor.endings import INTERNAL, FailedLetter, await_one, is_of_letter, read_one
from extractor.errors import (
    AnswerPending,
    AuthenticationFailed,
    ConfigurationError,
    EncryptedDocument,
    InvalidAnswer,
    StoreError,
)

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
