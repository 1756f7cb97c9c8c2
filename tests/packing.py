"""Makes archives and files of lines, and says what a walk finds in them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from extractor.backlog import walk
from extractor.errors import DocumentError
from extractor.settings import Limits

SMALL = Limits(max_bytes=10_000, seconds=2)
Members = dict[str, bytes]


def zipped(path: Path, members: Members, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: Members, *, form: int = tarfile.PAX_FORMAT) -> Path:
    """A tar, compressed as its name says."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in members.items():
            archive.addfile(entry(name, size=len(content)), io.BytesIO(content))
    pack: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".tgz": gzip.compress, ".bz2": bz2.compress}
    pack[".xz"] = lzma.compress
    path.write_bytes(pack.get(path.suffix, bytes)(buffer.getvalue()))
    return path


def entry(name: str, **values: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info


def header(name: str, **values: Any) -> bytes:
    return entry(name, **values).tobuf(tarfile.GNU_FORMAT)


def jsonl(path: Path, members: Members) -> Path:
    lines = [json.dumps({"name": name, "text": content.decode()}) for name, content in members.items()]
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def walked(*paths: Path | str, folder: Path, limits: Limits = SMALL) -> dict[str, str]:
    """Name → the beginning of the content, its path, or the class of its failure."""
    told = {}
    for source in walk.letters(paths, limits=limits):
        content = source.content
        if isinstance(content, DocumentError):
            shown = content.failure_class
            assert source.name in str(content) or source.name.rpartition("!")[2] in str(content) or "#" in source.name
        else:
            shown = content[:12].decode() if isinstance(content, bytes) else f"file {Path(content).name}"
        told[source.name.removeprefix(f"{folder}/")] = shown
    return told
