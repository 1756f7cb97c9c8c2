"""The database that a backlog lands in: `Store` is the only door to it.

A store is SQLite in WAL mode: any number of processes may read while one writes, and writers wait their turn.
Everything of one letter is written in one transaction, so a process killed at any instant leaves whole letters only.
Records are append-only and unique by document and configuration; saving one again only lets it count again.
The tables are described in `extractor.store.schema`.
"""

from extractor.endings import FailedLetter
from extractor.store import batches
from extractor.store.lookups import Stamp
from extractor.store.rows import Prepared, prepare
from extractor.store.saving import Changes, Saved
from extractor.store.store import Store

__all__ = ["Changes", "FailedLetter", "Prepared", "Saved", "Stamp", "Store", "batches", "prepare"]
