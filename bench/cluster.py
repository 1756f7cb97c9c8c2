"""A backlog through `imr cluster run` and `imr import`, beside `imr run`: speed, memory, a worker killed, poison.

    python bench/cluster.py [--letters 500] [--workers 2]

Needs the extra: pip install 'imr-extractor[cluster]'. Every way reads the same letters, each with a case number of its
own. The last column says how many of the exported tables are equal to those of `imr run` (times left out; of the poison
letter, which is a failure then, nothing), and how letters failed. Driver ms: CPU of the first process, a letter, beyond
what starting takes; it runs Dask's scheduler, too.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backlog import IMR, SAMPLES, compared, make, processes, resident

POISON = '''"""Loaded by every Python that starts; acts in the process that reads letters."""
import os, signal, sys
if "extractor.cluster.child" in sys.orig_argv:
    import extractor.documents
    ours = extractor.documents.read_document
    def read_document(source, **named):
        if isinstance(source, bytes) and source.startswith(b"POISON"):
            os.kill(os.getpid(), signal.SIGKILL)
        return ours(source, **named)
    extractor.documents.read_document = read_document
'''
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Watched:
    """A command, seen from outside."""

    seconds: float
    peak: float
    """MB of it and all below it."""
    own: float
    """Seconds of CPU of the first process alone."""


def watch(command: list[str], during: Callable[[int, float], None] | None = None, **environment: str) -> Watched:
    """Run a command to its end."""
    start, peak, own = time.perf_counter(), 0.0, 0.0
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    )
    while process.poll() is None:
        try:
            peak = max(peak, resident(process.pid)[1])
            used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            own = sum(map(int, used)) / TICKS
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            continue
        if during:
            during(process.pid, time.perf_counter() - start)
        time.sleep(0.1)
    return Watched(time.perf_counter() - start, peak, own)


def command_of(process: int) -> str:
    """The command line of a process; nothing where it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def worker_below(root: int) -> int | None:
    """A Dask worker: the parent of a process that reads letters."""
    for process in processes(root):
        if "extractor.cluster.child" in command_of(process):
            return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def failures(database: Path) -> list[tuple[str, ...]]:
    """Open failures, without times."""
    connection = sqlite3.connect(database)
    found = connection.execute("SELECT name, sha256, failure_class FROM open_failures ORDER BY name").fetchall()
    connection.close()
    return found


def main() -> None:
    """Run every way and print a row of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="imr-cluster-"))
    try:
        make(sorted(SAMPLES.glob("*.txt")), [], folder, options.letters, 0)
        compare(folder, options.letters, options.workers)
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, letters: int, workers: int) -> None:
    """Measure `imr run`, a cluster, a cluster that loses a worker, and one with a letter that kills its reader."""
    source, single = folder / "text", folder / "one.db"
    few = folder / "few"
    few.mkdir()
    shutil.copy(next(source.rglob("*.txt")), few)
    count = ["--workers", str(workers), "--quiet"]
    print(f"{letters} letters, {workers} workers")
    print(f"{'':30} {'seconds':>8} {'a second':>8} {'MB':>6} {'driver ms':>9}  against `imr run`")

    def line(name: str, seen: Watched, against: str, read: int = letters, before: float = 0.0) -> None:
        rate, own = "", ""
        if read > 1:
            rate, own = f"{read / seen.seconds:.0f}", f"{1000 * (seen.own - before) / read:.2f}"
        print(f"{name:30} {seen.seconds:8.1f} {rate:>8} {seen.peak:6.0f} {own:>9}  {against}", flush=True)

    line("imr run", watch([*IMR, "run", str(source), "--db", str(single), *count]), "")
    start = watch([*IMR, "cluster", "run", str(few), "--out", str(folder / "few-out"), *count])
    line("cluster, one letter: start", start, "", 1)

    def way(
        name: str, without: str = "", during: Callable[[int, float], None] | None = None, **environment: str
    ) -> None:
        out, database = folder / f"{name}-out", folder / f"{name}.db"
        command = [*IMR, "cluster", "run", str(source), "--out", str(out), "--partition", "16", *count]
        seen = watch(command, during, **environment)
        imported = watch([*IMR, "import", str(out), "--db", str(database)])
        names, differ = compared(single, database, folder, without)
        told = f"{names - len(differ)} of {names} tables equal; failures: {[each[2] for each in failures(database)]}"
        line(name, seen, told, before=start.own)
        line(f"  import of {len(list(out.iterdir()))} files", imported, "")

    way("cluster")
    killed: list[int] = []

    def kill(root: int, _: float) -> None:
        if not killed and len(list((folder / "killed-out").glob("*.parquet"))) >= letters // 16 // 3:
            worker = worker_below(root)
            if worker is not None:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)

    way("killed", during=kill)
    print(f"  (worker {killed[0] if killed else 'none'} was killed in the middle)")
    poisoned = next(source.rglob("*.txt"))
    without = hashlib.sha256(poisoned.read_bytes()).hexdigest()
    poisoned.write_bytes(b"POISON " + poisoned.read_bytes())
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(POISON)
    way("poison", without, PYTHONPATH=str(folder / "site"))


if __name__ == "__main__":
    main()
