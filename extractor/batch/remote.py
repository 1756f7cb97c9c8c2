"""Files to a provider and answers back. That a file is being sent is remembered before it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from extractor.batch.answers import Collected, collect
from extractor.batch.request_files import bring_back
from extractor.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    ImrError,
    RequestRefused,
)
from extractor.model.batches import ENDED, LongLine, RemoteBatch, seconds_to_send
from extractor.model.wire import MOST_REPLY_BYTES
from extractor.settings import Endpoint, Price
from extractor.store import Store, batches
from extractor.store.batches import BatchFile

_SENDING = "sending"
"""Stands where the provider's own word will, from before a file is sent until it has been."""
_AN_ANSWER = 256_000
"""Bytes of an answer, on the average of a file: a hundred times what is usual."""


class Provider(Protocol):
    """Takes files and gives answers: `extractor.model.batches.Batches`."""

    def upload(self, file: Path) -> str:
        """Send a file, which does nothing by itself; what the provider calls it."""
        ...

    def create(self, file_id: str, mark: str) -> RemoteBatch:
        """Have a file answered, so that `find` finds it by the mark."""
        ...

    def find(self, mark: str) -> RemoteBatch | None:
        """The batch that was sent with this mark; None where there is none, or where the provider does not say."""
        ...

    def state(self, batch_id: str) -> RemoteBatch:
        """How a batch stands."""
        ...

    def lines(self, file_id: str, most_bytes: int) -> Iterator[str | LongLine]:
        """The lines of a file of answers or errors, which may be so long."""
        ...


def submit(store: Store, provider: Provider, endpoint: Endpoint) -> Iterator[tuple[BatchFile, RemoteBatch]]:
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
        mark = _mark(job)
        with store.batching() as db:
            now = batches.job(db, job.id)
            free = now.state == "built" and now.remote_state != _SENDING
            if free:
                _claim(db, now, endpoint)
        if now.state != "built":  # another process was faster
            continue
        sent = None if free else provider.find(mark)
        if sent is None:
            if not free:
                _take_over(store, now, endpoint)
            sent = _sent(store, now, mark, provider)
        _update(store, job, "submitted", sent.id, sent.state)
        yield job, sent


def _sent(store: Store, job: BatchFile, mark: str, provider: Provider) -> RemoteBatch:
    """Send a file that is claimed; the claim is given back where it is sure that nothing was begun."""
    try:
        file_id = provider.upload(Path(job.file))
    except (ImrError, KeyboardInterrupt):  # a file by itself does nothing
        _update(store, job, "built", None, None)
        raise
    try:
        return provider.create(file_id, mark)
    except (AuthenticationFailed, RequestRefused):  # the answer was no
        _update(store, job, "built", None, None)
        raise


def refresh(store: Store, provider: Provider) -> None:
    """Ask how what was sent stands."""
    for job in listed(store, "submitted"):
        sent = provider.state(str(job.remote_id))
        _stands(store, job, f"{sent.state} {sent.done}/{sent.total}")


def take(
    store: Store, provider: Provider, price: Price | None = None
) -> Iterator[tuple[BatchFile, RemoteBatch, Collected]]:
    """Take in the answers to everything that was sent; give each file with what came of it.

    Raises:
        ServiceError: the provider cannot be reached; or, once the others were taken in, it does not know one of them.

    """
    unknown: RequestRefused | None = None
    for job in listed(store, "submitted"):
        taken = Collected()
        try:
            sent = provider.state(str(job.remote_id))
            for file in sent.files:
                most_bytes = MOST_REPLY_BYTES + job.requests * _AN_ANSWER
                taken += collect(provider.lines(file, most_bytes), store, price, job.id)
        except RequestRefused as error:
            unknown = unknown or error
            continue
        _stands(store, job, sent.state)
        if sent.state in ENDED:
            give_up(store, [job])
        yield job, sent, taken
    if unknown is not None:
        raise unknown


def give_up(store: Store, jobs: Iterable[BatchFile]) -> None:
    """No more answers will come to these files: what they leave open goes into the next."""
    with store.batching() as db:
        for job in jobs:
            batches.unanswered(db, job.id)
        batches.close(db)


def listed(store: Store, state: str | None = None) -> list[BatchFile]:
    """The files, all or those in one state."""
    with store.batching() as db:
        return [job for job in batches.jobs(db) if state is None or job.state == state]


def _claim(db: batches.Transaction, job: BatchFile, endpoint: Endpoint) -> None:
    """Take a file to send it, if its worst cost is left; in the transaction in which it was seen to be free."""
    price, budget = endpoint.price, endpoint.budget
    if price is not None and budget is not None:
        spent = price.of(*batches.used(db))
        others = [each for each in batches.jobs(db) if each.id != job.id]
        # One that is being sent is out already.
        out = sum(_worst(each, price) for each in others if each.state == "submitted" or _is_being_sent(each))
        worst = _worst(job, price)
        if spent + out + worst > budget:
            raise BudgetExceeded(
                f"the budget of ${budget:g} could be crossed: ${spent:.4f} is spent, ${out:.4f} may be spent on what "
                f"is out, and {job.file!r} could cost ${worst:.4f}; raise --budget, or collect first"
            )
    batches.update_job(db, job.id, _now(), state="built", remote_id=None, remote_state=_SENDING)


def _is_being_sent(job: BatchFile) -> bool:
    return job.state == "built" and job.remote_state == _SENDING


def _worst(job: BatchFile, price: Price) -> float:
    """Dollars that the open requests of a file can come to."""
    if job.most_input_tokens is None or job.most_output_tokens is None:
        raise ConfigurationError(
            f"what {job.file!r} can cost is not known, for an older version built it: submit it without --budget"
        )
    return price.of(job.most_input_tokens, 0, job.most_output_tokens)


def _mark(job: BatchFile) -> str:
    """By what the provider's batch is found again: the file, and which of ours it is, for two may be the same."""
    bring_back(job)
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


def _take_over(store: Store, seen: BatchFile, endpoint: Endpoint) -> None:
    """Claim a file that somebody began to send and the provider does not have.

    Raises:
        ConfigurationError: that was only a while ago, or another process has just taken it over.

    """
    a_while = timedelta(seconds=seconds_to_send(Path(seen.file).stat().st_size))
    with store.batching() as db:
        now = batches.job(db, seen.id)
        begun = datetime.fromisoformat(now.updated_at)
        if now.updated_at != seen.updated_at or not _is_being_sent(now) or datetime.now(UTC) - begun < a_while:
            raise ConfigurationError(
                f"somebody began to send {now.file!r} at {now.updated_at}, and the endpoint does not list it yet: try "
                f"again after {begun + a_while:%H:%M} UTC"
            )
        _claim(db, now, endpoint)


def _stands(store: Store, job: BatchFile, remote_state: str) -> None:
    with store.batching() as db:
        batches.stands(db, job.id, _now(), remote_state)


def _update(store: Store, job: BatchFile, state: str, remote_id: str | None, remote_state: str | None) -> None:
    with store.batching() as db:
        batches.update_job(db, job.id, _now(), state=state, remote_id=remote_id, remote_state=remote_state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
