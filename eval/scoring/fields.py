"""The evaluation's table of fields: what a determination consists of for scoring, and how each field is compared.

The table is a tree of four kinds of nodes. `Leaf` is a scalar, `Group` an object; `Bag` is a list of scalars, compared
as a multiset; `Items` is a list of objects, which are paired by what identifies them before their fields are compared.

>>> DETERMINATION.fields["decision_date"] == Leaf(DATE)
True
>>> [name for name, _ in leaf_fields(DETERMINATION)][7:9]
['reviewer.licensed_states', 'reviewer.specialties']

The extractor has its own list of fields. This one is apart on purpose; `tests/eval/scoring/test_fields.py` holds the
two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from eval.scoring.comparators import (
    BOOLEAN,
    CODE,
    DATE,
    FLAG,
    NAME,
    NUMBER,
    UNIT,
    VERBATIM,
    WORD,
    Comparator,
    passage_from,
    text_from,
)


@dataclass(frozen=True)
class Leaf:
    """A scalar."""

    comparator: Comparator


@dataclass(frozen=True)
class Bag:
    """A list of scalars: order does not count, repetition does."""

    element: Comparator


class _Parent:
    """Of a node with named fields: its children as the scorer walks them."""

    fields: dict[str, Node]

    @cached_property
    def _by_path(self) -> dict[str, tuple[Child, ...]]:
        return {}

    def children(self, path: str) -> tuple[Child, ...]:
        """List what stands below this node where it stands at `path`; built once for each path."""
        found = self._by_path.get(path)
        if found is None:
            found = tuple(
                (name, f"/{name}", f"{path}.{name}" if path else name, below) for name, below in self.fields.items()
            )
            self._by_path[path] = found
        return found


@dataclass(frozen=True)
class Group(_Parent):
    """An object; absent (null) is the same as all its fields absent."""

    fields: dict[str, Node]


@dataclass(frozen=True)
class Items(_Parent):
    """A list of objects, paired by optimal assignment on what identifies them."""

    fields: dict[str, Node]
    identity: dict[str, float]
    """Identity field → weight in the similarity. Never what was decided on the item, or why."""
    first: tuple[str, ...] = ()
    """Fields that, all equal, pair two items before any other; the identity fields where it is empty."""
    threshold: float = 0.5
    """Pairs less alike stay unpaired."""

    @cached_property
    def exact(self) -> tuple[str, ...]:
        """Names of the fields that pair two items at once when equal."""
        return self.first or tuple(self.identity)

    @cached_property
    def comparators(self) -> dict[str, Comparator]:
        """The comparator of each scalar field that pairing looks at."""
        found: dict[str, Comparator] = {}
        for name in {*self.identity, *self.exact}:
            node = self.fields[name]
            if not isinstance(node, Leaf):
                raise TypeError(f"items are identified by scalars; {name!r} is none")
            found[name] = node.comparator
        return found


Node = Leaf | Bag | Group | Items
Child = tuple[str, str, str, Node]
"""Name, step of the pointer, dotted field, node: `("total", "/total", "decisions.quantity.total", Leaf(NUMBER))`."""

_DIAGNOSIS = text_from(0.8)
_TREATMENT = text_from(0.8)
_STATEMENT = text_from(0.95, guarded=False)
_PASSAGE = passage_from(0.9, 0.95)

CITATION = Items(
    fields={
        "source": Leaf(WORD),
        "mtus": Leaf(BOOLEAN),
        "title": Leaf(text_from(0.9)),
        "year": Leaf(NUMBER),
        "sections": Bag(text_from(0.9)),
        "pages": Leaf(VERBATIM),
    },
    identity={"source": 1.0, "title": 2.0},
    first=("source", "title", "year", "pages"),
)

BASIS = Group({"statement": Leaf(_STATEMENT), "relied_on": Leaf(WORD), "citations": CITATION})

DECISION = Items(
    fields={
        "heading": Leaf(text_from(0.95)),
        "requested": Leaf(_TREATMENT),
        "authorized": Leaf(_TREATMENT),
        "disputed": Leaf(_TREATMENT),
        "retrospective": Leaf(FLAG),
        "service_dates": Bag(DATE),
        "associated_surgical_service": Leaf(FLAG),
        "category": Leaf(WORD),
        "subcategory": Leaf(WORD),
        "body_parts": Items({"part": Leaf(WORD), "side": Leaf(WORD)}, identity={"part": 1.0}, first=("part", "side")),
        "drugs": Items(
            {"name": Leaf(VERBATIM), "strength": Leaf(VERBATIM)}, identity={"name": 1.0}, first=("name", "strength")
        ),
        "quantity": Group(
            {
                "total": Leaf(NUMBER),
                "unit": Leaf(UNIT),
                "per_week": Leaf(NUMBER),
                "weeks": Leaf(NUMBER),
                "refills": Leaf(NUMBER),
            }
        ),
        "outcome": Leaf(WORD),
        "claims_administrator_basis": BASIS,
        "reviewer_basis": BASIS,
        "rationale": Leaf(_PASSAGE),
        "reasons": Bag(WORD),
    },
    identity={"heading": 1.0, "requested": 1.0, "disputed": 1.0},
)

DETERMINATION = Group(
    {
        "case_number": Leaf(CODE),
        "priority": Leaf(WORD),
        "date_assigned": Leaf(DATE),
        "decision_date": Leaf(DATE),
        "ur_denial_date": Leaf(DATE),
        "application_received": Leaf(DATE),
        "date_of_injury": Leaf(DATE),
        "reviewer": Group({"licensed_states": Bag(NAME), "specialties": Bag(NAME), "subspecialties": Bag(NAME)}),
        "patient": Group(
            {"age": Leaf(NUMBER), "sex": Leaf(WORD), "mechanism": Leaf(text_from(0.8)), "diagnoses": Bag(_DIAGNOSIS)}
        ),
        "clinical_summary": Leaf(_PASSAGE),
        "records_reviewed": Bag(text_from(0.9)),
        "decisions": DECISION,
    }
)

NOT_SCORED: dict[str, str] = {}
"""Leaf field of the record that is in no figure → why (no labels yet, say). Every other one is in the table above."""

CRITICAL: dict[str, float] = {
    "case_number": 0.02,
    "decision_date": 0.02,
    "ur_denial_date": 0.02,
    "application_received": 0.02,
    "date_of_injury": 0.02,
    "decisions": 0.01,
    "decisions.requested": 0.02,
    "decisions.authorized": 0.05,
    "decisions.disputed": 0.02,
    "decisions.category": 0.03,
    "decisions.outcome": 0.01,
}
"""Field → how much F1 it may lose before the gate calls it a regression. `decisions` is the pairing of items itself.

