"""A real client against a loopback endpoint that misbehaves in every way that is known."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import ssl
import subprocess
import threading
import traceback
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import endpoint as ways
import pytest
from endpoint import Answer, Body, Broken, FakeEndpoint, Handler, Said

from extractor.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ContextOverflow,
    EndpointUnavailable,
    ImrError,
    QuotaExceeded,
    RateLimited,
    Refused,
    Rejected,
    ReplyTooLong,
    RequestRefused,
    TransportFailed,
    Truncated,
    UnknownModel,
)
from extractor.model import Message, Reply, Request, client
from extractor.model.asking import judged
from extractor.model.live import Live
from extractor.model.meter import perhaps_billed
from extractor.model.wire import MOST_REPLY_BYTES
from extractor.readers.model.answers import CorrectionsForm
from extractor.settings import Endpoint, Mode, Secret

GOOD = '{"corrections":[]}'
KEY = "sk-Echoed-By-The-Server-77"
REQUEST = Request("m", (Message("system", "Read."), Message("user", "a {{ 7*7 }} letter")), CorrectionsForm, 100)


def always(answer: Answer) -> Handler:
    return lambda _body, _before: answer


def in_turn(*answers: Answer) -> Handler:
    return lambda _body, before: answers[min(before, len(answers) - 1)]


def bad(message: str, kind: str = "invalid_request_error", code: str | None = None, status: int = 400) -> Broken:
    return Broken(status, ways.error_body(message, kind, code))


def use(
    handler: Handler, do: Callable[[Live], Awaitable[Any]], mode: Mode = "json_schema", timeout: float = 20.0
) -> tuple[Any, FakeEndpoint]:
    async def run(url: str) -> Any:
        live = Live(Endpoint(base_url=url, api_key=Secret(KEY), timeout=timeout), mode)
        try:
            return await do(live)
        finally:
            await live.aclose()

    with FakeEndpoint(handler) as fake:
        return asyncio.run(run(fake.url)), fake


async def once(live: Live) -> Reply | ImrError:
    try:
        return await live.complete(REQUEST)
    except ImrError as error:
        return error


def times(number: int) -> Callable[[Live], Awaitable[list[Any]]]:
    async def do(live: Live) -> list[Any]:
        return [await once(live) for _ in range(number)]

    return do


def together(number: int) -> Callable[[Live], Awaitable[list[Any]]]:
    async def do(live: Live) -> list[Any]:
        return list(await asyncio.gather(*(once(live) for _ in range(number))))

    return do


# Errors

AZURE_FILTER = bad("The response was filtered due to Azure OpenAI's content management policy.")
ERRORS: dict[str, tuple[Answer, type[ImrError], str]] = {
    "401": (ways.bad_key(), AuthenticationFailed, "OPENAI_API_KEY"),
    "401 with the key": (bad(f"Incorrect API key: {KEY}", status=401), AuthenticationFailed, "OPENAI_API_KEY"),
    "403": (bad("You are not allowed.", status=403), AuthenticationFailed, "OPENAI_API_KEY"),
    "402": (bad("Pay first.", status=402), QuotaExceeded, "credit"),
    "no quota": (ways.quota_gone(), QuotaExceeded, "credit"),
    "billing limit": (bad("Limit.", "x", "billing_hard_limit_reached"), QuotaExceeded, "credit"),
    "no model": (ways.no_such_model(), UnknownModel, "--model"),
    "no model, ollama": (bad('model "m" not found, try pulling it', "api_error", status=404), UnknownModel, "--model"),
    "429": (ways.rate_limited(), RateLimited, "fewer"),
    "429 with the key": (bad(f"Slower, {KEY}.", status=429), RateLimited, "fewer"),
    "500": (ways.server_error(), TransportFailed, "500"),
    "500 page": (Broken(500, f"<html>{KEY}".encode(), content_type="text/html"), TransportFailed, "500"),
    "503": (ways.loading(), TransportFailed, "503"),
    "504": (Broken(504, b"", content_type="text/plain"), TransportFailed, "504"),
    "408": (bad("Late.", status=408), TransportFailed, "408"),
    "overflow": (ways.context_overflow(), ContextOverflow, "context"),
    "overflow, llama.cpp": (ways.llama_overflow(), ContextOverflow, "context"),
    "overflow, vLLM": (bad("This model's maximum context length is 10 tokens."), ContextOverflow, "context"),
    "filter": (bad("Filtered.", "invalid_request_error", "content_filter"), Refused, "filter"),
    "filter, Azure": (AZURE_FILTER, Refused, "filter"),
    "page": (ways.html_page(), TransportFailed, "no JSON"),
    "list": (Broken(200, b"[]"), TransportFailed, "no object"),
    "nothing": (Broken(200, b""), TransportFailed, "no JSON"),
    "disconnect": (ways.disconnected(), TransportFailed, "no connection to 127.0.0.1"),
    "garbage": (Broken(200, b"no gzip", {"content-encoding": "gzip"}), TransportFailed, "no connection"),
    "unknown 400": (bad("Unknown parameter: 'x'."), Rejected, "refused the request (status 400)"),
    "400 with the key": (bad(f"{KEY} {KEY.upper()} is odd. " + "x" * 500), Rejected, "(status 400)"),
    "400 page": (Broken(400, f"<p>{KEY}</p>".encode(), content_type="text/html"), Rejected, "400"),
    "400 of another form": (Broken(400, json.dumps({"error": f"no {KEY}"}).encode()), Rejected, "(status 400)"),
    **{
        f"overflow, {name}": (bad(words, code=None, status=status), ContextOverflow, "context")
        for name, status, words in (
            ("Anthropic", 400, "prompt is too long: 210000 tokens > 200000 maximum"),
            ("Anthropic, both", 400, "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"),
            ("Gemini", 400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
            ("Bedrock", 400, "Input is too long for requested model."),
            ("Bedrock, length", 400, "Malformed input request: expected maxLength: 200000, actual: 300000"),
            ("LiteLLM", 400, "litellm.ContextWindowExceededError: AnthropicException - prompt is too long"),
            ("vLLM", 400, "The decoder prompt (length 9000) is longer than the maximum model length of 8192."),
            (
                "vLLM, output",
                400,
                "'max_tokens' is too large: 4096. This model's maximum context length is 4096 tokens",
            ),
            ("SGLang", 400, "The input (9000 tokens) is longer than the model's context length (4096 tokens)."),
            ("Ollama", 500, "the input length exceeds the context length"),
            ("llama.cpp, old", 500, "the request exceeds the available context size. try increasing the context size"),
            ("TGI", 422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000"),
            ("TGI, inputs", 422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 9000"),
            ("Mistral", 400, "Prompt contains 35000 tokens and 0 draft tokens, too large for model with 32768 maximum"),
            ("Cohere", 400, "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 9000"),
            ("xAI", 400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
            ("Fireworks", 400, "The prompt is too long: 9000, model maximum context length: 4096"),
            ("Groq", 413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000"),
            ("OpenAI, a minute", 429, "Request too large for m on tokens per min (TPM): Limit 10000, Requested 12000."),
            ("LM Studio", 400, "the model is loaded with context length of only 4096 tokens, which is not enough"),
        )
    },
    "daily": (ways.used_up(), QuotaExceeded, "for 60 minutes"),
    "daily, by its words": (ways.used_up(None), QuotaExceeded, "per day"),
    "error inside": (ways.error_inside(), TransportFailed, "502"),
    "limit inside": (ways.error_inside("slower", "429"), RateLimited, "fewer"),
    "no key inside": (ways.error_inside("No auth credentials found", 401), AuthenticationFailed, "it says: No auth"),
    "event stream": (ways.event_stream(GOOD), RequestRefused, "event stream"),
    "413": (bad("Too large.", status=413), ContextOverflow, "413"),
}


@pytest.mark.parametrize("case", ERRORS)
@pytest.mark.parametrize("mode", ["json_schema", "responses"])
def test_an_error_becomes_ours_after_one_request_and_never_holds_the_key(case: str, mode: Mode) -> None:
    answer, kind, words = ERRORS[case]
    error, fake = use(always(answer), once, mode)
    assert type(error) is kind
    assert words in str(error)
    assert fake.seen == 1
    assert fake.headers[0]["authorization"] == f"Bearer {KEY}"
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    assert KEY.lower() not in shown.lower()
    assert len(str(error)) < 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[
            (None, None),
            ("3", 3.0),
            ("0.5", 0.5),
            ("-1", 0.0),
            ("2s", 2.0),
            ("soon", None),
            ("nan", None),
            ("inf", None),
        ],
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_what_a_rate_limit_asks_is_told(header: str | None, seconds: float | None) -> None:
    error, _ = use(always(ways.rate_limited(header)), once)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_a_time_out_is_a_failure_of_transport() -> None:
    error, fake = use(always(ways.hanging()), once, timeout=0.1)
    assert isinstance(error, TransportFailed)
    assert "in time" in str(error)
    assert fake.seen == 1


def test_nobody_there_is_a_failure_of_transport() -> None:
    with FakeEndpoint(always(Said(GOOD))) as fake:
        url = fake.url

    async def run() -> Any:
        live = Live(Endpoint(base_url=url, timeout=2.0))
        try:
            return await once(live)
        finally:
            await live.aclose()

    error = asyncio.run(run())
    assert isinstance(error, TransportFailed)
    assert str(error) == "no connection to 127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "kind"), [(ways.refused(), Refused), (ways.truncated(GOOD), Truncated), (Said("no"), ValueError)]
)
def test_what_a_reply_lacks_is_judged_later(answer: Said, kind: type[Exception]) -> None:
    reply, _ = use(always(answer), once)
    assert isinstance(reply, Reply)
    with pytest.raises(ImrError if kind is ValueError else kind):
        judged(reply, CorrectionsForm)


# Replies


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        ("json_schema", "/v1/chat/completions"),
        ("tools", "/v1/chat/completions"),
        ("json", "/v1/chat/completions"),
        ("responses", "/v1/responses"),
    ],
)
def test_a_good_answer_comes_back_in_every_mode(mode: Mode, path: str) -> None:
    reply, fake = use(always(Said(GOOD, 7, 3, 5)), once, mode)
    assert judged(reply, CorrectionsForm) == CorrectionsForm(corrections=[])
    assert (reply.usage.requests, reply.usage.input_tokens, reply.usage.cached_input_tokens) == (1, 7, 3)
    assert (reply.usage.output_tokens, reply.model, reply.finish) == (5, "test-model", "stop")
    [body] = fake.requests
    assert body["_path"] == path
    assert body["input" if mode == "responses" else "messages"][-1]["content"] == REQUEST.messages[-1].content


def test_connections_are_kept_and_closed() -> None:
    replies, fake = use(always(Said(GOOD)), times(10))
    assert {type(reply) for reply in replies} == {Reply}
    assert (fake.seen, fake.connections) == (10, 1)
    _, fake = use(always(Said(GOOD, seconds=0.01)), together(5))
    assert (fake.seen, fake.connections, fake.in_flight_most) == (5, 5, 5)


# Adapting


def refusing(*words: str) -> Handler:
    """An endpoint that refuses requests which have one of these fields."""

    def handle(body: Body, _before: int) -> Answer:
        for word in words:
            name, _, kind = word.partition(":")
            if name in body and (not kind or body[name].get("type") == kind):
                return bad(f"'{name}' is not supported with this model.")
        return Said(GOOD)

    return handle


STRICT, TOOLS = "response_format:json_schema", "tools"


@pytest.mark.parametrize("ask", [times(3), together(4)])
@pytest.mark.parametrize(
    ("refused", "mode", "requests"),
    [((), "json_schema", 1), ((STRICT,), "tools", 2), ((STRICT, TOOLS), "json", 3)],
)
def test_auto_falls_back_until_the_endpoint_takes_it(
    refused: tuple[str, ...], mode: Mode, requests: int, ask: Callable[[Live], Awaitable[list[Any]]]
) -> None:
    async def do(live: Live) -> tuple[list[Any], Mode]:
        return await ask(live), live.mode

    (replies, used), fake = use(refusing(*refused), do, "auto")
    assert used == mode
    assert [judged(reply, CorrectionsForm) for reply in replies] == [CorrectionsForm(corrections=[])] * len(replies)
    last = fake.requests[-1]
    assert ("tools" in last, last.get("response_format", {}).get("type", "")) == {
        "json_schema": (False, "json_schema"),
        "tools": (True, ""),
        "json": (False, "json_object"),
    }[mode]
    assert len(replies) + requests - 1 <= fake.seen <= len(replies) * requests


def test_a_mode_that_was_chosen_is_kept() -> None:
    error, fake = use(refusing(STRICT), once, "json_schema")
    assert isinstance(error, RequestRefused)
    assert fake.seen == 1


def test_a_chosen_mode_that_nothing_takes_ends_in_one_refusal() -> None:
    error, fake = use(refusing("model"), once, "auto")
    assert isinstance(error, Rejected)
    assert fake.seen == 3


def test_one_poisonous_letter_changes_no_mode_and_three_are_hopeless() -> None:
    """Before anything was answered nobody can tell whose fault a refusal is: after three it is not the letters'."""

    async def do(live: Live) -> tuple[list[Any], Mode]:
        return [await once(live), await once(live)], live.mode

    ([error, reply], mode), _ = use(in_turn(*[bad("Forbidden pattern.")] * 3, Said(GOOD)), do, "auto")
    assert isinstance(error, Rejected)
    assert isinstance(reply, Reply)
    assert mode == "json_schema"
    errors, _ = use(always(bad("Forbidden pattern.")), times(3), "auto")
    assert [type(error) for error in errors] == [Rejected, Rejected, RequestRefused]


