"""Pages: what is shown, made into HTML. Everything is escaped, for letters hold whatever anybody wrote into them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from desk.letter import Letter
from desk.lit import label_of
from desk.rows import MEANINGS, SIGNS
from extractor.display.clean import one_line
from extractor.documents.sheets import Box, Sheet
from extractor.store.search import HIT_END, HIT_START


@dataclass(frozen=True, slots=True)
class Boxed:
    """The words of one value on one page."""

    pointer: str
    row: str
    look: str
    title: str
    begins: bool
    """The value's words begin on this page."""
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """A page's picture with what is lit on it."""

    number: int
    """From 1, in the file."""
    sheet: Sheet
    values: tuple[Boxed, ...]

    @property
    def exact(self) -> bool:
        """Whether boxes are known."""
        return self.sheet.characters is not None


def render(template: str, **values: Any) -> str:
    """Make a page of the desk."""
    return _environment().get_template(template).render(alone=False, **values)


def render_alone(letter: Letter) -> str:
    """Make a page of one letter that needs nothing else: no desk, no network, no other file."""
    style, script = static("desk.css"), static("desk.js")
    # Its own style and script are named by their hashes: nothing else in the page can run, whatever the letter says.
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    return (
        _environment()
        .get_template("letter.html")
        .render(
            alone=True,
            policy=policy,
            style=Markup(style),  # noqa: S704  ours
            script=Markup(script),  # noqa: S704  ours
            **letter_values(letter, lines=True),
        )
    )


def letter_values(letter: Letter, *, lines: bool, sheets: list[ShownSheet] | None = None) -> dict[str, Any]:
    """Say what the template of a letter needs; `sheets` are None where the PDF is not at hand."""
    return {
        "letter": letter,
        "document": letter.record.document,
        "provenance": letter.record.provenance,
        "pages": letter.lines() if lines else [],
        "sheets": sheets or [],
        "signs": {str(state): sign for state, sign in SIGNS.items()},
        "meanings": {str(state): meaning for state, meaning in MEANINGS.items()},
        "states": sorted({str(row.state) for row in letter.rows}, key=[str(each) for each in SIGNS].index),
    }


def shown_sheets(letter: Letter, measured: dict[int, Sheet], first: int) -> list[ShownSheet]:
    """Find the boxes of every value on every page; `first` is the number, from 0, of the letter's first page."""
    found = []
    for number, page in enumerate(letter.pages, start=first):
        if number not in measured:
            continue
        sheet, values = measured[number], []
        for pointer, evidence in letter.record.evidence.items():
            boxes = [
                box
                for start, end in evidence.spans
                if start < page.end and page.start < end
                for box in sheet.boxes(max(start, page.start) - page.start, min(end, page.end) - page.start)
            ]
            if boxes:
                begins = page.start <= min(evidence.spans)[0] < page.end
                ground = letter.ground
                values.append(
                    Boxed(
                        pointer, ground.row(pointer), ground.looks([pointer]), label_of(pointer), begins, tuple(boxes)
                    )
                )
        # Later ones lie above earlier ones: small values can be met within long ones.
        values.sort(key=lambda each: -letter.ground.length(each.pointer))
        found.append(ShownSheet(number + 1, sheet, tuple(values)))
    return found


@cache
def static(name: str) -> str:
    """Give a file of ours that pages load."""
    return files("desk").joinpath("static", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _pieces(snippet: str) -> list[tuple[str, bool]]:
    """Cut a snippet of a search into words that matched, and others."""
    found = []
    for n, piece in enumerate(snippet.split(HIT_START)):
        hit, _, rest = piece.partition(HIT_END) if n else ("", "", piece)
        found += [(hit, True)] if hit else []
        found += [(rest, False)] if rest else []
    return [(one_line(words) if hit else _spaced(words), hit) for words, hit in found]


def _spaced(words: str) -> str:
    """One line that keeps the blanks at its ends."""
    inner = one_line(words)
    return " " * words[:1].isspace() + inner + " " * (bool(inner) and words[-1:].isspace())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clean=one_line,
        pieces=_pieces,
        words=lambda text: str(text).replace("_", " "),
        anchor=lambda pointer: quote(pointer, safe="/:"),
        path=lambda name: quote(name, safe=""),
        percent=lambda share: f"{share:.0%}",
    )
    return environment
