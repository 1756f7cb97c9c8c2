"""Guidelines named in prose, as letters of 2013 do: "based its decision on X and on Y, which are part of the MTUS"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extractor.facts.cited import ACOEM, ACOEM_ANYWHERE, EDGE, ODG, PAGES, CitedTitle, odg_title, year_in
from extractor.records.determination import Source
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.guidelines import TITLE_AHEAD

GUIDELINE_WORD = re.compile(
    r"\bguidelines?\b|\bmtus\b|\bacoem\b|\bodg\b|\bmedical treatment utilization schedule|\bcomplaints\b|\bchapter\b"
    r"|\bdisorders? (?:guid|\(?acoem|(?:19|20)\d\d)"
    r"|\bwww\.|\bhttp|\bjournal\b|\bet al\b|\btextbook\b|\bcochrane\b|\barticle\b|\bstudy\b|\bliterature\b"
)
# A reviewer who adopts the administrator's: "the guideline used by the claims administrator", "the same chapter"
AGREES = re.compile(
    r"\b(?:guideline|chapter|section|page|source|citation|reference)s? (?:that (?:was|were) )?"
    r"(?:used|cited|relied (?:up)?on|referenced|applied) by the claims administrator"
    r"|\b(?:the )?same (?:guidelines?|chapter|section|page|source)|\bagree[sd]? with the guideline"
)
_NO_GUIDELINE = re.compile(
    r"\b(?:a|the) lack of\b|\bno (?:section|chapter|guideline|part|mtus)\b|\bis silent|\bnone\b|\bno evidence"
    r"|\b(?:does|do|did) not (?:have|address|contain|speak|apply|discuss)|\bany (?:medical )?evidence|\bany guideline"
)
# "…, which are (not) part of the California Medical Treatment Utilization Schedule (MTUS)", "…, neither of which is …"
PART_OF = re.compile(
    r"[,;(]? ?(?:(?P<neither>neither of which)|which|that)? ?(?:is|are|was|were)? ?(?P<not>not )?(?:a )?part of "
    r"(?:the )?(?:california )?(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?\)?"
)
_PLURAL = re.compile(r"\bare\b|\bwere\b")
# Where one guideline ends and the next begins: at "and on", at a semicolon, and at "and" before a guideline's name.
_BETWEEN = re.compile(
    r"[,;]? and on (?:the |an? )?|[,;]? (?:and|as well as|along with) (?:the |on the )?"
    r"(?=(?:california |2\d{3} )?"
    r"(?:mtus|medical treatment utilization|acoem|american college|official disability|odg\b|fda|chronic pain"
    r"|postsurgical|post-surgical|acupuncture medical|neck and upper|low back comp|shoulder comp|knee comp|forearm"
    r"|elbow (?:dis|comp)|ankle and foot|(?:shoulder|low back|knee|eye|depressive|anxiety) dis|hand, wrist"
    r"|cervical and thoracic|hip and groin|opioids? guid|workplace mental|traumatic brain|initial approaches))"
    r"|; (?=\S)"
)
_MTUS_LEAD = re.compile(
    r"(?:the )?(?:california )?(?:(?:mtus|medical treatment utilization schedule)(?: \(mtus\))?)(?: guidelines?\b)?"
    r"(?:[,;:-]| of the| for)? ?(?:the )?"
)
_OTHER_LEAD = re.compile(r"other medical (?:treatment )?guidelines?: ?(?:the )?")
_ARTICLE = re.compile(_OTHER_LEAD.pattern + r"|(?:the|an?) (?:article |study |journal article )?|article ")
_OF_THE = re.compile(r" ?,? ?(?:of|in|from)? ?(?:the )?")
# What the sentence goes on with behind the guideline: a reason, a relative clause, "in its determination".
TAIL = re.compile(
    r",? (?:because|since|inasmuch|but)\b.*$|, (?:which|as|and (?:found|stated|noted|that))\b.*$"
    r"| ?,? (?:for|in|as|to) (?:his|her|its|their|the) (?:decision|determination|denial)\b.*$"
    r"| relevant (?:and appropriate )?.*$| applicable .*$"
)


def guidelines_named(view: View, regions: Sequence[Span], sentence: Span) -> list[CitedTitle]:
    """The guidelines that `regions` of a sentence list; "which are part of the MTUS" speaks of all before it."""
    folded = view.folded
    found = [
        _guideline(view, piece)
        for region in regions
        for piece in _pieces(view, region)
        if len(piece) >= 3
        and GUIDELINE_WORD.search(folded, *piece)
        and not AGREES.search(folded, *piece)
        and not _NO_GUIDELINE.search(folded, *piece)
    ]
    statements = list(PART_OF.finditer(folded, *sentence))
    if len(statements) != 1:
        return found
    (of_all,) = statements
    if not (of_all.group("neither") or _PLURAL.search(of_all.group())):
        return found
    return [_with_membership(cited, of_all) if cited.source_at.start < of_all.start() else cited for cited in found]


def _with_membership(cited: CitedTitle, statement: re.Match[str]) -> CitedTitle:
    return replace(cited, mtus=_stated(statement), mtus_at=Span(*statement.span()))


def _stated(part_of: re.Match[str]) -> bool:
    return not (part_of.group("not") or part_of.group("neither"))


def _pieces(view: View, region: Span) -> list[Span]:
    cuts, stops = [region.start], []
    for match in _BETWEEN.finditer(view.folded, *region):
        if match.start() > cuts[-1]:
            stops.append(match.start())
            cuts.append(match.end())
    stops.append(region.end)
    return [view.trim(cut, stop, extra=" ,;.") for cut, stop in zip(cuts, stops, strict=True)]


def _guideline(view: View, piece: Span) -> CitedTitle:
    """One guideline and what is said of it: "pages 3-4 of the Chronic Pain Guidelines, which is part of the MTUS"."""
    folded = view.folded
    other = _OTHER_LEAD.match(folded, *piece)
    if other is not None:
        piece = view.trim(other.end(), piece.end)
    part_of = PART_OF.search(folded, *piece)
    if part_of is not None and part_of.start() <= piece.start + 2:  # nothing but "part of the MTUS"
        return CitedTitle(Source.OTHER, piece, not part_of.group("not"), view.trim(*piece, extra=EDGE))
    stated = _stated(part_of) if part_of is not None else None
    mtus_at = Span(*part_of.span()) if part_of is not None else None
    end = part_of.start() if part_of is not None else piece.end
    tail = TAIL.search(folded, piece.start, end)
    if tail is not None and tail.start() > piece.start + 3:
        end = tail.start()
    odg = ODG.match(folded, piece.start, end)
    if odg is not None:
        title = odg_title(view, odg.end(), end)
        return CitedTitle(Source.ODG, Span(*odg.span()), bool(stated), title, year_in(view, title), mtus_at=mtus_at)

    pages = PAGES.search(view.flat, piece.start, end)
    title_end = pages.start() if pages is not None else end
    source, start, inside = _source(folded, piece, end, title_end, stated)
    if pages is not None and pages.start() <= start + 2 and pages.end() < end:  # "pages 3-4 of the …"
        of_the = _OF_THE.match(folded, pages.end(), end)
        start, title_end = of_the.end() if of_the else pages.end(), end
        if inside or TITLE_AHEAD.match(folded, start, end):
            source, inside = (Source.MTUS if source is Source.OTHER else source), stated is not False
    article = _ARTICLE.match(folded, start, title_end)
    title = view.trim(article.end() if article else start, max(title_end, start), extra=EDGE)
    return CitedTitle(
        source=source,
        source_at=Span(piece.start, max(title_end, piece.start + 1)),
        mtus=inside,
        title=title,
        year=year_in(view, title),
        pages=Span(*pages.span("p")) if pages is not None else None,
        mtus_at=mtus_at,
    )


def _source(folded: str, piece: Span, end: int, title_end: int, stated: bool | None) -> tuple[Source, int, bool]:
    """Whose guideline it is, where its title begins, and whether it is part of the MTUS.

    `stated` is what the words say of that; where they say nothing, a title of the MTUS and its name tell.
    """
    mtus = _MTUS_LEAD.match(folded, piece.start, end)
    named_mtus = mtus is not None and mtus.end() <= title_end
    start = mtus.end() if mtus is not None and named_mtus else piece.start
    inside = stated is not False if named_mtus else bool(stated)
    acoem = ACOEM.match(folded, start, end)
    if acoem is not None:
        return Source.ACOEM, acoem.end(), inside
    if ACOEM_ANYWHERE.search(folded, *piece):
        return Source.ACOEM, start, inside
    if named_mtus or inside or TITLE_AHEAD.match(folded, start, end):
        return Source.MTUS, start, stated is not False
    return Source.OTHER, start, inside
