from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from factories import letter_text, make_document, make_record

from extractor.backlog import RunSummary
from extractor.display import (
    Screen,
    json_cleaned,
    progress,
    show_export,
    show_failures,
    show_found,
    show_hits,
    show_record,
    show_status,
    show_summary,
)
from extractor.display.clean import cleaned, columns, compact_pairs, one_line, shortened
from extractor.display.screen import Head
from extractor.records.determination import Determination
from extractor.records.record import Record
from extractor.store import Changes, FailedLetter, Store

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")


def shown(record: Record, stream: io.StringIO, *, full: bool = False) -> str:
    show_record(Screen(stream), record, full=full)
    return stream.getvalue()


# Words of a letter


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\x9b31mb", "a<U+009B>31mb"),
        ("a\x7fb\x00c", "a␡b␀c"),
        ("up\u202edleh", "up<U+202E>dleh"),
        ("a\tb\nc", "a b\nc"),
        ("\r overwritten", "␍ overwritten"),
        ("half \ud800", "half <U+D800>"),
        ("plain äöü 🦴 [bold]", "plain äöü 🦴 [bold]"),
    ],
)
def test_controls_are_made_visible(text: str, safe: str) -> None:
    assert cleaned(text) == safe
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", cleaned(text))


def test_clean_pieces() -> None:
    assert one_line(" a \n\n b\x0c c ") == "a b c"
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdef", 5) == "abcd…"
    assert columns("aé中e\u0301") == 5


def test_json_says_the_same_but_cannot_steer_a_terminal() -> None:
    value = {"a\u009b": ["\u202e", "\x7f", "é\x1b\n"]}
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(json_cleaned(text)) == value
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", json_cleaned(text))


def test_pairs_are_put_on_one_line_outside_strings_only() -> None:
    value = {"spans": [[1, 22], [3, 4]], "s": "[\n 1,\n 2\n]", "three": [1, 2, 3]}
    pretty = compact_pairs(json.dumps(value, indent=2))
    assert json.loads(pretty) == value
    assert "[1, 22]" in pretty


# A record


def test_a_record_on_a_terminal() -> None:
    record = make_record()
    text = shown(record, Terminal())
    assert "\x1b[" in text
    plain = ESCAPES.sub("", text)
    for expected in (
        *("CM16-0000001", "UPHELD", "2 decisions", "Decision 1 of 2", "Naproxen 50mg #60", "as printed", "left knee"),
        *('"01/03/2017"', "Flags: 2", "No words say it.", "60 each", "MTUS: Chronic Pain, 2016"),
    ):
        assert expected in plain, expected


def test_a_record_anywhere_else_is_plain_lines() -> None:
    text = shown(make_record(), io.StringIO())
    assert not re.search("[\x1b─━│┃]", text)
    lines = text.splitlines()
    assert "case number: CM16-0000001  <- as printed (line 1)" in lines
    assert 'decision date: 2017-01-03  <- "01/03/2017" (line 2)' in lines
    assert any(line.startswith("rationale: The records of letter 1 show") for line in lines)
    assert "specialty: Pain Management  <- (no evidence)" in lines


def test_no_color_keeps_the_tables_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(make_record(), Terminal())
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)
    assert "─" in text


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(make_record(), Terminal())


def test_words_of_a_letter_are_never_markup_nor_controls() -> None:
    text = letter_text().replace("lifting a box", "a [bold red]box[/] :smile: \x1b[2Jfell \u202etfel")
    for stream in (Terminal(), io.StringIO()):
        plain = ESCAPES.sub("", shown(make_record(make_document(text)), stream, full=True))
        assert "\x1b" not in plain
        assert "\u202e" not in plain
        flat = " ".join(plain.split())
        assert "[bold red]box[/] :smile:" in flat
        assert "␛[2Jfell" in flat


