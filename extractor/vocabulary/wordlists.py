r"""Word lists: patterns kept as data (`extractor/data/*.toml`), one alternative a line.

An entry of `words` is a regular expression for folded text (lower case, plain quotes and dashes). It begins at a
word's beginning, or, with `^`, where the text begins; without `\b` at its end it means every word that begins so.
`{name}` stands for any one of the words listed under that name in `terms`: the entry's own table of terms or the
file's. Terms may name other terms.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from extractor.errors import ConfigurationError

Terms = Mapping[str, Sequence[str]]

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def load(name: str) -> dict[str, Any]:
    """The tables of `extractor/data/{name}.toml`."""
    return tomllib.loads(files("extractor").joinpath(f"data/{name}.toml").read_text(encoding="utf-8"))


def any_of(words: Sequence[str], terms: Terms) -> str:
    r"""A pattern of what any of `words` matches, earlier ones first; a name that is not in `terms` raises.

    >>> any_of(["{big} dog", "cat"], {"big": ["huge", "tall"]})
    '(?:(?:huge|tall) dog|cat)'
    """

    def spelled_out(placeholder: re.Match[str]) -> str:
        name = placeholder.group(1)
        if name not in terms:
            raise ConfigurationError(f"no term {name!r} for {placeholder.string!r}; known: {', '.join(sorted(terms))}")
        return any_of(terms[name], terms)

    return f"(?:{'|'.join(_PLACEHOLDER.sub(spelled_out, word) for word in words)})"


def pattern_of(entry: Mapping[str, Any], shared: Terms) -> re.Pattern[str]:
    """The compiled `words` of one table of a file whose own terms are `shared`."""
    words = [word if word.startswith("^") else rf"\b{word}" for word in entry["words"]]
    return re.compile(any_of(words, {**shared, **entry.get("terms", {})}))
