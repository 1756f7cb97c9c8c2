"""`imr prompts`: what the model reader asks, where it comes from, and by which hash it is known."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="prompts")
@click.argument("name", required=False)
@click.option(
    "--prompts", "folder", type=click.Path(file_okay=False, path_type=Path), help="A folder that replaces ours."
)
@click.option("--copy", "target", type=click.Path(path_type=Path), help="Copy them to this new folder, to change them.")
def command(name: str | None, folder: Path | None, target: Path | None) -> None:
    """List the prompts; with NAME, print one as it is sent, worked examples included.

    A folder of your own goes to `imr extract` and `imr run` as --prompts, or as IMR_PROMPTS. Its hash is part of every
    record's provenance, so that a changed prompt reads again and keeps the old answers beside the new.
    """
    from extractor.readers.model.prompts import copy_prompts, load_prompts  # noqa: PLC0415  only when there is something to do

    prompts = load_prompts(folder)
    if target is not None:
        copy_prompts(folder, target)
        click.echo(f"copied to {target}: use it with --prompts {target}")
        return
    if name is None:
        from extractor.display import Screen, show_prompts  # noqa: PLC0415

        show_prompts(Screen(), prompts)
        return
    found = next((prompt for prompt in prompts.by_name.values() if prompt.name == name), None)
    if found is None:
        raise click.BadParameter(f"{name!r}; known: {', '.join(prompts.by_name)}", param_hint="NAME")
    from extractor.readers.model.letters import opening  # noqa: PLC0415

    for message in opening(found):
        click.echo(f"--- {message.role}\n{message.content}\n")
