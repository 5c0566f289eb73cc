"""A storage root that cannot be written: one error with the place and the cure, and what was there stays."""

from pathlib import Path

import polars as pl
import pytest

from feature_platform.errors import StorageError
from feature_platform.storage.frames import EraDatasets, Provenance
from feature_platform.storage.log import CommitLog
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.full_disk import Disk
from feature_platform_tests.read_only import OpenFolder

ERA = "demo.calendar.20240101t0000-abcdef"
SMALL = pl.DataFrame({"a": [1.0]})
LARGE = pl.DataFrame({"a": [(n * 7919) % 100_003 / 7 for n in range(5000)]})
PROVENANCE = Provenance(
    data_version="d", data_revision=1, input_version="i", settings_version="s", code_version="1", engine="cpu"
)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_read_only_folder_is_one_error_with_the_cure_and_stays_readable(unwritable: OpenFolder) -> None:
    datasets = EraDatasets(StorageRoot(str(unwritable.path)))
    manifest = datasets.write("frame", ERA, SMALL, PROVENANCE)
    before = files(unwritable.path)
    with unwritable.read_only():
        with pytest.raises(StorageError, match=rf"frame/era_id={ERA}/.*\.parquet: cannot be written \(Permission den"):
            datasets.write("frame", ERA, LARGE, PROVENANCE)
        with pytest.raises(StorageError, match=r"new/name: cannot be written .*give write access.*is untouched"):
            datasets.root.write("new/name", b"content")
        assert datasets.read(datasets.require("frame", ERA)).equals(SMALL)
    assert files(unwritable.path) == before
    assert datasets.manifest("frame", ERA) == manifest


def test_a_file_that_may_not_be_deleted_is_one_error(unwritable: OpenFolder) -> None:
    root = StorageRoot(str(unwritable.path))
    root.write("folder/name", b"content")
    with unwritable.read_only(), pytest.raises(StorageError, match="folder: cannot be written"):
        root.delete("folder")
    assert root.read("folder/name") == b"content"


def test_a_full_disk_is_one_error_with_the_cure_and_what_was_there_stays(disk: Disk) -> None:
    datasets = EraDatasets(StorageRoot(str(disk.folder)))
    manifest = datasets.write("frame", ERA, SMALL, PROVENANCE)
    before = files(disk.folder)
    with disk.full(), pytest.raises(StorageError, match=rf"{ERA}/.*parquet: cannot be written .*free space.*untouched"):
        datasets.write("frame", ERA, LARGE, PROVENANCE)
    assert files(disk.folder) == before
    assert datasets.read(datasets.require("frame", ERA)).equals(SMALL)
    assert datasets.manifest("frame", ERA) == manifest
    datasets.write("frame", ERA, LARGE, PROVENANCE)
    assert datasets.read(datasets.require("frame", ERA)).equals(LARGE)


def test_a_log_entry_cut_in_half_is_one_error_with_its_place(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    datasets.write("frame", ERA, SMALL, PROVENANCE)
    entry = f"frame/era_id={ERA}/manifests/00000001.json"
    root.write(entry, root.read(entry)[:100])
    with pytest.raises(StorageError, match=r"manifests/00000001\.json: is no JSON .*restore it from a backup"):
        datasets.manifest("frame", ERA)
    root.write(entry, b"[]")
    with pytest.raises(StorageError, match="holds no JSON object"):
        CommitLog(root, f"frame/era_id={ERA}/manifests").read(1)


@pytest.mark.parametrize("url", ["nosuchprotocol://bucket/folder", "gs+x://y"])
def test_a_root_of_an_unknown_kind_is_one_error(url: str) -> None:
    with pytest.raises(StorageError, match=r"storage root '.*' cannot be opened"):
        StorageRoot(url).write("name", b"content")
