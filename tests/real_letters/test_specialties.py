"""The state's list of specialties, where it is at hand."""

from __future__ import annotations

import pytest
from letters import LETTERS

from extractor.vocabulary.people import specialty_named

DWC = LETTERS.parent / "notes" / "dwc_specialties.txt"


@pytest.mark.skipif(not DWC.is_file(), reason="../shared/notes/dwc_specialties.txt is not at hand")
def test_specialties_are_those_of_the_list() -> None:
    listed = {
        line.strip()
        for line in DWC.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    }
    assert listed
    assert {name for name in listed if specialty_named(name) is None} == set()
