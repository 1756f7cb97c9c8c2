"""Whether a change leaves every record as it was: `python bench/same_records.py FOLDER [FOLDER …] --out BEFORE.json`.

Reads every letter of the folders by rules, and those of `gold/letters` by the model and by both readers from the kept
replies, and writes for each the hash of its record (less what tells when and by which code it was made), of every
table of the database and of every exported file. `--against BEFORE.json` compares, and names what differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from extractor import Configuration, extract
from extractor.errors import ImrError
from extractor.settings import Endpoint, ModelSettings

GOLD = Path(__file__).parent.parent / "gold"
_TIMES = ("created_at", "code_version", "config_sha256", "schema_sha256")


def record_hash(path: Path, configuration: Configuration, endpoint: Endpoint) -> str:
    """Hash of one record, or the class of the failure."""
    try:
        record = extract(path, configuration=configuration, endpoint=endpoint)
    except ImrError as error:
        return type(error).__name__
    told = record.model_dump(mode="json")
    told["provenance"] = {name: value for name, value in told["provenance"].items() if name not in _TIMES}
    told["document"] = {name: value for name, value in told["document"].items() if value is not None}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def exports(folders: list[Path]) -> dict[str, str]:
    """Hash of each exported file, less the columns that change with the code."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as place:
        database = str(Path(place) / "imr.db")
        imr = [sys.executable, "-m", "extractor"]
        subprocess.run([*imr, "run", *map(str, folders), "--db", database], check=False, capture_output=True)
        for form in ("csv", "jsonl"):
            out = Path(place) / form
            command = [*imr, "export", "--db", database, "--format", form, str(out)]
            subprocess.run(command, check=True, capture_output=True)
            for file in sorted(out.iterdir()):
                text = file.read_text(encoding="utf-8")
                if file.stem == "determinations":
                    text = "\n".join(line.rsplit(",", 3)[0] for line in text.split("\n"))  # when, and by which code
                found[f"export {file.name}"] = hashlib.sha256(text.encode()).hexdigest()
        shutil.rmtree(place, ignore_errors=True)
    return found


def main() -> int:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    found: dict[str, str] = {}
    folders = [*given.folders, GOLD / "letters", GOLD.parent / "docs" / "samples"]
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            found[f"rules {folder.name}/{path.name}"] = record_hash(path, Configuration(), Endpoint())
    replayed = Endpoint(replay=GOLD / "recordings")
    for reader in ("model", "both"):
        configuration = Configuration.of(reader, ModelSettings("reference-llm"))  # type: ignore[arg-type]
        for path in sorted((GOLD / "letters").iterdir()):
            found[f"{reader} {path.name}"] = record_hash(path, configuration, replayed)
    found |= exports(folders)
    if given.out:
        given.out.write_text(json.dumps(found, indent=0, sort_keys=True))
    print(f"{len(found)} records and files")
    if given.against:
        before = json.loads(given.against.read_text())
        differ = sorted(name for name in found.keys() | before.keys() if found.get(name) != before.get(name))
        print(f"{len(differ)} differ" + "".join(f"\n  {name}" for name in differ[:60]))
        return bool(differ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
