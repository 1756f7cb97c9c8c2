"""Rewriting a letter: without changing what it says, or so that one known thing changes. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.scoring.spans import Spans

_COLUMNS = re.compile(r"\S {3,}\S|\t")
_FULL = 0.75
"""Share of the usual line's length from which a line counts as full."""
_BEGINS = re.compile(r"(?:#?\d{1,2}[.):]|[-\u2022*])\s|[A-Z][\w()'/ ]{2,40}:\s|[^a-z]+$")
_ENDS = re.compile(r"(?:Upheld|Overturned|:)$")


def rewrap(text: str, width: int) -> str:
    r"""Wrap the paragraphs of `text` at `width` columns.

    A line goes on in the next one where it is about as long as the letter's lines are, unless the next one begins a
    list entry or a label; lines in columns (page furniture) stay as they are.

    >>> rewrap("aaa bbb ccc\nddd\n\nEnd: eee fff", 8)
    'aaa bbb\nccc ddd\n\nEnd: eee\nfff'
    """
    lengths = sorted(len(line.strip()) for line in re.split(r"[\n\f]", text) if line.strip())
    full = _FULL * lengths[int(len(lengths) * 0.8)] if lengths else 0
    return "\f".join("\n".join(_wrapped(page.split("\n"), width, full)) for page in text.split("\f"))


def _wrapped(lines: Sequence[str], width: int, full: float) -> list[str]:
    done: list[str] = []
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            done.extend(_broken(" ".join(paragraph), width))
            paragraph.clear()

    for raw in lines:
        line = raw.strip()
        if not line or _COLUMNS.search(line):
            close()
            done.append(raw)
            continue
        if paragraph and (len(paragraph[-1]) < full or _BEGINS.match(line) or _ENDS.search(paragraph[-1])):
            close()
        paragraph.append(line)
    close()
    return done


def _broken(paragraph: str, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in paragraph.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def double_spaced(text: str) -> str:
    """Put a blank line after every line."""
    return text.replace("\n", "\n\n")


def trailing_blanks(text: str) -> str:
    """Put two blanks at the end of every line."""
    return "\n".join(f"{line}  " for line in text.split("\n"))


def paged(text: str, footer: str, header: str, every: int = 38) -> str:
    """Break `text` into pages of `every` lines, with a footer, a form feed and a header between them.

    `{page}` in footer and header becomes the page's number.
    """
    lines = text.split("\n")
    pages = ["\n".join(lines[start : start + every]) for start in range(0, len(lines), every)]
    joined = pages[0]
    for number, page in enumerate(pages[1:], start=2):
        foot, head = footer.format(page=number - 1), header.format(page=number)
        joined += f"\n\n{foot}\n\f{head}\n\n{page}" if head else f"\n\n{foot}\n\f{page}"
    return joined


_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


def straight_quotes(text: str) -> str:
    """Make every quotation mark and apostrophe straight."""
    return text.translate(_STRAIGHT)


def curly_quotes(text: str) -> str:
    """Make every quotation mark and apostrophe curly: opening where a word begins behind it, else closing."""
    text = re.sub(r'(?<![\w.,;:!?)\]])"(?=\S)', "\u201c", text).replace('"', "\u201d")
    return re.sub(r"(?<![\w.,;:!?)\]])'(?=\w)", "\u2018", text).replace("'", "\u2019")


def cut(text: str, spans: Spans) -> str:
    """Take `spans` out of `text`."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """Write new words in the place of others."""
    for start, end, words in sorted(spans, reverse=True):
        text = text[:start] + words + text[end:]
    return text


_SWAP = {"upheld": "overturned", "overturned": "upheld"}
_WORD = re.compile(r"upheld|overturned", re.IGNORECASE)
_NECESSARY = re.compile(r"(?P<no>no\s+)?(?P<not>not[\s-]*)?(?=(?:a\s+)?medical(?:ly)?\s+necess)", re.IGNORECASE)


def contrary(words: str) -> str | None:
    """Turn the outcome that `words` say into the other one; None where they say none.

    >>> contrary("Upheld"), contrary("is notmedically necessary"), contrary("is medically necessary"), contrary("so")
    ('Overturned', 'is medically necessary', 'is not medically necessary', None)
    """
    if _WORD.search(words):
        return _WORD.sub(lambda found: _cased(_SWAP[found[0].casefold()], found[0]), words)
    found = next((one for one in _NECESSARY.finditer(words) if one["not"]), None) or _NECESSARY.search(words)
    if found is None:
        return None
    no = "NOT " if words[found.end() :][:1].isupper() and words.isupper() else "not "
    return words[: found.start()] + ("" if found["not"] else no) + words[found.end() :]


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word
