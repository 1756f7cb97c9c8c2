"""Every record of one letter, and what changed from each to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import JsonValue

from extractor.display.clean import one_line
from extractor.display.screen import Head, Screen

if TYPE_CHECKING:
    from extractor.store.records import Version

_LONGEST = 80


def show_history(screen: Screen, versions: Sequence[Version], *, changes: bool = False) -> None:
    """Show the records of a letter, oldest first; with `changes`, every value that changed.

    What changed from or to a damaged record is not known.
    """
    found = [None, *(_between(old, new) for old, new in pairwise(versions))]
    screen.table(
        (
            Head("record", right=True),
            Head("read at"),
            Head("reader"),
            Head("model", ratio=1),
            Head("configuration"),
            Head("code"),
            Head("values changed", right=True),
            Head(""),
        ),
        [
            (
                *(str(version.record_id), version.created_at[:19].replace("T", " "), version.reader),
                *(one_line(version.model or "-"), version.config_sha256[:12], version.code_version),
                "-" if differ is None else str(len(differ)),
                ", ".join([*["current"] * version.current, *["damaged"] * (version.determination is None)]),
            )
            for version, differ in zip(versions, found, strict=True)
        ],
    )
    for version, differ in zip(versions, found, strict=True):
        if changes and differ:
            screen.title(f"From the record before to {version.record_id}")
            for pointer, old, new in differ:
                screen.line(f"{pointer}: {_shown(old)} -> {_shown(new)}")


def _between(old: Version, new: Version) -> list[tuple[str, JsonValue, JsonValue]] | None:
    if old.determination is None or new.determination is None:
        return None
    return list(changed(old.determination, new.determination))


def changed(old: JsonValue, new: JsonValue) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """Pointer, old and new value of every leaf that differs; None where there is none."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    for pointer in dict.fromkeys([*before, *after]):
        if before.get(pointer) != after.get(pointer):
            yield pointer, before.get(pointer), after.get(pointer)


def _leaves(node: JsonValue, pointer: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(node, dict) and set(node) == {"text", "spans"}:  # a passage: where it stands follows from its words
        yield pointer, node["text"]
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, f"{pointer}/{name}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _leaves(value, f"{pointer}/{place}")
    elif node is not None:
        yield pointer, node


def _shown(value: JsonValue) -> str:
    text = "nothing" if value is None else one_line(str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
