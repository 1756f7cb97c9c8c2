"""Stamps: lines that offices, fax machines, browsers and scanners print onto a letter, told by their form alone."""

from __future__ import annotations

import re

_TIME = r"\d{1,2}:\d{2}(?::\d{2})?\s?(?:[AaPp]\.?[Mm]?\b\.?)?"
_DAY = r"(?:\d{1,4}[/-]\d{1,2}[/-]\d{1,4}|(?:\d{4}\s)?[A-Z][A-Za-z]{2,8}\.?\s\d{1,2},?(?:\s\d{2,4})?)"
_PAGE = r"(?:[Pp](?:age|g)?[.:]?\s?\d{1,3}(?:\s?(?:/|of)\s?\d{1,3})?|@?\d{1,3}/\d{1,3})"
_OF_PAGES = r"\d{1,3}\s?(?:/|of)\s?\d{1,3}"
_MARKED = r"(?:RECEIVED|FILED|(?:ELECTRONICALLY|Electronically)\s\w+|E-?[Ff]iled|SCANNED)"

_STAMP = re.compile(
    rf"""(?x)^\s*(?:
    # "DEF-IMR 000124", "ABC0000124", "Bates No. 124", "000124"
      (?=[A-Z])(?!.*\b(?:CPT|HCPCS|ICD|CODES?|NDC)\b) [A-Z][A-Z&.'_\ -]{{0,40}}\d{{5,9}}
    | [Bb](?:ates|ATES)\ (?:[Nn][Oo]\.?|\#|[Nn]umber)?\s?[A-Z_-]*\d{{1,9}}
    | \d{{6,9}} | \[\d{{1,3}}\]
    | E(?:xh\.|XH\.|xhibit|XHIBIT|XH)\ [A-Z0-9]{{1,3}}(?:\s?[-,]\s?(?:[Pp]age\ )?\d{{1,6}})?
    | A(?:ttachment|TTACHMENT)\ [A-Z0-9]{{1,3}}
    # "02/28/2017 10:31AM  Doe Law Offices  9165550100  p.2"; "FROM: DOE LAW OFFICES   P.03/07"; "FAX … @003/007"
    | (?:{_DAY})\s.{{0,80}}?{_TIME}.{{0,80}}?\b{_PAGE}
    | (?:FROM|From|TO|To|FAX|Fax)\b:?\s.{{0,90}}?(?:\s|@){_PAGE}(?:\s.{{0,60}}{_TIME})?
    # a browser's head or foot: "https://… 2/7", "2/28/2017   IMR decision search   2/7"
    | (?:https?|file)://\S+\s+{_OF_PAGES}
    | {_DAY}(?:,?\ {_TIME})?\s{{2,}}\S.{{0,80}}?\s{{2,}}{_OF_PAGES}
    # a court's: "Document 12-3  Filed 02/28/17  Page 2 of 7"
    | Document\ [\d-]+\s+Filed\s.{{0,60}}\bPage\ {_OF_PAGES}.{{0,30}}
    # "RECEIVED FEB 28 2017", "Received by Doe Claims on 02/28/2017", "Scanned by CamScanner"
    # (but not "Received: 02/28/2017", which is the header's)
    | (?:{_MARKED}|(?:Received|Filed)\ by\ [\w\ .&-]{{1,40}}?)(?:\ on)?\s+{_DAY}(?:,?\ {_TIME})?
    | (?:Scanned|Printed)\ (?:by|with)\ \w+(?:\ \w+)?
    # "DWC-WCAB 2017 FEB 28 PM 4:05"
    | [A-Z][A-Z\ -]{{1,30}}\s{_DAY}\s(?:[AP]M\s)?{_TIME}
    # whose case or claim it is: "Doe v. Roe Manufacturing, ADJ0041481", "Claim 00023822-WC-01"
    | (?=.*ADJ)[^.:]{{0,60}}(?:\bv\.\ [^.:]{{1,60}})?\bADJ\ ?\d{{5,9}} | Claim\ [\dA-Z][\dA-Z-]{{6,20}}\d
    # watermarks
    | (?:UNOFFICIAL\ )?COPY(?:\ -\ NOT\ CERTIFIED)? | C(?:onfidential|ONFIDENTIAL)(?:\s[-–]?[\w' -]{{1,60}})?
    | D(?:raft|RAFT) | Copy | VOID
    | DUPLICATE | (?:[A-Z]\ ){{3,}}[A-Z]
    )\s*$"""
)
_INK = re.compile(r"\d|[A-Z]{4}|Copy|Confid|Draft|Scanned|Printed|Attach|Exh|ADJ|Claim|[A-Z] [A-Z] ")


def is_stamp(line: str) -> bool:
    """Whether a raw line, its blanks as printed, is a stamp whatever stands around it."""
    first = line.lstrip()[:1]
    if (first.islower() and first not in "hf") or _INK.search(line) is None:
        return False
    return len(_SPOKEN.findall(line)) <= _FEW_SPOKEN and _STAMP.match(line) is not None


_SPOKEN = re.compile(r"(?<= )[a-z]{2}")
_FEW_SPOKEN = 8
"""Words in small letters: what has more is a line of a paragraph."""
