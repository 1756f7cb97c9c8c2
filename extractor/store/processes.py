"""Does the process of a run still live? One that was killed could not say so itself.

A process is known by its number and by when it started, for numbers are given again. Both are only to be had on the
machine that it runs on, and since its last start; of all others, only the last sign of life in the database is known.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SILENT = timedelta(minutes=10)
"""After so long without a word, a run that cannot be looked after is no longer said to be running."""

RUNNING, KILLED, SILENT_STATE = "running", "killed", "silent"


@dataclass(frozen=True, slots=True)
class Process:
    """One process, on one machine."""

    host: str
    pid: int
    mark: str
    """`machine/start`: sets both apart from others of the same name or number; empty parts where that is not known."""

    @classmethod
    def this(cls) -> Process:
        """The process that asks."""
        pid = os.getpid()
        return cls(platform.node(), pid, f"{_machine()}/{_started(pid) or ''}")

    @property
    def near(self) -> bool:
        """Whether it would be found here: same machine, same container, not started anew."""
        return self.host == platform.node() and self.mark.rpartition("/")[0] == _machine()

    @property
    def lives(self) -> bool:
        """Whether it is there; asked of a process that is near."""
        if Path("/proc/self/stat").exists():
            return _started(self.pid) == self.mark.rpartition("/")[2]
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it is another user's
            return True
        return True


def state_of(process: Process | None, beat_at: str | None, now: datetime | None = None) -> str:
    """How a run that has not ended stands: `running`, `killed`, or `silent` where only its silence is known.

    Args:
        process: What runs it; None where the database does not know.
        beat_at: Its last sign of life, ISO.
        now: The time it is; by default, now.

    """
    if process is not None and process.near:
        return RUNNING if process.lives else KILLED
    recent = beat_at is not None and (now or datetime.now(UTC)) - datetime.fromisoformat(beat_at) < SILENT
    return RUNNING if recent else SILENT_STATE


def _machine() -> str:
    """What sets this machine, since its last start, and this container apart from others; empty where nothing does."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process started, in ticks since its machine did; None where there is none, or it is dead already."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()  # its name, before, may hold anything
    return None if state in "ZX" else rest[18]
