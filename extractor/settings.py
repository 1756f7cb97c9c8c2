"""Settings as frozen values. What a person can set, with its default, its unit and why that default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost before it is refused.

    The longest letter that was seen has 27,000 characters on 12 pages; the defaults leave room for twenty times that
    and still refuse, at once, what cannot be a letter.
    """

    max_bytes: int = 50_000_000
    """Size of the file, or of a text in UTF-8."""
    max_pages: int = 300
    """Pages of a PDF."""
    max_characters: int = 1_000_000
    """Code points of text after decoding."""
    seconds: float = 20.0
    """Wall-clock time for one document."""


DEFAULT_LIMITS = Limits()
