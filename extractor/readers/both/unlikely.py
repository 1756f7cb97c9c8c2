"""A value that is more likely wrong than right does not stand: it is withheld, for a person to decide.

Of two readers' values the policy of the field says which stands. Where only rules say something and the model, which
was asked, says nothing, most such values were wrong (9 of 14 on the development half of the gold set, and 12 of 12
below even odds on letters held back). What the printed form gives is not doubted so: there rules read without a miss.
"""

from __future__ import annotations

from collections.abc import Mapping

from extractor.fields import FORM
from extractor.grounding.ground import Grounded, PendingFlag, settled
from extractor.grounding.places import Place
from extractor.records.record import FlagCode

_EVEN = 0.5
"""Probability."""


def withhold_unlikely(grounded: Grounded, sure: Mapping[Place, float]) -> None:
    """Take out of `grounded` what is more likely wrong than right, and flag it.

    An entry of a list goes with the leaf that names it: a strength stands for nothing without its drug.

    Args:
        grounded: what two readers came to; changed in place.
        sure: probability that the value of each place is right, where the model did not answer with what the letter
            refuses: a model that obeys a planted order must not hide what rules read.

    """
    unlikely = {place for place, share in sure.items() if share < _EVEN and place.field.policy is not FORM}
    entries = {place.entry for place in unlikely if place.entry is not None and place.field.names_entry}
    unlikely |= {place for place in sure if place.entry in entries}
    for place in [place for place in grounded.values if place in unlikely]:
        value = grounded.values.pop(place)
        del grounded.evidence[place]
        message = f"Withheld: rules and the model stand against each other, and it is {sure[place]:.0%} sure."
        grounded.doubts.append(PendingFlag(place, FlagCode.WITHHELD, message, str(value)))
    settled(grounded)
