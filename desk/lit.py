"""The text of a letter, by page and line, cut where evidence begins and ends: what is printed, and what is lit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from desk.rows import Row
from extractor.display.clean import cleaned
from extractor.fields import BY_PATTERN
from extractor.grounding.places import INDEX
from extractor.layout import lay_out
from extractor.records.record import Evidence
from extractor.text.spans import Span

WIDE = 240
"""Values of more characters than this, and passages, are lit only when somebody asks for them."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that the same values rest on; those of no value, too."""

    text: str
    pointers: tuple[str, ...] = ()
    """Of the values, the one with the fewest words first."""
    begins: tuple[str, ...] = ()
    """Those of them whose words begin here."""
    row: str = ""
    """Pointer of the row of the first of them that has one; a heading said three times over has one row."""
    look: str = ""
    """State of the value; `wide` where only long ones rest on these words."""
    title: str = ""
    """What the values are called."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as printed, with the number under which evidence names it; None where it has none."""

    number: int | None
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What stretches of the text are lit for: all that is known of evidence, in order of length."""

    evidence: Mapping[str, Evidence]
    rows: Mapping[str, Row]
    """The row in which each pointer's value stands."""

    def looks(self, pointers: Sequence[str]) -> str:
        """How words look that these values rest on."""
        field = BY_PATTERN.get(INDEX.sub("/*", pointers[0]))
        if (field and field.passage) or self.length(pointers[0]) > WIDE:
            return "wide"
        row = self.rows.get(pointers[0])
        return str(row.state) if row else "supported"

    def length(self, pointer: str) -> int:
        """Characters that the value rests on."""
        return sum(end - start for start, end in self.evidence[pointer].spans)

    def row(self, pointer: str) -> str:
        """Pointer of the row; empty where another says it, too."""
        row = self.rows.get(pointer)
        return row.pointer if row else ""


def ground_of(evidence: Mapping[str, Evidence], rows: Sequence[Row]) -> Ground:
    """Find the row of each value."""
    by_pointer = {row.pointer: row for row in rows if row.at}
    found = {}
    for pointer in evidence:
        steps = pointer.split("/")
        whole = ("/".join(steps[:count]) for count in range(len(steps), 1, -1))
        row = next((by_pointer[each] for each in whole if each in by_pointer), None)
        if row:
            found[pointer] = row
    return Ground(evidence, found)


def label_of(pointer: str) -> str:
    """What the field is called, for example `outcome (decision 2)`."""
    field = BY_PATTERN.get(INDEX.sub("/*", pointer))
    label = field.label if field else pointer
    steps = pointer.split("/")
    return f"{label} (decision {int(steps[2]) + 1})" if steps[1] == "decisions" else label


def pages_of(text: str, pages: Sequence[Span], ground: Ground, own: Span) -> list[list[Line]]:
    """Cut the pages of a text into lines and words.

    Args:
        text: The whole text, into which spans point.
        pages: Half-open code-point ranges of the pages.
        ground: What is to be lit.
        own: Where in the text the letter stands: its lines are numbered.

    """
    numbers = _numbers(text, own)
    cuts = _Cuts(ground)
    found = []
    for page in pages:
        lines, start = [], page.start
        for line in page.of(text).split("\n"):
            end = start + len(line)
            number = next((numbers[at] for at in range(start, end) if at in numbers), None) if line.strip() else None
            lines.append(Line(number, tuple(cuts.words(text, start, end))))
            start = end + 1
        found.append(lines)
    return found


def _numbers(text: str, own: Span) -> dict[int, int]:
    """Give the number of each line that evidence counts, by the place of its first character."""
    view = lay_out(own.of(text)).view
    numbers: dict[int, int] = {}
    for number in range(1, len(view.line_starts) + 1):
        span = view.line_span(number)
        if len(span):
            numbers[own.start + view.raw(span).start] = number
    return numbers


class _Cuts:
    """Where evidence begins and ends, met in the order of the text."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._first: dict[int, list[str]] = {}
        changes: dict[int, list[tuple[bool, str]]] = {}
        for pointer, evidence in ground.evidence.items():
            self._first.setdefault(min(evidence.spans)[0], []).append(pointer)
            for start, end in evidence.spans:
                if start < end:
                    changes.setdefault(start, []).append((True, pointer))
                    changes.setdefault(end, []).append((False, pointer))
        self._at = sorted(changes)
        self._over: list[tuple[str, ...]] = []  # behind each place, what is lit
        open_: dict[str, int] = {}
        for place in self._at:
            for opens, pointer in sorted(changes[place]):
                open_[pointer] = open_.get(pointer, 0) + (1 if opens else -1)
            over = [pointer for pointer, count in open_.items() if count > 0]
            self._over.append(tuple(sorted(over, key=lambda each: (ground.length(each), each))))

    def words(self, text: str, start: int, end: int) -> Iterator[Words]:
        """Cut one line."""
        inside = bisect_right(self._at, start)
        at = start
        while at < end:
            stop = min(self._at[inside] if inside < len(self._at) else end, end)
            pointers = self._over[inside - 1] if inside else ()
            begins = tuple(self._first.get(at, ())) if pointers else ()
            yield self._made(cleaned(text[at:stop]), pointers, begins)
            at, inside = stop, inside + 1

    def _made(self, words: str, pointers: tuple[str, ...], begins: tuple[str, ...]) -> Words:
        if not pointers:
            return Words(words)
        ground = self._ground
        titles = dict.fromkeys(map(label_of, pointers))
        row = next(filter(None, map(ground.row, pointers)), "")
        return Words(words, pointers, begins, row, ground.looks(pointers), ", ".join(titles))
