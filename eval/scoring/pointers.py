"""JSON pointers (RFC 6901) into a determination, and the field names they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any
"""A value as `json.loads` gives it."""


def parts(pointer: str) -> list[str]:
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
    for part in parts(pointer):
        if isinstance(tree, list | tuple):
            if not part.isdecimal():
                raise LookupError(f"{part!r} is no list position, in {pointer!r}")
            tree = tree[int(part)]
        elif isinstance(tree, dict):
            tree = tree[part]
        else:
            raise LookupError(f"nothing below {tree!r}, in {pointer!r}")  # noqa: TRY004 - no such place, whatever the reason
    return tree


def field_of(pointer: str) -> str:
    """Name the field that `pointer` is a place of.

    >>> field_of("/decisions/0/quantity/total")
    'decisions.quantity.total'
    """
    return ".".join(part for part in parts(pointer) if not part.isdecimal())


def upwards(pointer: str) -> Iterator[str]:
    """Go up: `pointer`, then its parents, the root last."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]
    yield ""
