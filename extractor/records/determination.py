"""The determination: what one letter decides, field by field.

This module is the contract. The closed lists are enums; the docstrings and descriptions are what a
reader of the JSON Schema sees (`imr schema`). Absent scalars are None and absent lists are empty:
a value that the letter does not state is never guessed. A value that could not be supported by the
letter's own words is withheld: it is None here and stands, with the reason, among the record's flags.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1)]


class Priority(StrEnum):
    """How fast the review had to be, as the header prints it."""

    STANDARD = "standard"
    EXPEDITED = "expedited"


class Sex(StrEnum):
    """Stated sex of the patient, else the one that the pronouns used of the patient tell."""

    MALE = "male"
    FEMALE = "female"


class Outcome(StrEnum):
    """What became of the utilization-review denial: `upheld` (not necessary) or `overturned` (necessary)."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


class OverallOutcome(StrEnum):
    """The outcome of a whole letter, derived from its decisions."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"
    MIXED = "mixed"


class ReliedOn(StrEnum):
    """Which guidelines a side rested its decision on; `none` is "did not cite any medical evidence" and the like."""

    MTUS = "mtus"
    NON_MTUS = "non_mtus"
    BOTH = "both"
    NONE = "none"


class Source(StrEnum):
    """The body of guidelines a citation belongs to."""

    MTUS = "MTUS"
    ACOEM = "ACOEM"
    ODG = "ODG"
    OTHER = "OTHER"


class Side(StrEnum):
    """Which side of the body."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class Category(StrEnum):
    """What kind of service was decided, after the categories that DWC itself reports."""

    PHARMACEUTICALS = "pharmaceuticals"
    DIAGNOSTIC_TESTING = "diagnostic_testing"
    REHABILITATION = "rehabilitation"
    DMEPOS = "dmepos"
    INJECTION = "injection"
    SURGERY = "surgery"
    EVALUATION_AND_MANAGEMENT = "evaluation_and_management"
    PSYCHOLOGICAL = "psychological"
    HOME_HEALTH = "home_health"
    PROGRAMS = "programs"
    TRANSPORTATION = "transportation"
    OTHER = "other"


class Subcategory(StrEnum):
    """The kind within the category; which belong to which is `SUBCATEGORIES`."""

    OPIOID = "opioid"
    OPIOID_ANTAGONIST = "opioid_antagonist"
    NSAID = "nsaid"
    MUSCLE_RELAXANT = "muscle_relaxant"
    TOPICAL_ANALGESIC = "topical_analgesic"
    TOPICAL_COMPOUND = "topical_compound"
    PROTON_PUMP_INHIBITOR = "proton_pump_inhibitor"
    H2_BLOCKER = "h2_blocker"
    ANTI_EPILEPSY = "anti_epilepsy"
    ANTIDEPRESSANT = "antidepressant"
    ANXIOLYTIC = "anxiolytic"
    BENZODIAZEPINE = "benzodiazepine"
    SEDATIVE_HYPNOTIC = "sedative_hypnotic"
    ANTIEMETIC = "antiemetic"
    ANALGESIC_OTHER = "analgesic_other"
    BARBITURATE = "barbiturate"
    CANNABINOID = "cannabinoid"
    STIMULANT = "stimulant"
    NUTRITIONAL = "nutritional"
    GI_AGENT = "gi_agent"
    HORMONE = "hormone"
    IMPOTENCE_AGENT = "impotence_agent"
    VISCOSUPPLEMENT = "viscosupplement"
    CORTICOSTEROID = "corticosteroid"
    ANTI_INFECTIVE = "anti_infective"
    ANTIMIGRAINE = "antimigraine"
    CARDIOVASCULAR = "cardiovascular"
    ANTIDIABETIC = "antidiabetic"
    RESPIRATORY = "respiratory"
    ANTIPSYCHOTIC = "antipsychotic"
    INJECTABLE = "injectable"
    IMAGING = "imaging"
    ELECTRODIAGNOSTIC = "electrodiagnostic"
    LABORATORY = "laboratory"
    PHYSICAL_OR_OCCUPATIONAL_THERAPY = "physical_or_occupational_therapy"
    CHIROPRACTIC = "chiropractic"
    ACUPUNCTURE = "acupuncture"
    DURABLE_EQUIPMENT = "durable_equipment"
    ELECTRICAL_STIMULATION = "electrical_stimulation"
    PROSTHETIC_OR_ORTHOTIC = "prosthetic_or_orthotic"
    SUPPLIES = "supplies"
    FACET = "facet"
    EPIDURAL = "epidural"
    SPINE = "spine"
    ARTHROSCOPIC = "arthroscopic"
    OPEN = "open"
    ADJUNCT_SERVICE = "adjunct_service"
    CONSULTATION = "consultation"
    OFFICE_VISIT_OR_CONSULTATION = "office_visit_or_consultation"
    DENTAL = "dental"
    EVALUATION = "evaluation"
    THERAPY = "therapy"
    HOME_HEALTH = "home_health"
    PROGRAM = "program"
    TRANSPORTATION = "transportation"
    OTHER = "other"


