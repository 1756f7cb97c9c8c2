"""The verdict of a heading: the words that say its outcome, and whether they say one outcome plainly.

`Lumbar MRI: Upheld` says one. `Not Upheld`, `Upheld in part`, `Upheld/Overturned`, `[ ] Upheld [ ] Overturned` do not,
nor does `Upheld` with `Overturned` on the next line: a person settles those, shown all of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from extractor.records.determination import Outcome
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.verdicts import HEDGES


class Doubt(StrEnum):
    """Why the words of a verdict are not one plain outcome."""

    HEDGED = "hedged"
    """Negated, or cut down: "Not Upheld", "Overturned in part"."""
    SEVERAL = "several"
    """Both outcomes are printed, and nothing says which one is meant."""
    TICKED = "ticked"
    """Both outcomes are printed, and a mark says which one is meant: it is taken."""
    SHARED = "shared"
    """One verdict for several issues that are not numbered: it is taken for each."""
    MISSING = "missing"
    """A request whose verdict was not found."""
    ODD = "odd"
    """Words or marks that nobody expects stand beside the outcome, or no colon before it: it is taken."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a heading ends in."""

    span: Span
    """View span of all the words that say it: outcome words, hedges, boxes."""
    heading_end: int
    """Where the heading ends, its colon excluded."""
    outcome: Outcome | None
    doubt: Doubt | None = None


_WORD = re.compile(r"upheld|overturned")
_PRINTED = re.compile(
    r"(?P<colon>[:;]\s*)?\(?\s*(?P<word>upheld|overturned)(?![a-z])(?:\)|[.:,]|\d{1,2}(?!\d)|[*†‡¹²³])*"
)
_SEPARATOR = re.compile(r"[:;]\s*\(?\s*$")
_LONGEST_RUN = 80
"""Code points before an outcome word in which hedges, boxes and another outcome word are looked for."""
LONGEST_TRAIL = 60
"""Code points that may stand between an outcome word and the label behind it."""

_TICKED = r"\[\s?[x✓✔*]\s?\]|\(\s?[x✓✔]\s?\)|[☑☒■✓✔⊠]|_+x_+"
_EMPTY = r"\[\s?\]|\(\s?\)|[☐□◻○]|_{2,}"
# What the words before and behind an outcome are cut into. A box, a word (with its apostrophe), or another mark.
_TOKEN = re.compile(
    rf"(?P<ticked>{_TICKED})|(?P<empty>{_EMPTY})|(?P<outcome>upheld|overturned)|(?P<word>[a-z]+(?:'[a-z]+)?)"
    r"|(?P<number>\d[\d.,]*)|(?P<colon>[:;])|(?P<mark>\S)"
)
_LINKS = frozenset(
    "is are was were be been the a an to than both either or and in as of decision denial outcome".split()
)
"""Words that join hedges to one another. Alone they say nothing: "…, is Upheld"."""
_HEDGES = HEDGES | frozenset("denied refused rejected disallowed approved certified granted allowed false".split())
"""With the words of utilization review for its own verdicts: "Denied/Upheld" is for a person to read."""
_SENTENCE_ENDS = frozenset(".!?")
_TELLING = frozenset({"ticked", "empty", "outcome"})
_TELLING_MARKS = frozenset("?%½¼¾≠")
"""Behind an outcome word; other marks are print."""


_LABEL = re.compile(r"(?: (?P<dash>-+)|(?:(?:imr|final) )?(?:decision|determination|outcome|result)) ?\Z")
"""What may stand between a heading and its outcome: a dash, or on a line of its own what follows."""
_LONGEST_LABEL = 24


def printed(view: View, section: Span) -> Iterator[re.Match[str]]:
    """Each outcome word of `section` that begins with a capital, with the colon before it and the marks behind it."""
    at = section.start
    for word in _WORD.finditer(view.folded, *section):
        if not view.flat[word.start()].isupper():
            continue
        before = _SEPARATOR.search(view.folded, max(at, word.start() - 4), word.start())
        match = _PRINTED.match(view.folded, before.start() if before else word.start(), section.end)
        if match is not None:
            at = match.end()
            yield match


