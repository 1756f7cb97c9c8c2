"""The quirks of real servers, one by one: what becomes of a letter, in how many requests, or why the run stops."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.documents import read_document
from extractor.errors import ModelError, ServiceError
from extractor.facts import gather
from extractor.layout import lay_out
from extractor.model import Attempt
from extractor.readers.model import Session, read_by_prompts
from extractor.settings import Endpoint, Mode, ModelSettings, Secret

PROJECT = Path(__file__).parents[2]
SERVER = PROJECT.parent / "shared" / "tools" / "endpoint_quirks.py"
LETTER = (PROJECT / "docs" / "samples" / "CM17-0500538.txt").read_text(encoding="utf-8")
KEY = "sk-Echoed-By-The-Server-77"

pytestmark = pytest.mark.skipif(not SERVER.is_file(), reason="the server of quirks is not beside the project")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("quirks")  # it writes into its folder what it was asked
    for name in ("docs", "tests"):
        (folder / name).symlink_to(PROJECT / name)
    with subprocess.Popen(
        [sys.executable, str(SERVER), "0"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = re.search(r"', (\d+)\)", process.stdout.readline())
        assert port is not None
        yield f"http://127.0.0.1:{port[1]}"
        process.kill()


@dataclasses.dataclass
class Became:
    """What became of a letter."""

    end: str
    """`answered`, `split`, a failure class, or `stopped`."""
    requests: int
    """About the letter."""
    message: str = ""
    waited: float = 0.0

    def __str__(self) -> str:
        return f"{self.end} {self.requests}: {self.message}"


def read(endpoint: Endpoint, mode: Mode = "auto") -> Became:
    settings = ModelSettings("m", mode=mode)
    layout = lay_out(read_document(LETTER, name="letter").text)
    heard: list[Attempt] = []
    waited = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds

    async def hear(attempt: Attempt) -> None:
        heard.append(attempt)

    async def run() -> tuple[str, str]:
        async with Session(settings, endpoint, sleep=sleep) as session:
            try:
                await read_by_prompts(layout, gather(layout), settings, session.prompts, session.asker, None, hear)
            except ServiceError as error:
                return "stopped", str(error)
            except ModelError as error:
                return error.failure_class, str(error)
        return ("answered" if {attempt.purpose for attempt in heard} <= {"whole", "corrections"} else "split"), ""

    end, message = asyncio.run(run())
    return Became(end, sum(attempt.purpose != "probe" for attempt in heard), message, waited)


def ask(server: str, quirk: str, **more: Any) -> Became:
    given: dict[str, Any] = {"api_key": Secret(KEY), "timeout": 2.0, "patience": 5.0, **more}
    return read(Endpoint(base_url=f"{server}/{quirk}/v1", **given))


AT_ONCE = """
    good think think_fence preamble trailing fence_upper bom nousage nullusage stringusage reasoning_only reasoning_plus
    contentlist contentlist_reason toolobj emptytools toolsunasked functioncall finish_null finish_empty finish_eos
    keepalive textplain gzipless maxcomp maxcomp_terse maxtok_unknown nodetail norf lmstudio dup listwrap wrapped
    stringified schemaecho nulls smartquotes numberstr chunked ratelong_after
""".split()
LATER = {
    **{
        "finish_error": 2,
        "err200": 3,
        "errchoice": 2,
        "ratems": 3,
        "ratedate": 2,
        "rateneg": 2,
        "ratenan": 2,
        "rateinf": 2,
    },
    **{"ratetext": 2, "busy503ra": 2, "overload529": 2, "cf520": 2, "cut": 2},
}
"""In so many requests."""
TOO_LONG = """
    lmstudio_err gemini_over bedrock_over anthropic_over vllm_over vllm_maxtok toobig413 litellm_over
    trunc_length trunc_maxtokens
