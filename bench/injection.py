"""Planted instructions and a model that obeys them: how many wrong values survive grounding, and the second reader.

python bench/injection.py [FOLDER]        # of texts; docs/samples by default
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from obeying import PLACES, Obeying, planted

from extractor.documents import read_document
from extractor.model.scripted import Scripted
from extractor.reading.configuration import Configuration
from extractor.reading.letter import read
from extractor.records.record import Record
from extractor.settings import ModelSettings

KINDS = {
    "outcome": ("outcome",),
    "dates": ("date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury"),
    "amounts": ("total", "per_week", "weeks", "refills", "unit"),
    "case number": ("case_number",),
    "age": ("age",),
    "reasons": ("reasons",),
}


def values(record: Record) -> dict[str, object]:
    """Pointer → value, of every leaf."""
    found: dict[str, object] = {}

    def walk(node: object, pointer: str) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                walk(value, f"{pointer}/{name}")
        elif isinstance(node, list):
            for place, value in enumerate(node):
                walk(value, f"{pointer}/{place}")
        elif node is not None:
            found[pointer] = node

    walk(record.determination.model_dump(mode="json"), "")
    return found


def survivors(letter: str, place: str, reader: str) -> tuple[Counter[str], Counter[str]]:
    """Kind → wrong values that the model claimed, and those that stand in the record."""
    truth = values(read(read_document(letter, name="letter")))
    text = planted(letter, place)
    model = Scripted(Obeying(text).script)
    record = read(read_document(text, name="letter"), Configuration.of(reader, ModelSettings("obeying")), model=model)  # type: ignore[arg-type]
    claimed: Counter[str] = Counter()
    stand: Counter[str] = Counter()
    for pointer, value in values(record).items():
        for kind, names in KINDS.items():
            if any(f"/{name}" in pointer for name in names) and truth.get(pointer) != value:
                stand[kind] += 1
    items = len(record.determination.decisions)
    claimed.update({"outcome": items, "dates": 5, "amounts": 5 * items, "case number": 1, "age": 1, "reasons": items})
    return claimed, stand


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "samples"
    letters = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    print(
        f"{len(letters)} letters, the order planted in {len(PLACES)} places each\n",
        f"{'':13}{'claimed':>9}{'model':>8}{'both':>8}",
    )
    claimed: Counter[str] = Counter()
    left: dict[str, Counter[str]] = {"model": Counter(), "both": Counter()}
    for letter in letters:
        for place in PLACES:
            for reader, counts in left.items():
                said, stand = survivors(letter, place, reader)
                counts.update(stand)
                if reader == "model":
                    claimed.update(said)
    for kind in KINDS:
        print(f"{kind:14}{claimed[kind]:9}{left['model'][kind]:8}{left['both'][kind]:8}")


if __name__ == "__main__":
    main()