def test_long_passages_are_shortened_unless_all_is_wanted() -> None:
    document = make_document(letter_text().replace("show no functional", "show " + "very " * 200 + "no functional"))
    record = make_record(document)
    assert "…" in shown(record, io.StringIO())
    full = shown(record, io.StringIO(), full=True)
    assert "…" not in full
    assert "very " * 200 in full


def test_a_record_of_nothing() -> None:
    record = make_record(make_document("nothing"), determination=Determination(), evidence={}, flags=())
    for stream in (Terminal(), io.StringIO()):
        text = shown(record, stream)
        assert "(no case number)" in text
        assert "0 decisions" in text


def test_a_name_with_a_line_break_is_one_line() -> None:
    document = make_document(name="a\n\x1b[2Jb.pdf")
    assert shown(make_record(document), io.StringIO()).splitlines()[1].startswith("a ␛[2Jb.pdf · ")


def test_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = ESCAPES.sub("", shown(make_record(), Terminal()))
    assert max(map(len, text.splitlines())) <= 40


# Tables


def test_a_plain_table_is_aligned() -> None:
    stream = io.StringIO()
    Screen(stream).table((Head("a"), Head("n", right=True)), [("x", "1"), ("longer", "100"), ("中", "7")])
    assert stream.getvalue().splitlines() == ["a         n", "x         1", "longer  100", "中        7"]


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_answers_about_a_database(tmp_path: Path, kind: type[io.StringIO]) -> None:
    stream = kind()
    screen = Screen(stream)
    with Store(tmp_path / "a.db") as store:
        run_id = store.begin_run(reader="rules", config_sha256="c", configuration="{}", code_version="0", workers=2)
        document = make_document()
        store.save(make_record(document), document)
        store.save_all(
            Changes(failed=[FailedLetter("/in/a\x1b.pdf", None, "encrypted", "a password is needed")]), run_id=run_id
        )
        show_status(screen, store.status())
        show_found(screen, store.find("CM16-0000001"))
        assert show_failures(screen, store.failures()) == 1
        assert show_failures(screen, []) == 0
        show_hits(screen, store.search("functional gain"))
    show_export(screen, {"drugs": 1234}, tmp_path, "csv")
    text = ESCAPES.sub("", stream.getvalue())
    assert "\x1b" not in text
    for expected in (
        *("1 document under 1 name", "2 decisions", "upheld", "100.0%", "credentials", "withheld", "encrypted"),
        *("running", "/in/a␛.pdf", "a password is needed", "functional", "1,234"),
    ):
        assert expected in text, expected


def test_summaries() -> None:
    stream = io.StringIO()
    summary = RunSummary(
        run_id=1, found=2000, extracted=1500, already=3, renamed=4, failed=5, remaining=493, flagged=7,
        interrupted=True, seconds=3725, failures={"empty": 4, "crash": 1},
    )  # fmt: skip
    show_summary(Screen(stream), summary, Path("a.db"))
    text = stream.getvalue()
    assert text.startswith("2,000 letters in 1 h 02 min: 1,500 read (0 a second), 3 already there, 4 known")
    assert "flags on 7 of the new records" in text
    assert "failures: empty 4, crash 1" in text
    assert "493 letters left" in text
    for seconds, said in ((1.24, "1.2 s"), (59.9, "59.9 s"), (61, "1 min 01 s")):
        stream = io.StringIO()
        show_summary(Screen(stream), RunSummary(run_id=1, seconds=seconds), Path("a.db"))
        assert f"in {said}:" in stream.getvalue()


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def total() -> int:
        asked.append(1)
        return 10

    for stream, quiet in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress(total, quiet=quiet) as update:
            assert update is None
        assert stream.getvalue() == ""
    assert not asked, "nothing is counted where nothing is shown"
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(total, quiet=False) as update:
        assert update
        update(RunSummary(run_id=1, found=5, extracted=4, failed=1, seconds=2.0))
    assert "5/10" in ESCAPES.sub("", terminal.getvalue())
