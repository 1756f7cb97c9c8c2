"""Damages letters as real files are damaged, and counts what comes of it: `python bench/damage.py FOLDER`.

Each kind of damage is made of every letter of the folder that it can be made of. The record of the damaged letter is
held against that of the sound one: `same`; `healed` (equal, with a flag that says so); `flagged` (it differs, and has a
flag that the sound one has not); `absent` (values are missing, none is wrong, no decision is lost); `failed` (a typed
failure); `silent` (a wrong value, or a decision too few or too many, without a new flag). The last column must be 0.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from extractor import extract, extract_each
from extractor.errors import DocumentError
from extractor.layout import Layout, lay_out
from extractor.records.determination import case_key
from extractor.records.record import Record
from extractor.text.spans import Span

Damage = Callable[[str, Layout, random.Random], Iterator[str]]
"""(raw text, its layout, source of chance) → damaged texts; none where the letter does not lend itself to it."""
COLUMNS = ("same", "healed", "flagged", "absent", "failed", "silent")
SEVERAL = "several letters in a file"
KINDS: dict[str, Damage] = {}
OWN_WORDS: set[str] = set()
"""Kinds that damage the letter's own words: a passage that holds them as they are printed now is the same."""


def kind(name: str, *, own_words: bool = False) -> Callable[[Damage], Damage]:
    """Put a damage on the list."""

    def add(damage: Damage) -> Damage:
        KINDS[name] = damage
        if own_words:
            OWN_WORDS.add(name)
        return damage

    return add


# --- outcomes --------------------------------------------------------------------------------------------------------

HEDGES = (
    "Not {}", "Never {}", "Partially {}", "Modified {}", "Neither Upheld nor {}", "{} in part", "{} as modified",
    "No longer {}", "Previously {}", "Not fully {}", "{} (partially)", "Conditionally {}", "Mostly {}", "Un{}",
    "Would be {}", "{}, with modification", "Almost {}", "{} for six visits only",
    "Not: {}", "Modified: {}", "Modified. {}", "Denied: {}", "no: {}", "N o t {}", "≠ {}", "~~{}~~", "Visits 1-6 {}",
    "6 of 12 {}", "{}?", "{} ½", "{} 50%", "{} - reversed", "{}\nin part", "Approved / {}", "Less than fully {}",
)  # fmt: skip
SECONDS = (
    "{0}/{1}", "{0} / {1}", "{0}\n{1}", "{0} or {1}", "[ ] {0} [ ] {1}", "☐ {0} ☐ {1}", "{0}, {1}", "{0}: {1}",
    "{0} {1}", "( ) {0}  ( ) {1}", "{0}; {1}", "{0} - {1}", "{0}. {1}", "[x] {0} [x] {1}", "{0} → {1}",
    "{0} vs. {1}", "{0} (amended: {1})", "UR: {0}. IMR: {1}", "not {0} but {1}", "Decision: {0}. Decision: {1}",
    "{0}\nAmended: {1}", "{0}. An earlier determination of this office on the very same request had been: {1}",
)  # fmt: skip


def _verdict(text: str, layout: Layout, chance: random.Random, make: Callable[[str], str]) -> Iterator[str]:
    if not layout.items:
        return
    item = chance.choice(layout.items)
    raw = layout.view.raw(item.outcome_span)
    word = raw.of(text)
    if word.lower() in ("upheld", "overturned"):
        yield text[: raw.start] + make(word) + text[raw.end :]


def _other(word: str) -> str:
    return "Overturned" if word.lower() == "upheld" else "Upheld"


