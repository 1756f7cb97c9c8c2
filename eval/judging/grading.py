"""Grading: let a reader (or a folder of records) answer gold letters, and score every answer.

`grade` takes any `Callable[[Document], Record]`: the rules, a model, a recorded run, someone else's extractor. A letter
that ends without a record is part of the result, too: all its gold leaves are missing. The same reader on the same
letters gives the same result, but for times.

>>> from pathlib import Path
>>> from extractor.reading.letter import read
>>> from eval.labelling.gold import load_gold
>>> result = grade(read, load_gold(Path("gold")).cases)             # doctest: +SKIP
>>> result.summary.figure("decisions.outcome").value                # doctest: +SKIP
0.99
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import JsonValue

from eval.figures.columns import Counts
from eval.figures.summary import summarize
from eval.figures.tally import tally
from eval.figures.uncertainty import Sampling
from eval.judging.result import ConfidenceRow, DocumentResult, ErrorRow, ItemErrorRow, RunResult, UsageRow
from eval.labelling.gold import Case, file_sha256
from eval.readers import Reader
from eval.scoring.grounding import ground, nearest
from eval.scoring.marks import Failure, LeafRow, Mark, Score
from eval.scoring.pointers import Json, resolve
from eval.scoring.score import score, score_failure
from extractor.errors import ConfigurationError, DocumentError, NotADetermination, UnknownLayout
from extractor.records.determination import Determination

DEFAULT_SAMPLING = Sampling()


@dataclass(frozen=True)
class _Answer:
    """What came back for one case."""

    record: Json | None
    failure: Failure | None
    seconds: float | None = None


def grade(
    reader: Reader,
    cases: Iterable[Case],
    *,
    name: str = "reader",
    configuration: dict[str, JsonValue] | None = None,
    sampling: Sampling = DEFAULT_SAMPLING,
    workers: int = 1,
) -> RunResult:
    """Grade a reader on cases.

    Args:
        reader: Turns a document into a record. What it raises is that document's failure; a `ConfigurationError` stops
            the run, since nothing was read.
        cases: The gold letters.
        name: What the run is called.
        configuration: Further facts to remember with it.
        sampling: Draws and seed of the resampling.
        workers: Threads; more than one helps readers that wait for a model.

    Raises:
        ConfigurationError: there is no case, or the reader itself says that it cannot work.

    """
    listed = _listed(cases)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        answers = list(pool.map(lambda case: _ask(reader, case), listed))
    return _graded(listed, answers, name, configuration or {}, sampling)


def grade_folder(
    folder: Path,
    cases: Iterable[Case],
    *,
    configuration: dict[str, JsonValue] | None = None,
    sampling: Sampling = DEFAULT_SAMPLING,
) -> RunResult:
    """Grade a folder of record JSON files made elsewhere: `NAME.json` for each case, in the record's JSON form.

    A case without a file, or with one that cannot be read, is a failure row. Of a file only `determination` is needed.

    Raises:
        ConfigurationError: the folder holds a record for none of the cases.

    """
    listed = _listed(cases)
    answers = [_from_file(folder / f"{case.name}.json") for case in listed]
    if not any(answer.record is not None for answer in answers):
        raise ConfigurationError(
            f"{str(folder)!r} holds no readable record named after a case ({listed[0].name}.json …)"
        )
    return _graded(listed, answers, f"records in {folder.name}", configuration or {}, sampling)


def _listed(cases: Iterable[Case]) -> list[Case]:
    listed = sorted(cases, key=lambda case: case.name)
    if not listed:
        raise ConfigurationError("there is no confirmed case to grade: check the split, or confirm drafts")
    return listed


def _ask(reader: Reader, case: Case) -> _Answer:
    try:
        document = case.document
        began = time.perf_counter()
        record = reader(document)
        seconds = time.perf_counter() - began
        return _Answer(record.model_dump(mode="json"), None, seconds)
    except ConfigurationError:
        raise
    except DocumentError as error:
        return _Answer(None, Failure(error.failure_class, str(error)))
    except Exception as error:  # noqa: BLE001 - whatever a stranger's reader raises is this letter's failure
        return _Answer(None, Failure(type(error).__name__, str(error)))


def _from_file(path: Path) -> _Answer:
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        return _Answer(None, Failure("no_record", f"there is no {path.name}"))
    except (OSError, ValueError) as error:
        return _Answer(None, Failure("unreadable_record", f"{path.name}: {error}"))
    if not isinstance(record, dict) or not isinstance(record.get("determination"), dict):
        return _Answer(None, Failure("unreadable_record", f"{path.name} has no object 'determination'"))
    return _Answer(record, None)


_DECLINED = (NotADetermination.failure_class, UnknownLayout.failure_class)
"""What a reader says that takes a text for no determination."""


def grade_one(case: Case, answer: Json | None, failure: Failure | None = None) -> tuple[Score, DocumentResult]:
    """Score one letter's record (as JSON) or failure, and lay out what a run keeps of it."""
    reference = case.reference
    refused = failure is not None and failure.kind in _DECLINED
    if refused and not reference.is_determination:
        answer = {"determination": Determination().model_dump(mode="json")}  # it was told for what it is
    if answer is None:
        failure = failure or Failure("no_record", "nothing came back")
        made = score_failure(case.tree, failure, not_labelled=reference.not_labelled)
        counts = tally(made, is_determination=reference.is_determination)
        return made, _row(case, made, counts, {}, {})
    made = score(
        case.tree, answer["determination"], not_labelled=reference.not_labelled, alternatives=reference.alternatives
    )
    evidence = answer.get("evidence") or {}
    grounding = ground(made, evidence, case.anchors, case.document.text) if evidence else None
    return made, _row(case, made, tally(made, grounding, is_determination=reference.is_determination), answer, evidence)


