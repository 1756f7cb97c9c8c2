"""The rules reader on real letters: accuracy, completeness, evidence; and the same through four PDF libraries.

    python bench/letters.py [FOLDER] [--all]

FOLDER (default ../shared/letters) holds `text/`, `pdf/` and `layout_labels.jsonl`. With --all every PDF goes through
pdfplumber too (minutes); otherwise the first sixteen do.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pdfminer.high_level
import pdfplumber
import pypdf

from extractor import Record, extract
from extractor.records.record import Support
from extractor.text.normalize import collapse
from extractor.vocabulary.people import specialty_named

Labels = dict[str, Any]
_SIDES = (("claims_administrator_guideline", "claims_administrator_basis"), ("maximus_guideline", "reviewer_basis"))


def day(printed: str) -> date | None:
    """The date that a label prints as m/d/yyyy."""
    return datetime.strptime(printed, "%m/%d/%Y").date() if printed else None  # noqa: DTZ007


def compared(record: Record, labels: Labels) -> Iterator[tuple[str, object, object]]:
    """(field, what the record says, what the label says), one for each labelled value."""
    told = record.determination
    yield "case_number", told.case_number, labels["case_number"]
    yield "priority", str(told.priority), labels["priority"].lower()
    for name in ("date_assigned", "date_of_injury", "decision_date", "ur_denial_date", "application_received"):
        yield name, getattr(told, name), day(labels[name])
    yield "licensed_states", list(told.reviewer.licensed_states), re.split(r"\s*,\s*", labels["licensure"])
    certified = [specialty_named(name) or name for name in re.split(r"\s*,\s*", labels["certification"])]
    yield "specialties", list(told.reviewer.specialties), certified
    yield "age", told.patient.age, labels["age"]
    summary = told.clinical_summary.text if told.clinical_summary else ""
    yield "clinical_summary", summary, collapse(labels["clinical_case_summary"])
    yield "decisions (count)", len(told.decisions), len(labels["items"])
    for decision, item in zip(told.decisions, labels["items"], strict=False):
        yield "heading", decision.heading, collapse(item["request_heading"])
        yield "outcome", str(decision.outcome), item["decision"].lower()
        for name, side in _SIDES:
            basis = getattr(decision, side)
            yield f"{side}.statement", basis.statement if basis else "", collapse(item[name] or "")
        yield "rationale", decision.rationale.text if decision.rationale else "", collapse(item["rationale"] or "")


def accuracy(letters: list[tuple[Labels, Path]]) -> None:
    """Print a row a field, and every miss."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    leaves: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    misses = []
    for labels, path in letters:
        record = extract(path)
        leaves.update(str(evidence.support) for evidence in record.evidence.values())
        flags.update(str(flag.code) for flag in record.flags)
        for name, said, label in compared(record, labels):
            asked[name] += 1
            right[name] += said == label
            if said != label:
                misses.append(f"  miss: {path.name} {name}: {str(said)[:90]!r}, label {str(label)[:90]!r}")
    print(f"{'field':38} {'right':>6} {'of':>5}")
    for name, count in asked.items():
        print(f"{name:38} {right[name]:6} {count:5}")
    total, count = sum(right.values()), sum(asked.values())
    print(f"{'all':38} {total:6} {count:5}  {total / count:.4f}", *misses, sep="\n")
    supported = leaves[str(Support.SUPPORTED)]
    print(f"values with evidence that supports them: {supported} of {sum(leaves.values())}")
    print("flags:", ", ".join(f"{code} {number}" for code, number in flags.most_common()) or "none")


def by_pypdf(path: Path) -> str:
    """Text by pypdf."""
    return "\f".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def by_pdfminer(path: Path) -> str:
    """Text by pdfminer.six."""
    return pdfminer.high_level.extract_text(path)


def by_pdfplumber(path: Path) -> str:
    """Text by pdfplumber, as it is laid out."""
    with pdfplumber.open(path) as pdf:
        return "\f".join(page.extract_text(layout=True) for page in pdf.pages)


def same_record(text: Record, other: Record) -> bool:
    """Equal but for where passages stand in the one text and the other."""

    def bare(record: Record) -> str:
        return re.sub(r'"spans":\[\[.*?\]\]', "", record.determination.model_dump_json())

    return bare(text) == bare(other)


def main() -> None:
    """Print the tables."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--all"]
    folder = Path(arguments[0]) if arguments else Path(__file__).parents[2] / "shared" / "letters"
    if not (folder / "layout_labels.jsonl").exists():
        sys.exit(f"no labelled letters in {folder}")
    logging.disable(logging.WARNING)  # pdfminer warns of permissions on half of the files
    labels = [json.loads(line) for line in (folder / "layout_labels.jsonl").read_text(encoding="utf-8").splitlines()]
    for kind, ending in (("text", "txt"), ("pdf", "pdf")):
        print(f"\n== from {kind}")
        accuracy([(one, folder / kind / f"{one['case_number']}.{ending}") for one in labels])
    print("\n== the same record as from text")
    readers: dict[str, tuple[Callable[[Path], str | Path], int]] = {
        "pypdfium2 (ours)": (lambda path: path, len(labels)),
        "pypdf": (by_pypdf, len(labels)),
        "pdfminer.six": (by_pdfminer, len(labels)),
        "pdfplumber layout=True": (by_pdfplumber, len(labels) if "--all" in sys.argv else 16),
    }
    for name, (text_of, number) in readers.items():
        same = 0
        for one in labels[:number]:
            case = one["case_number"]
            same += same_record(
                extract(folder / "text" / f"{case}.txt"), extract(text_of(folder / "pdf" / f"{case}.pdf"))
            )
        print(f"{name:24} {same:3} of {number}")


if __name__ == "__main__":
    main()
