import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from gold_factory import letter, load, reader_of, save_reference, unreadable, write_gold

from eval.cli import group
from eval.figures.uncertainty import Sampling
from eval.judging.grading import grade
from eval.judging.result import load_run, save_run
from eval.labelling.gold import freeze, load_gold
from eval.report.excerpts import excerpt, find_words
from eval.report.explain import explain
from eval.report.page import render

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} & \"quoted\" 'too'"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def spoil(name, determination):
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


def graded(folder, **options):
    gold = load_gold(folder)
    return grade(reader_of(folder, spoil), gold.cases, name=HOSTILE, sampling=Sampling(100), **options)


@pytest.fixture
def folder(tmp_path):
    return write_gold(tmp_path / "gold")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.open = []
        self.text = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    return tags


def test_everything_is_escaped_and_nothing_is_loaded(folder):
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


def test_errors_stand_beside_the_letters_words(folder):
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


def test_a_run_by_itself_and_a_changed_letter(folder, tmp_path):
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


def test_errors_of_test_letters_are_not_shown_unless_asked_for(folder):
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


def test_the_command_and_the_page_of_a_saved_run(folder, tmp_path):
    out, page = tmp_path / "run.json", tmp_path / "page.html"
    arguments = ["run", "--gold", str(folder), "--draws", "100", "--out", str(out), "--html", str(page)]
    ran = CliRunner().invoke(group, arguments)
    assert ran.exit_code == 0, ran.output
    first = page.read_text(encoding="utf-8")
    again = CliRunner().invoke(group, ["report", str(out), str(page), "--gold", str(folder)])
    assert again.exit_code == 0, again.output
    assert page.read_text(encoding="utf-8") == first


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
def test_it_renders_in_a_browser(folder, tmp_path):
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
        [CHROMIUM, *flags, "--window-size=1200,900", f"--screenshot={shot}", page.as_uri()],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert shot.exists(), drawn.stderr.decode()
    assert shot.stat().st_size > 20_000
    dom = subprocess.run([CHROMIUM, *flags, "--dump-dom", page.as_uri()], capture_output=True, timeout=60, check=False)
    assert b"Fields and errors" in dom.stdout
    assert b"<script" not in dom.stdout


def test_excerpt_marks_both_places_and_leaves_the_middle_out():
    text = "x" * 300 + " gold words both words here " + "y" * 1000
    start = text.index("gold")
    pieces = excerpt(text, [(start, start + 15)], [(start + 11, start + 21)])
    marked = [(piece.text, piece.marks) for piece in pieces if piece.marks]
    assert marked == [("gold words ", ("gold",)), ("both", ("gold", "predicted")), (" words", ("predicted",))]
    assert pieces[0].gap
    assert pieces[-1].gap
    assert excerpt("short", [(2, 99)], []) == []
    long = excerpt(text, [(0, len(text))], [])
    assert sum(len(piece.text) for piece in long) < 700


def test_find_words():
    assert find_words("a lumbar\n  spine", "Lumbar spine") == (2, 16)
    assert find_words("one two one", "one", 3) == (8, 11)
    assert find_words("one", "two") is None
    assert find_words("one", " ") is None


@pytest.mark.parametrize(
    ("gold", "predicted", "told"),
    [
        ("2016-10-13", "2016-10-11", ["2 days earlier than gold"]),
        ("left knee brace", "right knee brace", ["word in gold only: 'left'", "word in prediction only: 'right'"]),
        ("left knee", "left  knee", ["they differ in blanks only"]),
        ("a b c", "c b a", ["the same words in another order"]),
        ("a " * 90 + "c", "b " * 90 + "c", ["they part after 0 words and meet again 1 words before the end"]),
        (["a", "b", "b"], ["b"], ["entry in gold only: 'a'", "'b' stands 2 times in gold, 1 here"]),
        (48, 49, ["48 became 49"]),
        ({"total": 1, "unit": "x"}, {"total": 2, "unit": "x"}, ["total: 1 became 2"]),
        ({"text": "a", "spans": [[3, 9]]}, {"text": "b", "spans": [[1, 9]]}, ["begins 2 characters earlier than gold"]),
        (None, 1, []),
    ],
)
def test_explain(gold, predicted, told):
    assert explain(gold, predicted) == told
