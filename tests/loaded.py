"""What processes of tests begin with: imported once in the process that they are forked from.

Tables and patterns are made when a letter is read for the first time, which takes longer than reading it.
"""

from __future__ import annotations

from pathlib import Path

import factories  # noqa: F401  the reader that misbehaves

import extractor.backlog.worker
import extractor.documents
import extractor.readers.model
from extractor.reading.configuration import Configuration
from extractor.reading.letter import open_letter, read
from extractor.settings import ModelSettings

for path in sorted((Path(__file__).parents[1] / "docs" / "samples").glob("*.txt")):
    document = extractor.documents.read_document(path)
    read(document)
    open_letter(document, Configuration.of("both", ModelSettings("loaded")))
