"""Reading kept replies again: a changed rule, grounding or check is applied to a whole database and nobody is asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial

from extractor.backlog.replies import KeptReplies, NotAsked
from extractor.documents import Document
from extractor.endings import FailedLetter, await_one
from extractor.errors import ConfigurationError, ModelError, RecordingMissing
from extractor.identity import code_version
from extractor.model import Request
from extractor.readers.model import Session
from extractor.readers.model.prompts import load_prompts
from extractor.reading.apart import Apart, itself
from extractor.reading.configuration import Configuration
from extractor.settings import DEFAULT_ENDPOINT, DEFAULT_LIMITS, Endpoint, Limits
from extractor.store import Changes, Prepared, Store, prepare

_BATCH = 50
"""Records saved in one transaction."""


@dataclass(frozen=True, slots=True)
class Reground:
    """What became of the records that a model had read."""

    found: int = 0
    """Documents whose current record is a model's."""
    read: int = 0
    """Read again: there is a new current record."""
    same: int = 0
    """Read by this very code and configuration already."""
    made_current: int = 0
    """Of these, records that another version's had superseded, and that count again."""
    failed: int = 0
    """Left as they are: reading took longer than the limit, or killed the process that was reading."""
    missing: int = 0
    """Left as they are: a reply that would be needed now was never given; `imr run` asks for it."""


def reground(
    store: Store,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    on_progress: Callable[[Reground], None] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Reground:
    """Read every letter of a model reader again from the replies that the database keeps.

    The earlier records stay beside the new ones. A letter for which a reply is missing (the prompts have changed, say)
    keeps the record that it has.

    Args:
        store: The database.
        endpoint: Only its folder of prompts counts.
        on_progress: Called after every batch.
        limits: Of these, `seconds` that one letter may take.

    Raises:
        StoreError: the database failed; what was saved is safe.

    """
    with Apart(limits, prompts=load_prompts(endpoint.prompts)) as apart:
        return asyncio.run(_reground(store, endpoint, on_progress, apart))


async def _reground(
    store: Store, endpoint: Endpoint, on_progress: Callable[[Reground], None] | None, apart: Apart
) -> Reground:
    done = Reground()
    known, nobody = KeptReplies(store, usable=False), NotAsked(_no_reply)
    sessions: dict[str, tuple[Configuration, Session]] = {}
    run_ids: dict[str, int] = {}
    prepared: dict[str, list[Prepared]] = {}
    saved: Counter[str] = Counter()

    def save() -> None:
        for key, letters in prepared.items():
            configuration, _ = sessions[key]
            store.save_all(Changes(letters), run_id=run_ids[key], config_sha256=configuration.sha256)
        prepared.clear()
        if on_progress:
            on_progress(done)

    for document, given in store.read_by_models():
        done = _plus(done, found=1)
        if given not in sessions:
            configuration = Configuration.from_json(given, endpoint.prompts)
            if configuration.model is None:
                raise ConfigurationError("a record of a model reader has no model in its configuration")
            sessions[given] = configuration, Session(configuration.model, endpoint, nobody, known=known)
        configuration, session = sessions[given]
        if store.known([document.sha256], configuration.sha256):
            met = store.superseded([document.sha256], configuration.sha256)
            again = store.save_all(Changes(met=met), config_sha256=configuration.sha256).made_current if met else 0
            done = _plus(done, same=1, made_current=again)
            continue
        reading = _again(apart, document, configuration, session)
        letter = await await_one(reading, document.name, partial(str, document.sha256))
        if letter is None:
            done = _plus(done, missing=1)
            continue
        if isinstance(letter, FailedLetter):
            done = _plus(done, failed=1)
            continue
        if given not in run_ids:
            run_ids[given] = store.begin_run(
                reader=configuration.reader,
                config_sha256=configuration.sha256,
                configuration=given,
                code_version=code_version(),
                workers=1,
            )
        prepared.setdefault(given, []).append(letter)
        done = _plus(done, read=1)
        saved[given] += 1
        if done.read % _BATCH == 0:
            save()
    save()
    for given, run_id in run_ids.items():
        store.end_run(run_id, "finished", {"found": saved[given], "extracted": saved[given]})
    return done


def _no_reply(request: Request) -> ModelError:
    return RecordingMissing(f"the database holds no reply to this request ({request.purpose})")


async def _again(apart: Apart, document: Document, configuration: Configuration, session: Session) -> Prepared | None:
    """The rows of a letter that is read again; None where a reply is missing."""
    try:
        return await apart.read(partial(itself, document), configuration, prepare, session.asker)
    except ModelError:
        return None


def _plus(done: Reground, **more: int) -> Reground:
    return Reground(**{each.name: getattr(done, each.name) + more.get(each.name, 0) for each in fields(Reground)})
