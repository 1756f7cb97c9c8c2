"""The table of fields: every leaf of the determination is grounded, stored, exported, shown, documented."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.display.record import show_record
from extractor.display.screen import Screen
from extractor.export import TABLES
from extractor.fields import BY_PATTERN, FIELDS, RECORDS_REVIEWED, Field
from extractor.records.determination import Determination
from extractor.store import Store

DOCS = Path(__file__).parents[2] / "docs" / "record.md"


def schema_leaves(node: dict[str, Any], defs: dict[str, Any], path: str = "") -> Iterator[str]:
    """Patterns of the scalars that a JSON Schema allows; a passage is one."""
    while "$ref" in node or "anyOf" in node:
        if "anyOf" in node:
            node = next(each for each in node["anyOf"] if each.get("type") != "null")
        else:
            name = node["$ref"].rsplit("/", 1)[-1]
            if name == "Passage":
                yield path
                return
            node = defs[name]
    if node.get("type") == "array":
        yield from schema_leaves(node["items"], defs, f"{path}/*")
    elif node.get("type") == "object":
        for name, below in node["properties"].items():
            yield from schema_leaves(below, defs, f"{path}/{name}")
    else:
        yield path


def test_the_table_has_every_leaf_of_the_determination_and_no_other() -> None:
    schema = Determination.model_json_schema()
    assert sorted(schema_leaves(schema, schema["$defs"])) == sorted(BY_PATTERN)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.pattern)
def test_each_field_is_grounded_and_described(field: Field) -> None:
    assert field.fact or field.check or field.verbatim, "nothing measures a claim of it"
    if field.fact and field.check:
        assert "header" in field.scope.__qualname__ or field.pattern.startswith("/reviewer/"), (
            "facts and words both decide: words only where an unknown layout has no facts"
        )
    assert field.meaning
    assert field.label
    assert len(field.policy.why) > 30


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Table or view → its columns in a new database."""
    with Store(tmp_path_factory.mktemp("db") / "imr.db") as store:
        names = [row[0] for row in store._db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        return {name: {row[1] for row in store._db.execute(f"PRAGMA table_info({name})")} for name in names}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.pattern)
def test_each_field_is_stored_and_exported(field: Field, columns: dict[str, set[str]]) -> None:
    if field.column is None:
        assert field is RECORDS_REVIEWED
        return
    if field.column.stored:
        assert field.column.name in columns[field.column.table]
    assert field.column.name in columns[f"current_{field.column.table}"]
    exported = next(table for table in TABLES if table.name == field.column.table)
    assert field.column.name in [column.name for column in exported.columns]


# --- shown -----------------------------------------------------------------------------------------------------------

_PLAIN: dict[str, Any] = {
    "/priority": "expedited",
    "/patient/sex": "female",
    "/decisions/*/category": "pharmaceuticals",
    "/decisions/*/subcategory": "opioid",
    "/decisions/*/outcome": "overturned",
    "/decisions/*/body_parts/*/part": "knee",
    "/decisions/*/body_parts/*/side": "bilateral",
    "/decisions/*/reasons/*": "criteria_met",
    "/decisions/*/claims_administrator_basis/relied_on": "both",
    "/decisions/*/reviewer_basis/relied_on": "non_mtus",
    "/decisions/*/claims_administrator_basis/citations/*/source": "ODG",
    "/decisions/*/reviewer_basis/citations/*/source": "ACOEM",
}
"""Fields with a closed list: one member each."""
_NOT_SAID = {
    "/decisions/*/claims_administrator_basis/statement": "shown only where it has no citations",
    "/decisions/*/reviewer_basis/statement": "shown only where it has no citations",
}


def value_of(field: Field, number: int) -> Any:
    """A value that no other field of the determination has."""
    if field.pattern in _PLAIN:
        return _PLAIN[field.pattern]
    if field.passage:
        return {"text": f"word{number:03}", "spans": [(0, 1)]}
    made = {
        "text": f"word{number:03}",
        "integer": 20 + number,
        "number": 200 + number,
        "boolean": True,
        "date": date(2016, 1, 1 + number % 28).isoformat(),
    }
    return made[field.kind] if field.leaf != "year" else 1900 + number


def filled() -> dict[str, Any]:
    """A determination with one of everything."""
    root: dict[str, Any] = {}
    for number, field in enumerate(FIELDS):
        node: Any = root
        steps = field.pattern.split("/")[1:]
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            empty: Any = value_of(field, number) if following is None else [] if following == "*" else {}
            if step == "*":
                if not node:
                    node.append(empty)
                node = node[0]
            else:
                node = node.setdefault(step, empty)
    return root


def shown(determination: dict[str, Any]) -> str:
    from letters import credentials, read  # noqa: PLC0415

    record = read(credentials()).model_copy(update={"determination": Determination.model_validate(determination)})
    out = io.StringIO()
    show_record(Screen(out), record, full=True)
    return out.getvalue()


def test_each_field_is_shown() -> None:
    whole = filled()
    text = shown(whole)
    for number, field in enumerate(FIELDS):
        if field.pattern in _NOT_SAID:
            continue
        value = value_of(field, number)
        words = value["text"] if isinstance(value, dict) else "yes" if value is True else str(value)
        if field.pattern.endswith("/mtus"):
            words = "(MTUS)"
        assert re.search(rf"\b{re.escape(words)}|{re.escape(words)}", text), f"{field.pattern}: {words!r} is not shown"


def test_each_field_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert not [field.pattern for field in FIELDS if f"`{field.pattern}`" not in text]


def test_the_page_has_the_table_as_it_is() -> None:
    from render_record import rendered  # noqa: PLC0415

    page = DOCS.read_text(encoding="utf-8")
    assert rendered(page) == page, "python docs/render_record.py"