@kind("hedged outcome")
def hedged(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Another statement made of the outcome by a word beside it."""
    for form in chance.sample(HEDGES, 6):
        yield from _verdict(text, layout, chance, form.format)


_NECESSARY = re.compile(r"(?i)(?:not\s+)?(medically\s+necessary(?:\s+and\s+appropriate)?)")
_BEFORE = ("partially", "not fully", "no longer", "arguably", "far from", "conditionally", "is or is not", "neither")
_BEHIND = (
    "in part", "for two weeks", "(6 of 12)", "up to six visits", "or not", "on a trial basis", "in a reduced amount",
    "except for the brace", "and not medically necessary", "until 3/1/2014", "x 6", "50%",
)  # fmt: skip


@kind("hedged verdict of 2013")
def hedged_in_2013(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Words before or behind "medically necessary", wherever the letter says it of that item."""
    said = [layout.view.raw(item.outcome_span).of(text) for item in layout.items if item.outcome]
    said = [words for words in said if _NECESSARY.search(words)]
    for form in chance.sample([f"{word} \\1" for word in _BEFORE] + [f"\\1 {word}" for word in _BEHIND], 6):
        if said:
            words = chance.choice(said)
            yield text.replace(words, _NECESSARY.sub(form, words, count=1))


@kind("two outcomes")
def two(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Both outcomes behind one heading."""
    for form in chance.sample(SECONDS, 6):
        order = chance.random() < 0.5
        yield from _verdict(
            text,
            layout,
            chance,
            lambda word, form=form, order=order: form.format(
                *((word, _other(word)) if order else (_other(word), word))
            ),
        )


# --- completeness -----------------------------------------------------------------------------------------------------

_LABEL = re.compile(r"\n[^\n:]{0,60}(?:guidelines?|rationale)\s*:[ \t]*", re.IGNORECASE)


def _without(text: str, spans: list[Span]) -> str:
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + text[span.end :]
    return text


@kind("labels of an item lost")
def labels_lost(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """All labels of one item gone; its words stay."""
    yield from _labels_lost(text, layout, chance, outcome=False)


@kind("labels and outcome of an item lost")
def labels_and_outcome_lost(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same, and its outcome word."""
    yield from _labels_lost(text, layout, chance, outcome=True)


def _labels_lost(text: str, layout: Layout, chance: random.Random, *, outcome: bool) -> Iterator[str]:
    if not layout.items:
        return
    item = chance.choice(layout.items)
    gone = [
        layout.view.raw(mark.span)
        for mark in layout.marks
        if item.window.start <= mark.span.start < item.window.end and mark.span.start > item.heading.start
    ]
    if outcome:
        gone.append(layout.view.raw(Span(item.heading.end, item.outcome_span.end)))
    yield _without(text, gone)


@kind("one label lost")
def one_label(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One label of one item gone."""
    windows = [item.window for item in layout.items]
    inside = [mark for mark in layout.marks if any(window.start <= mark.span.start < window.end for window in windows)]
    if inside:
        yield _without(text, [layout.view.raw(chance.choice(inside).span)])


_PLANTED = (
    "Left shoulder arthroscopy: Overturned\nClaims Administrator guideline: The Claims Administrator did not cite any "
    "medical evidence for its decision.\nMAXIMUS guideline: Decision based on MTUS Shoulder Complaints 2004.\n"
    "Decision rationale: The criteria for the operation are met. The request is medically necessary.\n"
)


@kind("second decisions section in the summary")
def second_section(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The heading of the decisions, with a made-up item, stands in the summary as well."""
    if layout.summary is None or not layout.items:
        return
    starts = [s for s in layout.view.line_starts if layout.summary.start < s < layout.summary.end]
    if starts:
        at = layout.view.raw(Span(chance.choice(starts), layout.summary.end)).start
        yield text[:at] + "\nIMR ISSUES, DECISIONS AND RATIONALES\n\n" + _PLANTED + "\n" + text[at:]


@kind("second decisions section on top")
def second_on_top(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same before the letter."""
    if layout.items:
        yield "IMR ISSUES, DECISIONS AND RATIONALES\n\n" + _PLANTED + "\n\f" + text


@kind("item inside a rationale")
def item_inside(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A whole item stands in the middle of another's rationale."""
    choices = []
    for item in layout.items:
        if item.rationale is not None:
            choices += [s for s in layout.view.line_starts if item.rationale.start < s < item.rationale.end]
    if choices:
        at = layout.view.raw(Span(chance.choice(choices), len(layout.view.flat))).start
        yield text[:at] + _PLANTED + text[at:]


@kind("labels before the section")
def labels_before(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A whole item without a section of its own stands in the summary."""
    if layout.summary is None or not layout.items:
        return
    starts = [s for s in layout.view.line_starts if layout.summary.start < s < layout.summary.end]
    if starts:
        at = layout.view.raw(Span(chance.choice(starts), layout.summary.end)).start
        yield text[:at] + _PLANTED + text[at:]


# --- what stands in the text and is not the letter's ----------------------------------------------------------------

STAMPS = (
    "DEF-IMR {n:06}", "SMITH-DOE {n:06}", "ABC{n:07}", "Bates No. {n}", "CLM_{n:05}", "EXH. C - {n:04}", "{n:06}",
    "02/28/2017 10:31AM  Doe Law Offices  9165550100  p.{p}", "FROM: DOE LAW OFFICES   P.{p:02}/07",
    "Feb 28 17 10:31a   Doe Clinic   916-555-0100   p.{p}", "To: 19165550100  Page: {p}/7  Date: 2/28/2017 4:05:11 PM",
    "FAX 916 555 0100   DOE LAW   @{p:03}/007", "2017-02-28 10:31 DOE & ROE 9165550100 >> 9165550199 P {p}/7",
    "https://www.example.org/imr/letter?id=17&page={p}    {p}/7", "2/28/2017   IMR decision search   {p}/7",
    "file:///C:/Users/Doe/Desktop/letter.html    {p}/7", "COPY", "CONFIDENTIAL", "DRAFT", "C O N F I D E N T I A L",
    "Confidential - attorney work product", "RECEIVED FEB 28 2017", "Received by Doe Claims on 02/28/2017",
    "Scanned by CamScanner", "Page {p} of 7", "- {p} -", "{p}", "Page {p}", "Exhibit C, page {p}",
    "Doe v. Roe Manufacturing, WCAB ADJ{n:07}", "Claim 00{n:06}-WC-01", "Printed by jdoe {p}", "Doe Law Offices",
    "UNOFFICIAL COPY - NOT CERTIFIED", "EXHIBIT {p}", "Document {n}-{p}  Filed 02/28/17  Page {p} of 7  Page ID #{n}",
    "Electronically filed 02/28/2017 10:31 AM", "DWC-WCAB 2017 FEB 28 PM 4:05", "Attachment B", "[{p}]", "see reverse",
)  # fmt: skip
_PAGE = 46
"""Lines of a page."""


def _put(text: str, places: list[int], form: str, chance: random.Random) -> str:
    """The text with a stamp, counting up, before each of the lines at `places`."""
    lines = text.split("\n")
    count, page = chance.randrange(100, 90_000), 1 if len(places) > 1 else chance.randrange(2, 7)
    for index, at in reversed(list(enumerate(sorted(places)))):
        lines.insert(at, form.format(n=count + index, p=page + index))
    return "\n".join(lines)


def _lines_of(text: str, layout: Layout, span: Span) -> list[int]:
    """The numbers, from 0, of the raw lines that begin inside a view span, but for the first."""
    raw = [layout.view.raw(Span(start, span.end)).start for start in layout.view.line_starts if start in range(*span)]
    return [text.count("\n", 0, start) for start in raw if start > layout.view.raw(span).start]


def _passages(layout: Layout) -> list[Span]:
    found = [layout.summary, *(item.rationale for item in layout.items), *(item.heading for item in layout.items)]
    found += [span for item in layout.items for span in (item.administrator, item.expert, item.guidelines)]
    return [span for span in found if span is not None]


@kind("stamp once inside a paragraph")
def stamp_inside(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One line of a stamp, between two lines of a passage, guideline or heading."""
    for form in chance.sample(STAMPS, 12):
        places = _lines_of(text, layout, chance.choice(_passages(layout) or [Span(0, 0)]))
        if places:
            yield _put(text, [chance.choice(places)], form, chance)


@kind("stamp once at a paragraph's end")
def stamp_at_end(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Behind the last line of a passage or guideline."""
    for form in chance.sample(STAMPS, 12):
        spans = [span for span in _passages(layout) if span not in [item.heading for item in layout.items]]
        if spans:
            last = layout.view.raw(chance.choice(spans)).end
            yield _put(text, [text.count("\n", 0, last) + 1], form, chance)


@kind("stamp once behind a heading")
def stamp_behind_heading(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Directly behind the line of a heading or label, or of an outcome."""
    spans = [mark.span for mark in layout.marks] + [item.outcome_span for item in layout.items]
    for form in chance.sample(STAMPS, 12):
        if spans:
            yield _put(text, [text.count("\n", 0, layout.view.raw(chance.choice(spans)).end) + 1], form, chance)


@kind("stamp once in the header")
def stamp_in_header(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Between two lines of the header."""
    places = _lines_of(text, layout, layout.header)
    for form in chance.sample(STAMPS, 8):
        if places:
            yield _put(text, [chance.choice(places)], form, chance)


@kind("stamp on every page")
def stamp_on_pages(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """At a regular distance, in a text without page breaks."""
    for form in chance.sample(STAMPS, 12):
        yield _put(text, list(range(chance.randrange(6, _PAGE), text.count("\n"), _PAGE)), form, chance)


@kind("stamp on every page, blank lines around")
def stamp_apart(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same, set apart."""
    for form in chance.sample(STAMPS, 8):
        yield _put(text, list(range(chance.randrange(6, _PAGE), text.count("\n"), _PAGE)), f"\n{form}\n", chance)


@kind("stamp before every form feed")
def stamp_at_feeds(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """At the end of pages that are parted by form feeds, or at their top."""
    for form in chance.sample(STAMPS, 10):
        page = form + "\n\f" if chance.random() < 0.5 else "\f" + form
        yield _put(text, list(range(chance.randrange(6, _PAGE), text.count("\n"), _PAGE)), page, chance)


@kind("two different stamps on every page")
def two_stamps(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A footer and a head that meet."""
    for form, other in zip(chance.sample(STAMPS, 6), chance.sample(STAMPS, 6), strict=True):
        both = f"{form}\n\n{other}"
        yield _put(text, list(range(chance.randrange(6, _PAGE), text.count("\n"), _PAGE)), both, chance)


@kind("line numbers of pleading paper")
def pleading(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """1 to 28 before each line, behind it on lines of their own, or in a block before each page."""
    lines = text.split("\n")
    numbers = [index % 28 + 1 for index in range(len(lines))]
    yield "\n".join(f"{number:>2} {line}" for number, line in zip(numbers, lines, strict=True))
    yield "\n".join(f"{number}\t{line}" for number, line in zip(numbers, lines, strict=True))
    yield "\n".join(f"{number}\n{line}" for number, line in zip(numbers, lines, strict=True))
    block = "\n".join(map(str, range(1, 29)))
    yield "\n".join(f"{block}\n{line}" if number == 1 else line for number, line in zip(numbers, lines, strict=True))
    filled = iter(range(10_000))
    yield "\n".join(f"{next(filled) % 28 + 1} {line}" if line.strip() else line for line in lines)


LIST_NUMBERS = (
    "{n}.", "{n})", "({n})", "#{n}", "#{n}.", "{r}.", "{r})", "({r})", "({a})", "{a}.", "{a})", "{A}.", "Item {n}:",
    "Issue {n}:", "Issue #{n}:", "Request {n}:", "Item {n}", "No. {n}", "•", "-", "*", "o", "▪", "➢", "{n}", "{n} -",
    "Decision {n}:", "Treatment {n}:", "[{n}]", "Disputed item {n}:", "Request #{n}", "{n}:",
)  # fmt: skip


_NUMBERED = re.compile(r"\d[.)]\s*\Z")


@kind("list numbers before headings")
def list_numbers(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Before each heading, on its line or on one of its own."""
    numbered = [item for item in layout.items if _NUMBERED.search(text, 0, layout.view.raw(item.heading).start)]
    if layout.decisions is None or numbered:
        return
    for form in chance.sample(LIST_NUMBERS, 10):
        damaged, gap = text, chance.choice([" ", "\n", "  ", "\n\n"])
        if form == "{n}" and len(layout.items) == 1:
            gap = "\n"  # "1 MRI" alone is one MRI
        for index, item in reversed(list(enumerate(layout.items, start=1))):
            at = layout.view.raw(item.heading).start
            number = form.format(n=index, r=_roman(index), a=chr(96 + index), A=chr(64 + index))
            damaged = damaged[:at] + number + gap + damaged[at:]
        yield damaged


def _roman(number: int) -> str:
    return "X" * (number // 10) + ["", *"I II III IV V VI VII VIII IX".split()][number % 10]


# --- broken words and numbers -----------------------------------------------------------------------------------------

_SLASHED = re.compile(r"\b(\d{1,2})([/-])(\d{1,2})([/-])((?:19|20)\d\d)\b")
_AMOUNT = re.compile(r"\b(\d)(\d)(?=(?:[- ]year|\s+(?:sessions|visits|weeks|tablets|days))|mg\b)|#(\d)(\d+)\b")


def _broken(text: str, found: list[re.Match[str]], chance: random.Random, forms: list[str]) -> Iterator[str]:
    for form in forms:
        if found:
            match = chance.choice(found)
            yield text[: match.start()] + form + text[match.end() :]


@kind("broken date", own_words=True)
def broken_date(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One date with a blank, break, hyphen or letter in it; each in turn of the letter's header, one anywhere."""
    found = list(_SLASHED.finditer(text))
    header = [match for match in found if match.start() < layout.view.raw(layout.header).end]
    for group in (header, header, found):
        if not group:
            continue
        match = chance.choice(group)
        month, sep, day, _, year = match.groups()
        named = f"{['', *_MONTHS][int(month) % 13] or 'May'} {day},"
        forms = [
            f"{month}{sep}{day}{sep}{year[:2]} {year[2:]}", f"{month}{sep}{day}{sep}{year[:2]}\n{year[2:]}",
            f"{month}{sep}{day}{sep}{year[0]} {year[1:]}", f"{month}{sep}{day}{sep}{year[:3]} {year[3]}",
            f"{named} {year[:2]} {year[2:]}", f"{month[0]} {month[1:]}{sep}{day}{sep}{year}",
            f"{month}{sep} {day}{sep}{year}", f"{month}{sep}{day[0]} {day[1:]}{sep}{year}",
            f"{month}{sep}{day}{sep}{year[:2]}-{year[2:]}", f"{month}{sep}{day}{sep}{year[:2]}  {year[2:]}",
            f"{month}{sep}{day}{sep}{year}".replace("1", "l"), f"{month}{sep}{day}{sep}{year}".replace("0", "O"),
            f"{month}{sep}{day}{sep}{year[:3]}l", f"{month}{sep}{day}{sep}{year[:2]}.{year[2:]}",
            f"{month}{sep}{day}{sep}{year[:2]}{sep}{year[2:]}", f"{year[:2]} {year[2:]}-{month:0>2}-{day:0>2}",
            f"{month}.{day}.{year[:2]} {year[2:]}", f"{day[0]} {day[1:]} {named.split(maxsplit=1)[0]} {year}",
            f"{month}{sep}{day}{sep}{year[:2]}, {year[2:]}", f"{month}{sep}{day}{sep}{year[:2]} {year[2]} {year[3]}",
        ]  # fmt: skip
        for form in chance.sample(forms, 7):
            yield text[: match.start()] + form + text[match.end() :]


_MONTHS = "January February March April May June July August September October November December".split()


@kind("broken number", own_words=True)
def broken_number(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A blank inside an age or an amount: "5 4 year old", "1 2 sessions", "#6 0", everywhere it is printed."""
    for match in chance.sample(found := list(_AMOUNT.finditer(text)), min(4, len(found))):
        whole = match.group()
        at = whole.index(next(filter(str.isdigit, whole))) + 1
        yield text[: match.start()] + whole[:at] + " " + whole[at:] + text[match.end() :]


_LOOKALIKES = {
    "o": "0", "O": "0", "l": "1", "i": "l", "I": "l", "s": "5", "S": "5", "e": "c", "h": "b", "n": "u", "u": "v",
    "a": "o", "r": "t", "t": "f", "d": "cl", "m": "rn", "D": "O", "C": "G", "g": "q", "E": "F", "U": "V",
}  # fmt: skip


def _slip(words: str, chance: random.Random) -> str:
    places = [index for index, char in enumerate(words) if char in _LOOKALIKES]
    if not places:
        return words
    at = chance.choice(places)
    how = chance.random()
    put = _LOOKALIKES[words[at]] if how < 0.7 else "" if how < 0.85 else words[at] * 2
    return words[:at] + put + words[at + 1 :]


@kind("slip in an outcome word")
def outcome_slip(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One letter of it taken for another, lost or doubled."""
    for _ in range(6):
        yield from _verdict(text, layout, chance, lambda word: _slip(word, chance))


@kind("slip in a hedged outcome word")
def hedged_slip(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same, with a word beside it that makes another statement of it."""
    for form in chance.sample(HEDGES, 4):
        yield from _verdict(text, layout, chance, lambda word, form=form: form.format(_slip(word, chance)))


@kind("slip in a label")
def label_slip(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """One letter of a heading or label, or of a label of the header."""
    spans = [layout.view.raw(mark.span) for mark in layout.marks]
    labels = re.compile(r"(?m)^(?:Case Number|Date Assigned|Date of Injury|Decision Date|UR Denial Date|Priority)")
    header = [Span(*match.span()) for match in labels.finditer(text)]
    for group in (spans, spans, spans, header, header, header):
        if group:
            span = chance.choice(group)
            yield text[: span.start] + _slip(span.of(text), chance) + text[span.end :]


MARKS = (
    "{}1", "{}¹", "{}*", "{}**", "**{}**", "*{}*", "__{}__", "_{}_", "{}†", "{}[1]", "{} [1]", "{} 1", "{}(1)", "{}⁴",
    "{}.", "{}^1", "«{}»", '"{}"', "{}\u00a0", "{}§", "{}#", "{}®", "{}a", "{}ᵃ", "`{}`", "<b>{}</b>", "{}12", "{}1,2",
)  # fmt: skip


@kind("marks on an outcome word")
def marked(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Footnotes, emphasis, quotes."""
    for form in chance.sample(MARKS, 8):
        yield from _verdict(text, layout, chance, form.format)


@kind("outcome word set otherwise")
def set_otherwise(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Capitals, small letters, spaced, broken."""
    for form in (str.upper, str.lower, " ".join, lambda w: "  ".join(w.upper()), lambda w: f"{w[:2]} {w[2:]}",
                 lambda w: f"{w[:4]}-\n{w[4:]}", lambda w: f"\n{w}", lambda w: f"{w[:3]}\u00ad{w[3:]}"):  # fmt: skip
        yield from _verdict(text, layout, chance, form)


@kind("rubble")
def rubble(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Characters of one passage, or of the whole text, that stand for nothing or for others."""
    forms: tuple[Callable[[str], str], ...] = (
        lambda words: re.sub(r"\w", lambda char: f"(cid:{ord(char.group()) % 90})", words),
        lambda words: re.sub(r"\w", lambda char: chr(0xE000 + ord(char.group()) % 256), words),
        lambda words: re.sub("[a-z]", lambda char: chr((ord(char.group()) - 97 + 7) % 26 + 97), words),
        lambda words: re.sub("[aeiou]", "\ufffd", words),
        lambda words: re.sub("fi|t", "\ufffd", words),
        lambda words: re.sub("tt|st", "\ue0c5", words),
        lambda words: words.replace("t", "â€™"),
        lambda words: re.sub(
            "[A-Za-z]", lambda char: chr(ord(char.group()) - 29) if char.group() > "=" else "#", words
        ),
        lambda words: re.sub("[a-z]", lambda char: "?", words),
    )
    passages = [span for span in _passages(layout) if len(span) > 60]
    for form in forms:
        yield form(text)
        if passages:
            span = layout.view.raw(chance.choice(passages))
            yield text[: span.start] + form(span.of(text)) + text[span.end :]


@kind("a label twice")
def label_twice(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A label of the header a second time with another value, before or behind."""
    rows = re.compile(
        r"(?m)^(Case Number|Date Assigned|Date of Injury|Decision Date|UR Denial Date|Priority):"
        r"\s+((?:CM)?\d\S*|Standard|Expedited)[ \t]*$"
    )
    for match in rows.finditer(text):
        value = {"Priority": "Expedited", "Case Number": "CM15-0999999"}.get(match[1], "03/03/2015")
        for gap in (" ", "\n"):
            extra = f"{match[1]}:{gap}{value}\n"
            yield text[: match.start()] + extra + text[match.start() :]
            yield text[: match.end()] + "\n" + extra + text[match.end() :]


# --- files around a letter --------------------------------------------------------------------------------------------


COVERS = (
    "Begin forwarded message:\n\nFrom: Jo Doe <doe@example.org>\nSubject: Fwd: IMR\nDate: {month} at 10:00:00 AM PST\n"
    "To: Roe <roe@example.org>\n\n",
    "-----Original Message-----\nFrom: Doe, Jo\nSent: Friday, {month} 9:12 AM\nTo: Roe\nSubject: RE: IMR decision\n\n"
    "Please see below. Date of injury: {other}.\n\n",
    "FAX COVER SHEET\nTo: Roe Law Group\nFrom: Doe Claims\nDate: {day}\nPages: 7 (including cover)\nRe: {case}\n"
    "Priority: Expedited\n\f",
    "DOE CLAIMS SERVICES\nP.O. Box 100, Sacramento CA 95812\n\n{month}\n\nRe: Jane Roe\nClaim No.: 17-000123\n"
    "Date of Injury: {other}\nDate Received: {day}\n\nDear Ms. Roe:\nEnclosed is the determination in your case.\n"
    "\nSincerely,\nJo Doe\n\f",
    "PROOF OF SERVICE BY MAIL\nI am employed in the County of Sacramento. On {month} I served the attached document.\n"
    "Dated: {day}\nDecision Date: {day}\n\f",
    "ROUTING SLIP\nDate: {day}\nTime: 10:22\nUR Denial Date: {day}\nApplication Received: {day}\n\f",
)


@kind("a cover before the letter")
def cover_before(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """A mail, a fax sheet or an office's letter stands before the determination, with dates of its own."""
    for cover in COVERS:
        day, year = chance.randrange(1, 28), chance.randrange(2013, 2020)
        case = f"CM{year % 100}-{chance.randrange(10**7):07}" if chance.random() < 0.5 else "IMR"
        yield (
            cover.format(month=f"February {day}, {year}", day=f"02/{day:02}/{year}", other=f"1/{day}/2009", case=case)
            + text
        )


@kind("a cover behind the letter")
def cover_behind(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """The same behind it."""
    for damaged in cover_before("", layout, chance):
        yield f"{text.rstrip()}\n\f{damaged}"


@kind("case number printed otherwise", own_words=True)
def case_number_otherwise(text: str, layout: Layout, chance: random.Random) -> Iterator[str]:
    """Another hyphen, small letters, a blank."""
    for form in (r"CM\1‑\2", r"cm\1-\2", r"CM\1 - \2", r"CM \1-\2", r"CM\1–\2", r"Cm\1−\2", r"CM\1\2"):
        yield re.sub(r"CM(\d\d)-(\d{5,8})", form, text)


JOINTS = ("\n", "\f", "\n\n\n", "\n\fMAXIMUS FEDERAL SERVICES, INC.\nIndependent Medical Review\nP.O. Box 138009\n\n")
"""Between two letters of a file."""


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name != "spans":
                yield from _leaves(value, f"{path}/{name}")
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _leaves(value, f"{path}/{index}")
    elif node is not None:
        yield path, " ".join(node.split()) if isinstance(node, str) else node


_VERBATIM = re.compile(r"/(?:text|statement|heading|requested|disputed|authorized|mechanism)$|/records_reviewed/\d+$")


def judge(sound: Record, damaged: Record | None, printed: str = "") -> str:
    """The column of one damaged letter.

    Args:
        sound: the record of the letter as it was.
        damaged: that of the damaged one; None where it failed.
        printed: the damaged text, where its own words were damaged: what is quoted from it is right.

    """
    if damaged is None:
        return "failed"
    before = dict(_leaves(sound.determination.model_dump()))
    after = dict(_leaves(damaged.determination.model_dump()))
    for leaves in (before, after):
        leaves["/case_number"] = case_key(leaves.get("/case_number"))  # printed otherwise, it is the same
    words = " ".join(printed.split())
    after |= {
        path: before[path]
        for path, value in after.items()
        if path in before and _VERBATIM.search(path) and _is_printed_so(before[path], value, words)
    }
    known = Counter((flag.path, flag.code, flag.message) for flag in sound.flags)
    flagged = bool(Counter((flag.path, flag.code, flag.message) for flag in damaged.flags) - known)
    if before == after:
        return "healed" if flagged else "same"
    if flagged:
        return "flagged"
    fewer = len(damaged.determination.decisions) == len(sound.determination.decisions)
    return "absent" if fewer and all(before.get(path) == value for path, value in after.items()) else "silent"


def _is_printed_so(sound: str, value: str, words: str) -> bool:
    """Whether a text is what the letter prints, now that its own words are damaged."""
    return value in words or (
        bool(words) and set(value.split()) <= set(words.split()) and Levenshtein.distance(sound, value) <= _DAMAGE
    )


_DAMAGE = 8
"""Edits that damage of a date or a number makes in a passage."""


def judge_each(sound: list[Record], found: list[Record]) -> str:
    """The column of a file of several letters: that of the worst of them.

    Args:
        sound: the records of the letters by themselves.
        found: those that came out of the file; none where it failed.

    """
    if not found:
        return "failed"
    if len(found) != len(sound):
        return "flagged" if any(flag.code in OF_SEVERAL for record in found for flag in record.flags) else "silent"
    return max(map(judge, sound, found), key=COLUMNS.index)


OF_SEVERAL = ("repeated_section", "case_conflict", "incomplete")


def _joined(path: Path, given: argparse.Namespace) -> Counter[str]:
    """A letter before others in one file."""
    row: Counter[str] = Counter()
    chance = random.Random(f"{given.seed} {path.name} joined")  # noqa: S311
    others = sorted(set(path.parent.glob("*.txt")) - {path})
    for joint in JOINTS:
        for count in (1, 2):
            paths = [path, *chance.sample(others, count)]
            texts = [each.read_text(encoding="utf-8").strip("\f\n") for each in paths]
            try:
                sound = [extract(text.encode()) for text in texts]
            except DocumentError:
                continue
            try:
                found = list(extract_each(joint.join(texts).encode()))
            except DocumentError:
                found = []
            column = judge_each(sound, found)
            row[column] += 1
            if given.show and column != "same":
                print(f"{[each.name for each in paths]} {joint!r}: {column}", file=sys.stderr)
    return row


def _tried(path: Path, given: argparse.Namespace) -> dict[str, Counter[str]]:
    """One letter by all kinds."""
    text = path.read_text(encoding="utf-8")
    try:
        sound, layout = extract(text), lay_out(text)
    except DocumentError:
        return {}
    found: dict[str, Counter[str]] = {SEVERAL: _joined(path, given)} if given.only in SEVERAL else {}
    for name, damage in KINDS.items():
        if given.only not in name:
            continue
        row = found[name] = Counter()
        chance = random.Random(f"{given.seed} {path.name} {name}")  # noqa: S311
        for number, damaged in enumerate(damage(text, layout, chance)):
            if chance.random() >= given.sample:
                continue
            try:
                record: Record | None = extract(damaged.encode())
            except DocumentError:
                record = None
            column = judge(sound, record, damaged if name in OWN_WORDS else "")
            row[column] += 1
            if given.show and column == "silent":
                print(f"{path.name}: {name}", file=sys.stderr)
                if given.keep:
                    (given.keep / f"{path.stem} {name} {number}.txt").write_text(damaged, encoding="utf-8")
    return found


def main() -> int:
    """Print the table; 1 where anything is wrong in silence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--sample", type=float, default=1.0, help="the share of the damaged texts that is read")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--show", action="store_true", help="name the letters that are wrong in silence")
    parser.add_argument("--keep", type=Path, help="with --show: a folder for their texts")
    given = parser.parse_args()
    table: dict[str, Counter[str]] = {name: Counter() for name in (SEVERAL, *KINDS) if given.only in name}
    with ProcessPoolExecutor(given.jobs) as pool:
        for found in pool.map(_tried, sorted(given.folder.glob("*.txt")), repeat(given)):
            for name, row in found.items():
                table[name] += row
    print(f"{'kind':44}" + "".join(f"{column:>9}" for column in COLUMNS))
    for name, row in table.items():
        print(f"{name:44}" + "".join(f"{row[column]:9}" for column in COLUMNS))
    total: Counter[str] = sum(table.values(), Counter())
    print(f"{'all':44}" + "".join(f"{total[column]:9}" for column in COLUMNS))
    return 1 if total["silent"] else 0


if __name__ == "__main__":
    sys.exit(main())
