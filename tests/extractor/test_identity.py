"""What identifies a reading: what can change one, and nothing else."""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from factories import become_version, write_letters

from extractor import identity
from extractor.cli import cli
from extractor.reading import configuration as configured
from extractor.reading.configuration import Configuration
from extractor.settings import ModelSettings

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "extractor"
HARMLESS = {
    "__init__.py": "a façade",
    "errors.py": "how a letter fails; what fails is no record",
    "processes": "when a reading is ended, and where it runs; what is ended is no record",
    "settings.py": "its values are in the configuration; limits refuse, they change nothing",
    "telemetry.py": "tells what happens",
    "files.py": "how a file is opened; its bytes are what is read",
    "identity.py": "what tells",
    "reading/__init__.py": "its name",
    "readers/__init__.py": "its name",
    "reading/configuration.py": "its values are hashed beside the code",
}


# --- the lists -------------------------------------------------------------------------------------------------------


def imported_by(roots: list[str]) -> set[str]:
    """Parts (`layout`, `readers/rules`, `fields.py`) that these parts import when they run, directly or not."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        part = todo.pop()
        if part in found or part.startswith("data/"):
            continue
        found.add(part)
        files = sorted((PACKAGE / part).rglob("*.py")) if (PACKAGE / part).is_dir() else [PACKAGE / part]
        for file in files:
            todo += taken_by(ast.parse(file.read_text(encoding="utf-8")))
    return found


def taken_by(tree: ast.Module) -> list[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").split(".")[0] == "extractor"]
    return [part_of(f"{node.module}.{alias.name}") for node in ours for alias in node.names]


def part_of(imported: str) -> str:
    """Of `extractor.layout.items.Item` the part `layout`: as it is listed, else the file of the module."""
    path = PACKAGE
    for step in imported.split(".")[1:]:
        if not (path / step).is_dir():
            module = path / f"{step}.py"
            path = module if module.exists() else path if path.suffix else path / "__init__.py"
            break
        path /= step
    else:
        path /= "__init__.py"
    told = path.relative_to(PACKAGE).as_posix()
    listed = (*identity.READ_BY_ALL, *identity.READ_BY_MODELS, *HARMLESS)
    return next((part for part in listed if told == part or told.startswith(f"{part}/")), told)


def test_whatever_the_readers_import_is_listed_or_harmless() -> None:
    """A new module that reads cannot be forgotten: its records would be stale, and nobody would know."""
    listed = {*identity.READ_BY_ALL, *identity.READ_BY_MODELS}
    assert imported_by(["reading/letter.py"]) - listed - HARMLESS.keys() == set()


def test_what_the_rules_reader_imports_is_listed_for_all() -> None:
    roots = [part for part in identity.READ_BY_ALL if part not in ("reading/letter.py", "reading/assembling.py")]
    taken = imported_by(roots) - set(identity.READ_BY_ALL) - HARMLESS.keys()
    assert taken == set()


def test_what_is_listed_is_there_once() -> None:
    listed = [*identity.READ_BY_ALL, *identity.READ_BY_MODELS]
    assert len(listed) == len(set(listed))
    assert [part for part in listed if not (PACKAGE / part).exists()] == []
    data = {f"data/{path.name}" for path in (PACKAGE / "data").iterdir()}
    assert data == {part for part in listed if part.startswith("data/")}


# --- what changes the hash -------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package somewhere else, to be changed."""
    shutil.copytree(PACKAGE, tmp_path / "extractor", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "extractor"


def hashes(package: Path) -> tuple[str, str]:
    """Hashes of what the rules reader, and a model reader, gives by the package at this place."""
    code = "from extractor import identity as i; print(i.code_sha256(model=False), i.code_sha256())"
    environment = {"PYTHONPATH": str(package.parent), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=package.parent, env=environment
    )
    rules, model = done.stdout.split()
    return rules, model


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(package: Path) -> None:
        text = (package / file).read_text(encoding="utf-8")
        assert old in text, old
        (package / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def move(package: Path) -> None:
    """`words.py` becomes a module of `facts`, with all who import it."""
    (package / "support/words.py").rename(package / "facts/wording.py")
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("from extractor.support.words import", "from extractor.facts.wording import")
        path.write_text(text.replace(_FOUR, _THREE), encoding="utf-8")


_FOUR = "from extractor.support import finding, scopes, stated, words\n"
_THREE = "from extractor.facts import wording as words\nfrom extractor.support import finding, scopes, stated\n"
NOTHING = {
    "a comment": edit("reading/checks.py", "_ORDER = (", "# told in this order\n_ORDER = ("),
    "a docstring": edit("reading/checks.py", "Flags for one determination", "All flags for one determination"),
    "formatting": edit("text/spans.py", "\n\n\n", "\n\n\n\n\n"),
    "a comment in data": lambda package: (package / "data/body.toml").write_text(
        "# parts of the body\n" + (package / "data/body.toml").read_text()
    ),
    "a command": edit("cli/status.py", "import click", "import click\n\nNEW = 1"),
    "a module that moved": move,
}
BOTH = {
    "code": edit("reading/checks.py", "_ORDER = (", "_ORDER_ = 1\n_ORDER = ("),
    "a number": edit("reading/checks.py", "{1,2}", "{1,3}"),
    "data": lambda package: (package / "data/reasons.toml").write_text(
        (package / "data/reasons.toml").read_text() + '\n["new"]\nname = "x"\n'
    ),
    "a name from elsewhere": edit(
        "grounding/ground.py", "from extractor.support.stated import", "from extractor.support.words import"
    ),
    "a new module": lambda package: (package / "readers/rules/new.py").write_text("NEW = 1\n"),
}


@pytest.fixture(scope="module")
def as_is() -> tuple[str, str]:
    return hashes(PACKAGE)


@pytest.mark.parametrize("change", NOTHING.values(), ids=NOTHING)
def test_what_changes_no_reading(copy: Path, as_is: tuple[str, str], change: Callable[[Path], None]) -> None:
    change(copy)
    assert hashes(copy) == as_is


@pytest.mark.parametrize("change", BOTH.values(), ids=BOTH)
def test_what_may_change_any_reading(copy: Path, as_is: tuple[str, str], change: Callable[[Path], None]) -> None:
    change(copy)
    assert [new != old for new, old in zip(hashes(copy), as_is, strict=True)] == [True, True]


def test_what_only_models_use_changes_no_reading_by_rules(copy: Path, as_is: tuple[str, str]) -> None:
    edit("readers/both/reconcile.py", "def reconcile(", "NEW = 1\n\n\ndef reconcile(")(copy)
    rules, model = hashes(copy)
    assert (rules, model != as_is[1]) == (as_is[0], True)


def test_hashes_are_kept_and_a_damaged_file_of_them_is_none(copy: Path, as_is: tuple[str, str]) -> None:
    kept = copy / "__pycache__" / "identity.json"
    assert hashes(copy) == as_is
    assert set(json.loads(kept.read_bytes())) == {"sources", "modules"}
    for damaged in (b"", b"{", b"[]", b'{"sources": 1}'):
        kept.write_bytes(damaged)
        assert hashes(copy) == as_is


# --- what has changed, told ------------------------------------------------------------------------------------------


def told(configuration: Configuration, **changed: object) -> str:
    return json.dumps({**json.loads(configuration.as_json_with_parts), **changed})


def test_nothing_has_changed() -> None:
    for configuration in (Configuration(), Configuration.of("both", ModelSettings("m"))):
        assert configuration.changes(configuration.as_json_with_parts) == ()
        assert Configuration.from_json(configuration.as_json_with_parts) == configuration


def test_changes_are_told_in_words() -> None:
    rules, both = Configuration(), Configuration.of("both", ModelSettings("m"))
    parts = json.loads(rules.as_json_with_parts)["parts"]
    older = told(rules, code="1", parts={**parts, "layout": "1", "fields.py": "1", "lxml": "5.2"})
    assert rules.changes(older) == ("other code (fields, layout, lxml)",)
    assert both.changes(rules.as_json_with_parts) == ("reader both, not rules",)
    assert both.changes(told(both, prompt_sha256="1")) == ("other prompts",)
    other = Configuration.of("both", ModelSettings("n", strategy="sections"))
    assert other.changes(both.as_json_with_parts)[:2] == ("name n, not m", "strategy sections, not whole")


@pytest.mark.parametrize("damaged", ["", "{", "[]", "{}", '{"reader": "rules"}', Configuration().as_json])
def test_what_cannot_be_told_is_not_told(damaged: str) -> None:
    assert Configuration().changes(damaged) == ()


# --- imr run says why ------------------------------------------------------------------------------------------------


def run(folder: Path, database: Path) -> str:
    """What `imr run` says of reading again; empty where it says nothing."""
    done = CliRunner().invoke(cli, ["run", str(folder), "--db", str(database), "--workers", "1"])
    assert done.exit_code == 0, done.output
    return "".join(line for line in done.stderr.splitlines() if "read again" in line)


@pytest.mark.usefixtures("quick_workers")
def test_a_run_says_why_it_reads_again_and_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_letters(tmp_path / "in", 3)
    assert run(tmp_path / "in", tmp_path / "a.db") == ""
    assert run(tmp_path / "in", tmp_path / "a.db") == ""
    parts = identity.parts(model=False)
    monkeypatch.setattr(identity, "code_sha256", identity.code_sha256)
    monkeypatch.setattr(identity, "parts", lambda model: {**parts, "layout": "1"})
    become_version("1" * 64)
    try:
        assert run(tmp_path / "in", tmp_path / "a.db") == (
            "imr: 3 letters have records of another configuration, and will be read again where met "
            "(other code (layout))"
        )
    finally:
        monkeypatch.undo()
        identity.code_version.cache_clear()
        configured._sha256.cache_clear()
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.execute("UPDATE records SET config_sha256 = substr(config_sha256, 2) || '0'")
        db.execute("UPDATE runs SET configuration = '{}'")
    assert run(tmp_path / "in", tmp_path / "a.db").endswith(f"(read by {identity.code_version()}, reader rules)")
