"""Rationales with the reasons that they give: from tables, gold folders, and databases that a model has read into."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from extractor.errors import ConfigurationError
from extractor.facts.sentences import prose_sentences
from extractor.records.determination import REASONS, Decision, Determination, Outcome, Reason
from extractor.store import Store
from extractor.text.normalize import View, collapse, view_of
from extractor.text.spans import Span

COLUMNS = ["rationale", "outcome", "reasons", "sentence"]
"""Of a table: a row for each sentence, in order; `reasons` parted by blanks, empty for most."""


@dataclass(frozen=True)
class Rationale:
    """One rationale, cut into sentences as the reader cuts it."""

    letter: str
    """What must not stand on both sides of a fold."""
    source: str
    """The table, folder or database that it is of."""
    outcome: Outcome
    view: View
    sentences: tuple[Span, ...]
    given: tuple[frozenset[Reason], ...]
    """Reasons that each sentence gives."""
    readings: tuple[frozenset[Reason], ...]
    """What the whole gives: the labelled reasons, then others that are equally right."""

    @property
    def reasons(self) -> frozenset[Reason]:
        """All that it gives, by the first reading."""
        return self.readings[0]


def labelled(paths: Iterable[Path]) -> list[Rationale]:
    """Every labelled rationale of the paths, in order.

    Args:
        paths: tables (`*.tsv`), folders of tables, gold folders (their development half, where a manifest parts them).

    Raises:
        ConfigurationError: a path holds nothing of the kind, or something of another form.

    """
    found: list[Rationale] = []
    for path in paths:
        tables = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
        if (path / "references").is_dir():
            found += _of_gold(path)
        elif tables:
            for table in tables:
                found += _of_table(table)
        else:
            raise ConfigurationError(f"{str(path)!r} holds neither tables (*.tsv) nor references")
    return found


def of_database(database: Path) -> Iterator[Rationale]:
    """The rationales of a database's current records that a model has read: its reasons are the labels.

    Raises:
        ConfigurationError, StoreError: the database cannot be read.

    """
    with Store(database, create=False) as store:
        for record in store.records():
            if record.provenance.reader == "rules":
                continue
            quotes = {pointer: evidence.quote for pointer, evidence in record.evidence.items()}
            for number, decision in enumerate(record.determination.decisions):
                yield from _of_decision(record.document.sha256, str(database), number, decision, quotes)


def _of_table(path: Path) -> Iterator[Rationale]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))
        if not rows or list(rows[0]) != COLUMNS:
            raise ConfigurationError(f"{str(path)!r} is no table of the columns {', '.join(COLUMNS)}")
        for name, sentences in groupby(rows, key=lambda row: row["rationale"]):
            text, said = "", []
            outcome = None
            for row in sentences:
                outcome = Outcome(row["outcome"])
                words = collapse(row["sentence"])
                at = Span(len(text), len(text) + len(words))
                said += [(at, _reason(each, outcome)) for each in row["reasons"].split()]
                text += f"{words} "
            if outcome is not None:
                yield _rationale(name, str(path), outcome, text.rstrip(), said)
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except (ValueError, AttributeError, csv.Error) as error:
        raise ConfigurationError(f"{str(path)!r} is no table of labelled sentences: {error}") from error


def _of_gold(folder: Path) -> Iterator[Rationale]:
    """Confirmed references of a gold folder. Letters of the test half stay unread."""
    try:
        manifest = folder / "manifest.json"
        frozen = json.loads(manifest.read_bytes())["cases"] if manifest.is_file() else {}
        for path in sorted((folder / "references").glob("*.json")):
            if frozen.get(path.stem, {}).get("split", "dev") != "dev":
                continue
            tree = json.loads(path.read_bytes())
            if tree["status"] != "confirmed":
                continue
            quotes = {pointer: anchor["quote"] for pointer, anchor in tree["evidence"].items()}
            skipped = set(tree["not_labelled"])
            determination = Determination.model_validate_json(json.dumps(tree["determination"]))
            for number, decision in enumerate(determination.decisions):
                at = f"/decisions/{number}/reasons"
                if skipped.isdisjoint({at, f"/decisions/{number}"}):
                    others = tree["alternatives"].get(at, [])
                    yield from _of_decision(path.stem, str(folder), number, decision, quotes, others)
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ConfigurationError(f"{str(folder)!r} is no gold folder (run `imr eval lint`)") from error


def _of_decision(
    letter: str,
    source: str,
    number: int,
    decision: Decision,
    quotes: Mapping[str, str],
    others: Iterable[Iterable[str]] = (),
) -> Iterator[Rationale]:
    """The rationale of a decision, each reason in the sentences of its quote; nothing where one has no sentence."""
    if decision.rationale is None or decision.outcome is None:
        return
    text = collapse(decision.rationale.text)
    said = []
    for position, reason in enumerate(decision.reasons):
        quote = collapse(quotes.get(f"/decisions/{number}/reasons/{position}", ""))
        start = text.find(quote) if quote else -1
        if start >= 0:
            said.append((Span(start, start + len(quote)), reason))
    if len(said) == len(decision.reasons):
        yield _rationale(letter, source, decision.outcome, text, said, others)


def _rationale(
    letter: str,
    source: str,
    outcome: Outcome,
    text: str,
    said: Iterable[tuple[Span, Reason]],
    others: Iterable[Iterable[str]] = (),
) -> Rationale:
    view = view_of(text)
    said = list(said)
    sentences = tuple(prose_sentences(view, Span(0, len(view.flat))))
    given = tuple(frozenset(reason for at, reason in said if at.overlaps(sentence)) for sentence in sentences)
    readings = (frozenset(reason for _, reason in said), *(frozenset(map(Reason, other)) for other in others))
    return Rationale(letter, source, outcome, view, sentences, given, readings)


def _reason(name: str, outcome: Outcome) -> Reason:
    reason = Reason(name)
    if reason not in REASONS[outcome]:
        raise ValueError(f"{name} is no reason for {outcome.value}")
    return reason
