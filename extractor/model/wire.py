"""How requests and replies look on the wire, mode by mode: the bodies that go out, the texts that come back.

instructor knows how each mode states the form of an answer. It is asked once for each form and mode, not for each
request (as it comes it makes the schema anew every time), and never sees a letter: it would render one as a template.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeGuard

from pydantic import BaseModel

from extractor.errors import TransportFailed
from extractor.model.seam import Finish, Message, Reply, Request
from extractor.records.record import Usage
from extractor.settings import Mode

PATHS: Mapping[Mode, str] = {
    "json_schema": "/chat/completions",
    "tools": "/chat/completions",
    "json": "/chat/completions",
    "responses": "/responses",
}

MOST_REPLY_BYTES = 4_000_000
"""Of one reply. The longest answer that is asked for has 4,096 tokens, some 20 kB; this leaves room for what models
think aloud before it."""


@cache
def _form(answer: type[BaseModel], mode: Mode, system: str) -> dict[str, Any]:
    """What instructor adds to a request with this system message, to have answers of this form."""
    from instructor.v2 import Mode as InstructorMode  # noqa: PLC0415  heavy
    from instructor.v2 import Provider, mode_registry  # noqa: PLC0415

    modes = {
        "json_schema": InstructorMode.JSON_SCHEMA,
        "tools": InstructorMode.TOOLS,
        "json": InstructorMode.JSON,
        "responses": InstructorMode.RESPONSES_TOOLS,
    }
    handlers = mode_registry.get_handlers(Provider.OPENAI, modes[mode])
    form: dict[str, Any]
    stated = _titled(answer) if mode == "tools" else answer
    _, form = handlers.request_handler(stated, {"messages": [{"role": "system", "content": system}]})
    if mode == "json_schema":
        form["response_format"]["json_schema"]["strict"] = True  # instructor leaves it out, and then nothing holds
    elif mode == "tools":
        form["tools"][0]["function"]["strict"] = True
    elif mode == "responses":
        form.pop("tools", None)  # the text format alone states the form; both at once are two answers
        form.pop("tool_choice", None)
    return form


def _titled(answer: type[BaseModel]) -> type[BaseModel]:
    """The same form with a title, by which instructor names a tool; ours leave titles out, for they cost tokens."""

    def model_json_schema(_form: type[BaseModel], *given: Any, **named: Any) -> dict[str, Any]:
        return {**answer.model_json_schema(*given, **named), "title": answer.__name__}

    return type(
        answer.__name__, (answer,), {"__doc__": answer.__doc__, "model_json_schema": classmethod(model_json_schema)}
    )


def body_of(request: Request, mode: Mode, output_limit: str) -> dict[str, Any]:
    """The body of a request.

    Args:
        request: What to ask.
        mode: How the form of the answer is stated; not `auto`.
        output_limit: The name that this endpoint has for the limit of output tokens.

    """
    first, *rest = request.messages
    form = dict(_form(request.answer, mode, first.content))
    turns = [*form.pop("messages"), *map(_turn, rest)]
    body: dict[str, Any] = {"model": request.model, "input" if mode == "responses" else "messages": turns, **form}
    body["max_output_tokens" if mode == "responses" else output_limit] = request.max_output_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if mode == "responses":
        body["store"] = False  # letters are not left with the provider
    return body


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def reply_of(raw: str, mode: Mode, seconds: float) -> Reply:
    """Read a payload.

    A payload without an answer in it gives a reply without text: what it used still counts.

    Raises:
        TransportFailed: it is no JSON object.

    """
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise TransportFailed("the endpoint answered with something that is no JSON", perhaps_billed=True) from error
    if not isinstance(payload, dict):
        raise TransportFailed("the endpoint answered with JSON that is no object", perhaps_billed=True)
    read: Callable[[dict[str, Any]], tuple[str | None, Finish]] = _responses if mode == "responses" else _chat
    try:
        text, finish = read(payload)
    except (KeyError, IndexError, TypeError, AttributeError):
        text, finish = None, "stop"
    return Reply(
        text=text,
        finish=finish,
        model=str(payload.get("model") or "").encode("utf-8", "replace").decode()[:_LONGEST_NAME],
        usage=usage_of(payload.get("usage"), said=text),
        seconds=seconds,
        raw=raw,
    )


def kept_reply(raw: str) -> Reply | None:
    """A reply from the payload that was kept of it, at no cost now. None if it cannot be read."""
    try:
        payload = json.loads(raw)
        if not isinstance(payload, dict) or not {"choices", "output"} & payload.keys():
            return Reply(raw, "stop", "", Usage(), 0.0, raw)  # of a recording: the answer itself
        given = reply_of(raw, "responses" if "output" in payload else "json_schema", 0.0)
    except (ValueError, RecursionError, TransportFailed):
        return None
    return replace(given, paid=False)


_FINISH: Mapping[str, Finish] = {
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length"), "length"),
    **dict.fromkeys(("content_filter", "content_filtered", "refusal", "safety", "recitation", "blocklist"), "refusal"),
    **dict.fromkeys(("prohibited_content", "guardrail_intervened"), "refusal"),
}
"""What servers call an answer that is cut or refused; any other word for the end is a good one."""


def _chat(payload: dict[str, Any]) -> tuple[str | None, Finish]:
    choice = payload["choices"][0]
    message = choice["message"]
    finish = _FINISH.get(str(choice.get("finish_reason") or "").lower(), "stop")
    content = message.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    if message.get("refusal") or any(part.get("type") == "refusal" for part in parts):
        return None, "refusal"
    calls = [call.get("function") or {} for call in message.get("tool_calls") or ()] or [message.get("function_call")]
    said = [_as_text(call.get("arguments")) for call in calls if call]
    said.append("".join(_as_text(part.get("text")) for part in parts) if parts else _as_text(content))
    # What was called for stands first; a server that takes an answer for thoughts has put it where those go.
    said += [_as_text(message.get(name)) for name in ("reasoning_content", "reasoning")]
    if len(calls) > 1:  # which of them is meant, their form tells
        said.insert(0, "\n".join(said[: len(calls)]))
    return next((each for each in said if each.strip()), None), finish


def _as_text(value: Any) -> str:
    """A text; an object that should have been JSON in a text, as such."""
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict) else ""


def _responses(payload: dict[str, Any]) -> tuple[str | None, Finish]:
    finish: Finish = "stop"
    if payload.get("status") == "incomplete":
        why = (payload.get("incomplete_details") or {}).get("reason")
        finish = "refusal" if why == "content_filter" else "length"
    pieces: list[str] = []
    for item in payload["output"]:
        if item["type"] == "function_call":
            return _as_text(item["arguments"]), finish
        for part in item.get("content") or ():
            if part["type"] == "refusal":
                return None, "refusal"
            if part["type"] == "output_text":
                pieces.append(part["text"])
    return "".join(pieces) if pieces else None, finish


def usage_of(given: Any, said: object = None) -> Usage:
    """Tokens of one reply, by the names of either interface.

    They are known if both counts are there and possible; else none is counted, and the request stands for the most that
    it could cost. What only the total holds (thinking, with some endpoints) is output, too.

    Args:
        given: The `usage` of a payload.
        said: What was answered; an answer of no tokens is none that can be.

    """
    given = given if isinstance(given, dict) else {}
    sent, answered = _count(given, "prompt_tokens", "input_tokens"), _count(given, "completion_tokens", "output_tokens")
    if not sent or answered is None or (said and not answered):
        return Usage(requests=1)
    cached = _count(given.get("prompt_tokens_details") or given.get("input_tokens_details"), "cached_tokens") or 0
    return Usage(
        requests=1,
        input_tokens=sent,
        cached_input_tokens=cached if cached <= sent else 0,
        output_tokens=max(answered, (_count(given, "total_tokens") or 0) - sent),
    )


def _count(given: Any, *names: str) -> int | None:
    """The first credible count of these names: a whole number, not less than none, not more than can be."""
    numbers = [given.get(name) for name in names] if isinstance(given, dict) else []
    return next((int(each) for each in numbers if _credible(each)), None)


def _credible(number: Any) -> TypeGuard[float]:
    return type(number) in (int, float) and 0 <= number < _MOST_TOKENS and number == int(number)


_MOST_TOKENS = 10**9
"""Of one request; more is no count of tokens."""
_LONGEST_NAME = 200
"""Characters of a model's name."""
