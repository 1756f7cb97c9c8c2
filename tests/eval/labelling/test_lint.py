from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from gold_factory import load, save_reference

from eval.labelling.gold import freeze
from eval.labelling.lint import lint
from eval.scoring.pointers import Json

GOLD = Path(__file__).parents[3] / "gold"


def codes(folder: Path) -> Json:
    return {(one.case, one.code) for one in lint(folder)}


def test_our_own_gold_is_sound() -> None:
    assert lint(GOLD) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r["evidence"]["/case_number"].update(quote="CM99-9999999"), "quote"),
        (lambda r: r["evidence"]["/case_number"].update(spans=[[5, 999999]]), "span"),
        (lambda r: r["determination"].update(decision_date="2016-10-14"), "support"),
        (lambda r: r["determination"]["patient"].update(age=47), "support"),
        (lambda r: r["determination"]["decisions"][0].update(outcome="overturned", reasons=["other"]), "support"),
        (lambda r: r["determination"]["decisions"][0].update(heading="Something else"), "support"),
        (lambda r: r.update(not_labelled=["/decisions/7"]), "pointer"),
        (lambda r: r.update(alternatives={"/decisions/0/category": ["nonsense"]}), "alternative"),
        (lambda r: r.update(alternatives={"/decisions/0/category": ["other"]}), "alternative"),
        (lambda r: r["determination"]["decisions"][0]["rationale"].update(spans=[[0, 30]]), "passage"),
        (lambda r: r["determination"].update(priority="urgent"), "form"),
        (lambda r: r["determination"]["decisions"].reverse(), "support"),
        (lambda r: r.update(is_determination=False), "no_determination"),
        (lambda r: r.update(letter="letters/none.txt"), "letter"),
    ],
)
def test_lint_finds(folder: Path, change: Callable[[Json], object], code: str) -> None:
    reference = load(folder, "a2")
    change(reference)
    save_reference(folder, "a2", reference)
    assert ("a2", code) in codes(folder)


def test_lint_finds_a_letter_in_both_splits(folder: Path) -> None:
    freeze(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    one, other = list(manifest["cases"].values())[:2]
    for entry in (one, other):
        entry["letter_sha256"] = "0" * 64
    one["split"], other["split"] = "dev", "test"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert ("", "splits") in codes(folder)
