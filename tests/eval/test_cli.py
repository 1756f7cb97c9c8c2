from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from gold_factory import imr_eval, load, save_reference

from eval.scoring.pointers import Json
from extractor.documents import Document


def records(folder: Path, tmp_path: Path, change: Json = None) -> Json:
    place = tmp_path / f"records{change is not None}"
    place.mkdir()
    for name in ("a1", "a2", "a3", "a4"):
        determination = load(folder, name)["determination"]
        if change:
            change(determination)
        (place / f"{name}.json").write_text(json.dumps({"determination": determination}))
    return place


def test_run_compare_and_gate(folder: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    ran = imr_eval("run", "--gold", folder, "--records", records(folder, tmp_path), "--out", good)
    assert ran.exit_code == 0, ran.output
    assert "4 letters, 8 items" in ran.output

    def flip(determination: Json) -> None:
        determination["decisions"][0]["outcome"] = "overturned"

    ran = imr_eval("run", "--gold", folder, "--records", records(folder, tmp_path, flip), "--out", bad)
    assert ran.exit_code == 0
    compared = imr_eval("compare", good, bad, "--out", tmp_path / "c.json")
    assert "broken: a1, a2, a3, a4" in compared.output
    assert json.loads((tmp_path / "c.json").read_text())["exact_broken"] == ["a1", "a2", "a3", "a4"]
    assert imr_eval("gate", good, "--baseline", good).exit_code == 0
    assert imr_eval("gate", bad, "--baseline", good).exit_code in (10, 11)


def test_a_reader_by_name(folder: Path) -> None:
    ran = imr_eval("run", "--gold", folder, "--reader", "extractor.reading.letter:read", "--draws", "100")
    assert ran.exit_code == 0, ran.output
    assert "4 letters" in ran.output


def test_errors_are_one_sentence_with_an_exit_code(folder: Path, tmp_path: Path) -> None:
    for arguments in (
        ("run", "--gold", tmp_path / "none"),
        ("run", "--gold", folder, "--reader", "nonsense"),
        ("run", "--gold", folder, "--reader", "no.such:thing"),
        ("compare", tmp_path / "x.json", tmp_path / "y.json"),
        ("init", tmp_path / "none"),
    ):
        failed = imr_eval(*arguments)
        assert failed.exit_code == 2, failed.output
        assert failed.output.startswith("imr eval: ")


def test_lint_and_freeze(folder: Path) -> None:
    assert imr_eval("lint", "--gold", folder).exit_code == 12
    frozen = imr_eval("lint", "--gold", folder, "--freeze")
    assert (frozen.exit_code, "froze 4 cases" in frozen.output) == (0, True)
    assert imr_eval("lint", "--gold", folder).exit_code == 0
    reference = load(folder, "a1")
    reference["determination"]["decision_date"] = "2016-10-14"
    save_reference(folder, "a1", reference)
    broken = imr_eval("lint", "--gold", folder, "--freeze")
    assert broken.exit_code == 12
    assert "no date 2016-10-14" in broken.output


def test_init(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a1.txt").write_bytes((folder / "letters" / "a1.txt").read_bytes())
    made = imr_eval("init", mine)
    assert made.exit_code == 0, made.output
    assert "1 drafts" in made.output
    ran = imr_eval("run", "--gold", mine)
    assert ran.exit_code == 2
    assert "confirm drafts" in ran.output


def test_agreement(folder: Path) -> None:
    assert "4 letters labelled by both" in imr_eval("agreement", folder, folder).output


def always_failing(document: Document) -> None:
    raise RuntimeError(f"cannot read {document.name}")


def test_a_reader_that_never_answers_is_an_error(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.readers.read", always_failing)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    ran = imr_eval("run", "--gold", folder, "--out", tmp_path / "run.json")
    assert ran.exit_code == 1
    assert "cannot read a1.txt" in ran.output
    assert "every letter failed" in ran.output
    assert (tmp_path / "run.json").exists()
