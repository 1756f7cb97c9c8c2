"""Tests ask no model but those of their own, and see no settings of whoever runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from extractor.model.live import Live
from extractor.settings import CONFIG_FILE, Endpoint

LIVE = "IMR_TEST_LIVE"
"""Set to 1, tests may ask real endpoints."""
OWN = frozenset({"127.0.0.1", "localhost", "::1"})


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nowhere")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "IMR_")) and name != LIVE]:
        monkeypatch.delenv(name)
    if Path(CONFIG_FILE).exists():
        monkeypatch.chdir(nowhere)


@pytest.fixture(autouse=True)
def no_live_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Live` may be built for loopback, or so that it refuses by itself: with neither key nor address."""
    build = Live.__init__

    def guarded(self: Live, endpoint: Endpoint, *rest: Any, **named: Any) -> None:
        host = urlsplit(endpoint.base_url or "").hostname
        needless = endpoint.base_url is None and endpoint.api_key is None
        if host not in OWN and not needless and os.environ.get(LIVE) != "1":
            pytest.fail(f"a test would ask a live model at {host or 'the default endpoint'}: set {LIVE}=1 to let it")
        build(self, endpoint, *rest, **named)

    monkeypatch.setattr(Live, "__init__", guarded)
