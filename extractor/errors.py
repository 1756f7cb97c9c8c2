"""The error tree, and the exit code each branch has on the command line.

    ImrError
    ├── ConfigurationError        a setting, path or option is wrong: nothing was read
    ├── StoreError                the database cannot be used
    │   ├── RecordNotFound        no record under that name
    │   └── RecordDamaged         what the database keeps of a record is not what was saved
    ├── ServiceError              the model's endpoint will serve nobody: the run stops, and can go on later
    │   ├── AuthenticationFailed  the key is missing, wrong or not allowed
    │   ├── UnknownModel          the endpoint has no model of that name
    │   ├── QuotaExceeded         the account has no credit left
    │   ├── BudgetExceeded        the next request could cost more than the budget has left
    │   ├── EndpointUnavailable   it is not there, fails everything, or is used up for hours
    │   ├── RecorderBroken        replies are to be recorded and cannot be written: nothing more is paid for
    │   └── RequestRefused        the endpoint does not take requests of this form, in any mode
    ├── ModelError                the model gave no usable answer for this one letter; the rest can go on
    │   ├── TransportFailed       no connection, a broken one, a time-out, an answer that is no JSON, or a 5xx
    │   ├── RateLimited           too many requests or tokens a minute, for longer than we wait
    │   ├── Truncated             the answer was cut at the limit of output tokens
    │   ├── Rejected              the endpoint, which took others, does not take this request
    │   ├── Refused               the model, or a content filter, refused to answer
    │   ├── InvalidAnswer         the answer is not of the form that was asked for, after being asked again
    │   ├── ReplyTooLong          the reply is of more bytes than any answer has
    │   ├── ContextOverflow       the request is longer than the model's context
    │   ├── AnswerPending         the request goes into a batch, and has no answer yet
    │   └── RecordingMissing      replaying, and this request was never recorded
    └── DocumentError             this one letter cannot be read; the rest can
        ├── EmptyDocument         no bytes, or nothing but blank space
        ├── TooLarge              more bytes, pages or characters than the limits allow
        ├── UnsupportedType       the content is of a type that holds no letter (an image, an archive …)
        ├── BrokenDocument        the content claims a type but cannot be parsed as it
        ├── EncryptedDocument     a password is needed
        ├── NoTextLayer           a scanned PDF: pictures of text; run OCR on it first
        ├── IllegibleText         its characters make no words: a font without a character map
        ├── NotADetermination     it can be read, and is something else than a determination letter
        ├── UnknownLayout         it may be a determination, but in no layout in which decisions are found
        ├── SeveralLetters        the file holds several letters, where one was asked for
        ├── OutsideFolder         a link or list that was only met in a folder leads out of it
        ├── ReadTimeout           reading took longer than the limit
        ├── OutOfMemory           reading needs more memory than the limit, or than there is
        └── ReadCrash             the process that was reading it died

What a determination says, or fails to say, is never an error: it is data, and stands in the record as a flag.
Every `DocumentError` and `ModelError` has a `failure_class`, the stable word under which a backlog files it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


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


class RecordDamaged(StoreError):
    """What the database keeps of a record is not what was saved; the message names the record and quotes nothing."""

    def __init__(self, record_id: int, sha256: str, database: Path) -> None:
        super().__init__(
            f"the record {record_id} of the document {sha256[:12]!r} is damaged in the database {str(database)!r}: "
            "read the letter again with `imr run FILE --check-records`"
        )
        self.record_id = record_id
        self.sha256 = sha256


class DocumentError(ImrError):
    """One document cannot be turned into a record; `failure_class` is the word it is filed under."""

    failure_class: str = "document"
    attempts: tuple[object, ...] = ()
    """What a model was asked before that was seen (`extractor.model.Attempt`)."""


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


class IllegibleText(DocumentError):
    """There is text, but its characters make no words: most often a PDF font without a character map."""

    failure_class = "illegible"


class NotADetermination(DocumentError):
    """The text can be read, and is no determination letter: it has neither the form of one nor a decision.

    Runs count such files by themselves, and they stand in no table.
    """

    failure_class = "not_a_determination"


class UnknownLayout(DocumentError):
    """The text speaks of a case or has headings of the form, but in no layout in which the reader finds decisions."""

    failure_class = "unknown_layout"


class SeveralLetters(DocumentError):
    """The file holds several letters, one behind the other, where one was asked for."""

    failure_class = "several_letters"

    def __init__(self, message: str, letters: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.letters = letters
        """Each of them as a document of its own (`extractor.documents.Document`)."""


class OutsideFolder(DocumentError):
    """A link, or a list of paths, that nobody named leads out of the folder in which it was met."""

    failure_class = "outside"


class OutOfMemory(DocumentError):
    """Reading needs more memory than the limit, or than there is."""

    failure_class = "memory"


class ReadTimeout(DocumentError):
    """Reading took longer than the time limit."""

    failure_class = "timeout"


class ReadCrash(DocumentError):
    """The process that was reading this document died."""

    failure_class = "crash"


class ServiceError(ImrError):
    """The endpoint will not serve this run; what was read is kept, and the run can be started again."""

    exit_code = 2


class AuthenticationFailed(ServiceError):
    """The key is missing, wrong, or not allowed to use the model."""


class UnknownModel(ServiceError):
    """The endpoint has no model of that name."""


class QuotaExceeded(ServiceError):
    """The account behind the key has no credit left."""


class BudgetExceeded(ServiceError):
    """The next request could cost more than the budget has left."""


class EndpointUnavailable(ServiceError):
    """The endpoint is not there, answers nothing but errors, or wants nothing of us for hours; it may come back."""


class RecorderBroken(ServiceError):
    """Replies are to be recorded and cannot be written; the next would be paid for and lost."""


class RequestRefused(ServiceError):
    """The endpoint does not take requests of this form, in none of the modes that were tried."""


class ModelError(ImrError):
    """The model gave no usable answer for one letter; `failure_class` is the word it is filed under."""

    failure_class: str = "model"
    attempts: tuple[object, ...] = ()
    """What was tried for the letter (`extractor.model.Attempt`), all requests together."""


class TransportFailed(ModelError):
    """No connection, a broken one, a time-out, a server's error, or an answer that is no JSON."""

    failure_class = "transport"

    def __init__(
        self, message: str, *, perhaps_billed: bool = False, retry_after: float | None = None, said: str = ""
    ) -> None:
        super().__init__(message)
        self.perhaps_billed = perhaps_billed
        """The request was sent and no reply came back: what it cost is not known."""
        self.retry_after = retry_after
        """Seconds that the endpoint asks us to wait; None where it does not say."""
        self.said = said
        """The endpoint's own words, as far as they may be shown."""


