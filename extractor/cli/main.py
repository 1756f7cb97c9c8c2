"""Running the command line: what is left to say when everything else has failed."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO

from extractor.cli.group import cli
from extractor.processes.memory import has_memory

_ENOUGH = 64 << 20
"""Bytes that every command needs."""
_OF_A_STREAM = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT})
"""Ways in which writing to a stream fails. What is a file of ours has become an error of ours, with its name."""


def main() -> None:
    """Run the command line and exit."""
    _prepare_streams()
    try:
        try:
            cli(prog_name="imr")
        finally:
            sys.stdout.flush()  # here, where a closed pipe can still be met quietly
    except BrokenPipeError:
        _silence(sys.stdout)
        sys.exit(1)
    except OSError as error:
        if error.errno not in _OF_A_STREAM or error.filename is not None:
            raise
        _silence(sys.stdout)
        sys.exit(f"imr: standard output cannot be written: {error.strerror}")
    except Exception as error:  # where memory ends, libraries fail in ways of their own, already while they are loaded
        if not isinstance(error, MemoryError) and has_memory(_ENOUGH):
            raise
        sys.exit("imr: there is not enough memory to work with: check its limit (ulimit -v)")


def _prepare_streams() -> None:
    """What is told is UTF-8, whatever the console thinks; and no file is opened in the place of a stream.

    Where standard output was closed, the database would be opened under its number, and what is printed go into it.
    """
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            _open_nowhere(number)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  for as long as the process
    if sys.stdout is None:
        sys.exit("imr: standard output is closed: send it to a file, or to /dev/null")
    for each in (sys.stdout, sys.stderr):
        if isinstance(each, io.TextIOWrapper):
            each.reconfigure(encoding="utf-8", errors="backslashreplace")


def _open_nowhere(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _silence(stream: TextIO) -> None:
    """What it still holds goes nowhere: Python would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
