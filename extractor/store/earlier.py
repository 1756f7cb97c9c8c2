"""What a database was read by before: asked before a run, so that it can say what it will read again, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from extractor.store.connection import as_store_errors, connect


@dataclass(frozen=True, slots=True)
class Earlier:
    """What has no record under a new configuration, and how the latest of it was read."""

    letters: int
    """Letters that have records, and none under the new configuration."""
    reader: str
    code_version: str
    configuration: str
    """As the run told it, as JSON; empty where no run did."""


# By the index alone, which holds document, configuration and id: a table of a million records is not gone through.
_AGAIN = """
SELECT count(*) AS letters, max(id) AS latest FROM (
    SELECT max(id) AS id FROM records GROUP BY document_sha256 HAVING total(config_sha256 = ?) = 0
)
"""
_LATEST = """
SELECT r.reader, r.code_version, coalesce(runs.configuration, '') AS configuration
FROM records AS r LEFT JOIN runs ON runs.id = r.run_id AND runs.config_sha256 = r.config_sha256
    AND runs.code_version = r.code_version
WHERE r.id = ?
"""


def earlier(path: Path, config_sha256: str) -> Earlier | None:
    """How letters were read that have records, but none under this configuration; None where there are none.

    Raises:
        StoreError: the database cannot be used.

    """
    if not path.exists():
        return None
    db = connect(path, create=False)
    try:
        with as_store_errors(path):
            counted = next(db.query(_AGAIN, [config_sha256]))
            if not counted["letters"]:
                return None
            return Earlier(letters=counted["letters"], **next(db.query(_LATEST, [counted["latest"]])))
    finally:
        db.close()
