"""What must stay and what must change when a letter is rewritten: a test of any reader that needs no labels.

Each relation rewrites a letter, guided by the reader's own record of it (where items, outcomes and passages stand),
and says how the record of the rewritten letter must stand to the first (metamorphic testing: Chen et al. 1998).
Passages are compared by their words, since their places move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from eval.metamorphic.relations import RELATIONS, Base, Relation
from eval.readers import Reader
from extractor.determination import Model
from extractor.documents import read_document
from extractor.errors import ConfigurationError, DocumentError, ImrError

_SUFFIXES = (".txt", ".pdf", ".docx", ".html", ".htm")


class Broken(Model):
    """One variant on which a relation does not hold."""

    letter: str
    where: str
    why: str


class Tried(Model):
    """One relation over all letters."""

    name: str
    must: str
    """What must change."""
    held: int
    """Variants on which it holds."""
    broken: tuple[Broken, ...]
    not_applicable: int
    """Letters that it makes no variant of."""


class Metamorphic(Model):
    """The suite as it was run."""

    reader: str
    letters: tuple[str, ...]
    skipped: dict[str, str]
    """Letters that the reader gave no record for, and why."""
    relations: tuple[Tried, ...]

    @property
    def broken(self) -> int:
        """How many variants break their relation."""
        return sum(len(one.broken) for one in self.relations)


def letters_in(folder: Path) -> list[Path]:
    """List the letters of a folder (those in `letters/` where it is a gold folder), by name.

    Raises:
        ConfigurationError: there is none.

    """
    place = folder / "letters" if (folder / "letters").is_dir() else folder
    found = sorted(path for path in place.glob("*") if path.suffix.casefold() in _SUFFIXES) if place.is_dir() else []
    if not found:
        raise ConfigurationError(f"{str(folder)!r} holds no letter ({', '.join(_SUFFIXES)})")
    return found


def try_relations(
    reader: Reader,
    texts: Mapping[str, str],
    *,
    name: str = "reader",
    relations: Sequence[Relation] = RELATIONS,
) -> Metamorphic:
    """Try every relation on every letter.

    Args:
        reader: Turns a document into a record.
        texts: Letter → its text.
        name: What the reader is called.
        relations: Which ones.

    """
    bases: list[Base] = []
    skipped: dict[str, str] = {}
    for letter, text in texts.items():
        try:
            bases.append(_read(reader, letter, text))
        except DocumentError as error:
            skipped[letter] = str(error)
    return Metamorphic(
        reader=name,
        letters=tuple(base.name for base in bases),
        skipped=skipped,
        relations=tuple(_tried(reader, relation, bases) for relation in relations),
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


def _read(reader: Reader, name: str, text: str) -> Base:
    document = read_document(text, name=name)
    return Base(name, document.text, reader(document).model_dump(mode="json"))


def _tried(reader: Reader, relation: Relation, bases: Iterable[Base]) -> Tried:
    held = not_applicable = 0
    broken: list[Broken] = []
    for base in bases:
        variants = list(relation.variants(base))
        not_applicable += not variants
        for variant in variants:
            try:
                why = variant.judge(_read(reader, base.name, variant.text).record)
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a stranger's reader raises breaks the relation
                why = f"{type(error).__name__}: {error}"
            if why:
                broken.append(Broken(letter=base.name, where=variant.where, why=why))
            else:
                held += 1
    return Tried(name=relation.name, must=relation.must, held=held, broken=tuple(broken), not_applicable=not_applicable)
