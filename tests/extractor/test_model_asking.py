"""The policy: what is retried, asked again or given up; and the limits of a run."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from answering import heard

from extractor import errors
from extractor.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ContextOverflow,
    ImrError,
    InvalidAnswer,
    ModelError,
    RateLimited,
    RecordingMissing,
    Refused,
    Rejected,
    ReplyTooLong,
    ServiceError,
    TransportFailed,
    Truncated,
)
from extractor.model import Attempt, Message, Reply, Request
from extractor.model.asking import LONGEST_PAUSE, POLICY, Asker, judged
from extractor.model.health import LONGEST_WAIT
from extractor.model.meter import Gate, Meter, most_tokens
from extractor.model.scripted import Scripted
from extractor.model.seam import Finish
from extractor.model.wire import kept_reply, usage_of
from extractor.readers.model.answers import CorrectionsForm
from extractor.records.record import Usage
from extractor.settings import Endpoint, Price

GOOD = '{"corrections":[]}'
REQUEST = Request("m", (Message("system", "Read."), Message("user", "a letter")), CorrectionsForm, 100)
Say = str | Reply | Exception


def reply(text: str | None = GOOD, finish: Finish = "stop", tokens: int = 10) -> Reply:
    usage = Usage(requests=1, input_tokens=tokens, cached_input_tokens=tokens // 2, output_tokens=tokens // 5)
    return Reply(text, finish, "m-1", usage, 0.1, f"raw {text}")


def wrong(fault: str) -> Reply:
    return reply(f'{{"corrections":"{fault}","{fault}":1}}')


@dataclass
class Asked:
    """What came of asking once."""

    model: Scripted
    meter: Meter
    attempts: list[Attempt] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    error: ImrError | None = None
    answer: CorrectionsForm | None = None


def ask(said: Sequence[Say] | Callable[[int], Say], request: Request = REQUEST) -> Asked:
    """Ask a model that says these things in turn, the last for ever."""
    turn: Iterator[int] = iter(range(1000))
    says = said if callable(said) else lambda number: said[min(number, len(said) - 1)]
    asked = Asked(Scripted(lambda _request: says(next(turn))), Meter(Endpoint()))

    async def sleep(seconds: float) -> None:
        asked.pauses.append(seconds)

    async def run() -> None:
        try:
            asked.answer = await Asker(asked.model, asked.meter, sleep).ask(
                request, CorrectionsForm, heard(asked.attempts)
            )
        except ImrError as error:
            asked.error = error

    asyncio.run(run())
    return asked


# The policy


def leaves(kind: type[ModelError]) -> set[type[ModelError]]:
    below = kind.__subclasses__()
    return set.union(*map(leaves, below)) if below else {kind}


def test_every_error_of_one_letter_has_its_row() -> None:
    named = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ModelError)}
    assert set(POLICY) == leaves(ModelError) & named == named - {ModelError}


@pytest.mark.parametrize(
    ("kind", "say", "times"),
    [
        (TransportFailed, lambda _: TransportFailed("broken"), 5),
        (RateLimited, lambda _: RateLimited("slower"), 9),
        (InvalidAnswer, lambda number: reply(f'{{"corrections":[],"f{number}":1}}'), 3),
        (InvalidAnswer, lambda number: reply([None, "", " \n"][number], tokens=number), 2),  # the same fault twice
        (InvalidAnswer, lambda _: wrong("same"), 2),
        (Truncated, lambda _: reply(finish="length"), 1),
        (ContextOverflow, lambda _: ContextOverflow("too long"), 1),
        (Rejected, lambda _: Rejected("no"), 1),
        (Refused, lambda _: reply(None, "refusal"), 1),
        (Refused, lambda _: reply(GOOD, "refusal"), 1),
        (RecordingMissing, lambda _: RecordingMissing("none"), 1),
    ],
)
def test_how_often_it_is_asked_and_what_is_raised(
    kind: type[ModelError], say: Callable[[int], Say], times: int
) -> None:
    asked = ask(say)
    assert type(asked.error) is kind
    assert len(asked.model.requests) == len(asked.attempts) == times
    assert {attempt.outcome for attempt in asked.attempts} == {kind.failure_class}
    assert len(asked.pauses) == (times - 1 if kind in (TransportFailed, RateLimited) else 0)


@pytest.mark.parametrize("before", [[TransportFailed("x")] * 4, [RateLimited("x")] * 8, [wrong("a"), reply("")], []])
def test_what_passes_is_waited_out(before: list[Say]) -> None:
    asked = ask([*before, reply()])
    assert asked.answer == CorrectionsForm(corrections=[])
    assert [attempt.outcome for attempt in asked.attempts][-1] == "ok"
    assert len(asked.attempts) == len(before) + 1


def test_each_kind_of_error_is_counted_by_itself() -> None:
    asked = ask([*[TransportFailed("x"), RateLimited("y")] * 4, reply("no"), reply("[]"), TransportFailed("z")])
    assert isinstance(asked.error, TransportFailed)
    assert len(asked.attempts) == 11


@pytest.mark.parametrize("error", [AuthenticationFailed("key"), BudgetExceeded("money")])
def test_an_error_of_the_service_passes_straight_through(error: ServiceError) -> None:
    asked = ask([error, reply()])
    assert asked.error is error
    assert len(asked.model.requests) == 1
    assert asked.attempts == []


def test_a_cut_answer_is_never_parsed_even_where_it_is_whole() -> None:
    with pytest.raises(Truncated, match="--max-output-tokens"):
        judged(reply(GOOD, "length"), CorrectionsForm)
    with pytest.raises(Refused):
        judged(reply(GOOD, "refusal"), CorrectionsForm)


# Asking again


def test_asking_again_is_short_and_names_paths_and_reasons_never_the_earlier_answer() -> None:
    leaked = "Words of the letter "
    faulty = {"path": "/x", "text": leaked * 40, "line": 0, leaked * 50: leaked}
    long = reply(json.dumps({"corrections": [faulty] * 12, leaked: 1, "name": 2}))
    asked = ask([TransportFailed("no route"), long, RateLimited("slower"), wrong("next"), reply()])
    assert asked.answer is not None
    first, again, same, last = (asked.model.requests[number] for number in (0, 2, 3, 4))
    assert first == asked.model.requests[1] == REQUEST
    assert again == same
    assert again.messages[:-1] == last.messages[:-1] == REQUEST.messages  # it does not grow
    [told] = again.messages[len(REQUEST.messages) :]
    assert told.role == "user"
    assert "corrections/0/text: String should have at most 240 characters" in told.content
    assert "corrections/0/line: Input should be greater than or equal to 1" in told.content
    assert len(told.content) < 1_200
    for request in asked.model.requests:
        for message in request.messages:
            assert not any(word in message.content for word in (leaked.strip(), "no route", "slower"))
    assert asked.attempts[1].message is not None
    assert leaked.strip() not in asked.attempts[1].message
    assert "corrections: " in last.messages[-1].content
    assert "corrections/0" not in last.messages[-1].content


def test_other_faults_are_told_and_the_same_ones_are_not() -> None:
    other = ask([wrong("a"), reply("{}"), reply()])
    assert other.answer is not None
    same = ask([wrong("a"), TransportFailed("x"), wrong("a"), reply()])
    assert isinstance(same.error, InvalidAnswer)
    assert len(same.model.requests) == 3


# Pauses


def test_pauses_double_within_their_jitter() -> None:
    asked = ask([RateLimited("x")])
    for number, pause in enumerate(asked.pauses):
        full = min(LONGEST_PAUSE, POLICY[RateLimited].pause * 2**number)
        assert full / 2 <= pause <= full
    assert len(set(asked.pauses)) == len(asked.pauses)
    assert [0.5 * 2**number <= pause <= 2**number for number, pause in enumerate(ask([TransportFailed("x")]).pauses)]


@pytest.mark.parametrize(("asks", "kept"), [(0.0, True), (3.0, True), (LONGEST_WAIT, True), (LONGEST_WAIT + 1, False)])
def test_what_the_endpoint_asks_is_waited_or_it_is_not_to_be_had(asks: float, kept: bool) -> None:
    asked = ask([RateLimited("x", asks), reply()])
    assert (asked.answer is not None) is kept
    assert len(asked.attempts) == 1 + kept
    if kept:
        [pause] = asked.pauses
        assert asks <= pause <= asks + 0.25
    else:
        assert isinstance(asked.error, RateLimited)
        assert asked.pauses == []


# Records of what was tried


def test_attempts_keep_every_try_and_their_usage_is_the_meters() -> None:
    asked = ask([TransportFailed("lost"), wrong("a"), RateLimited("y"), reply("", tokens=30), reply(tokens=55)])
    assert [(each.outcome, each.raw, each.model) for each in asked.attempts] == [
        ("transport", None, None),
        ("invalid_answer", wrong("a").raw, "m-1"),
        ("rate_limit", None, None),
        ("invalid_answer", "raw ", "m-1"),
        ("ok", f"raw {GOOD}", "m-1"),
    ]
    assert [each.message is None for each in asked.attempts] == [False] * 4 + [True]
    for name in Usage.model_fields:
        assert sum(getattr(each.usage, name) for each in asked.attempts) == getattr(asked.meter.usage, name), name
    assert (asked.meter.usage.requests, asked.meter.usage.input_tokens) == (5, 95)
    sent = [request.sha256 for request in asked.model.requests]
    assert [each.request_sha256 for each in asked.attempts] == sent


# How many at once


def test_never_more_are_inside_than_allowed_and_a_gate_halves_and_recovers() -> None:
    async def run() -> None:
        gate, inside, most, draw = Gate(8), 0, 0, random.Random(1)  # noqa: S311

        async def one(fails: bool = False) -> None:
            nonlocal inside, most
            async with gate:
                inside += 1
                assert inside <= gate.allowed
                most = max(most, inside)
                await asyncio.sleep(draw.random() / 1000)
                if fails:
                    gate.halve()
                inside -= 1

        await asyncio.gather(*(one() for _ in range(50)))
        assert (most, gate.allowed) == (8, 8)
        for expected in (4, 2, 1, 1):
            await one(fails=True)
            assert gate.allowed == expected
        most = 0
        await asyncio.gather(*(one() for _ in range(2)))
        assert most == 1
        await asyncio.gather(*(one() for _ in range(60)))
        assert gate.allowed == 8

    asyncio.run(run())


def test_requests_that_fail_together_halve_once() -> None:
    async def run() -> None:
        meter, sent, after = Meter(Endpoint(in_flight=8)), 0, []

        class Busy:
            async def complete(self, _request: Request) -> Reply:
                nonlocal sent
                sent += 1
                number = sent
                await asyncio.sleep(0.002)
                if number <= 8:
                    raise RateLimited("slower")
                return reply()

            async def aclose(self) -> None: ...

        async def sleep(_seconds: float) -> None:
            after.append(meter.in_flight_allowed)

        asker = Asker(Busy(), meter, sleep)
        await asyncio.gather(*(asker.ask(REQUEST, CorrectionsForm, heard([])) for _ in range(8)))
        assert after == [4] * 8

    asyncio.run(run())


@pytest.mark.parametrize("said", ["{}", TransportFailed("gone")])
def test_no_more_replies_wait_to_be_kept_than_requests_may_be_open(said: str | ImrError) -> None:
    """Killed at any instant, no more than those are paid for twice."""

    async def run() -> None:
        model, kept = Scripted(lambda _: said), asyncio.Event()

        async def on_attempt(_: Attempt) -> None:
            await kept.wait()

        asker = Asker(model, Meter(Endpoint(in_flight=3)), lambda _seconds: asyncio.sleep(0))
        asking = asyncio.gather(
            *(asker.ask(REQUEST, CorrectionsForm, on_attempt) for _ in range(10)), return_exceptions=True
        )
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(model.requests) == 3
        kept.set()
        await asking
        assert len(model.requests) >= 10

    asyncio.run(run())


# Money

PRICE = Price(input=100, output=1000)
DEAREST = PRICE.of(most_tokens(REQUEST), 0, REQUEST.max_output_tokens)


@pytest.mark.parametrize("seed", range(5))
def test_a_budget_is_never_crossed(seed: int) -> None:
    draw, budget = random.Random(seed), DEAREST * 7.5  # noqa: S311
    under_way = most = 0.0

    async def run() -> tuple[Meter, list[object]]:
        meter = Meter(Endpoint(in_flight=6, price=PRICE, budget=budget))

        class Costly:
            async def complete(self, request: Request) -> Reply:
                nonlocal under_way, most
                under_way += DEAREST
                most = max(most, under_way + (meter.spent or 0))
                await asyncio.sleep(draw.random() / 1000)
                under_way -= DEAREST
                if draw.random() < 0.2:
                    raise TransportFailed("lost")
                tokens = draw.randint(1, most_tokens(request))
                usage = Usage(requests=1, input_tokens=tokens, output_tokens=draw.randint(0, 100))
                return Reply(GOOD, "stop", "m", usage, 0, "")

            async def aclose(self) -> None: ...

        asker = Asker(Costly(), meter, lambda _seconds: asyncio.sleep(0))
        asking = (asker.ask(REQUEST, CorrectionsForm, heard([])) for _ in range(40))
        return meter, await asyncio.gather(*asking, return_exceptions=True)

    meter, results = asyncio.run(run())
    assert DEAREST * 5 < most <= budget + 1e-9
    stopped = [each for each in results if isinstance(each, BudgetExceeded)]
    answered = [each for each in results if isinstance(each, CorrectionsForm)]
    assert len(stopped) + len(answered) + sum(isinstance(each, TransportFailed) for each in results) == 40
    assert meter.spent is not None
    assert stopped
    assert budget - DEAREST < meter.spent <= budget  # nobody gave up while others could still cost less
    for words in ("--budget", f"${budget:g}", f"${DEAREST:.4f}", "what was read is kept"):
        assert words in str(stopped[0])


def test_without_room_for_one_nothing_is_sent() -> None:
    model = Scripted(lambda _request: reply())
    asker = Asker(model, Meter(Endpoint(price=PRICE, budget=DEAREST * 0.99)))
    with pytest.raises(BudgetExceeded):
        asyncio.run(asker.ask(REQUEST, CorrectionsForm, heard([])))
    assert model.requests == []


def test_without_a_price_nothing_is_known_of_money() -> None:
    assert Meter(Endpoint()).spent is None


@pytest.mark.parametrize(
    "trouble",
    [
        Usage(requests=1),
        usage_of({"prompt_tokens": 5}),
        usage_of({"completion_tokens": 5}),
        usage_of({"input_tokens": 5, "output_tokens": 0}, said="words"),
        TransportFailed("late", perhaps_billed=True),
        ReplyTooLong("endless"),
        RuntimeError("anything"),
    ],
    ids=["no usage told", "no output told", "no input told", "output for nothing", "no reply", "too long", "a defect"],
)
def test_what_may_have_been_billed_counts_in_full(trouble: Usage | Exception) -> None:
    """A reply that tells no credible cost, or none at all: the budget takes the worst."""

    def script(_request: Request) -> Reply | Exception:
        return trouble if isinstance(trouble, Exception) else Reply(GOOD, "stop", "m", trouble, 0, "")

    model = Scripted(script)
    asker = Asker(model, Meter(Endpoint(price=PRICE, budget=DEAREST * 2.5)), lambda _seconds: asyncio.sleep(0))

    async def ask() -> list[Sequence[CorrectionsForm | BaseException]]:
        return [
            await asyncio.gather(asker.ask(REQUEST, CorrectionsForm, heard([])), return_exceptions=True)
            for _ in range(5)
        ]

    ended = asyncio.run(ask())
    assert len(model.requests) == 2
    assert isinstance(ended[-1][0], BudgetExceeded)


def test_what_was_refused_before_any_work_costs_nothing() -> None:
    model = Scripted(lambda _request: RateLimited("slow down", 0.0))
    meter = Meter(Endpoint(price=PRICE, budget=DEAREST * 1.5))
    with pytest.raises(RateLimited):
        asyncio.run(Asker(model, meter, lambda _seconds: asyncio.sleep(0)).ask(REQUEST, CorrectionsForm, heard([])))
    assert len(model.requests) == POLICY[RateLimited].times + 1


def test_a_letter_of_dense_characters_is_reserved_for_what_it_can_cost() -> None:
    dense = dataclasses.replace(REQUEST, messages=(*REQUEST.messages, Message("user", "\U0001f600" * 1000)))
    assert most_tokens(dense) - most_tokens(REQUEST) == 4000
    plain = dataclasses.replace(REQUEST, messages=(*REQUEST.messages, Message("user", "x" * 1000)))
    assert most_tokens(plain) - most_tokens(REQUEST) == 500


def test_an_answer_longer_than_was_allowed_counts_as_told_and_nothing_more_is_sent() -> None:
    """An endpoint may ignore the limit of output tokens."""
    long = Usage(requests=1, input_tokens=10, output_tokens=50 * REQUEST.max_output_tokens)
    model = Scripted(lambda _request: Reply(GOOD, "stop", "m", long, 0, ""))
    meter = Meter(Endpoint(price=PRICE, budget=DEAREST * 10))
    asker = Asker(model, meter)

    async def ask() -> None:
        await asker.ask(REQUEST, CorrectionsForm, heard([]))

    asyncio.run(ask())
    assert meter.spent is not None
    assert meter.spent == pytest.approx(PRICE.of(10, 0, 50 * REQUEST.max_output_tokens))
    assert meter.spent > DEAREST * 10
    with pytest.raises(BudgetExceeded):
        asyncio.run(ask())
    assert len(model.requests) == 1


def test_what_nobody_told_is_told_where_the_budget_ends() -> None:
    silent = Scripted(lambda _request: Reply(GOOD, "stop", "m", usage_of({"prompt_tokens": 5}), 0, ""))
    attempts: list[Attempt] = []
    asker = Asker(silent, Meter(Endpoint(price=PRICE, budget=DEAREST * 1.5)))
    asyncio.run(asker.ask(REQUEST, CorrectionsForm, heard(attempts)))
    assert [(each.dollars, each.usage) for each in attempts] == [(None, Usage(requests=1))]
    with pytest.raises(
        BudgetExceeded, match=rf"\$0.0000 is spent, \${DEAREST:.4f} may be on requests that told no cost"
    ):
        asyncio.run(asker.ask(REQUEST, CorrectionsForm, heard(attempts)))


def test_what_a_model_calls_its_fields_is_told_to_nobody_else() -> None:
    asked = ask([reply('{"corrections": [], "Zebra": 1}'), reply('{"corrections": 5, "Umbrella": 1}'), reply()])
    told = " ".join(attempt.message or "" for attempt in asked.attempts)
    assert "corrections: Input should be a valid" in told
    assert "…: Extra inputs are not permitted" in told
    assert not any(word in told for word in ("Zebra", "Umbrella"))


def test_an_earlier_reply_tells_what_it_took_and_is_not_billed_again() -> None:
    raw = json.dumps(
        {"choices": [{"message": {"content": GOOD}}], "usage": {"prompt_tokens": 50, "completion_tokens": 7}}
    )
    attempts: list[Attempt] = []
    meter = Meter(Endpoint(price=PRICE))
    asker = Asker(Scripted(lambda _request: reply()), meter, known=lambda _request: kept_reply(raw))
    asyncio.run(asker.ask(REQUEST, CorrectionsForm, heard(attempts)))
    [attempt] = attempts
    assert (attempt.outcome, attempt.usage.input_tokens, attempt.usage.output_tokens) == ("known", 50, 7)
    assert attempt.used_now == meter.usage == Usage()
    assert attempt.dollars == meter.spent == 0
