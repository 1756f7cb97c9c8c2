"""What goes over the wire in each mode, and what is made of what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import endpoint as ways
import pytest
from endpoint import Said

from extractor.errors import TransportFailed
from extractor.model import Message, Request, wire
from extractor.model.wire import PATHS, body_of, reply_of, usage_of
from extractor.readers.model.answers import FORMS, CorrectionsForm, Form, PatientForm
from extractor.records.record import Usage
from extractor.settings import MODES, Mode

SENT: tuple[Mode, ...] = tuple(mode for mode in MODES if mode != "auto")
HOSTILE = "{{ 7*7 }} $patient {% raw %} ${x} {x} <|im_end|>"
TURNS = (
    Message("system", f"Read. {HOSTILE}"),
    Message("user", "an example"),
    Message("assistant", "{}"),
    Message("user", f"a letter: {HOSTILE}"),
)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    wire._form.cache_clear()
    yield
    wire._form.cache_clear()


def request(form: type[Form] = PatientForm, **more: Any) -> Request:
    return Request("m", TURNS, form, 321, **more)


def forms_in(value: Any) -> Iterator[dict[str, Any]]:
    """The schemas of objects inside a body."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "properties" in value:
            yield value
        for each in value.values():
            yield from forms_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from forms_in(each)


# Bodies


@pytest.mark.parametrize("form", FORMS.values())
@pytest.mark.parametrize("mode", SENT)
def test_a_body_holds_model_turns_limits_and_the_form(mode: Mode, form: type[Form]) -> None:
    body = json.loads(json.dumps(body_of(request(form), mode, "max_tokens")))
    turns = body["input" if mode == "responses" else "messages"]
    assert set(body) - {"response_format", "tools", "tool_choice", "text"} == (
        {"model", "input", "max_output_tokens", "temperature", "store"}
        if mode == "responses"
        else {"model", "messages", "max_tokens", "temperature"}
    )
    assert body["model"] == "m"
    assert body["max_output_tokens" if mode == "responses" else "max_tokens"] == 321
    assert [turn["role"] for turn in turns] == [turn.role for turn in TURNS]
    assert [turn["content"] for turn in turns[1:]] == [turn.content for turn in TURNS[1:]]
    assert turns[0]["content"].startswith(TURNS[0].content)
    if mode != "json":
        stated = list(forms_in({name: body[name] for name in body if name not in ("messages", "input")}))
        assert any(set(each["properties"]) == set(form.model_fields) for each in stated)
        for each in stated:
            assert each["additionalProperties"] is False
            assert set(each["required"]) == set(each["properties"])


def test_json_schema_is_strict() -> None:
    body = body_of(request(), "json_schema", "max_tokens")
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["schema"] == PatientForm.model_json_schema()
    assert "tools" not in body


def test_tools_are_one_strict_and_forced() -> None:
    body = body_of(request(), "tools", "max_tokens")
    [tool] = body["tools"]
    assert (tool["type"], tool["function"]["name"], tool["function"]["strict"]) == ("function", "PatientForm", True)
    assert body["tool_choice"] == {"type": "function", "function": {"name": "PatientForm"}}
    assert "response_format" not in body


def test_json_states_the_form_in_the_first_message_only() -> None:
    body = body_of(request(), "json", "max_tokens")
    assert body["response_format"] == {"type": "json_object"}
    stated = re.search(r"\{\s*\"\$defs\".*\}", body["messages"][0]["content"].removeprefix(TURNS[0].content), re.DOTALL)
    assert stated is not None
    assert json.loads(stated.group()) == PatientForm.model_json_schema()
    assert "tools" not in body


def test_responses_are_not_stored_and_state_the_form_once_and_strictly() -> None:
    body = body_of(request(), "responses", "max_tokens")
    assert body["store"] is False
    stated = body["text"]["format"]
    assert (stated["type"], stated["name"], stated["strict"]) == ("json_schema", "PatientForm", True)
    assert "tools" not in body
    assert "tool_choice" not in body
    assert PATHS["responses"] == "/responses"


def test_no_temperature_is_sent_where_there_is_none_and_the_limit_has_the_name_it_is_given() -> None:
    body = body_of(request(temperature=None), "json_schema", "max_completion_tokens")
    assert "temperature" not in body
    assert (body["max_completion_tokens"], "max_tokens" in body) == (321, False)
    assert body_of(request(temperature=0.0), "tools", "max_tokens")["temperature"] == 0.0


