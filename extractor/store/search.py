"""Finding records: by a case number, a file's name or a hash, and by the words of their decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.errors import ConfigurationError, RecordNotFound
from extractor.records.determination import case_key
from extractor.store.database import OpenDatabase

HIT_START, HIT_END = "\x02", "\x03"
"""Stand around the words that matched in `Hit.snippet`; no letter holds them after display has cleaned it."""
MIN_PREFIX = 6
"""Shortest beginning of a SHA-256 that is taken as one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A current record that answers to a name."""

    record_id: int
    sha256: str
    name: str
    case_number: str | None
    decision_date: str | None
    layout: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A decision whose heading or rationale matches a search."""

    case_number: str | None
    sha256: str
    name: str
    decision_number: int
    heading: str | None
    outcome: str | None
    snippet: str
    """Empty where the record is damaged."""


_FOUND = """
SELECT r.id AS record_id, r.document_sha256 AS sha256, r.name, d.case_number, d.decision_date, r.layout, d.decisions
FROM current_records AS r JOIN determinations AS d ON d.record_id = r.id
"""


class Search(OpenDatabase):
    """Questions that a person asks about one letter, or about words."""

    def find(self, name: str) -> list[Found]:
        """Find current records by case number, SHA-256 or its beginning, or file name (whole path or last part).

        Raises:
            RecordNotFound: none answers; the message says whether a letter of that name failed.

        """
        with self._reading():
            for where, value in _ways_to_find(name):
                rows = list(self._db.query(f"{_FOUND} WHERE {where} ORDER BY r.name, r.document_sha256", [value]))
                if rows:
                    return [Found(**row) for row in rows]
            sql = "SELECT * FROM open_failures WHERE name = ? OR name LIKE ? ESCAPE '\\'"
            failed = next(self._db.query(sql, _endings(name)), None)
        if failed:
            raise RecordNotFound(
                f"{name!r} has no record: reading it failed ({failed['failure_class']}: {failed['message']})"
            )
        raise RecordNotFound(
            f"no record under {name!r}: give a case number, the beginning of a SHA-256, or a file name"
        )

    def search(self, query: str, *, limit: int = 20) -> list[Hit]:
        """Find current decisions whose heading or rationale hold every word of the query, best match first.

        Words in quotation marks are looked for as one phrase.

        Raises:
            ConfigurationError: the query holds no word.

        """
        if not re.search(r"\w", query):
            raise ConfigurationError(f"{query!r} holds no word to search for")
        with self._reading():
            parameters = [HIT_START, HIT_END, self._db.quote_fts(query), limit]
            return [Hit(**row) for row in self._db.query(_SEARCH, parameters)]


_SEARCH = """
SELECT t.case_number, r.document_sha256 AS sha256, r.name, d.decision_number, d.heading, d.outcome,
       coalesce(snippet(decision_search, -1, ?, ?, ' … ', 24), '') AS snippet
FROM decision_search
JOIN decisions AS d ON d.id = decision_search.rowid
JOIN current_records AS r ON r.id = d.record_id
JOIN determinations AS t ON t.record_id = r.id
WHERE decision_search MATCH ?
ORDER BY decision_search.rank, t.case_number, d.id
LIMIT ?
"""


def _ways_to_find(name: str) -> Iterable[tuple[str, str]]:
    yield "d.case_key = ?", str(case_key(name))
    if re.fullmatch(rf"[0-9a-f]{{{MIN_PREFIX},64}}", name.strip().lower()):
        yield "r.document_sha256 GLOB ? || '*'", name.strip().lower()
    seen = "r.document_sha256 IN (SELECT document_sha256 FROM document_names WHERE {})"
    whole, ending = _endings(name)
    yield seen.format("name = ?"), whole
    yield seen.format("name LIKE ? ESCAPE '\\'"), ending


def _endings(name: str) -> tuple[str, str]:
    escaped = re.sub(r"([%_\\])", r"\\\1", name)
    return name, f"%/{escaped}"