def verdict_at(view: View, lower: int, match: re.Match[str], stop: int) -> Verdict:
    """The verdict that closes with the outcome word of `match`.

    Args:
        view: the reading view.
        lower: nothing before this offset belongs to the heading.
        match: what `printed` gave.
        stop: where the next label begins; the words up to there are part of the verdict.

    """
    word = Span(*match.span("word"))
    run = _run(view, max(lower, word.start - _LONGEST_RUN), word.start)
    behind = _TOKEN.finditer(view.folded, match.end(), stop)
    trail = [token for token in behind if token.lastgroup != "mark" or token.group() in _TELLING_MARKS]
    begin = run[0].start() if run else word.start
    outcome, doubt = _meaning([*run, *_TOKEN.finditer(view.folded, *word)], trail)
    separator = _SEPARATOR.search(view.folded, max(lower, begin - 4), begin)
    if doubt is None and separator is None:  # "X: visits 1-6 Upheld", "X: ≠ Upheld": or only a colon was lost
        doubt = Doubt.ODD
    heading_end = separator.start() if separator else begin
    label = _LABEL.search(view.folded, max(lower, heading_end - _LONGEST_LABEL), heading_end)
    if label is not None and (label["dash"] or label.start() in view.starts):
        heading_end = label.start()
    return Verdict(Span(begin, trail[-1].end() if trail else word.end), heading_end, outcome, doubt)


def _run(view: View, start: int, end: int) -> list[re.Match[str]]:
    """The tokens before an outcome word that belong to its verdict."""
    tokens = list(_TOKEN.finditer(view.folded, start, end))
    run: list[re.Match[str]] = []
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if _separates(token):
            if not _is_verdict(view, tokens[:index]):
                break
        elif not _may_belong(token):
            break
        run.insert(0, token)
    return _that_says(run)


def _separates(token: re.Match[str]) -> bool:
    return token.lastgroup == "colon" or token.group() in _SENTENCE_ENDS


def _is_verdict(view: View, tokens: list[re.Match[str]]) -> bool:
    """Whether what stands before a colon or stop is a verdict, too.

    "Upheld: Overturned" and "X: Not: Upheld", but not "the MRI that was upheld: Overturned".
    """
    if not tokens:
        return False
    if tokens[-1].lastgroup == "outcome":
        return view.flat[tokens[-1].start()].isupper()
    last = list(takewhile(lambda token: not _separates(token), reversed(tokens)))
    apart = len(last) < len(tokens)  # another colon or stop stands before them
    return apart and any(token.group() in _HEDGES for token in last) and all(map(_may_belong, last))


def _may_belong(token: re.Match[str]) -> bool:
    """Whether it can be part of a verdict."""
    return token.lastgroup in _TELLING or token.lastgroup == "mark" or token.group() in _HEDGES | _LINKS


def _that_says(run: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the links and marks at its beginning, which are the heading's own: "…, is Upheld"."""
    says = [index for index, token in enumerate(run) if token.lastgroup in _TELLING or token.group() in _HEDGES]
    return run[says[0] :] if says else []


def _meaning(tokens: list[re.Match[str]], trail: list[re.Match[str]]) -> tuple[Outcome | None, Doubt | None]:
    """What the tokens of a verdict, up to its outcome word and behind it, amount to."""
    telling = [token for token in [*tokens, *trail] if token.lastgroup in _TELLING]
    said = {Outcome(token.group()) for token in telling if token.lastgroup == "outcome"}
    hedged = any(token.group() in _HEDGES for token in tokens) or any(
        token.lastgroup not in _TELLING for token in trail
    )
    if any(token.lastgroup != "outcome" for token in telling):
        ticked = None if hedged else _ticked(telling)
        if ticked is not None:
            return ticked, Doubt.TICKED if len(said) > 1 else None
        return None, Doubt.SEVERAL if len(said) > 1 else Doubt.HEDGED
    if len(said) > 1:
        return None, Doubt.SEVERAL
    return (None, Doubt.HEDGED) if hedged else (said.pop(), None)


def _ticked(tokens: list[re.Match[str]]) -> Outcome | None:
    """The one outcome with a ticked box, where each outcome word has one box, all of them before or all behind."""
    pairs = [tokens[at : at + 2] for at in range(0, len(tokens), 2)]
    if any(len(pair) != 2 for pair in pairs):
        return None
    kinds = {tuple("word" if token.lastgroup == "outcome" else "box" for token in pair) for pair in pairs}
    if kinds not in ({("box", "word")}, {("word", "box")}):
        return None
    ticked = [
        next(token.group() for token in pair if token.lastgroup == "outcome")
        for pair in pairs
        if any(token.lastgroup == "ticked" for token in pair)
    ]
    return Outcome(ticked[0]) if len(ticked) == 1 else None
