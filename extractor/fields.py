"""The fields of a determination, one row each: the one place that says what a field is.

A row tells where a field stands in the record, where in the letter it may be said, how a claim of it is grounded, which
reader leads on it, and how it is stored, shown and documented. The rows of the database, the columns of exports, what
`imr show` prints and the tables of docs/record.md are made from this table, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from extractor.records.determination import (
    Category,
    Outcome,
    Part,
    Priority,
    Reason,
    ReliedOn,
    Sex,
    Side,
    Source,
    Subcategory,
)
from extractor.support import finding, scopes, stated, words
from extractor.support.finding import Finder
from extractor.support.scopes import Scope
from extractor.support.stated import Fact
from extractor.support.words import Check
from extractor.text.literals import Value


class ValueType(StrEnum):
    """Type of a value, and of the column that holds it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who leads on a field where two readers read, and what becomes of what only the other says."""

    leader: Literal["rules", "model"]
    fills: bool
    """Take the other's where the leader says nothing at all."""
    joins: bool
    """Take the other's further entries of a list, too."""
    why: str


FORM = Policy("rules", True, False, "the printed form gives it, and rules read that form without a miss so far")
HEADING = Policy("rules", True, False, "rules parse the heading's grammar; a model fills what the vocabularies lack")
PROSE = Policy("model", True, False, "free prose: rules know the common turns, and miss or clip the others")
JUDGED = Policy("model", True, False, "a judgement on prose: rules know a reason by its usual words alone")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands in the database and in exports."""

    table: str
    name: str
    stored: bool = True
    """Whether the table has it; else the view takes it out of the record."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field. It is grounded by `fact` or by `check`, or, where it has neither, by its own words (`verbatim`)."""

    pattern: str
    """JSON pointer into the determination, `*` for positions: `/decisions/*/drugs/*/name`."""
    kind: ValueType
    scope: Scope
    """Where it may be said."""
    meaning: str
    """What it holds, for docs and data dictionaries."""
    label: str
    """What `imr show` calls it."""
    column: Column | None
    """None for what tables leave to the record's JSON."""
    policy: Policy = FORM
    fact: Fact | None = None
    """What the letter states for it, parsed by type: a claim must be one of these values."""
    check: Check | None = None
    """Whether the quoted words give the value; of a field with facts, only in an unknown layout, which has none."""
    finder: Finder | None = None
    """Where a scope says a value that came without its place; by default, where its very words stand."""
    allowed: frozenset[Value] | None = None
    """The closed list, where the field has one."""
    verbatim: bool = False
    """The value is the words themselves."""
    derived: bool = False
    """The value is a class that the words license, not printed."""
    in_heading: bool = False
    """It is said in the item's heading: words are read in the light of the whole of it."""
    whole_words: bool = True
    """A place may not begin or end inside a word or a number."""
    passage: bool = False
    """It is kept with the spans of its text."""

    def __reduce__(self) -> tuple[Callable[[str], Field], tuple[str]]:
        """Told to another process by its pattern: there is one of each field."""
        return field_at, (self.pattern,)

    @property
    def leaf(self) -> str:
        """The last name of the pattern: `name` of `…/drugs/*/name`, `reasons` of `/decisions/*/reasons/*`."""
        return next(step for step in reversed(self.pattern.split("/")) if step != "*")

    @property
    def lists(self) -> tuple[str, ...]:
        """Patterns of the lists that it stands in, outermost first, that of the decisions left out."""
        return _LISTS[self.pattern]

    @property
    def of_decision(self) -> bool:
        """It belongs to a decision, not to the letter as a whole."""
        return self.pattern.startswith(_DECISIONS)

    @property
    def names_entry(self) -> bool:
        """It says which entry of its list it belongs to; the other leaves are told by it."""
        return bool(self.lists) and (self.pattern == f"{self.lists[0]}/*" or self.leaf in ("name", "part", "title"))


_DECISIONS = "/decisions/*/"
_LISTS: dict[str, tuple[str, ...]] = {}
_ROWS: list[Field] = []


def _row(
    pattern: str, kind: ValueType, scope: Scope, label: str, column: Column | None, meaning: str, **more: Any
) -> Field:
    field = Field(pattern, kind, scope, meaning, label, column, **more)
    inside = pattern.removeprefix(_DECISIONS)
    start = len(pattern) - len(inside)
    _LISTS[pattern] = tuple(pattern[: start + match.start()] for match in re.finditer(r"/\*", inside))
    _ROWS.append(field)
    return field


