"""May this run go out? Pass, regress or inconclusive, each with its own exit code.

Against a baseline, for each critical field with margin m and difference d (F1 of this run minus the baseline's):

- pass: the 95% interval of d lies above -m (non-inferior);
- regress: it does not, d is negative and the Holm-adjusted permutation p is at most 5%;
- inconclusive: neither can be said with this many letters.

Without a baseline, against a floor f for the field's F1: pass where the interval lies above f, regress where it lies
below, else inconclusive. A field of which the letters have nothing asks for nothing. The worst field decides.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from eval.figures.columns import subject_of
from eval.judging.comparison import Difference, compare_runs
from eval.judging.result import RunResult
from eval.scoring.fields import CRITICAL
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict

ALPHA = 0.05
FLOOR = 0.8


class GateVerdict(StrEnum):
    """What the gate says."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    REGRESS = "regress"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES: dict[GateVerdict, int] = {GateVerdict.PASS: 0, GateVerdict.REGRESS: 10, GateVerdict.INCONCLUSIVE: 11}
_SEVERITY = (GateVerdict.PASS, GateVerdict.INCONCLUSIVE, GateVerdict.REGRESS)


class GateLimits(Strict):
    """What the gate asks for; read from a TOML file with the tables `margins` and `floors`."""

    margins: dict[str, float] = Field(default_factory=lambda: dict(CRITICAL))
    """Field → how much F1 it may lose against the baseline."""
    floors: dict[str, float] = Field(default_factory=lambda: dict.fromkeys(CRITICAL, FLOOR))
    """Field → F1 that it must have where there is no baseline."""


class FieldVerdict(Strict):
    """What the gate says of one field."""

    field: str
    verdict: GateVerdict
    reason: str


class GateResult(Strict):
    """What the gate says, and why."""

    verdict: GateVerdict
    fields: tuple[FieldVerdict, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 10 regress, 11 inconclusive."""
        return EXIT_CODES[self.verdict]


def load_limits(path: Path | None) -> GateLimits:
    """Read limits from a TOML file; fields that it does not name keep their defaults.

    Raises:
        ConfigurationError: it cannot be read, or names a field that the gate does not know.

    """
    if path is None:
        return GateLimits()
    try:
        given = GateLimits.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"gate limits {str(path)!r} cannot be read: {error}") from error
    unknown = sorted((set(given.margins) | set(given.floors)) - set(CRITICAL))
    if unknown:
        raise ConfigurationError(
            f"{str(path)!r} names {unknown[0]!r}, which is no critical field: {', '.join(CRITICAL)}"
        )
    standard = GateLimits()
    return GateLimits(margins={**standard.margins, **given.margins}, floors={**standard.floors, **given.floors})


def gate(run: RunResult, baseline: RunResult | None = None, limits: GateLimits | None = None) -> GateResult:
    """Judge a run against a baseline, or against floors where there is none."""
    limits = limits or GateLimits()
    if baseline is None:
        fields = [_by_floor(run, field, floor) for field, floor in limits.floors.items()]
    else:
        found = compare_runs(baseline, run)
        fields = [_by_margin(found.of(field), field, margin) for field, margin in limits.margins.items()]
    return GateResult(verdict=worst({one.field: one.verdict for one in fields}), fields=tuple(fields))


def worst(verdicts: Mapping[str, GateVerdict]) -> GateVerdict:
    """Take the gravest of the verdicts; pass where there is none."""
    return max(verdicts.values(), key=_SEVERITY.index, default=GateVerdict.PASS)


def _by_margin(found: Difference, field: str, margin: float) -> FieldVerdict:
    if found.a is None and found.b is None:
        return FieldVerdict(field=field, verdict=GateVerdict.PASS, reason="not in these letters")
    if found.difference is None or found.low is None or found.high is None:
        return FieldVerdict(field=field, verdict=GateVerdict.INCONCLUSIVE, reason="in one run only")
    shown = f"{found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}], margin {margin:g}"
    if found.low >= -margin:
        return FieldVerdict(field=field, verdict=GateVerdict.PASS, reason=shown)
    if found.difference < 0 and found.p_holm is not None and found.p_holm <= ALPHA:
        return FieldVerdict(field=field, verdict=GateVerdict.REGRESS, reason=f"{shown}, p {found.p_holm:.3f}")
    return FieldVerdict(
        field=field, verdict=GateVerdict.INCONCLUSIVE, reason=f"{shown}, detectable {found.detectable or 0:.3f}"
    )


def _by_floor(run: RunResult, field: str, floor: float) -> FieldVerdict:
    figure = run.summary.figure(subject_of(field))
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return FieldVerdict(field=field, verdict=GateVerdict.PASS, reason="not in these letters")
    shown = f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}], floor {floor:g}"
    if figure.low >= floor:
        verdict = GateVerdict.PASS
    elif figure.high < floor:
        verdict = GateVerdict.REGRESS
    else:
        verdict = GateVerdict.INCONCLUSIVE
    return FieldVerdict(field=field, verdict=verdict, reason=shown)
