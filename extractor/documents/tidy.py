r"""One form for the text of every format: `\n` ends a line, `\f` parts pages, nothing invisible that is not a blank.

What a person can see stays as it is: no-break spaces, ligatures and typographic quotes are folded by a later layer,
which keeps the way back to this text. What only looks like something else (`invisible`) becomes what it looks like.
"""

from __future__ import annotations

import re

from extractor.documents.invisible import as_seen
from extractor.text.spans import Span

# Vertical tab, NEL and the two Unicode separators end a line for `str.splitlines`, so they must for every reader of
# the text; "\r\n" goes first and in one piece, because it is nearly all there is.
_OTHER_LINE_ENDS = re.compile("[\r\x0b\x85\u2028\u2029]")

# C0 without tab, line feed and form feed; DEL and C1; halves of surrogate pairs; the two noncharacters that decoders
# let through.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What text never holds and a wrong decoding does; U+FFFD stands for bytes that mean nothing in the encoding.
_NOISE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff]")


def tidy(text: str) -> str:
    """`text` with universal newlines and without control characters and noncharacters, and as it looks."""
    text = _OTHER_LINE_ENDS.sub("\n", text.replace("\r\n", "\n").removeprefix("\ufeff"))
    return as_seen(_INVISIBLE.sub("", text))


def joined_surrogates(text: str) -> str:
    """`text` with surrogate pairs joined and each half without its partner replaced by U+FFFD: it encodes as UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def noise(text: str) -> int:
    """Count the characters that no text holds: one in ten for binary content read as Windows-1252."""
    return len(_NOISE.findall(text))


def page_spans(text: str) -> tuple[Span, ...]:
    r"""Find the pages of `text`, parted by single form feeds: each equals its piece of `text.split("\f")`."""
    spans: list[Span] = []
    start = 0
    for page in text.split("\f"):
        spans.append(Span(start, start + len(page)))
        start += len(page) + 1
    return tuple(spans)
