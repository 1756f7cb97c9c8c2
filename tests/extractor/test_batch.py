"""Letters through files of requests and answers, and through a provider's batch interface."""

from __future__ import annotations

import http.server
import json
import random
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from answering import Answers, read_beside_a_model
from click.testing import CliRunner, Result
from endpoint import FakeEndpoint, Said, chat_reply, trickling

from extractor.batch import answers as batch_answers
from extractor.batch import listed, remote
from extractor.batch.request_files import RequestFiles
from extractor.cli import cli
from extractor.model.batches import Batches
from extractor.reading.configuration import Configuration
from extractor.settings import Endpoint, Price
from extractor.store import Store, batches, writer

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("CM1[4567]*.txt"))]
MODEL = ("--reader", "both", "--model", "m")
Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


def letters(count: int) -> list[str]:
    return [re.sub(r"CM\d\d-\d{7}", f"CM16-{3000000 + number}", TEXTS[number % len(TEXTS)]) for number in range(count)]


class Desk:
    """A folder with letters, a database, and somebody who answers files."""

    def __init__(self, folder: Path, texts: list[str]) -> None:
        self.folder, self.database, self.out = folder / "in", folder / "a.db", folder / "batch"
        self.folder.mkdir()
        self.good = Answers(texts)
        for number, text in enumerate(texts):
            (self.folder / f"{number:03}.txt").write_text(text, encoding="utf-8")

    def imr(self, *arguments: str) -> Result:
        done = CliRunner().invoke(cli, ["batch", *arguments, "--db", str(self.database)])
        assert done.exit_code == 0, done.output
        return done

    def build(self, *options: str) -> str:
        return self.imr("build", str(self.folder), "--out", str(self.out), *MODEL, *options).output

    def collect(self, *files: Path, last: bool = False) -> str:
        flags = ["--last"] if last else []
        return self.imr("collect", *map(str, files), *flags, "--out", str(self.out)).output

    def answered(self, file: Path, answer: Answer | None = None) -> Path:
        """The answers to a file, in another order."""
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        random.Random(1).shuffle(lines)  # noqa: S311
        made = [(answer or self.well)(line) for line in lines]
        target = file.with_suffix(".answers")
        target.write_text("".join(json.dumps(line) + "\n" for line in made if line is not None), encoding="utf-8")
        return target

    def well(self, line: dict[str, Any]) -> dict[str, Any]:
        body = chat_reply(Said(self.good.body(line["body"])), line["body"], 1)
        return {
            "id": "x",
            "custom_id": line["custom_id"],
            "response": {"status_code": 200, "body": body},
            "error": None,
        }

    def files(self) -> list[Path]:
        return sorted(self.out.glob("requests-*.jsonl"))

    def records(self) -> list[str]:
        with Store(self.database) as store:
            return [record.determination.model_dump_json() for record in store.records()]


def expected(texts: list[str]) -> list[str]:

    return [read_beside_a_model(text).determination.model_dump_json() for text in texts]


@pytest.mark.parametrize("strategy", ["whole", "sections", "budgeted"])
def test_files_carried_by_hand_give_the_records_of_a_run(tmp_path: Path, strategy: str) -> None:
    texts = letters(12)
    desk = Desk(tmp_path, texts)
    assert "12 waiting" in desk.build("--strategy", strategy)
    [file] = desk.files()
    told = desk.collect(desk.answered(file))
    assert "12 letters read, 0 failed, 0 waiting" in told
    assert sorted(desk.records()) == sorted(expected(texts))
    assert "0 letters read" in desk.collect(desk.answered(file))  # the same answers again change nothing
    assert len(desk.records()) == 12


def test_requests_are_ours_by_name_and_bounded_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.batch.request_files.MOST_REQUESTS", 5)
    desk = Desk(tmp_path, letters(12))
    desk.build()
    files = desk.files()
    lines = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    assert [len(each) for each in lines] == [5, 5, 2]
    ids = [line["custom_id"] for each in lines for line in each]
    assert len(set(ids)) == 12
    assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in ids)
    assert {line["url"] for each in lines for line in each} == {"/v1/chat/completions"}
    assert all(line["body"]["response_format"]["json_schema"]["strict"] for each in lines for line in each)
    monkeypatch.setattr("extractor.batch.request_files.MOST_REQUESTS", 50_000)
    monkeypatch.setattr("extractor.batch.request_files.MOST_BYTES", 100_000)
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other", letters(12))
    other.build()
    assert len(other.files()) > 1
    assert all(file.stat().st_size <= 100_000 for file in other.files())


def test_building_twice_asks_nothing_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(5))
    desk.build()
    assert "0 new requests" in desk.build()
    assert len(desk.files()) == 1


