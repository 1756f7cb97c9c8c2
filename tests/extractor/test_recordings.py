"""Recordings name the prompts and forms that they answer."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from replaying import RECORDINGS, RENEW, recordings, stale

from extractor.documents import read_document
from extractor.errors import NotADetermination, RecordingMissing, UnknownLayout
from extractor.model.recorded import Recorded
from extractor.readers.model import Session
from extractor.readers.model.answers import FORMS
from extractor.readers.model.prompts import NAMES
from extractor.reading.configuration import Configuration, ReaderName
from extractor.reading.letter import read_in
from extractor.settings import Endpoint, ModelSettings


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Recordings of another wording of one prompt, and another form of another."""
    noted = json.loads((RECORDINGS / "answered.json").read_bytes())
    noted["whole"]["prompt"] = noted["corrections"]["form"] = "0" * 64
    (tmp_path / "answered.json").write_text(json.dumps(noted))
    return tmp_path


def test_ours_answer_what_is_asked_today() -> None:
    assert recordings() == RECORDINGS


def test_every_prompt_and_form_is_noted() -> None:
    noted = json.loads((RECORDINGS / "answered.json").read_bytes())
    assert set(noted) == set(NAMES) == set(FORMS)


def test_what_has_changed_is_named(older: Path) -> None:
    assert stale(older) == ["corrections", "whole"]


def test_a_test_that_replays_older_ones_is_skipped_with_the_command(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=RENEW):
        recordings(older)


def test_and_fails_in_ci(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="corrections, whole"):
        recordings(older)


@pytest.mark.parametrize("reader", ["model", "both"])
def test_every_gold_letter_has_its_replies(reader: ReaderName) -> None:
    """What is asked about a letter follows its layout: where that changes, the reply has to be renewed."""
    configuration = Configuration.of(reader, ModelSettings("reference-llm"))

    async def missing() -> list[str]:
        assert configuration.model is not None
        found = []
        async with Session(configuration.model, Endpoint(), Recorded(recordings())) as session:
            for path in sorted((RECORDINGS.parent / "letters").glob("*.txt")):
                try:
                    await read_in(session, read_document(path), configuration)
                except RecordingMissing:
                    found.append(path.name)
                except (NotADetermination, UnknownLayout):
                    continue
        return found

    gone = asyncio.run(missing())
    if gone and os.environ.get("CI") != "true":
        pytest.skip(f"no reply to what is asked about {', '.join(gone)} now: renew them with `{RENEW}`")
    assert gone == [], RENEW
