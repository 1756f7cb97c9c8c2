from __future__ import annotations

import ast
from pathlib import Path


def test_nothing_imports_eval_in_a_way_that_shadows_the_builtin() -> None:
    root = Path(__file__).parents[2]
    for path in (one for folder in ("eval", "extractor", "tests", "bench") for one in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not [one for one in node.names if (one.asname or one.name).split(".")[0] == "eval"], path
