"""`imr export`: flat tables."""

from __future__ import annotations

from pathlib import Path

import click

from extractor.cli.options import database_option

MOST_TOLD = 10
"""Damaged records that are named one by one."""


@click.command(name="export")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@database_option
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True)
@click.option("--bom", is_flag=True, help="Begin CSV with the mark by which Excel knows that it is UTF-8.")
def command(out: Path, database: Path, form: str, bom: bool) -> None:
    """Write the current records as flat tables into the folder OUT, one file a table.

    Tables: determinations, decisions, citations, drugs, diagnoses, body_parts, reasons, flags. Join them on
    document_sha256 and decision_number; columns.csv says what each column means. In CSV, text that a spreadsheet would
    run as a formula gets an apostrophe in front.

    Exit code 0, or 1 when records were left out because the database holds them damaged.
    """
    import sys  # noqa: PLC0415

    from extractor.display import Screen, show_export  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.errors import RecordDamaged  # noqa: PLC0415
    from extractor.export import Format, export  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        damaged: list[RecordDamaged] = []
        counts = export(store, out, Format(form), on_damaged=damaged.append, bom=bom)
    show_export(Screen(), counts, out, form)
    for each in damaged[:MOST_TOLD]:
        click.echo(f"imr: {each}", err=True)
    if damaged:
        click.echo(f"imr: left out because they are damaged: {len(damaged):,} records", err=True)
        sys.exit(1)
