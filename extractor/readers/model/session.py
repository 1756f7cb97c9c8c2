"""A session: one model, one meter, one set of prompts, for many letters."""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType
from typing import Self

from extractor.errors import TransportFailed
from extractor.model import Model
from extractor.model.asking import POLICY, Asker
from extractor.model.health import Health, Sleep
from extractor.model.meter import Meter
from extractor.model.recorded import Recorded, Recorder
from extractor.model.seam import Known
from extractor.readers.model.letters import check_examples
from extractor.readers.model.probing import probe
from extractor.readers.model.prompts import Prompts, load_prompts
from extractor.settings import Endpoint, ModelSettings


class Session:
    """Opened once for a run. Use it in one event loop: `async with Session(...) as session`.

    Raises:
        ConfigurationError: settings, prompts or recordings cannot be used.

    """

    def __init__(
        self,
        settings: ModelSettings,
        endpoint: Endpoint,
        model: Model | None = None,
        sleep: Sleep = asyncio.sleep,
        known: Known | None = None,
    ) -> None:
        self.settings = settings
        self.prompts: Prompts = load_prompts(endpoint.prompts)
        check_examples(self.prompts)
        self._model = model or _model(settings, endpoint)
        self.meter = Meter(endpoint)
        health = Health(
            partial(probe, settings),
            endpoint.failures_in_a_row,
            endpoint.patience,
            POLICY[TransportFailed].pause,
            sleep,
        )
        self.asker = Asker(self._model, self.meter, sleep, known, health)

    async def __aenter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back connections."""
        await self._model.aclose()


def _model(settings: ModelSettings, endpoint: Endpoint) -> Model:
    """Recordings alone, or the endpoint, with its replies recorded; or both: what is recorded, else the endpoint."""
    if endpoint.replay is not None and endpoint.record is None:
        return Recorded(endpoint.replay)
    from extractor.model.live import Live  # noqa: PLC0415  openai is heavy

    live = Live(endpoint, settings.mode)
    if endpoint.record is None:
        return live
    known = Recorded(endpoint.replay) if endpoint.replay is not None and endpoint.replay.is_dir() else None
    return Recorder(live, endpoint.record, known=known)
