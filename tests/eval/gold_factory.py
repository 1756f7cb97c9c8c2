"""A small gold folder with letters made for tests, readers that answer from its references, and the command.

A letter has a header and one item for each outcome, and its reference labels them all; so `reader_of(folder)` is a
perfect reader, and a `Change` spoils it in one known way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from click.testing import CliRunner, Result

from eval.cli import group
from eval.readers import Reader
from eval.scoring.pointers import Json
from extractor.documents import Document
from extractor.errors import NoTextLayer
from extractor.records.determination import Determination
from extractor.records.record import DocumentInfo, Evidence, How, Provenance, Record, Support, Usage

Change = Callable[[str, Json], Json | None]
"""Takes a letter's name and the right determination; spoils it in place, gives another, or raises."""

LETTER = """Case Number: {number}
Decision Date: {us_date}

CLINICAL CASE SUMMARY
A 48 year old woman with lumbago.

{items}
"""
ITEM = "{requested}: {outcome}\nDecision rationale: {rationale}\n"


def letter(
    name: str,
    outcomes: Sequence[str] = ("Upheld", "Overturned"),
    number: str | None = None,
    us_date: str = "10/13/2016",
) -> tuple[str, Json]:
    """Text and reference of one letter."""
    number = number or f"CM16-0{sum(map(ord, name)):06d}"
    items = [
        (f"Treatment {'abcdefghij'[place] * 3}", outcome, f"Because of {name} and {place}.")
        for place, outcome in enumerate(outcomes)
    ]
    printed = "\n".join(ITEM.format(requested=text, outcome=said, rationale=why) for text, said, why in items)
    text = LETTER.format(number=number, us_date=us_date, items=printed)

    def anchor(quote: str, start: int = 0) -> Json:
        at = text.index(quote, start)
        return {"spans": [[at, at + len(quote)]], "quote": quote}

    evidence = {
        "/case_number": anchor(number),
        "/decision_date": anchor(us_date),
        "/patient/age": anchor("48 year old"),
    }
    decisions = []
    for place, (requested, outcome, rationale) in enumerate(items):
        at = text.index(f"{requested}: {outcome}")
        evidence[f"/decisions/{place}/heading"] = anchor(requested, at)
        evidence[f"/decisions/{place}/outcome"] = anchor(outcome, at)
        why = text.index(rationale, at)
        decisions.append(
            {
                "heading": requested,
                "requested": requested,
                "disputed": requested,
                "retrospective": False,
                "associated_surgical_service": False,
                "category": "other",
                "subcategory": "other",
                "outcome": outcome.casefold(),
                "rationale": {"text": rationale, "spans": [[why, why + len(rationale)]]},
                "reasons": ["other"],
            }
        )
    reference = {
        "name": name,
        "letter": f"letters/{name}.txt",
        "status": "confirmed",
        "layout": "credentials",
        "traps": ["overturned"] if "Overturned" in outcomes else [],
        "determination": {
            "case_number": number,
            "decision_date": "2016-10-13",
            "patient": {"age": 48, "sex": "female", "diagnoses": ["lumbago"]},
            "decisions": decisions,
        },
        "evidence": evidence,
    }
    return text, reference


def write_gold(folder: Path, names: Sequence[str] = ("a1", "a2", "a3", "a4"), **changes: dict[str, Any]) -> Path:
    """Write a gold folder; `changes` are keyword arguments of `letter` by name."""
    (folder / "letters").mkdir(parents=True)
    (folder / "references").mkdir()
    for name in names:
        text, reference = letter(name, **changes.get(name, {}))
        (folder / "letters" / f"{name}.txt").write_text(text, encoding="utf-8")
        save_reference(folder, name, reference)
    return folder


def save_reference(folder: Path, name: str, reference: Json) -> None:
    (folder / "references" / f"{name}.json").write_text(json.dumps(reference), encoding="utf-8")


def load(folder: Path, name: str) -> Json:
    return json.loads((folder / "references" / f"{name}.json").read_text(encoding="utf-8"))


def record(document: Document, determination: Json, evidence: Json = None, usage: Usage | None = None) -> Record:
    """A record as a reader would give it."""
    return Record(
        document=DocumentInfo(
            sha256=document.sha256,
            name=document.name,
            media_type=document.media_type,
            pages=1,
            characters=len(document.text),
            layout="credentials",
        ),
        determination=Determination.model_validate(determination),
        evidence={
            pointer: Evidence(how=How.EXACT, support=Support.SUPPORTED, **entry)
            for pointer, entry in (evidence or {}).items()
        },
        provenance=Provenance(
            reader="fake",
            model="fake-1" if usage else None,
            schema_sha256="0" * 64,
            config_sha256="1" * 64,
            code_version="0",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            usage=usage,
        ),
    )


def reader_of(folder: Path, change: Change | None = None, usage: Usage | None = None) -> Reader:
    """A reader that knows the references; `change(name, determination)` spoils its answers, or raises."""

    def read(document: Document) -> Record:
        name = document.name.removesuffix(".txt")
        reference = load(folder, name)
        determination = reference["determination"]
        if change is not None:
            determination = change(name, determination) or determination
        return record(document, determination, reference["evidence"], usage)

    return read


def unreadable(name: str, determination: Json) -> NoReturn:
    raise NoTextLayer(f"{name!r} is a scan")


def overturn_first(*names: str) -> Change:
    """The first item of these letters is said to be overturned; it is upheld."""

    def change(name: str, determination: Json) -> None:
        if name in names:
            determination["decisions"][0]["outcome"] = "overturned"

    return change


def swap_outcomes(*names: str) -> Change:
    """Every outcome of these letters is the other one."""

    def change(name: str, determination: Json) -> None:
        for decision in determination["decisions"] if name in names else ():
            decision["outcome"] = "overturned" if decision["outcome"] == "upheld" else "upheld"

    return change


T = TypeVar("T")


def known(value: T | None) -> T:
    """The value, which must be there."""
    assert value is not None
    return value


def imr_eval(*arguments: object) -> Result:
    """Run `imr eval` with these arguments."""
    return CliRunner().invoke(group, [str(argument) for argument in arguments])
