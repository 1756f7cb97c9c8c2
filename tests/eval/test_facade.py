"""`from eval import …` gives what a program needs, and costs nothing until it is used."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

NAMES = import_module("eval").__all__


def test_the_names_are_pinned() -> None:
    assert [
        *("Mark", "Reader", "RunResult", "compare_runs", "gate", "grade", "grade_folder", "load_gold", "load_run"),
        *("reader_named", "save_run", "score", "try_relations"),
    ] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_that_of_its_home(name: str) -> None:
    assert getattr(import_module("eval"), name).__module__.startswith(("eval.", "collections.abc"))


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        import_module("eval").nonsense  # noqa: B018


def test_the_facade_is_cheap() -> None:
    code = "import sys; from eval import cli; sys.exit(str(sorted({'numpy', 'pydantic', 'scipy'} & set(sys.modules))))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.stderr.strip() == "[]"
