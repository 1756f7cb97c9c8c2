"""`imr schema`: the contract, for machines."""

from __future__ import annotations

import json

import click


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of the determination (the `determination` of a record)."""
    from extractor.records.determination import Determination  # noqa: PLC0415  heavy: only when there is something to do

    click.echo(json.dumps(Determination.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False))
