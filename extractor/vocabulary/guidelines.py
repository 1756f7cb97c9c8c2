"""Guideline bodies, chapter and section names as letters cite them."""

from __future__ import annotations

import re

MTUS_TITLES: tuple[str, ...] = (
    "General Approaches", "Initial Approaches to Treatment", "Prevention",
    "Cornerstones of Disability Prevention and Management", "General Approach to Initial Assessment and Documentation",
    "Neck and Upper Back Complaints", "Shoulder Complaints", "Elbow Complaints", "Elbow Disorders",
    "Forearm, Wrist, and Hand Complaints", "Forearm, Wrist, & Hand Complaints", "Low Back Complaints",
    "Knee Complaints", "Ankle and Foot Complaints", "Stress Related Conditions", "Stress-Related Conditions",
    "Eye Chapter", "Eye Complaints", "Acupuncture Treatment", "Acupuncture Medical Treatment",
    "Chronic Pain Medical Treatment", "Chronic Pain Treatment", "Opioid Treatment", "Opioids Treatment",
    "Postsurgical Treatment", "Post-Surgical Treatment", "Medical Evidence Evaluation",
)  # fmt: skip
"""Titles of MTUS regulations and ACOEM chapters adopted into the MTUS; some contain commas."""

TITLES_SINCE_2017: tuple[str, ...] = (
    "Cervical and Thoracic Spine Disorders", "Shoulder Disorders", "Elbow Disorders",
    "Hand, Wrist, and Forearm Disorders", "Hand, Wrist and Forearm Disorders", "Hand, Wrist, & Forearm Disorders",
    "Low Back Disorders", "Knee Disorders", "Ankle and Foot Disorders", "Ankle & Foot Disorders", "Eye Disorders",
    "Hip and Groin Disorders", "Workplace Mental Health", "Post-traumatic Stress Disorder", "Depressive Disorders",
    "Anxiety Disorders", "Occupational/Work-Related Asthma", "Work-Related Asthma",
    "Occupational Interstitial Lung Disease",
    "Coronavirus (COVID-19)", "Traumatic Brain Injury",
)  # fmt: skip
"""Titles of the ACOEM guidelines that are the MTUS from December 2017 on (8 CCR 9792.22-9792.24.4)."""
_TITLES_OF_WORDS: tuple[str, ...] = ("Chronic Pain", "Opioids", "Hip and Groin", "Cannabis", "Drug Formulary", "Eye")
"""As the last, but also names of sections: titles only before a year, or the word "Guideline"."""


def _any(titles: tuple[str, ...]) -> str:
    longest_first = sorted(titles, key=len, reverse=True)
    return "|".join(re.escape(title.lower()).replace(r"\ ", r"\s").removesuffix("s") for title in longest_first)


_EDITION = r"\(?(?:acoem,? ?)?(?:[a-z]{3,9}\.? \d{1,2}, |[a-z]{3,9} )?(?:19|20)\d\d\b"
"""A year, or "(ACOEM, October 17, 2018)"."""
TITLE_AHEAD = re.compile(
    rf"(?:{_any((*MTUS_TITLES, *TITLES_SINCE_2017))})s?(?: guidelines?)?(?: {_EDITION})?(?!\w)"
    rf"|(?:{_any(_TITLES_OF_WORDS)})s?(?: guidelines?\b|,? (?={_EDITION}))"
)

# Section names with commas of their own. A comma before a lower-case word never separates; these start in capitals.
COMMA_NAMES = re.compile(
    r"\bnsaids, gi symptoms|\bforearm, wrist,? (?:&|and) hand|\bhand, wrist,? (?:&|and) forearm"
    r"|\bforearm, wrist|\bwrist, (?:&|and) hand"
    r"|\bhip, pelvis|\bpelvis,? and thigh|\bopioids, california|\bnsaids, hypertension|\bburners?, "
    r"|\bcrps, (?:medications|treatment|sympathetic|spinal|diagnostic|prevention)|\bhead, (?:trauma|post)"
    r"|\bankle,? (?:&|and) foot|\bneck,? (?:&|and) upper back"
)
