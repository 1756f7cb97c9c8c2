"""The prompt-driven reader with scripted models: strategies, claims, corrections, and what is split."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from answering import NOTHING_BETTER, Answers, read_beside_a_model, whole_answer
from letters import Asked, credentials

from extractor.documents import read_document
from extractor.errors import ContextOverflow, InvalidAnswer, Truncated, UnknownLayout
from extractor.layout import lay_out
from extractor.model import Request
from extractor.model.scripted import Scripted
from extractor.readers.model.answers import MOST_ITEMS
from extractor.reading.configuration import Configuration, ReaderName
from extractor.reading.letter import read
from extractor.records.record import FlagCode, Record, Support
from extractor.settings import Endpoint, ModelSettings

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
LETTER = (SAMPLES / "CM17-0500538.txt").read_text(encoding="utf-8")
LETTERS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))}


def by_model(
    letter: str, script: Callable[[Request], Any], reader: ReaderName = "model", **settings: Any
) -> tuple[Record, Scripted]:
    model = Scripted(script)
    configuration = Configuration.of(reader, ModelSettings("scripted", **settings))
    return read(read_document(letter, name="letter"), configuration, model=model), model


def changed(change: Callable[[dict[str, Any]], None], corrections: str = NOTHING_BETTER) -> Callable[[Request], str]:
    """A model that answers well but for one change."""

    def script(request: Request) -> str:
        if request.purpose == "corrections":
            return corrections
        answer = whole_answer(LETTER).model_dump(mode="json")
        change(answer)
        return json.dumps(answer)

    return script


def flags(record: Record, code: FlagCode) -> list[str]:
    return [flag.path for flag in record.flags if flag.code is code]


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("strategy", ["whole", "sections"])
def test_a_model_that_reads_as_rules_do_gives_the_record_that_rules_give(name: str, strategy: str) -> None:
    """So nothing is lost or changed on the way through forms, claims and grounding."""
    letter = LETTERS[name]
    rules = read_beside_a_model(letter)
    record, _ = by_model(letter, Answers([letter]).script, strategy=strategy)
    assert record.determination == rules.determination
    assert not flags(record, FlagCode.WITHHELD)


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_two_readers_that_agree_raise_no_flag_of_their_own(name: str, strategy: str) -> None:
    letter = LETTERS[name]
    rules = read_beside_a_model(letter)
    record, _ = by_model(letter, Answers([letter]).script, "both", strategy=strategy)
    assert record.determination == rules.determination
    assert [(f.path, f.code) for f in record.flags] == [(f.path, f.code) for f in rules.flags]
    assert all(evidence.confidence is not None for evidence in record.evidence.values())


def test_each_strategy_asks_what_it_says() -> None:
    items = len(lay_out(LETTER).items)
    asked = {}
    for strategy in ("whole", "sections", "budgeted"):
        _, model = by_model(LETTER, Answers([LETTER]).script, "both", strategy=strategy)
        asked[strategy] = [request.purpose for request in model.requests]
    assert asked["whole"] == ["whole"]
    assert sorted(asked["sections"]) == ["item 1", "item 2", "item 3", "summary"][: items + 1]
    assert asked["budgeted"] == ["gaps"]


def test_budgeted_shows_less_of_the_letter_and_answers_in_fewer_words() -> None:
    sent, said = {}, {}
    for strategy in ("whole", "budgeted"):
        record, _ = by_model(LETTER, Answers([LETTER]).script, "both", strategy=strategy)
        assert record.provenance.usage is not None
        sent[strategy], said[strategy] = record.provenance.usage.input_tokens, record.provenance.usage.output_tokens
    assert sent["budgeted"] < 0.7 * sent["whole"]
    assert said["budgeted"] < 0.4 * said["whole"]


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/decision_date", lambda answer: answer["header"].update(decision_date={"text": "01/01/2001", "line": 1})),
        ("/case_number", lambda answer: answer["header"].update(case_number={"text": "CM99-0000001", "line": 1})),
        ("/decisions/0/outcome", lambda answer: answer["items"][0].update(outcome="overturned")),
        ("/decisions/0/quantity/total", lambda answer: answer["items"][0]["quantity"].update(total=13)),
        ("/decisions/0/body_parts/0/part", lambda answer: answer["items"][0]["body_parts"][0].update(part="knee")),
        ("/decisions/0/category", lambda answer: answer["items"][0].update(kind="surgery/spine")),
        ("/patient/age", lambda answer: answer["patient"].update(age=99)),
        ("/patient/sex", lambda answer: answer["patient"].update(sex="male")),
        ("/patient/mechanism", lambda a: a["patient"].update(mechanism={"text": "a fall from a roof", "line": 20})),
        (
            "/patient/diagnoses/0",
            lambda answer: answer["patient"]["diagnoses"][0].update(text="malignant melanoma"),
        ),
    ],
)
def test_what_the_letter_does_not_say_is_withheld_by_one_reader_and_overruled_by_two(
    pointer: str, change: Callable[[dict[str, Any]], None]
) -> None:
    alone, model = by_model(LETTER, changed(change))
    assert pointer in flags(alone, FlagCode.WITHHELD)
    assert [request.purpose for request in model.requests] == ["whole", "corrections"]
    assert pointer in model.requests[1].messages[-1].content
    together, _ = by_model(LETTER, changed(change), "both")
    assert together.determination.decision_date == read(read_document(LETTER)).determination.decision_date
    assert pointer in flags(together, FlagCode.READERS_DISAGREE) + flags(together, FlagCode.WITHHELD)


def test_a_correction_is_taken_if_the_letter_bears_it_out() -> None:
    def wrong(answer: dict[str, Any]) -> None:
        answer["header"]["decision_date"] = {"text": "2/14/2017", "line": 1}

    right = next(n for n, line in enumerate(lay_out(LETTER).lines, 1) if "02/15/2017" in line)
    better = json.dumps({"corrections": [{"path": "/decision_date", "text": "02/15/2017", "line": right}]})
    record, _ = by_model(LETTER, changed(wrong, better))
    assert str(record.determination.decision_date) == "2017-02-15"
    assert not flags(record, FlagCode.WITHHELD)


def test_a_value_taken_back_leaves_no_hole() -> None:
    def invent(answer: dict[str, Any]) -> None:
        answer["patient"]["diagnoses"].insert(1, {"text": "housemaid's knee of the elbow", "line": 20})

    back = json.dumps({"corrections": [{"path": "/patient/diagnoses/1", "text": None, "line": None}]})
    record, _ = by_model(LETTER, changed(invent, back))
    assert record.determination.patient.diagnoses == read(read_document(LETTER)).determination.patient.diagnoses
    assert not flags(record, FlagCode.WITHHELD)
    kept = [pointer for pointer in record.evidence if pointer.startswith("/patient/diagnoses/")]
    assert kept == [f"/patient/diagnoses/{n}" for n in range(len(kept))]


def test_without_corrections_nothing_is_asked_again() -> None:
    _, model = by_model(LETTER, changed(lambda answer: answer["patient"].update(age=99)), corrects=False)
    assert [request.purpose for request in model.requests] == ["whole"]


def test_a_reason_that_no_rule_knows_is_accepted_as_a_judgement_and_says_so() -> None:
    layout = lay_out(LETTER)
    rationale = layout.items[0].rationale
    assert rationale is not None
    line = layout.view.line_number(rationale.start) + 1

    def judge(answer: dict[str, Any]) -> None:
        answer["items"][0]["reasons"] = [{"reason": "duplicate", "line": line}]

    record, _ = by_model(LETTER, changed(judge))
    evidence = record.evidence["/decisions/0/reasons/0"]
    assert evidence.support is Support.UNCHECKED
    assert evidence.lines is not None
    assert evidence.lines[0] <= line <= evidence.lines[1]
    assert flags(record, FlagCode.UNCHECKED) == ["/decisions/0/reasons/0"]


@pytest.mark.parametrize(("reason", "line"), [("recommended", 45), ("duplicate", 1), ("duplicate", 9_999)])
def test_a_reason_of_the_other_outcome_or_cited_outside_the_rationale_is_withheld(reason: str, line: int) -> None:
    def judge(answer: dict[str, Any]) -> None:
        answer["items"][0]["reasons"] = [{"reason": reason, "line": line}]

    record, _ = by_model(LETTER, changed(judge), corrects=False)
    assert "/decisions/0/reasons/0" in flags(record, FlagCode.WITHHELD)
    assert record.determination.decisions[0].reasons == ()


def test_items_left_out_and_made_up_are_flagged() -> None:
    left_out, _ = by_model(LETTER, changed(lambda answer: answer["items"].pop(1)))
    assert flags(left_out, FlagCode.INCOMPLETE) == ["/decisions/1"]
    assert len(left_out.determination.decisions) == 3

    def invent(answer: dict[str, Any]) -> None:
        answer["items"].append({**answer["items"][0], "heading": [1, 2]})

    made_up, _ = by_model(LETTER, changed(invent))
    assert flags(made_up, FlagCode.INCOMPLETE) == ["/decisions"]
    assert len(made_up.determination.decisions) == 3


def test_a_heading_printed_twice_belongs_to_its_item_wherever_it_is_cited() -> None:
    letter = LETTERS["CM13-0501139"]
    answer = whole_answer(letter).model_dump(mode="json")
    for number, item in enumerate(answer["items"]):
        item["heading"] = [number + 3, number + 3]
    record, _ = by_model(letter, lambda request: json.dumps(answer))
    assert not flags(record, FlagCode.INCOMPLETE)


@pytest.mark.parametrize("error", [Truncated("cut"), ContextOverflow("long")])
def test_what_does_not_fit_goes_by_sections(error: Exception) -> None:
    good = Answers([LETTER])
    record, model = by_model(LETTER, lambda q: error if q.purpose == "whole" else good.script(q))
    assert sorted(request.purpose for request in model.requests) == ["item 1", "item 2", "item 3", "summary", "whole"]
    assert record.determination == read_beside_a_model(LETTER).determination


@pytest.mark.parametrize("error", [Truncated("cut"), ContextOverflow("long")])
def test_gaps_that_do_not_fit_go_in_halves(error: Exception) -> None:
    whole = whole_answer(LETTER)

    def script(request: Request) -> str | Exception:
        shown = request.messages[-1].content
        numbers = [int(number) for number in re.findall(r"^== item (\d+) ==$", shown, re.MULTILINE)]
        if len(numbers) + ("== patient ==" in shown) > 1:
            return error
        items = [{"item": n, "kind": whole.items[n - 1].kind, "reasons": []} for n in numbers]
        return json.dumps({"patient": None, "items": items})

    record, model = by_model(LETTER, script, "both", strategy="budgeted")
    assert len(model.requests) > 3
    assert not flags(record, FlagCode.INCOMPLETE)
    with pytest.raises(type(error)):
        by_model(LETTER, lambda _: error, "both", strategy="budgeted")


def test_a_letter_longer_than_the_context_is_not_even_tried_as_a_whole() -> None:
    _, model = by_model(LETTER, Answers([LETTER]).script, context_tokens=6_000)
    assert "whole" not in {request.purpose for request in model.requests}
    assert all(request.characters / 4 < 6_000 for request in model.requests)


@pytest.mark.parametrize(("strategy", "purposes"), [("whole", {"summary", "item"}), ("budgeted", {"gaps"})])
def test_more_items_than_one_answer_holds_are_asked_for_piece_by_piece(strategy: str, purposes: set[str]) -> None:
    items = [f"Norco 10/325mg #{number}: Upheld" for number in range(1, MOST_ITEMS + 4)]
    letter = credentials(*(Asked(heading.removesuffix(": Upheld")) for heading in items))
    record, model = by_model(letter, Answers([letter]).script, "both", strategy=strategy)
    assert {request.purpose.split()[0] for request in model.requests} == purposes
    assert len(record.determination.decisions) == MOST_ITEMS + 3
    assert not flags(record, FlagCode.INCOMPLETE)


def test_one_section_that_fails_fails_the_letter_and_keeps_what_was_tried() -> None:
    good = Answers([LETTER])
    with pytest.raises(InvalidAnswer) as caught:
        by_model(LETTER, lambda q: "no JSON" if q.purpose == "item 2" else good.script(q), strategy="sections")
    outcomes = [getattr(attempt, "outcome", "") for attempt in caught.value.attempts]
    assert "invalid_answer" in outcomes
    assert "ok" in outcomes


def without_labels(letter: str) -> str:
    """A letter re-typed by somebody: no section headings, no labels."""
    letter = re.sub(r"(?m)^(HOW THE IMR.*|CLINICAL CASE SUMMARY|IMR ISSUES.*)$", "", letter)
    return re.sub(r"Claims Administrator guideline:|MAXIMUS guideline:|Decision rationale:", "", letter)


def pointing(letter: str, outcome: str | None = None) -> Callable[[Request], str]:
    """A model that points at each line that ends in an outcome."""
    answer = whole_answer(LETTER).model_dump(mode="json")
    ends = [n for n, line in enumerate(lay_out(letter).lines, 1) if re.search(r": (Upheld|Overturned)$", line)]
    for item, end in zip(answer["items"], ends, strict=True):
        length = item["heading"][1] - item["heading"][0]
        item.update(
            heading=[end - length, end], reasons=[{"reason": r["reason"], "line": end + 4} for r in item["reasons"]]
        )
        item["outcome"] = outcome or item["outcome"]
    return lambda request: json.dumps(answer) if request.purpose == "whole" else NOTHING_BETTER


@pytest.mark.parametrize("reader", ["model", "both"])
@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_a_layout_that_rules_do_not_know_is_opened_by_the_lines_a_model_cites(
    reader: ReaderName, strategy: str
) -> None:
    if (reader, strategy) == ("model", "budgeted"):
        pytest.skip("budgeted goes with both")
    letter = without_labels(LETTER)
    with pytest.raises(UnknownLayout):
        read(read_document(letter))
    record, _ = by_model(letter, pointing(letter), reader, strategy=strategy)
    known = read(read_document(LETTER)).determination
    assert [d.outcome for d in record.determination.decisions] == [d.outcome for d in known.decisions]
    assert [d.disputed for d in record.determination.decisions] == [d.disputed for d in known.decisions]
    assert record.determination.decision_date == known.decision_date
    assert FlagCode.UNKNOWN_LAYOUT in {flag.code for flag in record.flags}


def test_in_an_unknown_layout_too_the_letter_decides_on_the_outcome() -> None:
    letter = without_labels(LETTER)
    record, _ = by_model(letter, pointing(letter, outcome="overturned"), corrects=False)
    assert [str(d.outcome) for d in record.determination.decisions] == ["None", "None", "overturned"]


def test_what_is_no_determination_stays_none_whatever_the_model_says() -> None:
    line = "Independent Medical Review CM16-0123456\nDear Sir,\na 45 year old male has lumbar strain.\nYours\n"
    text = line * 3
    answer = whole_answer(LETTER).model_dump(mode="json")
    answer["patient"] = {
        "age": 45,
        "sex": "male",
        "mechanism": None,
        "diagnoses": [{"text": "lumbar strain", "line": 3}],
    }
    with pytest.raises(UnknownLayout) as caught:
        by_model(text, lambda request: json.dumps(answer))
    assert len(caught.value.attempts) >= 1, "what was asked is told, for it was paid"


def test_a_model_reader_in_a_running_loop_says_what_to_do() -> None:
    import asyncio  # noqa: PLC0415

    from extractor.errors import ConfigurationError  # noqa: PLC0415

    async def inside() -> None:
        read(
            read_document(LETTER),
            Configuration.of("model", ModelSettings("m")),
            endpoint=Endpoint(),
            model=Scripted(str),
        )

    with pytest.raises(ConfigurationError, match="await read_in"):
        asyncio.run(inside())


def test_provenance_names_model_prompt_and_usage() -> None:
    record, model = by_model(LETTER, Answers([LETTER]).script, strategy="sections")
    told = record.provenance
    assert (told.reader, told.model) == ("model", "scripted")
    assert told.usage is not None
    assert told.usage.requests == len(model.requests) == 4
    whole = Configuration.of("model", ModelSettings("scripted", strategy="whole"))
    assert told.config_sha256 != whole.sha256
    budgeted = Configuration.of("both", ModelSettings("scripted", strategy="budgeted"))
    assert told.prompt_sha256 != budgeted.prompt_sha256


def test_one_path_corrected_twice_is_no_trouble() -> None:
    twice = json.dumps({"corrections": [{"path": "/patient/age", "text": None, "line": None}] * 2})
    record, _ = by_model(LETTER, changed(lambda answer: answer["patient"].update(age=99), twice))
    assert record.determination.patient.age is None


def test_an_empty_entry_of_a_list_moves_no_evidence() -> None:
    def empty(answer: dict[str, Any]) -> None:
        answer["reviewer"]["licensed_states"].insert(0, "")
        answer["items"][2]["drugs"] = [{"name": " ", "strength": "5mg"}]

    record, _ = by_model(LETTER, changed(empty))
    known = read(read_document(LETTER)).determination.reviewer.licensed_states
    assert record.determination.reviewer.licensed_states == known
    kept = [pointer for pointer in record.evidence if pointer.startswith("/reviewer/licensed_states")]
    assert kept == [f"/reviewer/licensed_states/{n}" for n in range(len(known))]


def test_a_list_as_long_as_the_form_allows_is_flagged() -> None:
    drugs = " / ".join(
        f"{name} {number}mg" for number, name in enumerate(("Norco", "Soma", "Lyrica", "Cymbalta") * 4, 1)
    )
    letter = credentials(Asked(drugs))

    def script(request: Request) -> str:
        answer = whole_answer(LETTER).model_dump(mode="json")
        answer["items"] = [{**answer["items"][0], "drugs": [{"name": "Norco", "strength": None}] * 12}]
        line = next(n for n, text in enumerate(lay_out(letter).lines, 1) if "Norco 1mg" in text)
        answer["items"][0]["heading"] = [line, line]
        return json.dumps(answer) if request.purpose == "whole" else NOTHING_BETTER

    record, _ = by_model(letter, script)
    assert "/decisions/0/drugs" in flags(record, FlagCode.INCOMPLETE)


def test_headings_that_the_letter_does_not_bear_out_are_counted_in_an_unknown_layout() -> None:
    letter = (
        "Case CM16-0123456\nAcupuncture for knee: Upheld\nBecause.\nMassage is not needed\n"
        "MRI of the hand: Overturned\nSince.\n"
    )

    def script(request: Request) -> str:
        answer = whole_answer(LETTER).model_dump(mode="json")
        for item, line in zip(answer["items"], (2, 4, 5), strict=True):
            item.update(heading=[line, line], reasons=[])
        return json.dumps(answer) if request.purpose == "whole" else NOTHING_BETTER

    record, _ = by_model(letter, script)
    assert len(record.determination.decisions) == 2
    assert "/decisions" in flags(record, FlagCode.INCOMPLETE)
    assert flags(record, FlagCode.UNKNOWN_LAYOUT) == [""]
