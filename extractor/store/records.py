"""Records and documents as they were saved: loaded, listed, streamed."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.errors import RecordDamaged, RecordNotFound
from extractor.store.database import OpenDatabase
from extractor.store.rows import restore
from extractor.text.spans import Span

if TYPE_CHECKING:
    from extractor.documents import Document
    from extractor.records.record import Record

Rows = tuple[dict[str, Any], str, list[dict[str, Any]], list[dict[str, Any]]]
"""Of one record: its row, the document's text, its evidence rows, its flag rows."""


@dataclass(frozen=True, slots=True)
class Version:
    """One record of a letter, as it is kept beside others."""

    record_id: int
    created_at: str
    reader: str
    model: str | None
    config_sha256: str
    code_version: str
    determination: Any
    """As JSON; None where it is damaged."""
    current: bool
    """It is the one that counts."""


class Records(OpenDatabase):
    """What was saved."""

    def load(self, record_id: int) -> Record:
        """Load the record with this id, equal to the one that was saved.

        Raises:
            RecordNotFound: there is none.
            RecordDamaged: what is kept of it is not what was saved.

        """
        rows = self._rows(record_id)
        try:
            return restore(*rows)
        except (ValueError, TypeError, LookupError, RecursionError):
            fault = RecordDamaged(record_id, str(rows[0]["document_sha256"]), self.path)
        raise fault  # out here, for what Python keeps of the error before holds the letter's words

    def text(self, record_id: int) -> str:
        """Load the document text that the record's spans point into. Raises RecordNotFound."""
        return self._rows(record_id)[1]

    def records(self) -> Iterator[Record]:
        """Load every current record, ordered by document SHA-256, loaded one at a time. Raises RecordDamaged."""
        with self._reading():
            for (record_id,) in self._db.execute("SELECT id FROM current_records ORDER BY document_sha256"):
                yield self.load(record_id)

    def damaged(self) -> list[RecordDamaged]:
        """Find current records whose JSON does not hold what their rows say, ordered by document SHA-256.

        It looks at the form only, and so is quick; `load` looks at everything.
        """
        with self._reading():
            found = self._db.execute(
                "SELECT r.id, r.document_sha256 FROM current_records AS r "
                "LEFT JOIN determinations AS d ON d.record_id = r.id WHERE CASE WHEN json_valid(r.determination) "
                "THEN json_array_length(r.determination, '$.decisions') IS NOT d.decisions ELSE 1 END "
                "ORDER BY r.document_sha256"
            ).fetchall()
        return [RecordDamaged(record_id, sha256, self.path) for record_id, sha256 in found]

    def history(self, sha256: str) -> list[Version]:
        """List every record of a document, in the order in which they were saved."""
        with self._reading():
            rows = list(
                self._db.query(
                    "SELECT r.id AS record_id, created_at, reader, model, config_sha256, code_version, "
                    "CASE WHEN json_valid(determination) THEN determination ELSE 'null' END AS determination, "
                    "r.id = c.record_id AS current FROM records AS r JOIN current_ids AS c USING (document_sha256) "
                    "WHERE document_sha256 = ? ORDER BY r.id",
                    [sha256],
                )
            )
        return [
            Version(**{**row, "determination": json.loads(row["determination"]), "current": bool(row["current"])})
            for row in rows
        ]

    def read_by_models(self) -> Iterator[tuple[Document, str]]:
        """Give each document whose current record is a model's, with the configuration of its run as JSON."""
        with self._reading():
            listed = self._db.execute(
                "SELECT r.id, u.configuration FROM current_records AS r JOIN runs AS u ON u.id = r.run_id "
                "WHERE r.reader <> 'rules' AND r.usage IS NOT NULL ORDER BY r.document_sha256"
            ).fetchall()
        for record_id, configuration in listed:
            row, text, *_ = self._rows(record_id)
            yield _document(text, row["document_sha256"], row["name"], row), configuration

    def document(self, sha256: str) -> Document:
        """Give a document as it was read. Raises RecordNotFound."""
        with self._reading():
            sql = (
                "SELECT o.*, coalesce(f.text, o.text) AS read_text FROM documents AS o "
                "LEFT JOIN documents AS f ON f.sha256 = o.part_of WHERE o.sha256 = ?"
            )
            row = next(self._db.query(sql, [sha256]), None)
        if row is None:
            raise RecordNotFound(f"no document {sha256[:12]!r} in the database")
        return _document(row["read_text"], sha256, sha256[:12], row)

    def reply(self, request_sha256: str, *, usable: bool = True) -> str | None:
        """Give what a model once replied to this request, as it came, the latest first; None where it never did.

        With `usable`, only a reply that was an answer: a refusal, for one, may be none the next time.
        """
        with self._reading():
            row = self._db.execute(
                "SELECT reply FROM attempts WHERE request_sha256 = ? AND reply IS NOT NULL "
                "AND (outcome = 'ok' OR NOT ?) ORDER BY outcome = 'ok' DESC, id DESC",
                (request_sha256, usable),
            ).fetchone()
        return str(row[0]) if row else None

    def stream(
        self, view: str, columns: Sequence[str], order: Sequence[str], *, without: Collection[str] = ()
    ) -> Generator[tuple[Any, ...], None, None]:
        """Rows of one `current_…` view, never all in memory, but for some documents (SHA-256).

        The names are the caller's own, never input.
        """
        # The hint makes SQLite walk the index on `document_sha256` and look the rest up, where it would else sort the
        # whole table before the first row.
        hint = "likelihood(document_sha256 >= '', 0.0001)"
        left_out = "AND document_sha256 NOT IN (SELECT value FROM json_each(?))" if without else ""
        sql = f"SELECT {', '.join(columns)} FROM {view} WHERE {hint} {left_out} ORDER BY {', '.join(order)}"  # noqa: S608
        for name in (view, *columns, *order):
            if not name.isidentifier():
                raise ValueError(f"{name!r} is no column or view name")
        with self._reading():
            yield from self._db.execute(sql, [json.dumps(list(without))] if without else [])

    def _rows(self, record_id: int) -> Rows:
        with self._reading():
            row = next(
                self._db.query(
                    "SELECT r.*, coalesce(r.text, fr.text, f.text, o.text) AS read_text, o.notes, o.part_of, "
                    "o.part_start, o.part_end FROM records AS r JOIN documents AS o ON o.sha256 = r.document_sha256 "
                    "LEFT JOIN documents AS f ON f.sha256 = o.part_of LEFT JOIN records AS fr "
                    "ON fr.document_sha256 = o.part_of AND fr.config_sha256 = r.config_sha256 WHERE r.id = ?",
                    [record_id],
                ),
                None,
            )
            if row is None:
                raise RecordNotFound(f"no record has the id {record_id}")
            evidence, flags = (
                list(self._db.query(f"SELECT * FROM {table} WHERE record_id = ? ORDER BY position", [record_id]))  # noqa: S608
                for table in ("evidence", "flags")
            )
        return row, row["read_text"], evidence, flags


def _document(text: str, sha256: str, name: str, row: Mapping[str, Any]) -> Document:
    from extractor.documents import Document, Note, NoteCode  # noqa: PLC0415  heavy: documents are only read elsewhere

    ends = [*(at for at, character in enumerate(text) if character == "\f"), len(text)]
    pages = tuple(Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False))
    noted = tuple(Note(NoteCode(code), message) for code, message in json.loads(row["notes"] or "[]"))
    part = None if row["part_start"] is None else Span(row["part_start"], row["part_end"])
    if part is not None:
        pages = tuple(page for page in pages if page.overlaps(part))
    return Document(text, pages, sha256, name, row["media_type"], noted, part, row["part_of"])
