"""A request that holds no letter: whether the endpoint answers at all, and whether in a form that letters need."""

from __future__ import annotations

import secrets

from extractor.model.seam import Message, Request
from extractor.readers.model.answers import CorrectionsForm
from extractor.settings import ModelSettings

_SYSTEM = "You correct what was read from numbered lines. Answer in JSON: path, the text as printed, its line."
_LINES = """1| Request {mark}
2| It was reviewed.
3| Outcome: OVERTURNED

Not found there: /decisions/0/outcome: 'upheld'"""

RIGHT = CorrectionsForm.model_validate(
    {"corrections": [{"path": "/decisions/0/outcome", "text": "OVERTURNED", "line": 3}]}
)


def probe(settings: ModelSettings) -> Request:
    """A request like those about letters, but short. Each is another, so that no reply that is kept answers it."""
    turns = (Message("system", _SYSTEM), Message("user", _LINES.format(mark=secrets.token_hex(4))))
    return Request(
        settings.name, turns, CorrectionsForm, settings.max_output_tokens, settings.temperature, purpose="probe"
    )
