"""Evaluation: how right a reader is, field by field, with honest uncertainty.

>>> from pathlib import Path
>>> from eval import grade, load_gold, reader_named
>>> result = grade(reader_named("rules"), load_gold(Path("gold")).cases)     # doctest: +SKIP
>>> result.summary.figure("decisions.outcome")                               # doctest: +SKIP

The rooms, from the ground up: `scoring` (one letter), `figures` (many), `labelling` (the gold), `judging` (a reader),
`metamorphic` (a reader, without gold), `report` (for people). Each says in its docstring what it may import; nothing
here is imported by `extractor`. Write `from eval import …`: `import eval` would hide the builtin of that name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.judging.comparison import compare_runs as compare_runs
    from eval.judging.gate import gate as gate
    from eval.judging.grading import grade as grade
    from eval.judging.grading import grade_folder as grade_folder
    from eval.judging.result import RunResult as RunResult
    from eval.judging.result import load_run as load_run
    from eval.judging.result import save_run as save_run
    from eval.labelling.gold import load_gold as load_gold
    from eval.metamorphic.suite import try_relations as try_relations
    from eval.readers import Reader as Reader
    from eval.readers import reader_named as reader_named
    from eval.scoring.marks import Mark as Mark
    from eval.scoring.score import score as score

# Loaded when first used: `imr eval --help` must not wait for numpy, and `score` needs none of it.
_HOME = {
    "Mark": "scoring.marks",
    "Reader": "readers",
    "RunResult": "judging.result",
    "compare_runs": "judging.comparison",
    "gate": "judging.gate",
    "grade": "judging.grading",
    "grade_folder": "judging.grading",
    "load_gold": "labelling.gold",
    "load_run": "judging.result",
    "reader_named": "readers",
    "save_run": "judging.result",
    "score": "scoring.score",
    "try_relations": "metamorphic.suite",
}
__all__ = sorted(_HOME)  # noqa: PLE0605 - of strings


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - `import eval` stays free of cost

    return getattr(import_module(f"eval.{_HOME[name]}"), name)
