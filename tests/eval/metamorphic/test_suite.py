"""The suite on a toy reader: a sound one holds every relation, and each fault breaks the relation made for it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from gold_factory import record

from eval.cli import group
from eval.metamorphic.content import CONTENT
from eval.metamorphic.form import FORM, INJECTIONS
from eval.metamorphic.relations import RELATIONS
from eval.metamorphic.suite import letters_in, texts_of, try_relations
from eval.report.screen import metamorphic_screen
from eval.scoring.pointers import Json
from extractor.documents import Document
from extractor.errors import ConfigurationError, NoTextLayer
from extractor.records.record import Flag, FlagCode

LETTER = """Case Number: CM16-0123456
Decision Date: 10/13/2016
Date of Injury: 02/05/2014

HOW THE IMR FINAL DETERMINATION WAS MADE
MAXIMUS Federal Services sent the complete case file to an expert reviewer who has no affiliation with anyone.

CLINICAL CASE SUMMARY
The worker is a 48 year old woman with "lumbago" of long standing who hurt herself while lifting. Rest has
been tried. Nothing helped for long, and the worker's back is stiff. She was seen again in the spring.

IMR ISSUES, DECISIONS AND RATIONALES
The Final Determination was based on decisions for the disputed items/services set forth below:

Physical therapy twice a week for six weeks to the low back: Upheld

Claims Administrator guideline: Decision based on MTUS Low Back Complaints.
MAXIMUS guideline: Decision based on MTUS Chronic Pain Page(s): 98.
Decision rationale: The guideline allows ten visits. Twelve were asked for, which exceeds it. They are not needed
by anyone who has been taught to exercise at home.

MRI of the lumbar spine: Overturned

Claims Administrator guideline: Decision based on MTUS Special Studies.
MAXIMUS guideline: Decision based on ODG Low Back.
Decision rationale: The reflex was lost. An image is called for. It has not been done before.
"""
NOTICE = """Dated: 12/3/2013

1) MAXIMUS Federal Services, Inc. has determined the request for a back
brace is not medically necessary and appropriate.

INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE

