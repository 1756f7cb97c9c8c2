"""A backlog through `imr run`: letters a second on one and two processes, memory, database size; killed and resumed.

    python bench/backlog.py [--letters 4000] [--pdfs 600] [--kills 5] [--folder ../shared/letters]
    python bench/backlog.py --letters 100000 --pdfs 0 --kills 10 --longest 40 --processes 2 --repeats 1   # a long run
    python bench/backlog.py --letters 0 --pdfs 0 --kills 0 --known 1000000                    # a finished backlog

Letters are made from the sample letters, or from those in FOLDER/text and FOLDER/pdf, each copy with a case number
of its own (a text) or a comment of its own behind the end mark (a PDF), so that every one is new content. Rates are
of whole commands, start-up included.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from extractor.backlog import run as run_backlog
from extractor.backlog.source import LetterSource
from extractor.backlog.worker import read_letter
from extractor.documents import Document, read_document
from extractor.reading.configuration import Configuration
from extractor.reading.letter import read
from extractor.records.record import Record
from extractor.settings import Limits
from extractor.store import Changes, Store, prepare

IMR = [sys.executable, "-m", "extractor"]
COUNT = "IMR_BENCH_READS"
"""Names the file in which reads are counted, in the environment of a run that is killed."""
SAMPLES = Path(__file__).parents[1] / "docs" / "samples"


def make(texts: list[Path], pdfs: list[Path], folder: Path, letters: int, drawn: int) -> None:
    """Write `letters` texts to folder/text and `drawn` PDFs to folder/pdf, all different."""
    (folder / "text").mkdir(parents=True)
    (folder / "pdf").mkdir()
    for number, path in zip(range(letters), itertools.cycle(texts), strict=False):
        text = path.read_text(encoding="utf-8")
        own = f"CM{13 + number % 7}-{1000000 + number}"
        text, found = re.subn(r"CM\d\d-\d{7}", own, text)
        target = folder / "text" / f"{number % 997:03}" / f"{number}.txt"
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


def counted(source: LetterSource, configuration: Configuration, limits: Limits) -> tuple[Document, Record]:
    """Read a letter as ever, and count that it was read, whatever becomes of it."""
    with Path(os.environ[COUNT]).open("ab") as file:
        file.write(b".")
    return read_letter(source, configuration, limits)


def read_counting(source: Path, database: Path) -> None:
    """What a run that is going to be killed does."""
    with Store(database) as store:
        print(json.dumps(asdict(run_backlog([source], store, Configuration(), reader=counted))))


def killed(folder: Path, number: int, kills: int, longest: float) -> None:
    """Kill a run at random instants, resume it, and compare with the undisturbed one."""
    database, reads = folder / "killed.db", folder / "reads"
    chance = random.Random(20160101)  # noqa: S311  (when to kill is no secret)
    command = [sys.executable, __file__, "--counting", str(folder / "text"), str(database)]
    environment = {**os.environ, COUNT: str(reads)}
    saved = []
    for _ in range(kills):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.8, longest))
        process.send_signal(signal.SIGKILL)
        process.wait()
        saved.append(records(database))
    subprocess.run(command, env=environment, check=True, capture_output=True)
    total = reads.stat().st_size
    print(f"\nkilled {kills} times, with so many records saved: {', '.join(f'{n:,}' for n in saved)}; then resumed:")
    print(f"  {records(database):,} records, {total:,} reads, so {total - number:,} letters were read twice")
    names, differ = compared(folder / "text2.db", database, folder)
    print(f"  {names - len(differ)} of {names} tables equal to an undisturbed run's {differ or ''}")
    known = [*IMR, "run", str(folder / "text"), "--db", str(database), "--json"]
    print("  nothing new:", told(known))
    some = next((folder / "text").rglob("*.txt"))
    (folder / "text" / "one_more.txt").write_text(some.read_text(encoding="utf-8") + "\nOne more.\n", encoding="utf-8")
    print("  one more letter:", told(known))


def finished(folder: Path, number: int, texts: list[Path]) -> None:
    """A finished backlog of very many letters: how long until it is known that nothing is to be done.

    They are short, and saved without being read one by one: it is what comes after that counts.
    """
    source, database = folder / "many", folder / "many.db"
    start = time.perf_counter()
    fill(source, database, number, min(texts, key=lambda path: path.stat().st_size))
    size = database.stat().st_size / 1e9
    print(f"\n{number:,} short letters saved in {time.perf_counter() - start:.0f} s, database {size:.1f} GB")
    time.sleep(2.1)  # a file younger than two seconds is not known by its looks
    command = [*IMR, "run", str(source), "--db", str(database), "--json"]
    print("  nothing new, files hashed:", told(command))
    print("  nothing new, known by their looks:", told(command))
    (source / "one_more.txt").write_text("A letter that is none.\n", encoding="utf-8")
    print("  one more letter:", told(command))


def fill(source: Path, database: Path, number: int, one: Path) -> None:
    """Write copies of a letter, each with an end of its own, and save for each the record of that letter."""
    text = one.read_text(encoding="utf-8")
    document = read_document(text.encode(), name=one.name)
    made = prepare(read(document), document)
    with Store(database) as store:
        for chunk in (range(first, min(first + 1000, number)) for first in range(0, number, 1000)):
            place = source / f"{chunk[0] // 1000:04}"
            place.mkdir(parents=True)
            saved = []
            for each in chunk:
                path, content = place / f"{each}.txt", f"{text}\n{each}\n".encode()
                path.write_bytes(content)
                sha256 = hashlib.sha256(content).hexdigest()
                row, record = (sha256, *made.document[1:]), (sha256, *made.record[1:])
                saved.append(replace(made, sha256=sha256, name=str(path), document=row, record=record))
            store.save_all(Changes(saved))


def told(command: list[str]) -> str:
    """What a run says of itself, with the seconds of the whole command."""
    start = time.perf_counter()
    said = json.loads(subprocess.run(command, check=False, capture_output=True, text=True).stdout)
    seconds = time.perf_counter() - start
    return f"{said['found']:,} found, {said['extracted']:,} read, {said['already']:,} already there; {seconds:.1f} s"


def records(database: Path) -> int:
    """How many records are in a database."""
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM records").fetchone()[0])
    finally:
        connection.close()


def compared(one: Path, other: Path, folder: Path, without: str = "") -> tuple[int, list[str]]:
    """How many exported tables there are, and which differ in anything but the time at which records were made.

    `without` is the SHA-256 of a document that only the first has.
    """
    places = []
    for database in (one, other):
        places.append(folder / f"{database.stem}-tables")
        command = [*IMR, "export", "--db", str(database), "--format", "csv", str(places[-1])]
        subprocess.run(command, check=True, capture_output=True)
    names = sorted(path.name for path in places[0].glob("*.csv"))
    return len(names), [name for name in names if not same(places[0] / name, places[1] / name, without)]


def same(one: Path, other: Path, without: str) -> bool:
    """Whether two tables hold the same rows in the same order, but for `created_at`."""
    with one.open(encoding="utf-8", newline="") as a, other.open(encoding="utf-8", newline="") as b:
        lines, others = csv.reader(a), csv.reader(b)
        heads = next(lines)
        if next(others) != heads:
            return False
        hidden = heads.index("created_at") if "created_at" in heads else None
        for line, twin in itertools.zip_longest((line for line in lines if line[0] != without), others):
            if line is None or twin is None:
                return False
            if hidden is not None:
                line[hidden] = twin[hidden]
            if line != twin:
                return False
    return True


def main() -> None:
    """Make the letters, print the tables, leave nothing behind."""
    if sys.argv[1:2] == ["--counting"]:
        read_counting(*map(Path, sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--pdfs", type=int, default=600)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--longest", type=float, default=3.0, help="seconds until a kill, at most")
    parser.add_argument("--known", type=int, default=0, help="letters of a finished backlog")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=2, help="runs of each, of which the best counts")
    parser.add_argument("--scratch", type=Path, help="where to work: the figures are also those of its disk")
    parser.add_argument("--folder", type=Path, help="real letters to copy instead of the samples")
    options = parser.parse_args()
    source = options.folder or SAMPLES
    texts = sorted((source / "text").glob("*.txt")) or sorted(source.glob("*.txt"))
    folder = Path(tempfile.mkdtemp(prefix="imr-bench-", dir=options.scratch))
    try:
        make(texts, sorted((source / "pdf").glob("*.pdf")), folder, options.letters, options.pdfs)
        speed(folder, options.processes, options.repeats)
        if options.kills:
            killed(folder, options.letters, options.kills, options.longest)
        if options.known:
            finished(folder, options.known, texts)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
