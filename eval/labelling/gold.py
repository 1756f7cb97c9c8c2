"""The gold format: letters, reference records and the manifest that freezes them.

    gold/letters/NAME.txt          the letter (or .pdf, .docx, .html: whatever `read_document` reads)
    gold/references/NAME.json      what the record should say, and where the letter says it
    gold/manifest.json             SHA-256 of every letter and reference, and which split each is in

A folder without a manifest works too (someone's own letters, not frozen yet): all its cases are of the split `dev`.
References with the status `draft` were filled by a reader and do not count until a person has confirmed them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from eval.scoring.pointers import Json
from extractor.documents import Document, read_document
from extractor.errors import ConfigurationError
from extractor.records.determination import Determination, Strict

SALT = "imr-gold-1"
"""Decides the split together with a case's name; changing it would move letters between dev and test."""


class LabelStatus(StrEnum):
    """Whether a person has confirmed a reference."""

    CONFIRMED = "confirmed"
    DRAFT = "draft"


class Split(StrEnum):
    """`dev` is for looking and fixing, `test` only for measuring."""

    DEV = "dev"
    TEST = "test"


class Anchor(Strict):
    """Where the letter says a value."""

    spans: tuple[tuple[int, int], ...] = Field(min_length=1)
    """Half-open code-point ranges of the document text."""
    quote: str = Field(min_length=1)
    """The words there, as the labeller copied them."""


class Reference(Strict):
    """What one letter's record should say; one file of `references/`.

    The shape, shortened:

        {"name": "a1", "letter": "letters/a1.txt", "status": "confirmed", "layout": "credentials",
         "determination": {"case_number": "CM16-0000001", "decisions": [{"outcome": "upheld", …}], …},
         "evidence": {"/case_number": {"spans": [[13, 25]], "quote": "CM16-0000001"}},
         "not_labelled": ["/decisions/0/reasons"],
         "alternatives": {"/patient/diagnoses/0": ["low back pain"]}}
    """

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[\w.-]+$")
    letter: str
    """Path of the letter, relative to the gold folder."""
    status: LabelStatus
    is_determination: bool = True
    layout: str | None = None
    traps: tuple[str, ...] = ()
    determination: Determination = Determination()
    evidence: dict[str, Anchor] = Field(default_factory=dict)
    """JSON pointer into `determination` → where the letter says it, for the fields where place matters."""
    not_labelled: tuple[str, ...] = ()
    """Pointers of what could not be decided: not counted anywhere. Not the same as absent."""
    alternatives: dict[str, tuple[JsonValue, ...]] = Field(default_factory=dict)
    """Pointer → further values that are equally right; the best one counts."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What the letter is filed under, for figures of parts of the set: its layout and its traps."""
        layout = self.layout or ("unknown" if self.is_determination else "no determination")
        return (f"layout: {layout}", *sorted(set(self.traps)))


@dataclass(frozen=True)
class Case:
    """One gold letter with its reference."""

    reference: Reference
    folder: Path
    split: Split

    @property
    def name(self) -> str:
        """The case's name, unique in its folder."""
        return self.reference.name

    @property
    def letter(self) -> Path:
        """Path of the letter."""
        return self.folder / self.reference.letter

    @cached_property
    def document(self) -> Document:
        """The letter, read (DocumentError where it cannot be)."""
        return read_document(self.letter)

    @cached_property
    def tree(self) -> Json:
        """The reference determination as JSON."""
        return self.reference.determination.model_dump(mode="json")

    @cached_property
    def anchors(self) -> Json:
        """The labelled places as JSON, by pointer."""
        return {pointer: anchor.model_dump(mode="json") for pointer, anchor in self.reference.evidence.items()}


class ManifestEntry(Strict):
    """One case as it was frozen."""

    split: Split
    letter_sha256: str
    reference_sha256: str


class Manifest(Strict):
    """The frozen gold set."""

    format: Literal[1] = 1
    salt: str = SALT
    cases: dict[str, ManifestEntry] = Field(default_factory=dict)


@dataclass(frozen=True)
class Gold:
    """A gold folder as loaded."""

    folder: Path
    cases: tuple[Case, ...]
    """Confirmed cases of the split that was asked for, by name."""
    drafts: tuple[str, ...]
    """Names of references that no person has confirmed; they do not count."""
    manifest: Manifest | None
    sha256: str
    """Of the names, letters and references of `cases`: two runs with the same value were graded by the same gold."""


