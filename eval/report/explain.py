"""What two values differ in, in words. deepdiff explains here; it never scores.

>>> explain("2016-10-13", "2016-10-14")
['1 day later than gold']

(With `ignore_order` it takes [1, 2, 2, 3] for [1, 2, 3] unless told to report repetition, and it gives a date that
is one day off almost full marks: good for saying what is different, useless for saying how bad that is.)
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from eval.scoring.pointers import Json

_MOST = 40
"""Words (or entries) that are compared at most: of longer texts only the ends are shown."""


def explain(gold: Json, predicted: Json) -> list[str]:
    """Say what `predicted` has otherwise than `gold`, one sentence each; empty where one of them is absent."""
    if gold is None or predicted is None:
        return []
    if isinstance(gold, dict) and isinstance(predicted, dict) and "spans" in gold and "spans" in predicted:
        return _places(gold, predicted)
    if isinstance(gold, str) and isinstance(predicted, str):
        return _dates(gold, predicted) or _texts(gold, predicted)
    if isinstance(gold, list) and isinstance(predicted, list):
        return _entries(gold, predicted, "entry", "entries")
    return _changed(gold, predicted)


def _dates(gold: str, predicted: str) -> list[str]:
    try:
        apart = (datetime.date.fromisoformat(predicted) - datetime.date.fromisoformat(gold)).days
    except ValueError:
        return []
    return [f"{abs(apart):,} day{'' if abs(apart) == 1 else 's'} {'later' if apart > 0 else 'earlier'} than gold"]


def _places(gold: Json, predicted: Json) -> list[str]:
    """Passages: where each begins and ends."""
    sentences: list[str] = []
    if not gold["spans"] or not predicted["spans"]:
        return _texts(gold.get("text") or "", predicted.get("text") or "")
    for edge, mine, theirs in (
        ("begins", gold["spans"][0][0], predicted["spans"][0][0]),
        ("ends", gold["spans"][-1][1], predicted["spans"][-1][1]),
    ):
        if mine != theirs:
            sentences.append(
                f"{edge} {abs(theirs - mine):,} characters {'later' if theirs > mine else 'earlier'} than gold"
            )
    if len(gold["spans"]) != len(predicted["spans"]):
        sentences.append(f"in {len(predicted['spans'])} pieces, gold in {len(gold['spans'])}")
    return sentences


def _texts(gold: str, predicted: str) -> list[str]:
    words, others = gold.split(), predicted.split()
    lead = _shared(words, others)
    words, others = words[lead:], others[lead:]
    tail = _shared(words[::-1], others[::-1])
    words, others = words[: len(words) - tail], others[: len(others) - tail]
    if not words and not others:
        return ["they differ in blanks only"]
    if len(words) > _MOST or len(others) > _MOST:
        return [f"they part after {lead} words and meet again {tail} words before the end"]
    return _entries(words, others, "word", "words") or ["the same words in another order"]


def _shared(words: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for word, other in zip(words, others, strict=False):
        if word != other:
            break
        count += 1
    return count


def _entries(gold: Sequence[Json], predicted: Sequence[Json], one: str, many: str) -> list[str]:
    """Multisets: what is on one side only, and what is repeated a different number of times."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - slow to import, and only a report needs it

    found = DeepDiff(
        list(gold), list(predicted), ignore_order=True, report_repetition=True, cutoff_intersection_for_pairs=0
    )
    sentences: list[str] = []
    for kind, label in (("iterable_item_removed", "gold only"), ("iterable_item_added", "prediction only")):
        values = [str(value) for value in found.get(kind, {}).values()]
        if values:
            sentences.append(f"{one if len(values) == 1 else many} in {label}: {_quoted(values, one)}")
    for change in found.get("repetition_change", {}).values():
        sentences.append(
            f"{change['value']!r} stands {change['old_repeat']} times in gold, {change['new_repeat']} here"
        )
    return sentences


def _quoted(values: Sequence[str], one: str) -> str:
    return repr(" ".join(values)) if one == "word" else ", ".join(repr(value) for value in values)


def _changed(gold: Json, predicted: Json) -> list[str]:
    from deepdiff import DeepDiff  # noqa: PLC0415 - slow to import, and only a report needs it

    found = DeepDiff(gold, predicted, ignore_type_in_groups=[(int, float)], verbose_level=2)
    changes = [*found.get("values_changed", {}).items(), *found.get("type_changes", {}).items()]
    sentences = [f"{_inside(path)}{change['old_value']!r} became {change['new_value']!r}" for path, change in changes]
    for kind, label in (("dictionary_item_removed", "gold only"), ("dictionary_item_added", "prediction only")):
        sentences += [f"in {label}: {_inside(path)}{value!r}" for path, value in found.get(kind, {}).items()]
    return sentences


def _inside(path: str) -> str:
    """Show a deepdiff path; nothing for the value itself."""
    inside = path.removeprefix("root").replace("['", ".").replace("']", "").strip(".")
    return f"{inside}: " if inside else ""
