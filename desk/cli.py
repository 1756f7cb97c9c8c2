"""The command group `imr desk` (and `python -m desk`)."""

from __future__ import annotations

from pathlib import Path

import click

from extractor.cli.options import database_option
from extractor.errors import ConfigurationError, ImrError

EXTRA = ("jinja2", "starlette", "uvicorn")
"""What only the desk needs: the extra `desk`."""


class _Commands(click.Group):
    """Shows our own errors as one sentence, with their exit code; a package of the extra that is not there, too."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ImrError as error:
            self._stop(ctx, error)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in EXTRA:
                raise
            self._stop(ctx, ConfigurationError(f"{missing} is not installed: pip install 'imr-extractor[desk]'"))
        return None

    def _stop(self, ctx: click.Context, error: ImrError) -> None:
        from extractor.display.clean import one_line  # noqa: PLC0415  only when something went wrong

        click.echo(f"imr desk: {one_line(str(error))}", err=True)
        ctx.exit(error.exit_code)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="This machine's own address; no other, for now.")
@click.option("--port", type=click.IntRange(0, 65535), default=8747, show_default=True, help="0 takes any free one.")
@click.pass_context
def group(ctx: click.Context, database: Path, host: str, port: int) -> None:
    """Look at letters beside their records in a browser, on this machine.

    Prints an address that signs in one browser, once; when it was used, it prints the next. Ctrl-C ends it.
    """
    ctx.obj = database
    if ctx.invoked_subcommand is None:
        from desk.serving import serve  # noqa: PLC0415  heavy

        serve(database, host, port, lambda address: click.echo(f"Open once in a browser: {address}"))


@group.command()
@click.argument("name")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def page(database: Path, name: str, out: Path) -> None:
    """Write the letter NAME beside its record as one page, OUT, that needs nothing else.

    NAME is a case number, the beginning of a document's SHA-256 (six characters), or a file name. The page holds the
    letter: whoever gets it can read it.
    """
    from desk.letter import open_letter  # noqa: PLC0415  heavy
    from desk.pages import render_alone  # noqa: PLC0415
    from desk.shelf import Shelf  # noqa: PLC0415

    with Shelf(database) as shelf:
        letter = open_letter(shelf, name)
    try:
        out.write_text(render_alone(letter), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{str(out)!r} cannot be written ({error.strerror})") from error
    if letter.others:
        click.echo(
            f"{len(letter.others) + 1} documents answer to {name!r}; written is {letter.record.document.sha256[:12]}",
            err=True,
        )