def test_bad_answers_go_into_the_next_file_and_are_given_up_in_the_end(tmp_path: Path) -> None:
    texts = letters(20)
    desk = Desk(tmp_path, texts)
    desk.build()

    def moody(line: dict[str, Any]) -> dict[str, Any] | None:
        number = int(line["custom_id"], 16) % 5
        if number == 0:  # an answer of the wrong form: re-asked
            body = chat_reply(Said('{"nothing": true}'), line["body"], 1)
            return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
        if number == 1:  # of the error file
            error = {"error": {"message": "server had a bad day"}}
            return {"custom_id": line["custom_id"], "response": {"status_code": 500, "body": error}, "error": None}
        if number == 2:  # expired: no line at all
            return None
        return desk.well(line)

    [file] = desk.files()
    first = desk.collect(desk.answered(file, moody), last=True)
    counts = [int(number) for number in re.findall(r"(\d+) letters read, (\d+) failed, (\d+) waiting", first)[0]]
    assert sum(counts) == 20
    assert counts[1] == 0
    assert counts[2] > 3
    second = desk.files()[-1]
    asked = [json.loads(line) for line in second.read_text().splitlines()]
    assert len(asked) == counts[2]
    assert any("not of the required form" in line["body"]["messages"][-1]["content"] for line in asked)
    assert "0 waiting" in desk.collect(desk.answered(second))
    assert sorted(desk.records()) == sorted(expected(texts))


def test_a_request_that_always_fails_fails_its_letter_after_three_tries(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()

    def never(line: dict[str, Any]) -> dict[str, Any]:
        return {"custom_id": line["custom_id"], "response": None, "error": {"code": "x", "message": "no luck"}}

    told = [desk.collect(desk.answered(desk.files()[-1], never)) for _ in range(3)]
    assert "0 letters read, 2 failed, 0 waiting" in told[-1]
    with Store(desk.database) as store:
        failures = list(store.failures())
    assert {failure.failure_class for failure in failures} == {"rejected"}
    assert {failure.message for failure in failures} == {
        "the batch failed 3 times on a request: no answer, no known reason"
    }


def test_strange_lines_are_counted_and_change_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    strange = tmp_path / "strange"
    strange.write_text('no JSON\n{"custom_id": 5}\n[]\n{"custom_id": "' + "0" * 64 + '", "response": {}}\n\n')
    assert "0 answers, 0 errors, 4 lines" in desk.collect(strange)


def test_letters_that_cannot_be_read_are_failures_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    (desk.folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert "1 waiting" in desk.build()
    with Store(desk.database) as store:
        assert [failure.failure_class for failure in store.failures()] == ["broken"]


def test_rules_ask_nobody(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    done = CliRunner().invoke(cli, ["batch", "build", str(desk.folder), "--db", str(desk.database)])
    assert done.exit_code == 2
    assert "add --reader" in done.output


def test_what_was_collected_can_be_read_again_by_other_code(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    desk.collect(desk.answered(desk.files()[0]))
    with Store(desk.database) as store:
        assert [configuration for _, configuration in store.read_by_models()]
        assert Configuration().reader == "rules"


# --- a provider -------------------------------------------------------------------------------------------------------


class Provider:
    """As much of the files and batches interface as is used, on loopback."""

    def __init__(self, answer: Answer, state: str = "completed") -> None:
        self.answer, self.state = answer, state
        self.files: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.keys: set[str] = set()
        self.steps: list[str] = []
        """Every request: method and address, numbers as N."""
        self.meddle: dict[str, bytes] = {}
        """Step → what is sent instead of an answer, before the connection is closed."""
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_POST(self) -> None:
                if self.meddled():
                    return
                provider.keys.add(str(self.headers["Authorization"]))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(provider.upload(body) if self.path == "/v1/files" else provider.create(json.loads(body)))

            def do_GET(self) -> None:
                if self.meddled():
                    return
                if self.path.startswith("/v1/batches?"):
                    listed = [provider.standing(name) for name in reversed(provider.batches)]
                    self.reply({"object": "list", "data": listed, "has_more": False})
                    return
                name = self.path.split("/")[3]
                if self.path.startswith("/v1/files/"):
                    self.reply(provider.files[name])
                elif name in provider.batches:
                    self.reply(provider.standing(name))
                else:
                    self.reply({"error": {"message": "no such batch"}}, 404)

            def meddled(self) -> bool:
                step = f"{self.command} {re.sub('(?<=-)[0-9]+', 'N', self.path.partition('?')[0])}"
                provider.steps.append(step)
                instead = provider.meddle.get(step)
                if instead is None:
                    return False
                if self.command == "POST":
                    self.rfile.read(int(self.headers["Content-Length"]))
                self.connection.sendall(instead)
                self.close_connection = True
                return True

            def reply(self, content: str | dict[str, Any], status: int = 200) -> None:
                data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self) -> Provider:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def upload(self, body: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files)}"
        self.files[name] = "\n".join(line for line in body.decode().splitlines() if line.startswith('{"custom_id"'))
        return {
            "id": name,
            "object": "file",
            "bytes": 1,
            "created_at": 1,
            "filename": "x",
            "purpose": "batch",
            "status": "processed",
        }

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.batches)}"
        lines = [json.loads(line) for line in self.files[wanted["input_file_id"]].splitlines()]
        answers = [each for line in lines if (each := self.answer(line)) is not None]
        good = [each for each in answers if each["response"] and each["response"]["status_code"] == 200]
        bad = [each for each in answers if each not in good]
        self.files[f"{name}-out"] = "".join(json.dumps(each) + "\n" for each in good)
        self.files[f"{name}-err"] = "".join(json.dumps(each) + "\n" for each in bad)
        self.batches[name] = {**wanted, "total": len(lines), "good": len(good), "bad": len(bad)}
        return self.standing(name)

    def standing(self, name: str) -> dict[str, Any]:
        batch, ended = self.batches[name], self.state != "in_progress"
        return {
            "id": name,
            "object": "batch",
            "endpoint": batch["endpoint"],
            "completion_window": batch["completion_window"],
            "input_file_id": batch["input_file_id"],
            "created_at": 1,
            "status": self.state,
            "metadata": batch.get("metadata"),
            "output_file_id": f"{name}-out" if ended else None,
            "error_file_id": f"{name}-err" if ended and batch["bad"] else None,
            "request_counts": {"total": batch["total"], "completed": batch["good"], "failed": batch["bad"]},
        }


