"""Where what happens is told to: a file of JSON lines, and OpenTelemetry where its usual variables name a place.

Only our own logger is listened to. Those of the libraries below tell, at their most talkative, what is sent.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extractor.errors import ConfigurationError
from extractor.telemetry import LOGGER

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final = ("debug", "info", "warning", "error")
STDERR: Final = "-"

_ENDPOINTS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)


@contextmanager
def logging_to(place: str, level: str) -> Iterator[None]:
    """Meanwhile, write log records of this level and above to a file, at its end, or to stderr (`-`), as JSON lines.

    Raises:
        ConfigurationError: the file cannot be written.

    """
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415  only where it is asked for

    handler: logging.Handler
    if place == STDERR:
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            handler = logging.FileHandler(place, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ConfigurationError(f"the log {place!r} cannot be written: {error.strerror}") from error
    handler.setFormatter(
        JsonFormatter(
            ["levelname", "message"],
            rename_fields={"levelname": "level", "message": "event"},
            timestamp="time",
            json_ensure_ascii=True,
        )
    )
    before = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(level.upper())
    try:
        yield
    finally:
        LOGGER.setLevel(before)
        LOGGER.removeHandler(handler)
        handler.close()


def export_telemetry(environment: Mapping[str, str] = os.environ) -> None:
    """Send counts and spans where OpenTelemetry's variables say; nothing where they say nothing.

    The variables are read by the exporters themselves; what is left at the end is sent when the process ends.

    Raises:
        ConfigurationError: a place is named, and the extra is not installed.

    """
    if not any(environment.get(name) for name in _ENDPOINTS) or environment.get("OTEL_SDK_DISABLED") == "true":
        return
    try:
        from opentelemetry import metrics, trace  # noqa: PLC0415  an extra
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install 'imr-extractor[otel]', or unset it"
        ) from None
    resource = Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME", "imr-extractor")})
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource))
    tracer = TracerProvider(resource=resource)
    tracer.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracer)
