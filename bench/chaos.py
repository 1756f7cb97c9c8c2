"""A thousand letters by a model whose endpoint misbehaves in every way: what becomes of them, and of the tokens.

python bench/chaos.py [--letters 1000] [--reader both] [--strategy whole]
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from answering import Answers
from endpoint import Chaos, Endpoint

from extractor.backlog import run
from extractor.model import asking
from extractor.pipeline import Configuration
from extractor.settings import ModelSettings, Service
from extractor.store import Store

ROOT = Path(__file__).parents[1]
RATES = {
    "rate_limited": 0.05,
    "server_error": 0.05,
    "loading": 0.02,
    "truncated": 0.03,
    "refused": 0.01,
    "malformed": 0.04,
    "fenced": 0.03,
    "empty_choices": 0.02,
    "html_page": 0.02,
    "disconnected": 0.02,
    "hanging": 0.002,
    "slow": 0.02,
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--reader", default="both")
    parser.add_argument("--strategy", default="whole")
    given = parser.parse_args()
    rules = {kind: dataclasses.replace(rule, pause=rule.pause / 100) for kind, rule in asking.POLICY.items()}
    asking.POLICY = rules  # type: ignore[misc]  # pauses of a hundredth: the server forgives at once
    samples = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "samples").glob("*.txt"))]
    texts = []
    for number in range(given.letters):
        own = f"CM{13 + number % 7}-{1000000 + number}"
        text, found = re.subn(r"CM\d\d-\d{7}", own, samples[number % len(samples)])
        texts.append(text if found else f"{text}\nCase {own}\n")
    chaos = Chaos(Answers(texts).body, seed=1, rates=RATES)
    with tempfile.TemporaryDirectory() as folder, Endpoint(chaos, keep=False) as endpoint:
        source, database = Path(folder) / "in", Path(folder) / "imr.db"
        source.mkdir()
        for number, text in enumerate(texts):
            (source / f"{number}.txt").write_text(text, encoding="utf-8")
        configuration = Configuration.of(given.reader, ModelSettings("chaos", strategy=given.strategy))
        began = time.perf_counter()
        with Store(database) as store:
            summary = run(
                [source], store, configuration, service=Service(base_url=endpoint.url, in_flight=16, timeout=2.0)
            )
        seconds = time.perf_counter() - began
        connection = sqlite3.connect(database)
        [(records, contents)] = connection.execute("SELECT count(*), count(DISTINCT document_sha256) FROM records")
        failures = dict(connection.execute("SELECT failure_class, count(*) FROM open_failures GROUP BY 1").fetchall())
        [(sent, said, requests)] = connection.execute(
            "SELECT sum(input_tokens), sum(output_tokens), count(*) FROM attempts"
        )
        connection.close()
    lost = given.letters - records - sum(failures.values())
    print(f"{given.letters} letters, reader {given.reader}, {given.strategy}: {seconds:.0f} s, {requests} requests")
    print(f"records {records} ({contents} different), failures {failures}, lost {lost}")
    print(f"tokens charged by the server: {chaos.input_tokens} in, {chaos.output_tokens} out; counted: {sent}, {said}")
    print("what the server did:", dict(chaos.did.most_common()))
    print("summary:", summary)


if __name__ == "__main__":
    main()
