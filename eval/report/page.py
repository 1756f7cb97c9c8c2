"""One self-contained HTML page for a run: no script, no outside resource, everything escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from eval.figures.columns import RARE_FALSE, RARE_HIT, RARE_MISSED
from eval.figures.measures import measure
from eval.figures.summary import Figure
from eval.figures.tally import RARE_VALUE
from eval.judging.costs import Costs, latency
from eval.judging.result import RunResult
from eval.labelling.gold import Case, Split, file_sha256, load_reference
from eval.report.cards import cards_of
from eval.report.view import group_views, letter_views, rare_errors
from extractor.errors import ConfigurationError

HEADLINES = (
    ("all leaves", "all", "f1", "F1 over every value of every letter"),
    ("mean of letters", "mean of letters", "f1", "each letter weighs the same"),
    ("items found", "items decisions", "f1", "F1 of pairing the disputed items"),
    ("overturned, recall", RARE_VALUE, "recall", "of the overturned items, how many were said to be"),
    ("overturned, F1", RARE_VALUE, "f1", "the rare class by itself"),
    ("exact records", "exact records", "rate", "no error on any critical field"),
    ("failures", "failures", "rate", "letters that ended without a record"),
    ("evidence found", "grounding: found", "rate", "values whose quoted words stand in the letter"),
    ("evidence supports", "grounding: supported", "rate", "… and say the value"),
    ("right place", "grounding: at the labelled place", "rate", "right values quoted where the labeller found them"),
)
"""Label, measured of, measure, and what it means."""

SLICE_COLUMNS = (
    ("all leaves, F1", measure("all").label),
    ("items found, F1", measure("items decisions").label),
    ("outcome, recall", measure("decisions.outcome", "recall").label),
    ("overturned, F1", measure(RARE_VALUE).label),
    ("exact records", measure("exact records", "rate").label),
)
"""Heading, and what it shows of each slice."""


def render(
    result: RunResult, gold: Path | None = None, *, costs: Costs | None = None, reveal_test: bool = False
) -> str:
    """Make the page.

    Args:
        result: The run.
        gold: The gold folder that it was graded on, for the letters' own words; None: only what the run holds.
        costs: What the run cost, where a model was used.
        reveal_test: Show the errors of test letters too. Without it only their figures are shown: whoever has read the
            errors of the test split cannot measure with it any more.

    """
    shown = [name for name, row in result.documents.items() if reveal_test or row.split != Split.TEST]
    cases, troubles = _cases(result, gold, shown)
    cards = cards_of(result, cases, shown)
    template = _environment().from_string(
        files("eval.report").joinpath("templates/report.html").read_text(encoding="utf-8")
    )
    return template.render(
        run=result,
        summary=result.summary,
        headlines=_headlines(result),
        groups=group_views(result, cards),
        letters=letter_views(result, cards),
        overturned=rare_errors(result, shown),
        rare={
            "hit": result.summary.counts[RARE_HIT],
            "missed": result.summary.counts[RARE_MISSED],
            "false": result.summary.counts[RARE_FALSE],
        },
        slice_columns=SLICE_COLUMNS,
        hidden=len(result.documents) - len(shown),
        troubles=troubles,
        latency=latency(result.documents.values()),
        costs=costs,
    )


def write_report(
    result: RunResult,
    target: Path,
    gold: Path | None = None,
    *,
    costs: Costs | None = None,
    reveal_test: bool = False,
) -> None:
    """Write the page as a file."""
    target.write_text(render(result, gold, costs=costs, reveal_test=reveal_test), encoding="utf-8")


def _headlines(result: RunResult) -> list[tuple[str, Figure, str]]:
    listed = []
    for label, of, name, meaning in HEADLINES:
        figure = result.summary.figure(of, name)
        if figure is not None:
            listed.append((label, figure, meaning))
    return listed


def _cases(result: RunResult, gold: Path | None, names: Iterable[str]) -> tuple[dict[str, Case], list[str]]:
    """Find the letters that were graded; what differs from what was graded is named and left out."""
    if gold is None:
        return {}, ["no gold folder was given: the letters' own words are not shown"]
    graded: Any = result.configuration.get("cases")
    hashes: Mapping[str, Any] = graded if isinstance(graded, dict) else {}
    cases: dict[str, Case] = {}
    troubles: list[str] = []
    for name in names:
        path = gold / "references" / f"{name}.json"
        try:
            reference = load_reference(path)
            letter = gold / reference.letter
            same = {"letter_sha256": file_sha256(letter), "reference_sha256": file_sha256(path)}
        except (ConfigurationError, OSError) as error:
            troubles.append(f"{name}: {error}")
            continue
        if name in hashes and hashes[name] != same:
            troubles.append(f"{name}: the letter or its reference has changed since the run")
            continue
        cases[name] = Case(reference, gold, Split(result.documents[name].split))
    return cases, troubles


def _flow(text: str) -> str:
    """Join lines that a page break or a margin has cut: those that go on with a small letter or a digit."""
    return re.sub(r"[ \t]*\n(?=[a-z0-9(])", " ", re.sub(r"\n\s*\n\s*", "\n\n", text))


def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["share"] = lambda value: "\u2013" if value is None else f"{value:.3f}"
    environment.filters["percent"] = lambda value: f"{100 * max(0.0, min(1.0, value)):.2f}"
    environment.filters["flow"] = _flow
    environment.filters["count"] = lambda value: f"{value:,.0f}"
    return environment
