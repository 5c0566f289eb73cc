import threading

import polars as pl
import pytest

from feature_platform.errors import StorageError
from feature_platform.storage.frames import EraDatasets, Provenance, StaleWriteError
from feature_platform.storage.root import StorageRoot

ERA = "demo.calendar.20240101t0000-abcdef"


def provenance(revision: int = 1) -> Provenance:
    return Provenance(
        data_version=f"d{revision}",
        data_revision=revision,
        input_version="i",
        settings_version="s",
        code_version="1",
        engine="cpu",
    )


def test_read_gives_back_what_was_written(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    table = pl.DataFrame({"a": [1.5, None], "b": ["x", "y"]})
    manifest = datasets.write("frame", ERA, table, provenance())
    assert datasets.require("frame", ERA) == manifest
    assert datasets.read(manifest).equals(table)
    assert datasets.eras("frame") == [ERA]


def test_a_later_write_becomes_current_and_the_earlier_one_is_kept_for_as_of(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    first = datasets.write("frame", ERA, pl.DataFrame({"a": [1.0]}), provenance())
    second = datasets.write("frame", ERA, pl.DataFrame({"a": [2.0]}), provenance(2))
    assert datasets.manifest("frame", ERA) == second
    assert datasets.manifest("frame", ERA, as_of=first.recorded_at) == first
    assert datasets.read(first)["a"].to_list() == [1.0]


def test_older_data_never_replaces_newer(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    newer = datasets.write("frame", ERA, pl.DataFrame({"a": [2.0]}), provenance(2))
    with pytest.raises(StaleWriteError, match="revision 2 is already stored"):
        datasets.write("frame", ERA, pl.DataFrame({"a": [1.0]}), provenance(1))
    assert datasets.manifest("frame", ERA) == newer


def test_racing_writers_each_commit_whole(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    writers = [
        threading.Thread(target=datasets.write, args=("frame", ERA, pl.DataFrame({"a": [float(n)]}), provenance()))
        for n in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    manifest = datasets.require("frame", ERA)
    assert datasets.read(manifest).height == 1
    assert root.names(f"frame/era_id={ERA}/manifests") == [f"{n:08d}.json" for n in range(1, 9)]


def test_a_missing_dataset_is_named_with_the_cure(root: StorageRoot) -> None:
    with pytest.raises(StorageError, match=f"{ERA} has no frame yet; materialize frame"):
        EraDatasets(root).require("frame", ERA)


def test_a_file_cut_in_half_is_named(root: StorageRoot) -> None:
    datasets = EraDatasets(root)
    manifest = datasets.write("frame", ERA, pl.DataFrame({"a": [1.0]}), provenance())
    root.write(manifest.file, root.read(manifest.file)[:40])
    with pytest.raises(StorageError, match=rf"{manifest.file}: is damaged"):
        datasets.read(manifest)
