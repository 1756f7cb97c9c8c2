"""E-mail (.eml, .mht): the one letter in a mail, in its body or attached, decoded by the standard library.

The mail's own header is no part of the letter. A mail of several letters, or of none, is never read as one: what to do
with it is said by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import errors as faults
from email import message_from_bytes, policy
from email.message import Message

from extractor.documents.budget import Budget
from extractor.documents.notes import Note, NoteCode
from extractor.documents.plain import decode
from extractor.errors import BrokenDocument, DocumentError, EmptyDocument, EncryptedDocument, UnsupportedType

Read = Callable[[bytes], tuple[str, tuple[Note, ...]]]
"""Reads an attachment: its text, and what is to be said of it."""

_FIELD = re.compile(rb"([!-9;-~]+):[ \t]?[^\r\n]*(?:\r?\n[ \t]+[^\r\n]+)*\r?(?:\n|\Z)")
_OF_MAILS = frozenset(
    b"mime-version content-type content-transfer-encoding message-id received return-path delivered-to "
    b"dkim-signature".split()
)
_OF_LETTERS_TOO = frozenset(b"from to subject date cc reply-to sender".split())
_MOST_FIELDS = 500
_ENVELOPE = re.compile(rb"From \S+ [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
_NEXT_ENVELOPE = re.compile(rb"\n\r?\n" + _ENVELOPE.pattern)

_CUT_SHORT = (
    faults.CloseBoundaryNotFoundDefect,
    faults.StartBoundaryNotFoundDefect,
    faults.InvalidBase64LengthDefect,
    faults.InvalidBase64PaddingDefect,
)
_MOST_PARTS = 200
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_ELSEWHERE = frozenset({"application/ms-tnef", "message/partial", "message/external-body"})

# A covering note says one of these, hardly ever three, and not at the length of a letter.
_DETERMINATION = re.compile(
    r"independent\s+medical\s+review|final\s+determination|medically\s+necessary|upheld|overturned|case\s+number"
    r"|claims\s+administrator|expert\s+reviewer",
    re.IGNORECASE,
)
_SHORTEST_LETTER = 1_000
_COVERING_NOTE = 600


def is_mail(data: bytes) -> bool:
    """Whether the content opens with the header of a mail, as it is sent or kept; not as it is printed."""
    envelope = _ENVELOPE.match(data)
    at = envelope.end() if envelope else 0
    names = set()
    for _ in range(_MOST_FIELDS):
        field = _FIELD.match(data, at)
        if not field:
            break
        names.add(field[1].lower())
        at = field.end()
    ends = data[at : at + 2] in {b"\r\n", b""} or data[at : at + 1] == b"\n"
    return ends and bool(names & _OF_MAILS) and (bool(envelope) or len(names & (_OF_MAILS | _OF_LETTERS_TOO)) >= 2)


@dataclass(frozen=True, slots=True)
class _Part:
    text: str = ""
    notes: tuple[Note, ...] = ()
    error: DocumentError | None = None
    attached: bool = True

    @property
    def is_letter(self) -> bool:
        found = {re.sub(r"\s+", " ", word.lower()) for word in _DETERMINATION.findall(self.text)}
        return len(self.text) >= _SHORTEST_LETTER and len(found) >= 3


def read_mail(data: bytes, read: Read, budget: Budget) -> tuple[str, tuple[Note, ...]]:
    """The letter in a mail; several, where several are attached.

    Raises:
        UnsupportedType: it holds several documents, or letters in its text and beside it, or is of a form that is none
            to read.
        EncryptedDocument: it is encrypted. BrokenDocument: it is cut short. EmptyDocument: nothing is in it.
        DocumentError: as the only document in it.

    """
    if _NEXT_ENVELOPE.search(data):
        raise UnsupportedType(f"{budget.name!r} is a mailbox of several mails: save each mail and give those")
    message = message_from_bytes(_ENVELOPE.sub(b"", data, count=1), policy=policy.default)
    parts = list(_parts(message, read, budget))
    attached = [part for part in parts if part.attached]
    body = _Part("\n".join(part.text for part in parts if not part.attached and part.text.strip()), attached=False)
    letters = [part for part in (*attached, body) if part.is_letter]
    if len(letters) > 1 and body in letters:
        raise UnsupportedType(f"{budget.name!r} is a mail with {len(letters)} letters in it: give each as its own file")
    if letters:
        return _with_notes(letters, attached)
    for part in attached:
        if part.error:
            raise type(part.error)(f"attached to the mail {budget.name!r}: {part.error}") from part.error
    if len(attached) > 1 and len(body.text) < _COVERING_NOTE:
        raise UnsupportedType(f"{budget.name!r} is a mail with {len(attached)} documents: give each as its own file")
    if len(attached) == 1 and len(body.text) < _COVERING_NOTE:
        return _with_notes(attached, attached)
    if not body.text.strip():
        raise EmptyDocument(f"{budget.name!r} is a mail without text and documents: check that it is the right file")
    return _with_notes([body], attached)


def _with_notes(chosen: list[_Part], attached: list[_Part]) -> tuple[str, tuple[Note, ...]]:
    """What was chosen, each on pages of its own, and what is told of it and of the rest."""
    text = "\f".join(part.text.strip("\f") for part in chosen)
    notes = tuple(dict.fromkeys(note for part in chosen for note in part.notes))
    others = sum(part not in chosen for part in attached)
    if not others:
        return text, notes
    message = f"Of the mail, {others} attached document(s) beside the letter were not read."
    return text, (*notes, Note(NoteCode.LEFT_OUT, message))


def _parts(message: Message, read: Read, budget: Budget) -> Iterator[_Part]:
    sheets: list[str] = []
    pages: list[Message] = []
    for count, leaf in enumerate(_leaves(message, budget)):
        if count >= _MOST_PARTS:
            raise UnsupportedType(
                f"{budget.name!r} is a mail of more than {_MOST_PARTS} parts: save the letter by itself"
            )
        budget.check_time()
        kind = leaf.get_content_type()
        if kind == "text/css":
            sheets.append(_text(leaf, budget))
        elif kind in {"text/plain", "text/html"} and leaf.get_content_disposition() != "attachment":
            pages.append(leaf)
        elif leaf.get_content_maintype() not in {"image", "audio", "video", "font"} and not kind.endswith("signature"):
            yield _attachment(leaf, read, budget)
    for page in pages:
        text = _text(page, budget)
        if page.get_content_type() == "text/html":
            style = "".join(f"<style>{sheet}</style>" for sheet in sheets)
            text = f"<html>{style}{text}"
        if text.strip():
            told, notes = read(text.encode("utf-8", "replace"))
            yield _Part(told, notes, attached=False)


def _leaves(message: Message, budget: Budget) -> Iterator[Message]:
    """The parts that a person is shown: of alternatives the richest, which comes last (RFC 2046, 5.1.4)."""
    kind = message.get_content_type()
    if kind in _SEALED:
        raise EncryptedDocument(f"{budget.name!r} is an encrypted mail: save the letter in it by itself")
    if kind in _ELSEWHERE:
        raise UnsupportedType(f"{budget.name!r} is a mail of the kind {kind}: save the letter in it by itself")
    if any(isinstance(defect, _CUT_SHORT) for defect in message.defects):
        raise BrokenDocument(f"{budget.name!r} is a mail that is cut short: fetch it again")
    if not message.is_multipart():
        yield message
        return
    inner = [part for part in message.get_payload() if isinstance(part, Message)]
    if kind == "multipart/alternative":
        shown = [part for part in inner if part.get_content_type() in {"text/plain", "text/html", "multipart/related"}]
        inner = shown[-1:] or inner
    for part in inner:
        yield from _leaves(part, budget)


def _content(leaf: Message, budget: Budget) -> bytes:
    content = leaf.get_payload(decode=True)
    if any(isinstance(defect, _CUT_SHORT) for defect in leaf.defects):
        raise BrokenDocument(f"{budget.name!r} is a mail with a part that is cut short: fetch it again")
    return content if isinstance(content, bytes) else b""


def _text(leaf: Message, budget: Budget) -> str:
    content = _content(leaf, budget)
    charset = leaf.get_content_charset()
    try:
        return content.decode(charset or "ascii")
    except (LookupError, UnicodeError):
        return decode(content)


def _attachment(leaf: Message, read: Read, budget: Budget) -> _Part:
    try:
        return _Part(*read(_content(leaf, budget)))
    except DocumentError as error:
        return _Part(error=error)
