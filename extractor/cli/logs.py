"""Where log records and counts go: a file of JSON lines, and OpenTelemetry where its usual variables name a place.

Only our own logger is listened to. Those of the libraries below say, at their most talkative, what is sent.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from extractor.errors import ConfigurationError
from extractor.telemetry import LOGGER

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final = ("debug", "info", "warning", "error")
STDERR: Final = "-"

_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OF_METRICS: Final = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
_OF_TRACES: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"


class _LogFile(logging.FileHandler):
    """Says once that it cannot be written to: the run is worth more than its log."""

    said = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        if not self.said:
            self.said = True
            sys.stderr.write(f"imr: the log {self.baseFilename!r} can no longer be written: {sys.exc_info()[1]}\n")


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
            handler = _LogFile(place, encoding="utf-8", errors="backslashreplace")
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
        with suppress(OSError):  # said already
            handler.close()


def export_telemetry(environment: Mapping[str, str] = os.environ) -> None:
    """Send counts and spans where OpenTelemetry's variables say; nothing where they say nothing.

    The variables are read by the exporters themselves; what is left at the end is sent when the process ends.

    Raises:
        ConfigurationError: a place is named, and the extra is not installed.

    """
    everything = environment.get(_ENDPOINT)
    to_metrics, to_traces = (environment.get(name) or everything for name in (_OF_METRICS, _OF_TRACES))
    if not (to_metrics or to_traces) or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
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
            "an endpoint of OpenTelemetry is set (OTEL_EXPORTER_OTLP_…), but it is not installed: "
            "pip install 'imr-extractor[otel]', or unset it"
        ) from None
    named = "OTEL_SERVICE_NAME" in environment or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": "imr-extractor"})
    if to_metrics:
        metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource))
    if to_traces:
        tracer = TracerProvider(resource=resource)
        tracer.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(tracer)
