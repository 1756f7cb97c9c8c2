"""Section headings and the labels inside an item, recognised by their words, also with typos or lost line breaks."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz, process

from extractor.processes import deadline
from extractor.text.normalize import View, collapse, fold
from extractor.text.spans import Span
from extractor.vocabulary.verdicts import QUALIFIER


class HeadingName(StrEnum):
    """What a heading or label opens."""

    # sections of the letter
    HOW_MADE = "how_made"
    REVIEWER = "reviewer"
    RECORDS = "records"
    SUMMARY = "summary"
    DECISIONS = "decisions"
    DECISIONS_2013 = "decisions_2013"
    NOTICE_DECISIONS = "notice_decisions"
    ISSUE = "issue"
    ITEM = "item"
    CLOSING = "closing"
    # labels inside an item
    ADMINISTRATOR = "administrator"
    EXPERT = "expert"
    GUIDELINES = "guidelines"
    RATIONALE = "rationale"


ITEM_LABELS = frozenset({HeadingName.ADMINISTRATOR, HeadingName.EXPERT, HeadingName.GUIDELINES, HeadingName.RATIONALE})
"""Labels inside an item; they end no section but that of the summary."""
SECTIONS = frozenset(HeadingName) - ITEM_LABELS


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading or label found in the view: where it stands, and what it opens."""

    name: HeadingName
    span: Span
    """View span of the heading itself, its colon included."""
    misspelled: bool = False
    """Its words are nearly those of the form."""


# Words of each heading, folded. Where several stand, they were seen in letters of different years.
_WORDS: tuple[tuple[HeadingName, str], ...] = (
    (HeadingName.HOW_MADE, "how the imr final determination was made"),
    (HeadingName.HOW_MADE, "how the imr determination was made"),
    (HeadingName.REVIEWER, "medical qualifications of the expert reviewer"),
    (HeadingName.REVIEWER, "medical reviewer qualifications"),
    (HeadingName.REVIEWER, "the expert reviewer has the following credentials"),
    (HeadingName.RECORDS, "documents reviewed for determination"),
    (HeadingName.RECORDS, "documents reviewed"),
    (HeadingName.RECORDS, "records reviewed"),
    (HeadingName.SUMMARY, "clinical case summary"),
    (HeadingName.SUMMARY, "case summary"),
    (HeadingName.DECISIONS_2013, "imr decision(s) and rationale(s)"),
    (HeadingName.DECISIONS_2013, "imr decisions and rationales"),
    (HeadingName.DECISIONS, "imr issues, decisions and rationales"),
    (HeadingName.NOTICE_DECISIONS, "independent medical review decision and rationale"),
    (HeadingName.ISSUE, "issue at dispute"),
    (HeadingName.ISSUE, "issues at dispute"),
    (HeadingName.ISSUE, "issue(s) at dispute"),
    (HeadingName.ADMINISTRATOR, "claims administrator guideline"),
    (HeadingName.ADMINISTRATOR, "claims administrator guidelines"),
    (HeadingName.EXPERT, "maximus guideline"),
    (HeadingName.EXPERT, "maximus guidelines"),
    (HeadingName.EXPERT, "expert reviewer guideline"),
    (
        HeadingName.GUIDELINES,
        "medical treatment guideline(s) relied upon by the expert reviewer to make his/her decision",
    ),
    (
        HeadingName.GUIDELINES,
        "medical treatment guidelines relied upon by the expert reviewer to make his/her decision",
    ),
    (HeadingName.GUIDELINES, "medical treatment guideline(s) relied upon by professional reviewer and why"),
    (HeadingName.GUIDELINES, "medical treatment guidelines relied upon by professional reviewer and why"),
    (HeadingName.RATIONALE, "rationale for the decision"),
    (HeadingName.RATIONALE, "rationale for the decision(s)"),
    (HeadingName.RATIONALE, "the physician reviewer's decision rationale"),
    (HeadingName.RATIONALE, "the expert reviewer's decision rationale"),
    (HeadingName.RATIONALE, "decision rationale"),
)

# The 2013 professional review carries its outcome in this heading; `outcome` reads it.
VERDICT = re.compile(
    r"rationale for why (?:the )?requested treatments?/services?\s+(?:(?:is|are)/(?:was|were)|is|was|are|were)\s+"
    rf"(?P<hedge>(?:not ?)?{QUALIFIER}+)?(?P<not>not ?)?medically necessary(?P<behind>,? (?:in part|only))? ?:?"
)

_SIMPLE = "|".join(
    re.escape(words).replace(r"\ ", r"\s+") for _, words in sorted(_WORDS, key=lambda pair: -len(pair[1]))
)
_REGARDING = r"\(?\d{1,2}\s?[.)]\s*regarding (?:the |an? )?(?:retrospective )?requests? for"
_ENDS = r"sincerely,|effect of the decision\s?:|disclaimer\s?: maximus is providing"
_NAMED = re.compile(r"\(\?P<\w+>")
_MARK = re.compile(rf"(?:{_SIMPLE})(?:\s*:)?|{_REGARDING}|{_ENDS}|{_NAMED.sub('(?:', VERDICT.pattern)}")
_OPENINGS = sorted({" ".join(words.split()[:2]) for _, words in _WORDS} | {"rationale for", "effect of", "sincerely,"})
_CANON = {words: name for name, words in _WORDS}
_NEEDS_COLON = frozenset({HeadingName.ADMINISTRATOR, HeadingName.EXPERT, HeadingName.RATIONALE, HeadingName.ISSUE})
_CANON["effect of the decision"] = HeadingName.CLOSING
_FUZZY_CHOICES = [words for words in _CANON if len(words) >= 12]
_FUZZY_CUTOFF = 87.0
_LOST_BREAKS = 300
"""A line this long has lost its breaks: headings stand inside it."""
_LIST_NUMBER = re.compile(r"\(?(?:\d{1,2}|[a-h])[.)]\s*")
_NOTHING_MORE = re.compile(r"[ :.]*+(?:\n|\Z)")


