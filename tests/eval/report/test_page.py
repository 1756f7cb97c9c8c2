from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from gold_factory import letter, load, reader_of, save_reference, unreadable

from eval.cli import group
from eval.figures.uncertainty import Sampling
from eval.judging.grading import grade
from eval.judging.result import load_run, save_run
from eval.labelling.gold import freeze, load_gold
from eval.report.page import render
from eval.scoring.pointers import Json

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} & \"quoted\" 'too'"


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def spoil(name: str, determination: Json) -> None:
    if name == "a4":
        unreadable(name, determination)
    if name == "a1":
        determination["decisions"][0]["outcome"] = "overturned"
        determination["decisions"][0]["reasons"] = ["recommended"]
        determination["decision_date"] = "2016-10-14"
        determination["patient"]["diagnoses"] = ["lumbago", HOSTILE]
        determination["patient"]["mechanism"] = HOSTILE
    if name == "a2":
        del determination["decisions"][1]


def graded(folder: Path, **options: Json) -> Json:
    gold = load_gold(folder)
    return grade(reader_of(folder, spoil), gold.cases, name=HOSTILE, sampling=Sampling(100), **options)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Json) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: Json) -> None:
        self.text.append(data)


def parsed(page: str) -> Json:
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    return tags


def test_everything_is_escaped_and_nothing_is_loaded(folder: Path) -> None:
    text, reference = letter("a1")
    hostile = text.replace("Because of a1 and 0.", f"Because of a1 and 0. {HOSTILE}")
    (folder / "letters" / "a1.txt").write_text(hostile, encoding="utf-8")
    reference["determination"]["patient"]["diagnoses"] = [HOSTILE]
    save_reference(folder, "a1", reference)
    page = render(graded(folder), folder)
    tags = parsed(page)
    names = {tag for tag, _ in tags.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "svg", "video", "audio"}
    for tag, attributes in tags.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        if "href" in attributes:
            assert attributes["href"].startswith("#"), tag
    assert not re.search(r"https?:|url\(|@import|//[a-z]", page)
    assert HOSTILE in "".join(tags.text)
    assert "default-src 'none'" in page


def test_errors_stand_beside_the_letters_words(folder: Path) -> None:
    page = render(graded(folder), folder)
    told = " ".join("".join(parsed(page).text).split())
    assert "1 day later than gold" in told
    assert "gold only: 'other'" in told
    assert re.search(r'<mark class="gold predicted">\s*10/13/2016</mark>', page)
    assert "a4" in told
    assert "is a scan" in told
    identifiers = re.findall(r'id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(identifiers)


def test_a_run_by_itself_and_a_changed_letter(folder: Path, tmp_path: Path) -> None:
    save_run(graded(folder), tmp_path / "run.json")
    result = load_run(tmp_path / "run.json")
    assert "not shown" in render(result)
    changed = load(folder, "a1")
    changed["traps"] = ["typos"]
    save_reference(folder, "a1", changed)
    page = render(result, folder)
    assert "has changed since the run" in page
    cards = re.findall(r'<article class="card" id="a1-.*?</article>', page, re.DOTALL)
    assert cards
    assert not [card for card in cards if 'class="letter"' in card]
    (folder / "references" / "a2.json").unlink()
    assert "cannot be read" in render(result, folder)


def test_errors_of_test_letters_are_not_shown_unless_asked_for(folder: Path) -> None:
    freeze(folder)
    result = graded(folder)
    hidden = {name for name, row in result.documents.items() if row.split == "test"}
    assert hidden
    page, revealed = render(result, folder), render(result, folder, reveal_test=True)
    assert f"{len(hidden)} test letters are counted but not shown" in page
    for name in hidden:
        assert f'id="{name}-' not in page
        assert f'id="letter-{name}"' in page
    assert "not shown" not in revealed
    assert {"a1", "a2", "a4"} == set(re.findall(r'id="(\w+)-i?\d+"', revealed))


def test_the_command_and_the_page_of_a_saved_run(folder: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "run.json", tmp_path / "page.html"
    arguments = ["run", "--gold", str(folder), "--draws", "100", "--out", str(out), "--html", str(page)]
    ran = CliRunner().invoke(group, arguments)
    assert ran.exit_code == 0, ran.output
    first = page.read_text(encoding="utf-8")
    again = CliRunner().invoke(group, ["report", str(out), str(page), "--gold", str(folder)])
    assert again.exit_code == 0, again.output
    assert page.read_text(encoding="utf-8") == first


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
def test_it_renders_in_a_browser(folder: Path, tmp_path: Path) -> None:
    page, shot = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(render(graded(folder), folder), encoding="utf-8")
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path}",
    ]
    drawn = subprocess.run(
        [str(CHROMIUM), *flags, "--window-size=1200,900", f"--screenshot={shot}", page.as_uri()],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert shot.exists(), drawn.stderr.decode()
    assert shot.stat().st_size > 20_000
    dom = subprocess.run(
        [str(CHROMIUM), *flags, "--dump-dom", page.as_uri()], capture_output=True, timeout=60, check=False
    )
    assert b"Fields and errors" in dom.stdout
    assert b"<script" not in dom.stdout
