"""What the pages show: values beside their words, doubts, and nothing that a letter could make run."""

from __future__ import annotations

import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import letters as L  # noqa: N812  as in the tests of readers
import pytest
from click.testing import CliRunner
from desk_database import PDF, Desk, put
from starlette.testclient import TestClient

from desk.cli import group
from desk.letter import Letter, open_letter
from desk.rows import State
from desk.shelf import PAGE, Asked, Shelf
from extractor.store import Store

CASE = "/letters/CM16-0100001"


class Elements(HTMLParser):
    """Every element of a page: its name and attributes; and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.found if "id" in attributes]


def opened(database: Path, name: str) -> Letter:
    with Shelf(database) as shelf:
        return open_letter(shelf, name)


@pytest.mark.parametrize("path", ["/letters/CM16-0100002", "/", "/?q=naproxen"])
def test_a_letter_s_markup_is_shown_and_does_nothing(client: TestClient, path: str) -> None:
    page = Elements(client.get(path).text)
    assert "<script>alert(1)</script>" in page.text
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not [tag for tag, _ in page.found if tag == "img"]
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]


def test_what_is_asked_for_is_shown_as_text(client: TestClient) -> None:
    for path in ("/?q=%3Cscript%3Ealert(3)%3C/script%3E", "/letters/%3Cscript%3Ealert(3)"):
        page = Elements(client.get(path).text)
        assert "<script>alert(3)" in page.text
        assert [tag for tag, _ in page.found].count("script") == 1


@pytest.mark.parametrize("path", [CASE, "/letters/CM16-0100002", "/letters/CM16-0500377?view=pages"])
def test_every_address_within_the_page_leads_somewhere(client: TestClient, path: str) -> None:
    page = Elements(client.get(path).text)
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {
        unquote(attributes["href"][1:])
        for tag, attributes in page.found
        if tag == "a" and attributes.get("href", "").startswith("#")
    }
    assert len(targets) > 20
    assert targets - set(ids) == set()


def test_every_value_can_be_addressed(client: TestClient, database: Path) -> None:
    letter = opened(database, "CM16-0100001")
    ids = Elements(client.get(CASE).text).ids()
    assert set(letter.record.evidence) - set(ids) == set()
    assert {"/case_number", "/decisions/0/outcome", "/decisions/0"} <= set(ids)


def test_the_text_is_whole_and_its_lines_are_those_of_the_evidence(database: Path) -> None:
    letter = opened(database, "CM16-0500377")
    pages = letter.lines()
    said = "\f".join("\n".join("".join(words.text for words in line.words) for line in page) for page in pages)
    assert said == letter.text
    numbered = {line.number: line for page in pages for line in page if line.number}
    assert list(numbered) == list(range(1, max(numbered) + 1))
    for pointer, evidence in letter.record.evidence.items():
        if evidence.lines is None:
            continue
        lit = [number for number, line in numbered.items() for words in line.words if pointer in words.pointers]
        assert (min(lit), max(lit)) == evidence.lines, pointer


def test_words_are_lit_for_exactly_what_rests_on_them(database: Path) -> None:
    letter = opened(database, "CM16-0100001")
    lit: dict[str, str] = {}
    for page in letter.lines():
        for line in page:
            for words in line.words:
                for pointer in words.pointers:
                    lit[pointer] = lit.get(pointer, "") + words.text
    for pointer, evidence in letter.record.evidence.items():
        spans = "".join(letter.text[start:end] for start, end in evidence.spans)
        assert lit[pointer] == spans.replace("\n", "").replace("\f", ""), pointer


def test_each_state_is_told_by_a_sign(client: TestClient, database: Path) -> None:
    rows = {row.pointer: row for row in opened(database, "CM16-0100001").rows}
    states = {
        "/case_number": State.SUPPORTED,
        "/decisions/0/outcome": State.DERIVED,
        "/decisions/0/reasons/0": State.UNCHECKED,
        "/patient/age": State.DISPUTED,
        "/date_of_injury": State.WITHHELD,
    }
    assert {pointer: rows[pointer].state for pointer in states} == states
    assert len({rows[pointer].sign for pointer in states}) == len(states)
    page = client.get(CASE).text
    for pointer, state in states.items():
        assert f'<div class="row {state}" id="row:{pointer}"' in page
    text = " ".join(Elements(page).text.split())
    assert "61% sure" in text
    assert "The model reads 46." in text
    assert "Something was left out." in text
    assert "<s>1999-01-01</s>" in page


def test_a_withheld_value_stands_in_its_place(database: Path) -> None:
    labels = [row.label for row in opened(database, "CM16-0100001").groups[0].rows]
    assert labels.index("application received") < labels.index("date of injury") < labels.index("patient age")


def test_history_is_told(tmp_path: Path) -> None:
    text = L.prose()
    with Store(tmp_path / "a.db") as store:
        put(store, text)
        put(
            store,
            text,
            lambda record: record.model_copy(
                update={
                    "determination": record.determination.model_copy(update={"priority": None}),
                    "evidence": {at: found for at, found in record.evidence.items() if at != "/priority"},
                    "provenance": record.provenance.model_copy(update={"config_sha256": "d" * 64}),
                }
            ),
        )
    with Shelf(tmp_path / "a.db") as shelf:
        latest, first = open_letter(shelf, L.HEADER["Case Number"]).history
    assert (latest.changed, first.changed) == (1, None)
    assert latest.version.current


@pytest.mark.parametrize("path", ["/", CASE, "/letters/none"])
def test_all_that_a_page_loads_is_there(client: TestClient, path: str) -> None:
    """Its icon, too: browsers ask for one, now or later, and complain of what they do not find."""
    page = Elements(client.get(path).text)
    loads = [a.get("href") or a["src"] for tag, a in page.found if tag in ("link", "script", "img")]
    assert len(loads) == 3
    assert [client.get(each).status_code for each in loads] == [200, 200, 200]


def test_no_such_letter(client: TestClient) -> None:
    answer = client.get("/letters/CM99-0000000")
    assert answer.status_code == 404
    assert "no record under" in answer.text


def test_a_letter_is_found_by_case_hash_and_file(client: TestClient, database: Path) -> None:
    sha256 = opened(database, "CM16-0100001").record.document.sha256
    first = client.get(CASE).text
    assert client.get(f"/letters/{sha256[:12]}").text == first
    found = client.get("/", params={"q": "cm16 0100001"})
    assert found.status_code == 303
    assert found.headers["location"] == f"/letters/{sha256[:16]}"


# the pages of a PDF


def test_a_pdf_that_changed_is_not_shown(tmp_path: Path) -> None:
    """Only the very file that was read: another under its name, a link, or none is text only, and the page says so."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF.read_bytes())
    with Store(tmp_path / "a.db") as store:
        sha256 = put(store, path).document.sha256
    client = Desk(tmp_path / "a.db").browser()
    letter, picture = f"/letters/{sha256[:16]}?view=pages", f"/sheets/{sha256}/1.png"
    assert client.get(letter).text.count("<img") == 2
    assert client.get(picture).headers["content-type"] == "image/png"
    assert client.get(f"/sheets/{sha256}/9.png").status_code == 404
    for change in (lambda: path.write_bytes(path.read_bytes() + b"\n"), path.unlink):
        change()
        page = client.get(letter).text
        assert "<img" not in page
        assert "Text only: the PDF no longer lies, unchanged, where it was read." in page
        assert 'id="/decisions/0/outcome"' in page
        assert client.get(picture).status_code == 404


