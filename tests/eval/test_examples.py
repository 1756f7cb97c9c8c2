"""Examples in docstrings are what a newcomer reads first: they must be true."""

import doctest
from importlib import import_module
from pkgutil import walk_packages


def test_examples_in_docstrings_are_true() -> None:
    folders = import_module("eval").__path__
    names = [one.name for one in walk_packages(folders, "eval.") if not one.name.endswith("__main__")]
    results = {name: doctest.testmod(import_module(name)) for name in names}
    assert {name for name, result in results.items() if result.failed} == set()
    assert sum(result.attempted for result in results.values()) >= 10
