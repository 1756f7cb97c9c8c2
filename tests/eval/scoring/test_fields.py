from pathlib import Path

import pytest

from eval.figures.columns import FIELDS
from eval.scoring.fields import CRITICAL, DETERMINATION, GROUPS, Leaf, group_of, leaf_fields
from extractor.determination import Determination

DOCS = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "node"), list(leaf_fields(DETERMINATION)))
def test_the_table_of_comparators_is_the_one_in_the_code(name, node):
    comparator = node.comparator if isinstance(node, Leaf) else node.element
    kind = comparator.name if isinstance(node, Leaf) else f"list of {comparator.name}"
    assert f"| `{name}` | {kind} | {comparator.note} |" in DOCS


def test_every_field_is_in_one_group_and_every_critical_one_exists():
    assert {group_of(field) for field in FIELDS} == set(GROUPS)
    assert set(CRITICAL) <= {*FIELDS, "decisions"}


def test_fields_are_those_of_the_record():
    """A field that is added to the determination must be given a comparator."""
    schema = Determination.model_json_schema()

    def names(node, path=()):
        if "$ref" in node:
            return names(schema["$defs"][node["$ref"].rpartition("/")[2]], path)
        if "anyOf" in node:
            return [found for one in node["anyOf"] for found in names(one, path)]
        if node.get("type") == "array":
            return names(node["items"], path) if "items" in node else []
        if node.get("properties") and set(node["properties"]) != {"text", "spans"}:
            return [found for name, below in node["properties"].items() for found in names(below, (*path, name))]
        return [".".join(path)] if node.get("type") != "null" else []

    assert set(names(schema)) == set(FIELDS)
