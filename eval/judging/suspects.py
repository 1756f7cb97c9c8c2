"""Labels that a reader's well-grounded answers speak against: to be looked at again, not wrong by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from eval.judging.grading import grade_one
from eval.labelling.gold import Case
from eval.labelling.lint import Problem
from eval.labelling.support import short
from eval.readers import Reader
from eval.scoring.comparators import key
from eval.scoring.grounding import nearest
from extractor.errors import ImrError


def suspects(cases: Iterable[Case], reader: Reader) -> list[Problem]:
    """Find labels that a reader's well-grounded answer speaks against: to be looked at, not errors by themselves.

    A prediction is set against gold where its words stand in the letter exactly and gold has no place for its value,
    or gold's own words do not stand there.
    """
    found: list[Problem] = []
    for case in cases:
        try:
            record = reader(case.document).model_dump(mode="json")
        except ImrError:
            continue
        made, _ = grade_one(case, record)
        for row in made.rows:
            if row.predicted_at is None or row.mark.name not in ("MISMATCH", "SPURIOUS"):
                continue
            entry = nearest(record["evidence"], row.predicted_at)
            if not entry or entry["how"] != "exact" or isinstance(row.predicted, dict):
                continue
            anchor = nearest(case.anchors, row.gold_at) if row.gold_at else None
            stands = isinstance(row.gold, str) and (key(row.gold) or "") in (key(case.document.text) or "")
            if anchor is None and not stands:
                found.append(
                    Problem(
                        case.name,
                        row.gold_at or row.predicted_at,
                        "suspect",
                        f"gold says {short(str(row.gold))}, the reader {short(str(row.predicted))} "
                        f"at {entry['spans'][0]}",
                    )
                )
    return found
