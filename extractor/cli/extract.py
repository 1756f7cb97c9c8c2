"""`imr extract`: letters in, JSON out; no database."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from extractor.cli.options import limit_options, limits_from, model_options, reader_from

if TYPE_CHECKING:
    from extractor.backlog.source import LetterSource
    from extractor.endings import FailedLetter
    from extractor.errors import ServiceError
    from extractor.reading.apart import Fetch
    from extractor.reading.configuration import Configuration
    from extractor.records.record import Record
    from extractor.settings import Endpoint, Limits


@click.command(name="extract")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "text"]),
    help="json: indented; jsonl: one line a letter; text: for reading.  [default: json for one letter, else jsonl]",
)
@model_options
@limit_options
def command(files: tuple[str, ...], form: str | None, dry_run: bool, **values: Any) -> None:
    """Read FILES (PDF, text, HTML, DOCX, mail) and print a record of each letter, in order. `-` reads one from stdin.

    A letter that cannot be read is reported on stderr and the others go on; the exit code is then 1.
    """
    configuration, endpoint = reader_from(values)
    limits = limits_from(values)
    if dry_run:
        from extractor.cli.estimate import show_estimate  # noqa: PLC0415

        show_estimate((_source(file, limits) for file in files), configuration, endpoint, limits)
        return
    from extractor.display.clean import one_line  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.endings import FailedLetter  # noqa: PLC0415

    ends: Iterable[Record | FailedLetter] = _ends(files, configuration, endpoint, limits)
    if form is None and len(files) == 1:  # which may hold several letters
        ends = list(ends)
        form = "json" if len(ends) == 1 else "jsonl"
    failed = False
    for ended in ends:
        if isinstance(ended, FailedLetter):
            failed = True
            click.echo(f"imr: {one_line(f'{ended.failure_class}: {ended.message}')}", err=True)
        else:
            _print(ended, form or "jsonl")
    if failed:
        sys.exit(1)


def _ends(
    files: tuple[str, ...], configuration: Configuration, endpoint: Endpoint, limits: Limits
) -> Iterator[Record | FailedLetter]:
    """Give how each file's letter ended."""
    if configuration.model is None:
        yield from _by_rules(files, configuration, limits)
        return
    import asyncio  # noqa: PLC0415

    from extractor.errors import ServiceError  # noqa: PLC0415

    outcomes = asyncio.run(_by_model(files, configuration, endpoint, limits))
    for outcome in outcomes:
        if isinstance(outcome, list):
            yield from outcome
        elif not isinstance(outcome, ServiceError):
            yield outcome
    for outcome in outcomes:  # what was paid for is printed before anything is raised
        if isinstance(outcome, ServiceError):
            raise outcome


def _by_rules(files: tuple[str, ...], configuration: Configuration, limits: Limits) -> Iterator[Record | FailedLetter]:
    from extractor.endings import FailedLetter, read_one  # noqa: PLC0415
    from extractor.reading.apart import Apart, as_record  # noqa: PLC0415  heavy: only when there is something to do

    with Apart(limits) as apart:
        for file in files:
            reading = partial(apart.read_each_by_rules, _fetch(file, limits), configuration, as_record)
            ended = read_one(reading, file, lambda: None)
            yield from [ended] if isinstance(ended, FailedLetter) else ended


async def _by_model(
    files: tuple[str, ...], configuration: Configuration, endpoint: Endpoint, limits: Limits
) -> list[list[Record] | FailedLetter | ServiceError]:
    """Read all letters at once, as many as may be in flight; a backlog goes by `imr run`."""
    import asyncio  # noqa: PLC0415

    from extractor.endings import await_one  # noqa: PLC0415
    from extractor.errors import ServiceError  # noqa: PLC0415
    from extractor.processes.children import cores  # noqa: PLC0415
    from extractor.readers.model import Session  # noqa: PLC0415
    from extractor.reading.apart import Apart, as_record  # noqa: PLC0415

    if configuration.model is None:
        raise ValueError("the configuration names no model")
    room = asyncio.Semaphore(endpoint.in_flight * 2)
    async with Session(configuration.model, endpoint) as session:
        apart = Apart(limits, min(cores(), len(files)), session.prompts)

        async def one(file: str) -> list[Record] | FailedLetter | ServiceError:
            async with room:
                reading = apart.read_each(_fetch(file, limits), configuration, as_record, session.asker)
                try:
                    return await await_one(reading, file, lambda: None)
                except ServiceError as error:
                    return error

        with apart:
            return await asyncio.gather(*map(one, files))


def _source(file: str, limits: Limits) -> LetterSource:
    from extractor.backlog.source import LetterSource  # noqa: PLC0415
    from extractor.backlog.walk import holds_letters  # noqa: PLC0415
    from extractor.errors import UnsupportedType  # noqa: PLC0415

    if holds_letters(file):
        return LetterSource(file, UnsupportedType(f"{file!r} is an archive or a list: read its letters with `imr run`"))
    if file == "-" and sys.stdin is None:
        from extractor.errors import ConfigurationError  # noqa: PLC0415

        raise ConfigurationError("standard input is closed: there is nothing to read from `-`")
    return (
        LetterSource("stdin", sys.stdin.buffer.read(limits.max_bytes + 1), "stdin")
        if file == "-"
        else LetterSource(file, file)
    )


def _fetch(file: str, limits: Limits) -> Fetch:
    return partial(_source(file, limits).document, limits)


def _print(record: Record, form: str) -> None:
    from extractor.display.clean import compact_pairs, json_cleaned  # noqa: PLC0415

    if form == "text":
        from extractor.display import Screen, show_record  # noqa: PLC0415

        screen = Screen()
        show_record(screen, record)
        screen.line()
    elif form == "json":
        click.echo(json_cleaned(compact_pairs(record.model_dump_json(indent=2))))
    else:
        click.echo(json_cleaned(record.model_dump_json()))
