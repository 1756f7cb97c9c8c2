"""Two readers into one: field by field by a declared policy, with every disagreement told.

Both readings are grounded before they meet, so what is compared are values that the letter supports. Where they differ
the leading reader's value stands, and a flag tells the other's. What only one of them says is taken or left as the
policy of the field says, and told where it is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from extractor.fields import REASONS, Field, Policy
from extractor.grounding.ground import Grounded, PendingFlag, settled, unchecked
from extractor.grounding.places import Entry, Place, pointers
from extractor.processes import deadline
from extractor.records.record import FlagCode, Support
from extractor.text.literals import Value
from extractor.text.normalize import key
from extractor.text.spans import Span


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


_MOST_SHOWN = 160


@dataclass(slots=True)
class Reconciled:
    """One reading made of two."""

    grounded: Grounded = field(default_factory=Grounded)
    agreement: dict[Place, Agreement] = field(default_factory=dict)
    """How the readers stand to each value."""
    corrected: set[Place] = field(default_factory=set)
    """Values that the model gave only when it was asked once more."""
    answered: set[Place] = field(default_factory=set)
    """Values of rules for which the model said something else that the letter refuses: it was not silent."""


_Leaf = tuple[Field, int | None]
"""A field of an entry; in a list inside the entry, with the position there."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A scalar, or one entry of a list, as one reader said it."""

    reading: Grounded
    leaves: dict[_Leaf, Place]

    def value(self, leaf: _Leaf) -> Value:
        return self.reading.values[self.leaves[leaf]]

    @property
    def naming(self) -> _Leaf:
        """The leaf that says which entry it is; the others belong to it."""
        return next((leaf for leaf in self.leaves if leaf[0].names_entry), next(iter(self.leaves)))

    @property
    def entry(self) -> Entry | None:
        return next(iter(self.leaves.values())).entry

    @property
    def words(self) -> tuple[tuple[int, int], ...]:
        return self.reading.evidence[self.leaves[self.naming]].spans

    def names_the_same(self, other: _Said) -> bool:
        return self.naming == other.naming and _same(self.value(self.naming), other.value(other.naming))

    def stands_with(self, other: _Said) -> bool:
        """The words of the two overlap: one thing, differently cut."""
        if self.naming[0] is REASONS:
            return False  # reasons share sentences: two that stand together need not be one
        return any(Span(*mine).overlaps(Span(*theirs)) for mine in self.words for theirs in other.words)

    def __str__(self) -> str:
        return " ".join(str(self.value(leaf)) for leaf in self.leaves)


def _same(one: Value, other: Value) -> bool:
    return one == other or key(str(one)) == key(str(other))


def reconcile(
    rules: Grounded,
    model: Grounded,
    said: Collection[Place],
    asked: Collection[tuple[Field, int | None]],
    *,
    corrected: Collection[Place] = (),
    model_leads: bool = True,
) -> Reconciled:
    """One reading out of two.

    Args:
        rules: What the rules reader said, grounded.
        model: What the model reader said, grounded.
        said: The claims that the model itself made; its others are the form's, and no second witness.
        asked: The fields, each with the position of its decision, that the model was asked for.
        corrected: The claims that it made only when asked once more.
        model_leads: Whether the model leads where the policy says so; else rules lead everywhere.

    """
    by_rules, by_model = _grouped(rules, rules.values), _grouped(model, [at for at in model.values if at in said])
    refused = {_group(place) for place in model.withheld if place in said}
    merging = _Merging(frozenset(corrected))
    for group in dict.fromkeys([*by_rules, *by_model]):
        deadline.check()
        ours, theirs = by_rules.get(group, []), by_model.get(group, [])
        first = next(iter((ours or theirs)[0].leaves.values()))
        policy = first.field.policy
        if not model_leads and policy.leader == "model":
            policy = replace(policy, leader="rules", fills=True)
        was_asked = (first.field, first.decision) in asked
        doubt = merging.merge(first, policy, ours, theirs, was_asked)
        if was_asked and ours and not theirs and group not in refused:
            doubt = _silence(first, ours)
        merging.doubts += [doubt] if doubt else []
    result = merging.result
    kept = result.grounded = settled(result.grounded)
    result.agreement = {place: result.agreement[place] for place in kept.values}
    result.answered = {place for place in kept.values if _group(place) in refused}
    judged = [
        unchecked(place, kept.values[place])
        for place, evidence in kept.evidence.items()
        if evidence.support is Support.UNCHECKED
    ]
    kept.doubts = [*rules.doubts, *kept.doubts, *judged, *merging.doubts, *_refused(model, said, kept)]
    return result


_Group = tuple[str, int | None]
"""A scalar field or a list of entries: its pattern, and the position of its decision."""


def _group(place: Place) -> _Group:
    return (place.field.lists[0] if place.field.lists else place.field.pattern), place.decision


def _grouped(reading: Grounded, places: Iterable[Place]) -> dict[_Group, list[_Said]]:
    """Field or list → its entries in order; a scalar is a list of one."""
    found: dict[_Group, dict[Entry | None, _Said]] = {}
    for place in places:
        said = found.setdefault(_group(place), {}).setdefault(place.entry, _Said(reading, {}))
        said.leaves[place.field, place.part.number if place.part else None] = place
    return {group: list(entries.values()) for group, entries in found.items()}


