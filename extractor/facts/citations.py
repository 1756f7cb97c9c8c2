"""Guideline paragraphs: the statement, what kind of guideline it rests on, and the citations in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.determination import ReliedOn, Source
from extractor.drafts import Draft
from extractor.normalize import View
from extractor.spans import Span
from extractor.vocabulary.guidelines import COMMA_NAMES, TITLE_AHEAD

_NONE_CITED = re.compile(
    r"\b(?:did not|didn't|does not|do not|failed to) (?:cite|provide|reference|specify|state|identify|use|rely (?:up)?on|list)\b[^.]{0,60}?(?:\bany\b|\ba\b|\bno\b|\bmedical evidence|\bguidelines?\b|\bevidence)"
    r"|\bno (?:medical )?(?:evidence|guidelines?|citations?)(?:[- ]based)? (?:was|were|is|are)? ?(?:cited|provided|referenced|given|specified|used)|\bcited (?:no\b|none\b)|\bbased (?:its|their) (?:decision|determination|denial) on (?:a|the) lack of\b"
)
_OUTSIDE = re.compile(r"\boutside (?:of )?the mtus|\bdid not base (?:their|its|his|her|his/her) decision on the mtus|\bnon- ?mtus\b")
_SENTENCE = re.compile(r"decision based on (?:the )?(?P<non>non- ?mtus citations?|other medical treatment guidelines?)?[ :,]*(?P<mtus>mtus\b)?[ :,]*")
_SECTIONS = re.compile(r" ?,? ?section ?\(s\) ?: ?")
_PAGES = re.compile(r"[,;]? ?\(?\b(?:pages? ?(?:\(s\))?|pgs?\.?|pp\.?|p\.)(?: ?numbers?)? ?[:#]? ?(?P<p>\d[\dA-Za-z.]*(?: ?(?:-|–|to|&|and|,) ?\d[\dA-Za-z.]*)*)\)?", re.IGNORECASE)
_NEXT_MTUS = re.compile(r" ?(?:,|;|\.)? ?(?:and |& )(?=(?P<acoem>mtus acoem |acoem )|(?P<mtus>mtus )?(?:" + TITLE_AHEAD.pattern + r"))|, (?=" + TITLE_AHEAD.pattern.replace("?\\b", "?\\b") + r")")
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


def read_basis(view: View, paragraph: Span | None, pointer: str, draft: Draft) -> None:
    """Say one side's basis from its paragraph (2014 and later); nothing where there is no paragraph."""
    if paragraph is None:
        return
    draft.say(f"{pointer}/statement", view.words(paragraph), paragraph)
    cited = cite(view, paragraph)
    _say(view, paragraph, cited, pointer, draft)


def _say(view: View, paragraph: Span, cited: list[Cited], pointer: str, draft: Draft) -> None:
    relied = relied_on(view.folded[paragraph.start : paragraph.end], cited)
    if relied is not None:
        draft.say(f"{pointer}/relied_on", relied.value, *_relied_at(view, paragraph, relied, cited), derived=True)
    for index, citation in enumerate(cited):
        base = f"{pointer}/citations/{index}"
        draft.say(f"{base}/source", citation.source.value, citation.source_at, derived=True)
        draft.say(f"{base}/mtus", citation.mtus, citation.source_at, derived=True)
        if citation.title is not None and len(citation.title):
            draft.say(f"{base}/title", view.words(citation.title), citation.title)
        if citation.year is not None:
            draft.say(f"{base}/year", int(view.words(citation.year)), citation.year)
        for number, section in enumerate(citation.sections):
            draft.say(f"{base}/sections/{number}", view.words(section), section)
        if citation.pages is not None:
            draft.say(f"{base}/pages", view.words(citation.pages), citation.pages)


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
_PROSE_SENTENCE = re.compile(r"[.!?][\"')]*\s+(?=[A-Z])")
_BY_ADMINISTRATOR = re.compile(r"\b(?:the )?claims administrator(?:'s)?\b")
_BY_REVIEWER = re.compile(r"^(?:however, )?(?:the )?(?:\w+ )?(?:expert reviewer|physician reviewer|professional reviewer|independent medical review|reviewer|maximus)\b")
_ABBREVIATED = re.compile(r"\b(?:pg|pgs|p|pp|ch|no|vs|ed|dr|st|al|vol)\.$", re.IGNORECASE)
_RELIED = re.compile(r"\b(?:based (?:its|his/her|his or her|his|her|their|the) (?:decision|determination|denial)s? (?:up)?on|relied (?:instead )?(?:up)?on|cited|referenced|utilized|applied|consulted) (?:the )?")
_PASSIVE = re.compile(r" ?,? (?:was|were|is|are) (?:the guidelines? )?(?:relied (?:up)?on|used|applied|cited|consulted|followed|selected|chosen)\b.*$")
_AGREES = re.compile(r"\b(?:guidelines?|chapter|section|page|source|citation|reference)s? (?:that (?:was|were) )?(?:used|cited|relied (?:up)?on|referenced|applied) by the claims administrator|\bthe same (?:guidelines?|chapter|section|page|source)|\bagree[sd]? with the guideline")
_DISAGREES = re.compile(r"\bnot (?:relevant|appropriate|applicable)")
_PART_OF = re.compile(r"[,;(]? ?(?:which|that)? ?(?:is|are|was|were)? ?(?P<not>not )?(?:a )?part of (?:the )?(?:california )?(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?\)?")
_GUIDELINE_WORD = re.compile(r"\bguidelines?\b|\bmtus\b|\bacoem\b|\bodg\b|\bmedical treatment utilization schedule|\bcomplaints\b|\bwww\.|\bhttp|\bjournal\b|\bet al\b|\bchapter\b|\btextbook\b|\bcochrane\b|\bstudy\b|\bliterature\b")
_PROSE_SPLIT = re.compile(r"[,;]? (?:and|as well as|along with) (?:the |on the )?(?=(?:california |2\d{3} )?(?:mtus|medical treatment utilization|acoem|american college|official disability|odg\b|chronic pain|postsurgical|post-surgical|acupuncture medical|neck and upper|low back comp|shoulder comp|knee comp|forearm|elbow (?:dis|comp)|ankle and foot))|; (?=\S)")
_MTUS_LEAD = re.compile(r"(?:the )?(?:california )?(?:(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?)(?: guidelines?\b)?(?:[,;:-]| of the| for)? ?(?:the )?")
_PROSE_TAIL = re.compile(r",? (?:because|since|inasmuch|but)\b.*$|, (?:which|as|and (?:found|stated|noted|that))\b.*$| ?,? (?:for|in|as|to) (?:his|her|its|their|the) (?:decision|determination|denial)\b.*$| relevant (?:and appropriate )?.*$| applicable .*$")