def _letter(name: str, *, stored: bool = True) -> Column:
    return Column("determinations", name, stored)


def _decision(name: str, *, stored: bool = True) -> Column:
    return Column("decisions", name, stored)


def _members(of: type[StrEnum]) -> frozenset[Value]:
    return frozenset(member.value for member in of)


_T, _I, _N, _B, _D = ValueType.TEXT, ValueType.INTEGER, ValueType.NUMBER, ValueType.BOOLEAN, ValueType.DATE


def _header_date(name: str, label: str, meaning: str, told: Any = None, *, of_injury: bool = False) -> Field:
    return _row(
        f"/{name}",
        _D,
        scopes.in_header(name, told),
        label,
        _letter(name),
        meaning,
        fact=stated.header_date(name, told, of_injury=of_injury),
        check=words.gives_date,
    )


# --- the letter ------------------------------------------------------------------------------------------------------

# "45-year-old", "age 45", "forty-five year old"
_AGE = r"\b\d{2,3}[- ]?(?:year|yr)s?[- ]?old|\bage(?:d| of)? \d{2,3}|\b[a-z]+(?:-[a-z]+)?[- ]year[- ]old"
# "#60", "1,000", "twelve", "twenty-four"
_NUMBER = finding.first_number(r"(?<![\w.])#?\d[\d,]*(?:\.\d+)?(?![\d/])|\b[a-z]+(?:-[a-z]+)?\b")

CASE_NUMBER = _row(
    "/case_number",
    _T,
    scopes.case_number,
    "case number",
    _letter("case_number"),
    "As printed, for example CM16-0213037",
    check=words.is_case_number,
    verbatim=True,
)
PRIORITY = _row(
    "/priority",
    _T,
    scopes.in_header("priority"),
    "priority",
    _letter("priority"),
    "standard or expedited",
    check=words.gives_word,
    finder=finding.whole_scope(words.gives_word),
    allowed=_members(Priority),
)
DATE_ASSIGNED = _header_date("date_assigned", "date assigned", "Date the review was assigned")
DECISION_DATE = _header_date("decision_date", "decision date", "Date of the decision")
UR_DENIAL_DATE = _header_date(
    "ur_denial_date", "UR denial date", "Date of the utilization-review denial", lambda told: told.review
)
APPLICATION_RECEIVED = _header_date("application_received", "application received", "Date the application was received")
DATE_OF_INJURY = _header_date(
    "date_of_injury", "date of injury", "Date of injury", lambda told: told.injury, of_injury=True
)
LICENSED_STATES = _row(
    "/reviewer/licensed_states/*",
    _T,
    scopes.reviewer,
    "licensed in",
    _letter("licensed_states"),
    "States in which the reviewer is licensed",
    fact=stated.qualification(lambda reviewer: reviewer.licensed_states),
    check=words.gives_state,
)
SPECIALTIES = _row(
    "/reviewer/specialties/*",
    _T,
    scopes.reviewer,
    "specialty",
    _letter("specialties"),
    "Board certifications and specialties of the reviewer",
    fact=stated.qualification(lambda reviewer: reviewer.specialties),
    check=words.gives_specialty,
    finder=finding.specialty,
)
SUBSPECIALTIES = _row(
    "/reviewer/subspecialties/*",
    _T,
    scopes.reviewer,
    "subspecialty",
    _letter("subspecialties"),
    "Subspecialties of the reviewer",
    fact=stated.qualification(lambda reviewer: reviewer.subspecialties),
    check=words.gives_specialty,
    finder=finding.specialty,
)
AGE = _row(
    "/patient/age",
    _I,
    scopes.patient,
    "patient age",
    _letter("patient_age"),
    "Age in years, as stated",
    fact=stated.age,
    finder=finding.first_number(_AGE),
)
SEX = _row(
    "/patient/sex",
    _T,
    scopes.patient,
    "patient sex",
    _letter("patient_sex"),
    "male or female",
    policy=PROSE,
    check=words.gives_sex,
    finder=finding.sex_word,
    allowed=_members(Sex),
)
MECHANISM = _row(
    "/patient/mechanism",
    _T,
    scopes.patient,
    "patient mechanism",
    _letter("mechanism"),
    "How the injury happened, verbatim",
    policy=PROSE,
    check=words.names_an_act,
    verbatim=True,
)
DIAGNOSES = _row(
    "/patient/diagnoses/*",
    _T,
    scopes.summary,
    "diagnosis",
    Column("diagnoses", "diagnosis"),
    "A diagnosis that the clinical summary states, verbatim",
    policy=PROSE,
    verbatim=True,
)
CLINICAL_SUMMARY = _row(
    "/clinical_summary",
    _T,
    scopes.summary,
    "summary",
    _letter("clinical_summary", stored=False),
    "The clinical case summary",
    verbatim=True,
    passage=True,
)
RECORDS_REVIEWED = _row(
    "/records_reviewed/*",
    _T,
    scopes.records,
    "record reviewed",
    None,
    "A document of the list, verbatim; only in layouts that list them",
    verbatim=True,
)

