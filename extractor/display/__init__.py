"""What a person sees: tables and colour on a terminal, plain lines anywhere else.

`Screen` is where everything is shown; it decides once which of the two it is. Words of a letter are shown as text,
never as markup, and cannot move the cursor, change colours or reorder a line.
"""

from extractor.display.clean import cleaned, json_cleaned
from extractor.display.history import show_history
from extractor.display.progress import progress
from extractor.display.record import show_record
from extractor.display.screen import Screen
from extractor.display.tables import (
    show_export,
    show_failures,
    show_found,
    show_hits,
    show_prompts,
    show_status,
    show_summary,
)

__all__ = [
    "Screen",
    "cleaned",
    "json_cleaned",
    "progress",
    "show_export",
    "show_failures",
    "show_found",
    "show_history",
    "show_hits",
    "show_prompts",
    "show_record",
    "show_status",
    "show_summary",
]
