"""The variants of letters, one row each: the one place that says what a letter of some years has and lacks.

A row tells how a variant is recognised, how its items are found, and what else of it is read otherwise than in the
others. Whoever reads asks for the property that matters (`layout.variant.lists_records`), never for the name. No
property has a default: who adds a variant decides on each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from extractor.layout.headings import ITEM_LABELS, SECTIONS, HeadingName, Mark
from extractor.layout.items import Item, outcome_items
from extractor.layout.letters_of_2013 import notice_items, review_items, sentence_items
from extractor.records.determination import LayoutName
from extractor.text.normalize import View
from extractor.text.spans import Span

_DECISIONS = frozenset({HeadingName.DECISIONS, HeadingName.DECISIONS_2013})
_SECTIONS = SECTIONS - {HeadingName.CLOSING}  # a cover letter may close before them
_DECISIONS_INTRO = re.compile(
    r"the final determination was based on decisions for the disputed items?/services?"
    r"\s?(?:set forth below)?\s?[:.]?\s?"
)
_INTRO_WITHIN = 400
"""Characters behind the section's heading."""
_CREDENTIALS = re.compile(
    r"states? ?(?:\(s\))? of licensure|certifications? ?(?:\(s\))? ?/ ?specialty|following credentials"
)
_NOTICE_TITLE = "notice of independent medical review determination"
_NOTICE_VERDICT = re.compile(r"maximus federal services, ?inc\.?,? has determined")
_SECTION_WORD = re.compile(r"section ?\(s\) ?:")


@dataclass(frozen=True)
class Signs:
    """What a variant is recognised by."""

    view: View
    marks: list[Mark]

    @cached_property
    def names(self) -> frozenset[HeadingName]:
        """The headings and labels that the text has."""
        return frozenset(mark.name for mark in self.marks)

    @cached_property
    def opening(self) -> Mark | None:
        """The heading of the section in which each item's heading ends in its outcome, where there is one."""
        return next((mark for mark in self.marks if mark.name in _DECISIONS), None)

    @cached_property
    def decisions(self) -> int | None:
        """Where that section begins, behind its introduction; None where the text can have none.

        Its heading may be lost. Labels of items alone prove nothing: a letter may be quoted in some other document.
        """
        if self.opening is None:
            if not (
                self.names & ITEM_LABELS
                and self.names & {HeadingName.HOW_MADE, HeadingName.REVIEWER, HeadingName.SUMMARY}
            ):
                return None
            intro = _DECISIONS_INTRO.search(self.view.folded)
            if intro is not None:
                return intro.end()
            summary = next((mark for mark in self.marks if mark.name is HeadingName.SUMMARY), None)
            return summary.span.end if summary else 0  # items can only stand after the summary
        start = self.opening.span.end
        intro = _DECISIONS_INTRO.search(self.view.folded, start, start + _INTRO_WITHIN)  # a stamp may stand before it
        return intro.end() if intro else start


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One variant: `layout.variant.lists_records`. There is one object of each, also in another process."""

    name: LayoutName
    recognised: Callable[[Signs], bool]
    """Whether a text is of this variant, if it is of none that stands before in `VARIANTS`."""
    items: Callable[[View, list[Mark], Span], list[Item]]
    """(view, marks, where items can stand) → the disputed items, in order."""
    known: bool
    """It is a form, whose places mean something. A text of no known form is read by a model, or not at all."""
    has_decisions_section: bool
    """Items stand in a section of their own, and each heading ends in its outcome or decides in a sentence."""
    header_ends: frozenset[HeadingName]
    """The header ends where the first of these begins."""
    header_in_sentences: bool
    """Dates are told in sentences, too, not in a table of labels alone."""
    full_header: bool
    """The table of labels gives every date, the case number and the priority: what it lacks is missed."""
    lists_records: bool
    """The documents reviewed are listed; others only name their kinds."""
    reviewer_only: bool
    """A guideline paragraph of an item is the reviewer's alone; else one without a label speaks of both sides."""
    shares_labels: bool
    """Several items may share one guideline paragraph and one rationale, so labels outside of an item are no loss."""
    heads_each_item: bool
    """Each item has a heading "Regarding the request for" of its own, besides the list of outcomes."""

    def __reduce__(self) -> tuple[Callable[[LayoutName], Variant], tuple[LayoutName]]:
        """Told to another process by its name."""
        return variant_named, (self.name,)


