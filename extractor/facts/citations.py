"""Guideline paragraphs: whose each sentence is, what kind of guideline it rests on, and the citations in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.determination import ReliedOn, Source
from extractor.normalize import View, key
from extractor.spans import Span
from extractor.vocabulary.guidelines import COMMA_NAMES, TITLE_AHEAD

_NONE_CITED = re.compile(
    r"\b(?:did not|didn't|does not|do not|failed to) (?:cite|provide|reference|specify|state|identify|use|rely (?:up)?on|list)\b[^.]{0,60}?(?:\bany\b|\ba\b|\bno\b|\bmedical evidence|\bguidelines?\b|\bevidence)"
    r"|\bno (?:medical )?(?:evidence|guidelines?|citations?)(?:[- ]based)? (?:was|were|is|are)? ?(?:cited|provided|referenced|given|specified|used)|\bcited (?:no\b|none\b)|\bbased (?:its|their) (?:decision|determination|denial) on (?:a|the) lack of\b"
)
_OUTSIDE = re.compile(r"\boutside (?:of )?the mtus|\bdid not base (?:their|its|his|her|his/her) decision on the mtus|\bnon- ?mtus\b")
_SENTENCE = re.compile(r"d[ec]\w{3,6}on based on (?:the )?(?P<non>non- ?mtus citations?|other medical treatment guidelines?)?[ :,]*(?P<mtus>mtus\b)?[ :,]*")
_SECTIONS = re.compile(r" ?,? ?section ?\(s\) ?: ?")
_PAGES = re.compile(r"[,;]? ?\(?\b(?:pages? ?(?:\(s\))?|pgs?\.?|pp\.?|p\.)(?: ?numbers?)? ?[:#]? ?(?P<p>\d[\dA-Za-z]*(?:\.\d+)?(?: ?(?:-|–|to|&|and|,) ?\d[\dA-Za-z]*(?:\.\d+)?)*)\)?", re.IGNORECASE)
_NEXT_MTUS = re.compile(r" ?(?:(?:,|;|\.)? ?(?:and |& )|; )(?=(?P<acoem>mtus acoem |acoem )|(?P<mtus>mtus )?(?:" + TITLE_AHEAD.pattern + r"))|, (?=" + TITLE_AHEAD.pattern.replace("?\\b", "?\\b") + r")")
_TITLE_YEAR = re.compile(r",? ?\(?(?P<y>(?:19|20)\d\d)\)?$")
_YEAR = re.compile(r"(?<![\d/.-])(?P<y>(?:19|20)\d\d)(?![\d/-])")
_DATED = re.compile(r"\((?:updated|accessed|revised)[^)]*\)|(?:updated|accessed|retrieved)(?: on| from)?[^,;)]{0,40}|https?:\S+|www\.\S+|\d{1,2}/\d{1,2}/\d{2,4}|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}, \d{4}")
_ODG = re.compile(r"(?:the )?(?:official disability guidelines?(?:[ ,-]*\(? ?odg ?\)?)?|odg(?: \(official disability guidelines?\))?)(?: guidelines?\b)?(?: treatment in workers' compensation)?")
_ODG_ANYWHERE = re.compile(r"\bodg\b|\bofficial disability guideline")
_ACOEM = re.compile(r"(?:the )?(?:american college of occupational (?:and|&) environmental medicine(?: \(acoem\))?|acoem(?: \([^)]*\))?)(?:'s)?(?: (?:practice )?guidelines?\b)?")
_ACOEM_ANYWHERE = re.compile(r"\bacoem\b|\bamerican college of occupational")
_AND_SOURCE = re.compile(r",? ?\b(?:and|&) (?:the )?(?=(?:official disability guidelines|odg\b))")
_AND_OTHER = re.compile(r"[,;.]? ?(?:and )?other medical treatment guidelines?(?: or medical evidence)?:? ?")
_EDGE = " ,;:/.-–"


@dataclass(slots=True)
class Cited:
    """One citation, its leaves as view spans."""

    source: Source
    source_at: Span
    mtus: bool
    title: Span | None = None
    year: Span | None = None
    sections: list[Span] = field(default_factory=list)
    pages: Span | None = None
    mtus_at: Span | None = None
    """The words that say whether it is part of the MTUS, where they are not those at `source_at`."""


@dataclass(frozen=True, slots=True)
class BasisFact:
    """What one side says it decided on; view spans."""

    statement: Span
    relied_on: ReliedOn | None
    relied_at: tuple[Span, ...]
    """The words that tell it."""
    citations: tuple[Cited, ...]

    by_title: dict[str, list[Cited]]
    """The citations by the words of their title (as `normalize.key` gives them); those without one under ""."""


def read_basis(view: View, paragraph: Span | None) -> BasisFact | None:
    """One side's basis from its own paragraph (2014 and later); None where there is no paragraph."""
    if paragraph is None:
        return None
    return _fact(view, paragraph, cite(view, paragraph))


