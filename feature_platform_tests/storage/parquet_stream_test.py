"""A dataset stored some rows at a time: one file, row groups, nothing half-written."""

import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from feature_platform.errors import FeatureError, StorageError
from feature_platform.storage.frames import EraDatasets, Provenance, StaleWriteError
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.full_disk import Disk

ERA = "demo.calendar.20240101t0000-abcdef"
SCHEMA = pl.Schema({"time": pl.Datetime("us", "UTC"), "a": pl.Float64(), "b": pl.Float64()})
PARTS = [
    pl.DataFrame({"time": [None, None], "a": [1.0, None], "b": [0.5, 2.5]}, schema=SCHEMA),
    pl.DataFrame({"time": [None], "a": [3.0], "b": [None]}, schema=SCHEMA),
]


def provenance(revision: int = 1) -> Provenance:
    return Provenance(
        data_version="d",
        data_revision=revision,
        input_version="i",
        settings_version="s",
        code_version="1",
        engine="native",
    )


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_tables_become_row_groups_of_one_file(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    manifest = datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance())
    assert datasets.read(manifest).equals(pl.concat(PARTS))
    assert datasets.read(manifest, ["b"]).equals(pl.concat(PARTS).select("b"))
    assert (manifest.rows, manifest.columns) == (3, 3)
    stored = root.read(manifest.file)
    assert manifest.bytes == len(stored)
    assert pq.ParquetFile(io.BytesIO(stored)).num_row_groups == 2
    whole = datasets.write("features", ERA, pl.concat(PARTS), provenance(2))
    assert whole.schema_hash == manifest.schema_hash


def test_the_same_rows_are_the_same_version(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    first = datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance())
    assert datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance()).version == first.version


def test_no_table_at_all_leaves_the_columns(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    read = datasets.read(datasets.write_stream("features", ERA, SCHEMA, [], provenance()))
    assert (read.height, read.schema) == (0, SCHEMA)


def test_what_goes_wrong_on_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    datasets = EraDatasets(StorageRoot(str(tmp_path)))
    datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance())
    before = files(tmp_path)

    def broken() -> Iterator[pl.DataFrame]:
        yield PARTS[0]
        raise FeatureError("calculator mean: broke")

    with pytest.raises(FeatureError, match="broke"):
        datasets.write_stream("features", ERA, SCHEMA, broken(), provenance(2))
    assert files(tmp_path) == before


def test_a_full_disk_is_one_error_and_what_was_there_stays(disk: Disk) -> None:
    datasets = EraDatasets(StorageRoot(str(disk.folder)))
    manifest = datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance())
    before = files(disk.folder)
    large = pl.DataFrame({"time": [None] * 9000, "a": [(n * 7919) % 100_003 / 7 for n in range(9000)]})
    large = large.with_columns(b=pl.col("a") ** 0.5).cast(dict(SCHEMA))
    with disk.full(), pytest.raises(StorageError, match=r"cannot be written .*free space.*untouched"):
        datasets.write_stream("features", ERA, SCHEMA, [large, large], provenance(2))
    assert files(disk.folder) == before
    assert datasets.manifest("features", ERA) == manifest
    assert datasets.read(manifest).equals(pl.concat(PARTS))


def test_older_data_replaces_nothing_and_computes_nothing(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    newer = datasets.write_stream("features", ERA, SCHEMA, PARTS, provenance(2))

    def asked() -> Iterator[pl.DataFrame]:
        raise AssertionError("no table is to be computed")
        yield

    with pytest.raises(StaleWriteError, match="revision 2 is already stored"):
        datasets.write_stream("features", ERA, SCHEMA, asked(), provenance(1))
    assert datasets.manifest("features", ERA) == newer
