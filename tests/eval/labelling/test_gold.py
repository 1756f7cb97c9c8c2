import json
from pathlib import Path

import pytest
from gold_factory import load, reader_of, save_reference, write_gold

from eval.judging.suspects import suspects
from eval.labelling.gold import Split, Status, freeze, load_gold, load_reference, split_of
from eval.labelling.lint import lint
from eval.labelling.prepare import prepare
from eval.labelling.support import outcome_in, unsupported
from extractor.errors import ConfigurationError

GOLD = Path(__file__).parents[3] / "gold"


@pytest.fixture
def folder(tmp_path):
    return write_gold(tmp_path / "gold")


def codes(folder):
    return {(one.case, one.code) for one in lint(folder)}


def test_our_own_gold_is_sound():
    assert lint(GOLD) == []


def test_our_own_gold_is_what_the_task_asks_for():
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


def test_a_folder_without_manifest_is_dev(folder):
    gold = load_gold(folder)
    assert {case.split for case in gold.cases} == {Split.DEV}
    assert gold.manifest is None
    assert codes(folder) == {("", "not_frozen")}


def test_frozen_gold_loads_by_split_and_refuses_changes(folder):
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


def test_freezing_again_keeps_the_splits(folder):
    before = freeze(folder).cases
    write_more = write_gold(folder.parent / "more", ("a9", "b1", "b2"))
    for kind, suffix in (("letters", "txt"), ("references", "json")):
        for name in ("a9", "b1", "b2"):
            (folder / kind / f"{name}.{suffix}").write_bytes((write_more / kind / f"{name}.{suffix}").read_bytes())
    after = freeze(folder).cases
    assert {name: after[name].split for name in before} == {name: entry.split for name, entry in before.items()}
    assert len(after) == 7


def test_the_split_is_even_and_does_not_depend_on_order():
    names = [(f"x{number}", "odd" if number % 3 else "even") for number in range(31)]
    splits = split_of(names)
    assert splits == split_of(reversed(names))
    for stratum in ("odd", "even"):
        own = [splits[name] for name, of in names if of == stratum]
        assert abs(own.count(Split.DEV) - own.count(Split.TEST)) <= 1


def test_drafts_do_not_count(folder):
    reference = load(folder, "a1")
    save_reference(folder, "a1", {**reference, "status": "draft"})
    gold = load_gold(folder)
    assert gold.drafts == ("a1",)
    assert len(gold.cases) == 3


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
def test_lint_finds(folder, change, code):
    reference = load(folder, "a2")
    change(reference)
    save_reference(folder, "a2", reference)
    assert ("a2", code) in codes(folder)


def test_lint_finds_a_letter_in_both_splits(folder):
    freeze(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    one, other = list(manifest["cases"].values())[:2]
    for entry in (one, other):
        entry["letter_sha256"] = "0" * 64
    one["split"], other["split"] = "dev", "test"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert ("", "splits") in codes(folder)


def test_suspects_are_well_grounded_answers_without_gold(folder):
    reference = load(folder, "a1")
    del reference["evidence"]["/patient/age"]
    reference["determination"]["patient"]["age"] = None
    truth = write_gold(folder.parent / "truth")
    save_reference(folder, "a1", reference)
    found = suspects(list(load_gold(folder).cases), reader_of(truth))
    assert [(one.case, one.pointer) for one in found] == [("a1", "/patient/age")]


def test_init_prepares_drafts_and_touches_nothing_twice(folder, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a1.txt").write_bytes((folder / "letters" / "a1.txt").read_bytes())
    (mine / "empty.txt").write_bytes(b"")
    written, troubles = prepare(mine, reader_of(folder))
    assert written == ["a1", "empty"]
    assert "no bytes" in troubles["empty"]
    draft = load_reference(mine / "references" / "a1.json")
    assert draft.status is Status.DRAFT
    assert draft.determination.case_number
    assert prepare(mine, reader_of(folder)) == ([], {})
    assert load_gold(mine).cases == ()


def test_init_of_nothing(tmp_path):
    with pytest.raises(ConfigurationError, match="holds no letter"):
        prepare(tmp_path, reader_of(tmp_path))


def test_two_letters_of_one_name(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.html").write_text("x")
    with pytest.raises(ConfigurationError, match="share a name"):
        prepare(tmp_path, reader_of(tmp_path))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("date_of_injury", "1998-03-04", "3/4/98"),
        ("decision_date", "2016-10-30", "10-30- 2016"),
        ("date_of_injury", "2000-02-29", "2/29/2000"),
        ("decision_date", "2016-10-13", "October 13, 2016"),
        ("patient.age", 31, "thirty-one-year-old"),
        ("patient.age", 20, "twenty year old"),
        ("decisions.outcome", "upheld", "is not- medically necessary"),
        ("decisions.outcome", "overturned", "is medically necessary"),
        ("patient.sex", "male", "his"),
        ("patient.sex", "female", "Ms."),
    ],
)
def test_words_that_support(field, value, words):
    assert unsupported(field, value, words) is None


def test_outcome_in_needs_the_words():
    assert outcome_in("notmedically necessary") == "upheld"
    assert outcome_in("is not a medical necessity") == "upheld"
    assert outcome_in("tramadol") is None
