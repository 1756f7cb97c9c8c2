"""How long it takes to score and fold 10,000 records, bootstrap included; no record is the reference's own object.

Run it with `.venv/bin/python bench/scoring_speed.py [--records 10000]`.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

from eval.figures.columns import item
from eval.figures.summary import summarize
from eval.figures.tally import tally
from eval.figures.uncertainty import Sampling
from eval.labelling.gold import load_gold
from eval.scoring.marks import Mark
from eval.scoring.score import score


def spoiled(text: str, rng: random.Random) -> dict:
    """Parse a reference anew and spoil it as a reader would: flips, omissions, near misses, a new order."""
    tree = json.loads(text)
    for decision in tree["decisions"]:
        if rng.random() < 0.05:
            decision["outcome"] = "upheld" if decision["outcome"] == "overturned" else "overturned"
        if rng.random() < 0.2:
            decision["disputed"] = f"{decision['disputed']} as requested {rng.randrange(100_000)}"
        if rng.random() < 0.3:
            decision["reasons"] = decision["reasons"][1:]
        if decision["rationale"] and rng.random() < 0.5:
            decision["rationale"]["spans"][0][0] += rng.randrange(40)
    if tree["decisions"] and rng.random() < 0.1:
        tree["decisions"].pop(rng.randrange(len(tree["decisions"])))
    tree["patient"]["diagnoses"] = [f"{one} {rng.choice(['', 'chronic'])}" for one in tree["patient"]["diagnoses"]]
    return tree


def main() -> None:
    """Print the two times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    count = parser.parse_args().records
    cases = load_gold(Path(__file__).parents[1] / "gold").cases
    rng = random.Random(1)  # noqa: S311 - no secret
    texts = [json.dumps(case.tree) for case in cases]
    answers = [(cases[number % len(cases)], spoiled(texts[number % len(cases)], rng)) for number in range(count)]
    golds = [json.loads(texts[number % len(cases)]) for number in range(count)]
    began = time.perf_counter()
    documents = {}
    for number, ((case, answer), gold) in enumerate(zip(answers, golds, strict=True)):
        reference = case.reference
        made = score(gold, answer, not_labelled=reference.not_labelled, alternatives=reference.alternatives)
        documents[str(number)] = (tally(made), reference.tags)
    scored = time.perf_counter()
    found = summarize(documents, Sampling())
    ended = time.perf_counter()
    print(f"{count} records, {found.counts[item('decisions', Mark.MATCH)]} decisions paired")
    print(f"scoring {scored - began:.2f} s, measures with 2,000 draws {ended - scored:.2f} s")
    print(f"together {ended - began:.2f} s")


if __name__ == "__main__":
    main()