def _fact(view: View, statement: Span, cited: list[Cited]) -> BasisFact:
    relied = relied_on(view.folded[statement.start : statement.end], cited)
    at = tuple(_relied_at(view, statement, relied, cited)) if relied is not None else ()
    by_title: dict[str, list[Cited]] = {}
    for citation in cited:
        by_title.setdefault(key(view.words(citation.title)) if citation.title else "", []).append(citation)
    return BasisFact(statement, relied, at, tuple(cited), by_title)


def _relied_at(view: View, paragraph: Span, relied: ReliedOn, cited: list[Cited]) -> list[Span]:
    """The words that decide: who cited nothing, or the first citation of each kind."""
    if relied is ReliedOn.NONE and (match := _NONE_CITED.search(view.folded, *paragraph)):
        return [Span(*match.span())]
    places = [
        next((citation.source_at for citation in cited if citation.mtus is kind), None)
        for kind in (True, False)
        if relied is ReliedOn.BOTH or kind is (relied is ReliedOn.MTUS)
    ]
    found = [place for place in places if place is not None]
    if not found and (match := _OUTSIDE.search(view.folded, *paragraph)):
        return [Span(*match.span())]
    return found or [paragraph]


def relied_on(folded: str, cited: list[Cited]) -> ReliedOn | None:
    """What kind of guideline a statement says it rests on; None where it does not tell."""
    inside = any(citation.mtus for citation in cited)
    outside = any(not citation.mtus for citation in cited)
    if not cited and _NONE_CITED.search(folded) and not _OUTSIDE.search(folded):
        return ReliedOn.NONE
    if inside and outside:
        return ReliedOn.BOTH
    if inside:
        return ReliedOn.MTUS
    if outside or _OUTSIDE.search(folded):
        return ReliedOn.NON_MTUS
    return None


# --- 2013: one paragraph in prose for both sides ---------------------------------------------------------------------