@pytest.mark.parametrize("status", [403, 404])
def test_after_an_answer_a_refusal_is_no_wrong_key_and_no_unknown_model(status: int) -> None:
    def answers(_body: Body, before: int) -> Answer:
        return Said(GOOD) if before == 0 else bad("the model says no", status=status)

    [_, error], _ = use(answers, times(2), "json_schema")
    assert type(error) is Rejected


def test_a_letter_is_not_sent_on_to_another_host() -> None:
    moved = Broken(307, b"", headers={"Location": "http://localhost:9/v1/chat/completions"})
    error, fake = use(always(moved), once, "json_schema")
    assert isinstance(error, RequestRefused)
    assert fake.seen == 1


@pytest.mark.parametrize("answer", [ways.llama_overflow(), ways.no_such_model(), AZURE_FILTER, ways.rate_limited()])
def test_trouble_of_another_kind_changes_no_mode(answer: Broken) -> None:
    async def do(live: Live) -> tuple[list[Any], Mode]:
        return [await once(live), await once(live)], live.mode

    ([error, reply], mode), fake = use(in_turn(answer, Said(GOOD)), do, "auto")
    assert isinstance(error, ImrError)
    assert isinstance(reply, Reply)
    assert (mode, fake.seen) == ("json_schema", 2)


