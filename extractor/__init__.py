"""Turn IMR determination letters into records in which every value can be pointed at in the letter.

>>> from pathlib import Path
>>> from extractor import extract
>>> record = extract(Path("letter.pdf"))                       # doctest: +SKIP
>>> record.determination.decisions[0].outcome                  # doctest: +SKIP
<Outcome.UPHELD: 'upheld'>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.configuration import Configuration as Configuration
    from extractor.determination import Determination as Determination
    from extractor.documents import Document as Document
    from extractor.documents import read_document as read_document
    from extractor.errors import DocumentError as DocumentError
    from extractor.errors import ImrError as ImrError
    from extractor.reading import extract as extract
    from extractor.records import Record as Record

__all__ = [
    "Configuration",
    "Determination",
    "Document",
    "DocumentError",
    "ImrError",
    "Record",
    "extract",
    "read_document",
]

# Loaded when first used: `imr --help` must not wait for pydantic.
_HOME = {
    "Configuration": "configuration",
    "Determination": "determination",
    "Document": "documents",
    "DocumentError": "errors",
    "ImrError": "errors",
    "Record": "records",
    "extract": "reading",
    "read_document": "documents",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - `import extractor` stays free of cost

    return getattr(import_module(f"extractor.{_HOME[name]}"), name)
