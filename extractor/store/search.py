"""Finding records: by a case number, a file's name or a hash; finding decisions: by the words of their letters.

A row of the index is a decision with all that its letter says for it: heading, rationale, both guideline paragraphs,
clinical summary, case number. So words that stand far apart in one letter are found together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import OSA

from extractor.errors import RecordNotFound
from extractor.records.determination import case_key
from extractor.store.database import OpenDatabase
from extractor.store.query import expression
from extractor.vocabulary import drugs

HIT_START, HIT_END = "\x02", "\x03"
"""Stand around the words that matched in `Hit.snippet`; no letter holds them after display has cleaned it."""
MOST_RANKED = 50_000
"""Decisions. To rank takes time for each that matches: half a second here, and fourteen where a common word meets three
million (measured, SQLite 3.40)."""
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
class Filters:
    """What decisions must be like. Of several values of one filter any is enough; of the filters all must hold."""

    outcome: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    """A category or a subcategory."""
    drug: tuple[str, ...] = ()
    """A name, with the other names of its ingredient; an ingredient; or a class (`opioid`)."""
    guideline: tuple[str, ...] = ()
    """A body (`MTUS`, `ODG`), relied on or cited by either side, or words of a title that is cited."""
    specialty: tuple[str, ...] = ()
    """Words of a specialty of the reviewer."""
    reason: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    flag: tuple[str, ...] = ()
    """A code, on the decision or on the letter as a whole."""
    since: date | None = None
    """Earliest decision date; letters that state none are left out."""
    until: date | None = None
    """Latest decision date."""


class Order(StrEnum):
    """Which decisions come first."""

    RANK = "rank"
    """Those that the words fit best (BM25; a word in the heading counts most)."""
    DATE = "date"
    """The newest."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A decision that answers to a search."""

    case_number: str | None
    sha256: str
    name: str
    decision_number: int
    decision_date: str | None
    heading: str | None
    category: str | None
    outcome: str | None
    snippet: str
    """Words around a match; the beginning of the rationale where no words were looked for, and empty where the record
    is damaged."""


@dataclass(frozen=True, slots=True)
class Page:
    """The first decisions that answer to a search."""

    total: int
    """Of all that answer."""
    order: Order
    """By rank only where words were given, and match no more than `MOST_RANKED` decisions."""
    hits: tuple[Hit, ...]


_ALL = Filters()
_MOST_NEAR = 5
_CURRENT_CASES = "FROM determinations AS d JOIN current_ids AS c ON c.record_id = d.record_id WHERE d.case_key LIKE ?"
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
            near = [] if failed else self._cases_with(name)
            if len(near) == 1:
                return self.find(near[0])
            near = near or self._cases_like(name)
        if failed:
            raise RecordNotFound(
                f"{name!r} has no record: reading it failed ({failed['failure_class']}: {failed['message']})"
            )
        raise RecordNotFound(
            f"no record under {name!r}: give a case number, the beginning of a SHA-256, or a file name"
            + (f"; there is {', '.join(near)}" if near else "")
        )

    def _cases_with(self, name: str) -> list[str]:
        """The first few cases whose number holds this part of one."""
        sql = f"SELECT DISTINCT d.case_key {_CURRENT_CASES} ORDER BY d.case_key LIMIT ?"
        pattern = _case_pattern(name)
        return [row[0] for row in self._db.execute(sql, [pattern, _MOST_NEAR])] if pattern else []

    def _cases_like(self, name: str) -> list[str]:
        """A few cases of the same year whose number differs in a digit or two."""
        key = case_key(name) or ""
        if not re.fullmatch(r"CM\d\d-\d+", key):
            return []
        of_year = self._db.execute(f"SELECT DISTINCT d.case_key {_CURRENT_CASES}", [f"{key[:5]}%"])
        numbers = [row[0] for row in of_year]
        near = process.extract(key, numbers, scorer=OSA.distance, score_cutoff=2, limit=_MOST_NEAR)
        return sorted(found for found, *_ in near)

    def search(self, query: str = "", filters: Filters = _ALL, *, limit: int = 20, order: Order = Order.RANK) -> Page:
        """Find current decisions by words, by what they are like, or by both.

        Args:
            query: as `extractor.store.query` says; a case number in any spelling, or a part of one, finds its case.
            filters: what the decisions must be like.
            limit: most decisions given.
            order: which come first.

        Raises:
            ConfigurationError: no words and no filter are given, or the query cannot be obeyed.

        """
        conditions = list(_conditions(filters))
        part = _case_pattern(query)
        matched = expression(query) if part is None and (query.strip() or not conditions) else None
        if part is not None:
            conditions.append(("t.case_key LIKE ?", [part]))
        if matched is not None:
            conditions.append(("decision_search MATCH ?", [matched]))
        source = (
            f"decision_search JOIN decisions AS d ON d.id = decision_search.rowid {_JOINS}"
            if matched
            else (f"decisions AS d {_JOINS}")
        )
        where = " AND ".join(condition for condition, _ in conditions)
        values = [value for _, given in conditions for value in given]
        with self._reading():
            counted = self._db.execute(f"SELECT count(*) FROM {source} WHERE {where}", values).fetchone()  # noqa: S608  our own
            total = int(counted[0])
            if matched is None or total > MOST_RANKED:
                order = Order.DATE
            by = "decision_search.rank, " if order is Order.RANK else ""
            shown = _MATCHED if matched else _BEGINNING
            sql = f"""SELECT t.case_number, r.document_sha256 AS sha256, r.name, d.decision_number, t.decision_date,
                d.heading, d.category, d.outcome, {shown} AS snippet
                FROM {source} WHERE {where}
                ORDER BY {by}t.decision_date DESC NULLS LAST, t.case_number, d.id LIMIT ?"""  # noqa: S608  our own words; what was given is bound
            marks = [HIT_START, HIT_END] if matched else []
            hits = tuple(Hit(**row) for row in self._db.query(sql, [*marks, *values, limit]))
        return Page(total, order, hits)


