"""Page furniture: running heads, footers, page and line numbers that interrupt the text, and stamps printed onto it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from extractor.layout.stamps import is_stamp
from extractor.text.normalize import collapse, fold
from extractor.text.spans import Span

# Lines that are furniture wherever they stand. Each is a whole line, folded, digits kept.
_ALWAYS = re.compile(
    r"""(?x)^(?:
    # "Page 2 of 5", "page 3", "- 2 -"
      (?:page|pg\.?)?\s*\d{1,3}\s*(?:of|/)\s*\d{1,3}
    | (?:page|pg\.?)\s*\d{1,3}
    | -+\s*\d{1,3}\s*-+
    # "Final Letter of Determination Form Effective 5.16.13 Page 2"
    | final\ (?:letter\ of\ )?determination\b.{0,60}\b(?:form\ effective|page\ \d).*
    # "Final Determination Letter for IMR Case Number CM14-0000000 3", "Case Number: CM14-0000000, Page 2", "… 3"
    | final\ determination\ letter\ for\ imr\ case\ number\ .{4,40}
    | (?:imr\ )?case\ (?:number|no\.?)\s*:?\s*cm\d\d-?\d{5,8}(?!\d)\s*[-,|]?\s*page.{0,20}
    | cm\d\d-\d{5,8}(?!\d)\s*[-,|]?\s*(?:page\b.{0,12}|\d{1,3})
    )$"""
)
# A cheap first look at what could be one: a short line with a digit that begins as they do, behind a break.
_CANDIDATE = re.compile(
    r"[\n\f](?P<line>[^\S\n\f]*(?=[pfic\d-])(?:p(?:age|g)|final|imr|case|cm\d|\d|-)[^\n\f]{0,110}(?=\n|\f|\Z))",
    re.IGNORECASE,
)
_CASE = re.compile(r"cm\s?(\d\d)\s?-?\s?(\d{5,8})(?!\d)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
# Words that a running head has; one that has none must not look like a sentence, or a part of one.
_SPEAKS = re.compile(r"\bpage\b|\bimr\b|\bcase\b|determination|maximus|confidential|\bcm\d|\bfax\b|form effective")
# What the letter itself says again and again: outcomes, labels, conclusions.
_OWN_WORDS = re.compile(
    r"\b(?:upheld|overturned|guidelines?|rationales?|mtus|medical(?:ly)?|decisions?|summary)\b|reviewe"
)
_LABEL = re.compile(r"(?:date|ur|priority|application|decision|employee|claims?|case)\b[^:\n]{0,30}:", re.IGNORECASE)
"""What the line behind begins with, in the header of a letter."""
_STAMPS_BEGIN = frozenset("hf")
"""Small letters that a stamp may begin with: "https:", "file:"."""
_LIST_ITEM = re.compile(r"\(?\w{1,3}[.)]\s")
_LONGEST = 120
_NEAR = 40
_FEWEST_LINES_OF_A_PAGE = 15
_LINE_NUMBER = re.compile(r"(?m)^[ \t]*(\d{1,2})(?=[ \t]|$)")
_FEWEST_LINE_NUMBERS = 10
"""In a row; fewer are a list, or a table."""
_LINES_BETWEEN_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class Furniture:
    """What is no part of the letter's text. All spans are raw, in order, and begin where a line does."""

    spans: tuple[Span, ...]
    """Whole lines, and the line numbers that stand before a line."""
    stamps: tuple[Span, ...]
    """Those of `spans` that nothing but their form tells: a person should look."""


@dataclass(slots=True)
class _Line:
    span: Span
    words: str
    """Blanks made single."""
    beside: tuple[str, str]
    """The last words of the line before, and the first of the line behind."""
    number: int
    """Which line of the text it is, blank ones not counted."""
    page: int
    at_edge: bool
    """One of the first two or last two of its page, in a text with page breaks."""
    opens_text: bool
    """One of the first two of the first page."""


def find_furniture(text: str) -> Furniture:
    """What of `text` is page furniture, in linear time.

    A line counts where its form alone tells; where it repeats but for its numbers at page edges (pages end at form
    feeds) or, in texts without page breaks, further apart than most things are, and counts up or cuts a sentence in
    two; and where it is a stamp by its form. Numbers that count the lines of a page are furniture before each line. A
    line with another case number than the text's first is none: it may be another letter's.
    """
    first_case = _case_in(text)
    counted = list(_line_numbers(text))
    text = _blanked(text, counted)  # a running head, too, stands behind the number of its line
    forms = [
        Span(*match.span("line")).shift(-1)
        for match in _CANDIDATE.finditer("\n" + text)  # so that the first line stands behind a break, too
        if _ALWAYS.match(fold(collapse(match["line"])))
    ]
    forms = [span for span in forms if _case_in(span.of(text)) in (None, first_case)]
    lines = list(_candidates(text))
    repeated = [line.span for line in _repeated(lines)]
    known = {*forms, *repeated}
    stamps = [line.span for line in lines if line.span not in known and is_stamp(line.span.of(text))]
    whole = {span.start for span in (*known, *stamps)}
    numbers = [span for span in counted if span.start not in whole]
    return Furniture(tuple(sorted({*known, *stamps, *numbers})), tuple(sorted(stamps)))


