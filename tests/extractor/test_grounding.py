"""Grounding: every kind of field, true and false values, with places, with cited lines, with neither.

No false value may be accepted, every true one must be.
"""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from letters import Accepted, Asked, credentials, drafted, grounded, header_table, layout_of, notice, prose, sample

from extractor.fields import BY_PATTERN, FIELDS, Field
from extractor.grounding.drafts import Claim, Draft
from extractor.grounding.places import INDEX
from extractor.layout import lay_out
from extractor.reading.assembling import assemble
from extractor.records.record import FlagCode, How, Support
from extractor.text.literals import Value
from extractor.text.normalize import key
from extractor.text.spans import Span

D0, D1, D2, D3, D4 = (f"/decisions/{n}" for n in range(5))
PARTIAL = (
    "Physical therapy 12 visits for the left knee was the original request. Six visits was authorized by the Claims "
    "Administrator. The remaining IMR eligible portion of the original request, physical therapy 6 visits for the left knee, is"
)
CREAM = "Retrospective Flurbiprofen 20%/Lidocaine 5% cream 180gm (DOS: 3/14/2016 and 4/11/2016)"
PILLS = "Omeprazole (Prilosec) 20mg #60 with 2 refills"
NEEDLES = "Acupuncture two times a week for six weeks (12 sessions) for the left wrist and right ankle"
COLD = "Associated surgical service: Cold therapy unit, 7 day rental"
SUMMARY = (
    "The injured worker is a 45 year old male whose injury occurred when he slipped on ice. He supports a 17-year-old "
    "daughter. The diagnoses include lumbar strain; left knee contusion. The pain is not radicular. He takes Norco. On "
    "11-20-2016 Utilization Review non-certified the requests."
)
KNEE_WHY = (
    "The guideline allows ten visits. In this case the patient has already received ten visits, and there is no documented "
    "functional improvement from them. The remaining visits are not medically necessary."
)
CREAM_WHY = "Topical agents are largely experimental, and the use in this patient is not supported. The cream was not medically necessary."
PILLS_WHY = "The patient is 66, which meets the criteria for a drug that protects the stomach. The request is medically necessary."
NEEDLES_WHY = "The records do not document that pain medication was reduced. The request is not medically necessary."
COLD_WHY = "Since the surgery is not medically necessary, none of the associated services are medically necessary."
MTUS_PAIN = (
    "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Physical medicine, Topical Analgesics."
)
ACOEM_8 = "Decision based on MTUS ACOEM Chapter 8 Neck and Upper Back Complaints Page(s): 181-308."
ODG_PAIN = "Decision based on Non-MTUS Citation Official Disability Guidelines (ODG), Pain Chapter, 2016."
NOTHING = "The Claims Administrator did not cite any medical evidence for its decision."

LETTER = credentials(
    Asked(PARTIAL, "Upheld", MTUS_PAIN, ODG_PAIN, KNEE_WHY),
    Asked(CREAM, "Upheld", ODG_PAIN, MTUS_PAIN, CREAM_WHY),
    Asked(PILLS, "Overturned", NOTHING, ACOEM_8, PILLS_WHY),
    Asked(NEEDLES, "Upheld", NOTHING, MTUS_PAIN, NEEDLES_WHY),
    Asked(COLD, "Upheld", NOTHING, ODG_PAIN, COLD_WHY),
    summary=SUMMARY,
    header=header_table("lines"),
)
PROSE = prose(summary=SUMMARY)
NOTICE = notice()

