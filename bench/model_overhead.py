"""What a letter costs the client of a model, against an instant endpoint; and what it costs in tokens; with peers.

    python bench/model_overhead.py [--letters 600] [--in-flight 16 64] [--repeats 2] [--peers FOLDER]

The endpoint is a process of its own and has the right answer to every request at hand, so what is left is the client:
letters a second, CPU milliseconds a letter (of all threads of the client's process; beside it the endpoint's own), and
both as multiples of the bare openai client of the same run. Every contender has the same letters, made from the
sample letters with case numbers of their own, and its answers are counted and compared with what it should have said.

LangExtract and BAML go into a virtual environment in FOLDER, which is made where it is missing; what cannot be
installed or run there is printed as not available, with the reason. Tokens are characters / 4, for no tokenizer can be
had offline; JSON is counted without blanks for everyone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PEER = "--peer" in sys.argv  # in the peers' environment, where nothing of ours is installed
if not PEER:
    sys.path.append(str(ROOT / "tests"))
    import instructor
    from answering import Answers, whole_answer
    from backlog import make
    from openai import AsyncOpenAI, DefaultAioHttpClient

    from extractor.backlog import run
    from extractor.determination import Determination
    from extractor.documents import read_document
    from extractor.facts import gather
    from extractor.grounding import ground
    from extractor.layout import lay_out
    from extractor.model.seam import schema_text
    from extractor.pipeline import Configuration, read, read_in
    from extractor.prompted import Session, estimate
    from extractor.prompted.answers import WholeForm
    from extractor.prompted.letters import whole_request
    from extractor.prompts import load_prompts
    from extractor.records import Record
    from extractor.rules import read_by_rules
    from extractor.settings import ModelSettings, Service
    from extractor.store import Store

MODEL = "gpt-4o-mini"  # by such a name LangExtract knows that the OpenAI provider is meant
PEERS = {"langextract": "langextract[openai]", "baml": "baml-py"}
CACHED_FROM = 1024
"""Tokens: a shorter opening is not cached by providers."""
Row = dict[str, Any]
Json = dict[str, Any]


# The endpoint and the clock


class Server(NamedTuple):
    """An endpoint under way."""

    url: str
    process: int


@contextmanager
def serving(answers: dict[str, str], key: str = r"CM\d\d-\d+") -> Iterator[Server]:
    """An instant endpoint that answers what `key` finds in the last message of a request."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(answers, file)
        file.flush()
        command = [sys.executable, str(ROOT / "tests" / "endpoint.py"), "--answers", file.name, "--key", key]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Server(process.stdout.readline().split()[1] if process.stdout else "", process.pid)
            finally:
                process.terminate()


class Clock:
    """Wall clock and CPU, ours and the endpoint's."""

    def __init__(self, server: Server) -> None:
        self._stat = Path(f"/proc/{server.process}/stat")
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        ticks = self._stat.read_text().rpartition(")")[2].split()[11:13]
        return time.perf_counter(), time.process_time(), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def row(self, name: str, letters: int, note: str = "") -> Row:
        """What so many letters took."""
        wall, mine, theirs = (now - then for now, then in zip(self._now(), self._began, strict=True))
        return {
            "name": name,
            "rate": letters / wall,
            "cpu": mine * 1e3 / letters,
            "server": theirs * 1e3 / letters,
            "note": note,
        }


def require(name: str, said: Sequence[Any], expected: Sequence[Any]) -> None:
    """End the run where a contender did not say what it should have."""
    if Counter(said) != Counter(expected):
        wrong = list((Counter(said) - Counter(expected)).items())[:3]
        raise RuntimeError(f"{name}: {len(said)} results where {len(expected)} were expected, or others: {wrong}")


async def flown(one: Callable[[Any], Awaitable[Any]], letters: Sequence[Any], in_flight: int) -> list[Any]:
    """The results of all letters, in any order, so many under way at a time."""
    waiting, done = iter(letters), []

    async def worker() -> None:
        for letter in waiting:
            done.append(await one(letter))

    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return done


