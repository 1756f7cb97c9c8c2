"""What one run may use of an endpoint: requests open at once, requests and tokens a minute, dollars.

Everything is reserved before a request is sent, and settled by what the reply says it used: so a budget is never
crossed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from extractor import telemetry
from extractor.errors import (
    BudgetExceeded,
    ContextOverflow,
    ImrError,
    RateLimited,
    Refused,
    Rejected,
    ServiceError,
    TransportFailed,
)
from extractor.model.seam import Request
from extractor.records.record import Usage
from extractor.settings import Endpoint

CHARACTERS_A_TOKEN = 4.0
"""Of letters with line numbers and JSON, about; docs/measured.md. For estimates only: replies say what they used."""
_FEWEST_ASCII_A_TOKEN = 2.0
"""For reserving money: no letter that was measured has fewer than 2.5."""


def estimated_tokens(request: Request) -> int:
    """About how many tokens a request sends."""
    return round(request.characters / CHARACTERS_A_TOKEN)


def most_tokens(request: Request) -> int:
    """How many tokens a request can be.

    Tokenizers by bytes make at most one token of a byte; of English, with line numbers, JSON and noise, at most one of
    two characters.
    """
    texts = [message.content for message in request.messages]
    plain = sum(len(text.encode("ascii", "ignore")) for text in texts)
    every = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    form = request.characters - sum(map(len, texts))
    return round((plain + form) / _FEWEST_ASCII_A_TOKEN) + every - plain


def is_counted(usage: Usage) -> bool:
    """Whether a reply said what it used: no request has no input."""
    return usage.input_tokens > 0


def perhaps_billed(error: ImrError) -> bool:
    """Whether a request that ended so may cost something: it was not refused before any work was done."""
    if isinstance(error, TransportFailed):
        return error.perhaps_billed
    return not isinstance(error, (RateLimited, Rejected, Refused, ContextOverflow, ServiceError))


@dataclass(slots=True)
class Turn:
    """One request's turn."""

    meter: Meter
    known: bool = False
    """What it cost is known."""

    def settle(self, usage: Usage, *, paid: bool = True) -> None:
        """Count what the request used; a reply that was had for nothing is not charged."""
        self.meter.count(usage, paid=paid)
        self.known = not paid or is_counted(usage)


class Meter:
    """Counts, limits and the purse of one run; one for all letters. Use it in one event loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._gate = Gate(endpoint.in_flight)
        self._requests = Rate(endpoint.requests_per_minute)
        self._tokens = Rate(endpoint.tokens_per_minute)
        self._spent = 0.0
        self._reserved = 0.0
        self._perhaps_spent = 0.0
        """Worst cost of requests that were sent and never answered: a provider may charge for them."""
        self._settled = asyncio.Condition()
        self.usage = Usage()
        """Of all requests so far; of those without a reply only the number is known."""

    @property
    def spent(self) -> float | None:
        """Dollars for what replies said they used, so far; None without a price."""
        return self._spent if self._endpoint.price is not None else None

    @property
    def in_flight_allowed(self) -> int:
        """Requests that may be open at once, at the moment."""
        return self._gate.allowed

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[Turn]:
        """Wait for a turn to send a request, with its worst cost set aside meanwhile.

        A request that may have been billed, and for which nothing credible was settled, counts in full.

        Raises:
            BudgetExceeded: what is left could be too little. Nothing is sent.

        """
        async with self._gate:
            await self._requests.take()
            await self._tokens.take(estimated_tokens(request) + request.max_output_tokens)
            worst = await self._reserve(request)
            mine = Turn(self)
            try:
                yield mine
            except ImrError as error:
                mine.known = not perhaps_billed(error)
                raise
            finally:
                async with self._settled:
                    self._reserved -= worst
                    self._perhaps_spent += 0.0 if mine.known else worst
                    self._settled.notify_all()

    def count(self, usage: Usage, *, paid: bool) -> None:
        """Add what a request used to the sums, and to the bill if it is paid for."""
        self.usage += usage
        self._spent += self.dollars(usage, paid=paid) or 0.0

    def dollars(self, usage: Usage, *, paid: bool) -> float | None:
        """Dollars for what a request used; None without a price, and where a reply did not say what it used."""
        if self._endpoint.price is None or (paid and not is_counted(usage)):
            return None
        tokens = (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens)
        return self._endpoint.price.of(*tokens) if paid else 0.0

    def slower(self) -> None:
        """The endpoint asked for fewer requests; within the turn of the one that it refused."""
        self._gate.halve()
        telemetry.slowed(self._gate.allowed)

    async def _reserve(self, request: Request) -> float:
        """Set the worst cost of a request aside; where it does not fit, wait for those under way to cost less."""
        price, budget = self._endpoint.price, self._endpoint.budget
        if price is None or budget is None:
            return 0.0
        worst = price.of(most_tokens(request), 0, request.max_output_tokens)
        async with self._settled:
            while (self.spent or 0.0) + self._perhaps_spent + self._reserved + worst > budget:
                if self._reserved <= _NOTHING:
                    perhaps = self._perhaps_spent
                    spent = f"${self.spent or 0.0:.4f} is spent"
                    if perhaps:
                        spent += f", ${perhaps:.4f} may be on requests that told no cost,"
                    raise BudgetExceeded(
                        f"the budget of ${budget:g} could be crossed: {spent} and the next request "
                        f"could cost ${worst:.4f}; what was read is kept, raise --budget to go on"
                    )
                await self._settled.wait()
            self._reserved += worst
        return worst


_NOTHING = 1e-12
"""Dollars: what adding and taking away may leave."""


class Rate:
    """So much a minute, in every minute; None: as much as you like.

    A leaky bucket lets through what it holds at once and besides what leaks meanwhile; so it holds a tenth, and nine
    tenths leak in a minute. What wants more than the bucket holds takes it in parts, first come first served.
    """

    def __init__(self, a_minute: int | None) -> None:
        self._turn = asyncio.Lock()
        self._bucket: AsyncLimiter | None = None
        if a_minute is not None:
            at_once = max(1.0, a_minute / 10)
            self._bucket = AsyncLimiter(at_once, 60 * at_once / (a_minute - at_once + 1))

    async def take(self, amount: float = 1) -> None:
        """Wait until so much more is allowed."""
        if self._bucket is None:
            return
        async with self._turn:
            while amount > 0:
                part = min(amount, self._bucket.max_rate)
                await self._bucket.acquire(part)
                amount -= part


class Gate:
    """So many may be inside at once: half as many after `halve`, one more after each full round without it.

    The manner in which TCP finds a network's capacity (additive increase, multiplicative decrease).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside = 0
        self._before = 0
        """Of those inside, how many were let in before the last halving."""
        self._calm = 0
        self._free = asyncio.Condition()
        self.allowed = most

    async def __aenter__(self) -> None:
        """Wait until there is room."""
        async with self._free:
            await self._free.wait_for(lambda: self._inside < self.allowed)
            self._inside += 1

    async def __aexit__(self, *_: object) -> None:
        """Make room, and after a calm round a little more."""
        async with self._free:
            self._inside -= 1
            if self._before:
                self._before -= 1
            else:
                self._calm += 1
            if self._calm >= self.allowed and self.allowed < self._most:
                self.allowed += 1
                self._calm = 0
            self._free.notify_all()

    def halve(self) -> None:
        """Allow half as many, at least one; said by one inside.

        Once a round, for requests that were sent together fail together.
        """
        if not self._before:
            self.allowed = max(1, self.allowed // 2)
            self._before = self._inside
        self._calm = 0
