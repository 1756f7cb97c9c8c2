"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from extractor.settings import DEFAULT_LIMITS, Limits

_F = TypeVar("_F", bound=Callable[..., Any])

database_option = click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("imr.db"),
    show_default=True,
    envvar="IMR_DB",
    show_envvar=True,
    help="The database.",
)

_LIMITS = (
    ("--max-bytes", click.IntRange(min=1), DEFAULT_LIMITS.max_bytes, "Largest file, in bytes."),
    ("--max-pages", click.IntRange(min=1), DEFAULT_LIMITS.max_pages, "Most pages of a PDF."),
    ("--max-characters", click.IntRange(min=1), DEFAULT_LIMITS.max_characters, "Longest text, in characters."),
    ("--seconds", click.FloatRange(min=0, min_open=True), DEFAULT_LIMITS.seconds, "Longest time for one letter."),
)


def limit_options(function: _F) -> _F:
    """Add the options that bound what one letter may cost; `limits_from` gathers them."""
    for name, kind, default, text in reversed(_LIMITS):
        function = click.option(name, type=kind, default=default, show_default=True, help=text)(function)
    return function


def limits_from(values: dict[str, Any]) -> Limits:
    """Gather the limits that `limit_options` gave."""
    return Limits(**values)
