"""A provider's batch interface: files of requests go out, files of answers come back.

Nothing that it says is believed to be of the form that it should have, or is shown: an endpoint may repeat a letter.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from extractor.errors import AuthenticationFailed, ConfigurationError, ImrError, RequestRefused, ServiceError
from extractor.model.wire import MOST_REPLY_BYTES
from extractor.settings import Endpoint, Secret

ENDED = frozenset({"completed", "expired", "cancelled", "failed"})
"""States in which no more answers will come."""
_STATES = ENDED | {"validating", "in_progress", "finalizing", "cancelling"}
_CODES = frozenset(
    {
        *("invalid_json_line", "invalid_request", "invalid_method", "invalid_url", "mismatched_model", "empty_file"),
        *("duplicate_custom_id", "missing_required_parameter", "model_not_found", "token_limit_exceeded"),
        *("rate_limit_exceeded", "insufficient_quota", "billing_hard_limit_reached", "context_length_exceeded"),
        *("content_filter", "server_error", "invalid_request_error", "batch_expired", "batch_cancelled"),
        *("internal_error", "too_many_tasks", "request_timeout"),
    }
)
"""Reasons whose code is shown; of others, only that there was one."""

LONGEST_CALL = 300.0
"""Seconds for a call that carries no file, however long one answer of a model may take."""
SLOWEST = 100_000
"""Bytes a second; what is slower for long is given up."""
_MARK = "imr_file_sha256"
_LATEST = 1000
"""Batches of an account that are looked through."""
_A_PAGE = 100
_BEGINNING = 4096
"""Bytes of a line that is too long; its id stands there."""

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def seconds_to_send(size: int) -> float:
    """Seconds after which a file of so many bytes has been sent, or never will be."""
    return 3 * LONGEST_CALL + size / SLOWEST


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the provider describes it."""

    id: str
    state: str
    """One of those that are known, or `unknown`."""
    done: int
    total: int
    files: tuple[str, ...]
    """Of answers and of errors, once there are some."""
    message: str = ""
    """Why it failed as a whole, by codes and lines."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line of more bytes than an answer has."""

    beginning: str


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_:=.-]*(/[A-Za-z0-9_][A-Za-z0-9_:=.-]*)*$", max_length=300)]
"""It becomes a part of addresses."""
Count = Annotated[int, Field(ge=0, lt=2**53)]


class _File(BaseModel):
    id: Id


class _RequestCounts(BaseModel):
    completed: Count = 0
    failed: Count = 0
    total: Count = 0


class _Fault(BaseModel):
    code: Any = None
    line: Any = None


class _Faults(BaseModel):
    data: list[_Fault] | None = None


class _Batch(BaseModel):
    id: Id
    status: str
    output_file_id: Id | None = None
    error_file_id: Id | None = None
    request_counts: _RequestCounts | None = None
    errors: _Faults | None = None
    metadata: dict[str, Any] | None = None


class _Page(BaseModel):
    data: list[_Batch]
    has_more: bool = False


