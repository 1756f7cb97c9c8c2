"""One round: letters that wait are read as far as the answers go, and what is still to be asked goes into files."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from extractor import telemetry
from extractor.apart import Apart, itself
from extractor.backlog.source import Source
from extractor.configuration import Configuration
from extractor.errors import AnswerPending, ConfigurationError, DocumentError, ModelError, Rejected, ReplyTooLong
from extractor.identity import code_version
from extractor.model import Attempt, Reply, Request
from extractor.model.batches import LongLine, reason
from extractor.model.meter import is_told, most_tokens
from extractor.model.wire import MOST_REPLY_BYTES, body_of, kept_reply, reply_of
from extractor.prompted import Session
from extractor.prompts import load_prompts
from extractor.records import Usage
from extractor.settings import DEFAULT_LIMITS, Limits, Mode, Price, Service
from extractor.store import Refused, Store, batches, prepare, writer
from extractor.store.queries import BATCH
from extractor.store.rows import attempt_row

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""Of one file: the provider's limits are 50,000 requests and 200 MB."""
MOST_TRIES = 3
"""Of one request; then its letter fails."""
_URL = "/v1/chat/completions"
_ID = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r'"custom_id"\s*:\s*"([0-9a-f]{64})"')
_BATCH = 100
_CHARACTERS = 10_000_000
"""Lines taken in in one transaction, and their length."""
_TOO_LONG = f"the answer is longer than {MOST_REPLY_BYTES:,} bytes"


@dataclass(slots=True)
class Round:
    """What a round did."""

    read: int = 0
    """New records."""
    failed: int = 0
    """Letters given up, as typed failures."""
    waiting: int = 0
    """Letters whose answers are not all there."""
    requests: int = 0
    """Put into files."""
    files: tuple[Path, ...] = ()


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


def build(
    sources: Iterable[Source], store: Store, configuration: Configuration, service: Service, limits: Limits, out: Path
) -> Round:
    """Take letters in, and put what has to be asked about them into files.

    Args:
        sources: The letters.
        store: Where letters, requests and records are remembered.
        configuration: How to read; with a model. Its mode `auto` is `json_schema` here: nothing can be tried.
        service: Only its folder of prompts counts.
        limits: What a document may cost.
        out: The folder for files.

    Raises:
        ConfigurationError: the configuration names no model, or the folder cannot be used.

    """
    if configuration.model is None:
        raise ConfigurationError("the rules reader asks nobody: add --reader model or --reader both")
    given = configuration.as_json
    _make(out)
    with Apart(limits, prompts=load_prompts(service.prompts)) as apart:
        for source in sources:
            try:
                document = apart.do(source.document, limits)
            except DocumentError as error:
                sha256 = source.digest(limits.max_bytes)
                refused = Refused(source.name, sha256, error.failure_class, str(error), source.place)
                store.save_all(refused=[refused], config_sha256=configuration.sha256)
                continue
            names, places = [(document.sha256, source.name)], [source.place]
            if store.known([document.sha256], configuration.sha256):
                met = [document.sha256]
                store.save_all(names=names, places=places, met=met, config_sha256=configuration.sha256)
                continue
            row = (document.sha256, document.media_type, len(document.pages), len(document.text), document.text)
            with store.batching() as db:
                batches.add_letter(db, row, configuration.sha256, given, source.name)
            store.save_all(names=names, places=places)
        return asyncio.run(_advance(store, service, out, apart))


def advance(store: Store, service: Service, out: Path, limits: Limits = DEFAULT_LIMITS) -> Round:
    """Read every waiting letter as far as the answers go; what is still to be asked goes into new files in `out`.

    Of `limits`, `seconds` count: a letter that takes longer fails.
    """
    _make(out)
    with Apart(limits, prompts=load_prompts(service.prompts)) as apart:
        return asyncio.run(_advance(store, service, out, apart))


def _make(out: Path) -> None:
    """Make the folder for files.

    Raises:
        ConfigurationError: it cannot be made.

    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder {str(out)!r} cannot be used: {error.strerror}") from error


class _Waits:
    """A model that answers later: it notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        """Note the request."""
        self.asked.append(request)
        raise AnswerPending("it goes into a batch")

    async def aclose(self) -> None:
        """Nothing is held."""


