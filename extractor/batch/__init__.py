"""Letters by a provider's batch interface, for half the price; or by any system that answers JSON lines.

`build` puts the requests of letters into files, `collect` takes answers in and reads every letter whose answers are all
there. What an answer leads to (a correction, a re-ask, sections of a letter that was too long) goes into the next file.
"""

from extractor.batch.answers import Collected, collect
from extractor.batch.remote import give_up, listed, refresh, submit, take
from extractor.batch.rounds import Round, advance, build

__all__ = [
    "Collected",
    "Round",
    "advance",
    "build",
    "collect",
    "give_up",
    "listed",
    "refresh",
    "submit",
    "take",
]
