"""One graded run as it is kept in a file: counts and errors of every letter, the figures, and what was graded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from eval.figures.columns import Counts
from eval.figures.summary import Summary
from eval.scoring.marks import Failure
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict


class ErrorRow(Strict):
    """One leaf that is not as the reference says."""

    field: str
    mark: str
    gold_at: str | None = None
    predicted_at: str | None = None
    gold: JsonValue = None
    predicted: JsonValue = None
    gold_spans: tuple[tuple[int, int], ...] = ()
    """Where the labeller found it."""
    predicted_spans: tuple[tuple[int, int], ...] = ()
    """Where the reader says that it stands."""


class ItemErrorRow(Strict):
    """One item without a partner."""

    field: str
    mark: str
    at: str
    note: str = ""


class UsageRow(Strict):
    """What a model consumed on one letter."""

    model: str | None = None
    requests: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0


class ConfidenceRow(Strict):
    """How sure the reader was of one predicted leaf, and whether it was right."""

    field: str
    confidence: float = Field(ge=0, le=1)
    right: bool
    """MATCH; else MISMATCH or SPURIOUS."""


class DocumentResult(Strict):
    """One case as it was graded."""

    split: str
    tags: tuple[str, ...]
    counts: Counts
    errors: tuple[ErrorRow, ...] = ()
    item_errors: tuple[ItemErrorRow, ...] = ()
    confidences: tuple[ConfidenceRow, ...] = ()
    """Every predicted leaf whose evidence has a confidence; a missing leaf has no value, and so none."""
    withheld: tuple[int, int] = (0, 0)
    """Values that the reader claimed and withheld: all, and those that the reference says, too: truth that was lost."""
    failure: Failure | None = None
    seconds: float | None = None
    """What the reader took, without reading the file."""
    usage: UsageRow | None = None


class RunResult(Strict):
    """One graded run: everything needed to read, compare and repeat it."""

    format: Literal[1] = 1
    created_at: datetime
    reader: str
    configuration: dict[str, JsonValue]
    """What was graded and on what: paths, splits, hashes, the reader's own configuration hashes."""
    versions: dict[str, str]
    seed: int
    draws: int
    documents: dict[str, DocumentResult]
    summary: Summary = Field(default_factory=Summary)


def load_run(path: Path) -> RunResult:
    """Read a run result from its JSON file.

    Raises:
        ConfigurationError: it cannot be read, or is none.

    """
    try:
        return RunResult.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"run {str(path)!r} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            f"{str(path)!r} is no run result ({'/'.join(map(str, first['loc']))}: {first['msg']}): "
            "make one with `imr eval run --out`"
        ) from error


def save_run(result: RunResult, path: Path) -> None:
    """Write a run result as JSON."""
    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