def test_the_limit_of_tokens_has_the_name_that_the_endpoint_wants() -> None:
    def handle(body: Body, _before: int) -> Answer:
        if "max_tokens" in body:
            return bad("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return Said(GOOD)

    for ask in (times(2), together(3)):
        replies, fake = use(handle, ask, "auto")
        assert {type(reply) for reply in replies} == {Reply}
        assert fake.requests[-1]["max_completion_tokens"] == 100
        assert fake.requests[-1]["response_format"]["type"] == "json_schema"
        assert sum("max_completion_tokens" in body for body in fake.requests) == len(replies)


@pytest.mark.parametrize("parameter", ["max_tokens", "temperature", "response_format"])
def test_the_name_of_a_parameter_is_enough(parameter: str) -> None:
    def handle(body: Body, _before: int) -> Answer:
        if parameter in body:
            return Broken(400, ways.error_body("Unsupported parameter", "invalid_request_error", param=parameter))
        return Said(GOOD)

    [reply], _ = use(handle, times(1), "auto")
    assert isinstance(reply, Reply)


def test_an_endpoint_that_takes_no_form_at_all_is_asked_in_words() -> None:
    replies, fake = use(refusing("response_format", "tools"), times(2), "auto")
    assert {type(reply) for reply in replies} == {Reply}
    assert {"response_format", "tools"}.isdisjoint(fake.requests[-1])
    assert "corrections" in fake.requests[-1]["messages"][0]["content"]


def test_a_limit_that_has_neither_name_is_refused_in_two_requests() -> None:
    [error], fake = use(refusing("max_tokens", "max_completion_tokens"), times(1), "json_schema")
    assert isinstance(error, Rejected)
    assert fake.seen <= 3


def test_headers_and_what_stands_behind_the_address_are_sent_and_never_shown() -> None:
    secret = "0123456789abcdef-Azure"  # noqa: S105  none
    echo = bad(f"Wrong: {secret}", status=403)

    async def run(url: str) -> ImrError | Reply:
        endpoint = Endpoint(base_url=f"{url}?api-version=2024-10-21", headers={"api-key": Secret(secret)})
        assert secret not in repr(endpoint)
        live = Live(endpoint, "json_schema")
        try:
            return await once(live)
        finally:
            await live.aclose()

    with FakeEndpoint(always(echo)) as fake:
        error = asyncio.run(run(fake.url))
    assert isinstance(error, AuthenticationFailed)
    assert secret not in "".join(traceback.format_exception(error)) + str(vars(error))
    [headers] = fake.headers
    assert headers["api-key"] == secret
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("value", "text"),
    [("2024-10-21", "dated 2024-10-21"), ("12345678", "claim 12345678"), ("Bearer x", "Bearer x")],
)
def test_what_may_stand_in_a_letter_is_no_secret(value: str, text: str) -> None:
    assert Secret(value).scrubbed(text) == text


