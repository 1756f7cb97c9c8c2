"""A thousand letters by a model whose endpoint misbehaves in every way: what becomes of them, and of the tokens.

    python bench/chaos.py [--letters 1000] [--reader both] [--strategy whole]

Three times: as fast as it goes; with a limit of requests a minute and a budget, raised until all is read; and killed
with -9 again and again, with a server that misbehaves no more, so that each request beyond one a letter was paid twice.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from answering import Answers
from endpoint import Answer, Chaos, FakeEndpoint, Said

from extractor.backlog import RunSummary, run
from extractor.errors import BudgetExceeded
from extractor.model import asking
from extractor.reading.configuration import Configuration
from extractor.settings import Endpoint, ModelSettings, Price
from extractor.store import Store

IN_FLIGHT = 16
PRICE = Price(input=0.25, output=2.0)
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


class Server:
    """An endpoint that misbehaves at these rates, charges by length, and knows when it was asked."""

    def __init__(self, texts: list[str], rates: Mapping[str, float], pause: float = 0.0) -> None:
        answers = Answers(texts)

        def good(body: dict[str, Any]) -> Said:
            said = answers.body(body)
            sent = sum(len(message["content"]) for message in body["messages"])
            return Said(said, input_tokens=sent // 4, output_tokens=len(said) // 3, seconds=pause)

        self.chaos = Chaos(good, seed=1, rates=rates)
        self.asked: list[float] = []

    def __call__(self, body: dict[str, Any], before: int) -> Answer:
        """Answer, or misbehave."""
        self.asked.append(time.monotonic())
        return self.chaos(body, before)

    @property
    def dollars(self) -> float:
        """What it charges for all its replies."""
        return PRICE.of(self.chaos.input_tokens, 0, self.chaos.output_tokens)

    def most_in_a_minute(self) -> int:
        """Requests in the fullest minute."""
        return max(bisect_left(self.asked, time + 60) - first for first, time in enumerate(self.asked))


def main() -> None:
    """Make the letters, run the three, print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--reader", default="both")
    parser.add_argument("--strategy", default="whole")
    parser.add_argument("--requests-per-minute", type=int, default=1500)
    parser.add_argument("--budget", type=float, default=0.4, help="dollars; as many again until all is read")
    parser.add_argument("--kills", type=int, default=10)
    given = parser.parse_args()
    rules = {kind: dataclasses.replace(rule, pause=rule.pause / 100) for kind, rule in asking.POLICY.items()}
    asking.POLICY = rules  # type: ignore[misc]  # pauses of a hundredth: the server forgives at once
    texts = letters(given.letters)
    configuration = Configuration.of(given.reader, ModelSettings("chaos", strategy=given.strategy))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.mkdir()
        for number, text in enumerate(texts):
            (source / f"{number}.txt").write_text(text, encoding="utf-8")
        print(f"{given.letters:,} letters, reader {given.reader}, {given.strategy}, {IN_FLIGHT} in flight")
        as_fast_as_it_goes(source, texts, configuration, Path(folder) / "a.db")
        limited(source, texts, configuration, Path(folder) / "b.db", given.budget, given.requests_per_minute)
        killed(source, texts, given.reader, given.strategy, Path(folder) / "c.db", given.kills)


def letters(count: int) -> list[str]:
    """Sample letters, each with a case number of its own."""
    samples = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "samples").glob("*.txt"))]
    made = []
    for number in range(count):
        own = f"CM{13 + number % 7}-{1000000 + number}"
        text, found = re.subn(r"CM\d\d-\d{7}", own, samples[number % len(samples)])
        made.append(text if found else f"{text}\nCase {own}\n")
    return made


def read(
    source: Path, database: Path, configuration: Configuration, url: str, **endpoint: Any
) -> tuple[RunSummary | None, float]:
    """Run once; no summary where the budget ended it. With seconds."""
    began = time.perf_counter()
    settings = Endpoint(base_url=url, in_flight=IN_FLIGHT, timeout=2.0, price=PRICE, **endpoint)
    with Store(database) as store:
        try:
            return run([source], store, configuration, endpoint=settings), time.perf_counter() - began
        except BudgetExceeded:
            return None, time.perf_counter() - began


