"""What a model would be asked for a backlog, and what that would cost; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from extractor.backlog.source import Source
from extractor.errors import ConfigurationError, DocumentError
from extractor.facts import gather
from extractor.grounding import ground
from extractor.layout import lay_out
from extractor.model.meter import CHARACTERS_A_TOKEN, estimated_tokens
from extractor.pipeline import Configuration
from extractor.prompted import estimate as requests_of
from extractor.prompts import load_prompts
from extractor.rules import read_by_rules
from extractor.settings import Limits, Service

_OUTPUT = {"whole": (210, 110), "summary": (95, 0), "item": (95, 0), "gaps": (70, 45)}
"""Tokens of an answer, as measured: of each, and for each item in it. docs/measured.md"""


@dataclass(frozen=True, slots=True)
class Estimate:
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
    sources: Iterable[Source | str | Path], configuration: Configuration, service: Service, limits: Limits
) -> Estimate:
    """Estimate by making every request and sending none.

    Raises:
        ConfigurationError: the configuration names no model.

    """
    settings = configuration.model
    if settings is None:
        raise ConfigurationError(
            "the rules reader asks nobody: there is nothing to estimate; add --reader model or both"
        )
    prompts = load_prompts(service.prompts)
    letters = unreadable = requests = sent = shared = out = 0
    for source in sources:
        letters += 1
        try:
            letter = source if isinstance(source, Source) else Source(str(source), str(source))
            document = letter.document(limits)
        except DocumentError:
            unreadable += 1
            continue
        layout = lay_out(document.text)
        facts = gather(layout)
        rules = ground(read_by_rules(layout, facts), layout, facts) if configuration.reader == "both" else None
        for request in requests_of(layout, settings, prompts, rules):
            requests += 1
            sent += estimated_tokens(request)
            shared += round(sum(len(message.content) for message in request.messages[:-1]) / CHARACTERS_A_TOKEN)
            each, of_item = _OUTPUT[request.purpose.split()[0]]
            out += each + of_item * len(layout.items)
    dollars = service.price.of(sent, 0, out) if service.price else None
    return Estimate(letters, unreadable, requests, sent, shared, out, dollars)
