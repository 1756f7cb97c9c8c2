"""A model on letters: rules, model and both side by side, scored field by field, with tokens and seconds.

    python bench/models.py --strategy whole|sections|budgeted --letters N --recordings DIR [--gold dev|test]

Endpoint and model come from the environment (OPENAI_BASE_URL, OPENAI_API_KEY, IMR_MODEL …). Replies are recorded in DIR
and not asked for again, so a run can be scored anew after a change. Real letters are those of ../shared/letters that
have layout labels, the shortest first, and the one of 2014 without a header; their recordings stay outside the project.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from letters import compared

from eval.judging.grading import grade_one
from eval.labelling.gold import Split, load_gold
from extractor.documents import Document, read_document
from extractor.errors import ImrError
from extractor.readers.model import Session
from extractor.reading.configuration import Configuration, ReaderName
from extractor.reading.letter import Reading, read_in
from extractor.records.record import FlagCode, Record
from extractor.settings import Endpoint, ModelSettings, model_settings

ROOT = Path(__file__).parents[1]


async def readings(
    documents: list[Document], reader: ReaderName, settings: ModelSettings, endpoint: Endpoint
) -> list[tuple[Reading | ImrError, float]]:
    """Each letter's record, or why there is none, with its seconds."""
    configuration = Configuration.of(reader, None if reader == "rules" else settings)
    done: list[tuple[Reading | ImrError, float]] = []
    async with Session(settings, endpoint) as session:
        for document in documents:
            began = time.perf_counter()
            try:
                read: Reading | ImrError = await read_in(session, document, configuration)
            except ImrError as error:
                read = error
            done.append((read, time.perf_counter() - began))
    return done


def used(reading: Reading | ImrError) -> list[object]:
    """What was tried."""
    return list(reading.attempts) if isinstance(reading, Reading) else list(getattr(reading, "attempts", ()))


def table(name: str, done: list[tuple[Reading | ImrError, float]]) -> dict[str, float]:
    """Cost and form of one reader's answers."""
    attempts = [attempt for reading, _ in done for attempt in used(reading)]
    records = [reading.record for reading, _ in done if isinstance(reading, Reading)]
    flags = Counter(str(flag.code) for record in records for flag in record.flags)
    answers = [attempt for attempt in attempts if attempt.raw is not None]  # type: ignore[attr-defined]
    row = {
        "letters": len(done),
        "failed": len(done) - len(records),
        "requests": len(attempts),
        "schema-valid": sum(attempt.outcome == "ok" for attempt in answers) / len(answers) if answers else 1.0,  # type: ignore[attr-defined]
        "withheld": flags[FlagCode.WITHHELD],
        "unchecked": flags[FlagCode.UNCHECKED],
        "disagree": flags[FlagCode.READERS_DISAGREE],
        "tokens in": sum(attempt.usage.input_tokens for attempt in attempts),  # type: ignore[attr-defined]
        "cached": sum(attempt.usage.cached_input_tokens for attempt in attempts),  # type: ignore[attr-defined]
        "tokens out": sum(attempt.usage.output_tokens for attempt in attempts),  # type: ignore[attr-defined]
        "model seconds": sum(attempt.seconds for attempt in attempts),  # type: ignore[attr-defined]
    }
    print(
        f"\n{name}:",
        ", ".join(f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()),
    )
    for reading, _ in done:
        if not isinstance(reading, Reading):
            print(f"  failed: {type(reading).__name__}: {str(reading)[:160]}")
    return row


def against_layout(name: str, pairs: list[tuple[Record | None, dict]]) -> dict[str, list[int]]:  # type: ignore[type-arg]
    """Field → values right, values asked."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for record, labels in pairs:
        if record is None:
            continue
        for field, said, label in compared(record, labels):
            asked[field] += 1
            right[field] += said == label
    print(
        f"  layout labels, {name}: {sum(right.values())} of {sum(asked.values())};",
        {f: f"{right[f]}/{asked[f]}" for f in asked if right[f] != asked[f]},
    )
    return {field: [right[field], asked[field]] for field in asked}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", default="whole")
    parser.add_argument("--letters", type=int, default=12)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--gold", choices=["dev", "test"])
    parser.add_argument("--readers", default="rules,model,both")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "letters")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    given.recordings.mkdir(parents=True, exist_ok=True)
    chosen = model_settings({"strategy": given.strategy})
    endpoint = replace(chosen.endpoint, record=given.recordings, replay=given.recordings)
    result: dict[str, object] = {"model": chosen.model.name, "strategy": given.strategy}
    if given.gold:
        cases = list(load_gold(ROOT / "gold", Split(given.gold)).cases)[: given.letters]
        documents = [case.document for case in cases]
    else:
        labels = [json.loads(line) for line in (given.shared / "layout_labels.jsonl").read_text().splitlines()]
        text = given.shared / "text"
        labels = sorted(labels, key=lambda one: (text / f"{one['case_number']}.txt").stat().st_size)[: given.letters]
        documents = [read_document(given.shared / "text" / f"{one['case_number']}.txt") for one in labels]
        documents += [read_document(path) for path in given.shared.glob("text/000_*.txt")]
    for reader in given.readers.split(","):
        if reader == "model" and given.strategy == "budgeted":
            continue
        done = asyncio.run(readings(documents, reader, chosen.model, endpoint))
        row = table(f"{reader} ({given.strategy})", done)
        records = [reading.record if isinstance(reading, Reading) else None for reading, _ in done]
        if given.gold:
            counts: Counter[str] = Counter()
            for case, record in zip(cases, records, strict=True):
                _, judged = grade_one(case, record.model_dump(mode="json") if record else None)
                counts.update(judged.counts)
            fields = sorted(
                {
                    key.rsplit(" ", 1)[0]
                    for key in counts
                    if key.endswith((" match", " mismatch", " missing", " spurious")) and not key.startswith("items ")
                }
            )
            scores = {}
            for field in fields:
                hit, wrong, missed, extra = (
                    counts[f"{field} {mark}"] for mark in ("match", "mismatch", "missing", "spurious")
                )
                scores[field] = [hit, wrong, missed, extra]
            total = [sum(each[place] for each in scores.values()) for place in range(4)]
            f1 = 2 * total[0] / (2 * total[0] + 2 * total[1] + total[2] + total[3])
            print(
                f"  gold {given.gold}, {reader}: F1 {f1:.4f}",
                dict(zip(("match", "mismatch", "missing", "spurious"), total, strict=True)),
            )
            for field, (hit, wrong, missed, extra) in scores.items():
                if wrong + missed + extra:
                    f1 = 2 * hit / (2 * hit + 2 * wrong + missed + extra)
                    print(f"    {field:48} F1 {f1:.3f}  right {hit} wrong {wrong} missing {missed} spurious {extra}")
            result[reader] = {**row, "gold": scores, "f1": f1}
        else:
            result[reader] = {**row, "layout": against_layout(reader, list(zip(records, labels, strict=False)))}
    if given.out:
        given.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