@dataclass(slots=True)
class _Merging:
    """The result as it grows."""

    corrected: frozenset[Place]
    result: Reconciled = field(default_factory=Reconciled)
    doubts: list[PendingFlag] = field(default_factory=list)

    def merge(
        self, at: Place, policy: Policy, rules: list[_Said], model: list[_Said], asked: bool
    ) -> PendingFlag | None:
        """Keep what the policy says of one field or list. Returns what is to be told of it."""
        model_leads = policy.leader == "model"
        leading, other = (model, rules) if model_leads else (rules, model)
        partners, alone = _matched(leading, other)
        kept: list[tuple[_Said, _Said | None]] = list(zip(leading, partners, strict=True))
        taken = alone if (not leading and policy.fills) or policy.joins else []
        if taken:
            kept = sorted([*kept, *((said, None) for said in taken)], key=lambda pair: pair[0].words[0][0])
        differs = False
        for said, partner in kept:
            differs |= self._keep(said, partner, bool(model) and said.reading is model[0].reading, asked)
        left = [] if taken else alone
        contradicts = bool(leading and other) and (differs or bool(alone) or None in partners)
        if not asked or not (contradicts or left):
            return None
        mine = [str(said) for said, partner in kept if partner is None or not said.names_the_same(partner)]
        theirs = [str(said) for said in left] + [
            str(partner) for said, partner in kept if partner and not said.names_the_same(partner)
        ]
        if differs and not mine and not theirs:
            mine, theirs = [str(said) for said, _ in kept], [str(partner) for _, partner in kept if partner]
        first, second = ("The model", "rules") if model_leads else ("Rules", "the model")
        message = f"{first} read {_shown(mine)}, {second} {_shown(theirs)}; the former stands."
        value = "; ".join(theirs)[:_MOST_SHOWN] or None
        return PendingFlag(at, FlagCode.READERS_DISAGREE, message, value, of_list=True)

    def _keep(self, said: _Said, partner: _Said | None, is_model: bool, asked: bool) -> bool:
        """Keep an entry, with what its partner adds; whether the two differ in anything."""
        differs = False
        for leaf, place in said.leaves.items():
            if partner is not None and leaf in partner.leaves:
                same = _same(said.value(leaf), partner.value(leaf))
                differs |= not same
                agreement = Agreement.AGREED if same else Agreement.DIFFERS
                proven = same and said.reading.evidence[place].support is Support.UNCHECKED
                self._take(place, partner if proven else said, leaf, agreement)
                if same or is_model:
                    self._note_corrected(place, said if is_model else partner, leaf)
            else:
                self._take(place, said, leaf, _alone(is_model, asked))
                if is_model:
                    self._note_corrected(place, said, leaf)
        for leaf, place in partner.leaves.items() if partner is not None else ():
            if leaf not in said.leaves and partner is not None:
                here = place._replace(entry=said.entry)
                self._take(here, partner, leaf, _alone(not is_model, asked))
                if not is_model:
                    self._note_corrected(here, partner, leaf)
        return differs

    def _take(self, at: Place, said: _Said, leaf: _Leaf, agreement: Agreement) -> None:
        self.result.grounded.values[at] = said.value(leaf)
        self.result.grounded.evidence[at] = said.reading.evidence[said.leaves[leaf]]
        self.result.agreement[at] = agreement

    def _note_corrected(self, at: Place, said: _Said, leaf: _Leaf) -> None:
        if said.leaves[leaf] in self.corrected:
            self.result.corrected.add(at)


def _silence(at: Place, rules: list[_Said]) -> PendingFlag:
    """What is told where the model was asked and says nothing.

    On the development half of the gold set what only rules said was wrong in 9 of 14 such cases; what only the model
    said, in 6 of 187. So the model's silence is a contradiction, and that of rules is none.
    """
    message = f"Rules read {_shown([str(said) for said in rules])}, the model nothing; the former stands."
    return PendingFlag(at, FlagCode.READERS_DISAGREE, message, of_list=True)


def _shown(values: list[str]) -> str:
    text = "; ".join(values)
    return repr(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…") if values else "nothing"


def _matched(leading: list[_Said], other: list[_Said]) -> tuple[list[_Said | None], list[_Said]]:
    """The partner of each leading entry, by what it says, else by where it stands; and the others that are left."""
    left = list(other)
    partners: list[_Said | None] = [None] * len(leading)
    for test in (_Said.names_the_same, _Said.stands_with):
        for index, said in enumerate(leading):
            if partners[index] is None:
                partner = next((each for each in left if test(said, each)), None)
                if partner is not None:
                    partners[index] = partner
                    left.remove(partner)
    return partners, left


def _alone(is_model: bool, asked: bool) -> Agreement:
    if is_model:
        return Agreement.MODEL_ONLY
    return Agreement.RULES_ONLY if asked else Agreement.NOT_ASKED


def _refused(model: Grounded, said: Collection[Place], kept: Grounded) -> Iterable[PendingFlag]:
    """What the model said and the letter does not: withheld; a disagreement where rules have a value there."""
    stands = set(pointers(kept.values).values())
    for doubt in model.doubts:
        if doubt.code is FlagCode.WITHHELD and doubt.place in said:
            code = FlagCode.READERS_DISAGREE if doubt.place.said_at in stands else FlagCode.WITHHELD
            yield replace(doubt, code=code, message=f"Model reader: {doubt.message}")
