"""Readers by name: our own, or anyone's as `module:function`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from extractor.documents import Document
from extractor.errors import ConfigurationError
from extractor.reading.configuration import READERS, Configuration, ReaderName
from extractor.reading.letter import read
from extractor.records.record import Record
from extractor.settings import model_settings

Reader = Callable[[Document], Record]
"""What is measured: takes a letter, gives its record; a letter that cannot be read raises a `DocumentError`."""


def reader_named(name: str) -> Reader:
    """Find a reader: `rules`, `model`, `both`, or `module:function` of one that takes a Document and gives a Record.

    The model's settings come from the environment and `imr.toml`.

    Raises:
        ConfigurationError: there is none of that name, or the settings of the model cannot be used.

    """
    if name == "rules":
        return read
    if name in READERS:
        return _model_reader(name)
    module, colon, function = name.partition(":")
    if not colon:
        raise ConfigurationError(f"there is no reader {name!r}: use {', '.join(READERS)} or module:function")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"reader {name!r} cannot be loaded: {error}") from error
    if not callable(found):
        raise ConfigurationError(f"reader {name!r} is no function: {found!r}")
    reader: Reader = found
    return reader


def _model_reader(name: ReaderName) -> Reader:
    chosen = model_settings()
    configuration = Configuration.of(name, chosen.model, chosen.endpoint.prompts)

    def by_model(document: Document) -> Record:
        return read(document, configuration, endpoint=chosen.endpoint)

    return by_model
