"""What is told while letters are read: it adds up, and it holds nothing that a letter, a model or an endpoint said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from answering import Answers
from click.testing import CliRunner
from endpoint import Broken, FakeEndpoint, Said, bad_key, error_body, rate_limited
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from extractor import telemetry
from extractor.cli import cli
from extractor.store import Store

pytestmark = pytest.mark.usefixtures("quick_workers")

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("CM1[67]*.txt"))}
KEY = "sk-secret-of-the-test"
WORDS = 4
"""So many words in a row are the letter's own."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return letters_in(tmp_path / "in")


def letters_in(folder: Path) -> Path:
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "empty.txt").write_text(" ")
    return folder


def troubled(good: Answers) -> Any:
    """One answer in five is trouble that repeats what it was sent, as endpoints do."""

    def answer(body: dict[str, Any], before: int) -> Said | Broken:
        match before % 5:
            case 1:
                return Broken(500, error_body(f"cannot read {body['messages'][-1]['content']}", "server_error"))
            case 3:
                return rate_limited("0")
        return Said(good.body(body))

    return answer


def arguments(source: Path, url: str) -> list[str]:
    reader = ["--reader", "both", "--model", "test", "--base-url", url, "--price", "1,4"]
    return ["run", str(source), "--db", str(source.parent / "a.db"), *reader, "--json"]


def run(source: Path, url: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "extractor", *options, *arguments(source, url)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "IMR_"))}
    return subprocess.run(
        command, env={**inherited, "OPENAI_API_KEY": KEY, **environment}, capture_output=True, text=True, check=False
    )


def word_runs(text: str) -> set[str]:
    words = text.split()
    return {" ".join(words[n : n + WORDS]) for n in range(len(words) - WORDS + 1)}


def assert_says_nothing(told: str) -> None:
    assert KEY not in told
    said = " ".join(told.replace("\\n", " ").split())
    own = {words for text in TEXTS.values() for words in word_runs(text) if len(words) > 15}
    assert len(own) > 1000
    assert not [words for words in own if words in said]


# What is told