_NUMBER_LEAD = re.compile(r"\s?(?:#\d{1,2} ?[:.)]|\(?\d{1,2}[.)])\s?")
_PROSE_SENTENCE = re.compile(r"[.!?][\"')]*\s+(?=[^a-z\s])")
_BY_ADMINISTRATOR = re.compile(r"\b(?:the )?claims administrator(?:'s)?\b")
_BY_REVIEWER = re.compile(r"^(?:however, )?(?:the )?(?:\w+ )?(?:expert reviewer|physician reviewer|professional reviewer|independent medical review|reviewer|maximus)\b")
_BY_PROVIDER = re.compile(r"(?:the )?(?:\w+ )?(?:provider|applicant|employee|patient|injured worker|claimant|parties)\b")
_ABBREVIATED = re.compile(r"\b(?:pg|pgs|p|pp|ch|no|vs|ed|dr|st|al|vol)\.$", re.IGNORECASE)
_RELIED = re.compile(r"\b(?:based (?:its|his/her|his or her|his|her|their|the) (?:decision|determination|denial)s? (?:up)?on|relied (?:instead |as well |also |solely |mainly )?(?:up)?on|cited|referenced|utilized|applied|consulted) (?:the )?")
_PASSIVE = re.compile(r" ?,? (?:(?:was|were|is|are) )?(?:the guidelines? )?(?:relied (?:up)?on|used|applied|cited|consulted|followed|selected|chosen)\b.*$")
_AGREES = re.compile(r"\b(?:guideline|chapter|section|page|source|citation|reference)s? (?:that (?:was|were) )?(?:used|cited|relied (?:up)?on|referenced|applied) by the claims administrator|\b(?:the )?same (?:guidelines?|chapter|section|page|source)|\bagree[sd]? with the guideline")
_DISAGREES = re.compile(r"\bnot (?:relevant|appropriate|applicable)")
_NO_GUIDELINE = re.compile(r"\b(?:a|the) lack of\b|\bno (?:section|chapter|guideline|part|mtus)\b|\b(?:does|do|did) not (?:have|address|contain|speak|apply|discuss)|\bis silent|\bnone\b|\bno evidence|\bany (?:medical )?evidence|\bany guideline")
_PART_OF = re.compile(r"[,;(]? ?(?:(?P<neither>neither of which)|which|that)? ?(?:is|are|was|were)? ?(?P<not>not )?(?:a )?part of (?:the )?(?:california )?(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?\)?")
_GUIDELINE_WORD = re.compile(r"\bguidelines?\b|\bmtus\b|\bacoem\b|\bodg\b|\bmedical treatment utilization schedule|\bcomplaints\b|\bwww\.|\bhttp|\bjournal\b|\bet al\b|\bchapter\b|\btextbook\b|\bcochrane\b|\barticle\b|\bstudy\b|\bliterature\b")
_PROSE_SPLIT = re.compile(r"[,;]? and on (?:the |an? )?|[,;]? (?:and|as well as|along with) (?:the |on the )?(?=(?:california |2\d{3} )?(?:mtus|medical treatment utilization|acoem|american college|official disability|odg\b|fda|chronic pain|postsurgical|post-surgical|acupuncture medical|neck and upper|low back comp|shoulder comp|knee comp|forearm|elbow (?:dis|comp)|ankle and foot))|; (?=\S)")
_MTUS_LEAD = re.compile(r"(?:the )?(?:california )?(?:(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?)(?: guidelines?\b)?(?:[,;:-]| of the| for)? ?(?:the )?")
_ARTICLE = re.compile(r"other medical (?:treatment )?guidelines?: ?(?:the )?|(?:the|an?) (?:article |study |journal article )?|article ")
_PROSE_TAIL = re.compile(r",? (?:because|since|inasmuch|but)\b.*$|, (?:which|as|and (?:found|stated|noted|that))\b.*$| ?,? (?:for|in|as|to) (?:his|her|its|their|the) (?:decision|determination|denial)\b.*$| relevant (?:and appropriate )?.*$| applicable .*$")


def read_joint_basis(
    view: View, paragraph: Span, *, reviewer_only: bool
) -> tuple[BasisFact | None, BasisFact | None]:
    """Both sides' bases (the claims administrator's, the reviewer's) from one paragraph in prose.

    A sentence belongs to the side it speaks of, and those after it too until another side is named. In a professional
    review (`reviewer_only`) all of it is the reviewer's. A reviewer who only adopts the administrator's guideline
    relied on the same kind, and cites nothing more.
    """
    numbered = _NUMBER_LEAD.match(view.flat, *paragraph)
    if numbered is not None:
        paragraph = view.trim(numbered.end(), paragraph.end)
    administrator: list[Span] = []
    reviewer: list[Span] = []
    current: list[Span] | None = reviewer if reviewer_only else None
    for sentence in prose_sentences(view, paragraph):
        folded = view.folded[sentence.start : sentence.end]
        if not reviewer_only:
            if _BY_PROVIDER.match(folded):
                current = None
            elif _BY_REVIEWER.match(folded):
                current = reviewer
            elif (said := _BY_ADMINISTRATOR.search(folded)) is not None and said.start() < 12:
                current = administrator
        if current is not None:
            current.append(sentence)
    first = _prose_fact(view, administrator, None, bare=False)
    return first, _prose_fact(view, reviewer, first, bare=reviewer_only)


def _prose_fact(view: View, sentences: list[Span], other: BasisFact | None, *, bare: bool) -> BasisFact | None:
    if not sentences:
        return None
    statement = Span(sentences[0].start, sentences[-1].end)
    cited = [one for sentence in sentences for one in _prose_citations(view, sentence, bare=bare)]
    folded = view.folded[statement.start : statement.end]
    agreed = _AGREES.search(folded) is not None and _DISAGREES.search(folded) is None
    if agreed and not cited and other is not None and other.citations:
        return BasisFact(statement, other.relied_on, other.relied_at, (), {})
    return _fact(view, statement, cited)


