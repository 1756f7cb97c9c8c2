"""What must hold of the code as a whole, told by its files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "extractor", *([ROOT / "eval"] if (ROOT / "eval").is_dir() else [])]
MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]
IDS = [str(path.relative_to(ROOT)) for path in MODULES]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, however deep in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_no_module_is_named_like_a_standard_one() -> None:
    standard = set(sys.stdlib_module_names)
    clashes = [
        name
        for name, path in zip(IDS, MODULES, strict=True)
        if path.stem in standard and not path.stem.startswith("__")
    ]
    assert clashes == []


def test_no_package_under_tests() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.is_relative_to(ROOT / "extractor")], ids=str)
def test_extractor_never_imports_eval(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] == "eval"]


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_eval_is_never_imported_by_its_bare_name(path: Path) -> None:
    """`import eval` and `import eval.x` shadow the builtin; `from eval.x import y` does not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [
                alias.name for alias in node.names if alias.name.split(".")[0] == "eval" and alias.asname is None
            ]


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_drawers(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "base", "tools"}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("sqlite_utils", "extractor/store"),
        ("sqlite3", "extractor/store"),
        ("openai", "extractor/model"),
        ("instructor", "extractor/model"),
        ("pypdfium2", "extractor/documents"),
        ("docx", "extractor/documents"),
        ("bs4", "extractor/documents"),
        ("rich", "extractor/display"),
        ("distributed", "extractor/cluster/running"),
    ],
)
def test_heavy_libraries_are_kept_in_one_place(module: str, allowed: str) -> None:
    users = {
        name
        for name, path in zip(IDS, MODULES, strict=True)
        if module in {name.split(".")[0] for name in imports(path)}
    }
    assert {user for user in users if not user.startswith(allowed)} <= {"extractor/cli/export.py"} - {
        "extractor/cli/export.py"
    }


def loaded_by(statement: str) -> set[str]:
    """The modules in memory after a statement in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "heavy", ["pydantic", "pypdfium2", "sqlite_utils", "rich", "lxml", "docx", "bs4", "rapidfuzz", "pyarrow"]
)
def test_importing_the_package_is_cheap(heavy: str) -> None:
    assert heavy not in loaded_by("import extractor")


def test_extracting_text_needs_no_store_or_display() -> None:
    loaded = loaded_by("from extractor import extract; extract('HOW THE IMR FINAL DETERMINATION WAS MADE')")
    assert not loaded & {"sqlite_utils", "rich", "pyarrow", "openai", "instructor", "requests", "httpx", "click"}
