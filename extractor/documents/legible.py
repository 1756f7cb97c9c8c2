"""Whether a text is made of words: a font without a character map gives rubble or a cipher that looks like text.

Every language written in Latin letters sets vowels and consonants in turn: a consonant is followed by a vowel far more
often than a vowel is. A cipher has other letters in those places. English is known sooner, by its small words. Texts in
other scripts pass: nothing is known of them here, but that letters are most of what they have.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

_SMALL_WORDS = frozenset(
    "the of and to in is for was with on that this are not be or as by at has date case medical".split()
)
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{3,}")
_LETTER = re.compile(r"[^\W\d_]")
_FEWEST_LETTERS = 150
"""Fewer say nothing for certain."""
_SMALL_WORDS_OF_ENGLISH = 0.08
"""Of all words; letters have 0.3, foreign languages and ciphers under 0.03."""
_LEAST_ALTERNATION = 0.32
"""Measured: languages 0.40 and more (Dutch, German), English letters 0.44; of 1,040 ciphers, 9 had more."""
_LEAST_WITH_ACCENTS = 0.15
"""Vietnamese has 0.22. Ciphers of plain letters have no accents."""
_ACCENTS = 0.01
_FEWEST_LETTERS_IN_INK = 0.4
_FEWEST_SIGNS = 1_000
"""Of signs that are no letters, fewer are a table, a drawing or a row of dots."""
_FEWEST_SIGNS_OF_A_PASSAGE, _SAMPLE_OF_A_PASSAGE = 40, 2_000
_FEWEST_WORDS = 50
"""Different ones. Fewer are a form, or the same line again and again."""
_FEW_WORDS = 4
_SOME_WORDS = 8
_LEAST_OF_SOME, _LEAST_OF_FEW = 0.25, 0.0
_SAMPLE = 20_000


def is_legible(text: str) -> bool:
    """Whether `text`, a page or a whole letter, is made of words; True where there is too little to tell."""
    sample = text[:_SAMPLE]
    if _is_english(sample):
        return True
    ink = sum(not char.isspace() for char in sample)
    letters = len(_LETTER.findall(sample))
    private = sum("\ue000" <= char <= "\uf8ff" for char in sample)
    digits = sum(char.isdigit() for char in sample)
    if ink >= _FEWEST_SIGNS and (private > letters or letters + digits < _FEWEST_LETTERS_IN_INK * ink):
        return False
    found = _LATIN_WORD.findall(sample)
    if sum(map(len, found)) < max(_FEWEST_LETTERS, letters / 2):
        return True
    words = sorted({word.lower() for word in found})  # once each: a line that is repeated proves nothing
    if len(words) < _FEWEST_WORDS:
        return True
    accented = sum(not char.isascii() for word in words for char in word) >= _ACCENTS * sum(map(len, words))
    least = _LEAST_WITH_ACCENTS if accented else _LEAST_ALTERNATION
    return _vowels_lead(words) and alternation(words) >= least


def illegible_pages(pages: list[str]) -> list[int]:
    """The numbers, from 1, of the pages that are not made of words.

    Of a letter in English a page can be told by less: one without any small word, whose vowels stand anywhere.
    """
    found = [number for number, page in enumerate(pages, 1) if not is_legible(page)]
    if len(pages) == 1 or not _is_english(max(pages, key=len)[:_SAMPLE]):
        return found
    found += [number for number, page in enumerate(pages, 1) if _lacks_words(page[:_SAMPLE])]
    return sorted(set(found))


def is_rubble(passage: str) -> bool:
    """Whether a passage of a letter in English is not made of words: signs for letters, or letters for others."""
    sample = passage[:_SAMPLE_OF_A_PASSAGE]
    if _is_english(sample):
        return False
    ink = sum(not char.isspace() for char in sample)
    signs = ink >= _FEWEST_SIGNS_OF_A_PASSAGE and len(_LETTER.findall(sample)) < _FEWEST_LETTERS_IN_INK * ink
    return signs or _lacks_words(sample) or not is_legible(sample)


def _lacks_words(sample: str) -> bool:
    words = sorted({word.lower() for word in _LATIN_WORD.findall(sample)})
    return (
        _FEW_WORDS <= len(words) < _FEWEST_WORDS
        and _SMALL_WORDS.isdisjoint(sample.lower().split())
        and alternation(words) < (_LEAST_OF_FEW if len(words) < _SOME_WORDS else _LEAST_OF_SOME)
    )


# What stands for a character that nobody could read: by itself, or as the number of a sign in a font, or as UTF-8 that
# was taken for Windows-1252.
_UNREAD = re.compile(
    "[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]|\\(cid:\\d{1,5}\\)"
    "|\xe2\u20ac[\u2122\u0153\x9d\u201c\u201d\u02dc\xa2\xa6]|\xc3[\xa0-\xbf\u2030\u02c6]|\xc2[\xa0-\xbf]"
)


def unread_characters(text: str) -> int:
    """How many characters of `text` stand for others that a program could not tell."""
    return 0 if text.isascii() and "(cid:" not in text else sum(1 for _ in _UNREAD.finditer(text))


def _is_english(sample: str) -> bool:
    words = sample.lower().split()
    return sum(map(_SMALL_WORDS.__contains__, words)) >= max(1, _SMALL_WORDS_OF_ENGLISH * len(words))


def _vowels_lead(words: list[str]) -> bool:
    """Whether two of the five commonest letters are vowels."""
    counts = Counter(unicodedata.normalize("NFD", "".join(words).lower()))
    commonest = sorted((letter for letter in counts if letter.isalpha()), key=lambda each: (-counts[each], each))[:5]
    return sum(letter in "aeiou" for letter in commonest) >= 2


def alternation(words: list[str]) -> float:
    """How much likelier a vowel follows a consonant than a vowel; 0 where letters say nothing of their followers."""
    after = {True: [0, 0], False: [0, 0]}
    for word in words:
        plain = unicodedata.normalize("NFD", word.lower())
        kinds = [char in "aeiouy" for char in plain if char.isalpha()]
        for first, second in pairwise(kinds):
            after[first][second] += 1
    shares = {kind: vowels / max(1, others + vowels) for kind, (others, vowels) in after.items()}
    return shares[False] - shares[True]
