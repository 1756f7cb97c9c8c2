"""What a letter costs the client of a model, against an instant endpoint, and what it costs in tokens; with peers.

    python bench/model_overhead.py [--letters 600] [--in-flight 16 64] [--repeats 2] [--peers FOLDER]

The endpoint is a process of its own and has the right answer to every request at hand, so what is left is the client:
letters a second, CPU milliseconds a letter (all threads of the client; beside it the endpoint's own), and both as
multiples of the bare openai client in the same run. All have the same letters, made from the sample letters with case
numbers of their own; what each says is compared with what it should have said.

LangExtract and BAML go into a virtual environment in FOLDER, which is made where it is missing; what cannot be
installed or run is printed as not available, with the reason. Tokens are characters / 4, for no tokenizer can be had
offline; JSON is counted without blanks for everyone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TEXTS = sorted((ROOT / "docs" / "samples").glob("*.txt"))
PEER = "--peer" in sys.argv  # then this runs in the peers' environment, which has nothing of ours
if not PEER:
    sys.path.append(str(ROOT / "tests"))
    import instructor
    from answering import Answers, heard, whole_answer
    from backlog import make
    from openai import AsyncOpenAI, DefaultAioHttpClient

    from extractor.backlog import run
    from extractor.documents import read_document
    from extractor.facts import gather
    from extractor.grounding.ground import ground
    from extractor.layout import lay_out
    from extractor.readers.model import Session, estimate
    from extractor.readers.model.answers import WholeForm
    from extractor.readers.model.letters import whole_request
    from extractor.readers.model.prompts import load_prompts
    from extractor.readers.rules import read_by_rules
    from extractor.reading.configuration import Configuration
    from extractor.reading.letter import read, read_in
    from extractor.records.determination import Determination
    from extractor.records.record import Record
    from extractor.settings import Endpoint, ModelSettings
    from extractor.store import Store

MODEL = "gpt-4o-mini"  # by such a name LangExtract knows that the OpenAI provider is meant
PEERS = {"langextract": "langextract[openai]", "baml_py": "baml-py"}  # what is imported, what is installed
CACHED_FROM = 1024  # tokens: providers cache no shorter opening
Json = dict[str, Any]
Said = tuple[str | None, int]  # what is compared of an answer: its case number, and how many items it has


# The endpoint and the clock


class Server:
    """An instant endpoint under way, and what it and this process have used."""

    def __init__(self, url: str, process: int) -> None:
        self.url = url
        self._stat = Path(f"/proc/{process}/stat")

    def now(self) -> tuple[float, float, float]:
        """Seconds by the wall, of our CPU, and of the endpoint's."""
        ticks = self._stat.read_text().rpartition(")")[2].split()[11:13]
        return time.perf_counter(), time.process_time(), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def row(self, name: str, began: tuple[float, float, float], letters: int, note: str = "") -> Json:
        """What so many letters took."""
        wall, mine, theirs = (after - before for after, before in zip(self.now(), began, strict=True))
        cost = {"rate": letters / wall, "cpu": mine * 1e3 / letters, "server": theirs * 1e3 / letters}
        return {"name": name, **cost, "note": note}


