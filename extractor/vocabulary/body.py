"""Parts of the body as headings name them, and sides; the words are those of `extractor/data/body.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractor.records.determination import Part, Side
from extractor.vocabulary import wordlists

_SIDES = {
    "left and right": Side.BILATERAL,
    "right and left": Side.BILATERAL,
    "bilaterally": Side.BILATERAL,
    "bilateral": Side.BILATERAL,
    "both": Side.BILATERAL,
    "left": Side.LEFT,
    "right": Side.RIGHT,
    "b/l": Side.BILATERAL,
    "bil": Side.BILATERAL,
    "lt": Side.LEFT,
    "rt": Side.RIGHT,
}
# "Right upper extremity" and its like have abbreviations of their own, which name part and side at once.
_LIMBS = {
    "rue": Side.RIGHT,
    "lue": Side.LEFT,
    "bue": Side.BILATERAL,
    "rle": Side.RIGHT,
    "lle": Side.LEFT,
    "ble": Side.BILATERAL,
}
# What lies in the middle of the body takes no side from afar: "left knee and low back".
_MIDLINE = frozenset(
    {
        Part.NECK,
        Part.UPPER_BACK,
        Part.LOW_BACK,
        Part.SPINE,
        Part.BACK,
        Part.HEAD,
        Part.CHEST,
        Part.ABDOMEN,
        Part.PELVIS,
        Part.FACE,
    }
)


def _token() -> re.Pattern[str]:
    """A side (group `side`) or a part (a group of its name), as a whole word."""
    table = wordlists.load("body")
    groups = [f"(?P<side>{'|'.join(_SIDES)})"]
    for entry in table["part"]:
        groups.append(f"(?P<{Part(entry['part'])}>{wordlists.any_of(entry['words'], table['terms'])})")
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(groups)})(?![a-z0-9])")


TOKEN = _token()

# What ends the reach of a side: "left knee; low back", "right shoulder with …".
_BREAK = re.compile(r"[;.()]|\bwith\b|\bto\b.{20,}")
_BLANKS = re.compile(r"\s*+")
# What may stand between a part and the side behind it: "knee, right", "brace for the knee (left)", "knee on the left".
_BEHIND = frozenset({"", ",", "-", "(", "on the", ", on the"})


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
    found = {side for token in TOKEN.finditer(words) if (side := _side(token)) is not None}
    if Side.LEFT in found and Side.RIGHT in found:
        found.add(Side.BILATERAL)
    return found


def find_parts(folded: str, start: int = 0, end: int | None = None) -> Iterator[NamedPart]:
    """Parts named in `folded[start:end]` in printed order, no part with one side twice.

    A side governs the parts after it until another side or a break (`;`, `.`, "with"): "left hip and knee" is left
    hip and left knee. A side directly behind a part ("knee, right") governs that part alone. A side that ends the
    text, and is the only one in it, governs whatever has none.
    """
    stop = len(folded) if end is None else end
    tokens = list(TOKEN.finditer(folded, start, stop))
    closing = _closing(folded, tokens, stop)
    governing: re.Match[str] | None = None
    previous = start
    seen: set[tuple[Part, Side | None]] = set()
    for index, token in enumerate(tokens):
        if _BREAK.search(folded[previous : token.start()]):
            governing = None
        previous = token.end()
        if token.lastgroup == "side":
            governing = token
            continue
        part = Part(str(token.lastgroup))
        if _side(token) is not None:
            told_by: re.Match[str] | None = token
        else:
            told_by = _behind(folded, tokens[index : index + 3], governing) or governing
        if told_by is None and part not in _MIDLINE:
            told_by = closing
        if told_by is governing and part in _MIDLINE and _one_sided_from_afar(folded, governing, token):
            told_by = None
        side = _side(told_by) if told_by is not None else None
        if (part, side) in seen or (side is None and any(part is other for other, _ in seen)):
            continue
        seen.add((part, side))
        yield NamedPart(part, side, *token.span(), *(told_by.span() if told_by is not None else (0, 0)))


def _side(token: re.Match[str]) -> Side | None:
    """The side that a token tells by itself."""
    if token.lastgroup == "side":
        return _SIDES[token.group()]
    return _LIMBS.get(token.group().replace(".", ""))


def _behind(folded: str, tokens: list[re.Match[str]], governing: re.Match[str] | None) -> re.Match[str] | None:
    """The side behind the part that is the first of `tokens`, if it belongs to it and not to a part that follows.

    In brackets it does, whatever governs; otherwise only where no side governs, and "knee, left shoulder" has a side
    for the shoulder alone.
    """
    if len(tokens) < 2 or tokens[1].lastgroup != "side":
        return None
    part, side, *following = tokens
    gap = folded[part.end() : side.start()].strip()
    if gap not in _BEHIND or (governing is not None and gap != "("):
        return None
    if gap == "(" or not following or following[0].lastgroup == "side":
        return side
    next_to_the_following = not folded[side.end() : following[0].start()].strip()
    return None if gap in ("", ",") and next_to_the_following else side


def _closing(folded: str, tokens: list[re.Match[str]], stop: int) -> re.Match[str] | None:
    """A side that ends the text and is the only one in it ("hinged knee brace, left")."""
    sides = [token for token in tokens if token.lastgroup == "side"]
    if len(sides) == 1 and sides[0] is tokens[-1] and not folded[sides[0].end() : stop].strip(" .)"):
        return sides[0]
    return None


def _one_sided_from_afar(folded: str, side: re.Match[str] | None, part: re.Match[str]) -> bool:
    """Left or right, with other words between it and the part."""
    if side is None or _side(side) is Side.BILATERAL:
        return False
    between = _BLANKS.match(folded, side.end())
    return between is not None and between.end() < part.start()
