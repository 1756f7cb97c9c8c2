"""Claims what the gold labels say, and counts what grounding refuses of it: `python bench/true_claims.py`.

The mirror of the tables that count false claims accepted: every labelled value of a letter is claimed as a model would
claim it, with the lines where the labeller found it, or without any. What is refused then is truth withheld. Passages
and the paragraphs on guidelines are the layout's own and no claims.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.labelling.gold import Case, Split, load_gold
from extractor.facts import gather
from extractor.fields import CATEGORY, REASONS, SUBCATEGORY
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.ground import ground
from extractor.grounding.places import Place
from extractor.layout import Layout, lay_out
from extractor.records.determination import Determination
from extractor.text.literals import Value
from extractor.text.spans import Span

GOLD = Path(__file__).parent.parent / "gold"
_FORMS_OWN = ("/rationale", "/clinical_summary", "/statement", "/spans", "/text", "/records_reviewed")


def leaves(node: Any, pointer: str = "") -> Iterator[tuple[str, Value]]:
    """Pointer and value of everything that a determination says."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves(value, f"{pointer}/{name}")
    elif isinstance(node, list | tuple):
        for position, value in enumerate(node):
            yield from leaves(value, f"{pointer}/{position}")
    elif node is not None:
        yield pointer, node


def refused(case: Case) -> tuple[Counter[str], list[tuple[str, Value, str]]]:
    """How many values of each field were claimed, and which were refused: pointer, value, why."""
    layout = lay_out(case.document.own_text)
    facts = gather(layout)
    reference = case.reference
    told = Determination.model_validate(reference.determination.model_dump())
    if len(layout.items) != len(told.decisions):
        return Counter(), []
    draft = Draft(decisions=len(told.decisions))
    claimed: dict[Place, str] = {}
    for pointer, value in leaves(told.model_dump()):
        if not any(part in pointer for part in _FORMS_OWN) and pointer not in reference.not_labelled:
            place = draft.at(pointer)
            anchor = reference.evidence.get(pointer)
            lines = _lines(layout, anchor.spans) if anchor is not None else None
            judged = place.field in (REASONS, CATEGORY, SUBCATEGORY)
            if judged and lines is None and place.field is REASONS:
                lines = _lines_of(layout, layout.items[place.decision or 0].rationale)
            draft.claims[place] = Claim(value, lines=lines, judged=judged)
            claimed[place] = pointer
    result = ground(draft, layout, facts)
    counts = Counter(place.field.pattern for place in claimed)
    why = {doubt.place: doubt.message for doubt in result.doubts}
    lost = [
        (pointer, draft.claims[place].value, why.get(place, "dropped"))
        for place, pointer in claimed.items()
        if place not in result.values
    ]
    return counts, lost


def _lines_of(layout: Layout, passage: Span | None) -> tuple[int, int] | None:
    if passage is None:
        return None
    return layout.view.line_number(passage.start), layout.view.line_number(passage.end - 1)


def _lines(layout: Layout, spans: tuple[tuple[int, int], ...]) -> tuple[int, int] | None:
    places = [layout.view.locate(Span(*span)) for span in spans]
    numbers = [layout.view.line_number(place.start) for place in places if place is not None]
    return (min(numbers), max(numbers)) if numbers else None


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=[split.value for split in Split], default="dev")
    parser.add_argument("--show", action="store_true", help="each value that was refused, and why")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for case in load_gold(GOLD, Split(given.split)).cases:
        of_case, gone = refused(case)
        counts += of_case
        for pointer, value, why in gone:
            place = "/".join("*" if part.isdigit() else part for part in pointer.split("/"))
            lost[place] += 1
            if given.show:
                print(f"{case.name} {pointer} {value!r}: {why}", file=sys.stderr)
    print(f"{'field':60}{'claimed':>9}{'refused':>9}")
    for field, count in sorted(counts.items()):
        if lost[field]:
            print(f"{field:60}{count:9}{lost[field]:9}")
    total, gone_all = sum(counts.values()), sum(lost.values())
    print(f"{'all':60}{total:9}{gone_all:9}  {gone_all / max(1, total):.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
