from __future__ import annotations

from pathlib import Path

import pytest
from gold_factory import known, reader_of

from eval.judging.costs import costs, latency, load_prices
from eval.judging.grading import grade
from eval.labelling.gold import load_gold
from extractor.errors import ConfigurationError
from extractor.records.record import Usage


def test_costs_and_latency(eight: Path, tmp_path: Path) -> None:
    usage = Usage(requests=1, input_tokens=1000, cached_input_tokens=400, output_tokens=100)
    result = grade(reader_of(eight, usage=usage), load_gold(eight).cases)
    assert known(costs(result, load_prices())).unpriced == ("fake-1",)
    (tmp_path / "prices.toml").write_text("[fake-1]\ninput = 1.0\ncached_input = 0.5\noutput = 10.0\n")
    spent = known(costs(result, load_prices(tmp_path / "prices.toml")))
    assert spent.dollars == pytest.approx(8 * (600 * 1 + 400 * 0.5 + 100 * 10) / 1e6)
    assert known(spent.dollars_per_correct_field) < known(spent.dollars_per_letter)
    assert known(latency(result.documents.values())).letters == 8
    assert costs(grade(reader_of(eight), load_gold(eight).cases), {}) is None


def test_a_bad_price_table(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text("[m]\ninput = 'dear'\n")
    with pytest.raises(ConfigurationError, match="price table"):
        load_prices(tmp_path / "prices.toml")
