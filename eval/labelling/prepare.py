"""Someone's own letters as gold: references pre-filled by a reader, drafts until a person has confirmed them."""

from __future__ import annotations

import re
from pathlib import Path

from eval.labelling.gold import Anchor, LabelStatus, Reference, dump
from eval.readers import Reader
from extractor.documents import read_document
from extractor.errors import ConfigurationError, DocumentError
from extractor.records.record import Record

_SUFFIXES = (".txt", ".pdf", ".docx", ".html", ".htm")


def prepare(folder: Path, reader: Reader) -> tuple[list[str], dict[str, str]]:
    """Give every letter of `folder/letters` that has no reference a draft in `folder/references`.

    Letters that lie in `folder` itself are taken, too. What is there already is never touched.

    Args:
        folder: The gold folder to be.
        reader: Fills the drafts.

    Returns:
        Names of the drafts that were written, and name → why for the letters that could not be read (their drafts are
        empty).

    Raises:
        ConfigurationError: there is no letter, or two letters would share a name.

    """
    letters = sorted(
        path
        for within in (folder / "letters", folder)
        if within.is_dir()
        for path in within.iterdir()
        if path.suffix.casefold() in _SUFFIXES and path.is_file()
    )
    if not letters:
        raise ConfigurationError(f"{str(folder)!r} holds no letter ({', '.join(_SUFFIXES)}), in it or in letters/")
    names = {path: re.sub(r"[^\w.-]", "_", path.stem) for path in letters}
    if len(set(names.values())) != len(names):
        raise ConfigurationError(
            "two letters would share a name: rename one (only letters, digits, '.', '_', '-' count)"
        )
    (folder / "references").mkdir(exist_ok=True)
    written: list[str] = []
    troubles: dict[str, str] = {}
    for path, name in names.items():
        target = folder / "references" / f"{name}.json"
        if target.exists():
            continue
        letter = path.relative_to(folder).as_posix()
        try:
            draft = _draft(name, letter, reader(read_document(path)))
        except DocumentError as error:
            troubles[name] = str(error)
            draft = Reference(name=name, letter=letter, status=LabelStatus.DRAFT)
        target.write_text(dump(draft.model_dump(mode="json")), encoding="utf-8")
        written.append(name)
    return written, troubles


def _draft(name: str, letter: str, record: Record) -> Reference:
    return Reference(
        name=name,
        letter=letter,
        status=LabelStatus.DRAFT,
        is_determination=bool(record.determination.decisions),
        layout=record.document.layout,
        determination=record.determination,
        evidence={
            pointer: Anchor(spans=entry.spans, quote=entry.quote)
            for pointer, entry in record.evidence.items()
            if entry.quote.strip()
        },
    )
