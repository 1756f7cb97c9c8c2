"""Variants of letters are data: one row each, complete, and asked for properties, never for their names."""

from __future__ import annotations

import ast
import pickle
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_args

import pytest
from letters import EVERY_LAYOUT, layout_of

from extractor.layout.variants import CREDENTIALS, UNKNOWN, VARIANTS, Variant, variant_named
from extractor.records.determination import LayoutName

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\bvariant(?:\.name)?$")
NAMES: tuple[LayoutName, ...] = get_args(LayoutName)


def test_every_layout_has_one_row() -> None:
    assert sorted(variant.name for variant in VARIANTS) == sorted(NAMES)
    assert VARIANTS[-1] is UNKNOWN  # it takes whatever is left


def test_a_variant_that_forgets_a_property_is_an_error() -> None:
    assert [field.name for field in fields(Variant) if field.default is not MISSING] == []
    told = {field.name: getattr(CREDENTIALS, field.name) for field in fields(Variant)}
    for name in told:
        with pytest.raises(TypeError, match=name):
            Variant(**{other: value for other, value in told.items() if other != name})


def test_an_unknown_text_has_nothing_of_a_form() -> None:
    flags = {field.name: getattr(UNKNOWN, field.name) for field in fields(Variant)}
    assert [name for name, value in flags.items() if value is True] == []


@pytest.mark.parametrize("name", EVERY_LAYOUT)
def test_another_process_gets_the_same_object(name: LayoutName) -> None:
    layout = layout_of(EVERY_LAYOUT[name]())
    assert layout.variant is variant_named(name)
    assert pickle.loads(pickle.dumps(layout)).variant is layout.variant  # noqa: S301  our own


def test_nobody_asks_for_the_name() -> None:
    """`layout.variant.lists_records`, not `layout.variant.name in (…)`: a new variant would be forgotten in silence."""
    found = []
    for path in sorted((ROOT / "extractor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare | ast.Match):
                continue
            asked = [node.subject] if isinstance(node, ast.Match) else [node.left, *node.comparators]
            if any(NAME.search(ast.unparse(each)) for each in asked):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
