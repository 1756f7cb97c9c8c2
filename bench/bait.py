"""How reading time grows with what the reader looks for: every word, phrase and mark that it knows, repeated.

    python bench/bait.py [--phrases 400] [--pairs 200] [--seconds 20] [--sections each] [--workers 2] [--seed 0]

A pattern that is slow is slow on its own words, so these are the bait: they are spelled out of the reader's compiled
patterns (one string for each alternative), of its headings and labels, of its word lists and of their examples. Each
is repeated in a section of a sample letter, alone and in pairs, at 30, 60 and 120 kB. A linear reader takes about four
times as long for 120 as for 30 kB (exponent 1), a quadratic one sixteen times (exponent 2). Each letter is read in a
process that is ended after `--seconds`. The table has the worst first; the exit code is 1 where anything grows faster
than `--most`.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import pkgutil
import random
import re
import string
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pebble import ProcessPool

import extractor
from extractor.errors import DocumentError
from extractor.layout import Layout, headings, lay_out
from extractor.reading.letter import extract
from extractor.settings import Limits
from extractor.vocabulary import wordlists

SAMPLES = Path(__file__).parents[1] / "docs" / "samples"
SIZES = (30_000, 60_000, 120_000)
LETTERS = ("CM17-0500538", "CM13-0501366", "CM13-0501592", "CM13-0501024", "CM14-0500917", "headerless-2014")
"""One of each layout, and one without a header."""
SECTIONS = ("header", "reviewer", "records", "summary", "heading", "administrator", "expert", "rationale", "behind")
SMALL = 0.15
"""Seconds: what reads 120 kB faster than this needs no second look."""
MARKS = (*string.punctuation, *"•–—’“”×…§½", "\n", "\n\n", "\f", "1", "12", "a", "A", "Aa", "é", "x.\n", "X: ")
PEOPLE = (
    "Upheld", "Overturned", ": Upheld\n", "X: Overturned\n", "Issue at Dispute: ", "sustained ",
    "the original request was ",
    "X was the original request. Y was authorized by the Claims Administrator. ", "Page(s): 1-2, the (1) |",
    "twenty-four ", "Decision based on MTUS ", "Section(s): ", "(and ", "12 x 6 visits, ", "1. ",
    "1) Regarding the request for ",
)  # fmt: skip
"""What was found by hand."""


# --- the bait --------------------------------------------------------------------------------------------------------


@cache
def phrases() -> tuple[str, ...]:
    """Everything that the reader knows, spelled out, each once, in a stable order."""
    found = dict.fromkeys((*PEOPLE, *MARKS))
    for pattern in patterns():
        found.update(dict.fromkeys(spelled(pattern)))
    for _, words in headings._WORDS:
        found.update(dict.fromkeys((words, words.upper(), f"{words.title()}: ", f"\n{words.upper()}\n")))
    for name in ("reasons", "treatments"):
        found.update(dict.fromkeys(_examples(wordlists.load(name))))
    return tuple(phrase for phrase in found if phrase.strip() or phrase in MARKS)


def patterns() -> Iterator[re.Pattern[str]]:
    """Every compiled pattern of the reader's modules, also inside tuples, tables and rules."""
    seen: set[str] = set()
    for module in pkgutil.walk_packages(extractor.__path__, "extractor."):
        if re.match(
            r"extractor\.(layout|facts|rules|support|vocabulary|checks|admission|literals|normalize)", module.name
        ):
            for value in list(vars(import_module(module.name)).values()):
                for pattern in _within(value):
                    if pattern.pattern not in seen and isinstance(pattern.pattern, str):
                        seen.add(pattern.pattern)
                        yield pattern


