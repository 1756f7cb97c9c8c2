"""What the package promises."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from inspect import signature

import pytest
from pydantic import TypeAdapter

import extractor
from extractor import errors


def test_public_names() -> None:
    assert sorted(extractor.__all__) == [
        "Configuration",
        "Database",
        "Determination",
        "Document",
        "DocumentError",
        "Evidence",
        "Filters",
        "Flag",
        "ImrError",
        "Record",
        "__version__",
        "extract",
        "extract_each",
        "read",
        "read_document",
    ]


@pytest.mark.parametrize("name", [name for name in extractor.__all__ if name != "__version__"])
def test_each_is_there(name: str) -> None:
    value = getattr(extractor, name)
    assert value.__module__.split(".")[0] == "extractor"
    assert value.__doc__


def test_the_version_is_that_of_the_distribution() -> None:
    assert extractor.__version__ == version("imr-extractor")
    assert set(extractor.__all__) == set(dir(extractor))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("extract", ["source", "name", "reader", "configuration", "endpoint", "limits"]),
        ("read", ["document", "configuration", "endpoint", "model", "limits"]),
        ("read_document", ["source", "name", "limits", "below"]),
        ("Configuration", ["reader", "model", "prompt_sha256"]),
        ("Database", ["path"]),
    ],
)
def test_how_they_are_called(name: str, parameters: list[str]) -> None:
    assert list(signature(getattr(extractor, name)).parameters) == parameters


def test_a_database_can_be_read_and_not_written_to() -> None:
    names = [name for name in vars(extractor.Database) if not name.startswith("_")]
    assert sorted(names) == ["close", "evidence", "records", "search", "text"]


def test_no_other() -> None:
    with pytest.raises(AttributeError, match="'nonsense'"):
        _ = extractor.nonsense


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("extractor.layout", ["Item", "Layout", "Variant", "lay_out", "lay_out_at"]),
        ("extractor.readers.rules", ["read_by_rules", "say_front", "say_item_skeleton", "say_passages"]),
        ("extractor.model", ["Attempt", "Message", "Model", "OnAttempt", "Reply", "Request"]),
        ("extractor.readers.model", ["PromptedReading", "Session", "estimate", "read_by_prompts"]),
        (
            "extractor.cluster",
            [
                *("ClusterSummary", "Imported", "Job", "LETTERS", "RESULTS"),
                *("import_results", "read_partition", "run_on_cluster"),
            ],
        ),
        ("extractor.documents", ["Document", "Note", "NoteCode", "read_document"]),
    ],
)
def test_names_of_subpackages(module: str, names: list[str]) -> None:
    assert sorted(importlib.import_module(module).__all__) == names


def test_the_error_tree() -> None:
    """Every error is one of ours, has an exit code, and the unreadable have their own failure class."""
    tree = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    ours = [error for error in tree if issubclass(error, errors.ImrError)]
    assert ours == tree
    documents = [error for error in tree if issubclass(error, errors.DocumentError)]
    assert len({error.failure_class for error in documents}) == len(documents)
    assert {error.exit_code for error in ours} == {1, 2, 3}
    assert errors.__doc__ is not None
    assert all(error.__name__ in errors.__doc__ for error in tree)


def test_an_unforeseen_error_is_told_without_its_words() -> None:
    """A validation repeats the value that was wrong."""
    with pytest.raises(ValueError, match="zebra") as caught:
        TypeAdapter(int).validate_python("zebra umbrella")
    told = errors.defect(caught.value)
    assert told.startswith("ValidationError in pydantic/type_adapter.py, line ")
    assert errors.defect(KeyError("zebra")) == "KeyError"