def test_every_value_has_its_box(database: Path, client: TestClient) -> None:
    letter = opened(database, "CM16-0500377")
    page = Elements(client.get("/letters/CM16-0500377?view=pages").text)
    assert set(letter.record.evidence) - set(page.ids()) == set()


# the list


def cases(page: str) -> list[str]:
    return re.findall(r'<a href="/letters/[0-9a-f]{16}">([^<]+)</a>', page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["CM16-0100003", "CM16-0100001", "CM16-0500377", "CM16-0100002"]),
        ("outcome=overturned", ["CM16-0100003"]),
        ("outcome=mixed", ["CM16-0500377"]),
        ("category=rehabilitation", ["CM16-0100003"]),
        ("year=2016", ["CM16-0500377", "CM16-0100002"]),
        ("year=2016&outcome=upheld", ["CM16-0100002"]),
        ("year=2011", []),
        ("year=x&outcome=%27&after=1", ["CM16-0100003", "CM16-0100001", "CM16-0500377", "CM16-0100002"]),
    ],
)
def test_the_list(client: TestClient, query: str, expected: list[str]) -> None:
    assert cases(client.get(f"/?{query}").text) == expected


def test_words_are_found_and_lead_to_their_decision(client: TestClient, database: Path) -> None:
    page = client.get("/?q=acupuncture").text
    sha256 = opened(database, "CM16-0100003").record.document.sha256
    assert f'href="/letters/{sha256[:16]}#/decisions/0"' in page
    assert "<b>Acupuncture</b>" in page
    assert "No letter holds" in client.get("/?q=zygote").text
    assert client.get("/?q=%22%22").status_code == 400


