"""The HTTP client of everything that is asked of an endpoint, and the one place where replies come in.

It follows no redirect, for letters go nowhere else. A reply is read within a bound, as it comes and as it unpacks, and
the key, with every other secret of ours, is taken out of it before anybody reads it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any

import httpx2
import openai

from extractor.errors import ConfigurationError
from extractor.model.wire import MOST_REPLY_BYTES
from extractor.settings import Endpoint, Secret

_MOST_OF_AN_ERROR = 64_000
_NO_KEY = "Bearer none"


class TooLong(openai.OpenAIError):
    """A reply is longer than any can be. As an error of openai's own it passes through its client as it is."""


def client_of(endpoint: Endpoint, *, whose: str) -> openai.AsyncOpenAI:
    """A client for an endpoint; its requests are tried once. Use it in one event loop.

    Args:
        endpoint: Address, key and seconds.
        whose: What needs the key, for the message that there is none.

    Raises:
        ConfigurationError: there is neither key nor address, or the key is none.

    """
    key = endpoint.api_key.reveal() if endpoint.api_key else None
    if key is None and endpoint.base_url is None:
        raise ConfigurationError(f"{whose} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of yours")
    if key is not None and not (key.isascii() and key.isprintable()):
        raise ConfigurationError(
            "OPENAI_API_KEY holds what no key does: a line break, or a character that is not ASCII"
        )
    own = {name: value.reveal() for name, value in endpoint.headers.items()}
    secrets = (*filter(None, [endpoint.api_key]), *endpoint.headers.values(), *endpoint.query.values())
    return openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=endpoint.base_url,
        timeout=endpoint.timeout,
        max_retries=0,  # attempts are counted once, by the policy
        default_headers=own,
        default_query={name: value.reveal() for name, value in endpoint.query.items()},
        http_client=_Client(secrets, keyless=key is None, timeout=endpoint.timeout, follow_redirects=False),
    )


class _Client(openai.DefaultAioHttpClient):
    """Reads replies whole within the bound; but for a file that is streamed, whose reader has a bound of its own."""

    def __init__(self, secrets: Sequence[Secret], *, keyless: bool, **settings: Any) -> None:
        super().__init__(**settings)
        self._keyless = keyless
        self._secrets = secrets

    async def send(self, request: httpx2.Request, *, stream: bool = False, **settings: Any) -> httpx2.Response:
        """Send, and read the reply."""
        if self._keyless and request.headers.get("authorization") == _NO_KEY:
            del request.headers["authorization"]  # which openai's client always sends; Azure looks at it first
        response = await super().send(request, stream=True, **settings)
        if stream and response.is_success:
            return response
        try:
            content = await _bounded(response)
        finally:
            await response.aclose()
        words = content.decode(_encoding(content), "replace")
        for secret in self._secrets:
            words = secret.scrubbed(words)
        whole = httpx2.Response(
            response.status_code,
            headers=_without_coding(response.headers),
            content=words.encode(),
            request=request,
        )
        whole.elapsed = response.elapsed
        return whole


async def _bounded(response: httpx2.Response) -> bytes:
    """What a reply says; of an error only the beginning, for its status is what counts."""
    most = MOST_REPLY_BYTES if response.is_success else _MOST_OF_AN_ERROR
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if max(len(content), response.num_bytes_downloaded) > most:
            if response.is_success:
                raise TooLong
            break
    return bytes(content[:most])


def _encoding(content: bytes) -> str:
    """JSON is UTF-8, whatever charset the header makes up; unless its first bytes say that it is UTF-16."""
    return "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _without_coding(headers: httpx2.Headers) -> httpx2.Headers:
    """The headers of a reply that was unpacked and decoded."""
    kept = {name: value for name, value in headers.items() if name not in _OF_CODING}
    return httpx2.Headers({**kept, "content-type": headers.get("content-type", "").partition(";")[0]})


_OF_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding", "content-type"})
