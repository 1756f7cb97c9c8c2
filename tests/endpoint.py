"""An OpenAI-compatible endpoint on loopback that says, or does, what a test tells it to.

It is one `asyncio.Protocol` on raw bytes, so that a benchmark measures its client and not this. As a process of its
own, which leaves the interpreter lock to the client:

    python tests/endpoint.py --port 0 --answers FILE.json
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import hashlib
import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

Body = dict[str, Any]

PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}
CHAT, RESPONSES, MODELS = "/v1/chat/completions", "/v1/responses", "/v1/models"


def error_body(message: str, kind: str, code: str | int | None = None, **more: object) -> bytes:
    """An error the way OpenAI words one."""
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code} | more}).encode()


@dataclass(frozen=True)
class Said:
    """A good reply, or at least a well-formed one."""

    text: str
    input_tokens: int = 100
    cached_input_tokens: int = 0
    output_tokens: int = 20
    finish_reason: str = "stop"
    refusal: str | None = None
    seconds: float = 0.0
    model: str = "test-model"


@dataclass(frozen=True)
class Broken:
    """Anything else, sent as it is."""

    status: int = 500
    body: bytes = error_body("The server had an error while processing your request.", "server_error")
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    seconds: float = 0.0
    disconnect: bool = False
    """Close the connection without a reply, after `seconds`."""
    hang: bool = False
    """Never answer; the connection stays open until the client gives up."""


Answer = Said | Broken
Handler = Callable[[Body, int], Answer]
"""From a request's body (its path under `_path`) and the number of requests before it to what it is answered."""


# Ways of misbehaving


def rate_limited(retry_after: str | None = None) -> Broken:
    """Too many requests for now, with a `Retry-After` header if one is given."""
    body = error_body("Rate limit reached for requests.", "requests", "rate_limit_exceeded")
    return Broken(429, body, {} if retry_after is None else {"retry-after": retry_after})


def quota_gone() -> Broken:
    """No money left, which has the status of a rate limit but does not pass."""
    return Broken(429, error_body("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"))


def bad_key() -> Broken:
    """A wrong API key."""
    return Broken(401, error_body("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"))


def no_such_model() -> Broken:
    """A model that the endpoint does not have."""
    return Broken(404, error_body("The model does not exist.", "invalid_request_error", "model_not_found"))


def context_overflow() -> Broken:
    """A request longer than the model's context, as OpenAI says it."""
    message = "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens."
    return Broken(400, error_body(message, "invalid_request_error", "context_length_exceeded"))


def llama_overflow() -> Broken:
    """A request longer than the model's context, as llama.cpp says it: the code is a number."""
    error = {
        "code": 400,
        "message": "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 4096,
    }
    return Broken(400, json.dumps({"error": error}).encode())


def server_error() -> Broken:
    """A failure of the server's own."""
    return Broken()


def loading() -> Broken:
    """A model that is still being loaded, as llama.cpp says it."""
    return Broken(503, b'{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}')


def used_up(retry_after: str | None = "3600") -> Broken:
    """What the account may ask in a day is used up: the status of a rate limit, for hours."""
    words = "Rate limit reached on tokens per day (TPD): Limit 500000, Used 499999. Please try again in 1h0m."
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return Broken(429, error_body(words, "tokens", "rate_limit_exceeded"), headers)


def error_inside(message: str = "Provider returned error", code: int | str = 502) -> Broken:
    """An error in a reply with a status of 200, as gateways send it."""
    return Broken(200, json.dumps({"error": {"message": message, "code": code}, "user_id": "u"}).encode())


def event_stream(text: str) -> Broken:
    """A stream, though none was asked for."""
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    return Broken(200, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode(), content_type="text/event-stream")


def html_page() -> Broken:
    """A web page with a status of 200, as a captive portal or a wrong address gives."""
    page = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>Please sign in.</p></body></html>"
    return Broken(200, page, content_type="text/html; charset=utf-8")


def empty_choices() -> Broken:
    """A reply with nothing in it that is billed all the same; it fits either API."""
    reply = {
        "id": "empty",
        "object": "chat.completion",
        "created": 0,
        "created_at": 0,
        "model": "test-model",
        "status": "completed",
        "choices": [],
        "output": [],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 0,
            "input_tokens": 100,
            "output_tokens": 0,
            "total_tokens": 100,
        },
    }
    return Broken(200, json.dumps(reply).encode())


