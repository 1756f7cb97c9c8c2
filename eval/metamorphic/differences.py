"""Where two determinations differ, place by place; texts by their words, passages by their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from eval.metamorphic.perturb import straight_quotes
from eval.scoring.pointers import Json

Tidy = Callable[[str], str]


def words(text: str) -> str:
    """Make every run of blanks one, and every quotation mark straight."""
    return " ".join(straight_quotes(text).split())


def without(payload: str) -> Tidy:
    """As `words`, with a text that was put in taken out again."""
    put_in = words(payload)

    def tidy(text: str) -> str:
        return " ".join(words(text).replace(put_in, " ").split())

    return tidy


def differences(one: Json, other: Json, tidy: Tidy = words, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Find the places (JSON pointers into `one`) where two trees differ, and how, shortly."""
    if isinstance(one, dict) and isinstance(other, dict):
        if "spans" in one and "spans" in other:
            one, other = one.get("text") or "", other.get("text") or ""
        else:
            for name in {**one, **other}:
                yield from differences(one.get(name), other.get(name), tidy, f"{pointer}/{name}")
            return
    if isinstance(one, list) and isinstance(other, list):
        if pointer.endswith("/reasons"):
            one, other = sorted(one), sorted(other)  # their order says nothing
        if len(one) == len(other):
            for index, (left, right) in enumerate(zip(one, other, strict=True)):
                yield from differences(left, right, tidy, f"{pointer}/{index}")
        else:
            yield pointer, f"{_entries(one)}, then {_entries(other)}"
        return
    if isinstance(one, str) and isinstance(other, str):
        one, other = tidy(one), tidy(other)
    if one != other:
        yield pointer, f"{_short(one, other)}, then {_short(other, one)}"


def _entries(values: list[Json]) -> str:
    if all(isinstance(value, str) for value in values):
        return f"[{', '.join(values)}]"
    return "1 entry" if len(values) == 1 else f"{len(values)} entries"


def _short(value: Json, beside: Json, most: int = 60) -> str:
    """Show a value; of a long text the part around where it leaves the other."""
    if isinstance(value, dict) and "text" in value:
        value = value["text"]
    text = "nothing" if value is None else repr(value)
    if len(text) <= most or not isinstance(value, str):
        return text if len(text) <= 2 * most else text[: 2 * most] + "…"
    start = 0
    if isinstance(beside, str):
        start = next((at for at, (a, b) in enumerate(zip(value, beside, strict=False)) if a != b), len(beside))
    start = max(0, min(start, len(value)) - most // 3)
    return repr(re.sub(r"\s+", " ", ("…" if start else "") + value[start : start + most] + "…"))
