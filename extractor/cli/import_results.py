"""`imr import`: results of a cluster into a database."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@database_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(paths: tuple[Path, ...], database: Path, as_json: bool) -> None:
    """Merge Parquet files of `imr cluster run`, or folders of them, into a database.

    Each record is checked: that it is valid, and that the letter's text still bears out its evidence. Importing twice
    changes nothing. A broken file is an error; of it nothing is saved, and of those before it everything.

    Exit code 0, or 1 when some letters have no record.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.cluster import import_results  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.cluster.files import check, results_in  # noqa: PLC0415
    from extractor.errors import NotADetermination  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    for path in results_in(paths):  # before a database is made for nothing
        check(path)
    with Store(database) as store:
        imported = import_results(paths, store)
    if as_json:
        click.echo(json.dumps({**asdict(imported), "database": str(database)}))
    else:
        click.echo(
            f"{imported.rows:,} results in {imported.files:,} files · {imported.records:,} new records · "
            f"{imported.already:,} there before · {imported.renamed:,} other names · {imported.failed:,} new failures"
        )
        if imported.made_current:
            click.echo(f"made current again: {imported.made_current:,}")
        for failure_class, count in imported.failures.items():
            click.echo(f"  {failure_class:16}{count:8,}")
    if any(name != NotADetermination.failure_class for name in imported.failures):
        sys.exit(1)
