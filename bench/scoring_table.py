"""Print the comparison with public scorers as Markdown: the fourteen cases, and the time a scoring takes.

.venv/bin/python bench/scoring_table.py --peers /tmp/peers/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from scoring_cases import CASES, LEAVES, AcceptanceCase
from scoring_peers import SIZES, measure

from eval.scoring.marks import Failure, Mark
from eval.scoring.score import score, score_failure

_ERRORS = (Mark.MISMATCH, Mark.MISSING, Mark.SPURIOUS)


def ours(gold: Any, predicted: Any) -> tuple[float, dict[str, int] | None]:
    """Score by this package: F1 over leaves, and the leaf counts."""
    failed = predicted == {"case_number": None, "priority": None, "decision_date": None, "decisions": []}
    made = score_failure(gold, Failure("failed", "")) if failed else score(gold, predicted)
    return made.f1 or 0.0, {mark.name: made.count(mark) for mark in _ERRORS}


def is_right(case: AcceptanceCase, value: float, errors: dict[str, int] | None) -> bool:
    """Judge a scorer's answer.

    Where all is right it must be 1. Else the counts must be right; a scorer that gives a number only must lose what
    the wrong leaves weigh (the absent scalar may count as right), and 0 is enough where the document failed.
    """
    if not case.marks:
        return value == 1.0
    wanted = {mark.name: sum(of.get(mark.name, 0) for of in case.marks.values()) for mark in _ERRORS}
    if errors is not None:
        return errors == wanted or (case.predicted is None and value == 0)
    wrong = sum(wanted.values())
    right = 1 + LEAVES - wanted["MISMATCH"] - wanted["MISSING"]
    return value <= right / (right + wrong) + 0.005


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="Python that has the public scorers")
    peers: list[dict[str, Any]] = []
    options = parser.parse_args()
    if options.peers:
        script = Path(__file__).with_name("scoring_peers.py")
        peers = json.loads(
            subprocess.run([options.peers, script], check=True, capture_output=True).stdout.rpartition(b"\n@@\n")[2]
        )
    scorers = [measure(ours, "imr eval"), *peers]
    labels = [one["label"] for one in scorers]
    print("| case | must be | " + " | ".join(labels) + " |")
    print("|---|---|" + "---|" * len(labels))
    right = dict.fromkeys(labels, 0)
    for case in CASES:
        cells = []
        for one in scorers:
            answer = one["cases"][case.name]
            good = is_right(case, answer["score"], answer["errors"])
            if case.name in ("scalar hallucinated", "scalar omitted") and answer["errors"] is None:
                pair = {round(one["cases"][name]["score"], 6) for name in ("scalar hallucinated", "scalar omitted")}
                good = good and len(pair) == 2
            right[one["label"]] += good
            cells.append(f"{answer['score']:.3f} {'✓' if good else '✗'}")
        print(f"| {case.name} | {must_be(case)} | " + " | ".join(cells) + " |")
    print("| **right** | | " + " | ".join(f"**{right[label]} of {len(CASES)}**" for label in labels) + " |")
    print()
    print("| decisions | " + " | ".join(labels) + " |")
    print("|---|" + "---|" * len(labels))
    for size in SIZES:
        times = [one["ms"].get(size, one["ms"].get(str(size))) for one in scorers]
        print(f"| {size} | " + " | ".join(f"{time:.1f} ms" for time in times) + " |")


def _output(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def must_be(case: AcceptanceCase) -> str:
    """Say what is expected, briefly."""
    if not case.marks:
        return "1"
    found: dict[str, int] = {}
    for of in case.marks.values():
        for mark, count in of.items():
            found[mark] = found.get(mark, 0) + count
    return ", ".join(f"{count} {mark}" for mark, count in found.items())


if __name__ == "__main__":
    main()
