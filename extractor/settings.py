"""Settings as frozen values. What a person can set, with its default, its unit and why that default.

What decides how a letter is read by a model (`ModelSettings`) is apart from what only decides where, how fast and for
how much money (`Endpoint`): the first is part of a record's configuration hash, the second is not. Values come from
flags, else the environment, else `imr.toml`, else the defaults here.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from extractor.errors import ConfigurationError

Mode = Literal["auto", "json_schema", "tools", "json", "responses"]
Strategy = Literal["whole", "sections", "budgeted"]
MODES: tuple[Mode, ...] = get_args(Mode)
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost before it is refused.

    The longest letter that was seen has 27,000 characters on 12 pages; the defaults leave room for twenty times that
    and still refuse, at once, what cannot be a letter.
    """

    max_bytes: int = 50_000_000
    """Size of the file, or of a text in UTF-8."""
    max_pages: int = 300
    """Pages of a PDF."""
    max_characters: int = 1_000_000
    """Code points of text after decoding."""
    seconds: float = 20.0
    """Wall-clock time for one document."""
    max_memory: int = 1_000_000_000
    """Bytes that a worker of a backlog may take for reading, beyond what it holds before its first letter. Real letters
    take 5 MB, a text of 900,000 characters 250 MB. Only workers are bounded: a library must not bound its user.
    """


DEFAULT_LIMITS = Limits()


_SHORTEST_KEY = 8
_MOST_ESCAPES = 7
"""Backslashes before a character: of JSON in JSON in JSON."""


@cache
def _spellings(key: str) -> re.Pattern[str]:
    slashes = rf"\\{{0,{_MOST_ESCAPES}}}"
    each = (rf"(?:{slashes}{re.escape(c)}|\\{slashes}u00{ord(c):02x})" for c in key)
    return re.compile("".join(each), re.IGNORECASE)


class Secret:
    """A key that shows itself only when asked: not in logs, errors, tracebacks, pickles or dumps."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the key itself."""
        return self._value

    def scrubbed(self, text: str) -> str:
        """The text without the key: in any case, and however often escaped as JSON does it. JSON stays JSON.

        A value of fewer than eight characters is no key (servers of one's own take "none" or "x"), and stays; so does
        what has no letter in it, as a version that is a date: letters hold dates.
        """
        for part in self._value.split():  # a header's value may begin with a word: Bearer
            if len(part) >= _SHORTEST_KEY and any(map(str.isalpha, part)):
                text = _spellings(part).sub("…", text)
        return text

    def __repr__(self) -> str:
        """Masked."""
        return "Secret('…')"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Refuse: a pickled key would lie in a queue or a file."""
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        """Equal keys are equal."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Of the key."""
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of one model."""

    input: float
    output: float
    cached_input: float | None = None
    """None: as `input`."""

    def __post_init__(self) -> None:
        """Refuse what would let a budget be crossed unseen."""
        for value in (self.input, self.output, self.cached_input or 0.0):
            if not 0 <= value < inf:
                raise ConfigurationError(f"a price must be dollars, 0 or more, not {value!r}")

    def of(self, input_tokens: int, cached_input_tokens: int, output_tokens: int) -> float:
        """Dollars for so many tokens; the cached are a part of the input."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = input_tokens - cached_input_tokens
        return (fresh * self.input + cached_input_tokens * cached + output_tokens * self.output) / 1e6


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigurationError(f"unknown {name} {value!r}; known: {', '.join(known)}")


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigurationError(f"{name} must be more than 0, not {value!r}")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What decides how a model reads a letter; part of the configuration's hash."""

    name: str
    """The model, as the endpoint names it."""
    strategy: Strategy = "whole"
    """`whole`: one request a letter. `sections`: small ones, for small models and long letters. `budgeted`: only what
    the rules reader left open or is weak at; with `both` readers."""
    mode: Mode = "auto"
    """How the form of the answer is asked for; `auto` tries until the endpoint takes one."""
    temperature: float | None = 0.0
    """None: not sent, for models that take no other than their own."""
    max_output_tokens: int = 4096
    """Of one answer. The longest letter seen (21 items) needs about 2,600."""
    leads: bool = True
    """With `both` readers: the model's word stands first where rules are weak (prose). Turn it off for small models."""
    corrects: bool = True
    """Ask once more about what could not be found in the letter. Small models only repeat themselves."""
    context_tokens: int = 32_000
    """Longer requests go by sections. An estimate of four characters a token is compared with it."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not self.name:
            raise ConfigurationError("a model needs a name: --model, IMR_MODEL, or name in [model] of imr.toml")
        _one_of("mode", self.mode, MODES)
        _one_of("strategy", self.strategy, STRATEGIES)
        _positive("max_output_tokens", self.max_output_tokens)
        _positive("context_tokens", self.context_tokens)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, how fast, and for how much; changes no record."""

    base_url: str | None = None
    """None: the openai client's own default."""
    api_key: Secret | None = None
    in_flight: int = 8
    """Requests open at once, at most; fewer after the endpoint asked for fewer."""
    timeout: float = 120.0
    """Seconds for one request."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    budget: float | None = None
    """US dollars that a run may not cross; needs a price."""
    price: Price | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    """Sent with every request, as `api-key` for Azure; with any, and without a key, no `Authorization` is."""
    query: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    """Behind every address, as `api-version` for Azure; with what stands behind `base_url`."""
    failures_in_a_row: int = 10
    """Requests that may fail with none answered between; then the run waits, and looks whether anybody is there."""
    patience: float = 60.0
    """Seconds for which it does; then it stops. Limits of providers are those of a minute."""
    prompts: Path | None = None
    """A folder of prompts that replaces ours."""
    record: Path | None = None
    """A folder into which every reply is recorded."""
    replay: Path | None = None
    """A folder of recorded replies that stands in for the endpoint."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.base_url is not None:
            address, query = _address(self.base_url)
            object.__setattr__(self, "base_url", address)
            object.__setattr__(self, "query", {**query, **self.query})
        for name, value in self.headers.items():
            _check_header(name, value)
        _positive("in_flight", self.in_flight)
        _positive("failures_in_a_row", self.failures_in_a_row)
        _positive("patience", self.patience)
        _positive("timeout", self.timeout)
        for name in ("requests_per_minute", "tokens_per_minute", "budget"):
            value = getattr(self, name)
            if value is not None:
                _positive(name, value)
        if self.budget is not None and self.price is None:
            raise ConfigurationError(
                "a budget needs the price of the model: --price IN,OUT, or a table [prices.MODEL] in imr.toml"
            )


