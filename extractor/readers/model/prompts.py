"""Prompts as files: a Markdown text under TOML front matter, strict in everything, known by its hash.

A prompt declares its variables; each is filled by the fragment of that name. It names its examples: a short letter and
the answer that a reader should give, shown as turns before the letter that is asked about. Letters are never rendered:
only these files are templates.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from extractor.errors import ConfigurationError
from extractor.settings import STRATEGIES, Strategy

PromptName = Literal["whole", "summary", "item", "gaps", "corrections"]
NAMES: tuple[PromptName, ...] = get_args(PromptName)
USED_BY: dict[Strategy, tuple[PromptName, ...]] = {
    "whole": ("whole", "corrections"),
    "sections": ("summary", "item", "corrections"),
    "budgeted": ("gaps", "corrections"),
}
"""Which prompts a strategy needs. Besides, each falls back on `whole` for letters of no known layout, and `whole` on
`sections` for letters that are too long for one request."""

_KEYS: dict[str, type] = {"name": str, "version": int, "strategy": str, "variables": list, "examples": list}
_FENCE = "+++"


@dataclass(frozen=True, slots=True)
class Example:
    """A letter and the answer that a reader should give."""

    name: str
    letter: str
    answer: str
    """JSON, in the form of a whole letter's answer; the other forms are parts of it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, its variables filled."""

    name: PromptName
    version: int
    strategy: str
    variables: tuple[str, ...]
    examples: tuple[Example, ...]
    text: str

    @property
    def sha256(self) -> str:
        """Identity: the hash of everything that is sent because of this prompt."""
        shown = [[example.letter, example.answer] for example in self.examples]
        return _digest([self.name, self.version, self.text, shown])


@dataclass(frozen=True)
class Prompts:
    """All prompts of one folder."""

    folder: str
    by_name: dict[PromptName, Prompt]

    def __getitem__(self, name: PromptName) -> Prompt:
        """The prompt of that name."""
        return self.by_name[name]

    def sha256(self, strategy: Strategy) -> str:
        """Identity of what a strategy uses."""
        used = {*USED_BY[strategy], *USED_BY["whole"], *USED_BY["sections"]}
        names = [name for name in NAMES if name in used]
        return _digest([self.by_name[name].sha256 for name in names])


def load_prompts(folder: Path | None = None) -> Prompts:
    """Load every prompt of a folder, ours by default.

    Raises:
        ConfigurationError: a file is missing, or anything in it is not as it must be; the message names both.

    """
    return _loaded(folder)


@cache
def _loaded(folder: Path | None) -> Prompts:
    place = _ours() if folder is None else folder
    if not place.is_dir():
        raise ConfigurationError(f"there is no folder of prompts {str(place)!r}")
    return Prompts(
        folder="built in" if folder is None else str(folder), by_name={name: _prompt(place, name) for name in NAMES}
    )


def copy_prompts(folder: Path | None, target: Path) -> None:
    """Copy a folder of prompts, ours by default, into a new one.

    Raises:
        ConfigurationError: the new folder is there already, or cannot be written.

    """
    try:
        with as_file(_ours() if folder is None else folder) as source:
            shutil.copytree(source, target)
    except FileExistsError:
        raise ConfigurationError(f"{str(target)!r} is there already: name a new folder") from None
    except OSError as error:
        raise ConfigurationError(f"{str(target)!r} cannot be written: {error}") from error


def _ours() -> Traversable:
    """In the installed package, else beside it in a checkout."""
    package = files("extractor")
    inside = package.joinpath("_prompts")
    return inside if inside.is_dir() else Path(str(package)).parent / "prompts"


def _prompt(folder: Traversable, name: PromptName) -> Prompt:
    where = f"prompt {name!r} ({folder}/{name}.md)"
    head, body = _parted(_text(folder.joinpath(f"{name}.md"), where), where)
    _check_front_matter(head, name, where)
    variables = tuple(head["variables"])
    fragments = {
        variable: _text(folder.joinpath("fragments", f"{variable}.md"), f"fragment {variable!r} of {where}").strip()
        for variable in variables
    }
    return Prompt(
        name=name,
        version=head["version"],
        strategy=head["strategy"],
        variables=variables,
        examples=tuple(_example(folder, example, where) for example in head["examples"]),
        text=_filled(body.strip(), fragments, where),
    )


def _text(file: Traversable, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{where} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{where} cannot be read: {error}") from error


def _parted(text: str, where: str) -> tuple[dict[str, Any], str]:
    lines = text.split("\n")
    if lines[0].strip() != _FENCE or _FENCE not in (line.strip() for line in lines[1:]):
        raise ConfigurationError(f"{where} must open with front matter between two lines of {_FENCE}")
    end = next(number for number, line in enumerate(lines) if number and line.strip() == _FENCE)
    try:
        return tomllib.loads("\n".join(lines[1:end])), "\n".join(lines[end + 1 :])
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"front matter of {where} is no TOML: {error}") from error


def _check_front_matter(head: dict[str, Any], name: PromptName, where: str) -> None:
    if set(head) != set(_KEYS):
        wrong = sorted(set(head) ^ set(_KEYS))
        raise ConfigurationError(f"front matter of {where} must have exactly {', '.join(_KEYS)}; look at {wrong}")
    for key, kind in _KEYS.items():
        value: Any = head[key]
        if type(value) is not kind or (isinstance(value, list) and not all(isinstance(x, str) for x in value)):
            raise ConfigurationError(f"{key} of {where} is not of the right type: {value!r}")
    if head["name"] != name:
        raise ConfigurationError(f"{where} calls itself {head['name']!r}")
    if head["strategy"] not in (*STRATEGIES, "any") or (
        head["strategy"] != "any" and name not in USED_BY[head["strategy"]]
    ):
        raise ConfigurationError(f"{where} is for no strategy that uses it: {head['strategy']!r}")


def _filled(body: str, fragments: dict[str, str], where: str) -> str:
    template = string.Template(body)
    if not template.is_valid():
        raise ConfigurationError(f"{where} has a stray '$': write '$$' for the sign")
    used = set(template.get_identifiers())
    if used != set(fragments):
        raise ConfigurationError(
            f"variables of {where} are declared as {sorted(fragments)} and used as {sorted(used)}: make them agree"
        )
    return template.substitute(fragments)


def _example(folder: Traversable, name: str, where: str) -> Example:
    place = folder.joinpath("examples")
    told = f"example {name!r} of {where}"
    answer = _text(place.joinpath(f"{name}.json"), told)
    try:
        json.loads(answer)
    except ValueError as error:
        raise ConfigurationError(f"{told} is no JSON: {error}") from error
    return Example(name=name, letter=_text(place.joinpath(f"{name}.txt"), told), answer=answer)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