def test_submitted_answered_and_collected_with_errors_in_a_file_of_their_own(tmp_path: Path) -> None:
    texts = letters(10)
    desk = Desk(tmp_path, texts)
    desk.build()
    once: set[str] = set()

    def moody(line: dict[str, Any]) -> dict[str, Any] | None:
        number = int(line["custom_id"], 16) % 3
        if line["custom_id"] not in once and number < 2:
            once.add(line["custom_id"])
            if number == 0:
                return None  # expired
            return {"custom_id": line["custom_id"], "response": {"status_code": 429, "body": {}}, "error": None}
        return desk.well(line)

    with Provider(moody, state="in_progress") as provider:
        reach = ("--base-url", provider.url, "--api-key", "sk-of-the-test")
        assert "batch-0" in desk.imr("submit", *reach).output
        assert desk.imr("submit", *reach).output == ""  # nothing is sent twice
        assert "in_progress" in desk.imr("status", *reach).output
        assert "0 letters read" in desk.imr("collect", "--out", str(desk.out), *reach).output
        provider.state = "expired"
        first = desk.imr("collect", "--out", str(desk.out), *reach).output
        assert "0 new requests" not in first
        provider.state = "completed"
        desk.imr("submit", *reach)
        last = desk.imr("collect", "--out", str(desk.out), *reach).output
        assert "0 waiting" in last
        assert provider.keys == {"Bearer sk-of-the-test"}
    assert sorted(desk.records()) == sorted(expected(texts))
    assert "10 done" in desk.imr("status").output
    with Store(desk.database) as store, store.batching() as db:
        assert "sk-of" not in "".join(str(row) for row in db.execute("SELECT * FROM batch_jobs").fetchall())


def test_an_endpoint_without_the_interface_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with FakeEndpoint(lambda _body, _before: Said("{}")) as fake:
        arguments = ["batch", "submit", "--db", str(desk.database), "--base-url", fake.url, "--api-key", "sk-x"]
        done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert "no batch interface" in done.output


class Died(BaseException):
    """Stands for kill -9."""


def dies(monkeypatch: pytest.MonkeyPatch, when: Callable[[dict[str, Any]], bool]) -> None:
    """Let the process die instead of remembering this."""
    update = batches.update_job

    def perhaps(*arguments: Any, **values: Any) -> None:
        if when(values):
            raise Died
        update(*arguments, **values)

    monkeypatch.setattr(batches, "update_job", perhaps)


def send(desk: Desk, url: str, *options: str) -> Result:
    command = ["batch", "submit", "--db", str(desk.database), "--base-url", url, "--api-key", "sk-x", *options]
    return CliRunner().invoke(cli, command)


def test_a_file_whose_sending_was_cut_short_is_not_paid_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    with Provider(desk.well) as provider:
        with monkeypatch.context() as patched:
            dies(patched, lambda values: values["state"] == "submitted")
            with pytest.raises(Died):
                send(desk, provider.url)
        assert len(provider.batches) == 1
        assert "(sending)" in desk.imr("status").output
        assert send(desk, provider.url).output.endswith("3 requests, batch-0\n")
        assert len(provider.batches) == 1
        assert "3 letters read" in desk.imr("collect", "--out", str(desk.out), "--base-url", provider.url).output


def test_a_file_that_was_not_sent_after_all_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    with Provider(desk.well) as provider:
        send(desk, provider.url)  # another file with other letters is no match
        (desk.folder / "more.txt").write_text(letters(20)[19], encoding="utf-8")
        desk.build()
        with monkeypatch.context() as patched:
            patched.setattr(Batches, "upload", lambda *_: (_ for _ in ()).throw(Died))
            with pytest.raises(Died):
                send(desk, provider.url)
        assert len(provider.batches) == 1
        assert "somebody began to send" in send(desk, provider.url).output, "another process may be at it"
        with Store(desk.database) as store, store.batching() as db:
            db.execute("UPDATE batch_jobs SET updated_at = '2026-01-01T00:00:00+00:00' WHERE state = 'built'")
        assert send(desk, provider.url).output.endswith("1 requests, batch-1\n")