# pointer: (true value, values that the letter does not say anywhere, values it says of something else)
Row = tuple[Value, list[Value], list[Value]]
TABLE: dict[str, Row] = {
    "/case_number": ("CM16-0123456", ["CM16-0123465", "CM16-012345", "CM16-01234567", "CM17-0123456", "M16-0123456", ""], ["12/05/2016"]),
    "/priority": ("standard", ["expedited"], []),
    "/date_assigned": (date(2016, 12, 5), [date(2016, 12, 6), date(2015, 12, 5), date(2016, 5, 12), date(2016, 12, 15)], [date(2017, 1, 3), date(2012, 3, 14)]),
    "/decision_date": (date(2017, 1, 3), [date(2017, 1, 4), date(2016, 1, 3), date(2017, 3, 1), date(1917, 1, 3)], [date(2016, 12, 5)]),
    "/ur_denial_date": (date(2016, 11, 20), [date(2016, 11, 21), date(2015, 11, 20), date(2016, 11, 2)], [date(2016, 12, 1)]),
    "/application_received": (date(2016, 12, 1), [date(2016, 12, 2), date(2016, 1, 12), date(2016, 12, 10)], [date(2016, 12, 5)]),
    "/date_of_injury": (date(2012, 3, 14), [date(2013, 3, 14), date(2012, 3, 13), date(2012, 4, 13), date(1912, 3, 14)], [date(2016, 11, 20)]),
    "/reviewer/licensed_states/0": ("California", ["Nevada", "North Carolina", "Baja California"], ["Texas Pain", "Pain Management"]),
    "/reviewer/specialties/0": ("Pain Management", ["Neurology", "Surgery", "Pain Manage"], ["California"]),
    "/patient/age": (45, [54, 46, 4, 5, 450], [20, 17]),
    "/patient/sex": ("male", ["female"], []),
    "/patient/mechanism": ("he slipped on ice", ["he slipped on rice", "she slipped on ice", "he did slip on ice", "he fell from a roof", "slipped on i"], []),
    "/patient/diagnoses/0": ("lumbar strain", ["cervical strain", "lumbar stra", "lumbar strain and sprain", "right knee contusion", "lumbago", "umbar strain", "radicular pain"], []),
    "/clinical_summary": (
        SUMMARY,
        [SUMMARY.replace("not radicular", "radicular"), SUMMARY.replace("45", "54"), SUMMARY + " He works.", SUMMARY.replace("left knee", "right knee"), SUMMARY.replace("11-20-2016", "11-20-2015")],
        [KNEE_WHY],
    ),
    f"{D0}/heading": (PARTIAL, [PARTIAL.replace("left", "right"), PARTIAL.replace("12", "21"), PARTIAL + ": Overturned"], [PILLS, NEEDLES]),
    f"{D0}/requested": ("Physical therapy 12 visits for the left knee", ["Physical therapy 12 visits for the right knee", "Physical therapy 2 visits for the left knee", "hysical therapy"], ["Six visits", "physical therapy 6 visits for the left knee"]),
    f"{D0}/authorized": ("Six visits", ["Sixty visits", "Six visit", "Six (6) visits", "Sixteen visits"], ["physical therapy 6 visits for the left knee"]),
    f"{D0}/disputed": ("physical therapy 6 visits for the left knee", ["physical therapy 60 visits for the left knee", "physical therapy 6 visits for the knee", "physical therapy visits"], ["Six visits", "Physical therapy 12 visits for the left knee"]),
    f"{D0}/retrospective": (False, [True], []),
    f"{D1}/retrospective": (True, [False], []),
    f"{D0}/associated_surgical_service": (False, [True], []),
    f"{D4}/associated_surgical_service": (True, [False], []),
    f"{D1}/service_dates/0": (date(2016, 3, 14), [date(2016, 3, 15), date(2015, 3, 14), date(2012, 4, 14)], [date(2012, 3, 14), date(2016, 12, 5)]),
    f"{D0}/category": ("rehabilitation", ["surgery", "pharmaceuticals", "diagnostic_testing", "injection", "transportation", "home_health", "psychological", "dmepos"], []),
    f"{D2}/category": ("pharmaceuticals", ["surgery", "rehabilitation", "injection", "diagnostic_testing", "dmepos"], []),
    f"{D4}/category": ("surgery", ["rehabilitation", "injection", "transportation"], []),
    f"{D0}/subcategory": ("physical_or_occupational_therapy", ["chiropractic", "acupuncture", "opioid", "imaging"], []),
    f"{D1}/subcategory": ("topical_compound", ["opioid", "muscle_relaxant", "proton_pump_inhibitor"], []),
    f"{D2}/subcategory": ("proton_pump_inhibitor", ["h2_blocker", "opioid", "nsaid", "gi_agent", "antidepressant"], []),
    f"{D0}/body_parts/0/part": ("knee", ["hip", "shoulder", "low_back", "neck", "other"], ["wrist"]),
    f"{D0}/body_parts/0/side": ("left", ["right", "bilateral"], []),
    f"{D3}/body_parts/1/part": ("ankle", ["foot", "knee", "hand"], []),
    f"{D3}/body_parts/1/side": ("right", ["bilateral"], []),
    f"{D1}/drugs/0/name": ("Flurbiprofen", ["Flurbi", "Naproxen", "Flurbiprofenone", "rofen"], ["Omeprazole", "Norco"]),
    f"{D1}/drugs/0/strength": ("20%", ["2%", "0%", "200%", "20mg", "2.0%"], []),
    f"{D2}/drugs/0/strength": ("20mg", ["200mg", "2mg", "20%", "20mcg", "0mg", "20g"], []),
    f"{D2}/quantity/total": (60, [600, 6, 61, 16, 0.6], [45]),
    f"{D3}/quantity/total": (12, [120, 21, 24], []),
    f"{D2}/quantity/unit": ("each", ["tablets", "sessions", "ml", "boxes"], []),
    f"{D4}/quantity/total": (7, [70, 17, 77], [60]),
    f"{D4}/quantity/unit": ("days", ["weeks", "sessions", "months", "hours"], []),
    f"{D3}/quantity/unit": ("sessions", ["visits", "days", "tablets"], []),
    f"{D3}/quantity/per_week": (2, [3, 20, 22], [45]),
    f"{D3}/quantity/weeks": (6, [8, 16, 60, 5], [45]),
    f"{D2}/quantity/refills": (2, [3, 22, 12, 0], []),
    f"{D0}/outcome": ("upheld", ["overturned"], []),
    f"{D2}/outcome": ("overturned", ["upheld"], []),
    f"{D0}/claims_administrator_basis/statement": (MTUS_PAIN, [MTUS_PAIN.replace("2009", "2016"), MTUS_PAIN.replace("MTUS", "Non-MTUS"), "Decision based on MTUS Low Back Complaints 2004."], [ACOEM_8]),
    f"{D0}/reviewer_basis/statement": (ODG_PAIN, [ODG_PAIN.replace("Non-MTUS", "MTUS"), ODG_PAIN.replace("2016", "2015")], [ACOEM_8]),
    f"{D0}/claims_administrator_basis/relied_on": ("mtus", ["none", "both"], ["non_mtus"]),
    f"{D0}/reviewer_basis/relied_on": ("non_mtus", ["none", "both"], ["mtus"]),
    f"{D2}/claims_administrator_basis/relied_on": ("none", ["both"], ["mtus"]),
    f"{D0}/reviewer_basis/citations/0/source": ("ODG", ["ACOEM", "OTHER"], ["MTUS"]),
    f"{D2}/reviewer_basis/citations/0/source": ("ACOEM", ["ODG", "OTHER"], []),
    f"{D0}/claims_administrator_basis/citations/0/source": ("MTUS", ["ACOEM"], ["ODG"]),
    f"{D0}/claims_administrator_basis/citations/0/mtus": (True, [], [False]),
    f"{D0}/reviewer_basis/citations/0/mtus": (False, [], [True]),
    f"{D0}/claims_administrator_basis/citations/0/title": ("Chronic Pain Medical Treatment", ["Low Back Complaints", "Chronic Pain Medical Treatments", "Acute Pain Medical Treatment"], ["Pain Chapter, 2016"]),
    f"{D0}/claims_administrator_basis/citations/0/year": (2009, [2019, 209, 1909, 2010], [2016]),
    f"{D0}/claims_administrator_basis/citations/0/sections/0": ("Physical medicine", ["Physical therapy", "Physical med", "Opioids"], []),
    f"{D2}/reviewer_basis/citations/0/pages": ("181-308", ["181-309", "81-308", "181-30", "18-1308", "181"], []),
    f"{D0}/rationale": (
        KNEE_WHY,
        [KNEE_WHY.replace("not medically", "medically"), KNEE_WHY.replace("no documented", "documented"), KNEE_WHY.replace("ten", "twelve"), "The patient improved.", KNEE_WHY + " It is overturned."],
        [PILLS_WHY, NEEDLES_WHY],
    ),
    f"{D0}/reasons/0": ("documentation_lacking", ["safety", "dependent_service", "request_unspecified"], []),
    f"{D3}/reasons/0": ("documentation_lacking", ["safety", "no_improvement", "exceeds_limit", "duplicate"], []),
}  # fmt: skip
PROSE_TABLE: dict[str, Row] = {
    "/reviewer/specialties/0": (
        "Physical Medicine & Rehabilitation",
        ["Neurology", "Physical Therapy", "Psychiatry"],
        ["California"],
    ),
    "/reviewer/subspecialties/0": (
        "Pain Management",
        ["Neurology", "Sports Medicine"],
        ["Physical Medicine & Rehabilitation"],
    ),
    "/reviewer/licensed_states/1": ("Texas", ["Nevada", "New Mexico"], []),
}
NOTICE_TABLE: dict[str, Row] = {
    "/records_reviewed/0": ("Application for Independent Medical Review", ["Application for Review", "Applications for Independent Medical Review"], []),
    "/decision_date": (date(2014, 1, 6), [date(2014, 1, 7), date(2013, 1, 6)], [date(2013, 10, 7)]),
    "/date_assigned": (date(2013, 10, 21), [date(2013, 10, 12)], [date(2013, 9, 24)]),
    f"{D0}/outcome": ("upheld", ["overturned"], []),
}  # fmt: skip

