"""One way in for every source and type: fetch the bytes, recognise, read, tidy, find the pages."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from extractor import files
from extractor.documents.budget import Budget
from extractor.documents.legible import illegible_pages
from extractor.documents.mail import is_mail, read_mail
from extractor.documents.markdown import plain
from extractor.documents.markup import read_markup
from extractor.documents.notes import Note, NoteCode, pages_named
from extractor.documents.pdf import read_pdf
from extractor.documents.plain import decode
from extractor.documents.recognise import MediaType, recognise_container, recognise_text
from extractor.documents.tidy import joined_surrogates, page_spans, tidy
from extractor.documents.word import read_word
from extractor.errors import (
    BrokenDocument,
    DocumentError,
    EmptyDocument,
    IllegibleText,
    OutOfMemory,
    TooLarge,
    UnsupportedType,
)
from extractor.settings import DEFAULT_LIMITS, Limits
from extractor.text.spans import Span

# Programs that write plain text end the last page, too, with a form feed; no page begins there.
_LAST_PAGE_END = re.compile(r"\f[ \t\n]*\Z")


_MOST_MAILS = 3

# One line that ends as names of files do, or begins as paths do and has no blank.
_PATH = re.compile(
    r"[^\n\r\f]{0,4000}\.(?:pdf|docx?|docm|rtf|odt|txt|text|md|html?|xhtml|mht|mhtml|eml|msg|mbox|xml|json|jsonl|csv|tsv|xlsx?"
    r"|zip|gz|tgz|tar|png|jpe?g|tiff?)"
    r"|(?:file:|[A-Za-z]:[\\/]|\\\\|~?/|\.{1,2}[\\/])[^\s]{1,4000}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Document:
    r"""A letter's text, decoded once; all evidence points into `text`.

    `text` has "\n" line ends, no control characters but tab, line feed and form feed, and no lone surrogates. Its
    pages are parted by single form feeds: `text.split("\f")` gives them.
    """

    text: str
    pages: tuple[Span, ...]
    """Half-open code-point range of each page in `text`, form feeds excluded; at least one."""
    sha256: str
    """Lower-case hex digest of the bytes: the document's identity. Of a `str`, its UTF-8 bytes."""
    name: str
    """The file's name, or what the caller calls it; for bytes and texts without a name, the head of the digest."""
    media_type: str
    """`application/pdf`, `text/plain`, `text/html`, `message/rfc822` or the one of .docx; told by content."""
    notes: tuple[Note, ...] = ()
    """What of the file the text does not hold, or holds although it may not be meant to be read."""
    part: Span | None = None
    """Of a file that holds several letters: where this one stands in `text`, which is the whole file's."""
    part_of: str | None = None
    """Of the second and later ones: the SHA-256 of the file, whose own `sha256` the first letter has."""

    number: int = 1
    """Which letter of its file it was read as, counted from 1."""

    @property
    def own_text(self) -> str:
        """The letter's own part of `text`: nearly always all of it."""
        return self.text if self.part is None else self.part.of(self.text)

    def letter(self, number: int, part: Span) -> Document:
        """One of the letters that the file holds, counted from 1.

        All share the file's text, so that evidence of each can be looked up in it.
        """
        pages = tuple(page for page in self.pages if page.overlaps(part))
        letter = replace(self, part=part, pages=pages, number=number)
        if number == 1:
            return letter
        sha256 = hashlib.sha256(f"{self.sha256}#{number}".encode()).hexdigest()
        return replace(letter, name=letter.numbered(self.name), sha256=sha256, part_of=self.sha256)

    def numbered(self, file: str) -> str:
        """What this letter is called in a file of that name: the first as the file, the next `file.pdf#2`."""
        return file if self.number == 1 else f"{file}#{self.number}"


