"""The command `imr`. Data goes to stdout, everything else to stderr; nothing heavy is imported before it is needed.

Exit codes: 0 done · 1 some letters failed, or nothing answers · 2 wrong use or configuration · 3 the database cannot be
used · 130 a run was asked to stop.
"""

from __future__ import annotations

import mmap
import os
import sys

from extractor.cli.group import cli

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
        if not isinstance(error, MemoryError) and _has_memory():
            raise
        sys.exit("imr: there is not enough memory to work with: check its limit (ulimit -v)")


def _has_memory() -> bool:
    try:
        mmap.mmap(-1, _ENOUGH).close()
    except (OSError, MemoryError):
        return False
    return True


__all__ = ["cli", "main"]