class Quiet(HTTPServer):
    def handle_error(self, *_: object) -> None:
        pass


def test_a_certificate_that_does_not_verify_is_named(tmp_path: Path) -> None:
    pem = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    async def run() -> ImrError | Reply:
        live = Live(Endpoint(base_url=f"https://127.0.0.1:{server.server_port}/v1", timeout=5.0), "json_schema")
        try:
            return await once(live)
        finally:
            await live.aclose()

    try:
        error = asyncio.run(run())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert isinstance(error, EndpointUnavailable)
    assert "certificate of 127.0.0.1 is not good: self" in str(error)


def self_signed(folder: Path) -> Path:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl makes the certificate, and is not there")
    key, pem = folder / "key.pem", folder / "all.pem"
    made = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    subprocess.run([*made, "-keyout", key, "-out", pem], check=True, capture_output=True)
    pem.write_text(pem.read_text(encoding="ascii") + key.read_text(encoding="ascii"), encoding="ascii")
    return pem


def test_a_temperature_that_is_refused_is_left_out() -> None:
    replies, fake = use(refusing("temperature"), times(2), "auto")
    assert {type(reply) for reply in replies} == {Reply}
    assert ["temperature" in body for body in fake.requests] == [True, False, False]
    assert "response_format" in fake.requests[-1]


