"""Small valid letters, documents and records for tests, and a fake reader that needs no rules.

A letter made here is realistic in form, and `make_record` reads exactly this form, so every value has evidence. The
fake reader also misbehaves on demand: the first word of a file decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from extractor import identity
from extractor.backlog.source import LetterSource as Letter
from extractor.documents import Document
from extractor.errors import EncryptedDocument
from extractor.reading import configuration
from extractor.records.determination import (
    Basis,
    BodyPart,
    Category,
    Citation,
    Decision,
    Determination,
    Drug,
    Outcome,
    Part,
    Passage,
    Patient,
    Priority,
    Quantity,
    Reason,
    ReliedOn,
    Reviewer,
    Side,
    Source,
    Subcategory,
)
from extractor.records.record import (
    DocumentInfo,
    Evidence,
    Flag,
    FlagCode,
    How,
    Provenance,
    Record,
    Support,
    Usage,
)
from extractor.settings import Limits
from extractor.text.spans import Span

CONFIG = "c" * 64
CREATED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HANG, CRASH, ENCRYPTED, DEFECT = "HANG", "CRASH", "ENCRYPTED", "DEFECT"

_DRUGS = ("Tramadol", "Naproxen", "Diazepam", "Omeprazole", "Gabapentin")


def letter_text(number: int = 1, decisions: int = 2) -> str:
    """One letter; `number` makes it differ from others."""
    items = "\n".join(_item(number, n) for n in range(decisions))
    return (
        f"Case Number: CM16-{number:07d}   Date Assigned: 12/05/2016\n"
        "Date of Injury: 03/14/2012   Decision Date: 01/03/2017\n"
        "UR Denial Date: 11/20/2016   Priority: Standard\n"
        "Application Received: 12/01/2016\n\n"
        "HOW THE IMR FINAL DETERMINATION WAS MADE\n"
        "State(s) of Licensure: California, Ohio\n"
        "Certification(s)/Specialty: Pain Management\n\n"
        "CLINICAL CASE SUMMARY\n"
        f"This {30 + number % 40} year old man was hurt when lifting a box. Diagnoses: lumbar strain; sciatica.\n\f"
        f"IMR ISSUES, DECISIONS AND RATIONALES\n{items}\n"
    )


def _item(number: int, n: int) -> str:
    outcome = "Overturned" if (number + n) % 5 == 0 else "Upheld"
    drug = _DRUGS[(number + n) % len(_DRUGS)]
    return (
        f"{n + 1}. {drug} 50mg #60: {outcome}\n"
        "Claims Administrator guideline: MTUS Chronic Pain 2016, Section(s): Opioids.\n"
        "MAXIMUS guideline: ODG Pain Chapter.\n"
        f"Decision rationale: The records of letter {number} show no functional gain from {drug}.\n"
        "The request is not medically necessary.\n"
    )


def make_document(text: str | None = None, *, name: str = "letter.txt", data: bytes | None = None) -> Document:
    """A document; its identity is that of `data`, by default the text's UTF-8 bytes."""
    text = letter_text() if text is None else text
    pages, start = [], 0
    for page in text.split("\f"):
        pages.append(Span(start, start + len(page)))
        start += len(page) + 1
    return Document(
        text=text,
        pages=tuple(pages),
        sha256=hashlib.sha256(text.encode() if data is None else data).hexdigest(),
        name=name,
        media_type="text/plain",
    )