_JOINS = (
    "JOIN current_ids AS c ON c.record_id = d.record_id JOIN records AS r ON r.id = d.record_id "
    "JOIN determinations AS t ON t.record_id = d.record_id"
)
_MATCHED = "coalesce(snippet(decision_search, -1, ?, ?, ' … ', 24), '')"
_BEGINNING = """CASE WHEN json_valid(r.determination) THEN coalesce(substr(json_extract(r.determination,
    '$.decisions[' || (d.decision_number - 1) || '].rationale.text'), 1, 160), '') ELSE '' END"""
_OF_DECISION = "record_id = d.record_id AND decision_number = d.decision_number"


def _conditions(filters: Filters) -> Iterator[tuple[str, list[str]]]:
    """Each filter as SQL over `d`, `t` and `r`, with its values."""
    if filters.outcome:
        yield _any("d.outcome = ?", filters.outcome)
    if filters.category:
        yield _any("d.category = ?1 OR d.subcategory = ?1", filters.category)
    if filters.drug:
        names = sorted({name for given in filters.drug for name in _names_of_drug(given)})
        given = "lower(name) IN (SELECT value FROM json_each(?))"
        yield _listed("drugs", _OF_DECISION, given), [json.dumps(names)]
    if filters.guideline:
        cited = _listed("citations", _OF_DECISION, f"(source = upper(?1) OR {_contains('title')})")
        relied = "upper(?1) IN (upper(d.reviewer_relied_on), upper(d.claims_administrator_relied_on))"
        yield _any(f"{relied} OR {cited}", filters.guideline)
    if filters.specialty:
        yield _any(_contains("t.specialties"), filters.specialty)
    if filters.reason:
        yield _any(_listed("reasons", _OF_DECISION, "reason = ?1"), filters.reason)
    if filters.layout:
        yield _any("r.layout = ?", filters.layout)
    if filters.flag:
        told = "record_id = d.record_id AND coalesce(decision_number, d.decision_number) = d.decision_number"
        yield _any(_listed("flags", told, "code = ?1"), filters.flag)
    if filters.since:
        yield "t.decision_date >= ?", [filters.since.isoformat()]
    if filters.until:
        yield "t.decision_date <= ?", [filters.until.isoformat()]


def _listed(table: str, whose: str, condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {whose} AND {condition})"  # noqa: S608  our own names, never input


def _any(condition: str, values: Sequence[str]) -> tuple[str, list[str]]:
    """The condition for any of the values; `?1` and `?` stand for the value."""
    places = condition.count("?")
    each = f"({re.sub(r'[?]1?', '?', condition)})"
    return f"({' OR '.join([each] * len(values))})", [value for value in values for _ in range(places)]


def _contains(column: str) -> str:
    return f"instr(lower({column}), lower(?1)) > 0"


def _names_of_drug(given: str) -> set[str]:
    """All names under which a drug may stand in a heading, in small letters."""
    asked = given.strip().lower()
    known = drugs.table()
    ingredient = known[asked].ingredient if asked in known else asked
    same = {row.name for row in known.values() if ingredient == row.ingredient or asked == row.drug_class}
    return {asked, *same}


def _case_pattern(query: str) -> str | None:
    """What a case number must be like to hold this part of one; None where the query is no such part.

    Five digits alone may be a procedure's code, so that a part needs its `CM`, its year and hyphen, or six digits.
    """
    found = _CASE_PART.fullmatch(query.strip())
    if found is None:
        return None
    year, number, alone = found.groups()
    return f"%{alone}%" if alone else f"CM{year}-%{number or ''}%"


_CASE_PART = re.compile(r"(?:cm\s?(\d\d)(?:[-\s\u2010-\u2015]?(\d{1,7}))?)|(\d{6,7})", re.IGNORECASE)


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
