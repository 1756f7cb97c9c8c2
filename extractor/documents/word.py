"""Word (.docx): paragraphs and tables in document order, straight from the XML of the main part.

- Page headers stand before the body and page footers after it, each distinct one once: the case number may stand
  nowhere else.
- Tracked insertions count, tracked deletions do not; text of content controls and text boxes counts; what is struck out
  or hidden, by itself or by its style, does not.
- Footnotes, comments and the numbers that Word computes for lists are not in the main part's text: they are left out.
- A page break that the author set ends a page; those Word computed when it last laid the file out do not.

Pictures are never opened, so a file with a damaged one can still be read.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from typing import Any

from lxml import etree

from extractor.documents.budget import Budget
from extractor.documents.flow import Flow
from extractor.errors import BrokenDocument, EncryptedDocument, TooLarge

# Transitional and strict (ECMA-376 part 1 and part 4): the same elements under two names.
_WORD = frozenset(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    }
)
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"

# Deleted or moved away; old formatting; properties (whose tab stops are no tabs).
_SKIPPED = frozenset({"del", "moveFrom", "rPrChange", "pPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr"})
_CHARACTERS = {"tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
_HEXADECIMAL = re.compile("[0-9A-Fa-f]{4}")
_FALSE = frozenset({"0", "false", "off"})
_HIDES = frozenset({"vanish", "strike", "dstrike"})
_DEEPEST_STYLE = 12

# The largest letters have some hundred parts. Python reads a list of a million in ten seconds.
_MOST_PARTS = 10_000
_PIECE = 65_536


def read_word(data: bytes, budget: Budget) -> str:
    """Extract the text of a .docx.

    Raises:
        EncryptedDocument: parts of it are encrypted. BrokenDocument: its ZIP or XML cannot be parsed.
        TooLarge: it unpacks to more than `Limits.max_bytes`, or as `budget` says. ReadTimeout: as `budget` says.

    """
    if data.count(b"PK\x01\x02") > _MOST_PARTS:
        raise TooLarge(f"{budget.name!r} is a Word file of more than {_MOST_PARTS:,} parts: print it to a PDF")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        budget.check_unpacked(sum(part.file_size for part in archive.infolist()))
        main = next(iter(_related(archive, "", budget, "officeDocument")), None)
        if main is None:
            raise BrokenDocument(f"{budget.name!r} is a Word file that does not name its main part: fetch it again")
        flow = Flow(budget)
        hiding = _hiding_styles(archive, main, budget)
        _furniture(archive, _related(archive, main, budget, "header"), flow, hiding, budget)
        _feed(archive, main, _Story(flow, hiding, budget.name), budget)
        _furniture(archive, _related(archive, main, budget, "footer"), flow, hiding, budget)
        return flow.text()


def _related(archive: zipfile.ZipFile, part: str, budget: Budget, kind: str) -> list[str]:
    """List the parts of one kind that `part` points to, each once; the empty name stands for the package itself.

    Raises:
        TooLarge: it points to more parts than a package may have.

    """
    folder, base = posixpath.split(part)
    name = posixpath.join(folder, "_rels", f"{base}.rels")
    if name not in archive.namelist():
        return []
    target = _Relations(folder, budget.name, kind)
    _feed(archive, name, target, budget)
    return list(target.found)


def _hiding_styles(archive: zipfile.ZipFile, main: str, budget: Budget) -> frozenset[str]:
    """The styles that strike out or hide what is set in them."""
    found = _Styles(budget.name)
    for part in _related(archive, main, budget, "styles"):
        if part in archive.namelist():
            _feed(archive, part, found, budget)
    return found.hiding()


def _furniture(archive: zipfile.ZipFile, parts: list[str], flow: Flow, hiding: frozenset[str], budget: Budget) -> None:
    seen: set[str] = set()
    for part in parts:
        own = Flow(budget)
        _feed(archive, part, _Story(own, hiding, budget.name), budget)
        words = own.text().replace("\f", "\n")
        if words.strip() and words not in seen:
            seen.add(words)
            flow.line()
            flow.verbatim(words)
    flow.line()


def _feed(archive: zipfile.ZipFile, part: str, target: _Events, budget: Budget) -> None:
    """Give the part's XML events to `target`, piece by piece: no tree is built."""
    if archive.getinfo(part).flag_bits & 1:
        raise EncryptedDocument(f"{budget.name!r} is an encrypted Word file: save it without a password")
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, huge_tree=True)
    unpacked = 0
    # zipfile never gives more than the declared size, whatever the data unpacks to; counted all the same.
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            unpacked += len(piece)
            budget.check_unpacked(unpacked)
            budget.check_time()
            parser.feed(piece)
    parser.close()


