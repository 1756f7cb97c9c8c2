"""A record as rows, and back. Pure: no database here, so that worker processes can do this part of the work.

A `Prepared` is everything the writer has to insert for one letter, without the record's id, which only the writer
knows. `restore` is the inverse: `restore(...)` of what `prepare(record, document)` made equals `record`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extractor.records.determination import Determination, Outcome
from extractor.records.record import DocumentInfo, Evidence, Flag, FlagCode, Provenance, Record, Usage
from extractor.store.cells import Row, cells, lists_by_table

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.model import Attempt

LISTS = lists_by_table()
"""Table → the lists of the determination whose entries are its rows."""
CHILD_COLUMNS: dict[str, tuple[str, ...]] = {
    **{table: lists[0].columns for table, lists in LISTS.items()},
    "flags": ("position", "path", "decision_number", "code", "message", "value"),
    "evidence": ("position", "pointer", "spans", "how", "support", "first_line", "last_line", "quote", "confidence"),
}
"""Tables whose rows hang on a record alone, with their columns after `record_id`."""

DOCUMENT_COLUMNS = (
    *("sha256", "media_type", "pages", "characters", "text", "notes", "part_of", "part_start", "part_end"),
)
RECORD_COLUMNS = (
    *("document_sha256", "config_sha256", "name", "media_type", "pages", "characters", "layout", "reader", "model"),
    *("prompt_sha256", "schema_sha256", "code_version", "created_at", "usage", "determination"),
)
ATTEMPT_COLUMNS = (
    *("purpose", "request_sha256", "outcome", "model", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("seconds", "dollars", "message", "reply"),
)
_OF_DETERMINATION, _OF_DECISION = cells("determinations"), cells("decisions")
DETERMINATION_COLUMNS = (
    *(cell.column for cell in _OF_DETERMINATION),
    *("case_key", "decisions", "upheld", "overturned", "overall_outcome"),
    *("days_in_review", "days_from_denial_to_decision", "flags", "withheld"),
)
SEARCH_COLUMNS = (
    *("case_number", "heading", "rationale", "claims_administrator_statement", "reviewer_statement"),
    "clinical_summary",
)
DECISION_COLUMNS = ("decision_number", *(cell.column for cell in _OF_DECISION))


@dataclass(frozen=True, slots=True)
class Prepared:
    """One letter, ready to insert: rows in the order of the `…_COLUMNS` above."""

    sha256: str
    config_sha256: str
    name: str
    """The name under which the letter was read, as `document_names` keeps it."""
    document: Row
    record: Row
    determination: Row
    decisions: tuple[Row, ...]
    search: tuple[tuple[str | None, ...], ...]
    """What is searched of each decision, and of its letter with it."""
    children: dict[str, list[Row]]
    further: tuple[Prepared, ...] = ()
    """The other letters of its file, where it is the first of several."""

    @property
    def letters(self) -> tuple[Prepared, ...]:
        """It, and the others of its file."""
        return (self, *self.further)


def attempt_row(attempt: Attempt) -> Row:
    """One request to a model, in the order of `ATTEMPT_COLUMNS`. Half a surrogate pair becomes an escape."""
    usage = attempt.used_now
    return (
        *(attempt.purpose, attempt.request_sha256, attempt.outcome, _keepable(attempt.model)),
        *(usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, round(attempt.seconds, 4)),
        attempt.dollars,
        *(_keepable(attempt.message), _keepable(attempt.raw)),
    )


def document_row(document: Document) -> Row:
    """A document, in the order of `DOCUMENT_COLUMNS`. What its file said of itself is kept: its text does not tell.

    The text of a file with several letters is kept once, with the first of them.
    """
    notes = json.dumps([[note.code.value, note.message] for note in document.notes]) if document.notes else None
    start, end = document.part or (None, None)
    text = document.text if document.part_of is None else ""
    return (
        *(document.sha256, document.media_type, len(document.pages), len(document.text), text, notes),
        *(document.part_of, start, end),
    )


def _keepable(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def prepare(record: Record, document: Document, *, name: str | None = None) -> Prepared:
    """Turn a record and its document into rows. `name` is where its file was found; by default the document's own name.

    Raises:
        UnicodeEncodeError: the text or a value holds half a surrogate pair, which no database keeps.

    """
    document.text.encode()  # fails here, in the worker, and not in the writer's transaction
    determination, provenance = record.determination, record.provenance
    children: dict[str, list[Row]] = {table: [] for table in CHILD_COLUMNS}
    for table, lists in LISTS.items():
        for entries in lists:
            children[table].extend(entries.rows(determination))
    children["flags"] = [_flag_row(position, flag) for position, flag in enumerate(record.flags)]
    children["evidence"] = [
        _evidence_row(position, pointer, evidence, document.text)
        for position, (pointer, evidence) in enumerate(record.evidence.items())
    ]
    info = record.document
    return Prepared(
        sha256=info.sha256,
        config_sha256=provenance.config_sha256,
        name=info.name if name is None else document.numbered(name),
        document=document_row(document),
        record=(
            info.sha256,
            provenance.config_sha256,
            info.name,
            info.media_type,
            info.pages,
            info.characters,
            info.layout,
            provenance.reader,
            provenance.model,
            provenance.prompt_sha256,
            provenance.schema_sha256,
            provenance.code_version,
            provenance.created_at.isoformat(),
            provenance.usage.model_dump_json() if provenance.usage else None,
            determination.model_dump_json(),
        ),
        determination=_determination_row(determination, record.flags),
        decisions=tuple(
            (number, *[cell.of(decision) for cell in _OF_DECISION])
            for number, decision in enumerate(determination.decisions, start=1)
        ),
        search=tuple(
            (
                determination.case_number,
                decision.heading,
                decision.rationale.text if decision.rationale else None,
                decision.claims_administrator_basis.statement if decision.claims_administrator_basis else None,
                decision.reviewer_basis.statement if decision.reviewer_basis else None,
                determination.clinical_summary.text if determination.clinical_summary else None,
            )
            for decision in determination.decisions
        ),
        children=children,
    )


def together(letters: Sequence[Prepared]) -> Prepared:
    """The letters of one file, in order, as the first of them: they are saved together or not at all."""
    return replace(letters[0], further=tuple(letters[1:]))


def restore(
    row: Mapping[str, Any], text: str, evidence: Iterable[Mapping[str, Any]], flags: Iterable[Mapping[str, Any]]
) -> Record:
    """Rebuild the record that a row of `records`, its document's text and its evidence and flag rows were made from."""
    return Record(
        document=DocumentInfo(
            sha256=row["document_sha256"],
            name=row["name"],
            media_type=row["media_type"],
            pages=row["pages"],
            characters=row["characters"],
            layout=row["layout"],
            part_of=row["part_of"],
        ),
        determination=Determination.model_validate_json(row["determination"]),
        evidence={e["pointer"]: _evidence(e, text) for e in evidence},
        flags=tuple(
            Flag(path=f["path"], code=FlagCode(f["code"]), message=f["message"], value=f["value"]) for f in flags
        ),
        provenance=Provenance(
            reader=row["reader"],
            model=row["model"],
            prompt_sha256=row["prompt_sha256"],
            schema_sha256=row["schema_sha256"],
            config_sha256=row["config_sha256"],
            code_version=row["code_version"],
            created_at=datetime.fromisoformat(row["created_at"]),
            usage=Usage.model_validate_json(row["usage"]) if row["usage"] else None,
        ),
    )