def test_a_budget_holds_for_all_batches_at_their_worst(tmp_path: Path) -> None:
    desk, price = Desk(tmp_path, letters(4)), Price(input=1, output=4)

    def worst() -> float:
        with Store(desk.database) as store:
            job = listed(store)[-1]
        assert job.most_output_tokens == 1000 * job.requests
        assert job.most_input_tokens is not None
        return price.of(job.most_input_tokens, 0, job.most_output_tokens)

    def within(budget: float) -> Result:
        return send(desk, provider.url, "--price", "1,4", "--budget", str(budget))

    with Provider(desk.well) as provider:
        desk.build("--max-output-tokens", "1000")
        first = worst()
        refused = within(0.9 * first)
        assert (refused.exit_code, provider.batches) == (2, {})
        assert "could be crossed: $0.0000 is spent, $0.0000 may be spent on what is out, and" in refused.output
        assert within(1.1 * first).exit_code == 0
        (desk.folder / "more.txt").write_text(letters(20)[19], encoding="utf-8")
        desk.build("--max-output-tokens", "1000")
        assert f"${first:.4f} may be spent on what is out" in within(first + 0.9 * worst()).output
        assert len(provider.batches) == 1
        desk.imr("collect", "--out", str(desk.out), "--base-url", provider.url, "--price", "1,4")
        assert within(first + 0.9 * worst()).exit_code == 0, "what came back cost a fraction of the worst"
    with Store(desk.database) as store, store.batching() as db:
        [(dollars, tokens)] = db.execute("SELECT sum(dollars), sum(input_tokens) FROM attempts").fetchall()
    assert tokens == 400
    assert dollars == pytest.approx(price.of(400, 0, 80))


def test_files_that_were_carried_away_are_not_written_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    [first] = desk.files()
    first.rename(tmp_path / "carried.jsonl")
    (desk.folder / "more.txt").write_text(letters(20)[19], encoding="utf-8")
    desk.build()
    [second] = desk.files()
    assert second != first
    with Provider(desk.well) as provider:
        gone = send(desk, provider.url)
        assert "cannot be read" in gone.output
        (tmp_path / "carried.jsonl").rename(first)
        content = first.read_bytes()
        first.write_bytes(second.read_bytes())
        assert "was changed since it was built" in send(desk, provider.url).output
        first.write_bytes(content)
        assert send(desk, provider.url).output.count("1 requests, batch-") == 2
        assert len({*provider.files.values()} & {content.decode().strip(), second.read_text().strip()}) == 2


def test_what_was_answered_by_hand_is_not_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    desk.collect(desk.answered(desk.files()[0]))
    with Provider(desk.well) as provider:
        assert send(desk, provider.url).output == ""
        assert provider.batches == {}


def test_a_crash_while_collecting_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    answers = desk.answered(desk.files()[0])
    with monkeypatch.context() as patched:
        patched.setattr(writer, "insert_attempts", lambda *_: (_ for _ in ()).throw(Died))
        with pytest.raises(Died):
            desk.collect(answers)
    assert "3 letters read" in desk.collect(answers)


def test_a_crash_when_a_batch_has_ended_leaves_nothing_waiting_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    with Provider(lambda _: None) as provider:
        send(desk, provider.url)
        collect = ("collect", "--out", str(desk.out), "--base-url", provider.url)
        with monkeypatch.context() as patched:
            patched.setattr(batches, "unanswered", lambda *_: (_ for _ in ()).throw(Died))
            with pytest.raises(Died):
                desk.imr(*collect)
        assert "2 new requests" in desk.imr(*collect).output


def test_the_same_file_again_is_not_taken_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    with Provider(lambda _: None) as provider:
        send(desk, provider.url)
        desk.imr("collect", "--out", str(desk.out), "--base-url", provider.url)
        first, second = desk.files()
        assert first.read_bytes() == second.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(Batches, "upload", lambda *_: (_ for _ in ()).throw(Died))
            with pytest.raises(Died):
                send(desk, provider.url)
        assert "somebody began to send" in send(desk, provider.url).output
        assert len(provider.batches) == 1


def test_answers_that_tell_no_tokens_count_in_full(tmp_path: Path) -> None:
    desk, price = Desk(tmp_path, letters(2)), Price(input=1, output=4)

    def silent(line: dict[str, Any]) -> dict[str, Any]:
        said = desk.well(line)
        del said["response"]["body"]["usage"]
        return said

    desk.build()
    with Store(desk.database) as store:
        [job] = listed(store)
    worst = price.of(job.most_input_tokens or 0, 0, job.most_output_tokens or 0)
    with Provider(silent) as provider:
        send(desk, provider.url)
        desk.imr("collect", "--out", str(desk.out), "--base-url", provider.url)
        (desk.folder / "more.txt").write_text(letters(20)[19], encoding="utf-8")
        desk.build()
        refused = send(desk, provider.url, "--price", "1,4", "--budget", str(1.01 * worst))
        assert f"${worst:.4f} is spent" in refused.output


