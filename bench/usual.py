"""Count how often labelled letters of each layout state each field, for `extractor/data/usual.toml`.

    python bench/usual.py [FOLDER] [--write]

FOLDER is a gold folder (default: `gold`), of which the development half is counted.
Fields of a decision count decisions.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from eval.labelling.gold import Split, load_gold
from extractor.reading.usual import COUNTED, stated

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "extractor" / "data" / "usual.toml"
HEAD = """# How many labelled letters of each layout state a field, and of how many (fields of a decision: decisions).
# From the development half of the gold set: `python bench/usual.py --write` makes it anew.
"""


def main() -> None:
    """Count, print, and with --write keep."""
    folder = next((Path(given) for given in sys.argv[1:] if not given.startswith("--")), ROOT / "gold")
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for case in load_gold(folder, Split.DEV).cases:
        reference = case.reference
        if not reference.is_determination or reference.layout is None:
            continue
        for field in COUNTED:
            for pointer, is_stated in stated(reference.determination, field):
                if not any(f"{pointer}/".startswith(f"{left_out}/") for left_out in reference.not_labelled):
                    count = counts[reference.layout][field.pattern]
                    count[0] += is_stated
                    count[1] += 1
    lines = [HEAD]
    for layout, of_layout in sorted(counts.items()):
        lines += [f"[{layout}]", *(f'"{pattern}" = {count}' for pattern, count in sorted(of_layout.items())), ""]
    print("\n".join(lines))
    if "--write" in sys.argv:
        TABLE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
