"""States and physicians' specialties."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

STATES: tuple[str, ...] = (
    "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware",
    "District of Columbia", "Florida", "Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas",
    "Kentucky", "Louisiana", "Maine", "Maryland", "Massachusetts", "Michigan", "Minnesota", "Mississippi",
    "Missouri", "Montana", "Nebraska", "Nevada", "New Hampshire", "New Jersey", "New Mexico", "New York",
    "North Carolina", "North Dakota", "Ohio", "Oklahoma", "Oregon", "Pennsylvania", "Puerto Rico", "Rhode Island",
    "South Carolina", "South Dakota", "Tennessee", "Texas", "Utah", "Vermont", "Virginia", "Washington",
    "West Virginia", "Wisconsin", "Wyoming",
)  # fmt: skip
_BY_FOLD = {name.lower(): name for name in STATES}
_POSTAL = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
)  # fmt: skip
_ABBREVIATIONS = dict(zip(_POSTAL, STATES, strict=True))
_LONGEST_FIRST = "|".join(sorted(map(re.escape, _BY_FOLD), key=len, reverse=True))
STATE = re.compile(rf"\b(?:{_LONGEST_FIRST})\b|(?:washington,? d\.?c\.?)")
"""Any state by its full name, in folded text."""


def state_named(words: str) -> str | None:
    """The full name of the state that `words` (as printed) name or abbreviate, else None."""
    cleaned = " ".join(words.replace(".", "").split()).strip(" ,;")
    if cleaned.upper() in _ABBREVIATIONS and (cleaned.isupper() or cleaned.istitle()):
        return _ABBREVIATIONS[cleaned.upper()]
    return _BY_FOLD.get(cleaned.lower())


SPECIALTIES: tuple[str, ...] = (
    "Addiction Psychiatry", "Allergy and Immunology", "Anesthesiology", "Cardiovascular Disease",
    "Child and Adolescent Psychiatry", "Chiropractic", "Colon and Rectal Surgery", "Critical Care Medicine", "Dentist",
    "Dermatology", "Diagnostic Radiology", "Emergency Medicine", "Family Practice", "Gastroenterology",
    "General Vascular Surgery", "Geriatric Medicine", "Hand Surgery", "Hospice & Palliative Medicine",
    "Infectious Disease", "Internal Medicine", "Interventional Cardiology", "Medical Oncology", "Medical Toxicology",
    "Nephrology", "Neurological Surgery", "Neurology", "Neuromuscular Medicine", "Neuroradiology",
    "Occupational Medicine", "Oncology", "Ophthalmology", "Optometry", "Oriental Medicine", "Orthopedic Surgery",
    "Otolaryngology", "Pain Management", "Pediatrics", "Physical Medicine & Rehabilitation", "Plastic Surgery",
    "Podiatric Surgery", "Podiatrist", "Preventive Medicine", "Psychiatry", "Psychologist", "Psychology",
    "Public Health & General Preventive Medicine", "Pulmonary Disease", "Radiology", "Registered Nurse",
    "Rheumatology", "Sleep Medicine", "Sports Medicine", "Surgery", "Surgical Critical Care", "Thoracic Surgery",
    "Urology",
)  # fmt: skip
"""As the Division of Workers' Compensation lists them."""


def _key(words: str) -> str:
    """Letters only, American spelling: "Orthopaedic" is "orthopedic", "&" is "and"."""
    plain = words.lower().replace("&", " and ").replace("paed", "ped").replace("anaesth", "anesth")
    return re.sub(r"[^a-z]+", " ", plain).strip()


_SPECIALTY_BY_KEY = {_key(name): name for name in SPECIALTIES}
_KEYS = list(_SPECIALTY_BY_KEY)


def _printed(key: str) -> str:
    """A pattern of the ways in which letters print a specialty: British spelling, "&" for "and"."""
    spelled = re.escape(key).replace("orthoped", "orthopa?ed").replace("anesth", "ana?esth")
    return spelled.replace(r"\ and\ ", r"\s?(?:and|&)\s?").replace(r"\ ", r"\s")


SPECIALTY = re.compile(rf"\b(?:{'|'.join(_printed(key) for key in sorted(_KEYS, key=len, reverse=True))})\b")
"""Any listed specialty, in folded text, "&" or "and"."""


def specialty_named(words: str) -> str | None:
    """The listed specialty that `words` name, with at most a typo ("Sports Medicinea"); None where none is meant.

    The cutoff (ratio 92 of 100) lets one wrong letter in a dozen pass and keeps "Urology" apart from "Neurology".
    """
    key = _key(words)
    if key in _SPECIALTY_BY_KEY:
        return _SPECIALTY_BY_KEY[key]
    if len(key) < 8:
        return None
    best = process.extractOne(key, _KEYS, scorer=fuzz.ratio, score_cutoff=92)
    return _SPECIALTY_BY_KEY[best[0]] if best else None