def make_record(document: Document | None = None, *, config_sha256: str = CONFIG, **changes: Any) -> Record:
    """The record of a document that `letter_text` made; `changes` replace parts of it."""
    document = make_document() if document is None else document
    finder = _Finder(document.text)
    determination = _determination(finder)
    parts: dict[str, Any] = {
        "document": DocumentInfo(
            sha256=document.sha256,
            name=document.name,
            media_type=document.media_type,
            pages=len(document.pages),
            characters=len(document.text),
            layout="credentials",
        ),
        "determination": determination,
        "evidence": finder.evidence,
        "flags": (
            Flag(path="/decisions/0/quantity/weeks", code=FlagCode.WITHHELD, message="No words say it.", value="6"),
            Flag(path="", code=FlagCode.DATE_ORDER, message="The decision is older than the injury."),
        ),
        "provenance": Provenance(
            reader="fake",
            model="none",
            schema_sha256="5" * 64,
            config_sha256=config_sha256,
            code_version="0.0.1",
            created_at=CREATED,
            usage=Usage(requests=1, input_tokens=2, cached_input_tokens=3, output_tokens=4),
        ),
    }
    return Record(**{**parts, **changes})


@dataclass(frozen=True, slots=True)
class FakeConfiguration:
    """Stands for `extractor.reading.configuration.Configuration`."""

    reader: str = "fake"
    label: str = "a"
    model: None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.reader}:{self.label}".encode()).hexdigest()

    @property
    def as_json_with_parts(self) -> str:
        return json.dumps({"reader": self.reader, "label": self.label})


def become_version(name: str) -> None:
    """From now on the code that reads is another version, in this process."""
    identity.code_sha256 = lambda **_: name  # type: ignore[assignment]  # in place of a cached function
    identity.code_version.cache_clear()
    configuration._sha256.cache_clear()


def configuration_of_version(name: str, *told: Any) -> configuration.Configuration:
    """A configuration that makes the process in which it arrives another version."""
    become_version(name)
    return configuration.Configuration(*told)


def fake_reader(source: Letter, configuration: Any, limits: Limits) -> tuple[Document, Record]:
    """Reads letters made here; hangs, dies, eats or fails where the first word of the file says so."""
    assert isinstance(source.content, str | bytes)
    data = Path(source.content).read_bytes() if isinstance(source.content, str) else source.content
    name = source.title or Path(source.name).name
    text = data.decode()
    match text.split(maxsplit=1)[0]:
        case "HANG":
            time.sleep(600)
        case "CRASH":
            os.kill(os.getpid(), signal.SIGKILL)
        case "ENCRYPTED":
            raise EncryptedDocument(f"{name!r} needs a password")
        case "HUNGRY":
            name = name[: len(bytearray(4_000_000_000))]
        case "DEFECT":
            raise RuntimeError(f"a defect of ours, met in {text!r}")
        case "SURROGATE":
            text = "Case Number: CM16-0000001 \ud800"
            document = Document(text, (Span(0, len(text)),), hashlib.sha256(data).hexdigest(), name, "text/plain")
            return document, make_record(document, config_sha256=configuration.sha256)
    document = make_document(text, name=name, data=data)
    return document, make_record(document, config_sha256=configuration.sha256)


def slow_reader(source: Letter, configuration: Any, limits: Limits) -> tuple[Document, Record]:
    """Reads like `fake_reader`, but takes its time."""
    time.sleep(0.02)
    return fake_reader(source, configuration, limits)


def write_letters(folder: Path, count: int, *, first: int = 1, decisions: int = 2) -> list[Path]:
    """Write letters `000001.txt` … into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(first, first + count):
        paths.append(folder / f"{number:06d}.txt")
        paths[-1].write_text(letter_text(number, decisions))
    return paths


class _Finder:
    """Finds words and keeps the evidence for the pointer they are the value of."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.evidence: dict[str, Evidence] = {}

    def find(self, pointer: str, pattern: str, start: int = 0) -> str | None:
        match = re.compile(pattern, re.DOTALL).search(self.text, start)
        if match is None:
            return None
        span = match.span(1)
        line = self.text.count("\n", 0, span[0]) + 1
        self.evidence[pointer] = Evidence(
            spans=(span,),
            quote=" ".join(match[1].split()),
            how=How.EXACT,
            support=Support.SUPPORTED,
            lines=(line, line + match[1].count("\n")),
        )
        return match[1]

    def day(self, pointer: str, label: str) -> date | None:
        found = self.find(pointer, rf"{label}: (\d\d/\d\d/\d{{4}})")
        if found is None:
            return None
        month, day, year = map(int, found.split("/"))
        return date(year, month, day)

    def passage(self, pointer: str, pattern: str, start: int = 0) -> Passage | None:
        found = self.find(pointer, pattern, start)
        if found is None:
            return None
        return Passage(text=" ".join(found.split()), spans=self.evidence[pointer].spans)


