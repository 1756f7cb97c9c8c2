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
_FEWEST_WORDS = 50
"""Different ones. Fewer are a form, or the same line again and again."""
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
    words = _LATIN_WORD.findall(sample)
    latin = sum(map(len, words))
    if latin < max(_FEWEST_LETTERS, letters / 2) or len({word.lower() for word in words}) < _FEWEST_WORDS:
        return True
    accented = sum(not char.isascii() for word in words for char in word) >= _ACCENTS * latin
    least = _LEAST_WITH_ACCENTS if accented else _LEAST_ALTERNATION
    return _vowels_lead(words) and alternation(words) >= least


def _is_english(sample: str) -> bool:
    words = sample.lower().split()
    return sum(word in _SMALL_WORDS for word in words) >= max(1, _SMALL_WORDS_OF_ENGLISH * len(words))


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
