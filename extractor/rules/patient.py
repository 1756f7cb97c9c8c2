"""The injured worker: age, sex, mechanism of injury."""

from __future__ import annotations

import re

from extractor.drafts import Draft
from extractor.facts.ages import ages
from extractor.layout import Layout
from extractor.normalize import View
from extractor.spans import Span

_SEX_AFTER = re.compile(r"(?P<male>male|man|gentleman|yom)\b|(?P<female>female|woman|lady|yof)\b")
_SEX_TITLE = re.compile(r"\b(?P<male>mr)\.\s|\b(?P<female>mrs|ms|miss)\.?\s(?=[a-z_])")
_SEX_STATED = re.compile(
    r"\b(?:patient|worker|claimant|applicant|employee)\s(?:is|was)\s(?:a|an)\s(?:\w+[- ]){0,4}(?:(?P<male>male|man|gentleman)|(?P<female>female|woman|lady))\b"
    r"|\b(?:(?P<male2>male)|(?P<female2>female))\s(?:patient|injured worker|worker|claimant|applicant|employee|injured)\b"
    r"|\b(?:gender|sex)\s?:\s?(?:(?P<male3>male|m)|(?P<female3>female|f))\b"
)
# "He reported", "her pain": pronouns that can only speak of the patient.
_PRONOUN = re.compile(
    r"(?<!/)\b(?:(?P<male>he)|(?P<female>she))\s(?:\w+ly\s)?(?:is|was|has|had|reports?|reported|complain\w*|denie[sd]|states?|stated|sustained|underwent|"
    r"continue[sd]?|rate[sd]|presents?|presented|works?|worked|stopped|received|tried|takes?|took|injured|fell|slipped|felt|feels|describe[sd]|"
    r"tripped|twisted|lifted|developed|experience[sd]|uses?|used|walks?|ambulate[sd]?|returned|completed|attended|remains?|could|cannot|struggled|lives?|sleeps?)\b"
    r"|(?<!/)\b(?:(?P<male2>his)|(?P<female2>her))\s(?:\w+\s)?(?:pain|symptoms?|neck|back|shoulders?|knees?|wrists?|hands?|legs?|arms?|injur\w+|medications?|job|work\w*|"
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
    r"\b(?:injur\w+|accident|incident|claim|(?:was )?hurt|(?:strained|sprained|fractured|twisted|crushed) (?:his|her|the) |(?:developed|felt|noticed|experienced)\s[^.;]{0,60}?pain|onset)"
    r"[^.;]{0,90}?[,\s](?:when|while|as a result of|due to|after|secondary to|caused by|resulting from|resulted from|arising from|stemming from|come about from|by|from)\s"
    r"|\b(?:attributes?|attributed|ascribes?|relates?|related) (?:it |this |the (?:onset|injury|claim|condition|pain|symptoms) |(?:his|her) \w+ )?to\s"
    r"|\bthe history (?:given )?is (?:of|that)\s"
    r"|\b(?:hurt|injured|strained) (?:his|her) [a-z ]{3,30}? (?=[a-z]{3,}ing (?:an?|the|his|her|[a-z]+s)\b)"
)
# The patient as subject of an act, told early in the summary: "He fell …", "who reached …", "On July 7, 2015 a limb …".
_CLAUSE = re.compile(r"[.;:,] ?(?=\S)|\b(?=who |whose )")
_TOLD = re.compile(
    r"(?:(?:by|according to) [^.;,]{3,60}, |per [^.;,]{3,60}, )?(?:(?:he|she|the (?:patient|injured worker|worker|claimant|applicant|employee)) (?:report(?:s|ed) |state[sd] |relate[sd] |recall(?:s|ed) )?(?:that (?:he|she) )?)(?=(?P<a>\w+))"
    r"|who (?=(?P<b>\w+))|whose (?=(?P<c>[a-z ]{3,30}\b(?:hit|was|were|got|struck)))"
    r"|(?=(?P<g>(?:fall|fell|slip(?:ped)?|trip(?:ped)?|mva|mvc|struck|rear[- ]?ended)\b))"
    r"|(?<=injury\. )(?=(?P<h>the |an? ))"
    r"|(?:on|in) [^.;]{4,28}?(?:19|20)?\d\d,? (?=(?P<d>(?:an?|the|his|her|he|she)\b))"
    r"|doi:? [\d/-]{6,10}[:,.] (?=(?P<e>\w+))"
    r"|the \w+(?: \w+)?'s history is that (?=(?P<i>\w+))"
)
_EARLY = 700
"""How far into a summary an act is looked for where no word says that it is the injury's."""
_ACTED = re.compile(
    r"(?:was |were |had |got )?(?:fell|fall|slip|trip|slipped|tripped|lifted|pulled|pushed|twisted|struck|hit|caught|carried|bent|reached|stepped|stepping|jumped|climbed|slid|missed|rear[- ]?ended|thrown|pinned|"
    r"held at|crushed|cut|burned|bitten|attacked|assaulted|sideswiped|dropped|drawn into|went through|rolled|broke loose|overturned|collapsed|knocked|smashed|jammed|landed|tackled|kicked|exposed|electrocuted|dragged|trapped|tumbled|stumbled|swerved|collided|run over|ran over|gave way)\b"
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
    r"which (?:resulted|caused)|leading to|at which time|thereby|sustaining|injuring|when (?:he|she) felt|and the (?:patient|injured|worker)|who |that (?:caused|resulted)|on \d|on (?:january|february|march|april|may|june|july|august|september|october|november|december)|in (?:january|february|march|april|may|june|july|august|september|october|november|december|\d{4})|where (?:he|she)|and (?:began|subsequently|has|complain\w*)|with a date|after which|(?:six|five|four|three|two|several|\d+) (?:years|months|weeks) ago)|,\s(?:the (?:patient|injured|claim|worker)|he |she |diagnos|current|and (?:is|now|continues|complain)|with |in which|on \d|for which)|\.$"
)
_LONGEST_ACT = 220
_GERUND = re.compile(r"(?:being )?(?!following|including|regarding|undergoing|having|receiving|continuing|participating|taking|trying (?:pt|physical))[a-z]{3,}ing\b|(?:repeated|repetitive|prolonged) ")
_FELT = re.compile(r"(?:he|she|the (?:patient|injured worker)) (?:was seen|presented|underwent|returned|started|began|saw|reported|complained)\b")
# "lumbar strain from lifting": the act is what counts
_COMPLAINT = re.compile(
    r"(?:an? )?[a-z/ -]{0,40}?\b(?:strain|sprain|pain|injury|fracture|contusion|laceration)s? (?:from|due to|caused by|after|when|while) (?=\w+ing\b|he |she |a |an |the )"
)
_SUBJECT = re.compile(r"that (?=\w)")


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
        if _say_mechanism(view, region, draft, stated_injury=region is layout.summary):
            break


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


