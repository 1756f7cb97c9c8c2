"""JSON pointers (RFC 6901) into a determination, and the fields that they belong to.

A pointer names one value of one letter, a field the same value of every letter: `/decisions/0/outcome` is a place of
the field `decisions.outcome`.

>>> resolve({"decisions": [{"outcome": "upheld"}]}, "/decisions/0/outcome")
'upheld'
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any
"""A value as `json.loads` gives it."""


def steps_of(pointer: str) -> list[str]:
    """Split `pointer` into its reference tokens, unescaped; the empty pointer has none."""
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer begins with '/': {pointer!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def resolve(tree: Json, pointer: str) -> Json:
    """Find the value at `pointer` in `tree`.

    Raises:
        LookupError: there is no such place.

    """
    for step in steps_of(pointer):
        if isinstance(tree, list | tuple):
            if not step.isdecimal():
                raise LookupError(f"{step!r} is no list position, in {pointer!r}")
            tree = tree[int(step)]
        elif isinstance(tree, dict):
            tree = tree[step]
        else:
            raise LookupError(f"nothing below {tree!r}, in {pointer!r}")  # noqa: TRY004 - no such place, whatever the reason
    return tree


def field_of(pointer: str) -> str:
    """Name the field that `pointer` is a place of.

    >>> field_of("/decisions/0/quantity/total")
    'decisions.quantity.total'
    """
    return ".".join(step for step in steps_of(pointer) if not step.isdecimal())


def upwards(pointer: str) -> Iterator[str]:
    """Go up: `pointer`, then its parents, the root last."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]
    yield ""