def _is_notice(signs: Signs) -> bool:
    parts = {HeadingName.SUMMARY, HeadingName.REVIEWER, HeadingName.NOTICE_DECISIONS, HeadingName.RATIONALE}
    if HeadingName.DECISIONS_2013 in signs.names or not parts & signs.names:
        return False
    folded = signs.view.folded
    return _NOTICE_TITLE in folded or _NOTICE_VERDICT.search(folded) is not None


def _is_review(signs: Signs) -> bool:
    return HeadingName.ISSUE in signs.names and bool(
        {HeadingName.SUMMARY, HeadingName.GUIDELINES, HeadingName.RATIONALE} & signs.names
    )


def _is_decisions_and_rationales(signs: Signs) -> bool:
    return signs.opening is not None and signs.opening.name is HeadingName.DECISIONS_2013


def _is_credentials(signs: Signs) -> bool:
    if signs.decisions is None:
        return False
    if _CREDENTIALS.search(signs.view.folded, 0, signs.decisions):
        return True
    # Sections are cited so from 2015 on; where the reviewer is told of nowhere, nothing else is left to tell by.
    told_how = HeadingName.HOW_MADE in signs.names
    return not told_how and _SECTION_WORD.search(signs.view.folded, signs.decisions) is not None


def _outcome_or_sentence_items(view: View, marks: list[Mark], within: Span) -> list[Item]:
    return outcome_items(view, within, marks) or sentence_items(view, within, marks)


NOTICE = Variant(
    name="notice",
    recognised=_is_notice,
    items=lambda view, marks, within: notice_items(view, marks, within.end),
    known=True,
    has_decisions_section=False,
    header_ends=frozenset(
        {HeadingName.REVIEWER, HeadingName.SUMMARY}
    ),  # dates stand in the introduction of the decisions
    header_in_sentences=True,
    full_header=False,
    lists_records=True,
    reviewer_only=False,
    shares_labels=False,
    heads_each_item=True,
)
PROFESSIONAL_REVIEW = Variant(
    name="professional_review",
    recognised=_is_review,
    items=lambda view, marks, within: review_items(view, marks, within.end),
    known=True,
    has_decisions_section=False,
    header_ends=_SECTIONS,
    header_in_sentences=False,
    full_header=False,
    lists_records=True,
    reviewer_only=True,
    shares_labels=True,
    heads_each_item=False,
)
DECISIONS_AND_RATIONALES = Variant(
    name="decisions_and_rationales",
    recognised=_is_decisions_and_rationales,
    items=_outcome_or_sentence_items,
    known=True,
    has_decisions_section=True,
    header_ends=_SECTIONS,
    header_in_sentences=True,
    full_header=False,
    lists_records=True,
    reviewer_only=False,
    shares_labels=False,
    heads_each_item=False,
)
CREDENTIALS = Variant(
    name="credentials",
    recognised=_is_credentials,
    items=_outcome_or_sentence_items,
    known=True,
    has_decisions_section=True,
    header_ends=_SECTIONS,
    header_in_sentences=False,
    full_header=True,
    lists_records=False,
    reviewer_only=False,
    shares_labels=False,
    heads_each_item=False,
)
PROSE_REVIEWER = Variant(
    name="prose_reviewer",
    recognised=lambda signs: signs.decisions is not None,
    items=_outcome_or_sentence_items,
    known=True,
    has_decisions_section=True,
    header_ends=_SECTIONS,
    header_in_sentences=False,
    full_header=False,
    lists_records=False,
    reviewer_only=False,
    shares_labels=False,
    heads_each_item=False,
)
UNKNOWN = Variant(
    name="unknown",
    recognised=lambda signs: True,
    items=lambda view, marks, within: [],
    known=False,
    has_decisions_section=False,
    header_ends=_SECTIONS,
    header_in_sentences=False,
    full_header=False,
    lists_records=False,
    reviewer_only=False,
    shares_labels=False,
    heads_each_item=False,
)

VARIANTS: tuple[Variant, ...] = (
    NOTICE,
    PROFESSIONAL_REVIEW,
    DECISIONS_AND_RATIONALES,
    CREDENTIALS,
    PROSE_REVIEWER,
    UNKNOWN,
)
"""In the order in which they are tried."""
_BY_NAME = {variant.name: variant for variant in VARIANTS}


def variant_named(name: LayoutName) -> Variant:
    """The variant of this name."""
    return _BY_NAME[name]


def recognise(signs: Signs) -> Variant:
    """The variant of a text; `UNKNOWN` where it is none of the others."""
    return next(variant for variant in VARIANTS if variant.recognised(signs))
