"""Recordings name the prompts and forms that they answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from replaying import RECORDINGS, RENEW, recordings, stale

from extractor.readers.model.answers import FORMS
from extractor.readers.model.prompts import NAMES


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
