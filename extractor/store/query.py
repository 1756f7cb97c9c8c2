"""What a person types into a search, as an expression of SQLite's full-text index (FTS5).

    query    = all {OR all}                  either is enough
    all      = [NOT | -] one {[AND] [NOT | -] one}
    one      = "(" query ")" | "phrase"[*] | word[*]

Operators are written in capitals; in small letters they are words. Every word reaches the index in quotation marks, so
that nothing else in it is obeyed: `L5-S1` is looked for as `L5` followed by `S1`. What cannot be obeyed is refused.
"""

from __future__ import annotations

import re

from extractor.errors import ConfigurationError

_PIECE = re.compile(r'\s*(-?"[^"]*"\*?|-?\(|\)|[^\s()"]+|")')
_WORD = re.compile(r"[^\W_]")
_DEEPEST = 50
"""Parentheses in parentheses."""


def expression(query: str) -> str:
    """The FTS5 expression of a query.

    >>> expression('lumbar (fusion OR laminectom*) -"second opinion"')
    '(("lumbar" AND ("fusion" OR "laminectom"*)) NOT "second opinion")'

    Raises:
        ConfigurationError: it holds no word, or something that cannot be obeyed, which the message names.

    """
    if not _WORD.search(query):
        raise ConfigurationError(f"{query!r} holds no word to search for")
    return _Parser(query).parsed()


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._pieces = [piece for piece in _PIECE.findall(query) if not _is_mere_punctuation(piece)]
        self._at = 0
        self._depth = 0

    def parsed(self) -> str:
        found = self._either()
        if self._at < len(self._pieces):
            raise self._refusal("a parenthesis is closed that was not opened")
        return found

    def _either(self) -> str:
        ways = [self._all()]
        while self._next_is("OR"):
            ways.append(self._all())
        return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"

    def _all(self) -> str:
        wanted: list[str] = []
        unwanted: list[str] = []
        while True:
            if self._peek() in ("OR", ")", None):
                break
            if self._peek() == "AND":
                self._at += 1
                if not (wanted or unwanted) or self._peek() in ("OR", ")", "AND", None):
                    raise self._refusal("AND stands without a word on either side")
            (unwanted if self._negated() else wanted).append(self._one())
        if not wanted and unwanted:
            raise self._refusal("it says only what is to be left out, not what of")
        if not wanted:
            raise self._refusal("a word is missing beside OR, or in a parenthesis")
        all_wanted = wanted[0] if len(wanted) == 1 else f"({' AND '.join(wanted)})"
        return all_wanted if not unwanted else f"({' NOT '.join([all_wanted, *unwanted])})"

    def _negated(self) -> bool:
        piece = self._peek() or ""
        if piece == "NOT":
            self._at += 1
            if self._peek() in ("AND", "OR", "NOT", ")", None):
                raise self._refusal("NOT stands without a word behind it")
            return True
        if len(piece) > 1 and piece[0] == "-":
            self._pieces[self._at] = piece[1:]
            return True
        return False

    def _one(self) -> str:
        piece = self._pieces[self._at]
        self._at += 1
        if piece == "(":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._refusal("its parentheses are too deep")
            inner = self._either()
            if not self._next_is(")"):
                raise self._refusal("a parenthesis is not closed")
            self._depth -= 1
            return inner
        if piece == '"':
            raise self._refusal("a quotation mark is not closed")
        if piece.startswith("NEAR") and (piece != "NEAR" or self._peek() == "("):
            raise self._refusal("NEAR is not known; a phrase stands in quotation marks")
        word, star = (piece[:-1], "*") if piece.endswith("*") else (piece, "")
        word = word.strip('"')
        if "*" in word:
            raise self._refusal("* stands at the end of a word only")
        return f'"{word}"{star}'

    def _peek(self) -> str | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _next_is(self, piece: str) -> bool:
        if self._peek() != piece:
            return False
        self._at += 1
        return True

    def _refusal(self, why: str) -> ConfigurationError:
        return ConfigurationError(f"{self._query!r} cannot be searched for: {why}")


def _is_mere_punctuation(piece: str) -> bool:
    return not _WORD.search(piece) and piece not in ("(", ")", "-(", '"')
