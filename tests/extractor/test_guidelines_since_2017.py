"""Citations of the guidelines that are the MTUS from December 2017 on, as letters of those years may print them.

No letter of those years could be had: titles and dates are facts (8 CCR 9792.22-9792.24.4), the sentences are ours.
"""

from __future__ import annotations

from itertools import product

import pytest
from letters import Asked, credentials, one_view, read

from extractor.facts.citations import cite
from extractor.records.determination import Basis

TITLES = (
    "Initial Approaches to Treatment",
    "Cervical and Thoracic Spine Disorders",
    "Shoulder Disorders",
    "Elbow Disorders",
    "Hand, Wrist, and Forearm Disorders",
    "Low Back Disorders",
    "Knee Disorders",
    "Ankle and Foot Disorders",
    "Workplace Mental Health: Post-traumatic Stress Disorder and Acute Stress Disorder",
    "Workplace Mental Health: Depressive Disorders",
    "Eye Disorders",
    "Hip and Groin Disorders",
    "Occupational/Work-Related Asthma Medical Treatment",
    "Occupational Interstitial Lung Disease",
    "Chronic Pain",
    "Opioids",
    "Coronavirus (COVID-19)",
    "Cannabis",
    "Traumatic Brain Injury",
)
# how the edition is printed behind a title, and whether the word "Guideline" is part of the title then
EDITIONS = {
    "{} 2019": False,
    "{} (2019)": False,
    "{} (ACOEM, 2019)": False,
    "{} (ACOEM 2019)": False,
    "{} (ACOEM, March 7, 2019)": False,
    "{}, 2019": False,
    "{} Guideline 2019": True,
    "{} Guideline (ACOEM, 2019)": True,
    "{} Guideline (March 7, 2019)": True,
}
BETWEEN = ("; ", ", and ", " and ", "; and ", ", ", "; MTUS ", ", and MTUS ")


def told(sentence: str) -> list[tuple[str, int | None, tuple[str, ...]]]:
    """Title, year and sections of each citation; all are of the MTUS."""
    view, paragraph = one_view(sentence)
    cited = cite(view, paragraph)
    assert all(one.mtus for one in cited)
    return [
        (
            view.words(one.title),
            int(view.words(one.year)) if one.year is not None else None,
            tuple(view.words(section) for section in one.sections),
        )
        for one in cited
    ]


def basis(sentence: str) -> Basis:
    """What becomes of it in a whole letter."""
    letter = credentials(Asked("MRI of the left knee", expert=sentence))
    found = read(letter).determination.decisions[0].reviewer_basis
    assert found is not None
    return found


def printed(title: str, form: str) -> str:
    return f"{title} Guideline" if EDITIONS[form] else title


@pytest.mark.parametrize("form", EDITIONS)
@pytest.mark.parametrize("title", TITLES)
def test_one_guideline(title: str, form: str) -> None:
    assert told(f"Decision based on MTUS {form.format(title)}.") == [(printed(title, form), 2019, ())]


@pytest.mark.parametrize("title", TITLES)
def test_sections_belong_to_their_guideline(title: str) -> None:
    sentence = f"Decision based on MTUS {title} 2019, Section(s): Diagnostic Testing, Physical Therapy."
    assert told(sentence) == [(title, 2019, ("Diagnostic Testing", "Physical Therapy"))]


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("form", EDITIONS)
def test_two_guidelines_in_one_sentence(form: str, between: str) -> None:
    failed = []
    for first, second in product(TITLES, TITLES):
        if first is not second:
            sentence = f"Decision based on MTUS {form.format(first)}{between}{form.format(second)}."
            if told(sentence) != [(printed(first, form), 2019, ()), (printed(second, form), 2019, ())]:
                failed.append(sentence)
    assert failed == []


@pytest.mark.parametrize("between", ["; ", ", and ", "; MTUS "])
def test_two_guidelines_with_sections(between: str) -> None:
    failed = []
    for first, second in product(TITLES, TITLES):
        if first is not second:
            sentence = (
                f"Decision based on MTUS {first} 2017, Section(s): Opioids, Chronic Pain{between}{second} 2019, "
                "Section(s): Surgery."
            )
            if told(sentence) != [(first, 2017, ("Opioids", "Chronic Pain")), (second, 2019, ("Surgery",))]:
                failed.append(sentence)
    assert failed == []


def test_sections_of_earlier_guidelines_are_no_titles() -> None:
    """Names of the later guidelines were names of sections before."""
    sentence = (
        "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids, criteria for use, "
        "Cannabinoids, Opioids, long-term assessment."
    )
    assert len(told(sentence)) == 1


def test_pages_and_the_formulary() -> None:
    sentence = "Decision based on MTUS Chronic Pain Guideline (ACOEM, May 15, 2017), pages 45-48."
    (citation,) = basis(sentence).citations
    assert (citation.title, citation.year, citation.pages) == ("Chronic Pain Guideline", 2017, "45-48")
    assert told("Decision based on MTUS Drug Formulary 2018, and MTUS Opioids 2017.") == [
        ("Drug Formulary", 2018, ()),
        ("Opioids", 2017, ()),
    ]


def test_a_guideline_of_the_mtus_and_one_outside() -> None:
    found = basis("Decision based on MTUS Eye Disorders 2017. Decision based on Non-MTUS Citation ODG, Eye Chapter.")
    assert [(citation.mtus, citation.title) for citation in found.citations] == [
        (True, "Eye Disorders"),
        (False, "Eye Chapter"),
    ]
    assert str(found.relied_on) == "both"
