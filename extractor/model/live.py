"""A model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, NamedTuple

from extractor.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ContextOverflow,
    ImrError,
    QuotaExceeded,
    RateLimited,
    Refused,
    Rejected,
    ReplyTooLong,
    RequestRefused,
    TransportFailed,
    UnknownModel,
)
from extractor.model.seam import Reply, Request
from extractor.model.wire import MOST_REPLY_BYTES, PATHS, body_of, reply_of
from extractor.settings import Endpoint, Mode

_PROBED: tuple[Mode, ...] = ("json_schema", "tools", "json")
"""In this order `auto` tries; the first holds the model to the form, the last only asks for JSON."""
_PARAMETERS = (
    *("response_format", "json_schema", "tool_choice", "tools", "temperature"),
    *("max_tokens", "max_completion_tokens", "max_output_tokens"),
)
"""What a refusal may be said to be about, in words of ours. Its own are never shown: they may repeat the letter."""
_PERHAPS_THE_MODE = frozenset({400, 404, 405, 422, 501})
"""Statuses by which endpoints refuse a mode or a parameter."""
_HINTS = {404: ": check OPENAI_BASE_URL and --model", 413: ": it is too large for it"}
_NO_WORK = frozenset({409, 501})
"""Statuses of failures before any work."""
_HOPELESS = 3
"""So many requests refused in a row are not the letters' trouble."""


class _Manner(NamedTuple):
    """How requests are put to this endpoint at the moment."""

    mode: Mode
    output_limit: str
    temperature: bool


class Live:
    """One client for all requests of a run; connections are kept open. Use it in one event loop.

    Errors of the client and the endpoint become ours here, once; the key stands in none of them.
    """

    def __init__(self, endpoint: Endpoint, mode: Mode = "auto") -> None:
        import openai  # noqa: PLC0415  a second

        from extractor.model import client  # noqa: PLC0415  likewise

        self._openai = openai
        self._too_long = client.TooLong
        self._timeout = endpoint.timeout
        self._refusals = 0
        """Requests refused in a row."""
        self._client = client.client_of(endpoint, whose="the model reader")
        self._modes: list[Mode] = list(_PROBED) if mode == "auto" else [mode]
        own = "api.openai.com" in str(self._client.base_url)
        self._output_limit = "max_completion_tokens" if own else "max_tokens"
        self._sends_temperature = True
        self._answered = False
        """Whether any request was answered: from then on a refused one is that letter's trouble."""

    async def complete(self, request: Request) -> Reply:
        """Ask once; while the endpoint refuses a mode or a parameter as such, adapt and ask again.

        Raises:
            ModelError, ServiceError: as `extractor.errors` draws them.

        """
        known = manner = self._manner
        others = list(self._modes[1:])
        while True:
            try:
                reply = await self._post(request, manner)
            except self._openai.APIStatusError as error:
                if self._adapted(error, known):
                    known = manner = self._manner
                    others = list(self._modes[1:])
                elif others and not self._answered and _perhaps_the_mode(error):
                    manner = manner._replace(mode=others.pop(0))  # for this request; it may be the letter's fault
                else:
                    raise self._translated(error) from None
            except self._openai.APIConnectionError as error:
                sent = not _unconnected(error)
                late = sent and isinstance(error, self._openai.APITimeoutError)
                message = "the endpoint did not answer in time" if late else self._no_connection()
                raise TransportFailed(message, perhaps_billed=sent) from None
            else:
                if not self._answered and manner.mode in self._modes:
                    self._modes = self._modes[self._modes.index(manner.mode) :]
                self._answered = True
                self._refusals = 0
                return reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def mode(self) -> Mode:
        """The mode in use: the one chosen, or the first that has not been refused."""
        return self._modes[0]

    @property
    def _manner(self) -> _Manner:
        return _Manner(self._modes[0], self._output_limit, self._sends_temperature)

    async def _post(self, request: Request, manner: _Manner) -> Reply:
        from httpx2 import Response  # noqa: PLC0415

        body = body_of(request, manner.mode, manner.output_limit)
        if not manner.temperature:
            body.pop("temperature", None)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):  # the client's own limit is that of a pause between bytes
                response = await self._client.post(PATHS[manner.mode], cast_to=Response, body=body)
        except TimeoutError:
            raise TransportFailed("the endpoint did not answer in time", perhaps_billed=True) from None
        except self._too_long:
            raise ReplyTooLong(f"the reply is longer than {MOST_REPLY_BYTES:,} bytes: no answer is") from None
        except (self._openai.APIStatusError, self._openai.APIConnectionError):
            raise
        except self._openai.OpenAIError as error:  # what is left: the client's own settings
            raise ConfigurationError(f"the openai client cannot be used: {type(error).__name__}") from None
        return reply_of(response.text, manner.mode, time.perf_counter() - began)

    def _adapted(self, error: Any, manner: _Manner) -> bool:
        """Whether the request can be put otherwise: another parameter's name, no temperature, another mode."""
        if error.status_code not in _PERHAPS_THE_MODE:
            return False
        if manner != self._manner:  # another request has found out meanwhile
            return True
        code, said = _code_and_words(error)
        if _overflows(code, said) or _filtered(code, said) or _names_no_model(error.status_code, code, said):
            return False
        if "max_completion_tokens" in said and manner.output_limit == "max_tokens":
            self._output_limit = "max_completion_tokens"
        elif "temperature" in said and manner.temperature:
            self._sends_temperature = False
        elif len(self._modes) > 1 and not self._answered and _speaks_of_the_mode(said):
            self._modes.pop(0)
        else:
            return False
        return True

    def _translated(self, error: Any) -> ImrError:
        status = error.status_code
        code, said = _code_and_words(error)
        if code in ("insufficient_quota", "billing_hard_limit_reached") or status == 402:
            return QuotaExceeded("the account has no credit left at this endpoint")
        if status == 429:
            return RateLimited(
                "the endpoint asks for fewer requests", _seconds(error.response.headers.get("retry-after"))
            )
        if status >= 500 or status in (408, 409):
            # A gateway gives up on a model that goes on, and is billed for.
            return TransportFailed(f"the endpoint failed with status {status}", perhaps_billed=status not in _NO_WORK)
        if _overflows(code, said):
            return ContextOverflow("the request is longer than the model's context")
        if _filtered(code, said):
            return Refused("the endpoint's content filter refused the request")
        self._refusals += 1
        # Once others were answered, one refusal is its letter's trouble; several in a row are everybody's.
        everybodys = not self._answered or self._refusals >= _HOPELESS
        if status == 401 or (status == 403 and everybodys):
            return AuthenticationFailed("the endpoint does not accept the key: check OPENAI_API_KEY")
        if _names_no_model(status, code, said) and everybodys:
            return UnknownModel("the endpoint has no model of that name: check --model")
        if 300 <= status < 400:
            return RequestRefused(f"the endpoint has moved (status {status}): check OPENAI_BASE_URL")
        about = [name for name in _PARAMETERS if name in said]
        message = f"the endpoint refused the request (status {status}{', about ' + ', '.join(about) if about else ''})"
        message += _HINTS.get(status, "")
        hopeless = not self._answered and (self._refusals >= _HOPELESS or _speaks_of_the_mode(said))
        return RequestRefused(message) if hopeless else Rejected(message)

    def _no_connection(self) -> str:
        return f"no connection to {self._client.base_url.host}"


