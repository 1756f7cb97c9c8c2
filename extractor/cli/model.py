"""`imr model`: whether the endpoint and the model can be worked with, before a backlog is begun."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from extractor.cli.options import settings_from, settings_options

if TYPE_CHECKING:
    from extractor.readers.model.checking import Checked
    from extractor.settings import Chosen


@click.group(name="model")
def command() -> None:
    """Look at the endpoint and the model of the model reader."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@settings_options
def check(as_json: bool, **values: Any) -> None:
    """Send one small request, which holds no letter, and tell whether key, model, mode and speed are right.

    The settings are those of `imr run`: flags, else environment, else imr.toml. Where the endpoint refuses a mode or a
    parameter, the request is put otherwise, as it would be for a letter.

    Exit code 0; or 1 when it was not answered, or not in the form that was asked for; or 2 when the endpoint serves
    nobody with these settings (key, model, credit, certificate, address).
    """
    import asyncio  # noqa: PLC0415
    import json  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415

    from extractor.errors import ModelError  # noqa: PLC0415
    from extractor.readers.model.checking import check as check_model  # noqa: PLC0415  heavy

    chosen = settings_from(values)
    try:
        found = asyncio.run(check_model(chosen.model, chosen.endpoint))
    except ModelError as error:
        from extractor.display.clean import one_line  # noqa: PLC0415

        said = getattr(error, "said", "")
        click.echo(
            f"imr: {one_line(f'{error.failure_class}: {error}')}{'; it says: ' + said if said else ''}", err=True
        )
        sys.exit(1)
    click.echo(json.dumps({**asdict(found), "good": found.good}) if as_json else "\n".join(_lines(found, chosen)))
    if not found.good:
        sys.exit(1)


def _lines(found: Checked, chosen: Chosen) -> list[str]:
    from extractor.display.clean import one_line  # noqa: PLC0415

    endpoint = chosen.endpoint
    key = "accepted" if endpoint.api_key or endpoint.headers else "none given, none asked for"
    tokens = f"{found.input_tokens:,} tokens in, {found.output_tokens:,} out"
    used = f"{found.seconds:.1f} s; {tokens}" if found.input_tokens else f"{found.seconds:.1f} s; tokens are not told"
    named = one_line(found.model) or "it does not say"
    lines = [
        f"endpoint  {endpoint.base_url or 'the default of the openai client'}: answers",
        f"key       {key}",
        f"model     {chosen.model.name} (by its own account: {named})",
        f"mode      {found.mode}{'' if chosen.model.mode != 'auto' else ' (found by trying)'}",
        f"answer    {'right' if found.right else found.fault or 'of the form, but wrong: the model may be too small'}",
        f"speed     {used}",
    ]
    if found.dollars is None and endpoint.price is None:
        lines.append("price     not known: give --price, or a budget cannot be kept")
    if not found.input_tokens:
        lines.append("usage     not told: a budget counts each request at its most")
    return lines
