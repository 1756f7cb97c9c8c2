"""The one module that knows the engine: Dask. Partitions go out, files come back.

Dask does one thing here: it is to run a task on some worker and to run it again where that worker was lost. That is all
we need of it: what is asked of a worker is a function of its arguments, its result is written by us, under the name of
its task, whole or not at all; so a task that runs twice is there once.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from extractor.cluster import files
from extractor.cluster.job import FAILURE, RECORD, RESULTS, Job, as_failure, digest
from extractor.cluster.letters import FoundLetter, Partitions, read_already
from extractor.cluster.partition import read_partition
from extractor.endings import Ends, FailedLetter
from extractor.errors import ConfigurationError, ImrError, NotADetermination, ReadCrash

BY_RULES, BY_MODEL = 128, 32
"""Letters of a partition: about a second's work; with a model few, for a worker that is lost has asked in vain."""
AHEAD = 3
"""Partitions under way for each worker: it never idles, and what the scheduler holds stays bounded."""
WAIT_SECONDS = 30.0
"""How long to wait for the first worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSummary(Ends):
    """What became of the letters, so far or in the end; `already` are those with a record in the folder from before."""

    records: int = 0
    """New records."""
    files: int = 0
    """Parquet files written."""


def run_on_cluster(
    letters: Iterable[FoundLetter],
    out: Path,
    job: Job,
    *,
    address: str | None = None,
    workers: int | None = None,
    partition: int | None = None,
    on_progress: Callable[[ClusterSummary], None] | None = None,
) -> ClusterSummary:
    """Read letters on a cluster; each ends as a row of a Parquet file in `out`.

    What has a record of this configuration in `out` already is not read again; what failed is.

    Args:
        letters: As a walk gives them (`extractor.backlog.walk`); workers are sent their contents.
        out: A folder; made where it is not there.
        job: How to read.
        address: Of a Dask scheduler, for example `tcp://10.0.0.1:8786`; None starts processes on this machine.
        workers: How many of these; by default one a core.
        partition: Letters a task.
        on_progress: Called with the summary so far after every partition.

    Raises:
        ConfigurationError: Dask is not installed, nobody answers at the address, workers have another version, or
            settings cannot be used.
        ServiceError: the model's endpoint serves nobody; what was read is in `out`.
        ImrError: the cluster was lost; likewise.

    """
    engine = _engine()
    if out.exists() and not out.is_dir():
        raise ConfigurationError(f"{str(out)!r} is no folder")
    out.mkdir(parents=True, exist_ok=True)
    expected = job.configuration.sha256
    size = partition or (BY_MODEL if job.configuration.model else BY_RULES)
    parts = Partitions(letters, job, read_already(out, expected), size)
    progress = _Progress(out, parts, on_progress)
    with _client(engine, address, workers) as client:
        try:
            _work(engine, client, parts, job, progress)
        except (engine.CancelledError, engine.comm.CommClosedError, TimeoutError, OSError) as error:
            raise ImrError(
                f"the cluster was lost ({type(error).__name__}: {error}); what was read is in {str(out)!r}: run again"
            ) from error
    progress.keep_failed()
    return progress.summary()


def _work(engine: Any, client: Any, letters: Partitions, job: Job, progress: _Progress) -> None:
    """Keep every worker busy until there is nothing left."""
    run, more = uuid.uuid4().hex[:12], iter(letters)
    under_way: dict[str, pa.Table] = {}
    ended = engine.as_completed(loop=client.loop)
    number = 0
    while True:
        room = AHEAD * max(1, len(client.nthreads()))
        while len(under_way) < room and (table := next(more, None)) is not None:
            key = f"imr-{run}-{number:06}"
            number += 1
            under_way[key] = table
            ended.add(client.submit(read_for_driver, table, job, job.configuration.sha256, key=key, pure=False))
            progress.keep_failed()
        if not under_way:
            return
        future = next(ended)
        table = under_way.pop(future.key)
        try:
            data = future.result()
        except engine.KilledWorker:
            message = (
                "several workers died while they had it: look for what ends them (memory, preemption), and run again"
            )
            rows = [
                as_failure(FailedLetter.of(ReadCrash(message), row["name"], digest(row)), job.configuration.sha256)
                for row in table.to_pylist()
            ]
            progress.keep(future.key, *_encoded(pa.Table.from_pylist(rows, schema=RESULTS)))
        else:
            progress.keep(future.key, *data)
        future.release()


def read_for_driver(letters: pa.Table, job: Job, expected: str) -> tuple[bytes, dict[str, int]]:
    """What a worker does: read a partition, give it back as a Parquet file, with its counts.

    Raises:
        ConfigurationError: this worker would read otherwise than its driver expects.

    """
    if job.configuration.sha256 != expected:
        from extractor.identity import code_version  # noqa: PLC0415  only to say which

        raise ConfigurationError(
            f"a worker has another imr-extractor ({code_version()}), or other versions of the libraries that read "
            "documents, than this machine: install the same on all"
        )
    return _encoded(read_partition(letters, job))


def _encoded(table: pa.Table) -> tuple[bytes, dict[str, int]]:
    counts: Counter[str] = Counter()
    for status, failure_class in zip(table["status"].to_pylist(), table["failure_class"].to_pylist(), strict=True):
        counts[RECORD if status == RECORD else f"{FAILURE} {failure_class}"] += 1
    return files.encoded(table), dict(counts)


class _Progress:
    """Writes what came back, and counts."""

    def __init__(self, out: Path, letters: Partitions, on_progress: Callable[[ClusterSummary], None] | None) -> None:
        self._out = out
        self._letters = letters
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._files = 0

    def keep(self, key: str, data: bytes, counts: dict[str, int]) -> None:
        files.write(data, self._out / f"{key}.parquet")
        self._files += 1
        self._counts.update(counts)
        if self._on_progress:
            self._on_progress(self.summary())

    def keep_failed(self) -> None:
        """File what could not be loaded."""
        if self._letters.failed:
            table = pa.Table.from_pylist(self._letters.failed, schema=RESULTS)
            self._letters.failed = []
            self.keep(f"imr-unread-{uuid.uuid4().hex[:12]}", *_encoded(table))

    def summary(self) -> ClusterSummary:
        failures = {
            key.removeprefix(f"{FAILURE} "): count for key, count in self._counts.most_common() if key != RECORD
        }
        return ClusterSummary(
            found=self._letters.found,
            already=self._letters.already,
            records=self._counts[RECORD],
            failed=sum(failures.values()) - failures.get(NotADetermination.failure_class, 0),
            other_kinds=failures.get(NotADetermination.failure_class, 0),
            files=self._files,
            seconds=time.monotonic() - self._started,
            failures=failures,
        )


def _engine() -> Any:
    try:
        import distributed  # noqa: PLC0415  an extra, and large
    except ImportError as error:
        raise ConfigurationError("a cluster needs Dask: pip install 'imr-extractor[cluster]'") from error
    return distributed


@contextmanager
def _client(engine: Any, address: str | None, workers: int | None) -> Iterator[Any]:
    """A client of the cluster there, or of one made here for as long as this lasts."""
    cluster = None
    try:
        if address is None:
            cluster = engine.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            )
        client = engine.Client(cluster or address, timeout=WAIT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        where = f"at {address!r}" if address else "on this machine"
        raise ConfigurationError(f"no Dask cluster {where}: no scheduler, or no worker ({error})") from error
    try:
        yield client
    finally:
        client.close()
        if cluster is not None:
            cluster.close()
