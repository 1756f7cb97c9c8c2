"""Letters of several kinds for the desk, and the application over a database of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import letters as L  # noqa: N812  as in the tests of readers
from starlette.testclient import TestClient

from desk.app import make_app
from extractor.documents import read_document
from extractor.reading.letter import read
from extractor.records.record import Flag, FlagCode, How, Record, Support
from extractor.store import Store

HOST = "http://127.0.0.1:8747"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">&lt;b&gt;'
PDF = L.SAMPLES / "pdf" / "CM16-0500377.pdf"


@dataclass
class Desk:
    """The application, and the paths that sign in, as they are announced."""

    database: Path
    announced: list[str] = field(default_factory=list)

    def browser(self, *, signed_in: bool = True) -> TestClient:
        client = TestClient(make_app(self.database, self.announced.append), base_url=HOST, follow_redirects=False)
        if signed_in:
            assert client.get(self.announced[-1]).status_code == 303
        return client


def put(store: Store, source: Path | str, change: Callable[[Record], Record] = lambda record: record) -> Record:
    """Read a letter by rules, and save what `change` makes of its record."""
    document = read_document(source, name=None if isinstance(source, Path) else "letter.txt")
    record = change(read(document))
    store.save(record, document, name=str(source) if isinstance(source, Path) else None)
    return record


def doubtful(record: Record) -> Record:
    """As a model reader might have left it: a judgement, a disagreement, and something withheld."""
    evidence = dict(record.evidence)
    at = "/decisions/0/outcome"
    evidence[at] = evidence[at].model_copy(update={"how": How.DERIVED, "confidence": 0.61})
    reason = "/decisions/0/reasons/0"
    evidence[reason] = evidence[reason].model_copy(update={"support": Support.UNCHECKED, "how": How.DERIVED})
    flags = (
        Flag(path="/patient/age", code=FlagCode.READERS_DISAGREE, message="The model reads 46.", value="46"),
        Flag(path="/date_of_injury", code=FlagCode.WITHHELD, message="Not said there.", value="1999-01-01"),
        Flag(path="", code=FlagCode.LEFT_OUT, message="Something was left out."),
    )
    determination = record.determination.model_copy(update={"date_of_injury": None})
    del evidence["/date_of_injury"]
    return record.model_copy(update={"evidence": evidence, "flags": flags, "determination": determination})
