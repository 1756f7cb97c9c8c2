"""One small request, to see whether endpoint, key, model and mode are right before a backlog is begun."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.errors import InvalidAnswer, ModelError
from extractor.model import Model
from extractor.model.asking import judged
from extractor.model.live import Live
from extractor.model.meter import Meter
from extractor.readers.model.probing import RIGHT, probe
from extractor.settings import Endpoint, ModelSettings


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it."""

    model: str
    """The model that answered, by its own account."""
    mode: str
    """How the form of the answer was asked for in the end."""
    seconds: float
    input_tokens: int
    """0 where the endpoint does not tell."""
    output_tokens: int
    dollars: float | None
    """None without a price, or without tokens."""
    right: bool
    """Whether the answer was of the form, and the one that stands there."""
    fault: str | None = None
    """What is wrong with its form."""

    @property
    def good(self) -> bool:
        """Whether letters can be read so: a small model's mistakes are no reason not to begin."""
        return self.fault is None


async def check(settings: ModelSettings, endpoint: Endpoint, model: Model | None = None) -> Checked:
    """Ask once.

    Raises:
        ModelError: there was no answer this time.
        ServiceError, ConfigurationError: there will be none with these settings.

    """
    live = model or Live(endpoint, settings.mode)
    meter = Meter(endpoint)
    request = probe(settings)
    try:
        async with meter.turn(request) as turn:
            reply = await live.complete(request)
            turn.settle(reply.usage, paid=reply.paid)
    finally:
        await live.aclose()
    fault = None
    right = False
    try:
        right = judged(reply, request.answer) == RIGHT
    except InvalidAnswer as error:
        fault = f"not of the form that was asked for: {'; '.join(error.faults) or error}"
    except ModelError as error:
        fault = str(error)
    return Checked(
        model=reply.model,
        mode=live.mode if isinstance(live, Live) else settings.mode,
        seconds=reply.seconds,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        dollars=meter.dollars(reply.usage, paid=reply.paid),
        right=right,
        fault=fault,
    )
