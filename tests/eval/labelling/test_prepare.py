from __future__ import annotations

from pathlib import Path

import pytest
from gold_factory import reader_of

from eval.labelling.gold import LabelStatus, load_gold, load_reference
from eval.labelling.prepare import prepare
from extractor.errors import ConfigurationError


def test_init_prepares_drafts_and_touches_nothing_twice(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a1.txt").write_bytes((folder / "letters" / "a1.txt").read_bytes())
    (mine / "empty.txt").write_bytes(b"")
    written, troubles = prepare(mine, reader_of(folder))
    assert written == ["a1", "empty"]
    assert "no bytes" in troubles["empty"]
    draft = load_reference(mine / "references" / "a1.json")
    assert draft.status is LabelStatus.DRAFT
    assert draft.determination.case_number
    assert prepare(mine, reader_of(folder)) == ([], {})
    assert load_gold(mine).cases == ()


def test_init_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no letter"):
        prepare(tmp_path, reader_of(tmp_path))


def test_two_letters_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.html").write_text("x")
    with pytest.raises(ConfigurationError, match="share a name"):
        prepare(tmp_path, reader_of(tmp_path))
