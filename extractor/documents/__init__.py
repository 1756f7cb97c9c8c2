"""Documents: bytes to text.

`read_document` takes a file, its bytes or a text, tells the type by content and gives a `Document`: decoded text with
exact page spans, identified by the SHA-256 of the bytes. What cannot be read is a `DocumentError` of its own class;
what was left out of a file that can be is told by a `Note`, which becomes a flag of the record.
"""

from extractor.documents.notes import Note, NoteCode
from extractor.documents.reading import Document, read_document

__all__ = ["Document", "Note", "NoteCode", "read_document"]