# Numbers and parts that stand in the same heading and mean something else: no word of the value is invented.
MIXED_UP: list[tuple[str, Value]] = [
    (f"{D2}/quantity/total", 20), (f"{D2}/quantity/total", 2), (f"{D2}/quantity/refills", 60), (f"{D2}/quantity/refills", 20),
    (f"{D3}/quantity/total", 2), (f"{D3}/quantity/total", 6), (f"{D3}/quantity/per_week", 6), (f"{D3}/quantity/per_week", 12),
    (f"{D3}/quantity/weeks", 2), (f"{D3}/quantity/weeks", 12), (f"{D0}/quantity/total", 12),
    (f"{D1}/quantity/total", 20), (f"{D1}/quantity/total", 5), (f"{D1}/quantity/total", 2016),
    (f"{D1}/drugs/0/strength", "5%"), (f"{D1}/drugs/1/strength", "20%"), (f"{D2}/drugs/0/strength", "#60"),
    (f"{D3}/body_parts/1/side", "left"), (f"{D3}/body_parts/0/side", "right"), (f"{D3}/body_parts/0/side", "bilateral"),
    (f"{D2}/drugs/0/name", "refills"), (f"{D4}/category", "dmepos"),
]  # fmt: skip


def field_at(pointer: str) -> Field:
    return BY_PATTERN[INDEX.sub("/*", pointer)]


