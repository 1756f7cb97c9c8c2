"""Plain text: which encoding the bytes are in.

The order is fixed, so equal bytes always give equal text, and a `str` read through its UTF-8 bytes gives itself:
byte order mark; the pattern of zero bytes of UTF-16 and UTF-32; UTF-8; the encoding an HTML page declares;
then the single-byte ones an American office may have used, Windows-1252 unless much speaks for another.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from extractor.documents import charsets

# The mark of UTF-32-LE begins with that of UTF-16-LE, so it is tried first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Where the zero bytes stand, position modulo 4, when Latin letters are written in 2 or 4 bytes.
_ZERO_COLUMNS = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}

# Windows-1252 is the encoding of nearly all that is not UTF-8; the Macintosh and DOS sets are what else is met.
_SINGLE_BYTE = ["cp1252", "mac_roman", "cp437"]

# Under this many bytes above 127 a guess is a coin toss (measured: it takes a lone Windows apostrophe for Macintosh's).
_ENOUGH_TO_GUESS = 4
_SAMPLE = 200_000
_ASCII = bytes(range(128))

_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)


def decode(data: bytes) -> str:
    """Decode `data`; bytes without meaning in the encoding become U+FFFD. It never fails: judge the result.

    Half a character at the very end of UTF-16 or UTF-32, as a cut copy leaves it, is dropped.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _wide(data[len(mark) :], encoding)
    wide = _encoding_by_zeros(data)
    if wide:
        return _wide(data, wide)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _declared_encoding(data)
    if declared:
        return data.decode(declared, "replace")
    damaged = data.decode("utf-8", "replace")
    strays = damaged.count("\ufffd")
    # More whole sequences than strays: UTF-8 that was cut or patched, since other encodings hardly ever form one.
    if len(damaged) - len(damaged.encode("ascii", "ignore")) >= 2 * strays:
        return damaged
    return data.decode(_single_byte_encoding(data), "replace")


def _wide(data: bytes, encoding: str) -> str:
    width = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}[encoding]
    return data[: len(data) - len(data) % width].decode(encoding, "replace")


def _encoding_by_zeros(data: bytes) -> str | None:
    sample = data[:4096]
    if b"\0" not in sample or len(sample) < 4:
        return None
    columns = [sample[i::4] for i in range(4)]
    shares = [column.count(0) / len(column) for column in columns]
    if any(0.1 < share < 0.6 for share in shares):
        return None
    return _ZERO_COLUMNS.get((shares[0] > 0.5, shares[1] > 0.5, shares[2] > 0.5, shares[3] > 0.5))


def _declared_encoding(data: bytes) -> str | None:
    # Browsers look at the first 1,024 bytes; word processors write longer heads.
    found = _DECLARED.search(data[:4096])
    if not found:
        return None
    return charsets.named(found[1].decode("ascii"))


def _single_byte_encoding(data: bytes) -> str:
    sample = data[:_SAMPLE]
    if len(sample.translate(None, _ASCII)) < _ENOUGH_TO_GUESS:
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_SINGLE_BYTE).best()
    return best.encoding if best and best.encoding in _SINGLE_BYTE else "cp1252"
