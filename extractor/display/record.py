"""One record, readable: every value beside the words of the letter that support it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from extractor.determination import Basis, Citation, Decision, Determination, Drug, Quantity
from extractor.display.clean import one_line, shortened
from extractor.display.screen import Head, Screen
from extractor.records import Evidence, FlagCode, Record

PASSAGE_CHARACTERS = 300
"""How much of a passage or quote is shown, unless all is asked for."""

STYLES = {"upheld": "yellow", "overturned": "green", "mixed": "cyan"}
"""Colours of outcomes."""


@dataclass(frozen=True, slots=True)
class Line:
    """A value to show: its field, its pointer and itself as text."""

    label: str
    pointer: str
    value: str


def show_record(screen: Screen, record: Record, *, full: bool = False) -> None:
    """Show a record; with `full`, passages and quotes are not shortened."""
    determination = record.determination
    screen.line(_headline(record))
    info = record.document
    screen.line(
        f"{one_line(info.name)} · {info.media_type} · {info.pages} page{'s' * (info.pages != 1)} · "
        f"layout {info.layout} · {record.provenance.reader} reader · sha256 {info.sha256[:12]}",
        style="dim",
    )
    _show_lines(screen, record, list(_header_lines(determination)), full)
    total = len(determination.decisions)
    for n, decision in enumerate(determination.decisions):
        outcome = decision.outcome or "outcome withheld"
        title = Text(f"Decision {n + 1} of {total}: ", style="bold")
        title.append(str(outcome).upper(), style=f"bold {STYLES.get(outcome, 'red')}")
        screen.line()
        screen.line(title)
        _show_lines(screen, record, list(_decision_lines(f"/decisions/{n}", decision)), full)
    _show_flags(screen, record)


def _headline(record: Record) -> Text:
    determination = record.determination
    outcome = determination.overall_outcome
    text = Text(one_line(determination.case_number or "(no case number)"), style="bold")
    text.append(" · ")
    text.append(outcome.upper() if outcome else "no overall outcome", style=STYLES.get(outcome or "", "red"))
    count = len(determination.decisions)
    text.append(f" · {count} decision{'s' * (count != 1)}")
    return text


SURE = 0.9
"""Values of less confidence say so."""


def _show_lines(screen: Screen, record: Record, lines: list[Line], full: bool) -> None:
    if screen.rich:
        heads = (
            Head("field", style="cyan"),
            Head("value", ratio=1),
            Head("words of the letter", ratio=1),
            Head("lines"),
        )
        screen.table(heads, [_cells(line, record, full) for line in lines])
        return
    for line in lines:
        label, value, words, where = (str(cell) for cell in _cells(line, record, full))
        place = f" (line{'s' * ('-' in where)} {where})" if where else ""
        screen.line(f"{label}: {value}  <- {words}{place}")


def _cells(line: Line, record: Record, full: bool) -> tuple[str, str, Text, str]:
    value = one_line(line.value)
    shown = value if full else shortened(value, PASSAGE_CHARACTERS)
    evidence = _evidence(record, line.pointer)
    if not evidence:
        return line.label, shown, Text("(no evidence)", style="red"), ""
    quotes = _distinct([one_line(e.quote) for e in evidence])
    if quotes == [value]:
        words = Text("as printed", style="dim")
    else:
        words = Text(" · ".join(f'"{quote if full else shortened(quote, PASSAGE_CHARACTERS)}"' for quote in quotes))
        if any(e.how == "derived" for e in evidence):
            words.append(" (derived)", style="dim")
    if any(e.support == "unchecked" for e in evidence):
        words.append(" (a model's judgement)", style="yellow")
    least = min((e.confidence for e in evidence if e.confidence is not None), default=1.0)
    if least < SURE:
        words.append(f" (only {least:.0%} sure)", style="yellow")
    return line.label, shown, words, _where(evidence)


def _evidence(record: Record, pointer: str) -> list[Evidence]:
    """Find the evidence of the value itself, else of all its parts."""
    if found := record.evidence.get(pointer):
        return [found]
    return [e for key, e in record.evidence.items() if key.startswith(pointer + "/")]


def _distinct(quotes: list[str]) -> list[str]:
    """Keep each quote once, and none that is part of another."""
    return [q for q in dict.fromkeys(quotes) if not any(q != other and q in other for other in quotes)]


def _where(evidence: list[Evidence]) -> str:
    lines = [e.lines for e in evidence if e.lines]
    if not lines:
        return ""
    first, last = min(line[0] for line in lines), max(line[1] for line in lines)
    return str(first) if first == last else f"{first}-{last}"


def _header_lines(determination: Determination) -> Iterator[Line]:
    for field in (
        *("case_number", "priority", "date_assigned", "decision_date", "ur_denial_date", "application_received"),
        "date_of_injury",
    ):
        yield from _scalar(field, f"/{field}", getattr(determination, field))
    reviewer, patient = determination.reviewer, determination.patient
    for label, field in (
        ("licensed in", "licensed_states"),
        ("specialty", "specialties"),
        ("subspecialty", "subspecialties"),
    ):
        yield from _each(label, f"/reviewer/{field}", getattr(reviewer, field))
    for field in ("age", "sex", "mechanism"):
        yield from _scalar(f"patient {field}", f"/patient/{field}", getattr(patient, field))
    yield from _each("diagnosis", "/patient/diagnoses", patient.diagnoses)
    if determination.clinical_summary:
        yield Line("summary", "/clinical_summary", determination.clinical_summary.text)
    yield from _each("record reviewed", "/records_reviewed", determination.records_reviewed)


def _decision_lines(at: str, decision: Decision) -> Iterator[Line]:
    for field in ("outcome", "heading", "requested", "authorized", "disputed"):
        value = getattr(decision, field)
        # In an ordinary heading the three say the same; once is enough for a reader.
        if field in ("requested", "disputed") and value == decision.heading:
            continue
        yield from _scalar(field, f"{at}/{field}", value)
    if decision.retrospective:
        yield Line("retrospective", f"{at}/retrospective", "yes")
    for n, day in enumerate(decision.service_dates):
        yield Line("service date", f"{at}/service_dates/{n}", day.isoformat())
    if decision.associated_surgical_service:
        yield Line("associated surgical service", f"{at}/associated_surgical_service", "yes")
    if decision.category:
        kind = f"{decision.category} / {decision.subcategory}" if decision.subcategory else str(decision.category)
        yield Line("category", f"{at}/category", kind)
    for n, body in enumerate(decision.body_parts):
        yield Line("body part", f"{at}/body_parts/{n}", " ".join(filter(None, (body.side, body.part))) or "(withheld)")
    for n, drug in enumerate(decision.drugs):
        yield Line("drug", f"{at}/drugs/{n}", _drug(drug))
    if decision.quantity:
        yield Line("quantity", f"{at}/quantity", _quantity(decision.quantity))
    yield from _basis("administrator", f"{at}/claims_administrator_basis", decision.claims_administrator_basis)
    yield from _basis("reviewer", f"{at}/reviewer_basis", decision.reviewer_basis)
    if decision.rationale:
        yield Line("rationale", f"{at}/rationale", decision.rationale.text)
    yield from _each("reason", f"{at}/reasons", decision.reasons)


def _basis(side: str, at: str, basis: Basis | None) -> Iterator[Line]:
    if basis is None:
        return
    yield from _scalar(f"{side} relied on", f"{at}/relied_on", basis.relied_on)
    for n, citation in enumerate(basis.citations):
        yield Line(f"{side} cites", f"{at}/citations/{n}", _citation(citation))
    if not basis.citations:
        yield from _scalar(f"{side} said", f"{at}/statement", basis.statement)


def _citation(citation: Citation) -> str:
    source = citation.source or "(source withheld)"
    head = f"{source} (MTUS)" if citation.mtus and citation.source != "MTUS" else str(source)
    year = str(citation.year) if citation.year and str(citation.year) not in (citation.title or "") else None
    pages = f"pages {citation.pages}" if citation.pages else None
    return ", ".join(
        filter(None, (f"{head}: {citation.title}" if citation.title else head, year, *citation.sections, pages))
    )


def _drug(drug: Drug) -> str:
    return " ".join(filter(None, (drug.name or "(name withheld)", drug.strength)))


def _quantity(quantity: Quantity) -> str:
    parts = []
    if quantity.total is not None:
        parts.append(f"{quantity.total:g} {quantity.unit or ''}".strip())
    if quantity.per_week is not None:
        parts.append(f"{quantity.per_week:g} a week")
    if quantity.weeks is not None:
        parts.append(f"{quantity.weeks:g} week{'s' * (quantity.weeks != 1)}")
    if quantity.refills is not None:
        parts.append(f"{quantity.refills} refill{'s' * (quantity.refills != 1)}")
    return ", ".join(parts) or (quantity.unit or "(withheld)")


def _scalar(label: str, pointer: str, value: object) -> Iterator[Line]:
    if value is not None:
        yield Line(label.replace("_", " ").replace("ur denial", "UR denial"), pointer, str(value))


def _each(label: str, pointer: str, values: tuple[object, ...]) -> Iterator[Line]:
    for n, value in enumerate(values):
        yield Line(label, f"{pointer}/{n}", str(value))


def _show_flags(screen: Screen, record: Record) -> None:
    if not record.flags:
        return
    screen.title(f"Flags: {len(record.flags)}")
    screen.table(
        (Head("code", style="red"), Head("field"), Head("why a person should look", ratio=1), Head("withheld value")),
        [
            (
                str(flag.code),
                flag.path or "(whole letter)",
                flag.message,
                shortened(one_line(flag.value or ""), 40) if flag.code is FlagCode.WITHHELD else "",
            )
            for flag in record.flags
        ],
    )
