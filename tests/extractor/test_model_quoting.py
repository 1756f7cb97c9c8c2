"""What of an endpoint's words people see: enough to know what is wrong, and nothing of a letter."""

from __future__ import annotations

import re

import pytest

from extractor.model.quoting import quoted

LETTER = "Zebra Umbrella was born 7/14/1961 in Fresno; the request for lumbar fusion is denied. Claim AB-99-1234567."


@pytest.mark.parametrize(
    "words",
    [
        "Loading model",
        "Public access is disabled. Please configure private endpoint.",
        "Access denied due to invalid subscription key or wrong API endpoint.",
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
        "Rate limit reached for model m on tokens per day (TPD): Limit 500000, Used 499999. Please try again in 1h0m.",
        "Provider returned error x is temporarily rate-limited upstream. Please retry shortly",
    ],
)
def test_an_endpoint_s_own_words_are_shown(words: str) -> None:
    shown = quoted(words, [LETTER])
    left_out = [word for word in words.split() if word not in shown.split()]
    assert len(left_out) <= 2, left_out  # words of one or two letters
    assert all(len(word.strip("().")) <= 2 for word in left_out)


REPEATED = {
    "as it is": LETTER,
    "in capitals": LETTER.upper(),
    "in one word": LETTER.replace(" ", ""),
    "in pairs": re.sub(r"(\w+) (\w+)", r"\1\2", LETTER),
    "letter by letter": " ".join(LETTER),
    "by twos": re.sub(r"(\w\w)", r"\1 ", LETTER),
    "by threes": re.sub(r"(\w\w\w)", r"\1 ", LETTER),
    "with hyphens": "-".join(LETTER.split()),
    "with dots": ".".join(LETTER.split()),
    "as JSON": '{"content":"' + LETTER.replace(" ", "\\u0020") + '"}',
    "between common words": " error ".join(LETTER.split()),
}


@pytest.mark.parametrize("words", REPEATED.values(), ids=REPEATED)
def test_nothing_of_what_was_sent_is_shown(words: str) -> None:
    shown = re.sub(r"[\W_]", "", quoted(f"Invalid input: {words}", [LETTER]).lower())
    assert shown.startswith("invalidinput")
    for part in ("zeb", "umb", "ella", "born", "1961", "714", "fres", "lumb", "fusi", "1234567"):
        assert part not in shown


def test_words_in_a_row_are_not_shown_however_common() -> None:
    letter = "The request for the first month of service was denied again after the review."
    assert "request for the first month" not in quoted("Error: the request for the first month of service", [letter])
    assert quoted("the model is loading", [letter]) == "the model is loading"


def test_keys_and_names_of_accounts_are_not_shown() -> None:
    told = "Incorrect API key provided: sk-ab12****wxyz, in organization org-A1b2C3d4E5f6G7 of project 0123456789abcdef"
    assert quoted(told) == "Incorrect API key provided: … in organization … of project …"


def test_it_is_one_short_line_of_plain_characters() -> None:
    shown = quoted("Überlastet \x1b[31m \u202e again " + "wait a while " * 500)
    assert len(shown) < 250
    assert shown.isprintable()
    assert "\x1b" not in shown
    assert quoted("… \x00 ☃") == ""
