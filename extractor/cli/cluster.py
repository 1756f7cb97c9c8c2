"""`imr cluster`: a backlog on more than one machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from extractor.cli.options import limit_options, limits_from, model_options, reader_from


@click.group(name="cluster")
def command() -> None:
    """Read a backlog on more than one machine; see `imr cluster run --help` and docs/cluster.md."""


@command.command(name="run")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the Parquet.")
@click.option("--address", help="Of a Dask scheduler, as tcp://HOST:8786.  [default: processes on this machine]")
@click.option("--workers", type=click.IntRange(min=1), help="Without an address: processes.  [default: one a core]")
@click.option("--partition", type=click.IntRange(min=1), help="Letters a task.  [default: 128; with a model 32]")
@click.option("--quiet", is_flag=True, help="No progress and no summary.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@model_options
@limit_options
def run(
    paths: tuple[Path, ...],
    out: Path,
    address: str | None,
    workers: int | None,
    partition: int | None,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    **values: Any,
) -> None:
    """Read every letter under PATHS on a Dask cluster, into Parquet files that `imr import` merges into a database.

    What has a record in the folder already is not read again, so the same command goes on where an earlier one ended.
    Limits of speed and budget hold for each worker by itself; the key is the workers' own OPENAI_API_KEY.

    Exit code 0, or 1 when some letters failed.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.backlog import walk  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.cluster import ClusterSummary, Job, run_on_cluster  # noqa: PLC0415
    from extractor.errors import ConfigurationError  # noqa: PLC0415

    if not walk.holds_any(paths):
        raise ConfigurationError(f"there is no file to read under {', '.join(map(repr, map(str, paths)))}")
    configuration, endpoint = reader_from(values)
    limits = limits_from(values)
    if dry_run:
        from extractor.cli.estimate import show_estimate  # noqa: PLC0415

        show_estimate(walk.letters(paths, limits=limits), configuration, endpoint, limits)
        return

    def show_progress(so_far: ClusterSummary) -> None:
        click.echo(f"\r{so_far.records:,} records, {so_far.failed:,} failed ", err=True, nl=False)

    show = not quiet and not as_json and sys.stderr.isatty()
    summary = run_on_cluster(
        walk.letters(paths, limits=limits),
        out,
        Job.of(configuration, limits, endpoint),
        address=address,
        workers=workers,
        partition=partition,
        on_progress=show_progress if show else None,
    )
    if show:
        click.echo("\r", err=True, nl=False)
    if as_json:
        click.echo(json.dumps({**asdict(summary), "out": str(out)}))
    elif not quiet:
        click.echo(
            f"{summary.found:,} letters · {summary.records:,} new records · {summary.already:,} there before · "
            f"{summary.failed:,} failed · {summary.other_kinds:,} no determinations · {summary.seconds:.1f} s"
        )
        for failure_class, count in summary.failures.items():
            click.echo(f"  {failure_class:16}{count:8,}")
        click.echo(f"next: imr import {out} --db imr.db")
    if summary.failed:
        sys.exit(1)
