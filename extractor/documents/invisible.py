"""Characters that are not what a person sees: marks without ink, other codes of the same letter, private codes.

They part "Upheld" from its colon and a date from its slash. What stands for a letter or a digit beyond doubt becomes
it; marks without ink are dropped, and text that a mark turns round is turned round. Superscripts and circled figures
say something else than plain ones, and stay.
"""

from __future__ import annotations

import re
import unicodedata

# Default-ignorable code points (Unicode, DerivedCoreProperties), and the interlinear marks.
_INKLESS = re.compile(
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
"""Letters by their class, blank to the eye."""
_SOFT_HYPHEN_SHOWN = re.compile("\u00ad(?=[ \t]*(?:\n|\f|\\Z))")
_TURNED_ROUND = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n\f]*)[\u202c\u2069]?")
# Full-width and small forms; mathematical letters and digits.
_OTHER_CODES = re.compile("[\ufe50-\ufe6b\uff01-\uff5e\U0001d400-\U0001d7ff]")

_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SYMBOL_FONT = re.compile("[\uf020-\uf0ff]")
# What the symbol fonts of Windows print most (Wingdings, Symbol); old-style figures, small capitals and ligatures of
# the Adobe Glyph List and of Apple's fonts.
_KNOWN = str.maketrans(
    {
        "\uf020": " ",
        "\uf06f": "☐",
        "\uf071": "☐",
        "\uf0a8": "☐",
        "\uf0fd": "☒",
        "\uf0fe": "☑",
        "\uf0fb": "✗",
        "\uf0fc": "✓",
        "\uf0b7": "•",
        "\uf0a7": "▪",
        "\uf0d8": "➢",
        "\uf001": "ﬁ",
        "\uf002": "ﬂ",
        **{chr(0xF730 + digit): str(digit) for digit in range(10)},
        **{chr(0xF761 + letter): chr(ord("A") + letter) for letter in range(26)},
    }
)


def as_seen(text: str) -> str:
    """`text` (with universal newlines) as it looks."""
    if text.isascii():
        return text
    if _PRIVATE.search(text):
        text = _without_private_codes(text)
    if "\u202e" in text:
        text = _TURNED_ROUND.sub(lambda found: found[1][::-1], text)
    text = _INKLESS.sub("", _SOFT_HYPHEN_SHOWN.sub("-", text))
    text = _OTHER_CODES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _BLANK.sub(" ", text)


def _without_private_codes(text: str) -> str:
    codes = len(_SYMBOL_FONT.findall(text))
    if 2 * codes > sum(char.isalnum() for char in text) + codes:
        # A whole text in a font that is told to be one of symbols: its codes are those of ASCII, moved up.
        return _SYMBOL_FONT.sub(lambda found: chr(ord(found[0]) - 0xF000), text)
    return text.translate(_KNOWN)
