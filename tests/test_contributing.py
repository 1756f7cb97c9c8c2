"""Every path and command of CONTRIBUTING.md is there, and `make quick` runs files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extractor.cli.group import COMMANDS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", PAGE, flags=re.MULTILINE | re.DOTALL))
BLOCKS = re.findall(r"^ *```\n(.*?)^ *```", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMAND_LINES = [line.strip() for block in BLOCKS for line in block.splitlines()] + [
    code for code in CODE if re.match(r"(?:imr|make|python) ", code)
]
FOLDERS = ("extractor", "eval", "tests", "docs", "gold", "prompts", "bench")
PATHS = [code for code in CODE if re.fullmatch(r"[\w./-]+", code) and code.split("/")[0] in FOLDERS]
RECIPES = ("a field", "a layout", "a word for a reason", "a subcommand", "or change a prompt")


def test_the_recipes_are_there() -> None:
    assert [recipe for recipe in RECIPES if f"\n## Add {recipe}" not in PAGE] == []
    assert "\n## Read a failing test" in PAGE
    assert len(PATHS) > 50
    assert len(COMMAND_LINES) > 8


@pytest.mark.parametrize("path", sorted({*PATHS, *re.findall(r"\]\(([^)#]+)\)", PAGE)}))
def test_every_path_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists(), path


@pytest.mark.parametrize("line", sorted(set(COMMAND_LINES)))
def test_every_command_can_be_given(line: str) -> None:
    program, first = line.split()[:2]
    match program:
        case "make":
            assert re.search(rf"^{first}:", MAKEFILE, flags=re.MULTILINE)
        case "python":
            text = (ROOT / first).read_text(encoding="utf-8")
            assert [option for option in re.findall(r"--\w+", line) if f'"{option}"' not in text] == []
        case "imr":
            assert first in {*COMMANDS, "eval", "--help"}
        case _:
            pytest.fail(f"{program!r} is no program that this page may name")


def test_lines_can_be_read() -> None:
    long = [line for line in PAGE.splitlines() if len(line) > 140]
    assert long == []


def test_a_word_has_one_meaning() -> None:
    words = [word for row in re.findall(r"^\| ([^|]+) \| ", PAGE, flags=re.MULTILINE) for word in row.split(", ")]
    assert len(words) > 20
    assert len(words) == len(set(words))


def test_make_quick_runs_what_is_there() -> None:
    named = re.search(r"^QUICK := (.*?[^\\])\n", MAKEFILE, flags=re.MULTILINE | re.DOTALL)
    assert named is not None
    files = [f"tests/extractor/test_{name}.py" for name in named[1].replace("\\\n", " ").split()]
    assert len(files) > 15
    assert [file for file in files if not (ROOT / file).exists()] == []
