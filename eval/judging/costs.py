"""What a run cost and how long it took, where records carry usage; prices come from a table that anyone can edit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from eval.figures.columns import FIELDS, leaf
from eval.judging.result import DocumentResult, RunResult, UsageRow
from eval.scoring.marks import Mark
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict
from extractor.settings import Price

_PRICE = TypeAdapter(Price)


class Costs(Strict):
    """Tokens, dollars and seconds of a run."""

    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    dollars: float | None
    """None where a model that was used is not in the price table."""
    dollars_per_letter: float | None
    dollars_per_correct_field: float | None
    unpriced: tuple[str, ...] = ()
    """Models without a price."""


class Latency(Strict):
    """Seconds a letter."""

    letters: int
    median: float
    p95: float


def load_prices(path: Path | None = None) -> dict[str, Price]:
    """Read a price table (TOML, one table a model); ours where `path` is None.

    Raises:
        ConfigurationError: it cannot be read.

    """
    source = files("eval.judging").joinpath("prices.toml") if path is None else path
    try:
        given = tomllib.loads(source.read_text(encoding="utf-8"))
        return {model: _PRICE.validate_python(price) for model, price in given.items()}
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"price table {str(source)!r} cannot be read: {error}") from error


def costs(result: RunResult, prices: dict[str, Price]) -> Costs | None:
    """Add up what a run consumed; None where no record carries usage."""
    used = [row.usage for row in result.documents.values() if row.usage is not None]
    if not used:
        return None
    unpriced = sorted({usage.model or "(no model named)" for usage in used if (usage.model or "") not in prices})
    dollars = None if unpriced else sum(_dollars(usage, prices) for usage in used)
    correct = result.summary.counts.sum(leaf(field, Mark.MATCH) for field in FIELDS)
    return Costs(
        requests=sum(usage.requests for usage in used),
        input_tokens=sum(usage.input_tokens for usage in used),
        cached_input_tokens=sum(usage.cached_input_tokens for usage in used),
        output_tokens=sum(usage.output_tokens for usage in used),
        dollars=dollars,
        dollars_per_letter=None if dollars is None else dollars / len(used),
        dollars_per_correct_field=None if dollars is None or not correct else dollars / correct,
        unpriced=tuple(unpriced),
    )


def _dollars(usage: UsageRow, prices: dict[str, Price]) -> float:
    return prices[usage.model or ""].of(usage.input_tokens, usage.cached_input_tokens, usage.output_tokens)


def latency(documents: Iterable[DocumentResult]) -> Latency | None:
    """Median and 95th percentile of the seconds a letter; None where nothing was timed."""
    seconds = [row.seconds for row in documents if row.seconds is not None]
    if not seconds:
        return None
    median, p95 = np.quantile(seconds, (0.5, 0.95))
    return Latency(letters=len(seconds), median=float(median), p95=float(p95))