def _say_mechanism(view: View, region: Span, draft: Draft, *, stated_injury: bool) -> bool:
    folded = view.folded
    for stated in _STATED_MECHANISM.finditer(folded, *region):
        clause = Span(stated.end(), _clause_end(folded, stated.end(), region.end))
        words = folded[max(stated.start(), clause.start - 25) : clause.end]
        if _UNSTATED.search(words) or len(clause) < 3:
            return False  # it says that it was not given: nothing else is evidence of one
        act = _act(view, clause)
        draft.say("/patient/mechanism", view.words(act), act)
        return True
    if not stated_injury and folded.find("injur", *region) < 0:
        return False
    for lead in _WHEN.finditer(folded, *region):
        # "injured … when" introduces the act itself; "after" or "from" may introduce anything else.
        told = (
            stated_injury
            and lead.group().endswith(("when ", "while "))
            and not lead.group().startswith(("developed", "felt", "noticed", "experienced"))
            and not _FELT.match(folded, lead.end())
        )
        if not told and _ACT.match(folded, lead.end()) is None and not _GERUND.match(folded, lead.end()):
            continue
        clause = Span(lead.end(), _clause_end(folded, lead.end(), region.end))
        act = _act(view, clause)
        if 4 <= len(act) <= _LONGEST_ACT:
            draft.say("/patient/mechanism", view.words(act), act)
            return True
    return stated_injury and _say_told(view, region, draft)


def _say_told(view: View, region: Span, draft: Draft) -> bool:
    folded = view.folded
    limit = min(region.end, region.start + _EARLY)
    starts = [region.start, *(match.end() for match in _CLAUSE.finditer(folded, region.start, limit))]
    for at in starts:
        told = _TOLD.match(folded, at, limit)
        if told is None:
            continue
        start = told.start(told.lastgroup or 0)
        end = _clause_end(folded, start, region.end)
        acted = _ACTED.search(folded, start, end)
        subject_dropped = told.lastgroup in ("a", "b", "e", "g")
        if acted is None or (subject_dropped and told.lastgroup != "e" and acted.start() > start + 1):
            continue
        act = _act(view, Span(start, end))
        if 4 <= len(act) <= _LONGEST_ACT:
            draft.say("/patient/mechanism", view.words(act), act)
            return True
    return False


def _clause_end(folded: str, start: int, limit: int) -> int:
    end = _ACT_END.search(folded, start + 2, limit)
    return min(end.start() if end else limit, start + _LONGEST_ACT)


def _act(view: View, clause: Span) -> Span:
    """The clause without a leading "that", without the complaint it is told as the cause of, and closing punctuation."""
    complaint = _COMPLAINT.match(view.folded, *clause)
    if complaint is not None:
        clause = Span(complaint.end(), clause.end)
    pronoun = _SUBJECT.match(view.folded, *clause)
    return view.trim(pronoun.end() if pronoun else clause.start, clause.end, extra=",.:;\"'")