def _kind(field: Field) -> str:
    return field.pattern.replace("/claims_administrator_basis", "/reviewer_basis")


class Case:
    """A letter, what the rules say of it, and a way to ask for one claim."""

    def __init__(self, text: str, table: dict[str, Row]) -> None:
        self.layout = lay_out(text)
        self.draft = drafted(self.layout)
        self.table = table

    def said(self, pointer: str) -> Claim:
        """What the rules say at a pointer."""
        return self.draft.claims[self.draft.at(pointer)]

    def asked(self, pointer: str, claim: Claim) -> Accepted:
        """With what the rules say of the same item: a strength is that of its drug, a section that of its citation."""
        place = self.draft.at(pointer)
        beside = {
            other: said
            for other, said in self.draft.claims.items()
            if place.decision is not None and other.decision == place.decision
        }
        return grounded(Draft(decisions=len(self.layout.items), claims={**beside, place: claim}), self.layout)

    def accepts(self, pointer: str, claim: Claim) -> bool:
        result, place = self.asked(pointer, claim), self.draft.at(pointer)
        flags = [flag.code for flag in result.flags if flag.path == pointer]
        if FlagCode.WITHHELD not in flags:
            said, kept = claim.value, result.grounded.values[place]
            assert kept == said or key(str(kept)) == key(str(said))
            assert result.grounded.evidence[place].support is Support.SUPPORTED
            return True
        return False

    def lines(self, places: tuple[Span, ...]) -> tuple[int, int]:
        view = self.layout.view
        return view.line_number(places[0].start), view.line_number(places[-1].end - 1)

    def ways(self, pointer: str, value: Value) -> Iterator[tuple[str, Claim]]:
        """The claim with the true value's places, with the lines of these, with nothing."""
        truth = self.said(pointer).places
        yield "places", Claim(value, truth)
        yield "lines", Claim(value, lines=self.lines(truth))
        yield "nothing", Claim(value)

    def wrong_ways(self, pointer: str, value: Value) -> Iterator[tuple[str, Claim]]:
        """And as a liar would cite: the whole letter, lines that do not exist, and wherever such words stand."""
        yield from self.ways(pointer, value)
        last = len(self.layout.lines)
        yield "all lines", Claim(value, lines=(1, last))
        yield "no such lines", Claim(value, lines=(last + 5, last + 9))
        yield "lines reversed", Claim(value, lines=(last, 1))
        for place in self.elsewhere(value):
            yield "elsewhere", Claim(value, (place,))
            yield "lines elsewhere", Claim(value, lines=self.lines((place,)))

    def elsewhere(self, value: Value) -> Iterator[Span]:
        view = self.layout.view
        words = [str(value).lower()]
        if isinstance(value, date):
            words = [f"{value:%m/%d/%Y}", f"{value.month}/{value.day}/{value.year}", f"{value:%m-%d-%Y}"]
        for word in words:
            start = view.folded.find(word) if word else -1
            while start >= 0:
                yield Span(start, start + len(word))
                start = view.folded.find(word, start + 1)


