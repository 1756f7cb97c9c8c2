"""A backlog through `imr run`: letters a second on one and two processes, memory, database size; killed and resumed.

    python bench/backlog.py [--letters 4000] [--pdfs 600] [--kills 5] [--folder ../shared/letters]
    python bench/backlog.py --letters 100000 --pdfs 0 --kills 0 --processes 2 --repeats 1      # memory over a long run

Letters are made from the sample letters, or from those in FOLDER/text and FOLDER/pdf, each copy with a case number
of its own (a text) or a comment of its own behind the end mark (a PDF), so that every one is new content. Rates are
of whole commands, start-up included.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

IMR = [sys.executable, "-m", "extractor"]
SAMPLES = Path(__file__).parents[1] / "docs" / "samples"


def make(texts: list[Path], pdfs: list[Path], folder: Path, letters: int, drawn: int) -> None:
    """Write `letters` texts to folder/text and `drawn` PDFs to folder/pdf, all different."""
    (folder / "text").mkdir()
    (folder / "pdf").mkdir()
    for number, path in zip(range(letters), itertools.cycle(texts), strict=False):
        text = path.read_text(encoding="utf-8")
        own = f"CM{13 + number % 7}-{1000000 + number}"
        text, found = re.subn(r"CM\d\d-\d{7}", own, text)
        target = folder / "text" / f"{number % 100:02}" / f"{number}.txt"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text if found else f"{text}\nCase {own}\n", encoding="utf-8")
    for number, path in zip(range(drawn), itertools.cycle(pdfs), strict=False):
        (folder / "pdf" / f"{number}.pdf").write_bytes(path.read_bytes() + f"\n%{number}\n".encode())


def processes(root: int) -> Iterator[int]:
    """A process and all below it."""
    yield root
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from processes(int(child))


def resident(root: int) -> tuple[float, float]:
    """Resident memory in MB: of the process alone, and of it with all below it."""
    sizes = []
    for process in processes(root):
        try:
            sizes.append(int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 / 1e6)
        except (FileNotFoundError, ProcessLookupError):
            sizes.append(0.0)
    return sizes[0], sum(sizes)


def run(source: Path, database: Path, workers: int) -> tuple[float, list[tuple[float, float]]]:
    """Seconds for one `imr run`, and its memory (alone, with workers) every half second."""
    command = [*IMR, "run", str(source), "--db", str(database), "--workers", str(workers), "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory: list[tuple[float, float]] = []

    def watch() -> None:
        while process.poll() is None:
            try:
                memory.append(resident(process.pid))
            except (FileNotFoundError, ProcessLookupError, IndexError):
                return
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    seconds = time.perf_counter() - start
    watcher.join()
    return seconds, memory


def rows(database: Path, folder: Path) -> dict[str, list[list[str]]]:
    """Every exported table without the time at which records were made."""
    subprocess.run(
        [*IMR, "export", "--db", str(database), "--format", "csv", str(folder)], check=True, capture_output=True
    )
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        hidden = {position for position, name in enumerate(lines[0]) if name == "created_at"}
        tables[path.stem] = [[cell for position, cell in enumerate(line) if position not in hidden] for line in lines]
    return tables


def speed(folder: Path, processes: list[int], repeats: int) -> None:
    """Print a row for each kind of letter and number of processes."""
    columns = ("processes", "seconds", "a second", "MB early", "MB late", "MB in all", "kB a letter")
    print(f"{'letters':>14}", *(f"{name:>11}" for name in columns))
    for kind in ("text", "pdf"):
        number = sum(1 for path in (folder / kind).rglob("*") if path.is_file())
        for workers in processes if number else ():
            best: tuple[float, list[tuple[float, float]]] | None = None
            size = 0.0
            for _ in range(repeats):
                database = folder / f"{kind}{workers}.db"
                database.unlink(missing_ok=True)
                taken = run(folder / kind, database, workers)
                size = database.stat().st_size / number / 1000
                best = taken if best is None or taken[0] < best[0] else best
            if best is None:
                continue
            seconds, memory = best
            alone = [one for one, _ in memory[2:]] or [0.0]
            early, late = alone[len(alone) // 4], alone[-max(1, len(alone) // 10)]
            most = max((everything for _, everything in memory), default=0.0)
            figures = (
                workers,
                round(seconds, 1),
                round(number / seconds),
                round(early),
                round(late),
                round(most),
                size,
            )
            print(f"{number:9} {kind:4}", *(f"{figure:11.6g}" for figure in figures))


def killed(folder: Path, kills: int) -> None:
    """Kill a run at random instants, resume it, and compare with the undisturbed one."""
    database = folder / "killed.db"
    chance = random.Random(20160101)  # noqa: S311  (when to kill is no secret)
    command = [*IMR, "run", str(folder / "text"), "--db", str(database), "--quiet"]
    for _ in range(kills):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.8, 3.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=False, capture_output=True)
    undisturbed, resumed = rows(folder / "text2.db", folder / "a"), rows(database, folder / "b")
    differ = [name for name, table in undisturbed.items() if table != resumed[name]]
    equal = f"{len(undisturbed) - len(differ)} of {len(undisturbed)} tables"
    print(f"\nkilled {kills} times and resumed: {equal} equal to an undisturbed run's")
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    print(f"nothing new to read: {time.perf_counter() - start:.1f} s to know it")
    some = next((folder / "text").rglob("*.txt"))
    (folder / "text" / "one_more.txt").write_text(some.read_text(encoding="utf-8") + "\nOne more.\n", encoding="utf-8")
    said = subprocess.run([*command[:-1], "--json"], check=False, capture_output=True, text=True).stdout
    print("one more letter:", said.strip())


def main() -> None:
    """Make the letters, print the tables, leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--pdfs", type=int, default=600)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=2, help="runs of each, of which the best counts")
    parser.add_argument("--folder", type=Path, help="real letters to copy instead of the samples")
    options = parser.parse_args()
    source = options.folder or SAMPLES
    texts = sorted((source / "text").glob("*.txt")) or sorted(source.glob("*.txt"))
    folder = Path(tempfile.mkdtemp(prefix="imr-bench-"))
    try:
        make(texts, sorted((source / "pdf").glob("*.pdf")), folder, options.letters, options.pdfs)
        speed(folder, options.processes, options.repeats)
        if options.kills:
            killed(folder, options.kills)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
