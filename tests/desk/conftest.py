"""A database with letters of several kinds, and the desk over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import letters as L  # noqa: N812  as in the tests of readers
import pytest
from desk_database import HOSTILE, PDF, Desk, doubtful, put
from starlette.testclient import TestClient

from extractor.store import Store


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "imr.db"
    header = L.header_table
    with Store(path) as store:
        put(store, L.prose(header=header(Case_Number="CM16-0100001")), doubtful)
        hostile = f"Naproxen {HOSTILE} 500mg #30"
        put(
            store,
            L.prose(
                L.Asked(heading=hostile, rationale=f"It is {HOSTILE} not medically necessary."),
                header=header(Case_Number="CM16-0100002", Decision_Date="02/03/2016"),
            ),
        )
        put(
            store,
            L.prose(
                L.Asked(heading="Acupuncture, 6 sessions", outcome="Overturned"),
                header=header(Case_Number="CM16-0100003"),
            ),
        )
        put(store, PDF)
    return path


@pytest.fixture
def desk(database: Path) -> Desk:
    return Desk(database)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with desk.browser() as client:
        yield client