class Collector:
    """Takes what exporters send, on loopback."""

    def __init__(self) -> None:
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.traces: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("/metrics"):
                    collector.metrics.append(ExportMetricsServiceRequest.FromString(body))
                else:
                    collector.traces.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def points(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Attributes and sums of the last export of a metric."""
        for resource in self.metrics[-1].resource_metrics:
            for scope in resource.scope_metrics:
                for metric in (metric for metric in scope.metrics if metric.name == name):
                    for point in [*metric.sum.data_points, *metric.histogram.data_points]:
                        told = {each.key: each.value.string_value for each in point.attributes}
                        value = point.sum if metric.HasField("histogram") else point.as_int or point.as_double
                        yield told, value

    def spans(self) -> list[Any]:
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@dataclass(frozen=True, slots=True)
class Told:
    """All that a run over troubled answers told."""

    summary: dict[str, Any]
    stderr: str
    log: str
    collector: Collector


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run, with a log and a collector."""
    folder = tmp_path_factory.mktemp("told")
    log = folder / "run.log"
    with Collector() as collector, FakeEndpoint(troubled(Answers(list(TEXTS.values())))) as endpoint:
        options = ("--log", str(log), "--log-level", "debug")
        done = run(letters_in(folder / "in"), endpoint.url, *options, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    return Told(json.loads(done.stdout), done.stderr, log.read_text(encoding="utf-8"), collector)


# The log


def test_a_log_tells_what_happened_and_nothing_that_was_said(told: Told) -> None:
    summary = told.summary
    lines = [json.loads(line) for line in told.log.splitlines()]
    events = Counter(line["event"] for line in lines)
    assert (events["run began"], events["run ended"]) == (1, 1)
    assert events["letter failed"] == summary["failed"] == 1
    assert sum(line["count"] for line in lines if line.get("ended") == "record") == summary["extracted"] == len(TEXTS)
    requests = [line for line in lines if line["event"] == "request ended"]
    assert len(requests) == summary["requests"] > len(TEXTS)
    assert {line["outcome"] for line in requests} == {"ok", "transport", "rate_limit"}
    assert sum(line["input_tokens"] for line in requests) == summary["input_tokens"]
    assert {line["outcome"] for line in requests if line["dollars"] is None} == {"transport"}  # who knows
    assert sum(line["dollars"] or 0 for line in requests) == pytest.approx(summary["dollars"])
    assert len({line["document"] for line in requests}) == len(TEXTS)
    assert events["requests slowed"] >= 1
    [ended] = [line for line in lines if line["event"] == "run ended"]
    assert (ended["state"], ended["cause"], ended["extracted"]) == ("finished", None, len(TEXTS))
    assert_says_nothing(told.log)
    assert_says_nothing(told.stderr)


def test_a_run_that_an_error_ends_tells_its_class(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeEndpoint(lambda body, _: bad_key()) as endpoint:
        done = CliRunner().invoke(cli, ["--log", "-", *arguments(source, endpoint.url)])
    last = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")][-1]
    assert (last["event"], last["level"], last["state"]) == ("run ended", "ERROR", "stopped")
    assert last["cause"] == "AuthenticationFailed"
    assert done.exit_code == 2
    assert KEY not in done.stderr + done.stdout


def test_a_name_cannot_forge_a_line_of_the_log(tmp_path: Path) -> None:
    name = 'x"}\n{"level": "INFO", "event": "run ended", "state": "finished"}.txt'
    (tmp_path / name).write_text(" ")
    CliRunner().invoke(
        cli, ["--log", str(tmp_path / "log"), "run", str(tmp_path / name), "--db", str(tmp_path / "a.db")]
    )
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["run began", "letter failed", "run ended"]
    assert lines[1]["letter"].endswith(name)


def test_a_log_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["--log", str(tmp_path / "no" / "log"), "status", "--db", str(tmp_path / "a.db")])
    assert done.exit_code == 2
    assert "cannot be written: No such file or directory" in done.output


def test_nobody_listens_when_the_command_has_ended(tmp_path: Path) -> None:
    before = list(telemetry.LOGGER.handlers)
    CliRunner().invoke(cli, ["--log", str(tmp_path / "log"), "schema"])
    assert telemetry.LOGGER.handlers == before


# OpenTelemetry


def test_counts_and_spans_go_where_the_usual_variables_say(told: Told) -> None:
    summary, collector = told.summary, told.collector
    letters = {point["imr.ended"]: value for point, value in collector.points("imr.letters")}
    assert letters == {"record": len(TEXTS), "failed": 1}
    tokens: Counter[str] = Counter()
    for point, value in collector.points("gen_ai.client.token.usage"):
        assert point["gen_ai.request.model"] == "test"
        tokens[point["gen_ai.token.type"]] += int(value)
    assert tokens == {"input": summary["input_tokens"], "output": summary["output_tokens"]}
    assert sum(value for _, value in collector.points("imr.cost")) == pytest.approx(summary["dollars"])
    errors = {point.get("error.type") for point, _ in collector.points("gen_ai.client.operation.duration")}
    assert errors == {None, "transport", "rate_limit"}
    spans = collector.spans()
    read = {span.span_id for span in spans if span.name == "read letter"}
    chats = [span for span in spans if span.name == "chat test"]
    assert len(read) == len(TEXTS)
    assert len(chats) == summary["requests"]
    assert {span.parent_span_id for span in chats} == read
    assert_says_nothing("".join(map(str, [*collector.metrics, *collector.traces])) + told.stderr)


def test_without_a_place_nothing_of_it_is_loaded(source: Path) -> None:
    code = (
        "import sys; from extractor.cli import cli; "
        "cli(['run', sys.argv[1], '--db', sys.argv[2], '--quiet', '--workers', '1'], standalone_mode=False); "
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "IMR_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(source / next(iter(TEXTS))), str(source.parent / "a.db")],
        env=inherited, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_a_place_without_the_extra_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    done = CliRunner().invoke(cli, ["status", "--db", str(tmp_path / "a.db")])
    assert done.exit_code == 2
    assert "pip install 'imr-extractor[otel]'" in done.output


def test_without_the_extra_letters_are_read_as_ever(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    for cached in (telemetry._instruments, telemetry._tracer):
        cached.cache_clear()
    good = Answers(list(TEXTS.values()))
    database = source.parent / "a.db"
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeEndpoint(lambda body, _: Said(good.body(body))) as endpoint:
        done = CliRunner().invoke(
            cli,
            [
                "run",
                str(source),
                "--db",
                str(database),
                "--reader",
                "model",
                "--model",
                "t",
                "--base-url",
                endpoint.url,
            ],
        )
    for cached in (telemetry._instruments, telemetry._tracer):
        cached.cache_clear()
    assert done.exit_code == 1, done.output
    with Store(database) as store:
        assert store.status().records == len(TEXTS)


@pytest.mark.parametrize(("variable", "metrics", "traces"), [("METRICS", True, False), ("TRACES", False, True)])
def test_what_nobody_named_a_place_for_goes_nowhere(source: Path, variable: str, metrics: bool, traces: bool) -> None:
    good = Answers(list(TEXTS.values()))
    with Collector() as collector, FakeEndpoint(lambda body, _: Said(good.body(body))) as endpoint:
        place = f"{collector.url}/v1/{variable.lower()}"
        done = run(source, endpoint.url, **{f"OTEL_EXPORTER_OTLP_{variable}_ENDPOINT": place})
    assert (bool(collector.metrics), bool(collector.traces)) == (metrics, traces)
    assert "Traceback" not in done.stderr
    assert "4318" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_once_and_the_run_goes_on(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "extractor", "--log", "/dev/full", "--log-level", "debug", "run", str(source)]
    done = subprocess.run(
        [*command, "--db", str(tmp_path / "a.db"), "--json", "--workers", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["extracted"] == len(TEXTS)
    assert done.stderr.count("can no longer be written: [Errno 28]") == 1
    assert "Traceback" not in done.stderr
