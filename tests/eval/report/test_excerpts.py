from __future__ import annotations

from eval.report.excerpts import excerpt, find_words


def test_excerpt_marks_both_places_and_leaves_the_middle_out() -> None:
    text = "x" * 300 + " gold words both words here " + "y" * 1000
    start = text.index("gold")
    pieces = excerpt(text, [(start, start + 15)], [(start + 11, start + 21)])
    marked = [(piece.text, piece.marks) for piece in pieces if piece.marks]
    assert marked == [("gold words ", ("gold",)), ("both", ("gold", "predicted")), (" words", ("predicted",))]
    assert pieces[0].gap
    assert pieces[-1].gap
    assert excerpt("short", [(2, 99)], []) == []
    long = excerpt(text, [(0, len(text))], [])
    assert sum(len(piece.text) for piece in long) < 700


def test_find_words() -> None:
    assert find_words("a lumbar\n  spine", "Lumbar spine") == (2, 16)
    assert find_words("one two one", "one", 3) == (8, 11)
    assert find_words("one", "two") is None
    assert find_words("one", " ") is None
