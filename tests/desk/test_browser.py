"""The desk as a person uses it, in a real browser."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from click.testing import CliRunner
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from desk.app import make_app
from desk.cli import group
from desk.serving import _bound

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")

LETTER = "/letters/CM16-0100001"
PDF = "/letters/CM16-0500377?view=pages"
HOSTILE = "/letters/CM16-0100002"
LIT = ".words .lit"


@pytest.fixture(scope="module")
def announced() -> list[str]:
    return []


@pytest.fixture(scope="module")
def address(database: Path, announced: list[str]) -> Iterator[str]:
    listening = _bound(0)
    server = uvicorn.Server(
        uvicorn.Config(make_app(database, announced.append), log_level="warning", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, address: str, announced: list[str]) -> Any:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address + announced[-1])
    assert page.url == f"{address}/"
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(chromium: Browser, signed_in: Any, address: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        storage_state=signed_in, base_url=address, viewport={"width": 1400, "height": 850}, reduced_motion="reduce"
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing fails: no error of a script, nothing that the policy had to stop."""
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    yield page
    assert troubles == []


def in_view(page: Page, selector: str) -> bool:
    return bool(
        page.locator(selector).first.evaluate(
            "(node) => { const box = node.getBoundingClientRect();"
            " return box.top >= 0 && box.bottom <= innerHeight && box.height > 0; }"
        )
    )


def test_from_sign_in_to_the_words_of_a_value(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("CM16-0500377")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CM16-0500377")
    assert page.locator(LIT).count() == 0
    page.locator('[data-row="/decisions/2/outcome"] .go').click()
    expect(page).to_have_url(re.compile(re.escape("#/decisions/2/outcome") + "$"))
    expect(page.locator(LIT)).to_have_text(["Upheld"])
    assert in_view(page, LIT)
    expect(page.locator(".row.current dt")).to_have_text(["outcome"])


def test_words_lead_to_their_row(page: Page) -> None:
    page.goto(LETTER)
    page.locator('.words [data-p~="/decision_date"]').first.click()
    expect(page.locator(".row.current dt")).to_have_text(["decision date"])
    page.locator('.words [data-p~="/decisions/0/outcome"]').first.hover()
    assert "outcome" in page.locator(".row.hint dt").all_inner_texts()


def test_on_a_phone_a_value_leads_to_its_words_and_words_to_their_row(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(LETTER)
    page.locator('[data-row="/decisions/0/outcome"] .go').click()
    expect(page.locator(LIT)).to_be_in_viewport()
    page.locator(LIT).click()
    expect(page.locator(".row.current")).to_be_in_viewport()
    expect(page.locator(".row.current dt")).to_have_text(["outcome"])


def test_on_paper_nothing_is_cut_off(page: Page) -> None:
    page.goto(LETTER)
    page.emulate_media(media="print")
    for part in (".words", ".record"):
        hidden = page.locator(part).evaluate("(node) => node.scrollHeight - node.clientHeight")
        assert hidden <= 1
    expect(page.get_by_role("searchbox")).to_be_hidden()


def test_an_address_from_a_mail_opens_at_its_words(page: Page) -> None:
    page.goto(f"{LETTER}#/decisions/0/drugs/0/name")
    expect(page.locator(LIT)).to_have_text(["Tramadol", "50mg"])
    assert in_view(page, LIT)
    expect(page.locator(".row.current dt")).to_have_text(["drug"])


def test_words_are_lit_without_scripts(chromium: Browser, signed_in: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, storage_state=signed_in, base_url=address)
    page = context.new_page()
    page.goto(f"{LETTER}#/decisions/0/outcome")
    plain = page.locator('.words [data-p~="/case_number"]').first
    lit = page.locator('.words [data-p~="/decisions/0/outcome"]').first
    colours = [each.evaluate("(node) => getComputedStyle(node).backgroundColor") for each in (plain, lit)]
    assert colours[0] != colours[1]
    assert lit.bounding_box()
    context.close()


def test_a_value_on_the_page_of_the_pdf(page: Page) -> None:
    """The box lies where the page prints the words: the case number's stands right of its label, on the same line."""
    page.goto(PDF)
    page.locator('[data-row="/case_number"] .go').click()
    assert page.locator(LIT).count() == 1
    assert in_view(page, LIT + " rect")
    box = page.locator(LIT + " rect").bounding_box()
    paper = page.locator(".paper").first.bounding_box()
    image = page.locator(".paper img").first
    assert image.evaluate("(node) => node.decode().then(() => node.naturalWidth)") == 1100
    assert box is not None
    assert paper is not None
    assert 0.05 < box["width"] / paper["width"] < 0.3
    ink = page.evaluate(
        """([left, top, width, height]) => {
            const image = document.querySelector('.paper img');
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            const drawn = canvas.getContext('2d', {willReadFrequently: true});
            drawn.drawImage(image, 0, 0);
            const dark = (x, y, w, h) => {
                const [across, down] = [canvas.width, canvas.height];
                const data = drawn.getImageData(x * across, y * down, w * across, h * down).data;
                return data.filter((value, at) => at % 4 === 0 && value < 128).length;
            };
            return [dark(left, top, width, height), dark(left + width + 0.004, top, 0.02, height)];
        }""",
        [
            (box["x"] - paper["x"]) / paper["width"],
            (box["y"] - paper["y"]) / paper["height"],
            box["width"] / paper["width"],
            box["height"] / paper["height"],
        ],
    )
    assert ink[0] > 200, "there are words in the box"
    assert ink[1] == 0, "and none right behind it"
    page.get_by_role("link", name="Text").click()
    expect(page).to_have_url(re.compile(re.escape("?#/case_number") + "$"))
    expect(page.locator(LIT)).to_have_text(["CM16-0500377"])


def test_keys(page: Page) -> None:
    page.goto(LETTER)
    current = page.locator(".row.current")
    page.keyboard.press("j")
    expect(current).to_have_attribute("data-row", "/case_number")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(current).to_have_attribute("data-row", "/case_number")
    page.keyboard.press("f")
    expect(current).to_have_attribute("data-row", "/date_of_injury")
    page.keyboard.press("f")
    expect(current).to_have_attribute("data-row", "/patient/age")
    page.keyboard.press("?")
    assert page.get_by_text("next and previous value").is_visible()
    page.get_by_label("keys are on").uncheck()
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(current).to_have_attribute("data-row", "/patient/age")


def test_a_letter_s_scripts_do_not_run(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"the letter spoke: {dialog.message}"))
    page.goto(HOSTILE)
    assert page.get_by_text("<script>alert(1)</script>").first.is_visible()


def test_the_page_by_itself_works_from_a_file(page: Page, database: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert CliRunner().invoke(group, ["--db", str(database), "page", "CM16-0100001", str(out)]).exit_code == 0
    page.goto(f"{out.as_uri()}#/decisions/0/outcome")
    expect(page.locator(LIT)).to_have_text(["Upheld"])
    assert page.locator(".no").first.evaluate("(node) => getComputedStyle(node).userSelect") == "none", "it is styled"


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1400)])
@pytest.mark.parametrize("path", ["/", "/?q=naproxen", f"{LETTER}#/decisions/0/outcome", PDF, "/letters/none"])
def test_everybody_can_use_it(context: BrowserContext, path: str, scheme: Any, width: int) -> None:
    """axe finds nothing against WCAG 2.2 AA, and nothing has to be scrolled sideways."""
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    for summary in page.locator("summary").all():
        summary.click()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
