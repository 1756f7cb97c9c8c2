from __future__ import annotations

import random
from pathlib import Path

import pytest
from gold_factory import known, load, save_reference, write_gold

from eval.figures.uncertainty import Sampling
from eval.labelling.agreement import agreement, jaccard, krippendorff_alpha
from eval.report.screen import agreement_screen
from extractor.errors import ConfigurationError


def test_alpha_of_krippendorffs_own_example() -> None:
    """Two coders, ten binary units (Krippendorff, Computing Krippendorff's Alpha-Reliability, A): alpha 0.095."""
    one, other = "0100000000", "1110010010"
    assert krippendorff_alpha(list(zip(one, other, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_alpha_at_its_ends() -> None:
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha([("a", "a")] * 5) is None
    assert krippendorff_alpha([("a", "a"), ("b", "b")]) == 1.0
    rng = random.Random(1)  # noqa: S311 - no secret
    noise = [(rng.choice("ab"), rng.choice("ab")) for _ in range(4000)]
    assert abs(known(krippendorff_alpha(noise))) < 0.05
    sets = [(frozenset("a"), frozenset("ab")), (frozenset("c"), frozenset("c"))]
    assert known(krippendorff_alpha(sets, jaccard)) > 0.3


def test_agreement_of_two_folders(tmp_path: Path) -> None:
    a, b = write_gold(tmp_path / "a"), write_gold(tmp_path / "b", ("a1", "a2", "a3", "b9"))
    changed = load(b, "a1")
    changed["determination"]["decisions"][0].update(category="surgery", subcategory="spine")
    changed["determination"]["patient"]["age"] = 49
    changed["not_labelled"] = ["/decisions/1/outcome"]
    save_reference(b, "a1", changed)
    lenient = load(a, "a1")
    lenient["alternatives"] = {"/patient/age": [49]}
    save_reference(a, "a1", lenient)
    found = agreement(a, b, Sampling(200))
    assert found.letters == ("a1", "a2", "a3")
    assert (found.only_a, found.only_b) == (("a4",), ("b9",))
    figures = found.summary.figures
    assert figures["decisions.category"]["f1"].value == pytest.approx(5 / 6)
    assert figures["decisions.outcome"]["recall"].denominator == 5
    assert figures["patient.age"]["f1"].value == pytest.approx(2 / 3)
    assert found.lenient["patient.age"].value == 1.0
    assert found.alpha["decisions.category"] == pytest.approx(0.0)
    assert found.units["decisions.outcome"] == 5
    assert found.alpha["decisions.outcome"] == 1.0
    assert found.units["decisions.reasons"] == 6
    assert [one["letter"] for one in found.disagreements["decisions.category"]] == ["a1"]
    assert any("decisions.category" in line for line in agreement_screen(found))


def test_nothing_in_common(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no letter in common"):
        agreement(write_gold(tmp_path / "a", ("x",)), write_gold(tmp_path / "b", ("y",)), Sampling())