@contextmanager
def serving(answers: dict[str, str], key: str = r"CM\d\d-\d+") -> Iterator[Server]:
    """Start an endpoint that answers by what `key` finds in the last message."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(answers, file)
        file.flush()
        command = [sys.executable, str(ROOT / "tests" / "endpoint.py"), "--answers", file.name, "--key", key]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Server(process.stdout.readline().split()[1] if process.stdout else "", process.pid)
            finally:
                process.terminate()


def require(name: str, said: Sequence[Any], expected: Sequence[Any]) -> None:
    """End the contender that did not say what it should have."""
    if wrong := Counter(said) - Counter(expected) + (Counter(expected) - Counter(said)):
        raise RuntimeError(f"{name}: {len(said)} results for {len(expected)}, {wrong.total()} differ: {wrong}"[:300])


async def timed(name: str, one: Callable[[Any], Awaitable[Said]], asked: Sequence[Any], job: Json, at: Server) -> Json:
    """One contender over all letters, after a round that opens its connections and fills its caches."""

    async def all_of(part: Sequence[Any]) -> list[Said]:
        waiting, said = iter(part), []

        async def worker() -> None:
            for each in waiting:
                said.append(await one(each))

        await asyncio.gather(*(worker() for _ in range(job["in_flight"])))
        return said

    await all_of(asked[: job["in_flight"]])
    gc.collect()
    gc.freeze()  # what the benchmark holds is nobody's cost
    began = at.now()
    said = await all_of(asked)
    row = at.row(name, began, len(asked))
    require(name, said, [tuple(letter["said"]) for letter in job["letters"]])
    return row


def said_by(form: Any) -> Said:
    """What is compared of an answer in the form of a whole letter."""
    return form.header.case_number.text if form.header.case_number else None, len(form.items)


# Ours, and the openai client and instructor beside it


def made(number: int, folder: Path) -> Json:
    """Letters as files and as values, the right answer to each, and what else peers need to know."""
    make(TEXTS, [], folder, number, 0)
    prompt, settings = load_prompts()["whole"], ModelSettings(MODEL)
    letters, answers = [], {}
    for path in sorted((folder / "text").rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        form = whole_answer(text)
        answers[re.findall(r"CM\d\d-\d+", text)[0]] = form.model_dump_json()
        *opening, last = whole_request(lay_out(text), prompt, settings).messages
        letter = {"path": str(path), "text": text, "shown": last.content, "said": said_by(form)}
        letters.append(letter | {"values": quoted(read(read_document(text, name="letter")))})
    knee = prompt.examples[0].letter
    return {
        "letters": letters,
        "answers": answers,
        "opening": [{"role": message.role, "content": message.content} for message in opening],
        "schema": WholeForm.model_json_schema(),
        "example": {"text": knee, "values": quoted(read(read_document(knee, name="knee")))},
    }


async def others(job: Json, server: Server) -> AsyncIterator[Json]:
    """The openai client with each transport, and instructor as it comes."""
    asked = [[*job["opening"], {"role": "user", "content": letter["shown"]}] for letter in job["letters"]]
    same: Json = {"model": MODEL, "max_tokens": 4096, "temperature": 0}
    strict = {"type": "json_schema", "json_schema": {"name": "WholeForm", "schema": job["schema"], "strict": True}}
    for name in ("openai, httpx2", "openai, aiohttp", "instructor"):
        transport = DefaultAioHttpClient() if name == "openai, aiohttp" else None
        async with AsyncOpenAI(base_url=server.url, api_key="none", http_client=transport) as client:
            patched = instructor.from_openai(client, mode=instructor.Mode.JSON_SCHEMA)

            async def bare(messages: Any, create: Any = client.chat.completions.create) -> Said:
                reply = await create(messages=messages, response_format=strict, **same)
                return said_by(WholeForm.model_validate_json(reply.choices[0].message.content))

            async def instructed(messages: Any, create: Any = patched.chat.completions.create) -> Said:
                return said_by(await create(messages=messages, response_model=WholeForm, **same))

            yield await timed(name, instructed if name == "instructor" else bare, asked, job, server)


async def ours(job: Json, server: Server, endpoint: Endpoint) -> AsyncIterator[Json]:
    """The asker alone, and the reading of letters around it."""
    settings = ModelSettings(MODEL)
    configuration = Configuration.of("model", settings)
    texts = [letter["text"] for letter in job["letters"]]
    async with Session(settings, endpoint) as session:

        async def asked(request: Any) -> Said:
            return said_by(await session.asker.ask(request, WholeForm, heard([])))

        async def whole(document: Any) -> Said:
            told = (await read_in(session, document, configuration)).record.determination
            return told.case_number, len(told.decisions)

        requests = [whole_request(lay_out(text), session.prompts["whole"], settings) for text in texts]
        yield await timed("ours: asker", asked, requests, job, server)
        documents = [read_document(text, name="letter") for text in texts]
        yield await timed("ours: reader model", whole, documents, job, server)


def backlogs(job: Json, server: Server, endpoint: Endpoint, folder: Path) -> Iterator[Json]:
    """Whole runs, from files into SQLite."""
    paths = [letter["path"] for letter in job["letters"]]
    for reader in ("model", "both"):
        configuration = Configuration.of(reader, ModelSettings(MODEL))
        for part in (paths[:8], paths):  # the first few to warm up
            (folder / "run.db").unlink(missing_ok=True)
            began = server.now()
            with Store(folder / "run.db") as store:
                done = run(part, store, configuration, endpoint=endpoint)
            row = server.row(f"ours: backlog, {reader}", began, len(part))
            require(row["name"], [(done.extracted, done.failed, done.requests)], [(len(part), 0, len(part))])
        yield row


async def here(job: Json, server: Server, endpoint: Endpoint) -> list[Json]:
    """Everyone of this environment that runs in one event loop."""
    return [row async for row in others(job, server)] + [row async for row in ours(job, server, endpoint)]


# Peers, in an environment of theirs


def installed(folder: Path) -> dict[str, str]:
    """Make the environment where it is missing; peer → why it cannot be had, or nothing."""
    python = str(folder / "bin" / "python")

    def ran(*command: str) -> str | None:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return f"{' '.join(command[1:])}: {' '.join(done.stderr.split())[-200:]}" if done.returncode else None

    if not Path(python).exists() and (why := ran(sys.executable, "-m", "venv", str(folder))):
        return dict.fromkeys(PEERS, why)
    install = (python, "-m", "pip", "install", "--quiet")
    return {
        name: (ran(python, "-c", f"import {name}") and ran(*install, package)) or "" for name, package in PEERS.items()
    }


def asked_of(peer: str, missing: str, job: Json, folder: Path) -> list[Json]:
    """Run this file in the peers' environment."""
    if missing:
        return [{"name": peer, "missing": missing}]
    path = Path(job["folder"]) / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    command = [str(folder / "bin" / "python"), __file__, "--peer", peer, "--job", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return [{"name": peer, "missing": done.stderr.strip()[-300:].rpartition("\n")[2]}]
    rows: list[Json] = json.loads(done.stdout.splitlines()[-1])
    return rows


def langextract(job: Json, *, tokens: bool = False) -> list[Json]:
    """LangExtract as it comes; and with one request a letter, and as many workers as others have in flight.

    A chunk's answer has a dozen of its letter's values, as far as they begin in the chunk; for tokens, all values.
    """
    import langextract as lx  # noqa: PLC0415
    from langextract.annotation import _document_chunk_iterator as chunked  # noqa: PLC0415
    from langextract.core.format_handler import FormatHandler  # noqa: PLC0415
    from langextract.factory import ModelConfig, create_model  # noqa: PLC0415
    from langextract.prompting import PromptTemplateStructured, QAPromptGenerator  # noqa: PLC0415

    description = (
        "Extract from a letter about treatments under review: case number, priority, dates, the reviewer's states and "
        "specialties; the patient's age, sex, mechanism of injury and diagnoses; for each disputed item its heading, "
        "outcome, body parts, drugs, quantity, reasons, and what each side relied on. Use exact text, in order of "
        "appearance; do not paraphrase or overlap. Give the item's number and normalized values as attributes."
    )

    def found_in(letter: Json, values: list[Any], start: int, end: int) -> list[Any]:
        return [
            lx.data.Extraction(name, " ".join(letter["text"][first : min(last, end)].split()), attributes=more)
            for name, first, last, more in values
            if start <= first < end
        ]

    text, values = job["example"]["text"], job["example"]["values"]
    start, end = [*(first for name, first, _, _ in values if name == "heading"), len(text)][:2]  # one item of it
    example = lx.data.ExampleData(text[start:end], found_in(job["example"], values, start, end))
    form = FormatHandler(use_fences=False)
    model: Any = create_model(ModelConfig(MODEL, None, {"api_key": "-", "base_url": "-"}), [example], True)
    prompt = QAPromptGenerator(PromptTemplateStructured(description, [example]), form)
    ready = {"prompt_description": description, "examples": [example], "model_id": MODEL, "api_key": "none"}
    rows: list[Json] = []
    many = {"max_workers": job["in_flight"], "batch_length": job["in_flight"]}
    for way, buffer, more in (("default", 1000, {}), ("1 request", 100_000, many)):
        name = f"langextract {version('langextract')}, {way}"
        answers, documents, expected = {}, [], []
        for number, letter in enumerate(job["letters"]):
            documents.append(lx.data.Document(letter["text"], document_id=str(number)))
            values = letter["values"]
            chosen = values if tokens else [values[place * len(values) // 12] for place in range(12)]
            for chunk in chunked(documents[-1:], buffer):
                found = found_in(letter, chosen, chunk.char_interval.start_pos, chunk.char_interval.end_pos)
                expected += [(str(number), one.extraction_class, one.extraction_text) for one in found]
                answer = json.loads(form.format_extraction_example(found))
                answers[chunk.chunk_text] = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
                if tokens:
                    body = model._build_chat_completions_params(prompt.render(chunk.chunk_text), {})
                    sent = len(json.dumps(body["response_format"], separators=(",", ":")))
                    sent += sum(len(turn["content"]) for turn in body["messages"])
                    shared = sent - len(chunk.chunk_text) - len("\nA: ")
                    rows.append({"name": name, "in": sent, "shared": shared, "out": len(answers[chunk.chunk_text])})
        if tokens:
            continue
        with serving(answers, r"(?s).*\nQ: (.*)\nA: \Z") as server:
            settings = ready | {"model_url": server.url, "max_char_buffer": buffer, "show_progress": False} | more
            list(lx.extract(documents[:8], **settings))
            gc.collect()
            gc.freeze()
            began = server.now()
            done = list(lx.extract(documents, **settings))
            row = server.row(name, began, len(documents))
        said = [(each.document_id, one) for each in done for one in each.extractions]
        require(name, [(place, one.extraction_class, one.extraction_text) for place, one in said], expected)
        placed = sum(one.char_interval is not None for _, one in said)
        rows.append(row | {"note": f"{placed} of {len(said)} extractions placed"})
    return rows


def baml_source(schema: Json) -> str:
    """The same form, prompt and limits in BAML."""

    def kind(node: Json) -> str:
        if "anyOf" in node:
            return " | ".join(map(kind, node["anyOf"]))
        if node.get("type") == "array":
            return f"({kind(node['items'])})[]"
        plain = {"integer": "int", "number": "float", "string": "string", "null": "null"}
        return node["$ref"].rpartition("/")[2] if "$ref" in node else "Kind" if "enum" in node else plain[node["type"]]

    kinds = schema["$defs"]["WholeItemForm"]["properties"]["kind"]  # the one closed list without a name
    blocks = []
    for name, node in {**schema["$defs"], "Kind": kinds, "WholeForm": schema}.items():
        lines = [f"{field} {kind(of)}" for field, of in node.get("properties", {}).items()]
        lines += [f"{value.upper().replace('/', '__')} @alias({json.dumps(value)})" for value in node.get("enum", ())]
        blocks.append("\n  ".join([f"{'enum' if 'enum' in node else 'class'} {name} {{", *lines]) + "\n}")
    blocks.append(f"""
generator target {{
  output_type "python/pydantic"
  output_dir "../"
  version "{version("baml-py")}"
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
    {{{{ _.role("system") }}}} {{{{ system }}}} {{{{ ctx.output_format }}}}
    {{{{ _.role("user") }}}} {{{{ shown }}}}
    {{{{ _.role("assistant") }}}} {{{{ answer }}}}
    {{{{ _.role("user") }}}} {{{{ letter }}}}
  "#
}}
""")
    return "\n".join(blocks)


def baml(job: Json) -> list[Json]:
    """BAML, its client generated from the same schema."""
    folder = Path(tempfile.mkdtemp(dir=job["folder"]))
    (folder / "baml_src").mkdir()
    (folder / "baml_src" / "letter.baml").write_text(baml_source(job["schema"]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("baml-cli")), "generate", "--from", str(folder / "baml_src")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("baml-cli generate: " + " ".join(re.findall(r"error: .*", done.stdout + done.stderr)))
    with serving(job["answers"]) as server:
        os.environ |= {"BAML_LOG": "off", "LOOPBACK": server.url}
        sys.path.insert(0, str(folder))
        from baml_client.async_client import b  # noqa: PLC0415  just generated

        system, shown, answer = (turn["content"] for turn in job["opening"])

        async def one(letter: str) -> Said:
            return said_by(await b.ReadLetter(system=system, shown=shown, answer=answer, letter=letter))

        asked = [letter["shown"] for letter in job["letters"]]
        return [asyncio.run(timed(f"baml {version('baml-py')}", one, asked, job, server))]


# Tokens

_ASKED = re.compile(
    r"/(case_number|priority|date_\w+|decision_date|ur_denial_date|application_received|reviewer/.+|patient/.+)"
    r"|/decisions/\d+/(heading|outcome|category|subcategory|body_parts/.+|drugs/.+|quantity/.+|reasons/.+|\w+/relied_on)"
)
"""What the form of a whole letter asks for; the rest of a record is read from the layout."""
_PART = re.compile(r"(?<=/)(quantity|(?:body_parts|drugs)/\d+)/\w+$")
_PASSAGES = ("clinical_summary", "rationale", "statement")


def quoted(record: Record) -> list[list[Any]]:
    """The values that the form asks for, as LangExtract has them: class, first and last character, attributes.

    A quantity, a drug or a part of the body is one extraction, and the kind of treatment is told with the heading.
    """
    found: dict[str, list[Any]] = {}
    told = record.determination.model_dump(mode="json")
    for pointer, evidence in record.evidence.items():
        if not _ASKED.fullmatch(pointer):
            continue
        whole = re.sub(r"/(?:sub)?category$", "/heading", _PART.sub(r"\1", pointer))
        name, leaf = (next(part for part in each.split("/")[::-1] if not part.isdigit()) for each in (whole, pointer))
        attributes: Json = found.setdefault(whole, [name, *evidence.spans[0], {}])[3]
        if match := re.match(r"/decisions/(\d+)", pointer):
            attributes["item"] = int(match[1]) + 1
        value: Any = told
        for part in pointer.split("/")[1:]:
            value = value[int(part) if isinstance(value, list) else part]
        if value != evidence.quote:
            attributes[leaf] = value
    return sorted(found.values(), key=lambda one: one[1])


def written_out(record: Record) -> str:
    """The determination with the quote of every value; a passage is its own."""

    def told(value: Any, pointer: str = "") -> Any:
        if isinstance(value, dict):
            passage = pointer.endswith(_PASSAGES)
            return value["text"] if passage else {name: told(each, f"{pointer}/{name}") for name, each in value.items()}
        if isinstance(value, list):
            return [told(each, f"{pointer}/{index}") for index, each in enumerate(value)]
        evidence = None if pointer.endswith(_PASSAGES) else record.evidence.get(pointer)
        return {"value": value, "quote": evidence.quote} if evidence else value

    return json.dumps(told(record.determination.model_dump(mode="json")), separators=(",", ":"), ensure_ascii=False)


def tokens(of_peer: list[Json]) -> None:
    """Print tokens a letter, mean of the sample letters."""
    asked = (
        "Read the letter and return its contents as JSON of this schema, every value as an object of value and quote, "
        "the quote being the words of the letter that it rests on. Write passages, statements and rationales out."
    )
    opening = len(asked) + len(json.dumps(Determination.model_json_schema(), separators=(",", ":")))
    rows: list[Json] = []
    for text in (path.read_text(encoding="utf-8") for path in TEXTS):
        out = written_out(read(read_document(text, name="letter")))
        rows.append({"name": "naive, written out", "in": opening + len(text), "shared": opening, "out": len(out)})
        known, layout = Answers([text]), lay_out(text)
        facts = gather(layout)
        rules = ground(read_by_rules(layout, facts), layout, facts)
        for strategy in ("whole", "sections", "budgeted"):
            for request in estimate(layout, ModelSettings(MODEL, strategy), load_prompts(), rules):
                shown, sent = request.messages[-1].content, request.characters
                sizes = {"in": sent, "shared": sent - len(shown), "out": len(known.of([shown]))}
                rows.append({"name": f"ours, {strategy}", **sizes})
    rows += of_peer
    print(f"\nTokens a letter; the form of the answer counts as sent; cacheable: openings of {CACHED_FROM} or more")
    print(f"{'':30}", *(f"{name:>11}" for name in ("requests", "in", "shared", "cacheable", "out", "out/naive")))
    naive = 0.0
    for name in dict.fromkeys(row["name"] for row in rows):
        mine = [row for row in rows if row["name"] == name]
        if "missing" in mine[0]:
            print(f"{name:30} not available: {mine[0]['missing']}")
            continue
        sent, shared, out = (sum(row[part] for row in mine) / 4 / len(TEXTS) for part in ("in", "shared", "out"))
        cached = sum(row["shared"] for row in mine if row["shared"] / 4 >= CACHED_FROM) / 4 / len(TEXTS)
        naive = naive or out
        figures = f"{len(mine) / len(TEXTS):11.1f} {sent:11.0f} {shared:11.0f} {cached:11.0f} {out:11.0f}"
        print(f"{name:30}", figures, f"{out / naive:11.2f}")


def table(in_flight: int, rows: list[Json]) -> None:
    """Print the fastest run of each; ratios are to the first row."""
    print(
        f"\n{f'N = {in_flight}':30}",
        *(f"{name:>10}" for name in ("a second", "CPU ms", "server ms", "rate ×", "CPU ×")),
    )
    first: Json | None = None
    for name in dict.fromkeys(row["name"] for row in rows):
        runs = [row for row in rows if row["name"] == name]
        if missing := [row["missing"] for row in runs if "missing" in row]:
            print(f"{name:30} not available: {missing[0]}")
            continue
        best = max(runs, key=lambda row: row["rate"])
        first = first or best
        figures = f"{best['rate']:10.1f} {best['cpu']:10.2f} {best['server']:10.2f}"
        ratios = f"{best['rate'] / first['rate']:10.2f} {best['cpu'] / first['cpu']:10.2f}"
        print(f"{name:30}", figures, ratios, best["note"], flush=True)


def main() -> None:
    """Run everyone, print the tables, leave nothing behind but the peers' environment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=600)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--repeats", type=int, default=2, help="runs of each, of which the fastest counts")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "imr-peers", help="for peers")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if PEER:
        peers = {"langextract": langextract, "baml_py": baml, "tokens": lambda job: langextract(job, tokens=True)}
        print(json.dumps(peers[given.peer](json.loads(given.job.read_text(encoding="utf-8")))))
        return
    with tempfile.TemporaryDirectory(prefix="imr-bench-") as place:
        missing = installed(given.peers)
        job = made(given.letters, Path(place)) | {"folder": place}
        libraries = f"openai {version('openai')}, instructor {version('instructor')}, Python {sys.version.split()[0]}"
        print(
            f"{given.letters} letters, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {libraries}; N in flight"
        )
        for in_flight in given.in_flight:
            rows: list[Json] = []
            job["in_flight"] = in_flight
            for _ in range(given.repeats):
                with serving(job["answers"]) as server:
                    endpoint = Endpoint(base_url=server.url, in_flight=in_flight)
                    rows += [*asyncio.run(here(job, server, endpoint)), *backlogs(job, server, endpoint, Path(place))]
                for peer, why in missing.items():
                    rows += asked_of(peer, why, job, given.peers)
            table(in_flight, rows)
        each_once = job | {"letters": made(len(TEXTS), Path(tempfile.mkdtemp(dir=place)))["letters"]}
        tokens(asked_of("tokens", missing["langextract"], each_once, given.peers))


if __name__ == "__main__":
    main()