_DRUG_CLASSES = frozenset(member for member in list(Subcategory)[: list(Subcategory).index(Subcategory.INJECTABLE) + 1])

SUBCATEGORIES: dict[Category, frozenset[Subcategory]] = {
    Category.PHARMACEUTICALS: _DRUG_CLASSES | {Subcategory.OTHER},
    Category.DIAGNOSTIC_TESTING: frozenset(
        {Subcategory.IMAGING, Subcategory.ELECTRODIAGNOSTIC, Subcategory.LABORATORY, Subcategory.OTHER}
    ),
    Category.REHABILITATION: frozenset(
        {
            Subcategory.PHYSICAL_OR_OCCUPATIONAL_THERAPY,
            Subcategory.CHIROPRACTIC,
            Subcategory.ACUPUNCTURE,
            Subcategory.OTHER,
        }
    ),
    Category.DMEPOS: frozenset(
        {
            Subcategory.DURABLE_EQUIPMENT,
            Subcategory.ELECTRICAL_STIMULATION,
            Subcategory.PROSTHETIC_OR_ORTHOTIC,
            Subcategory.SUPPLIES,
        }
    ),
    Category.INJECTION: frozenset({Subcategory.FACET, Subcategory.EPIDURAL, Subcategory.OTHER}),
    Category.SURGERY: frozenset(
        {
            Subcategory.SPINE,
            Subcategory.ARTHROSCOPIC,
            Subcategory.OPEN,
            Subcategory.ADJUNCT_SERVICE,
            Subcategory.CONSULTATION,
        }
    ),
    Category.EVALUATION_AND_MANAGEMENT: frozenset({Subcategory.OFFICE_VISIT_OR_CONSULTATION, Subcategory.DENTAL}),
    Category.PSYCHOLOGICAL: frozenset({Subcategory.EVALUATION, Subcategory.THERAPY}),
    Category.HOME_HEALTH: frozenset({Subcategory.HOME_HEALTH}),
    Category.PROGRAMS: frozenset({Subcategory.PROGRAM}),
    Category.TRANSPORTATION: frozenset({Subcategory.TRANSPORTATION}),
    Category.OTHER: frozenset({Subcategory.OTHER}),
}
"""Which subcategories each category has (the closed list of the record)."""


class Part(StrEnum):
    """Part of the body.

    Cervical is neck, thoracic upper_back, lumbar low_back; "spine" alone is spine, "back" alone back.
    """

    HEAD = "head"
    FACE = "face"
    JAW = "jaw"
    EYE = "eye"
    EAR = "ear"
    NECK = "neck"
    UPPER_BACK = "upper_back"
    LOW_BACK = "low_back"
    SPINE = "spine"
    CHEST = "chest"
    RIB = "rib"
    ABDOMEN = "abdomen"
    GROIN = "groin"
    PELVIS = "pelvis"
    HIP = "hip"
    BUTTOCK = "buttock"
    SHOULDER = "shoulder"
    UPPER_ARM = "upper_arm"
    ELBOW = "elbow"
    FOREARM = "forearm"
    WRIST = "wrist"
    HAND = "hand"
    FINGER = "finger"
    THUMB = "thumb"
    UPPER_EXTREMITY = "upper_extremity"
    THIGH = "thigh"
    KNEE = "knee"
    LOWER_LEG = "lower_leg"
    ANKLE = "ankle"
    FOOT = "foot"
    TOE = "toe"
    LOWER_EXTREMITY = "lower_extremity"
    BACK = "back"
    OTHER = "other"


