"""The two lists of fields, the record's and the scorer's, are independent on purpose; here they are held together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from eval.figures.columns import FIELDS, ITEMS
from eval.labelling.agreement import CLOSED, CLOSED_SETS
from eval.labelling.support import DATE_FIELDS, VERBATIM_FIELDS
from eval.scoring.comparators import Comparator
from eval.scoring.fields import (
    CRITICAL,
    DETERMINATION,
    GROUPS,
    NOT_SCORED,
    Bag,
    Group,
    Items,
    Leaf,
    Node,
    group_of,
    item_fields,
    leaf_fields,
)
from extractor.records.determination import Determination

DOCS = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")


class Field(NamedTuple):
    """One leaf of the record, as its JSON Schema declares it."""

    kind: str
    """`date`, `boolean`, `number`, `closed` (an enumeration), `passage` or `text`."""
    many: bool
    """A list of these."""


SCHEMA = Determination.model_json_schema()


def declared(node: Any, path: str = "", many: bool = False) -> Iterator[tuple[str, Field]]:
    """Every leaf of a JSON Schema, dotted, without list positions; a list of objects is not `many` leaves."""
    if "$ref" in node:
        yield from declared(SCHEMA["$defs"][node["$ref"].rpartition("/")[2]], path, many)
    elif "anyOf" in node:
        for one in node["anyOf"]:
            yield from declared(one, path, many)
    elif node.get("type") == "array":
        yield from declared(node["items"], path, many=True)
    elif node.get("properties") and set(node["properties"]) != {"text", "spans"}:
        for name, below in node["properties"].items():
            yield from declared(below, f"{path}.{name}" if path else name)
    elif node.get("type") != "null":
        yield path, Field(_kind(node), many)


def _kind(node: Any) -> str:
    if "properties" in node:
        return "passage"
    if "enum" in node or "const" in node:
        return "closed"
    return {"boolean": "boolean", "integer": "number", "number": "number"}.get(
        node["type"], "date" if node.get("format") == "date" else "text"
    )


def comparator_of(node: Leaf | Bag) -> Comparator:
    return node.comparator if isinstance(node, Leaf) else node.element


RECORD = dict(declared(SCHEMA))
SCORED = dict(leaf_fields(DETERMINATION))
# Kind of comparator → kinds of the record's leaves that it can compare.
FITS = {
    "date": {"date"},
    "number": {"number"},
    "flag": {"boolean"},
    "boolean": {"boolean"},
    "passage": {"passage"},
    "word": {"closed", "text"},
}


def test_every_field_of_the_record_is_scored_or_named_as_not_scored() -> None:
    assert set(SCORED) | set(NOT_SCORED) == set(RECORD)
    assert not set(SCORED) & set(NOT_SCORED)
    assert all(NOT_SCORED.values()), "say why"


def test_a_list_is_scored_as_a_list() -> None:
    assert {name for name, node in SCORED.items() if isinstance(node, Bag)} == {
        name for name, field in RECORD.items() if field.many and name not in NOT_SCORED
    }


def test_every_field_is_compared_as_what_it_is() -> None:
    wrong = {
        name: (comparator_of(node).name, RECORD[name].kind)
        for name, node in SCORED.items()
        if RECORD[name].kind not in FITS.get(comparator_of(node).name, {"text"})
    }
    assert wrong == {}


def test_other_lists_of_fields_name_fields_that_there_are() -> None:
    closed = {name for name, field in RECORD.items() if field.kind == "closed" and not field.many}
    part = "decisions.body_parts.part"  # what identifies an item cannot be agreed on apart from its pairing
    assert set(CLOSED) == closed - {part}
    assert {f"decisions.{name}" for name in CLOSED_SETS} == {
        name for name, field in RECORD.items() if field.kind == "closed" and field.many
    }
    assert {name for name, field in RECORD.items() if field.kind == "date"} == DATE_FIELDS
    assert set(VERBATIM_FIELDS) <= {name for name, field in RECORD.items() if field.kind == "text"}
    assert set(CRITICAL) <= {*FIELDS, *ITEMS}
    assert {group_of(field) for field in FIELDS} == set(GROUPS)
    for members in GROUPS.values():
        for member in members:
            assert [field for field in FIELDS if f"{field}.".startswith(f"{member}.")], member


def test_items_are_identified_by_scalars_of_their_own() -> None:
    def lists(node: Node) -> Iterator[Items]:
        if isinstance(node, Items):
            yield node
        if isinstance(node, Items | Group):
            for below in node.fields.values():
                yield from lists(below)

    found = list(lists(DETERMINATION))
    assert len(found) == len(list(item_fields(DETERMINATION))) == len(ITEMS)
    for node in found:
        assert set(node.comparators) == {*node.identity, *node.exact}
        assert not {"outcome", "reasons"} & set(node.comparators)


@pytest.mark.parametrize("name", sorted({comparator_of(node).name for node in SCORED.values()}))
def test_the_table_of_comparators_is_the_one_in_the_code(name: str) -> None:
    for field, node in SCORED.items():
        comparator = comparator_of(node)
        if comparator.name == name:
            kind = f"list of {name}" if isinstance(node, Bag) else name
            assert f"| `{field}` | {kind} | {comparator.note} |" in DOCS
