"""A model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from extractor.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ContextOverflow,
    EndpointUnavailable,
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
from extractor.model.faults import Fault, fault_of, fault_within
from extractor.model.health import LONGEST_WAIT
from extractor.model.quoting import quoted
from extractor.model.seam import Reply, Request
from extractor.model.wire import MOST_REPLY_BYTES, PATHS, body_of, reply_of
from extractor.settings import Endpoint, Mode

_PROBED: tuple[Mode, ...] = ("json_schema", "tools", "json")
"""In this order `auto` tries; the first holds the model to the form, the last only asks for JSON."""
_PARAMETERS = (
    *("response_format", "json_schema", "tool_choice", "tools", "temperature"),
    *("max_tokens", "max_completion_tokens", "max_output_tokens"),
)
"""Words of ours that a refusal may be told to speak of."""
_OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_PERHAPS_THE_MODE = frozenset({400, 404, 405, 422, 501})
"""Statuses by which endpoints refuse a mode or a parameter."""
_HINTS = {404: ": check OPENAI_BASE_URL and --model", 405: ": check OPENAI_BASE_URL"}
_NO_WORK = frozenset({409, 501})
"""Statuses of failures before any work."""
_HOPELESS = 3
"""So many requests refused in a row are not the letters' trouble."""


class _Manner(NamedTuple):
    """How requests are put to this endpoint at the moment."""

    mode: Mode
    output_limit: str
    temperature: bool
    response_format: bool
    """Whether `json` asks for JSON besides saying so."""


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
        self._limits_refused: set[str] = set()
        self._sends_temperature = True
        self._sends_response_format = True
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
            except _Faulty as faulty:
                if self._adapted(faulty.fault, known):
                    known = manner = self._manner
                    others = list(self._modes[1:])
                elif others and not self._answered and _perhaps_the_mode(faulty.fault):
                    manner = manner._replace(mode=others.pop(0))  # for this request; it may be the letter's fault
                else:
                    raise self._translated(faulty.fault, request) from None
            except self._openai.APIConnectionError as error:
                raise self._unreached(error) from None
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
        return _Manner(self._modes[0], self._output_limit, self._sends_temperature, self._sends_response_format)

    async def _post(self, request: Request, manner: _Manner) -> Reply:
        from httpx2 import Response  # noqa: PLC0415

        body = body_of(request, manner.mode, manner.output_limit)
        if not manner.temperature:
            body.pop("temperature", None)
        if manner.mode == "json" and not manner.response_format:
            body.pop("response_format", None)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):  # the client's own limit is that of a pause between bytes
                response = await self._client.post(PATHS[manner.mode], cast_to=Response, body=body)
        except TimeoutError:
            raise TransportFailed("the endpoint did not answer in time", perhaps_billed=True) from None
        except self._too_long:
            raise ReplyTooLong(f"the reply is longer than {MOST_REPLY_BYTES:,} bytes: no answer is") from None
        except self._openai.APIStatusError as error:
            raise _Faulty(fault_of(error.status_code, error.response.text, error.response.headers)) from None
        except self._openai.APIConnectionError:
            raise
        except self._openai.OpenAIError as error:  # what is left: the client's own settings
            raise ConfigurationError(f"the openai client cannot be used: {type(error).__name__}") from None
        if fault := fault_within(response.text):
            raise _Faulty(fault)
        if _is_stream(response):
            raise self._streamed()
        return reply_of(response.text, manner.mode, time.perf_counter() - began)

    def _adapted(self, fault: Fault, manner: _Manner) -> bool:
        """Whether the request can be put otherwise: another parameter's name, no temperature, another mode."""
        if fault.status not in _PERHAPS_THE_MODE:
            return False
        if manner != self._manner:  # another request has found out meanwhile
            return True
        if not _perhaps_the_mode(fault):
            return False
        said, limit, other = fault.said, manner.output_limit, _OTHER_LIMIT[manner.output_limit]
        if (limit in said or other in said) and other not in self._limits_refused:
            self._limits_refused.add(limit)
            self._output_limit = other
        elif "temperature" in said and manner.temperature:
            self._sends_temperature = False
        elif len(self._modes) > 1 and not self._answered and fault.speaks_of_the_mode:
            self._modes.pop(0)
        elif manner.mode == "json" and manner.response_format and not self._answered and fault.speaks_of_the_mode:
            self._sends_response_format = False
        else:
            return False
        return True

    def _translated(self, fault: Fault, request: Request) -> ImrError:
        status = fault.status
        said = quoted(fault.words, [turn.content for turn in request.messages if turn.role != "system"])
        if fault.no_credit:
            return QuotaExceeded(f"the account has no credit left at this endpoint{_says(said)}")
        if fault.overflows:
            return ContextOverflow(
                f"the request is longer than the model's context, or than its endpoint takes (status {status})"
            )
        if fault.filtered:
            return Refused("the endpoint's content filter refused the request")
        if fault.used_up or (status == 429 and (fault.retry_after or 0.0) > LONGEST_WAIT):
            return QuotaExceeded(f"what the account may ask is used up{_until(fault)}{_says(said)}")
        if status == 429:
            return RateLimited("the endpoint asks for fewer requests", fault.retry_after, said)
        if (fault.retry_after or 0.0) > LONGEST_WAIT:
            return EndpointUnavailable(f"the endpoint is not there{_until(fault)} (status {status}){_says(said)}")
        if status >= 500 or status in (408, 409):
            # A gateway gives up on a model that goes on, and is billed for.
            return TransportFailed(
                f"the endpoint failed with status {status}",
                perhaps_billed=status not in _NO_WORK,
                retry_after=fault.retry_after,
                said=said,
            )
        return self._refused(fault, said)

    def _refused(self, fault: Fault, said: str) -> ImrError:
        status = fault.status
        self._refusals += 1
        # Once others were answered, one refusal is its letter's trouble; several in a row are everybody's.
        everybodys = not self._answered or self._refusals >= _HOPELESS
        if status == 401 or (status == 403 and everybodys):
            return AuthenticationFailed(f"the endpoint does not accept the key: check OPENAI_API_KEY{_says(said)}")
        if fault.names_no_model and everybodys:
            return UnknownModel(f"the endpoint has no model of that name: check --model{_says(said)}")
        if 300 <= status < 400:
            return RequestRefused(f"the endpoint has moved (status {status}): check OPENAI_BASE_URL")
        about = [name for name in _PARAMETERS if name in fault.said]
        message = f"the endpoint refused the request (status {status}{', about ' + ', '.join(about) if about else ''})"
        message += _HINTS.get(status, "")
        nowhere = status in _HINTS or self._refusals >= _HOPELESS or fault.speaks_of_the_mode
        hopeless = not self._answered and nowhere
        return RequestRefused(f"{message}{_says(said)}") if hopeless else Rejected(message, said)

    def _unreached(self, error: Any) -> ImrError:
        """What a connection that was not made, or broke, is to us."""
        causes = list(_causes(error))
        host = self._client.base_url.host
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                # As aiohttp tells it, it has lost what ssl said; that stands further down.
                told = (getattr(each, "verify_message", "") for each in causes)
                why = next(filter(None, told), "it cannot be verified")
                return EndpointUnavailable(f"the certificate of {host} is not good: {why}")
        sent = not _unconnected(error)
        if sent and isinstance(error, self._openai.APITimeoutError):
            return TransportFailed("the endpoint did not answer in time", perhaps_billed=True)
        said = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
        return TransportFailed(f"no connection to {host}", perhaps_billed=sent, said=_of_the_system(said))

    def _streamed(self) -> ImrError:
        message = "the endpoint answered with an event stream, which nobody asked for"
        if self._answered:
            return TransportFailed(message, perhaps_billed=True)
        return RequestRefused(f"{message}: turn streaming off there")


