import pytest

from eval.figures import summary
from eval.figures.columns import DOCUMENTS, EXACT, FIELDS, LETTERS, Counts, leaf
from eval.figures.measures import measures
from eval.figures.summary import Summary, summarize
from eval.figures.uncertainty import Array, Sampling, resampled_sums
from eval.scoring.marks import Mark


def counted(**columns: int) -> Counts:
    """Counts of one letter: `outcome_mismatch=1` and so on."""
    known = {
        "priority_match": leaf("priority", Mark.MATCH),
        "outcome_match": leaf("decisions.outcome", Mark.MATCH),
        "outcome_mismatch": leaf("decisions.outcome", Mark.MISMATCH),
    }
    return Counts({DOCUMENTS: 1, **{known[name]: count for name, count in columns.items()}})


def test_the_mean_of_fields_weighs_fields_alike() -> None:
    found = summarize({"a": (counted(priority_match=9), ()), "b": (counted(outcome_mismatch=1), ())}, Sampling())
    assert found.figures["mean of fields"]["f1"].value == 0.5
    assert found.figures["mean of letters"]["f1"].value == 0.5
    assert found.figures["all"]["f1"].value == 0.9


def test_counts_are_summed_over_letters() -> None:
    documents = {str(number): (counted(outcome_match=3, outcome_mismatch=number % 2), ()) for number in range(7)}
    found = summarize(documents, Sampling(20))
    assert found.counts[leaf("decisions.outcome", Mark.MATCH)] == 21
    assert found.counts[leaf("decisions.outcome", Mark.MISMATCH)] == 3
    assert found.counts[leaf("decisions.outcome", Mark.MISSING)] == 0


def test_every_measure_is_a_figure_and_every_slice_has_its_own() -> None:
    found = summarize({"a": (counted(outcome_match=1), ("trap",))}, Sampling(20))
    for one in measures():
        assert found.figure(one.of, one.name) is not None
    assert found.slices["trap"].documents == 1
    assert set(found.slices["trap"].figures) == {
        "all f1",
        "decisions.outcome recall",
        "items decisions f1",
        "overturned f1",
        "exact records rate",
    }


@pytest.mark.parametrize(("of", "name"), [("decisions.outcom", "f1"), ("exact records", "f1"), ("all", "recal")])
def test_a_misspelt_figure_is_an_error_not_an_absent_one(of: str, name: str) -> None:
    assert Summary().figure("all") is None
    assert Summary().figure("mean of letters") is None
    with pytest.raises(ValueError, match=name):
        Summary().figure(of, name)


def test_all_letters_are_resampled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 records fold fast because one pass over the resamples serves every measure, letter and slice."""
    passes: list[tuple[int, ...]] = []
    resample = resampled_sums

    def counting(table: Array, sampling: Sampling) -> Array:
        passes.append(table.shape)
        return resample(table, sampling)

    monkeypatch.setattr(summary, "resampled_sums", counting)
    right = {leaf(field, Mark.MATCH): 3 for field in FIELDS} | {DOCUMENTS: 1, LETTERS: 1}
    documents = {
        str(number): (
            Counts({**right, EXACT: number % 2, leaf("decisions.outcome", Mark.MISMATCH): number % 7 == 0}),
            (f"tag {number % 5}",),
        )
        for number in range(1_000)
    }
    found = summarize(documents, Sampling(50))
    assert found.documents == 1_000
    assert len(found.slices) == 5
    assert [letters for letters, _ in passes] == [1_000]
