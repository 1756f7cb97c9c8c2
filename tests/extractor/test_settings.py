"""Where settings come from, what is refused, and that the key shows itself nowhere."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import ConfigurationError
from extractor.settings import Chosen, Endpoint, ModelSettings, Price, Secret, model_settings

ROOT = Path(__file__).parents[2]
KEY = "sk-Never-Shown-0123456789"


def toml(folder: Path, text: str) -> Path:
    path = folder / "imr.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(**how: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        model_settings(**{"environment": {}, **how})
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def found(chosen: Chosen, name: str) -> Any:
    return getattr(chosen.model if hasattr(chosen.model, name) else chosen.endpoint, name)


# Where settings come from


@pytest.mark.parametrize(
    ("name", "variable", "in_file", "in_environment", "as_flag", "values"),
    [
        ("name", "IMR_MODEL", '"file"', "environment", "flag", ("file", "environment", "flag")),
        ("base_url", "OPENAI_BASE_URL", '"http://a"', "http://b", "http://c", ("http://a", "http://b", "http://c")),
        ("temperature", "IMR_TEMPERATURE", "0.5", "none", 1.0, (0.5, None, 1.0)),
        ("strategy", "IMR_STRATEGY", '"sections"', "budgeted", "whole", ("sections", "budgeted", "whole")),
        ("mode", "IMR_MODE", '"tools"', "json", "responses", ("tools", "json", "responses")),
        ("leads", "IMR_LEADS", "false", "yes", False, (False, True, False)),
        ("in_flight", "IMR_IN_FLIGHT", "2", "3", 4, (2, 3, 4)),
        ("timeout", "IMR_TIMEOUT", "2", "3.5", 4.0, (2.0, 3.5, 4.0)),
        ("record", "IMR_RECORD", '"a"', "b", Path("c"), (Path("a"), Path("b"), Path("c"))),
        ("price", "IMR_PRICE", '"1,2"', "3,4", "5,6", (Price(1, 2), Price(3, 4), Price(5, 6))),
        ("api_key", "OPENAI_API_KEY", '"a"', "b", "c", (Secret("a"), Secret("b"), Secret("c"))),
    ],
)
def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(
    name: str,
    variable: str,
    in_file: str,
    in_environment: str,
    as_flag: object,
    values: tuple[object, object, object],
    tmp_path: Path,
) -> None:
    model = "" if name == "name" else 'name = "m"\n'
    file = toml(tmp_path, f"[model]\n{model}{name} = {in_file}\n")
    (tmp_path / "bare").mkdir()
    empty = toml(tmp_path / "bare", "[model]\nname = 'm'\n")
    told = {variable: in_environment}
    for chosen, value, source in [
        (model_settings({name: as_flag}, environment=told, file=file), values[2], "flag"),
        (model_settings({name: None}, environment=told, file=file), values[1], variable),
        (model_settings(environment={variable: ""}, file=file), values[0], str(file)),
    ]:
        assert (found(chosen, name), chosen.sources[name]) == (value, source)
    if name != "name":
        chosen = model_settings(environment={}, file=empty)
        default: object = ModelSettings("m") if hasattr(chosen.model, name) else Endpoint()
        assert found(chosen, name) == getattr(default, name)
        assert chosen.sources == {"name": str(empty)}


def test_the_file_is_the_one_named_else_that_of_the_environment_else_that_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    for name in ("named", "environment", "folder"):
        (tmp_path / name).mkdir()
        files[name] = toml(tmp_path / name, f'[model]\nname = "{name}"\n')
    monkeypatch.chdir(tmp_path / "folder")
    told = {"IMR_CONFIG": str(files["environment"])}
    assert model_settings(environment=told, file=files["named"]).model.name == "named"
    assert model_settings(environment=told).model.name == "environment"
    assert model_settings(environment={}).model.name == "folder"
    monkeypatch.setenv("IMR_MODEL", "process")
    assert model_settings().model.name == "process"


def test_tests_see_no_settings_of_whoever_runs_them(tmp_path: Path) -> None:
    toml(tmp_path, "not TOML at all")
    environment = {**os.environ, "IMR_MODEL": "leaked", "OPENAI_API_KEY": KEY, "IMR_CONFIG": "/nowhere"}
    one = f"{__file__}::test_without_a_model_named_it_says_how_to_name_one"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), one]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_without_a_model_named_it_says_how_to_name_one() -> None:
    with pytest.raises(ConfigurationError, match=r"--model.*IMR_MODEL.*imr\.toml"):
        model_settings()


# What is refused


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[model]\nname = "m"\nmodle = "x"\n', ["modle", "imr.toml"]),
        ('[modell]\nname = "m"\n', ["modell", "imr.toml"]),
        ('name = "m"\n', ["name", "[model]"]),
        ("model = 5\n", ["[model]", "imr.toml"]),
        ("prices = 5\n", ["[prices", "imr.toml"]),
        ("[model\n", ["imr.toml", "line 1"]),
        (f'[model]\napi_key = "{KEY}\n', ["imr.toml", "line 2"]),
        (f'[model]\napi_key = "{KEY}"\nin_flight = "many"\n', ["in_flight", "many", "imr.toml"]),
        (f'[model]\nkey = "{KEY}"\n', ["key", "imr.toml"]),
        *(
            (f'[model]\nname = "m"\n{name} = {value}\n', [name])
            for name, value in [
                ("in_flight", "true"),
                ("in_flight", "1.5"),
                ("in_flight", "inf"),
                ("in_flight", "0"),
                ("max_output_tokens", '"4k"'),
                ("max_output_tokens", "-1"),
                ("context_tokens", "[]"),
                ("requests_per_minute", "0"),
                ("timeout", '"soon"'),
                ("timeout", "nan"),
                ("temperature", '"warm"'),
                ("temperature", "false"),
                ("leads", '"perhaps"'),
                ("mode", '"xml"'),
                ("strategy", '"guess"'),
                ("strategy", "1"),
                ("base_url", "8080"),
                ("base_url", '"localhost:8080"'),
                ("record", "5"),
                ("prompts", '["a"]'),
                ("price", '"1"'),
                ("price", "{ input = 1 }"),
                ("price", "{ input = 1, output = 2, outptu = 3 }"),
            ]
        ),
        ('[model]\nname = ["m"]\n', ["name"]),
        ('[prices."m"]\ninput = "free"\noutput = 0\n', ['prices."m"', "imr.toml"]),
    ],
)
def test_what_is_wrong_in_the_file_is_named(text: str, named: list[str], tmp_path: Path) -> None:
    message = refusal(file=toml(tmp_path, text))
    assert [word for word in named if word not in message] == []


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"environment": {"IMR_MODEL": "m", "IMR_IN_FLIGHT": "x"}}, "IMR_IN_FLIGHT"),
        ({"environment": {"IMR_MODEL": "m", "IMR_LEADS": "maybe"}}, "IMR_LEADS"),
        ({"environment": {"IMR_MODEL": "m", "IMR_PRICE": "cheap", "OPENAI_API_KEY": KEY}}, "IMR_PRICE"),
        ({"flags": {"name": "m", "max_output_tokens": "x"}}, "--max-output-tokens"),
        ({"environment": {"IMR_CONFIG": "/nowhere/imr.toml"}}, "/nowhere/imr.toml"),
        ({"environment": {"IMR_MODEL": "m", "IMR_BUDGET": "5", "OPENAI_API_KEY": KEY}}, "--price"),
        ({"environment": {"IMR_MODEL": "m", "IMR_BUDGET": "-5", "IMR_PRICE": "1,2"}}, "budget"),
    ],
)
def test_what_is_wrong_elsewhere_is_named(how: dict[str, Any], named: str) -> None:
    assert named in refusal(**how)


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "imr.toml").write_bytes(b'[model]\nname = "\xff"\n')
    assert "imr.toml" in refusal(file=tmp_path / "imr.toml")


# Values


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ("1,2", Price(1, 2)),
        (" 0.15 , 0.075, 0.6 ", Price(0.15, 0.6, 0.075)),
        ({"input": 1, "output": 2}, Price(1, 2)),
        ({"input": 1, "output": 2, "cached_input": 0.5}, Price(1, 2, 0.5)),
        (Price(3, 4), Price(3, 4)),
        *((wrong, None) for wrong in ("", "1", "1,", "a,b", "1,2,3,4", {"input": 1}, {"input": "x", "output": 1})),
    ],
)
def test_a_price_has_two_numbers_or_three(given: object, price: Price | None) -> None:
    if price is None:
        assert "IN,OUT" in refusal(flags={"name": "m", "price": given})
    else:
        assert model_settings({"name": "m", "price": given}, environment={}).endpoint.price == price


@pytest.mark.parametrize("given", ["nan,1", "1,-1", "inf,1", "1,nan,1"])
def test_a_price_that_would_let_a_budget_be_crossed_unseen_is_refused(given: str) -> None:
    assert "price" in refusal(flags={"name": "m", "price": given, "budget": 1})


def test_the_price_is_that_of_the_model_in_use(tmp_path: Path) -> None:
    file = toml(
        tmp_path, '[model]\nname = "a"\n[prices."a"]\ninput = 1\noutput = 2\n[prices."b"]\ninput = 3\noutput = 4\n'
    )
    assert model_settings(environment={}, file=file).endpoint.price == Price(1, 2)
    chosen = model_settings({"name": "b", "budget": 1}, environment={}, file=file)
    assert (chosen.endpoint.price, chosen.sources["price"]) == (Price(3, 4), str(file))
    assert model_settings({"name": "c"}, environment={}, file=file).endpoint.price is None
    assert model_settings({"name": "b", "price": "5,6"}, environment={}, file=file).endpoint.price == Price(5, 6)


def test_a_price_counts_cached_tokens_as_a_part_of_the_input() -> None:
    assert Price(2, 8).of(1_000_000, 400_000, 500_000) == pytest.approx(2 + 4)
    assert Price(2, 8, 0.5).of(1_000_000, 400_000, 500_000) == pytest.approx(1.2 + 0.2 + 4)


@pytest.mark.parametrize(
    ("given", "leads"), [("true", True), ("YES", True), ("1", True), ("no", False), ("False", False), ("0", False)]
)
def test_whether_the_model_leads_is_yes_or_no(given: str, leads: bool) -> None:
    assert model_settings(environment={"IMR_MODEL": "m", "IMR_LEADS": given}).model.leads is leads


# The key


def chosen_with_key() -> Chosen:
    return model_settings({"name": "m"}, environment={"OPENAI_API_KEY": KEY})


def logged(value: object) -> str:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s %r", (value, value), None)
    return logging.Formatter("%(message)s %(args)s").format(record)


WAYS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda value: f"{value} {value!r} {value!s}",
    "format": "{}".format,
    "log": logged,
    "pickle": lambda value: pickle.dumps(value).decode("latin-1"),
    "copy": lambda value: repr(copy.deepcopy(value)),
    "json": lambda value: json.dumps(asdict(value), default=str),
    "dir": lambda value: [getattr(value, name) for name in dir(value) if not name.startswith("_")],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("of", ["chosen", "endpoint", "key"])
def test_the_key_is_masked_however_it_is_shown(of: str, way: str) -> None:
    chosen = chosen_with_key()
    secret = chosen.endpoint.api_key
    assert secret is not None
    assert secret.reveal() == KEY
    value = {"chosen": chosen, "endpoint": chosen.endpoint, "key": secret}[of]
    try:
        shown = str(WAYS[way](value))
    except (TypeError, AttributeError) as error:  # refused
        shown = "".join(traceback.format_exception(error))
    assert KEY not in shown
    assert shown


def test_the_key_goes_into_no_pickle() -> None:
    with pytest.raises(TypeError, match="a secret is not pickled"):
        pickle.dumps(chosen_with_key().endpoint)


def test_keys_are_equal_when_they_are_the_same() -> None:
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


# Addresses, headers and what stands behind the address


@pytest.mark.parametrize(
    "address", [f"https://user:{KEY}@host/v1", f"user:{KEY}@host/v1", f"https://{KEY}@host/v1?a=b", f"http://u:{KEY}@h"]
)
def test_a_user_and_password_in_an_address_are_refused_and_not_shown(address: str) -> None:
    told = refusal(flags={"name": "m", "base_url": address})
    assert "holds a user and a password" in told
    assert "[model.headers]" in told


def test_headers_and_query_are_tables_of_secrets(tmp_path: Path) -> None:
    file = toml(
        tmp_path,
        """
        [model]
        name = "m"
        base_url = "https://host/openai/deployments/m?api-version=2024-10-21"
        [model.headers]
        api-key = "$AZURE_KEY"
        X-Team = "reviews"
        [model.query]
        tier = 2
        """,
    )
    endpoint = model_settings(environment={"AZURE_KEY": KEY}, file=file).endpoint
    assert endpoint.base_url == "https://host/openai/deployments/m"
    assert {name: value.reveal() for name, value in endpoint.headers.items()} == {"api-key": KEY, "X-Team": "reviews"}
    assert {name: value.reveal() for name, value in endpoint.query.items()} == {
        "api-version": "2024-10-21",
        "tier": "2",
    }
    assert KEY not in repr(endpoint)
    assert "names a variable that is not set: $AZURE_KEY" in refusal(file=file)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[model.headers]\n"a b" = "x"', "is no name of a header"),
        ('[model.headers]\na = "x\\ny"', "a line break"),
        ('[model]\nheaders = "x"', "must be a table"),
        ("[model.query]\na = [1]", "must be a table of texts"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(table: str, words: str, tmp_path: Path) -> None:
    assert words in refusal(flags={"name": "m"}, file=toml(tmp_path, table))