def _address(given: str) -> tuple[str, dict[str, Secret]]:
    """An address without what stands behind its question mark, and that; neither is shown where it may hold a key."""
    try:
        parts = urlsplit(given)
        query = {name: Secret(value) for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError as error:
        raise ConfigurationError("base_url is no address of the web: check OPENAI_BASE_URL") from error
    if "@" in parts.netloc or ("@" in given and not parts.netloc):
        raise ConfigurationError(
            "base_url holds a user and a password, which are sent nowhere: give http://HOST:PORT/v1 alone, and a "
            'password as Authorization = "Basic …" under [model.headers] of imr.toml'
        )
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(f"base_url must begin with http:// or https://, not {given.partition('?')[0]!r}")
    return urlunsplit(parts._replace(query="", fragment="")), query


def _check_header(name: str, value: Secret) -> None:
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) is None:
        raise ConfigurationError(f"{name!r} under [model.headers] is no name of a header")
    if not (value.reveal().isascii() and value.reveal().isprintable()):
        raise ConfigurationError(f"the header {name!r} holds a line break, or a character that is not ASCII")


DEFAULT_ENDPOINT = Endpoint()


# --- where settings come from ----------------------------------------------------------------------------------------

CONFIG_FILE = "imr.toml"
_VARIABLES = {
    "name": "IMR_MODEL",
    "base_url": "OPENAI_BASE_URL",
    "api_key": "OPENAI_API_KEY",
    **{
        name: f"IMR_{name.upper()}"
        for name in (
            "strategy",
            "mode",
            "leads",
            "corrects",
            "temperature",
            "max_output_tokens",
            "context_tokens",
            "in_flight",
            "timeout",
            "requests_per_minute",
            "tokens_per_minute",
            "budget",
            "failures_in_a_row",
            "patience",
            "prompts",
            "record",
            "replay",
            "price",
        )
    },
}
"""Setting → environment variable."""
_INTEGERS = frozenset(
    {
        *("max_output_tokens", "context_tokens", "in_flight", "requests_per_minute", "tokens_per_minute"),
        "failures_in_a_row",
    }
)
_NUMBERS = frozenset({"temperature", "timeout", "budget", "patience"})
_TABLES = frozenset({"headers", "query"})
"""Only in the file; their values are secrets, and `$NAME` is the value of that variable."""
_PATHS = frozenset({"prompts", "record", "replay"})