def _row(case: Case, made: Score, counts: Counts, answer: Json, evidence: Json) -> DocumentResult:
    wrong = [row for row in made.rows if row.mark not in (Mark.MATCH, Mark.ABSENT)]
    provenance = answer.get("provenance") or {}
    usage = provenance.get("usage")
    return DocumentResult(
        split=case.split,
        tags=case.reference.tags,
        counts=counts,
        errors=tuple(_error(row, case, evidence) for row in wrong),
        item_errors=tuple(
            ItemErrorRow(
                field=item.field, mark=item.mark.name, at=item.gold_at or item.predicted_at or "", note=item.note
            )
            for item in made.items
            if item.mark is not Mark.MATCH
        ),
        confidences=tuple(_confidences(made, evidence)),
        withheld=_withheld(answer.get("flags") or (), case.tree),
        failure=made.failure,
        usage=UsageRow(model=provenance.get("model"), **usage) if isinstance(usage, dict) else None,
    )


def _withheld(flags: Iterable[Json], reference: Json) -> tuple[int, int]:
    """How many values were withheld, and how many of them the reference says at that very place."""
    told = [(flag.get("path"), flag.get("value")) for flag in flags if flag.get("code") == "withheld"]
    claims = [(str(path), str(value)) for path, value in told if path and value is not None]
    return len(claims), sum(_says(reference, path) == value for path, value in claims)


def _says(reference: Json, pointer: str) -> str | None:
    """What the reference says at a place, as flags tell values; None where it says nothing."""
    try:
        value = resolve(reference, pointer)
    except LookupError:
        return None
    return None if value is None else str(value)


def _error(row: LeafRow, case: Case, evidence: Json) -> ErrorRow:
    return ErrorRow(
        field=row.field,
        mark=row.mark.name,
        gold_at=row.gold_at,
        predicted_at=row.predicted_at,
        gold=row.gold,
        predicted=row.predicted,
        gold_spans=_spans(row.gold, row.gold_at, case.anchors),
        predicted_spans=_spans(row.predicted, row.predicted_at, evidence),
    )


def _spans(value: Json, pointer: str | None, evidence: Json) -> tuple[tuple[int, int], ...]:
    if isinstance(value, dict) and value.get("spans"):
        return tuple((int(start), int(end)) for start, end in value["spans"])
    entry = nearest(evidence, pointer) if pointer else None
    return tuple((int(start), int(end)) for start, end in entry["spans"]) if entry and entry.get("spans") else ()


def _confidences(made: Score, evidence: Json) -> Iterator[ConfidenceRow]:
    """Take up the confidence of every predicted leaf; what is no number from 0 to 1 (a stranger's record) is none."""
    for row in made.rows:
        entry = nearest(evidence, row.predicted_at) if row.predicted_at is not None else None
        said = entry.get("confidence") if entry else None
        if isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= 1:
            yield ConfidenceRow(field=row.field, confidence=said, right=row.mark is Mark.MATCH)


def _graded(
    cases: Sequence[Case],
    answers: Sequence[_Answer],
    name: str,
    configuration: dict[str, JsonValue],
    sampling: Sampling,
) -> RunResult:
    documents: dict[str, DocumentResult] = {}
    configurations: set[str] = set()
    for case, answer in zip(cases, answers, strict=True):
        _, row = grade_one(case, answer.record, answer.failure)
        documents[case.name] = row.model_copy(update={"seconds": answer.seconds})
        provenance = (answer.record or {}).get("provenance") or {}
        configurations |= {provenance["config_sha256"]} if provenance.get("config_sha256") else set()
    return RunResult(
        created_at=datetime.now(UTC),
        reader=name,
        configuration={**configuration, "reader_config_sha256": sorted(configurations), **_identity(cases)},
        versions=_versions(),
        seed=sampling.seed,
        draws=sampling.draws,
        documents=documents,
        summary=summarize({key: (row.counts, row.tags) for key, row in documents.items()}, sampling),
    )


def _identity(cases: Sequence[Case]) -> dict[str, JsonValue]:
    return {
        "cases": {
            case.name: {
                "letter_sha256": file_sha256(case.letter),
                "reference_sha256": file_sha256(case.folder / "references" / f"{case.name}.json"),
            }
            for case in cases
        }
    }


def _versions() -> dict[str, str]:
    def of(package: str) -> Iterator[tuple[str, str]]:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            return

    found = {"python": platform.python_version()}
    for package in ("imr-extractor", "numpy", "scipy", "pydantic"):
        found.update(of(package))
    return found