""".split()
FAILED = {
    "trunc_stop": ("invalid_answer", "is not of the form"),
    "ollamacut": ("invalid_answer", ""),  # told as too long, and split; then it answers parts as if they were the whole
    "overturn": (
        "invalid_answer",
        "is not of the form",
    ),  # it answers so to every request, also to that for corrections
    "afilter": ("refused", "content filter"),
    "afilter_out": ("refused", "refused"),
}
STOPPED = {
    "err200always": "temporarily rate-limited upstream",
    "err200key": "does not accept the key: check OPENAI_API_KEY; it says: No auth",
    "err200credit": "no credit left at this endpoint; it says: Insufficient credits",
    "sse": "an event stream",
    "quota_day": "free-models-per-day",
    "ratelong": "is used up for 60 minutes; it says: Rate limit reached",
    "a401": "it says: Access denied due to invalid subscription key or wrong API endpoint",
    "a403vnet": "it says: Public access is disabled",
    "a404": "it says: The API deployment for this resource does not exist",
    "a404r": "check OPENAI_BASE_URL and --model; it says: Resource not found",
    "ollama404": 'it says: model "nope" not found, try pulling it first',
    "redirect": "has moved (status 307)",
    "down503": "it says: Loading model",
    "slowtrickle": "did not answer in time",
    "openai": "check OPENAI_BASE_URL",
}


def test_every_quirk_has_its_row() -> None:
    known = {*AT_ONCE, *LATER, *TOO_LONG, *FAILED, *STOPPED}
    assert set(re.findall(r"def q_(\w+)\(", SERVER.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("quirk", AT_ONCE)
def test_a_wrapper_costs_no_second_request(server: str, quirk: str) -> None:
    became = ask(server, quirk)
    assert (became.end, became.requests, became.waited) == ("answered", 1, 0.0), became


@pytest.mark.parametrize("quirk", LATER)
def test_what_passes_is_waited_for(server: str, quirk: str) -> None:
    became = ask(server, quirk)
    assert (became.end, became.requests) == ("answered", LATER[quirk]), became


def test_what_the_endpoint_asks_to_wait_is_waited(server: str) -> None:
    assert ask(server, "busy503ra").requests == 1  # the quirk passes with the second request ever
    assert ask(server, "down503", patience=3.0).waited >= 3


@pytest.mark.parametrize("quirk", TOO_LONG)
def test_what_is_too_long_is_split(server: str, quirk: str) -> None:
    """The parts are answered so, too: the whole, the summary and three items."""
    became = ask(server, quirk)
    assert (became.end, became.requests) in (("context_overflow", 5), ("truncated", 5)), became


@pytest.mark.parametrize("quirk", FAILED)
def test_what_is_the_letter_s_own_trouble_fails_it(server: str, quirk: str) -> None:
    became = ask(server, quirk)
    kind, words = FAILED[quirk]
    assert became.end == kind, became
    assert words in became.message


@pytest.mark.parametrize("quirk", STOPPED)
def test_what_concerns_every_letter_stops_the_run_in_the_endpoint_s_words(server: str, quirk: str) -> None:
    became = ask(server, quirk, timeout=0.2 if quirk == "slowtrickle" else 2.0)
    assert became.end == "stopped", became
    assert STOPPED[quirk] in became.message
    assert KEY not in became.message
    assert len(became.message) < 500


def test_azure_has_its_key_in_a_header_and_its_version_behind_the_address(server: str) -> None:
    address = f"{server}/openai/deployments/m?api-version=2024-10-21"
    endpoint = Endpoint(base_url=address, headers={"api-key": Secret("0123456789abcdef")})
    assert read(endpoint).end == "answered"
    no_query = Endpoint(base_url=address.partition("?")[0], headers={"api-key": Secret("0123456789abcdef")})
    assert read(no_query).end == "stopped"
    by_table = dataclasses.replace(no_query, query={"api-version": Secret("2024-10-21")})
    assert read(by_table).end == "answered"
