"""`imr run`: a backlog into a database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from extractor.cli.again import why_again
from extractor.cli.options import database_option, limit_options, limits_from, model_options, reader_from

INTERRUPTED = 130
"""Exit code of a run that was asked to stop, as shells count it."""


@click.command(name="run")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@database_option
@click.option("--jsonl", is_flag=True, help="`-` stands for letters as JSON lines on standard input, not for paths.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read.  [default: one a core]")
@click.option("--limit", type=click.IntRange(min=1), help="Read only the first letters, so many.")
@click.option(
    "--retry-failed",
    "retry",
    is_flag=False,
    flag_value="all",
    metavar="[CLASS]",
    help="Try letters again that have failed three times: all, or those of one class (`imr failures`).",
)
@click.option("--rehash", is_flag=True, help="Hash every file, also one that looks as it did when it was read.")
@click.option(
    "--check-records", is_flag=True, help="Check the records that the database has, and read damaged ones again."
)
@click.option("--quiet", is_flag=True, help="No progress and no summary.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@model_options
@limit_options
def command(
    paths: tuple[Path, ...],
    database: Path,
    jsonl: bool,
    workers: int | None,
    limit: int | None,
    retry: str | None,
    rehash: bool,
    check_records: bool,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    **values: Any,
) -> None:
    """Read every letter under PATHS into a database.

    PATHS are files, folders with all that is in them, quoted patterns ('2016/**/*.pdf'), and - for a list of paths on
    standard input, one a line or between NULs, or with --jsonl for letters, one a line. Wherever they are met, archives
    (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz) are read member by member, .jsonl and .ndjson (or .gz of them) line by line
    ({"text": …, "name": …}), and .csv as a list of paths (columns path and, if wanted, name; parted by comma,
    semicolon, tab or |). Nothing is unpacked to disk or held as a whole.

    What the database already has is not read again, so the same command goes on where an earlier one ended or was
    killed; what failed is tried again, three times in all. Ctrl-C ends it in order: what is under way is finished and
    saved. Of a letter that has several records, the one counts that was asked for last: a run that meets a record as it
    would read it makes it current again.

    Exit code 0, or 1 when some letters failed (`imr failures` lists them), or 130 when it was asked to stop, or 3 when
    the database failed or was taken away.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.backlog import run, walk  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.display import Screen, progress, show_summary  # noqa: PLC0415
    from extractor.errors import ConfigurationError  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    if jsonl:
        if Path(walk.STDIN) not in paths:
            raise ConfigurationError("--jsonl is for standard input: add - to the paths")
        given = [walk.STDIN_OF_LETTERS if path == Path(walk.STDIN) else path for path in paths]
    else:
        given = list(paths)
    if not walk.holds_any(given, database):
        raise ConfigurationError(f"there is no file to read under {', '.join(map(repr, map(str, paths)))}")
    configuration, endpoint = reader_from(values)
    if dry_run:
        from extractor.cli.estimate import show_estimate  # noqa: PLC0415

        limits = limits_from(values)
        letters = walk.letters(given, database, limits=limits, most=limit)
        show_estimate(letters, configuration, endpoint, limits)
        return
    why = None if quiet or as_json else why_again(database, configuration)
    with (
        Store(database) as store,
        progress(lambda: walk.count(given, database, most=limit), quiet=quiet or as_json) as on_progress,
    ):
        if why is not None:
            click.echo(f"imr: {why}", err=True)
        summary = run(
            given,
            store,
            configuration,
            limits=limits_from(values),
            endpoint=endpoint,
            workers=workers,
            retry=retry,
            rehash=rehash,
            check_records=check_records,
            limit=limit,
            on_progress=on_progress,
        )
    if as_json:
        click.echo(json.dumps({**asdict(summary), "rate": summary.rate, "database": str(database)}))
    elif not quiet:
        show_summary(Screen(), summary, database)
    if summary.interrupted:
        sys.exit(INTERRUPTED)
    if summary.failed:
        sys.exit(1)
