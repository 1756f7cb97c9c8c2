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

TITLE_AHEAD = re.compile(
    r"(?:"
    + "|".join(re.escape(title.lower()).replace(r"\ ", r"\s") for title in sorted(MTUS_TITLES, key=len, reverse=True))
    + r")(?: guidelines)?(?: (?:19|20)\d\d)?\b"
)

# Section names with commas of their own. A comma before a lower-case word never separates; these start in capitals.
COMMA_NAMES = re.compile(
    r"\bnsaids, gi symptoms|\bforearm, wrist,? (?:&|and) hand|\bforearm, wrist|\bwrist, (?:&|and) hand"
    r"|\bhip, pelvis|\bpelvis,? and thigh|\bopioids, california|\bnsaids, hypertension|\bburners?, "
    r"|\bcrps, (?:medications|treatment|sympathetic|spinal|diagnostic|prevention)|\bhead, (?:trauma|post)"
    r"|\bankle,? (?:&|and) foot|\bneck,? (?:&|and) upper back"
)
