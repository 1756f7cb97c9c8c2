"""What a model would be asked for a backlog, and what that would cost; nothing is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from extractor.backlog.source import LetterSource
from extractor.endings import FailedLetter, read_one
from extractor.errors import ConfigurationError, SeveralLetters
from extractor.model.meter import CHARACTERS_A_TOKEN, estimated_tokens
from extractor.readers.model import estimate as requests_of
from extractor.readers.model.prompts import load_prompts
from extractor.reading.apart import Apart, Fetch
from extractor.reading.configuration import Configuration
from extractor.reading.letter import open_letter
from extractor.settings import Endpoint, Limits

_OUTPUT = {"whole": (210, 110), "summary": (95, 0), "item": (95, 0), "gaps": (70, 45)}
"""Tokens of an answer, as measured: of each, and for each item in it. docs/measured.md"""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What would be used, if every request is answered at once."""

    letters: int
    unreadable: int
    requests: int
    input_tokens: int
    shared_tokens: int
    """Of the input: the opening that is the same for every letter."""
    output_tokens: int
    dollars: float | None
    """None without a price."""


def estimate(
    sources: Iterable[LetterSource | str | Path], configuration: Configuration, endpoint: Endpoint, limits: Limits
) -> CostEstimate:
    """Estimate by making every request and sending none.

    Raises:
        ConfigurationError: the configuration names no model.

    """
    if configuration.model is None:
        raise ConfigurationError(
            "the rules reader asks nobody: there is nothing to estimate; add --reader model or both"
        )
    load_prompts(endpoint.prompts)  # what is wrong with them is no letter's fault
    letters = unreadable = 0
    used = Counter[str]()
    with Apart(limits) as apart:
        for source in sources:
            letters += 1
            letter = source if isinstance(source, LetterSource) else LetterSource(str(source), str(source))
            counting = partial(apart.do, _used, partial(letter.document, limits), configuration, endpoint.prompts)
            counted = read_one(counting, letter.name, lambda: None)
            if isinstance(counted, FailedLetter):
                unreadable += 1
            else:
                used.update(counted)
    sent, out = used["sent"], used["out"]
    dollars = endpoint.price.of(sent, 0, out) if endpoint.price else None
    return CostEstimate(letters, unreadable, used["requests"], sent, used["shared"], out, dollars)


def _used(fetch: Fetch, configuration: Configuration, folder: Path | None) -> dict[str, int]:
    """Requests and tokens for the letters of one file; in a child."""
    if configuration.model is None:
        raise ValueError("the configuration names no model")
    document = fetch()
    try:
        letters = [open_letter(document, configuration)]
    except SeveralLetters as several:
        letters = [open_letter(letter, configuration) for letter in several.letters]
    used = Counter[str]()
    for opened in letters:
        for request in requests_of(opened.layout, configuration.model, load_prompts(folder), opened.rules):
            used["requests"] += 1
            used["sent"] += estimated_tokens(request)
            shared = sum(len(message.content) for message in request.messages[:-1])
            used["shared"] += round(shared / CHARACTERS_A_TOKEN)
            each, of_item = _OUTPUT[request.purpose.split()[0]]
            used["out"] += each + of_item * len(opened.layout.items)
    return used