def find_marks(view: View) -> list[Mark]:
    """Every heading and label in the view, in order, none overlapping another.

    A heading stands at a line start (after a list number at most), or, where line breaks were lost, in the
    capitals in which headings are set; a label stands anywhere if its colon follows. A misspelled one must fill its
    line (or the line up to its colon) and be within a few edits (ratio 87 of 100) of the true words.
    """
    marks: list[Mark] = []
    folded, flat = view.folded, view.flat
    at = 0
    for candidate in _candidates(view):
        deadline.check()
        match = _MARK.match(folded, candidate)
        if match is None or candidate < at:
            continue
        start, end = match.span()
        words = match.group()
        name = _name(words)
        at_line_start = start in view.starts or _after_number(view, start)
        has_colon = words.endswith(":")
        if name in _NEEDS_COLON and not has_colon:
            continue
        if name in SECTIONS and folded[start - 1 : start] == '"':
            continue  # somebody quotes it
        if not at_line_start:
            shown = flat[start:end]
            capitals = shown.upper() == shown
            lost_breaks = len(view.line_span(view.line_number(start))) > _LOST_BREAKS
            label = has_colon and shown[:1].isupper() and (name not in SECTIONS or lost_breaks)
            if not (capitals or label):
                continue
        elif (
            name in SECTIONS
            and name not in (HeadingName.ITEM, HeadingName.CLOSING)
            and not has_colon
            and not _fills_line(view, start, end)
        ):
            continue
        marks.append(Mark(name, Span(start, end)))
        at = end
    marks.extend(_misspelled(view, marks))
    marks.sort(key=lambda mark: mark.span)
    return marks


def marks_between(marks: list[Mark], start: int, end: int) -> list[Mark]:
    """The marks, which are in order, that begin in this stretch."""
    first = bisect_left(marks, start, key=_begins)
    return marks[first : bisect_left(marks, end, lo=first, key=_begins)]


def _begins(mark: Mark) -> int:
    return mark.span.start


def _candidates(view: View) -> list[int]:
    """Where a heading can begin: at line starts, behind their list numbers, and wherever its first words stand."""
    found = set(view.line_starts)
    for start in view.line_starts:
        number = _LIST_NUMBER.match(view.flat, start)
        if number is not None:
            found.add(number.end())
    for words in _OPENINGS:
        at = view.folded.find(words)
        while at >= 0:
            found.add(at)
            at = view.folded.find(words, at + 1)
    return sorted(found)


def _name(words: str) -> HeadingName:
    key = collapse(words).rstrip(" :")
    if key.startswith(("sincerely", "effect of", "disclaimer")):
        return HeadingName.CLOSING
    if "regarding" in key:
        return HeadingName.ITEM
    return _CANON.get(key, HeadingName.RATIONALE)  # what is not in the table is the verdict heading


def _after_number(view: View, start: int) -> bool:
    line_start = view.line_starts[view.line_number(start) - 1]
    return bool(_LIST_NUMBER.fullmatch(view.flat, line_start, start))


def _fills_line(view: View, start: int, end: int) -> bool:
    """The rest of the line is empty: a heading without a colon that goes on as a sentence is a sentence."""
    if _NOTHING_MORE.match(view.lined, end):
        return True
    shown = view.flat[start:end]
    return shown.upper() == shown  # "CLINICAL CASE SUMMARY The expert reviewer …": the break was lost


@lru_cache(maxsize=1024)  # lines that end in a colon are much the same in every letter
def _resembled(folded: str) -> HeadingName | None:
    """The heading or label whose words are nearly these."""
    best = process.extractOne(folded, _FUZZY_CHOICES, scorer=fuzz.ratio, score_cutoff=_FUZZY_CUTOFF)
    return _CANON[best[0]] if best is not None else None


def _misspelled(view: View, known: list[Mark]) -> list[Mark]:
    taken = {view.line_number(mark.span.start) for mark in known}
    found: list[Mark] = []
    for number, start in enumerate(view.line_starts, start=1):
        if number in taken:
            continue
        end = view.line_starts[number] - 1 if number < len(view.line_starts) else len(view.lined)
        line = view.lined[start:end]
        colon = line.find(":", 0, 60)
        if colon > 0:
            candidate = line[:colon]
        elif len(line) <= 60 and line.upper() == line:
            candidate = line
        else:
            continue
        if not 10 <= len(candidate) <= 60 or not candidate[0].isalpha():
            continue
        name = _resembled(fold(candidate))
        if name is None:
            continue
        if name in _NEEDS_COLON and colon <= 0:
            continue
        if name in SECTIONS and colon > 0 and line[colon + 1 :].strip() and name is not HeadingName.SUMMARY:
            continue
        stop = start + (colon + 1 if colon > 0 else len(line))
        found.append(Mark(name, Span(start, stop), misspelled=True))
    return found
