"""Damages letters as real files are damaged, and counts what comes of it: `python bench/damage.py FOLDER`.

Each kind of damage is made of every letter of the folder that it can be made of. The record of the damaged letter is
held against that of the sound one: `same`; `healed` (equal, with a flag that says so); `flagged` (it differs, and has a
flag that the sound one has not); `absent` (values are missing, none is wrong, no decision is lost); `failed` (a typed
failure); `silent` (a wrong value, or a decision too few or too many, without a new flag). The last column must be 0.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from extractor import extract
from extractor.errors import DocumentError
from extractor.layout import Layout, lay_out
from extractor.records import Record
from extractor.spans import Span

Damage = Callable[[str, Layout, random.Random], Iterator[str]]
"""(raw text, its layout, source of chance) → damaged texts; none where the letter does not lend itself to it."""
COLUMNS = ("same", "healed", "flagged", "absent", "failed", "silent")
KINDS: dict[str, Damage] = {}


def kind(name: str) -> Callable[[Damage], Damage]:
    """Put a damage on the list."""

    def add(damage: Damage) -> Damage:
        KINDS[name] = damage
        return damage

    return add


# --- outcomes --------------------------------------------------------------------------------------------------------

HEDGES = (
    "Not {}", "Never {}", "Partially {}", "Modified {}", "Neither Upheld nor {}", "{} in part", "{} as modified",
    "No longer {}", "Previously {}", "Not fully {}", "{} (partially)", "Conditionally {}", "Mostly {}", "Un{}",
    "Would be {}", "{}, with modification", "Almost {}", "{} for six visits only",
    "Not: {}", "Modified: {}", "Modified. {}", "Denied: {}", "no: {}", "N o t {}", "≠ {}", "~~{}~~", "Visits 1-6 {}",
    "6 of 12 {}", "{}?", "{} ½", "{} 50%", "{} - reversed", "{}\nin part", "Approved / {}", "Less than fully {}",
)  # fmt: skip
SECONDS = (
    "{0}/{1}", "{0} / {1}", "{0}\n{1}", "{0} or {1}", "[ ] {0} [ ] {1}", "☐ {0} ☐ {1}", "{0}, {1}", "{0}: {1}",
    "{0} {1}", "( ) {0}  ( ) {1}", "{0}; {1}", "{0} - {1}", "{0}. {1}", "[x] {0} [x] {1}", "{0} → {1}",
    "{0} vs. {1}", "{0} (amended: {1})", "UR: {0}. IMR: {1}", "not {0} but {1}", "Decision: {0}. Decision: {1}",
    "{0}\nAmended: {1}", "{0}. An earlier determination of this office on the very same request had been: {1}",
)  # fmt: skip


def _verdict(text: str, layout: Layout, chance: random.Random, make: Callable[[str], str]) -> Iterator[str]:
    if not layout.items:
        return
    item = chance.choice(layout.items)
    raw = layout.view.raw(item.outcome_span)
    word = raw.of(text)
    if word.lower() in ("upheld", "overturned"):
        yield text[: raw.start] + make(word) + text[raw.end :]


def _other(word: str) -> str:
    return "Overturned" if word.lower() == "upheld" else "Upheld"


@kind("hedged outcome")
def hedged(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Another statement made of the outcome by a word beside it."""
    for form in chance.sample(HEDGES, 6):
        yield from _verdict(text, layout, chance, form.format)


_NECESSARY = re.compile(r"(?i)(?:not\s+)?(medically\s+necessary(?:\s+and\s+appropriate)?)")
_BEFORE = ("partially", "not fully", "no longer", "arguably", "far from", "conditionally", "is or is not", "neither")
_BEHIND = (
    "in part", "for two weeks", "(6 of 12)", "up to six visits", "or not", "on a trial basis", "in a reduced amount",
    "except for the brace", "and not medically necessary", "until 3/1/2014", "x 6", "50%",
)  # fmt: skip


