"""The endpoint that the tests of the model's client talk to does what it says."""

from __future__ import annotations

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import endpoint as ways
import openai
import pytest
from endpoint import Answer, Broken, Chaos, FakeEndpoint, Said

MESSAGES: list[Any] = [{"role": "user", "content": "Say it."}]
SCHEMA = {"type": "object", "properties": {}}
CHAT_TOOL: dict[str, Any] = {
    "tools": [{"type": "function", "function": {"name": "record", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "record"}},
}
RESPONSES_TOOL: dict[str, Any] = {
    "tools": [{"type": "function", "name": "record", "parameters": SCHEMA, "strict": False}],
    "tool_choice": {"type": "function", "name": "record"},
}


def always(answer: Answer) -> Callable[[dict[str, Any], int], Answer]:
    return lambda _body, _before: answer


def client(endpoint: FakeEndpoint, timeout: float = 5) -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.url, api_key="key", max_retries=0, timeout=timeout)


def chat(endpoint: FakeEndpoint, *, timeout: float = 5, **more: Any) -> Any:
    with client(endpoint, timeout) as said_to:
        return said_to.chat.completions.create(model="m", messages=MESSAGES, **more)


def respond(endpoint: FakeEndpoint, **more: Any) -> Any:
    with client(endpoint) as said_to:
        return said_to.responses.create(model="m", input="Say it.", **more)


def post(endpoint: FakeEndpoint, body: object, path: str = "/chat/completions") -> tuple[int, dict[str, str], bytes]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(endpoint.url + path, content, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


# Replies


def test_chat_says_its_text_and_usage() -> None:
    with FakeEndpoint(always(Said('{"é": 1}', 7, 3, 5))) as endpoint:
        reply = chat(endpoint, temperature=0)
    assert reply.choices[0].message.content == '{"é": 1}'
    assert reply.choices[0].finish_reason == "stop"
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (7, 5, 12)
    assert reply.usage.prompt_tokens_details.cached_tokens == 3
    [request], [headers] = endpoint.requests, endpoint.headers
    assert (request["messages"], request["temperature"], request["_path"]) == (MESSAGES, 0, "/v1/chat/completions")
    assert headers["authorization"] == "Bearer key"


@pytest.mark.parametrize("choice", [CHAT_TOOL["tool_choice"], "required"])
def test_chat_calls_the_tool_that_it_must(choice: Any) -> None:
    with FakeEndpoint(always(Said("{}"))) as endpoint:
        called = chat(endpoint, **CHAT_TOOL | {"tool_choice": choice}).choices[0]
        free = chat(endpoint, **CHAT_TOOL | {"tool_choice": "auto"}).choices[0]
    [call] = called.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("record", "{}")
    assert (called.message.content, called.finish_reason) == (None, "tool_calls")
    assert (free.message.content, free.message.tool_calls, free.finish_reason) == ("{}", None, "stop")


def test_responses_say_their_text_and_usage_or_call_the_tool() -> None:
    with FakeEndpoint(always(Said("{}", 7, 3, 5))) as endpoint:
        said, called = respond(endpoint), respond(endpoint, **RESPONSES_TOOL)
    assert (said.output_text, said.status, said.incomplete_details) == ("{}", "completed", None)
    assert (said.usage.input_tokens, said.usage.output_tokens, said.usage.total_tokens) == (7, 5, 12)
    assert said.usage.input_tokens_details.cached_tokens == 3
    [call] = called.output
    assert (call.type, call.name, call.arguments) == ("function_call", "record", "{}")


def test_replies_cut_refused_fenced_and_malformed() -> None:
    answers = [ways.truncated('{"a": 12}'), ways.refused(), ways.fenced("{}"), ways.malformed('{"a": 1}')]
    with FakeEndpoint(lambda _body, before: answers[before % 4]) as endpoint:
        cut, refused, fenced, malformed = (chat(endpoint).choices[0] for _ in answers)
        response_cut, response_refused = respond(endpoint), respond(endpoint, **RESPONSES_TOOL)
    assert (cut.message.content, cut.finish_reason) == ('{"a"', "length")
    assert refused.message.content is None
    assert refused.message.refusal
    assert fenced.message.content == "```json\n{}\n```"
    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed.message.content)
    assert (response_cut.status, response_cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response_refused.output[0].content[0].type == "refusal"


# Errors


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (ways.rate_limited("3"), openai.RateLimitError, "rate_limit_exceeded"),
        (ways.quota_gone(), openai.RateLimitError, "insufficient_quota"),
        (ways.bad_key(), openai.AuthenticationError, "invalid_api_key"),
        (ways.no_such_model(), openai.NotFoundError, "model_not_found"),
        (ways.context_overflow(), openai.BadRequestError, "context_length_exceeded"),
        (ways.llama_overflow(), openai.BadRequestError, 400),
        (ways.server_error(), openai.InternalServerError, None),
        (ways.loading(), openai.InternalServerError, 503),
    ],
)
def test_errors_are_what_the_client_knows_them_as(answer: Broken, kind: type[openai.APIError], code: object) -> None:
    with FakeEndpoint(always(answer)) as endpoint, pytest.raises(kind) as raised:
        chat(endpoint)
    assert raised.value.code == code
    assert isinstance(raised.value, openai.APIStatusError)
    assert raised.value.response.headers.get("retry-after") == answer.headers.get("retry-after")


