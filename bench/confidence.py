"""Count right and wrong values by agreement of the readers and by field, for `extractor/data/confidence.toml`.

    IMR_MODEL=reference-llm IMR_REPLAY=gold/recordings python bench/confidence.py [--write]

Both readers read the development half of the gold set; the test half is not touched, and shows whether the counts hold:
`imr eval run --reader both --split test --out run.json; imr eval confidence run.json`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from eval.judging.grading import grade_one
from eval.labelling.gold import Split, load_gold
from eval.scoring.marks import Mark
from extractor.grounding.places import pointers
from extractor.readers.both.confidence import kind_of
from extractor.readers.both.reconcile import Reconciled, reconcile
from extractor.reading import letter as reading
from extractor.reading.configuration import Configuration
from extractor.settings import model_settings

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "extractor" / "data" / "confidence.toml"
HEAD = """# Right and wrong values by agreement of the readers and by field, on the development half of the gold set.
# `python bench/confidence.py --write` makes it anew.
"""


def main() -> None:
    """Count, print, and with --write keep."""
    chosen = model_settings()
    configuration = Configuration.of("both", chosen.model)
    kinds: dict[str, str] = {}

    def note(*readings: Any, **more: Any) -> Reconciled:
        merged = reconcile(*readings, **more)
        for place, pointer in pointers(merged.grounded.values).items():
            kinds[pointer] = kind_of(merged.grounded.evidence[place], merged.agreement[place])
        return merged

    # What is unlikely counts, too: it would else be thought likely next time.
    reading.withhold_unlikely = lambda *_: None  # type: ignore[attr-defined]
    reading.reconcile = note  # type: ignore[attr-defined]  # how the readers stand is what is counted
    counts: dict[str, dict[str, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for case in load_gold(ROOT / "gold", Split.DEV).cases:
        kinds.clear()
        if not case.reference.is_determination:
            continue
        record = reading.read(case.document, configuration, endpoint=chosen.endpoint)
        score, _ = grade_one(case, record.model_dump(mode="json"))
        for row in score.rows:
            if row.predicted_at in kinds:
                field = re.sub(r"/\d+(?=/|$)", "/*", row.predicted_at)
                counts[kinds[row.predicted_at]][field][row.mark is Mark.MATCH] += 1
    lines = [HEAD]
    for kind in sorted(counts):
        total = sum(counts[kind].values(), Counter())
        print(f"{kind:12} right {total[True]:5} wrong {total[False]:4}")
        lines.append(f"[counts.{kind}]")
        lines += [f'"{field}" = [{n[True]}, {n[False]}]' for field, n in sorted(counts[kind].items())]
        lines.append("")
    if "--write" in sys.argv:
        TABLE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