class Reason(StrEnum):
    """Why the reviewer concluded as they did. `dependent_service` and `other` serve either outcome."""

    NOT_RECOMMENDED = "not_recommended"
    CRITERIA_NOT_MET = "criteria_not_met"
    DOCUMENTATION_LACKING = "documentation_lacking"
    CONSERVATIVE_CARE_FIRST = "conservative_care_first"
    EXCEEDS_LIMIT = "exceeds_limit"
    NO_IMPROVEMENT = "no_improvement"
    SAFETY = "safety"
    EVIDENCE_LACKING = "evidence_lacking"
    DUPLICATE = "duplicate"
    REQUEST_UNSPECIFIED = "request_unspecified"
    RECOMMENDED = "recommended"
    CRITERIA_MET = "criteria_met"
    CONSERVATIVE_CARE_FAILED = "conservative_care_failed"
    IMPROVEMENT_SHOWN = "improvement_shown"
    DEPENDENT_SERVICE = "dependent_service"
    OTHER = "other"


REASONS: dict[Outcome, frozenset[Reason]] = {
    Outcome.UPHELD: frozenset(
        {
            Reason.NOT_RECOMMENDED,
            Reason.CRITERIA_NOT_MET,
            Reason.DOCUMENTATION_LACKING,
            Reason.CONSERVATIVE_CARE_FIRST,
            Reason.EXCEEDS_LIMIT,
            Reason.NO_IMPROVEMENT,
            Reason.SAFETY,
            Reason.EVIDENCE_LACKING,
            Reason.DEPENDENT_SERVICE,
            Reason.DUPLICATE,
            Reason.REQUEST_UNSPECIFIED,
            Reason.OTHER,
        }
    ),
    Outcome.OVERTURNED: frozenset(
        {
            Reason.RECOMMENDED,
            Reason.CRITERIA_MET,
            Reason.CONSERVATIVE_CARE_FAILED,
            Reason.IMPROVEMENT_SHOWN,
            Reason.DEPENDENT_SERVICE,
            Reason.OTHER,
        }
    ),
}
"""Which reasons can stand under which outcome."""


