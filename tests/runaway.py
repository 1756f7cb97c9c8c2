"""Work that never comes back, for children: found by name there."""

from __future__ import annotations

import os
import re

from extractor.documents import Document


def endless() -> Document:
    """A pattern that holds the interpreter's lock until the end of days."""
    re.match(r"(a+)+$", "a" * 64 + "b")
    raise AssertionError("the pattern came back")


def deadly() -> Document:
    """What a library that crashes does."""
    os.abort()
