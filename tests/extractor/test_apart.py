"""Letters in processes of their own: each ends within its time, whatever it holds, and the others go on."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from answering import Answers
from click.testing import CliRunner
from endpoint import FakeEndpoint, Said
from letters import credentials
from runaway import deadly, endless

from extractor.backlog import run
from extractor.backlog.estimate import estimate
from extractor.backlog.source import LetterSource
from extractor.cli import cli
from extractor.documents import read_document
from extractor.errors import DocumentError, ReadCrash, ReadTimeout
from extractor.model.scripted import Scripted
from extractor.readers.model import Session
from extractor.reading.apart import Apart, Fetch, as_record, itself
from extractor.reading.configuration import Configuration
from extractor.reading.letter import read, read_in
from extractor.records.record import Record
from extractor.settings import DEFAULT_ENDPOINT, DEFAULT_LIMITS, Endpoint, Limits, ModelSettings, Secret, Strategy
from extractor.store import Store

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
LETTER = SAMPLES / "CM17-0500538.txt"
SHORT = Limits(seconds=0.5)


def told(record: Record) -> dict[str, Any]:
    given = record.model_dump(mode="json")
    del given["provenance"]["created_at"]
    return given


ROOMY = Limits(seconds=1.0, max_characters=20_000_000)


def long_letter() -> str:
    """A letter that takes ten times as long as `ROOMY` allows, although reading is linear."""
    told = "The injured worker was 45 years old, injured on 1/1/2016 and in pain, not necessary; "
    return credentials(summary=told * 60_000)


def test_what_runs_away_or_dies_is_ended_and_the_next_letter_is_read() -> None:
    document = read_document(LETTER)
    with Apart(SHORT) as apart:
        with pytest.raises(ReadTimeout, match=r"longer than 0.5 s"):
            apart.read_by_rules(endless, Configuration(), as_record)
        with pytest.raises(ReadCrash, match="died"):
            apart.read_by_rules(deadly, Configuration(), as_record)
        record = apart.read_by_rules(partial(itself, document), Configuration(), as_record)
    assert told(record) == told(read(document))


@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_a_model_reads_the_same_here_and_there(strategy: Strategy) -> None:
    document = read_document(LETTER)
    configuration = Configuration.of("both", ModelSettings("test", strategy=strategy))
    good = Answers([document.text])

    async def both() -> tuple[Record, Record, list[str]]:
        heard: list[str] = []

        async def on_attempt(sha256: str, attempt: Any) -> None:
            assert sha256 == document.sha256
            heard.append(attempt.purpose)

        with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
            endpoint = Endpoint(base_url=fake.url, api_key=Secret("none"))
            settings = configuration.model
            assert settings is not None
            async with Session(settings, endpoint) as session:
                here = await read_in(session, document, configuration)
                with Apart(DEFAULT_LIMITS, prompts=session.prompts) as apart:
                    fetch = partial(itself, document)
                    there = await apart.read(fetch, configuration, as_record, session.asker, on_attempt)
        assert sorted(heard) == sorted(attempt.purpose for attempt in here.attempts)
        return here.record, there, heard

    here, there, heard = asyncio.run(both())
    assert heard
    assert told(here) == told(there)


def test_a_letter_that_runs_over_its_limit_fails_and_the_others_of_the_loop_go_on() -> None:
    document = read_document(LETTER)
    configuration = Configuration.of("both", ModelSettings("test"))
    good = Answers([document.text])

    async def all_of_them() -> list[Any]:
        with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake:
            endpoint = Endpoint(base_url=fake.url, api_key=Secret("none"))
            async with Session(ModelSettings("test"), endpoint) as session:
                with Apart(Limits(seconds=3), 2, session.prompts) as apart:
                    fetches: list[Fetch] = [endless, *[partial(itself, document)] * 3]
                    ticks = 0

                    async def tick() -> None:
                        nonlocal ticks
                        while True:
                            await asyncio.sleep(0.05)
                            ticks += 1

                    beside = asyncio.create_task(tick())
                    read_all = [apart.read(each, configuration, as_record, session.asker) for each in fetches]
                    ended = await asyncio.gather(*read_all, return_exceptions=True)
                    beside.cancel()
                    assert ticks > 5, "the loop stood still"
                    return ended

    late, *good_ones = asyncio.run(all_of_them())
    assert isinstance(late, ReadTimeout)
    assert [record.determination.case_number for record in good_ones] == ["CM17-0500538"] * 3


def test_a_backlog_by_a_model_files_the_letter_that_takes_too_long(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    text = LETTER.read_text(encoding="utf-8")
    (folder / "good.txt").write_text(text, encoding="utf-8")
    (folder / "long.txt").write_text(long_letter(), encoding="utf-8")
    good = Answers([text])
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as fake, Store(tmp_path / "a.db") as store:
        endpoint = Endpoint(base_url=fake.url, api_key=Secret("none"))
        configuration = Configuration.of("both", ModelSettings("test"))
        done = run([folder], store, configuration, endpoint=endpoint, limits=ROOMY)
        [failure] = store.failures()
    assert (done.extracted, done.failures) == (1, {"timeout": 1})
    assert failure.message == "reading took longer than 1 s"


def test_extract_ends_a_letter_in_time_and_prints_the_others(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(long_letter(), encoding="utf-8")
    files = [str(tmp_path / "long.txt"), str(LETTER)]
    done = CliRunner().invoke(cli, ["extract", "--seconds", "1", "--max-characters", "20000000", *files])
    assert done.exit_code == 1
    assert done.stderr == "imr: timeout: reading took longer than 1 s\n"
    assert [json.loads(line)["document"]["name"] for line in done.stdout.splitlines()] == [LETTER.name]


def test_an_estimate_keeps_the_limit() -> None:
    letters: list[LetterSource | str] = [LetterSource("long", long_letter().encode()), str(LETTER)]
    made = estimate(letters, Configuration.of("both", ModelSettings("test")), DEFAULT_ENDPOINT, ROOMY)
    assert (made.letters, made.unreadable, made.requests) == (2, 1, 1)


def test_in_this_process_the_limit_is_kept_between_our_own_steps() -> None:
    document = read_document(long_letter(), limits=ROOMY)
    with pytest.raises(DocumentError, match=r"longer than 0.05 s") as late:
        read(document, limits=Limits(seconds=0.05))
    assert isinstance(late.value, ReadTimeout)
    model = Scripted(lambda _: "{}")
    with pytest.raises(ReadTimeout):
        read(document, Configuration.of("both", ModelSettings("test")), model=model, limits=Limits(seconds=0.05))