def test_once_one_was_answered_a_refused_request_is_that_letters_trouble() -> None:
    odd = bad("Invalid character in the input.")
    [before], _ = use(always(odd), times(1), "auto")
    assert type(before) is Rejected
    [first, refused, last], fake = use(in_turn(Said(GOOD), odd, Said(GOOD)), times(3), "auto")
    assert (type(first), type(refused), type(last)) == (Reply, Rejected, Reply)
    assert fake.seen == 3
    assert "response_format" in fake.requests[-1]


# What it is built from


def test_without_key_and_address_it_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match=r"OPENAI_API_KEY.*OPENAI_BASE_URL"):
        Live(Endpoint())


@pytest.mark.parametrize("key", ["sk-Schlüssel", "sk-broken\n", "sk-\x00"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Live(Endpoint(base_url="http://127.0.0.1:9/v1", api_key=Secret(key)))
    assert key.strip() not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint(base_url="https://api.openai.com/v1", api_key=Secret("k")),
        Endpoint(api_key=Secret("k")),
        Endpoint(base_url="http://127.0.0.1.example.com/v1"),
    ],
)
def test_tests_may_not_ask_a_live_model(endpoint: Endpoint) -> None:
    with pytest.raises(pytest.fail.Exception, match="IMR_TEST_LIVE"):
        Live(endpoint)


# Replies without an end, and what they repeat


def packed(size: int) -> bytes:
    return gzip.compress(b'{"id": "' + b"x" * size + b'"}', 9)


@pytest.mark.parametrize(
    "answer",
    [
        Broken(200, b'{"id": "' + b" " * MOST_REPLY_BYTES + b'"}'),
        Broken(200, packed(40_000_000), {"content-encoding": "gzip"}),
        Broken(200, gzip.compress(packed(40_000_000)), {"content-encoding": "gzip, gzip"}),
        Broken(200, zlib.compress(b" " * 50_000_000, 9), {"content-encoding": "deflate"}),
    ],
    ids=["plain", "packed", "packed twice", "deflated"],
)
def test_a_reply_that_is_too_long_is_not_read_to_its_end(answer: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    held = 0
    bounded = client._bounded

    async def watched(response: Any) -> bytes:
        pieces = response.aiter_bytes

        async def counted() -> AsyncIterator[bytes]:
            nonlocal held
            async for piece in pieces():
                held += len(piece)
                yield piece

        response.aiter_bytes = counted
        return await bounded(response)

    monkeypatch.setattr(client, "_bounded", watched)
    error, _ = use(always(answer), once)
    assert type(error) is ReplyTooLong
    assert held < 2 * MOST_REPLY_BYTES
    assert perhaps_billed(error)


def test_a_reply_as_long_as_it_may_be_is_read() -> None:
    said = "x" * (MOST_REPLY_BYTES - 1000)
    reply, _ = use(always(Said(said)), once)
    assert reply.text == said


@pytest.mark.parametrize(("status", "kind"), [(400, Rejected), (401, AuthenticationFailed), (500, TransportFailed)])
def test_of_an_error_that_is_too_long_the_status_counts(status: int, kind: type[ImrError]) -> None:
    error, _ = use(always(Broken(status, b"[" * 3 * MOST_REPLY_BYTES)), once)
    assert type(error) is kind


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("charset", ["idna", "utf-7", "punycode", "nonsense", "utf-16"])
def test_a_charset_that_cannot_be_is_not_believed(charset: str, status: int) -> None:
    body = b'{"choices": [{"message": {"content": "\xc3\xa9\xff"}}]}'
    told, _ = use(always(Broken(status, body, content_type=f"application/json; charset={charset}")), once)
    assert type(told) is Rejected if status == 400 else told.text == "é�"


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in text)