CASES = [Case(LETTER, TABLE), Case(PROSE, PROSE_TABLE), Case(NOTICE, NOTICE_TABLE)]


def rows() -> list[tuple[Case, str, Row]]:
    return [(case, pointer, row) for case in CASES for pointer, row in case.table.items()]


IDS = [pointer for _, pointer, _ in rows()]


@pytest.mark.parametrize(("case", "pointer", "row"), rows(), ids=IDS)
def test_the_rules_say_the_true_value(case: Case, pointer: str, row: Row) -> None:
    assert case.said(pointer).value == row[0]


@pytest.mark.parametrize(("case", "pointer", "row"), rows(), ids=IDS)
def test_true_values_are_accepted(case: Case, pointer: str, row: Row) -> None:
    refused = [way for way, claim in case.ways(pointer, row[0]) if not case.accepts(pointer, claim)]
    assert not refused


@pytest.mark.parametrize(("case", "pointer", "row"), rows(), ids=IDS)
def test_invented_values_are_refused(case: Case, pointer: str, row: Row) -> None:
    accepted = [
        (value, way)
        for value in row[1]
        for way, claim in case.wrong_ways(pointer, value)
        if case.accepts(pointer, claim)
    ]
    assert not accepted


@pytest.mark.parametrize(("case", "pointer", "row"), rows(), ids=IDS)
def test_values_of_something_else_are_refused(case: Case, pointer: str, row: Row) -> None:
    """They stand in the letter, in another item, section or field."""
    accepted = [
        (str(value)[:60], way)
        for value in row[2]
        for way, claim in case.wrong_ways(pointer, value)
        if case.accepts(pointer, claim)
    ]
    assert not accepted


