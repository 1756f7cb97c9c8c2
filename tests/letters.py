"""Synthetic letters of each layout, small and complete, from keyword arguments; and the same letter as other programs print it."""

# E501: a row of a table is one line, and letters have long sentences.
# ruff: noqa: E501

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from extractor.facts import gather
from extractor.grounding.drafts import Draft
from extractor.grounding.ground import Grounded, flags, ground
from extractor.grounding.places import pointers
from extractor.layout import Layout, lay_out
from extractor.readers.rules import read_by_rules
from extractor.reading.letter import extract
from extractor.records.record import Evidence, Flag, Record
from extractor.text.literals import Value
from extractor.text.normalize import View, view_of
from extractor.text.spans import Span

SAMPLES = Path(__file__).parent.parent / "docs" / "samples"
LETTERS = Path(__file__).parents[2] / "shared" / "letters"
AT_HAND = pytest.mark.skipif(
    not (LETTERS / "layout_labels.jsonl").is_file(), reason="the real letters in ../shared/letters are not at hand"
)
"""What is measured on real letters, in tests/real_letters: none of their text is in the project."""
WIDTH = 96

HEADER: dict[str, str] = {
    "Case Number": "CM16-0123456",
    "Date Assigned": "12/05/2016",
    "Date of Injury": "03/14/2012",
    "Decision Date": "01/03/2017",
    "UR Denial Date": "11/20/2016",
    "Priority": "Standard",
    "Application Received": "12/01/2016",
}
SUMMARY = (
    "The injured worker is a 45 year old male who was injured on 03-14-2012. The diagnoses include lumbar strain; "
    "left knee contusion. He reported low back pain rated 6/10. On 11-20-2016 Utilization Review non-certified the "
    "requests."
)
REVIEWER = (
    "The Expert Reviewer has the following credentials:\n"
    "State(s) of Licensure: California, Texas\n"
    "Certification(s)/Specialty: Pain Management"
)
PROSE_REVIEWER = (
    "The expert reviewer is Board Certified in Physical Medicine and Rehabilitation, has a subspecialty in Pain "
    "Management and is licensed to practice in California and Texas. He/she has been in active clinical practice for "
    "more than five years and is currently working at least 24 hours a week in active practice."
)
HOW = (
    "MAXIMUS Federal Services sent the complete case file to an expert reviewer. He/she has no affiliation with the "
    "employer, employee, providers or the claims administrator."
)
INTRO = "The Final Determination was based on decisions for the disputed items/services set forth below:"
SUMMARY_INTRO = (
    "The expert reviewer developed the following clinical case summary based on a review of the case file, including "
    "all medical records:"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One disputed item to be printed."""

    heading: str = "Tramadol 50mg #60"
    outcome: str = "Upheld"
    administrator: str | None = "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids."
    expert: str | None = "Decision based on MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids, dosing."
    rationale: str | None = (
        "The guideline looks for a documented gain in function. There is no documentation of functional improvement "
        "with the use of this drug. The request is not medically necessary."
    )

    @property
    def necessary(self) -> bool:
        return self.outcome.lower() == "overturned"


DEFAULT = Asked()


def wrap(text: str, width: int = WIDTH) -> str:
    """Paragraphs set to a width, as letters are."""
    return "\n".join(
        "\n".join(textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False))
        for line in text.split("\n")
    )


def header_table(order: str = "rows", fields: dict[str, str] | None = None, /, **changes: str | None) -> str:
    """The header as PDF programs print it: `rows`, `lines` (label, then value), `pairs`, `columns`, `labels` first …

    `changes` set or (None) leave out a field: `Priority=None`; blanks in names are underscores.
    """
    table = dict(HEADER if fields is None else fields)
    for name, value in changes.items():
        label = next(label for label in HEADER if label.lower() == name.replace("_", " ").lower())
        if value is None:
            table.pop(label, None)
        else:
            table[label] = value
    labels = [f"{label}:" for label in table]
    values = list(table.values())
    match order:
        case "rows":
            return "\n".join(f"{label} {value}" for label, value in zip(labels, values, strict=True))
        case "lines":
            return "\n".join(f"{label}\n{value}" for label, value in zip(labels, values, strict=True))
        case "pairs":
            cells = [f"{label} {value}" for label, value in zip(labels, values, strict=True)]
            return "\n".join("   ".join(cells[i : i + 2]) for i in range(0, len(cells), 2))
        case "labels":
            return "\n".join(labels) + "\n" + "\n".join(values)
        case "columns":
            columns = range(0, len(labels), 2), range(1, len(labels), 2)
            return "\n".join(
                part for side in columns for part in [*(labels[i] for i in side), *(values[i] for i in side)]
            )
        case "split":  # a cell of two lines, its value between them
            return header_table("pairs", table).replace(
                f"Application Received: {table.get('Application Received')}",
                f"Application   {table.get('Application Received')}\n                    Received:",
            )
        case "blocks":  # the left column as labels, then values; the right one row by row
            left, right = list(table)[0::2], list(table)[1::2]
            rows = [f"{label}: {table[label]}" for label in right]
            return "\n".join([*(f"{label}:" for label in left), "", *(table[label] for label in left), "", *rows])
        case "raised":  # as "blocks", but values of the right column stand above their labels
            left, right = list(table)[0::2], list(table)[1::2]
            rows = [
                f"{table[label]}\n{label}:" if n % 2 == 0 else f"{label}: {table[label]}"
                for n, label in enumerate(right)
            ]
            return "\n".join([*(f"{label}:" for label in left), "", *(table[label] for label in left), "", *rows])
        case _:
            raise ValueError(f"no header order {order!r}")


def item_text(asked: Asked = DEFAULT, *, width: int = WIDTH, rationale_label: str = "Decision rationale:") -> str:
    """One item as letters of 2014 and later print it."""
    parts = [wrap(f"{asked.heading}: {asked.outcome}", width)]
    if asked.administrator is not None:
        parts.append(wrap(f"Claims Administrator guideline: {asked.administrator}", width))
    if asked.expert is not None:
        parts.append(wrap(f"MAXIMUS guideline: {asked.expert}", width))
    if asked.rationale is not None:
        parts.append(wrap(f"{rationale_label} {asked.rationale}", width))
    return "\n\n".join(parts)


def credentials(
    *items: Asked,
    header: str | None = None,
    reviewer: str = REVIEWER,
    summary: str = SUMMARY,
    width: int = WIDTH,
    intro: str = INTRO,
    decisions: str = "IMR ISSUES, DECISIONS AND RATIONALES",
    summary_heading: str = "CLINICAL CASE SUMMARY",
) -> str:
    """A letter of 2015 and later; `header=""` gives one that lost it."""
    top = header_table("lines") if header is None else header
    parts = [
        top,
        "HOW THE IMR FINAL DETERMINATION WAS MADE\n" + wrap(HOW, width) + "\n\n" + reviewer,
        f"{summary_heading}\n" + wrap(SUMMARY_INTRO, width) + "\n\n" + wrap(summary, width),
        decisions + "\n" + wrap(intro, width),
        *(item_text(asked, width=width) for asked in items or (DEFAULT,)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(*items: Asked, header: str | None = None, reviewer: str = PROSE_REVIEWER, summary: str = SUMMARY) -> str:
    """A letter of 2014: the reviewer is told of in prose."""
    return credentials(*items, header=header, reviewer=wrap(reviewer), summary=summary)


def notice(
    *items: Asked,
    dated: str | None = "1/6/2014",
    filed: str = "10/7/2013",
    denied: str = "9/24/2013",
    assigned: str = "10/21/2013",
    reviewer: str = "The physician reviewer is Board Certified in Hand Surgery and is licensed to practice in California.",
    summary: str = "The employee is a 45 year old male injured on 2/28/2012. Diagnoses: carpal tunnel syndrome.",
    records: Sequence[str] = ("Application for Independent Medical Review", "Medical records from the surgeon"),
    guidelines: str = (
        "The Claims Administrator based its decision on the Official Disability Guidelines (ODG), Pain Chapter, which "
        "is not part of the MTUS. The Expert Reviewer relied on the Chronic Pain Medical Treatment Guidelines (2009), "
        "page 8, which is part of the MTUS."
    ),
    glued: bool = False,
    twice: bool = True,
) -> str:
    """A Notice of Independent Medical Review Determination of 2013; headings should carry their article."""
    asked = items or (Asked("a right carpal tunnel release"),)
    blank = "" if glued else " "

    def verdict(one: Asked) -> str:
        return (
            "is medically necessary and appropriate"
            if one.necessary
            else f"is not{blank}medically necessary and appropriate"
        )

    def request(one: Asked) -> str:
        return one.heading if one.heading.startswith("retrospective request") else f"request for {one.heading}"

    listed = "\n\n".join(
        wrap(f"{n}) MAXIMUS Federal Services, Inc. has determined the {request(one)} {verdict(one)}.")
        for n, one in enumerate(asked, start=1)
    )
    decided = [
        wrap(f"{n}) Regarding the {request(one)}:")
        + "\n\nMedical Treatment Guideline(s) Relied Upon by the Expert Reviewer to Make His/Her Decision:\n"
        + wrap(guidelines)
        + "\n\nRationale for the Decision:\n"
        + wrap(
            one.rationale or ""
            if one is not DEFAULT and one.rationale != DEFAULT.rationale
            else f"The records were read. The {request(one)} {verdict(one)}."
        )
        for n, one in enumerate(asked, start=1)
    ]
    parts = [
        "MAXIMUS FEDERAL SERVICES, INC.\nNotice of Independent Medical Review Determination",
        f"Dated: {dated}" if dated else "",
        listed if twice else "",
        "INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE",
        wrap(
            f"An application for Independent Medical Review was filed on {filed} disputing the Utilization Review Denial "
            f"dated {denied}. A Notice of Assignment and Request for Information was provided to the above parties on "
            f"{assigned}. A decision has been made for each of the treatment and/or services that were in dispute:"
        ),
        listed,
        "Medical Qualifications of the Expert Reviewer:\n" + wrap(reviewer),
        "Case Summary:\n" + wrap(summary),
        "Documents Reviewed for Determination:\n"
        + wrap(
            "The following relevant documents received from the interested parties and the documents provided with the "
            "application were reviewed and considered. These documents included:"
        )
        + "\n\n"
        + "\n".join(f"- {record}" for record in records),
        *decided,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def review(
    *issues: str,
    necessary: bool = False,
    rationale: str | None = None,
    guidelines: str = "The Professional Reviewer relied on the Official Disability Guidelines (ODG), Hip & Pelvis Chapter, Arthrography.",
    summary: str = "The injured worker is a 32 year-old man who fell astride a roof beam on 2/19/2013. The working diagnosis is left hip strain.",
    records: Sequence[str] = ("Utilization Review letter dated 5/1/2013", "Radiology report, pelvis, 2/20/2013"),
    reviewer: str = "The Medical Professional Reviewer is board certified in Orthopedic Surgery, and is licensed to practice in California.",
) -> str:
    """A Medical Professional Review of 2013."""
    asked = issues or ("MRI arthrogram of the left hip",)
    word = "" if necessary else "NOT "
    text = rationale or f"The file was read. The request was {word.lower()}medically necessary."
    parts = [
        "MEDICAL PROFESSIONAL REVIEW",
        "ISSUE AT DISPUTE:\n\n" + "\n".join(f"{n}. {issue}" for n, issue in enumerate(asked, start=1)),
        "CASE SUMMARY:\n\n" + wrap(summary),
        "DOCUMENTS REVIEWED FOR DETERMINATION:\n\n" + "\n".join(f"- {record}" for record in records),
        "MEDICAL TREATMENT GUIDELINE(S) RELIED UPON BY PROFESSIONAL REVIEWER AND WHY:\n\n" + wrap(guidelines),
        wrap(f"RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE IS/WAS {word}MEDICALLY NECESSARY:")
        + "\n\n"
        + wrap(text),
        "MEDICAL REVIEWER QUALIFICATIONS:\n\n" + wrap(reviewer),
    ]
    return "\n\n".join(parts) + "\n"


def decisions_and_rationales(
    *items: Asked,
    header: str = "MAXIMUS FEDERAL SERVICES, INC.\nIndependent Medical Review\n\nMAXIMUS Case Number: CM13-0123456\nUR Denial Date: 9/24/2013",
) -> str:
    """A letter of 2013-14 headed IMR DECISION(S) AND RATIONALE(S)."""
    parts = [
        header,
        "HOW THE IMR FINAL DETERMINATION WAS MADE\n" + wrap(HOW + " " + PROSE_REVIEWER),
        "DOCUMENTS REVIEWED\n- Application for Independent Medical Review\n- Utilization Review Determination",
        "CLINICAL CASE SUMMARY\n" + wrap(SUMMARY),
        "IMR DECISION(S) AND RATIONALE(S)\n" + wrap(INTRO),
        *(
            item_text(one, rationale_label="The Physician Reviewer's decision rationale:")
            for one in items or (DEFAULT,)
        ),
    ]
    return "\n\n".join(parts) + "\n"


EVERY_LAYOUT: dict[str, Callable[..., str]] = {
    "credentials": credentials,
    "prose_reviewer": prose,
    "notice": notice,
    "professional_review": review,
    "decisions_and_rationales": decisions_and_rationales,
}


# --- the same letter, as other programs print it -----------------------------------------------------------------


def spaced_out(text: str) -> str:
    """A blank line after every line, trailing spaces."""
    return "".join(f"{line} \n\n" for line in text.split("\n") if line.strip())


def closed_up(text: str) -> str:
    """No blank line at all."""
    return "\n".join(line for line in text.split("\n") if line.strip()) + "\n"


def in_one_line(text: str) -> str:
    """Every break lost."""
    return " ".join(text.split())


def paged(text: str, lines: int = 9) -> str:
    """A form feed after so many lines."""
    rows = text.split("\n")
    return "\f".join("\n".join(rows[i : i + lines]) for i in range(0, len(rows), lines))


def indented(text: str) -> str:
    """Tabs and spaces before, between and after the words."""
    return "\n".join(f"  \t{line.replace(' ', '  ')}   " if line.strip() else "   " for line in text.split("\n"))


DISGUISES = {
    "spaced_out": spaced_out,
    "closed_up": closed_up,
    "in_one_line": in_one_line,
    "paged": paged,
    "indented": indented,
}


# --- shorthand for tables ------------------------------------------------------------------------------------------


@cache
def sample(name: str) -> str:
    """One sample letter of docs/samples."""
    return (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")


def sample_names() -> list[str]:
    return sorted(path.stem for path in SAMPLES.glob("*.txt"))


def read(text: str) -> Record:
    """The record of a text."""
    return extract(text)


def layout_of(text: str) -> Layout:
    return lay_out(text)


def drafted(layout: Layout) -> Draft:
    """What the rules say of a letter."""
    return read_by_rules(layout, gather(layout))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A grounded reading as its record would tell it: everything by JSON pointer."""

    values: dict[str, Value]
    evidence: dict[str, Evidence]
    flags: list[Flag]
    grounded: Grounded


def by_pointer(reading: Grounded) -> Accepted:
    at = pointers(reading.values)
    return Accepted(
        {at[place]: value for place, value in reading.values.items()},
        {at[place]: evidence for place, evidence in reading.evidence.items()},
        flags(reading.doubts, at),
        reading,
    )


def grounded(draft: Draft, layout: Layout) -> Accepted:
    """What of a draft is accepted."""
    return by_pointer(ground(draft, layout, gather(layout)))


def one_view(text: str) -> tuple[View, Span]:
    """A view of a short text, and the span of all of it."""
    view = view_of(text)
    return view, Span(0, len(view.flat))


def with_heading(heading: str, **changes: str) -> Record:
    """The record of a credentials letter with one item headed so."""
    return read(credentials(Asked(heading=heading, **changes)))


def codes(record: Record) -> set[str]:
    return {flag.code.value for flag in record.flags}


def flagged(record: Record) -> set[tuple[str, str]]:
    return {(flag.code.value, flag.path) for flag in record.flags}


def day(text: str) -> date:
    return date.fromisoformat(text)
