"""What the disputed item is: kind, drugs and strengths, parts of the body."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from letters import with_heading

from extractor.records.determination import SUBCATEGORIES, Category, Subcategory
from extractor.vocabulary.treatments import RULES, Rule

KINDS: list[tuple[str, str, str | None]] = [
    ("Tramadol (Ultram) 50mg #60", "pharmaceuticals", "opioid"),
    ("Norco 10/325mg #90", "pharmaceuticals", "opioid"),
    ("Naloxone nasal spray 4mg", "pharmaceuticals", "opioid_antagonist"),
    ("Naproxen 550mg #60", "pharmaceuticals", "nsaid"),
    ("Cyclobenzaprine 7.5mg #30", "pharmaceuticals", "muscle_relaxant"),
    ("Orphenadrine Citrate ER 100mg #60", "pharmaceuticals", "muscle_relaxant"),
    ("Lidoderm 5% patch #30", "pharmaceuticals", "topical_analgesic"),
    ("Voltaren 1% gel 100gm", "pharmaceuticals", "topical_analgesic"),
    ("Flurbiprofen 20%/Lidocaine 5%/Amitriptyline 5% cream 180gm", "pharmaceuticals", "topical_compound"),
    ("Omeprazole (Prilosec) 20mg #60 with 2 refill", "pharmaceuticals", "proton_pump_inhibitor"),
    ("Ranitidine 150mg #60", "pharmaceuticals", "h2_blocker"),
    ("Gabapentin 600mg #90", "pharmaceuticals", "anti_epilepsy"),
    ("Cymbalta 60mg #30", "pharmaceuticals", "antidepressant"),
    ("Lorazepam (Ativan) 1mg, take 1 tab by mouth 2 hours before the scan", "pharmaceuticals", "benzodiazepine"),
    ("Ambien 10mg #30", "pharmaceuticals", "sedative_hypnotic"),
    ("Ondansetron 8mg #10", "pharmaceuticals", "antiemetic"),
    ("Fioricet #60", "pharmaceuticals", "barbiturate"),
    ("Docusate 100mg #60", "pharmaceuticals", "gi_agent"),
    ("Sumatriptan 50mg #9", "pharmaceuticals", "antimigraine"),
    ("Viagra 50mg #10", "pharmaceuticals", "impotence_agent"),
    ("Testosterone cypionate", "pharmaceuticals", "hormone"),
    ("Lisinopril 10mg #30", "pharmaceuticals", "cardiovascular"),
    ("Metformin 500mg #60", "pharmaceuticals", "antidiabetic"),
    ("Albuterol inhaler", "pharmaceuticals", "respiratory"),
    ("Cephalexin 500mg #28", "pharmaceuticals", "anti_infective"),
    ("Glucosamine #90", "pharmaceuticals", "nutritional"),
    ("Series of five Hyalgan injections to the left knee", "pharmaceuticals", "viscosupplement"),
    ("MRI of the right ankle", "diagnostic_testing", "imaging"),
    ("X-ray of the left foot", "diagnostic_testing", "imaging"),
    ("EMG/NCV of the bilateral upper extremities", "diagnostic_testing", "electrodiagnostic"),
    ("Urine drug screen", "diagnostic_testing", "laboratory"),
    ("Pre-op labs: CBC", "diagnostic_testing", "laboratory"),
    ("Functional capacity evaluation", "diagnostic_testing", "other"),
    ("Range of motion testing", "diagnostic_testing", "other"),
    ("Physical therapy 2 times a week for 6 weeks", "rehabilitation", "physical_or_occupational_therapy"),
    ("Physical therapy evaluation", "rehabilitation", "physical_or_occupational_therapy"),
    ("Aquatic therapy, 12 sessions", "rehabilitation", "physical_or_occupational_therapy"),
    ("Chiropractic treatment, 6 visits", "rehabilitation", "chiropractic"),
    ("Acupuncture, 6 visits", "rehabilitation", "acupuncture"),
    ("Extracorporeal shockwave therapy, left shoulder", "rehabilitation", "other"),
    ("Home traction unit", "dmepos", "durable_equipment"),
    ("Cold therapy unit rental", "dmepos", "durable_equipment"),
    ("TENS unit purchase", "dmepos", "electrical_stimulation"),
    ("Interferential unit, 60 day rental, with electrodes", "dmepos", "electrical_stimulation"),
    ("Neurostimulation, 4 sessions", "dmepos", "electrical_stimulation"),
    ("Lumbar support brace", "dmepos", "prosthetic_or_orthotic"),
    ("Custom-molded orthotics for the bilateral feet", "dmepos", "prosthetic_or_orthotic"),
    ("Cervical facet injections C4-5", "injection", "facet"),
    ("Lumbar epidural steroid injection at L4-L5", "injection", "epidural"),
    ("Trigger point injections x 3", "injection", "other"),
    ("Toradol 60mg IM injection", "injection", "other"),
    ("Neurolytic injection, left foot", "injection", "other"),
    ("Platelet rich plasma injection, left elbow", "injection", "other"),
    ("L4-5 laminectomy and fusion", "surgery", "spine"),
    ("Percutaneous neuroplasty", "surgery", "spine"),
    ("Right shoulder arthroscopy with subacromial decompression", "surgery", "arthroscopic"),
    ("Right open carpal tunnel release", "surgery", "open"),
    ("Associated surgical service: sling", "surgery", "adjunct_service"),
    ("Associated surgical service: Norco 10/325mg #60", "surgery", "adjunct_service"),
    ("Associated surgical service: Pre-op labs: CBC", "surgery", "adjunct_service"),
    ("Assistant surgeon", "surgery", "adjunct_service"),
    ("Consultation with a spine surgeon", "surgery", "consultation"),
    ("Referral to orthopedic surgeon", "surgery", "consultation"),
    ("Follow-up office visit", "evaluation_and_management", "office_visit_or_consultation"),
    ("Pain management consultation", "evaluation_and_management", "office_visit_or_consultation"),
    ("Pre-operative medical clearance", "evaluation_and_management", "office_visit_or_consultation"),
    ("Dental consultation", "evaluation_and_management", "dental"),
    ("Psychological evaluation", "psychological", "evaluation"),
    ("Cognitive behavioral therapy, 6 sessions", "psychological", "therapy"),
    ("Home health aide 4 hours a day", "home_health", "home_health"),
    ("Wound care nurse visits", "home_health", "home_health"),
    ("Functional restoration program, 20 days", "programs", "program"),
    ("6 month gym membership with pool access", "programs", "program"),
    ("Partial hospitalization program", "programs", "program"),
    ("Weight loss program", "programs", "program"),
    ("Transportation to and from appointments", "transportation", "transportation"),
]


def rule_id(rule: Rule) -> str:
    return f"{rule.category}-{rule.subcategory}-{rule.example[:30]}"


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_every_rule_matches_its_example(rule: Rule) -> None:
    assert rule.pattern.search(rule.example.lower())


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_every_example_is_classified_by_its_rule(rule: Rule) -> None:
    (decision,) = with_heading(rule.example).determination.decisions
    assert (decision.category, decision.subcategory) == (rule.category, rule.subcategory)


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_every_rule_is_of_the_closed_list(rule: Rule) -> None:
    assert rule.subcategory in SUBCATEGORIES[rule.category]


@pytest.mark.parametrize(("heading", "category", "subcategory"), KINDS, ids=[heading for heading, *_ in KINDS])
def test_kind(heading: str, category: str, subcategory: str | None) -> None:
    for printed in (heading, heading.upper()):
        (decision,) = with_heading(printed).determination.decisions
        assert decision.category is not None
        assert (decision.category.value, decision.subcategory and decision.subcategory.value) == (category, subcategory)


@pytest.mark.parametrize("heading", ["Zzyzx", "The blue one, as before", "Miscellaneous item A-17", "Upgrade"])
def test_unknown_kinds_stay_unsaid(heading: str) -> None:
    record = with_heading(heading)
    assert record.determination.decisions[0].category is None
    assert "unclassified" in {flag.code.value for flag in record.flags}


def test_the_table_covers_the_closed_list() -> None:
    covered = {(category, sub) for _, category, sub in KINDS}
    rare = {
        "anxiolytic",
        "analgesic_other",
        "cannabinoid",
        "stimulant",
        "corticosteroid",
        "antipsychotic",
        "injectable",
        "other",
        "supplies",
    }
    for category, subcategories in SUBCATEGORIES.items():
        for sub in subcategories:
            assert (category.value, sub.value) in covered or sub.value in rare
    assert len(Category) == 12
    assert Subcategory.OTHER in SUBCATEGORIES[Category.OTHER]


@pytest.mark.parametrize(
    ("heading", "drugs"),
    [
        ("Tramadol (Ultram) 50mg #60", [("Tramadol", "50mg")]),
        ("Lorazepam (Ativan) 1mg, take 1 tab by mouth 2 hours before the scan", [("Lorazepam", "1mg")]),
        ("Norco 10/325mg #90", [("Norco", "10/325mg")]),
        ("Orphenadrine Citrate ER 100mg #60", [("Orphenadrine Citrate ER", "100mg")]),
        ("Flurbiprofen 20%/Lidocaine 5%/Amitriptyline 5% cream 180gm", [("Flurbiprofen", "20%"), ("Lidocaine", "5%"), ("Amitriptyline", "5%")]),
        ("GABAPENTIN (NEURONTIN) 600MG #90", [("GABAPENTIN", "600MG")]),
        ("Naproxen #60", [("Naproxen", None)]),
        ("Naproxen 550 mg #60", [("Naproxen", "550 mg")]),
        ("Gabapentin 300mg and Naproxen 550mg", [("Gabapentin", "300mg"), ("Naproxen", "550mg")]),
        ("Tramadol 50mg, Tramadol 50mg", [("Tramadol", "50mg")]),
        ("Platelet rich plasma injection, left elbow", []),
        ("PRP injection, left elbow", []),
        ("MRI of the left knee", []),
        ("Urine drug screen", []),
        ("Physical therapy, 6 visits", []),
        ("Omeprazole 20 mg #60", [("Omeprazole", "20 mg")]),
        ("Lidoderm 5% patch #30", [("Lidoderm", "5%")]),
        ("Butrans 10mcg/hr patch #4", [("Butrans", "10mcg/hr")]),
    ],
)  # fmt: skip
def test_drugs(heading: str, drugs: list[tuple[str, str | None]]) -> None:
    (decision,) = with_heading(heading).determination.decisions
    assert [(drug.name, drug.strength) for drug in decision.drugs] == drugs


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("MRI of the left knee", [("knee", "left")]),
        ("L4-5, L5-S1 facet blocks", [("low_back", None)]),
        ("Facet joint injections L5-S1", [("low_back", None)]),
        ("Right open carpal tunnel release", [("wrist", "right")]),
        ("Trapezius trigger point injections", [("upper_back", None)]),
        ("Left biceps tenodesis", [("upper_arm", "left")]),
        ("Consultation with a hip replacement specialist", [("hip", None)]),
        ("Cervical MRI", [("neck", None)]),
        ("Thoracic MRI", [("upper_back", None)]),
        ("Lumbosacral orthosis", [("low_back", None)]),
        ("MRI of the spine", [("spine", None)]),
        ("Back brace", [("back", None)]),
        ("EMG of the bilateral upper extremities", [("upper_extremity", "bilateral")]),
        ("Physical therapy for the left hip and knee", [("hip", "left"), ("knee", "left")]),
        ("X-rays of the left wrist and right ankle", [("wrist", "left"), ("ankle", "right")]),
        ("Low back and neck massage", [("low_back", None), ("neck", None)]),
        ("Orthotics, bilateral feet", [("foot", "bilateral")]),
        ("Physical therapy for the left lower leg", [("lower_leg", "left")]),
        ("Tramadol 50mg #60", []),
        ("Physical therapy, 6 visits", []),
        ("Follow-up visit in 6 weeks", []),
        ("Chest x-ray", [("chest", None)]),
        ("Home health aide", []),
        ("Headache consultation", []),
    ],
)
def test_parts_of_the_body(heading: str, parts: list[tuple[str, str | None]]) -> None:
    (decision,) = with_heading(heading).determination.decisions
    if heading == "Headache consultation":
        assert {entry.part and entry.part.value for entry in decision.body_parts} <= {"head"}
        return
    assert [
        (entry.part and entry.part.value, entry.side and entry.side.value) for entry in decision.body_parts
    ] == parts


def test_parts_come_from_the_request_where_the_disputed_names_none() -> None:
    heading = (
        "Physical therapy for the left knee, 12 visits, was the original request. 6 visits was authorized by the Claims "
        "Administrator. The remaining IMR eligible portion of the original request, physical therapy 6 visits, is"
    )
    (decision,) = with_heading(heading).determination.decisions
    assert [(entry.part and entry.part.value, entry.side and entry.side.value) for entry in decision.body_parts] == [
        ("knee", "left")
    ]


def test_parts_never_come_from_the_rationale() -> None:
    (decision,) = with_heading(
        "Acupuncture, 6 visits", rationale="The left knee hurts. The request is not medically necessary."
    ).determination.decisions
    assert decision.body_parts == ()
