r"""Word lists: patterns kept as data (`extractor/data/*.toml`), one alternative a line.

An entry of `words` is a regular expression for folded text (lower case, plain quotes and dashes). It begins at a
word's beginning, or, with `^`, where the text begins; without `\b` at its end it means every word that begins so.
`{name}` stands for any one of the words listed under that name in `terms`: the entry's own table of terms or the
file's. Terms may name other terms.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from extractor.errors import ConfigurationError

Terms = Mapping[str, Sequence[str]]

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_ATOM = re.compile(r"\\.|\[\^?\]?[^\]]*\]|.")
"""An escape, a set, or one character of a pattern."""
_LETTERS = frozenset(string.ascii_lowercase)


def load(name: str) -> dict[str, Any]:
    """The tables of `extractor/data/{name}.toml`."""
    return tomllib.loads(files("extractor").joinpath(f"data/{name}.toml").read_text(encoding="utf-8"))


def any_of(words: Sequence[str], terms: Terms) -> str:
    r"""A pattern of what any of `words` matches, earlier ones first; a name that is not in `terms` raises.

    Where it is known with which letters they begin, the pattern looks for those first: of the many places at which a
    long list is tried, most are left at that one look.

    >>> any_of(["{big} dog", "cat"], {"big": ["huge", "tall?"]})
    '(?:(?=[cht])(?:(?:(?=[ht])(?:huge|tall?)) dog|cat))'
    """

    def spelled_out(placeholder: re.Match[str]) -> str:
        name = placeholder.group(1)
        if name not in terms:
            raise ConfigurationError(f"no term {name!r} for {placeholder.string!r}; known: {', '.join(sorted(terms))}")
        return any_of(terms[name], terms)

    pattern = f"(?:{'|'.join(_PLACEHOLDER.sub(spelled_out, word) for word in words)})"
    letters = initials(words, terms)
    return f"(?:(?=[{''.join(sorted(letters))}]){pattern})" if letters else pattern


def initials(words: Sequence[str], terms: Terms) -> frozenset[str]:
    r"""The letters with which `words` begin; none where one of them may begin with anything else.

    >>> sorted(initials(["{big} dog", "(?:red|new) cat"], {"big": ["huge"]})), sorted(initials(["a?b", "c"], {}))
    (['h', 'n', 'r'], [])
    """
    found: set[str] = set()
    for word in words:
        for alternative in _alternatives(word)[0]:
            letters = _initials_of(alternative, terms)
            if not letters:
                return frozenset()
            found |= letters
    return frozenset(found)


def _initials_of(pattern: str, terms: Terms) -> frozenset[str]:
    """Those of a pattern without alternatives of its own: a term, a group, or a letter, that must be there."""
    if (name := _PLACEHOLDER.match(pattern)) is not None:
        letters, rest = initials(terms[name.group(1)], terms), pattern[name.end() :]
    elif pattern.startswith("(?:"):
        alternatives, rest = _alternatives(pattern[len("(?:") :])
        letters = initials(alternatives, terms)
    else:
        letters, rest = frozenset(pattern[:1]) & _LETTERS, pattern[1:]
    return frozenset() if rest.startswith(("?", "*", "{")) else letters


def _alternatives(pattern: str) -> tuple[list[str], str]:
    """The alternatives of a pattern, up to the bracket that closes it, and what stands behind that."""
    found, depth = [""], 0
    for atom in _ATOM.finditer(pattern):
        text = atom.group()
        if text == ")" and depth == 0:
            return found, pattern[atom.end() :]
        depth += (text == "(") - (text == ")")
        if text == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += text
    return found, ""


def pattern_of(entry: Mapping[str, Any], shared: Terms) -> re.Pattern[str]:
    """The compiled `words` of one table of a file whose own terms are `shared`."""
    terms = {**shared, **entry.get("terms", {})}
    if not any(word.startswith("^") for word in entry["words"]):
        return re.compile(rf"\b{any_of(entry['words'], terms)}")
    words = [word if word.startswith("^") else rf"\b{word}" for word in entry["words"]]
    return re.compile(any_of(words, terms))
