"""Why `imr run` will read letters again that the database already has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.reading.configuration import Configuration


def why_again(database: Path, configuration: Configuration) -> str | None:
    """One line: what has changed since letters were read, and how many of them; None where all are as they would be.

    Raises:
        StoreError: the database cannot be used.

    """
    from extractor.store.earlier import earlier  # noqa: PLC0415  heavy: only when there is something to do

    found = earlier(database, configuration.sha256)
    if found is None:
        return None
    many = "1 letter has" if found.letters == 1 else f"{found.letters:,} letters have"
    changed = "; ".join(configuration.changes(found.configuration))
    if not changed:
        changed = f"read by {found.code_version}, reader {found.reader}"
    return f"{many} records of another configuration, and will be read again where met ({changed})"
