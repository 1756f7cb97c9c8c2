"""Markdown: what programs that answer in a window, and converters to text, set around words, taken off again.

Only what stands in pairs or at a line's beginning as CommonMark wants it, and only in a text that has enough of it: a
letter prints asterisks and rules, too.
"""

from __future__ import annotations

import re

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)(.*?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_STRONG = re.compile(
    r"(?<![\w*])(\*\*\*|\*\*)(?=[^\s*])([^*\n]{1,400}?(?:\n[^*\n]{1,400}?){0,4})(?<=[^\s*])\1(?![\w*])"
)
_STRONG_LINE = re.compile(r"(?<![\w_])(___|__)(?=[^\s_])([^_\n]{1,400})(?<=[^\s_])\1(?![\w_])")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,400})(?<=[^\s*\\])\*(?![\w*])")
_EMPHASIS_LINE = re.compile(r"(?<![\w_\\])_(?=[^\s_])([^_\n]{1,400})(?<=[^\s_\\])_(?![\w_])")
_STRUCK = re.compile(r"(?<![\w~])~~(?=[^\s~])[^~\n]{1,400}(?<=[^\s~])~~(?![\w~])")
_CODE = re.compile(r"(?<!`)`(?=[^\s`])([^`\n]{1,200})(?<=[^\s`])`(?!`)")
_QUOTE = re.compile(r"^ {0,3}(?:> ?)+", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}```+[\w-]*[ \t]*\n|^ {0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^ {0,3}[*+][ \t]+(?=\S)", re.MULTILINE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SIGNS = (_HEADING, _STRONG, _STRONG_LINE, _STRUCK, _STRUCK)  # what is struck out is beyond doubt
_ENOUGH = 2


def plain(text: str) -> str:
    """`text` without the marks of Markdown, where it is Markdown; struck words go with their marks."""
    if not any(mark in text for mark in ("**", "__", "# ", "~~")):
        return text
    if sum(len(sign.findall(text)) for sign in _SIGNS) < _ENOUGH:
        return text
    text = _STRUCK.sub("", _FENCE.sub("", text))
    text = _QUOTE.sub("", _HEADING.sub(r"\1", text))
    text = _STRONG_LINE.sub(r"\2", _STRONG.sub(r"\2", text))
    text = _BULLET.sub("- ", text)
    text = _EMPHASIS_LINE.sub(r"\1", _EMPHASIS.sub(r"\1", text))
    return _ESCAPED.sub(r"\1", _CODE.sub(r"\1", text))
