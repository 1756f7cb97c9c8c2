"""What must hold of the code as a whole, told by its files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "extractor", *(ROOT / name for name in ("eval", "desk") if (ROOT / name).is_dir())]
MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]
IDS = [str(path.relative_to(ROOT)) for path in MODULES]


TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(IDS, MODULES, strict=True)}


def imports(tree: ast.Module) -> set[str]:
    """Every module that a file imports when it runs, however deep in it."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        todo += ast.iter_child_nodes(node)
    return found


IMPORTS = {name: imports(tree) for name, tree in TREES.items()}


def roots(modules: set[str]) -> set[str]:
    """The packages that these modules are of."""
    return {module.split(".")[0] for module in modules}


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


def test_extractor_never_imports_eval() -> None:
    assert [name for name in IDS if name.startswith("extractor/") and "eval" in roots(IMPORTS[name])] == []


def test_eval_is_never_imported_by_its_bare_name() -> None:
    """`import eval` and `import eval.x` shadow the builtin; `from eval.x import y` does not."""
    shadowing = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        and any(alias.name.split(".")[0] == "eval" and alias.asname is None for alias in node.names)
    ]
    assert shadowing == []


def test_no_drawers() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "base", "tools"}
    assert [name for name, path in zip(IDS, MODULES, strict=True) if path.stem in drawers] == []


HOMES = {
    "sqlite_utils": "extractor/store",
    "sqlite3": "extractor/store",
    "openai": "extractor/model",
    "instructor": "extractor/model",
    "pypdfium2": "extractor/documents",
    "docx": "extractor/documents",
    "bs4": "extractor/documents",
    "rich": "extractor/display",
    "distributed": "extractor/cluster/running",
}


def test_heavy_libraries_are_kept_in_one_place() -> None:
    astray = {
        name: library
        for library, home in HOMES.items()
        for name in IDS
        if library in roots(IMPORTS[name]) and not name.startswith(home)
    }
    assert astray == {}


def loaded_by(statement: str) -> set[str]:
    """The modules in memory after a statement in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_the_package_is_cheap() -> None:
    heavy = {"pydantic", "pypdfium2", "sqlite_utils", "rich", "lxml", "docx", "bs4", "rapidfuzz", "pyarrow"}
    assert loaded_by("import extractor") & heavy == set()


def test_extracting_text_needs_no_store_or_display() -> None:
    letter = "IMR ISSUES, DECISIONS AND RATIONALES\nMassage: Upheld\nDecision rationale: No."
    loaded = loaded_by(f"from extractor import extract; extract({letter!r})")
    assert not loaded & {"sqlite_utils", "rich", "pyarrow", "openai", "instructor", "requests", "httpx", "click"}
