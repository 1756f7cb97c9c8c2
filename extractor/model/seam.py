"""The protocol of a model, and the values that cross it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal, Protocol

from pydantic import BaseModel

from extractor.records.record import Usage

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn."""

    role: Role
    content: str


@dataclass(frozen=True)
class Request:
    """What a model is asked: turns, and the form that the answer must have."""

    model: str
    messages: tuple[Message, ...]
    answer: type[BaseModel]
    """The form of the answer."""
    max_output_tokens: int
    temperature: float | None = 0.0
    purpose: str = "read"
    """What it is for (`whole`, `summary`, `item 3` …); for people, and not sent."""

    @cached_property
    def sha256(self) -> str:
        """The request's identity: hash of everything that is sent, but not of how the form is asked for."""
        content = {
            "model": self.model,
            "messages": [[message.role, message.content] for message in self.messages],
            "schema": schema_text(self.answer),
            "max_output_tokens": self.max_output_tokens,
            "temperature": self.temperature,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def characters(self) -> int:
        """Length of what is sent, the form of the answer included."""
        return sum(len(message.content) for message in self.messages) + len(schema_text(self.answer))


@cache
def schema_text(answer: type[BaseModel]) -> str:
    """The JSON Schema of an answer as canonical JSON."""
    return json.dumps(answer.model_json_schema(), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said to one request, before anybody believes it."""

    text: str | None
    """The answer, as JSON text if all went well; None where there is none."""
    finish: Finish
    """`stop`: complete. `length`: cut at the limit. `refusal`: the model or a filter refused."""
    model: str
    """The model that answered, by its own account."""
    usage: Usage
    seconds: float
    raw: str
    """The payload as it came."""
    paid: bool = field(default=True, compare=False)
    """False for one that was had for nothing: recorded, scripted."""


Known = Callable[[Request], "Reply | None"]
"""Gives the reply that a request had earlier, which costs nothing now; None where it was never asked."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one request, for the record: what came back, what it cost, what was wrong with it."""

    purpose: str
    request_sha256: str
    outcome: str
    """`ok`, `known` (an earlier reply, said again), or the failure class of the error."""
    seconds: float
    usage: Usage
    """What the answer took; of an earlier reply, what it took then."""
    model: str | None = None
    raw: str | None = None
    """The payload as it came; None where none did."""
    message: str | None = None
    """The error, for people."""
    dollars: float | None = None
    """What it cost; None where the price is not known, or what it used."""

    @property
    def used_now(self) -> Usage:
        """What this try used: an earlier reply was paid for earlier."""
        return Usage() if self.outcome == "known" else self.usage


OnAttempt = Callable[[Attempt], Awaitable[None]]
"""Called with a try when it has ended, and awaited before the next begins."""


class Model(Protocol):
    """Anything that answers requests. One call is one try: retrying is not its business."""

    async def complete(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            ModelError: nothing usable came back for this request.
            ServiceError: nothing will come back for any.

        """
        ...

    async def aclose(self) -> None:
        """Give back connections and files."""
        ...
