"""What a heading's outcome words amount to: one plain outcome, or a doubt that a person settles."""

from __future__ import annotations

import re

import pytest
from letters import Asked, credentials, flagged, notice, read, review

from extractor.records.record import Record

OTHER = Asked(
    "MRI of the left knee", "Overturned", rationale="The criteria are met. The request is medically necessary."
)

# The words behind the heading's colon → the outcome and the flag's code; None where nothing is flagged.
VERDICTS: list[tuple[str, str | None, str | None]] = [
    ("Upheld", "upheld", None),
    ("UPHELD", "upheld", None),
    ("Upheld.", "upheld", None),
    ("(Upheld)", "upheld", None),
    ("Upheld1", "upheld", None),
    ("Upheld*", "upheld", None),
    ("Upheld²", "upheld", None),
    ("[x] Upheld", "upheld", None),
    ("☒ Upheld ☐ Overturned", "upheld", "ambiguous"),
    ("[ ] Overturned [X] Upheld", "upheld", "ambiguous"),
    ("Upheld [✓] Overturned [ ]", "upheld", "ambiguous"),
    ("__x__ Upheld ____ Overturned", "upheld", "ambiguous"),
    ("Ultimately Upheld", "upheld", "ambiguous"),
    ("Visits 1-6 of the twelve Upheld", "upheld", "ambiguous"),
    ("N o t Upheld", "upheld", "ambiguous"),
    ("≠ Upheld", "upheld", "ambiguous"),
    ("~~ Upheld ~~", "upheld", "ambiguous"),
    ("Not Upheld", None, "withheld"),
    ("never Upheld", None, "withheld"),
    ("NOT UPHELD", None, "withheld"),
    ("Partially Upheld", None, "withheld"),
    ("Not\nUpheld", None, "withheld"),
    ("Modified, Upheld", None, "withheld"),
    ("Upheld in part", None, "withheld"),
    ("Upheld (partially)", None, "withheld"),
    ("Upheld as modified to six visits", None, "withheld"),
    ("[ ] Upheld", None, "withheld"),
    ("Not: Upheld", None, "withheld"),
    ("Modified: Upheld", None, "withheld"),
    ("Modified. Upheld", None, "withheld"),
    ("Denied: Upheld", None, "withheld"),
    ("Certified, Upheld", None, "withheld"),
    ("Upheld?", None, "withheld"),
    ("Upheld ½", None, "withheld"),
    ("Neither Upheld nor Overturned", None, "outcome_conflict"),
    ("Upheld/Overturned", None, "outcome_conflict"),
    ("Upheld or Overturned", None, "outcome_conflict"),
    ("Overturned\nUpheld", None, "outcome_conflict"),
    ("Overturned. Upheld", None, "outcome_conflict"),
    ("Overturned: Upheld", None, "outcome_conflict"),
    ("overturned (amended: Upheld)", None, "outcome_conflict"),
    ("[ ] Upheld [ ] Overturned", None, "outcome_conflict"),
    ("[x] Upheld [x] Overturned", None, "outcome_conflict"),
    ("x Upheld __ Overturned", None, "outcome_conflict"),
    ("not [x] Upheld [ ] Overturned", None, "outcome_conflict"),
]


def _doubts(record: Record) -> set[tuple[str, str]]:
    return {(code, path) for code, path in flagged(record) if path.startswith("/decisions/0/outcome")}


@pytest.mark.parametrize(("words", "outcome", "code"), VERDICTS, ids=[words for words, *_ in VERDICTS])
def test_verdict_of_a_heading(words: str, outcome: str | None, code: str | None) -> None:
    record = read(credentials(Asked(outcome=words), OTHER))
    first, second = record.determination.decisions
    assert first.outcome == outcome
    assert second.heading == "MRI of the left knee"
    assert first.heading is not None
    # Words that nobody expects behind the colon stay with the heading: a second colon may have been lost.
    assert first.heading == "Tramadol 50mg #60" or words.split(maxsplit=1)[0] in first.heading
    assert second.outcome == "overturned"
    assert _doubts(record) == ({(code, "/decisions/0/outcome")} if code else set())