class _Events:
    """What both kinds of part have in common as receivers of XML events."""

    def __init__(self, name: str) -> None:
        self._name = name

    def doctype(self, *_: str | None) -> None:
        # Forbidden in Office files (ECMA-376 part 2, 8.2.5) and the way to entity bombs.
        raise BrokenDocument(f"{self._name!r} is a Word file with a document type declaration, which none may have")

    def end(self, tag: str) -> None: ...

    def data(self, words: str) -> None: ...

    def comment(self, words: str) -> None: ...

    def pi(self, target: str, words: str) -> None: ...

    def close(self) -> None: ...


class _Relations(_Events):
    """Receives a relationships part."""

    def __init__(self, folder: str, name: str, kind: str) -> None:
        super().__init__(name)
        self._folder = folder
        self._kind = kind
        self._count = 0
        self.found: dict[str, None] = {}
        """In the order of the file; a part may be pointed to again and again, and is read once."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not tag.endswith("}Relationship"):
            return
        self._count += 1
        if self._count > _MOST_PARTS:
            raise TooLarge(f"{self._name!r} is a Word file of more than {_MOST_PARTS:,} relations: print it to a PDF")
        target = attributes.get("Target", "")
        kind = attributes.get("Type", "").rpartition("/")[2]
        if target and kind == self._kind and attributes.get("TargetMode") != "External":
            self.found[posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")] = None


class _Styles(_Events):
    """Receives the styles part."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._style = ""
        self._says: dict[str, dict[str, bool]] = {}
        self._based_on: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "style":
            self._style = _value(attributes, "styleId")
            self._says[self._style] = {}
        elif local == "basedOn":
            self._based_on[self._style] = _value(attributes, "val")
        elif local in _HIDES and self._style:
            self._says[self._style][local] = _is_on(attributes)

    def end(self, tag: str) -> None:
        if _local(tag) == "style":
            self._style = ""

    def hiding(self) -> frozenset[str]:
        """The styles of which at least one such property holds, their own or one that they are based on."""
        return frozenset(style for style in self._says if any(self._holds(style).values()))

    def _holds(self, style: str) -> dict[str, bool]:
        held: dict[str, bool] = {}
        for _ in range(_DEEPEST_STYLE):
            held = {**self._says.get(style, {}), **held}
            if style not in self._based_on:
                break
            style = self._based_on[style]
        return held


class _Story(_Events):
    """Receives the body, a header or a footer."""

    def __init__(self, flow: Flow, hiding: frozenset[str], name: str) -> None:
        super().__init__(name)
        self._flow = flow
        self._hiding = hiding
        self._skipped = 0
        self._in_text = False
        self._paragraph_hides = False
        self._hidden: dict[str, bool] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "pStyle" and self._skipped == 1:
            self._paragraph_hides = _value(attributes, "val") in self._hiding
        if self._skipped or local in _SKIPPED:
            self._skipped += 1
        elif local in {"p", "tr"}:
            self._flow.line()
            self._paragraph_hides = False
        elif local == "tc":
            self._flow.open_cell()
        elif local == "r":
            self._hidden = {"style": self._paragraph_hides}
        elif local == "rStyle":
            self._hidden["style"] = self._paragraph_hides or _value(attributes, "val") in self._hiding
        elif local in _HIDES:
            self._hidden[local] = _is_on(attributes)
        elif not any(self._hidden.values()):
            self._mark(local, attributes)

    def _mark(self, local: str, attributes: dict[str, str]) -> None:
        if local == "t":
            self._in_text = True
        elif local in _CHARACTERS:
            self._flow.verbatim(_CHARACTERS[local])
        elif local == "sym" and _HEXADECIMAL.fullmatch(code := _value(attributes, "char")):
            # A character of a symbol font: no Unicode letter, but something stands there.
            self._flow.verbatim(chr(int(code, 16)))
        elif local == "br" and _value(attributes, "type") == "page":
            self._flow.page()
        elif local in {"br", "cr"}:
            self._flow.line()

    def end(self, tag: str) -> None:
        local = _local(tag)
        if self._skipped:
            self._skipped -= 1
        elif local == "t":
            self._in_text = False
        elif local in {"p", "tr"}:
            self._flow.line()
        elif local == "tc":
            self._flow.close_cell()

    def data(self, words: str) -> None:
        if self._in_text and not self._skipped:
            self._flow.verbatim(words.replace("\n", " "))


def _local(tag: str) -> str:
    """Give the Word name of a tag; for other namespaces a name that no rule below knows, save what is to be skipped."""
    namespace, _, local = tag[1:].partition("}")
    if namespace in _WORD:
        return local
    # What older programs are to show instead of the same text box: reading both would double it.
    return "del" if namespace == _COMPATIBILITY and local == "Fallback" else ""


def _is_on(attributes: dict[str, Any]) -> bool:
    return _value(attributes, "val") not in _FALSE


def _value(attributes: dict[str, Any], local: str) -> str:
    return next((str(value) for key, value in attributes.items() if key.endswith("}" + local)), "")
