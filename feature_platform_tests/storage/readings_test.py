from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from feature_platform.errors import StorageError
from feature_platform.storage.readings import READINGS_SCHEMA, REJECTS_SCHEMA, Import, Part, ReadingsStore
from feature_platform.storage.root import StorageRoot

START = datetime(2024, 1, 31, 23, 50, tzinfo=UTC)
END = datetime(2024, 2, 2, tzinfo=UTC)


def readings(values: list[float], sensor: str = "air_temp", start: datetime = START) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sensor_id": [sensor] * len(values),
            "time": [start + timedelta(minutes=5 * n) for n in range(len(values))],
            "value": values,
        },
        schema=READINGS_SCHEMA,
    )


def entry(parts: list[Part], replaces: tuple[int, ...] = ()) -> Import:
    return Import(
        unit="a.csv",
        content_hash="h",
        parse_version="p",
        parts=tuple(parts),
        readings=sum(part.rows for part in parts),
        times=sum(part.rows for part in parts),
        cells=sum(part.rows for part in parts),
        first=START,
        last=END,
        rejected={},
        rejects_file=None,
        replaces=replaces,
        imported_at=datetime(2024, 3, 1, tzinfo=UTC),
    )


def test_an_import_counts_only_once_committed(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    part = store.write_part("demo", "2024-01", readings([1.0, 2.0]))
    assert store.scan("demo", START, END).collect().is_empty()
    store.commit("demo", entry([part]))
    assert store.scan("demo", START, END).collect().equals(readings([1.0, 2.0]))
    assert store.sources() == ["demo"]
    assert store.span("demo") == (START, END)


def test_the_last_import_wins_where_two_hold_the_same_time(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    store.commit("demo", entry([store.write_part("demo", "2024-01", readings([1.0, 2.0]))]))
    store.commit("demo", entry([store.write_part("demo", "2024-01", readings([9.0]))]))
    assert store.scan("demo", START, END).collect()["value"].to_list() == [9.0, 2.0]


def test_a_replaced_import_no_longer_counts(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    first = store.commit("demo", entry([store.write_part("demo", "2024-01", readings([1.0, 2.0]))]))
    store.commit("demo", entry([store.write_part("demo", "2024-01", readings([9.0]))], replaces=(first,)))
    assert store.scan("demo", START, END).collect()["value"].to_list() == [9.0]


def test_scan_is_half_open_and_takes_the_sensors_asked_for(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    both = pl.concat([readings([1.0, 2.0, 3.0]), readings([7.0], sensor="co2")])
    store.commit("demo", entry([store.write_part("demo", "2024-01", both)]))
    found = store.scan("demo", START, START + timedelta(minutes=10), sensors=["air_temp"]).collect()
    assert found["value"].to_list() == [1.0, 2.0]


def test_months_are_walked_in_order(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    january = store.write_part("demo", "2023-12", readings([1.0], start=datetime(2023, 12, 31, tzinfo=UTC)))
    february = store.write_part("demo", "2024-01", readings([2.0], start=datetime(2024, 1, 1, tzinfo=UTC)))
    store.commit("demo", entry([february, january]))
    found = [(month, frame.collect()["value"].to_list()) for month, frame in store.scan_months("demo")]
    assert found == [("2023-12", [1.0]), ("2024-01", [2.0])]


def test_a_missing_part_is_named_with_the_cure(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    part = store.write_part("demo", "2024-01", readings([1.0]))
    store.commit("demo", entry([part]))
    root.delete(part.file)
    with pytest.raises(StorageError, match="is missing; import its source file again"):
        store.scan("demo", START, END)


def test_a_part_cut_in_half_is_named_with_the_cure(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    part = store.write_part("demo", "2024-01", readings([1.0]))
    store.commit("demo", entry([part]))
    root.write(part.file, root.read(part.file)[:60])
    with pytest.raises(StorageError, match="is damaged"):
        store.scan("demo", START, END)


def test_a_part_damaged_inside_is_named_with_the_cure(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    sound = store.write_part("demo", "2024-01", readings([1.0]))
    part = store.write_part(
        "demo", "2024-02", readings([float(n) for n in range(500)], start=datetime(2024, 2, 1, tzinfo=UTC))
    )
    store.commit("demo", entry([sound, part]))
    content = root.read(part.file)
    root.write(part.file, content[:4] + bytes(200) + content[204:])
    with pytest.raises(StorageError, match=rf"{part.file}: is damaged .*delete it and import its source") as caught:
        store.collect("demo", store.scan("demo", START, END))
    assert sound.file not in str(caught.value)


@pytest.mark.parametrize("kind", ["rejects", "blank_times"])
def test_a_list_cut_in_half_is_named_with_the_cure(root: StorageRoot, kind: str) -> None:
    store = ReadingsStore(root)
    rejects = pl.DataFrame([("a.csv", 3, "co2", "?", "unreadable_number")], schema=REJECTS_SCHEMA, orient="row")
    made = replace(
        entry([store.write_part("demo", "2024-01", readings([1.0]))]),
        rejects_file=store.write_rejects("demo", rejects),
        blank_times_file=store.write_blank_times("demo", readings([1.0])["time"]),
    )
    store.commit("demo", made)
    assert store.rejects(made).equals(rejects)
    file = {"rejects": made.rejects_file, "blank_times": made.blank_times_file}[kind]
    assert file is not None
    root.write(file, root.read(file)[:50])
    with pytest.raises(StorageError, match=rf"{file}: is damaged; delete it and import its source file again"):
        store.rejects(made) if kind == "rejects" else store.blank_times("demo")


def test_an_import_that_lost_a_file_is_not_held_any_more(root: StorageRoot) -> None:
    store = ReadingsStore(root)
    made = entry([store.write_part("demo", "2024-01", readings([1.0]))])
    assert store.holds(made)
    root.delete(made.parts[0].file)
    assert not store.holds(made)
