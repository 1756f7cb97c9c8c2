"""`imr status`: how a database stands."""

from __future__ import annotations

import json
from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="status")
@database_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(database: Path, as_json: bool) -> None:
    """Count documents, records, decisions by outcome, flags by code, failures by class; list the latest runs."""
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.display import Screen, show_status  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        status = store.status()
    if as_json:
        click.echo(json.dumps(asdict(status)))
    else:
        show_status(Screen(), status)
