"""Asking until there is an answer or none is to be had: the policy, one row an error, and the loop that follows it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from extractor import telemetry
from extractor.errors import (
    AnswerPending,
    ContextOverflow,
    InvalidAnswer,
    ModelError,
    RateLimited,
    RecordingMissing,
    Refused,
    Rejected,
    ReplyTooLong,
    TransportFailed,
    Truncated,
)
from extractor.model.health import LONGEST_WAIT, OF_THE_ENDPOINT, Health, Sleep
from extractor.model.meter import Meter, Turn, perhaps_billed
from extractor.model.seam import Attempt, Known, Message, Model, OnAttempt, Reply, Request
from extractor.model.unwrapping import unwrapped
from extractor.records.record import Usage


class Action(StrEnum):
    """What is done about an error."""

    RETRY = "retry"
    """Send the same request again, after a pause."""
    REASK = "re-ask"
    """Say what was wrong, in one short message, and ask again."""
    SPLIT = "split"
    """Ask in smaller pieces; the reader does that, here it only ends the asking."""
    GIVE_UP = "give up"
    """The letter fails."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is done about one kind of error, and how often."""

    action: Action
    times: int = 0
    """At most, for one request."""
    pause: float = 0.0
    """Seconds before the first repetition; doubled each time, with jitter."""


POLICY: Mapping[type[ModelError], Remedy] = {
    TransportFailed: Remedy(Action.RETRY, times=4, pause=1.0),
    RateLimited: Remedy(Action.RETRY, times=8, pause=2.0),
    InvalidAnswer: Remedy(Action.REASK, times=2),
    Truncated: Remedy(Action.SPLIT),
    ContextOverflow: Remedy(Action.SPLIT),
    ReplyTooLong: Remedy(Action.GIVE_UP),
    Rejected: Remedy(Action.GIVE_UP),
    Refused: Remedy(Action.GIVE_UP),
    RecordingMissing: Remedy(Action.GIVE_UP),
    AnswerPending: Remedy(Action.GIVE_UP),
}
"""Every error of one letter has its row. A `ServiceError` has none: it is nobody's letter's, and ends the run."""

LONGEST_PAUSE = 60.0
"""Seconds between repetitions, at most, where the endpoint does not say."""
_MOST_FAULTS = 8
"""Faults shown to the model at a time: the first explain the rest."""

_CONTEXT, _NEAR = 1024, 16
"""Contexts are multiples of it, nearly."""
_MOST_A_TOKEN = 6.0
"""Characters of a request; letters have about four."""
_NAME = re.compile(r"\w{1,40}")
"""A field's name, in a path."""

A = TypeVar("A", bound=BaseModel)


class Asks(Protocol):
    """Anything that asks until there is an answer."""

    async def ask(self, request: Request, form: type[A], on_attempt: OnAttempt) -> A:
        """As `Asker.ask`."""
        ...


class Asker:
    """Asks a model by the policy, within the limits of a meter."""

    def __init__(
        self,
        model: Model,
        meter: Meter,
        sleep: Sleep = asyncio.sleep,
        known: Known | None = None,
        health: Health | None = None,
    ) -> None:
        self._model = model
        self._health = health
        self._known = known
        self.meter = meter
        self._sleep = sleep
        self._random = random.Random()  # noqa: S311  jitter

    async def ask(self, request: Request, form: type[A], on_attempt: OnAttempt) -> A:
        """Ask until there is an answer.

        Args:
            request: What to ask; its `answer` is `form`.
            form: The form of the answer.
            on_attempt: Called with every try as soon as it has ended, also where this raises. The try keeps its turn
                until the call returns, so that no more replies wait to be kept than requests may be open.

        Raises:
            ModelError: the policy gave up, or wants smaller pieces.
            ServiceError: nobody will be answered.

        """
        repeated: dict[type[ModelError], int] = {}
        before: tuple[str, ...] = ()
        once_more = False
        current = request
        while True:
            answers = self._answers()
            try:
                return cast(A, await self._try(current, on_attempt))
            except ModelError as error:
                remedy = POLICY[type(error)]
                count = repeated[type(error)] = repeated.get(type(error), 0) + 1
                last = remedy.action not in (Action.RETRY, Action.REASK) or count > remedy.times
                if self._health is not None and isinstance(error, OF_THE_ENDPOINT):
                    in_a_row = remedy.action is Action.RETRY and self._health.failed()
                    if in_a_row or (last and self._health.answers == answers):
                        await self._health.examine(error, partial(self._try, self._health.probe(), on_attempt))
                    if last and remedy.action is Action.RETRY and not once_more:
                        last, once_more = False, True  # it may have used up its tries while the endpoint was sick
                if last:
                    raise
                if isinstance(error, InvalidAnswer):
                    if error.faults == before:  # the same again: it has understood and cannot
                        raise
                    before = error.faults
                    current = reask(request, before)
                    continue
                await self._sleep(self._pause(error, remedy, count))

    def _answers(self) -> int:
        """How many requests were answered so far; raises where nobody is asked any more."""
        if self._health is None:
            return 0
        if self._health.trouble is not None:
            raise self._health.trouble
        return self._health.answers

    async def _try(self, request: Request, on_attempt: OnAttempt) -> BaseModel:
        """Send a request once, unless its reply is known, and judge the reply."""
        began = time.perf_counter()
        known = self._known(request) if self._known is not None else None
        if known is not None:
            answer = judged(known, request.answer)
            dollars = self.meter.dollars(Usage(), paid=False)
            attempt = Attempt(request.purpose, request.sha256, "known", 0.0, known.usage, known.model, dollars=dollars)
            await _report(request, attempt, on_attempt)
            return answer
        async with self.meter.turn(request) as turn:
            try:
                with telemetry.asking(request.model, request.purpose):
                    reply = await self._sent(request, turn)
            except ModelError as error:
                await _report(request, self._attempt(request, error, None, time.perf_counter() - began), on_attempt)
                raise
            judgement = _cut_off(request, reply) or _judgement(reply, request.answer)
            fault = judgement if isinstance(judgement, ModelError) else None
            await _report(request, self._attempt(request, fault, reply, reply.seconds), on_attempt)
        if isinstance(judgement, ModelError):  # here: what a reply is worth is no matter of the turn, nor of its bill
            raise judgement
        return judgement

    async def _sent(self, request: Request, turn: Turn) -> Reply:
        """Send a request; what it used is counted, and asking for less noticed, while it has its turn."""
        try:
            reply = await self._model.complete(request)
        except ModelError as error:
            self.meter.count(Usage(requests=1), paid=False)
            if isinstance(error, RateLimited):
                self.meter.slower()
            raise
        turn.settle(reply.usage, paid=reply.paid)
        if self._health is not None:
            self._health.answered()
        return reply

    def _pause(self, error: ModelError, remedy: Remedy, count: int) -> float:
        asked = error.retry_after if isinstance(error, RateLimited | TransportFailed) else None
        if asked is not None:
            if asked > LONGEST_WAIT:
                raise error
            return asked + self._random.uniform(0, 0.25)
        doubled: float = remedy.pause * 2.0 ** (count - 1)
        return min(LONGEST_PAUSE, doubled) * self._random.uniform(0.5, 1.0)

    def _attempt(self, request: Request, error: ModelError | None, reply: Reply | None, seconds: float) -> Attempt:
        usage = reply.usage if reply else Usage(requests=1)
        return Attempt(
            purpose=request.purpose,
            request_sha256=request.sha256,
            outcome=error.failure_class if error else "ok",
            seconds=seconds,
            usage=usage,
            model=reply.model if reply else None,
            raw=reply.raw if reply else None,
            message=str(error) if error else None,
            dollars=self.meter.dollars(usage, paid=reply.paid if reply else error is None or perhaps_billed(error)),
        )


