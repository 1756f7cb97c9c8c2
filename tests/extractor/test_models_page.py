"""docs/models.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extractor import errors
from extractor.model.asking import POLICY
from extractor.settings import Endpoint, ModelSettings, model_settings

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("error", POLICY, ids=lambda error: error.failure_class)
def test_the_table_of_errors_is_the_policy(error: type[errors.ModelError]) -> None:
    rule = POLICY[error]
    assert re.search(rf"^\| `{error.failure_class}`[^|]*\| {rule.action} \| {rule.times} \|$", PAGE, re.MULTILINE)


def test_the_settings_file_is_read_as_it_stands(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    file = tmp_path / "imr.toml"
    file.write_text(block.group(1), encoding="utf-8")
    chosen = model_settings(environment={}, file=file)
    assert chosen.endpoint.price is not None
    assert chosen.endpoint.budget == 20
    told = set(re.findall(r"^(\w+) =", block.group(1).partition("[prices")[0], re.MULTILINE))
    known = {*ModelSettings.__dataclass_fields__, *Endpoint.__dataclass_fields__}
    assert told == known - {"api_key", "price", "prompts", "record", "replay", "headers", "query"}


def test_what_it_calls_the_default_is_the_default(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    (tmp_path / "imr.toml").write_text(block.group(1), encoding="utf-8")
    chosen = model_settings(environment={}, file=tmp_path / "imr.toml")
    assert chosen.model == ModelSettings("NAME")
    assert (chosen.endpoint.in_flight, chosen.endpoint.timeout) == (Endpoint().in_flight, Endpoint().timeout)