async def timed(name: str, one: Callable[[Any], Awaitable[Any]], letters: list[Any], job: Json, server: Server) -> Row:
    """One contender over all letters, after a round that opens its connections and fills its caches."""
    await flown(one, letters[: job["in_flight"]], job["in_flight"])
    clock = Clock(server)
    said = await flown(one, letters, job["in_flight"])
    row = clock.row(name, len(letters))
    require(name, said, [(letter["case_said"], letter["items"]) for letter in job["letters"]])
    return row


def said_by(form: Any) -> tuple[str | None, int]:
    """What is compared of an answer in the form of a whole letter: its case number, and how many items it has."""
    return form.header.case_number.text if form.header.case_number else None, len(form.items)


# Ours, and what stands beside it in this environment


def made(number: int, folder: Path) -> Json:
    """The job: letters as files and as values, the right answer to each, and what else peers need to know."""
    make(sorted((ROOT / "docs" / "samples").glob("*.txt")), [], folder, number, 0)
    prompt, settings = load_prompts()["whole"], ModelSettings(MODEL)
    letters, answers = [], {}
    for path in sorted((folder / "text").rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        case, form = re.findall(r"CM\d\d-\d+", text)[0], whole_answer(text)
        answers[case] = form.model_dump_json()
        case_said, items = said_by(form)
        shown = whole_request(lay_out(text), prompt, settings).messages[-1].content
        values = quoted(read(read_document(text, name=case)))
        letters.append(
            {"case_said": case_said, "items": items, "path": str(path), "text": text, "shown": shown, "values": values}
        )
    opening = whole_request(lay_out("any"), prompt, settings).messages[:-1]
    knee = prompt.examples[0].letter
    return {
        "letters": letters,
        "answers": answers,
        "opening": [{"role": message.role, "content": message.content} for message in opening],
        "schema": WholeForm.model_json_schema(),
        "example": {"text": knee, "values": quoted(read(read_document(knee, name="knee")))},
    }


async def bare(job: Json, server: Server) -> AsyncIterator[Row]:
    """The openai client with each transport, and instructor as it comes."""
    letters = [[*job["opening"], {"role": "user", "content": letter["shown"]}] for letter in job["letters"]]
    form: Any = {"type": "json_schema", "json_schema": {"name": "WholeForm", "schema": job["schema"], "strict": True}}
    for name, transport in (("openai, httpx2", None), ("openai, aiohttp", DefaultAioHttpClient())):
        async with AsyncOpenAI(base_url=server.url, api_key="none", http_client=transport) as client:

            async def one(messages: Any, client: AsyncOpenAI = client) -> tuple[str | None, int]:
                reply = await client.chat.completions.create(
                    model=MODEL, messages=messages, response_format=form, max_tokens=4096, temperature=0
                )
                return said_by(WholeForm.model_validate_json(reply.choices[0].message.content or ""))

            yield await timed(name, one, letters, job, server)
    async with AsyncOpenAI(base_url=server.url, api_key="none") as client:
        patched = instructor.from_openai(client, mode=instructor.Mode.JSON_SCHEMA)

        async def instructed(messages: Any) -> tuple[str | None, int]:
            return said_by(
                await patched.chat.completions.create(
                    model=MODEL, messages=messages, response_model=WholeForm, max_tokens=4096, temperature=0
                )
            )

        yield await timed("instructor", instructed, letters, job, server)


async def ours(job: Json, server: Server, service: Service) -> AsyncIterator[Row]:
    """The asker alone, and the reading of letters around it."""
    settings = ModelSettings(MODEL)
    configuration = Configuration.of("model", settings)
    async with Session(settings, service) as session:
        requests = [
            whole_request(lay_out(letter["text"]), session.prompts["whole"], settings) for letter in job["letters"]
        ]
        documents = [read_document(letter["text"], name="letter") for letter in job["letters"]]

        async def asked(request: Any) -> tuple[str | None, int]:
            return said_by(await session.asker.ask(request, WholeForm, []))

        async def whole(document: Any) -> tuple[str | None, int]:
            record = (await read_in(session, document, configuration)).record
            return record.determination.case_number, len(record.determination.decisions)

        yield await timed("ours: asker", asked, requests, job, server)
        yield await timed("ours: reader model", whole, documents, job, server)


def backlogs(job: Json, server: Server, service: Service, folder: Path) -> Iterator[Row]:
    """Whole runs from files into SQLite."""
    for reader in ("model", "both"):
        configuration = Configuration.of(reader, ModelSettings(MODEL))
        for letters in (job["letters"][:8], job["letters"]):  # the first few to warm up
            (folder / "run.db").unlink(missing_ok=True)
            clock = Clock(server)
            with Store(folder / "run.db") as store:
                paths = [letter["path"] for letter in letters]
                summary = run(paths, store, configuration, service=service)
            row = clock.row(f"ours: backlog, {reader}", len(letters))
            require(
                row["name"], [(summary.extracted, summary.failed, summary.requests)], [(len(letters), 0, len(letters))]
            )
        yield row


async def here(job: Json, server: Server, service: Service) -> list[Row]:
    """All of this environment that runs in one event loop."""
    return [row async for row in bare(job, server)] + [row async for row in ours(job, server, service)]


# Peers, in their own environment


def peers_in(folder: Path) -> dict[str, str]:
    """Make the environment where it is missing; peer → why it cannot be had, or nothing."""
    python, said = folder / "bin" / "python", {}
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    for name, package in PEERS.items():
        wanted = [str(python), "-m", "pip", "install", "--quiet", package]
        known = subprocess.run(
            [str(python), "-c", f"import {name if name != 'baml' else 'baml_py'}"], check=False, capture_output=True
        )
        done = subprocess.run(wanted, check=False, capture_output=True, text=True) if known.returncode else known
        said[name] = f"pip: {done.stderr.strip()[-200:]}" if done.returncode else ""
    return said


def asked_of_peer(peer: str, job: Path, folder: Path) -> list[Row]:
    """Run this file in the peers' environment."""
    command = [str(folder / "bin" / "python"), __file__, "--peer", peer, "--job", str(job)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return [{"name": peer, "missing": (done.stderr.strip().splitlines() or ["no word"])[-1][:200]}]
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def langextract(job: Json, *, tokens: bool = False) -> list[Row]:
    """LangExtract as it comes, and with one request a letter and as many workers as others have in flight.

    Its answer to a chunk is a dozen of the letter's values, those that begin in the chunk; for tokens, all values.
    """
    import langextract as lx  # noqa: PLC0415
    from langextract.annotation import _document_chunk_iterator as chunked  # noqa: PLC0415
    from langextract.core.format_handler import FormatHandler  # noqa: PLC0415
    from langextract.factory import ModelConfig, create_model  # noqa: PLC0415
    from langextract.prompting import PromptTemplateStructured, QAPromptGenerator  # noqa: PLC0415

    description = (
        "Extract from a letter about treatments that were reviewed: case number, priority, dates, the reviewer's licensed "
        "states and specialties; the patient's age, sex, mechanism of injury and diagnoses; and for each disputed "
        "item its heading, outcome, body parts, drugs, quantity, reasons, and what each side relied on. Use exact text, "
        "in order of appearance; do not paraphrase or overlap. Give each item's number and normalized values as attributes."
    )

    def extractions(text: str, values: list[Any], start: int, end: int) -> list[Any]:
        return [
            lx.data.Extraction(name, " ".join(text[first : min(last, end)].split()), attributes=more)
            for name, first, last, more in values
            if start <= first < end
        ]

    text, values = job["example"]["text"], job["example"]["values"]
    begin = text.index("Tramadol (Ultram)")  # one item with its rationale, a chunk of LangExtract's own size
    end = text.index("Physical therapy for")
    example = lx.data.ExampleData(text[begin:end], extractions(text, values, begin, end))
    plain = FormatHandler(use_fences=False)
    generator = QAPromptGenerator(PromptTemplateStructured(description, [example]), plain)
    rows: list[Row] = []
    for name, buffer, workers in (
        ("langextract, default", 1000, None),
        ("langextract, a letter a request", 100_000, job["in_flight"]),
    ):
        answers, documents, expected, bodies = {}, [], [], []
        for number, letter in enumerate(job["letters"]):
            documents.append(lx.data.Document(letter["text"], document_id=str(number)))
            every = letter["values"]
            dozen = every if tokens else [every[index * len(every) // 12] for index in range(12)]
            count = 0
            for chunk in chunked([documents[-1]], buffer):
                place = chunk.char_interval
                found = extractions(letter["text"], dozen, place.start_pos, place.end_pos)
                count += len(found)
                answer = json.dumps(
                    json.loads(plain.format_extraction_example(found)), separators=(",", ":"), ensure_ascii=False
                )
                answers[chunk.chunk_text] = answer
                bodies.append((number, chunk.chunk_text, answer))
            expected.append((str(number), count))
        given = {"api_key": "none", "base_url": "http://none/v1"}
        model: Any = create_model(
            ModelConfig(MODEL, provider_kwargs=given), examples=[example], use_schema_constraints=True
        )
        if tokens:
            for number, asked, answer in bodies:
                body = model._build_chat_completions_params(generator.render(asked), {})
                whole = sum(len(turn["content"]) for turn in body["messages"])
                whole += len(json.dumps(body.get("response_format"), separators=(",", ":")))
                rows.append(
                    {"name": name, "letter": number, "in": whole, "shared": whole - len(asked) - 4, "out": len(answer)}
                )
            continue
        more = {"max_workers": workers, "batch_length": workers} if workers else {}
        with serving(answers, r"(?s).*\nQ: (.*)\nA: \Z") as server:
            ready = dict(
                prompt_description=description, examples=[example], model_id=MODEL, api_key="none", model_url=server.url
            )
            ready |= {"max_char_buffer": buffer, "show_progress": False, **more}
            list(lx.extract(documents[:8], **ready))
            clock = Clock(server)
            done = list(lx.extract(documents, **ready))
            found = [one for document in done for one in document.extractions]
            placed = sum(one.char_interval is not None for one in found)
            note = f"{len(bodies) / len(documents):.1f} requests a letter; {placed} of {len(found)} extractions placed"
            rows.append(clock.row(name, len(documents), note))
            require(name, [(document.document_id, len(document.extractions)) for document in done], expected)
    return rows


def baml_source(schema: Json) -> str:
    """The same form, function and prompt in BAML."""

    def kind(node: Json) -> str:
        if "anyOf" in node:
            return " | ".join(map(kind, node["anyOf"]))
        if "enum" in node:
            return "(" + " | ".join(map(json.dumps, node["enum"])) + ")"
        if node.get("type") == "array":
            return f"({kind(node['items'])})[]"
        plain = {"integer": "int", "number": "float", "string": "string", "boolean": "bool", "null": "null"}
        return node["$ref"].rpartition("/")[2] if "$ref" in node else plain[node["type"]]

    blocks = []
    for name, node in {**schema["$defs"], "WholeForm": schema}.items():
        if "enum" in node:
            lines = [f"{value.upper()} @alias({json.dumps(value)})" for value in node["enum"]]
        else:
            lines = [f"{field} {kind(of)}" for field, of in node["properties"].items()]
        blocks.append(f"{'enum' if 'enum' in node else 'class'} {name} {{\n  " + "\n  ".join(lines) + "\n}")
    turns = [("system", "system"), ("user", "shown"), ("assistant", "answer"), ("user", "letter")]
    prompt = "\n".join(f'{{{{ _.role("{role}") }}}}\n{{{{ {name} }}}}' for role, name in turns)
    prompt = prompt.replace("{{ system }}", "{{ system }}\n{{ ctx.output_format }}")
    return (
        "\n".join(blocks)
        + f"""
generator target {{
  output_type "python/pydantic"
  output_dir "../"
  version "{version("baml-py")}"
  default_client_mode async
}}
client<llm> Loopback {{
  provider openai-generic
  options {{
    base_url env.LOOPBACK
    model "{MODEL}"
    api_key "none"
    max_tokens 4096
    temperature 0
  }}
}}
function ReadLetter(system: string, shown: string, answer: string, letter: string) -> WholeForm {{
  client Loopback
  prompt #"
{prompt}
  "#
}}
"""
    )


def baml(job: Json) -> list[Row]:
    """BAML with a client generated from the same schema."""
    folder = Path(tempfile.mkdtemp(prefix="imr-baml-", dir=job["folder"]))
    (folder / "baml_src").mkdir()
    (folder / "baml_src" / "letter.baml").write_text(baml_source(job["schema"]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("baml-cli")), "generate", "--from", str(folder / "baml_src")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"baml-cli generate: {' '.join((done.stdout + done.stderr).split())[-200:]}")
    with serving(job["answers"]) as server:
        os.environ |= {"BAML_LOG": "off", "LOOPBACK": server.url}
        sys.path.insert(0, str(folder))
        from baml_client.async_client import b  # noqa: PLC0415  just generated

        system, shown, answer = (turn["content"] for turn in job["opening"])

        async def one(letter: str) -> tuple[str | None, int]:
            return said_by(await b.ReadLetter(system=system, shown=shown, answer=answer, letter=letter))

        return [asyncio.run(timed("baml", one, [letter["shown"] for letter in job["letters"]], job, server))]


# Tokens

_ASKED = re.compile(
    r"/(case_number|priority|date_\w+|decision_date|ur_denial_date|application_received|reviewer/.+|patient/.+)"
    r"|/decisions/\d+/(heading|outcome|category|subcategory|body_parts/.+|drugs/.+|quantity/.+|reasons/.+|\w+/relied_on)"
)
"""What the form of a whole letter asks for; the rest of a record is read from the layout."""
_PART = re.compile(r"(?<=/)(quantity|(?:body_parts|drugs)/\d+)/\w+$")
_PASSAGES = ("clinical_summary", "rationale", "statement")


def at(root: Any, pointer: str) -> Any:
    """What a JSON pointer points at."""
    for part in pointer.split("/")[1:]:
        root = root[int(part)] if isinstance(root, list) else root[part]
    return root


def quoted(record: Record) -> list[list[Any]]:
    """The values that the form asks for as LangExtract has them: class, first and last character, attributes.

    A quantity, a drug or a part of the body is one extraction, and the kind of treatment is told with the heading.
    """
    told, found = record.determination.model_dump(mode="json"), {}
    for pointer, evidence in record.evidence.items():
        if not _ASKED.fullmatch(pointer):
            continue
        whole = re.sub(r"/(?:sub)?category$", "/heading", _PART.sub(r"\1", pointer))
        name = next(part for part in reversed(whole.split("/")) if not part.isdigit())
        leaf = next(part for part in reversed(pointer.split("/")) if not part.isdigit())
        first, last = evidence.spans[0]
        attributes: Json = found.setdefault(whole, [name, first, last, {}])[3]
        if match := re.match(r"/decisions/(\d+)", pointer):
            attributes["item"] = int(match[1]) + 1
        if (value := at(told, pointer)) != evidence.quote:
            attributes[leaf] = value
    return sorted(found.values(), key=lambda value: value[1])


def naive_answer(record: Record) -> str:
    """The record's determination written out: every value with its quote, passages as text."""

    def written(value: Any, pointer: str) -> Any:
        if isinstance(value, dict) and pointer.endswith(_PASSAGES):
            return value["text"]
        if isinstance(value, dict):
            return {name: written(each, f"{pointer}/{name}") for name, each in value.items()}
        if isinstance(value, list):
            return [written(each, f"{pointer}/{index}") for index, each in enumerate(value)]
        evidence = None if pointer.endswith(_PASSAGES) else record.evidence.get(pointer)
        return {"value": value, "quote": evidence.quote} if evidence else value

    told = written(record.determination.model_dump(mode="json"), "")
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def tokens(of_peer: list[Row]) -> None:
    """Print the table of tokens a letter, over the sample letters."""
    samples = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "samples").glob("*.txt"))]
    asked = (
        "Read the letter and return its contents as JSON of this schema, every value as an object of value and quote, the "
        "quote being the words of the letter that it rests on. Write passages, statements and rationales out."
    )
    opening = len(asked) + len(json.dumps(Determination.model_json_schema(), separators=(",", ":")))
    requests: list[Row] = []
    for letter in samples:
        answer = naive_answer(read(read_document(letter, name="letter")))
        requests.append(
            {"name": "naive, all written out", "in": opening + len(letter), "shared": opening, "out": len(answer)}
        )
        known, layout = Answers([letter]), lay_out(letter)
        rules = ground(read_by_rules(layout, gather(layout)), layout, gather(layout))
        for strategy in ("whole", "sections", "budgeted"):
            for request in estimate(layout, ModelSettings(MODEL, strategy), load_prompts(), rules):
                shown = request.messages[-1].content
                sizes = {
                    "in": request.characters,
                    "shared": request.characters - len(shown),
                    "out": len(known.of([shown])),
                }
                requests.append({"name": f"ours, {strategy}", **sizes})
    requests += [row for row in of_peer if "in" in row]
    print(
        f"\nTokens a letter (characters / 4), mean of {len(samples)} sample letters; the form of the answer counts as sent"
    )
    columns = ("requests", "in", "shared", "cacheable", "out", "out / naive", "in+4out")
    print(f"{'':32}", *(f"{column:>11}" for column in columns))
    base: list[float] = []
    for name in dict.fromkeys(row["name"] for row in requests):
        mine = [row for row in requests if row["name"] == name]
        sent, shared, out = (sum(row[part] for row in mine) / 4 / len(samples) for part in ("in", "shared", "out"))
        cached = sum(row["shared"] for row in mine if row["shared"] / 4 >= CACHED_FROM) / 4 / len(samples)
        base = base or [out, sent + 4 * out]
        figures = (len(mine) / len(samples), sent, shared, cached, out, out / base[0], (sent + 4 * out) / base[1])
        print(f"{name:32}", *(f"{figure:11.2f}" if figure < 20 else f"{figure:11.0f}" for figure in figures))
    print(
        f"shared: the opening that is the same for every letter; cacheable: where it has {CACHED_FROM:,} tokens or more;"
    )
    print("in+4out: cost against naive where output is four times as dear and nothing is cached")
    for row in of_peer:
        if "missing" in row:
            print(f"{row['name']:32} not available: {row['missing']}")


def table(in_flight: int, rows: list[Row]) -> None:
    """Print one table, the best run of each; ratios are to the first row."""
    print(f"\n{in_flight} in flight")
    columns = ("a second", "CPU ms", "server ms", "rate", "CPU")
    print(f"{'':32}", *(f"{column:>10}" for column in columns))
    names = dict.fromkeys(row["name"] for row in rows)
    first: Row | None = None
    for name in names:
        runs = [row for row in rows if row["name"] == name]
        if missing := [row["missing"] for row in runs if "missing" in row]:
            print(f"{name:32} not available: {missing[0]}")
            continue
        best = max(runs, key=lambda row: row["rate"])
        first = first or best
        figures = (best["rate"], best["cpu"], best["server"], best["rate"] / first["rate"], best["cpu"] / first["cpu"])
        print(
            f"{name:32}",
            *(f"{figure:10.2f}" if figure < 100 else f"{figure:10.0f}" for figure in figures),
            best["note"],
        )


def main() -> None:
    """Make the letters, run everyone on them, print the tables, leave nothing behind but the peers' environment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=600)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--repeats", type=int, default=2, help="runs of each, of which the fastest counts")
    parser.add_argument(
        "--peers", type=Path, default=Path(tempfile.gettempdir()) / "imr-peers", help="their environment"
    )
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if PEER:
        job = json.loads(given.job.read_text(encoding="utf-8"))
        peers = {"langextract": langextract, "baml": baml, "tokens": lambda job: langextract(job, tokens=True)}
        print(json.dumps(peers[given.peer](job)))
        return
    with tempfile.TemporaryDirectory(prefix="imr-bench-") as place:
        folder, path = Path(place), Path(place) / "job.json"
        job = made(given.letters, folder) | {"folder": place}
        missing = peers_in(given.peers)
        load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
        print(
            f"{given.letters} letters, {os.cpu_count()} cores, load {load}; openai {version('openai')}, instructor {version('instructor')}"
        )
        for in_flight in given.in_flight:
            job["in_flight"], rows = in_flight, []
            path.write_text(json.dumps(job), encoding="utf-8")
            for _ in range(given.repeats):
                with serving(job["answers"]) as server:
                    service = Service(base_url=server.url, in_flight=in_flight)
                    rows += [*asyncio.run(here(job, server, service)), *backlogs(job, server, service, folder)]
                for peer, why in missing.items():
                    rows += [{"name": peer, "missing": why}] if why else asked_of_peer(peer, path, given.peers)
            table(in_flight, rows)
        path.write_text(json.dumps(made(16, Path(tempfile.mkdtemp(dir=place))) | {"in_flight": 1}), encoding="utf-8")
        why = missing["langextract"]
        tokens([{"name": "langextract", "missing": why}] if why else asked_of_peer("tokens", path, given.peers))


if __name__ == "__main__":
    main()
