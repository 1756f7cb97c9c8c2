"""Runs: a row each, opened, kept up to date, closed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from extractor import telemetry
from extractor.store.database import OpenDatabase, now
from extractor.store.processes import Process
from extractor.store.watch import Sample

RUN_COUNTS = (
    *("found", "extracted", "already", "renamed", "made_current", "failed", "other_kinds", "remaining"),
    *("requests", "input_tokens", "cached_input_tokens", "output_tokens", "dollars"),
)
"""What a run's row counts; what is left out is 0, and the price not known."""
REPORT_SECONDS = 30.0
"""Between two log records of how far a run is."""
RunCounts = Mapping[str, int | float | None]
"""By the names of `RUN_COUNTS`, for example `{"found": 120, "extracted": 118, "failed": 2}`."""


class Runs(OpenDatabase):
    """What writes to the table of runs."""

    def __init__(self, path: Path | str, *, create: bool = True) -> None:
        super().__init__(path, create=create)
        self._saved = Sample()
        """Some contents that were saved, to be looked up again in the end."""
        self._reported_at = time.monotonic()

    def begin_run(self, *, reader: str, config_sha256: str, configuration: str, code_version: str, workers: int) -> int:
        """Open a run of this process (`configuration` is JSON) and return its id."""
        began, process = now(), Process.this()
        with self._writing():
            cursor = self._db.conn.execute(
                "INSERT INTO runs (started_at, state, reader, config_sha256, configuration, code_version, workers, "
                "host, pid, process, beat_at) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(began, reader, config_sha256, configuration, code_version, workers),
                    *(process.host, process.pid, process.mark, began),
                ),
            )
            run_id = int(cursor.lastrowid or 0)
        telemetry.run_began(
            run_id, reader=reader, config_sha256=config_sha256, code_version=code_version, workers=workers
        )
        return run_id

    def end_run(self, run_id: int, state: str, counts: RunCounts, *, cause: str | None = None) -> None:
        """Close a run as `finished`, `interrupted` (asked to stop) or `stopped` (by an error of the class `cause`).

        Raises:
            StoreError: the database could not keep it, or is no longer the one that the run began in.

        """
        for ended in ("already", "renamed"):
            telemetry.letters_ended(run_id, ended, int(counts.get(ended) or 0))
        telemetry.run_ended(run_id, state, cause, counts)
        with self._writing():
            self._update_run(run_id, counts)
            self._db.conn.execute("UPDATE runs SET finished_at = ?, state = ? WHERE id = ?", (now(), state, run_id))
        with self._reading():
            self._watch.check_anew(self._saved.kept)

    def _update_run(self, run_id: int, counts: RunCounts) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in RUN_COUNTS)
        self._db.conn.execute(
            f"UPDATE runs SET {columns}, beat_at = :now WHERE id = :id",  # noqa: S608  our own names, never input
            {**dict.fromkeys(RUN_COUNTS, 0), "dollars": None, **counts, "id": run_id, "now": now()},
        )

    def goes_on(self, run_id: int, counts: RunCounts) -> None:
        """From time to time, keep and log how far a run is that has nothing to save."""
        if self._is_time():
            with self._writing():
                self._update_run(run_id, counts)
            telemetry.run_goes_on(run_id, counts)

    def _is_time(self) -> bool:
        """Whether it was long ago that a run's counts were logged; it is not, from then on."""
        at = time.monotonic()
        if at - self._reported_at <= REPORT_SECONDS:
            return False
        self._reported_at = at
        return True
