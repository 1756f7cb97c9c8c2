"""The pipeline: a document in, a record out.

layout → reader(s) → draft(s) → grounding → reconciliation → determination → checks → record
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self, get_args

from extractor import deadline, telemetry
from extractor.checks import check
from extractor.confidence import confidence
from extractor.determination import Determination
from extractor.documents import Document, read_document
from extractor.drafts import Draft
from extractor.errors import ConfigurationError, defect
from extractor.facts import Facts, gather
from extractor.grounding import Grounded, flags, ground
from extractor.layout import Layout, lay_out
from extractor.model import Attempt, Hear, Model
from extractor.model.asking import Asks
from extractor.places import pointers
from extractor.prompted import Session, read_by_prompts
from extractor.prompts import Prompts, load_prompts
from extractor.reconcile import reconcile
from extractor.records import DocumentInfo, Flag, FlagCode, Provenance, Record, Usage
from extractor.rules import read_by_rules
from extractor.settings import (
    DEFAULT_LIMITS,
    DEFAULT_SERVICE,
    Limits,
    ModelSettings,
    Service,
    model_settings,
)

ReaderName = Literal["rules", "model", "both"]
READERS: tuple[ReaderName, ...] = get_args(ReaderName)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What decides how a document is read. Equal `sha256` means that a reading can be repeated."""

    reader: ReaderName = "rules"
    """`rules`: embedded. `model`: prompt-driven. `both`: both, each checking the other."""
    model: ModelSettings | None = None
    """For `model` and `both`."""
    prompt_sha256: str | None = None
    """Identity of the prompts that the strategy uses."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.reader not in READERS:
            raise ConfigurationError(f"unknown reader {self.reader!r}; known: {', '.join(READERS)}")
        if (self.model is None) != (self.reader == "rules"):
            raise ConfigurationError(f"the reader {self.reader!r} goes {'without' if self.model else 'with'} a model")
        if self.reader == "model" and self.model is not None and self.model.strategy == "budgeted":
            raise ConfigurationError(
                "the strategy 'budgeted' fills what rules leave open: use it with the reader 'both'"
            )

    @classmethod
    def of(cls, reader: ReaderName, model: ModelSettings | None = None, prompts: Path | None = None) -> Self:
        """A configuration with the identity of its prompts; `prompts` is a folder that replaces ours."""
        if reader == "rules" or model is None:
            return cls(reader, None if reader == "rules" else model)
        return cls(reader, model, load_prompts(prompts).sha256(model.strategy))

    @classmethod
    def from_json(cls, given: str, prompts: Path | None = None) -> Self:
        """The configuration that `as_json` told, with the prompts as they are now.

        Raises:
            ConfigurationError: it is none of ours.

        """
        try:
            told = json.loads(given)
            settings = told["model"]
            return cls.of(told["reader"], None if settings is None else ModelSettings(**settings), prompts)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = defect(error)
            raise ConfigurationError(f"the configuration of an earlier run cannot be read: {why}") from None

    @property
    def as_json(self) -> str:
        """How it is told beside what was read by it."""
        return json.dumps(asdict(self), sort_keys=True)

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
_READS_NOTHING = frozenset(
    {"backlog", "batch", "cli", "cluster", "display", "store", "export.py", "telemetry.py", "__main__.py"}
)
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
    reader: ReaderName | None = None,
    configuration: Configuration | None = None,
    service: Service = DEFAULT_SERVICE,
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The record of one letter.

    Args:
        source: a file, its bytes, or a letter's text.
        name: what to call it in the record; a file's own name by default.
        reader: `rules` (the default), `model` or `both`; the model's settings come from the environment and `imr.toml`.
        configuration: instead of `reader`: how to read, in full.
        service: with `configuration`: where the model is asked.
        limits: what a document may cost before it is refused. Its `seconds` are checked between our own steps, which
            are short; a call inside a library that never comes back is not ended by that. `extractor.apart` reads in
            processes of its own, and ends those that take longer.

    Raises:
        DocumentError: the document cannot be turned into text, or took too long.
        ConfigurationError: the settings cannot be used.
        ModelError: the model gave no usable answer.
        ServiceError: the model's endpoint serves nobody.

    """
    if reader is not None and reader != "rules":
        if configuration is not None:
            raise ConfigurationError("give either a reader or a configuration")
        chosen = model_settings()
        configuration, service = Configuration.of(reader, chosen.model, chosen.service.prompts), chosen.service
    document = read_document(source, name=name, limits=limits)
    return read(document, configuration, service=service, limits=limits)


