from __future__ import annotations

from eval.metamorphic.differences import differences, without


def test_differences() -> None:
    one = {"a": ["x", "y"], "p": {"text": "so  it's", "spans": [[0, 9]]}, "n": {"k": 1}, "reasons": ["b", "a"]}
    other = {"a": ["x"], "p": {"text": "so it\u2019s", "spans": [[5, 9]]}, "n": {"k": 2}, "reasons": ["a", "b"]}
    assert list(differences(one, other)) == [("/a", "[x, y], then [x]"), ("/n/k", "1, then 2")]
    assert (
        list(
            differences(
                {"p": {"text": "a. PUT IN b", "spans": []}}, {"p": {"text": "a. b", "spans": []}}, without("PUT IN")
            )
        )
        == []
    )
    assert list(differences({"d": [{}, {}]}, {"d": [{}]})) == [("/d", "2 entries, then 1 entry")]
    long, other_long = "x" * 100 + "left" + "y" * 100, "x" * 100 + "right" + "y" * 100
    ((pointer, told),) = differences({"t": long}, {"t": other_long})
    assert pointer == "/t"
    assert "left" in told
    assert "right" in told
