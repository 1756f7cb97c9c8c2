"""Rates: in no minute more than is allowed, and not much less, in virtual time."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Coroutine
from typing import Any

import pytest

from extractor.model.meter import Rate


class Jumping(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to whatever is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        select = self._selector.select  # type: ignore[attr-defined]  # private, and where it waits

        def jump(timeout: float | None) -> Any:
            self._now += (timeout or 0.0) + 1e-6  # a clock never stands still
            return select(0)

        self._selector.select = jump  # type: ignore[attr-defined]  # as above

    def time(self) -> float:
        return self._now


def in_virtual_time(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=Jumping) as runner:
        return runner.run(work)


async def taken(rate: int | None, amounts: list[int], at_once: int) -> list[tuple[float, int]]:
    """When each amount was had, with so many asking at the same time."""
    allowed, clock = Rate(rate), asyncio.get_running_loop().time
    waiting, had = iter(amounts), []

    async def asker() -> None:
        for amount in waiting:
            await allowed.take(amount)
            had.append((clock(), amount))

    await asyncio.gather(*(asker() for _ in range(at_once)))
    return had


def most_in_a_minute(had: list[tuple[float, int]]) -> int:
    times = [time for time, _ in had]
    return max(
        sum(amount for _, amount in had[first : bisect_left(times, time + 60 - 1e-2)])
        for first, time in enumerate(times)
    )


@pytest.mark.parametrize("rate", [1, 2, 7, 60, 600, 3_000])
@pytest.mark.parametrize("at_once", [1, 16])
def test_in_no_minute_are_there_more_requests_than_allowed(rate: int, at_once: int) -> None:
    had = in_virtual_time(taken(rate, [1] * (4 * rate + 1), at_once))
    assert len(had) == 4 * rate + 1
    assert most_in_a_minute(had) <= rate
    assert had[-1][0] <= 60 * 4 / 0.85, "it idles"


def test_what_wants_more_than_a_tenth_waits_for_all_of_it() -> None:
    """Within one such request: what it had saved up comes out in the minute in which it is sent."""
    amounts = [11_000, 300, 9_000, 200, 200, 8_000] * 20
    had = in_virtual_time(taken(30_000, amounts, 16))
    assert sum(amount for _, amount in had) == sum(amounts)
    assert [amount for _, amount in had] == amounts, "first come, first served"
    assert most_in_a_minute(had) <= 30_000 + max(amounts)
    assert had[-1][0] <= 60 * sum(amounts) / 30_000 / 0.85


def test_more_than_a_whole_minute_allows_is_had_in_the_end() -> None:
    [(time, _)] = in_virtual_time(taken(1_000, [2_500], 1))
    assert 60 < time < 180


def test_without_a_rate_nobody_waits() -> None:
    assert in_virtual_time(taken(None, [1_000_000] * 5, 2))[-1][0] < 0.001