class RateLimited(ModelError):
    """The endpoint wants fewer requests or tokens a minute."""

    failure_class = "rate_limit"

    def __init__(self, message: str, retry_after: float | None = None, said: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the endpoint asks us to wait; None where it does not say."""
        self.said = said
        """The endpoint's own words, as far as they may be shown."""


class Truncated(ModelError):
    """The answer was cut at the limit of output tokens; a cut answer is never parsed."""

    failure_class = "truncated"


class Refused(ModelError):
    """The model, or a content filter before it, refused to answer."""

    failure_class = "refused"


class Rejected(ModelError):
    """The endpoint, which took other requests, does not take this one."""

    failure_class = "rejected"

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said
        """The endpoint's own words, as far as they may be shown."""


class InvalidAnswer(ModelError):
    """The answer is not of the form that was asked for."""

    failure_class = "invalid_answer"

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults
        """`path: reason`, one a fault; told to the model when it is asked again."""


class ReplyTooLong(ModelError):
    """The reply is of more bytes than any answer has: it was not read to its end."""

    failure_class = "reply_too_long"


class ContextOverflow(ModelError):
    """The request is longer than the model's context."""

    failure_class = "context_overflow"


class AnswerPending(ModelError):
    """The request goes into a batch, and has no answer yet."""

    failure_class = "answer_pending"


class RecordingMissing(ModelError):
    """Replaying, and this request was never recorded."""

    failure_class = "recording_missing"


def defect(error: BaseException) -> str:
    """Tell an error that nobody raised on purpose by its class and place; its message may quote a letter or a key."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.replace("\\", "/")
    return f"{type(error).__name__} in {'/'.join(file.split('/')[-2:])}, line {trace.tb_lineno}"
