"""How far two labellers agree: one is scored against the other, and closed lists get Krippendorff's alpha too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path

from eval.figures.columns import Counts
from eval.figures.summary import Figure, Summary, summarize
from eval.figures.tally import tally
from eval.figures.uncertainty import Sampling
from eval.labelling.gold import Reference, load_reference, reference_files
from eval.scoring.marks import ItemRow, Mark, Score
from eval.scoring.pointers import Json, resolve
from eval.scoring.score import score
from extractor.errors import ConfigurationError
from extractor.records.determination import Strict

CLOSED: tuple[str, ...] = (
    "priority",
    "patient.sex",
    "decisions.category",
    "decisions.subcategory",
    "decisions.body_parts.side",
    "decisions.outcome",
    "decisions.claims_administrator_basis.relied_on",
    "decisions.reviewer_basis.relied_on",
    "decisions.claims_administrator_basis.citations.source",
    "decisions.reviewer_basis.citations.source",
)
"""Scalar fields with closed lists."""
CLOSED_SETS: tuple[str, ...] = ("reasons",)
"""Fields of a decision that are sets of a closed list."""


class LabellerAgreement(Strict):
    """Agreement of two labellers on the letters that both labelled."""

    letters: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    summary: Summary
    """Pairwise F1 and so on, A as gold and B as predicted, no alternatives allowed."""
    lenient: dict[str, Figure]
    """F1 by field where the alternatives that A named count as agreement."""
    alpha: dict[str, float | None]
    """Krippendorff's alpha by closed-list field; None where there is nothing, or no variation."""
    units: dict[str, int]
    """How many pairs of values each alpha rests on."""
    disagreements: dict[str, tuple[dict[str, Json], ...]]
    """Field → the leaves on which they differ."""


def agreement(a: Path, b: Path, sampling: Sampling) -> LabellerAgreement:
    """Compare the references of two gold folders, letter by letter.

    Raises:
        ConfigurationError: they have no letter in common.

    """
    first = {path.stem: load_reference(path) for path in reference_files(a)}
    second = {path.stem: load_reference(path) for path in reference_files(b)}
    names = sorted(set(first) & set(second))
    if not names:
        raise ConfigurationError(
            f"{str(a)!r} and {str(b)!r} label no letter in common (names of files must be the same)"
        )
    strict: dict[str, tuple[Counts, tuple[str, ...]]] = {}
    lenient: dict[str, tuple[Counts, tuple[str, ...]]] = {}
    pairs: dict[str, list[tuple[Hashable, Hashable]]] = defaultdict(list)
    apart: dict[str, list[dict[str, Json]]] = defaultdict(list)
    for name in names:
        made, trees = _judged(first[name], second[name], with_alternatives=False)
        strict[name] = (tally(made), first[name].tags)
        lenient[name] = (tally(_judged(first[name], second[name], with_alternatives=True)[0]), ())
        for field, values in _closed_pairs(made, trees):
            pairs[field].append(values)
        for row in made.rows:
            if row.mark not in (Mark.MATCH, Mark.ABSENT):
                apart[row.field].append(
                    {"letter": name, "mark": row.mark.name, "a": row.gold, "b": row.predicted, "at": row.gold_at}
                )
    by_field = summarize(lenient, sampling)
    return LabellerAgreement(
        letters=tuple(names),
        only_a=tuple(sorted(set(first) - set(second))),
        only_b=tuple(sorted(set(second) - set(first))),
        summary=summarize(strict, sampling),
        lenient={of: figures["f1"] for of, figures in by_field.figures.items() if "f1" in figures},
        alpha={
            field: krippendorff_alpha(values, jaccard if _is_set(field) else nominal) for field, values in pairs.items()
        },
        units={field: len(values) for field, values in pairs.items()},
        disagreements={field: tuple(rows) for field, rows in apart.items()},
    )


def _is_set(field: str) -> bool:
    return field.rpartition(".")[2] in CLOSED_SETS


def _judged(a: Reference, b: Reference, *, with_alternatives: bool) -> tuple[Score, tuple[Json, Json]]:
    trees = (a.determination.model_dump(mode="json"), b.determination.model_dump(mode="json"))
    made = score(*trees, not_labelled=a.not_labelled, alternatives=a.alternatives if with_alternatives else None)
    undecided = tuple(b.not_labelled)
    rows = [row for row in made.rows if not _under(row.predicted_at or row.gold_at, undecided)]
    return Score(rows, made.items), trees


def _under(pointer: str | None, places: Sequence[str]) -> bool:
    return pointer is not None and any(pointer == place or pointer.startswith(place + "/") for place in places)


def _closed_pairs(made: Score, trees: tuple[Json, Json]) -> Iterable[tuple[str, tuple[Hashable, Hashable]]]:
    unpaired = [_at(item) for item in made.items if item.mark is not Mark.MATCH]
    for row in made.rows:
        if row.field in CLOSED and not _under(row.gold_at or row.predicted_at, unpaired):
            yield row.field, (row.gold, row.predicted)
    compared = {row.gold_at or "" for row in made.rows} | {row.predicted_at or "" for row in made.rows}
    for item in made.items:
        if item.field == "decisions" and item.mark is Mark.MATCH and item.gold_at and item.predicted_at:
            for name in CLOSED_SETS:
                sets = (
                    frozenset(resolve(trees[0], item.gold_at)[name]),
                    frozenset(resolve(trees[1], item.predicted_at)[name]),
                )
                here, there = f"{item.gold_at}/{name}", f"{item.predicted_at}/{name}"
                if any(place.startswith((here + "/", there + "/")) for place in compared):
                    yield f"{item.field}.{name}", sets


def _at(item: ItemRow) -> str:
    return item.gold_at or item.predicted_at or ""


def nominal(one: Hashable, other: Hashable) -> float:
    """Distance of two words of a closed list: 0 where equal, else 1."""
    return float(one != other)


def jaccard(one: Hashable, other: Hashable) -> float:
    """Distance of two sets: 1 minus shared over all (Jaccard 1912)."""
    assert isinstance(one, frozenset)  # noqa: S101 - sets are what it is for
    assert isinstance(other, frozenset)  # noqa: S101
    return 1 - len(one & other) / len(one | other) if one | other else 0.0


def krippendorff_alpha(
    pairs: Sequence[tuple[Hashable, Hashable]], distance: Callable[[Hashable, Hashable], float] = nominal
) -> float | None:
    """Agreement of two coders beyond chance: 1 - observed over expected disagreement (Krippendorff 2004, ch. 11).

    Observed: mean distance within a unit. Expected: mean distance of any two of all the values, whatever their unit.
    None where there is no unit, or where all values are the same and chance agreement is certain.

    >>> round(krippendorff_alpha([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]), 3)
    0.533
    """
    if not pairs:
        return None
    observed = sum(distance(one, other) for one, other in pairs) / len(pairs)
    values = Counter(value for pair in pairs for value in pair)
    total = values.total()
    expected = sum(
        count * other_count * distance(value, other)
        for value, count in values.items()
        for other, other_count in values.items()
    ) / (total * (total - 1))
    return 1 - observed / expected if expected else None
