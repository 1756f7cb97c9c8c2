"""The record around a determination: which document, on what evidence, with which doubts, from which reader."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from extractor.records.determination import Determination, LayoutName, Strict


class How(StrEnum):
    """How the quoted words were found.

    `exact`; `normalized` for blanks, hyphens, case or typography only; `derived` by rule from them.
    """

    EXACT = "exact"
    NORMALIZED = "normalized"
    DERIVED = "derived"


class Support(StrEnum):
    """Whether the quoted words, parsed by type, give the value."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNCHECKED = "unchecked"


class FlagCode(StrEnum):
    """Why a person should look. Stable words: exports and the database rely on them."""

    UNKNOWN_LAYOUT = "unknown_layout"
    NO_DECISIONS = "no_decisions"
    WITHHELD = "withheld"
    INCOMPLETE = "incomplete"
    REPEATED_SECTION = "repeated_section"
    MISSING_FIELD = "missing_field"
    MISSING_PASSAGE = "missing_passage"
    DATE_ORDER = "date_order"
    DATE_CONFLICT = "date_conflict"
    CASE_CONFLICT = "case_conflict"
    OUTCOME_CONFLICT = "outcome_conflict"
    AGE_CONFLICT = "age_conflict"
    AMBIGUOUS = "ambiguous"
    UNCLASSIFIED = "unclassified"
    UNKNOWN_SPECIALTY = "unknown_specialty"
    DUPLICATE_DECISION = "duplicate_decision"
    UNCHECKED = "unchecked"
    READERS_DISAGREE = "readers_disagree"
    PAGE_WITHOUT_TEXT = "page_without_text"
    LEFT_OUT = "left_out"
    UNSEEN_TEXT = "unseen_text"
    STRAY_TEXT = "stray_text"
    HEALED = "healed"
    UNREADABLE = "unreadable"


class DocumentInfo(Strict):
    """The document as the record remembers it (its text is not repeated here)."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the document's bytes: its identity. Of a file's second and later letters, of its hash and their number."""
    name: str
    media_type: str
    pages: int = Field(ge=1)
    characters: int = Field(ge=0)
    """Length of the text in code points."""
    layout: LayoutName
    part_of: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Where a file holds several letters, for all but the first: the SHA-256 of the file's bytes."""


class Evidence(Strict):
    """The words of the letter that a value rests on."""

    spans: tuple[tuple[int, int], ...] = Field(min_length=1)
    """Half-open code-point ranges of the document text."""
    quote: str
    """The words at the spans, blanks made single, pieces joined by one blank."""
    how: How
    support: Support
    lines: tuple[int, int] | None = None
    """First and last numbered line of the layout, 1-based; None where the words stand in page furniture."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """How sure it is that the value is right, from agreement of the readers and the kind of evidence; None where one
    reader read alone, but for the reasons that rules give: those are weighed."""


class Flag(Strict):
    """A field, a code and one sentence: why a person should look."""

    path: str
    """JSON pointer into the determination; empty for the whole of it."""
    code: FlagCode
    message: str
    value: str | None = None
    """The value that was withheld, as text."""


class Usage(Strict):
    """What a model reader consumed."""

    requests: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


class Provenance(Strict):
    """How the record came to be; equal `config_sha256` means that it can be repeated."""

    reader: str
    model: str | None = None
    prompt_sha256: str | None = None
    schema_sha256: str
    config_sha256: str
    code_version: str
    created_at: datetime
    usage: Usage | None = None


class Record(Strict):
    """One determination with everything needed to stand behind it."""

    document: DocumentInfo
    determination: Determination
    evidence: dict[str, Evidence]
    """Keyed by JSON pointer into `determination`; every value that is not None has its entry."""
    flags: tuple[Flag, ...] = ()
    provenance: Provenance

    @model_validator(mode="after")
    def _evidence_supports(self) -> Self:
        for pointer, evidence in self.evidence.items():
            if evidence.support is Support.CONTRADICTED:
                raise ValueError(f"evidence for {pointer!r} is {evidence.support}: the value must be withheld")
        return self