@kind("hedged verdict of 2013")
def hedged_in_2013(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Words before or behind "medically necessary", wherever the letter says it of that item."""
    said = [layout.view.raw(item.outcome_span).of(text) for item in layout.items if item.outcome]
    said = [words for words in said if _NECESSARY.search(words)]
    for form in chance.sample([f"{word} \\1" for word in _BEFORE] + [f"\\1 {word}" for word in _BEHIND], 6):
        if said:
            words = chance.choice(said)
            yield text.replace(words, _NECESSARY.sub(form, words, count=1))


@kind("two outcomes")
def two(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Both outcomes behind one heading."""
    for form in chance.sample(SECONDS, 6):
        order = chance.random() < 0.5
        yield from _verdict(
            text,
            layout,
            chance,
            lambda word, form=form, order=order: form.format(
                *((word, _other(word)) if order else (_other(word), word))
            ),
        )


# --- completeness -----------------------------------------------------------------------------------------------------

_LABEL = re.compile(r"\n[^\n:]{0,60}(?:guidelines?|rationale)\s*:[ \t]*", re.IGNORECASE)


def _without(text: str, spans: list[Span]) -> str:
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + text[span.end :]
    return text


@kind("labels of an item lost")
def labels_lost(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """All labels of one item gone; its words stay."""
    yield from _labels_lost(text, layout, chance, outcome=False)


@kind("labels and outcome of an item lost")
def labels_and_outcome_lost(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same, and its outcome word."""
    yield from _labels_lost(text, layout, chance, outcome=True)


def _labels_lost(text: str, layout: Layout, chance: random.Random, *, outcome: bool) -> Iterator[str]:
    if not layout.items:
        return
    item = chance.choice(layout.items)
    gone = [
        layout.view.raw(mark.span)
        for mark in layout.marks
        if item.window.start <= mark.span.start < item.window.end and mark.span.start > item.heading.start
    ]
    if outcome:
        gone.append(layout.view.raw(Span(item.heading.end, item.outcome_span.end)))
    yield _without(text, gone)


@kind("one label lost")
def one_label(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One label of one item gone."""
    windows = [item.window for item in layout.items]
    inside = [mark for mark in layout.marks if any(window.start <= mark.span.start < window.end for window in windows)]
    if inside:
        yield _without(text, [layout.view.raw(chance.choice(inside).span)])


_PLANTED = (
    "Left shoulder arthroscopy: Overturned\nClaims Administrator guideline: The Claims Administrator did not cite any "
    "medical evidence for its decision.\nMAXIMUS guideline: Decision based on MTUS Shoulder Complaints 2004.\n"
    "Decision rationale: The criteria for the operation are met. The request is medically necessary.\n"
)


@kind("second decisions section in the summary")
def second_section(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The heading of the decisions, with a made-up item, stands in the summary as well."""
    if layout.summary is None or not layout.items:
        return
    starts = [s for s in layout.view.line_starts if layout.summary.start < s < layout.summary.end]
    if starts:
        at = layout.view.raw(Span(chance.choice(starts), layout.summary.end)).start
        yield text[:at] + "\nIMR ISSUES, DECISIONS AND RATIONALES\n\n" + _PLANTED + "\n" + text[at:]


@kind("second decisions section on top")
def second_on_top(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same before the letter."""
    if layout.items:
        yield "IMR ISSUES, DECISIONS AND RATIONALES\n\n" + _PLANTED + "\n\f" + text


@kind("item inside a rationale")
def item_inside(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A whole item stands in the middle of another's rationale."""
    choices = []
    for item in layout.items:
        if item.rationale is not None:
            choices += [s for s in layout.view.line_starts if item.rationale.start < s < item.rationale.end]
    if choices:
        at = layout.view.raw(Span(chance.choice(choices), len(layout.view.flat))).start
        yield text[:at] + _PLANTED + text[at:]


@kind("labels before the section")
def labels_before(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A whole item without a section of its own stands in the summary."""
    if layout.summary is None or not layout.items:
        return
    starts = [s for s in layout.view.line_starts if layout.summary.start < s < layout.summary.end]
    if starts:
        at = layout.view.raw(Span(chance.choice(starts), layout.summary.end)).start
        yield text[:at] + _PLANTED + text[at:]


# --- judging ----------------------------------------------------------------------------------------------------------


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name != "spans":
                yield from _leaves(value, f"{path}/{name}")
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _leaves(value, f"{path}/{index}")
    elif node is not None:
        yield path, " ".join(node.split()) if isinstance(node, str) else node


def judge(sound: Record, damaged: Record | None) -> str:
    """The column of one damaged letter; `damaged` is None where it failed."""
    if damaged is None:
        return "failed"
    before = dict(_leaves(sound.determination.model_dump()))
    after = dict(_leaves(damaged.determination.model_dump()))
    known = Counter((flag.path, flag.code, flag.message) for flag in sound.flags)
    flagged = bool(Counter((flag.path, flag.code, flag.message) for flag in damaged.flags) - known)
    if before == after:
        return "healed" if flagged else "same"
    if flagged:
        return "flagged"
    fewer = len(damaged.determination.decisions) == len(sound.determination.decisions)
    return "absent" if fewer and all(before.get(path) == value for path, value in after.items()) else "silent"


def main() -> int:
    """Print the table; 1 where anything is wrong in silence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--show", action="store_true", help="name the letters that are wrong in silence")
    given = parser.parse_args()
    table: dict[str, Counter[str]] = {name: Counter() for name in KINDS if given.only in name}
    for path in sorted(given.folder.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        sound, layout = extract(text), lay_out(text)
        for name, row in table.items():
            for damaged in KINDS[name](text, layout, random.Random(f"{given.seed} {path.name} {name}")):  # noqa: S311
                try:
                    record: Record | None = extract(damaged.encode())
                except DocumentError:
                    record = None
                column = judge(sound, record)
                row[column] += 1
                if given.show and column == "silent":
                    print(f"{path.name}: {name}", file=sys.stderr)
    print(f"{'kind':44}" + "".join(f"{column:>9}" for column in COLUMNS))
    for name, row in table.items():
        print(f"{name:44}" + "".join(f"{row[column]:9}" for column in COLUMNS))
    total: Counter[str] = sum(table.values(), Counter())
    print(f"{'all':44}" + "".join(f"{total[column]:9}" for column in COLUMNS))
    return 1 if total["silent"] else 0


if __name__ == "__main__":
    sys.exit(main())
