"""Gold folders that most tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gold_factory import reader_of, swap_outcomes, write_gold

from eval.judging.grading import grade
from eval.judging.result import RunResult
from eval.labelling.gold import load_gold


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four letters of two items each: a1 to a4."""
    return write_gold(tmp_path / "gold")


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    """Eight letters: a0 to a7."""
    return write_gold(tmp_path / "gold", [f"a{number}" for number in range(8)])


@pytest.fixture(scope="session")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty letters, a00 to a39: enough for significance. Only to be read."""
    return write_gold(tmp_path_factory.mktemp("gold") / "gold", [f"a{number:02}" for number in range(40)])


@pytest.fixture(scope="session")
def perfect(forty: Path) -> RunResult:
    """A run without an error on the forty letters."""
    return grade(reader_of(forty), load_gold(forty).cases, name="perfect")


@pytest.fixture(scope="session")
def swapped(forty: Path) -> Callable[..., RunResult]:
    """Call it with numbers of letters: a run in which every outcome of these letters is wrong."""

    def graded(*numbers: int) -> RunResult:
        change = swap_outcomes(*(f"a{number:02}" for number in numbers))
        return grade(reader_of(forty, change), load_gold(forty).cases, name="swapped")

    return graded