def read(
    document: Document,
    configuration: Configuration | None = None,
    *,
    service: Service = DEFAULT_SERVICE,
    model: Model | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The record of a document already read. What the letter says, or fails to say, never raises.

    Args:
        document: The letter.
        configuration: How to read it; by rules by default.
        service: Where a model is asked.
        model: A model in place of the endpoint: scripted, recorded, or anyone's.
        limits: Of these, `seconds`: for the work done here, beside waiting for the model; as for `extract`.

    Raises:
        ReadTimeout: it took longer.
        ModelError, ServiceError: as for `extract`.
        ConfigurationError: called in a running event loop with a model reader: await `read_in` there.

    """
    configuration = configuration or Configuration()
    settings = configuration.model
    if settings is None:
        with deadline.within(limits.seconds):
            return by_rules(document, configuration)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise ConfigurationError("an event loop is running: await read_in(document, configuration, session) instead")

    async def one() -> Record:
        async with Session(settings, service, model) as session:
            return (await read_in(session, document, configuration, limits=limits)).record

    return asyncio.run(one())


@dataclass(frozen=True, slots=True)
class Reading:
    """A record, and what the model said on the way."""

    record: Record
    attempts: tuple[Attempt, ...] = ()


async def read_in(
    session: Session,
    document: Document,
    configuration: Configuration,
    on_attempt: Hear | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Reading:
    """The record of a document by a model reader, in a session that many letters share.

    `on_attempt` is told of every request to the model as soon as it has ended, and awaited. All work is done in this
    process; of `limits`, `seconds` count for each stretch of work between requests.

    Raises:
        ReadTimeout: it took longer.
        ModelError, ServiceError: as for `extract`; the error's `attempts` tell what was tried.

    """
    with deadline.within(limits.seconds):
        opened = open_letter(document, configuration)
    with telemetry.reading(document.sha256, configuration.reader):
        return await read_opened(opened, configuration, session.prompts, session.asker, on_attempt, limits)


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter as far as it can be read without asking."""

    document: Document
    layout: Layout
    facts: Facts
    rules: Grounded | None
    """What the rules reader said, for `both`."""


def open_letter(document: Document, configuration: Configuration) -> Opened:
    """Read a letter as far as it can be read without asking."""
    layout = lay_out(document.text)
    facts = gather(layout)
    both = configuration.reader == "both"
    return Opened(document, layout, facts, ground(read_by_rules(layout, facts), layout, facts) if both else None)


async def read_opened(
    opened: Opened,
    configuration: Configuration,
    prompts: Prompts,
    asker: Asks,
    on_attempt: Hear | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Reading:
    """Ask, and make the record of what is answered; as `read_in`."""
    settings = configuration.model
    if settings is None:
        return Reading(by_rules(opened.document, configuration))
    layout, rules = opened.layout, opened.rules
    reading = await read_by_prompts(layout, opened.facts, settings, prompts, asker, rules, on_attempt)
    with deadline.within(limits.seconds):
        grounded = reading.grounded or ground(reading.draft, reading.layout, reading.facts)
        if rules is not None:
            # Where rules saw no layout, all that the model's headings opened up is the model's.
            said = frozenset(reading.draft.claims) if reading.layout is not layout else reading.said
            merged = reconcile(
                rules, grounded, said, reading.asked, corrected=reading.corrected, model_leads=settings.leads
            )
            grounded = merged.grounded
            for place, evidence in grounded.evidence.items():
                agreement = merged.agreement[place]
                sure = confidence(place.field.pattern, evidence, agreement, corrected=place in merged.corrected)
                grounded.evidence[place] = evidence.model_copy(update={"confidence": sure})
        attempts = tuple(reading.attempts)
        provenance = _provenance(configuration, attempts)
        record = _record(opened.document, reading.layout, reading.facts, reading.draft, grounded, provenance)
    return Reading(record, attempts)


def by_rules(document: Document, configuration: Configuration) -> Record:
    """The record of a document by the rules reader."""
    layout = lay_out(document.text)
    facts = gather(layout)
    draft = read_by_rules(layout, facts)
    return _record(document, layout, facts, draft, ground(draft, layout, facts), _provenance(configuration))


def _record(
    document: Document, layout: Layout, facts: Facts, draft: Draft, grounded: Grounded, provenance: Provenance
) -> Record:
    at = pointers(grounded.values)
    determination = assemble(grounded, draft.decisions)
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
        evidence={at[place]: evidence for place, evidence in grounded.evidence.items()},
        flags=(
            *(Flag(path="", code=FlagCode(note.code), message=note.message) for note in document.notes),
            *flags(grounded.doubts, at),
            *check(determination, layout, facts, draft),
        ),
        provenance=provenance,
    )


def _provenance(configuration: Configuration, attempts: Sequence[Attempt] = ()) -> Provenance:
    told = [attempt.model for attempt in attempts if attempt.model]
    return Provenance(
        reader=configuration.reader,
        model=told[-1] if told else configuration.model.name if configuration.model else None,
        prompt_sha256=configuration.prompt_sha256,
        usage=total_usage(attempts) if configuration.model else None,
        schema_sha256=schema_sha256(),
        config_sha256=_config_sha256(configuration),
        code_version=code_version(),
        created_at=datetime.now(UTC),
    )


def total_usage(attempts: Iterable[Attempt]) -> Usage:
    """What all attempts used together, the failed ones too."""
    return sum((attempt.usage for attempt in attempts), Usage())


@cache
def _config_sha256(configuration: Configuration) -> str:
    return configuration.sha256


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
