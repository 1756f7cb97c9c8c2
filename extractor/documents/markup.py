"""HTML: what a person sees of a web page, in reading order; what is struck out is not read.

The page is fed piecewise to lxml's recovering parser and its events are written down at once. No tree is built, so
nesting has no depth limit and memory and time grow with the text alone (a tree of the same page takes twenty times as
long and some 200 bytes for each byte of markup).
"""

from __future__ import annotations

from lxml import etree

from extractor.documents.budget import Budget
from extractor.documents.flow import Flow
from extractor.documents.styles import Element, Look, Rules, look_of

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
# Deleted, or no longer right: what the writer took back is no part of the letter.
_STRUCK = frozenset({"del", "s", "strike"})

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
        self._rules = Rules()
        self._sheet: list[str] | None = None
        self._around: list[Element] = []
        # Of each open element: whether its own words are painted, and whether it stands on a ground of its own.
        self._painted = [True]
        self._on_ground = [False]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "style":
            self._sheet = []
        if self._unseen or tag in _UNSEEN:
            self._unseen += 1
            return
        element = Element(tag, frozenset(attributes.get("class", "").split()), attributes.get("id", ""))
        look = self._look(element, attributes)
        if look & (Look.UNSEEN | Look.STRUCK):
            self._unseen += 1
            return
        on_ground = self._on_ground[-1] or Look.ON_GROUND in look or "bgcolor" in attributes
        painted = self._painted[-1]
        if look & (Look.INVISIBLE | Look.PALE):
            painted = Look.PALE in look and Look.INVISIBLE not in look and on_ground
        elif Look.SHOWN in look or "color" in attributes.get("style", "").lower():
            painted = True
        self._around.append(element)
        self._painted.append(painted)
        self._on_ground.append(on_ground)
        if tag in _BLOCKS:
            self._flow.line()
            self._verbatim += tag in _VERBATIM
        elif tag in _CELLS:
            self._flow.open_cell()

    def _look(self, element: Element, attributes: dict[str, str]) -> Look:
        if "hidden" in attributes or element.tag in _STRUCK:
            return Look.UNSEEN
        own = look_of(attributes["style"]) if "style" in attributes else Look.PLAIN
        if element.tag == "font" and attributes.get("color", "").lower() in {"white", "#ffffff", "#fff"}:
            own |= Look.PALE
        ruled = self._rules.look(element, self._around)
        if Look.SHOWN in own:
            ruled &= ~(Look.UNSEEN | Look.INVISIBLE)
        return own | ruled

    def end(self, tag: str) -> None:
        if tag == "style" and self._sheet is not None:
            self._rules.add("".join(self._sheet))
            self._sheet = None
        if self._unseen:
            self._unseen -= 1
            return
        if len(self._painted) > 1:
            self._around.pop()
            self._painted.pop()
            self._on_ground.pop()
        if tag in _BLOCKS:
            self._flow.line()
            self._verbatim -= tag in _VERBATIM
        elif tag in _CELLS:
            self._flow.close_cell()

    def data(self, words: str) -> None:
        if self._sheet is not None:
            self._sheet.append(words)
        if self._unseen or not self._painted[-1]:
            return
        if self._verbatim:
            self._flow.verbatim(words)
        else:
            self._flow.folded(words)

    def comment(self, words: str) -> None:
        """Leave comments out; without this method the parser would not."""

    def close(self) -> str:
        return self._flow.text()
