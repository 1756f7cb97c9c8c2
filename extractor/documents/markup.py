"""HTML: what a person sees of a web page, in reading order.

The page is fed piecewise to lxml's recovering parser and its events are written down at once. No tree is built, so
nesting has no depth limit and memory and time grow with the text alone (a tree of the same page takes twenty times as
long and some 200 bytes for each byte of markup).
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from extractor.documents.budget import Budget
from extractor.documents.flow import Flow

# fmt: off
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})
# fmt: on
_CELLS = frozenset({"td", "th"})
_VERBATIM = frozenset({"pre", "textarea"})
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "iframe", "object", "audio", "video", "canvas"})
_UNSEEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)

_PIECE = 65_536


def read_markup(text: str, budget: Budget) -> str:
    """Write down the visible text of an HTML page: a line for each block and table row, a space between cells.

    Raises:
        TooLarge, ReadTimeout: as `budget` says.

    """
    page = _Page(Flow(budget))
    parser = etree.HTMLParser(target=page, huge_tree=True)
    for start in range(0, len(text), _PIECE):
        budget.check_time()
        parser.feed(text[start : start + _PIECE])
    written: str = parser.close()
    # A page on the web is one page: a form feed in it ends nothing.
    return written.replace("\f", "\n")


class _Page:
    """Receives the parser's events, which come with implied tags made explicit: every start has its end."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._unseen = 0
        self._verbatim = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._unseen or _is_unseen(tag, attributes):
            self._unseen += 1
        elif tag in _BLOCKS:
            self._flow.line()
            self._verbatim += tag in _VERBATIM
        elif tag in _CELLS:
            self._flow.open_cell()

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif tag in _BLOCKS:
            self._flow.line()
            self._verbatim -= tag in _VERBATIM
        elif tag in _CELLS:
            self._flow.close_cell()

    def data(self, words: str) -> None:
        if self._unseen:
            return
        if self._verbatim:
            self._flow.verbatim(words)
        else:
            self._flow.folded(words)

    def comment(self, words: str) -> None:
        """Leave comments out; without this method the parser would not."""

    def close(self) -> str:
        return self._flow.text()


def _is_unseen(tag: str, attributes: dict[str, Any]) -> bool:
    return tag in _UNSEEN or (
        bool(attributes) and ("hidden" in attributes or bool(_UNSEEN_STYLE.search(attributes.get("style", ""))))
    )
