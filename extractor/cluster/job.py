"""What is sent to workers and what comes back: how to read, the two tables, and one letter's row."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from extractor.endings import FailedLetter
from extractor.errors import ConfigurationError
from extractor.reading.configuration import Configuration
from extractor.reading.letter import Reading
from extractor.settings import DEFAULT_ENDPOINT, DEFAULT_LIMITS, Endpoint, Limits, Secret
from extractor.store.rows import attempt_row

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.model import Attempt

LETTERS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        ("title", pa.string()),
        ("content", pa.binary()),
        ("text", pa.string()),
    ]
)
"""What goes in: a name, what the document is called (as the last part of the name, where there is no title), and the
bytes of a file or a text. Of the last three a table may lack any two.
"""

RESULTS = pa.schema(
    [
        ("sha256", pa.string()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("config_sha256", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        ("failure_class", pa.string()),
        ("message", pa.string()),
        ("record", pa.string()),
        ("text", pa.string()),
        ("attempts", pa.string()),
        ("configuration", pa.string()),
    ],
    metadata={"imr": "results 1"},
)
"""What comes out, one row a letter. `sha256` is of the letter's bytes (null where nobody could read them), `status` is
`record` or `failure`, `record` is JSON, `text` is what its spans point into, `attempts` is JSON: requests to a model.
`configuration` is JSON, too: how it was read.
"""

RECORD, FAILURE = "record", "failure"
KEY = "OPENAI_API_KEY"
"""Where a worker finds the key: a key is not sent over the network."""

TableRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """How to read; the same for all letters, and fit to be sent. Make it with `Job.of` where a model is asked."""

    configuration: Configuration = field(default_factory=Configuration)
    limits: Limits = DEFAULT_LIMITS
    endpoint: Endpoint = DEFAULT_ENDPOINT
    """Without its key, and with folders as the workers see them. Speed and budget hold for each worker by itself."""

    @classmethod
    def of(cls, configuration: Configuration, limits: Limits, endpoint: Endpoint) -> Job:
        """Leave the key behind.

        Raises:
            ConfigurationError: the key is not that of the environment, so the workers would not have it.

        """
        if endpoint.api_key is not None and endpoint.api_key != Secret(os.environ.get(KEY, "")):
            raise ConfigurationError(
                f"a key is not sent to other machines: set {KEY} here and where the workers start, "
                "and leave --api-key (or api_key in imr.toml) out"
            )
        return cls(configuration, limits, replace(endpoint, api_key=None))

    def endpoint_here(self) -> Endpoint:
        """The endpoint with the key of the process that asks."""
        key = os.environ.get(KEY)
        return replace(self.endpoint, api_key=Secret(key)) if key else self.endpoint


def source_of(letter: TableRow) -> bytes | str:
    """The bytes, or the text, of a letter's row."""
    content: bytes | None = letter.get("content")
    text: str | None = letter.get("text")
    return content if content is not None else text or ""


def digest(letter: TableRow) -> str:
    """SHA-256 of a letter's bytes."""
    source = source_of(letter)
    return hashlib.sha256(source.encode() if isinstance(source, str) else source).hexdigest()


def as_record(name: str, document: Document, reading: Reading) -> TableRow:
    """The result of a letter that was read."""
    document.text.encode()  # half a surrogate pair fails here, where it is this letter's failure
    return {
        "sha256": document.sha256,
        "name": name,
        "config_sha256": reading.record.provenance.config_sha256,
        "status": RECORD,
        "record": reading.record.model_dump_json(),
        "text": document.text,
        "attempts": _attempts(reading.attempts),
    }


def as_failure(letter: FailedLetter, config_sha256: str) -> TableRow:
    """The result of a letter that ended without a record."""
    return {
        "sha256": letter.sha256,
        "name": letter.name,
        "config_sha256": config_sha256,
        "status": FAILURE,
        "failure_class": letter.failure_class,
        "message": letter.message,
        "attempts": _attempts(cast("tuple[Attempt, ...]", letter.attempts)),
    }


def _attempts(attempts: tuple[Attempt, ...]) -> str | None:
    return json.dumps([attempt_row(attempt) for attempt in attempts]) if attempts else None
