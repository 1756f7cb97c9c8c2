"""The process that reads letters for a partition, with letters that kill it or hang it. In place of the real module."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from extractor.cluster import child

KILL, HANG, DEFECT = b"KILL", b"HANG", b"DEFECT"
_read_document = child.read_document  # type: ignore[attr-defined]  # what it uses, not what it offers


def read_document(source: Any, **named: Any) -> Any:
    if isinstance(source, bytes):
        if source.startswith(KILL):
            os.kill(os.getpid(), signal.SIGKILL)
        if source.startswith(HANG):
            time.sleep(600)
        if source.startswith(DEFECT):
            raise RuntimeError("a defect of ours")
    return _read_document(source, **named)


if __name__ == "__main__":
    child.read_document = read_document  # type: ignore[attr-defined]  # as above
    child.main(int(sys.argv[1]))
