"""Items of the letters of 2013 and early 2014, which say their outcomes in sentences, not after a colon."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractor.layout.headings import VERDICT, HeadingName, Mark, marks_between
from extractor.layout.items import Item, nonempty
from extractor.layout.outcomes import Doubt
from extractor.processes import deadline
from extractor.records.determination import Outcome
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.verdicts import QUALIFIER, conclusions

# "1) MAXIMUS Federal Services, Inc. has determined the request for X is not medically necessary and appropriate."
# Text glued by a PDF program is seen: "notmedically". X is taken to the nearest verdict.
_BEGINS = r"maximus federal services, ?inc\.?,? has determined"
# What takes a verdict back in part: "medically necessary in part", "… for six visits only", "… with modification".
_BEHIND = (
    r",? (?:(?:in|as|with|for|but|except) (?:[^.\n ]{1,20} ){0,6}?(?:part|only|modif\w+|changes?|visits|sessions)"
    r"|partially|partly|only)\b"
)
_DETERMINED = re.compile(
    r"(?:\(?(?P<number>\d{1,2})\s?[.)]\s*)?maximus federal services, ?inc\.?,? has determined (?:that )?"
    r"(?P<opening>the (?:retrospective )?requests? for |that )?"
    rf"(?P<what>(?:(?!{_BEGINS}).){{2,900}}?),? (?:is|are|was|were) ?(?P<hedge>(?:not ?)?{QUALIFIER}+)?"
    rf"(?P<not>not ?)?medically\s?necessary(?: ?and ?appropriate)?(?P<behind>{_BEHIND})?"
)
_RETROSPECTIVE = re.compile(r"the (retrospective requests? for )")
# "2. The request for X is not medically necessary and appropriate."
_SENTENCE = re.compile(
    r"(?:\(?(?P<number>\d{1,2})\s?[.)]\s*)?(?:(?:the|a) requests? for )?(?P<what>[^\n].{2,900}?),? "
    rf"(?:is|are|was|were) ?(?P<hedge>(?:not ?)?{QUALIFIER}+)?(?P<not>not ?)?medically ?necessary"
    rf"(?: ?and ?appropriate)?(?P<behind>{_BEHIND})?\s?\.?(?=\s|$)"
)
_REGARDING = re.compile(
    r"\(?(?P<number>\d{1,2})\s?[.)]\s*regarding (?:the )?(?:retrospective )?requests? for|regarding the request for"
)
_NUMBERED = re.compile(
    r"(?:^|(?<=\n))(?:\(?(?P<number>\d{1,2})\s?[.)]\s+|(?:#|issue |item )(?P<mark>\d{1,2})\s?[:.)]\s*)(?=\S)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"treatments|services|\bare\b|\bwere\b")
_MOST_SHARED = 60
"""Issues that may share one rationale that numbers none of them, or one guideline paragraph; letters have a handful.
Without a bound, a text with a thousand of them would be said a thousand times."""
_LEADING_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+")


# What follows a decision told in a sentence.
_AFTER_DECISION = (
    "claims administrator guideline",
    "the claims administrator",
    "maximus guideline",
    "the physician reviewer",
    "the expert reviewer",
)


_OPEN = re.compile(r"\b(?:is|are|was|were|not|or|and|but)[ ,]*$")
"""What stands before a verdict and is a part of it: "X is or | is not medically necessary"."""
_PLAIN_END = re.compile(r" ?[.:)]+(?=\s|$)|\s*(?:\n|$)")


def _outcome(view: View, verdict: re.Match[str]) -> tuple[Outcome | None, Doubt | None]:
    """What a verdict on necessity amounts to; nothing where it is hedged."""
    what = verdict.groupdict().get("what")
    if verdict["hedge"] or verdict["behind"] or (what and _OPEN.search(what)):
        return None, Doubt.HEDGED
    # "… and appropriate for two weeks": neither the end of the sentence nor that of the line
    plain = verdict.group()[-1] in ".:" or _PLAIN_END.match(view.lined, verdict.end())
    return (Outcome.UPHELD if verdict["not"] else Outcome.OVERTURNED), None if plain else Doubt.ODD


# --- notice ----------------------------------------------------------------------------------------------------------


def notice_items(view: View, marks: list[Mark], end: int) -> list[Item]:
    """Items of a `notice`: from the outcome list (printed twice; the second stands under its own heading).

    Guidelines and rationale are looked up by the item's number under "Regarding the request for …". Where the two
    lists say opposite things, the place of the other is kept as the item's contradiction.
    """
    by_key: dict[object, re.Match[str]] = {}
    against: dict[object, Span] = {}
    previous, copy = 0, 0
    for order, match in enumerate(_determined(view)):
        number = int(match.group("number") or order + 1)
        if number <= previous:
            copy += 1
        previous = number
        key = number if copy or match.group("number") else match.group("what").strip()
        if key in by_key:
            if _outcome(view, by_key[key]) != _outcome(view, match):
                against[key] = Span(match.start("what"), match.end())
            continue
        by_key[key] = match
    listed = list(by_key.items())
    windows = _regarding_windows(view, marks, end, len(listed))
    items = []
    for index, (key, match) in enumerate(listed):
        deadline.check()
        start, stop = match.span("what")
        opening = _RETROSPECTIVE.match(match.group("opening") or "")
        if opening:  # "retrospective request for" stays in the heading
            start = match.start("opening") + opening.start(1)
        heading = view.trim(start, stop, extra=",")
        window = windows[index] if index < len(windows) else Span(match.start(), match.end())
        guidelines, rationale = _paragraphs(view, marks, window)
        outcome, doubt = _outcome(view, match)
        items.append(
            Item(
                heading=heading,
                outcome=outcome,
                outcome_span=_verdict_span(match),
                doubt=doubt,
                window=window,
                guidelines=guidelines,
                rationale=rationale,
                contradiction=against.get(key),
            )
        )
    return items


_OPENS = re.compile(_BEGINS + r" (?:that )?the (?:retrospective )?requests? for ")
_WHY = re.compile(r"rationale for why (?:the )?requested treatments?/services?\b")


def undecided(view: View, marks: Sequence[Mark]) -> tuple[Span, ...]:
    """Where a `notice` or a `professional_review` begins to decide and says nothing that is understood."""
    if "has determined" not in view.folded and _WHY.search(view.folded) is None:
        return ()  # as in every letter of later years
    decided = {view.folded.rfind("maximus", match.start(), match.start("what")) for match in _determined(view)}
    opens = [match for match in _OPENS.finditer(view.folded) if match.start() not in decided]
    understood = {mark.span.start for mark in marks if mark.name is HeadingName.RATIONALE}
    opens += [match for match in _WHY.finditer(view.folded) if match.start() not in understood]
    return tuple(Span(*match.span()) for match in opens)


def _determined(view: View) -> Iterator[re.Match[str]]:
    return _DETERMINED.finditer(view.folded)


def _verdict_span(match: re.Match[str]) -> Span:
    return Span(_verdict_start(match, match.end("what")), match.end())


def _verdict_start(match: re.Match[str], lower: int) -> int:
    first = next((name for name in ("hedge", "not") if match[name]), None)
    return match.start(first) if first else match.string.find("medically", lower)


def _regarding_windows(view: View, marks: list[Mark], end: int, count: int) -> list[Span]:
    """One window an item: at "N) Regarding the request for", else at each guideline heading."""
    after = max((mark.span.end for mark in marks if mark.name in (HeadingName.SUMMARY, HeadingName.RECORDS)), default=0)
    starts = [
        m.start() for m in _REGARDING.finditer(view.folded, after, end) if m.start() in view.starts or m.group("number")
    ]
    if len(starts) != count:
        starts = [mark.span.start for mark in marks if mark.name is HeadingName.GUIDELINES]
    if len(starts) != count:
        starts = [mark.span.start for mark in marks if mark.name is HeadingName.RATIONALE]
    if len(starts) != count:
        return []
    return [Span(start, starts[i + 1] if i + 1 < count else end) for i, start in enumerate(starts)]


def _paragraphs(view: View, marks: list[Mark], window: Span) -> tuple[Span | None, Span | None]:
    inside = marks_between(marks, window.start, window.end)
    guidelines = next((mark for mark in inside if mark.name is HeadingName.GUIDELINES), None)
    rationale = next((mark for mark in inside if mark.name is HeadingName.RATIONALE), None)
    first = second = None
    if guidelines is not None:
        stop = rationale.span.start if rationale is not None else window.end
        first = nonempty(view.trim(guidelines.span.end, stop, extra=":"))
    if rationale is not None:
        second = nonempty(view.trim(rationale.span.end, window.end, extra=":"))
    return first, second


# --- professional_review ---------------------------------------------------------------------------------------------


def review_items(view: View, marks: list[Mark], end: int) -> list[Item]:
    """Items of a `professional_review`: each ISSUE AT DISPUTE line, decided in the rationale's own heading.

    Several issues may share one set of sections, each paragraph numbered as its issue, or each have a set of its own.
    """
    headings: list[Span] = []
    for mark in marks:
        if mark.name is HeadingName.ISSUE:
            headings.extend(_issue_lines(view, _until_next(view, mark, marks, end)))
    verdicts: list[_Verdict] = []
    for mark in marks:
        match = VERDICT.match(view.folded, *mark.span) if mark.name is HeadingName.RATIONALE else None
        if match is not None:
            body = _until_next(view, mark, marks, end)
            verdicts.append(_Verdict(match, body, _paragraphs_by_number(view, body) if len(headings) > 1 else {}))
    of_number: dict[int, _Verdict] = {}
    for verdict in verdicts:
        for number in verdict.numbered:
            of_number.setdefault(number, verdict)
    guidelines = [_until_next(view, mark, marks, end) for mark in marks if mark.name is HeadingName.GUIDELINES]
    own = len(guidelines) == len(headings)
    basis, shared = ({}, None) if own else _shared_basis(view, guidelines)
    items = []
    for index, heading in enumerate(headings):
        deadline.check()
        chosen = of_number.get(index + 1) or _verdict_by_order(verdicts, index, len(headings))
        if chosen is None:
            items.append(_undecided(heading))
            continue
        match, body, numbered = chosen.match, chosen.body, chosen.numbered
        rationale: Span | None = numbered.get(index + 1) if numbered else body if index < _MOST_SHARED else None
        start = _verdict_start(match, match.start())
        outcome, doubt = _outcome(view, match)
        if doubt is None and len(verdicts) < len(headings) and not _speaks_of(view, match, rationale, numbered):
            doubt = Doubt.SHARED
        items.append(
            Item(
                heading=heading,
                outcome=outcome,
                outcome_span=view.trim(start, match.end(), extra=":"),
                doubt=doubt,
                window=Span(heading.start, rationale.end if rationale else heading.end),
                guidelines=nonempty(guidelines[index])
                if own
                else basis.get(index + 1, shared if index < _MOST_SHARED else None),
                rationale=nonempty(rationale) if rationale is not None else None,
            )
        )
    return items


def _speaks_of(view: View, verdict: re.Match[str], rationale: Span | None, numbered: Mapping[int, Span]) -> bool:
    """Whether one verdict of fewer than there are issues is surely on this one: its own paragraph stands there.

    Where the verdict speaks of one treatment and stands over several paragraphs, another's may have been lost: then the
    paragraph must come to a conclusion itself.
    """
    if not numbered or rationale is None:
        return False
    several = _SEVERAL.search(verdict.group()) is not None
    return len(numbered) == 1 or several or any(True for _ in conclusions(view.folded, *rationale))


def _undecided(heading: Span) -> Item:
    """A request that the letter names, and no verdict on it."""
    nothing = Span(heading.end, heading.end)
    return Item(heading=heading, outcome=None, outcome_span=nothing, window=heading, doubt=Doubt.MISSING)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A rationale's heading that decides, what stands under it, and its paragraphs by number."""

    match: re.Match[str]
    body: Span
    numbered: dict[int, Span]


