"""Files of requests, as the batch interface takes them: one JSON line a request, within the provider's limits."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from extractor.errors import ConfigurationError
from extractor.model import Request
from extractor.model.meter import most_tokens
from extractor.model.wire import body_of
from extractor.reading.configuration import Configuration
from extractor.settings import Mode
from extractor.store import Store, batches
from extractor.store.database import now

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""Of one file: the provider's limits are 50,000 requests and 200 MB."""
MOST_TRIES = 3
"""Of one request; then its letter fails."""
_URL = "/v1/chat/completions"


class _RequestLine(NamedTuple):
    """A request on its way into a file."""

    text: str
    asked: batches.NewRequest
    seen: batches.SentRequest | None
    """How it stood when it was decided to ask it."""


class RequestFiles:
    """Files of requests, each within the provider's limits; a request is in one at a time.

    Requests are claimed as they are written, in the transaction that remembers the file: of two processes that want to
    ask the same, the second finds it asked. One that is killed leaves nothing behind that had to be given back.
    """

    def __init__(self, store: Store, out: Path) -> None:
        self._store = store
        self._out = out
        self._listed: dict[str, _RequestLine] = {}
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
            entry = batches.NewRequest(
                request.sha256, document_sha256, request.purpose, most_tokens(request), request.max_output_tokens
            )
            self._listed[request.sha256] = _RequestLine(line, entry, out)
            self._bytes += size
        return None

    def close(self) -> tuple[Path, ...]:
        """Write what is left; the files that were made."""
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
                batches.add_job(db, str(path), sha256, [line.asked for line in lines], now())
        if lines:
            _part(path).replace(path)  # only now: a file that nobody remembers would be carried away and paid for
            self._made.append(path)
            self.requests += len(lines)
        self._listed, self._bytes = {}, 0


def _part(path: Path) -> Path:
    return path.with_suffix(".part")


def bring_back(job: batches.BatchFile) -> None:
    """Give a file its name, where a crash came between remembering it and that."""
    path = Path(job.file)
    with contextlib.suppress(OSError):
        if not path.exists() and hashlib.sha256(_part(path).read_bytes()).hexdigest() == job.sha256:
            _part(path).replace(path)
