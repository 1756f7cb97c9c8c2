"""Backlogs by a model: chaos, budget, limits, resuming; nothing lost, nothing twice, usage adds up."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from answering import NOTHING_BETTER, Answers
from click.testing import CliRunner
from endpoint import (
    Broken,
    Chaos,
    FakeEndpoint,
    Said,
    bad_key,
    context_overflow,
    error_inside,
    hanging,
    loading,
    no_such_model,
    quota_gone,
    refused,
    server_error,
    used_up,
)
from pebble import ProcessPool

from extractor.backlog import RunSummary, run
from extractor.backlog.estimate import estimate
from extractor.cli import cli
from extractor.documents import read_document
from extractor.errors import AuthenticationFailed, BudgetExceeded, QuotaExceeded, ServiceError, UnknownModel
from extractor.model import asking
from extractor.processes import children
from extractor.readers.model import session
from extractor.reading.configuration import Configuration, ReaderName
from extractor.settings import DEFAULT_LIMITS, Endpoint, ModelSettings, Price, Secret, Strategy
from extractor.store import Store

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
CHAOS = {
    "rate_limited": 0.06,
    "server_error": 0.06,
    "loading": 0.02,
    "truncated": 0.04,
    "refused": 0.02,
    "malformed": 0.06,
    "fenced": 0.03,
    "empty_choices": 0.03,
    "html_page": 0.03,
    "slow": 0.02,
}


def letters(count: int) -> list[str]:
    """Sample letters, each with a case number of its own."""
    made = []
    for number in range(count):
        own = f"CM{13 + number % 7}-{1000000 + number}"
        text, found = re.subn(r"CM\d\d-\d{7}", own, TEXTS[number % len(TEXTS)])
        text = re.sub(r"([Rr]ationale:)", rf"\1 File note {number}.", text)  # so that no two ask the same
        made.append(text if found else f"{text}\nCase {own}\n")
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are a thousandth."""
    rules = {kind: dataclasses.replace(rule, pause=rule.pause / 1000) for kind, rule in asking.POLICY.items()}
    monkeypatch.setattr(asking, "POLICY", rules)


