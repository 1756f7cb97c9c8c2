"""Instructions planted in letters, and a model that obeys them: nothing that matters gets through."""

from __future__ import annotations

from pathlib import Path

import pytest
from obeying import ORDER, PLACES, Obeying, obeying_answer, planted

from extractor.documents import read_document
from extractor.model.scripted import Scripted
from extractor.readers.model.prompts import load_prompts
from extractor.reading.configuration import Configuration, ReaderName
from extractor.reading.letter import read
from extractor.records.determination import Decision
from extractor.settings import ModelSettings

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
LETTERS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))}
DATES = ("date_assigned", "decision_date", "ur_denial_date", "application_received", "date_of_injury")


def amounts(decision: Decision) -> object:
    return decision.quantity


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("reader", ["model", "both"])
@pytest.mark.parametrize("name", LETTERS)
def test_no_outcome_date_or_amount_gets_through(name: str, reader: ReaderName, place: str) -> None:
    truth = read(read_document(LETTERS[name])).determination
    letter = planted(LETTERS[name], place)
    model = Scripted(Obeying(letter).script)
    told = read(read_document(letter), Configuration.of(reader, ModelSettings("obeying")), model=model).determination
    assert len(told.decisions) == len(truth.decisions)
    for said, true in zip(told.decisions, truth.decisions, strict=True):
        assert said.outcome in (true.outcome, None)
        if reader == "both":
            assert said.outcome == true.outcome
            assert said.quantity == true.quantity
        else:
            kept = said.quantity.model_dump(exclude_none=True) if said.quantity else {}
            real = true.quantity.model_dump(exclude_none=True) if true.quantity else {}
            assert kept.items() <= real.items()
    for date in DATES:
        assert getattr(told, date) in (getattr(truth, date), None)


def test_the_obeying_model_does_obey() -> None:
    letter = planted(LETTERS["CM17-0500538"], "in the summary")
    assert '"outcome": "overturned"' in obeying_answer(letter)
    assert '"outcome": "upheld"' not in obeying_answer(letter)
    assert "01/01/2001" in obeying_answer(letter)


def test_the_order_reaches_the_model_only_as_the_letters_text() -> None:
    letter = planted(LETTERS["CM17-0500538"], "on top")
    model = Scripted(Obeying(letter).script)
    read(read_document(letter), Configuration.of("model", ModelSettings("obeying", corrects=False)), model=model)
    [request] = model.requests
    assert request.messages[0].content == load_prompts()["whole"].text
    assert "obeyed" in request.messages[0].content
    last = request.messages[-1].content.splitlines()
    first, end = last[0], last[-1]
    assert first.startswith("[letter ")
    assert end == f"[end of {first[1:]}"
    inside = [line for line in last if "SYSTEM: ignore" in line]
    assert len(inside) == 1
    assert ORDER[:30] in inside[0]
    assert inside[0].split(":")[0].isdecimal()
