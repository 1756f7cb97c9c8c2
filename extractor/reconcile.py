"""Two readers into one: field by field by a declared policy, with every disagreement flagged.

Both readings are grounded before they meet, so what is compared are values that the letter supports. Where they differ
the leading reader's value stands, and a flag tells the other's. What only one of them says is taken or left as the
policy of the field says, and flagged where it is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from extractor import deadline
from extractor.drafts import Value
from extractor.grounding import Grounded, settled, unchecked_flag
from extractor.normalize import key
from extractor.records import Flag, FlagCode, Support

Leader = Literal["rules", "model"]


class Agreement(StrEnum):
    """How the readers stand to one value of the record."""

    AGREED = "agreed"
    """Both say it."""
    DIFFERS = "differs"
    """The other says something else."""
    RULES_ONLY = "rules_only"
    """The model was asked and does not say it."""
    MODEL_ONLY = "model_only"
    """The rules do not say it."""
    NOT_ASKED = "not_asked"
    """The model was not asked: the printed form gives it, or rules were enough."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who leads on a field, and what becomes of what only the other says."""

    leader: Leader
    fills: bool
    """Take the other's where the leader says nothing at all."""
    joins: bool
    """Take the other's further entries of a list, too."""
    why: str


FORM = Policy("rules", True, False, "the printed form gives it, and rules read that form without a miss so far")
HEADING = Policy("rules", True, False, "rules parse the heading's grammar; a model fills what the vocabularies lack")
PROSE = Policy("model", True, False, "free prose: rules know the common turns, and miss or clip the others")
JUDGED = Policy("model", True, False, "a judgement on prose: rules know a reason by its usual words alone")

POLICIES: tuple[tuple[re.Pattern[str], Policy], ...] = (
    (re.compile(r"/patient/(?:sex|mechanism|diagnoses)"), PROSE),
    (re.compile(r"/decisions/\d+/reasons"), JUDGED),
    (re.compile(r"/decisions/\d+/(?:category|subcategory|body_parts|drugs|quantity)"), HEADING),
)
"""The first that matches the pointer of a field; `FORM` for all others."""

_LISTS = (
    "licensed_states|specialties|subspecialties|diagnoses|records_reviewed|service_dates|body_parts|drugs|citations"
    "|reasons"
)
_IN_LIST = re.compile(rf"(?P<list>.*?/(?:{_LISTS}))/(?P<position>\d+)(?P<rest>.*)")
_NAMING = ("", "/name", "/part", "/title")
"""The leaf that says which entry it is; the others belong to it."""
_MOST_SHOWN = 160


def policy_of(pointer: str) -> Policy:
    """The policy of the field at a pointer."""
    return next((policy for pattern, policy in POLICIES if pattern.match(pointer)), FORM)


@dataclass(slots=True)
class Reconciled:
    """One reading made of two."""

    grounded: Grounded = field(default_factory=Grounded)
    agreement: dict[str, Agreement] = field(default_factory=dict)
    """Pointer of each value → how the readers stand to it."""
    claimed_at: dict[str, str] = field(default_factory=dict)
    """Pointer of each value that the model said → the pointer of its claim."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A scalar, or one entry of a list: path below it → pointer in its reading."""

    reading: Grounded
    leaves: dict[str, str]

    def value(self, rest: str) -> Value:
        return self.reading.values[self.leaves[rest]]

    @property
    def naming(self) -> str:
        return next((rest for rest in _NAMING if rest in self.leaves), next(iter(self.leaves)))

    @property
    def start(self) -> int:
        return self.reading.evidence[self.leaves[self.naming]].spans[0][0]

    def names_the_same(self, other: _Entry) -> bool:
        return self.naming == other.naming and _same(self.value(self.naming), other.value(other.naming))

    def stands_with(self, other: _Entry) -> bool:
        """The words of the two overlap: one thing, differently cut."""
        mine, theirs = (entry.reading.evidence[entry.leaves[entry.naming]].spans for entry in (self, other))
        return any(start < other_end and other_start < end for start, end in mine for other_start, other_end in theirs)

    def __str__(self) -> str:
        return " ".join(str(self.value(rest)) for rest in self.leaves)


def _same(one: Value, other: Value) -> bool:
    return one == other or key(str(one)) == key(str(other))


