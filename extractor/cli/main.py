"""Running the command line: what is left to say when everything else has failed."""

from __future__ import annotations

import os
import sys

from extractor.cli.group import cli
from extractor.memory import has_memory

_ENOUGH = 64 << 20
"""Bytes that every command needs."""


def main() -> None:
    """Run the command line and exit."""
    try:
        try:
            cli(prog_name="imr")
        finally:
            sys.stdout.flush()  # here, where a closed pipe can still be met quietly
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # where memory ends, libraries fail in ways of their own, already while they are loaded
        if not isinstance(error, MemoryError) and has_memory(_ENOUGH):
            raise
        sys.exit("imr: there is not enough memory to work with: check its limit (ulimit -v)")
