"""Diagnoses: the phrases in which summaries state them, and how a list of them is split into entries."""

from __future__ import annotations

import re

from extractor.drafts import Draft
from extractor.layout import Layout
from extractor.normalize import View
from extractor.spans import Span

_NOUN = r"(?:(?:diagnos(?:e?s|is|tic\ impressions?|ese|esis))|impressions?|assessments?|dx)"
_LEAD = re.compile(
    rf"""(?x)
      \b{_NOUN}(?:\s\(dx\))?                                     # Diagnoses: · impression on August 29, 2016: · diagnoses on file for the … visit were
        (?P<filler>\s[^.:;]{{0,75}}?)??
        (?:\s?:\s?|\s(?:are|is|were|was|reads?|includ(?:e[sd]?|ing)|consist(?:s|ed)?\sof)(?:\s(?:also|currently|documented|noted|listed|given|reported|recorded|stated|described|now))*(?:\s(?:as|to\sbe|to\sinclude|of))?\s?:?\s)
        (?:the\sfollowing:?\s)?
    | \b{_NOUN}\s(?:also\s)?(?:have|has|had)\s(?:been\s)?(?:included?|documented\sas|listed\sas)\s
    | \b(?:has|have|had|was|were|is|been|being)\s(?:also\s)?(?:been\s)?(?:\w+ly\s)?diagnosed\s(?:as\shaving|to\shave|with|as)\s
    | \b(?:carr(?:ies|ied)|rendered|gave|given|made|with|established|has|had)\s(?:[^.;]{{0,40}}\s)?(?:a|the|an|working|current)?\s?{_NOUN}\sof\s
    | \b(?:is|was|were|being|been|are)\s(?:currently\s|also\s)?(?:being\s)?treated\sfor\s | \bhas\sbeen\s(?:under\s\w+\s)?treated\sfor\s | \bhas\sbeen\streating\sfor\s
    | \b(?:undergoing|under|receiving|received|underwent)\s(?:medical\s|active\s|the\s|his\s|her\s)?(?:treatments?|care|management)\s(?:by\s[^.;]{{3,40}}\s)?for\s
    """
)
# "Cervical spondylotic myelopathy was diagnosed."
_PASSIVE = re.compile(r"(?:^|(?<=[.;] ))(?P<what>[^.;]{4,90}?)\s(?:was|were)\sdiagnosed\b(?!\s(?:with|as|to))")
# Where a list of diagnoses ends: the sentence, or a clause that gives cause, course or something else.
_STOP = re.compile(
    r"""(?x)
      \.["”]?(?=\s["“(]?[A-Z]|\s[<{\[]|\s?$|[A-Z][a-z]) | \.(?=\s\d{1,2}[/-]\d) | \s\((?=as\s|on\s|per\s)
    | ,?\s(?:following\s(?:a|an|the)\s|after\s|since\s|which\s|that\s(?:is|was|has|were)|who\s|for\swhich|dating\sback
        |status\spost\sbeing|status-post\sbeing|while\s|when\s|with\sa\sdate|on\s\d|reportedly|associated\swith\san\sindustrial|related\sto\s(?:a|an|the)\s(?:industrial|work|fall|injury|accident)|from\s(?:a|an|the)\s
        |by\s(?:dr|the)|in\s(?:the\s)?(?:progress|report|note|medical)|sustained|according\sto|per\sthe)
    | ,?\s(?:and|but)\s(?:the\s(?:patient|injured|worker|claimant|applicant|provider|physician)|he\s|she\s|(?:has|had|was|is|were|are|continues?|complain\w*|reports?|reported|presented|remains)\s(?!been\streated))
    | ,\s(?:the\s(?:patient|injured|worker|claimant|applicant|provider)|he\s|she\s|treatment|currently|and\sprescribed)
    """
)  # fmt: skip
# A cause is left out of the entry it is told of; the list may go on behind it.
_CAUSE = re.compile(r",?\s(?:secondary to|due to|caused by|resulting from|as a result|arising|stemming|status[- ]post being|from (?:a|an|the) )\b.*$")
_NUMBERED = re.compile(r"(?:^|(?<=[\s.,;]))\(?\d{1,2}[.)]\s?(?=[A-Za-z])")
_FIRST = re.compile(r"\s?[:;]?\s?\(?1[.):]\s?(?=[A-Za-z])")
_CODES = re.compile(r"\s?\((?:icd[- ]?\d+[^)]*|[a-z]?\d{2,3}\.[\da-z]+|\d{3}\.?\d*)\)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s?;\s?(?:and\s)?|,\s(?:and\s|as well as\s)?(?![^()]*\))|,(?=[A-Za-z])|\s(?:and|as\swell\sas|along\swith)\s(?![^()]*\))|\s?/\s(?=[A-Z])")
_HARD = re.compile(r"\s?;\s?(?:and\s)?")
# A word that can head a diagnosis.
_HEAD = re.compile(
    r"\b(?:\w*(?:itis|osis|oses|algia|opath(?:y|ies)|path(?:y|ies)|plegia|paresis|penia|emia|malacia|listhesis|oma|asthenia|sthesia|trophy|somnia|phobia|edema|uria)|"
    r"sprains?|strains?|sprain[/-]\s?strains?|pains?|aches?|headaches?|injur(?:y|ies)|syndromes?|tears?|torn|fractures?|contusions?|lacerations?|abrasions?|concussion|"
    r"disorders?|diseases?|dysfunction|deficits?|derangement|displacement|herniations?|herniated|protrusions?|bulges?|bulging|extrusion|stenosis|instability|"
    r"impingement|entrapment|compression|lesions?|dislocation|subluxation|separation|amputation|burns?|crush\w*|trauma|traumatic|hernias?|ulcers?|reflux|gerd|hypertension|"
    r"diabetes|asthma|obesity|depression|depressive|anxiety|insomnia|stress|ptsd|adjustment|mood|sleep|apnea|infection|cellulitis|abscess|cyst|ganglion|neuroma|tumor|cancer|mass|"
    r"trigger|spasms?|stiffness|swelling|weakness|numbness|tingling|dizziness|vertigo|tinnitus|loss|failure|failed|degeneration|degenerative|changes|arthritis|arthrosis|"
    r"spondylosis|radiculitis|sciatica|whiplash|palpitations|migraines?|condition|complex|crps|rsd|tmj|status[- ]post|s/p|post[- ]?(?:op\w*|surg\w*|laminectomy|concussive)|incontinence|"
    r"constipation|nausea|dyspepsia|gastritis|abuse|dependence|dependency|use|bite|wound|puncture|effusion|bursitis|capsulitis|chondromalacia|scoliosis|kyphosis|deformity|"
    r"nonunion|malunion|rupture|osteo\w+|discopathy|hypertrophy|neuritis|dystonia|seizures?|stroke|arrest|embolism|thrombosis|dvt|withdrawal|tolerance|bruis\w*|jammed|myelopathy|claudication|intoxication|exposure|disability|difficulty|dyspnea|shortness|irregular\w*|block)\b"
)
_OPEN_HEAD = re.compile(r"\b(?:of|to|at|in|involving|with|affecting|on|over)\b(?!.*\b(?:of|to|at|in|involving|with|affecting|on|over)\b.*$)")
_QUALIFIER = re.compile(
    r"(?:initial|subsequent)\sencounter|sequelae?|unspecified|not\selsewhere\sclassified|nos|nec|(?:left|right|bilateral|both|lt|rt|initial|continuous|end-stage|in remission|\d+%)\b.*|"
    r"moderate|severe|mild|chronic|acute|recurrent|resolved|resolving|stable|improved|improving|by history|non-?industrial|single episode|closed|open|part unspecified|site unspecified|with(?:out)?\s.*|status\s?post.*|s/p.*|rule\s?out.*(?<!x)$"
)
_MODIFIER_ONLY = re.compile(
    r"(?:(?:persistent|constant|sided|left-sided|right-sided|intermittent|cervical|thoracic|lumbar|lumbosacral|sacral|left|right|bilateral|neck|back|(?:low|lower|upper|mid)\sback|shoulders?|knees?|wrists?|hands?|elbows?|hips?|ankles?|feet|foot|legs?|arms?|head|chest|muscle|fascia|tendon|medial|lateral|upper|lower|anterior|posterior|chronic|acute|mild|moderate|severe|post-?traumatic|rib|finger|thumb|toe|spine|thoracolumbar|cervicothoracic|major|generalized|superior|inferior|face|scalp|groin|calf|forearm|buttock|side|extremity|extremities)\s?)+"
)
_SECOND_HEAD = re.compile(r"(?:sprains?|strains?|injur(?:y|ies)|contusions?|tears?|spasms?|bursitis|tendon?itis|tendinosis|impingement|stenosis|stiffness|weakness|myofascitis|myositis|synovitis)(?: injur(?:y|ies)| with .*)?")
_PLACED_HEAD = re.compile(r"\w+ (?:sprains?|strains?|injur(?:y|ies)|contusions?|tears?|spasms?|\w+itis|\w+osis|impingement|pain|stiffness|weakness)$")
_SIDE = re.compile(r"left|right|bilateral|bilaterally|both sides|left side|right side|lt|rt")
_LEADING = re.compile(r"^(?:and|also|the|including|include|as|of|with|a\s(?:diagnos[ei]s\sof\s)|(?:a|an)(?=\s)|to be|his|her|both)\s+", re.IGNORECASE)
_NOT_DIAGNOSIS = re.compile(r"^(?:a\s)?(?:request|physical therapy|medications?|treatment|mri|x-?rays?|follow|evaluation|work (?:status|restrict\w*)|rest|history of|ice|referral|continue|refill|none|not|unknown|unclear|deferred|see|same|as above|noted|documented|listed|provided|he|she|this|that|it|the patient|the injured)\b", re.IGNORECASE)
_UNSTATED = re.compile(r"^(?:was|were|is|are)?\s?not\s(?:\w+\s){0,3}(?:documented|provided|given|stated|noted|listed|specified|available)")


