from __future__ import annotations

from pathlib import Path

import pytest
from gold_factory import load, save_reference, write_gold

from eval.labelling.gold import Split, freeze, load_gold, split_of
from eval.labelling.lint import lint
from eval.scoring.pointers import Json
from extractor.errors import ConfigurationError

GOLD = Path(__file__).parents[3] / "gold"


def codes(folder: Path) -> Json:
    return {(one.case, one.code) for one in lint(folder)}


def test_our_own_gold_is_what_the_task_asks_for() -> None:
    cases = load_gold(GOLD).cases
    assert len(cases) >= 60
    assert {case.reference.layout for case in cases} == {
        *("notice", "professional_review", "decisions_and_rationales"),
        *("prose_reviewer", "credentials", "headerless", None),
    }
    decisions = [decision for case in cases for decision in case.reference.determination.decisions]
    assert sum(one.outcome == "overturned" for one in decisions) >= 0.35 * len(decisions)
    assert sum(one.authorized is not None for one in decisions) >= 20
    assert {case.split for case in cases} == {Split.DEV, Split.TEST}
    assert len({one.category for one in decisions}) == 12


def test_a_folder_without_manifest_is_dev(folder: Path) -> None:
    gold = load_gold(folder)
    assert {case.split for case in gold.cases} == {Split.DEV}
    assert gold.manifest is None
    assert codes(folder) == {("", "not_frozen")}


def test_frozen_gold_loads_by_split_and_refuses_changes(folder: Path) -> None:
    freeze(folder)
    assert lint(folder) == []
    dev, test = load_gold(folder, Split.DEV), load_gold(folder, Split.TEST)
    assert len(dev.cases) == len(test.cases) == 2
    assert dev.sha256 != test.sha256
    reference = load(folder, "a1")
    reference["determination"]["priority"] = "standard"
    save_reference(folder, "a1", reference)
    with pytest.raises(ConfigurationError, match=r"'a1' differs"):
        load_gold(folder)
    assert ("a1", "hash") in codes(folder)


def test_freezing_again_keeps_the_splits(folder: Path) -> None:
    before = freeze(folder).cases
    write_more = write_gold(folder.parent / "more", ("a9", "b1", "b2"))
    for kind, suffix in (("letters", "txt"), ("references", "json")):
        for name in ("a9", "b1", "b2"):
            (folder / kind / f"{name}.{suffix}").write_bytes((write_more / kind / f"{name}.{suffix}").read_bytes())
    after = freeze(folder).cases
    assert {name: after[name].split for name in before} == {name: entry.split for name, entry in before.items()}
    assert len(after) == 7


def test_the_split_is_even_and_does_not_depend_on_order() -> None:
    names = [(f"x{number}", "odd" if number % 3 else "even") for number in range(31)]
    splits = split_of(names)
    assert splits == split_of(reversed(names))
    for stratum in ("odd", "even"):
        own = [splits[name] for name, of in names if of == stratum]
        assert abs(own.count(Split.DEV) - own.count(Split.TEST)) <= 1


def test_drafts_do_not_count(folder: Path) -> None:
    reference = load(folder, "a1")
    save_reference(folder, "a1", {**reference, "status": "draft"})
    gold = load_gold(folder)
    assert gold.drafts == ("a1",)
    assert len(gold.cases) == 3
