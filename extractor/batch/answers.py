"""Answers to requests that went out in files: taken in line by line, in any order, any number of times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from extractor.errors import ReplyTooLong
from extractor.model import Attempt
from extractor.model.batches import LongLine, reason
from extractor.model.meter import is_counted
from extractor.model.wire import MOST_REPLY_BYTES, reply_of
from extractor.records.record import Usage
from extractor.settings import Mode, Price
from extractor.store import Store, batches, writer
from extractor.store.database import now
from extractor.store.rows import attempt_row

_ID = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r'"custom_id"\s*:\s*"([0-9a-f]{64})"')
_BATCH = 100
_CHARACTERS = 10_000_000
"""Lines taken in in one transaction, and their length."""
_TOO_LONG = f"the answer is longer than {MOST_REPLY_BYTES:,} bytes"


@dataclass(slots=True)
class Collected:
    """What files of answers held."""

    answers: int = 0
    errors: int = 0
    """Answers that say why there is none."""
    strange: int = 0
    """Lines that are no answers to requests of ours."""

    def __add__(self, other: Collected) -> Collected:
        """Both together."""
        return Collected(self.answers + other.answers, self.errors + other.errors, self.strange + other.strange)


def collect(
    lines: Iterable[str | LongLine], store: Store, price: Price | None = None, job_id: int | None = None
) -> Collected:
    """Take lines of answers or errors in, in any order, any number of times. Letters are read by `advance`.

    Args:
        lines: As they stand in the file.
        store: Where the requests are remembered.
        price: The batch's; only to say what was paid.
        job_id: The file of requests to which these are the answers, where that is known: an error of a request
            says nothing of that request in a later file.

    """
    done = Collected()
    for chunk in _chunks(lines):
        attempts: list[tuple[str, Any]] = []
        with store.batching() as db:
            for line in chunk:
                answer = _read_line(line)
                out = batches.request(db, answer.custom_id) if answer else None
                if answer is None or out is None:
                    done.strange += 1
                    continue
                if out.state == "answered" or (answer.raw is None and job_id not in (None, out.job_id)):
                    continue
                state = "failed" if answer.raw is None else "answered"
                batches.answered(db, answer.custom_id, state=state, message=answer.message)
                if answer.raw is None:
                    done.errors += 1
                else:
                    done.answers += 1
                if answer.billed:
                    attempts.append((out.document_sha256, attempt_row(_attempt(answer, out.purpose, price))))
            writer.insert_attempts(db, attempts, batches.BATCH, None, now())  # kept with the word that it was answered
            batches.close(db)
    return done


class AnswerLine(NamedTuple):
    """What a line says of a request of ours."""

    custom_id: str
    raw: str | None
    """The payload; None where there is none."""
    message: str | None
    """Why there is none, in our words: a provider may repeat the letter."""

    @property
    def billed(self) -> bool:
        """Whether something was answered, be it unusable."""
        return self.raw is not None or self.message == _TOO_LONG


def _attempt(answer: AnswerLine, purpose: str, price: Price | None) -> Attempt:
    if answer.raw is None:
        return Attempt(
            purpose, answer.custom_id, ReplyTooLong.failure_class, 0.0, Usage(requests=1), message=answer.message
        )
    mode: Mode = "responses" if '"output"' in answer.raw and '"choices"' not in answer.raw else "json_schema"
    reply = reply_of(answer.raw, mode, 0.0)
    outcome = {"length": "truncated", "refusal": "refused"}.get(reply.finish, "ok")
    used = reply.usage
    priced = price is not None and is_counted(used)
    dollars = price.of(used.input_tokens, used.cached_input_tokens, used.output_tokens) if price and priced else None
    return Attempt(purpose, answer.custom_id, outcome, 0.0, used, reply.model, answer.raw, dollars=dollars)


def _read_line(line: str | LongLine) -> AnswerLine | None:
    """What a line says; None for a line that is nothing of ours."""
    if isinstance(line, LongLine):
        named = _NAMED.search(line.beginning)
        return AnswerLine(named[1], None, _TOO_LONG) if named else None
    try:
        given = json.loads(line)
        custom_id = given["custom_id"]
        response = given.get("response") or {}
        body, status = response.get("body"), response.get("status_code", 200)
        if not isinstance(custom_id, str) or _ID.fullmatch(custom_id) is None:
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if isinstance(body, dict) and status == 200 and not given.get("error"):
        return AnswerLine(custom_id, json.dumps(body, ensure_ascii=True), None)
    why = given.get("error") or (body.get("error") if isinstance(body, dict) else None)
    code = why.get("code") or why.get("type") if isinstance(why, dict) else None
    failed = f"status {status}" if type(status) is int and status != 200 else "no answer"
    return AnswerLine(custom_id, None, f"{failed}, {reason(code)}")


def _chunks(lines: Iterable[str | LongLine]) -> Iterator[list[str | LongLine]]:
    chunk: list[str | LongLine] = []
    characters = 0
    for line in lines:
        if isinstance(line, LongLine) or line.strip():
            chunk.append(line)
            characters += len(line) if isinstance(line, str) else 0
        if len(chunk) == _BATCH or characters > _CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