def quote_of(text: str, spans: Iterable[Sequence[int]]) -> str:
    """Quote the words at the spans, blanks made single, pieces joined by one blank: as nearly every quote is made."""
    return " ".join([" ".join(text[start:end].split()) for start, end in spans])


def _determination_row(determination: Determination, flags: Sequence[Flag]) -> Row:
    outcomes = [decision.outcome for decision in determination.decisions]
    return (
        *[cell.of(determination) for cell in _OF_DETERMINATION],
        determination.case_key,
        len(outcomes),
        outcomes.count(Outcome.UPHELD),
        outcomes.count(Outcome.OVERTURNED),
        determination.overall_outcome,
        determination.days_in_review,
        determination.days_from_denial_to_decision,
        len(flags),
        sum(flag.code is FlagCode.WITHHELD for flag in flags),
    )


def _flag_row(position: int, flag: Flag) -> Row:
    parts = flag.path.split("/")
    in_decision = len(parts) > 2 and parts[1] == "decisions" and parts[2].isdecimal()
    return (position, flag.path, int(parts[2]) + 1 if in_decision else None, flag.code, flag.message, flag.value)


def _evidence_row(position: int, pointer: str, evidence: Evidence, text: str) -> Row:
    first, last = evidence.lines or (None, None)
    # The quote nearly always follows from the spans: kept only where it does not, else the letter is stored twice.
    quote = None if evidence.quote == quote_of(text, evidence.spans) else evidence.quote
    return (
        position,
        pointer,
        _spans(evidence.spans),
        evidence.how.value,  # a plain string: pickle and SQLite take twice as long over a member of an enum
        evidence.support.value,
        first,
        last,
        quote,
        evidence.confidence,
    )


def _evidence(row: Mapping[str, Any], text: str) -> Evidence:
    spans = json.loads(row["spans"])
    return Evidence(
        spans=tuple((start, end) for start, end in spans),
        quote=quote_of(text, spans) if row["quote"] is None else row["quote"],
        how=row["how"],
        support=row["support"],
        lines=None if row["first_line"] is None else (row["first_line"], row["last_line"]),
        confidence=row["confidence"],
    )


def _spans(spans: Iterable[Sequence[int]]) -> str:
    """Write spans as JSON; seventy values a letter make a general encoder felt."""
    return f"[{','.join([f'[{start},{end}]' for start, end in spans])}]"