def test_words_and_filters_hold_together(client: TestClient) -> None:
    def shown(filters: str) -> tuple[int, list[str]]:
        page = client.get(f"/?q=acupuncture{filters}").text
        assert '<input type="hidden" name="q" value="acupuncture">' in page
        total = re.search(r"<h1>(\d+) decisions? with", page)
        assert total is not None
        return int(total[1]), re.findall(r'class="outcome (\w+)"', page)

    total, outcomes = shown("")
    assert total == len(outcomes) > 1
    assert set(outcomes) == {"upheld", "overturned"}
    for outcome in ("upheld", "overturned"):
        assert shown(f"&outcome={outcome}") == (outcomes.count(outcome), [outcome] * outcomes.count(outcome))
    assert shown("&category=home_health") == (0, [])


def test_pages_of_the_list_hold_every_letter_once(tmp_path: Path) -> None:
    count = PAGE + 3
    with Store(tmp_path / "a.db") as store:
        for number in range(count):
            day = None if number % 7 == 0 else f"02/0{1 + number % 3}/2016"
            put(store, L.prose(header=L.header_table(Case_Number=f"CM16-{number:07d}", Decision_Date=day)))
    with Shelf(tmp_path / "a.db") as shelf:
        first, after = shelf.listed(Asked())
        second, end = shelf.listed(Asked(after=after))
    assert (len(first), len(second), end) == (PAGE, 3, "")
    listed = [(letter.decision_date or "", letter.record_id) for letter in first + second]
    assert listed == sorted(listed, reverse=True)
    assert len(set(listed)) == count


# beside a run


def test_it_reads_while_a_run_writes(tmp_path: Path) -> None:
    """A write transaction is open, and others follow, while pages are asked for from several threads."""
    path = tmp_path / "a.db"
    header = L.header_table
    with Store(path) as store:
        put(store, L.prose(header=header(Case_Number="CM16-0000001")))
        desk = Desk(path)
        client = desk.browser()
        answers: list[int] = []

        def ask() -> None:
            answers.extend(client.get(each).status_code for each in ("/", "/letters/CM16-0000001"))

        with store._writing():
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=20)
        assert answers == [200] * 8
        put(store, L.prose(header=header(Case_Number="CM16-0000002")))
        assert "CM16-0000002" in client.get("/").text


def test_it_cannot_write(database: Path) -> None:
    with Shelf(database) as shelf, pytest.raises(Exception, match="read-only"), shelf._writing():
        shelf._db.execute("DELETE FROM runs")


# the page by itself


def test_a_page_by_itself(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    ran = CliRunner().invoke(group, ["--db", str(database), "page", "CM16-0100002", str(out)])
    assert ran.exit_code == 0, ran.output
    page = Elements(out.read_text(encoding="utf-8"))
    assert "<script>alert(1)</script>" in page.text
    assert [tag for tag, _ in page.found].count("script") == 1
    loads = [value for _, attributes in page.found for name, value in attributes.items() if name in ("src", "href")]
    assert [each for each in loads if not each.startswith("#")] == []
    (policy,) = [a["content"] for tag, a in page.found if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_a_page_of_no_letter(database: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(group, ["--db", str(database), "page", "CM99-1", str(tmp_path / "page.html")])
    assert ran.exit_code == 3
    assert not (tmp_path / "page.html").exists()
    nowhere = CliRunner().invoke(
        group, ["--db", str(database), "page", "CM16-0100002", str(tmp_path / "no" / "p.html")]
    )
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.stderr