def prose_sentences(view: View, region: Span) -> list[Span]:
    """The sentences of a stretch of prose; "pg. 46" ends none."""
    found: list[Span] = []
    start = region.start
    for match in _PROSE_SENTENCE.finditer(view.flat, *region):
        if _ABBREVIATED.search(view.flat[start : match.start() + 1]):
            continue
        found.append(view.trim(start, match.end()))
        start = match.end()
    found.append(view.trim(start, region.end))
    return [span for span in found if len(span)]


def _prose_citations(view: View, sentence: Span, *, bare: bool = False) -> list[Cited]:
    """Citations of one sentence: behind each "based its decision on" or "relied on", or before "was relied upon".

    `bare` is a paragraph of a professional review that just names its guideline.
    """
    folded = view.folded
    if _SENTENCE.match(folded, *sentence):
        return cite(view, sentence)
    verbs = list(_RELIED.finditer(folded, *sentence))
    regions = [
        Span(verb.end(), verbs[index + 1].start() if index + 1 < len(verbs) else sentence.end)
        for index, verb in enumerate(verbs)
    ]
    passive = _PASSIVE.search(folded, *sentence)
    if passive is not None and _GUIDELINE_WORD.search(folded, sentence.start, passive.start()):
        regions = [Span(sentence.start, passive.start())]
    elif not regions and bare and not folded.startswith("no ", sentence.start):
        tail = _PROSE_TAIL.search(folded, *sentence)
        regions = [Span(sentence.start, tail.start() if tail else sentence.end)]
    return [one for region in regions for one in _prose_pieces(view, region, sentence)]


def _prose_pieces(view: View, region: Span, sentence: Span) -> list[Cited]:
    """The guidelines that a stretch of prose lists; "which are part of the MTUS" speaks of all before it."""
    folded = view.folded
    found: list[Cited] = []
    cuts, stops = [region.start], []
    for match in _PROSE_SPLIT.finditer(folded, *region):
        if match.start() <= cuts[-1]:
            continue
        stops.append(match.start())
        cuts.append(match.end())
    stops.append(region.end)
    for cut, stop in zip(cuts, stops, strict=True):
        piece = view.trim(cut, stop, extra=" ,;.")
        if len(piece) < 3 or not _GUIDELINE_WORD.search(folded, *piece) or _AGREES.search(folded, *piece):
            continue
        if not _NO_GUIDELINE.search(folded, *piece):
            found.append(_prose_part(view, piece))
    whole = list(_PART_OF.finditer(folded, *sentence))
    if len(whole) == 1 and (whole[0].group("neither") or re.search(r"\bare\b|\bwere\b", whole[0].group())):
        for citation in found:
            if citation.source_at.start < whole[0].start():
                citation.mtus = not (whole[0].group("not") or whole[0].group("neither"))
                citation.mtus_at = Span(*whole[0].span())
    return found


def _prose_part(view: View, piece: Span) -> Cited:
    folded = view.folded
    other = _ARTICLE.match(folded, *piece)
    if other is not None and other.group().startswith("other"):
        piece = view.trim(other.end(), piece.end)
    part_of = _PART_OF.search(folded, *piece)
    end = part_of.start() if part_of else piece.end
    if part_of is not None and part_of.start() <= piece.start + 2:
        return Cited(Source.OTHER, piece, not part_of.group("not"), view.trim(*piece, extra=_EDGE))
    tail = _PROSE_TAIL.search(folded, piece.start, end)
    if tail is not None and tail.start() > piece.start + 3:
        end = tail.start()
    pages = _PAGES.search(view.flat, piece.start, end)
    page_span = Span(*pages.span("p")) if pages else None
    stated = not (part_of.group("not") or part_of.group("neither")) if part_of else None
    odg, acoem = _ODG.match(folded, piece.start, end), _ACOEM.match(folded, piece.start, end)
    mtus_lead = _MTUS_LEAD.match(folded, piece.start, end)
    title_end = pages.start() if pages else end
    after = pages.end() if pages else end
    mtus_at = Span(*part_of.span()) if part_of else None
    if odg is not None:
        title = _odg_title(view, odg.end(), end)
        return Cited(Source.ODG, Span(*odg.span()), bool(stated), title, _year(view, title), mtus_at=mtus_at)
    start = piece.start
    source = Source.OTHER
    inside = bool(stated)
    if mtus_lead is not None and mtus_lead.end() <= title_end:
        source, start, inside = Source.MTUS, mtus_lead.end(), stated is not False
        acoem = _ACOEM.match(folded, start, end)
    if acoem is not None:
        source, start = Source.ACOEM, acoem.end()
    elif _ACOEM_ANYWHERE.search(folded, *piece):
        source = Source.ACOEM
    elif source is Source.OTHER and (inside or TITLE_AHEAD.match(folded, start, end)):
        source, inside = Source.MTUS, stated is not False
    if pages is not None and pages.start() <= start + 2 and after < end:  # "pages 3-4 of the …"
        of_the = re.compile(r" ?,? ?(?:of|in|from)? ?(?:the )?").match(folded, after, end)
        start, title_end = of_the.end() if of_the else after, end
        if inside or TITLE_AHEAD.match(folded, start, end):
            source, inside = (Source.MTUS if source is Source.OTHER else source), stated is not False
    article = _ARTICLE.match(folded, start, title_end)
    title = view.trim(article.end() if article else start, max(title_end, start), extra=_EDGE)
    year = _year(view, title)
    place = Span(piece.start, max(title_end, piece.start + 1))
    return Cited(source, place, inside, title, year, [], page_span, mtus_at)