class Strict(BaseModel):
    """Base of what a record holds: frozen, and no field but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Passage(Strict):
    """A stretch of the letter, held as spans into the document text, never retyped."""

    text: Text
    """The words, line breaks joined, runs of blanks made one, page furniture removed."""
    spans: tuple[tuple[int, int], ...] = Field(min_length=1)
    """Half-open code-point ranges of the raw document text, in order."""


class Reviewer(Strict):
    """The physician who decided, as far as the letter tells."""

    licensed_states: tuple[Text, ...] = ()
    """States of licensure, full names, in printed order."""
    specialties: tuple[Text, ...] = ()
    """Board certifications and specialties, one per entry, spelled as DWC lists them where it does."""
    subspecialties: tuple[Text, ...] = ()
    """Only where the letter says "subspecialty in"."""


class Patient(Strict):
    """The injured worker."""

    age: int | None = Field(default=None, ge=0, le=120)
    """Age in years, as stated."""
    sex: Sex | None = None
    mechanism: Text | None = None
    """How the injury happened, verbatim."""
    diagnoses: tuple[Text, ...] = ()
    """What the summary states as a diagnosis or impression, verbatim, one per entry."""


class BodyPart(Strict):
    """A part of the body that the heading names."""

    part: Part | None = None
    """None only where it was withheld."""
    side: Side | None = None


class Drug(Strict):
    """A drug or compound ingredient that the disputed item names."""

    name: Text | None = None
    """As printed, brand in brackets dropped. None only where it was withheld."""
    strength: Text | None = None
    """As printed, for example `50mg` or `10/325mg` or `5%`."""


class Quantity(Strict):
    """How much was in dispute, as printed; a total is never computed."""

    total: int | float | None = Field(default=None, ge=0)
    unit: Text | None = None
    """`each`, `sessions`, `days`, `ml`, `grams` …"""
    per_week: int | float | None = Field(default=None, ge=0)
    weeks: int | float | None = Field(default=None, ge=0)
    refills: int | None = Field(default=None, ge=0)


class Citation(Strict):
    """One guideline or publication that a side cites."""

    source: Source | None = None
    """None only where it was withheld."""
    mtus: bool | None = None
    """Whether it is cited as part of the MTUS. None only where it was withheld."""
    title: Text | None = None
    year: int | None = Field(default=None, ge=1800, le=2200)
    sections: tuple[Text, ...] = ()
    pages: Text | None = None


class Basis(Strict):
    """What one side (the claims administrator, or the reviewer) says it decided on."""

    statement: Text | None = None
    """The paragraph, verbatim. None only where it was withheld."""
    relied_on: ReliedOn | None = None
    citations: tuple[Citation, ...] = ()


class Decision(Strict):
    """One disputed item and what was decided on it. One per outcome heading, in printed order."""

    heading: Text | None = None
    """The heading, verbatim, without the outcome word, its colon, or a list number. None only where withheld."""
    requested: Text | None = None
    """What was originally asked for."""
    authorized: Text | None = None
    """Partial certifications only: what the claims administrator authorized."""
    disputed: Text | None = None
    """What this decision decides."""
    retrospective: bool | None = None
    """The heading says that the service was already given. None only where withheld."""
    service_dates: tuple[date, ...] = ()
    """Dates of service that the heading prints."""
    associated_surgical_service: bool | None = None
    """The heading says so. None only where withheld."""
    category: Category | None = None
    """What `disputed` is. None where the words do not tell."""
    subcategory: Subcategory | None = None
    body_parts: tuple[BodyPart, ...] = ()
    drugs: tuple[Drug, ...] = ()
    quantity: Quantity | None = None
    outcome: Outcome | None = None
    """Of the denial. None only where the words that should carry it were missing or contradicted it."""
    claims_administrator_basis: Basis | None = None
    reviewer_basis: Basis | None = None
    rationale: Passage | None = None
    reasons: tuple[Reason, ...] = ()
    """Every reason on which the reviewer rests the conclusion."""

    @model_validator(mode="after")
    def _closed_lists_agree(self) -> Self:
        if self.category is not None and self.subcategory not in {None, *SUBCATEGORIES[self.category]}:
            raise ValueError(f"subcategory {self.subcategory} does not belong to {self.category}")
        if self.outcome is not None:
            for reason in self.reasons:
                if reason not in REASONS[self.outcome]:
                    raise ValueError(f"reason {reason} does not belong to outcome {self.outcome}")
        if len(set(self.reasons)) != len(self.reasons):
            raise ValueError("reasons repeat")
        return self


_CASE_NUMBER = re.compile(r"cm[\W_]*(\d{2})[\W_]*(\d{5,8})", re.IGNORECASE)


def case_key(printed: str | None) -> str | None:
    """The one form of a case number, whatever hyphen, case or blanks it is printed with; what is none, in capitals.

    >>> case_key("cm17\u20110500538")
    'CM17-0500538'
    """
    if printed is None:
        return None
    found = _CASE_NUMBER.fullmatch(printed.strip())
    return "CM{}-{}".format(*found.groups()) if found else " ".join(printed.upper().split())


class Determination(Strict):
    """One California workers' compensation IMR Final Determination letter, as data."""

    case_number: Text | None = None
    """As printed, for example `CM16-0213037`."""
    priority: Priority | None = None
    date_assigned: date | None = None
    decision_date: date | None = None
    ur_denial_date: date | None = None
    """Date of the utilization-review denial."""
    application_received: date | None = None
    date_of_injury: date | None = None
    reviewer: Reviewer = Reviewer()
    patient: Patient = Patient()
    clinical_summary: Passage | None = None
    """The body of the clinical case summary."""
    records_reviewed: tuple[Text, ...] = ()
    """Only in layouts that list them."""
    decisions: tuple[Decision, ...] = ()

    @property
    def case_key(self) -> str | None:
        """The case number in the one form by which cases are looked up, joined and compared; see `case_key`."""
        return case_key(self.case_number)

    @property
    def overall_outcome(self) -> OverallOutcome | None:
        """`mixed` where the decisions differ; None where there is none, or one was withheld."""
        outcomes = {decision.outcome for decision in self.decisions}
        if not outcomes or None in outcomes:
            return None
        if len(outcomes) > 1:
            return OverallOutcome.MIXED
        return OverallOutcome(str(outcomes.pop()))

    @property
    def days_in_review(self) -> int | None:
        """Days from the application to the decision."""
        return _days(self.application_received, self.decision_date)

    @property
    def days_from_denial_to_decision(self) -> int | None:
        """Days from the utilization-review denial to the decision."""
        return _days(self.ur_denial_date, self.decision_date)


def _days(earlier: date | None, later: date | None) -> int | None:
    return (later - earlier).days if earlier and later else None


LayoutName = Literal[
    "notice", "professional_review", "decisions_and_rationales", "prose_reviewer", "credentials", "unknown"
]
