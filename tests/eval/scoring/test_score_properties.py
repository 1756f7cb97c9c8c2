"""Properties that hold for every record: perfect against itself, order does not matter, one change is one outcome."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from eval.scoring.fields import DETERMINATION, Bag, Group, Items, Leaf
from eval.scoring.marks import Failure, Mark, Score
from eval.scoring.pointers import Json
from eval.scoring.score import score, score_failure

WORDS = st.sampled_from(["norco", "therapy", "lumbar", "mri", "knee", "brace", "tens", "unit", "acupuncture", "cream"])
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
DATES = st.dates().map(lambda day: day.isoformat())


def _value(path: str, node: Json) -> Json:
    name = path.rpartition(".")[2]
    kind = (node.comparator if isinstance(node, Leaf) else node.element).name
    if kind == "date":
        return DATES
    if kind == "number":
        return st.integers(1, 2000)
    if kind in ("flag", "boolean"):
        return st.booleans()
    if kind == "passage":
        return st.integers(0, 500).map(lambda at: {"text": f"passage {at}", "spans": [[at * 1000, at * 1000 + 900]]})
    if name == "outcome":
        return st.sampled_from(["upheld", "overturned"])
    return TEXTS


def trees(node: Json, path: str = "") -> Json:
    if isinstance(node, Leaf):
        return st.none() | _value(path, node)
    if isinstance(node, Bag):
        return st.lists(_value(path, node), max_size=3)
    if isinstance(node, Group):
        whole = st.fixed_dictionaries({name: trees(below, f"{path}.{name}") for name, below in node.fields.items()})
        return whole if not path else st.none() | whole
    item = st.fixed_dictionaries({name: trees(below, f"{path}.{name}") for name, below in node.fields.items()})
    return st.lists(item, max_size=3).map(lambda items: _distinct(node, items))


def _distinct(node: Items, items: Json) -> Json:
    """Give each item an identity of its own, far from the others: what cannot be told apart is paired in order."""
    for place, item in enumerate(items):
        for name in node.identity:
            item[name] = f"{'abcdefg'[place] * 4} item"
    return items


RECORDS = trees(DETERMINATION)


def errors(made: Score) -> Json:
    return Counter((row.field, row.mark) for row in made.rows if row.mark not in (Mark.MATCH, Mark.ABSENT))


@given(RECORDS)
def test_a_record_is_perfect_against_itself(record: Json) -> None:
    made = score(record, copy.deepcopy(record))
    assert not errors(made)
    assert made.f1 in (None, 1.0)
    assert all(item.mark is Mark.MATCH for item in made.items)


@given(RECORDS, RECORDS, st.randoms())
def test_the_order_of_items_never_matters(gold: Json, predicted: Json, random: Random) -> None:
    shuffled = copy.deepcopy(predicted)
    random.shuffle(shuffled["decisions"])
    for decision in shuffled["decisions"]:
        for name in ("drugs", "body_parts", "service_dates", "reasons"):
            random.shuffle(decision[name])
    random.shuffle(shuffled["patient"]["diagnoses"]) if shuffled["patient"] else None
    before, after = score(gold, predicted), score(gold, shuffled)
    assert Counter((row.field, row.mark) for row in before.rows) == Counter((row.field, row.mark) for row in after.rows)


@given(RECORDS, RECORDS)
def test_sides_are_mirrors(gold: Json, predicted: Json) -> None:
    there, back = score(gold, predicted), score(predicted, gold)
    mirror = {Mark.MISSING: Mark.SPURIOUS, Mark.SPURIOUS: Mark.MISSING}
    assert Counter((row.field, mirror.get(row.mark, row.mark)) for row in back.rows) == Counter(
        (row.field, row.mark) for row in there.rows
    )


@given(RECORDS)
def test_a_failure_is_every_leaf_missing(record: Json) -> None:
    made = score_failure(record, Failure("timeout", "too long"))
    whole = score(record, record)
    assert {row.mark for row in made.rows} <= {Mark.MISSING}
    assert len(made.rows) == whole.count(Mark.MATCH)


@given(RECORDS, st.data())
def test_one_change_is_one_outcome(record: Json, data: st.DataObject) -> None:
    """Whatever single leaf is dropped, added or changed: exactly that outcome, on exactly that field."""
    places = list(_places(DETERMINATION, record, ""))
    path, node, holder, name = data.draw(st.sampled_from(places))
    changed = copy.deepcopy(record)
    target = changed
    for step in holder:
        target = target[step]
    old = target[name]
    if node.comparator.canonical(old) is None:
        new = data.draw(_value(path, node).filter(lambda value: node.comparator.canonical(value) is not None))
        expected = Mark.SPURIOUS
    elif data.draw(st.booleans()):
        new, expected = None, Mark.MISSING
    else:
        new = (
            {"text": "elsewhere", "spans": [[900_000, 900_010]]} if node.comparator.name == "passage" else "zzz 999 zzz"
        )
        expected = Mark.MISSING if node.comparator.canonical(new) is None else Mark.MISMATCH
    target[name] = new
    assert errors(score(record, changed)) == {(path, expected): 1}


def _places(node: Json, tree: Json, path: str, holder: Json = ()) -> Iterator[Json]:
    """Scalars that may change without changing what identifies an item."""
    for name, below in node.fields.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(below, Leaf):
            if not (isinstance(node, Items) and name in {*node.identity, *node.exact}):
                yield inner, below, holder, name
        elif isinstance(below, Group) and tree[name] is not None:
            yield from _places(below, tree[name], inner, (*holder, name))
        elif isinstance(below, Items):
            for place, item in enumerate(tree[name]):
                yield from _places(below, item, inner, (*holder, name, place))


def test_an_item_too_many_or_too_few_is_charged_leaf_by_leaf() -> None:
    decision = {"requested": "MRI", "outcome": "upheld", "reasons": ["safety", "other"], "drugs": [{"name": "X"}]}
    missing = score({"decisions": [decision]}, {"decisions": []})
    assert missing.count(Mark.MISSING) == 5
    assert [(item.field, item.mark) for item in missing.items] == [
        ("decisions", Mark.MISSING),
        ("decisions.drugs", Mark.MISSING),
    ]
