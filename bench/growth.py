"""How reading time grows: four times the text should take about four times the CPU time, sixteen would be quadratic.

    python bench/growth.py

Each row repeats one thing that a hostile or broken letter could hold a thousand of, 400 and 1,600 times.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from letters import Asked, credentials, notice

from extractor import extract

LONG: dict[str, Callable[[int], str]] = {
    "rationale": lambda n: credentials(Asked(rationale="The guideline was read and does not apply to him. " * n)),
    "words": lambda n: credentials(Asked(rationale="not medical necessity word " * n)),
    "dates": lambda n: credentials(Asked(rationale="1/1/2016 " * n)),
    "items": lambda n: credentials(*(Asked(f"Request {number} of acupuncture") for number in range(n // 10))),
    "heading": lambda n: credentials(Asked("MRI left knee and right hip " * (n // 10))),
    "outcome lines": lambda n: credentials(Asked(rationale="x: Upheld\n\n" * n)),
    "determined": lambda n: notice() + "MAXIMUS Federal Services, Inc. has determined the request for x " * n,
    "diagnoses": lambda n: credentials(summary="The diagnoses include " + "lumbar strain, " * n),
    "leads": lambda n: credentials(summary="diagnoses include " * n),
    "citations": lambda n: credentials(Asked(expert="Decision based on MTUS Low Back Complaints 2004. " * (n // 4))),
    "sections": lambda n: credentials(
        Asked(expert=f"Decision based on MTUS Low Back Complaints 2004, Section(s): {'A, ' * n}")
    ),
    "records": lambda n: notice(records=["Record"] * n),
    "pages": lambda n: credentials(Asked(rationale="MAXIMUS case page\f" * n)),
    "labels": lambda n: credentials(Asked(rationale="aaaaaaaaaaaa: b\n" * n)),
}


def seconds(text: str) -> float:
    """CPU seconds for one reading, the best of three: other work on the machine only ever adds."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        extract(text)
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    """Print one row a kind: seconds for 400 and 1,600, and their ratio."""
    print(f"{'repeated':16} {'400':>8} {'1,600':>8} {'ratio':>6}")
    for kind, letter in LONG.items():
        few, many = seconds(letter(400)), seconds(letter(1600))
        print(f"{kind:16} {few:8.3f} {many:8.3f} {many / few:6.1f}")


if __name__ == "__main__":
    main()
