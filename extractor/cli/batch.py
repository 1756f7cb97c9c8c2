"""`imr batch`: letters by a provider's batch interface, or by any system that answers JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.cli.options import (
    database_option,
    limit_options,
    limits_from,
    model_options,
    reader_from,
    seconds_option,
)

if TYPE_CHECKING:
    from extractor.batch import Round
    from extractor.settings import Endpoint

_OUT = click.Path(file_okay=False, path_type=Path)
_FILES = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group(name="batch")
def command() -> None:
    """Read letters by a batch interface: half the price, within a day.

    `build` writes files of requests, `submit` sends them, `status` asks how they stand, `collect` takes the answers and
    reads every letter whose answers are all there; what an answer leads to is the next round's file. `build` and
    `collect FILES` work on files alone: carry them to any system that answers in the same format.
    """


out_option = click.option("--out", type=_OUT, default=Path("batch"), show_default=True, help="Folder for files.")


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@database_option
@out_option
@model_options
@limit_options
def build(paths: tuple[Path, ...], database: Path, out: Path, dry_run: bool, **values: Any) -> None:
    """Put the requests about every letter under PATHS into files."""
    from extractor.backlog import walk  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.batch import build as build_files  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    configuration, endpoint = reader_from(values)
    limits = limits_from(values)
    if dry_run:
        from extractor.cli.estimate import show_estimate  # noqa: PLC0415

        show_estimate(walk.letters(paths, database), configuration, endpoint, limits)
        return
    with Store(database) as store:
        _show(build_files(walk.letters(paths, database), store, configuration, endpoint, limits, out))


@command.command()
@database_option
@model_options
def submit(database: Path, dry_run: bool, **values: Any) -> None:
    """Send every file that has not been sent.

    With --budget and --price (the batch's own), a file is sent only if all that was sent, at its worst, stays within.
    """
    from extractor.batch import listed  # noqa: PLC0415
    from extractor.batch import submit as send  # noqa: PLC0415
    from extractor.model.batches import Batches  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    endpoint = _endpoint(values)
    with Store(database, create=False) as store:
        if dry_run:
            for job in listed(store, "built"):
                click.echo(f"would send {job.file}: {job.requests:,} requests")
            return
        with Batches(endpoint) as provider:
            for job, sent in send(store, provider, endpoint):
                click.echo(f"{job.file}: {job.requests:,} requests, {sent.id}")


@command.command()
@database_option
@model_options
def status(database: Path, dry_run: bool, **values: Any) -> None:
    """Ask how what was sent stands."""
    from extractor.batch import listed, refresh  # noqa: PLC0415
    from extractor.model.batches import Batches  # noqa: PLC0415
    from extractor.store import Store, batches  # noqa: PLC0415

    with Store(database, create=False) as store:
        if not dry_run and listed(store, "submitted"):
            with Batches(_endpoint(values)) as provider:
                refresh(store, provider)
        for job in listed(store):
            click.echo(
                f"{job.file}: {job.state}{f' ({job.remote_state})' if job.remote_state else ''}, {job.requests:,} "
                f"requests, {job.answered:,} answered, {job.failed:,} failed"
            )
        with store.batching() as db:
            letters = batches.counts(db)
        click.echo(
            "letters: " + (", ".join(f"{count:,} {state}" for state, count in sorted(letters.items())) or "none")
        )


@command.command()
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--last", is_flag=True, help="No more answers will come: what FILES leave open is asked again.")
@database_option
@out_option
@model_options
@seconds_option
def collect(
    files: tuple[Path, ...], last: bool, database: Path, out: Path, dry_run: bool, seconds: float, **values: Any
) -> None:
    """Take answers in, from FILES or from what was submitted, and read the letters that have all of theirs."""
    from extractor.batch import Collected, advance, give_up, listed, take  # noqa: PLC0415
    from extractor.batch import collect as take_lines  # noqa: PLC0415
    from extractor.errors import ServiceError  # noqa: PLC0415
    from extractor.model.batches import Batches, lines_of  # noqa: PLC0415
    from extractor.settings import Limits  # noqa: PLC0415
    from extractor.store import Store  # noqa: PLC0415

    endpoint = _endpoint(values)
    taken, trouble = Collected(), None
    with Store(database, create=False) as store:
        for path in files:
            with path.open("rb") as content:
                taken += take_lines(lines_of(content, endpoint.api_key), store, endpoint.price)
        if not files and not dry_run and listed(store, "submitted"):
            try:
                with Batches(endpoint) as provider:
                    for job, sent, came in take(store, provider, endpoint.price):
                        taken += came
                        if sent.message:
                            click.echo(f"{job.file}: {sent.state}: {sent.message}", err=True)
            except ServiceError as error:  # what came before is read all the same
                trouble = error
        if last:
            give_up(store, listed(store))
        click.echo(
            f"{taken.answers:,} answers, {taken.errors:,} errors, {taken.strange:,} lines of nothing that was asked"
        )
        _show(advance(store, endpoint, out, Limits(seconds=seconds)))
    if trouble is not None:
        raise trouble


def _endpoint(values: dict[str, Any]) -> Endpoint:
    """Where to ask, and for how much; which model is a matter of the files, and named only for its price."""
    return reader_from({**values, "reader": "model"}, unnamed="any")[1]


def _show(done: Round) -> None:
    click.echo(f"{done.read:,} letters read, {done.failed:,} failed, {done.waiting:,} waiting")
    click.echo(f"{done.requests:,} new requests")
    for path in done.files:
        click.echo(f"file: {path}")