@pytest.mark.parametrize("odd", ["\ud800" * 64, "a\ud800"])
def test_half_a_surrogate_pair_ends_nothing(tmp_path: Path, odd: str) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    [file] = desk.files()
    ids = [json.loads(line)["custom_id"] for line in file.read_text().splitlines()]
    bad = {"custom_id": ids[0], "response": {"status_code": 500, "body": {"error": {"message": odd}}}, "error": None}
    answers = desk.answered(file)
    lines = [json.dumps({"custom_id": odd}), json.dumps(bad), *answers.read_text().splitlines()[1:]]
    answers.write_text("\n".join(lines) + "\n")
    assert "1 errors, 1 lines of nothing" in desk.collect(answers)


def test_the_model_that_is_named_elsewhere_gives_the_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(1))
    settings = tmp_path / "imr.toml"
    settings.write_text('[model]\nname = "m"\nbudget = 20\n[prices."m"]\ninput = 1\noutput = 4\n')
    monkeypatch.setenv("IMR_CONFIG", str(settings))
    desk.build()
    with Provider(desk.well) as provider:
        assert send(desk, provider.url).exit_code == 0
        desk.imr("collect", "--out", str(desk.out), "--base-url", provider.url)
    with Store(desk.database) as store, store.batching() as db:
        assert db.execute("SELECT dollars FROM attempts").fetchall() == [(pytest.approx(180e-6),)]
    monkeypatch.delenv("IMR_CONFIG")
    assert send(desk, "http://127.0.0.1:9", "--budget", "1").exit_code == 2


def test_every_name_of_a_letter_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    (desk.folder / "twin.txt").write_bytes((desk.folder / "000.txt").read_bytes())
    desk.build()
    desk.collect(desk.answered(desk.files()[0]))
    with Store(desk.database) as store:
        assert store.find("twin.txt") == store.find("000.txt")


def test_after_a_refusal_the_file_can_be_sent_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with FakeEndpoint(lambda _body, _before: Said("{}")) as fake:
        assert "no batch interface" in send(desk, fake.url).output
    with Provider(desk.well) as provider:
        assert send(desk, provider.url).output.endswith("1 requests, batch-0\n")


def test_half_a_surrogate_pair_in_a_letter_ends_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    (desk.folder / "more.jsonl").write_text(json.dumps({"text": letters(3)[2] + "\ud800", "name": "odd"}) + "\n")
    assert "2 waiting" in desk.build()
    assert len(desk.files()[0].read_text(encoding="utf-8").splitlines()) == 2


# --- a hostile provider -----------------------------------------------------------------------------------------------

STEPS = {
    "upload": "POST /v1/files",
    "create": "POST /v1/batches",
    "find": "GET /v1/batches",
    "state": "GET /v1/batches/batch-N",
    "answers": "GET /v1/files/batch-N-out/content",
}
KEY = "sk-Echoed-By-The-Provider-77"


def use(desk: Desk, step: str, url: str) -> Result:
    """The command that comes to this step."""
    verb = ("submit",) if step in ("upload", "create", "find") else ("collect", "--out", str(desk.out))
    command = ["batch", *verb, "--db", str(desk.database), "--base-url", url, "--api-key", KEY, "--timeout", "5"]
    return CliRunner().invoke(cli, command)


