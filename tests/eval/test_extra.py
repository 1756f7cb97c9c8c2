"""The extra `eval`: what a bare install lacks, and says so."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.cli import EXTRA

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {requirement.partition(">")[0].partition("[")[0] for requirement in requirements}


def imported(folder: str, *, without: str = "") -> Iterator[str]:
    for path in (ROOT / folder).rglob("*.py"):
        if path.parent.name == without:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield (node.module or "").partition(".")[0]


def call(statement: str, *missing: str) -> "subprocess.CompletedProcess[str]":
    """Run a statement where some packages cannot be imported."""
    code = f"import sys\nfor name in {missing!r}: sys.modules[name] = None\n{statement}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_extra_is_what_only_the_evaluation_imports() -> None:
    assert set(EXTRA) == names(PROJECT["project"]["optional-dependencies"]["eval"])
    assert set(EXTRA) <= set(imported("eval"))
    assert not set(EXTRA) & set(imported("extractor", without="learning"))  # which has an extra of its own
    assert not set(EXTRA) & names(PROJECT["project"]["dependencies"])
    assert set(EXTRA) <= names(PROJECT["dependency-groups"]["dev"])


@pytest.mark.parametrize("missing", ["scipy", "jinja2"])
def test_a_bare_install_says_what_to_install(missing: str) -> None:
    done = call("from eval.cli import group; group(['run', '--draws', '100'])", missing)
    assert done.returncode == 2
    assert done.stderr == f"imr eval: {missing} is not installed: pip install 'imr-extractor[eval]'\n"


def test_a_bare_install_has_help_and_scores_one_record() -> None:
    assert call("from eval.cli import group; group(['--help'])", *EXTRA).returncode == 0
    scored = call(
        "from eval.scoring.score import score; print(score({'priority': 'standard'}, {'priority': 'standard'}).f1)",
        *EXTRA,
    )
    assert scored.stdout == "1.0\n", scored.stderr


def test_another_missing_module_is_not_explained_away() -> None:
    done = call("from eval.cli import group; group(['run'])", "pydantic")
    assert "imr-extractor[eval]" not in done.stderr