def _verdict_by_order(verdicts: list[_Verdict], index: int, count: int) -> _Verdict | None:
    """Where no rationale numbers a paragraph as the issue: the verdict that stands as it does, else the only one."""
    if len(verdicts) == count:
        return verdicts[index]
    return verdicts[0] if len(verdicts) == 1 else None


def _shared_basis(view: View, guidelines: list[Span]) -> tuple[dict[int, Span], Span | None]:
    """Guideline paragraphs by their issue's number, and what the others have: the first, where none has a number."""
    by_number: dict[int, Span] = {}
    for body in guidelines:
        for number, paragraph in _paragraphs_by_number(view, body).items():
            by_number.setdefault(number, paragraph)
    return by_number, None if by_number else next(iter(guidelines), None)


def _until_next(view: View, mark: Mark, marks: list[Mark], end: int) -> Span:
    behind = bisect_right(marks, mark.span.start, key=lambda other: other.span.start)
    return view.trim(mark.span.end, marks[behind].span.start if behind < len(marks) else end)


def _issue_lines(view: View, body: Span) -> list[Span]:
    """One heading for each numbered entry, or the whole body where nothing is numbered."""
    numbered = list(_NUMBERED.finditer(view.lined, *body))
    if not numbered or numbered[0].start() > body.start:
        number = _LEADING_NUMBER.match(view.flat, *body)
        body = view.trim(number.end(), body.end) if number else body
        return [body] if len(body) else []
    stops = [m.start() for m in numbered[1:]] + [body.end]
    return [view.trim(m.end(), stop) for m, stop in zip(numbered, stops, strict=True)]


