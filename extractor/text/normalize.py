"""The reading view of a text: blanks made single, page furniture gone, every character still traceable to the raw text.

Matching is done in the view; what is reported are raw offsets. Three strings of equal length share one set of offsets:

- `lined`: one blank inside a line, one line break between lines, no blank lines;
- `flat`: the same with blanks for line breaks (what a verbatim value looks like);
- `folded`: `flat` in lower case with plain quotes and dashes (what patterns are matched against).

A hyphen at a line end stays, followed by a blank (`range-of- motion`): whether it belongs to the word cannot be known
without a dictionary, and every PDF library then gives the same words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from extractor.text.spans import Span

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# A line with any of these is not simply itself: runs of blanks, odd blanks, ligatures, zero-width characters.
_UNEVEN = re.compile(rf"[^\S ]|  |[{_INVISIBLE}{''.join(_LIGATURES)}]")
_PIECE = re.compile(rf"[{''.join(_LIGATURES)}]|[^\s{_INVISIBLE}{''.join(_LIGATURES)}]+")

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "×": "x",
        "…": ".",
    }
)


def fold(text: str) -> str:
    """`text` in lower case with plain quotes and dashes, at the same length.

    >>> fold("Patient’s X–RAY")
    "patient's x-ray"
    """
    if text.isascii():
        return text.replace("`", "'").lower()  # the one character of ASCII that is folded
    plain = text.translate(_PLAIN)
    lowered = plain.lower()
    if len(lowered) == len(plain):
        return lowered
    # A few capitals (İ) lower to two code points; keep those as they are, so that offsets hold.
    return "".join(low if len(low := char.lower()) == 1 else char for char in plain)


def set_width(line: str) -> int:
    """About how much room a line takes: capitals are a third wider than other letters."""
    capitals = len(_CAPITAL.findall(line)) if line.isascii() else sum(map(str.isupper, line))
    return len(line) + capitals // 3


_CAPITAL = re.compile("[A-Z]")
_HYPHEN_BREAK = re.compile(r"(?<=\w)- (?=\w)")


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """A form that is equal for texts which differ in blanks, line-end hyphens, case or typography only."""
    return _HYPHEN_BREAK.sub("-", fold(collapse(text)))


def collapse(text: str) -> str:
    """`text` with every run of blanks and line breaks made one blank, ends stripped."""
    return " ".join(text.split())


class Healed(NamedTuple):
    """A word that a machine misread."""

    span: Span
    """Raw span, within one line."""
    word: str
    """What the view shows in its place."""


@dataclass(frozen=True, eq=False)
class View:
    """A text as read, with the way back. Build it with `view_of`."""

    raw_text: str
    lined: str
    line_starts: list[int]
    """View offset of each line's first character; lines are numbered from 1 in this order."""
    gaps: list[int]
    """How many raw line breaks stand before each line (1: the next line; 2: one blank line between)."""
    page_breaks: frozenset[int]
    """Indices of lines that a page break precedes."""
    has_furniture: bool
    """Whether any line was left out."""
    _view_starts: list[int] = field(repr=False)
    _raw_starts: list[int] = field(repr=False)
    _raw_lengths: list[int] = field(repr=False)

    @cached_property
    def flat(self) -> str:
        """One line; same offsets."""
        return self.lined.replace("\n", " ")

    @cached_property
    def folded(self) -> str:
        """`flat`, folded; same offsets."""
        return self.folded_lines.replace("\n", " ")

    @cached_property
    def folded_lines(self) -> str:
        """`lined`, folded; same offsets. Line by line, since most lines are ASCII, which is folded at once."""
        return "\n".join(map(fold, self.lined.split("\n")))

    @cached_property
    def starts(self) -> frozenset[int]:
        """`line_starts` as a set."""
        return frozenset(self.line_starts)

    @cached_property
    def widths(self) -> list[int]:
        """The room that each line takes; see `set_width`."""
        return [set_width(line) for line in self.lined.split("\n")]

    def line_number(self, offset: int) -> int:
        """The 1-based number of the line that holds view `offset`."""
        return max(1, bisect_right(self.line_starts, offset))

    def line_span(self, number: int) -> Span:
        """View span of line `number` (1-based), without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.lined)
        return Span(start, end)

    def words(self, span: Span) -> str:
        """The words at a view span, on one line."""
        return self.flat[span.start : span.end]

    def trim(self, start: int, end: int, extra: str = "") -> Span:
        """The view span without blanks (and characters of `extra`) at its ends."""
        if end <= start:
            return Span(start, start)
        flat, clinging = self.flat, " " + extra  # the ends alone are looked at: a copy to a section's end is dear
        while start < end and flat[start] in clinging:
            start += 1
        while start < end and flat[end - 1] in clinging:
            end -= 1
        return Span(start, end)

    def _raw(self, offset: int) -> int:
        piece = bisect_right(self._view_starts, offset) - 1  # the first piece begins at 0
        inside = offset - self._view_starts[piece]
        last = self._raw_lengths[piece] - 1  # a blank between two pieces belongs to neither
        return self._raw_starts[piece] + (inside if inside < last else last)

    def raw(self, span: Span) -> Span:
        """The raw span from the first to the last character of a view span."""
        if span.end <= span.start:
            at = self._raw(span.start) if self._view_starts else 0
            return Span(at, at)
        return Span(self._raw(span.start), self._raw(span.end - 1) + 1)

    def raw_spans(self, span: Span) -> tuple[Span, ...]:
        """Raw spans that cover a view span and leave out what the view left out as furniture."""
        if span.end <= span.start:
            return ()
        if not self.has_furniture:
            return (self.raw(span),)
        first = max(0, bisect_right(self._view_starts, span.start) - 1)
        last = max(0, bisect_right(self._view_starts, span.end - 1) - 1)
        whole = self.raw(span)
        spans: list[Span] = []
        start = whole.start
        for piece in range(first, last):
            end = self._raw_starts[piece] + self._raw_lengths[piece]
            following = self._raw_starts[piece + 1]
            if following - end > 1 and not self.raw_text[end:following].translate(_NOTHING).isspace():
                spans.append(Span(start, end))
                start = following
        spans.append(Span(start, whole.end))
        return tuple(spans)

    def locate(self, raw: Span) -> Span | None:
        """The view span of the characters of a raw span, or None where the view left all of them out."""
        if not self._raw_starts:
            return None
        first = max(0, bisect_right(self._raw_starts, raw.start) - 1)
        start = self._raw_starts[first]
        if raw.start >= start + self._raw_lengths[first]:
            first += 1
            if first >= len(self._raw_starts) or self._raw_starts[first] >= raw.end:
                return None
            view_start = self._view_starts[first]
        else:
            view_start = self._view_starts[first] + raw.start - start
        last = max(0, bisect_right(self._raw_starts, raw.end - 1) - 1)
        inside = min(raw.end - self._raw_starts[last], self._raw_lengths[last])
        view_end = self._view_starts[last] + inside
        return Span(view_start, max(view_start, view_end))


_NOTHING = dict.fromkeys(map(ord, _INVISIBLE), " ")


def _is_even(line: str) -> bool:
    """The line is shown as it is; ASCII can be told without a pattern, for its odd blanks are not printable."""
    if line.isascii():
        return "  " not in line and (line.isprintable() or _UNEVEN.search(line) is None)
    return _UNEVEN.search(line) is None


def _pieces(line: str, healed: Sequence[Healed]) -> Iterator[tuple[int, int, str]]:
    """Start, end and what is shown of each piece of an uneven line; `healed` has offsets into the line."""
    at = 0
    for span, word in healed:
        yield from _plain_pieces(line, at, span.start)
        yield *span, word
        at = span.end
    yield from _plain_pieces(line, at, len(line))


def _plain_pieces(line: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for match in _PIECE.finditer(line, start, end):
        word = match.group()
        yield *match.span(), _LIGATURES.get(word, word)


def view_of(text: str, furniture: Collection[Span] = (), healed: Sequence[Healed] = ()) -> View:  # noqa: PLR0912, PLR0915 - one pass
    """The reading view of `text`, without the raw stretches in `furniture`: whole lines, or the beginnings of lines.

    Words of `healed`, which are in order and cross no line, are shown as what they must have been.

    Time is linear in the length of `text`; a line of ordinary text is one step.
    """
    pieces: list[str] = []
    view_starts: list[int] = []
    raw_starts: list[int] = []
    raw_lengths: list[int] = []
    line_starts: list[int] = []
    gaps: list[int] = []
    page_breaks: set[int] = set()
    left_out = {span.start: span.end for span in furniture}
    waiting = [*reversed(healed)]
    at = 0  # view offset of the next character
    raw_at = 0
    gap = 0
    new_page = False
    for raw_line in text.replace("\f", "\n").split("\n"):
        gap += 1
        line_at, raw_at = raw_at, raw_at + len(raw_line) + 1
        if line_at and text[line_at - 1] == "\f":
            new_page = True
        begins = left_out.get(line_at, line_at) - line_at
        if begins:
            raw_line = " " * begins + raw_line[begins:]  # noqa: PLW2901 - all offsets stay
        if not (line := raw_line.strip()):
            if begins:
                new_page = True  # furniture stands where pages meet
            continue
        if pieces:
            pieces.append("\n")
            at += 1
        if new_page:
            page_breaks.add(len(line_starts))
        line_starts.append(at)
        gaps.append(gap)
        gap, new_page = 0, False
        here: list[Healed] = []
        while waiting and waiting[-1].span.start < raw_at:
            slip = waiting.pop()
            if slip.span.start >= line_at + begins:
                here.append(slip._replace(span=slip.span.shift(-line_at)))
        if not here and _is_even(line):
            view_starts.append(at)
            raw_starts.append(line_at + raw_line.find(line))
            raw_lengths.append(len(line))
            pieces.append(line)
            at += len(line)
            continue
        begun = False
        previous_end = -1
        for start, end, shown in _pieces(raw_line, here):
            between = raw_line[previous_end:start] if begun else ""
            if begun and any(char.isspace() for char in between):
                pieces.append(" ")
                at += 1
            view_starts.append(at)
            raw_starts.append(line_at + start)
            raw_lengths.append(end - start)
            pieces.append(shown)
            at += len(shown)
            begun, previous_end = True, end
        if not begun:  # a line of zero-width characters only
            line_starts.pop()
            gap = gaps.pop()
            page_breaks.discard(len(line_starts))
            if pieces and pieces[-1] == "\n":
                pieces.pop()
                at -= 1
    return View(
        raw_text=text,
        lined="".join(pieces),
        line_starts=line_starts,
        gaps=gaps,
        page_breaks=frozenset(page_breaks),
        has_furniture=bool(left_out),
        _view_starts=view_starts,
        _raw_starts=raw_starts,
        _raw_lengths=raw_lengths,
    )
