"""Whether a result of a cluster is one: a row of the form that it must have, a valid record, words that bear it out."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from extractor.cluster.job import FAILURE, RECORD, TableRow
from extractor.documents import Document, Note, NoteCode
from extractor.errors import ConfigurationError
from extractor.reading.configuration import Configuration
from extractor.records.record import Evidence, Record
from extractor.store import Prepared, prepare
from extractor.store.rows import quote_of
from extractor.text.normalize import view_of
from extractor.text.spans import Span

_SHA256 = re.compile(r"[0-9a-f]{64}")
AttemptRow = tuple[str, str, str, str | None, int, int, int, float, float | None, str | None, str | None]
"""One request to a model, in the order of `extractor.store.rows.ATTEMPT_COLUMNS`."""
_ATTEMPTS: TypeAdapter[tuple[AttemptRow, ...]] = TypeAdapter(tuple[AttemptRow, ...])

_BESIDE = 1
"""Characters that spans may cover beside the words that are quoted."""


def see_result(row: TableRow, path: Path) -> None:
    """See that a row is a result at all; what is in it is looked at later."""
    status, name, sha256 = row["status"], row["name"], row["sha256"]
    whole = name and row["config_sha256"] and (sha256 is None or _SHA256.fullmatch(sha256))
    if not whole or not ((status == FAILURE and row["failure_class"]) or (status == RECORD and sha256)):
        raise ConfigurationError(f"{str(path)!r} has a row that is no result: status {status!r}, name {name!r}")
    if status == RECORD:
        _see_configuration(row["configuration"] or "")


@lru_cache(maxsize=64)
def _see_configuration(given: str) -> None:
    Configuration.from_json(given)


def attempts_of(row: TableRow) -> tuple[AttemptRow, ...]:
    """The requests to a model that come with a result.

    Raises:
        ValueError: they are not of the form that they must have.

    """
    try:
        return _ATTEMPTS.validate_json(row["attempts"]) if row["attempts"] else ()
    except ValidationError as error:
        raise ValueError(f"the requests to a model are not as they must be: {first_line(error)}") from error


def prepared_of(row: TableRow) -> tuple[Prepared, tuple[AttemptRow, ...]]:
    """Turn a result into rows of the database, and requests to a model.

    Raises:
        ValueError: it is no valid record, or its text does not bear it out.

    """
    record = Record.model_validate_json(row["record"] or "null")
    text = row["text"] or ""
    if fault := fault_of(record, text, row["sha256"], row["config_sha256"]):
        raise ValueError(fault)
    attempts = attempts_of(row)
    ends = [n for n, character in enumerate(text) if character == "\f"]
    pages = tuple(Span(a, b) for a, b in zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True))
    info = record.document
    codes = {code.value for code in NoteCode}
    notes = tuple(Note(NoteCode(flag.code.value), flag.message) for flag in record.flags if flag.code.value in codes)
    document = Document(text, pages, info.sha256, info.name, info.media_type, notes=notes)
    return prepare(record, document, name=row["name"]), attempts


def fault_of(record: Record, text: str, sha256: str, config_sha256: str) -> str | None:
    """What is wrong with a record, given its document's text; None where nothing is."""
    info = record.document
    if (info.sha256, record.provenance.config_sha256) != (sha256, config_sha256):
        return "the record is of another document or configuration than its row"
    if info.characters != len(text) or info.pages != text.count("\f") + 1:
        return f"the text has {len(text)} characters, that of the record {info.characters}"
    values = _leaves(record.determination.model_dump(mode="json"))
    if odd := sorted(set(values) ^ set(record.evidence)):
        return f"{odd[0]!r} is a value without evidence, or evidence without a value"
    for pointer, evidence in record.evidence.items():
        if not _stands(evidence, values[pointer], text):
            return f"the words cited for {pointer!r} do not stand where they are said to"
    return None


def _leaves(node: Any, pointer: str = "") -> dict[str, Any]:
    """Every value by JSON pointer; a passage is one."""
    if isinstance(node, dict) and set(node) != {"text", "spans"}:
        return {p: leaf for key, value in node.items() for p, leaf in _leaves(value, f"{pointer}/{key}").items()}
    if isinstance(node, list):
        return {p: leaf for n, value in enumerate(node) for p, leaf in _leaves(value, f"{pointer}/{n}").items()}
    return {} if node is None else {pointer: node}


def _stands(evidence: Evidence, value: Any, text: str) -> bool:
    """Whether the quote is what the text has at the spans, and a passage is its quote."""
    if not all(0 <= start < end <= len(text) for start, end in evidence.spans):
        return False
    if isinstance(value, dict):
        same = [tuple(span) for span in value["spans"]] == list(evidence.spans)
        if not same or value["text"].split() != evidence.quote.split():
            return False
    words = quote_of(text, evidence.spans)
    if words == evidence.quote:
        return True
    # The reading view undoes ligatures and the like, and a span that begins at a line break takes in the character
    # before it; rare enough to be looked at only where the plain words differ.
    seen, quoted = _letters(view_of(words).flat), _letters(evidence.quote)
    return quoted in seen and len(seen) - len(quoted) <= _BESIDE


def _letters(words: str) -> str:
    return "".join(words.split())


def first_line(error: Exception) -> str:
    """Why a result is not accepted, without what it holds: `determination/decisions: Field required`."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"])) or "the record"
        return f"{place}: {first['msg']}"[:500]
    return str(error)[:500]
