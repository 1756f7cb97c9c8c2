"""A provider's batch interface: files of requests go out, files of answers come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from extractor.errors import AuthenticationFailed, ConfigurationError, ImrError, RequestRefused, ServiceError
from extractor.settings import Service

ENDED = frozenset({"completed", "expired", "cancelled", "failed"})
"""States in which no more answers will come."""


_MARK = "imr_file_sha256"
_LATEST = 1000
"""Batches of an account that are looked through."""


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the provider tells of it."""

    id: str
    state: str
    done: int
    total: int
    files: tuple[str, ...]
    """Of answers and of errors, once there are some."""
    message: str = ""
    """Why it failed as a whole."""


class Batches:
    """The interface of one account; use it as a context manager.

    Raises:
        ConfigurationError: there is no key.
        ServiceError: the endpoint does not do what it is asked; the message says so without the key.

    """

    def __init__(self, service: Service) -> None:
        import openai  # noqa: PLC0415  a second

        key = service.api_key.reveal() if service.api_key else None
        if key is None and service.base_url is None:
            raise ConfigurationError("the batch interface needs a key: set OPENAI_API_KEY")
        self._openai = openai
        self._client = openai.OpenAI(api_key=key or "none", base_url=service.base_url, timeout=service.timeout)

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def submit(self, file: Path, mark: str) -> RemoteBatch:
        """Send a file of requests; `find` finds it by the mark."""
        try:
            with file.open("rb") as content:
                uploaded = self._client.files.create(file=content, purpose="batch")
            # Never twice by itself: the first may have arrived although no answer came.
            batch = self._client.with_options(max_retries=0).batches.create(
                input_file_id=uploaded.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_MARK: mark},
            )
        except self._openai.OpenAIError as error:
            raise _told(error) from None
        return _batch(batch)

    def find(self, mark: str) -> RemoteBatch | None:
        """The batch that was sent with this mark, among the latest; None where the endpoint lists none."""
        try:
            for batch in islice(self._client.batches.list(limit=100), _LATEST):
                if (batch.metadata or {}).get(_MARK) == mark:
                    return _batch(batch)
        except self._openai.NotFoundError:
            return None
        except self._openai.OpenAIError as error:
            raise _told(error) from None
        return None

    def state(self, batch_id: str) -> RemoteBatch:
        """How a batch stands."""
        try:
            return _batch(self._client.batches.retrieve(batch_id))
        except self._openai.OpenAIError as error:
            raise _told(error) from None

    def lines(self, file_id: str) -> Iterator[str]:
        """The lines of a file of answers or errors, one at a time."""
        try:
            with self._client.files.with_streaming_response.content(file_id) as content:
                yield from content.iter_lines()
        except self._openai.OpenAIError as error:
            raise _told(error) from None


def _batch(told: Any) -> RemoteBatch:
    counts = told.request_counts
    errors = told.errors.data if told.errors and told.errors.data else []
    return RemoteBatch(
        id=told.id,
        state=told.status,
        done=(counts.completed + counts.failed) if counts else 0,
        total=counts.total if counts else 0,
        files=tuple(file for file in (told.output_file_id, told.error_file_id) if file),
        message="; ".join(str(each.message) for each in errors)[:300],
    )


def _told(error: Any) -> ImrError:
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return AuthenticationFailed("the endpoint does not accept the key: check OPENAI_API_KEY")
    if status == 404:
        return RequestRefused("the endpoint has no batch interface, or no such batch or file")
    if status is not None and status < 500:
        return RequestRefused(f"the batch interface refuses ({type(error).__name__}, status {status})")
    return ServiceError(f"the batch interface failed ({type(error).__name__}{f', status {status}' if status else ''})")
