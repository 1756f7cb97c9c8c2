"""One small backlog read by us and by three well-known tools: one letter that cannot be read, one more letter, a kill.

    python bench/backlog_peers.py --peers FOLDER [--letters 40] [--only docetl curator]

Every tool gets the same letters (made from the samples, with case numbers of their own), a fresh home, and the same
loopback endpoint, which answers in the form that the tool asks for and counts requests by the case number in them.
Tools run as their documentation shows it, with their own retries and caches; those that have a documented switch to
go on after a failure, or to keep more of a run, have a second row with it. LangExtract gets a buffer that holds a
whole letter, so that every tool needs one request a letter. A letter counts as out where its outcome is the one that
the endpoint gave.

Each peer goes into a virtual environment of its own in FOLDER, for their requirements contradict each other; what
cannot be installed is printed with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PEER = "--peer" in sys.argv  # then this runs in an environment that may have nothing of ours
if not PEER:
    sys.path.append(str(ROOT / "tests"))
    from answering import Answers
    from backlog import make
    from endpoint import Answer, Body, Broken, FakeEndpoint, Said, error_body, slow

    from extractor.documents import read_document
    from extractor.reading.letter import read

Json = dict[str, Any]
Read = tuple[
    dict[str, Json], list[str]
]  # case number → what was read of it; and the letters that are said to have failed
MODEL = "gpt-4o-mini"  # a name whose provider and price every tool knows
PROMPT = "Read this letter. Give its case number, and the outcome of its first disputed item: upheld or overturned."
PACKAGES = {"langextract": "langextract[openai]", "docetl": "docetl", "curator": "bespokelabs-curator"}
DISTRIBUTIONS = {"ours": "imr-extractor", "curator": "bespokelabs-curator"}  # where it is not the tool's name
MODULES = {"curator": "bespokelabs.curator"}
CAREFUL = {"docetl": "skip_on_error, validate", "curator": "not require_all_responses"}
"""What makes a tool go on after a failure, where that is not its default."""
KEPT = {"docetl": "intermediate_dir"}
"""What makes it keep more of a finished run than it does by default."""
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "TELEMETRY_ENABLED": "false",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
}


# The tools, each as its documentation shows it; this part runs in the tool's environment


def ours(job: Json) -> Read:
    """`imr run`; what could not be read is in the database, too."""
    import sqlite3  # noqa: PLC0415

    Path("letters").mkdir(exist_ok=True)
    for letter in job["letters"]:
        Path("letters", f"{letter['case']}.txt").write_text(letter["text"], encoding="utf-8")
    command = [sys.executable, "-m", "extractor", "run", "letters", "--db", "imr.db", "--quiet"]
    done = subprocess.run([*command, "--reader", "model", "--model", MODEL], check=False)
    if done.returncode not in (0, 1):  # 1: some letters failed
        raise RuntimeError(f"exit code {done.returncode}")
    database = sqlite3.connect("imr.db")
    rows = database.execute(
        "SELECT r.name, d.outcome FROM current_records AS r JOIN decisions AS d ON d.record_id = r.id "
        "AND d.decision_number = 1"
    )
    out = {Path(name).stem: {"outcome": outcome} for name, outcome in rows}
    return out, [Path(name).stem for (name,) in database.execute("SELECT name FROM open_failures")]


def langextract(job: Json) -> Read:
    """`lx.extract` over documents."""
    import langextract as lx  # noqa: PLC0415

    said = [lx.data.Extraction("case_number", "CM00-0000000"), lx.data.Extraction("outcome", "upheld")]
    done = lx.extract(
        [lx.data.Document(letter["text"], document_id=letter["case"]) for letter in job["letters"]],
        prompt_description=PROMPT,
        examples=[lx.data.ExampleData("Case CM00-0000000: the denial is upheld.", said)],
        model_id=MODEL,
        model_url=job["url"],
        api_key="none",
        max_char_buffer=100_000,
        show_progress=False,
    )
    return {
        each.document_id: {one.extraction_class: one.extraction_text for one in each.extractions or ()} for each in done
    }, []


def docetl(job: Json) -> Read:
    """A map over a JSON file."""
    import docetl as etl  # noqa: PLC0415

    Path("letters.json").write_text(json.dumps(job["letters"]), encoding="utf-8")
    etl.default_model = MODEL
    etl.intermediate_dir = "between" if job["option"] == KEPT["docetl"] else None
    careful = {"skip_on_error": True, "validate": ["output['outcome'] in ['upheld', 'overturned']"]}
    frame = etl.read_json("letters.json").map(
        prompt=PROMPT + "\n\n{{ input.text }}",
        output={"schema": {"case_number": "string", "outcome": "string"}},
        **(careful if job["option"] == CAREFUL["docetl"] else {}),
    )
    return {row["case"]: row for row in frame.collect()}, []


def curator(job: Json) -> Read:
    """An `LLM` with a response format."""
    from bespokelabs import curator as library  # noqa: PLC0415
    from pydantic import BaseModel  # noqa: PLC0415

    class Decision(BaseModel):
        case_number: str
        outcome: str

    class Reader(library.LLM):  # type: ignore[misc, name-defined]
        response_format = Decision

        def prompt(self, row: Json) -> str:
            return f"{PROMPT}\n\n{row['text']}"

        def parse(self, row: Json, response: Decision) -> Json:
            return {"case": row["case"], **response.model_dump()}

    # It asks the endpoint for its limits, and without an answer keeps to 100,000 tokens a minute.
    settings = {"max_requests_per_minute": 10_000, "max_tokens_per_minute": 10_000_000}
    if job["option"] == CAREFUL["curator"]:
        settings["require_all_responses"] = False
    done = Reader(model_name=MODEL, backend_params=settings)(job["letters"])
    failed: list[str] = []
    if done.failed_requests_path:
        lines = Path(done.failed_requests_path).read_text(encoding="utf-8").splitlines()
        failed = [json.loads(line)["original_row"]["case"] for line in lines]
    return {row["case"]: row for row in done.dataset}, failed


DRIVERS: dict[str, Callable[[Json], Read]] = {
    "ours": ours,
    "langextract": langextract,
    "docetl": docetl,
    "curator": curator,
}


def drive(peer: str) -> None:
    """Read the letters of job.json with one tool, and tell in said.json what came of it."""
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    if found := find_spec("litellm"):  # it brings the tokenizers that would be fetched
        for folder in found.submodule_search_locations or ():
            os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folder, "litellm_core_utils", "tokenizers"))
    said: Json = {"version": version(DISTRIBUTIONS.get(peer, peer)), "out": {}, "failed": [], "raised": "", "why": ""}
    try:
        said["out"], said["failed"] = DRIVERS[peer](job)
    except Exception as error:  # noqa: BLE001  what a tool raises is what is measured
        traceback.print_exc()
        said |= {"raised": type(error).__name__, "why": str(error)}
    Path("said.json").write_text(json.dumps(said), encoding="utf-8")


# The endpoint


class Model:
    """Says what each tool wants to hear, but nothing that can be used of the poison letter; counts requests."""

    def __init__(self, letters: list[Json], say: Callable[[Body, str], str]) -> None:
        self._say = say
        self._place = {letter["case"]: place for place, letter in enumerate(letters)}
        self.trouble: dict[str, Answer] = {}
        """Case number → what is answered instead."""
        self.pace = 0.0
        """Seconds: the first letter's answer takes so long, the second's twice, and so on."""
        self.asked: Counter[str] = Counter()
        self.first: float | None = None
        self._due: list[float] = []

    def __call__(self, body: Body, _before: int) -> Answer:
        """Answer a request by the last known case number in it."""
        known = [case for case in re.findall(r"CM\d\d-\d{7}", json.dumps(body["messages"])) if case in self._place]
        if not known:  # a probe of the tool's own
            return Said("Hello.", model=MODEL)
        case, now = known[-1], time.perf_counter()
        self.asked[case] += 1
        self.first = self.first or now
        seconds = self.pace * (self._place[case] + 1)
        self._due.append(now + seconds)
        return slow(self.trouble.get(case) or Said(self._say(body, case), model=MODEL), seconds)

    @property
    def answered(self) -> int:
        """How many requests have been answered by now."""
        return sum(due < time.perf_counter() for due in self._due)


POISON: dict[str, Callable[[], Any]] = {
    "not JSON": lambda: Said("I am sorry, this letter is hard to read.", model=MODEL),
    "JSON of another form": lambda: Said('{"answer": 7}', model=MODEL),
    "status 400": lambda: Broken(400, error_body("The input was rejected.", "invalid_request_error")),
    "status 500": lambda: Broken(500),
}


def made(number: int, folder: Path) -> list[Json]:
    """Letters, their case numbers and outcomes."""
    make(sorted((ROOT / "docs" / "samples").glob("*.txt")), [], folder, number, 0)
    letters = []
    for path in sorted((folder / "text").rglob("*.txt"), key=lambda path: int(path.stem)):
        text = path.read_text(encoding="utf-8")
        [case] = set(re.findall(rf"CM\d\d-{1000000 + int(path.stem)}", text))
        outcome = str(read(read_document(text, name="letter")).determination.decisions[0].outcome)
        letters.append({"case": case, "text": text, "outcome": outcome})
    return letters


def speaker(tool: str, letters: list[Json]) -> Callable[[Body, str], str]:
    """What the endpoint says of each letter, in the form that the tool asks for."""
    if tool == "ours":
        answers = Answers([letter["text"] for letter in letters])
        return lambda body, _case: answers.body(body)
    plain = {letter["case"]: {"case_number": letter["case"], "outcome": letter["outcome"]} for letter in letters}
    if tool == "langextract":
        return lambda _body, case: json.dumps({"extractions": [{name: text} for name, text in plain[case].items()]})
    return lambda _body, case: json.dumps(plain[case])


# Cases


@dataclass(frozen=True)
class Tool:
    """A row of the table."""

    name: str
    python: str = sys.executable
    option: str = ""
    """Other than its defaults."""
    seconds: float = 180.0
    """A run that takes longer is killed."""


@dataclass
class Case:
    """A tool at work in a fresh folder, against an endpoint of its own."""

    tool: Tool
    letters: list[Json]
    folder: Path
    model: Any
    url: str
    version: str = "?"

    def run(self, number: int, *, kill_at: int | None = None) -> Json:
        """Read the first letters; what the tool said, the requests and seconds that it took."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "said.json").unlink(missing_ok=True)
        told = [{"case": letter["case"], "text": letter["text"]} for letter in self.letters[:number]]
        job = {"url": self.url, "letters": told, "option": self.tool.option}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        self.model.asked.clear()
        self.model.first = None
        ended = self._ended(kill_at)
        seconds = time.perf_counter() - (self.model.first or time.perf_counter())
        path = self.folder / "said.json"
        said: Json = {"out": {}, "failed": [], "raised": ended, "why": ""}
        if path.exists():
            said |= json.loads(path.read_text(encoding="utf-8"))
            self.version = said["version"]
        right = {letter["case"]: letter["outcome"] for letter in self.letters}
        good = [case for case, values in said["out"].items() if values.get("outcome") == right[case]]
        return said | {"good": good, "asked": Counter(self.model.asked), "seconds": seconds}

    def _ended(self, kill_at: int | None) -> str:
        """Run the tool to its end, or kill it and all that it started; why there will be no word of it."""
        named = {"HOME", "DOCETL_HOME_DIR", "CURATOR_CACHE_DIR", "HF_HOME", "PYTHONHASHSEED"}
        kept = {name: value for name, value in os.environ.items() if name not in named}
        home = {"HOME": str(self.folder), "OPENAI_API_KEY": "none"}
        urls = dict.fromkeys(("OPENAI_BASE_URL", "OPENAI_API_BASE"), self.url)
        command = [self.tool.python, __file__, "--peer", self.tool.name]
        with (self.folder / "log.txt").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=kept | home | urls | OFFLINE, stdout=log, stderr=log, process_group=0
            )
            late = time.monotonic() + self.tool.seconds
            while process.poll() is None:
                full = kill_at is not None and self.model.answered >= kill_at
                if full or time.monotonic() > late:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    return "killed" if full else f"timed out ({self.tool.seconds:.0f} s)"
                time.sleep(0.01)
        return f"exit code {process.returncode}"

    def fate(self, said: Json, case: str) -> str:
        """How a person learns of a letter that could not be read."""
        if case in said["failed"]:
            return "named as failed"
        if case in said["why"]:
            return "named in the error"
        if case in (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace"):
            return "in the log only"
        if case in said["out"]:
            filled = said["out"][case].get("outcome")
            return f"read as {filled!r}" if filled else "an empty result"
        return "not named" if said["raised"] else "absent"


def poisoned(case: Case, number: int, trouble: Any) -> list[object]:
    """One letter is always answered badly; then the endpoint is well again, and the same is run again."""
    poison = case.letters[number // 5]["case"]
    case.model.trouble = {poison: trouble}
    said = case.run(number)
    fate = case.fate(said, poison)
    case.model.trouble = {}
    again = case.run(number)
    others = len(set(said["good"]) - {poison})
    ended = f"raises {said['raised']}" if "version" in said and said["raised"] else said["raised"] or "ends"
    healed = f"{again['asked'].total()}, {len(again['good'])} out"
    return [others, fate, ended, said["asked"][poison], round(said["seconds"]), healed]


def grown(case: Case, number: int) -> list[object]:
    """All letters, the same again, and one more."""
    runs = [case.run(number), case.run(number), case.run(number + 1)]
    return [value for said in runs for value in (said["asked"].total(), len(said["good"]))]


def killed(case: Case, number: int) -> list[object]:
    """Killed when half of the letters are answered, and started again."""
    case.model.pace = 4 / number
    first = case.run(number, kill_at=number // 2)
    case.model.pace = 0.0
    again = case.run(number)
    both = first["asked"].total() + again["asked"].total()
    return [number // 2, first["asked"].total(), again["asked"].total(), both, len(again["good"])]


POISON_COLUMNS = ("others out", "the letter itself", "the run", "requests for it", "seconds", "run again, well")
GROWN_COLUMNS = ("requests", "out", "again: requests", "out", "one more: requests", "out")
KILLED_COLUMNS = ("answered at the kill", "asked by then", "asked after it", "in all", "out")


def installed(name: str, folder: Path) -> tuple[str, str]:
    """The tool's interpreter, made where it is missing; and why it cannot be had, or nothing."""
    python = str(folder / name / "bin" / "python")

    def ran(*command: str) -> str:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | OFFLINE)
        return " ".join(done.stderr.split())[-200:] or "?" if done.returncode else ""

    install = (python, "-m", "pip", "install", "--quiet", PACKAGES[name])
    look = (python, "-c", f"import {MODULES.get(name, name)}")
    if Path(python).exists() and not ran(*look):
        return python, ""
    return python, ran(sys.executable, "-m", "venv", str(folder / name)) or ran(*install) or ran(*look)


def table(title: str, columns: tuple[str, ...], rows: list[tuple[str, list[object]]]) -> None:
    """Print one."""
    names = [name for name, _ in rows]
    first = max(map(len, [*names, title])) + 2
    widths = [
        max(len(str(cells[place])) for cells in [columns, *(cells for _, cells in rows if len(cells) > place)]) + 2
        for place in range(len(columns))
    ]
    print("\n" + title.ljust(first) + "".join(name.rjust(width) for name, width in zip(columns, widths, strict=True)))
    for name, cells in rows:
        text = "".join(str(cell).rjust(width) for cell, width in zip(cells, widths, strict=False))
        print(name.ljust(first) + text, flush=True)


def main() -> None:
    """Run every case with every tool, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="a folder for the peers' environments; without it, ours alone")
    parser.add_argument("--letters", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=180, help="a run that takes longer is killed")
    parser.add_argument("--only", nargs="+", default=list(DRIVERS), choices=list(DRIVERS), help="not all tools")
    parser.add_argument("--peer", choices=list(DRIVERS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        drive(given.peer)
        return
    tools, missing = [], []
    for name in given.only:
        python, why = (sys.executable, "") if name == "ours" else ("", "no --peers")
        if given.peers and name != "ours":
            python, why = installed(name, given.peers.absolute())
        missing += [f"{name}: not available: {why}"] if why else []
        tools += [] if why else [Tool(name, python, seconds=given.seconds)]

    def ways(options: dict[str, str]) -> list[Tool]:
        both = ((tool, option) for tool in tools for option in ("", options.get(tool.name)))
        return [replace(tool, option=option) for tool, option in both if option is not None]

    with tempfile.TemporaryDirectory() as place:
        letters = made(given.letters + 1, Path(place))
        versions: dict[str, str] = {}

        def each(chosen: list[Tool], what: Callable[[Case], list[object]]) -> list[tuple[str, list[object]]]:
            rows = []
            for tool in chosen:
                model = Model(letters, speaker(tool.name, letters))
                with FakeEndpoint(model, keep=False) as endpoint, tempfile.TemporaryDirectory(dir=place) as folder:
                    case = Case(tool, letters, Path(folder), model, endpoint.url)
                    rows.append((f"{tool.name} {tool.option}".strip(), what(case)))
                    versions[tool.name] = case.version
            return rows

        for title, trouble in POISON.items():
            rows = each(ways(CAREFUL), lambda case, bad=trouble: poisoned(case, given.letters, bad()))
            table(f"poison: {title}", POISON_COLUMNS, rows)
        table("one more letter", GROWN_COLUMNS, each(ways(KEPT), lambda case: grown(case, given.letters)))
        table("kill -9", KILLED_COLUMNS, each(tools, lambda case: killed(case, given.letters)))
    print(f"\n{given.letters} letters;", ", ".join(f"{name} {number}" for name, number in versions.items()), *missing)


if __name__ == "__main__":
    main()