@pytest.mark.parametrize("mode", SENT)
def test_bodies_do_not_share_what_one_could_change(mode: Mode) -> None:
    before = json.dumps(body_of(request(), mode, "max_tokens"))
    changed = body_of(request(), mode, "max_tokens")
    changed["input" if mode == "responses" else "messages"].append({"role": "user", "content": "more"})
    changed.pop("temperature")
    assert json.dumps(body_of(request(), mode, "max_tokens")) == before


def test_instructor_is_asked_once_for_a_form_and_mode_and_never_sees_a_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    from instructor.v2 import mode_registry  # noqa: PLC0415  heavy

    get, asked = mode_registry.get_handlers, []

    class Counting:
        def __init__(self, handlers: Any) -> None:
            self._handlers = handlers

        def request_handler(self, form: type, given: dict[str, Any]) -> Any:
            asked.append(json.dumps(given))
            return self._handlers.request_handler(form, given)

    monkeypatch.setattr(mode_registry, "get_handlers", lambda *which: Counting(get(*which)))
    for _ in range(3):
        for mode in SENT:
            for form in (PatientForm, CorrectionsForm):
                body_of(request(form), mode, "max_tokens")
    assert len(asked) == 2 * len(SENT)
    assert not any("letter" in each or "example" in each for each in asked)


# Replies

ANSWER = '{"corrections":[]}'
SAID = Said(ANSWER, input_tokens=70, cached_input_tokens=64, output_tokens=9)
ASKED_TOOL = {"tools": [{"function": {"name": "f"}}], "tool_choice": {"function": {"name": "f"}}}
USED = Usage(requests=1, input_tokens=70, cached_input_tokens=64, output_tokens=9)
NONE = Usage(requests=1)
CALLED = '{"choices":[{"message":{"tool_calls":[{"function":{"arguments":{"a":1}}}]}}]}'
EMPTY = ways.empty_choices().body.decode()


def chat(said: Said, **body: Any) -> str:
    return json.dumps(ways.chat_reply(said, body, 0))


def responses(said: Said, **body: Any) -> str:
    return json.dumps(ways.responses_reply(said, body, 0))


def cut(finish: str) -> Said:
    return Said(ANSWER, 70, 64, 9, finish_reason=finish)


REFUSAL = Said("", 70, 64, 9, refusal="I cannot")


@pytest.mark.parametrize(
    ("raw", "mode", "text", "finish", "usage"),
    [
        (chat(SAID), "json_schema", ANSWER, "stop", USED),
        (chat(SAID, **ASKED_TOOL), "tools", ANSWER, "stop", USED),
        (chat(SAID), "tools", ANSWER, "stop", USED),  # a server that has no tools says it outright
        (chat(ways.fenced(SAID)), "json", ways.fenced(SAID).text, "stop", USED),
        (chat(cut("length")), "json_schema", ANSWER, "length", USED),
        (chat(cut("length"), **ASKED_TOOL), "tools", ANSWER, "length", USED),
        (chat(cut("content_filter")), "json_schema", ANSWER, "refusal", USED),
        (chat(REFUSAL), "json_schema", None, "refusal", USED),
        (responses(SAID), "responses", ANSWER, "stop", USED),
        (responses(SAID, **ASKED_TOOL), "responses", ANSWER, "stop", USED),
        (responses(cut("length")), "responses", ANSWER, "length", USED),
        (responses(cut("content_filter")), "responses", ANSWER, "refusal", USED),
        (responses(REFUSAL), "responses", None, "refusal", USED),
        (EMPTY, "json_schema", None, "stop", Usage(requests=1, input_tokens=100)),
        (EMPTY, "responses", None, "stop", Usage(requests=1, input_tokens=100)),
        ("{}", "json_schema", None, "stop", NONE),
        ("{}", "responses", None, "stop", NONE),
        ('{"choices":[{"message":{"content":"x"}}]}', "json", "x", "stop", NONE),
        ('{"choices":[{"message":{"content":""}}]}', "json", None, "stop", NONE),
        ('{"choices":[{"message":{"content":[{"type":"text","text":"x"}]}}]}', "json", "x", "stop", NONE),
        ('{"choices":[{"message":{"content":5}}]}', "json", None, "stop", NONE),
        ('{"choices":[{"message":null}]}', "json", None, "stop", NONE),
        (
            '{"choices":[{"message":{"tool_calls":[{"function":{"arguments":{"a":1}}}]}}]}',
            "tools",
            '{"a": 1}',
            "stop",
            NONE,
        ),
        ('{"choices":[{"message":{"content":"x"},"finish_reason":["a"]}]}', "json", "x", "stop", NONE),
        ('{"choices":5,"usage":[1]}', "json", None, "stop", NONE),
        ('{"output":[{"type":"reasoning"},{"type":"message","content":[]}]}', "responses", None, "stop", NONE),
    ],
)
def test_a_payload_becomes_a_reply(raw: str, mode: Mode, text: str | None, finish: str, usage: Usage) -> None:
    reply = reply_of(raw, mode, 1.5)
    assert (reply.text, reply.finish, reply.usage) == (text, finish, usage)
    assert (reply.raw, reply.seconds) == (raw, 1.5)
    assert reply.model == json.loads(raw).get("model", "")


