"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from extractor.settings import (
    DEFAULT_ENDPOINT,
    DEFAULT_LIMITS,
    MODES,
    STRATEGIES,
    Chosen,
    Endpoint,
    Limits,
    model_settings,
)

if TYPE_CHECKING:
    from extractor.reading.configuration import Configuration

_F = TypeVar("_F", bound=Callable[..., Any])

database_option = click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("imr.db"),
    show_default=True,
    envvar="IMR_DB",
    show_envvar=True,
    help="The database.",
)

_LIMITS = (
    ("--max-bytes", click.IntRange(min=1), DEFAULT_LIMITS.max_bytes, "Largest file, in bytes."),
    ("--max-pages", click.IntRange(min=1), DEFAULT_LIMITS.max_pages, "Most pages of a PDF."),
    ("--max-characters", click.IntRange(min=1), DEFAULT_LIMITS.max_characters, "Longest text, in characters."),
    ("--seconds", click.FloatRange(min=0, min_open=True), DEFAULT_LIMITS.seconds, "Longest time for one letter."),
    (
        "--max-memory",
        click.IntRange(min=1),
        DEFAULT_LIMITS.max_memory,
        "Most memory that a worker of `imr run` takes to read, in bytes.",
    ),
)


def _limit_option(name: str, kind: Any, default: float, text: str) -> Callable[[_F], _F]:
    return click.option(name, type=kind, default=default, show_default=True, help=text)


seconds_option = _limit_option(*next(limit for limit in _LIMITS if limit[0] == "--seconds"))


def limit_options(function: _F) -> _F:
    """Add the options that bound what one letter may cost; `limits_from` gathers them."""
    for limit in reversed(_LIMITS):
        function = _limit_option(*limit)(function)
    return function


def limits_from(values: dict[str, Any]) -> Limits:
    """Gather the limits that `limit_options` gave."""
    return Limits(**values)


_FOLDER = click.Path(file_okay=False, path_type=Path)
_READERS = ("rules", "model", "both")
_MODEL: tuple[tuple[str, Any, str], ...] = (
    ("--model", None, "The model, as its endpoint names it. [IMR_MODEL]"),
    ("--base-url", None, "An OpenAI-compatible endpoint. [OPENAI_BASE_URL]"),
    ("--api-key", None, "Better given as OPENAI_API_KEY: others may see a command line."),
    (
        "--strategy",
        click.Choice(STRATEGIES),
        "One request a letter; several small ones; or only what rules leave open.",
    ),
    ("--mode", click.Choice(MODES), "How the form of the answer is asked for."),
    ("--leads/--follows", None, "With both readers: whether the model's word stands first where rules are weak."),
    ("--corrects/--no-corrections", None, "Ask once more about what could not be found in the letter."),
    ("--temperature", str, "A number, or none for models that take only their own."),
    ("--max-output-tokens", int, "Limit of one answer."),
    ("--context-tokens", int, "The model's context; longer letters go by sections."),
    ("--in-flight", int, "Requests open at once."),
    ("--timeout", float, "Seconds for one request."),
    ("--failures-in-a-row", int, "Requests that may fail, none answered between; then the run looks who is there."),
    ("--patience", float, "Seconds for which it waits for an endpoint that answers nothing; then it stops."),
    ("--requests-per-minute", int, "Limit of the account."),
    ("--tokens-per-minute", int, "Limit of the account."),
    ("--budget", float, "US dollars that are never crossed; needs a price."),
    ("--price", None, "IN,OUT or IN,CACHED,OUT in dollars for a million tokens."),
    ("--prompts", _FOLDER, "A folder of prompts that replaces ours."),
    ("--record", _FOLDER, "Keep every reply in this folder."),
    ("--replay", _FOLDER, "Take replies from this folder; with --record, ask for what it lacks."),
)


def model_options(function: _F) -> _F:
    """Add the options of the model reader; `reader_from` gathers them."""
    function = settings_options(function)
    text = "rules: embedded, offline. model: prompt-driven. both: each checks the other."
    function = click.option("--dry-run", is_flag=True, help="Estimate tokens and cost; ask nothing.")(function)
    return click.option(
        "--reader", type=click.Choice(_READERS), default="rules", show_default=True, envvar="IMR_READER", help=text
    )(function)


def settings_options(function: _F) -> _F:
    """Add the options that say which model is asked, and where; `settings_from` gathers them."""
    for name, kind, text in reversed(_MODEL):
        function = click.option(name, type=kind, default=None, help=text)(function)
    config = click.Path(dir_okay=False, path_type=Path)
    return click.option("--config", type=config, help="Settings file. [IMR_CONFIG; default: imr.toml if there]")(
        function
    )


def settings_from(values: dict[str, Any]) -> Chosen:
    """Take what `settings_options` gave out of `values`.

    Raises:
        ConfigurationError: the settings cannot be used.

    """
    return _chosen(_model_flags(values), values.pop("config"), "")


def _model_flags(values: dict[str, Any]) -> dict[str, Any]:
    names = [name.lstrip("-").split("/")[0].replace("-", "_") for name, _, _ in _MODEL]
    return {name: values.pop(name) for name in names}


def _chosen(flags: dict[str, Any], file: Path | None, unnamed: str) -> Chosen:
    return model_settings(
        {"name" if name == "model" else name: flags[name] for name in flags}, file=file, unnamed=unnamed
    )


def reader_from(values: dict[str, Any], *, unnamed: str = "") -> tuple[Configuration, Endpoint]:
    """Take what `model_options` gave out of `values`: how to read, and where the model is asked.

    `unnamed` stands for the model where none is named.

    Raises:
        ConfigurationError: the settings cannot be used.

    """
    from extractor.errors import ConfigurationError  # noqa: PLC0415
    from extractor.reading.configuration import Configuration  # noqa: PLC0415  heavy: only when there is something to do

    flags = _model_flags(values)
    reader, file = values.pop("reader"), values.pop("config")
    if reader == "rules":
        given = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value is not None]
        if given:
            raise ConfigurationError(f"{', '.join(given)} is for a model: add --reader model or --reader both")
        return Configuration(), DEFAULT_ENDPOINT
    chosen = _chosen(flags, file, unnamed)
    return Configuration.of(reader, chosen.model, chosen.endpoint.prompts), chosen.endpoint