# --- a decision ------------------------------------------------------------------------------------------------------


def _in_heading(name: str, kind: ValueType, label: str, column: Column, meaning: str, **more: Any) -> Field:
    return _row(f"{_DECISIONS}{name}", kind, scopes.heading, label, column, meaning, in_heading=True, **more)


def _of_request(name: str, meaning: str, fact: Fact | None) -> Field:
    return _in_heading(name, _T, name, _decision(name), meaning, fact=fact, verbatim=True)


def _yes_or_no(name: str, label: str, meaning: str, pattern: str) -> Field:
    check = words.pattern_says(pattern)
    finder = finding.whole_scope(check)
    return _in_heading(name, _B, label, _decision(name), meaning, check=check, finder=finder, derived=True)


def _service(name: str, meaning: str, members: type[StrEnum], check: Check) -> Field:
    """A class of service: any part of the heading may license it, also part of a word ("x-ray" of "x-rays")."""
    return _in_heading(
        name,
        _T,
        name,
        _decision(name),
        meaning,
        policy=HEADING,
        check=check,
        finder=finding.whole_scope(check),
        allowed=_members(members),
        derived=True,
        whole_words=False,
    )


def _of_body(name: str, meaning: str, members: type[StrEnum], fact: Fact, check: Check) -> Field:
    return _in_heading(
        f"body_parts/*/{name}",
        _T,
        "body part",
        Column("body_parts", name),
        meaning,
        policy=HEADING,
        fact=fact,
        finder=finding.first_body_token(check),
        allowed=_members(members),
        derived=True,
    )


def _of_drug(name: str, meaning: str, fact: Fact) -> Field:
    column = Column("drugs", name)
    return _in_heading(f"drugs/*/{name}", _T, "drug", column, meaning, policy=HEADING, fact=fact, verbatim=True)


def _amount(name: str, kind: ValueType, meaning: str, **more: Any) -> Field:
    column = _decision(f"quantity_{name}")
    fact = stated.amount(name)
    return _in_heading(f"quantity/{name}", kind, "quantity", column, meaning, policy=HEADING, fact=fact, **more)


OUTCOME = _row(
    f"{_DECISIONS}outcome",
    _T,
    scopes.verdict,
    "outcome",
    _decision("outcome"),
    "upheld (not necessary) or overturned (necessary)",
    fact=stated.outcome,
    finder=finding.all_of_it,
    allowed=_members(Outcome),
)
HEADING_TEXT = _of_request("heading", "The heading, verbatim", None)
REQUESTED = _of_request("requested", "What was originally asked for", stated.requested)
AUTHORIZED = _of_request(
    "authorized", "Partial certifications: what the claims administrator authorized", stated.authorized
)
DISPUTED = _of_request("disputed", "What this decision decides", stated.disputed)
RETROSPECTIVE = _yes_or_no(
    "retrospective", "retrospective", "The service had already been given", r"\bretro(?:spective(?:ly)?)?\b"
)
SERVICE_DATES = _in_heading(
    "service_dates/*",
    _D,
    "service date",
    _decision("service_dates"),
    "Dates of service in the heading",
    fact=stated.service_date,
)
ASSOCIATED = _yes_or_no(
    "associated_surgical_service",
    "associated surgical service",
    "The heading says so",
    r"^\s*associated surgical service",
)
CATEGORY = _service("category", "Kind of service", Category, words.gives_category)
SUBCATEGORY = _service("subcategory", "Kind within the category", Subcategory, words.gives_subcategory)
PART = _of_body("part", "Part of the body that the heading names", Part, stated.part, words.gives_part)
SIDE = _of_body("side", "left, right or bilateral", Side, stated.side, words.gives_side)
DRUG_NAME = _of_drug("name", "Drug or compound ingredient, as printed", stated.drug_name)
STRENGTH = _of_drug("strength", "Strength, as printed", stated.strength)
TOTAL = _amount("total", _N, "Total in dispute, as printed", finder=_NUMBER)
UNIT = _amount("unit", _T, "Unit of the total", finder=finding.whole_scope(words.gives_unit), derived=True)
PER_WEEK = _amount("per_week", _N, "Times a week", finder=_NUMBER)
WEEKS = _amount("weeks", _N, "Weeks", finder=_NUMBER)
REFILLS = _amount("refills", _I, "Refills", finder=_NUMBER)
QUANTITY = (TOTAL, UNIT, PER_WEEK, WEEKS, REFILLS)


