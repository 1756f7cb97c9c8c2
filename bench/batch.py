"""A backlog through `imr batch`, with a provider that is slow, shuffles and fails: what becomes of it, in what time.

    python bench/batch.py [--letters 10000] [--bad 0.03]

Of the answers a third of the bad are missing, a third say status 500, and a third are of another form; the rest are
right. A round is: collect the answers, read as far as they go, and put into files what has to be asked once more.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from answering import Answers
from chaos import letters
from endpoint import Said, chat_reply

from extractor.backlog import walk
from extractor.batch import advance, build, collect, give_up, listed
from extractor.reading.configuration import Configuration
from extractor.settings import DEFAULT_LIMITS, Endpoint, ModelSettings
from extractor.store import Store


class Provider:
    """Answers files of requests."""

    def __init__(self, texts: list[str], bad: float) -> None:
        self._answers = Answers(texts)
        self._bad = bad
        self._chance = random.Random(1)  # noqa: S311  which answers are bad is no secret

    def answers(self, file: Path) -> list[str]:
        """Lines of answers, in any order; some are missing."""
        lines = file.read_text(encoding="utf-8").splitlines()
        self._chance.shuffle(lines)
        return [json.dumps(answer) for line in lines if (answer := self._answer(json.loads(line)))]

    def _answer(self, line: dict[str, Any]) -> dict[str, Any] | None:
        luck, told = self._chance.random() / self._bad, {"custom_id": line["custom_id"], "error": None}
        if luck < 1 / 3:
            return None
        if luck < 2 / 3:
            return {**told, "response": {"status_code": 500, "body": {"error": {"message": "a bad day"}}}}
        text = '{"no": "letter"}' if luck < 1 else self._answers.body(line["body"])
        return {**told, "response": {"status_code": 200, "body": chat_reply(Said(text), line["body"], 1)}}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--bad", type=float, default=0.03, help="share of answers that are no good")
    options = parser.parse_args()
    texts = letters(options.letters)
    provider = Provider(texts, options.bad)
    configuration = Configuration.of("both", ModelSettings("m"))
    with tempfile.TemporaryDirectory() as folder:
        source, out, database = Path(folder) / "in", Path(folder) / "out", Path(folder) / "imr.db"
        source.mkdir()
        for number, text in enumerate(texts):
            (source / f"{number}.txt").write_text(text, encoding="utf-8")
        with Store(database) as store:
            start = time.perf_counter()
            done = build(walk.letters([source], database), store, configuration, Endpoint(), DEFAULT_LIMITS, out)
            size = sum(path.stat().st_size for path in done.files) / 1e6
            print(f"build: {done.requests:,} requests, {len(done.files)} files, {size:.0f} MB", end="; ")
            print(f"{time.perf_counter() - start:.0f} s")
            while done.files:
                lines = [line for file in done.files for line in provider.answers(file)]
                start = time.perf_counter()
                got = collect(lines, store)
                give_up(store, listed(store))
                done = advance(store, Endpoint(), out)
                print(f"round: {got.answers:,} answers, {got.errors:,} errors; {done.read:,} letters read", end=", ")
                print(f"{done.failed:,} failed, {done.waiting:,} asked again; {time.perf_counter() - start:.0f} s")
            status = store.status()
    print(f"{status.records:,} records, failures {status.failures}", end="; ")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB, the provider's part included")


if __name__ == "__main__":
    main()
