"""`imr batch`: letters by a provider's batch interface, or by any system that answers JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.cli.options import database_option, limit_options, limits_from, model_options, reader_from

if TYPE_CHECKING:
    from extractor.batch import Round

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

    configuration, service = reader_from(values)
    limits = limits_from(values)
    if dry_run:
        from extractor.cli.estimate import show_estimate  # noqa: PLC0415

        show_estimate(walk.letters(paths, database), configuration, service, limits)
        return
    with Store(database) as store:
        _show(build_files(walk.letters(paths, database), store, configuration, service, limits, out))


@command.command()
@database_option
@model_options
def submit(database: Path, dry_run: bool, **values: Any) -> None:
    """Send every file that has not been sent."""
    from extractor.model.batches import Batches  # noqa: PLC0415
    from extractor.store import Store, batches  # noqa: PLC0415

    with Store(database, create=False) as store, Batches(_service(values)) as remote:
        for job in _jobs(store, "built"):
            if dry_run:
                click.echo(f"would send {job.file}: {job.requests:,} requests")
                continue
            told = remote.submit(Path(job.file))
            with store.batching() as db:
                batches.update_job(db, job.id, _now(), state="submitted", remote_id=told.id, remote_state=told.state)
            click.echo(f"{job.file}: {job.requests:,} requests, {told.id}")


@command.command()
@database_option
@model_options
def status(database: Path, dry_run: bool, **values: Any) -> None:
    """Ask how what was sent stands."""
    from extractor.store import Store, batches  # noqa: PLC0415

    with Store(database, create=False) as store:
        if _jobs(store, "submitted") and not dry_run:
            _refresh(store, values)
        with store.batching() as db:
            letters = batches.counts(db)
        for job in _jobs(store):
            click.echo(
                f"{job.file}: {job.state}{f' ({job.remote_state})' if job.remote_state else ''}, {job.requests:,} "
                f"requests, {job.answered:,} answered, {job.failed:,} failed"
            )
        click.echo(
            "letters: " + (", ".join(f"{count:,} {state}" for state, count in sorted(letters.items())) or "none")
        )


@command.command()
@click.argument("files", nargs=-1, type=_FILES)
@click.option("--last", is_flag=True, help="No more answers will come: what FILES leave open is asked again.")
@database_option
@out_option
@model_options
def collect(files: tuple[Path, ...], last: bool, database: Path, out: Path, dry_run: bool, **values: Any) -> None:
    """Take answers in, from FILES or from what was submitted, and read the letters that have all of theirs."""
    from extractor.batch import Collected, advance  # noqa: PLC0415
    from extractor.batch import collect as take  # noqa: PLC0415
    from extractor.settings import Service  # noqa: PLC0415
    from extractor.store import Store, batches  # noqa: PLC0415

    prompts = values.get("prompts")
    with Store(database, create=False) as store:
        taken = Collected()
        for path in files:
            with path.open(encoding="utf-8", errors="replace") as lines:
                taken = _sum(taken, take(lines, store))
        if not files and _jobs(store, "submitted") and not dry_run:
            taken = _take_remote(store, values, taken)
        if last:
            with store.batching() as db:
                for job in batches.jobs(db):
                    batches.unanswered(db, job.id)
        click.echo(
            f"{taken.answers:,} answers, {taken.errors:,} errors, {taken.strange:,} lines of nothing that was asked"
        )
        _show(advance(store, Service(prompts=prompts), out))


def _take_remote(store: Any, values: dict[str, Any], taken: Any) -> Any:
    from extractor.batch import collect as take  # noqa: PLC0415
    from extractor.model.batches import ENDED, Batches  # noqa: PLC0415
    from extractor.store import batches  # noqa: PLC0415

    with Batches(_service(values)) as remote:
        for job in _jobs(store, "submitted"):
            told = remote.state(str(job.remote_id))
            for file in told.files:
                taken = _sum(taken, take(remote.lines(file), store))
            with store.batching() as db:
                state = "collected" if told.state in ENDED else "submitted"
                batches.update_job(db, job.id, _now(), state=state, remote_id=told.id, remote_state=told.state)
                if told.state in ENDED:
                    batches.unanswered(db, job.id)
            if told.message:
                click.echo(f"{job.file}: {told.state}: {told.message}", err=True)
    return taken


def _refresh(store: Any, values: dict[str, Any]) -> None:
    from extractor.model.batches import Batches  # noqa: PLC0415
    from extractor.store import batches  # noqa: PLC0415

    with Batches(_service(values)) as remote:
        for job in _jobs(store, "submitted"):
            told = remote.state(str(job.remote_id))
            with store.batching() as db:
                batches.update_job(
                    db,
                    job.id,
                    _now(),
                    state="submitted",
                    remote_id=told.id,
                    remote_state=f"{told.state} {told.done}/{told.total}",
                )


def _service(values: dict[str, Any]) -> Any:
    """Where to ask; which model is a matter of the files."""
    values["model"] = values.get("model") or "any"
    values["reader"] = "model"
    return reader_from(values)[1]


def _jobs(store: Any, state: str | None = None) -> list[Any]:
    from extractor.store import batches  # noqa: PLC0415

    with store.batching() as db:
        return [job for job in batches.jobs(db) if state is None or job.state == state]


def _sum(one: Any, other: Any) -> Any:
    from extractor.batch import Collected  # noqa: PLC0415

    return Collected(one.answers + other.answers, one.errors + other.errors, one.strange + other.strange)


def _show(done: Round) -> None:
    click.echo(f"{done.read:,} letters read, {done.failed:,} failed, {done.waiting:,} waiting")
    click.echo(f"{done.requests:,} new requests")
    for path in done.files:
        click.echo(f"file: {path}")


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.now(UTC).isoformat(timespec="seconds")
