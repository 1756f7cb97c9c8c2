"""Where things are shown: a terminal with tables and colour, or plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extractor.display.clean import cleaned, columns, one_line

Shown = str | Text


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a table: its title, and how it behaves on a terminal."""

    title: str
    right: bool = False
    """Numbers stand right."""
    style: str = ""
    ratio: int | None = None
    """Share of the free width; without one, the column is as wide as its content and does not wrap."""


class Screen:
    """Shows text and tables on a stream. `NO_COLOR` and dumb terminals are respected."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        self.rich = self._console.is_terminal and not self._console.is_dumb_terminal
        """True where there are tables and (unless NO_COLOR) colour."""

    @property
    def width(self) -> int:
        """Characters in a line; plain output is never wrapped."""
        return self._console.width

    def line(self, text: Shown = "", style: str = "", indent: int = 0) -> None:
        """Show one paragraph."""
        if not self.rich:
            self._plain(" " * indent + cleaned(str(text)))
        else:
            shown = text if isinstance(text, Text) else Text(cleaned(text), style=style)
            self._console.print(Padding(shown, (0, 0, 0, indent)))

    def title(self, text: str) -> None:
        """Show a heading."""
        if not self.rich:  # a table with a frame has its own distance
            self.line()
        self.line(text, style="bold")

    def table(self, heads: Sequence[Head], rows: Iterable[Sequence[Shown]]) -> None:
        """Show a table; plain, its columns are aligned by blanks, without a frame."""
        if not self.rich:
            self._plain_table([head.title for head in heads], rows, [head.right for head in heads])
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=any(head.ratio for head in heads))
        for head in heads:
            table.add_column(
                head.title,
                justify="right" if head.right else "left",
                style=head.style,
                ratio=head.ratio,
                no_wrap=head.ratio is None,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cleaned(cell)) for cell in row))
        self._console.print(table)

    def _plain_table(self, titles: list[str], rows: Iterable[Sequence[Shown]], right: list[bool]) -> None:
        lines = [titles, *([one_line(str(cell)) for cell in row] for row in rows)]
        widths = [max(columns(line[n]) for line in lines) for n in range(len(titles))]
        for line in lines:
            cells = []
            for cell, width, to_the_right in zip(line, widths, right, strict=True):
                gap = " " * (width - columns(cell))
                cells.append(gap + cell if to_the_right else cell + gap)
            self._plain("  ".join(cells).rstrip())

    def _plain(self, text: str) -> None:
        self._stream.write(text + "\n")