def up_to(step: str, desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything before a step."""
    if step in ("state", "answers"):
        assert use(desk, "upload", provider.url).exit_code == 0
    if step == "find":
        with monkeypatch.context() as patched:
            patched.setattr(Batches, "create", lambda *_: (_ for _ in ()).throw(Died))
            with pytest.raises(Died):
                use(desk, "upload", provider.url)


def sent(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    head = "".join(f"{each}\r\n" for each in headers)
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status} X\r\ncontent-length: {size}\r\n{head}\r\n".encode() + body


@pytest.mark.parametrize("step", STEPS)
def test_nothing_follows_to_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(desk.well) as other, Provider(desk.well) as provider:
        up_to(step, desk, provider, monkeypatch)
        address = STEPS[step].split()[1].replace("batch-N", "batch-0")
        for status in (301, 302, 303, 307, 308):
            provider.meddle[STEPS[step]] = sent(status, b"", f"location: {other.url[:-3]}{address}")
            done = use(desk, step, provider.url)
            assert done.exit_code == 2
            assert f"sends on to another address (status {status})" in done.output
            assert other.steps == []
            assert other.url not in done.output


BROKEN: dict[str, tuple[bytes, str]] = {
    "cut before the head": (b"", "connection"),
    "cut in the head": (b"HTTP/1.1 200 OK\r\ncontent-le", "connection"),
    "cut in the body": (sent(200, b'{"id": "batch-0", ', length=5000), "connection"),
    "no HTTP": (b"zebra umbrella\r\n\r\n", "connection"),
    "no gzip": (sent(200, b"zebra umbrella", "content-encoding: gzip"), "connection"),
    "a failure": (sent(502, b"zebra umbrella"), "(status 502)"),
    "a refusal": (sent(400, b'{"error": {"message": "zebra umbrella", "code": "zebra"}}'), "(status 400)"),
    "a strange refusal": (sent(418, b"zebra umbrella", "content-type: text/x; charset=idna"), "(status 418)"),
}
FORMLESS: dict[str, tuple[bytes, str]] = {
    "a page": (sent(200, b"<p>zebra umbrella", "content-type: text/html"), "what is no"),
    "nothing": (sent(200), "what is no"),
    "a list": (sent(200, b'["zebra umbrella"]', "content-type: application/json"), "what is no"),
    "no fields": (sent(200, b"{}", "content-type: application/json"), "what is no"),
    "an id that is an address": (
        sent(200, b'{"id": "../../zebra umbrella", "status": "x", "data": [{}]}'),
        "what is no",
    ),
    "an id that is the key": (sent(200, b'{"id": "%s", "status": "x", "data": 5}' % KEY.encode()), "what is no"),
    "deep": (sent(200, b"[" * 100_000), "what is no"),
    "endless": (sent(200, b" " * 5_000_000), "more than 4,000,000 bytes"),
}


@pytest.mark.parametrize("step", STEPS)
def test_whatever_a_provider_does_is_one_sentence_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()

    def be_late() -> None:
        """Whether a batch was created is not known at once."""
        with Store(desk.database) as store, store.batching() as db:
            db.execute("UPDATE batch_jobs SET updated_at = '2026-01-01T00:00:00+00:00'")

    with Provider(desk.well) as provider:
        up_to(step, desk, provider, monkeypatch)
        cases = BROKEN if step == "answers" else BROKEN | FORMLESS  # any line may stand in a file of answers
        for case, (instead, words) in cases.items():
            provider.meddle[STEPS[step]] = instead
            done = use(desk, step, provider.url)
            assert done.exit_code == 2, case
            assert isinstance(done.exception, SystemExit), (case, done.output)
            [said] = [line for line in done.output.splitlines() if line.startswith("imr: ")]
            assert words in said, case
            assert not any(word in done.output for word in ("zebra", "umbrella", KEY)), case
            be_late()
        provider.meddle.clear()
        if step in ("upload", "create", "find"):
            assert use(desk, step, provider.url).exit_code == 0
        assert "2 letters read" in use(desk, "state", provider.url).output
        assert len(provider.batches) == 1
    with Store(desk.database) as store, store.batching() as db:
        kept = " ".join(db.conn.iterdump())
    assert not any(word in kept for word in ("umbrella", KEY))


@pytest.mark.parametrize("step", STEPS)
def test_a_provider_that_trickles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(desk.well) as provider:
        up_to(step, desk, provider, monkeypatch)
        if step == "answers":
            with Batches(Endpoint(base_url=provider.url)) as reached:
                state = reached.state("batch-0")
            monkeypatch.setattr(Batches, "state", lambda *_: state)
        verb = ("submit",) if step in ("upload", "create", "find") else ("collect", "--out", str(desk.out))
        if step == "create":
            monkeypatch.setattr(Batches, "upload", lambda *_: "file-0")
        with trickling(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n") as url:
            command = ["batch", *verb, "--db", str(desk.database), "--base-url", url, "--timeout", "0.5"]
            done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "did not answer in time" in done.output


def test_a_file_of_answers_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_AN_ANSWER", 1000)
    monkeypatch.setattr(remote, "MOST_REPLY_BYTES", 20_000)
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(desk.well) as provider:
        use(desk, "upload", provider.url)
        [name] = [name for name in provider.files if name.endswith("-out")]
        good = provider.files[name]
        provider.files[name] = "\n" * 22_000
        done = use(desk, "answers", provider.url)
        assert done.exit_code == 2
        assert "longer than the 21,000 bytes that it may have" in done.output
        provider.files[name] = "\n" * 10_000 + good
        assert "1 letters read" in use(desk, "answers", provider.url).output


def test_a_file_that_the_provider_lost_holds_up_no_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.good = Answers(letters(20))
    desk.build()
    with Provider(desk.well) as provider:
        use(desk, "upload", provider.url)
        (desk.folder / "more.txt").write_text(letters(20)[19], encoding="utf-8")
        desk.build()
        use(desk, "upload", provider.url)
        del provider.batches["batch-0"]
        done = use(desk, "state", provider.url)
        assert "1 letters read, 0 failed, 1 waiting" in done.output
        assert "no such batch" in done.output
        assert done.exit_code == 2


def test_reasons_are_told_by_code_and_states_by_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(desk.well) as provider:
        use(desk, "upload", provider.url)
        errors = [{"code": "invalid_json_line", "line": 3, "message": "zebra"}, {"code": "zebra", "line": "zebra"}]
        told = {**provider.standing("batch-0"), "status": "FAILED", "errors": {"data": errors}, "output_file_id": None}
        provider.meddle[STEPS["state"]] = sent(200, json.dumps(told).encode())
        said = use(desk, "state", provider.url).output
        assert "failed: invalid_json_line (line 3); no known reason\n" in said
        assert "zebra" not in said
        told["status"] = "zebra"
        provider.meddle[STEPS["state"]] = sent(200, json.dumps(told).encode())
        use(desk, "upload", provider.url)
        assert "zebra" not in desk.imr("status", "--base-url", provider.url).output


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_key_that_is_repeated_in_answers_is_kept_nowhere(tmp_path: Path, by_hand: bool) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()

    def echoes(line: dict[str, Any]) -> dict[str, Any]:
        said = desk.well(line)
        said["response"]["body"] |= {"model": KEY, "system_fingerprint": KEY.upper()}
        choice = said["response"]["body"]["choices"][0]["message"]
        choice["content"] = choice["content"].replace('"mechanism":null', f'"mechanism":{{"text":"{KEY}","line":1}}')
        return said

    if by_hand:
        desk.imr("collect", str(desk.answered(desk.files()[0], echoes)), "--out", str(desk.out), "--api-key", KEY)
    else:
        with Provider(echoes) as provider:
            use(desk, "upload", provider.url)
            assert "2 waiting" not in use(desk, "state", provider.url).output
    with Store(desk.database) as store, store.batching() as db:
        assert KEY.lower() not in " ".join(db.conn.iterdump()).lower()
        assert [model for (model,) in db.execute("SELECT model FROM attempts")] == ["…", "…"]


def test_a_line_that_is_too_long_fails_its_request_and_is_not_held(tmp_path: Path) -> None:
    desk, price = Desk(tmp_path, letters(2)), Price(input=1, output=4)
    desk.build()
    with Store(desk.database) as store:
        [job] = listed(store)

    def endless(line: dict[str, Any]) -> dict[str, Any]:
        said = desk.well(line)
        said["response"]["body"]["choices"][0]["message"]["content"] = "x" * 5_000_000
        return said

    said = desk.collect(desk.answered(desk.files()[0], endless))
    assert "0 answers, 2 errors, 0 lines" in said
    assert "2 new requests" in said
    with Store(desk.database) as store, store.batching() as db:
        assert db.execute("SELECT DISTINCT outcome, reply FROM attempts").fetchall() == [("reply_too_long", None)]
        assert batches.used(db) == (job.most_input_tokens, 0, job.most_output_tokens)  # paid for, nobody knows how much
        assert price.of(*batches.used(db)) > 0
    for _ in range(2):
        said = desk.collect(desk.answered(desk.files()[-1], endless))
    assert "2 failed" in said
    with Store(desk.database) as store:
        assert all("longer than 4,000,000 bytes" in failure.message for failure in store.failures())


@pytest.mark.parametrize("missing", ["completion_tokens", "prompt_tokens"])
def test_answers_that_tell_half_of_their_tokens_count_in_full(tmp_path: Path, missing: str) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    with Store(desk.database) as store:
        [job] = listed(store)

    def silent(line: dict[str, Any]) -> dict[str, Any]:
        said = desk.well(line)
        del said["response"]["body"]["usage"][missing]
        return said

    desk.imr("collect", str(desk.answered(desk.files()[0], silent)), "--out", str(desk.out), "--price", "1,4")
    with Store(desk.database) as store, store.batching() as db:
        assert batches.used(db) == (job.most_input_tokens, 0, job.most_output_tokens)
        assert db.execute("SELECT DISTINCT dollars FROM attempts").fetchall() == [(None,)]


# --- two at once ------------------------------------------------------------------------------------------------------


def beside(work: Callable[[], object]) -> None:
    """Another process, as far as the database can tell: it has a connection of its own."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def meanwhile(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, work: Callable[[], object]) -> None:
    """Once, just before something is done, other work comes between."""
    done: list[bool] = []
    original = getattr(owner, name)

    def between(*arguments: Any, **values: Any) -> Any:
        if not done:
            done.append(True)
            beside(work)
        return original(*arguments, **values)

    monkeypatch.setattr(owner, name, between)


def asked_in(files: list[Path]) -> list[str]:
    return [json.loads(line)["custom_id"] for file in files for line in file.read_text().splitlines()]


def test_two_that_build_at_once_ask_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(12))
    meanwhile(monkeypatch, RequestFiles, "_write", desk.build)
    assert "0 new requests" in desk.build()
    ids = asked_in(desk.files())
    assert len(ids) == len(set(ids)) == 12


