"""Answers in wrappers: taken out where that is certain, and nowhere else."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from extractor.errors import InvalidAnswer
from extractor.model.asking import judged
from extractor.model.seam import Reply
from extractor.model.wire import reply_of
from extractor.readers.model.answers import CorrectionsForm
from extractor.records.record import Usage

GOOD = '{"corrections":[{"path":"/a","text":"x","line":1}]}'
OTHER = '{"corrections":[]}'
ANSWER = CorrectionsForm.model_validate_json(GOOD)


def judge(text: str) -> Any:
    return judged(Reply(text, "stop", "m", Usage(), 0.0, ""), CorrectionsForm)


WRAPPED = {
    "thought": f"<think>\nThe letter has {{3}} items, I'd say {OTHER}.\n</think>\n\n{GOOD}",
    "thought without its beginning": f"hm, {{x}}\n</think>{GOOD}",
    "thought in other words": f"<Reasoning>{OTHER}</Reasoning>{GOOD}",
    "thought, fenced": f"<think>hm</think>\n```json\n{GOOD}\n```",
    "prose": f"Here is the JSON you asked for:\n\n```json\n{GOOD}\n```\nLet me know if you need anything else!",
    "prose with braces": f"As {{asked}}: {GOOD} {{done}}",
    "another fence": f"```JSON\n{GOOD}\n```",
    "end token": f"{GOOD}\n\n<|im_end|>",
    "channel": f"<|channel|>final<|message|>{GOOD}<|return|>",
    "mark": f"\ufeff{GOOD}",
    "NUL": f"{GOOD}\0",
    "twice the same": GOOD + GOOD,
    "list of one": f"[{GOOD}]",
    "envelope": json.dumps({"answer": json.loads(GOOD)}),
    "envelope with more": json.dumps({"name": "CorrectionsForm", "arguments": json.loads(GOOD)}),
    "envelope of text": json.dumps({"name": "CorrectionsForm", "arguments": GOOD}),
    "taken for the form": json.dumps({"type": "object", "properties": json.loads(GOOD)}),
    "text in JSON": json.dumps(GOOD),
    "beside something else": f'{{"note":"none"}}\n{GOOD}',
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED)
def test_an_answer_is_taken_out_of_its_wrapper(text: str) -> None:
    assert judge(text) == ANSWER


UNCERTAIN = {
    "two different": GOOD + OTHER,
    "two in a list": f"[{GOOD},{OTHER}]",
    "cut": GOOD[:-2],
    "list cut behind its first": f"[{GOOD},{GOOD[:20]}",
    "cut, with a whole one in it": f'{{"corrections":[],"inner":{GOOD},"more":',
    "in a field": f'{{"a":{GOOD},"b":1}}',
    "two envelopes": f'{{"answer":{GOOD},"result":{OTHER}}}',
    "another form": '{"items":[]}',
    "no JSON": "I cannot see a letter.",
    "a model's own form": "{corrections: []}",
}


@pytest.mark.parametrize("text", UNCERTAIN.values(), ids=UNCERTAIN)
def test_what_is_not_certain_is_no_answer(text: str) -> None:
    with pytest.raises(InvalidAnswer):
        judge(text)


@pytest.mark.parametrize("piece", ["{", "[{", '{"a":', "{ ", '"{', "</think>", "[" * 50 + "{", '{"a":[1,2,', "\\"])
def test_searching_takes_time_in_proportion(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.perf_counter()
        with pytest.raises(InvalidAnswer):
            judge(text)
        return time.perf_counter() - began

    small = min(seconds(100_000) for _ in range(3))
    assert min(seconds(800_000) for _ in range(2)) < 40 * small + 0.05


def payload(**message: Any) -> str:
    return json.dumps({"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop"}]})


CALL = {"name": "x", "arguments": GOOD}
MESSAGES: dict[str, dict[str, Any]] = {
    "parts": {"content": [{"type": "text", "text": GOOD[:9]}, {"type": "text", "text": GOOD[9:]}]},
    "parts with thoughts": {
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": GOOD}]
    },
    "reasoning alone": {"content": "", "reasoning_content": GOOD},
    "reasoning by another name": {"content": None, "reasoning": f"So: {GOOD}"},
    "reasoning beside": {"content": GOOD, "reasoning_content": OTHER},
    "tool": {"content": None, "tool_calls": [{"function": CALL}]},
    "tool with an object": {"content": None, "tool_calls": [{"function": {**CALL, "arguments": json.loads(GOOD)}}]},
    "tool unasked": {"content": "", "tool_calls": [{"function": CALL}]},
    "the same tool twice": {"content": None, "tool_calls": [{"function": CALL}, {"function": CALL}]},
    "empty tool": {"content": GOOD, "tool_calls": [{"function": {"name": "x", "arguments": ""}}]},
    "no tools": {"content": GOOD, "tool_calls": []},
    "function": {"content": None, "function_call": CALL},
    "function with an object": {"content": None, "function_call": {**CALL, "arguments": json.loads(GOOD)}},
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_an_answer_is_found_where_servers_put_it(message: dict[str, Any]) -> None:
    assert judged(reply_of(payload(**message), "json_schema", 0.0), CorrectionsForm) == ANSWER


def test_two_calls_that_differ_are_no_answer() -> None:
    """The first was taken, and the second lost in silence."""
    calls = [{"function": {"name": "x", "arguments": each}} for each in (GOOD, OTHER)]
    with pytest.raises(InvalidAnswer):
        judged(reply_of(payload(content=None, tool_calls=calls), "tools", 0.0), CorrectionsForm)


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        *[(word, "length") for word in ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length")],
        *[(word, "refusal") for word in ("content_filter", "SAFETY", "RECITATION", "guardrail_intervened")],
        *[(word, "stop") for word in ("stop", "eos", "", None, "end_turn", "tool_calls")],
    ],
)
def test_servers_have_several_words_for_the_end(word: str | None, finish: str) -> None:
    raw = json.dumps({"choices": [{"message": {"content": GOOD}, "finish_reason": word}]})
    assert reply_of(raw, "json_schema", 0.0).finish == finish
