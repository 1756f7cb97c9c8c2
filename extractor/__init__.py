"""Turn IMR determination letters into records in which every value can be pointed at in the letter.

>>> from pathlib import Path
>>> from extractor import Database, Filters, extract
>>> record = extract(Path("letter.pdf"))                       # doctest: +SKIP
>>> record.determination.decisions[0].outcome                  # doctest: +SKIP
<Outcome.UPHELD: 'upheld'>
>>> with Database("imr.db") as database:                       # doctest: +SKIP
...     found = database.search("lumbar fusion", Filters(outcome=("overturned",)))

What stands here is what programs may rely upon; everything else may change from version to version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.database import Database as Database
    from extractor.documents import Document as Document
    from extractor.documents import read_document as read_document
    from extractor.errors import DocumentError as DocumentError
    from extractor.errors import ImrError as ImrError
    from extractor.reading.configuration import Configuration as Configuration
    from extractor.reading.letter import extract as extract
    from extractor.reading.letter import extract_each as extract_each
    from extractor.reading.letter import read as read
    from extractor.records.determination import Determination as Determination
    from extractor.records.record import Evidence as Evidence
    from extractor.records.record import Flag as Flag
    from extractor.records.record import Record as Record
    from extractor.store.search import Filters as Filters

    __version__: str

__all__ = [
    "Configuration",
    "Database",
    "Determination",
    "Document",
    "DocumentError",
    "Evidence",
    "Filters",
    "Flag",
    "ImrError",
    "Record",
    "__version__",
    "extract",
    "extract_each",
    "read",
    "read_document",
]

# Loaded when first used: `imr --help` must not wait for pydantic.
_HOME = {
    "Configuration": "reading.configuration",
    "Database": "database",
    "Determination": "records.determination",
    "Document": "documents",
    "DocumentError": "errors",
    "Evidence": "records.record",
    "Filters": "store.search",
    "Flag": "records.record",
    "ImrError": "errors",
    "Record": "records.record",
    "extract": "reading.letter",
    "extract_each": "reading.letter",
    "read": "reading.letter",
    "read_document": "documents",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("imr-extractor")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - `import extractor` stays free of cost

    return getattr(import_module(f"extractor.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
