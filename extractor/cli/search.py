"""`imr search`: decisions by the words of their letters, and by what they are like."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from extractor.cli.options import database_option

if TYPE_CHECKING:
    from extractor.store.search import Hit

_F = TypeVar("_F", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d"])


def _filter(name: str, text: str) -> Callable[[_F], _F]:
    return click.option(f"--{name}", multiple=True, help=f"{text} May be given several times: any is enough.")


# A word with a hyphen before it is what the search leaves out, and no option.
@click.command(name="search", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@database_option
@click.option("--outcome", multiple=True, type=click.Choice(["upheld", "overturned"]), help="How it was decided.")
@_filter("category", "Kind of service, or kind within it: surgery, spinal_fusion.")
@_filter("drug", "A drug by any of its names, an ingredient, or a class: norco, hydrocodone, opioid.")
@_filter("guideline", "What either side relied on or cites: MTUS, ODG, or words of a title.")
@_filter("specialty", "Words of a specialty of the reviewer.")
@_filter("reason", "A reason of the decision: criteria_not_met.")
@_filter("layout", "Layout of the letter.")
@_filter("flag", "Code of a flag on the decision or its letter: withheld.")
@click.option("--since", type=_DAY, metavar="DATE", help="Decided on this day or later.")
@click.option("--until", type=_DAY, metavar="DATE", help="Decided on this day or earlier.")
@click.option(
    "--sort", type=click.Choice(["rank", "date"]), default="rank", show_default=True, help="What comes first."
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most decisions shown.")
@click.option("--json", "form", flag_value="json", help="Print JSON lines.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
def command(
    words: tuple[str, ...],
    database: Path,
    since: datetime | None,
    until: datetime | None,
    sort: str,
    limit: int,
    form: str | None,
    **filters: tuple[str, ...],
) -> None:
    """Find decisions by WORDS of their letters, by filters, or by both.

    All words must be there, by their stem. AND, OR and NOT in capitals, parentheses, -word and word* are obeyed. For a
    phrase, put it in double quotes within single ones: '"red flags"'. A case number in any spelling, or a part of one,
    finds its decisions. The exit code is 1 where nothing matches.
    """
    from extractor.display import Screen, show_hits  # noqa: PLC0415  heavy
    from extractor.store import Store  # noqa: PLC0415
    from extractor.store.search import Filters, Order  # noqa: PLC0415

    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    asked = Filters(**filters, since=since.date() if since else None, until=until.date() if until else None)
    with Store(database, create=False) as store:
        page = store.search(" ".join(words), asked, limit=limit, order=Order(sort))
    if form == "json":
        _print_json(page.hits)
    elif form == "csv":
        _print_csv(page.hits)
    else:
        show_hits(Screen(), page)
    if not page.total:
        click.echo("imr: nothing matches", err=True)
        sys.exit(1)


def _plain(hit: Hit) -> dict[str, Any]:
    from extractor.store.search import HIT_END, HIT_START  # noqa: PLC0415

    return asdict(replace(hit, snippet=hit.snippet.replace(HIT_START, "").replace(HIT_END, "")))


def _print_json(hits: tuple[Hit, ...]) -> None:
    from extractor.display import json_cleaned  # noqa: PLC0415

    for hit in hits:
        click.echo(json_cleaned(json.dumps(_plain(hit), ensure_ascii=False)))


def _print_csv(hits: tuple[Hit, ...]) -> None:
    from extractor.display import cleaned  # noqa: PLC0415
    from extractor.export import defused  # noqa: PLC0415
    from extractor.store.search import Hit  # noqa: PLC0415

    names = tuple(Hit.__dataclass_fields__)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for hit in hits:
        row = _plain(hit)
        writer.writerow([defused(cleaned(cell)) if isinstance(cell := row[name], str) else cell for name in names])