def read_joint_basis(view: View, paragraph: Span | None, pointer: str, draft: Draft, *, reviewer_only: bool) -> None:
    """Say both sides' bases from one paragraph in prose; `pointer` is `/decisions/i`.

    A sentence belongs to the side it speaks of, and those after it too until another side is named. In a professional
    review (`reviewer_only`) all of it is the reviewer's.
    """
    if paragraph is None:
        return
    numbered = _NUMBER_LEAD.match(view.flat, *paragraph)
    if numbered is not None:
        paragraph = view.trim(numbered.end(), paragraph.end)
    sides: dict[str, list[Span]] = {"claims_administrator_basis": [], "reviewer_basis": []}
    current = "reviewer_basis" if reviewer_only else ""
    for sentence in prose_sentences(view, paragraph):
        folded = view.folded[sentence.start : sentence.end]
        if not reviewer_only:
            if _BY_REVIEWER.match(folded):
                current = "reviewer_basis"
            elif (said := _BY_ADMINISTRATOR.search(folded)) is not None and said.start() < 12:
                current = "claims_administrator_basis"
        if current:
            sides[current].append(sentence)
    administrator: list[Cited] = []
    for side, sentences in sides.items():
        if not sentences:
            continue
        statement = Span(sentences[0].start, sentences[-1].end)
        base = f"{pointer}/{side}"
        draft.say(f"{base}/statement", view.words(statement), statement)
        cited = [one for sentence in sentences for one in _prose_citations(view, sentence, bare=reviewer_only)]
        folded = view.folded[statement.start : statement.end]
        if side == "claims_administrator_basis":
            administrator = cited
        agreed = _AGREES.search(folded) is not None and _DISAGREES.search(folded) is None
        if agreed and not cited and administrator:
            relied = relied_on("", administrator)
            draft.say(f"{base}/relied_on", relied.value if relied else None, paragraph, derived=True)
            continue
        _say(view, statement, cited, base, draft)


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
    if not regions and passive is not None:
        regions = [Span(sentence.start, passive.start())]
    elif not regions and bare and not _NONE_CITED.search(folded, *sentence) and not folded.startswith("no ", sentence.start):
        regions = [sentence]
    if not regions or (_NONE_CITED.search(folded, *sentence) and len(verbs) < 2):
        return []
    found: list[Cited] = []
    for region in regions:
        cuts, stops = [region.start], []
        for match in _PROSE_SPLIT.finditer(folded, *region):
            stops.append(match.start())
            cuts.append(match.end())
        stops.append(region.end)
        for cut, stop in zip(cuts, stops, strict=True):
            piece = view.trim(cut, stop, extra=" ,;.")
            if len(piece) < 3 or not _GUIDELINE_WORD.search(folded, *piece) or _AGREES.search(folded, *piece):
                continue
            found.append(_prose_part(view, piece))
    whole = list(_PART_OF.finditer(folded, *sentence))
    if len(whole) == 1 and re.search(r"\bare\b|\bwere\b", whole[0].group()):
        for citation in found:
            if citation.source_at.start < whole[0].start():
                citation.mtus = not whole[0].group("not")
    return found


def _prose_part(view: View, piece: Span) -> Cited:
    folded = view.folded
    part_of = _PART_OF.search(folded, *piece)
    end = part_of.start() if part_of else piece.end
    if part_of is not None and part_of.start() <= piece.start + 2:
        return Cited(Source.OTHER, piece, not part_of.group("not"), view.trim(*piece, extra=_EDGE))
    tail = _PROSE_TAIL.search(folded, piece.start, end)
    if tail is not None and tail.start() > piece.start + 3:
        end = tail.start()
    pages = _PAGES.search(view.flat, piece.start, end)
    page_span = Span(*pages.span("p")) if pages else None
    stated = not part_of.group("not") if part_of else None
    odg, acoem = _ODG.match(folded, piece.start, end), _ACOEM.match(folded, piece.start, end)
    mtus_lead = _MTUS_LEAD.match(folded, piece.start, end)
    title_end = pages.start() if pages else end
    after = pages.end() if pages else end
    if odg is not None:
        title = _odg_title(view, odg.end(), end)
        return Cited(Source.ODG, piece, bool(stated), title, _year(view, title))
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
    title = view.trim(start, max(title_end, start), extra=_EDGE + "()" if title_end - start < 3 else _EDGE)
    year = _year(view, title)
    return Cited(source, piece, inside, title, year, [], page_span)


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
        if match.group("mtus") and not match.group("non"):
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