_LONGEST_LIST = 1200
"""Code points; what is longer is no list of diagnoses."""


def read_diagnoses(layout: Layout, draft: Draft) -> None:
    """Say every diagnosis that the clinical summary states as one, verbatim, in printed order, without repeats."""
    if layout.summary is None:
        return
    view = layout.view
    entries: list[Span] = []
    at = layout.summary.start
    for lead in _LEAD.finditer(view.folded, *layout.summary):
        if lead.start() < at or _history(view.folded, lead.start()):
            continue
        numbered = _enumerated(view, Span(lead.end(), layout.summary.end))
        if numbered:
            entries.extend(numbered)
            at = numbered[-1].end
            continue
        region = view.trim(lead.end(), _stop(view, lead.end(), layout.summary.end), extra=":,.\"'")
        words = view.folded[region.start : region.end]
        if not 3 <= len(region) <= _LONGEST_LIST or _UNSTATED.match(words) or (lead.group("filler") and not _HEAD.search(words)):
            continue
        entries.extend(split_list(view, region))
        at = region.end
    for passive in _PASSIVE.finditer(view.folded, *layout.summary):
        place = view.trim(*passive.span("what"))
        if _HEAD.search(view.folded, *place):
            entries.append(place)
    seen: set[str] = set()
    for place in entries:
        words = view.words(place)
        key = view.folded[place.start : place.end]
        if key in seen or not re.search(r"[A-Za-z]{3}", words) or _NOT_DIAGNOSIS.match(words):
            continue
        draft.say(f"/patient/diagnoses/{len(seen)}", words, place)
        seen.add(key)