class Batches:
    """The interface of one account; use it as a context manager, outside of any event loop.

    Raises:
        ConfigurationError: there is no key.
        RequestRefused, AuthenticationFailed: the endpoint says no: nothing was done.
        ServiceError: it does not do what it is asked; whether it has is not known.

    """

    def __init__(self, endpoint: Endpoint) -> None:
        import aiohttp  # noqa: PLC0415  a second, with the next
        import httpx2  # noqa: PLC0415
        import openai  # noqa: PLC0415

        from extractor.model import client  # noqa: PLC0415

        self._openai, self._too_long = openai, client.TooLong
        self._unconnected = httpx2.ConnectTimeout
        self._broken = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError)
        self._key = endpoint.api_key
        self._seconds = min(endpoint.timeout, LONGEST_CALL)
        self._runner = asyncio.Runner()
        self._client = client.client_of(endpoint, whose="the batch interface")

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    def upload(self, file: Path) -> str:
        """Send a file of requests, which does nothing by itself; what the provider calls it."""
        with file.open("rb") as content:
            sending = self._client.files.with_raw_response.create(file=content, purpose="batch")
            reply = self._within(self._seconds + file.stat().st_size / SLOWEST, sending)
        return _parsed(_File, reply.content).id

    def create(self, file_id: str, mark: str) -> RemoteBatch:
        """Have a file answered; `find` finds the batch by the mark.

        Never tried twice by itself: the first may have arrived although no answer came.
        """
        creating = self._client.batches.with_raw_response.create(
            input_file_id=file_id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={_MARK: mark},
        )
        return _batch(_parsed(_Batch, self._within(self._seconds, creating).content))

    def find(self, mark: str) -> RemoteBatch | None:
        """The batch that was sent with this mark, among the latest; None where the endpoint lists none."""
        after: dict[str, str] = {}
        for _ in range(_LATEST // _A_PAGE):
            listing = self._client.batches.with_raw_response.list(limit=_A_PAGE, extra_query=after)
            try:
                page = _parsed(_Page, self._within(self._seconds, listing).content)
            except _NoInterface:
                return None
            for batch in page.data:
                if (batch.metadata or {}).get(_MARK) == mark:
                    return _batch(batch)
            if not page.data or not page.has_more:
                break
            after = {"after": page.data[-1].id}
        return None

    def state(self, batch_id: str) -> RemoteBatch:
        """How a batch stands."""
        asking = self._client.batches.with_raw_response.retrieve(batch_id)
        return _batch(_parsed(_Batch, self._within(self._seconds, asking).content))

    def lines(self, file_id: str, most_bytes: int) -> Iterator[str | LongLine]:
        """The lines of a file of answers or errors, one at a time, once the whole of it is on disk.

        Raises:
            ServiceError: it did not come whole, or is of more bytes than it may have.
            ConfigurationError: the disk does not take it.

        """
        with tempfile.TemporaryFile() as file:
            self._within(None, self._download(file_id, file, most_bytes))
            file.seek(0)
            yield from lines_of(file, self._key)

    async def _download(self, file_id: str, into: IO[bytes], most_bytes: int) -> None:
        received, now = 0, asyncio.get_running_loop().time
        began = now()
        async with (
            asyncio.timeout(self._seconds) as limit,
            self._client.files.with_streaming_response.content(file_id) as reply,
        ):
            async for piece in reply.iter_bytes():
                received += len(piece)
                if received > most_bytes:
                    raise ServiceError(f"a file of answers is longer than the {most_bytes:,} bytes that it may have")
                try:
                    into.write(piece)
                except OSError as error:
                    raise ConfigurationError(f"a file of answers cannot be kept on disk: {error.strerror}") from None
                limit.reschedule(began + self._seconds + received / SLOWEST)

    def _within(self, seconds: float | None, asked: Awaitable[T]) -> T:
        """Do it within so many seconds in all; whatever goes wrong becomes ours, here."""

        async def limited() -> T:
            async with asyncio.timeout(seconds):
                return await asked

        try:
            return self._runner.run(limited())
        except TimeoutError:
            raise ServiceError("the batch interface did not answer in time: try again") from None
        except self._too_long:
            raise ServiceError(f"the batch interface answered with more than {MOST_REPLY_BYTES:,} bytes") from None
        except self._openai.APIStatusError as error:
            raise _error_of(error.status_code) from None
        except self._broken as error:
            # The transport calls a connection that was refused or broke a time-out, too.
            if isinstance(error, self._openai.APITimeoutError) and not isinstance(error.__cause__, self._unconnected):
                raise ServiceError("the batch interface did not answer in time: try again") from None
            raise ServiceError("the connection to the batch interface failed: try again") from None


def lines_of(file: IO[bytes], key: Secret | None) -> Iterator[str | LongLine]:
    """The lines of a file of answers, the key taken out of them; never more than one in memory."""
    while line := file.readline(MOST_REPLY_BYTES + 1):
        long = len(line) > MOST_REPLY_BYTES and not line.endswith(b"\n")
        while long and (rest := file.readline(1 << 16)) and not rest.endswith(b"\n"):
            pass
        if not line.strip():
            continue
        text = line[: _BEGINNING if long else None].decode("utf-8-sig", "replace")
        text = key.scrubbed(text) if key else text
        yield LongLine(text) if long else text


def reason(code: object) -> str:
    """A provider's code for a reason, where it is one that is known: anything else may be the letter's words."""
    return code if isinstance(code, str) and code in _CODES else "no known reason"


class _NoInterface(RequestRefused):
    """The endpoint does not know the address."""


def _parsed(form: type[M], content: bytes) -> M:
    try:
        return form.model_validate_json(content)
    except ValidationError:
        raise ServiceError(f"the batch interface answered with what is no {form.__name__.strip('_').lower()}") from None


def _batch(given: _Batch) -> RemoteBatch:
    counts, status = given.request_counts or _RequestCounts(), given.status.lower()
    reasons = (given.errors.data if given.errors else None) or []
    return RemoteBatch(
        id=given.id,
        state=status if status in _STATES else "unknown",
        done=counts.completed + counts.failed,
        total=counts.total,
        files=tuple(file for file in (given.output_file_id, given.error_file_id) if file),
        message="; ".join(map(_shown_fault, reasons[:3])),
    )


def _shown_fault(given: _Fault) -> str:
    return reason(given.code) + (f" (line {given.line})" if type(given.line) is int else "")


def _error_of(status: int) -> ImrError:
    if 300 <= status < 400:
        return RequestRefused(
            f"the endpoint sends on to another address (status {status}), which letters never follow: check "
            "OPENAI_BASE_URL"
        )
    if status in (401, 403):
        return AuthenticationFailed("the endpoint does not accept the key: check OPENAI_API_KEY")
    if status in (404, 405):
        return _NoInterface("the endpoint has no batch interface, or no such batch or file")
    if status < 500 and status not in (408, 409):
        return RequestRefused(f"the batch interface refuses (status {status})")
    return ServiceError(f"the batch interface failed (status {status}): try again")
