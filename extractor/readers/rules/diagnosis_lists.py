"""Lists of diagnoses: how one is split into its entries."""

from __future__ import annotations

import re

from extractor.text.normalize import View
from extractor.text.spans import Span

_NUMBERED = re.compile(r"(?:^|(?<=[\s.,;]))\(?\d{1,2}[.)]\s?(?=[A-Za-z])")
_SEMICOLON = re.compile(r"\s?;\s?(?:and\s)?")
# Commas, "and" and slashes outside brackets; whether one separates depends on what stands beside it.
_SEPARATOR = re.compile(
    r"\s?;\s?(?:and\s)?|,\s(?:and\s|as well as\s)?(?![^()]*\))|,(?=[A-Za-z])"
    r"|\s(?:and|as\swell\sas|along\swith)\s(?![^()]*\))|\s?/\s(?=[A-Z])"
)
# A word that can head a diagnosis.
HEAD = re.compile(
    # by its ending
    r"\b(?:\w*(?:itis|osis|oses|algia|opath(?:y|ies)|path(?:y|ies)|plegia|paresis|penia|emia|malacia|listhesis|oma"
    r"|asthenia|sthesia|trophy|somnia|phobia|edema|uria)"
    # injuries
    r"|sprains?|strains?|sprain[/-]\s?strains?|injur(?:y|ies)|tears?|torn|fractures?|contusions?|lacerations?|abrasions?"
    r"|concussion|whiplash|dislocation|subluxation|separation|amputation|burns?|crush\w*|trauma|traumatic|rupture|bite"
    r"|wound|puncture|bruis\w*|jammed|exposure"
    # of spine and joints
    r"|derangement|displacement|herniations?|herniated|protrusions?|bulges?|bulging|extrusion|stenosis|instability"
    r"|impingement|entrapment|compression|lesions?|degeneration|degenerative|changes|arthritis|arthrosis|spondylosis"
    r"|radiculitis|sciatica|effusion|bursitis|capsulitis|chondromalacia|scoliosis|kyphosis|deformity|nonunion|malunion"
    r"|osteo\w+|discopathy|hypertrophy|neuritis|myelopathy|claudication|trigger|block"
    # complaints
    r"|pains?|aches?|headaches?|migraines?|spasms?|stiffness|swelling|weakness|numbness|tingling|dizziness|vertigo"
    r"|tinnitus|palpitations|constipation|nausea|dyspepsia|incontinence|dyspnea|shortness|irregular\w*"
    # of the mind
    r"|depression|depressive|anxiety|insomnia|stress|ptsd|adjustment|mood|sleep|apnea|abuse|dependence|dependency|use"
    r"|withdrawal|tolerance|intoxication"
    # of other organs
    r"|hernias?|ulcers?|reflux|gerd|gastritis|hypertension|diabetes|asthma|obesity|infection|cellulitis|abscess|cyst"
    r"|ganglion|neuroma|tumor|cancer|mass|dystonia|seizures?|stroke|arrest|embolism|thrombosis|dvt"
    # in general
    r"|syndromes?|disorders?|diseases?|dysfunction|deficits?|loss|failure|failed|condition|complex|crps|rsd|tmj"
    r"|status[- ]post|s/p|post[- ]?(?:op\w*|surg\w*|laminectomy|concussive)|disability|difficulty)\b"
)
# A piece that only qualifies its neighbour: "initial encounter", "left", "moderate", "rule out …".
_QUALIFIER = re.compile(
    r"(?:initial|subsequent)\sencounter|sequelae?|unspecified|not\selsewhere\sclassified|nos|nec"
    r"|(?:left|right|bilateral|both|lt|rt|initial|continuous|end-stage|in remission|\d+%)\b.*"
    r"|moderate|severe|mild|chronic|acute|recurrent|resolved|resolving|stable|improved|improving|by history"
    r"|non-?industrial|single episode|closed|open|part unspecified|site unspecified|with(?:out)?\s.*|status\s?post.*"
    r"|s/p.*|rule\s?out.*(?<!x)$"
)
# A piece of places and adjectives alone, which wants a head: "neck", "low back", "left-sided".
_MODIFIER_ONLY = re.compile(
    r"(?:(?:persistent|constant|sided|left-sided|right-sided|intermittent|chronic|acute|mild|moderate|severe|major"
    r"|generalized|post-?traumatic|cervical|thoracic|lumbar|lumbosacral|sacral|thoracolumbar|cervicothoracic|spine|left"
    r"|right|bilateral|medial|lateral|upper|lower|anterior|posterior|superior|inferior|side|neck|back"
    r"|(?:low|lower|upper|mid)\sback|shoulders?|knees?|wrists?|hands?|elbows?|hips?|ankles?|feet|foot|legs?|arms?|head"
    r"|face|scalp|chest|rib|groin|buttock|calf|forearm|finger|thumb|toe|extremity|extremities|muscle|fascia|tendon)\s?)+"
)
# A second head that belongs to the place of the first: "cervical sprain and strain", "… tendinitis and bursitis".
_SECOND_HEAD = re.compile(
    r"(?:sprains?|strains?|injur(?:y|ies)|contusions?|tears?|spasms?|bursitis|tendon?itis|tendinosis|impingement|stenosis"
    r"|stiffness|weakness|myofascitis|myositis|synovitis)(?: injur(?:y|ies)| with .*)?"
)
_PLACED_HEAD = re.compile(
    r"\w+ (?:sprains?|strains?|injur(?:y|ies)|contusions?|tears?|spasms?|\w+itis|\w+osis|impingement|pain|stiffness"
    r"|weakness)$"
)
_SIDE = re.compile(r"left|right|bilateral|bilaterally|both sides|left side|right side|lt|rt")
_OPEN_WITH = re.compile(r"\bwith\s([^,]{3,60})$")
_HEAD_OF_PLACE = re.compile(r"\b(?:of|to|at|in|involving|affecting)\s(?:the\s)?(.{2,90})$")