@pytest.mark.parametrize(
    "heading",
    ["Topical cream previously upheld by IMR", "Six visits, not to exceed two a week", "Chiropractic care, in part"],
)
def test_hedges_of_the_request_are_the_requests(heading: str) -> None:
    record = read(credentials(Asked(heading), OTHER))
    assert record.determination.decisions[0].outcome == "upheld"
    assert record.determination.decisions[0].heading == heading
    assert _doubts(record) == set()


@pytest.mark.parametrize(
    "words",
    [
        "Overturned. The earlier letter of this office on the very same request had said: Upheld",
        "Overturned (the letter of March, which was sent in error, said Upheld): Upheld",
        "overturned\nAmended by a second reviewer: Upheld",
        "Overturned vs. Upheld",
    ],
)
def test_another_outcome_behind_a_colon_is_told(words: str) -> None:
    record = read(credentials(OTHER, Asked(outcome=words)))
    assert ("incomplete", "/decisions") in flagged(record)


@pytest.mark.parametrize("words", ["Upheld", "overturned"])
def test_an_outcome_word_in_prose_is_nothing(words: str) -> None:
    record = read(credentials(Asked(rationale=f"The denial was {words} then. It is not medically necessary."), OTHER))
    assert ("incomplete", "/decisions") not in flagged(record)


def test_a_withheld_outcome_is_told_with_its_words() -> None:
    record = read(credentials(Asked(outcome="Partially Upheld"), OTHER))
    flag = next(flag for flag in record.flags if flag.path == "/decisions/0/outcome")
    assert flag.value == "Partially Upheld"
    assert record.determination.decisions[0].reasons == ()


# Letters of 2013 say it in sentences: the words before and behind "medically necessary".
SENTENCES: list[tuple[str, str, str | None]] = [
    ("not ", "", "upheld"),
    ("", "", "overturned"),
    ("partially ", "", None),
    ("not fully ", "", None),
    ("never ", "", None),
    ("", " in part", None),
    ("", " for six visits only", None),
    ("or is not ", "", None),
]
ODD_ENDS = (" for two weeks", " (6 of 12)", " up to six visits", " or not", ", subject to review", "?", " 50%")


@pytest.mark.parametrize(("before", "behind", "outcome"), SENTENCES)
def test_verdict_of_a_notice(before: str, behind: str, outcome: str | None) -> None:
    text = notice(Asked("a brace", "Overturned", rationale="The records were read."))
    said, count = re.subn(
        r"is\s+medically\s+necessary\s+and\s+appropriate",
        f"is {before}medically necessary and appropriate{behind}",
        text,
    )
    record = read(said)
    assert count == 2
    assert [decision.outcome for decision in record.determination.decisions] == [outcome]
    assert _doubts(record) == (set() if outcome else {("withheld", "/decisions/0/outcome")})


@pytest.mark.parametrize("behind", ODD_ENDS)
def test_words_behind_the_verdict_of_a_notice(behind: str) -> None:
    """Nobody expects them: the outcome is taken, and a person looks."""
    text = notice(Asked("a brace", "Overturned", rationale="The records were read."))
    assert _doubts(read(text)) == set()
    said = re.sub(r"(medically\s+necessary\s+and\s+appropriate)", rf"\1{behind}", text)
    record = read(said)
    assert _doubts(record) == {("ambiguous", "/decisions/0/outcome")}


@pytest.mark.parametrize(("before", "outcome"), [("NOT ", "upheld"), ("", "overturned"), ("PARTIALLY ", None)])
def test_verdict_of_a_review(before: str, outcome: str | None) -> None:
    text = review(necessary=True, rationale="The file was read.")
    record = read(text.replace("IS/WAS MEDICALLY NECESSARY", f"IS/WAS {before}MEDICALLY NECESSARY"))
    assert [decision.outcome for decision in record.determination.decisions] == [outcome]


def test_a_hedged_item_of_a_notice_does_not_swallow_the_next() -> None:
    text = notice(Asked("Tramadol 50mg #60", "Overturned"), Asked("Lumbar brace"))
    text = text.replace("Tramadol 50mg #60 is medically", "Tramadol 50mg #60 is somehow medically")
    record = read(text)
    assert [decision.heading for decision in record.determination.decisions] == ["Lumbar brace"]
    assert ("incomplete", "/decisions") in flagged(record)
