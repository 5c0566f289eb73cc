"""What may go of stored files, on a folder and on an object store: old history and leftovers, never what is current."""

from datetime import UTC, datetime, timedelta

import polars as pl

from feature_platform.storage.frames import EraDatasets, Manifest
from feature_platform.storage.outdated import forgotten_frames, outdated_frames, outdated_readings
from feature_platform.storage.readings import READINGS_SCHEMA, Import, ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.storage.frames_test import ERA, provenance
from feature_platform_tests.stored_house import now, tick

FOLDER = f"frame/era_id={ERA}"
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


def write(root: StorageRoot, value: float) -> Manifest:
    manifest = EraDatasets(root).write("frame", ERA, pl.DataFrame({"a": [value]}), provenance())
    tick()
    return manifest


def names(root: StorageRoot, before: datetime, pinned: tuple[str, ...] = ()) -> list[str]:
    return [
        file.name.removeprefix(f"{FOLDER}/")
        for file in outdated_frames(root, FOLDER, root.files(FOLDER), before=before, pinned=pinned)
    ]


def test_what_was_replaced_goes_with_its_manifests_first(root: StorageRoot) -> None:
    first = write(root, 1.0)
    write(root, 1.0)  # the same content: known since the first
    assert names(root, now()) == []
    between = now()
    current = write(root, 2.0)
    write(root, 2.0)
    assert names(root, between) == []
    file = first.file.removeprefix(f"{FOLDER}/")
    assert names(root, now()) == ["manifests/00000001.json", "manifests/00000002.json", file]
    assert names(root, now(), (first.file,)) == ["manifests/00000001.json", "manifests/00000002.json"]
    for name in names(root, now()):
        root.delete(f"{FOLDER}/{name}")
    datasets = EraDatasets(root)
    assert datasets.read(datasets.require("frame", ERA))["a"].to_list() == [2.0]
    assert datasets.known_since(datasets.require("frame", ERA)) == current.recorded_at
    assert datasets.manifest("frame", ERA, as_of=between) is None
    assert names(root, now()) == []


def test_a_content_that_came_back_keeps_its_file(root: StorageRoot) -> None:
    first = write(root, 1.0)
    other = write(root, 2.0)
    assert write(root, 1.0).file == first.file
    gone = names(root, now())
    assert gone[-1] == other.file.removeprefix(f"{FOLDER}/")
    assert first.file.removeprefix(f"{FOLDER}/") not in gone


def test_what_was_never_committed_goes_when_it_is_old(root: StorageRoot) -> None:
    write(root, 1.0)
    began = now()
    root.write(f"{FOLDER}/.ab12.tmp", b"half")
    root.write(f"{FOLDER}/ab12.parquet", b"whole")
    assert names(root, began) == []
    assert sorted(names(root, now())) == [".ab12.tmp", "ab12.parquet"]


def test_of_a_forgotten_era_all_goes_once_nothing_is_written_any_more(root: StorageRoot) -> None:
    began = now()
    kept = write(root, 1.0)
    write(root, 2.0)
    files = root.files(FOLDER)
    assert forgotten_frames(FOLDER, files, before=began, pinned=()) == []
    assert set(forgotten_frames(FOLDER, files, before=now(), pinned=())) == set(files)
    left = set(files) - set(forgotten_frames(FOLDER, files, before=now(), pinned={kept.file}))
    assert {file.name for file in left} == {kept.file}


def test_replaced_imports_go_and_never_count_again(root: StorageRoot) -> None:
    store = ReadingsStore(root)

    def take_in(value: float, *replaces: int) -> str:
        rows = {"sensor_id": ["a"], "time": [MOMENT], "value": [value]}
        part = store.write_part("s", "2024-01", pl.DataFrame(rows, schema=READINGS_SCHEMA))
        moment = datetime.now(UTC)
        entry = Import("f", "h", "p", (part,), 1, 1, 1, MOMENT, MOMENT, {}, None, replaces, moment)
        store.commit("s", entry)
        tick()
        return part.file

    def outdated(before: datetime) -> list[str]:
        return [file.name for file in outdated_readings(store, "s", before=before)]

    first = take_in(1.0)
    second = take_in(2.0, 1)
    between = now()
    take_in(3.0, 2)
    other = take_in(4.0)
    log = "source_readings/source=s/imports"
    assert outdated(between) == [f"{log}/00000001.json", first]
    gone = outdated(now())
    assert gone == [f"{log}/00000001.json", f"{log}/00000002.json", *sorted([first, second])]
    for done, name in enumerate(gone):
        assert list(store.imports("s")) == [3, 4], f"after {done}"
        root.delete(name)
    assert list(store.imports("s")) == [3, 4]
    assert store.scan("s", MOMENT, MOMENT + timedelta(days=1)).collect()["value"].to_list() == [4.0]
    assert root.exists(other)
    assert outdated(now()) == []