def reconcile(
    rules: Grounded, model: Grounded, said: frozenset[str], asked: Sequence[str], *, model_leads: bool = True
) -> Reconciled:
    """One reading out of two.

    Args:
        rules: What the rules reader said, grounded.
        model: What the model reader said, grounded.
        said: Pointers of the claims that the model itself made; its others are the form's, and no second witness.
        asked: What the model was asked for: pointers of fields, and of what contains them.
        model_leads: Whether the model leads where the policy says so; else rules lead everywhere.

    """
    spoken = [pointer for pointer in model.values if model.claimed_at.get(pointer, pointer) in said]
    by_rules, by_model = _fields(rules, rules.values), _fields(model, spoken)
    refused = [flag.path for flag in model.flags if flag.code is FlagCode.WITHHELD and flag.path in said]
    refused_in = {above for path in refused for above in _up(path)}
    asked_for = frozenset(asked)
    result = Reconciled()
    flags: list[Flag] = []
    for name in dict.fromkeys([*by_rules, *by_model]):
        deadline.check()
        policy = policy_of(name)
        if not model_leads and policy.leader == "model":
            policy = replace(policy, leader="rules", fills=True)
        was_asked = not asked_for.isdisjoint(_up(name))
        theirs, ours = by_model.get(name, []), by_rules.get(name, [])
        flag = _reconcile_field(name, policy, ours, theirs, was_asked, result)
        if was_asked and ours and not theirs and name not in refused_in:
            flag = _silence(name, ours)
        flags += [flag] if flag else []
    kept = result.grounded = settled(result.grounded)
    result.agreement = {at: result.agreement[kept.claimed_at.get(at, at)] for at in kept.values}
    result.claimed_at = {
        at: result.claimed_at[earlier]
        for at in kept.values
        if (earlier := kept.claimed_at.get(at, at)) in result.claimed_at
    }
    unchecked = [
        unchecked_flag(pointer, kept.values[pointer])
        for pointer, evidence in kept.evidence.items()
        if evidence.support is Support.UNCHECKED
    ]
    kept.flags = [*rules.flags, *kept.flags, *unchecked, *flags, *_refused(model, said, kept)]
    return result