def read_document(
    source: Path | bytes | str,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    below: str | None = None,
) -> Document:
    """Read a file (`Path`), its content (`bytes`) or a text (`str`: the text itself, never a path).

    The document is a function of the bytes and the limits alone: a text gives what its UTF-8 bytes give, save that a
    text which is but a path is refused.

    Args:
        source: The letter.
        name: What the document is called in errors and records; the file's name where it is None.
        limits: What it may cost before it is refused.
        below: A folder, all links followed, that a file may not lie outside of.

    Raises:
        DocumentError: this document cannot be read, always as the subclass that says why. A path that does not exist,
            is no file or may not be read is a plain `DocumentError`: one bad entry of a list must not end a backlog.
        TypeError: `source` is of another type.

    """
    if isinstance(source, Path):
        budget = Budget.start(joined_surrogates(name or source.name or str(source)), limits)
        data = load(source, budget, below)
        sha256 = hashlib.sha256(data).hexdigest()
    elif isinstance(source, str | bytes):
        if isinstance(source, str) and _PATH.fullmatch(source.strip()):
            raise UnsupportedType("what was given is a path, not the text of a letter: give Path(...) to read a file")
        data = joined_surrogates(source).encode() if isinstance(source, str) else source
        sha256 = hashlib.sha256(data).hexdigest()
        budget = Budget.start(joined_surrogates(name or f"sha256:{sha256[:12]}"), limits)
        budget.check_bytes(len(data))
    else:
        raise TypeError(f"a document is read from a Path, bytes or a str, not from {type(source).__name__!r}")
    if not data:
        raise EmptyDocument(f"{budget.name!r} has no bytes: check that the copy or download was finished")
    text, media_type, notes = _read(data, budget)
    budget.check_characters(len(text))
    budget.check_time()
    if not text.strip():
        raise EmptyDocument(f"{budget.name!r} holds no text: check that it is the right file")
    notes += _illegible(text, budget.name)
    return Document(text, page_spans(text), sha256, budget.name, media_type, notes)


def _illegible(text: str, name: str) -> tuple[Note, ...]:
    """Say which pages are rubble.

    Raises:
        IllegibleText: most of the text is.

    """
    pages = text.split("\f")
    rubble = illegible_pages(pages)
    if not rubble:
        return ()
    if 2 * sum(len(pages[number - 1]) for number in rubble) > len(text):
        raise IllegibleText(
            f"the characters of {name!r} make no words, as in a PDF whose fonts have no character map: "
            "run OCR on it (ocrmypdf --force-ocr), or print it again from the program that made it"
        )
    message = f"The characters on {pages_named(rubble)} make no words: what stands there cannot be read."
    return (Note(NoteCode.PAGE_WITHOUT_TEXT, message),)


def load(path: Path, budget: Budget, below: str | None = None) -> bytes:
    """Give the bytes of a file, and never more than the budget allows, whatever size it is said to have.

    Raises:
        DocumentError: as `read_document` says.

    """
    name = joined_surrogates(str(path))
    try:
        with files.opened(str(path), below) as file:
            budget.check_bytes(os.fstat(file.fileno()).st_size)
            data = files.contents(file, budget.limits.max_bytes)  # it may still be written to
    except TooLarge:
        raise
    except MemoryError as error:
        raise _out_of_memory(budget) from error
    except DocumentError as error:
        raise type(error)(f"{name!r} {error}") from error.__cause__
    except OSError as error:
        raise DocumentError(f"{name!r} cannot be read ({error.strerror}): check where it lies") from error
    budget.check_bytes(len(data))
    return data


def _read(data: bytes, budget: Budget, depth: int = 0) -> tuple[str, MediaType, tuple[Note, ...]]:
    media_type: MediaType | None = None
    try:
        media_type = recognise_container(data, budget.name)
        if media_type is MediaType.PDF:
            text, notes = read_pdf(data, budget)
            return tidy(text), media_type, notes
        if media_type is MediaType.WORD:
            return _LAST_PAGE_END.sub("", tidy(read_word(data, budget))), media_type, ()
        if is_mail(data):
            media_type = MediaType.MAIL
            text, notes = _mail(data, budget, depth)
            return text, media_type, notes
        text = decode(data)
        media_type = recognise_text(text, data, budget.name)
        if media_type is MediaType.HTML:
            return tidy(read_markup(text, budget)), media_type, ()
        return _LAST_PAGE_END.sub("", plain(tidy(text))), media_type, ()
    except DocumentError:
        raise
    except MemoryError as error:
        raise _out_of_memory(budget) from error
    except Exception as error:
        # The parsers fail on bad content in more ways than they document; for the caller they are one fact. What they
        # say of it quotes it.
        raise BrokenDocument(
            f"{budget.name!r} looks like {media_type or 'text'} but cannot be parsed "
            f"({type(error).__name__}): fetch it again, or print it to a PDF"
        ) from error


def _mail(data: bytes, budget: Budget, depth: int) -> tuple[str, tuple[Note, ...]]:
    if depth == _MOST_MAILS:
        raise UnsupportedType(f"{budget.name!r} is a mail in a mail in a mail: save the letter in it by itself")

    def read(content: bytes) -> tuple[str, tuple[Note, ...]]:
        if not content.strip():
            raise EmptyDocument(f"{budget.name!r} has an empty attachment: check that it was sent")
        text, _, notes = _read(content, budget, depth + 1)
        return text, notes

    text, notes = read_mail(data, read, budget)
    return tidy(text), notes


def _out_of_memory(budget: Budget) -> OutOfMemory:
    return OutOfMemory(f"{budget.name!r} needs more memory than there is: check that it is a letter")
