"""A model whose answers are a function of the request: for tests, and for trying a prompt without paying."""

from __future__ import annotations

import time
from collections.abc import Callable

from extractor.model.seam import Reply, Request
from extractor.records.record import Usage

Script = Callable[[Request], "str | Reply | Exception"]
"""A request → the answer's text, a whole reply, or an error to raise."""


class Scripted:
    """Answers by a function and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        """Ask the function; tokens are counted as four characters each."""
        began = time.perf_counter()
        self.requests.append(request)
        said = self._script(request)
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Reply):
            return said
        usage = Usage(requests=1, input_tokens=request.characters // 4, output_tokens=len(said) // 4)
        return Reply(said, "stop", request.model, usage, time.perf_counter() - began, said)

    async def aclose(self) -> None:
        """Nothing is held."""
