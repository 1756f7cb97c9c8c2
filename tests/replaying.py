"""Recorded replies of a large model to the gold letters, for tests that replay them.

They answer certain prompts and forms, which they name. Who has changed one of those cannot replay them, and may not
have the model: such tests are skipped with the command that renews the recordings. In CI (`CI=true`) they fail.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from extractor.readers.model.letters import answered
from extractor.readers.model.prompts import load_prompts

RECORDINGS = Path(__file__).parents[1] / "gold" / "recordings"
RENEW = "python bench/recordings.py --model NAME"


def stale(folder: Path = RECORDINGS) -> list[str]:
    """The prompts that these recordings do not answer as they are now: in wording, example or form."""
    noted = json.loads((folder / "answered.json").read_text(encoding="utf-8"))
    now = answered(load_prompts())
    return sorted(name for name in now if noted.get(name) != now[name])


def recordings(folder: Path = RECORDINGS) -> Path:
    """The folder of recordings, where they answer what is asked today; else the test is skipped, in CI failed."""
    if changed := stale(folder):
        why = f"gold/recordings answer earlier prompts or forms ({', '.join(changed)}): renew them with `{RENEW}`"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return folder
