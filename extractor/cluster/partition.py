"""Letters in a table, their results in a table: all that an engine is given to do.

The letters are read in a process of their own, so that one that hangs or kills its reader is named and filed, and takes
neither its neighbours nor the engine's worker with it. Engines differ in what they do about a worker that dies at the
same work every time: one gives the job up, another tries for ever. Here none of them gets to see it.
"""

from __future__ import annotations

import atexit
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Pipe
from typing import Any

import pyarrow as pa

from extractor.cluster.job import LETTERS, RESULTS, Job, TableRow, as_failure, digest
from extractor.endings import FailedLetter
from extractor.errors import ConfigurationError, DocumentError, ImrError, ReadCrash, ReadTimeout

COMMAND = (sys.executable, "-m", "extractor.cluster.child")
START_SECONDS = 120.0
"""How long that process may take to load; a second, on a machine that has nothing else to do."""


def read_partition(letters: pa.Table, job: Job = Job()) -> pa.Table:  # noqa: B008  a frozen value
    """Read every letter of a table (`LETTERS`, with content or text); its result (`RESULTS`) has the same row.

    What a letter says or does never raises. A process reads one partition at a time, whatever its threads; its model
    session, and with it limits and budget, lives as long as it does.

    Raises:
        ConfigurationError: the table has no names or no contents, or the settings cannot be used.
        ServiceError: the model's endpoint serves nobody.
        ImrError: the process that reads cannot be started.

    """
    columns = [name for name in LETTERS.names if name in letters.column_names]
    if "name" not in columns or not {"content", "text"} & set(columns):
        raise ConfigurationError(
            f"letters are a table with name, and content or text, not {', '.join(letters.column_names) or 'nothing'}"
        )
    rows: list[TableRow] = letters.select(columns).to_pylist()
    with _one_at_a_time:
        given = job.configuration.as_json
        return pa.Table.from_pylist([{**row, "configuration": given} for row in _read_all(rows, job)], schema=RESULTS)


def end() -> None:
    """End the process that reads; the next partition starts another."""
    while _children:
        _children.pop().kill()


class _Child:
    """A process that reads letters; see `extractor.cluster.child` for what it says."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.channel, theirs = Pipe()
        with theirs:  # ours is closed, so that the channel ends when the process does, and it when we do
            self.process = subprocess.Popen(  # noqa: S603  our own module
                [*COMMAND, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        try:
            self.channel.send(job)
            ready = self.channel.poll(START_SECONDS) and self.channel.recv()
        except (OSError, EOFError):
            ready = None
        if not ready:
            self.kill()
            raise ImrError(f"the process that reads letters cannot be started ({_cause(self.process.returncode)})")
        if isinstance(ready, ImrError):
            self.kill()
            raise ready

    def kill(self) -> int:
        """End it, if it has not ended by itself, and give its exit code."""
        self.process.kill()
        self.channel.close()
        return self.process.wait()


_one_at_a_time = threading.Lock()
_children: list[_Child] = []
"""The process that reads for this one: none, or one."""
atexit.register(end)


def _read_all(rows: list[TableRow], job: Job) -> list[TableRow]:
    found: dict[int, TableRow] = {}
    alone = False
    while waiting := [number for number in range(len(rows)) if number not in found]:
        part = waiting[:1] if alone else waiting
        end_of = _read(part, rows, job, found)
        if end_of is None:
            continue
        culprit, error = end_of
        if culprit is None and len(part) > 1:
            alone = True  # several were under way: which of them it was, reading one by one will show
            continue
        number = part[0] if culprit is None else culprit
        letter = rows[number]
        failed = FailedLetter.of(error, letter["name"], digest(letter))
        found[number] = as_failure(failed, job.configuration.sha256)
    return [found[number] for number in range(len(rows))]


def _read(
    numbers: Sequence[int], rows: list[TableRow], job: Job, found: dict[int, TableRow]
) -> tuple[int | None, DocumentError] | None:
    """Read these rows. Where the process died or was ended: which letter it was at, if that is known, and why."""
    if _children and _children[0].job != job:
        end()
    if not _children:
        _children.append(_Child(job))
    child = _children[0]
    at: int | None = None
    try:
        child.channel.send([(number, rows[number]) for number in numbers])
        while True:
            if at is not None and not child.channel.poll(job.limits.seconds):
                end()
                return at, ReadTimeout(f"reading took longer than {job.limits.seconds:g} s")
            said: tuple[str, Any, Any] = child.channel.recv()
            match said:
                case ("at", number, _):
                    at = number
                case ("past", _, _):
                    at = None
                case ("row", number, row):
                    at, found[number] = None if at == number else at, row
                case ("error", error, _):
                    end()  # another run may find the trouble gone; this process would not
                    raise error
                case _:
                    return None
    except (EOFError, OSError):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=5)  # it is going: let it say how
        code = child.kill()
        _children.clear()
        return at, ReadCrash(f"the process that was reading it died ({_cause(code)})")


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