def _cut_off(request: Request, reply: Reply) -> ContextOverflow | None:
    """What a server did that cuts what is too long and answers the rest, as Ollama does.

    It tells as many tokens as its context holds, and more characters to each than any tokenizer finds.
    """
    told = reply.usage.input_tokens
    sent = sum(len(message.content) for message in request.messages)
    if told < _CONTEXT or abs(told - _CONTEXT * round(told / _CONTEXT)) > _NEAR or sent / told < _MOST_A_TOKEN:
        return None
    return ContextOverflow(f"the endpoint read {told:,} tokens of the request and left out the rest: raise its context")


def _judgement(reply: Reply, form: type[BaseModel]) -> BaseModel | ModelError:
    try:
        return judged(reply, form)
    except ModelError as error:
        return error


async def _report(request: Request, attempt: Attempt, on_attempt: OnAttempt) -> None:
    telemetry.request_ended(
        request.sha256,
        model=request.model,
        purpose=request.purpose,
        outcome=attempt.outcome,
        seconds=attempt.seconds,
        input_tokens=attempt.used_now.input_tokens,
        output_tokens=attempt.used_now.output_tokens,
        dollars=attempt.dollars,
    )
    await on_attempt(attempt)


def judged(reply: Reply, form: type[BaseModel]) -> BaseModel:
    """The answer in a reply, taken out of what is wrapped around it. A cut or refused one is never parsed.

    Raises:
        Truncated, Refused, InvalidAnswer: what is wrong with it.

    """
    if reply.finish == "length":
        raise Truncated("the answer was cut at the limit of output tokens: raise --max-output-tokens")
    if reply.finish == "refusal":
        raise Refused("the model refused to answer")
    if reply.text is None or not reply.text.strip():
        raise InvalidAnswer("the answer is empty", ("the answer was empty",))
    try:
        return form.model_validate_json(reply.text)
    except ValidationError as error:
        answer = unwrapped(reply.text, partial(_fitting, form))
        if answer is not None:
            return answer
        listed = error.errors(include_input=False, include_url=False)[:_MOST_FAULTS]
        names = _names(form)
        shown = "; ".join(_fault(each, lambda part: part in names) for each in listed)[:300]
        faults = tuple(_fault(each, lambda part: _NAME.fullmatch(part) is not None) for each in listed)
        raise InvalidAnswer(f"the answer is not of the form: {shown}", faults) from None


def _fitting(form: type[BaseModel], value: object) -> BaseModel | None:
    """A JSON value as an answer of the form; None where it is none."""
    try:
        return form.model_validate_json(json.dumps(value)) if isinstance(value, dict) else None
    except ValidationError:
        return None


@cache
def _names(form: type[BaseModel]) -> frozenset[str]:
    """The names of all fields of a form."""
    schema = form.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _fault(error: Mapping[str, object], is_shown: Callable[[str], bool]) -> str:
    """`path: reason`. What the model wrote is left out: it may be the letter's words, even as a field's name.

    The model itself is shown a name that it made up, if it is one word; people see none but those of the form.
    """
    parts = cast("tuple[object, ...]", error["loc"])
    place = "/".join(str(part) if isinstance(part, int) or is_shown(str(part)) else "…" for part in parts)
    return f"{place or 'the answer'}: {str(error['msg'])[:120]}"


def reask(request: Request, faults: tuple[str, ...]) -> Request:
    """The same request with what was wrong behind it; not the growing history, and nothing of transport."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    note = (
        f"An earlier answer to this was not of the required form:\n{listed}\nAnswer again, whole, in the required form."
    )
    return replace(request, messages=(*request.messages, Message("user", note)))
