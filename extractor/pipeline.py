"""The pipeline: a document in, a record out.

layout → reader → draft → grounding → determination → checks → record
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from extractor.checks import check
from extractor.determination import Determination
from extractor.documents import Document, read_document
from extractor.drafts import Draft, Value
from extractor.errors import ConfigurationError
from extractor.facts import gather
from extractor.grounding import Grounded, ground
from extractor.layout import Layout, lay_out
from extractor.records import DocumentInfo, Provenance, Record
from extractor.rules import read_by_rules
from extractor.settings import DEFAULT_LIMITS, Limits

READERS = ("rules",)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What decides how a document is read. Equal `sha256` means that a reading can be repeated."""

    reader: str = "rules"

    def __post_init__(self) -> None:
        if self.reader not in READERS:
            raise ConfigurationError(f"unknown reader {self.reader!r}; known: {', '.join(READERS)}")

    @property
    def sha256(self) -> str:
        """Hash of the configuration, the schema of the determination and the code that reads."""
        return _digest({**asdict(self), "schema": schema_sha256(), "code": code_sha256()})


def _digest(value: object) -> str:
    """SHA-256 of canonical JSON (sorted keys, no blanks)."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@cache
def schema_sha256() -> str:
    """Hash of the JSON Schema of the determination."""
    return _digest(Determination.model_json_schema())


@cache
def code_version() -> str:
    """Version of the distribution and the first digits of the hash of its code: `0.1.0+1a2b3c4d`."""
    return f"{version('imr-extractor')}+{code_sha256()[:8]}"


# What shows, stores or exports records does not change how they are read.
_READS_NOTHING = frozenset({"backlog", "cli", "display", "store", "export.py", "__main__.py"})
# Libraries that decide what text a document has, or how words compare.
_READING_LIBRARIES = ("charset-normalizer", "lxml", "pypdfium2", "rapidfuzz")


@cache
def code_sha256() -> str:
    """Hash of the code and data that read, and of the versions of the libraries that do.

    So a changed rule, or another release of the PDF library, is another configuration.
    """
    digest = hashlib.sha256()
    for library in _READING_LIBRARIES:
        digest.update(f"{library}=={version(library)}\0".encode())
    for path, content in sorted(_sources(files("extractor"), "")):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if (entry.name.startswith(("_", ".")) and entry.name != "__init__.py") or entry.name in _READS_NOTHING:
            continue
        if entry.is_dir():
            found += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".tsv", ".toml")):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def extract(
    source: Path | bytes | str,
    *,
    name: str | None = None,
    configuration: Configuration | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The record of one letter.

    Args:
        source: a file, its bytes, or a letter's text.
        name: what to call it in the record; a file's own name by default.
        configuration: which reader, and how; the rules reader by default.
        limits: what a document may cost before it is refused.

    Raises:
        DocumentError: the document cannot be turned into text.

    """
    return read(read_document(source, name=name, limits=limits), configuration)


def read(document: Document, configuration: Configuration | None = None) -> Record:
    """The record of a document already read. What the letter says, or fails to say, never raises."""
    configuration = configuration or Configuration()
    layout = lay_out(document.text)
    facts = gather(layout)
    draft = read_by_rules(layout, facts)
    grounded = ground(draft, layout, facts)
    determination = assemble(grounded, layout, draft)
    return Record.model_construct(
        document=DocumentInfo(
            sha256=document.sha256,
            name=document.name,
            media_type=document.media_type,
            pages=len(document.pages),
            characters=len(document.text),
            layout=layout.variant,
        ),
        determination=determination,
        evidence=grounded.evidence,
        flags=(*grounded.flags, *check(determination, layout, facts, draft)),
        provenance=_provenance(configuration),
    )


def _provenance(configuration: Configuration) -> Provenance:
    return Provenance(
        reader=configuration.reader,
        schema_sha256=schema_sha256(),
        config_sha256=_config_sha256(configuration),
        code_version=code_version(),
        created_at=datetime.now(UTC),
    )


@cache
def _config_sha256(configuration: Configuration) -> str:
    return configuration.sha256


_PASSAGES = ("clinical_summary", "rationale")


def assemble(grounded: Grounded, layout: Layout, draft: Draft) -> Determination:
    """The determination from its accepted leaves. List entries whose every leaf was withheld are dropped."""
    root: dict[str, Any] = {}
    if draft.decisions:
        root["decisions"] = {str(index): {} for index in range(draft.decisions)}
    for pointer, value in grounded.values.items():
        *parents, leaf = pointer.split("/")[1:]
        node = root
        for part in parents:
            node = node.setdefault(part, {})
        node[leaf] = _passage(pointer, value, grounded) if leaf in _PASSAGES else value
    return Determination.model_validate(_listed(root))


def _passage(pointer: str, value: Value, grounded: Grounded) -> dict[str, Any]:
    return {"text": value, "spans": grounded.evidence[pointer].spans}


def _listed(node: Any) -> Any:
    """Nested dictionaries with positions for keys become lists, in order."""
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_listed(node[key]) for key in sorted(node, key=int)]
    return {key: _listed(value) for key, value in node.items()}
