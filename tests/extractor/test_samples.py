"""The sample letters: what each is for, read right; text and PDF alike."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest
from letters import SAMPLES, codes, read, sample, sample_names

from extractor.reading.letter import extract

# layout, outcomes (u, o) in printed order
SHAPES: dict[str, tuple[str, str]] = {
    "CM13-0501024": ("notice", "uu"),
    "CM13-0501139": ("notice", "ouu"),
    "CM13-0501258": ("notice", "o"),
    "CM13-0501366": ("professional_review", "u"),
    "CM13-0501480": ("professional_review", "oo"),
    "CM13-0501592": ("decisions_and_rationales", "?o"),
    "CM14-0500917": ("prose_reviewer", "uo"),
    "headerless-2014": ("prose_reviewer", "uu"),
    "CM15-0500426": ("credentials", "9"),
    "CM15-0500883": ("credentials", "3"),
    "CM16-0500101": ("credentials", "u"),
    "CM16-0500214": ("credentials", "4"),
    "CM16-0500377": ("credentials", "uou"),
    "CM16-0500745": ("credentials", "uu"),
    "CM17-0500538": ("credentials", "uuo"),
    "CM17-0500612": ("credentials", "2"),
}
OVERTURNED = {"CM15-0500426": 3, "CM15-0500883": 1, "CM16-0500214": 2, "CM17-0500612": 1, "CM13-0501592": 1}


def test_every_sample_is_told_of() -> None:
    assert set(sample_names()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str) -> None:
    record = read(sample(name))
    layout, shape = SHAPES[name]
    outcomes = "".join(str(decision.outcome)[:1] for decision in record.determination.decisions)
    assert record.document.layout == layout
    if name in OVERTURNED:
        assert outcomes.count("o") == OVERTURNED[name]
        assert len(outcomes) == (int(shape) if shape.isdigit() else len(shape))
    else:
        assert outcomes == shape


def test_counts() -> None:
    decisions = [decision for name in SHAPES for decision in read(sample(name)).determination.decisions]
    assert len(decisions) == 42
    assert sum(str(decision.outcome) == "overturned" for decision in decisions) == 15


@pytest.mark.parametrize("name", sorted(path.stem for path in (SAMPLES / "pdf").glob("*.pdf")))
def test_pdf_and_text_read_the_same(name: str) -> None:
    from_pdf, from_text = extract(SAMPLES / "pdf" / f"{name}.pdf"), read(sample(name))
    without_spans = [
        {key: value for key, value in flat(record.determination.model_dump(mode="json")).items() if "/spans" not in key}
        for record in (from_pdf, from_text)
    ]
    assert without_spans[0] == without_spans[1]
    assert codes(from_pdf) == codes(from_text)


def flat(node: object, pointer: str = "") -> dict[str, object]:
    if isinstance(node, dict):
        return {p: leaf for key, value in node.items() for p, leaf in flat(value, f"{pointer}/{key}").items()}
    if isinstance(node, list):
        return {p: leaf for index, value in enumerate(node) for p, leaf in flat(value, f"{pointer}/{index}").items()}
    return {pointer: node}


# Values that a reader is most likely to get wrong in them, read by a person by the guide.
VALUES: list[tuple[str, str, object]] = [
    ("CM17-0500538", "/decisions/0/requested", "Aquatic therapy two times a week for six weeks (12 sessions) for the lumbar spine"),
    ("CM17-0500538", "/decisions/0/authorized", "Six (6) visits of land-based physical therapy"),
    ("CM17-0500538", "/decisions/0/disputed", "aquatic therapy two times a week for six weeks (12 sessions) for the lumbar spine"),
    ("CM17-0500538", "/decisions/0/quantity", {"total": 12, "unit": "sessions", "per_week": 2, "weeks": 6, "refills": None}),
    ("CM17-0500538", "/decisions/1/requested", "Chiropractic treatment for the lumbar spine, three times a week for four weeks"),
    ("CM17-0500538", "/decisions/1/authorized", "Six visits"),
    ("CM17-0500538", "/decisions/1/disputed", "chiropractic treatment for the lumbar spine, six visits"),
    ("CM17-0500538", "/reviewer/licensed_states", ["California", "North Carolina"]),
    ("CM17-0500538", "/reviewer/specialties", ["Physical Medicine & Rehabilitation", "Pain Management"]),
    ("CM17-0500538", "/patient/age", 53),
    ("CM17-0500538", "/patient/sex", "female"),
    ("CM17-0500538", "/patient/mechanism", "a slip on a wet kitchen floor with a fall onto the left knee and low back"),
    ("CM17-0500538", "/decisions/2/claims_administrator_basis/relied_on", "non_mtus"),
    ("CM16-0500377", "/decisions/0/retrospective", True),
    ("CM16-0500377", "/decisions/0/service_dates", ["2016-03-14", "2016-04-11"]),
    ("CM16-0500377", "/decisions/0/heading", "Retrospective request for Flurbiprofen 20%/Lidocaine 5%/Amitriptyline 5% cream 180gm (DOS: 3/14/2016 and 4/11/2016)"),
    ("CM16-0500377", "/decisions/0/requested", "Flurbiprofen 20%/Lidocaine 5%/Amitriptyline 5% cream 180gm (DOS: 3/14/2016 and 4/11/2016)"),
    ("CM16-0500377", "/decisions/0/subcategory", "topical_compound"),
    ("CM16-0500377", "/decisions/1/subcategory", "laboratory"),
    ("CM16-0500377", "/decisions/2/quantity", {"total": 60, "unit": "each", "per_week": None, "weeks": None, "refills": 2}),
    ("CM16-0500377", "/patient/mechanism", "pulling a patient up in bed"),
    ("CM16-0500377", "/patient/diagnoses", ["cervical sprain with radiculitis", "right lateral epicondylitis", "myofascial pain syndrome"]),
    ("CM16-0500377", "/date_of_injury", "2014-02-08"),
    ("CM14-0500917", "/date_of_injury", "2011-05-09"),
    ("CM14-0500917", "/patient/mechanism", "a fall from a ladder while he was trimming a palm"),
    ("CM14-0500917", "/patient/diagnoses", ["lumbar radiculitis, left", "status post L5-S1 microdiscectomy in 2012"]),
    ("CM14-0500917", "/decisions/1/service_dates", ["2014-01-22"]),
    ("CM14-0500917", "/decisions/1/drugs", [{"name": "GABAPENTIN", "strength": "600MG"}]),
    ("CM14-0500917", "/decisions/0/reviewer_basis/citations/1", {"source": "OTHER", "mtus": False, "title": "AMA Guides, Radiculopathy", "year": None, "sections": [], "pages": None}),
    ("CM14-0500917", "/reviewer/subspecialties", ["Pain Medicine"]),
    ("headerless-2014", "/date_of_injury", "2010-09-17"),
    ("headerless-2014", "/ur_denial_date", "2013-12-18"),
    ("headerless-2014", "/patient/sex", "male"),
    ("headerless-2014", "/patient/diagnoses", ["osteoarthrosis of the left knee, moderate", "status post left medial meniscectomy"]),
    ("headerless-2014", "/decisions/1/reviewer_basis/citations/0", {"source": "ACOEM", "mtus": False, "title": "Chapter 13 Knee Complaints", "year": None, "sections": [], "pages": "338"}),
    ("headerless-2014", "/decisions/1/quantity", {"total": 60, "unit": "days", "per_week": None, "weeks": None, "refills": None}),
    ("CM13-0501024", "/decision_date", "2013-10-16"),
    ("CM13-0501024", "/date_assigned", "2013-09-18"),
    ("CM13-0501024", "/patient/mechanism", "unloading tires"),
    ("CM13-0501024", "/decisions/1/subcategory", "program"),
    ("CM13-0501139", "/decisions/1/heading", "retrospective request for one (1) Ketorolac (Toradol) 60mg injection on 6/4/2013"),
    ("CM13-0501139", "/decisions/1/requested", "one (1) Ketorolac (Toradol) 60mg injection on 6/4/2013"),
    ("CM13-0501139", "/decisions/1/service_dates", ["2013-06-04"]),
    ("CM13-0501139", "/decisions/1/category", "injection"),
    ("CM13-0501139", "/decisions/1/claims_administrator_basis/relied_on", "none"),
    ("CM13-0501258", "/reviewer/specialties", ["Plastic Surgery", "Hand Surgery"]),
    ("CM13-0501258", "/reviewer/licensed_states", ["Arizona", "California"]),
    ("CM13-0501258", "/case_number", None),
    ("CM13-0501258", "/patient/diagnoses", ["carpal tunnel syndrome, right", "trigger finger, right ring"]),
    ("CM13-0501366", "/decisions/0/claims_administrator_basis", None),
    ("CM13-0501366", "/decisions/0/heading", "MRI arthrogram of the left hip"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "pointer", "value"), VALUES, ids=[f"{name}{pointer}" for name, pointer, _ in VALUES])
def test_value(name: str, pointer: str, value: object) -> None:
    node: Any = read(sample(name)).determination.model_dump(mode="json")
    for part in pointer.split("/")[1:]:
        node = node[int(part)] if isinstance(node, list) else node[part]
    assert node == value
