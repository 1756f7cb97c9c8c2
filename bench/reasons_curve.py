"""F1 of reasons against the number of labelled letters that the classifier learnt from.

    python bench/reasons_curve.py [--from-db imr.db] [--without-tables]

Gold letters of the development half stand in five parts; each part is measured, by its labels, with weights learnt from
`gold/rationales` and 0, 5, 10 … letters of the other parts. With --from-db the letters that are learnt from carry a
model's reasons, as the database has them, instead of their labels. The last row leaves out ways of writing
(a table, or the letters) instead of letters. The test half is not touched. The database of the
recorded model:

    IMR_MODEL=reference-llm IMR_REPLAY=gold/recordings imr run gold/letters --reader both --db imr.db
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

from eval.labelling.gold import Split, load_gold
from extractor.learning.labelled import Rationale, labelled, of_database
from extractor.learning.reasons import FOLDS, Score, graded, learn

GOLD = Path(__file__).parents[1] / "gold"
STEPS = (0, 5, 10, 20, 30)
LEAST_ALONE = 10
"""Letters of which something can be learnt without the tables."""
DRAWS = 3
"""Orders in which letters are added; figures are sums over all."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from-db", type=Path, help="Learn from a model's reasons in this database.")
    parser.add_argument("--without-tables", action="store_true", help="Leave gold/rationales out.")
    given = parser.parse_args()
    tables = [] if given.without_tables else labelled([GOLD / "rationales"])
    judged = _by_letter(labelled([GOLD]))
    taught = _taught(given.from_db, set(judged)) if given.from_db else judged
    total: dict[int, Score] = defaultdict(Score)
    for draw in range(DRAWS):
        names = sorted(judged)
        random.Random(draw).shuffle(names)  # noqa: S311  the same order every time; no secret
        for part in range(FOLDS):
            held = names[part::FOLDS]
            others = [name for name in names if name not in held and name in taught]
            measured = [each for name in held for each in judged[name]]
            for step in STEPS:
                of_letters = [each for name in others[:step] for each in taught[name]]
                if step > len(others) or not (tables or step >= LEAST_ALONE):
                    continue
                total[step] += graded(learn([*tables, *of_letters]).weights, measured)
    print("letters     F1  precision  recall")
    for step, score in sorted(total.items()):
        _show(str(step), score)
    if tables:
        # Every table is a way of writing of its own: left out whole, it stands for writers nobody has labelled.
        everything = learn([*tables, *(each for mine in judged.values() for each in mine)], lambda each: each.source)
        _show("writers", everything.score)


def _show(name: str, score: Score) -> None:
    print(f"{name:>7}  {score.f1:.3f}      {score.precision:.3f}   {score.recall:.3f}")


def _by_letter(rationales: list[Rationale]) -> dict[str, list[Rationale]]:
    found: dict[str, list[Rationale]] = defaultdict(list)
    for each in rationales:
        found[each.letter].append(each)
    return dict(found)


def _taught(database: Path, names: set[str]) -> dict[str, list[Rationale]]:
    """What a model said of the letters of the development half, by their names."""
    name_of = {case.document.sha256: case.name for case in load_gold(GOLD, Split.DEV).cases}
    found = _by_letter([each for each in of_database(database) if name_of.get(each.letter) in names])
    return {name_of[sha256]: mine for sha256, mine in found.items()}


if __name__ == "__main__":
    main()
