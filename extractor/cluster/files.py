"""Results as Parquet files: written whole or not at all, and checked before they are believed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from extractor.cluster.job import RESULTS
from extractor.errors import ConfigurationError

BATCH = 128
"""Results held as Python objects at a time; one is some 80 kB."""


def write(data: bytes, path: Path) -> None:
    """Write a file so that it is there whole, or not there, whenever the process dies."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def encoded(table: pa.Table) -> bytes:
    """A table of results as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd", write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def results_in(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant: each of those named, and all `.parquet` files directly in the folders named.

    Raises:
        ConfigurationError: a path does not exist, or nothing is found.

    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.glob("*.parquet") if not each.name.startswith("."))
        elif path.exists():
            found.append(path)
        else:
            raise ConfigurationError(f"{str(path)!r} does not exist: check the path")
    if not found:
        raise ConfigurationError(f"there is no .parquet file in {', '.join(repr(str(path)) for path in paths)}")
    return list(dict.fromkeys(found))


def check(path: Path) -> None:
    """See that a file is whole, as far as its footer says, and has our columns.

    Raises:
        ConfigurationError: it is broken or of something else.

    """
    with _as_configuration_errors(path):
        schema = parquet.read_schema(path)
    missing = [each.name for each in RESULTS if each.name not in schema.names or not _text(schema.field(each.name))]
    if missing:
        raise ConfigurationError(
            f"{str(path)!r} holds no results of `imr cluster run`: as text it lacks {', '.join(missing)}"
        )


def results(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of one file in batches; of all our columns, or of these.

    Raises:
        ConfigurationError: the file is broken or of something else.

    """
    check(path)
    with _as_configuration_errors(path), parquet.ParquetFile(path, page_checksum_verification=True) as file:
        yield from file.iter_batches(BATCH, columns=list(columns or RESULTS.names))


def _text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_null(field.type))


class _as_configuration_errors:  # noqa: N801  used as a statement
    """Turns what Arrow says of a broken file into one clear sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, pa.ArrowException | OSError):
            first = (str(error).splitlines() or ["?"])[0]
            raise ConfigurationError(f"{str(self._path)!r} is a broken Parquet file, or none: {first}") from error