def test_a_rate_limit_may_say_how_long() -> None:
    with FakeEndpoint(lambda _body, before: ways.rate_limited("3" if before else None)) as endpoint:
        (status, without, _), (_, headers, _) = post(endpoint, {}), post(endpoint, {})
    assert status == 429
    assert (without.get("retry-after"), headers.get("retry-after")) == (None, "3")


def test_two_hundred_need_not_mean_a_reply() -> None:
    with FakeEndpoint(lambda _body, before: ways.empty_choices() if before else ways.html_page()) as endpoint:
        status, headers, page = post(endpoint, {})
        assert (status, headers["content-type"].split(";")[0], page[:9]) == (200, "text/html", b"<!DOCTYPE")
        assert chat(endpoint).choices == []
        assert respond(endpoint).output == []


def test_a_disconnect_and_a_hang_fail_and_are_no_longer_in_flight() -> None:
    with FakeEndpoint(lambda _body, before: ways.hanging() if before else ways.disconnected()) as endpoint:
        with pytest.raises(openai.APIConnectionError) as raised:
            chat(endpoint)
        assert not isinstance(raised.value, openai.APITimeoutError)
        begin = time.monotonic()
        with pytest.raises(openai.APITimeoutError):
            chat(endpoint, timeout=0.2)
        assert time.monotonic() - begin < 3
        deadline = time.monotonic() + 3
        while endpoint.in_flight and time.monotonic() < deadline:
            time.sleep(0.005)
        assert endpoint.in_flight == 0


def test_a_hang_does_not_hold_up_the_end() -> None:
    with FakeEndpoint(always(ways.hanging())) as endpoint:
        connection = http.client.HTTPConnection(endpoint.url.split("/")[2], timeout=5)
        connection.request("POST", "/v1/chat/completions", b"{}")
        deadline = time.monotonic() + 3
        while not endpoint.in_flight and time.monotonic() < deadline:
            time.sleep(0.005)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()


def test_what_is_not_served() -> None:
    with FakeEndpoint(always(Said("{}"))) as endpoint:
        assert post(endpoint, {}, "/embeddings")[0] == 404
        assert json.loads(post(endpoint, {}, "/embeddings")[2])["error"]["type"] == "invalid_request_error"
        assert post(endpoint, b"[]")[0] == post(endpoint, b"{")[0] == 400
        with client(endpoint) as listing:
            assert [model.id for model in listing.models.list()] == ["test-model"]
    assert endpoint.seen == 0


def test_a_mistake_in_the_handler_is_raised_at_the_end() -> None:
    def handler(body: dict[str, Any], _before: int) -> Said:
        return Said(body["absent"])

    with pytest.raises(KeyError, match="absent"), FakeEndpoint(handler) as endpoint:
        assert post(endpoint, {})[0] == 500


# Connections


def test_a_connection_is_kept_and_requests_may_come_in_pieces_or_together() -> None:
    with FakeEndpoint(lambda _body, before: Said(str(before), seconds=0.01 * (before == 5)), keep=False) as endpoint:
        connection = http.client.HTTPConnection(endpoint.url.split("/")[2], timeout=5)
        said = []
        for _ in range(5):
            connection.request("POST", "/v1/chat/completions", b"{}", {"Content-Type": "application/json"})
            said.append(json.loads(connection.getresponse().read())["choices"][0]["message"]["content"])
        request = b"POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
        for piece in (request[:30], request[30:-1], request[-1:] + request):  # the last two are answered in order
            connection.sock.sendall(piece)
            time.sleep(0.01)
        replies = b""
        while replies.count(b"HTTP/1.1 200 OK") < 2 or not replies.endswith(b"}}}"):
            replies += connection.sock.recv(65536)
        connection.close()
    assert said == ["0", "1", "2", "3", "4"]
    assert replies.index(b'"content": "5"') < replies.index(b'"content": "6"')
    assert (endpoint.connections, endpoint.seen) == (1, 7)
    assert endpoint.requests == endpoint.headers == []


