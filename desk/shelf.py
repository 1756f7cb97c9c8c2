"""The database as the desk uses it: for reading, one connection a request, in the thread that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from extractor.records.determination import Category, OverallOutcome
from extractor.store import Store
from extractor.store.search import Filters

PAGE = 50
"""Letters on one page of the list."""
_HEADINGS = 3
"""Headings that the list shows of a letter."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter in the list."""

    record_id: int
    sha256: str
    name: str
    case_number: str | None
    decision_date: str | None
    decisions: int
    upheld: int
    overturned: int
    flags: int
    withheld: int
    headings: list[str] = field(default_factory=list)
    """Of its first decisions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked for; empty means: whatever it is."""

    outcome: str = ""
    """`upheld`, `overturned` or `mixed`: of the whole letter."""
    category: str = ""
    """Of one of its decisions."""
    year: str = ""
    """Of the decision, four digits."""
    after: str = ""
    """The last letter of the page before: `DATE~RECORD`."""

    @classmethod
    def of(cls, given: dict[str, str]) -> Asked:
        """Take from the parameters of an address what is a word of ours; what is not is left out."""
        outcome, category, year = (given.get(name, "") for name in ("outcome", "category", "year"))
        after = given.get("after", "")
        return cls(
            outcome if outcome in set(OverallOutcome) else "",
            category if category in set(Category) else "",
            year if re.fullmatch(r"(?:19|20)[0-9]{2}", year) else "",
            after if re.fullmatch(r"[0-9-]{0,10}~[0-9]{1,18}", after) else "",
        )

    @property
    def filters(self) -> Filters:
        """The same of decisions, for a search by words: a decision is never `mixed`, its letter is."""
        year = int(self.year) if self.year else None
        return Filters(
            outcome=(self.outcome,) if self.outcome in ("upheld", "overturned") else (),
            category=(self.category,) if self.category else (),
            since=date(year, 1, 1) if year else None,
            until=date(year, 12, 31) if year else None,
        )


class Shelf(Store):
    """An open database that cannot be written to through it. Use as a context manager, in one thread.

    Raises:
        StoreError: there is no such file, or it is no database of ours.

    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, create=False)
        self._db.execute("PRAGMA query_only = ON")

    def listed(self, asked: Asked) -> tuple[list[Listed], str]:
        """List current records, newest decision first; and what to ask for `after` them, empty where nothing is."""
        where, values = _conditions(asked)
        sql = f"{_LISTED} WHERE {' AND '.join(where)} {_ORDER} LIMIT {PAGE + 1}"  # conditions are literals of ours
        with self._reading():
            found = [Listed(**row) for row in self._db.query(sql, values)]
            letters = found[:PAGE]
            headings = self._headings(letter.record_id for letter in letters)
        for letter in letters:
            letter.headings.extend(headings.get(letter.record_id, ()))
        last = letters[-1] if len(found) > PAGE else None
        return letters, f"{last.decision_date or ''}~{last.record_id}" if last else ""

    def years(self) -> list[str]:
        """List the years in which letters were decided, latest first."""
        with self._reading():
            rows = self._db.execute(
                "SELECT DISTINCT substr(d.decision_date, 1, 4) FROM current_ids AS c "
                "JOIN determinations AS d ON d.record_id = c.record_id "
                "WHERE d.decision_date IS NOT NULL ORDER BY 1 DESC"
            ).fetchall()
        return [year for (year,) in rows]

    def names(self, sha256: str) -> list[str]:
        """Name the files in which a document was seen; of a file's second and later letters, the file's own."""
        with self._reading():
            rows = self._db.execute(
                "SELECT n.name FROM documents AS o JOIN document_names AS n "
                "ON n.document_sha256 = coalesce(o.part_of, o.sha256) WHERE o.sha256 = ? ORDER BY n.first_seen_at DESC",
                [sha256],
            ).fetchall()
        return [name for (name,) in rows]

    def _headings(self, record_ids: Iterable[int]) -> dict[int, list[str]]:
        marks = ",".join(str(int(each)) for each in record_ids)
        sql = (
            f"SELECT record_id, heading FROM decisions WHERE record_id IN ({marks}) "  # noqa: S608  numbers of ours
            f"AND decision_number <= {_HEADINGS} AND heading IS NOT NULL ORDER BY record_id, decision_number"
        )
        found: dict[int, list[str]] = {}
        for record_id, heading in self._db.execute(sql):
            found.setdefault(record_id, []).append(heading)
        return found


_LISTED = """
SELECT r.id AS record_id, r.document_sha256 AS sha256, r.name, d.case_number, d.decision_date, d.decisions, d.upheld,
       d.overturned, d.flags, d.withheld
FROM current_ids AS c JOIN records AS r ON r.id = c.record_id JOIN determinations AS d ON d.record_id = c.record_id
"""
_ORDER = "ORDER BY coalesce(d.decision_date, '') DESC, d.record_id DESC"


def _conditions(asked: Asked) -> tuple[list[str], list[Any]]:
    where: list[str] = ["1"]
    values: list[Any] = []
    if asked.outcome:
        where.append("d.overall_outcome = ?")
        values.append(asked.outcome)
    if asked.category:
        where.append("EXISTS (SELECT 1 FROM decisions AS e WHERE e.record_id = d.record_id AND e.category = ?)")
        values.append(asked.category)
    if asked.year:
        where.append("substr(d.decision_date, 1, 4) = ?")
        values.append(asked.year)
    if asked.after:
        day, _, record_id = asked.after.partition("~")
        where.append("(coalesce(d.decision_date, ''), d.record_id) < (?, ?)")
        values += [day, int(record_id)]
    return where, values
