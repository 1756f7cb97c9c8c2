"""Drug names, their ingredients and pharmacological classes, from the table `extractor/data/drugs.tsv`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from extractor.records.determination import Subcategory


@dataclass(frozen=True, slots=True)
class DrugName:
    """One row of the table."""

    name: str
    ingredient: str
    drug_class: Subcategory
    form: str
    """`topical`, `injection` or `ingredient` where the name always means that, else empty."""


@dataclass(frozen=True, slots=True)
class NamedDrug:
    """A drug named in a text; offsets into that text cover the name with its salt and release form."""

    drug: DrugName
    start: int
    end: int


@cache
def table() -> dict[str, DrugName]:
    """Folded name → row. Read once."""
    text = files("extractor").joinpath("data/drugs.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    drugs = (DrugName(row["name"], row["ingredient"], Subcategory(row["class"]), row["form"]) for row in rows)
    return {drug.name: drug for drug in drugs}


@cache
def _longest() -> int:
    return max(name.count(" ") for name in table()) + 1


_HEAD = re.compile(r"[a-z0-9]*")


def _head(folded: str, start: int = 0) -> str:
    match = _HEAD.match(folded, start)
    return match.group() if match is not None else ""


@cache
def _heads() -> frozenset[str]:
    """What names begin with, up to a blank or hyphen: few words of a text do, and the others need no look-up."""
    return frozenset(map(_head, table()))


_WORD = re.compile(r"[a-z][a-z0-9]*(?:['-][a-z0-9]+)*|\d+(?:-[a-z]+)?")
# A salt or release form belongs to the name as printed ("Orphenadrine Citrate ER").
_SUFFIX = re.compile(
    r"[ -](?:hcl|hydrochloride|hydrobromide|sodium|potassium|sulfate|tartrate|bitartrate|citrate|succinate|maleate|"
    r"besylate|mesylate|acetate|phosphate|epolamine|magnesium|calcium|er|xr|sr|cr|dr|ec|xl|la|ir|odt|cd|ds|pf|od|"
    r"extended[- ]release|delayed[- ]release|sustained[- ]release|release|sprinkle)\b"
)
# A dosage form is not part of the name ("Synvisc injections", "Voltaren gel"), although the table knows such names.
_DOSAGE_FORM = re.compile(
    r"(?: (?:tab(?:let)?s?|cap(?:sule)?s?|injections?|inj|patch(?:es)?|creams?|gels?|ointments?|lotions?|solutions?|"
    r"oral|topical|transdermal|sprays?|suppositor(?:y|ies)|drops|im|iv))+$"
)


def find_drugs(folded: str, start: int = 0, end: int | None = None) -> Iterator[NamedDrug]:
    """Drugs named in `folded[start:end]`, in order, longest names first, none overlapping."""
    names, heads, longest = table(), _heads(), _longest()
    stop = len(folded) if end is None else end
    words = list(_WORD.finditer(folded, start, stop))
    index = 0
    while index < len(words):
        if _head(folded, words[index].start()) not in heads:
            index += 1
            continue
        for count in range(min(longest, len(words) - index), 0, -1):
            first, last = words[index], words[index + count - 1]
            candidate = folded[first.start() : last.end()]
            drug = names.get(candidate) or (names.get(candidate.replace("- ", "-")) if "- " in candidate else None)
            if drug is None and count == 1 and "-" in candidate:
                continue
            if drug is not None:
                stop_at = last.end()
                if (dosage := _DOSAGE_FORM.search(candidate)) is not None:
                    stop_at -= len(dosage.group())
                while suffix := _SUFFIX.match(folded, stop_at, stop):
                    stop_at = suffix.end()
                yield NamedDrug(drug, first.start(), stop_at)
                while index < len(words) and words[index].start() < stop_at:
                    index += 1
                break
        else:
            index += 1
