"""Files to a provider and answers back. That a file is being sent is remembered before it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from extractor.batch.rounds import Collected, collect
from extractor.errors import AuthenticationFailed, BudgetExceeded, ConfigurationError, RequestRefused
from extractor.model.batches import ENDED, RemoteBatch
from extractor.settings import Price, Service
from extractor.store import Store, batches
from extractor.store.batches import Job

_SENDING = "sending"
"""Stands where the provider's own word will, from before a file is sent until it has been."""
_A_WHILE = timedelta(minutes=15)
"""Longer than sending a file takes."""


class Provider(Protocol):
    """Takes files and gives answers: `extractor.model.batches.Batches`."""

    def submit(self, file: Path, mark: str) -> RemoteBatch:
        """Send a file, so that `find` finds it by the mark."""
        ...

    def find(self, mark: str) -> RemoteBatch | None:
        """The batch that was sent with this mark; None where there is none, or where it cannot be told."""
        ...

    def state(self, batch_id: str) -> RemoteBatch:
        """How a batch stands."""
        ...

    def lines(self, file_id: str) -> Iterator[str]:
        """The lines of a file of answers or errors."""
        ...


def submit(store: Store, provider: Provider, service: Service) -> Iterator[tuple[Job, RemoteBatch]]:
    """Send every file that was not sent; give each with what the provider says.

    A file whose sending was cut short by a crash is first looked for at the provider, and sent again if it is not there
    and a while has passed, for another process might be sending it.

    Raises:
        BudgetExceeded: the next file could cost more than is left of the budget, which holds for all batches of this
            database together.
        ConfigurationError: a file is gone or was changed, or may just be being sent.
        ServiceError: the provider does not take it.

    """
    for job in listed(store, "built"):
        _see_budget(store, job, service)
        mark = _mark(job)
        with store.batching() as db:
            claimed = batches.claim(db, job.id, _now(), _SENDING)
        sent = None if claimed else provider.find(mark)
        if sent is None:
            if not claimed:
                _take_over(store, job)
            try:
                sent = provider.submit(Path(job.file), mark)
            except (AuthenticationFailed, RequestRefused):  # it was told no, so nothing was sent
                _update(store, job, "built", None, None)
                raise
        _update(store, job, "submitted", sent.id, sent.state)
        yield job, sent


def refresh(store: Store, provider: Provider) -> None:
    """Ask how what was sent stands."""
    for job in listed(store, "submitted"):
        told = provider.state(str(job.remote_id))
        _update(store, job, "submitted", told.id, f"{told.state} {told.done}/{told.total}")


def take(store: Store, provider: Provider, price: Price | None = None) -> Iterator[tuple[Job, RemoteBatch, Collected]]:
    """Take in the answers to everything that was sent; give each file with what came of it."""
    for job in listed(store, "submitted"):
        told = provider.state(str(job.remote_id))
        taken = Collected()
        for file in told.files:
            taken += collect(provider.lines(file), store, price)
        _update(store, job, "submitted", told.id, told.state)
        if told.state in ENDED:
            give_up(store, [job])
        yield job, told, taken


def give_up(store: Store, jobs: Iterable[Job]) -> None:
    """No more answers will come to these files: what they leave open goes into the next."""
    with store.batching() as db:
        for job in jobs:
            batches.unanswered(db, job.id)
        batches.close(db)


def listed(store: Store, state: str | None = None) -> list[Job]:
    """The files, all or those in one state."""
    with store.batching() as db:
        return [job for job in batches.jobs(db) if state is None or job.state == state]


def _see_budget(store: Store, job: Job, service: Service) -> None:
    price, budget = service.price, service.budget
    if price is None or budget is None:
        return
    with store.batching() as db:
        spent = price.of(*batches.used(db))
    out = sum(_worst(each, price) for each in listed(store, "submitted"))
    worst = _worst(job, price)
    if spent + out + worst > budget:
        raise BudgetExceeded(
            f"the budget of ${budget:g} could be crossed: ${spent:.4f} is spent, ${out:.4f} may be spent on what is "
            f"out, and {job.file!r} could cost ${worst:.4f}; raise --budget, or collect first"
        )


def _worst(job: Job, price: Price) -> float:
    """Dollars that the open requests of a file can come to."""
    if job.most_input_tokens is None or job.most_output_tokens is None:
        raise ConfigurationError(
            f"what {job.file!r} can cost is not known, for an older version built it: submit it without --budget"
        )
    return price.of(job.most_input_tokens, 0, job.most_output_tokens)


def _mark(job: Job) -> str:
    """By what the provider's batch is found again: the file, and which of ours it is, for two may be the same."""
    try:
        with Path(job.file).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigurationError(
            f"the file {job.file!r} cannot be read ({error.strerror}): bring it back, or let `imr batch collect "
            "--last` put what it asks into another"
        ) from error
    if job.sha256 not in ("", sha256):
        raise ConfigurationError(f"the file {job.file!r} was changed since it was built: bring the first one back")
    return hashlib.sha256(f"{sha256} {job.id} {job.created_at}".encode()).hexdigest()


def _take_over(store: Store, job: Job) -> None:
    """Send a file that somebody began to send and the provider does not have.

    Raises:
        ConfigurationError: that was only a while ago.

    """
    begun = datetime.fromisoformat(job.updated_at)
    if datetime.now(UTC) - begun < _A_WHILE:
        raise ConfigurationError(
            f"somebody began to send {job.file!r} at {job.updated_at}: try again a quarter of an hour later"
        )
    with store.batching() as db:
        batches.update_job(db, job.id, _now(), state="built", remote_id=None, remote_state=_SENDING)


def _update(store: Store, job: Job, state: str, remote_id: str | None, remote_state: str | None) -> None:
    with store.batching() as db:
        batches.update_job(db, job.id, _now(), state=state, remote_id=remote_id, remote_state=remote_state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
