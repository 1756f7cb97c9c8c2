"""Citations of a labelled guideline paragraph: "Decision based on MTUS Low Back Complaints 2004, Section(s): …"."""

from __future__ import annotations

import re
from collections import deque

from extractor.facts.cited import ACOEM, ACOEM_ANYWHERE, EDGE, ODG, ODG_ANYWHERE, PAGES, CitedTitle, odg_title, year_in
from extractor.facts.prose import PART_OF, guidelines_named
from extractor.processes import deadline
from extractor.records.determination import Source
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.guidelines import COMMA_NAMES, TITLE_AHEAD

# "Decision based on MTUS …", "Decision based on Non-MTUS Citation …", also with a misspelled "Decision"
SENTENCE = re.compile(
    r"d[ec]\w{3,6}on based on (?:the )?(?P<non>non- ?mtus citations?|other medical treatment guidelines?)?"
    r"[ :,]*(?P<mtus>mtus\b)?[ :,]*"
)
_SECTIONS = re.compile(r" ?,? ?section ?\(s\) ?: ?")
# "and", a comma or a semicolon between two guidelines of the MTUS, told by what begins there
_NEXT_MTUS = re.compile(
    rf" ?(?:(?:,|;|\.)? ?(?:and |& )|; )(?=(?:mtus acoem |acoem )|(?:mtus )?(?:{TITLE_AHEAD.pattern}))"
    rf"|, (?={TITLE_AHEAD.pattern})"
    # behind an edition's year the next guideline begins, whatever it is called, if it has a year, too
    r"|(?:(?<=(?:19|20)\d\d)|(?<=(?:19|20)\d\d\)))(?:;|,? and|,) (?=(?:mtus )?[^,;:]{3,60} (?:19|20)\d\d\b)"
)
_TITLE_YEAR = re.compile(
    r",? ?\(?(?:acoem,? ?)?(?:[a-z]{3,9}\.? \d{1,2}, |(?:january|february|march|april|may|june|july|august|september"
    r"|october|november|december),? )?(?P<y>(?:19|20)\d\d)\)?$"
)
_AND_SOURCE = re.compile(r",? ?\b(?:and|&) (?:the )?(?=(?:official disability guidelines|odg\b))")
_AND_OTHER = re.compile(r"[,;.]? ?(?:and )?other medical treatment guidelines?(?: or medical evidence)?:? ?")


def cite(view: View, paragraph: Span) -> list[CitedTitle]:
    """The citations of a paragraph, in printed order."""
    folded = view.folded
    openings = list(SENTENCE.finditer(folded, *paragraph))
    stops = [opening.start() for opening in openings[1:]] + [paragraph.end]
    found: list[CitedTitle] = []
    for opening, stop in zip(openings, stops, strict=False):
        deadline.check()
        body = view.trim(opening.end(), stop)
        if not len(body):
            continue
        if opening.group("non"):
            found += _non_mtus(view, body, opening.start("non"))
        elif opening.group("mtus"):
            found += _mtus(view, body, Span(*opening.span("mtus")))
        elif PART_OF.search(folded, *body):
            found += guidelines_named(view, [body], body)
        else:
            found += _non_mtus(view, body, body.start)
    return found


# --- "MTUS …" --------------------------------------------------------------------------------------------------------


def _mtus(view: View, body: Span, word: Span) -> list[CitedTitle]:
    """Guidelines of the MTUS; `word` is the "MTUS" before them.

    "Low Back Complaints 2004, Section(s): A, B, and Chronic Pain Medical Treatment 2016, Section(s): C."
    """
    folded = view.folded
    cited: list[CitedTitle] = []
    other = _AND_OTHER.search(folded, *body)
    if other is not None and other.start() > body.start:
        cited = _other(view, view.trim(other.end(), body.end, extra=EDGE))
        body = view.trim(body.start, other.start())
    cuts, stops = [body.start], []
    counted, depth = body.start, 0
    for match in _NEXT_MTUS.finditer(folded, *body):
        depth += folded.count("(", counted, match.start()) - folded.count(")", counted, match.start())
        counted = match.start()
        if match.start() > cuts[-1] and depth <= 0:
            stops.append(match.start())
            cuts.append(match.end())
    stops.append(body.end)
    parts = []
    for start, stop in zip(cuts, stops, strict=True):
        part = view.trim(start, stop, extra=",;")
        if folded.startswith("mtus ", *part):
            part = Span(part.start + len("mtus "), part.end)
        if len(part):
            parts.append(_mtus_part(view, part, word))
    return parts + cited


