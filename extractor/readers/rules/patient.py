"""The injured worker: age and sex."""

from __future__ import annotations

import re

from extractor.facts.ages import ages
from extractor.fields import AGE, SEX
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.layout import Layout
from extractor.text.normalize import View
from extractor.text.spans import Span

_PATIENT = r"(?:patient|worker|claimant|applicant|employee)"
# "a 45-year-old right-handed male": directly before or behind the age
_SEX_BESIDE_AGE = re.compile(r"(?<![a-z])(?:(?P<male>male|man|gentleman|yom)\b|(?P<female>female|woman|lady|yof)\b)")
_SEX_STATED = re.compile(
    # "the patient is a right-handed male"
    rf"\b{_PATIENT}\s(?:is|was)\s(?:a|an)\s(?:\w+[- ]){{0,4}}"
    r"(?:(?P<male>male|man|gentleman)|(?P<female>female|woman|lady))\b"
    # "male patient"
    r"|\b(?:(?P<male2>male)|(?P<female2>female))\s"
    r"(?:patient|injured worker|worker|claimant|applicant|employee|injured)\b"
    # "Gender: M"
    r"|\b(?:gender|sex)\s?:\s?(?:(?P<male3>male|m)|(?P<female3>female|f))\b"
)
_SEX_TITLE = re.compile(r"\b(?P<male>mr)\.\s|\b(?P<female>mrs|ms|miss)\.?\s(?=[a-z_])")
# Pronouns that can only speak of the patient: "he reported", "her pain".
_PRONOUN = re.compile(
    r"(?<!/)\b(?:(?P<male>he)|(?P<female>she))\s(?:\w+ly\s)?"
    r"(?:is|was|has|had|reports?|reported|complain\w*|denie[sd]|states?|stated|sustained|underwent|continue[sd]?|rate[sd]"
    r"|presents?|presented|works?|worked|stopped|received|tried|takes?|took|injured|fell|slipped|felt|feels|describe[sd]"
    r"|tripped|twisted|lifted|developed|experience[sd]|uses?|used|walks?|ambulate[sd]?|returned|completed|attended"
    r"|remains?|could|cannot|struggled|lives?|sleeps?)\b"
    r"|(?<!/)\b(?:(?P<male2>his)|(?P<female2>her))\s(?:\w+\s)?"
    r"(?:pain|symptoms?|injur\w+|headaches?|condition|medications?|mood|sleep|gait|function|activities|daily|usual|home"
    r"|job|work\w*|primary treating|left|right|low|lower|upper|neck|back|shoulders?|knees?|wrists?|hands?|legs?|arms?"
    r"|hip|ankle|foot|elbow|head)\b"
)


def say_patient(layout: Layout, draft: Draft) -> None:
    """Say age and sex: from the summary, else from the rationales."""
    view = layout.view
    regions = [layout.summary] if layout.summary else []
    regions += [item.rationale for item in layout.items if item.rationale]
    beside = _say_age(view, regions, draft)
    if beside is not None:
        _say_sex(draft, beside)
        return
    for pattern in (_SEX_STATED, _SEX_TITLE):
        for region in regions:
            stated = pattern.search(view.folded, *region)
            if stated is not None:
                _say_sex(draft, stated)
                return
    _say_sex_by_pronoun(view, regions, draft)


def _say_age(view: View, regions: list[Span], draft: Draft) -> re.Match[str] | None:
    """The word beside the age that tells the sex, behind it rather than before; None where there is none."""
    for region in regions:
        for value, place in ages(view, region):
            draft.say(Place(AGE), value, place)
            behind = _SEX_BESIDE_AGE.search(view.folded, place.end - 3, min(place.end + 45, region.end))
            if behind is not None and "." not in view.folded[place.end : behind.start()]:
                return behind
            return _SEX_BESIDE_AGE.search(view.folded, max(region.start, place.start - 30), place.start)
    return None


def _sex_of(match: re.Match[str]) -> tuple[str, Span]:
    """The sex that a match tells by the group that took part, `male…` or `female…`, and where."""
    group = next(name for name, words in match.groupdict().items() if words)
    return group.rstrip("23"), Span(*match.span(group))


def _say_sex(draft: Draft, match: re.Match[str]) -> None:
    draft.say(Place(SEX), *_sex_of(match))


def _say_sex_by_pronoun(view: View, regions: list[Span], draft: Draft) -> None:
    """From pronouns, only where all that can speak of the patient agree."""
    found = [_sex_of(match) for region in regions for match in _PRONOUN.finditer(view.folded, *region)]
    if len({sex for sex, _ in found}) == 1:
        draft.say(Place(SEX), *found[0], derived=True)
