"""Writes the table of fields into docs/record.md from `extractor.fields`: `python docs/render_record.py`.

A test fails where the page and the table differ.
"""

from __future__ import annotations

from pathlib import Path

from extractor.fields import FIELDS, Field

PAGE = Path(__file__).parent / "record.md"
BEGIN, END = "<!-- fields: begin -->", "<!-- fields: end -->"


def row(field: Field) -> str:
    """One line of the table."""
    by = "the facts" if field.fact else "its words" if field.check else "standing there"
    column = f"`{field.column.table}.{field.column.name}`" if field.column else ""
    return f"| `{field.pattern}` | {field.kind} | {by} | {field.policy.leader} | {column} | {field.meaning} |"


def rendered(page: str) -> str:
    """The page with the table as it is now."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    table = [
        "| field | type | grounded by | leads | column | what it holds |",
        "|---|---|---|---|---|---|",
        *map(row, FIELDS),
    ]
    return f"{head}{BEGIN}\n\n" + "\n".join(table) + f"\n\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