def cite(view: View, paragraph: Span) -> list[Cited]:
    """The citations of a paragraph, in printed order."""
    folded = view.folded
    openings = list(_SENTENCE.finditer(folded, *paragraph))
    found: list[Cited] = []
    for index, match in enumerate(openings):
        stop = openings[index + 1].start() if index + 1 < len(openings) else paragraph.end
        body = view.trim(match.end(), stop)
        if not len(body):
            continue
        if not match.group("mtus") and not match.group("non") and _PART_OF.search(folded, *body):
            found += _prose_pieces(view, body, body)
        elif match.group("mtus") and not match.group("non"):
            found += _mtus(view, body, Span(*match.span("mtus")))
        else:
            found += _non_mtus(view, body, Span(match.start("non") if match.group("non") else body.start, body.start))
    return found


def _mtus(view: View, body: Span, sentence: Span) -> list[Cited]:
    """ "Low Back Complaints 2004, Section(s): A, B, and Chronic Pain Medical Treatment 2016, Section(s): C." """
    folded = view.folded
    cited: list[Cited] = []
    other = _AND_OTHER.search(folded, *body)
    if other is not None and other.start() > body.start:
        rest = view.trim(other.end(), body.end, extra=_EDGE)
        if len(rest):
            cited.append(_other(view, rest))
        body = view.trim(body.start, other.start())
    cuts = [body.start]
    stops = []
    for match in _NEXT_MTUS.finditer(folded, *body):
        if match.start() <= cuts[-1] or _inside_brackets(folded, body.start, match.start()):
            continue
        stops.append(match.start())
        cuts.append(match.end())
    stops.append(body.end)
    parts = []
    for start, stop in zip(cuts, stops, strict=True):
        part = view.trim(start, stop, extra=",;")
        if folded.startswith("mtus ", part.start, part.end):
            part = Span(part.start + 5, part.end)
        if len(part):
            parts.append(_mtus_part(view, part, sentence))
    return parts + cited


def _mtus_part(view: View, part: Span, sentence: Span) -> Cited:
    folded = view.folded
    source = Source.MTUS
    start = part.start
    acoem = _ACOEM.match(folded, part.start, part.end)
    if acoem is None and folded.startswith("acoem", part.start):
        acoem = re.compile("acoem").match(folded, part.start)
    if acoem is not None:
        source, start = Source.ACOEM, acoem.end()
    sections_at = _SECTIONS.search(folded, start, part.end)
    end = sections_at.start() if sections_at else part.end
    pages = _PAGES.search(view.flat, start, part.end)
    page_span: Span | None = None
    if pages is not None:
        page_span = Span(*pages.span("p"))
        end = min(end, pages.start())
    sections_end = pages.start() if pages is not None and sections_at and pages.start() > sections_at.end() else part.end
    title = view.trim(start, end, extra=_EDGE)
    year_match = _TITLE_YEAR.search(folded, *title)
    year: Span | None = None
    if year_match is not None:
        year = Span(*year_match.span("y"))
        title = view.trim(title.start, year_match.start(), extra=_EDGE)
    sections = _sections(view, Span(sections_at.end(), sections_end)) if sections_at else []
    place = sentence if acoem is None else Span(*acoem.span())
    return Cited(source, place, True, title, year, sections, page_span)


