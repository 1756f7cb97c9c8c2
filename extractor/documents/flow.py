"""From blocks, lines and table cells to running text: one rule for web pages and Word files."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.documents.budget import Budget

# The blanks that HTML folds into one; the no-break space is not among them.
_BLANKS = re.compile("[ \t\n\r\f]+")


@dataclass(slots=True)
class _Cell:
    was_fresh: bool
    first_line: int | None = None
    """The count of line breaks at its first words; None while there are none."""


class Flow:
    """Collects text; a break is written only when words follow it, so there are no blank lines and no trailing blanks.

    Cells of a row are parted by one space, so that a label and its value stand in one line, as they do in the text of
    a PDF; a cell of several lines ends its line.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._parts: list[str] = []
        self._characters = 0
        self._gap = ""
        self._lines = 0
        # True until the first words of the text, the page or the cell: no break is wanted before them.
        self._fresh = True
        self._cells: list[_Cell] = []

    def verbatim(self, words: str) -> None:
        """Add text whose blanks count."""
        if words:
            self._write(words, words.count("\n"))

    def folded(self, words: str) -> None:
        """Add text in which a run of blanks is one space, or none at a line's start."""
        words = _BLANKS.sub(" ", words)
        if words.startswith(" "):
            self.space()
        bare = words.strip(" ")
        if bare:
            self._write(bare, 0)
            if words.endswith(" "):
                self.space()

    def space(self) -> None:
        """Part what follows by a blank."""
        if not self._fresh and not self._gap:
            self._gap = " "

    def line(self) -> None:
        """Let what follows begin a line."""
        if not self._fresh:
            self._gap = "\n"

    def page(self) -> None:
        """Let what follows begin a page."""
        self._parts.append("\f")
        self._characters += 1
        self._gap = ""
        self._fresh = True

    def open_cell(self) -> None:
        """Begin a table cell."""
        self._cells.append(_Cell(was_fresh=self._fresh))
        self._fresh = True

    def close_cell(self) -> None:
        """End the innermost table cell."""
        if not self._cells:
            return
        cell = self._cells.pop()
        if cell.first_line is None:
            self._fresh = cell.was_fresh
        elif not self._fresh:
            self._gap = "\n" if self._lines > cell.first_line else " "

    def text(self) -> str:
        """All that was collected."""
        return "".join(self._parts)

    def _write(self, words: str, lines: int) -> None:
        if self._gap:
            self._lines += self._gap == "\n"
            self._parts.append(self._gap)
            self._characters += 1
            self._gap = ""
        self._fresh = False
        for cell in reversed(self._cells):
            if cell.first_line is not None:
                break
            cell.first_line = self._lines
        self._lines += lines
        self._parts.append(words)
        self._characters += len(words)
        self._budget.check_characters(self._characters)
