"""The word lists: whole, without contradictions, and as far from each other as they must be."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import sample

from extractor.records.determination import SUBCATEGORIES, Category, Outcome, Part, Side, Subcategory
from extractor.text.normalize import fold
from extractor.vocabulary import wordlists
from extractor.vocabulary.body import find_parts, part_of, sides_in
from extractor.vocabulary.drugs import find_drugs, table
from extractor.vocabulary.people import SPECIALTIES, STATES, specialty_named, state_named
from extractor.vocabulary.verdicts import conclusions

UPHELD, OVERTURNED = {Outcome.UPHELD}, {Outcome.OVERTURNED}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("is not medically necessary", UPHELD),
        ("is medically necessary", OVERTURNED),
        ("is not-medically necessary", UPHELD),
        ("is not a medical necessity", UPHELD),
        ("is notmedically necessary and appropriate", UPHELD),
        ("is not deemed medically necessary", UPHELD),
        ("cannot be deemed medically necessary", UPHELD),
        ("is non medically necessary", UPHELD),
        ("to not be medically necessary", UPHELD),
        ("is medically unnecessary", UPHELD),
        ("medical necessity has not been established", UPHELD),
        ("medical necessity is not established", UPHELD),
        ("medical necessity has been established", OVERTURNED),
        ("medical necessity of the requested item is established", OVERTURNED),
        ("is medically reasonable", OVERTURNED),
        ("is not medically reasonable", UPHELD),
        ("are not medically warranted", UPHELD),
        ("isn't medically necessary", UPHELD),
        ("lacks medical necessity", UPHELD),
        ("neither request is medically necessary", UPHELD),
        ("never was medically necessary", UPHELD),
        ("fails to be medically necessary", UPHELD),
        ("it is unclear why", set()),
        ("the patient was seen", set()),
        ("necessary", set()),
        ("the denial is upheld", set()),
    ],
)
def test_conclusions(words: str, said: set[Outcome]) -> None:
    assert {outcome for outcome, _ in conclusions(words, 0, len(words))} == said


@given(st.text(alphabet="abn otmedically necessary.", max_size=60))
def test_conclusions_lie_within_the_text(text: str) -> None:
    for _, span in conclusions(text, 0, len(text)):
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("name", STATES)
def test_states(name: str) -> None:
    assert state_named(name) == state_named(name.upper()) == state_named(f" {name}, ") == name


def test_states_are_complete() -> None:
    assert len(set(STATES)) == len(STATES) == 52
    assert state_named("CA") == "California"
    assert state_named("in") is None
    assert state_named("or") is None
    assert state_named("me") is None


@pytest.mark.parametrize("name", SPECIALTIES)
def test_specialties_name_themselves(name: str) -> None:
    assert specialty_named(name) == specialty_named(name.lower()) == specialty_named(name.replace("&", "and")) == name


@pytest.mark.parametrize("name", [name for name in SPECIALTIES if len(name) >= 9])
def test_a_typo_never_makes_another_specialty(name: str) -> None:
    for at in range(len(name)):
        for changed in (name[:at] + name[at + 1 :], name[:at] + "x" + name[at:], name[:at] + "q" + name[at + 1 :]):
            assert specialty_named(changed) in {name, None}


@pytest.mark.parametrize(
    "words",
    ["Urologist", "Neurologic Urology Oncology", "Medicine", "Pain", "Rehabilitation", "", "Orthodontics"],
)
def test_no_specialty(words: str) -> None:
    assert specialty_named(words) is None


def test_drug_table_is_sound() -> None:
    drugs = table()
    assert len(drugs) > 500
    allowed = SUBCATEGORIES[Category.PHARMACEUTICALS]
    for name, drug in drugs.items():
        assert name == name.lower().strip()
        assert drug.ingredient
        assert drug.drug_class in allowed
        assert drug.form in {"", "topical", "injection", "ingredient", "biologic"}


PRODUCTS_OF_THEIR_OWN = {
    "tadalafil",
    "sildenafil",
    "diphenhydramine",
    "bromocriptine",
    "doxepin",
    "lidocaine",
    "niacin",
}
"""Ingredients sold under other names for other ends: Adcirca, Revatio, Sominex, Cycloset, Silenor, Xylocaine, niacinamide."""


def test_one_ingredient_has_one_class_by_mouth() -> None:
    classes: dict[str, set[Subcategory]] = {}
    for drug in table().values():
        if not drug.form:
            classes.setdefault(drug.ingredient, set()).add(drug.drug_class)
    assert {ingredient for ingredient, found in classes.items() if len(found) > 1} <= PRODUCTS_OF_THEIR_OWN


@pytest.mark.parametrize(
    ("name", "drug_class"),
    [
        ("tramadol", "opioid"), ("norco", "opioid"), ("percocet", "opioid"), ("oxycontin", "opioid"), ("nucynta", "opioid"),
        ("butrans", "opioid"), ("fentanyl", "opioid"), ("methadone", "opioid"), ("naloxone", "opioid_antagonist"),
        ("naproxen", "nsaid"), ("celebrex", "nsaid"), ("mobic", "nsaid"), ("ibuprofen", "nsaid"), ("soma", "muscle_relaxant"),
        ("flexeril", "muscle_relaxant"), ("zanaflex", "muscle_relaxant"), ("baclofen", "muscle_relaxant"),
        ("skelaxin", "muscle_relaxant"), ("prilosec", "proton_pump_inhibitor"), ("protonix", "proton_pump_inhibitor"),
        ("famotidine", "h2_blocker"), ("neurontin", "anti_epilepsy"), ("lyrica", "anti_epilepsy"), ("topamax", "anti_epilepsy"),
        ("cymbalta", "antidepressant"), ("elavil", "antidepressant"), ("trazodone", "antidepressant"), ("xanax", "benzodiazepine"),
        ("klonopin", "benzodiazepine"), ("ambien", "sedative_hypnotic"), ("lunesta", "sedative_hypnotic"), ("zofran", "antiemetic"),
        ("buspirone", "anxiolytic"), ("fioricet", "barbiturate"), ("marinol", "cannabinoid"), ("provigil", "stimulant"),
        ("nuvigil", "stimulant"), ("colace", "gi_agent"), ("viagra", "impotence_agent"), ("cialis", "impotence_agent"),
        ("synvisc", "viscosupplement"), ("prednisone", "corticosteroid"), ("medrol", "corticosteroid"),
        ("cephalexin", "anti_infective"), ("imitrex", "antimigraine"), ("lisinopril", "cardiovascular"),
        ("metformin", "antidiabetic"), ("albuterol", "respiratory"), ("abilify", "antipsychotic"), ("seroquel", "antipsychotic"),
        ("tylenol", "analgesic_other"), ("lidoderm", "topical_analgesic"), ("terocin", "topical_analgesic"),
    ],
)  # fmt: skip
def test_classes_of_drugs(name: str, drug_class: str) -> None:
    (found,) = find_drugs(name)
    assert found.drug.drug_class.value == drug_class


@pytest.mark.parametrize(
    "words",
    [
        "physical therapy",
        "the patient",
        "mri of the left knee",
        "urine drug screen",
        "office visit",
        "somatic",
        "ice",
        "norcotic",
        "tramadolx",
        "",
    ],
)
def test_no_drug(words: str) -> None:
    assert list(find_drugs(words)) == []


@given(st.text(alphabet="tramdol 50mg-()norc/é\n", max_size=60))
def test_drugs_of_any_text_lie_within_it(text: str) -> None:
    last = 0
    for found in find_drugs(text):
        assert last <= found.start < found.end <= len(text)
        last = found.end


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("lumbar spine", {Part.LOW_BACK}), ("low back", {Part.LOW_BACK}), ("lower back", {Part.LOW_BACK}), ("back", {Part.BACK}),
        ("upper back", {Part.UPPER_BACK}), ("thoracic spine", {Part.UPPER_BACK}), ("cervical spine", {Part.NECK}),
        ("spine", {Part.SPINE}), ("l5-s1", {Part.LOW_BACK}), ("c5-6", {Part.NECK}), ("t7-t8", {Part.UPPER_BACK}),
        ("carpal tunnel", {Part.WRIST}), ("upper arm", {Part.UPPER_ARM}), ("arm", {Part.UPPER_EXTREMITY}), ("biceps", {Part.UPPER_ARM}),
        ("trapezius", {Part.UPPER_BACK}), ("lower leg", {Part.LOWER_LEG}), ("leg", {Part.LOWER_EXTREMITY}), ("feet", {Part.FOOT}),
        ("thumb", {Part.THUMB}), ("big toe", {Part.TOE}), ("rotator cuff", {Part.SHOULDER}), ("bue", {Part.UPPER_EXTREMITY}),
        ("backpack", set()), ("handle", set()), ("shipping", set()), ("footage", set()), ("kneeling", set()), ("chinese", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_parts(words: str, parts: set[Part]) -> None:
    assert part_of(words) == parts


def test_every_part_but_other_has_words() -> None:
    for part in Part:
        if part is not Part.OTHER:
            assert part in part_of(part.value.replace("_", " "))


@pytest.mark.parametrize(
    ("words", "sides"),
    [
        ("left knee", {Side.LEFT}), ("right knee", {Side.RIGHT}), ("bilateral knees", {Side.BILATERAL}), ("both knees", {Side.BILATERAL}),
        ("rt knee", {Side.RIGHT}), ("left and right knees", {Side.BILATERAL}), ("rue", {Side.RIGHT}), ("knee", set()),
        ("leftover", set()), ("rights", set()),
    ],
)  # fmt: skip
def test_sides(words: str, sides: set[Side]) -> None:
    assert sides_in(words) == sides


@given(st.text(alphabet="left right knee and hip,.()", max_size=60))
def test_named_parts_lie_within_the_text(text: str) -> None:
    seen = set()
    for named in find_parts(text):
        assert 0 <= named.start < named.end <= len(text)
        if named.side is not None:
            assert re.search(r"left|right|[lr]\.?[tul]e?", text[named.side_start : named.side_end])
        assert (named.part, named.side) not in seen
        seen.add((named.part, named.side))


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        (["cat", "dog"], "cd"),
        (["{big} dog"], "ht"),
        (["(?:red|new) cat", "(?:b[|)]|a)"], "abnr"),
        (["(?:b|\\)d|a)"], ""),
        (["(?:red|(?:old|new)) cat"], "nor"),
        (["a|b"], "ab"),
        (["{big}? dog"], ""),
        (["(?:red)? dog"], ""),
        (["{big}{2}"], ""),
        (["colou?r", "a?b"], ""),
        (["a+b", "c"], "ac"),
        (["\\bcat"], ""),
        (["[ab]c"], ""),
        (["#1", "cat"], ""),
    ],
)
def test_initials(words: list[str], letters: str) -> None:
    assert wordlists.initials(words, {"big": ["huge", "tall?"]}) == set(letters)


def every_list() -> list[tuple[list[str], wordlists.Terms]]:
    lists: list[tuple[list[str], wordlists.Terms]] = []
    for name in ("body", "reasons", "treatments"):
        tables = wordlists.load(name)
        for entries in tables.values():
            for entry in entries if isinstance(entries, list) else [entries]:
                terms = {**tables["terms"], **entry.get("terms", {})}
                lists += [([word], terms) for word in entry.get("words", [])] + [(terms[term], terms) for term in terms]
    return lists


def plainly(words: Sequence[str], terms: wordlists.Terms) -> str:
    """The pattern of a list without a look at what it begins with."""
    spelled_out = (re.sub(r"\{([a-z_]+)\}", lambda name: plainly(terms[name[1]], terms), word) for word in words)
    return f"(?:{'|'.join(spelled_out)})"


def test_the_first_look_changes_no_match() -> None:
    text = fold(" ".join(sample("CM16-0500101").split()))
    for words, terms in every_list():
        plain, looking = re.compile(plainly(words, terms)), re.compile(wordlists.any_of(words, terms))
        assert [m.span() for m in looking.finditer(text)] == [m.span() for m in plain.finditer(text)], words
