"""Assembling: grounded values, with what tells how they came to be, into a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from extractor.documents import Document
from extractor.facts import Facts
from extractor.grounding.drafts import Draft
from extractor.grounding.ground import Grounded, flags
from extractor.grounding.places import pointers
from extractor.identity import code_version
from extractor.layout import Layout
from extractor.model import Attempt
from extractor.reading.checks import check
from extractor.reading.configuration import Configuration, schema_sha256
from extractor.reading.usual import missed
from extractor.records.determination import Determination
from extractor.records.record import DocumentInfo, Flag, FlagCode, Provenance, Record, Usage


def record_of(
    document: Document, layout: Layout, facts: Facts, draft: Draft, grounded: Grounded, provenance: Provenance
) -> Record:
    """The record of a letter. Checks look at the determination as it came out, and flag; they change nothing."""
    at = pointers(grounded.values)
    if document.part is not None:
        grounded = _in_the_file(grounded, document.part.start)
    determination = assemble(grounded, draft.decisions)
    told = (
        *(Flag(path="", code=FlagCode(note.code), message=note.message) for note in document.notes),
        *flags(grounded.doubts, at),
        *check(determination, layout, facts, draft),
    )
    return Record.model_construct(
        document=DocumentInfo(
            sha256=document.sha256,
            name=document.name,
            media_type=document.media_type,
            pages=len(document.pages),
            characters=len(document.text),
            layout=layout.variant.name,
            part_of=document.part_of,
        ),
        determination=determination,
        evidence={at[place]: evidence for place, evidence in grounded.evidence.items()},
        flags=(*told, *missed(determination, layout.variant.name, told)),
        provenance=provenance,
    )


def _in_the_file(grounded: Grounded, start: int) -> Grounded:
    """Evidence in a letter that begins at `start`, as evidence in the text of its file."""
    return replace(
        grounded,
        evidence={
            place: evidence.model_copy(
                update={"spans": tuple((begin + start, end + start) for begin, end in evidence.spans)}
            )
            for place, evidence in grounded.evidence.items()
        },
    )


def provenance_of(configuration: Configuration, attempts: Sequence[Attempt] = ()) -> Provenance:
    """How a record came to be: reader, model, what the model used, and the configuration."""
    told = [attempt.model for attempt in attempts if attempt.model]
    return Provenance(
        reader=configuration.reader,
        model=told[-1] if told else configuration.model.name if configuration.model else None,
        prompt_sha256=configuration.prompt_sha256,
        usage=total_usage(attempts) if configuration.model else None,
        schema_sha256=schema_sha256(),
        config_sha256=configuration.sha256,
        code_version=code_version(),
        created_at=datetime.now(UTC),
    )


def total_usage(attempts: Iterable[Attempt]) -> Usage:
    """What all attempts used together, the failed ones too."""
    return sum((attempt.usage for attempt in attempts), Usage())


def assemble(grounded: Grounded, decisions: int) -> Determination:
    """The determination of so many decisions from its accepted values. Entries without any are dropped."""
    root: dict[str, Any] = {}
    if decisions:
        root["decisions"] = {str(index): {} for index in range(decisions)}
    for place, pointer in pointers(grounded.values).items():
        *parents, leaf = pointer.split("/")[1:]
        node = root
        for part in parents:
            node = node.setdefault(part, {})
        value = grounded.values[place]
        passage = place.field.passage
        node[leaf] = {"text": value, "spans": grounded.evidence[place].spans} if passage else value
    return Determination.model_validate(_listed(root))


def _listed(node: Any) -> Any:
    """Nested dictionaries with positions for keys become lists, in order. Keys are all positions, or all names."""
    if not isinstance(node, dict):
        return node
    if next(iter(node), "").isdigit():
        return [_listed(node[key]) for key in sorted(node, key=int)]
    return {key: _listed(value) if isinstance(value, dict) else value for key, value in node.items()}