@pytest.mark.parametrize(("pointer", "value"), MIXED_UP, ids=str)
def test_values_mixed_up_within_a_heading_are_refused(pointer: str, value: Value) -> None:
    case = CASES[0]
    ways = [("nothing", Claim(value)), *(("elsewhere", Claim(value, (place,))) for place in case.elsewhere(value))]
    accepted = [way for way, claim in ways if case.accepts(pointer, claim)]
    assert not accepted


def test_there_are_enough_of_either() -> None:
    """That true claims are accepted and false ones refused is tested claim by claim, above."""
    true = [claim for case, pointer, row in rows() for claim in case.ways(pointer, row[0])]
    false = [
        claim
        for case, pointer, row in rows()
        for value in (*row[1], *row[2])
        for claim in case.wrong_ways(pointer, value)
    ]
    assert len(true) > 150
    assert len(false) > 1000


def test_every_kind_of_field_is_in_the_table() -> None:
    """Each has one true value and two or more false ones; the two sides' bases are one kind."""
    false: dict[str, int] = {}
    for case in CASES:
        for pointer, (_, invented, other) in case.table.items():
            name = _kind(field_at(pointer))
            false[name] = false.get(name, 0) + len(invented) + len(other)
    assert set(false) == {_kind(field) for field in FIELDS}
    assert {name for name, count in false.items() if count < 2} <= {"/priority", "/patient/sex"}


# --- the probes of notes/grounding.md -----------------------------------------------------------------------------

# In the words of a letter of our own of the same form, so that nothing of the real one stands here.
PROBE_LETTER = prose(
    Asked("RETROSPECTIVE REQUEST FOR 1 COLD UNIT", "Upheld", rationale="The guideline grants 7 days of it after an operation, and none without one. The unit is not medically necessary."),
    Asked("RETROSPECTIVE 1 FOOT BATH", "Upheld", rationale="Warm water at home is not recommended for this. The foot bath is not medically necessary."),
    header="",
    summary="The patient was hurt on the job; the date of injury is 3/19/12. The diagnosis is cervical spasm.",
)  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{D1}/rationale", "The patient has fully recovered and returned to work."),
        (f"{D1}/heading", "RETROSPECTIVE 1 FOOT BATH: Overturned"),
        (f"{D1}/outcome", "overturned"),
        (
            f"{D1}/rationale",
            "Warm water at home is recommended for this. The foot bath is not medically necessary.",
        ),
        (
            f"{D1}/rationale",
            "Warm water at home is not recommended for this. The foot bath is medically necessary.",
        ),
        (
            f"{D0}/rationale",
            "The guideline grants 70 days of it after an operation, and none without one. The unit is not medically necessary.",
        ),
        (
            f"{D0}/rationale",
            "The guideline grants 7 days of it after an operation. The unit is not medically necessary.",
        ),
        ("/date_of_injury", date(2013, 3, 19)),
        ("/date_of_injury", date(2012, 3, 18)),
        (f"{D0}/quantity/total", 7),
        (f"{D0}/quantity/total", 70),
    ],
)
def test_probes(pointer: str, value: Value) -> None:
    case = Case(PROBE_LETTER, {})
    last = len(case.layout.lines)
    claims = [Claim(value), Claim(value, lines=(1, last)), Claim(value, lines=(last, last))]
    claims += [Claim(value, (Span(0, len(case.layout.view.flat)),))]
    claims += [
        Claim(value, item_part)
        for item in case.layout.items
        for item_part in ((item.heading,), (item.outcome_span,), (item.window,))
    ]
    assert not any(case.accepts(pointer, claim) for claim in claims)


def test_the_true_probes() -> None:
    case = Case(PROBE_LETTER, {})
    assert case.accepts("/date_of_injury", Claim(date(2012, 3, 19)))
    assert case.accepts(f"{D1}/outcome", Claim("upheld"))
    assert case.accepts(f"{D1}/heading", Claim("RETROSPECTIVE 1 FOOT BATH"))


