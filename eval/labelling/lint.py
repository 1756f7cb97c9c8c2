"""Is the gold sound? Hashes, form, places, and whether the quoted words say the value."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.labelling.gold import (
    LabelStatus,
    Reference,
    Split,
    file_sha256,
    load_manifest,
    load_reference,
    reference_files,
)
from eval.labelling.support import short, unsupported
from eval.scoring.comparators import key
from eval.scoring.pointers import Json, field_of, resolve, steps_of
from eval.scoring.spans import quoted
from extractor.documents import read_document
from extractor.errors import ConfigurationError, ImrError
from extractor.records.determination import Determination


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the gold, or looks so."""

    case: str
    """Name of the case; empty for the set as a whole."""
    pointer: str
    code: str
    message: str


def lint(folder: Path) -> list[Problem]:
    """Check a gold folder; what is found, by case."""
    problems: list[Problem] = []
    references: dict[str, Reference] = {}
    for path in reference_files(folder):
        try:
            references[path.stem] = load_reference(path)
        except ConfigurationError as error:
            problems.append(Problem(path.stem, "", "form", str(error)))
    problems += _check_manifest(folder, references)
    for name, reference in references.items():
        if reference.name != name:
            problems.append(Problem(name, "", "name", f"the file calls itself {reference.name!r}"))
        problems += [
            Problem(name, pointer, code, message) for pointer, code, message in _check_reference(folder, reference)
        ]
    return problems


def _check_manifest(folder: Path, references: dict[str, Reference]) -> Iterator[Problem]:
    manifest = load_manifest(folder)
    if manifest is None:
        yield Problem("", "", "not_frozen", "there is no manifest.json: run `imr eval lint --freeze`")
        return
    split_of_letter: dict[str, set[Split]] = defaultdict(set)
    split_of_number: dict[str, set[Split]] = defaultdict(set)
    for name, entry in manifest.cases.items():
        reference = references.get(name)
        if reference is None:
            yield Problem(name, "", "missing", "frozen, but its reference is gone or broken")
            continue
        for what, path, frozen in (
            ("letter", folder / reference.letter, entry.letter_sha256),
            ("reference", folder / "references" / f"{name}.json", entry.reference_sha256),
        ):
            if not path.is_file():
                yield Problem(name, "", "missing", f"the {what} is gone")
            elif file_sha256(path) != frozen:
                yield Problem(name, "", "hash", f"the {what} differs from what was frozen")
        split_of_letter[entry.letter_sha256].add(entry.split)
        if reference.determination.case_number:
            split_of_number[reference.determination.case_number].add(entry.split)
    for what, found in (("letter", split_of_letter), ("case number", split_of_number)):
        for value, splits in found.items():
            if len(splits) > 1:
                yield Problem("", "", "splits", f"the {what} {value[:16]} is in dev and in test")
    for name, reference in references.items():
        if reference.status is LabelStatus.CONFIRMED and name not in manifest.cases:
            yield Problem(name, "", "not_frozen", "confirmed, but not in the manifest")


Findings = Iterator[tuple[str, str, str]]
"""Pointer, code, message."""


def _check_reference(folder: Path, reference: Reference) -> Findings:
    try:
        text = read_document(folder / reference.letter).text
    except ImrError as error:
        yield "", "letter", str(error)
        return
    tree = reference.determination.model_dump(mode="json")
    yield from _check_pointers(reference, tree)
    if not reference.is_determination and tree != Determination().model_dump(mode="json"):
        yield "", "no_determination", "values are labelled in a letter that is no determination"
    for pointer, anchor in reference.evidence.items():
        words = quoted(text, anchor.spans)
        if words is None:
            yield pointer, "span", "a span lies outside the letter"
            continue
        if key(words) != key(anchor.quote):
            yield pointer, "quote", f"at the spans stands {short(words)}, not {short(anchor.quote)}"
            continue
        try:
            value = resolve(tree, pointer)
        except LookupError:
            continue  # named by _check_pointers
        if pointer not in reference.not_labelled and (why := unsupported(field_of(pointer), value, words)):
            yield pointer, "support", why
    for pointer, passage in _passages(tree):
        words = quoted(text, passage["spans"])
        if words is None:
            yield pointer, "span", "a span lies outside the letter"
        elif key(words) != key(passage["text"]):
            yield pointer, "passage", "the text is not what stands at the spans"
        elif "injection" not in reference.traps and (found := _FOREIGN.search(words)):
            yield pointer, "passage", f"the passage runs into another section: {found[0]!r}"
    yield from _check_order(reference, tree)


_FOREIGN = re.compile(
    r"Claims Administrator guideline:|MAXIMUS guideline:|Decision rationale:|IMR ISSUES|CLINICAL CASE SUMMARY|"
    r"Final (?:Letter of )?Determination (?:Letter|Form)|RATIONALE FOR WHY|\f"
)


def _check_pointers(reference: Reference, tree: Json) -> Findings:
    for pointer in (*reference.evidence, *reference.not_labelled, *reference.alternatives):
        try:
            value = resolve(tree, pointer)
        except (LookupError, ValueError) as error:
            yield pointer, "pointer", f"points nowhere: {error}"
            continue
        if pointer in reference.evidence and value is None:
            yield pointer, "pointer", "has evidence, but the value is absent"
    for pointer, values in reference.alternatives.items():
        for value in values:
            if (why := _misfit(tree, pointer, value)) is not None:
                yield pointer, "alternative", why


def _misfit(tree: Json, pointer: str, value: Json) -> str | None:
    """Say why an alternative is not of the record's form; None where it is."""
    alone: Json = value
    # The rest of the determination may not fit the alternative (a subcategory belongs to its category): judge it alone.
    for part in reversed(steps_of(pointer)):
        alone = [alone] if part.isdecimal() else {part: alone}
    try:
        Determination.model_validate_json(_json(alone))
    except ValueError as error:
        return f"the alternative {short(str(value))} is not of the record's form: {str(error).splitlines()[2].strip()}"
    return "repeats the value itself" if value == _at(tree, pointer) else None


def _at(tree: Json, pointer: str) -> Json:
    try:
        return resolve(tree, pointer)
    except LookupError:
        return None


def _json(value: Json) -> str:
    return json.dumps(value)


def _passages(tree: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(tree, dict):
        if set(tree) == {"text", "spans"}:
            yield pointer, tree
            return
        for name, value in tree.items():
            yield from _passages(value, f"{pointer}/{name}")
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _passages(value, f"{pointer}/{index}")


def _check_order(reference: Reference, tree: Json) -> Findings:
    """Decisions stand in printed order, and no two share a heading's place."""
    last = -1
    for index in range(len(tree.get("decisions") or ())):
        pointer = f"/decisions/{index}/heading"
        anchor = reference.evidence.get(pointer)
        if anchor is None:
            continue
        start = anchor.spans[0][0]
        if start <= last:
            yield pointer, "order", "its heading does not stand after the one before"
        last = start