def _paragraphs_by_number(view: View, body: Span) -> dict[int, Span]:
    """Number → paragraph, where the body begins with a number; numbers must rise, or they are of the text."""
    found: list[re.Match[str]] = []
    for match in _NUMBERED.finditer(view.lined, *body):
        if not found and match.start() > body.start:
            return {}
        if not found or _number(match) > _number(found[-1]):
            found.append(match)
    if not found:
        return {}
    stops = [match.start() for match in found[1:]] + [body.end]
    return {_number(match): view.trim(match.end(), stop) for match, stop in zip(found, stops, strict=True)}


def _number(match: re.Match[str]) -> int:
    return int(match.group("number") or match.group("mark"))


# --- decisions_and_rationales ----------------------------------------------------------------------------------------


def sentence_items(view: View, section: Span, marks: list[Mark]) -> list[Item]:
    """Items of `decisions_and_rationales` letters that decide in a sentence: "The request for X is not medically …".

    The sentence must begin a line, and be numbered in order or followed by what a side relied upon; a conclusion at
    the end of a rationale is neither.
    """
    opened = _opened(view, section)
    ends = [match.start() for match in opened[1:]] + [section.end]
    return [_sentence_item(view, match, end, marks) for match, end in zip(opened, ends, strict=False)]


def _opened(view: View, section: Span) -> list[re.Match[str]]:
    opened: list[re.Match[str]] = []
    for start in view.line_starts:
        deadline.check()
        if not section.start <= start < section.end or (opened and start < opened[-1].end()):
            continue
        match = _SENTENCE.match(view.folded, start, section.end)
        if match is None or ". " in match.group("what").replace("inc. ", ""):
            continue
        after = view.folded[match.end() : match.end() + 60].lstrip(" .")
        numbered = match.group("number") is not None and int(match.group("number")) == len(opened) + 1
        if numbered or after.startswith(_AFTER_DECISION):
            opened.append(match)
    return opened


def _sentence_item(view: View, match: re.Match[str], end: int, marks: list[Mark]) -> Item:
    inside = marks_between(marks, match.end(), end)
    rationale = next((mark for mark in inside if mark.name is HeadingName.RATIONALE), None)
    administrator = next((mark for mark in inside if mark.name is HeadingName.ADMINISTRATOR), None)
    expert = next((mark for mark in inside if mark.name is HeadingName.EXPERT), None)
    guidelines = None
    if administrator is None and expert is None:
        stop = rationale.span.start if rationale is not None else end
        guidelines = nonempty(view.trim(match.end(), stop, extra="."))
    outcome, doubt = _outcome(view, match)
    return Item(
        heading=view.trim(*match.span("what"), extra=","),
        outcome=outcome,
        outcome_span=_verdict_span(match),
        doubt=doubt,
        window=Span(match.start(), end),
        administrator=_until_next(view, administrator, inside, end) if administrator is not None else None,
        expert=_until_next(view, expert, inside, end) if expert is not None else None,
        guidelines=guidelines,
        rationale=view.trim(rationale.span.end, end) if rationale is not None else None,
    )
