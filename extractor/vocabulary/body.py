"""Parts of the body as headings name them, and sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractor.determination import Part, Side

# Word (folded) → part. Longer patterns stand first where one contains another.
_WORDS: tuple[tuple[Part, str], ...] = (
    (Part.LOW_BACK, r"lumbo-?\s?sacral(?: spine)?|lumbar(?: spine)?|low(?:er)? back|l-?spine|ls spine|l/s(?: spine)?|sacr(?:al|um|o-?iliac)|si joints?|coccyx|tail ?bone"),
    (Part.LOW_BACK, r"(?:[lL]\d|s1)(?:\s?(?:-|/|to|through|thru|and|&|,)\s?(?:l?\d|s1))*"),
    (Part.NECK, r"cervical(?: spine)?|neck|c-?spine|cervico-?\w*|c/s(?: spine)?|c\d(?:\s?(?:-|/|to|through|and|&|,)\s?(?:c?\d|t1))+|c[2-7]\b"),
    (Part.UPPER_BACK, r"thoracic(?: spine)?|upper back|mid(?:dle)?[- ]?back|t-?spine|trapezi(?:us|al)|rhomboids?|scapul\w*|para-?scapular|interscapular|thoraco-?\w*|t/s(?: spine)?|t\d{1,2}\s?(?:-|/)\s?(?:t?\d{1,2}|l1)"),
    (Part.SPINE, r"spine|spinal(?! cord| needle| anesth)"),
    (Part.BACK, r"back"),
    (Part.HEAD, r"head|skull|brain\w*|scalp|cranial|cranium|cerebral|migraine|occipital"),
    (Part.FACE, r"face|facial|nose|nasal|cheek|sinus\w*|forehead|lips?|mouth|orofacial|maxillofacial"),
    (Part.JAW, r"jaw|tmj|temporo-?mandibular|mandib\w*"),
    (Part.EYE, r"eyes?|ocular|ophthalm\w*|retina\w*|corneal?|optic|eyelids?|cataract"),
    (Part.EAR, r"ears?|hearing|tympan\w*|audi\w+"),
    (Part.CHEST, r"chest|sternum|sternal|pectoral\w*|breast"),
    (Part.RIB, r"ribs?|rib cage|intercostal"),
    (Part.ABDOMEN, r"abdom\w+|stomach|umbilical|ventral hernia"),
    (Part.GROIN, r"groin|inguinal|scrot\w+|testic\w+|penile"),
    (Part.PELVIS, r"pelvi[cs]|pubic"),
    (Part.HIP, r"hips?|trochanter\w*|acetabul\w*"),
    (Part.BUTTOCK, r"buttocks?|glute\w*|piriformis"),
    (Part.SHOULDER, r"shoulders?|rotator cuff|acromio\w*|ac joints?|subacromial|glenohumeral|bankart|clavic\w*"),
    (Part.UPPER_EXTREMITY, r"upper (?:extremit(?:y|ies)|limbs?)|b\.?u\.?e\.?|r\.?u\.?e\.?|l\.?u\.?e\.?|arms?"),
    (Part.UPPER_ARM, r"upper arms?|biceps?|triceps?|humer(?:us|al)"),
    (Part.ELBOW, r"elbows?|epicondyl\w*|cubital|olecranon"),
    (Part.FOREARM, r"forearms?"),
    (Part.WRIST, r"wrists?|carpal|carpus|distal radius|de ?quervain'?s?|tfcc|triangular fibrocartilage"),
    (Part.THUMB, r"thumbs?|cmc joint"),
    (Part.FINGER, r"fingers?|digits?"),
    (Part.HAND, r"hands?|metacarp\w*|palm\w*"),
    (Part.THIGH, r"thighs?|hamstrings?|quadriceps?|femur|femoral"),
    (Part.KNEE, r"knees?|patell\w*|menis[ck]\w*|acl|anterior cruciate|tibio-?femoral"),
    (Part.LOWER_LEG, r"lower legs?|calf|calves|shins?|tibia\w*|fibula\w*"),
    (Part.ANKLE, r"ankles?|achilles|tarsal tunnel"),
    (Part.FOOT, r"foot|feet|heels?|plantar|metatars\w*|podiatr\w*"),
    (Part.TOE, r"toes?|hallux|bunion"),
    (Part.LOWER_EXTREMITY, r"lower (?:extremit(?:y|ies)|limbs?)|b\.?l\.?e\.?|r\.?l\.?e\.?|l\.?l\.?e\.?|legs?"),
)  # fmt: skip
_SIDES = {
    "left": Side.LEFT, "lt": Side.LEFT, "right": Side.RIGHT, "rt": Side.RIGHT, "bilateral": Side.BILATERAL,
    "bilaterally": Side.BILATERAL, "both": Side.BILATERAL, "bil": Side.BILATERAL, "b/l": Side.BILATERAL,
    "left and right": Side.BILATERAL, "right and left": Side.BILATERAL,
}  # fmt: skip
_SIDED = {"rue": Side.RIGHT, "lue": Side.LEFT, "bue": Side.BILATERAL, "rle": Side.RIGHT, "lle": Side.LEFT, "ble": Side.BILATERAL}

_MIDLINE = frozenset(
    {Part.NECK, Part.UPPER_BACK, Part.LOW_BACK, Part.SPINE, Part.BACK, Part.HEAD, Part.CHEST, Part.ABDOMEN, Part.PELVIS, Part.FACE}
)
# Upper arm, lower leg and lower back must win over arm, leg and back: the alternation is ordered by length of match.
_LONGER_FIRST = "|".join(
    f"(?P<p{index}>{words})"
    for index, (_, words) in sorted(
        enumerate(_WORDS),
        key=lambda entry: entry[1][0] not in (Part.LOW_BACK, Part.UPPER_BACK, Part.UPPER_ARM, Part.LOWER_LEG),
    )
)
_SIDE = "left and right|right and left|bilaterally|bilateral|both|left|right|b/l|bil|lt|rt"
TOKEN = re.compile(rf"(?<![a-z0-9])(?:(?P<side>{_SIDE})|{_LONGER_FIRST})(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A part named in a text; offsets into that text."""

    part: Part
    side: Side | None
    start: int
    end: int
    side_start: int
    side_end: int