_YEAR = finding.first_number(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class BasisFields:
    """The fields of what one side decided on."""

    statement: Field
    relied_on: Field
    source: Field
    mtus: Field
    title: Field
    year: Field
    sections: Field
    pages: Field


def _basis(path: str, label: str, table_name: str, scope: Scope, whose: stated.BasisSide, title: str) -> BasisFields:
    def row(name: str, kind: ValueType, words_of: str, column: Column, meaning: str, **more: Any) -> Field:
        return _row(f"{_DECISIONS}{path}/{name}", kind, scope, f"{label} {words_of}", column, meaning, **more)

    def cited(name: str, kind: ValueType, meaning: str, of: Callable[..., Any], **more: Any) -> Field:
        column = Column("citations", name.removesuffix("/*"))
        return row(f"citations/*/{name}", kind, "cites", column, meaning, fact=stated.of_citation(whose, of), **more)

    return BasisFields(
        relied_on=row(
            "relied_on",
            _T,
            "relied on",
            _decision(f"{table_name}_relied_on"),
            "mtus, non_mtus, both or none",
            fact=stated.of_basis(whose, stated.relied_on),
            finder=finding.whole_scope(words.gives_relied_on),
            allowed=_members(ReliedOn),
            derived=True,
        ),
        statement=row(
            "statement",
            _T,
            "said",
            _decision(f"{table_name}_statement", stored=False),
            f"{title} guideline paragraph",
            fact=stated.of_basis(whose, stated.statement),
            verbatim=True,
        ),
        source=cited(
            "source",
            _T,
            "MTUS, ACOEM, ODG or OTHER",
            stated.source,
            allowed=_members(Source),
            derived=True,
            finder=finding.whole_scope(words.gives_source),
        ),
        mtus=cited(
            "mtus",
            _B,
            "Cited as part of the MTUS",
            stated.in_mtus,
            derived=True,
            finder=finding.whole_scope(words.gives_in_mtus),
        ),
        title=cited("title", _T, "Title, verbatim", stated.title, verbatim=True),
        year=cited("year", _I, "Year, where printed", stated.year, finder=_YEAR),
        sections=cited("sections/*", _T, "Sections, where printed", stated.section, verbatim=True),
        pages=cited("pages", _T, "Pages, where printed", stated.pages, verbatim=True),
    )


ADMINISTRATOR = _basis(
    "claims_administrator_basis",
    "administrator",
    "claims_administrator",
    scopes.administrator,
    lambda item: item.administrator,
    "The claims administrator's",
)
REVIEWER = _basis("reviewer_basis", "reviewer", "reviewer", scopes.expert, lambda item: item.reviewer, "The reviewer's")
RATIONALE = _row(
    f"{_DECISIONS}rationale",
    _T,
    scopes.rationale,
    "rationale",
    _decision("rationale", stored=False),
    "The decision rationale",
    verbatim=True,
    passage=True,
)
REASONS = _row(
    f"{_DECISIONS}reasons/*",
    _T,
    scopes.rationale,
    "reason",
    Column("reasons", "reason"),
    "Why the reviewer decided so",
    policy=JUDGED,
    check=words.gives_reason,
    finder=finding.reason_sentence,
    allowed=_members(Reason),
    derived=True,
)

FIELDS: tuple[Field, ...] = tuple(_ROWS)
"""Every field, in the order of the record as it is shown."""
BY_PATTERN: dict[str, Field] = {field.pattern: field for field in FIELDS}


def field_at(pattern: str) -> Field:
    """The field with this pattern.

    Raises:
        KeyError: there is none.

    """
    return BY_PATTERN[pattern]


def below(*patterns: str) -> frozenset[Field]:
    """The fields at these patterns, and inside of what stands there: `below("/patient")`."""
    return frozenset(
        field
        for field in FIELDS
        for pattern in patterns
        if field.pattern == pattern or field.pattern.startswith(f"{pattern}/")
    )