class _Faulty(Exception):
    """A reply that is an error, whatever its status."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)  # as aiohttp keeps it
        if isinstance(inner, BaseException) and inner is not cause.__cause__:
            yield from _causes(inner)
        cause = cause.__cause__ or cause.__context__


def _of_the_system(words: str) -> str:
    """The system's own words for what was wrong, without the address that asyncio puts around them."""
    return words.rpartition("[")[0].strip() if words.startswith("Connect call") else words


def _unconnected(error: Any) -> bool:
    """Whether a time-out was none: the client's transport so calls a connection that was refused or broke, too."""
    from httpx2 import ConnectTimeout  # noqa: PLC0415

    return isinstance(error.__cause__, ConnectTimeout)


def _is_stream(response: Any) -> bool:
    kind: str = response.headers.get("content-type", "")
    text: str = response.text
    return kind.startswith("text/event-stream") or text.startswith(("data:", "event:"))


def _perhaps_the_mode(fault: Fault) -> bool:
    otherwise = fault.overflows or fault.filtered or fault.names_no_model
    return fault.status in _PERHAPS_THE_MODE and not otherwise


def _says(said: str) -> str:
    return f"; it says: {said}" if said else ""


def _until(fault: Fault) -> str:
    return f" for {fault.retry_after / 60:,.0f} minutes" if fault.retry_after else ""
