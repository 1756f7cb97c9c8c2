"""One run over a backlog: what is known is skipped, what is new is read on all cores, one writer saves it.

The writer is this process. Work under way is bounded, so memory does not grow with the backlog. Everything of a
letter is saved in one transaction together with the run's counts: a process killed at any instant leaves nothing half
done, and the next run reads only what has no record yet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.backlog import walk
from extractor.backlog.pool import Pool, Requests
from extractor.backlog.rules_pool import RulesPool
from extractor.backlog.stopping import Stopping
from extractor.backlog.summary import RunSummary, Tally
from extractor.backlog.work import Wanted, Work
from extractor.backlog.worker import LetterReader, read_letter
from extractor.errors import ConfigurationError
from extractor.processes.children import cores
from extractor.settings import DEFAULT_ENDPOINT, DEFAULT_LIMITS, Endpoint, Limits
from extractor.store import Store

if TYPE_CHECKING:
    from extractor.model import Model
    from extractor.reading.configuration import Configuration


def run(
    paths: Sequence[Path | str],
    store: Store,
    configuration: Configuration,
    *,
    limits: Limits = DEFAULT_LIMITS,
    workers: int | None = None,
    limit: int | None = None,
    on_progress: Callable[[RunSummary], None] | None = None,
    reader: LetterReader = read_letter,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    model: Model | None = None,
    retry: str | None = None,
    rehash: bool = False,
    check_records: bool = False,
) -> RunSummary:
    """Read every letter under `paths` into `store`; each ends as a record or a typed failure.

    Content that has a record of this configuration is not read again, whatever it is called; that record counts from
    then on, also where one of another configuration was saved later. Letters that failed
    before are tried once more, up to three times under one configuration. SIGINT and SIGTERM end the run in order: what
    is under way is finished and saved, the rest is counted as `remaining`; a second one ends it at once.
    A script that calls this needs the usual `if __name__ == "__main__":`, for workers import it.

    Args:
        paths: Files, folders, patterns, archives, lists and `-`: docs/backlogs.md.
        store: Where records and failures go.
        configuration: How letters are read; equal `sha256`, equal reading.
        limits: What one letter may cost; its `seconds` are enforced by ending the process that exceeds them.
        workers: Processes; by default as many as there are cores.
        limit: Take only so many letters, the first ones.
        on_progress: Called with the summary so far whenever letters have ended, or requests about them.
        reader: Reads one letter by rules; for tests.
        endpoint: Where a model is asked, how fast and for how much, if the configuration names one.
        model: A model in place of that endpoint.
        retry: A failure class, or `all`: such letters are tried again though they have failed three times.
        rehash: Hash every file, also one that looks as it did when it was read.
        check_records: Look at every record that is met, and read letters again whose record is damaged.

    Raises:
        ServiceError: the model's endpoint serves nobody, or the budget is used; what was read is saved.
        ConfigurationError: a path does not exist, or `workers` is not positive. Nothing was read.
        StoreError: the database failed; what was saved is safe.

    """
    workers = cores() if workers is None else workers
    if workers < 1:
        raise ConfigurationError(f"workers must be 1 or more, not {workers!r}")
    walk.check(paths)
    from extractor.identity import code_version  # noqa: PLC0415  the readers are heavy, and walking needs none

    run_id = store.begin_run(
        reader=configuration.reader,
        config_sha256=configuration.sha256,
        configuration=configuration.as_json_with_parts,
        code_version=code_version(),
        workers=workers,
    )
    wanted = Wanted(configuration.sha256, limits.max_bytes, retry, rehash, check_records)
    tally = Tally(run_id)
    state = "stopped"
    try:
        with Stopping() as stopping:
            pool, requests = _pool(workers, reader, configuration, limits, endpoint, model, store.path)
            tally.requests = requests
            with pool:
                work = Work(store, pool, requests, wanted, tally, stopping, on_progress)
                sound, asked = work.sound.append, partial(bool, stopping)
                work.do(walk.Walk(paths, store.path, limits=limits, most=limit, sound=sound, asked=asked))
                if requests is not None and requests.trouble is not None:
                    raise requests.trouble
        state = "interrupted" if tally.interrupted else "finished"
    finally:
        cause = sys.exc_info()[0] if state == "stopped" else None
        store.end_run(run_id, state, tally.row(), cause=cause.__name__ if cause else None)
    return tally.summary()


def _pool(
    workers: int,
    reader: LetterReader,
    configuration: Configuration,
    limits: Limits,
    endpoint: Endpoint,
    model: Model | None,
    database: Path,
) -> tuple[Pool, Requests | None]:
    """Who reads, and what of it asks a model."""
    if configuration.model is None:
        return RulesPool(workers, reader, configuration, limits), None
    from extractor.backlog.model_pool import ModelPool  # noqa: PLC0415  loads the readers into this process

    pool = ModelPool(configuration, endpoint, limits, model, database, workers)
    return pool, pool
