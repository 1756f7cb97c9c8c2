"""What a document says about its own reading: it becomes a flag of the record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteCode(StrEnum):
    """The words of `extractor.records.record.FlagCode` that come from the document, before anybody reads it."""

    PAGE_WITHOUT_TEXT = "page_without_text"
    LEFT_OUT = "left_out"
    UNSEEN_TEXT = "unseen_text"


@dataclass(frozen=True, slots=True)
class Note:
    """Why a person should look at the file itself."""

    code: NoteCode
    message: str
    """One sentence; it names pages and counts, and quotes nothing."""


def pages_named(numbers: list[int]) -> str:
    """The pages as a person says them: `page 2`, `pages 2, 3 and 5`; counted from 1."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    shown = [str(number) for number in numbers[:12]]
    if len(numbers) > len(shown):
        return f"pages {', '.join(shown)} and {len(numbers) - len(shown)} more"
    return f"pages {', '.join(shown[:-1])} and {shown[-1]}"
