"""`imr extract`: letters in, JSON out; no database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.cli.options import limit_options, limits_from

if TYPE_CHECKING:
    from extractor.records import Record
    from extractor.settings import Limits


@click.command(name="extract")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "text"]),
    help="json: indented; jsonl: one line a letter; text: for reading.  [default: json for one letter, else jsonl]",
)
@limit_options
def command(files: tuple[str, ...], form: str | None, **limits: Any) -> None:
    """Read FILES (PDF, text, HTML, DOCX) and print one record each, in order. `-` reads a letter from stdin.

    A letter that cannot be read is reported on stderr and the others go on; the exit code is then 1.
    """
    form = form or ("json" if len(files) == 1 else "jsonl")
    failed = False
    for outcome in _records(files, limits_from(limits)):
        if isinstance(outcome, str):
            failed = True
            click.echo(f"imr: {outcome}", err=True)
        else:
            _print(outcome, form)
    if failed:
        sys.exit(1)


def _records(files: tuple[str, ...], limits: Limits) -> Iterator[Record | str]:
    """Give a record for each file, or why there is none."""
    from extractor.display.clean import one_line  # noqa: PLC0415  heavy: only when there is something to do
    from extractor.documents import read_document  # noqa: PLC0415
    from extractor.errors import DocumentError  # noqa: PLC0415
    from extractor.pipeline import Configuration, read  # noqa: PLC0415

    configuration = Configuration()
    for file in files:
        try:
            if file == "-":
                data: bytes = sys.stdin.buffer.read(limits.max_bytes + 1)
                document = read_document(data, name="stdin", limits=limits)
            else:
                document = read_document(Path(file), limits=limits)
            yield read(document, configuration)
        except DocumentError as error:
            yield one_line(f"{error.failure_class}: {error}")


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
