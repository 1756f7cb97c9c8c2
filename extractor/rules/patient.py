"""The injured worker: age, sex, mechanism of injury."""

from __future__ import annotations

import re

from extractor.drafts import Draft
from extractor.layout import Layout
from extractor.literals import NUMBER_WORD, number
from extractor.normalize import View
from extractor.spans import Span

_AGE = re.compile(
    rf"\b(?P<age>\d{{2,3}}|{NUMBER_WORD})\s?[-– ]?\s?(?:year|yr)s?\.?\s?[-– ]?\s?old\b"
    rf"|\b(?P<age2>\d{{2,3}})[- ]?(?:y/o|y\.o\.?|yo|yof|yom)\b"
    rf"|\bage(?:d|:| of| is| was)?\s(?P<age3>\d{{2,3}})\b(?!\s?%)"
    rf"|\b(?P<age4>\d{{2,3}}) years? of age\b"
)  # fmt: skip
# "a 12-year-old daughter", "her two-year-old MRI": somebody's or something's age, not the patient's.
_NOT_PATIENT = re.compile(r"\s?(?:son|daughter|child|children|grand\w+|injur\w*|mri|study|report|claim|film|car|building|house|vehicle|fracture|x-?ray|brother|sister|mother|father|wife|husband)\b")
_SEX_AFTER = re.compile(r"(?P<male>male|man|gentleman|yom)\b|(?P<female>female|woman|lady|yof)\b")
_SEX_TITLE = re.compile(r"\b(?P<male>mr)\.\s|\b(?P<female>mrs|ms|miss)\.?\s(?=[a-z_])")
_SEX_STATED = re.compile(
    r"\b(?:patient|worker|claimant|applicant|employee)\s(?:is|was)\s(?:a|an)\s(?:\w+[- ]){0,4}(?:(?P<male>male|man|gentleman)|(?P<female>female|woman|lady))\b"
    r"|\b(?:(?P<male2>male)|(?P<female2>female))\s(?:patient|injured worker|worker|claimant|applicant|employee|injured)\b"
    r"|\b(?:gender|sex)\s?:\s?(?:(?P<male3>male|m)|(?P<female3>female|f))\b"
)
# "He reported", "her pain": pronouns that can only speak of the patient.
_PRONOUN = re.compile(
    r"\b(?:(?P<male>he)|(?P<female>she))\s(?:\w+ly\s)?(?:is|was|has|had|reports?|reported|complain\w*|denie[sd]|states?|stated|sustained|underwent|"
    r"continue[sd]?|rate[sd]|presents?|presented|works?|worked|stopped|received|tried|takes?|took|injured|fell|slipped|felt|feels|describe[sd]|"
    r"tripped|twisted|lifted|developed|experience[sd]|uses?|used|walks?|ambulate[sd]?|returned|completed|attended|remains?|could|cannot|struggled|lives?|sleeps?)\b"
    r"|\b(?:(?P<male2>his)|(?P<female2>her))\s(?:\w+\s)?(?:pain|symptoms?|neck|back|shoulders?|knees?|wrists?|hands?|legs?|arms?|injur\w+|medications?|job|work\w*|"
    r"left|right|low|lower|upper|sleep|mood|condition|gait|function|hip|ankle|foot|elbow|head|headaches?|activities|daily|primary treating|usual|home)\b"
)

_INJURY_WORDS = re.compile(r"injur|accident|incident|mechanism|occupational claim|hurt|cumulative|repetitive")
_STATED_MECHANISM = re.compile(
    r"\b(?:the )?mechanism of (?:the )?injury(?:\s(?:is|was|has been|being))?(?:\s(?:reportedly|not))?(?:\s(?:detailed|described|documented|reported|noted|listed|given|stated|identified|recorded|said))?"
    r"(?:\s(?:as|to be|to have been|that))?(?:\s(?:occurring|involved|involving|occurred))?\s?[:,]?\s?(?:(?:when|while|as|after)\s)?"
)
_UNSTATED = re.compile(
    r"\bnot\s(?:\w+\s){0,3}(?:detailed|provided|documented|given|stated|described|specified|noted|available|known|clear|reported|listed|discussed|mentioned|included|identified)|\bunclear|\bunknown|\bunspecified|\bnot$"
)
_WHEN = re.compile(
    r"\b(?:injur\w+|accident|incident|claim|(?:hurt|strained|sprained|fractured|twisted|crushed) (?:his|her|the) |(?:developed|felt|noticed|experienced)\s[^.;]{0,40}?pain|onset)[^.;]{0,90}?[,\s](?:when|while|as a result of|due to|after|secondary to|caused by|resulting from|resulted from|arising from|stemming from|from)\s"
)
_ACT = re.compile(
    r"(?:(?:he|she|they|the (?:patient|injured worker|worker|claimant|applicant|employee)|it)\s)?(?:(?:was|were|had been|had|is|reportedly|accidentally|allegedly|being)\s)*"
    r"(?:fell|falls|fall|falling|slip\w*|trip\w*|lift\w*|pull\w*|push\w*|twist\w*|struck|strik\w*|hit|hitting|crush\w*|caught|carr(?:y|ied|ying)|bend\w*|bent|reach\w*|turn\w*|"
    r"step\w*|jump\w*|climb\w*|mov(?:e|ed|ing)|driv\w*|drove|rear[- ]?ended|a (?:motor vehicle|slip|trip|fall|heavy|car|forklift|box|machine|ladder|vehicle|truck|dog|patient|repetitive|cumulative|\w+ (?:fall|accident|collision))|"
    r"an? (?:auto\w*|assault|explosion|attack)|repetitive|cumulative|continuous|motor vehicle|assault\w*|attack\w*|unload\w*|load\w*|stack\w*|work\w*|operat\w*|perform\w*|us(?:ing|ed)|getting|got|"
    r"walk\w*|run\w*|stand\w*|kneel\w*|squat\w*|catch\w*|cut\w*|smash\w*|jam\w*|throw\w*|thrown|knock\w*|pinn\w*|hold\w*|held|transfer\w*|restrain\w*|clean\w*|assist\w*|typ(?:ing|ed)|stock\w*|"
    r"open\w*|clos\w*|rol(?:l|led|ling)|drop\w*|mop\w*|dig\w*|shovel\w*|rais\w*|tr(?:ied|ying) to|attempt\w*|help\w*|play\w*|rid\w*|ran|sitting|sat|exit\w*|enter\w*|tackl\w*|bitten|bit|burn\w*|electr\w*|exposed|exposure|heavy|years of|prolonged)\b"
)
# Where the act ends: the sentence, a result, a second clause about something else.
_ACT_END = re.compile(
    r"[.;](?:\s|$)|,?\s(?:result(?:ing|ed)|and (?:felt|sustained|injured|developed|experienced|reported|noted|immediately|began|has|had|was (?:diagnosed|seen|treated|taken))|causing|with (?:immediate|onset|resultant|subsequent|pain|complaints)|"
    r"which (?:resulted|caused)|leading to|at which time|thereby|sustaining|injuring|when (?:he|she) felt|and the (?:patient|injured|worker)|who |that (?:caused|resulted))|,\s(?:the (?:patient|injured|claim|worker)|he |she |diagnos|current|and (?:is|now|continues|complain)|with |in which|on \d|for which)|\.$"
)
_LONGEST_ACT = 220


