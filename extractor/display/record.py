"""One record, readable: every value beside the words of the letter that support it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from extractor.display.clean import one_line, shortened
from extractor.display.screen import Head, Screen
from extractor.fields import (
    ADMINISTRATOR,
    CATEGORY,
    DISPUTED,
    DRUG_NAME,
    FIELDS,
    PART,
    REQUESTED,
    REVIEWER,
    SUBCATEGORY,
    TOTAL,
    Field,
)
from extractor.records.determination import BodyPart, Citation, Decision, Determination, Drug, Passage, Quantity
from extractor.records.record import Evidence, FlagCode, Record

PASSAGE_CHARACTERS = 300
"""How much of a passage or quote is shown, unless all is asked for."""

STYLES = {"upheld": "yellow", "overturned": "green", "mixed": "cyan"}
"""Colours of outcomes."""


@dataclass(frozen=True, slots=True)
class ShownValue:
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
    _show_lines(screen, record, list(shown_values(determination, "")), full)
    total = len(determination.decisions)
    for n, decision in enumerate(determination.decisions):
        outcome = decision.outcome or "outcome withheld"
        title = Text(f"Decision {n + 1} of {total}: ", style="bold")
        title.append(str(outcome).upper(), style=f"bold {STYLES.get(outcome, 'red')}")
        screen.line()
        screen.line(title)
        _show_lines(screen, record, list(shown_values(decision, f"/decisions/{n}")), full)
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


def _show_lines(screen: Screen, record: Record, lines: list[ShownValue], full: bool) -> None:
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


def _cells(line: ShownValue, record: Record, full: bool) -> tuple[str, str, Text, str]:
    value = one_line(line.value)
    shown = value if full else shortened(value, PASSAGE_CHARACTERS)
    evidence = list(evidence_behind(record, line.pointer).values())
    if not evidence:
        return line.label, shown, Text("(no evidence)", style="red"), ""
    quotes = distinct([one_line(e.quote) for e in evidence])
    if quotes == [value]:
        words = Text("as printed", style="dim")
    else:
        words = Text(" · ".join(f'"{quote if full else shortened(quote, PASSAGE_CHARACTERS)}"' for quote in quotes))
        if any(e.how == "derived" for e in evidence):
            words.append(" (derived)", style="dim")
    if any(e.support == "unchecked" for e in evidence):
        words.append(" (a judgement)", style="yellow")
    least = min((e.confidence for e in evidence if e.confidence is not None), default=1.0)
    if least < SURE:
        words.append(f" (only {least:.0%} sure)", style="yellow")
    return line.label, shown, words, lines_of(evidence)


def evidence_behind(record: Record, pointer: str) -> dict[str, Evidence]:
    """Find the evidence of the value itself, else of all its parts, by pointer."""
    if found := record.evidence.get(pointer):
        return {pointer: found}
    return {key: e for key, e in record.evidence.items() if key.startswith(pointer + "/")}


def distinct(quotes: list[str]) -> list[str]:
    """Keep each quote once, and none that is part of another."""
    return [q for q in dict.fromkeys(quotes) if not any(q != other and q in other for other in quotes)]


def lines_of(evidence: list[Evidence]) -> str:
    """Name the numbered lines that they stand in: `12` or `12-14`; empty where they stand in page furniture."""
    lines = [e.lines for e in evidence if e.lines]
    if not lines:
        return ""
    first, last = min(line[0] for line in lines), max(line[1] for line in lines)
    return str(first) if first == last else f"{first}-{last}"


def shown_values(owner: Determination | Decision, at: str) -> Iterator[ShownValue]:
    """A line for each value that `owner` (a letter, or the decision at `at`) has, in the order of the table of fields.

    Fields that belong together share one: a drug and its strength, the numbers of a quantity.
    """
    done: set[str] = set()
    for field in FIELDS:
        if field.of_decision is not bool(at):
            continue
        whole = _whole(field)
        if whole in done or _is_repeated(field, owner):
            continue
        done.add(whole)
        inside = whole.removeprefix("/decisions/*")
        value = _found(owner, inside)
        show = _TOGETHER.get(whole, _plain)
        if isinstance(value, tuple):
            for position, entry in enumerate(value):
                yield ShownValue(field.label, f"{at}{inside}/{position}", show(entry))
        elif value is not None and value is not False:
            yield ShownValue(field.label, f"{at}{inside}", show(owner if field is CATEGORY else value))


def _whole(field: Field) -> str:
    """Pattern of what is shown in one line: the field, or the list or object that it is part of."""
    if field is SUBCATEGORY:
        return CATEGORY.pattern
    return next(
        (whole for whole in _TOGETHER if field.pattern.startswith(f"{whole}/")), field.pattern.removesuffix("/*")
    )


def _found(owner: Any, path: str) -> Any:
    for name in path.split("/")[1:]:
        owner = None if owner is None else getattr(owner, name)
    return owner


def _is_repeated(field: Field, owner: Any) -> bool:
    """Whether another line says it: in an ordinary heading three fields are the same; citations are the statement's."""
    if field in (REQUESTED, DISPUTED):
        return bool(_found(owner, f"/{field.leaf}") == owner.heading)
    if field in (ADMINISTRATOR.statement, REVIEWER.statement):
        basis = _found(owner, f"/{field.pattern.split('/')[3]}")
        return basis is not None and bool(basis.citations)
    return False


def _plain(value: Any) -> str:
    if isinstance(value, Passage):
        return value.text
    return "yes" if value is True else str(value)


def _kind(decision: Decision) -> str:
    return f"{decision.category} / {decision.subcategory}" if decision.subcategory else str(decision.category)


def _body_part(body: BodyPart) -> str:
    return " ".join(filter(None, (body.side, body.part))) or "(withheld)"


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


_TOGETHER: dict[str, Callable[[Any], str]] = {
    CATEGORY.pattern: _kind,
    PART.lists[0]: _body_part,
    DRUG_NAME.lists[0]: _drug,
    TOTAL.pattern.removesuffix("/total"): _quantity,
    ADMINISTRATOR.title.lists[0]: _citation,
    REVIEWER.title.lists[0]: _citation,
}
"""Pattern of what is shown in one line → how."""


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