def test_two_that_build_overlapping_letters_at_once_ask_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(12))
    few = tmp_path / "few"
    few.mkdir()
    for number in range(5):
        (few / f"{number}.txt").write_bytes((desk.folder / f"{number:03}.txt").read_bytes())
    build = ("build", str(few), "--out", str(tmp_path / "other"), *MODEL)
    meanwhile(monkeypatch, RequestFiles, "_write", lambda: desk.imr(*build))
    desk.build()
    ids = asked_in([*desk.files(), *(tmp_path / "other").glob("*.jsonl")])
    assert len(ids) == len(set(ids)) == 12


def test_two_that_collect_at_once_ask_and_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(12))
    desk.build()

    def wrong(line: dict[str, Any]) -> dict[str, Any]:
        body = chat_reply(Said('{"nothing": true}'), line["body"], 1)
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}

    def half(line: dict[str, Any]) -> dict[str, Any]:
        return (desk.well if int(line["custom_id"], 16) % 2 else wrong)(line)

    answers = desk.answered(desk.files()[0], half)
    meanwhile(monkeypatch, RequestFiles, "_write", lambda: desk.collect(answers))
    desk.collect(answers)
    _first, *more = desk.files()
    ids = asked_in(more)
    assert 0 < len(ids) < 12
    assert len(ids) == len(set(ids))
    for _ in range(3):  # until it is given up
        desk.collect(desk.answered(desk.files()[-1], wrong))
    with Store(desk.database) as store, store.batching() as db:
        assert set(db.execute("SELECT attempts FROM failures")) == {(1,)}
        [(runs,)] = db.execute("SELECT sum(extracted) FROM runs").fetchall()
        assert runs == 12 - len(ids)


