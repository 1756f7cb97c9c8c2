"""One round: letters that wait are read as far as the answers go, and what is still to be asked goes into files."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from extractor import telemetry
from extractor.backlog.replies import KeptReplies, NotAsked
from extractor.backlog.source import LetterSource
from extractor.batch.request_files import RequestFiles, bring_back
from extractor.documents import Document
from extractor.endings import FailedLetter, await_one, read_one
from extractor.errors import AnswerPending, ConfigurationError, Rejected
from extractor.identity import code_version
from extractor.layout import lay_out
from extractor.model import Request
from extractor.readers.model import Session
from extractor.readers.model.prompts import load_prompts
from extractor.reading.apart import Apart, itself
from extractor.reading.configuration import Configuration
from extractor.reading.parting import letters_of
from extractor.settings import DEFAULT_LIMITS, Endpoint, Limits
from extractor.store import Changes, Store, batches, prepare, writer
from extractor.store.database import now
from extractor.store.rows import document_row


@dataclass(slots=True)
class Round:
    """What a round did."""

    read: int = 0
    """New records."""
    failed: int = 0
    """Letters given up, as typed failures."""
    waiting: int = 0
    """Letters whose answers are not all there."""
    requests: int = 0
    """Put into files."""
    files: tuple[Path, ...] = ()


def build(
    sources: Iterable[LetterSource],
    store: Store,
    configuration: Configuration,
    endpoint: Endpoint,
    limits: Limits,
    out: Path,
) -> Round:
    """Take letters in, and put what has to be asked about them into files.

    Args:
        sources: The letters.
        store: Where letters, requests and records are remembered.
        configuration: How to read; with a model. Its mode `auto` is `json_schema` here: nothing can be tried.
        endpoint: Only its folder of prompts counts.
        limits: What a document may cost.
        out: The folder for files.

    Raises:
        ConfigurationError: the configuration names no model, or the folder cannot be used.

    """
    if configuration.model is None:
        raise ConfigurationError("the rules reader asks nobody: add --reader model or --reader both")
    given = configuration.as_json
    _make(out)
    with Apart(limits, prompts=load_prompts(endpoint.prompts)) as apart:
        for source in sources:
            letters = read_one(
                partial(apart.do, _letters_in, source, limits),
                source.name,
                partial(source.digest, limits.max_bytes),
                source.place,
            )
            if isinstance(letters, FailedLetter):
                store.save_all(Changes(failed=[letters]), config_sha256=configuration.sha256)
                continue
            for document in letters:
                name = document.numbered(source.name)
                names, places = [(document.sha256, name)], [source.place]
                if store.known([document.sha256], configuration.sha256):
                    changes = Changes(names=names, places=places, met=[document.sha256])
                    store.save_all(changes, config_sha256=configuration.sha256)
                    continue
                with store.batching() as db:
                    batches.add_letter(db, document_row(document), configuration.sha256, given, name)
                store.save_all(Changes(names=names, places=places))
        return asyncio.run(_advance(store, endpoint, out, apart))


def _letters_in(source: LetterSource, limits: Limits) -> tuple[Document, ...]:
    """The letters of a file; in a child."""
    document = source.document(limits)
    return letters_of(document, lay_out(document.text)) or (document,)


def advance(store: Store, endpoint: Endpoint, out: Path, limits: Limits = DEFAULT_LIMITS) -> Round:
    """Read every waiting letter as far as the answers go; what is still to be asked goes into new files in `out`.

    Of `limits`, `seconds` count: a letter that takes longer fails.
    """
    _make(out)
    with Apart(limits, prompts=load_prompts(endpoint.prompts)) as apart:
        return asyncio.run(_advance(store, endpoint, out, apart))


def _make(out: Path) -> None:
    """Make the folder for files.

    Raises:
        ConfigurationError: it cannot be made.

    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder {str(out)!r} cannot be used: {error.strerror}") from error


async def _advance(store: Store, endpoint: Endpoint, out: Path, apart: Apart) -> Round:
    done = Round()
    known = KeptReplies(store, usable=False)
    files = RequestFiles(store, out)
    configurations: dict[str, Configuration] = {}
    run_ids: dict[str, int] = {}
    read: Counter[str] = Counter()
    with store.batching() as db:
        letters = batches.waiting(db)
        jobs = [job for job in batches.jobs(db) if job.state == "built"]
    for job in jobs:
        bring_back(job)

    for sha256, name, given in letters:
        if given not in configurations:
            configurations[given] = Configuration.from_json(given, endpoint.prompts)
        configuration = configurations[given]
        asked: list[Request] = []
        document = replace(store.document(sha256), name=Path(name).name)
        if configuration.model is None:
            continue
        session = Session(configuration.model, endpoint, NotAsked(partial(_pending, asked)), known=known)
        fetch, finish = partial(itself, document), partial(prepare, name=name)
        reading = apart.read(fetch, configuration, finish, session.asker)
        try:
            ended = await await_one(reading, name, partial(str, sha256))
        except AnswerPending:
            hopeless = files.add(asked, sha256, configuration)
            if hopeless is None:
                done.waiting += 1
                continue
            ended = FailedLetter.of(Rejected(hopeless), name, sha256)
        if isinstance(ended, FailedLetter):
            done.failed += _give_up(store, ended, configuration, given)
        else:
            if given not in run_ids:
                run_ids[given] = _begin(store, configuration, given)
            store.save_all(
                Changes([ended]),
                run_id=run_ids[given],
                config_sha256=configuration.sha256,
            )
            with store.batching() as db:
                first = batches.end_letter(db, sha256, given, "done")
            done.read += first
            read[given] += first
    done.files = files.close()
    done.requests = files.requests
    for given, run_id in run_ids.items():
        store.end_run(run_id, "finished", {"found": read[given], "extracted": read[given]})
    return done


def _pending(asked: list[Request], request: Request) -> AnswerPending:
    asked.append(request)
    return AnswerPending("it goes into a batch")


def _begin(store: Store, configuration: Configuration, given: str) -> int:
    return store.begin_run(
        reader=configuration.reader,
        config_sha256=configuration.sha256,
        configuration=given,
        code_version=code_version(),
        workers=1,
    )


def _give_up(store: Store, letter: FailedLetter, configuration: Configuration, given: str) -> bool:
    """File a letter as a failure; False where another process has ended it already."""
    with store.batching() as db:
        first = batches.end_letter(db, str(letter.sha256), given, "failed")
        if first:
            writer.insert_failures(db, [letter], configuration.sha256, None, now())
    if first:
        telemetry.letter_failed(None, letter.name, letter.sha256, letter.failure_class)
    return first