def test_requests_at_once_are_counted_and_none_waits_for_another() -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> None:
        together.wait(5)
        post(endpoint, {})

    with FakeEndpoint(always(ways.slow(Said("{}"), 0.3))) as endpoint, ThreadPoolExecutor(8) as pool:
        begin = time.monotonic()
        list(pool.map(ask, range(8)))
        spent = time.monotonic() - begin
    assert endpoint.in_flight_most == endpoint.connections == 8
    assert 0.3 <= spent < 8 * 0.3


# Chaos


RATES = {
    "truncated": 0.15,
    "malformed": 0.1,
    "fenced": 0.05,
    "refused": 0.05,
    "empty_choices": 0.1,
    "rate_limited": 0.1,
    "server_error": 0.1,
    "html_page": 0.05,
    "slow": 0.05,
}


def good(body: dict[str, Any]) -> Said:
    return Said('{"a": 1}', input_tokens=len(str(body["messages"])), output_tokens=11)


def bodies() -> list[dict[str, Any]]:
    return [{"messages": [{"role": "user", "content": f"Letter {number % 60}"}]} for number in range(180)]


def test_chaos_is_the_same_whatever_the_order() -> None:
    def run(seed: int, order: list[dict[str, Any]], rates: dict[str, float]) -> tuple[Counter[str], Chaos]:
        chaos = Chaos(good, seed, rates)
        return Counter(str((body["messages"], chaos(body, 0))) for body in order), chaos

    shuffled = bodies()
    random.Random(1).shuffle(shuffled)  # noqa: S311
    first, one = run(7, bodies(), RATES)
    second, two = run(7, shuffled, dict(reversed(RATES.items())))
    assert first == second
    assert (one.did, one.input_tokens, one.output_tokens) == (two.did, two.input_tokens, two.output_tokens)
    assert run(8, bodies(), RATES)[0] != first
    assert set(one.did) == {*RATES, "good"}
    assert one.did["good"] == pytest.approx(180 * 0.25, rel=0.5)


def test_chaos_adds_up_what_its_replies_report() -> None:
    chaos = Chaos(good, 7, RATES, slow_seconds=0.01)
    with FakeEndpoint(chaos) as endpoint, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda body: post(endpoint, body), bodies()))
    usages = [json.loads(body)["usage"] for status, headers, body in replies if status == 200 and body[:1] == b"{"]
    assert chaos.input_tokens == sum(used["prompt_tokens"] for used in usages)
    assert chaos.output_tokens == sum(used["completion_tokens"] for used in usages)
    assert chaos.did.total() == endpoint.seen == 180
    statuses = Counter(status for status, _, _ in replies)
    assert (statuses[429], statuses[500]) == (chaos.did["rate_limited"], chaos.did["server_error"])
    assert len(usages) == 180 - statuses[429] - statuses[500] - chaos.did["html_page"]


def test_chaos_knows_its_ways_and_its_rates() -> None:
    every = [
        "rate_limited quota_gone bad_key no_such_model context_overflow llama_overflow server_error loading html_page",
        "empty_choices truncated refused malformed fenced disconnected hanging slow",
    ]
    for name in " ".join(every).split():
        chaos = Chaos(good, 1, {name: 1})
        assert isinstance(chaos(bodies()[0], 0), Said | Broken)
        assert chaos.did == {name: 1}
    for rates, message in (({"sulky": 0.1}, "sulky"), ({"slow": 0.7, "fenced": 0.7}, "at most 1")):
        with pytest.raises(ValueError, match=message):
            Chaos(good, 1, rates)


# As a process


def test_it_serves_a_file_as_a_process(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"CM16-0000001": "one", "": {"text": "any", "input_tokens": 3}}))
    command = [sys.executable, ways.__file__, "--port", "0", "--answers", str(answers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            listening, url = process.stdout.readline().split()
            with openai.OpenAI(base_url=url, api_key="key", max_retries=0) as said_to:
                said = [
                    said_to.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
                    for text in ("Case CM16-0000001 is", "Case CM16-0000002 is")
                ]
        finally:
            process.terminate()
    assert listening == "listening"
    assert [reply.choices[0].message.content for reply in said] == ["one", "any"]
    assert said[1].usage is not None
    assert said[1].usage.prompt_tokens == 3
    assert process.returncode == -signal.SIGTERM