def part_of(words: str) -> set[Part]:
    """Every part that the folded `words` name."""
    return {named.part for named in find_parts(words)}


def sides_in(words: str) -> set[Side]:
    """Every side that the folded `words` name."""
    found = {_SIDES[match.group("side")] for match in TOKEN.finditer(words) if match.group("side")}
    for match in TOKEN.finditer(words):
        key = match.group().replace(".", "")
        if key in _SIDED:
            found.add(_SIDED[key])
    if Side.LEFT in found and Side.RIGHT in found:
        found.add(Side.BILATERAL)
    return found


def find_parts(folded: str, start: int = 0, end: int | None = None) -> Iterator[NamedPart]:
    """Parts named in `folded[start:end]` in printed order, no part with one side twice.

    A side governs the parts after it until another side or a break (`;`, `.`, "with"): "left hip and knee" is left
    hip and left knee. A side directly behind a part ("knee, right") governs that part alone.
    """
    stop = len(folded) if end is None else end
    tokens = list(TOKEN.finditer(folded, start, stop))
    side: Side | None = None
    side_at = (0, 0)
    seen: set[tuple[Part, Side | None]] = set()
    previous = start
    trailing_side = _trailing(folded, tokens, stop)
    for index, match in enumerate(tokens):
        between = folded[previous : match.start()]
        if re.search(r"[;.()]|\bwith\b|\bto\b.{20,}", between) and side is not None:
            side = None
        previous = match.end()
        if match.group("side"):
            side, side_at = _SIDES[match.group("side")], match.span("side")
            continue
        part = next(_WORDS[int(name[1:])][0] for name, text in match.groupdict().items() if text and name != "side")
        own, own_at = side, side_at
        short = match.group().replace(".", "")
        if short in _SIDED:
            own, own_at = _SIDED[short], match.span()
        elif index + 1 < len(tokens) and tokens[index + 1].group("side"):
            gap = folded[match.end() : tokens[index + 1].start()]
            after = folded[tokens[index + 1].end() : tokens[index + 1].end() + 2]
            trailing = gap.strip() in {"", ",", "-", "(", "on the", ", on the"} and (own is None or gap.strip() == "(")
            follows = index + 2 < len(tokens) and not tokens[index + 2].group("side")
            if trailing and not (follows and after[:1] == " " and gap.strip() in {",", ""} and own is None and _adjacent(folded, tokens[index + 1], tokens[index + 2])):
                own, own_at = _SIDES[tokens[index + 1].group("side")], tokens[index + 1].span("side")
        if own is None and trailing_side is not None and part not in _MIDLINE:
            own, own_at = _SIDES[trailing_side.group("side")], trailing_side.span("side")
        if own in (Side.LEFT, Side.RIGHT) and part in _MIDLINE and own_at == side_at and folded[own_at[1] : match.start()].strip():
            own = None  # "left knee and low back": what lies in the middle takes no side from afar
        if (part, own) in seen or (own is None and any(part is other for other, _ in seen)):
            continue
        seen.add((part, own))
        yield NamedPart(part, own, match.start(), match.end(), *(own_at if own else (0, 0)))


def _trailing(folded: str, tokens: list[re.Match[str]], stop: int) -> re.Match[str] | None:
    """A side that ends the text and is the only one in it ("hinged knee brace, left") governs the parts before it."""
    sides = [match for match in tokens if match.group("side")]
    if len(sides) == 1 and sides[0] is tokens[-1] and not folded[sides[0].end() : stop].strip(" .)"):
        return sides[0]
    return None


def _adjacent(folded: str, side: re.Match[str], part: re.Match[str]) -> bool:
    return folded[side.end() : part.start()].strip() == ""
