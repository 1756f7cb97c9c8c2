"""How a run gets on, on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from extractor.backlog import RunSummary


@contextmanager
def progress(total: Callable[[], int | None], *, quiet: bool) -> Iterator[Callable[[RunSummary], None] | None]:
    """Give what `run` calls with its progress, or None where nothing is to be shown.

    `total` counts the letters; it is only asked where there is a bar to fill. None: not known.
    """
    console = Console(file=sys.stderr)
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    bar = Progress(
        TextColumn("reading"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[cost]}"),
        TextColumn("[red]{task.fields[failed]}"),
        console=console,
        transient=True,
        expand=True,
    )
    task = bar.add_task("", total=total(), rate="", cost="", failed="")

    def update(summary: RunSummary) -> None:
        bar.update(
            task,
            completed=summary.ended,
            rate=_rate(summary.rate),
            cost=_cost(summary),
            failed=f"{summary.failed:,} failed" if summary.failed else "",
        )

    with bar:
        yield update


def _rate(rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate * 60:,.0f}/min"


def _cost(summary: RunSummary) -> str:
    if summary.dollars is not None:
        return f"${summary.dollars:,.2f}"
    tokens = summary.input_tokens + summary.output_tokens
    return f"{tokens:,} tokens" if tokens else ""
