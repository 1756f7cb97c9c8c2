"""One round: letters that wait are read as far as the answers go, and what is still to be asked goes into files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from extractor.apart import Apart, itself
from extractor.backlog.source import Source
from extractor.errors import AnswerPending, ConfigurationError, DocumentError, ModelError, Rejected
from extractor.model import Attempt, Reply, Request
from extractor.model.meter import most_tokens
from extractor.model.wire import body_of, kept_reply, reply_of
from extractor.pipeline import Configuration, code_version
from extractor.prompted import Session
from extractor.prompts import load_prompts
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
_BATCH = 100
"""Letters saved in one transaction."""


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
                refused = Refused(source.name, source.digest(limits.max_bytes), error.failure_class, str(error))
                store.save_all(refused=[refused], config_sha256=configuration.sha256)
                continue
            if store.known([document.sha256], configuration.sha256):
                store.save_all(names=[(document.sha256, source.name)])
                continue
            row = (document.sha256, document.media_type, len(document.pages), len(document.text), document.text)
            with store.batching() as db:
                batches.add_letter(db, row, configuration.sha256, given, source.name)
            store.save_all(names=[(document.sha256, source.name)])
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
            _give_up(store, Refused(name, sha256, Rejected.failure_class, hopeless), configuration, given)
            done.failed += 1
        except (ModelError, DocumentError) as error:
            _give_up(store, Refused(name, sha256, error.failure_class, str(error)), configuration, given)
            done.failed += 1
        else:
            if given not in run_ids:
                run_ids[given] = _begin(store, configuration, given)
            store.save_all(
                [letter],
                run_id=run_ids[given],
                config_sha256=configuration.sha256,
            )
            with store.batching() as db:
                batches.end_letter(db, sha256, given, "done")
            done.read += 1
            read[given] += 1
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


def _give_up(store: Store, refused: Refused, configuration: Configuration, given: str) -> None:
    store.save_all(refused=[refused], config_sha256=configuration.sha256)
    with store.batching() as db:
        batches.end_letter(db, str(refused.sha256), given, "failed")


class _Files:
    """Files of requests, each within the provider's limits; a request is in one at a time."""

    def __init__(self, store: Store, out: Path) -> None:
        self._store = store
        self._out = out
        self._lines: list[str] = []
        self._listed: dict[str, batches.Asked] = {}
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
            if self._lines and (len(self._lines) >= MOST_REQUESTS or self._bytes + size > MOST_BYTES):
                self._write()
            self._lines.append(line)
            self._listed[request.sha256] = batches.Asked(
                request.sha256, document_sha256, request.purpose, most_tokens(request), request.max_output_tokens
            )
            self._bytes += size
            self.requests += 1
        return None

    def close(self) -> tuple[Path, ...]:
        """Write what is left, and tell which files were made."""
        if self._lines:
            self._write()
        return tuple(self._made)

    def _write(self) -> None:
        content = ("\n".join(self._lines) + "\n").encode()
        with self._store.batching() as db:
            number = batches.next_number(db)
            while (path := self._out / f"requests-{number:04}.jsonl").exists():  # another database's
                number += 1
            part = path.with_suffix(".part")
            part.write_bytes(content)
            part.replace(path)  # whole, and remembered, or neither
            now = datetime.now(UTC).isoformat(timespec="seconds")
            batches.add_job(db, str(path), hashlib.sha256(content).hexdigest(), self._listed.values(), now)
        self._made.append(path)
        self._lines, self._listed, self._bytes = [], {}, 0


def collect(lines: Iterable[str], store: Store, price: Price | None = None) -> Collected:
    """Take lines of answers or errors in, in any order, any number of times. Letters are read by `advance`.

    The price is the batch's, and only tells what was paid.
    """
    done = Collected()
    for chunk in _chunks(lines):
        attempts: list[tuple[str, Any]] = []
        with store.batching() as db:
            for line in chunk:
                told = _told(line)
                out = batches.request(db, told[0]) if told else None
                if told is None or out is None:
                    done.strange += 1
                    continue
                custom_id, raw, message = told
                if out.state == "answered":
                    continue
                batches.answered(db, custom_id, state="failed" if raw is None else "answered", message=message)
                if raw is None:
                    done.errors += 1
                    continue
                done.answers += 1
                attempts.append((out.document_sha256, attempt_row(_attempt(custom_id, out.purpose, raw, price))))
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            writer.insert_attempts(db, attempts, BATCH, None, now)  # kept with the word that it was answered
            batches.close(db)
    return done


def _attempt(request_sha256: str, purpose: str, raw: str, price: Price | None) -> Attempt:
    reply = reply_of(raw, "responses" if '"output"' in raw and '"choices"' not in raw else "json_schema", 0.0)
    outcome = {"length": "truncated", "refusal": "refused"}.get(reply.finish, "ok")
    used = reply.usage
    dollars = price.of(used.input_tokens, used.cached_input_tokens, used.output_tokens) if price is not None else None
    return Attempt(purpose, request_sha256, outcome, 0.0, used, reply.model, raw, dollars=dollars)


def _told(line: str) -> tuple[str, str | None, str | None] | None:
    """Our id, the payload, and why there is none; None for a line that is nothing of ours."""
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
        return custom_id, json.dumps(body, ensure_ascii=True), None
    why = told.get("error") or (body.get("error") if isinstance(body, dict) else None) or f"status {status}"
    words = why.get("message") or why.get("code") if isinstance(why, dict) else why
    return custom_id, None, str(words)[:200].encode("utf-8", "replace").decode()


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for line in lines:
        if line.strip():
            chunk.append(line)
        if len(chunk) == _BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