def _within(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _within(each)
    elif isinstance(getattr(value, "pattern", None), re.Pattern):
        yield value.pattern


def _examples(table: Any) -> Iterator[str]:
    if isinstance(table, dict):
        if isinstance(table.get("example"), str):
            yield table["example"]
        for value in table.values():
            yield from _examples(value)
    elif isinstance(table, list):
        for value in table:
            yield from _examples(value)


def spelled(pattern: re.Pattern[str], most: int = 60) -> list[str]:
    """Strings that the pattern is made of: what each alternative of each branch spells, the others at their first."""
    tree = re._parser.parse(pattern.pattern, pattern.flags)  # type: ignore[attr-defined]
    found: dict[str, None] = {}
    branches = _count(tree)
    for branch in range(len(branches)):
        for option in range(branches[branch]):
            found[_spell(tree, {branch: option}, [0])] = None
    found[_spell(tree, {}, [0])] = None
    listed = [words for words in found if words.strip()]
    step = max(1, len(listed) // most)
    return listed[::step][:most]


def _count(tree: Any) -> list[int]:
    found: list[int] = []
    for name, given in tree:
        kind = str(name)
        if kind == "BRANCH":
            found.append(len(given[1]))
            for part in given[1]:
                found += _count(part)
        elif kind in ("SUBPATTERN", "ATOMIC_GROUP"):
            found += _count(given[-1] if kind == "SUBPATTERN" else given)
        elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            found += _count(given[2])
    return found


def _spell(tree: Any, chosen: dict[int, int], at: list[int]) -> str:
    """What the tree matches, shortly; `chosen` says which alternative of the branch of that number is taken."""
    words = ""
    for name, given in tree:
        kind = str(name)
        if kind == "LITERAL":
            words += chr(given)
        elif kind in ("NOT_LITERAL", "ANY"):
            words += "x"
        elif kind == "IN":
            words += _one_of(given)
        elif kind == "BRANCH":
            number, at[0] = at[0], at[0] + 1
            spelled_out = [_spell(part, chosen, at) for part in given[1]]
            words += spelled_out[chosen.get(number, 0)]
        elif kind in ("SUBPATTERN", "ATOMIC_GROUP"):
            words += _spell(given[-1] if kind == "SUBPATTERN" else given, chosen, at)
        elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least = given[0]
            inner = _spell(given[2], chosen, at)
            words += inner * min(max(least, 1), 4)
    return words


def _one_of(given: Any) -> str:
    for name, value in given:
        kind = str(name)
        if kind == "LITERAL":
            return chr(value)
        if kind == "RANGE":
            return chr(value[0])
        if kind == "CATEGORY":
            return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w"}.get(str(value), "y")
    return "y"


# --- letters ---------------------------------------------------------------------------------------------------------


@cache
def _sample(name: str) -> tuple[str, dict[str, int]]:
    """A sample and, for each of its sections, the raw offset in its middle at which bait goes."""
    text = (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")
    return text, places_in(lay_out(text))


def places_in(layout: Layout) -> dict[str, int]:
    """The raw offset inside each section at a blank near its middle."""
    spans: dict[str, Any] = {name: getattr(layout, name) for name in ("header", "reviewer", "records", "summary")}
    if layout.items:
        item = layout.items[0]
        spans |= {
            "heading": item.heading,
            "administrator": item.administrator or item.guidelines,
            "expert": item.expert,
        }
        spans |= {"rationale": item.rationale}
    found = {}
    for name, span in spans.items():
        if span is not None and len(span):
            blank = layout.view.flat.rfind(" ", span.start, span.start + len(span) // 2)
            found[name] = layout.view.raw(layout.view.trim(blank, span.end) if blank > 0 else span).start
    return {**found, "behind": len(layout.view.raw_text)}


def baited(name: str, phrase: str, sections: Iterable[str], size: int) -> str:
    """The sample with the phrase repeated in these sections, to about `size` characters."""
    text, places = _sample(name)
    chosen = [section for section in sections if section in places]
    if not chosen:
        return text
    bait = " " + phrase * max(1, (size - len(text)) // len(phrase) // len(chosen)) + " "
    for at in sorted({places[section] for section in chosen}, reverse=True):
        text = text[:at] + bait + text[at:]
    return text


# --- measuring -------------------------------------------------------------------------------------------------------


@dataclass(order=True)
class Case:
    """One bait in one place, and the seconds it took by size."""

    phrase: str
    letter: str
    sections: tuple[str, ...]
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def exponent(self) -> float:
        """Of the growth between the smallest and the largest size that ended."""
        sizes = sorted(self.seconds)
        if len(sizes) < 2 or math.isinf(self.seconds[sizes[-1]]):
            return math.inf if sizes and math.isinf(self.seconds[sizes[-1]]) else 0.0
        few, many = sizes[0], sizes[-1]
        return math.log(self.seconds[many] / self.seconds[few]) / math.log(many / few)


def seconds(name: str, phrase: str, sections: tuple[str, ...], size: int, tries: int = 1) -> float:
    """CPU seconds of one reading, the least of `tries`; in a child."""
    text = baited(name, phrase, sections, size)
    taken = []
    for _ in range(tries):
        began = time.process_time()
        with suppress(DocumentError):  # refusing it takes time, too
            extract(text, limits=Limits(seconds=3600))
        taken.append(time.process_time() - began)
    return min(taken)


def measure(cases: list[Case], workers: int, limit: float) -> None:
    """The largest size of all cases first; the smaller ones only where that took long."""
    with ProcessPool(max_workers=workers, context=multiprocessing.get_context("spawn")) as pool:

        def ask(case: Case, size: int, tries: int) -> tuple[Case, int, Future[float]]:
            call = pool.schedule(seconds, args=[case.letter, case.phrase, case.sections, size, tries], timeout=limit)
            return case, size, call

        waiting = [ask(case, SIZES[-1], 1) for case in cases]
        _settle(waiting)
        slow = [case for case in cases if case.seconds[SIZES[-1]] > SMALL]
        _settle([ask(case, size, 2) for case in slow for size in SIZES])


def _settle(waiting: list[tuple[Case, int, Any]]) -> None:
    for done, (case, size, call) in enumerate(waiting):
        try:
            case.seconds[size] = call.result()
        except TimeoutError:
            case.seconds[size] = math.inf
        if sys.stderr.isatty() and done % 50 == 0:
            print(f"\r{done:,} of {len(waiting):,}", end="", file=sys.stderr)


def cases_of(given: argparse.Namespace) -> list[Case]:
    """What is asked for, in an order that the seed decides."""
    chance = random.Random(given.seed)  # noqa: S311  a sample
    known = list(phrases())
    chosen = known if not given.phrases else [*PEOPLE, *chance.sample(known, min(len(known), given.phrases))]
    bait = [each if given.bare else f"{each} " for each in chosen]
    for _ in range(given.pairs):
        first, second = chance.choice(known), chance.choice(known)
        bait.append(f"{first} {second}{chance.choice([' ', ', ', '. ', chr(10), ''])}")
    named = SECTIONS if given.sections in ("all", "each") else tuple(given.sections.split(","))
    places = [named] if given.sections == "all" else [(section,) for section in named]
    letters = given.letters.split(",") if given.letters else LETTERS
    return [
        Case(phrase, letter, place)
        for phrase in dict.fromkeys(bait)
        for letter in letters
        for place in places
        if any(section in _sample(letter)[1] for section in place)
    ]


def main() -> int:
    """Measure, and print the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phrases", type=int, default=0, help="a sample of so many; all by default")
    parser.add_argument("--pairs", type=int, default=0, help="and so many random pairs")
    parser.add_argument("--letters", help="sample letters, by name; one of each layout by default")
    parser.add_argument("--sections", default="all", help="all at once, each by itself, or some: heading,summary")
    parser.add_argument("--bare", action="store_true", help="without a blank between repetitions")
    parser.add_argument("--seconds", type=float, default=20.0, help="for one reading")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=float, default=1.4, help="the exponent that is still called linear")
    parser.add_argument("--rows", type=int, default=40)
    given = parser.parse_args()
    cases = cases_of(given)
    measure(cases, given.workers, given.seconds)
    worst = sorted(cases, key=lambda case: (case.exponent, case.seconds[SIZES[-1]]), reverse=True)
    print(f"{len(cases):,} cases, {len(phrases()):,} phrases known; seconds by size")
    print(f"{'exponent':>8}", *(f"{size // 1000:>6} kB" for size in SIZES), "in, bait")
    for case in worst[: given.rows]:
        figures = (f"{case.seconds.get(size, math.nan):9.3f}" for size in SIZES)
        print(f"{case.exponent:8.2f}", *figures, f"{case.letter} {'+'.join(case.sections)} {case.phrase[:90]!r}")
    return int(any(case.exponent > given.most for case in worst))


if __name__ == "__main__":
    sys.exit(main())
