"""The error tree, and the exit code each branch has on the command line.

    ImrError
    ├── ConfigurationError        a setting, path or option is wrong: nothing was read
    ├── StoreError                the database cannot be used
    │   └── RecordNotFound        no record under that name
    └── DocumentError             this one letter cannot be read; the rest can
        ├── EmptyDocument         no bytes, or nothing but blank space
        ├── TooLarge              more bytes, pages or characters than the limits allow
        ├── UnsupportedType       the content is of a type that holds no letter (an image, an archive …)
        ├── BrokenDocument        the content claims a type but cannot be parsed as it
        ├── EncryptedDocument     a password is needed
        ├── NoTextLayer           a scanned PDF: pictures of text; run OCR on it first
        ├── ReadTimeout           reading took longer than the limit
        └── ReadCrash             the process that was reading it died

What a letter says, or fails to say, is never an error: it is data, and stands in the record as a flag.
Every `DocumentError` has a `failure_class`, the stable word under which a backlog files it.
"""

from __future__ import annotations


class ImrError(Exception):
    """Base of every error this package raises on purpose. Its message is fit to show to a person."""

    exit_code: int = 1


class ConfigurationError(ImrError):
    """A setting, path or option is wrong; the message names it and says what to do."""

    exit_code = 2


class StoreError(ImrError):
    """The database cannot be opened, is of another format, or is locked for too long."""

    exit_code = 3


class RecordNotFound(StoreError):
    """No record in the database answers to the name that was asked for."""


class DocumentError(ImrError):
    """One document cannot be turned into text; `failure_class` is the word it is filed under."""

    failure_class: str = "document"


class EmptyDocument(DocumentError):
    """No bytes, or no character other than blank space."""

    failure_class = "empty"


class TooLarge(DocumentError):
    """More bytes, pages or characters than the limits allow."""

    failure_class = "too_large"


class UnsupportedType(DocumentError):
    """The content is of a type that cannot hold a letter's text."""

    failure_class = "unsupported_type"


class BrokenDocument(DocumentError):
    """The content claims a type but cannot be parsed as that type."""

    failure_class = "broken"


class EncryptedDocument(DocumentError):
    """A password is needed to read the content."""

    failure_class = "encrypted"


class NoTextLayer(DocumentError):
    """A PDF of pictures: it has pages but no text."""

    failure_class = "no_text_layer"


class ReadTimeout(DocumentError):
    """Reading took longer than the time limit."""

    failure_class = "timeout"


class ReadCrash(DocumentError):
    """The process that was reading this document died."""

    failure_class = "crash"