def _up(pointer: str) -> Iterator[str]:
    """The pointer, and what it leads through."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def _fields(reading: Grounded, pointers: Iterable[str]) -> dict[str, list[_Entry]]:
    """Field → its entries in order; a scalar is a field of one entry."""
    found: dict[str, dict[str, _Entry]] = {}
    for pointer in pointers:
        match = _IN_LIST.fullmatch(pointer)
        name, position, rest = match.group("list", "position", "rest") if match else (pointer, "", "")
        entry = found.setdefault(name, {}).setdefault(position, _Entry(reading, {}))
        entry.leaves[rest] = pointer
    return {name: list(entries.values()) for name, entries in found.items()}


def _reconcile_field(
    name: str, policy: Policy, rules: list[_Entry], model: list[_Entry], asked: bool, result: Reconciled
) -> Flag | None:
    model_leads = policy.leader == "model"
    leading, other = (model, rules) if model_leads else (rules, model)
    partners, alone = _matched(leading, other)
    kept: list[tuple[_Entry, _Entry | None]] = list(zip(leading, partners, strict=True))
    taken = alone if (not leading and policy.fills) or policy.joins else []
    if taken:
        kept = sorted([*kept, *((entry, None) for entry in taken)], key=lambda pair: pair[0].start)
    differs = False
    for position, (entry, partner) in enumerate(kept):
        base = f"{name}/{position}" if _is_list(name) else name
        differs |= _keep(base, entry, partner, model, asked, result)
    left = [] if taken else alone
    contradicts = bool(leading and other) and (differs or bool(alone) or None in partners)
    if not asked or not (contradicts or left):
        return None
    mine = [str(entry) for entry, partner in kept if partner is None or not entry.names_the_same(partner)]
    theirs = [str(entry) for entry in left] + [
        str(partner) for entry, partner in kept if partner and not entry.names_the_same(partner)
    ]
    if differs and not mine and not theirs:
        mine, theirs = [str(entry) for entry, _ in kept], [str(partner) for _, partner in kept if partner]
    first, second = ("The model", "rules") if model_leads else ("Rules", "the model")
    message = f"{first} read {_shown(mine)}, {second} {_shown(theirs)}; the former stands."
    return Flag(
        path=name, code=FlagCode.READERS_DISAGREE, message=message, value="; ".join(theirs)[:_MOST_SHOWN] or None
    )


def _silence(name: str, rules: list[_Entry]) -> Flag:
    """The flag where the model was asked and says nothing.

    On the development half of the gold set what only rules said was wrong in 9 of 14 such cases; what only the model
    said, in 6 of 187. So the model's silence is a contradiction, and that of rules is none.
    """
    message = f"Rules read {_shown([str(entry) for entry in rules])}, the model nothing; the former stands."
    return Flag(path=name, code=FlagCode.READERS_DISAGREE, message=message)


def _is_list(name: str) -> bool:
    return _IN_LIST.fullmatch(f"{name}/0") is not None


def _shown(values: list[str]) -> str:
    text = "; ".join(values)
    return repr(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…") if values else "nothing"


def _matched(leading: list[_Entry], other: list[_Entry]) -> tuple[list[_Entry | None], list[_Entry]]:
    """The partner of each leading entry, by what it says, else by where it stands; and the others that are left."""
    left = list(other)
    partners: list[_Entry | None] = [None] * len(leading)
    for test in (_Entry.names_the_same, _Entry.stands_with):
        for index, entry in enumerate(leading):
            if partners[index] is None:
                partner = next((each for each in left if test(entry, each)), None)
                if partner is not None and not (test is _Entry.stands_with and _one_place_many_values(entry)):
                    partners[index] = partner
                    left.remove(partner)
    return partners, left


def _one_place_many_values(entry: _Entry) -> bool:
    """Reasons share sentences: two that stand together need not be one."""
    return "/reasons/" in next(iter(entry.leaves.values()))


def _keep(
    base: str, entry: _Entry, partner: _Entry | None, model: list[_Entry], asked: bool, result: Reconciled
) -> bool:
    """Keep an entry, with what its partner adds; whether the two differ in anything."""
    differs = False
    is_model = bool(model) and entry.reading is model[0].reading
    for rest in entry.leaves:
        if partner is not None and rest in partner.leaves:
            same = _same(entry.value(rest), partner.value(rest))
            differs |= not same
            agreement = Agreement.AGREED if same else Agreement.DIFFERS
            proven = same and _support(entry, rest) is Support.UNCHECKED
            _take(base + rest, partner if proven else entry, rest, agreement, result)
            if same or is_model:
                spoken = entry if is_model else partner
                result.claimed_at[base + rest] = _claim_of(spoken, rest)
        else:
            _take(base + rest, entry, rest, _alone(is_model, asked), result)
            if is_model:
                result.claimed_at[base + rest] = _claim_of(entry, rest)
    for rest in partner.leaves if partner is not None else ():
        if rest not in entry.leaves and partner is not None:
            _take(base + rest, partner, rest, _alone(not is_model, asked), result)
            if not is_model:
                result.claimed_at[base + rest] = _claim_of(partner, rest)
    return differs


def _support(entry: _Entry, rest: str) -> Support:
    return entry.reading.evidence[entry.leaves[rest]].support


def _claim_of(entry: _Entry, rest: str) -> str:
    pointer = entry.leaves[rest]
    return entry.reading.claimed_at.get(pointer, pointer)


def _alone(is_model: bool, asked: bool) -> Agreement:
    if is_model:
        return Agreement.MODEL_ONLY
    return Agreement.RULES_ONLY if asked else Agreement.NOT_ASKED


def _take(pointer: str, entry: _Entry, rest: str, agreement: Agreement, result: Reconciled) -> None:
    result.grounded.values[pointer] = entry.value(rest)
    result.grounded.evidence[pointer] = entry.reading.evidence[entry.leaves[rest]]
    result.agreement[pointer] = agreement


def _refused(model: Grounded, said: frozenset[str], kept: Grounded) -> Iterable[Flag]:
    """What the model said and the letter does not: withheld; a disagreement where rules have a value there."""
    for flag in model.flags:
        if flag.code is FlagCode.WITHHELD and flag.path in said:
            code = FlagCode.READERS_DISAGREE if flag.path in kept.values else FlagCode.WITHHELD
            yield flag.model_copy(update={"code": code, "message": f"Model reader: {flag.message}"})