These are the fields that analysts tabulate; a record with no error on them is an exact record.
"""

GROUPS: dict[str, tuple[str, ...]] = {
    "header": (
        "case_number", "priority", "date_assigned", "decision_date", "ur_denial_date", "application_received",
        "date_of_injury",
    ),
    "reviewer": ("reviewer",),
    "patient": ("patient",),
    "passages": ("clinical_summary", "decisions.rationale"),
    "records reviewed": ("records_reviewed",),
    "what was decided": (
        "decisions.heading", "decisions.requested", "decisions.authorized", "decisions.disputed",
        "decisions.retrospective", "decisions.service_dates", "decisions.associated_surgical_service",
    ),
    "what it is": (
        "decisions.category", "decisions.subcategory", "decisions.body_parts", "decisions.drugs",
        "decisions.quantity",
    ),
    "outcome": ("decisions.outcome",),
    "guidelines": ("decisions.claims_administrator_basis", "decisions.reviewer_basis"),
    "reasons": ("decisions.reasons",),
}  # fmt: skip
"""Groups of fields (each with all that lies under it); every field is in exactly one."""


def leaf_fields(node: Node, path: str = "") -> Iterator[tuple[str, Leaf | Bag]]:
    """Every leaf field under `node`, dotted, in the order of the table."""
    if isinstance(node, Leaf | Bag):
        yield path, node
        return
    for name, below in node.fields.items():
        yield from leaf_fields(below, f"{path}.{name}" if path else name)


def item_fields(node: Node, path: str = "") -> Iterator[str]:
    """Every field under `node` that is a list of items, dotted."""
    if isinstance(node, Items):
        yield path
    if isinstance(node, Items | Group):
        for name, below in node.fields.items():
            yield from item_fields(below, f"{path}.{name}" if path else name)


def group_of(field: str) -> str:
    """Find the group that `field` is in."""
    for group, members in GROUPS.items():
        if any(field == member or field.startswith(member + ".") for member in members):
            return group
    raise LookupError(f"field {field!r} is in no group: add it to GROUPS")
