"""Replies on disk: what is kept is said again, and nothing is kept by halves."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

import pytest
from answering import heard

from extractor.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ImrError,
    RateLimited,
    RecordingMissing,
    TransportFailed,
)
from extractor.model import Message, Model, Reply, Request
from extractor.model.recorded import Recorded, Recorder, place_of, save
from extractor.model.scripted import Scripted
from extractor.readers.model import Session
from extractor.readers.model.answers import CorrectionsForm, Form, PatientForm
from extractor.records.record import Usage
from extractor.settings import Endpoint, ModelSettings, Secret

GOOD = '{"corrections":[]}'


def request(
    letter: str = "a letter",
    prompt: str = "Read.",
    form: type[Form] = CorrectionsForm,
    model: str = "m",
    *,
    temperature: float | None = 0.0,
    most: int = 100,
    purpose: str = "whole",
) -> Request:
    return Request(model, (Message("system", prompt), Message("user", letter)), form, most, temperature, purpose)


def reply(text: str | None = GOOD, **changes: Any) -> Reply:
    usage = Usage(requests=1, input_tokens=70, cached_input_tokens=64, output_tokens=9)
    return Reply(
        **{"text": text, "finish": "stop", "model": "m-1", "usage": usage, "seconds": 1.25, "raw": "{}"} | changes
    )


def say(model: Model, *requests: Request) -> list[Reply]:
    async def run() -> list[Reply]:
        try:
            return [await model.complete(each) for each in requests]
        finally:
            await model.aclose()

    return asyncio.run(run())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "said",
    [
        reply(),
        reply(None, finish="refusal"),
        reply("", finish="length"),
        reply('{"é": "漢字 \u2028"}', raw='{"choices": ["é"]}'),
        reply("half a pair: \ud800"),
        reply(usage=Usage(requests=1)),
    ],
)
def test_what_was_recorded_is_said_again(said: Reply, tmp_path: Path) -> None:
    assert say(Recorder(Scripted(lambda _: said), tmp_path), request()) == [said]
    assert say(Recorded(tmp_path), request()) == [said]
    assert files(tmp_path) == [place_of(tmp_path, request())]


def test_a_recording_tells_people_what_it_is_of(tmp_path: Path) -> None:
    save(tmp_path, request(purpose="item 3"), reply())
    kept = json.loads(place_of(tmp_path, request()).read_text(encoding="utf-8"))
    assert (kept["purpose"], kept["requested_model"], kept["model"], kept["raw"]) == ("item 3", "m", "m-1", "{}")
    assert place_of(tmp_path, request()).name == f"{request().sha256}.json"


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissing) as caught:
        say(Recorded(tmp_path), request(purpose="item 3"))
    for words in (request().sha256[:12], "item 3", str(tmp_path), "'m'", "--record"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"\xff",
        b"{}",
        *(
            json.dumps(
                {**json.loads('{"text":"","finish":"stop","model":"m","usage":{},"seconds":1,"raw":""}'), **wrong}
            )
            for wrong in (
                {"usage": 5},
                {"usage": {"input_tokens": "zebra umbrella"}},
                {"seconds": None},
                {"finish": "done"},
                {"text": 5},
            )
        ),
    ],
)
def test_a_broken_recording_is_named_and_made_anew_when_recording(content: bytes | str, tmp_path: Path) -> None:
    save(tmp_path, request(), reply())
    path = place_of(tmp_path, request())
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecordingMissing) as caught:
        say(Recorded(tmp_path), request())
    assert str(path) in str(caught.value)
    assert "cannot be read" in str(caught.value)
    assert "zebra" not in str(caught.value)
    recorder = Recorder(Scripted(lambda _: reply()), tmp_path, known=Recorded(tmp_path))
    assert say(recorder, request()) == say(Recorded(tmp_path), request()) == [reply()]


def test_without_a_folder_it_says_how_to_make_one(tmp_path: Path) -> None:
    for place in (tmp_path / "none", Path(__file__)):
        with pytest.raises(ConfigurationError, match="--record"):
            Recorded(place)


@pytest.mark.parametrize("error", [TransportFailed("lost"), RateLimited("slower", 3), AuthenticationFailed("key")])
def test_errors_are_not_kept(error: ImrError, tmp_path: Path) -> None:
    said: list[Reply | Exception] = [error, reply()]
    recorder = Recorder(Scripted(lambda _: said.pop(0)), tmp_path)
    with pytest.raises(type(error)) as caught:
        say(recorder, request())
    assert caught.value is error
    assert files(tmp_path) == []
    assert say(recorder, request()) == [reply()]
    assert len(files(tmp_path)) == 1


def test_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    letters = [request(f"letter {number}") for number in range(4)]
    say(Recorder(Scripted(lambda asked: f"old {asked.messages[-1].content}"), before), *letters[:2])
    model = Scripted(lambda asked: f"new {asked.messages[-1].content}")
    said = say(Recorder(model, after, known=Recorded(before)), *letters)
    assert [each.text for each in said] == ["old letter 0", "old letter 1", "new letter 2", "new letter 3"]
    assert model.requests == letters[2:]
    assert files(after) == sorted(place_of(after, each) for each in letters[2:])


CHANGED: dict[str, dict[str, Any]] = {
    "letter": {"letter": "another"},
    "prompt": {"prompt": "Read well."},
    "form": {"form": PatientForm},
    "model": {"model": "n"},
    "temperature": {"temperature": 0.1},
    "no temperature": {"temperature": None},
    "limit": {"most": 101},
}


@pytest.mark.parametrize("changed", CHANGED)
def test_what_is_sent_otherwise_was_not_recorded(changed: str, tmp_path: Path) -> None:
    save(tmp_path, request(), reply())
    with pytest.raises(RecordingMissing):
        say(Recorded(tmp_path), request(**CHANGED[changed]))


def test_what_it_is_for_does_not_matter(tmp_path: Path) -> None:
    save(tmp_path, request(purpose="whole"), reply())
    assert say(Recorded(tmp_path), request(purpose="item 1")) == [reply()]


def test_an_identity_does_not_change_by_accident() -> None:
    # Recordings that somebody keeps are found by it. Change it only with the way in which requests are made.
    schema = json.dumps(CorrectionsForm.model_json_schema(), sort_keys=True, separators=(",", ":"))
    content = (
        '{"max_output_tokens":100,"messages":[["user","\\u00e9"]],"model":"m","schema":'
        + json.dumps(schema)
        + ',"temperature":0.0}'
    )
    plain = Request("m", (Message("user", "é"),), CorrectionsForm, 100)
    assert plain.sha256 == hashlib.sha256(content.encode()).hexdigest()


class Died(BaseException):
    """As good as a killed process."""


def dies(*_: object, **__: object) -> NoReturn:
    raise Died


@pytest.mark.parametrize("where", ["replace", "write"])
@pytest.mark.parametrize("earlier", [None, reply("earlier")])
def test_a_death_while_writing_leaves_the_earlier_file_or_none(
    where: str, earlier: Reply | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if earlier is not None:
        save(tmp_path, request(), earlier)
    with monkeypatch.context() as patch:
        if where == "replace":
            patch.setattr(Path, "replace", dies)
        else:
            patch.setattr("extractor.model.recorded.json.dump", lambda _content, file, **_: dies(file.write('{"text"')))
        with pytest.raises(Died):
            save(tmp_path, request(), reply("later"))
    if earlier is None:
        assert files(tmp_path) == []
        with pytest.raises(RecordingMissing, match="no recording"):
            say(Recorded(tmp_path), request())
    else:
        assert files(tmp_path) == [place_of(tmp_path, request())]
        assert say(Recorded(tmp_path), request()) == [earlier]
    save(tmp_path, request(), reply("later"))
    assert say(Recorded(tmp_path), request()) == [reply("later")]


# Sessions


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"replay": "old"}, "Recorded"),
        ({"record": "new"}, "Recorder"),
        ({"record": "new", "replay": "old"}, "Recorder"),
        ({"record": "new", "replay": "none"}, "Recorder"),
        ({}, "Live"),
    ],
)
def test_a_session_replays_records_or_asks(given: dict[str, str], kind: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    folders: dict[str, Any] = {name: tmp_path / folder for name, folder in given.items()}
    address: dict[str, Any] = (
        {} if kind == "Recorded" else {"base_url": "http://127.0.0.1:9/v1", "api_key": Secret("k")}
    )

    async def run() -> str:
        async with Session(ModelSettings("m"), Endpoint(**folders, **address)) as session:
            return type(session._model).__name__

    assert asyncio.run(run()) == kind


def test_replaying_needs_neither_key_nor_address(tmp_path: Path) -> None:
    save(tmp_path, request(), reply())

    async def run() -> CorrectionsForm:
        async with Session(ModelSettings("m"), Endpoint(replay=tmp_path)) as session:
            return await session.asker.ask(request(), CorrectionsForm, heard([]))

    assert asyncio.run(run()) == CorrectionsForm(corrections=[])
