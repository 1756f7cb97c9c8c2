"""What reading letters by a model would use: an estimate before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from extractor.backlog.source import LetterSource
    from extractor.reading.configuration import Configuration
    from extractor.settings import Endpoint, Limits


def show_estimate(
    letters: Iterable[LetterSource | str], configuration: Configuration, endpoint: Endpoint, limits: Limits
) -> None:
    """Print letters, requests, tokens and dollars; nothing is asked.

    Raises:
        ConfigurationError: the configuration names no model.

    """
    from extractor.backlog.estimate import estimate  # noqa: PLC0415  heavy

    made = estimate(letters, configuration, endpoint, limits)
    click.echo(
        f"letters: {made.letters:,} ({made.unreadable:,} that cannot be read); requests: {made.requests:,}, "
        f"about {made.input_tokens:,} tokens in ({made.shared_tokens:,} of them the same opening, which providers may "
        f"cache) and {made.output_tokens:,} out"
    )
    if made.dollars is None:
        click.echo("no price is known: give --price IN,OUT in dollars for a million tokens")
    else:
        click.echo(f"about ${made.dollars:,.2f}, without caching")