@pytest.mark.parametrize("raw", [ways.html_page().body.decode(), "[1]", '"x"', "null", "", "{", "[" * 100_000])
@pytest.mark.parametrize("mode", SENT)
def test_what_is_no_json_object_is_a_failure_of_transport(raw: str, mode: Mode) -> None:
    with pytest.raises(TransportFailed, match="answered with"):
        reply_of(raw, mode, 0)


@pytest.mark.parametrize(
    ("given", "usage"),
    [
        (None, NONE),
        ({}, NONE),
        ({"prompt_tokens": 5, "completion_tokens": 2}, Usage(requests=1, input_tokens=5, output_tokens=2)),
        ({"input_tokens": 5, "output_tokens": 2}, Usage(requests=1, input_tokens=5, output_tokens=2)),
        ({"prompt_tokens": 5.0, "completion_tokens": None}, NONE),
        ({"prompt_tokens": 5.0, "completion_tokens": 0}, Usage(requests=1, input_tokens=5)),
        ({"prompt_tokens": "5", "completion_tokens": float("nan")}, NONE),
        (
            {"prompt_tokens": 5, "output_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}},
            Usage(requests=1, input_tokens=5, cached_input_tokens=4, output_tokens=1),
        ),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, NONE),
        ({"completion_tokens": 5}, NONE),
        ({"input_tokens": 5}, NONE),
        ({"output_tokens": 5}, NONE),
        ({"prompt_tokens": 0, "completion_tokens": 5}, NONE),
        ({"prompt_tokens": 5, "completion_tokens": 2.5}, NONE),
        ({"prompt_tokens": 5, "completion_tokens": 10**9}, NONE),
        (
            {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
            Usage(requests=1, input_tokens=5, output_tokens=2),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 90},
            Usage(requests=1, input_tokens=5, output_tokens=85),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 1},
            Usage(requests=1, input_tokens=5, output_tokens=2),
        ),
        ({"prompt_tokens_details": {"cached_tokens": "many"}, "input_tokens_details": 5}, NONE),
    ],
)
def test_usage_has_the_names_of_either_interface(given: Any, usage: Usage) -> None:
    assert usage_of(given) == usage


# Identity


@pytest.mark.parametrize(
    "other",
    [
        Request("n", TURNS, PatientForm, 321),
        Request("m", (*TURNS[:-1], Message("user", "another letter")), PatientForm, 321),
        Request("m", (Message("system", "another prompt"), *TURNS[1:]), PatientForm, 321),
        Request("m", (Message("user", TURNS[0].content), *TURNS[1:]), PatientForm, 321),
        Request("m", TURNS, CorrectionsForm, 321),
        Request("m", TURNS, PatientForm, 322),
        Request("m", TURNS, PatientForm, 321, temperature=0.1),
        Request("m", TURNS, PatientForm, 321, temperature=None),
    ],
)
def test_whatever_is_sent_belongs_to_the_identity_of_a_request(other: Request) -> None:
    assert other.sha256 != request().sha256


def test_what_a_request_is_for_does_not() -> None:
    assert request(purpose="summary").sha256 == request(purpose="item 3").sha256


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": -100, "completion_tokens": 5}, (0, 0, 0)),
        ({"prompt_tokens": 100, "completion_tokens": -5}, (0, 0, 0)),
        (
            {"prompt_tokens": 5000, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 50_000}},
            (5000, 0, 1),
        ),
        ({"prompt_tokens": 10**400, "completion_tokens": 5}, (0, 0, 0)),
        ({"prompt_tokens": "100", "completion_tokens": 5}, (0, 0, 0)),
        ({"prompt_tokens": True, "completion_tokens": 5}, (0, 0, 0)),
    ],
)
def test_usage_that_cannot_be_is_not_believed(usage: dict[str, Any], counted: tuple[int, int, int]) -> None:
    told = usage_of(usage)
    assert (told.input_tokens, told.cached_input_tokens, told.output_tokens) == counted


def test_a_models_name_can_be_kept() -> None:
    raw = json.dumps({"model": "\ud800" + "x" * 900, "choices": [{"message": {"content": "{}"}}]})
    name = reply_of(raw, "json_schema", 0).model
    assert len(name) == 200
    name.encode()