def _stop(view: View, start: int, limit: int) -> int:
    stop = _STOP.search(view.flat, start, min(limit, start + _LONGEST_LIST + 1))
    return stop.start() if stop else min(limit, start + _LONGEST_LIST + 1)


def _enumerated(view: View, region: Span) -> list[Span]:
    """Entries numbered 1, 2, 3 … ("1. X. 2. Y.", "(1) x; (2) y", "1) X 2) Y"); empty where the list does not begin with 1.

    An entry ends at the next number of the row; the last at the end of its sentence.
    """
    first = _FIRST.match(view.flat, *region)
    if first is None:
        return []
    entries: list[Span] = []
    start, number = first.end(), 1
    while True:
        following = re.compile(rf"(?:(?<=[\s.,;])|(?<=\s\())\(?{number + 1}[.):]\s?(?=[A-Za-z])").search(view.flat, start, min(region.end, start + 220))
        if following is None:
            entries.append(_bare(view, Span(start, _stop(view, start, region.end))))
            return [entry for entry in entries if len(entry)]
        entries.append(_bare(view, view.trim(start, following.start(), extra=".,;( ")))
        start, number = following.end(), number + 1


def _history(folded: str, start: int) -> bool:
    """ "history of being treated for" and denials state no present diagnosis."""
    return bool(re.search(r"\b(?:history of(?: being)?|family history|rule out|differential|no|without|not|denied|never) ?$", folded[max(0, start - 24) : start]))


