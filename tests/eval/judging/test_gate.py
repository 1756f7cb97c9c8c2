from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eval.judging.gate import GateLimits, GateVerdict, gate, load_limits
from eval.judging.result import RunResult
from extractor.errors import ConfigurationError


def test_gate_passes_regresses_and_does_not_know(swapped: Callable[..., RunResult], perfect: RunResult) -> None:
    assert gate(perfect, perfect).exit_code == 0
    worse = gate(swapped(*range(12)), perfect)
    assert worse.verdict is GateVerdict.REGRESS
    assert worse.exit_code == 10
    assert {one.field for one in worse.fields if one.verdict is GateVerdict.REGRESS} == {"decisions.outcome"}
    unsure = gate(swapped(1, 2), perfect)
    assert (unsure.verdict, unsure.exit_code) == (GateVerdict.INCONCLUSIVE, 11)


def test_gate_without_baseline_asks_for_floors(swapped: Callable[..., RunResult], perfect: RunResult) -> None:
    limits = GateLimits(floors={"decisions.outcome": 0.9})
    assert gate(perfect, limits=limits).verdict is GateVerdict.PASS
    assert gate(swapped(*range(30)), limits=limits).verdict is GateVerdict.REGRESS
    assert gate(swapped(1, 2, 3), limits=limits).verdict is GateVerdict.INCONCLUSIVE
    assert gate(perfect).fields[0].field == "case_number"


def test_limits_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text('[margins]\n"decisions.outcome" = 0.5\n')
    assert load_limits(tmp_path / "gate.toml").margins["decisions.outcome"] == 0.5
    assert load_limits(tmp_path / "gate.toml").margins["case_number"] == 0.02
    (tmp_path / "gate.toml").write_text("[margins]\nnonsense = 0.5\n")
    with pytest.raises(ConfigurationError, match="no critical field"):
        load_limits(tmp_path / "gate.toml")