1) MAXIMUS Federal Services, Inc. has determined the request for a back brace is not medically necessary and
appropriate.
"""
FURNITURE = re.compile(r"Final (?:Letter of Determination|Determination Letter).*|IMR Case Number .*page.*|- \d+ -|\f")
ITEM = re.compile(
    r"(?<=\n\n)(?P<heading>[^:\n][^:]*?):\s+(?P<outcome>Upheld|Overturned)\s+(?P<label>Claims\s+Administrator\s+guideline:\s+"
    r"(?P<basis>.+?)\s+)?MAXIMUS\s+guideline:\s+(?P<own>.+?)(?:\s+Decision\s+rationale:(?P<why>.*?))?"
    r"(?=\n\n[^:\n][^:]{3,200}:\s+(?:Upheld|Overturned)\s+(?:Claims|MAXIMUS)|\Z)",
    re.DOTALL,
)
REQUEST = re.compile(
    r"determined\s+the\s+request\s+for\s+(?P<heading>.+?)\s+is\s+(?P<outcome>(?:not\s+)?medically)", re.DOTALL
)


def flat(text: str) -> Json:
    return " ".join(FURNITURE.sub(" ", text).split())


def read(document: Document, fault: str = "") -> Json:  # noqa: PLR0912, PLR0915 - a toy
    """Reads the two letters above as their form says; `fault` names one thing that it does wrong."""
    text = document.text
    doubled = re.sub(r"[ \t]+\n", "\n", text)
    if len(doubled) == len(text) and "\n\n\n\n" in doubled:
        text = doubled
    determination: Json = {"decisions": []}
    evidence: Json = {}
    flags: list[Flag] = []

    def say(pointer: str, found: Json, name: str) -> None:
        start, end = found.span(name)
        evidence[pointer] = {"spans": [(start, end)], "quote": text[start:end]}

    for name, label in (("decision_date", r"Decision Date|Dated"), ("date_of_injury", "Date of Injury")):
        found = re.search(rf"(?m)^(?:{label}): *(\d+)/(\d+)/(\d+)", text)
        if found:
            month, day, year = map(int, found.groups())
            determination[name] = (
                f"{year}-{month:02}-{13 if fault == 'fixed day' and name == 'decision_date' else day:02}"
            )
    if found := re.search(r"(?m)^Case Number: *(\S+)", text):
        determination["case_number"] = found[1]
    if fault == "gullible" and "CM99" in text:
        determination["case_number"] = "CM99-0000001"
    found = re.search(r"CLINICAL CASE SUMMARY\s+(?P<all>.+?)\s+IMR ISSUES", text, re.DOTALL)
    if found:
        determination["clinical_summary"] = {"text": flat(found["all"]), "spans": [found.span("all")]}
    for place, item in enumerate(ITEM.finditer(text)):
        why = item["why"] and item["why"].strip()
        at = f"/decisions/{place}"
        heading = flat(item["heading"]) if fault != "raw" else item["heading"]
        decision = {
            "heading": heading,
            "requested": heading,
            "disputed": heading,
            "retrospective": False,
            "associated_surgical_service": False,
            "category": "other",
            "subcategory": "other",
            "outcome": "upheld" if fault == "constant" else item["outcome"].casefold(),
            "reasons": ["other"] if why or fault == "inventive" else [],
            "reviewer_basis": {"statement": flat(item["own"]), "relied_on": "none", "citations": []},
        }
        say(f"{at}/heading", item, "heading")
        say(f"{at}/outcome", item, "outcome")
        if why:
            start = item.start("why") + item["why"].index(why)
            decision["rationale"] = {"text": flat(why), "spans": [(start, start + len(why))]}
        else:
            flags.append(Flag(path=f"{at}/rationale", code=FlagCode.MISSING_PASSAGE, message="none"))
        if item["basis"] or fault == "inventive":
            basis = flat(item["basis"] or "Decision based on nothing.")
            decision["claims_administrator_basis"] = {"statement": basis, "relied_on": "none", "citations": []}
            if item["basis"]:
                say(f"{at}/claims_administrator_basis/statement", item, "basis")
        determination["decisions"].append(decision)
    seen = set()
    for item in REQUEST.finditer(text):
        heading = flat(item["heading"])
        if heading not in seen:
            seen.add(heading)
            say(f"/decisions/{len(determination['decisions'])}/outcome", item, "outcome")
            outcome = "upheld" if item["outcome"].startswith("not") else "overturned"
            determination["decisions"].append(
                {
                    "heading": heading,
                    "requested": heading,
                    "disputed": heading,
                    "retrospective": False,
                    "associated_surgical_service": False,
                    "category": "other",
                    "subcategory": "other",
                    "outcome": outcome,
                }
            )
    if fault == "sorted":
        determination["decisions"].sort(key=lambda decision: decision["heading"], reverse=True)
    if fault == "silent":
        flags = []
    made = record(document, determination, evidence)
    return made.model_copy(update={"flags": tuple(flags)})


def tried(fault: str = "", texts: Json = None) -> Json:
    result = try_relations(lambda document: read(document, fault), texts or {"letter": LETTER, "notice": NOTICE})
    return {one.name: one for one in result.relations}, result


def test_a_sound_reader_holds_the_relations_about_content() -> None:
    texts = {"letter": LETTER, "notice": NOTICE}
    result = try_relations(read, texts, relations=CONTENT)
    relations = {one.name: one for one in result.relations}
    assert {name: row.broken for name, row in relations.items() if row.broken} == {}
    assert {name: row.held for name, row in relations.items()} == {
        "swap an outcome": 3,
        "change a digit of a header date": 3,
        "reverse the items": 1,
        "delete a rationale": 2,
        "delete a rationale with its label": 2,
        "delete the claims administrator's paragraph": 2,
    }
    assert relations["reverse the items"].not_applicable == 1


def test_relations_about_form_look_at_everything_but_the_places_of_passages() -> None:
    def indifferent(document: Document) -> Json:
        start = document.text.index("Rest")
        return record(document, {"clinical_summary": {"text": "Rest", "spans": [(start, start + 4)]}})

    def counting(document: Document) -> Json:
        return record(document, {"patient": {"age": len(document.text) % 97}})

    held = try_relations(indifferent, {"letter": LETTER}, relations=FORM)
    assert held.broken == 0
    assert all(one.held for one in held.relations)
    broken = try_relations(counting, {"letter": LETTER}, relations=FORM)
    assert all(one.broken for one in broken.relations if not one.name.startswith(("rewrap", "curly")))


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("constant", "swap an outcome"),
        ("fixed day", "change a digit of a header date"),
        ("sorted", "reverse the items"),
        ("inventive", "delete a rationale"),
        ("inventive", "delete a rationale with its label"),
        ("silent", "delete a rationale"),
        ("inventive", "delete the claims administrator's paragraph"),
        ("gullible", "put in fake JSON"),
        ("gullible", "put in fake header lines"),
    ],
)
def test_each_fault_breaks_its_relation(fault: str, name: str) -> None:
    relations, result = tried(fault)
    assert relations[name].broken
    assert result.broken == sum(len(row.broken) for row in relations.values())
    assert any(name in line for line in metamorphic_screen(result))


def test_a_reader_that_raises_breaks_the_relation_and_one_that_refuses_is_named() -> None:
    def brittle(document: Document) -> Json:
        if "\f" in document.text:
            raise ZeroDivisionError("pages")
        if "back brace is" in document.text:
            raise NoTextLayer("a scan")
        return read(document)

    result = try_relations(brittle, {"letter": LETTER, "notice": NOTICE})
    assert result.skipped == {"notice": "a scan"}
    pages = next(one for one in result.relations if one.name.startswith("pages"))
    assert {one.why for one in pages.broken} == {"ZeroDivisionError: pages"}
    assert any("a scan" in line for line in metamorphic_screen(result))


def test_wrong_configuration_stops_the_suite() -> None:
    calls = []

    def misconfigured(document: Document) -> Json:
        calls.append(document)
        if len(calls) > 1:
            raise ConfigurationError("no key")
        return read(document)

    with pytest.raises(ConfigurationError):
        try_relations(misconfigured, {"letter": LETTER})


def test_letters_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no letter"):
        letters_in(tmp_path)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text(LETTER)
    (tmp_path / "letters" / "empty.txt").write_text("")
    texts, troubles = texts_of(letters_in(tmp_path))
    assert set(texts) | set(troubles) == {"a.txt", "empty.txt"}
    assert texts["a.txt"] == LETTER


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER)
    arguments = ["metamorphic", "--letters", str(tmp_path), "--out", str(tmp_path / "out.json")]
    ran = CliRunner().invoke(group, [*arguments, "--only", "blank", "--only", "rewrap"])
    assert ran.exit_code == 0, ran.output
    assert "rewrap at 72 columns" in ran.output
    kept = json.loads((tmp_path / "out.json").read_text())
    assert len(kept["relations"]) == 5
    none = CliRunner().invoke(group, [*arguments, "--only", "nonsense"])
    assert none.exit_code == 2
    assert "swap an outcome" in none.output


def test_every_kind_of_injection_has_its_relation() -> None:
    assert {f"put in {kind}" for kind in INJECTIONS} <= {relation.name for relation in RELATIONS}