async def _advance(store: Store, service: Service, out: Path, apart: Apart) -> Round:
    done = Round()
    files = _Files(store, out)
    configurations: dict[str, Configuration] = {}
    run_ids: dict[str, int] = {}
    read: Counter[str] = Counter()
    with store.batching() as db:
        letters = batches.waiting(db)
        jobs = [job for job in batches.jobs(db) if job.state == "built"]
    for job in jobs:
        bring_back(job)

    def known(request: Request) -> Reply | None:
        kept = store.reply(request.sha256, usable=False)
        return kept_reply(kept) if kept is not None else None

    for sha256, name, given in letters:
        if given not in configurations:
            configurations[given] = Configuration.from_json(given, service.prompts)
        configuration = configurations[given]
        model = _Waits()
        document = replace(store.document(sha256), name=Path(name).name)
        if configuration.model is None:
            continue
        session = Session(configuration.model, service, model, known=known)
        try:
            fetch, finish = partial(itself, document), partial(prepare, name=name)
            letter = await apart.read(fetch, configuration, finish, session.asker)
        except AnswerPending:
            hopeless = files.add(model.asked, sha256, configuration)
            if hopeless is None:
                done.waiting += 1
                continue
            done.failed += _give_up(
                store, Refused(name, sha256, Rejected.failure_class, hopeless), configuration, given
            )
        except (ModelError, DocumentError) as error:
            done.failed += _give_up(store, Refused(name, sha256, error.failure_class, str(error)), configuration, given)
        else:
            if given not in run_ids:
                run_ids[given] = _begin(store, configuration, given)
            store.save_all(
                [letter],
                run_id=run_ids[given],
                config_sha256=configuration.sha256,
            )
            with store.batching() as db:
                first = batches.end_letter(db, sha256, given, "done")
            done.read += first
            read[given] += first
    done.files = files.close()
    done.requests = files.requests
    for given, run_id in run_ids.items():
        store.end_run(run_id, "finished", {"found": read[given], "extracted": read[given]})
    return done


def _begin(store: Store, configuration: Configuration, given: str) -> int:
    return store.begin_run(
        reader=configuration.reader,
        config_sha256=configuration.sha256,
        configuration=given,
        code_version=code_version(),
        workers=1,
    )


def _give_up(store: Store, refused: Refused, configuration: Configuration, given: str) -> bool:
    """File a letter as a failure; False where another process has ended it already."""
    with store.batching() as db:
        first = batches.end_letter(db, str(refused.sha256), given, "failed")
        if first:
            writer.insert_failures(db, [refused], configuration.sha256, None, _now())
    if first:
        telemetry.letter_failed(None, refused.name, refused.sha256, refused.failure_class)
    return first


class _Line(NamedTuple):
    """A request on its way into a file."""

    text: str
    asked: batches.Asked
    seen: batches.Out | None
    """How it stood when it was decided to ask it."""


class _Files:
    """Files of requests, each within the provider's limits; a request is in one at a time.

    Requests are claimed as they are written, in the transaction that remembers the file: of two processes that want to
    ask the same, the second finds it asked. One that is killed leaves nothing behind that had to be given back.
    """

    def __init__(self, store: Store, out: Path) -> None:
        self._store = store
        self._out = out
        self._listed: dict[str, _Line] = {}
        self._bytes = 0
        self._made: list[Path] = []
        self.requests = 0

    def add(self, asked: Iterable[Request], document_sha256: str, configuration: Configuration) -> str | None:
        """Put requests into the present file; why it is hopeless, if it is."""
        for request in asked:
            with self._store.batching() as db:
                out = batches.request(db, request.sha256)
            if out is not None and out.state == "failed" and out.tries >= MOST_TRIES:
                return f"the batch failed {out.tries} times on a request: {out.message or 'no reason given'}"
            if request.sha256 in self._listed or (out is not None and out.state == "sent"):
                continue
            mode: Mode = configuration.model.mode if configuration.model else "auto"
            body = body_of(request, "json_schema" if mode in ("auto", "responses") else mode, "max_completion_tokens")
            line = json.dumps(
                {"custom_id": request.sha256, "method": "POST", "url": _URL, "body": body}, ensure_ascii=False
            )
            size = len(line.encode("utf-8", "surrogatepass")) + 1
            if self._listed and (len(self._listed) >= MOST_REQUESTS or self._bytes + size > MOST_BYTES):
                self._write()
            entry = batches.Asked(
                request.sha256, document_sha256, request.purpose, most_tokens(request), request.max_output_tokens
            )
            self._listed[request.sha256] = _Line(line, entry, out)
            self._bytes += size
        return None

    def close(self) -> tuple[Path, ...]:
        """Write what is left, and tell which files were made."""
        if self._listed:
            self._write()
        return tuple(self._made)

    def _write(self) -> None:
        with self._store.batching() as db:
            lines = [line for sha256, line in self._listed.items() if batches.request(db, sha256) == line.seen]
            number = batches.next_number(db)
            while (path := self._out / f"requests-{number:04}.jsonl").exists():  # another database's
                number += 1
            if lines:
                content = "".join(f"{line.text}\n" for line in lines).encode()
                try:
                    _part(path).write_bytes(content)
                except OSError as error:
                    raise ConfigurationError(f"the file {str(path)!r} cannot be written: {error.strerror}") from None
                sha256 = hashlib.sha256(content).hexdigest()
                batches.add_job(db, str(path), sha256, [line.asked for line in lines], _now())
        if lines:
            _part(path).replace(path)  # only now: a file that nobody remembers would be carried away and paid for
            self._made.append(path)
            self.requests += len(lines)
        self._listed, self._bytes = {}, 0


