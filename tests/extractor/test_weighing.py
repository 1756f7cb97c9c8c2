"""Reasons that no cue gives: weighed, said with how sure they are, and never taken for proven."""

from __future__ import annotations

import subprocess
import sys

import pytest
from letters import Asked, credentials, layout_of, read

from extractor.errors import ConfigurationError
from extractor.facts import gather
from extractor.fields import REASONS as REASONS_FIELD
from extractor.readers.rules import read_by_rules
from extractor.readers.rules.weighing import Weighed, Weights, chosen, parse, signs_of, weigh, weights
from extractor.records.determination import REASONS, Outcome, Reason
from extractor.records.record import Record
from extractor.text.normalize import view_of
from extractor.text.spans import Span

# Clinical argument without a usual word: cues alone say nothing right of these.
ARGUED = [
    ("Overturned", "He now drags his left foot and the ankle reflex is gone.", Reason.CRITERIA_MET),
    ("Overturned", "With the tablets she cooks, drives and works half days again.", Reason.IMPROVEMENT_SHOWN),
    (
        "Upheld",
        "She has been taking it nightly since last year, for far longer than a few weeks.",
        Reason.EXCEEDS_LIMIT,
    ),
    ("Upheld", "The knee is stable, nothing locks, and no operation is planned.", Reason.CRITERIA_NOT_MET),
]
FIRST, SECOND, THIRD, FOURTH = (Span(n, n + 1) for n in range(4))


def letter(outcome: str, rationale: str) -> str:
    return credentials(Asked("Acupuncture, 6 visits", outcome, rationale=rationale))


def argued(outcome: str, sentence: str) -> Record:
    end = "not medically necessary" if outcome == "Upheld" else "medically necessary"
    return read(letter(outcome, f"{sentence} The request is {end}."))


@pytest.mark.parametrize(("outcome", "sentence", "reason"), ARGUED)
def test_a_judged_reason_cites_its_sentence_and_says_how_sure_it_is(
    outcome: str, sentence: str, reason: Reason
) -> None:
    record = argued(outcome, sentence)
    said = record.determination.decisions[0].reasons
    assert reason in said
    pointer = f"/decisions/0/reasons/{said.index(reason)}"
    evidence = record.evidence[pointer]
    assert (evidence.quote, evidence.support) == (sentence, "unchecked")
    assert evidence.confidence is not None
    assert evidence.confidence > 0.25
    assert pointer in {flag.path for flag in record.flags if flag.code == "unchecked"}


def test_a_reason_by_its_usual_words_stays_supported_and_says_how_sure_it_is_too() -> None:
    sentence = "There is no documentation of a failed trial of physical therapy."
    record = argued("Upheld", sentence)
    at = record.determination.decisions[0].reasons.index(Reason.CONSERVATIVE_CARE_FIRST)
    evidence = record.evidence[f"/decisions/0/reasons/{at}"]
    assert (evidence.quote, evidence.support) == (sentence, "supported")
    assert evidence.confidence is not None


@pytest.mark.parametrize(("outcome", "sentence", "reason"), ARGUED)
def test_beside_a_model_rules_say_only_what_cues_give(outcome: str, sentence: str, reason: Reason) -> None:
    layout = layout_of(letter(outcome, f"{sentence} This is the conclusion."))
    draft = read_by_rules(layout, gather(layout), alone=False)
    claims = {place: claim for place, claim in draft.claims.items() if place.field is REASONS_FIELD}
    assert reason.value not in {claim.value for claim in claims.values()}
    assert not any(claim.judged for claim in claims.values())


def test_a_bare_conclusion_gives_no_judged_reason() -> None:
    record = read(letter("Upheld", "The request is not medically necessary."))
    assert record.determination.decisions[0].reasons == ()


# --- what is said of what is weighed ---------------------------------------------------------------------------------


