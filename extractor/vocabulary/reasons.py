"""Words in which reviewers give their reasons: the cues of `extractor/data/reasons.toml`, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.errors import ConfigurationError
from extractor.records.determination import REASONS, Outcome, Reason
from extractor.vocabulary import wordlists


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give a reason."""

    reason: Reason
    pattern: re.Pattern[str]
    example: str
    """A sentence that the pattern must match (checked by a test)."""


_TABLE = wordlists.load("reasons")


def _cues(outcome: Outcome) -> tuple[Cue, ...]:
    cues = []
    for entry in _TABLE[outcome.value]:
        reason = Reason(entry["reason"])
        if reason not in REASONS[outcome]:
            raise ConfigurationError(f"{reason.value!r} is no reason for {outcome.value!r} in reasons.toml")
        cues.append(Cue(reason, wordlists.pattern_of(entry, _TABLE["terms"]), entry["example"]))
    return tuple(cues)


UPHELD = _cues(Outcome.UPHELD)
OVERTURNED = _cues(Outcome.OVERTURNED)

RECITAL = wordlists.pattern_of(_TABLE["recital"], _TABLE["terms"])
"""How a sentence that recites a guideline begins."""

CASE = wordlists.pattern_of(_TABLE["case"], _TABLE["terms"])
"""Words that show a sentence to speak of the case at hand."""
