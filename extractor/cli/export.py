"""`imr export`: flat tables."""

from __future__ import annotations

from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="export")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@database_option
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True)
def command(out: Path, database: Path, form: str) -> None:
    """Write the current records as flat tables into the folder OUT, one file a table.

    Tables: determinations, decisions, citations, drugs, diagnoses, body_parts, reasons, flags. Join them on
    document_sha256 and decision_number; columns.csv says what each column means. In CSV, text that a spreadsheet would
    run as a formula gets an apostrophe in front.
    """
    from extractor.display import Screen, show_export  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.export import Format, export  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        counts = export(store, out, Format(form))
    show_export(Screen(), counts, out, form)