def file_sha256(path: Path) -> str:
    """Hash a file's bytes: SHA-256, lower-case hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_reference(path: Path) -> Reference:
    """Read and validate one reference file.

    Raises:
        ConfigurationError: it cannot be read or is not of the format; the message names file and place.

    """
    try:
        return Reference.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"reference {str(path)!r} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigurationError(
            f"reference {str(path)!r} is not in the gold format: {place}: {first['msg']} (run `imr eval lint`)"
        ) from error


def reference_files(folder: Path) -> list[Path]:
    """List the reference files of a gold folder, by name.

    Raises:
        ConfigurationError: there is none.

    """
    files = sorted((folder / "references").glob("*.json"))
    if not files:
        raise ConfigurationError(f"{str(folder)!r} holds no references/*.json: prepare it with `imr eval init`")
    return files


def load_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a gold folder; None where it has none (not frozen yet)."""
    path = folder / "manifest.json"
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ConfigurationError(f"{str(path)!r} is no gold manifest: {error.errors()[0]['msg']}") from error


def load_gold(folder: Path, split: Split | None = None) -> Gold:
    """Load the confirmed cases of a gold folder, of one split or of all.

    Raises:
        ConfigurationError: a file is missing or not of the format, or differs from what the manifest froze.

    """
    manifest = load_manifest(folder)
    cases: list[Case] = []
    drafts: list[str] = []
    identity: list[str] = []
    for path in reference_files(folder):
        reference = load_reference(path)
        if reference.name != path.stem:
            raise ConfigurationError(f"reference {str(path)!r} calls itself {reference.name!r}: rename one of them")
        if reference.status is LabelStatus.DRAFT:
            drafts.append(reference.name)
            continue
        letter = folder / reference.letter
        if not letter.is_file():
            raise ConfigurationError(f"the letter {str(letter)!r} of {str(path)!r} does not exist")
        hashes = (file_sha256(letter), file_sha256(path))
        of_split = Split.DEV
        if manifest is not None:
            entry = manifest.cases.get(reference.name)
            if entry is None or (entry.letter_sha256, entry.reference_sha256) != hashes:
                raise ConfigurationError(
                    f"case {reference.name!r} differs from what {str(folder / 'manifest.json')!r} froze: "
                    "run `imr eval lint`, and `imr eval lint --freeze` if the change is meant"
                )
            of_split = entry.split
        if split is None or of_split is split:
            cases.append(Case(reference, folder, of_split))
            identity.append("\t".join((reference.name, *hashes)))
    if manifest is not None and split is None and (gone := set(manifest.cases) - {case.name for case in cases}):
        raise ConfigurationError(f"frozen cases are missing from {str(folder)!r}: {', '.join(sorted(gone))}")
    sha256 = hashlib.sha256("\n".join(identity).encode()).hexdigest()
    return Gold(folder, tuple(cases), tuple(drafts), manifest, sha256)


def split_of(strata: Iterable[tuple[str, str]], salt: str = SALT) -> dict[str, Split]:
    """Give every (name, stratum) its split: half and half within each stratum, by the order of salted hashes.

    Where a stratum is odd, a hash of its name decides which half gets the one more. No hand is in it, and it does not
    depend on the order of the input.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for name, stratum in strata:
        names[stratum].append(name)
    splits: dict[str, Split] = {}
    for stratum, members in names.items():
        ordered = sorted(members, key=lambda name: hashlib.sha256(f"{salt}\t{name}".encode()).digest())
        bonus = hashlib.sha256(f"{salt}\t{stratum}".encode()).digest()[0] % 2
        half = (len(ordered) + bonus) // 2
        splits |= {name: Split.DEV if index < half else Split.TEST for index, name in enumerate(ordered)}
    return splits


def freeze(folder: Path) -> Manifest:
    """Write the manifest of a gold folder: hashes of every confirmed case; a case keeps the split it had."""
    old = load_manifest(folder)
    references = [(path, load_reference(path)) for path in reference_files(folder)]
    confirmed = [(path, reference) for path, reference in references if reference.status is LabelStatus.CONFIRMED]
    fresh = split_of((reference.name, reference.tags[0]) for _, reference in confirmed)
    cases: dict[str, ManifestEntry] = {}
    for path, reference in sorted(confirmed, key=lambda pair: pair[1].name):
        known = old.cases.get(reference.name) if old else None
        cases[reference.name] = ManifestEntry(
            split=known.split if known else fresh[reference.name],
            letter_sha256=file_sha256(folder / reference.letter),
            reference_sha256=file_sha256(path),
        )
    manifest = Manifest(cases=cases)
    (folder / "manifest.json").write_text(dump(manifest.model_dump(mode="json")), encoding="utf-8")
    return manifest


def dump(tree: Json) -> str:
    """Write `tree` as gold files hold it: two blanks of indent, real characters, one line break at the end."""
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
