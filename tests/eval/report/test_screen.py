from __future__ import annotations

from pathlib import Path

from gold_factory import overturn_first, reader_of

from eval.judging.grading import grade
from eval.labelling.gold import load_gold
from eval.report.screen import run_screen


def test_the_summary_fits_one_screen(eight: Path) -> None:
    lines = list(run_screen(grade(reader_of(eight, overturn_first("a1", "a2")), load_gold(eight).cases)))
    assert len(lines) <= 40
    assert all(len(line) <= 130 for line in lines)