@pytest.mark.parametrize("key", [KEY, KEY.upper(), escaped(KEY), f"Bearer {KEY}", KEY[:9] + escaped(KEY[9:])])
def test_a_key_that_is_repeated_is_in_no_reply(key: str) -> None:
    inner = json.dumps({"corrections": [{"path": "/a", "text": "TEXT", "line": 1}]}).replace("TEXT", key)
    payload = {"model": "MODEL", "choices": [{"message": {"content": inner}}], "KEY": "KEY", "nested": [[{"a": "KEY"}]]}
    raw = json.dumps(payload).replace("MODEL", key).replace("KEY", key)
    reply, _ = use(always(Broken(200, raw.encode())), once)
    answer = judged(reply, CorrectionsForm)
    read = json.loads(reply.raw)
    for text in (reply.raw, reply.text, reply.model, str(answer), str(read), str(json.loads(reply.text))):
        assert KEY.lower() not in text.lower()
    assert "…" in reply.model
    assert str(answer).count("…") == 1


def test_a_short_word_for_a_key_stays_in_replies() -> None:
    assert Secret("none").scrubbed("none of it") == "none of it"


@pytest.mark.parametrize("depth", range(4))
def test_a_key_is_found_in_json_in_json(depth: int) -> None:
    key = 'sk-/a"b\\c+d'
    text = key
    for _ in range(depth):
        text = json.dumps({"key": text, key: 1})
    text = Secret(key).scrubbed(text)
    for _ in range(depth):
        told = json.loads(text)
        assert set(told) == {"key", "…"}
        text = told["key"]
    assert text == "…"


def test_no_error_tells_what_the_endpoint_repeats() -> None:
    """It may be what it was sent: the letter."""
    letter = "Zebra Umbrella was born 7/14/1961"
    request = replace(REQUEST, messages=(*REQUEST.messages[:1], Message("user", f"Read this: {letter}.")))

    async def asked(live: Live) -> ImrError | Reply:
        try:
            return await live.complete(request)
        except ImrError as error:
            return error

    for status in (400, 401, 403, 404, 413, 429, 500):
        for body in (
            ways.error_body(letter, letter, letter),
            json.dumps({"error": letter.upper()}).encode(),
            json.dumps({"detail": [{"loc": [letter], "msg": letter}]}).encode(),
            letter.encode(),
        ):
            error, _ = use(always(Broken(status, body, {"location": "/zebra"})), asked)
            assert isinstance(error, ImrError)
            shown = f"{error} {vars(error)}".lower()
            assert not any(part in shown for part in ("zebra", "umbrella", "born", "1961"))


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 524, 529])
def test_a_gateway_that_gives_up_may_have_had_work_done(status: int) -> None:
    error, _ = use(always(Broken(status, b"")), once)
    assert type(error) is TransportFailed
    assert perhaps_billed(error)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nx-slow: "])
def test_the_whole_reply_has_its_time_not_every_byte(head: bytes) -> None:
    """One byte now and then keeps a connection alive for ever."""

    async def run(url: str) -> ImrError | Reply:
        live = Live(Endpoint(base_url=url, timeout=0.5))
        try:
            return await once(live)
        finally:
            await live.aclose()

    with ways.trickling(head) as url:
        error = asyncio.run(run(url))
    assert type(error) is TransportFailed
    assert "in time" in str(error)
