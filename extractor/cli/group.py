"""The command group: commands are modules that are imported when they are called, not before."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import click

from extractor.cli.logs import LEVELS, export_telemetry, logging_to
from extractor.errors import ImrError

ENTRY_POINTS = "imr.commands"
"""Entry-point group through which other packages (the evaluation, for one) add commands: name = module:command."""

COMMANDS: dict[str, str] = {
    "extract": "Read letters and print their records as JSON.",
    "run": "Read a backlog of letters into a database.",
    "show": "Show one record, each value with the words that support it.",
    "status": "Counts, failures by class, flags by code.",
    "search": "Full-text search over headings and rationales.",
    "failures": "List letters that ended without a record.",
    "export": "Write flat tables: CSV, JSON lines or Parquet.",
    "history": "Show every record of a letter, and what changed between them.",
    "reground": "Read a model's kept replies again; nobody is asked.",
    "cluster": "Read a backlog on more than one machine (an extra).",
    "import": "Merge what a cluster has read into a database.",
    "batch": "Read letters by a provider's batch interface, or by files.",
    "model": "Check endpoint, key, model and mode by one small request.",
    "learn": "Learn from labelled letters (an extra).",
    "prompts": "List, print or copy the prompts of the model reader.",
    "schema": "Print the JSON Schema of the determination.",
}
"""Our own commands, in the order in which help lists them; each is `command` in the module of its name."""

_MODULES = {"import": "import_results"}
"""Commands whose name cannot be a module's."""


class LazyGroup(click.Group):
    """Lists commands by name and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own first, then those of the entry-point group."""
        return [*COMMANDS, *sorted(set(_joined()) - set(COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command. None where there is none of that name."""
        if cmd_name in COMMANDS:
            return cast(click.Command, import_module(f"extractor.cli.{_MODULES.get(cmd_name, cmd_name)}").command)
        joined = _joined().get(cmd_name)
        return cast(click.Command, joined.load()) if joined else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        rows = list(COMMANDS.items())
        rows += [
            (name, f"Added by {point.dist.name if point.dist else 'another package'}: see `imr {name} --help`.")
            for name, point in sorted(_joined().items())
            if name not in COMMANDS
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; our own errors become one sentence on stderr."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("imr: stopped at once", err=True)
            ctx.exit(130)
        except ImrError as error:
            from extractor.display.clean import one_line  # noqa: PLC0415  only when something went wrong

            click.echo(f"imr: {one_line(str(error))}", err=True)
            ctx.exit(error.exit_code)


def _joined() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="imr-extractor", prog_name="imr")
@click.option(
    "--log", envvar="IMR_LOG", show_envvar=True, metavar="FILE", help="Log to FILE, or - for stderr: JSON lines."
)
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="What is logged.")
@click.pass_context
def cli(ctx: click.Context, log: str | None, log_level: str) -> None:
    """Turn IMR determination letters into records in which every value can be pointed at in the letter."""
    if log is not None:
        ctx.with_resource(logging_to(log, log_level))
    export_telemetry()