def truncated(text: str | Said) -> Said:
    """The first half of a text, cut for length."""
    said = as_said(text)
    return dataclasses.replace(said, text=said.text[: len(said.text) // 2], finish_reason="length")


def refused() -> Said:
    """A refusal."""
    return Said("", refusal="I'm sorry, but I can't assist with that.")


def malformed(text: str | Said) -> Said:
    """A text that claims to be whole but is not JSON: no JSON ends in a comma."""
    said = as_said(text)
    return dataclasses.replace(said, text=said.text.rstrip()[:-1] + ",,")


def fenced(text: str | Said) -> Said:
    """A text in a Markdown code fence."""
    said = as_said(text)
    return dataclasses.replace(said, text=f"```json\n{said.text}\n```")


def disconnected() -> Broken:
    """A connection closed without a reply."""
    return Broken(disconnect=True)


def hanging() -> Broken:
    """No reply, ever."""
    return Broken(hang=True)


Late = TypeVar("Late", Said, Broken)


def slow(said: Late, seconds: float) -> Late:
    """The same, later."""
    return dataclasses.replace(said, seconds=seconds)


def as_said(said: str | Said) -> Said:
    """A reply, of which the text alone may be given."""
    return Said(said) if isinstance(said, str) else said


# Replies as the two APIs word them


def forced_tool(body: Body) -> str | None:
    """The name of the tool that a request obliges the model to call, if it does so."""
    tools, choice = body.get("tools"), body.get("tool_choice")
    if not tools or choice in (None, "auto", "none"):
        return None
    named = choice if isinstance(choice, dict) else tools[0]
    # The chat API nests the name under `function`; the Responses API does not.
    return str(named.get("function", named).get("name", ""))


def chat_reply(said: Said, body: Body, number: int) -> Body:
    """A reply of the chat API."""
    message: Body = {"role": "assistant", "content": None, "refusal": said.refusal}
    finish = said.finish_reason
    if said.refusal is None:
        tool = forced_tool(body)
        if tool is None:
            message["content"] = said.text
        else:
            call = {"name": tool, "arguments": said.text}
            message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": call}]
            finish = "tool_calls" if finish == "stop" else finish
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": said.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": said.input_tokens,
            "completion_tokens": said.output_tokens,
            "total_tokens": said.input_tokens + said.output_tokens,
            "prompt_tokens_details": {"cached_tokens": said.cached_input_tokens},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def responses_reply(said: Said, body: Body, number: int) -> Body:
    """A reply of the Responses API."""
    why = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(said.finish_reason)
    status = "completed" if why is None else "incomplete"
    tool = forced_tool(body) if said.refusal is None else None
    item: Body
    if tool is None:
        part: Body = (
            {"type": "output_text", "text": said.text, "annotations": []}
            if said.refusal is None
            else {"type": "refusal", "refusal": said.refusal}
        )
        item = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": status, "content": [part]}
    else:
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": tool}
        item |= {"arguments": said.text, "status": status}
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None if why is None else {"reason": why},
        "instructions": None,
        "metadata": {},
        "model": said.model,
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "usage": {
            "input_tokens": said.input_tokens,
            "input_tokens_details": {"cached_tokens": said.cached_input_tokens},
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said.input_tokens + said.output_tokens,
        },
    }


REPLIES: Mapping[str, Callable[[Said, Body, int], Body]] = {CHAT: chat_reply, RESPONSES: responses_reply}


# The server


class Connection(asyncio.Protocol):
    """One client's connection: requests in, replies out, one at a time and in order."""

    def __init__(self, endpoint: FakeEndpoint) -> None:
        self._endpoint = endpoint
        self._buffer = bytearray()
        self._head: tuple[str, str, dict[str, str]] | None = None  # of a request whose body is still arriving
        self._length = 0
        self._open = False  # whether a request waits for its answer
        self._timer: asyncio.TimerHandle | None = None
        self._last = False  # whether the client asked for the connection to be closed after this reply
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, and keep it so that it can be closed."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._endpoint.connections += 1
        self._endpoint.live.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forget what the client no longer waits for."""
        if self._timer is not None:
            self._timer.cancel()
        self._close_request()
        self._endpoint.live.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take in what has arrived, and answer what is whole."""
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        """Answer whole requests until one has to wait or no whole one is left."""
        while not self._open and not self.transport.is_closing():
            if self._head is None and not self._read_head():
                return
            if len(self._buffer) < self._length or self._head is None:
                return
            content = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            (method, path, headers), self._head = self._head, None
            self._open_request(method, path, headers, content)

    def _read_head(self) -> bool:
        """Read a request's head, if the whole of it has arrived."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        method, target, version = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._last = version == "HTTP/1.0" or headers.get("connection", "").lower() == "close"
        if "transfer-encoding" in headers:
            self._last = True  # where the next request begins is not known
            self._send(Broken(411, error_body("Chunked requests are not read here.", "invalid_request_error")))
            return False
        self._head, self._length = (method, target.partition("?")[0], headers), int(headers.get("content-length", 0))
        return True

    def _open_request(self, method: str, path: str, headers: dict[str, str], content: bytes) -> None:
        """Ask the handler about a request, and answer now or later."""
        endpoint = self._endpoint
        if path == MODELS and method == "GET":
            models = [{"id": "test-model", "object": "model", "created": 0, "owned_by": "tests"}]
            self._send(Broken(200, json.dumps({"object": "list", "data": models}).encode()))
            return
        if path not in REPLIES or method != "POST":
            self._send(Broken(404, error_body(f"Unknown request: {method} {path}", "invalid_request_error")))
            return
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._send(Broken(400, error_body("The body is not a JSON object.", "invalid_request_error")))
            return
        self._open = True
        endpoint.in_flight += 1
        endpoint.in_flight_most = max(endpoint.in_flight_most, endpoint.in_flight)
        body["_path"] = path
        answer, number = endpoint.answer(body, headers)
        if isinstance(answer, Said):
            reply = json.dumps(REPLIES[path](answer, body, number)).encode()
            answer = Broken(200, reply, {"x-request-id": f"req_{number}"}, seconds=answer.seconds)
        if answer.hang:
            return
        if answer.seconds > 0:
            self._timer = asyncio.get_running_loop().call_later(answer.seconds, self._send_late, answer)
        else:
            self._send(answer)

    def _send_late(self, answer: Broken) -> None:
        self._timer = None
        self._send(answer)
        self._go_on()  # with what arrived meanwhile

    def _send(self, answer: Broken) -> None:
        self._close_request()
        if answer.disconnect:
            self.transport.abort()
            return
        headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        if self._last:
            headers += "connection: close\r\n"
        head = (
            f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, '')}\r\ncontent-type: {answer.content_type}\r\n"
            f"content-length: {len(answer.body)}\r\n{headers}\r\n"
        )
        self.transport.write(head.encode("latin-1") + answer.body)
        if self._last:
            self.transport.close()

    def _close_request(self) -> None:
        if self._open:
            self._open = False
            self._endpoint.in_flight -= 1


class FakeEndpoint:
    """The server, in a thread of its own while the context lasts.

    The handler runs in that thread, one request at a time: to answer late it returns `seconds`, for sleeping would hold
    up everyone. A mistake of the handler's own is answered 500 and raised at the end of the context. With `keep` off,
    requests are counted but not kept.
    """

    def __init__(self, handler: Handler, port: int = 0, *, keep: bool = True) -> None:
        self._handler = handler
        self._port = port
        self._keep = keep
        self._mistake: Exception | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._stop: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="endpoint", daemon=True)
        self.url = ""
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.seen = 0
        self.in_flight = 0
        self.in_flight_most = 0
        self.connections = 0
        self.live: set[Connection] = set()

    def __enter__(self) -> FakeEndpoint:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join()
        if self._mistake is not None and error is None:
            raise self._mistake

    def answer(self, body: Body, headers: dict[str, str]) -> tuple[Answer, int]:
        """Keep a request, and ask the handler what to answer it; with the number of requests before it."""
        number, self.seen = self.seen, self.seen + 1
        if self._keep:
            self.requests.append(body)
            self.headers.append(headers)
        try:
            return self._handler(body, number), number
        except Exception as mistake:  # noqa: BLE001 - the client is owed a reply, and the test is told at the end
            self._mistake = self._mistake or mistake
            return Broken(500, error_body(f"The handler raised {mistake!r}", "server_error")), number

    async def _serve(self) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        try:
            # The usual backlog of 100 would drop connections of a client that opens hundreds at once.
            server = await loop.create_server(lambda: Connection(self), "127.0.0.1", self._port, backlog=4096)
        except OSError as failure:
            self._failure = failure
            self._ready.set()
            return
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._stop = lambda: loop.call_soon_threadsafe(stopped.set)
        self._ready.set()
        await stopped.wait()
        server.close()
        while self.live:
            for connection in self.live:
                connection.transport.abort()
            await asyncio.sleep(0)


@contextlib.contextmanager
def trickling(head: bytes, pause: float = 0.05) -> Iterator[str]:
    """An endpoint that answers with these bytes and then one more now and then, for ever."""
    server, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()
    server.settimeout(0.1)

    def serve() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(head)
                    while not stop.wait(pause):
                        connection.sendall(b" ")

    thread = threading.Thread(target=serve, name="trickling", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    finally:
        stop.set()
        thread.join()
        server.close()


# Handlers


class Chaos:
    """Misbehaves at given rates, the same way in every run with the same seed.

    What a request meets depends on the seed, on its messages and on how often they were seen before, never on the
    order in which different requests arrive. `rates` are by the names of the ways of misbehaving above; `good` gives
    the rest. `did` counts what was done (`good` for a good reply); `input_tokens` and `output_tokens` add up the usage
    of every reply that has one, which a client that gives up on a slow reply never sees.
    """

    def __init__(
        self,
        good: Callable[[Body], str | Said],
        seed: int,
        rates: Mapping[str, float],
        *,
        retry_after: str | None = "0",
        slow_seconds: float = 0.05,
    ) -> None:
        self._without_good: Mapping[str, Callable[[], Answer]] = {
            "rate_limited": lambda: rate_limited(retry_after),
            "quota_gone": quota_gone,
            "bad_key": bad_key,
            "no_such_model": no_such_model,
            "context_overflow": context_overflow,
            "llama_overflow": llama_overflow,
            "server_error": server_error,
            "loading": loading,
            "used_up": used_up,
            "error_inside": error_inside,
            "html_page": html_page,
            "empty_choices": empty_choices,
            "refused": refused,
            "disconnected": disconnected,
            "hanging": hanging,
        }
        self._from_good: Mapping[str, Callable[[Said], Answer]] = {
            "truncated": truncated,
            "malformed": malformed,
            "fenced": fenced,
            "slow": lambda said: slow(said, slow_seconds),
            "good": lambda said: said,
        }
        unknown = sorted(set(rates) - (set(self._without_good) | set(self._from_good) - {"good"}))
        if unknown:
            raise ValueError(f"no such way of misbehaving: {', '.join(unknown)}")
        if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1 + 1e-9:
            raise ValueError("rates are at least 0 and add up to at most 1")
        self._good = good
        self._seed = seed
        self._rates = sorted(rates.items())  # so that the order in which they were given does not matter
        self._lock = threading.Lock()
        self._times: Counter[bytes] = Counter()
        self.did: Counter[str] = Counter()
        self.input_tokens = 0
        self.output_tokens = 0

    def __call__(self, body: Body, _before: int) -> Answer:
        asked = [body.get("messages"), body.get("instructions"), body.get("input")]
        request = hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=16).digest()
        with self._lock:
            times = self._times[request]
            self._times[request] += 1
        name = self._draw(request, times)
        without = self._without_good.get(name)
        answer = self._from_good[name](as_said(self._good(body))) if without is None else without()
        used = usage(answer)
        with self._lock:
            self.did[name] += 1
            self.input_tokens += used[0]
            self.output_tokens += used[1]
        return answer

    def _draw(self, request: bytes, times: int) -> str:
        digest = hashlib.blake2b(b"%d %d " % (self._seed, times) + request, digest_size=8).digest()
        left = int.from_bytes(digest, "big") / 2**64
        for name, rate in self._rates:
            if left < rate:
                return name
            left -= rate
        return "good"


def usage(answer: Answer) -> tuple[int, int]:
    """The input and output tokens that a reply reports."""
    if isinstance(answer, Said):
        return answer.input_tokens, answer.output_tokens
    if answer.status != HTTPStatus.OK or answer.content_type != "application/json" or answer.disconnect or answer.hang:
        return 0, 0
    used = json.loads(answer.body).get("usage", {})
    return used.get("prompt_tokens", 0), used.get("completion_tokens", 0)


def last_text(body: Body) -> str:
    """The text of a request's last message."""
    messages = body.get("messages") or body.get("input") or ""
    content = messages if isinstance(messages, str) else messages[-1].get("content") or ""
    return content if isinstance(content, str) else "\n".join(str(part.get("text", "")) for part in content)


def from_file(path: Path, key: str, seconds: float | None = None) -> Handler:
    """A handler that says what a JSON file holds: texts, or objects with the fields of `Said`.

    The answers of a list are given in turn. Those of an object are chosen by what `key`, a regular expression, first
    matches in the request's last message (its first group, if it has one); the answer under `""` is for all others.
    """

    def read(value: str | Body) -> Said:
        said = Said(value) if isinstance(value, str) else Said(**value)
        return said if seconds is None else slow(said, seconds)

    answers = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(answers, list):
        in_turn: Sequence[Said] = [read(value) for value in answers]
        return lambda _body, before: in_turn[before % len(in_turn)]
    by_key = {name: read(value) for name, value in answers.items()}
    pattern = re.compile(key)

    def choose(body: Body, _before: int) -> Answer:
        match = pattern.search(last_text(body))
        found = by_key.get(match[match.re.groups and 1]) if match else None
        return found or by_key.get("") or Broken(500, error_body("No answer for this request.", "server_error"))

    return choose


def main() -> None:
    """Serve the answers of a file until killed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--answers", type=Path, required=True, help="a JSON list (in turn) or object (by --key)")
    parser.add_argument("--key", default=r"CM\d\d-\d+", help="what in the last message names its answer")
    parser.add_argument("--seconds", type=float, help="answer everything this late")
    options = parser.parse_args()
    handler = from_file(options.answers, options.key, options.seconds)
    with FakeEndpoint(handler, options.port, keep=False) as endpoint:
        sys.stdout.write(f"listening {endpoint.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
