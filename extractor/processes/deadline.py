"""How long work on a letter may take in this process: checked between its steps, by the steps themselves.

A step is an item, a claim, a passage. One endless call inside a library is not reached by that; who must be sure reads
in another process (`extractor.reading.apart`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from extractor.errors import ReadTimeout

_until: ContextVar[tuple[float, float] | None] = ContextVar("until", default=None)
"""When it is over, on the `time.monotonic` clock, and how many seconds that was from the beginning."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let what is done here take so long; an outer limit that ends sooner stays."""
    outer = _until.get()
    mine = (time.monotonic() + seconds, seconds)
    token = _until.set(mine if outer is None else min(outer, mine))
    try:
        yield
    finally:
        _until.reset(token)


def check() -> None:
    """Go on only while there is time.

    Raises:
        ReadTimeout: it is over.

    """
    until = _until.get()
    if until is not None and time.monotonic() > until[0]:
        raise ReadTimeout(f"reading took longer than {until[1]:g} s")
