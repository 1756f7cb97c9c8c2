"""Whether an endpoint is well, for all letters of a run together.

A letter whose requests fail may be the cause, or one of many that an endpoint fails which is not there, still loads
its model, or is used up. Nobody can tell from the letter; so where nothing is answered any more, a request without a
letter is sent. If it is answered, the letter fails. If not, everybody waits, and in the end the run stops,
with no letter the worse for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from extractor.errors import (
    EndpointUnavailable,
    ModelError,
    RateLimited,
    Rejected,
    ReplyTooLong,
    ServiceError,
    TransportFailed,
)
from extractor.model.seam import Request

OF_THE_ENDPOINT = (TransportFailed, RateLimited, Rejected, ReplyTooLong)
"""Errors that may be the endpoint's fault and not the letter's."""
LONGEST_WAIT = 600.0
"""Seconds that we wait because the endpoint says so; longer means that it is not to be had today."""
_WORST = 60.0
"""Seconds between two probes, at most."""

Sleep = Callable[[float], Awaitable[None]]


class Health:
    """One for all letters of a run. Use it in one event loop."""

    def __init__(
        self, probe: Callable[[], Request], most: int, patience: float, pause: float, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Begin.

        Args:
            probe: Makes a request without a letter.
            most: Requests that may fail in a row.
            patience: Seconds for which a sick endpoint is waited for.
            pause: Seconds before the first probe; doubled each time.
            sleep: How to wait.

        """
        self.probe = probe
        self._most = most
        self._patience = patience
        self._pause = pause
        self._sleep = sleep
        self._row = 0
        self._examining = asyncio.Lock()
        self.answers = 0
        """Requests that were answered, be it badly."""
        self.trouble: ServiceError | None = None
        """Why nobody is asked any more."""

    def answered(self) -> None:
        """A request was answered."""
        self._row = 0
        self.answers += 1

    def failed(self) -> bool:
        """A request was not; whether that were too many in a row."""
        self._row += 1
        return self._row >= self._most

    async def examine(self, error: ModelError, ask: Callable[[], Awaitable[object]]) -> None:
        """Return when the endpoint answers; all who ask meanwhile wait here.

        Args:
            error: What it failed with.
            ask: Sends a probe.

        Raises:
            ServiceError: it does not answer.

        """
        seen = self.answers
        async with self._examining:
            waited, pause = 0.0, self._pause
            while self.answers == seen:
                if self.trouble is not None:
                    raise self.trouble
                if waited >= self._patience or (waited and isinstance(error, Rejected)):
                    self.trouble = self._gone(error)
                    continue
                now = max(min(pause, _WORST, self._patience - waited), getattr(error, "retry_after", None) or 0.0)
                await self._sleep(now)
                waited, pause = waited + now, 2 * pause
                if self.answers > seen:
                    return
                try:
                    await ask()
                except OF_THE_ENDPOINT as again:
                    error = again
                except ServiceError as stop:
                    self.trouble = stop
                except ModelError:  # an answer, if no good one
                    self.answered()

    def _gone(self, error: ModelError) -> EndpointUnavailable:
        said = getattr(error, "said", "")
        return EndpointUnavailable(
            f"the endpoint answers nothing, not even a request without a letter: {error}"
            f"{'; it says: ' + said if said else ''}; no letter was counted as tried, the same command goes on later"
        )
