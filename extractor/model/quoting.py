"""What an endpoint says of an error, for people to read: its own words, and none that could be a letter's.

An endpoint may repeat what it was sent. So a word is quoted only if it is plain, and either not in what was sent or so
common in errors that it tells nothing; and no words in a row that stand there in a row. The rest is `…`. The key was
taken out before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST_CHARACTERS = 240
_MOST_WORDS = 400
"""Looked at."""
_LONGEST_WORD = 40
_LONGEST_MIXED = 8
"""Characters of a word of letters and digits, as `1h0m`; longer ones are keys and names of accounts."""
_SHORTEST_WORD = 3
_PART_OF_A_WORD = 5
"""Characters from which on a word may not stand within another that was sent."""
_WINDOW, _SHORTEST_RUN = 4, 6
"""Words in a row that are compared, and the letters that they have at least."""
_LEFT_OUT = "…"

_PIECE = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[!-~]+")
_KEYLIKE = re.compile(r"\*|\bsk-", re.IGNORECASE)
_COMMON = frozenset(
    """a about access account active add after again all allowed an and api are as at authentication available be been
    before but by can cannot check code com configuration configure connection content context could create created
    credit credits current daily day days denied deployment did disabled do does enabled endpoint error exceed exceeded
    exceeds exist failed few first for found free from has have header host hour hours https if in input insufficient
    internal invalid is it its key large length less limit limited loaded loading long longer make many max maximum
    message minute minutes missing model models month more must need network no not of on only or org organization
    output overloaded page parameter payment per permission permitted plan please policy private project prompt
    provide provided provider public quota rate reached refused region request requested requests required resource
    response retry returned second seconds see server service set should size slow some soon start subscription
    supported sure temporarily than that the then there this time timeout to today token tokens too try trying
    unauthorized unavailable unknown unsupported up upgrade upstream url use used user valid value wait was week when
    which will with within work wrong you your""".split()
)
"""Words that say nothing of a patient, wherever they stand."""


def quoted(words: str, sent: Iterable[str] = ()) -> str:
    """What may be shown of an endpoint's words; empty where nothing is left.

    Args:
        words: Its message.
        sent: The texts of the request that it may repeat.

    """
    held = " ".join(sent).casefold()
    known = frozenset(_PIECE.findall(held))
    squeezed = "".join(_PIECE.findall(held))
    tokens = words.split()[:_MOST_WORDS]
    pieces = [_PIECE.findall(token.casefold()) for token in tokens]
    kept = [
        _is_plain(token) and all(_may_stand(piece, known, squeezed) for piece in of_it)
        for token, of_it in zip(tokens, pieces, strict=True)
    ]
    short = [len("".join(of_it)) < _SHORTEST_WORD for of_it in pieces]
    kept = [
        keep and not (short[n] and True in (short[n - 1 : n] + short[n + 1 : n + 2])) for n, keep in enumerate(kept)
    ]
    for first in range(len(tokens)):
        for last in range(first + 2, min(first + _WINDOW, len(tokens)) + 1):
            run = [piece for each in pieces[first:last] for piece in each]
            common = last - first < _WINDOW and all(piece in _COMMON for piece in run)
            if len("".join(run)) >= _SHORTEST_RUN and not common and "".join(run) in squeezed:
                kept[first:last] = [False] * (last - first)
    shown = ""
    for token, keep in zip(tokens, kept, strict=True):
        word = token if keep else _LEFT_OUT
        if word == _LEFT_OUT and shown.endswith(_LEFT_OUT):
            continue
        if len(shown) + len(word) >= _MOST_CHARACTERS:
            shown = f"{shown.removesuffix(_LEFT_OUT).rstrip()}{_LEFT_OUT}"
            break
        shown = f"{shown} {word}".lstrip()
    return shown if _PIECE.search(shown) else ""


def _is_plain(token: str) -> bool:
    return len(token) <= _LONGEST_WORD and _PLAIN.fullmatch(token) is not None and not _KEYLIKE.search(token)


def _may_stand(piece: str, known: frozenset[str], squeezed: str) -> bool:
    word = piece.casefold()
    if word in _COMMON:
        return True
    if len(word) < _SHORTEST_WORD and word.isalpha():  # of which any other could be spelled
        return False
    mixed = not word.isalpha() and not word.isdecimal()
    if word in known or (mixed and len(word) > _LONGEST_MIXED):
        return False
    return len(word) < _PART_OF_A_WORD or word not in squeezed