def told(database: Path, number: int, server: Server) -> None:
    """Print what is in the database, beside what the server knows."""
    connection = sqlite3.connect(database)
    [(records, contents)] = connection.execute("SELECT count(*), count(DISTINCT document_sha256) FROM records")
    failures = dict(connection.execute("SELECT failure_class, count(*) FROM open_failures GROUP BY 1").fetchall())
    [(sent, said, dollars)] = connection.execute(
        "SELECT sum(input_tokens), sum(output_tokens), sum(dollars) FROM attempts"
    )
    connection.close()
    lost = number - records - sum(failures.values())
    print(f"  records {records:,} ({contents:,} different), failures {failures}, lost {lost}")
    chaos = server.chaos
    print(f"  charged: {chaos.input_tokens:,} tokens in, {chaos.output_tokens:,} out, ${server.dollars:.4f}; ", end="")
    print(f"counted: {sent:,}, {said:,}, ${dollars:.4f}")


def as_fast_as_it_goes(source: Path, texts: list[str], configuration: Configuration, database: Path) -> None:
    """Without limits."""
    server = Server(texts, RATES)
    with FakeEndpoint(server, keep=False) as fake:
        _, seconds = read(source, database, configuration, fake.url)
    print(f"without limits: {seconds:.0f} s, {len(server.asked):,} requests")
    told(database, len(texts), server)
    print(f"  the server did: {dict(server.chaos.did.most_common())}")


def limited(
    source: Path, texts: list[str], configuration: Configuration, database: Path, budget: float, rate: int
) -> None:
    """With a budget for each run, until all is read, and so many requests a minute."""
    server = Server(texts, RATES)
    print(f"with ${budget:g} a run and {rate:,} requests a minute:")
    with FakeEndpoint(server, keep=False) as fake:
        summary = None
        while summary is None:
            before, asked = server.dollars, len(server.asked)
            summary, seconds = read(source, database, configuration, fake.url, budget=budget, requests_per_minute=rate)
            spent = server.dollars - before
            how = "finished" if summary else "stopped by the budget"
            print(f"  {how}: {seconds:.0f} s, {len(server.asked) - asked:,} requests, ${spent:.4f} charged", end="; ")
            print("the budget was crossed" if spent > budget else "within the budget")
    print(f"  most requests in any minute: {server.most_in_a_minute():,}")
    told(database, len(texts), server)


def killed(source: Path, texts: list[str], reader: str, strategy: str, database: Path, kills: int) -> None:
    """Kill the command at random instants; what is asked more than once was paid twice."""
    server = Server(texts, {}, pause=0.2)
    chance = random.Random(1)  # noqa: S311  when to kill is no secret
    with FakeEndpoint(server, keep=False) as fake:
        command = [sys.executable, "-m", "extractor", "run", str(source), "--db", str(database), "--quiet"]
        command += ["--reader", reader, "--strategy", strategy, "--model", "chaos", "--base-url", fake.url]
        command += ["--in-flight", str(IN_FLIGHT)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("IMR_", "OPENAI_"))}
        for _ in range(kills):
            process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(2.5, 4.0))
            process.send_signal(signal.SIGKILL)
            process.wait()
        subprocess.run(command, env=environment, check=False)
    connection = sqlite3.connect(database)
    [(kept,)] = connection.execute("SELECT count(*) FROM attempts WHERE outcome <> 'known'")
    [(records,)] = connection.execute("SELECT count(*) FROM records")
    connection.close()
    twice = len(server.asked) - kept
    print(f"killed {kills} times with -9, then resumed: {records:,} records, {len(server.asked):,} requests", end="; ")
    print(f"{twice} of them asked in vain, {twice / kills:.1f} a kill with {IN_FLIGHT} in flight")


if __name__ == "__main__":
    main()
