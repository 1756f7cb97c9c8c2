"""Taking an answer out of what is wrapped around it: thoughts, prose, fences, marks, envelopes.

A wrapped answer was paid for like any other. It is taken out only where that is certain: one JSON value in the text, or
several that are all the same, has the form that was asked for. JSON that breaks off is never searched for parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

_THOUGHT = re.compile(r"</(?:think|thinking|thought|thoughts|reasoning|reflection)>|\[/THINK\]", re.IGNORECASE)
"""The end of what a model thinks aloud; where it begins, some servers leave out."""
_START = re.compile(r"\{|\[(?=\s*\{)")
_TEXT = re.compile(r'"\s*[{\[]')
_MOST_STARTS = 40
"""Places at which JSON is looked for: an answer has one, prose with braces in it some."""
_MOST_DEPTH = 4
_SLIP = 3
"""Characters after a brace within which it is found to be none of JSON: prose, as in "{3} items"."""
_ENVELOPES = frozenset(
    {
        *("answer", "result", "output", "response", "data", "json", "content", "final", "value"),
        *("arguments", "parameters", "input", "properties"),
    }
)
"""Names under which models and gateways put the answer itself; the last when they take the form for the answer."""

T = TypeVar("T")


def unwrapped(text: str, fits: Callable[[Any], T | None]) -> T | None:
    """Give the one answer in a text; None where there is none, or more than one.

    Args:
        text: What a model said, which is not itself of the form.
        fits: Gives a JSON value as an answer of the form, or None.

    """
    *_, last = _THOUGHT.split(text)
    found: list[T] = []
    for part in dict.fromkeys((last, text)):
        for value in _values(part):
            for inner in _inside(value):
                answer = fits(inner)
                if answer is not None:
                    found.append(answer)
                    break
        if found:
            break
    return found[0] if found and all(each == found[0] for each in found) else None


def _values(text: str) -> Iterator[Any]:
    """The JSON values that stand in a text, one behind another; none where one of them breaks off."""
    values: list[Any] = []
    decoder, position = json.JSONDecoder(), 0
    text = text.strip("\ufeff\0 \t\r\n")
    for _ in range(_MOST_STARTS):
        match = _TEXT.match(text) if position == 0 else None  # JSON as a text in JSON
        match = match or _START.search(text, position)
        if match is None:
            yield from values
            return
        start = match.start()
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if error.pos - start > _SLIP:
                return
            position = start + 1
        except RecursionError:
            return
        else:
            values.append(value)


def _inside(value: Any, depth: int = 0) -> Iterator[Any]:
    """A value, and what it may be the envelope of."""
    yield value
    if depth == _MOST_DEPTH:
        return
    if isinstance(value, str):
        with_json = list(_values(value)) if value.lstrip().startswith(("{", "[")) else []
        if len(with_json) == 1:
            yield from _inside(with_json[0], depth + 1)
    elif isinstance(value, list) and len(value) == 1:
        yield from _inside(value[0], depth + 1)
    elif isinstance(value, dict):
        inner = [each for name, each in value.items() if name.lower() in _ENVELOPES or len(value) == 1]
        if len(inner) == 1:
            yield from _inside(inner[0], depth + 1)
