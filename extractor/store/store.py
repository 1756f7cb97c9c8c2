"""The door to the database."""

from __future__ import annotations

from extractor.store.lookups import Lookups
from extractor.store.overview import Overview
from extractor.store.saving import Saving
from extractor.store.search import Search


class Store(Saving, Lookups, Search, Overview):
    """An open database: saving, lookups, search and counts, each a part of its own.

    Use it as a context manager, in one thread:

        with Store("imr.db") as store:
            store.save(record, document)
            for hit in store.search("functional improvement"):
                print(hit.case_number, hit.snippet)

    For its arguments and errors see `extractor.store.database.OpenDatabase`.
    """
