"""Tests ask no model but their own, and see no settings of whoever runs them; processes of theirs start quickly."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from extractor.model.live import Live
from extractor.settings import CONFIG_FILE, Endpoint

LIVE = "IMR_TEST_LIVE"
"""Set to 1, tests may ask real endpoints."""
OWN = frozenset({"127.0.0.1", "localhost", "::1"})
FORKSERVER = "forkserver" in multiprocessing.get_all_start_methods()

gc.disable()  # until all tests are collected: they are no garbage, and looking for some took a third of that time


def pytest_collection_finish() -> None:
    """What is there now stays until the end: the collector need not walk it again."""
    gc.freeze()
    gc.enable()


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


@cache
def forked() -> Any:
    """How processes are made that are forked from a clean one: it has loaded what they need, and has read letters."""
    from multiprocessing import forkserver  # noqa: PLC0415  not everywhere

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["loaded"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        forkserver.ensure_running()
    return context


@pytest.fixture(autouse=True)
def warm_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that read letters begin with what the first letter would load."""
    if FORKSERVER:
        monkeypatch.setattr("extractor.processes.children._context", forked)


@pytest.fixture
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of a run are forked from a clean process, not started anew with a second of imports each.

    They are processes as ever, and what reaches them is pickled. As users have them they are in all tests of the
    command in a process of its own, those of signals and kills, and those of memory.
    """
    if FORKSERVER:
        monkeypatch.setattr(
            "extractor.backlog.rules_pool.multiprocessing", SimpleNamespace(get_context=lambda _: forked())
        )
