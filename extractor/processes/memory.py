"""How much memory this process may take, and whether there is some left."""

from __future__ import annotations

import mmap
from pathlib import Path

_STATM = Path("/proc/self/statm")
"""proc(5): its first number is the address space of the process, in pages."""


def bound_memory(most: int) -> None:
    """Let this process take `most` bytes more than it has, and no further: what asks for more is refused.

    Of address space, for that is what an operating system bounds. Where it is not known how much there is already
    (it is where Linux is), or a process cannot be bounded at all, nothing happens.
    """
    try:
        import resource  # noqa: PLC0415  not everywhere

        held = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = held + most
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ImportError, OSError, ValueError):
        return


def has_memory(count: int) -> bool:
    """Whether this process could have so many bytes now. They are given back."""
    try:
        mmap.mmap(-1, count).close()
    except (OSError, MemoryError):
        return False
    return True
