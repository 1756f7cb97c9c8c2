"""How the worker was hurt: the clause that tells the act, where a summary (or a rationale) states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from extractor.fields import MECHANISM
from extractor.grounding.drafts import Draft
from extractor.grounding.places import Place
from extractor.layout import Layout
from extractor.text.normalize import View
from extractor.text.spans import Span

_THE_WORKER = r"(?:he|she|the (?:patient|injured worker|worker|claimant|applicant|employee))"
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"

# "The mechanism of injury was", "mechanism of injury reported as occurring when"
_STATED_MECHANISM = re.compile(
    r"\b(?:the )?mechanism of (?:the )?injury(?:\s(?:is|was|has been|being))?(?:\s(?:reportedly|not))?"
    r"(?:\s(?:detailed|described|documented|reported|noted|listed|given|stated|identified|recorded|said))?"
    r"(?:\s(?:as|to be|to have been|that))?(?:\s(?:occurring|involved|involving|occurred))?\s?[:,]?\s?"
    r"(?:(?:when|while|as|after)\s)?"
)
_UNSTATED = re.compile(
    r"\bnot\s(?:\w+\s){0,3}(?:detailed|provided|documented|given|stated|described|specified|noted|available|known|clear"
    r"|reported|listed|discussed|mentioned|included|identified)|\bunclear|\bunknown|\bunspecified|\bnot$"
)

# What an act is introduced by.
_WHEN = re.compile(
    # "sustained an injury … when", "hurt his back while", "experienced low back pain due to"
    r"\b(?:injur\w+|accident|incident|claim|(?:was )?hurt|onset"
    r"|(?:strained|sprained|fractured|twisted|crushed) (?:his|her|the) "
    r"|(?:developed|felt|noticed|experienced)\s[^.;]{0,60}?pain)"
    r"[^.;]{0,90}?[,\s](?:when|while|as a result of|due to|after|secondary to|caused by|resulting from|resulted from"
    r"|arising from|stemming from|come about from|by|from)\s"
    # "attributes the onset to"
    r"|\b(?:attributes?|attributed|ascribes?|relates?|related)"
    r" (?:it |this |the (?:onset|injury|claim|condition|pain|symptoms) |(?:his|her) \w+ )?to\s"
    # "the history given is that"
    r"|\bthe history (?:given )?is (?:of|that)\s"
    # "injured her shoulder lifting a patient"
    r"|\b(?:hurt|injured|strained) (?:his|her) [a-z ]{3,30}? (?=[a-z]{3,}ing (?:an?|the|his|her|[a-z]+s)\b)"
)
# An act behind "after" or "from", which may introduce anything else.
_ACT = re.compile(
    rf"(?:(?:{_THE_WORKER}|they|it)\s)?"
    r"(?:(?:was|were|had been|had|is|reportedly|accidentally|allegedly|being)\s)*"
    # falling, lifting, being struck
    r"(?:fell|falls|fall|falling|slip\w*|trip\w*|lift\w*|pull\w*|push\w*|twist\w*|struck|strik\w*|hit|hitting|crush\w*"
    r"|caught|carr(?:y|ied|ying)|bend\w*|bent|reach\w*|turn\w*|step\w*|jump\w*|climb\w*|mov(?:e|ed|ing)|catch\w*|cut\w*"
    r"|smash\w*|jam\w*|throw\w*|thrown|knock\w*|pinn\w*|rol(?:l|led|ling)|drop\w*|tackl\w*|bitten|bit|burn\w*|electr\w*"
    r"|assault\w*|attack\w*|exposed|exposure"
    # driving
    r"|driv\w*|drove|rear[- ]?ended|motor vehicle|rid\w*|an? (?:auto\w*|assault|explosion|attack)"
    r"|a (?:motor vehicle|slip|trip|fall|heavy|car|forklift|box|machine|ladder|vehicle|truck|dog|patient|repetitive"
    r"|cumulative|\w+ (?:fall|accident|collision))"
    # working
    r"|unload\w*|load\w*|stack\w*|work\w*|operat\w*|perform\w*|us(?:ing|ed)|getting|got|walk\w*|run\w*|ran|stand\w*"
    r"|kneel\w*|squat\w*|sitting|sat|hold\w*|held|transfer\w*|restrain\w*|clean\w*|assist\w*|typ(?:ing|ed)|stock\w*"
    r"|open\w*|clos\w*|mop\w*|dig\w*|shovel\w*|rais\w*|tr(?:ied|ying) to|attempt\w*|help\w*|play\w*|exit\w*|enter\w*"
    # over time
    r"|repetitive|cumulative|continuous|heavy|years of|prolonged)\b"
)
_GERUND = re.compile(
    r"(?:being )?(?!following|including|regarding|undergoing|having|receiving|continuing|participating|taking"
    r"|trying (?:pt|physical))[a-z]{3,}ing\b|(?:repeated|repetitive|prolonged) "
)
# "injured … when she was seen": the course of treatment, not the act
_FELT = re.compile(
    r"(?:he|she|the (?:patient|injured worker))"
    r" (?:was seen|presented|underwent|returned|started|began|saw|reported|complained)\b"
)

# An act told early in the summary, where no word says that it is the injury's.
_EARLY = 700
_CLAUSE = re.compile(r"[.;:,] ?(?=\S)|\b(?=who |whose )")
# The patient is its subject, and the verb follows: "He fell", "by her account, she reports that she", "who reached".
_SUBJECT_NEXT = re.compile(
    rf"(?:(?:by|according to) [^.;,]{{3,60}}, |per [^.;,]{{3,60}}, )?(?:{_THE_WORKER} "
    r"(?:report(?:s|ed) |state[sd] |relate[sd] |recall(?:s|ed) )?(?:that (?:he|she) )?)(?=\w)"
    r"|who (?=\w)"
    r"|(?=(?:fall|fell|slip(?:ped)?|trip(?:ped)?|mva|mvc|struck|rear[- ]?ended)\b)"
)
# Something else is: "whose hand was", "industrial injury. A box", "On July 7, 2015 a limb", "doi: 7/7/15: lifting".
_ACCOUNT_NEXT = re.compile(
    r"whose (?=[a-z ]{3,30}\b(?:hit|was|were|got|struck))"
    r"|(?<=injury\. )(?=the |an? )"
    r"|(?:on|in) [^.;]{4,28}?(?:19|20)?\d\d,? (?=(?:an?|the|his|her|he|she)\b)"
    r"|doi:? [\d/-]{6,10}[:,.] (?=\w)"
    r"|the \w+(?: \w+)?'s history is that (?=\w)"
)
_ACTED = re.compile(
    r"(?:was |were |had |got )?"
    r"(?:fell|fall|slip|trip|slipped|tripped|tumbled|stumbled|stepped|stepping|jumped|climbed|slid|missed|landed|rolled"
    r"|lifted|pulled|pushed|twisted|caught|carried|bent|reached|held at|dropped|struck|hit|thrown|pinned|crushed|cut"
    r"|burned|bitten|attacked|assaulted|knocked|smashed|jammed|tackled|kicked|dragged|trapped|exposed|electrocuted"
    r"|drawn into|went through|broke loose|overturned|collapsed|gave way|rear[- ]?ended|sideswiped|swerved|collided"
    r"|run over|ran over)\b"
)

# Where the act ends: the sentence, a result, a second clause about something else.
_ACT_END = re.compile(
    r"[.;](?:\s|$)"
    # "resulting in", "and felt", "causing", "with immediate", "which caused", "when he felt"
    r"|,?\s(?:result(?:ing|ed)|causing|leading to|at which time|thereby|sustaining|injuring|when (?:he|she) felt"
    r"|and (?:felt|sustained|injured|developed|experienced|reported|noted|immediately|began|has|had"
    r"|was (?:diagnosed|seen|treated|taken))"
    r"|with (?:immediate|onset|resultant|subsequent|pain|complaints)|which (?:resulted|caused)|that (?:caused|resulted)"
    r"|and the (?:patient|injured|worker)|who |where (?:he|she)|and (?:began|subsequently|has|complain\w*)"
    # "on 7/7/15", "in June", "six years ago"
    rf"|on \d|on (?:{_MONTH})|in (?:{_MONTH}|\d{{4}})|with a date|after which"
    r"|(?:six|five|four|three|two|several|\d+) (?:years|months|weeks) ago)"
    # ", the patient", ", and now"
    r"|,\s(?:the (?:patient|injured|claim|worker)|he |she |diagnos|current|and (?:is|now|continues|complain)|with "
    r"|in which|on \d|for which)"
    r"|\.$"
)
# "lumbar strain from lifting": the act is what counts
_COMPLAINT = re.compile(
    r"(?:an? )?[a-z/ -]{0,40}?\b(?:strain|sprain|pain|injury|fracture|contusion|laceration)s?"
    r" (?:from|due to|caused by|after|when|while) (?=\w+ing\b|he |she |a |an |the )"
)
_LONGEST_ACT = 220
_LONGEST_ACT_END = 40
"""Code points of the words that end one."""
_THAT = re.compile(r"that (?=\w)")


def say_mechanism(layout: Layout, draft: Draft) -> None:
    """Say the mechanism of injury: from the summary, else from a rationale that speaks of an injury."""
    if layout.summary is not None and _say(layout.view, layout.summary, draft, in_summary=True):
        return
    for item in layout.items:
        if item.rationale is not None and _say(layout.view, item.rationale, draft, in_summary=False):
            return


def _say(view: View, region: Span, draft: Draft, *, in_summary: bool) -> bool:
    folded = view.folded
    named = folded.find("mechanism of", *region) >= 0
    stated = _STATED_MECHANISM.search(folded, *region) if named else None
    if stated is not None:
        clause = Span(stated.end(), _clause_end(folded, stated.end(), region.end))
        words = folded[max(stated.start(), clause.start - 25) : clause.end]
        if _UNSTATED.search(words) or len(clause) < 3:
            return False  # it says that it was not given: nothing else is evidence of one
        _say_act(view, _act(view, clause), draft)
        return True
    acts: Iterator[Span]
    if in_summary:
        acts = chain(_introduced(view, region, in_summary=True), _told_early(view, region))
    elif folded.find("injur", *region) >= 0:
        acts = _introduced(view, region, in_summary=False)
    else:
        return False
    for act in acts:
        if 4 <= len(act) <= _LONGEST_ACT:
            _say_act(view, act, draft)
            return True
    return False


def _say_act(view: View, act: Span, draft: Draft) -> None:
    draft.say(Place(MECHANISM), view.words(act), act)


def _introduced(view: View, region: Span, *, in_summary: bool) -> Iterator[Span]:
    """Acts behind "injured … when", "due to" and the like."""
    folded = view.folded
    for lead in _WHEN.finditer(folded, *region):
        # "injured … when" introduces the act itself; "after" or "from" may introduce anything else.
        certain = (
            in_summary
            and lead.group().endswith(("when ", "while "))
            and not lead.group().startswith(("developed", "felt", "noticed", "experienced"))
            and not _FELT.match(folded, lead.end())
        )
        if certain or _ACT.match(folded, lead.end()) or _GERUND.match(folded, lead.end()):
            yield _act(view, Span(lead.end(), _clause_end(folded, lead.end(), region.end)))


def _told_early(view: View, region: Span) -> Iterator[Span]:
    """Acts that open a clause early in the summary."""
    folded = view.folded
    limit = min(region.end, region.start + _EARLY)
    for at in (region.start, *(match.end() for match in _CLAUSE.finditer(folded, region.start, limit))):
        subject = _SUBJECT_NEXT.match(folded, at, limit)
        told = subject or _ACCOUNT_NEXT.match(folded, at, limit)
        if told is None:
            continue
        start = told.end()
        end = _clause_end(folded, start, region.end)
        acted = _ACTED.search(folded, start, end)
        if acted is not None and (subject is None or acted.start() <= start + 1):
            yield _act(view, Span(start, end))


def _clause_end(folded: str, start: int, limit: int) -> int:
    longest = start + _LONGEST_ACT
    end = _ACT_END.search(folded, start + 2, min(limit, longest + _LONGEST_ACT_END))
    return min(end.start() if end else limit, longest)


def _act(view: View, clause: Span) -> Span:
    """The clause without the complaint it is told as the cause of, a leading "that", and closing punctuation."""
    complaint = _COMPLAINT.match(view.folded, *clause)
    if complaint is not None:
        clause = Span(complaint.end(), clause.end)
    that = _THAT.match(view.folded, *clause)
    return view.trim(that.end() if that else clause.start, clause.end, extra=",.:;\"'")
