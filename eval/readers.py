"""Readers by name: our own, or anyone's as `module:function`."""

from __future__ import annotations

from importlib import import_module

from eval.run import Reader
from extractor.errors import ConfigurationError

KNOWN: dict[str, str] = {"rules": "extractor.pipeline:read"}
"""Name → where its function is."""


def reader_named(name: str) -> Reader:
    """Find a reader: `rules`, or `module:function` of one that takes a Document and gives a Record.

    Raises:
        ConfigurationError: there is none of that name.

    """
    place = KNOWN.get(name, name)
    module, colon, function = place.partition(":")
    if not colon:
        raise ConfigurationError(f"there is no reader {name!r}: use {', '.join(KNOWN)} or module:function")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"reader {name!r} cannot be loaded from {place!r}: {error}") from error
    if not callable(found):
        raise ConfigurationError(f"reader {name!r} is no function: {found!r}")
    reader: Reader = found
    return reader
