"""Renew gold/recordings: ask a model about every gold letter, for what is not recorded, and note what was answered.

    python bench/recordings.py --model NAME        # OPENAI_API_KEY, OPENAI_BASE_URL and imr.toml as for `imr run`
    python bench/recordings.py --note              # replies were put there by hand: only note the prompts and forms

Recordings stand under the name `reference-llm`, whatever the endpoint calls the model that gives them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import replace
from pathlib import Path

from extractor import Configuration, read_document
from extractor.model import Model, Reply, Request
from extractor.model.live import Live
from extractor.model.recorded import Recorded, Recorder
from extractor.readers.model import Session
from extractor.readers.model.letters import answered
from extractor.readers.model.prompts import load_prompts
from extractor.reading.letter import read_in
from extractor.settings import Endpoint, ModelSettings, model_settings

GOLD = Path(__file__).parent.parent / "gold"
FOLDER = GOLD / "recordings"
NOTE = FOLDER / "answered.json"
NAME = "reference-llm"


class Called:
    """A model under another name."""

    def __init__(self, model: Model, name: str) -> None:
        self._model, self._name = model, name

    async def complete(self, request: Request) -> Reply:
        """Ask it by its own name."""
        return await self._model.complete(replace(request, model=self._name))

    async def aclose(self) -> None:
        """Close it."""
        await self._model.aclose()


async def record(settings: ModelSettings, endpoint: Endpoint) -> None:
    """Ask what is not recorded, a letter at a time."""
    live = Called(Live(endpoint, settings.mode), settings.name)
    configuration = Configuration.of("both", ModelSettings(NAME))
    if configuration.model is None:
        raise TypeError("a reader with a model has one")
    model = Recorder(live, FOLDER, known=Recorded(FOLDER))
    async with Session(configuration.model, endpoint, model) as session:
        for path in sorted((GOLD / "letters").iterdir()):
            await read_in(session, read_document(path), configuration)
            print(path.name)


def main() -> None:
    """Record, and note."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="as its endpoint names it")
    parser.add_argument("--note", action="store_true")
    given = parser.parse_args()
    if not given.note:
        chosen = model_settings({"name": given.model})
        asyncio.run(record(chosen.model, chosen.endpoint))
    NOTE.write_text(json.dumps(answered(load_prompts()), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
