"""What happens, reported as it happens: a log record each, and counts and spans where OpenTelemetry is installed.

Neither holds what a letter, a model or an endpoint said, nor a key: letters go by name and SHA-256, requests by purpose
and hash, errors by class. Messages stand in the database (`imr failures`), where letters stand, too.

Log records go to the standard logger `extractor`; its message is the event, the rest are fields of the record
(docs/backlogs.md lists them). Of OpenTelemetry only its API is used: without it, or without an SDK that was set up by
whoever runs this process, nothing is counted. Names are those of its semantic conventions for generative AI, as of
November 2026, and `imr.…` for what they do not know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

LOGGER = logging.getLogger("extractor")
LOGGER.addHandler(logging.NullHandler())  # a library is silent until whoever runs it listens

_NAME = "imr-extractor"
_PROVIDER = "openai"
"""The protocol that is spoken; whose endpoint it is, we cannot know."""

_document: ContextVar[str | None] = ContextVar("document", default=None)
"""SHA-256 of the letter that is being read."""


def run_began(run: int, *, reader: str, config_sha256: str, code_version: str, workers: int) -> None:
    """A run has begun."""
    fields = {"reader": reader, "config_sha256": config_sha256, "code_version": code_version, "workers": workers}
    _log(logging.INFO, "run began", run=run, **fields)


def run_goes_on(run: int, counts: Mapping[str, object]) -> None:
    """How far a run is."""
    _log(logging.INFO, "run goes on", run=run, **counts)


def run_ended(run: int, state: str, cause: str | None, counts: Mapping[str, object]) -> None:
    """A run has ended: `finished`, `interrupted`, or `stopped` by an error, whose class is the cause."""
    level = logging.ERROR if state == "stopped" else logging.INFO
    _log(level, "run ended", run=run, state=state, cause=cause, **counts)


def letters_ended(run: int | None, ended: str, count: int) -> None:
    """So many letters ended as `record`, `already` or `renamed`."""
    if count:
        _log(logging.DEBUG, "letters ended", run=run, ended=ended, count=count)
        _add("letters", count, {"imr.ended": ended})


def letter_failed(run: int | None, name: str, sha256: str | None, failure_class: str) -> None:
    """A letter ended without a record."""
    _log(logging.WARNING, "letter failed", run=run, letter=name, document=sha256, failure_class=failure_class)
    _add("letters", 1, {"imr.ended": "failed", "error.type": failure_class})


def slowed(allowed: int) -> None:
    """The endpoint asked for fewer requests; so many may be open now."""
    _log(logging.INFO, "requests slowed", allowed=allowed)


def request_ended(
    request_sha256: str,
    *,
    model: str,
    purpose: str,
    outcome: str,
    seconds: float,
    input_tokens: int,
    output_tokens: int,
    dollars: float | None,
) -> None:
    """A request to a model has ended: `ok`, `known` (an earlier reply, said again), or by an error of that class."""
    good = outcome in ("ok", "known")
    _log(
        logging.DEBUG if good else logging.INFO,
        "request ended",
        request=request_sha256,
        document=_document.get(),
        model=model,
        purpose=purpose,
        outcome=outcome,
        seconds=round(seconds, 4),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        dollars=dollars,
    )
    if outcome == "known":
        return
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": _PROVIDER, "gen_ai.request.model": model}
    _add("duration", seconds, attributes if good else {**attributes, "error.type": outcome})
    for kind, tokens in (("input", input_tokens), ("output", output_tokens)):
        if tokens:
            _add("tokens", tokens, {**attributes, "gen_ai.token.type": kind})
    if dollars:
        _add("cost", dollars, attributes)


@contextmanager
def reading(sha256: str, reader: str) -> Iterator[None]:
    """What is asked meanwhile is asked for this letter; a span."""
    token = _document.set(sha256)
    try:
        with _span("read letter", {"imr.document.sha256": sha256, "imr.reader": reader}):
            yield
    finally:
        _document.reset(token)


@contextmanager
def asking(model: str, purpose: str) -> Iterator[None]:
    """One request to a model; a span."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": _PROVIDER, "gen_ai.request.model": model}
    with _span(f"chat {model}", {**attributes, "imr.purpose": purpose}, outside=True):
        yield


def _log(level: int, event: str, **fields: object) -> None:
    LOGGER.log(level, event, extra=fields)


def _add(instrument: str, amount: float, attributes: Mapping[str, AttributeValue]) -> None:
    if instruments := _instruments():
        instruments[instrument](amount, attributes)


@cache
def _instruments() -> dict[str, Any]:
    """What is counted, by a short name; nothing where OpenTelemetry is not installed."""
    try:
        from opentelemetry import metrics  # noqa: PLC0415  an extra
    except ImportError:
        return {}
    meter = metrics.get_meter(_NAME, version(_NAME))
    return {
        "letters": meter.create_counter("imr.letters", "{letter}", "Letters that ended, by how.").add,
        "cost": meter.create_counter("imr.cost", "{USD}", "Cost of requests, where a price was given.").add,
        "tokens": meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens of a request.").record,
        "duration": meter.create_histogram("gen_ai.client.operation.duration", "s", "Time of a request.").record,
    }


@cache
def _tracer() -> Any:
    try:
        from opentelemetry import trace  # noqa: PLC0415  an extra
    except ImportError:
        return None
    return trace.get_tracer(_NAME, version(_NAME))


@contextmanager
def _span(name: str, attributes: Mapping[str, AttributeValue], *, outside: bool = False) -> Iterator[None]:
    """A span; an error that ends it is recorded by its class, for its message may be the letter's or the endpoint's."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    from opentelemetry import trace  # noqa: PLC0415  an extra

    kind = trace.SpanKind.CLIENT if outside else trace.SpanKind.INTERNAL
    with tracer.start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            failure_class = getattr(error, "failure_class", type(error).__name__)
            span.set_attribute("error.type", failure_class)
            span.set_status(trace.StatusCode.ERROR)
            raise
