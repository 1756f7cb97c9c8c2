from __future__ import annotations

from pathlib import Path

from gold_factory import load, reader_of, save_reference, write_gold

from eval.judging.suspects import suspects
from eval.labelling.gold import load_gold


def test_suspects_are_well_grounded_answers_without_gold(folder: Path) -> None:
    reference = load(folder, "a1")
    del reference["evidence"]["/patient/age"]
    reference["determination"]["patient"]["age"] = None
    truth = write_gold(folder.parent / "truth")
    save_reference(folder, "a1", reference)
    found = suspects(list(load_gold(folder).cases), reader_of(truth))
    assert [(one.case, one.pointer) for one in found] == [("a1", "/patient/age")]
