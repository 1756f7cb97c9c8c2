"""What must stay and what must change when a letter is rewritten: a test of any reader that needs no labels.

Each relation rewrites a letter, guided by the reader's own record of it (where items, outcomes and passages stand),
and says how the record of the rewritten letter must stand to the first (metamorphic testing: Chen et al. 1998).
Passages are compared by their words, since their places move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from eval.metamorphic.relations import RELATIONS
from eval.metamorphic.variants import Original, Relation
from eval.readers import Reader
from extractor.documents import read_document
from extractor.errors import ConfigurationError, DocumentError, ImrError
from extractor.records.determination import Strict

_SUFFIXES = (".txt", ".pdf", ".docx", ".html", ".htm")


class BrokenVariant(Strict):
    """One variant on which a relation does not hold."""

    letter: str
    where: str
    why: str


class RelationResult(Strict):
    """One relation over all letters."""

    name: str
    must: str
    """What must change."""
    held: int
    """Variants on which it holds."""
    broken: tuple[BrokenVariant, ...]
    not_applicable: int
    """Letters that it makes no variant of."""


class SuiteResult(Strict):
    """The suite as it was run."""

    reader: str
    letters: tuple[str, ...]
    skipped: dict[str, str]
    """Letters that the reader gave no record for, and why."""
    relations: tuple[RelationResult, ...]

    @property
    def broken(self) -> int:
        """How many variants break their relation."""
        return sum(len(one.broken) for one in self.relations)


def letters_in(folder: Path) -> list[Path]:
    """List the letters of a folder (those in `letters/` where it is a gold folder), by name.

    Raises:
        ConfigurationError: there is none.

    """
    within = folder / "letters" if (folder / "letters").is_dir() else folder
    found = sorted(path for path in within.glob("*") if path.suffix.casefold() in _SUFFIXES) if within.is_dir() else []
    if not found:
        raise ConfigurationError(f"{str(folder)!r} holds no letter ({', '.join(_SUFFIXES)})")
    return found


def try_relations(
    reader: Reader,
    texts: Mapping[str, str],
    *,
    name: str = "reader",
    relations: Sequence[Relation] = RELATIONS,
) -> SuiteResult:
    """Try every relation on every letter.

    Args:
        reader: Turns a document into a record.
        texts: Letter → its text.
        name: What the reader is called.
        relations: Which ones.

    """
    originals: list[Original] = []
    skipped: dict[str, str] = {}
    for letter, text in texts.items():
        try:
            originals.append(_read(reader, letter, text))
        except DocumentError as error:
            skipped[letter] = str(error)
    return SuiteResult(
        reader=name,
        letters=tuple(original.name for original in originals),
        skipped=skipped,
        relations=tuple(_try(reader, relation, originals) for relation in relations),
    )


def texts_of(paths: Iterable[Path]) -> tuple[dict[str, str], dict[str, str]]:
    """Read the texts of letters; those that cannot be read, with why."""
    texts: dict[str, str] = {}
    troubles: dict[str, str] = {}
    for path in paths:
        try:
            texts[str(path) if path.name in texts else path.name] = read_document(path).text
        except ImrError as error:
            troubles[path.name] = str(error)
    return texts, troubles


def _read(reader: Reader, name: str, text: str) -> Original:
    document = read_document(text, name=name)
    return Original(name, document.text, reader(document).model_dump(mode="json"))


def _try(reader: Reader, relation: Relation, originals: Iterable[Original]) -> RelationResult:
    held = not_applicable = 0
    broken: list[BrokenVariant] = []
    for original in originals:
        variants = list(relation.variants(original))
        not_applicable += not variants
        for variant in variants:
            try:
                why = variant.check(_read(reader, original.name, variant.text).record)
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a stranger's reader raises breaks the relation
                why = f"{type(error).__name__}: {error}"
            if why:
                broken.append(BrokenVariant(letter=original.name, where=variant.where, why=why))
            else:
                held += 1
    return RelationResult(
        name=relation.name, must=relation.must, held=held, broken=tuple(broken), not_applicable=not_applicable
    )
