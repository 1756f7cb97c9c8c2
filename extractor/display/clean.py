"""Making a letter's words safe for a terminal."""

from __future__ import annotations

import re
import unicodedata

# Everything that steers a terminal or reorders a line: C0 but tab and line feed, DEL, C1, and the bidirectional
# controls, with which "overturned" can be made to look like something else.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_TWO_NUMBERS = re.compile(r"\[\n\s*(\d+),\n\s*(\d+)\n\s*\]")


def cleaned(text: str) -> str:
    r"""Make every control visible: ESC as "␛", others as their code, tabs as a blank.

    >>> cleaned("\x1b[31mred")
    '␛[31mred'
    """
    return _CONTROLS.sub(_visible, text.replace("\t", " "))


def one_line(text: str) -> str:
    """Clean the text, and make all blanks and line breaks single blanks."""
    return cleaned(" ".join(text.split()))


def shortened(text: str, width: int) -> str:
    """Keep at most `width` characters, the end replaced by an ellipsis."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def json_cleaned(text: str) -> str:
    r"""Escape the controls that JSON allows raw and a terminal obeys; to any parser it is the same JSON."""
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def compact_pairs(pretty: str) -> str:
    """Put pairs of numbers (spans, lines) of indented JSON on one line each; JSON strings hold no line breaks."""
    return _TWO_NUMBERS.sub(r"[\1, \2]", pretty)


def columns(text: str) -> int:
    """Count the cells that the text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
