"""Relations that change what a letter says: the record must follow, in that one value and in nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from eval.metamorphic import perturb
from eval.metamorphic.differences import words
from eval.metamorphic.variants import Original, Relation, Rewriting, item_blocks, unchanged
from eval.scoring.pointers import Json
from eval.scoring.spans import Spans, touches

_REQUEST = re.compile(
    r"request\s+for\s+(?P<what>.{3,400}?)\s+(?P<said>(?:is|are|was|were)\s+(?:not[\s-]*)?(?:a\s+)?medical(?:ly)?\s+necess\w+)",
    re.DOTALL,
)


def _swapped(original: Original) -> Iterator[Rewriting]:
    """Swap the outcome of one item, everywhere it is announced."""
    requests = [(words(found["what"]), found) for found in _REQUEST.finditer(original.text)]
    for index, decision in enumerate(original.decisions):
        spans = original.spans(f"/decisions/{index}/outcome")
        if not spans:
            continue
        start, end = spans[0][0], spans[-1][1]
        announced = next(
            (what for what, found in requests if found.start("said") < end and start < found.end("said")), None
        )
        changes: list[tuple[int, int, str]] = []
        if announced is not None:
            if sum(words(other["heading"]) == words(decision["heading"]) for other in original.decisions) > 1:
                continue
            heads = [found for what, found in requests if what == announced and _announces(original.text, found)]
            for found in heads:
                said = perturb.contrary(found["said"])
                changes += [(found.start("said"), found.end("said"), said)] if said else []
        else:
            line = (original.text.rfind("\n", 0, start) + 1, end)
            said = perturb.contrary(original.text[start:end])
            if said is None:
                said, (start, end) = perturb.contrary(original.text[line[0] : end]), line
            changes += [(start, end, said)] if said else []
        together = {
            other for other in range(len(original.decisions)) if original.spans(f"/decisions/{other}/outcome") == spans
        } | {index}
        if changes and min(together) == index:
            yield Rewriting(
                f"item {index + 1}",
                perturb.replaced(original.text, changes),
                partial(_must_swap, original, together),
            )


def _announces(text: str, found: re.Match[str]) -> bool:
    """Whether a sentence about a request is the determination itself, not the end of a rationale."""
    return bool(re.search(r"has\s+determined\s+(?:that\s+)?the\s+$", text[max(0, found.start() - 40) : found.start()]))


_OTHER = {"upheld": "overturned", "overturned": "upheld"}


def _must_swap(original: Original, indices: set[int], record: Json) -> str:
    decisions = record["determination"]["decisions"]
    wrong = [
        f"/decisions/{index}/outcome: {original.decisions[index]['outcome']} became {decisions[index]['outcome']}"
        for index in sorted(indices)
        if index < len(decisions) and decisions[index]["outcome"] != _OTHER[original.decisions[index]["outcome"]]
    ]
    free = [f"/decisions/{index}/{name}" for index in indices for name in ("outcome", "reasons")]
    rest = unchanged(original, record, free=free)
    return "; ".join([*wrong, *([rest] if rest else [])])


_LABELS = {
    "date_assigned": r"Date\s+Assigned",
    "date_of_injury": r"Date\s+of\s+Injury",
    "decision_date": r"(?:Decision\s+Date|Dated)",
    "ur_denial_date": r"(?:UR\s+Denial\s+Date|Date\s+of\s+UR\s+Decision)",
    "application_received": r"(?:IMR\s+)?Application\s+Received",
}


def _digits(original: Original) -> Iterator[Rewriting]:
    """Change one digit of one date of the header."""
    for name, label in _LABELS.items():
        value = original.determination.get(name)
        found = re.search(rf"(?m)^[ \t]*{label}[ \t]*:[ \t]*(\d{{1,2}})/(\d{{1,2}})/(?:\d\d)?\d\d\b", original.text)
        if value is None or found is None:
            continue
        old = date.fromisoformat(value)
        if (int(found[1]), int(found[2])) != (old.month, old.day):
            continue
        day = int(found[2]) + (1 if found[2][-1] != "9" and old.day < 28 else -1)
        if not 1 <= day <= 28 or len(str(day)) != len(found[2].lstrip("0")):
            continue
        text = perturb.replaced(original.text, [(found.start(2), found.end(2), f"{day:0{len(found[2])}d}")])
        yield Rewriting(name, text, partial(_must_follow, original, name, old.replace(day=day).isoformat()))


def _must_follow(original: Original, name: str, expected: str, record: Json) -> str:
    got = record["determination"].get(name)
    wrong = [] if got == expected else [f"/{name}: {expected} is printed, {got or 'nothing'} was read"]
    rest = unchanged(original, record, free=[f"/{name}"])
    return "; ".join([*wrong, *([rest] if rest else [])])


def _reordered(original: Original) -> Iterator[Rewriting]:
    blocks = item_blocks(original)
    if len(blocks) < 2:
        return
    moved = "\n\n".join(original.text[start:end].strip("\n") for start, end in reversed(blocks))
    text = original.text[: blocks[0][0]] + moved + "\n" + original.text[blocks[-1][1] :]
    turned = Original(
        original.name, text, {"determination": {**original.determination, "decisions": [*original.decisions][::-1]}}
    )
    yield Rewriting("reversed", text, partial(unchanged, turned))


_RATIONALE_LABEL = re.compile(
    r"(?:(?:The\s+)?(?:\w+\s+)?Reviewer's\s+)?(?:Decision\s+rational\w*|Rationale\s+for\s+the\s+Decision)\s*:\s*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:^|(?<=\n))[ \t]*(?:Issue\s+)?#?\d{1,2}\s*[.:)]\s*$")


def _without_rationale(original: Original, *, with_label: bool) -> Iterator[Rewriting]:
    for index in range(len(original.decisions)):
        spans = original.spans(f"/decisions/{index}/rationale")
        if not spans:
            continue
        start = spans[0][0]
        if number := _NUMBER.search(original.text[max(0, start - 20) : start]):
            start -= number.end() - number.start()
            spans = [(start, spans[0][1]), *spans[1:]]
        label = _RATIONALE_LABEL.search(original.text, max(0, start - 90), start)
        if with_label:
            if label is None:
                continue
            spans = [(label.start(), spans[0][1]), *spans[1:]]
        sharing = _sharing(original, spans, "rationale")
        yield Rewriting(
            f"item {index + 1}",
            perturb.cut(original.text, spans),
            partial(_must_lose, original, spans, "rationale", sharing),
        )


def _sharing(original: Original, spans: Spans, leaf: str) -> list[int]:
    inside = original.within(spans)
    return [
        index
        for index in range(len(original.decisions))
        if f"/decisions/{index}/{leaf}" in inside or touches(original.spans(f"/decisions/{index}/{leaf}"), spans)
    ]


def _must_lose(original: Original, spans: Spans, leaf: str, indices: Sequence[int], record: Json) -> str:
    """The leaf is gone with its words, nothing stands in for it, and (a rationale) a flag says so."""
    decisions = record["determination"]["decisions"]
    wrong: list[str] = []
    free = original.within(spans)
    name = leaf.split("/", maxsplit=1)[0]
    for index in indices:
        free |= {f"/decisions/{index}/{name}", *([f"/decisions/{index}/reasons"] if name == "rationale" else [])}
        if index >= len(decisions):
            continue
        left = decisions[index][name]
        if left:
            wrong.append(f"/decisions/{index}/{name}: still {str(left.get('text') or left.get('statement'))[:80]!r}")
        if name == "rationale":
            if decisions[index]["reasons"]:
                wrong.append(f"/decisions/{index}/reasons: {decisions[index]['reasons']} without a rationale")
            flags = [flag["path"] for flag in record.get("flags") or ()]
            if not any(
                path in ("", f"/decisions/{index}") or path == f"/decisions/{index}/rationale" for path in flags
            ):
                wrong.append(f"/decisions/{index}/rationale: absent, but no flag says so")
    rest = unchanged(original, record, free=free)
    return "; ".join([*wrong, *([rest] if rest else [])])


_BASIS_LABEL = re.compile(r"Claims\s+Administ\w*\s+guideline\s*:\s*$", re.IGNORECASE)


def _without_basis(original: Original) -> Iterator[Rewriting]:
    leaf = "claims_administrator_basis/statement"
    for index in range(len(original.decisions)):
        spans = original.spans(f"/decisions/{index}/{leaf}")
        if not spans or original.within(spans) & {f"/decisions/{index}/reviewer_basis/statement"}:
            continue
        label = _BASIS_LABEL.search(original.text, max(0, spans[0][0] - 60), spans[0][0])
        if label is not None:
            spans = [(label.start(), spans[0][1]), *spans[1:]]
        sharing = _sharing(original, spans, leaf)
        yield Rewriting(
            f"item {index + 1}", perturb.cut(original.text, spans), partial(_must_lose, original, spans, leaf, sharing)
        )


CONTENT: tuple[Relation, ...] = (
    Relation("swap an outcome", "that item's outcome swaps (its reasons may change), nothing else", _swapped),
    Relation("change a digit of a header date", "that date follows, nothing else", _digits),
    Relation("reverse the items", "the decisions reverse, nothing else", _reordered),
    Relation(
        "delete a rationale", "it is absent and flagged, its reasons too", partial(_without_rationale, with_label=False)
    ),
    Relation(
        "delete a rationale with its label",
        "it is absent and flagged, its reasons too",
        partial(_without_rationale, with_label=True),
    ),
    Relation("delete the claims administrator's paragraph", "its basis is absent, nothing else", _without_basis),
)