@dataclass(frozen=True)
class Chosen:
    """The settings of a model reader as they were found."""

    model: ModelSettings
    endpoint: Endpoint
    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting → where it came from: `flag`, the variable's name, or the file's. Defaults are not named."""


def model_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
    unnamed: str = "",
) -> Chosen:
    """Gather the settings of the model reader: flags, else environment, else `imr.toml`, else defaults.

    Args:
        flags: Setting → value; None means not given.
        environment: The environment's variables; the process's own by default.
        file: The configuration file; `IMR_CONFIG`, else `imr.toml` in the current folder where there is one.
        unnamed: What stands for the model where none is named, and which it is does not matter.

    Raises:
        ConfigurationError: a value cannot be used, the file is broken, or no model is named.

    """
    environment = os.environ if environment is None else environment
    table, prices, path = _from_file(file, environment)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, value in table.items():
        where = f"{name} in {path}"
        typed = _secrets(value, environment, where) if name in _TABLES else _typed(name, value, where)
        values[name], sources[name] = typed, str(path)
    for name, variable in _VARIABLES.items():
        if environment.get(variable, "") != "":
            values[name], sources[name] = _typed(name, environment[variable], variable), variable
    for name, value in (flags or {}).items():
        if value is not None:
            values[name], sources[name] = _typed(name, value, f"--{name.replace('_', '-')}"), "flag"
    if "price" not in values and values.get("name") in prices:
        values["price"], sources["price"] = prices[values["name"]], str(path)
    model = ModelSettings(**{"name": unnamed, **_of(ModelSettings, values)})
    return Chosen(model, Endpoint(**_of(Endpoint, values)), sources)


_T = TypeVar("_T", ModelSettings, Endpoint)


def _of(kind: type[_T], values: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(kind)}
    return {name: value for name, value in values.items() if name in known}


def _from_file(file: Path | None, environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Price], Path]:
    named = file or (Path(environment["IMR_CONFIG"]) if environment.get("IMR_CONFIG") else None)
    path = named or Path(CONFIG_FILE)
    if named is None and not path.is_file():
        return {}, {}, path
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"settings {str(path)!r} cannot be read: {error}") from error
    unknown = sorted(set(given) - {"model", "prices"})
    model = given.get("model", {})
    if unknown or not isinstance(model, dict) or not isinstance(given.get("prices", {}), dict):
        raise ConfigurationError(f'{path}: only the tables [model] and [prices."MODEL"] are known, not {unknown}')
    known = {*_VARIABLES, *_TABLES}
    if strange := sorted(set(model) - known):
        raise ConfigurationError(f"{path}: unknown in [model]: {', '.join(strange)}; known: {', '.join(sorted(known))}")
    prices = {name: _price(value, f'prices."{name}" in {path}') for name, value in given.get("prices", {}).items()}
    return model, prices, path


def _typed(name: str, value: Any, where: str) -> Any:
    """Give a setting its type; text is parsed. The key's value never stands in a message."""
    if name == "api_key":
        return value if isinstance(value, Secret) else Secret(str(value))
    if name == "price":
        return _price(value, where)
    try:
        if name in _INTEGERS | _NUMBERS and isinstance(value, bool):
            raise TypeError  # noqa: TRY301  Python counts with it, people do not
        if name in _INTEGERS:
            return int(str(value))
        if name in _NUMBERS:
            return None if name == "temperature" and value == "none" else float(value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{where} must be a number, not {value!r}") from error
    if name in ("leads", "corrects"):
        return _yes_or_no(value, where)
    if not isinstance(value, str | Path):
        raise ConfigurationError(f"{where} must be text, not {value!r}")
    return Path(value) if name in _PATHS else str(value)


def _secrets(value: Any, environment: Mapping[str, str], where: str) -> dict[str, Secret]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str | int) for each in value.values()):
        raise ConfigurationError(f"{where} must be a table of texts")
    given = {name: str(each) for name, each in value.items()}
    if lacking := [each for each in given.values() if each.startswith("$") and not environment.get(each[1:])]:
        named = all(re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", each) for each in lacking)
        raise ConfigurationError(f"{where} names a variable that is not set{': ' + lacking[0] if named else ''}")
    return {name: Secret(environment[each[1:]] if each.startswith("$") else each) for name, each in given.items()}


def _yes_or_no(value: Any, where: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in known:
        raise ConfigurationError(f"{where} must be yes or no, not {value!r}")
    return known[str(value).lower()]


def _price(value: Any, where: str) -> Price:
    """From `IN,OUT` or `IN,CACHED,OUT`, or a table with those names; dollars for a million tokens."""
    try:
        if isinstance(value, Price):
            return value
        if isinstance(value, Mapping):
            return Price(**{name: float(number) for name, number in value.items()})
        numbers = [float(part) for part in str(value).split(",")]
        if len(numbers) == 2:
            return Price(input=numbers[0], output=numbers[1])
        full, cached, output = numbers
        return Price(input=full, cached_input=cached, output=output)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{where} must be IN,OUT or IN,CACHED,OUT in dollars a million tokens, not {value!r}"
        ) from error
