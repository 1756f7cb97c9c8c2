"""`imr history`: every record of one letter, which one counts, and what changed between them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="history")
@click.argument("name")
@database_option
@click.option("--changes", is_flag=True, help="Also list every value that changed from one record to the next.")
def command(name: str, database: Path, changes: bool) -> None:
    """Show every record of a letter, oldest first. NAME is as for `imr show`.

    The one that counts is current: the one that was saved last, or met again since by a run as it would read it.
    """
    from extractor.display import Screen, show_found, show_history  # noqa: PLC0415  only when there is something to do
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        found = store.find(name)
        if len(found) > 1:
            show_found(Screen(), found)
            click.echo(f"imr: {len(found)} letters answer to {name!r}: give the beginning of a SHA-256", err=True)
            sys.exit(1)
        show_history(Screen(), store.history(found[0].sha256), changes=changes)
