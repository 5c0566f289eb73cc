from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_platform.eras.cutting import cut_eras
from feature_platform.eras.settings import EraSettings
from feature_platform.errors import EraError
from feature_platform.sources.description import SensorDescription, SourceDescription, TimeColumns
from feature_platform.storage.readings import READINGS_SCHEMA, ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.eras.real_readings import store_readings

FIRST = datetime(2024, 1, 15, 8, 30, 20, tzinfo=UTC)
LAST = datetime(2024, 3, 10, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ReadingsStore:
    times = pl.datetime_range(FIRST, LAST, timedelta(hours=1), time_unit="us", time_zone="UTC", eager=True)
    times = times.extend(pl.Series([LAST], dtype=times.dtype))
    frame = pl.DataFrame({"sensor_id": ["air_temp"] * len(times), "time": times, "value": [1.0] * len(times)})
    found = ReadingsStore(StorageRoot(str(tmp_path / "root")))
    store_readings(found, "demo", frame.cast(dict(READINGS_SCHEMA)))
    return found


def description(folder: Path, name: str = "demo") -> SourceDescription:
    return SourceDescription(
        source=name,
        files=("*.csv",),
        folder=folder,
        time=TimeColumns(zone="Europe/Copenhagen"),
        sensors=(SensorDescription(id="air_temp", column=1),),
    )


def test_calendar_eras_are_cut_in_the_sources_zone(store: ReadingsStore, tmp_path: Path) -> None:
    eras = cut_eras(description(tmp_path), store, settings=EraSettings.parse("calendar:month"))
    assert [f"{era.start:%m-%d %H:%M}" for era in eras["calendar"]] == ["12-31 23:00", "01-31 23:00", "02-29 23:00"]


def test_calendar_eras_beyond_the_ceiling_are_refused(store: ReadingsStore, tmp_path: Path) -> None:
    with pytest.raises(EraError, match="hold 56 eras of unit day, more than the ceiling of 55; use a longer unit"):
        cut_eras(description(tmp_path), store, settings=EraSettings(unit="day", ceiling=55))


def test_a_declared_file_is_looked_for_beside_the_description(store: ReadingsStore, tmp_path: Path) -> None:
    (tmp_path / "eras.csv").write_text("start,end,label\n2024-01-20,2024-02-01,first\n")
    eras = cut_eras(description(tmp_path), store, settings=EraSettings.parse("declared:eras.csv"))
    assert [(era.label, era.level) for era in eras["declared"]] == [("first", "declared")]
    with pytest.raises(EraError, match="declared eras need a file"):
        cut_eras(description(tmp_path), store, settings=EraSettings(method="declared"))


def test_detected_eras_come_with_the_levels_above(store: ReadingsStore, tmp_path: Path) -> None:
    eras = cut_eras(description(tmp_path), store, settings=EraSettings.parse("detected:b"))
    assert [(level, len(found)) for level, found in eras.items()] == [("a", 1), ("b", 1)]


def test_the_whole_era_holds_the_first_and_the_last_reading(store: ReadingsStore, tmp_path: Path) -> None:
    (era,) = cut_eras(description(tmp_path), store, settings=EraSettings.parse("whole"))["whole"]
    assert (era.start, era.end) == (FIRST.replace(second=0), LAST + timedelta(minutes=1))


@pytest.mark.parametrize("method", ["calendar:day", "declared:eras.csv", "detected:a", "whole"])
def test_a_source_without_readings_is_one_clear_error(store: ReadingsStore, tmp_path: Path, method: str) -> None:
    with pytest.raises(EraError, match="'empty' has no readings yet; import it first"):
        cut_eras(description(tmp_path, "empty"), store, settings=EraSettings.parse(method))
