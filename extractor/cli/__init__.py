"""The command `imr`. Data goes to stdout, everything else to stderr; nothing heavy is imported before it is needed.

Exit codes: 0 done · 1 some letters failed, or nothing answers · 2 wrong use or configuration · 3 the database cannot be
used · 130 a run was asked to stop.
"""

from extractor.cli.group import cli
from extractor.cli.main import main

__all__ = ["cli", "main"]
