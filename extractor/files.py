"""Files from outside: nothing is opened but regular files that lie on a disk, and only below a folder where one is set.

Who names a file decides what it may be: a list that was only met in a folder must not bring in what lies elsewhere.
What the kernel makes up as it is read (process environments, its own log, devices) is nobody's letter: its size is
told as 0, reading it can wait for ever, and it may hold keys.
"""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

from extractor.errors import DocumentError, OutsideFolder

_MADE_BY_THE_KERNEL = frozenset(
    "proc sysfs devpts mqueue debugfs tracefs securityfs configfs cgroup cgroup2 bpf pstore efivarfs fusectl "
    "binfmt_misc selinuxfs smackfs rpc_pipefs nsfs".split()
)
"""File systems, as Linux names them."""
_MOUNTS = Path("/proc/self/mountinfo")
"""proc(5): the third field is the device, the first after the dash the file system. Other systems have none."""
_PIECE = 1 << 20
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that took the file's place meanwhile would be waited for
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


def opened(path: str, below: str | None = None) -> BufferedReader:
    """Open a regular file to read it.

    Args:
        path: The file; links are followed.
        below: The folder, as `resolved` gives it, in which it must lie when all links are followed; None: anywhere.

    Raises:
        DocumentError: it cannot be opened, or is no regular file. The message says what is wrong with it, and
            whoever knows what people call it puts that before.
        OutsideFolder: it lies elsewhere.

    """
    try:
        if below is not None:
            path = resolved(path)
            if not is_below(path, below):
                raise OutsideFolder(f"lies outside of {below!r}: name the file itself, if you want it read")
        _check(os.stat(path))  # noqa: PTH116  before it is opened, for opening a device can do something
        file = open(os.open(path, _FLAGS), "rb")  # noqa: PTH123, SIM115  a Path cannot be told the flags
    except FileNotFoundError:
        raise DocumentError("does not exist: check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path that a system knows"
        raise DocumentError(f"cannot be read ({reason}): check the path and its permissions") from error
    try:
        _check(os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def contents(file: BufferedReader, most: int) -> bytes:
    """What is in it, whatever its size is said to be; one byte more than `most` where there is more."""
    pieces: list[bytes] = []
    while most >= 0 and (piece := file.read(min(most + 1, _PIECE))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def resolved(path: str) -> str:
    """The path with all links followed; where no system could have it, as it is."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return path


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path lies in a folder or below; both as `resolved` gives them."""
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _check(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DocumentError("is a directory: give the files in it")
    if not stat.S_ISREG(status.st_mode) or _is_made_by_the_kernel(status.st_dev):
        raise DocumentError("is not a regular file: devices, pipes and what the kernel makes up are not read")


@lru_cache(maxsize=256)
def _is_made_by_the_kernel(device: int) -> bool:
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    return any(
        mount.split()[2] == number and mount.rpartition(" - ")[2].split()[0] in _MADE_BY_THE_KERNEL for mount in mounts
    )
