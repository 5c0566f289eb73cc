"""What was just stored is not read back, and never stands in for anything else."""

import polars as pl
import pytest

from feature_platform.errors import StorageError
from feature_platform.storage import last_table
from feature_platform.storage.frames import EraDatasets
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.storage.frames_test import ERA, provenance

TABLE = pl.DataFrame({"a": [1.5, None, float("nan")], "b": ["x", "y", "z"]})
PARTS = [TABLE[:1], TABLE[1:]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were read from the root, log entries left out."""
    names: list[str] = []
    read = StorageRoot.read

    def noted(self: StorageRoot, name: str) -> bytes:
        if name.endswith(".parquet"):
            names.append(name)
        return read(self, name)

    monkeypatch.setattr(StorageRoot, "read", noted)
    return names


@pytest.mark.parametrize("streamed", [True, False])
def test_the_last_table_comes_from_memory_and_is_what_the_file_holds(
    root: StorageRoot, reads: list[str], monkeypatch: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    datasets = EraDatasets(root)
    if streamed:
        manifest = datasets.write_stream("frame", ERA, TABLE.schema, iter(PARTS), provenance())
    else:
        manifest = datasets.write("frame", ERA, TABLE, provenance())
    fast = datasets.read(manifest), datasets.read(manifest, ["b"]), datasets.scan(manifest).collect()
    assert reads == []
    monkeypatch.setattr(last_table.LAST, "_held", None)
    slow = datasets.read(manifest), datasets.read(manifest, ["b"]), datasets.scan(manifest).collect()
    assert reads == [manifest.file] * 3
    for one, other in zip(fast, slow, strict=True):
        assert one.equals(other)
        assert one.schema == other.schema


def test_only_the_last_one_is_held_and_by_its_content(root: StorageRoot, reads: list[str]) -> None:
    datasets = EraDatasets(root)
    first = datasets.write("frame", ERA, TABLE, provenance())
    second = datasets.write("features", ERA, TABLE[:2], provenance())
    assert datasets.read(second).height == 2
    assert reads == []
    assert datasets.read(first).height == 3
    assert reads == [first.file]


def test_a_file_that_is_gone_or_cut_is_noticed(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    manifest = datasets.write("frame", ERA, TABLE, provenance())
    root.write(manifest.file, root.read(manifest.file)[:-1])
    with pytest.raises(StorageError, match="is damaged"):
        datasets.scan(manifest)
    root.delete(manifest.file)
    with pytest.raises(StorageError, match="cannot be read"):
        datasets.read(manifest)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_table_over_the_limit_is_not_held(
    root: StorageRoot, reads: list[str], monkeypatch: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    monkeypatch.setattr(last_table, "MIB", 16)
    monkeypatch.setenv("FEATURE_PLATFORM_LAST_TABLE_MIB", "1")
    datasets = EraDatasets(root)
    if streamed:
        manifest = datasets.write_stream("frame", ERA, TABLE.schema, iter(PARTS), provenance())
    else:
        manifest = datasets.write("frame", ERA, TABLE, provenance())
    assert datasets.read(manifest).equals(TABLE)
    assert reads == [manifest.file]
