"""The record as rows: each value with its words, how it stands, and why a person should look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extractor.display.clean import cleaned, one_line
from extractor.display.record import distinct, evidence_behind, lines_of, shown_values
from extractor.fields import BY_PATTERN, FIELDS, Field
from extractor.grounding.places import INDEX
from extractor.records.determination import Decision, Determination
from extractor.records.record import Evidence, Flag, FlagCode, How, Record, Support


class State(StrEnum):
    """How a value stands. Each has a sign and a word, for not everybody sees colours."""

    SUPPORTED = "supported"
    """The letter prints it."""
    DERIVED = "derived"
    """Words of the letter license it."""
    UNCHECKED = "unchecked"
    """A model's judgement, with the words it rests on."""
    DISPUTED = "disputed"
    """The other reader says something else."""
    WITHHELD = "withheld"
    """A reader said it, and the letter does not bear it out."""
    ABSENT = "absent"
    """There is none, and a person should look."""


SIGNS = {
    State.SUPPORTED: ("✓", "printed"),
    State.DERIVED: ("≈", "derived"),
    State.UNCHECKED: ("?", "unchecked"),
    State.DISPUTED: ("⇄", "disputed"),
    State.WITHHELD: ("⊘", "withheld"),
    State.ABSENT: ("!", "look"),
}
"""Sign and word of each."""

MEANINGS = {
    State.SUPPORTED: "The letter prints it.",
    State.DERIVED: "The words of the letter license it by rule.",
    State.UNCHECKED: "A model's judgement, with the words that it rests on; no rule can check it.",
    State.DISPUTED: "The other reader says something else.",
    State.WITHHELD: "A reader said it, and the letter does not bear it out. It is no part of the record.",
    State.ABSENT: "There is no value, and a person should look.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the record."""

    label: str
    pointer: str
    value: str
    state: State
    at: str = ""
    """Pointer of the first words that it rests on; empty where there are none."""
    quotes: tuple[str, ...] = ()
    """Words of the letter, where they are not the value itself."""
    lines: str = ""
    confidence: float | None = None
    """The least of its parts."""
    flags: tuple[Flag, ...] = ()
    order: int = 0

    @property
    def sign(self) -> str:
        """Its state as one character."""
        return SIGNS[self.state][0]

    @property
    def word(self) -> str:
        """Its state as one word."""
        return SIGNS[self.state][1]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of the letter as a whole, or of one decision."""

    title: str
    pointer: str
    """Of the decision; empty for the letter."""
    outcome: str
    rows: tuple[Row, ...]


def groups_of(record: Record) -> tuple[list[Group], list[Flag]]:
    """Give the record as groups of rows, and the flags of the whole letter."""
    determination = record.determination
    flags = [flag for flag in record.flags if flag.path]
    owners: list[tuple[str, str, str, Determination | Decision]] = [("The letter as a whole", "", "", determination)]
    total = len(determination.decisions)
    for n, decision in enumerate(determination.decisions):
        title = f"Decision {n + 1} of {total}"
        owners.append((title, f"/decisions/{n}", str(decision.outcome or "no outcome"), decision))
    groups = []
    for title, at, outcome, owner in owners:
        own = [flag for flag in flags if _owner(flag.path, total) == at]
        groups.append(Group(title, at, outcome, _rows(record, owner, at, own)))
    return groups, [flag for flag in record.flags if not flag.path]


def _owner(path: str, decisions: int) -> str:
    """Pointer of the decision that a path lies in; empty where it lies in none that the record has."""
    steps = path.split("/")
    inside = len(steps) > 2 and steps[1] == "decisions" and steps[2].isdecimal() and int(steps[2]) < decisions
    return "/".join(steps[:3]) if inside else ""


def _rows(record: Record, owner: Determination | Decision, at: str, flags: list[Flag]) -> tuple[Row, ...]:
    rows: list[Row] = []
    told: set[int] = set()
    for shown in shown_values(owner, at):
        found = evidence_behind(record, shown.pointer)
        mine = [flag for flag in flags if flag.code is not FlagCode.WITHHELD and _within(flag.path, shown.pointer)]
        told.update(map(id, mine))
        rows.append(_row(shown.label, shown.pointer, shown.value, found, mine))
    rows += [_open_row(flag) for flag in flags if id(flag) not in told]
    return tuple(sorted(rows, key=lambda row: row.order))


def _within(path: str, pointer: str) -> bool:
    return path == pointer or path.startswith(f"{pointer}/")


def _row(label: str, pointer: str, value: str, found: dict[str, Evidence], flags: list[Flag]) -> Row:
    evidence = list(found.values())
    quotes = tuple(distinct([one_line(each.quote) for each in evidence]))
    return Row(
        label,
        pointer,
        cleaned(value),
        _state(evidence, flags),
        at=next(iter(found), ""),
        quotes=() if quotes == (one_line(value),) else quotes,
        lines=lines_of(evidence),
        confidence=min((each.confidence for each in evidence if each.confidence is not None), default=None),
        flags=tuple(flags),
        order=_order(pointer),
    )


def _state(evidence: list[Evidence], flags: list[Flag]) -> State:
    if any(flag.code is FlagCode.READERS_DISAGREE for flag in flags):
        return State.DISPUTED
    if any(each.support is Support.UNCHECKED for each in evidence):
        return State.UNCHECKED
    return State.DERIVED if any(each.how is How.DERIVED for each in evidence) else State.SUPPORTED


def _open_row(flag: Flag) -> Row:
    """Say what no value of the record says: it was withheld, is missing, or only the other reader says it."""
    states = {FlagCode.WITHHELD: State.WITHHELD, FlagCode.READERS_DISAGREE: State.DISPUTED}
    field = _field(flag.path)
    label = field.label if field else flag.path.rpartition("/")[2].replace("_", " ")
    return Row(
        label,
        flag.path,
        one_line(flag.value or ""),
        states.get(flag.code, State.ABSENT),
        flags=(flag,),
        order=_order(flag.path),
    )


def _field(path: str) -> Field | None:
    pattern = INDEX.sub("/*", path)
    return BY_PATTERN.get(pattern) or BY_PATTERN.get(f"{pattern}/*")


def _order(path: str) -> int:
    """Place of its field in the table of fields; of an object, of its first field."""
    pattern = INDEX.sub("/*", path)
    return next((n for n, field in enumerate(FIELDS) if _within(field.pattern, pattern)), len(FIELDS))