def read_patient(layout: Layout, draft: Draft) -> None:
    """Say age, sex and mechanism: from the summary, else (age, sex, mechanism) from the rationales."""
    regions = [layout.summary] if layout.summary else []
    regions += [item.rationale for item in layout.items if item.rationale]
    view = layout.view
    for region in regions:
        if _say_age(view, region, draft):
            break
    if "/patient/sex" not in draft.claims:
        for pattern in (_SEX_STATED, _SEX_TITLE):
            if any(_say_sex(draft, pattern.search(view.folded, *region)) for region in regions):
                break
        else:
            _say_sex_by_pronoun(view, regions, draft)
    for region in regions:
        if _say_mechanism(view, region, draft):
            break


def ages(view: View, region: Span) -> list[tuple[int, Span]]:
    """Every age of the patient that `region` states, with its place."""
    found = []
    for match in _AGE.finditer(view.folded, *region):
        words = match.group("age") or match.group("age2") or match.group("age3") or match.group("age4")
        value = number(words)
        if value is None or not 14 <= value <= 110 or _NOT_PATIENT.match(view.folded, match.end()):
            continue
        found.append((int(value), Span(*match.span())))
    return found


def _say_age(view: View, region: Span, draft: Draft) -> bool:
    for value, place in ages(view, region):
        draft.say("/patient/age", value, place)
        after = _SEX_AFTER.search(view.folded, place.end - 3, min(place.end + 45, region.end))
        before = _SEX_AFTER.search(view.folded, max(region.start, place.start - 30), place.start)
        for match in (after, before):
            if match is not None and "." not in view.folded[place.end : match.start()]:
                _say_sex(draft, match)
                break
        return True
    return False


def _say_sex(draft: Draft, match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    named = {name for name, text in match.groupdict().items() if text}
    name = named.pop() if named else ""
    if not name:
        return False
    draft.say("/patient/sex", "male" if name.startswith("male") else "female", Span(*match.span(name)))
    return True


def _say_sex_by_pronoun(view: View, regions: list[Span], draft: Draft) -> None:
    """From pronouns, only where all that can speak of the patient agree."""
    matches = [match for region in regions for match in _PRONOUN.finditer(view.folded, *region)]
    male = [m for m in matches if m.group("male") or m.group("male2")]
    female = [m for m in matches if m.group("female") or m.group("female2")]
    if bool(male) == bool(female):
        return
    first = (male or female)[0]
    name = next(group for group in ("male", "male2", "female", "female2") if first.group(group))
    draft.say("/patient/sex", "male" if male else "female", Span(*first.span(name)), derived=True)


def _say_mechanism(view: View, region: Span, draft: Draft) -> bool:
    folded = view.folded
    for stated in _STATED_MECHANISM.finditer(folded, *region):
        clause = Span(stated.end(), _clause_end(folded, stated.end(), region.end))
        words = folded[max(stated.start(), clause.start - 25) : clause.end]
        if _UNSTATED.search(words) or len(clause) < 3:
            return False  # it says that it was not given: nothing else is evidence of one
        act = _act(view, clause)
        draft.say("/patient/mechanism", view.words(act), act)
        return True
    for lead in _WHEN.finditer(folded, *region):
        act_match = _ACT.match(folded, lead.end())
        if act_match is None:
            continue
        clause = Span(lead.end(), _clause_end(folded, lead.end(), region.end))
        act = _act(view, clause)
        if 4 <= len(act) <= _LONGEST_ACT:
            draft.say("/patient/mechanism", view.words(act), act)
            return True
    return False


def _clause_end(folded: str, start: int, limit: int) -> int:
    end = _ACT_END.search(folded, start + 2, limit)
    return min(end.start() if end else limit, start + _LONGEST_ACT)


def _act(view: View, clause: Span) -> Span:
    return view.trim(*clause, extra=",.:;\"'")