def _unconnected(error: Any) -> bool:
    """Whether a time-out was none: the client's transport so calls a connection that was refused or broke, too."""
    from httpx2 import ConnectTimeout  # noqa: PLC0415

    return isinstance(error.__cause__, ConnectTimeout)


def _code_and_words(error: Any) -> tuple[str, str]:
    """The error's code, and its message in lower case: to know errors by, and for nobody to see."""
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error", body)
    given = inner if isinstance(inner, dict) else {"message": inner}
    code = given.get("code") if isinstance(given.get("code"), str) else given.get("type")
    words = given.get("message") or json.dumps(body) if body else str(error.message)
    return str(code or ""), str(words).lower()


def _perhaps_the_mode(error: Any) -> bool:
    code, said = _code_and_words(error)
    otherwise = _overflows(code, said) or _filtered(code, said) or _names_no_model(error.status_code, code, said)
    return error.status_code in _PERHAPS_THE_MODE and not otherwise


def _speaks_of_the_mode(said: str) -> bool:
    words = ("response_format", "json_schema", "json schema", "schema", "tool", "function", "grammar", "strict")
    return any(word in said for word in words)


def _overflows(code: str, said: str) -> bool:
    return code in ("context_length_exceeded", "exceed_context_size_error") or "context length" in said


def _filtered(code: str, said: str) -> bool:
    return code == "content_filter" or "content management policy" in said


def _names_no_model(status: int, code: str, said: str) -> bool:
    return code == "model_not_found" or (status == 404 and "model" in said)


def _seconds(given: str | None) -> float | None:
    """Retry-After in seconds; None for a date or nonsense."""
    try:
        return max(0.0, float(given)) if given is not None else None
    except ValueError:
        return None