def _part(path: Path) -> Path:
    return path.with_suffix(".part")


def bring_back(job: batches.Job) -> None:
    """Give a file its name, where a crash came between remembering it and that."""
    path = Path(job.file)
    with contextlib.suppress(OSError):
        if not path.exists() and hashlib.sha256(_part(path).read_bytes()).hexdigest() == job.sha256:
            _part(path).replace(path)


def collect(
    lines: Iterable[str | LongLine], store: Store, price: Price | None = None, job_id: int | None = None
) -> Collected:
    """Take lines of answers or errors in, in any order, any number of times. Letters are read by `advance`.

    Args:
        lines: As they stand in the file.
        store: Where the requests are remembered.
        price: The batch's; it only tells what was paid.
        job_id: The file of requests to which these are the answers, where that is known: an error that it tells of a
            request says nothing of that request in a later file.

    """
    done = Collected()
    for chunk in _chunks(lines):
        attempts: list[tuple[str, Any]] = []
        with store.batching() as db:
            for line in chunk:
                told = _told(line)
                out = batches.request(db, told.custom_id) if told else None
                if told is None or out is None:
                    done.strange += 1
                    continue
                if out.state == "answered" or (told.raw is None and job_id not in (None, out.job_id)):
                    continue
                state = "failed" if told.raw is None else "answered"
                batches.answered(db, told.custom_id, state=state, message=told.message)
                if told.raw is None:
                    done.errors += 1
                else:
                    done.answers += 1
                if told.billed:
                    attempts.append((out.document_sha256, attempt_row(_attempt(told, out.purpose, price))))
            writer.insert_attempts(db, attempts, BATCH, None, _now())  # kept with the word that it was answered
            batches.close(db)
    return done


class _Told(NamedTuple):
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


def _attempt(told: _Told, purpose: str, price: Price | None) -> Attempt:
    if told.raw is None:
        return Attempt(
            purpose, told.custom_id, ReplyTooLong.failure_class, 0.0, Usage(requests=1), message=told.message
        )
    mode: Mode = "responses" if '"output"' in told.raw and '"choices"' not in told.raw else "json_schema"
    reply = reply_of(told.raw, mode, 0.0)
    outcome = {"length": "truncated", "refusal": "refused"}.get(reply.finish, "ok")
    used = reply.usage
    priced = price is not None and is_told(used)
    dollars = price.of(used.input_tokens, used.cached_input_tokens, used.output_tokens) if price and priced else None
    return Attempt(purpose, told.custom_id, outcome, 0.0, used, reply.model, told.raw, dollars=dollars)


def _told(line: str | LongLine) -> _Told | None:
    """What a line says; None for a line that is nothing of ours."""
    if isinstance(line, LongLine):
        named = _NAMED.search(line.beginning)
        return _Told(named[1], None, _TOO_LONG) if named else None
    try:
        told = json.loads(line)
        custom_id = told["custom_id"]
        response = told.get("response") or {}
        body, status = response.get("body"), response.get("status_code", 200)
        if not isinstance(custom_id, str) or _ID.fullmatch(custom_id) is None:
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if isinstance(body, dict) and status == 200 and not told.get("error"):
        return _Told(custom_id, json.dumps(body, ensure_ascii=True), None)
    why = told.get("error") or (body.get("error") if isinstance(body, dict) else None)
    code = why.get("code") or why.get("type") if isinstance(why, dict) else None
    failed = f"status {status}" if type(status) is int and status != 200 else "no answer"
    return _Told(custom_id, None, f"{failed}, {reason(code)}")


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