def _blanked(text: str, spans: list[Span]) -> str:
    """The text with blanks in place of some stretches, at the same offsets."""
    if not spans:
        return text
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], " " * len(span)]
        at = span.end
    return "".join([*pieces, text[at:]])


def _case_in(text: str) -> tuple[str, ...] | None:
    found = _CASE.search(text)
    return found.groups() if found else None


def _candidates(text: str) -> Iterator[_Line]:
    """Lines that could be furniture: short, and neither the beginning of a sentence's end nor a label."""
    at = number = 0
    paged = "\f" in text
    for page_number, page in enumerate(text.split("\f")):
        shown: list[tuple[Span, str]] = []
        for raw in page.split("\n"):
            if words := raw.strip():
                shown.append((Span(at, at + len(raw)), words))
            at += len(raw) + 1
        for index, (span, words) in enumerate(shown):
            if len(words) <= _LONGEST and words[-1] != ":":
                edge = paged and (index < 2 or index >= len(shown) - 2)
                if not edge and words[0].islower() and words[0] not in _STAMPS_BEGIN:
                    continue  # it goes on from the line before
                before = shown[index - 1][1][-_NEAR:] if index else ""
                behind = shown[index + 1][1][:_NEAR] if index + 1 < len(shown) else ""
                opens = page_number == 0 and index < 2
                yield _Line(span, collapse(words), (before, behind), number + index, page_number, edge, opens)
        number += len(shown)


def _repeated(lines: list[_Line]) -> Iterator[_Line]:
    """Lines that stand several times and are the same there but for numbers, where no letter says anything twice."""
    alike: defaultdict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        if line.at_edge or _may_be_stamped(line.words):
            alike[_shape(line.words)].append(line)
    for shape, all_alike in alike.items():
        if len(all_alike) < 2:
            continue
        same = [line for line in all_alike if not _LABEL.match(line.beside[1])]  # a header may be copied in the file
        if len(same) < 2:
            continue
        speaks = _SPEAKS.search(shape) is not None
        alien = _may_be_stamped(same[0].words) and _OWN_WORDS.search(shape) is None
        at_edges = [line for line in same if line.at_edge]
        if len({line.page for line in at_edges}) > 1 and (speaks or alien):
            # The first may be the letter's own header.
            yield from (line for line in at_edges if not (line.opens_text or (speaks and line is at_edges[0])))
        elif alien and _far_apart(same) and (_count_up(same) or any(map(_cuts_a_sentence, same))):
            yield from same


def _shape(words: str) -> str:
    """Folded, numbers made alike; but for case numbers, since another one is another letter's."""
    case = _CASE.search(words)
    if case is None:
        return _DIGITS.sub("#", fold(words))
    before, behind = (_DIGITS.sub("#", fold(part)) for part in (words[: case.start()], words[case.end() :]))
    return f"{before}{fold(case.group())}{behind}"


def _may_be_stamped(words: str) -> bool:
    """It neither goes on from the line before nor closes a sentence, and is no item of a list."""
    return not (words[0].islower() or words[-1] in ".:;,-" or _LIST_ITEM.match(words))


def _far_apart(same: list[_Line]) -> bool:
    """Pages apart, and never between the same lines, as in a paragraph that is copied."""
    apart = all(after.number - before.number >= _FEWEST_LINES_OF_A_PAGE for before, after in pairwise(same))
    before, behind = zip(*(line.beside for line in same), strict=True)
    return apart and len(set(before)) == len(set(behind)) == len(same)


def _count_up(same: list[_Line]) -> bool:
    """One number of the line goes up by one from each to the next, and the others stay."""
    steps = {
        tuple(int(after) - int(before) for before, after in zip(*pair, strict=True))
        for pair in pairwise(_DIGITS.findall(line.words) for line in same)
    }
    return len(steps) == 1 and set(steps.pop()) | {0} == {0, 1}


def _cuts_a_sentence(line: _Line) -> bool:
    """The line before leaves its sentence open, and the line behind goes on in lower case."""
    before, behind = line.beside
    return before[-1:] not in ("", ".", ":", ";", "!", "?", ")", '"') and behind[:1].islower()


def _line_numbers(text: str) -> Iterator[Span]:
    """The numbers that count the lines of pages, as on pleading paper: 1 to 28, and again."""
    chain: list[Span] = []
    line_at = counted_to = last = last_line = 0
    for match in _LINE_NUMBER.finditer(text):
        line_at += text.count("\n", counted_to, match.start())
        counted_to = match.start()
        number = int(match[1])
        near = line_at - last_line <= _LINES_BETWEEN_NUMBERS
        if chain and near and (number == last + 1 or (number == 1 and last >= _FEWEST_LINES_OF_A_PAGE)):
            chain.append(Span(*match.span()))
        elif number == 1:
            if len(chain) >= _FEWEST_LINE_NUMBERS:
                yield from chain
            chain = [Span(*match.span())]
        else:
            continue
        last, last_line = number, line_at
    if len(chain) >= _FEWEST_LINE_NUMBERS:
        yield from chain