def _determination(finder: _Finder) -> Determination:
    age = finder.find("/patient/age", r"This (\d+) year old")
    return Determination(
        case_number=finder.find("/case_number", r"Case Number: (\S+)"),
        priority=finder.find("/priority", r"Priority: (\w+)") and Priority.STANDARD,
        date_assigned=finder.day("/date_assigned", "Date Assigned"),
        decision_date=finder.day("/decision_date", "Decision Date"),
        ur_denial_date=finder.day("/ur_denial_date", "UR Denial Date"),
        application_received=finder.day("/application_received", "Application Received"),
        date_of_injury=finder.day("/date_of_injury", "Date of Injury"),
        reviewer=Reviewer(licensed_states=("California", "Ohio"), specialties=("Pain Management",)),
        patient=Patient(
            age=int(age) if age else None,
            mechanism=finder.find("/patient/mechanism", r"hurt when (.+?)\."),
            diagnoses=("lumbar strain", "sciatica"),
        ),
        clinical_summary=finder.passage("/clinical_summary", r"SUMMARY\n(.+?)\s*\f"),
        decisions=tuple(
            _decision(finder, n, match)
            for n, match in enumerate(
                re.finditer(r"^\d+\. ((\w+) .+): (Upheld|Overturned)$", finder.text, re.MULTILINE)
            )
        ),
    )


def _decision(finder: _Finder, n: int, match: re.Match[str]) -> Decision:
    at = f"/decisions/{n}"
    heading = finder.find(f"{at}/heading", r"\d+\. (.+?): (?:Upheld|Overturned)", match.start())
    outcome = finder.find(f"{at}/outcome", r": (Upheld|Overturned)", match.start())
    upheld = outcome == "Upheld"
    return Decision(
        heading=heading,
        requested=heading,
        disputed=heading,
        retrospective=False,
        service_dates=(date(2016, 10, 1), date(2016, 10, 8)),
        associated_surgical_service=False,
        category=Category.PHARMACEUTICALS,
        subcategory=Subcategory.OPIOID,
        body_parts=(BodyPart(part=Part.KNEE, side=Side.LEFT),),
        drugs=(Drug(name=finder.find(f"{at}/drugs/0/name", r"\d+\. (\w+)", match.start()), strength="50mg"),),
        quantity=Quantity(total=60, unit="each"),
        outcome=Outcome.UPHELD if upheld else Outcome.OVERTURNED,
        claims_administrator_basis=Basis(
            statement=finder.find(
                f"{at}/claims_administrator_basis/statement", r"guideline: (MTUS[^\n]+)", match.start()
            ),
            relied_on=ReliedOn.MTUS,
            citations=(
                Citation(
                    source=Source.MTUS, mtus=True, title="Chronic Pain", year=2016, sections=("Opioids", "Weaning")
                ),
            ),
        ),
        reviewer_basis=Basis(
            statement=finder.find(f"{at}/reviewer_basis/statement", r"guideline: (ODG[^\n]+)", match.start()),
            relied_on=ReliedOn.NON_MTUS,
            citations=(Citation(source=Source.ODG, mtus=False, title="Pain Chapter"),),
        ),
        rationale=finder.passage(f"{at}/rationale", r"rationale: (.+?necessary\.)", match.start()),
        reasons=(Reason.NO_IMPROVEMENT,) if upheld else (Reason.RECOMMENDED, Reason.CRITERIA_MET),
    )