def test_an_error_of_an_earlier_file_says_nothing_of_a_later_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(lambda line: {"custom_id": line["custom_id"], "response": {"status_code": 500}}) as provider:
        use(desk, "upload", provider.url)
        beyond = provider.files["batch-0-err"]
        assert "1 new requests" in use(desk, "state", provider.url).output
        with Store(desk.database) as store:
            [first, second] = listed(store)
            assert batch_answers.collect(beyond.splitlines(), store, None, first.id).errors == 0
            assert batch_answers.collect(beyond.splitlines(), store, None, second.id).errors == 1


def test_two_that_submit_at_once_send_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(3))
    desk.build()
    said: list[str] = []
    with Provider(desk.well) as provider:
        meanwhile(monkeypatch, Batches, "upload", lambda: said.append(use(desk, "upload", provider.url).output))
        assert use(desk, "upload", provider.url).exit_code == 0
        assert "somebody began to send" in said[0]
        assert len(provider.batches) == 1


def test_two_that_submit_at_once_stay_within_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, price = Desk(tmp_path, letters(1)), Price(input=1, output=4)
    desk.build()
    (desk.folder / "more.txt").write_text(letters(1)[0].replace("CM16", "CM17"), encoding="utf-8")
    desk.build()
    with Store(desk.database) as store:
        worst = [price.of(job.most_input_tokens or 0, 0, job.most_output_tokens or 0) for job in listed(store)]
    budget = ("--price", "1,4", "--budget", str(1.5 * max(worst)))
    with Provider(desk.well) as provider:
        only = iter([[0], [1]])

        def one(store: Store, state: str | None = None) -> list[batches.BatchFile]:
            jobs = listed(store, state)
            return [jobs[number] for number in next(only)]

        monkeypatch.setattr(remote, "listed", one)
        said: list[str] = []
        meanwhile(monkeypatch, Batches, "upload", lambda: said.append(send(desk, provider.url, *budget).output))
        assert send(desk, provider.url, *budget).exit_code == 0
        assert "could be crossed" in said[0]
        assert len(provider.batches) == 1


def test_two_that_take_over_at_once_send_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(1))
    desk.build()
    with Provider(desk.well) as provider:
        up_to("find", desk, provider, monkeypatch)
        with Store(desk.database) as store, store.batching() as db:
            db.execute("UPDATE batch_jobs SET updated_at = '2026-01-01T00:00:00+00:00'")
        meanwhile(monkeypatch, remote, "_take_over", lambda: use(desk, "upload", provider.url))
        assert "somebody began to send" in use(desk, "upload", provider.url).output
        assert len(provider.batches) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_around_the_naming_of_a_file_leaves_no_file_that_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    desk = Desk(tmp_path, letters(2))
    with monkeypatch.context() as patched:
        if when == "before":
            patched.setattr(batches, "add_job", lambda *_: (_ for _ in ()).throw(Died))
        else:
            patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(Died))
        with pytest.raises(Died):
            desk.build()
    assert desk.files() == []
    desk.build()
    assert len(asked_in(desk.files())) == 2
    with Store(desk.database) as store:
        [job] = listed(store)
        assert Path(job.file).exists()


def test_a_folder_that_takes_no_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, letters(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        command = ["batch", "build", str(desk.folder), "--db", str(desk.database), "--out", str(desk.out), *MODEL]
        done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "No space left" in done.output
    assert "1 new requests" in desk.build()


def test_records_of_batches_tell_what_was_paid(tmp_path: Path) -> None:
    desk = Desk(tmp_path, letters(2))
    desk.build()
    desk.collect(desk.answered(desk.files()[0]))
    with Store(desk.database) as store:
        used = [record.provenance.usage for record in store.records()]
    assert [(each.input_tokens, each.output_tokens) for each in used if each] == [(100, 20)] * 2
