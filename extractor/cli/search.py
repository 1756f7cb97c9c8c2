"""`imr search`: decisions by the words of their heading or rationale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from extractor.cli.options import database_option


@click.command(name="search")
@click.argument("words", nargs=-1, required=True)
@database_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most decisions shown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(words: tuple[str, ...], database: Path, limit: int, as_json: bool) -> None:
    """Find decisions whose heading and rationale hold all WORDS, best match first.

    Words are matched by their stem. For a phrase, put it in double quotes within single ones: '"red flags"'.
    The exit code is 1 where nothing matches.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.display import Screen, json_cleaned, show_hits  # noqa: PLC0415  heavy
    from extractor.store import Store  # noqa: PLC0415

    with Store(database, create=False) as store:
        hits = store.search(" ".join(words), limit=limit)
    if as_json:
        for hit in hits:
            plain = {**asdict(hit), "snippet": hit.snippet.replace("\x02", "").replace("\x03", "")}
            click.echo(json_cleaned(json.dumps(plain, ensure_ascii=False)))
    else:
        show_hits(Screen(), hits)
    if not hits:
        click.echo("imr: nothing matches", err=True)
        sys.exit(1)
