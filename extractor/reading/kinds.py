"""Kinds: whether a text is a determination at all. What is none stands in no table, and no model is asked about it."""

from __future__ import annotations

import json
import re

from extractor.errors import DocumentError, NotADetermination, UnknownLayout
from extractor.facts.header import CASE_NUMBER
from extractor.facts.tops import tops
from extractor.layout import Layout
from extractor.layout.headings import HeadingName

_FORM = frozenset(HeadingName) - {HeadingName.CLOSING, HeadingName.ISSUE}
"""Headings and labels of the form alone; other offices, too, close letters and name what is at issue."""
_BEGINS = frozenset({HeadingName.HOW_MADE, HeadingName.REVIEWER, HeadingName.RECORDS, HeadingName.SUMMARY})
"""What stands in every determination before its decisions, and is seldom quoted."""
_SPEAKS_OF_ONE = re.compile(r"independent medical review|\b(?:upheld|overturned)\b|medically necessary")
_DATA = ("{", "[")
_LONGEST_TOP = 600
"""Characters before the first heading of a letter whose first pages are lost."""


def is_determination(layout: Layout) -> bool:
    """Whether a text decides something in the form of a determination, or has that form and the number of a case.

    The second is a letter whose decisions were lost: a page is missing, or their headings are illegible. A
    determination begins in its own form; what quotes the decisions of one begins with words of its own.
    """
    if not layout.items:
        return layout.variant.known and CASE_NUMBER.search(layout.view.folded) is not None
    if _BEGINS & {mark.name for mark in layout.marks} or tops(layout.view):
        return True
    before = min([layout.items[0].heading.start, *(mark.span.start for mark in layout.marks)])
    return before < _LONGEST_TOP


def may_be_determination(layout: Layout) -> bool:
    """Whether a text may be a determination in a layout that is not known here: then a model is asked about it.

    A number alone is no sign of one, for lists and file names have it; nor is anything in data that programs exchange.
    """
    folded = layout.view.folded
    if layout.view.raw_text.lstrip()[:1] in _DATA and _is_json(layout.view.raw_text):
        return False
    return (
        bool(layout.items)
        or bool(tops(layout.view))
        or any(mark.name in _FORM and not mark.misspelled for mark in layout.marks)
        or (CASE_NUMBER.search(folded) is not None and _SPEAKS_OF_ONE.search(folded) is not None)
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def refusal(layout: Layout, name: str) -> DocumentError:
    """What is raised for a document (its name) that is no determination, or none that can be read."""
    if may_be_determination(layout):
        return UnknownLayout(
            f"{name!r} speaks of a case as determinations do, but no decision was found in it: it is something else, "
            "or of a layout that the reader does not know (a model reader may)"
        )
    return NotADetermination(f"{name!r} is no determination letter: it has no decision, and nothing of the form of one")