# --- what happens to what is refused ------------------------------------------------------------------------------


def test_withheld_values_are_flagged_and_none() -> None:
    layout = layout_of(LETTER)
    draft = drafted(layout)
    lies: dict[str, Value] = {
        "/decision_date": date(2018, 1, 3),
        "/patient/age": 54,
        f"{D0}/outcome": "overturned",
        f"{D1}/heading": "Naproxen 550mg",
        f"{D2}/quantity/total": 600,
        f"{D3}/category": "surgery",
        f"{D0}/rationale": "The patient recovered.",
    }
    for pointer, value in lies.items():
        place = draft.at(pointer)
        draft.claims[place] = Claim(value, draft.claims[place].places)
    accepted = grounded(draft, layout)
    told = assemble(accepted.grounded, draft.decisions)
    withheld = {flag.path: flag.value for flag in accepted.flags if flag.code is FlagCode.WITHHELD}
    assert {pointer: str(value) for pointer, value in lies.items()}.items() <= withheld.items()
    assert set(withheld) - set(lies) == {f"{D3}/subcategory"}  # it goes with its category
    assert not set(lies) & set(accepted.evidence)
    assert told.decision_date is None
    assert told.patient.age is None
    assert told.decisions[0].outcome is None
    assert told.decisions[1].heading is None
    assert told.decisions[2].quantity is not None
    assert told.decisions[2].quantity.total is None
    assert told.decisions[3].category is None
    assert told.decisions[0].rationale is None


def test_a_long_withheld_value_is_shortened_in_its_flag() -> None:
    result = CASES[0].asked(f"{D0}/rationale", Claim("word " * 500))
    (flag,) = result.flags
    assert flag.value is not None
    assert len(flag.value) <= 200


def test_evidence_still_points_at_its_value_when_a_list_entry_was_withheld() -> None:
    layout = layout_of(LETTER)
    draft = drafted(layout)
    draft.claims[draft.at("/patient/diagnoses/0")] = Claim("gout")
    draft.claims[draft.at("/reviewer/licensed_states/0")] = Claim("Nevada")
    accepted = grounded(draft, layout)
    told = assemble(accepted.grounded, draft.decisions).model_dump(mode="json")
    for pointer, evidence in accepted.evidence.items():
        node: Any = told
        for part in pointer.split("/")[1:]:
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert node is not None
        if pointer.startswith(("/patient/diagnoses", "/reviewer/licensed")):
            assert evidence.quote == node


@pytest.mark.parametrize(
    "claims",
    [
        {f"{D0}/reasons/0": "recommended"},
        {f"{D2}/reasons/0": "not_recommended"},
        {f"{D3}/reasons/0": "documentation_lacking", f"{D3}/reasons/1": "documentation_lacking"},
        {f"{D2}/category": "rehabilitation"},
        {f"{D0}/subcategory": "opioid"},
        {"/patient/age": 450},
        {"/patient/age": 45.5},
        {f"{D2}/quantity/refills": 2.5},
        {f"{D2}/quantity/total": -60},
        {f"{D2}/quantity/total": float("nan")},
        {f"{D0}/outcome": "partially overturned"},
        {f"{D0}/category": "spaceflight"},
        {f"{D0}/subcategory": "spaceflight"},
        {f"{D0}/body_parts/0/part": "tail"},
        {"/priority": "of"},
        {"/decision_date": "yesterday"},
        {"/patient/sex": "unknown"},
        {f"{D0}/retrospective": "yes"},
        {f"{D0}/reviewer_basis/citations/0/source": "GUESS"},
        {f"{D0}/reviewer_basis/relied_on": "guess"},
        {f"{D0}/reasons/0": "guess"},
        {"/patient/age": "forty-five"},
    ],
    ids=lambda claims: str(next(iter(claims.items()))),
)
@pytest.mark.parametrize("placed", [False, True], ids=["nowhere", "placed"])
def test_no_claim_can_break_the_record(claims: dict[str, Value], placed: bool) -> None:
    """What a reader says, however wrong, is data: withheld, never a crash, never a value outside the closed lists."""
    layout = layout_of(LETTER)
    draft = drafted(layout)
    for pointer, value in claims.items():
        place = draft.at(pointer)
        there = draft.claims.get(place)
        draft.claims[place] = Claim(value, there.places if placed and there else ())
    assemble(grounded(draft, layout).grounded, draft.decisions)


