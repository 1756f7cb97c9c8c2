"""`imr model check`: one small request, before a backlog is begun."""

from __future__ import annotations

import json
from typing import Any

import endpoint as ways
import pytest
from click.testing import CliRunner, Result
from endpoint import Answer, Broken, FakeEndpoint, Said

from extractor.cli import cli
from extractor.readers.model.probing import RIGHT

KEY = "sk-Never-Shown-0123456789"
RIGHTLY = RIGHT.model_dump_json()


def check(answer: Answer, *more: str) -> tuple[Result, list[dict[str, Any]]]:
    with FakeEndpoint(lambda _body, _: answer) as fake:
        options = ["--model", "m", "--base-url", fake.url, "--api-key", KEY, "--timeout", "2", *more]
        result = CliRunner().invoke(cli, ["model", "check", *options], catch_exceptions=False)
    assert KEY not in result.output
    return result, fake.requests


def test_all_is_well() -> None:
    result, requests = check(Said(RIGHTLY, 200, 0, 30), "--mode", "tools", "--price", "1,2", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["model"], told["mode"], told["right"], told["good"]) == ("test-model", "tools", True, True)
    assert (told["input_tokens"], told["output_tokens"]) == (200, 30)
    assert told["dollars"] == pytest.approx(260e-6)
    [body] = requests
    assert len(json.dumps(body["messages"])) < 1000


def test_it_tells_key_model_mode_answer_and_speed() -> None:
    result, _ = check(Said(f"<think>hm</think>{RIGHTLY}"))
    heads = [line.split()[0] for line in result.stdout.splitlines()]
    assert heads == ["endpoint", "key", "model", "mode", "answer", "speed", "price"]
    assert "answer    right" in result.stdout


BAD: dict[str, tuple[Answer, int, str]] = {
    "wrong": (Said('{"corrections":[]}'), 0, "of the form, but wrong"),
    "no form": (Said("I see no letter."), 1, "not of the form"),
    "cut": (ways.truncated(RIGHTLY), 1, "cut at the limit"),
    "loading": (ways.loading(), 1, "status 503; it says: Loading model"),
    "late": (ways.hanging(), 1, "in time"),
    "key": (ways.bad_key(), 2, "does not accept the key"),
    "model": (ways.no_such_model(), 2, "has no model of that name"),
    "credit": (ways.quota_gone(), 2, "no credit left"),
    "day": (ways.used_up(), 2, "used up for 60 minutes"),
    "stream": (ways.event_stream(RIGHTLY), 2, "event stream"),
    "address": (Broken(404, b"404 page not found", content_type="text/plain"), 2, "check OPENAI_BASE_URL"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_with_its_exit_code(case: str) -> None:
    answer, code, words = BAD[case]
    result, _ = check(answer)
    assert result.exit_code == code
    assert words in result.output


def test_without_a_model_nothing_is_asked() -> None:
    result = CliRunner().invoke(cli, ["model", "check"], env={"IMR_MODEL": ""})
    assert result.exit_code == 2
    assert "needs a name" in result.output
