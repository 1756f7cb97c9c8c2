"""`imr show`: one record, for reading."""

from __future__ import annotations

from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="show")
@click.argument("name")
@database_option
@click.option("--full", is_flag=True, help="Do not shorten passages and quotes.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str, database: Path, full: bool, form: str) -> None:
    """Show the record NAME: a case number, the beginning of a document's SHA-256 (six characters), or a file name.

    Where several documents hold one case, the first is shown and the others are named on stderr.
    """
    import sys  # noqa: PLC0415

    from extractor.display import Screen, json_cleaned, show_found, show_record  # noqa: PLC0415  heavy
    from extractor.display.clean import compact_pairs  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        found = store.find(name)
        record = store.load(found[0].record_id)
    if form == "json":
        click.echo(json_cleaned(compact_pairs(record.model_dump_json(indent=2))))
    else:
        show_record(Screen(), record, full=full)
    if len(found) > 1:
        notes = Screen(sys.stderr)
        notes.line(f"{len(found)} documents answer to {name!r}; shown is the first of these (name one by its sha256):")
        show_found(notes, found[:20])