@pytest.fixture
def quick_probes(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are those between requests without a letter, by which it is found whether an endpoint is sick."""
    monkeypatch.setattr(session, "POLICY", asking.POLICY)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[list[str]], Path]:
    def write(texts: list[str]) -> Path:
        place = tmp_path / "in"
        place.mkdir(exist_ok=True)
        for number, text in enumerate(texts):
            (place / f"{number:04}.txt").write_text(text, encoding="utf-8")
        return place

    return write


def go(
    source: Path,
    database: Path,
    url: str,
    *,
    reader: ReaderName = "both",
    strategy: Strategy = "whole",
    **endpoint: Any,
) -> RunSummary:
    settings = ModelSettings("test", strategy=strategy)
    given = Endpoint(
        base_url=url, api_key=Secret("sk-secret-of-the-test"), **{"in_flight": 8, "timeout": 5, **endpoint}
    )
    with Store(database) as store:
        return run([source], store, Configuration.of(reader, settings), endpoint=given)


def rows(database: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(("reader", "strategy"), [("both", "whole"), ("model", "sections"), ("both", "budgeted")])
def test_of_a_server_that_misbehaves_in_every_way_nothing_is_lost(
    tmp_path: Path, folder: Callable[[list[str]], Path], reader: ReaderName, strategy: Strategy
) -> None:
    texts = letters(80)
    chaos = Chaos(Answers(texts).body, seed=7, rates=CHAOS)
    with FakeEndpoint(chaos, keep=False) as fake:
        summary = go(folder(texts), tmp_path / "a.db", fake.url, reader=reader, strategy=strategy)
        assert fake.in_flight_most <= 8
    assert (summary.found, summary.extracted + summary.failed, summary.remaining) == (80, 80, 0)
    assert set(CHAOS) - set(chaos.did) <= {"slow", "loading"}, "the chaos did not come about"
    [(records, documents)] = rows(tmp_path / "a.db", "SELECT count(*), count(DISTINCT document_sha256) FROM records")
    failures = dict(rows(tmp_path / "a.db", "SELECT failure_class, count(*) FROM open_failures GROUP BY 1"))
    assert records == documents == summary.extracted
    assert sum(failures.values()) == summary.failed == 80 - records
    assert set(failures) <= {"refused", "truncated", "invalid_answer", "transport", "rate_limit"}
    usage = rows(tmp_path / "a.db", "SELECT sum(input_tokens), sum(output_tokens) FROM attempts")
    assert usage == [(chaos.input_tokens, chaos.output_tokens)]
    assert (summary.input_tokens, summary.output_tokens) == (chaos.input_tokens, chaos.output_tokens)
    assert "sk-secret" not in "".join(map(str, rows(tmp_path / "a.db", "SELECT message, reply FROM attempts")))


def test_a_second_run_tries_what_failed_and_nothing_else(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(30)
    good = Answers(texts)
    unlucky = re.search(r"CM\d\d-\d{7}", texts[4])
    assert unlucky is not None

    def moody(body: dict[str, Any], _: int) -> Said | Broken:
        return refused() if unlucky.group() in body["messages"][-1]["content"] else Said(good.body(body))

    source = folder(texts)
    with FakeEndpoint(moody) as fake:
        first = go(source, tmp_path / "a.db", fake.url)
    assert (first.extracted, first.failures) == (29, {"refused": 1})
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        second = go(source, tmp_path / "a.db", fake.url)
        assert len(fake.requests) == 1
        third = go(source, tmp_path / "a.db", fake.url)
        assert len(fake.requests) == 1
    assert (second.already, second.extracted, third.already) == (29, 1, 30)
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM open_failures") == [(0,)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(bad_key, AuthenticationFailed), (no_such_model, UnknownModel), (quota_gone, QuotaExceeded)],
)
def test_what_concerns_every_letter_stops_the_run_at_once_and_it_can_go_on(
    tmp_path: Path, folder: Callable[[list[str]], Path], answer: Callable[[], Broken], error: type[ServiceError]
) -> None:
    texts = letters(60)
    good = Answers(texts)
    source = folder(texts)
    with FakeEndpoint(lambda body, before: answer() if before >= 10 else Said(good.body(body))) as fake:
        with pytest.raises(error) as caught:
            go(source, tmp_path / "a.db", fake.url)
        assert len(fake.requests) <= 10 + 16 + 16, "it went on asking"
    assert "sk-secret" not in str(caught.value)
    [(state, found, extracted, failed, remaining)] = rows(
        tmp_path / "a.db", "SELECT state, found, extracted, failed, remaining FROM runs"
    )
    # A model that was there may be refused by one letter; a request without one tells that it is gone.
    assert (state, extracted, failed, remaining) == ("stopped", 10, 0, 50)
    assert found <= 60
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        assert go(source, tmp_path / "a.db", fake.url).extracted == 50
        assert len(fake.requests) == 50


SICK: dict[str, tuple[Callable[[], Broken], str]] = {
    "loading": (loading, "it says: Loading model"),
    "used up": (used_up, "used up for 60 minutes; it says: Rate limit reached"),
    "limit inside": (lambda: error_inside("rate-limited upstream", 429), "it says: rate-limited upstream"),
    "hanging": (hanging, "did not answer in time"),
}


@pytest.mark.parametrize(("case", "before"), [*((case, 10) for case in SICK), ("loading", 0)])
def test_a_sick_endpoint_stops_the_run_and_no_letter_is_the_worse_for_it(
    tmp_path: Path, folder: Callable[[list[str]], Path], case: str, before: int
) -> None:
    answer, words = SICK[case]
    texts = letters(40)
    good, source = Answers(texts), folder(texts)
    with FakeEndpoint(lambda body, number: answer() if number >= before else Said(good.body(body))) as fake:
        with pytest.raises(ServiceError) as caught:
            go(source, tmp_path / "a.db", fake.url, patience=0.05, timeout=0.5)
        assert len(fake.requests) < 100, "it went on asking"
    assert words in str(caught.value)
    # A letter whose answers had come may still have been on its way when the run stopped: its replies are kept.
    ((state, read, failed, remaining),) = rows(
        tmp_path / "a.db", "SELECT state, extracted, failed, remaining FROM runs"
    )
    assert (state, failed, read + remaining) == ("stopped", 0, 40)
    assert max(0, before - 2) <= read <= before
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM failures") == [(0,)]
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        assert go(source, tmp_path / "a.db", fake.url).extracted == remaining
        assert len(fake.requests) <= 40 - before


@pytest.mark.parametrize("in_flight", [1])
def test_nobody_there_stops_the_run(tmp_path: Path, folder: Callable[[list[str]], Path], in_flight: int) -> None:
    with FakeEndpoint(lambda _body, _: loading()) as fake:
        url = fake.url
    with pytest.raises(ServiceError, match=r"no connection to 127\.0\.0\.1"):
        go(folder(letters(30)), tmp_path / "a.db", url, patience=0.05, in_flight=in_flight)
    assert rows(tmp_path / "a.db", "SELECT failed, remaining FROM runs") == [(0, 30)]


def test_an_endpoint_that_recovers_is_waited_for(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(20)
    good = Answers(texts)
    sick = range(5, 25)
    with FakeEndpoint(lambda body, number: loading() if number in sick else Said(good.body(body))) as fake:
        summary = go(folder(texts), tmp_path / "a.db", fake.url, patience=20.0)
    assert (summary.extracted, summary.failed, summary.remaining) == (20, 0, 0)


@pytest.mark.usefixtures("quick_probes")
def test_letters_that_an_endpoint_fails_are_failed_where_it_answers_others(
    tmp_path: Path, folder: Callable[[list[str]], Path]
) -> None:
    """They come last, so nothing is answered between them but the request without a letter."""
    texts = letters(12)
    good = Answers(texts[:9])

    def handle(body: dict[str, Any], _: int) -> Said | Broken:
        poison = any(f"CM{13 + n % 7}-{1000000 + n}" in str(body["messages"][-1]) for n in (9, 10, 11))
        return server_error() if poison else Said(good.body(body))

    with FakeEndpoint(handle) as fake:
        summary = go(folder(texts), tmp_path / "a.db", fake.url, in_flight=1)
    assert (summary.extracted, summary.failures) == (9, {"transport": 3})


@pytest.mark.usefixtures("quick_probes")
@pytest.mark.parametrize("answer", [server_error, lambda: Said("I see no letter."), context_overflow])
def test_where_every_letter_fails_the_run_stops_though_the_endpoint_answers(
    tmp_path: Path, folder: Callable[[list[str]], Path], answer: Callable[[], Said | Broken]
) -> None:
    def handle(body: dict[str, Any], _: int) -> Said | Broken:
        return answer() if "CM1" in str(body["messages"][-1]) or len(str(body)) > 9000 else Said(NOTHING_BETTER)

    with FakeEndpoint(handle) as fake, pytest.raises(ServiceError, match=r"letters failed in a row.*imr model check"):
        go(folder(letters(80)), tmp_path / "a.db", fake.url, failures_in_a_row=6)
    [(failed, remaining)] = rows(tmp_path / "a.db", "SELECT failed, remaining FROM runs")
    assert failed <= 6 + 32  # those that were handed out
    assert failed + remaining == 80


@pytest.mark.parametrize("in_flight", [1, 16])
def test_a_budget_is_never_crossed_and_what_it_bought_is_kept(
    tmp_path: Path, folder: Callable[[list[str]], Path], in_flight: int
) -> None:
    texts = letters(60)
    good = Answers(texts)
    price = Price(input=1.0, output=4.0)

    # The server charges as much as a server could: every character a third of a token, and the whole answer allowed.

    def dear(body: dict[str, Any], _: int) -> Said:
        sent = sum(len(message["content"]) for message in body["messages"])
        return Said(good.body(body), input_tokens=sent // 3, output_tokens=body["max_tokens"], seconds=0.002)

    with FakeEndpoint(dear) as fake, pytest.raises(BudgetExceeded, match="--budget"):
        go(folder(texts), tmp_path / "a.db", fake.url, price=price, budget=0.4, in_flight=in_flight)
    [(sent, said, records)] = rows(
        tmp_path / "a.db",
        "SELECT sum(input_tokens), sum(output_tokens), (SELECT count(*) FROM records) FROM attempts",
    )
    spent = price.of(sent, 0, said)
    assert 0.2 < spent <= 0.4
    assert records == len(fake.requests) > 5


def test_what_may_have_been_billed_counts_against_the_budget(
    tmp_path: Path, folder: Callable[[list[str]], Path]
) -> None:
    """A request that was sent and never answered may stand on the bill."""
    texts = letters(20)
    price, source = Price(input=1.0, output=4.0), folder(texts)
    with FakeEndpoint(lambda body, _: hanging()) as fake:
        with pytest.raises(BudgetExceeded):
            go(source, tmp_path / "a.db", fake.url, price=price, budget=0.1, in_flight=4, timeout=1.5)
        assert 1 <= len(fake.requests) <= 4  # each could cost 2 to 3 cents


@pytest.mark.usefixtures("quick_probes")
def test_a_letter_that_hangs_is_given_up_and_the_others_go_on(
    tmp_path: Path, folder: Callable[[list[str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = letters(12)
    good = Answers(texts)
    slow = re.search(r"CM\d\d-\d{7}", texts[3])
    assert slow is not None
    rules = {kind: dataclasses.replace(rule, times=min(rule.times, 1)) for kind, rule in asking.POLICY.items()}
    monkeypatch.setattr(asking, "POLICY", rules)

    def script(body: dict[str, Any], _: int) -> Said | Broken:
        return hanging() if slow.group() in body["messages"][-1]["content"] else Said(good.body(body))

    with FakeEndpoint(script) as fake:
        settings = Configuration.of("model", ModelSettings("test"))
        endpoint = Endpoint(base_url=fake.url, timeout=0.3, in_flight=4)
        with Store(tmp_path / "a.db") as store:
            summary = run([folder(texts)], store, settings, endpoint=endpoint)
    assert (summary.extracted, summary.failures) == (11, {"transport": 1})


def test_documents_that_cannot_be_read_cost_nothing(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(3)
    good = Answers(texts)
    source = folder(texts)
    (source / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (source / "empty.txt").write_bytes(b"")
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        summary = go(source, tmp_path / "a.db", fake.url)
        assert len(fake.requests) == 3
    assert (summary.extracted, summary.failed) == (3, 2)


def test_asked_to_stop_it_ends_what_is_under_way(
    tmp_path: Path, folder: Callable[[list[str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = letters(60)
    good = Answers(texts)
    stop = threading.Event()
    monkeypatch.setattr("extractor.backlog.stopping.Stopping.__bool__", lambda _: stop.is_set())

    def script(body: dict[str, Any], before: int) -> Said:
        if before >= 20:
            stop.set()
        return Said(good.body(body), seconds=0.005)

    with FakeEndpoint(script) as fake:
        summary = go(folder(texts), tmp_path / "a.db", fake.url, in_flight=4)
        assert summary.interrupted
        assert summary.extracted == len(fake.requests) < 60
    assert summary.extracted + summary.remaining == 60


def test_every_reply_is_kept_as_it_came(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(2)
    good = Answers(texts)

    def script(body: dict[str, Any], before: int) -> Said | Broken:
        return server_error() if before == 0 else Said(good.body(body), output_tokens=33)

    with FakeEndpoint(script) as fake:
        go(folder(texts), tmp_path / "a.db", fake.url, in_flight=1)
    kept = rows(tmp_path / "a.db", "SELECT outcome, purpose, output_tokens, reply, message FROM attempts ORDER BY id")
    assert sorted(row[0] for row in kept) == ["ok", "ok", "transport"]
    good_ones = [row for row in kept if row[0] == "ok"]
    assert {row[2] for row in good_ones} == {33}
    replies = [json.loads(row[3])["choices"][0]["message"]["content"] for row in good_ones]
    assert all(json.loads(reply)["items"] for reply in replies)
    (failed,) = [row for row in kept if row[0] == "transport"]
    assert failed[3] is None
    assert "500" in failed[4]


def test_confidence_is_stored_and_comes_back(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(1)
    good = Answers(texts)
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        go(folder(texts), tmp_path / "a.db", fake.url)
    with Store(tmp_path / "a.db") as store:
        [record] = store.records()
    assert all(evidence.confidence is not None for evidence in record.evidence.values())
    least = rows(tmp_path / "a.db", "SELECT min(confidence) FROM current_evidence")
    assert least == [(min(e.confidence for e in record.evidence.values() if e.confidence is not None),)]


@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_an_estimate_is_what_is_then_sent(
    tmp_path: Path, folder: Callable[[list[str]], Path], strategy: Strategy
) -> None:
    texts = letters(16)
    good = Answers(texts)
    source = folder(texts)
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        go(source, tmp_path / "a.db", fake.url, strategy=strategy)
        sent = fake.requests
    configuration = Configuration.of("both", ModelSettings("test", strategy=strategy))
    made = estimate(sorted(source.iterdir()), configuration, Endpoint(price=Price(1, 2)), DEFAULT_LIMITS)
    assert (made.letters, made.requests) == (16, len(sent))
    characters = sum(len(message["content"]) for body in sent for message in body["messages"])
    assert characters / 4 < made.input_tokens < characters / 4 + len(sent) * 3_000  # with the schema of the answer
    assert made.dollars == pytest.approx((made.input_tokens + 2 * made.output_tokens) / 1e6)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name == "model"]


def test_a_child_that_dies_as_it_starts_is_started_again(
    tmp_path: Path, folder: Callable[[list[str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder([])
    for number, path in enumerate(sorted((SAMPLES / "pdf").glob("*.pdf"))[:3]):
        (source / f"{number}.pdf").write_bytes(path.read_bytes())
    started: list[ProcessPool] = []
    real = children.start_deaf

    def deadly(pool: ProcessPool) -> None:
        real(pool)
        started.append(pool)
        if len(started) == 1:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it without types

    monkeypatch.setattr(children, "start_deaf", deadly)
    documents = [read_document(path).text for path in sorted(source.glob("*.pdf"))]
    good = Answers(documents)
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
        summary = go(source, tmp_path / "a.db", fake.url, in_flight=1)
    assert (summary.extracted, summary.failed) == (3, 0)
    assert len(started) == 2


def test_a_failure_and_a_run_tell_what_they_cost(tmp_path: Path, folder: Callable[[list[str]], Path]) -> None:
    texts = letters(6)
    good, price = Answers(texts), Price(input=1.0, output=4.0)

    def answer(body: dict[str, Any], _: int) -> Said:
        if "File note 5." in str(body["messages"]):
            return Said('{"no": "letter"}', input_tokens=1000, output_tokens=10)
        return Said(good.body(body), input_tokens=500, output_tokens=20)

    with FakeEndpoint(answer) as fake:
        first = go(folder(texts), tmp_path / "a.db", fake.url, price=price)
        again = go(folder(texts), tmp_path / "a.db", fake.url, price=price)
    with Store(tmp_path / "a.db") as store:
        [failure] = store.failures()
        latest, earlier = store.status().runs
    assert (failure.failure_class, failure.attempts, failure.requests) == ("invalid_answer", 2, 4)
    assert (failure.input_tokens, failure.output_tokens) == (4000, 40)
    assert failure.dollars == pytest.approx(price.of(4000, 0, 40))
    assert earlier.dollars == pytest.approx(first.dollars) == pytest.approx(price.of(4500, 0, 120))
    assert latest.requests == again.requests
    assert latest.dollars == pytest.approx(price.of(2000, 0, 20))
    shown = CliRunner().invoke(cli, ["failures", "--db", str(tmp_path / "a.db")]).output
    assert f"${failure.dollars:,.4f}" in shown
    assert f"${latest.dollars:,.4f}" in CliRunner().invoke(cli, ["status", "--db", str(tmp_path / "a.db")]).output


def test_letters_of_the_same_content_are_counted_when_nobody_is_answered(
    tmp_path: Path, folder: Callable[[list[str]], Path]
) -> None:
    texts = letters(6)
    with FakeEndpoint(lambda body, _: quota_gone()) as fake, pytest.raises(QuotaExceeded):
        go(folder([*texts, *texts]), tmp_path / "a.db", fake.url)
    assert rows(tmp_path / "a.db", "SELECT found, remaining, extracted, failed FROM runs") == [(12, 12, 0, 0)]
