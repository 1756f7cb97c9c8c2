"""A backlog of letters: read on all cores, saved by one writer, resumable at any instant.

`run(paths, store, configuration)` reads what is new and gives a `RunSummary`; `walk` says which files a path means.
"""

from extractor.backlog.run import run
from extractor.backlog.summary import RunSummary

__all__ = ["RunSummary", "run"]
