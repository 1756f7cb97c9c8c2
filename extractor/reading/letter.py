"""Reading: a document in, a record out.

layout → reader(s) → draft(s) → grounding → reconciliation → determination → checks → record
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from extractor import telemetry
from extractor.documents import Document, read_document
from extractor.errors import ConfigurationError, SeveralLetters
from extractor.facts import Facts, gather
from extractor.grounding.ground import Grounded, ground
from extractor.layout import Layout, lay_out
from extractor.model import Attempt, Model, OnAttempt
from extractor.model.asking import Asks
from extractor.processes import deadline
from extractor.readers.both.confidence import confidence
from extractor.readers.both.reconcile import reconcile
from extractor.readers.both.unlikely import withhold_unlikely
from extractor.readers.model import Session, read_by_prompts
from extractor.readers.model.prompts import Prompts
from extractor.readers.rules import read_by_rules
from extractor.reading.assembling import provenance_of, record_of
from extractor.reading.configuration import Configuration, ReaderName
from extractor.reading.kinds import is_determination, may_be_determination, refusal
from extractor.reading.parting import letters_of
from extractor.records.record import Record
from extractor.settings import DEFAULT_ENDPOINT, DEFAULT_LIMITS, Endpoint, Limits, model_settings


def extract(
    source: Path | bytes | str,
    *,
    name: str | None = None,
    reader: ReaderName | None = None,
    configuration: Configuration | None = None,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The record of one letter. `extract_each` reads files that may hold several.

    Args:
        source: a file, its bytes, or a letter's text.
        name: what to call it in the record; a file's own name by default.
        reader: `rules` (the default), `model` or `both`; the model's settings come from the environment and `imr.toml`.
        configuration: instead of `reader`: how to read, in full.
        endpoint: with `configuration`: where the model is asked.
        limits: what a document may cost before it is refused. Its `seconds` are checked between our own steps, which
            are short; a call inside a library that never comes back is not ended by that. `extractor.reading.apart`
            reads in processes of its own, and ends those that take longer.

    Raises:
        DocumentError: the document cannot be turned into text, took too long, is no determination
            (`NotADetermination`), or holds several (`SeveralLetters`).
        ConfigurationError: the settings cannot be used.
        ModelError: the model gave no usable answer.
        ServiceError: the model's endpoint serves nobody.

    """
    configuration, endpoint = _chosen(reader, configuration, endpoint)
    return read(read_document(source, name=name, limits=limits), configuration, endpoint=endpoint, limits=limits)


def extract_each(
    source: Path | bytes | str,
    *,
    name: str | None = None,
    reader: ReaderName | None = None,
    configuration: Configuration | None = None,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Record, ...]:
    """The records of all letters that a file holds, in order; one for most. As `extract` otherwise.

    The second is called `file.pdf#2`, and so on; the evidence of all points into the text of the whole file.
    """
    configuration, endpoint = _chosen(reader, configuration, endpoint)
    document = read_document(source, name=name, limits=limits)
    try:
        return (read(document, configuration, endpoint=endpoint, limits=limits),)
    except SeveralLetters as several:
        letters = several.letters
    return tuple(read(letter, configuration, endpoint=endpoint, limits=limits) for letter in letters)


def _chosen(
    reader: ReaderName | None, configuration: Configuration | None, endpoint: Endpoint
) -> tuple[Configuration | None, Endpoint]:
    """How to read, and where a model is asked."""
    if reader is None or reader == "rules":
        return configuration, endpoint
    if configuration is not None:
        raise ConfigurationError("give either a reader or a configuration")
    chosen = model_settings()
    return Configuration.of(reader, chosen.model, chosen.endpoint.prompts), chosen.endpoint


def read(
    document: Document,
    configuration: Configuration | None = None,
    *,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    model: Model | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The record of a document already read. What a determination says, or fails to say, never raises.

    Args:
        document: The letter.
        configuration: How to read it; by rules by default.
        endpoint: Where a model is asked.
        model: A model in place of the endpoint: scripted, recorded, or anyone's.
        limits: Of these, `seconds`: for the work done here, beside waiting for the model; as for `extract`.

    Raises:
        ReadTimeout: it took longer.
        NotADetermination, UnknownLayout, SeveralLetters: there is not one determination to read.
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
        async with Session(settings, endpoint, model) as session:
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
    on_attempt: OnAttempt | None = None,
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
    """Read a letter as far as it can be read without asking.

    Raises:
        SeveralLetters, NotADetermination, UnknownLayout: there is not one determination to read.

    """
    layout = _laid_out(document)
    if not may_be_determination(layout):
        raise refusal(layout, document.name)
    facts = gather(layout)
    both = configuration.reader == "both"
    rules = ground(read_by_rules(layout, facts, alone=False), layout, facts) if both else None
    return Opened(document, layout, facts, rules)


async def read_opened(
    opened: Opened,
    configuration: Configuration,
    prompts: Prompts,
    asker: Asks,
    on_attempt: OnAttempt | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Reading:
    """Ask, and make the record of what is answered; as `read_in`."""
    settings = configuration.model
    if settings is None:
        return Reading(by_rules(opened.document, configuration))
    layout, rules = opened.layout, opened.rules
    reading = await read_by_prompts(layout, opened.facts, settings, prompts, asker, rules, on_attempt)
    if not is_determination(reading.layout):
        error = refusal(reading.layout, opened.document.name)
        error.attempts = tuple(reading.attempts)  # paid for, though nothing came of it
        raise error
    with deadline.within(limits.seconds):
        grounded = reading.grounded or ground(reading.draft, reading.layout, reading.facts)
        if rules is not None:
            # Where rules saw no layout, all that the model's headings opened up is the model's.
            said = frozenset(reading.draft.claims) if reading.layout is not layout else reading.said
            merged = reconcile(
                rules, grounded, said, reading.asked, corrected=reading.corrected, model_leads=settings.leads
            )
            grounded = merged.grounded
            sure = {
                place: confidence(
                    place.field.pattern,
                    evidence,
                    merged.agreement[place],
                    corrected=place in merged.corrected,
                )
                for place, evidence in grounded.evidence.items()
            }
            for place, share in sure.items():
                grounded.evidence[place] = grounded.evidence[place].model_copy(update={"confidence": share})
            if settings.leads:
                withhold_unlikely(grounded, {at: share for at, share in sure.items() if at not in merged.answered})
        attempts = tuple(reading.attempts)
        provenance = provenance_of(configuration, attempts)
        record = record_of(opened.document, reading.layout, reading.facts, reading.draft, grounded, provenance)
    return Reading(record, attempts)


def by_rules(document: Document, configuration: Configuration) -> Record:
    """The record of a document by the rules reader.

    Raises:
        SeveralLetters, NotADetermination, UnknownLayout: there is not one determination to read.

    """
    layout = _laid_out(document)
    if not is_determination(layout):
        raise refusal(layout, document.name)
    facts = gather(layout)
    draft = read_by_rules(layout, facts)
    return record_of(document, layout, facts, draft, ground(draft, layout, facts), provenance_of(configuration))


def _laid_out(document: Document) -> Layout:
    """The layout of a letter.

    Raises:
        SeveralLetters: the file holds several.

    """
    layout = lay_out(document.own_text)
    letters = letters_of(document, layout)
    if letters:
        raise SeveralLetters(
            f"{document.name!r} holds {len(letters)} letters: read each with extract_each, `imr extract` or `imr run`",
            letters,
        )
    return layout
