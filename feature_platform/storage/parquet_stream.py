"""A wide table, some rows at a time, as one Parquet file."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from feature_platform.storage.root import write_error

DIGEST = 32
"""Characters of a file's SHA-256 that name it."""


@dataclass(frozen=True)
class ParquetFile:
    """What a written file holds; `digest` is of its bytes."""

    digest: str
    rows: int
    schema: pl.Schema
    bytes: int


def write_parquet_stream(path: Path, schema: pl.Schema, tables: Iterable[pl.DataFrame]) -> ParquetFile:
    """Write tables of one schema one below the other, a row group each; a file without any has the columns alone.

    Tens of thousands of short columns cost most by what is done for each: there are no dictionaries, and lz4 takes a
    third of the time that zstd takes for the same size.

    Raises
    ------
    StorageError
        If the file cannot be written; also what `tables` raises.
    """
    rows = 0
    parts = (table.to_arrow() for table in tables)
    # The Arrow schema of so many columns is made with the first table: without one it takes longer than writing it.
    first = next(parts, None)
    if first is None:
        first = schema.to_frame().to_arrow()
    with _as_storage_error(path):
        writer = pq.ParquetWriter(path, first.schema, compression="lz4", use_dictionary=False, write_statistics=False)
    try:
        for part in chain([first], parts):
            with _as_storage_error(path):
                writer.write_table(part)
            rows += part.num_rows
        with _as_storage_error(path):
            writer.close()
    finally:
        with suppress(OSError):  # it was told above, or what else went wrong matters more
            writer.close()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:DIGEST]
    return ParquetFile(digest, rows, schema, path.stat().st_size)


@contextmanager
def _as_storage_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(str(path), error) from error