# What an entry is bared of. A cause is left out of the entry it is told of; the list may go on behind it.
_LEADING = re.compile(
    r"^(?:and|also|the|including|include|as|of|with|a\s(?:diagnos[ei]s\sof\s)|(?:a|an)(?=\s)|to be|his|her|both)\s+",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r",?\s(?:secondary to|due to|caused by|resulting from|as a result|arising|stemming|status[- ]post being"
    r"|from (?:a|an|the) )\b.*$"
)
_CODE_BEHIND = re.compile(r"\s?\((?:icd[- ]?\d+[^)]*|[a-z]?\d{2,3}\.[\da-z]+|\d{3}\.?\d*)\)", re.IGNORECASE)


def split_list(view: View, region: Span) -> list[Span]:
    """The entries of a list of diagnoses.

    Numbers or semicolons separate where they stand. Otherwise commas and "and" do, except that a piece which only
    qualifies ("initial encounter") or names further places ("fascia and tendon") stays with its neighbour, and pieces
    that share a head word ("neck, back and shoulder pain") stay whole.
    """
    numbers = list(_NUMBERED.finditer(view.flat, *region))
    if len(numbers) >= 2 or (numbers and numbers[0].start() <= region.start + 1):
        stops = [number.start() for number in numbers[1:]] + [region.end]
        entries = [view.trim(number.end(), stop, extra=".,; ") for number, stop in zip(numbers, stops, strict=True)]
        return [bare(view, entry) for entry in entries if len(entry)]
    if _SEMICOLON.search(view.flat, *region):
        return [bare(view, piece) for piece in _cut(view, region, _SEMICOLON)]
    return [bare(view, entry) for entry in _joined(view, _cut(view, region, _SEPARATOR), region.end)]


def _joined(view: View, pieces: list[Span], end: int) -> list[Span]:
    """The pieces between commas, those put together that make one entry."""
    entries: list[Span] = []
    waiting: int | None = None  # start of pieces that still want a head
    for index, piece in enumerate(pieces):
        words = view.folded[piece.start : piece.end]
        start = piece.start if waiting is None else waiting
        before = entries[-1] if entries and waiting is None else None
        if HEAD.search(words):
            if before is not None and _completes(view, before, words):
                entries[-1] = Span(before.start, piece.end)
            else:
                entries.append(Span(start, piece.end))
                waiting = None
            continue
        if before is not None and _CAUSE.search(view.folded, *before):
            continue
        places_only = _MODIFIER_ONLY.fullmatch(words) is not None
        headed_later = any(HEAD.search(view.folded, *later) for later in pieces[index + 1 : index + 4])
        if before is not None and _goes_on(view, before, words, places_only=places_only, headed_later=headed_later):
            entries[-1] = Span(before.start, piece.end)
        elif places_only and headed_later:
            waiting = start
        elif places_only and before is not None:
            entries[-1] = Span(before.start, piece.end)
        else:
            entries.append(Span(start, piece.end))
            waiting = None
    if waiting is not None:
        entries.append(Span(waiting, end))
    return entries


def _goes_on(view: View, entry: Span, words: str, *, places_only: bool, headed_later: bool) -> bool:
    """A piece without a head belongs to the entry before it: a side, a further place, or what only qualifies."""
    if _SIDE.fullmatch(words) or _takes_more(view, entry):
        return True
    return _QUALIFIER.fullmatch(words) is not None and not (places_only and headed_later)


def _completes(view: View, entry: Span, words: str) -> bool:
    """A headed piece that is no entry of its own.

    It is the second head of one place ("cervical sprain and strain", "right wrist tendinitis and bursitis"), or the end
    of an open "with" ("with lateral recess and foraminal stenosis").
    """
    if view.folded[entry.end : entry.end + 5] != " and ":
        return False
    before = view.folded[entry.start : entry.end]
    if _SECOND_HEAD.fullmatch(words):
        return _PLACED_HEAD.search(before) is not None
    opened = _OPEN_WITH.search(before)
    return opened is not None and not HEAD.search(opened.group(1))


def _takes_more(view: View, entry: Span) -> bool:
    """The entry ends in "head of place": further places can follow ("strain of muscle", "fascia and tendon")."""
    match = _HEAD_OF_PLACE.search(view.folded[entry.start : entry.end])
    return match is not None and not HEAD.search(match.group(1))


def _cut(view: View, region: Span, separator: re.Pattern[str]) -> list[Span]:
    """The pieces between separators that stand outside brackets."""
    pieces = []
    at = region.start
    for match in separator.finditer(view.flat, *region):
        before = (region.start, match.start())
        if view.flat.count("(", *before) > view.flat.count(")", *before):
            continue
        pieces.append(view.trim(at, match.start(), extra=",.;"))
        at = match.end()
    pieces.append(view.trim(at, region.end, extra=",.;"))
    return [piece for piece in pieces if len(piece)]


def bare(view: View, entry: Span) -> Span:
    """Without leading articles and joining words, quotes, codes in brackets, and closing punctuation."""
    start, end = entry
    while (lead := _LEADING.match(view.flat[start:end])) is not None:
        start += lead.end()
    cause = _CAUSE.search(view.folded[start:end])
    if cause is not None and cause.start() > 3:
        end = start + cause.start()
    codes = list(_CODE_BEHIND.finditer(view.flat, start, end))
    if codes and codes[-1].end() == end and codes[-1].start() > start:
        end = codes[-1].start()
    return view.trim(start, end, extra=',.;:"')
