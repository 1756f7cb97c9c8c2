"""`imr reground`: kept replies, read again."""

from __future__ import annotations

from pathlib import Path

import click

from extractor.cli.options import database_option, seconds_option


@click.command(name="reground")
@database_option
@click.option(
    "--prompts",
    type=click.Path(file_okay=False, path_type=Path),
    help="The prompts that were used, if not ours.",
)
@seconds_option
def command(database: Path, prompts: Path | None, seconds: float) -> None:
    """Read every letter of a model reader again, from the replies that the database keeps: nobody is asked.

    For when rules, grounding or checks have changed. The earlier records stay beside the new (`imr history`). Letters
    for which a reply is missing, because the prompts have changed, keep the record that they have.
    """
    from extractor.backlog.reground import reground  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.settings import Endpoint, Limits  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        done = reground(store, Endpoint(prompts=prompts), limits=Limits(seconds=seconds))
    click.echo(
        f"{done.found:,} letters of a model reader: {done.read:,} read again, {done.same:,} as this version reads them "
        f"already, {done.missing:,} left because a reply is missing"
        + (f", {done.failed:,} left because reading them failed" if done.failed else "")
    )
    if done.made_current:
        click.echo(f"made current again: {done.made_current:,}")
