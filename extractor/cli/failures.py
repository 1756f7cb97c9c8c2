"""`imr failures`: letters without a record."""

from __future__ import annotations

import json
from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="failures")
@database_option
@click.option("--class", "failure_class", help="Only this failure class (`imr status` counts them).")
@click.option("--all", "include_cleared", is_flag=True, help="Also failures of letters that were read later.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(database: Path, failure_class: str | None, include_cleared: bool, as_json: bool) -> None:
    """List letters that ended without a record: why, how many attempts, and what they cost."""
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.display import Screen, json_cleaned, show_failures  # noqa: PLC0415  heavy
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        failures = store.failures(include_cleared=include_cleared, failure_class=failure_class)
        if as_json:
            for failure in failures:
                click.echo(json_cleaned(json.dumps(asdict(failure), ensure_ascii=False)))
        elif not show_failures(Screen(), failures):
            click.echo("imr: no failures", err=True)