def split_list(view: View, region: Span) -> list[Span]:
    """The entries of a list of diagnoses.

    Numbers or semicolons separate where they stand. Otherwise commas and "and" do, except that a piece which only
    qualifies ("initial encounter") or names further places ("fascia and tendon") stays with its neighbour, and pieces
    that share a head word ("neck, back and shoulder pain") stay whole.
    """
    numbers = list(_NUMBERED.finditer(view.flat, *region))
    if len(numbers) >= 2 or (numbers and numbers[0].start() <= region.start + 1):
        stops = [m.start() for m in numbers[1:]] + [region.end]
        entries = [view.trim(m.end(), stop, extra=".,; ") for m, stop in zip(numbers, stops, strict=True)]
        return [_bare(view, entry) for entry in entries if len(entry)]
    if _HARD.search(view.flat, *region):
        return [_bare(view, piece) for piece in _cut(view, region, _HARD)]
    pieces = _cut(view, region, _SEPARATOR)
    entries = []
    waiting: int | None = None  # start of pieces that still want a head
    for index, piece in enumerate(pieces):
        words = view.folded[piece.start : piece.end]
        headed = bool(_HEAD.search(words))
        start = piece.start if waiting is None else waiting
        if headed and entries and waiting is None and _completes(view, entries[-1], words):
            entries[-1] = Span(entries[-1].start, piece.end)
            continue
        if headed:
            entries.append(Span(start, piece.end))
            waiting = None
            continue
        if entries and waiting is None and _CAUSE.search(view.folded, *entries[-1]) and not headed:
            continue
        if entries and waiting is None and _SIDE.fullmatch(words):
            entries[-1] = Span(entries[-1].start, piece.end)
            continue
        following = any(_HEAD.search(view.folded[p.start : p.end]) for p in pieces[index + 1 : index + 4])
        qualifies = bool(_QUALIFIER.fullmatch(words))
        open_head = entries and _takes_more(view, entries[-1])
        if waiting is None and entries and (open_head or (qualifies and not (_MODIFIER_ONLY.fullmatch(words) and following))):
            entries[-1] = Span(entries[-1].start, piece.end)
        elif following and _MODIFIER_ONLY.fullmatch(words):
            waiting = start
        elif entries and waiting is None and _MODIFIER_ONLY.fullmatch(words):
            entries[-1] = Span(entries[-1].start, piece.end)
        else:
            entries.append(Span(start, piece.end))
            waiting = None
    if waiting is not None:
        entries.append(Span(waiting, region.end))
    return [_bare(view, entry) for entry in entries]


def _completes(view: View, entry: Span, words: str) -> bool:
    """A headed piece that is no entry of its own: the second head of one place ("cervical sprain and strain",
    "right wrist tendinitis and bursitis"), or the end of an open "with" ("with lateral recess and foraminal stenosis").
    """
    before = view.folded[entry.start : entry.end]
    if _SECOND_HEAD.fullmatch(words):
        return bool(_PLACED_HEAD.search(before)) and view.folded[entry.end : entry.end + 5] == " and "
    opened = re.search(r"\bwith\s([^,]{3,60})$", before)
    joined = view.folded[entry.end : entry.end + 5] == " and "
    return opened is not None and joined and not _HEAD.search(opened.group(1))


def _takes_more(view: View, entry: Span) -> bool:
    """The entry ends in "head of place": further places can follow ("strain of muscle", "fascia and tendon")."""
    words = view.folded[entry.start : entry.end]
    match = re.search(r"\b(?:of|to|at|in|involving|affecting)\s(?:the\s)?(.{2,90})$", words)
    return bool(match) and not _HEAD.search(match.group(1) if match else "")


def _cut(view: View, region: Span, separator: re.Pattern[str]) -> list[Span]:
    pieces = []
    at = region.start
    depth_text = view.flat
    for match in separator.finditer(view.flat, *region):
        inside = depth_text.count("(", region.start, match.start()) > depth_text.count(")", region.start, match.start())
        if inside:
            continue
        pieces.append(view.trim(at, match.start(), extra=",.;"))
        at = match.end()
    pieces.append(view.trim(at, region.end, extra=",.;"))
    return [piece for piece in pieces if len(piece)]


def _bare(view: View, entry: Span) -> Span:
    """Without leading articles and joining words, quotes, codes in brackets, and closing punctuation."""
    start, end = entry
    while (lead := _LEADING.match(view.flat[start:end])) is not None:
        start += lead.end()
    cause = _CAUSE.search(view.folded[start:end])
    if cause is not None and cause.start() > 3:
        end = start + cause.start()
    code = None
    for code in _CODES.finditer(view.flat, start, end):
        pass
    if code is not None and code.end() == end and code.start() > start:
        end = code.start()
    return view.trim(start, end, extra=",.;:\"")