def of(*shares: tuple[Reason, float, Span]) -> list[Weighed]:
    return [Weighed(reason, share, sentence) for reason, share, sentence in shares]


def test_what_is_likely_enough_is_said_in_printed_order() -> None:
    weighed = of((Reason.SAFETY, 0.7, SECOND), (Reason.DUPLICATE, 0.9, FIRST), (Reason.NO_IMPROVEMENT, 0.4, THIRD))
    said = chosen(Weights({}, threshold=0.5), weighed, [])
    assert [each.reason for each in said] == [Reason.DUPLICATE, Reason.SAFETY]


def test_cues_stand_however_they_are_weighed_and_three_are_said_in_all() -> None:
    weighed = of(
        (Reason.SAFETY, 0.01, FOURTH),
        (Reason.DUPLICATE, 0.7, FIRST),
        (Reason.NO_IMPROVEMENT, 0.8, SECOND),
        (Reason.EXCEEDS_LIMIT, 0.9, THIRD),
    )
    said = chosen(Weights({}, threshold=0.5), weighed, [(Reason.SAFETY, FIRST)])
    assert [each.reason for each in said] == [Reason.SAFETY, Reason.NO_IMPROVEMENT, Reason.EXCEEDS_LIMIT]
    assert said[0] == Weighed(Reason.SAFETY, 0.01, FIRST)


@pytest.mark.parametrize(("share", "said"), [(0.3, 1), (0.2, 0)])
def test_the_likeliest_is_said_where_nothing_else_is_unless_it_is_rather_not(share: float, said: int) -> None:
    weighed = of((Reason.SAFETY, share, FIRST), (Reason.DUPLICATE, 0.1, SECOND))
    assert len(chosen(Weights({}, threshold=0.5), weighed, [])) == said


def test_the_heaviest_sentence_gives_the_reason() -> None:
    rows = {("upheld", "(bias)"): {Reason.SAFETY: -1.0}, ("upheld", "danger"): {Reason.SAFETY: 3.0}}
    (found,) = weigh(Weights(rows), Outcome.UPHELD, [FIRST, SECOND], [["pain"], ["danger", "pain"]])
    assert found.sentence == SECOND
    assert found.share == pytest.approx(0.881, abs=0.001)  # log odds of 2


# --- signs -----------------------------------------------------------------------------------------------------------


def signs(text: str, outcome: Outcome = Outcome.UPHELD) -> set[str]:
    return set(signs_of(view_of(text), [Span(0, len(text))], outcome)[0])


def test_words_are_stemmed_numbers_made_one_and_what_is_denied_told_apart() -> None:
    found = signs("He improved 40% and was not walking.")
    assert {"improv", "#", "%", "walk", "no walk", "(denial)"} <= found
    assert "no improv" not in found


def test_a_contraction_denies() -> None:
    assert "no work" in signs("He doesn't work.")


def test_a_recital_is_told_from_a_sentence_of_the_case() -> None:
    assert "(recital)" in signs("The guideline recommends six visits.")
    assert "(recital)" not in signs("The patient had six visits.")


# --- the weights -----------------------------------------------------------------------------------------------------


def test_our_weights_bear_only_on_reasons_of_their_outcome() -> None:
    for (outcome, _), row in weights().rows.items():
        assert set(row) <= REASONS[Outcome(outcome)]
    assert set(weights().rows["upheld", "(bias)"]) == REASONS[Outcome.UPHELD]


@pytest.mark.parametrize(
    "text",
    ["", "a\tb\tc\n1\t2\t3", "outcome\tsign\tsafety\nupheld\t(bias)\t3", "outcome\tsign\tsafety\nupheld\tx\ttext"],
)
def test_what_are_no_weights_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="imr learn reasons"):
        parse(text)


def test_reading_imports_nothing_that_learns() -> None:
    code = "import sys, extractor.reading.letter; sys.exit(bool({'sklearn', 'scipy'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", code], check=True)