@pytest.mark.parametrize("pointer", ["/nonsense", "/decisions/0/mood", "/patient", "", "/decisions/0"])
def test_fields_that_do_not_exist(pointer: str) -> None:
    with pytest.raises(KeyError):
        Draft(decisions=5).at(pointer)


def test_claims_for_items_that_do_not_exist_are_withheld() -> None:
    case = CASES[0]
    assert not case.accepts("/decisions/9/outcome", Claim("upheld"))
    assert not case.accepts("/decisions/9/heading", Claim(PARTIAL))
    assert not case.accepts("/decisions/9/category", Claim("rehabilitation"))


# --- how evidence looks ---------------------------------------------------------------------------------------------


def test_how_it_was_found() -> None:
    text = credentials(Asked(PARTIAL), width=60)
    layout = lay_out(text)
    draft = drafted(layout)
    found = grounded(draft, layout).evidence
    assert found["/case_number"].how is How.EXACT
    assert found[f"{D0}/heading"].how is How.NORMALIZED  # wrapped over lines
    assert found[f"{D0}/category"].how is How.DERIVED
    for evidence in found.values():
        assert evidence.lines is not None
        first, last = evidence.lines
        assert 1 <= first <= last <= len(layout.lines)
        assert all(0 <= start < end <= len(text) for start, end in evidence.spans)


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("slipped on\nwet  ice", "slipped on wet ice"),
        ("slipped on “wet” ice", 'slipped on "wet" ice'),
        ("slipped on wet\u00a0ice", "slipped on wet ice"),
        ("slipped on a rain-\nwet floor", "slipped on a rain-wet floor"),
        ("SLIPPED ON WET ICE", "slipped on wet ice"),
        ("slipped near the o\ufb03ce", "slipped near the office"),
    ],
)
def test_blanks_hyphens_case_and_typography_do_not_matter(printed: str, value: str) -> None:
    case = Case(credentials().replace("low back pain rated", f"that he {printed}, pain rated"), {})
    assert case.accepts("/patient/mechanism", Claim(value))


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("an industrial injury on 10-10-2015", False),
        ("was injured on March 4, 2012", False),
        ("a work-related accident", False),
        ("an injury at work", False),
        ("an accident in which a forklift struck him", True),
        ("cumulative trauma", True),
        ("was injured while lifting a box", True),
    ],
)
def test_that_somebody_was_hurt_is_no_mechanism(printed: str, said: bool) -> None:
    case = Case(credentials().replace("low back pain rated", f"that there was {printed}, pain rated"), {})
    assert case.accepts("/patient/mechanism", Claim(printed)) is said


@pytest.mark.parametrize(
    "value",
    ["slipped on wetice", "slipped on wet icy", "slipped, on wet ice", "slipped wet on ice", "slipped on wet ice."],
)
def test_letters_punctuation_and_order_do(value: str) -> None:
    case = Case(credentials().replace("low back pain rated", "that he slipped on wet ice, pain rated"), {})
    assert not case.accepts("/patient/mechanism", Claim(value))


@pytest.mark.parametrize("name", ["CM16-0500377", "CM17-0500538", "headerless-2014", "CM13-0501139"])
def test_true_values_of_samples_are_found_without_places(name: str) -> None:
    """What the rules found with places is found again from its lines alone."""
    case = Case(sample(name), {})
    verbatim = {
        place.said_at: claim for place, claim in case.draft.claims.items() if place.field.verbatim and claim.places
    }
    lost = [
        pointer
        for pointer, claim in verbatim.items()
        if not case.accepts(pointer, Claim(claim.value, lines=case.lines(claim.places)))
    ]
    assert not lost
