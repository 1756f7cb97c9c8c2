"""What the letter says of the reviewer: states of licensure, specialties, subspecialties."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.layout import Layout
from extractor.text.normalize import View
from extractor.text.spans import Span
from extractor.vocabulary.people import SPECIALTY, STATE, specialty_named, state_named

_LICENSED = re.compile(r"states? ?(?:\(s\))? of licensure ?:?\s?")
_CERTIFIED = re.compile(r"certifications? ?(?:\(s\))? ?/? ?(?:speciali?ty|speciali?ties)? ?(?:\(s\))? ?:\s?")
_SPLIT = re.compile(r"\s?[,;]\s?|\s?/\s?(?=[A-Z])")

# "is Board Certified in X, has a subspecialty in Y and is licensed to practice in Z."
_PROSE_CERTIFIED = re.compile(
    rf"\b(?:board[- ]?\s?certified|certified|licensed|doctorate|diplomate) in\s(?!the state|{STATE.pattern})"
    r"|\bis (?:a|an) (?:licensed )?(?=doctor of|psycholog|chiroprac|dentist|podiatr|optometr|registered|acupunct)"
)
_PROSE_SUBSPECIALTY = re.compile(
    r"\bsub-?\s?specialt(?:y|ies) (?:certificat(?:e|ion)s? )?in\s|\bfellowship[- ]trained in\s(?!$)"
)
_PROSE_LICENSED = re.compile(
    r"\bholds? (?:a |active )?licen[sc]es? to practi[cs]e (?:\w+ )?in\s(?:the states? of\s)?"
    r"|\blicensed to practi[cs]e (?:\w+ )?in\s(?:the states? of\s)?"
    rf"|\blicensed in (?:the states? of\s)?(?={STATE.pattern})"
)
_PROSE_END = re.compile(r"[.;]\s|[.;]$|\s?,?\s?\b(?:and )?(?:he/she|is|has|holds?|with a|who|which)\s|\bhas been\b")
_LONGEST_CLAUSE = 400
"""Code points."""
_AND = re.compile(r"\s?,?\s?\band\b\s(?:in\s)?|\s?[,;/]\s?")


NamedWords = tuple[str, Span]
"""A value and the view span of the words that name it."""


@dataclass(frozen=True, slots=True)
class ReviewerFacts:
    """The reviewer's qualifications, each in printed order, without repeats."""

    licensed_states: tuple[NamedWords, ...] = ()
    specialties: tuple[NamedWords, ...] = ()
    subspecialties: tuple[NamedWords, ...] = ()


def read_reviewer(layout: Layout) -> ReviewerFacts:
    """The reviewer's states, specialties and subspecialties, from the credentials or from prose."""
    if layout.reviewer is None:
        return ReviewerFacts()
    view, region = layout.view, layout.reviewer
    return _from_credentials(view, region) or _from_prose(view, region)


def _from_credentials(view: View, region: Span) -> ReviewerFacts | None:
    """From "State(s) of Licensure: …" and "Certification(s)/Specialty: …", in either order; None without either."""
    licensed = _LICENSED.search(view.folded, *region)
    certified = _CERTIFIED.search(view.folded, *region)
    if licensed is None and certified is None:
        return None
    labels = sorted(label.start() for label in (licensed, certified) if label is not None)

    def behind(label: re.Match[str]) -> Span:
        return Span(label.end(), next((start for start in labels if start > label.start()), region.end))

    return ReviewerFacts(
        licensed_states=_once(_states(view, behind(licensed))) if licensed is not None else (),
        specialties=_once(_entries(view, behind(certified))) if certified is not None else (),
    )


def _from_prose(view: View, region: Span) -> ReviewerFacts:
    states: list[NamedWords] = []
    specialties: list[NamedWords] = []
    subspecialties: list[NamedWords] = []
    if match := _PROSE_LICENSED.search(view.folded, *region):
        states = _states(view, _clause(view, match.end(), region.end))
    for match in _PROSE_CERTIFIED.finditer(view.folded, *region):
        clause = _clause(view, match.end(), region.end)
        if licence := _PROSE_LICENSED.search(view.folded, *clause):
            clause = view.trim(clause.start, licence.start(), extra=",.")
        specialties += _listed(view, clause)
    for match in _PROSE_SUBSPECIALTY.finditer(view.folded, *region):
        subspecialties += _listed(view, _clause(view, match.end(), region.end))
    return ReviewerFacts(_once(states), _once(specialties), _once(subspecialties))


def _once(entries: list[NamedWords]) -> tuple[NamedWords, ...]:
    first: dict[str, Span] = {}
    for value, place in entries:
        first.setdefault(value, place)
    return tuple(first.items())


def _clause(view: View, start: int, limit: int) -> Span:
    limit = min(limit, start + _LONGEST_CLAUSE)
    end = _PROSE_END.search(view.folded, start, limit)
    return view.trim(start, end.start() if end else limit, extra=",.")


def _states(view: View, region: Span) -> list[NamedWords]:
    """Named states, also glued ("California,North Carolina"); else abbreviations between commas."""
    found = [
        (state, Span(*m.span())) for m in STATE.finditer(view.folded, *region) if (state := state_named(m.group()))
    ]
    if found:
        return found
    pieces = _pieces(view, region, _AND)
    return [(state, piece) for piece in pieces if (state := state_named(view.words(piece)))]


def _entries(view: View, region: Span) -> list[NamedWords]:
    """Comma-separated certifications: listed spelling where the list has it, else as printed."""
    found = []
    for piece in _pieces(view, region, _SPLIT):
        words = view.words(piece)
        if not 3 <= len(words) <= 80 or not any(char.isalpha() for char in words):
            continue
        found.append((specialty_named(words) or words, piece))
    return found


def _listed(view: View, region: Span) -> list[NamedWords]:
    """Specialties in prose, where "and" may join two of them or stand inside one."""
    whole = specialty_named(view.words(region))
    if whole is not None:
        return [(whole, region)]
    matches = list(SPECIALTY.finditer(view.folded, *region))
    if not matches:
        return _entries(view, region) if len(region) <= 60 else []
    found: list[NamedWords] = []
    at = region.start
    for match in matches:
        found += _unlisted(view, Span(at, match.start()))
        found.append((specialty_named(match.group()) or view.words(Span(*match.span())), Span(*match.span())))
        at = match.end()
    rest = _unlisted(view, Span(at, region.end))
    return found + [(name, piece) for name, piece in rest if not state_named(view.words(piece))]


def _unlisted(view: View, region: Span) -> list[NamedWords]:
    """What else is printed as a name between listed specialties."""
    named = ((view.words(piece), piece) for piece in _pieces(view, region, _AND))
    return [(specialty_named(words) or words, piece) for words, piece in named if len(words) > 6 and words[0].isupper()]


def _pieces(view: View, region: Span, separator: re.Pattern[str]) -> list[Span]:
    pieces = []
    at = region.start
    for match in separator.finditer(view.flat, *region):
        pieces.append(view.trim(at, match.start(), extra=".,;"))
        at = match.end()
    pieces.append(view.trim(at, region.end, extra=".,;"))
    return [piece for piece in pieces if len(piece)]
