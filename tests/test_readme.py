"""Every block of the README is executed, in order, in a folder that has only what the blocks name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from replaying import recordings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person has after cloning, without the code: the package is the installed one."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("docs", "gold"):
        (place / name).symlink_to(ROOT / name)
    return place


def needs_recordings(block: str) -> None:
    """Skip a block that replays recordings which do not answer the prompts as they are now."""
    if "gold/recordings" in block:
        recordings()


def execute(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_all_kinds_of_blocks_are_known() -> None:
    assert {kind for kind, _ in BLOCKS} <= {"", "bash", "python"}
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("number", [n for n, (kind, _) in enumerate(BLOCKS) if kind == "bash"])
def test_bash(number: int, folder: Path) -> None:
    """Each line by itself, so that a failing one is named."""
    needs_recordings(BLOCKS[number][1])
    for line in BLOCKS[number][1].splitlines():
        if line.strip():
            execute(["bash", "-euo", "pipefail", "-c", line], folder)


@pytest.mark.parametrize("number", [n for n, (kind, _) in enumerate(BLOCKS) if kind == "python"])
def test_python(number: int, folder: Path) -> None:
    needs_recordings(BLOCKS[number][1])
    assert execute([sys.executable, "-c", BLOCKS[number][1]], folder).strip()


def test_make_run_prints_what_the_readme_shows(folder: Path) -> None:
    """The block after the two commands is an excerpt: each of its lines stands in the output."""
    targets = re.findall(r"^make (\w+)", BLOCKS[0][1], flags=re.MULTILINE)
    assert targets == ["run", "test"]
    assert "pytest" in execute(["make", "--dry-run", "--always-make", "-C", str(ROOT), "test"], folder)
    printed = execute(["make", "--no-print-directory", "-C", str(ROOT), "run"], folder)
    shown = BLOCKS[1][1].splitlines()
    missing = [line for line in shown if line.strip() not in {"", "..."} and line.strip() not in printed]
    assert not missing, missing


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
