"""What the database knows of many letters at once: so a run finds what it need not read.

Contents go by their SHA-256; every question is one query, whatever it is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from extractor.store.database import OpenDatabase


class Stamp(NamedTuple):
    """How a file looked when its content was read; times in nanoseconds.

    The time of the last change is kept by the system and set by no program: it moves when the content is written, when
    another file takes the name, and when the modification time is set back.
    """

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    """Differs between files that were written at the same moment."""


class Lookups(OpenDatabase):
    """Questions about contents, names, places and files."""

    def known(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Which of these contents have a record under this configuration."""
        return self._column(
            "SELECT document_sha256 FROM records WHERE config_sha256 = ? "
            "AND document_sha256 IN (SELECT value FROM json_each(?))",
            [config_sha256, json.dumps(list(contents))],
        )

    def superseded(self, contents: Iterable[str], config_sha256: str) -> set[str]:
        """Which of these contents have a record under this configuration, and one of another that counts."""
        return self._column(
            "SELECT r.document_sha256 FROM records AS r JOIN current_ids AS c "
            "ON c.document_sha256 = r.document_sha256 WHERE r.config_sha256 = ? AND c.record_id <> r.id "
            "AND r.document_sha256 IN (SELECT value FROM json_each(?))",
            [config_sha256, json.dumps(list(contents))],
        )

    def recognised(self, files: Iterable[tuple[str, Stamp]]) -> dict[str, str]:
        """The content of files, by name, that look as they did when they were last read.

        For example `{"/in/a.pdf": "9f86d0…"}`; what is not known, or has changed, is left out.
        """
        with self._reading():
            return dict(
                self._db.execute(
                    "SELECT n.name, n.document_sha256 FROM json_each(?) AS j JOIN document_names AS n "
                    "ON n.name = json_extract(j.value, '$[0]') AND n.size = json_extract(j.value, '$[1]') "
                    "AND n.modified_ns = json_extract(j.value, '$[2]') "
                    "AND n.changed_ns = json_extract(j.value, '$[3]') AND n.inode = json_extract(j.value, '$[4]')",
                    [json.dumps([(name, *stamp) for name, stamp in files])],
                ).fetchall()
            )

    def names_known(self, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these pairs of content and name have been recorded."""
        sql = (
            "SELECT n.document_sha256, n.name FROM json_each(?) AS j JOIN document_names AS n "
            "ON n.document_sha256 = json_extract(j.value, '$[0]') AND n.name = json_extract(j.value, '$[1]')"
        )
        with self._reading():
            return {(row["document_sha256"], row["name"]) for row in self._db.query(sql, [json.dumps(list(pairs))])}

    def places_failed(self, places: Iterable[str]) -> set[str]:
        """At which of these places there is an open failure."""
        return self._column(
            "SELECT place FROM failures WHERE cleared_at IS NULL AND place IN (SELECT value FROM json_each(?))",
            [json.dumps(list(places))],
        )

    def failed_in_run(self, contents: Iterable[str], run_id: int) -> dict[str, tuple[str, str]]:
        """Which of these contents failed in this run, with failure class and message."""
        return self._failures_by_content(
            "SELECT sha256, failure_class, message FROM failures WHERE cleared_at IS NULL AND run_id = ? "
            "AND sha256 IN (SELECT value FROM json_each(?))",
            [run_id, json.dumps(list(contents))],
        )

    def given_up(self, contents: Iterable[str], config_sha256: str, tries: int) -> dict[str, tuple[str, str]]:
        """Which contents failed so many times under this configuration, with the last failure's class and message."""
        return self._failures_by_content(
            "SELECT sha256, failure_class, message FROM failures WHERE cleared_at IS NULL AND config_sha256 = ? "
            "AND attempts >= ? AND sha256 IN (SELECT value FROM json_each(?)) ORDER BY last_at",
            [config_sha256, tries, json.dumps(list(contents))],
        )

    def _column(self, sql: str, parameters: list[Any]) -> set[str]:
        with self._reading():
            return {row[0] for row in self._db.execute(sql, parameters).fetchall()}

    def _failures_by_content(self, sql: str, parameters: list[Any]) -> dict[str, tuple[str, str]]:
        with self._reading():
            return {row["sha256"]: (row["failure_class"], row["message"]) for row in self._db.query(sql, parameters)}