def _mtus_part(view: View, part: Span, word: Span) -> CitedTitle:
    """One guideline of the MTUS: title, year, then sections or pages."""
    folded = view.folded
    acoem = ACOEM.match(folded, *part)
    start = acoem.end() if acoem is not None else part.start
    label = _SECTIONS.search(folded, start, part.end)
    pages = PAGES.search(view.flat, start, part.end)
    title = view.trim(start, min([part.end, *(match.start() for match in (label, pages) if match)]), extra=EDGE)
    year = _TITLE_YEAR.search(folded, *title)
    if year is not None:
        title = view.trim(title.start, year.start(), extra=EDGE)
    sections: tuple[Span, ...] = ()
    if label is not None:
        stop = pages.start() if pages is not None and pages.start() > label.end() else part.end
        sections = _sections(view, Span(label.end(), stop))
    return CitedTitle(
        source=Source.MTUS if acoem is None else Source.ACOEM,
        source_at=word if acoem is None else Span(*acoem.span()),
        mtus=True,
        title=title,
        year=Span(*year.span("y")) if year is not None else None,
        sections=sections,
        pages=Span(*pages.span("p")) if pages is not None else None,
    )


def _sections(view: View, region: Span) -> tuple[Span, ...]:
    """Section names: split at commas, but not inside brackets, before lower case, or in names that have commas."""
    text, folded = view.flat, view.folded
    region = view.trim(*region, extra=".,;")
    kept = deque(Span(*match.span()) for match in COMMA_NAMES.finditer(folded, *region))
    found: list[Span] = []
    start, depth = region.start, 0
    for at in range(region.start, region.end):
        char = text[at]
        depth += (char in "([") - (char in ")]")
        if char not in ",;" or depth > 0:
            continue
        next_word = view.trim(at + 1, region.end).start
        first = text[next_word : min(next_word + 1, region.end)]
        led_by_and = text.startswith("and ", next_word, region.end)
        if first.islower() and not led_by_and:
            continue
        while kept and kept[0].end <= at:
            kept.popleft()
        if first == "&" or (kept and kept[0].start <= at):
            continue
        found.append(view.trim(start, at, extra=".,;"))
        start = next_word + len("and ") if led_by_and else at + 1
    found.append(view.trim(start, region.end, extra=".,;"))
    return tuple(span for span in found if len(span))


# --- "Non-MTUS Citation …" -------------------------------------------------------------------------------------------


def _non_mtus(view: View, body: Span, start: int) -> list[CitedTitle]:
    """Citations outside the MTUS; `start` is where the words begin that say so."""
    folded = view.folded
    tail: list[CitedTitle] = []
    other = _AND_OTHER.search(folded, *body)
    if other is not None:
        tail = _other(view, view.trim(other.end(), body.end, extra=EDGE))
        body = view.trim(body.start, other.start(), extra=EDGE)
        if not len(body):
            return tail
    second = _AND_SOURCE.search(folded, *body) if ACOEM.match(folded, body.start) else None
    pieces = [body] if second is None else [view.trim(body.start, second.start()), view.trim(second.end(), body.end)]
    return [_outside(view, piece, start) for piece in pieces] + tail


def _outside(view: View, piece: Span, start: int) -> CitedTitle:
    """One citation outside the MTUS, its source told by the words from `start` on."""
    folded = view.folded
    odg = ODG.match(folded, *piece)
    if odg is not None:
        title = odg_title(view, odg.end(), piece.end)
        return CitedTitle(Source.ODG, Span(start, odg.end()), False, title, year_in(view, title))
    acoem = ACOEM.match(folded, *piece)
    if acoem is not None:
        pages = PAGES.search(view.flat, acoem.end(), piece.end)
        if pages is not None and view.flat[pages.end() : piece.end].strip(EDGE):
            pages = None  # they stand inside the title
        title = view.trim(acoem.end(), pages.start() if pages else piece.end, extra=EDGE)
        return CitedTitle(
            source=Source.ACOEM,
            source_at=Span(start, acoem.end()),
            mtus=False,
            title=title,
            year=year_in(view, title),
            pages=Span(*pages.span("p")) if pages else None,
        )
    title = view.trim(*view.trim(*piece, extra=" ,;"), extra=".")
    source = Source.OTHER
    if ODG_ANYWHERE.search(folded, *piece):
        source = Source.ODG
    elif ACOEM_ANYWHERE.search(folded, *piece):
        source = Source.ACOEM
    return CitedTitle(source, view.trim(start, piece.end), False, title, year_in(view, title))


def _other(view: View, rest: Span) -> list[CitedTitle]:
    """What follows "other medical treatment guideline or medical evidence:"; nothing often does."""
    if not len(rest):
        return []
    title = view.trim(*rest, extra=".,;")
    return [CitedTitle(Source.OTHER, rest, False, title, year_in(view, title))]