def _sections(view: View, region: Span) -> list[Span]:
    """Section names: split at commas, but not inside brackets, before lower case, or in names that have commas."""
    text, folded = view.flat, view.folded
    region = view.trim(*region, extra=".,;")
    kept = [Span(*match.span()) for match in COMMA_NAMES.finditer(folded, *region)]
    found: list[Span] = []
    start, depth = region.start, 0
    for at in range(region.start, region.end):
        char = text[at]
        depth += (char in "([") - (char in ")]")
        if char not in ",;" or depth > 0:
            continue
        following = text[at + 1 : region.end].lstrip()
        if following[:1].islower() and not following.startswith("and "):
            continue
        if following[:1] == "&" or any(span.start <= at < span.end for span in kept):
            continue
        found.append(view.trim(start, at, extra=".,;"))
        start = at + 1
        if following.startswith("and "):
            start = text.index("and ", at) + 4
    found.append(view.trim(start, region.end, extra=".,;"))
    return [span for span in found if len(span)]


def _non_mtus(view: View, body: Span, sentence: Span) -> list[Cited]:
    folded = view.folded
    found: list[Cited] = []
    other = _AND_OTHER.search(folded, *body)
    tail: list[Cited] = []
    if other is not None:
        rest = view.trim(other.end(), body.end, extra=_EDGE)
        if len(rest):
            tail = [_other(view, rest)]
        body = view.trim(body.start, other.start(), extra=_EDGE)
        if not len(body):
            return tail
    second = _AND_SOURCE.search(folded, *body) if _ACOEM.match(folded, body.start) else None
    pieces = [body] if second is None else [view.trim(body.start, second.start()), view.trim(second.end(), body.end)]
    for piece in pieces:
        found.append(_outside(view, piece, sentence))
    return found + tail


def _outside(view: View, piece: Span, sentence: Span) -> Cited:
    """One citation outside the MTUS."""
    folded = view.folded
    odg = _ODG.match(folded, *piece)
    acoem = _ACOEM.match(folded, *piece) or (re.compile("acoem").match(folded, *piece))
    named = odg or acoem
    place = Span(sentence.start, named.end()) if named else view.trim(sentence.start, piece.end)
    if odg is not None:
        title = _odg_title(view, odg.end(), piece.end)
        return Cited(Source.ODG, place, False, title, _year(view, title))
    if acoem is not None:
        end = piece.end
        pages = _PAGES.search(view.flat, acoem.end(), piece.end)
        page_span: Span | None = None
        if pages is not None and not view.flat[pages.end() : piece.end].strip(_EDGE):
            page_span, end = Span(*pages.span("p")), pages.start()
        title = view.trim(acoem.end(), end, extra=_EDGE)
        return Cited(Source.ACOEM, place, False, title, _year(view, title), [], page_span)
    title = view.trim(*piece, extra=" ,;")
    title = view.trim(*title, extra=".")
    source = Source.ODG if _ODG_ANYWHERE.search(folded, *piece) else Source.OTHER
    if source is Source.OTHER and _ACOEM_ANYWHERE.search(folded, *piece):
        source = Source.ACOEM
    return Cited(source, place, False, title, _year(view, title))


def _odg_title(view: View, start: int, end: int) -> Span:
    """What follows the name, without the separator before it and the stop behind it; closing brackets stay."""
    while start < end and view.flat[start] in " ,;:/.-–":
        start += 1
    return view.trim(start, end, extra=".,;")


def _other(view: View, piece: Span) -> Cited:
    title = view.trim(*piece, extra=".,;")
    return Cited(Source.OTHER, piece, False, title, _year(view, title))


def _year(view: View, title: Span) -> Span | None:
    """A printed year of the edition; not one of an update or access date or inside a URL."""
    folded = view.folded
    dated = [Span(*match.span()) for match in _DATED.finditer(folded, *title)]
    for match in _YEAR.finditer(folded, *title):
        place = Span(*match.span("y"))
        if not any(span.overlaps(place) for span in dated):
            return place
    return None


def _inside_brackets(folded: str, start: int, at: int) -> bool:
    return folded.count("(", start, at) > folded.count(")", start, at)
