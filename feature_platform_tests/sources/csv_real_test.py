from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feature_platform.sources.importing import import_source
from feature_platform.sources.summary import SourceSummary, summarise
from feature_platform.storage.readings import ReadingsStore
from feature_platform_tests.sources.exports import (
    CELLE5,
    EXTRA,
    KNUDJEPSEN_TIME,
    LAMP_GROUP,
    describe,
    only_import,
    store_in,
    stored,
)

pytestmark = pytest.mark.real_data


def imported(
    tmp_path: Path, folder: Path, content: dict[str, Any], **changes: object
) -> tuple[ReadingsStore, SourceSummary]:
    store = store_in(tmp_path)
    description = describe(folder, content, **changes)
    import_source(description, store)
    again = import_source(description, store)
    assert {unit.status for unit in again.units} == {"unchanged"}
    return store, summarise(store, description.source)


def test_lamp_group_export_gives_its_times_and_readings(tmp_path: Path, real_data: Path) -> None:
    store, summary = imported(tmp_path, real_data / "knudjepsen", LAMP_GROUP)
    assert (summary.times, summary.readings, summary.sensors, summary.rejected) == (105_697, 1_022_619, 10, {})
    assert len(store.blank_times("no3_lamp")) == 105_697 - stored(store, "no3_lamp")["time"].n_unique()
    counts = dict(summary.per_sensor.select("sensor_id", "readings").iter_rows())
    assert counts["afd3.lamps"] == 102_261
    assert set(counts.values()) == {102_261, 102_262}


def test_lamp_group_export_loses_the_hour_that_its_country_skips_where_it_is_said_to_keep_summer_time(
    tmp_path: Path, real_data: Path
) -> None:
    time = {**KNUDJEPSEN_TIME, "zone": "Europe/Copenhagen"}
    store, summary = imported(tmp_path, real_data / "knudjepsen", LAMP_GROUP, time=time)
    assert summary.rejected == {"skipped_local_time": 12}
    assert summary.times == 105_697 - 12
    texts = store.rejects(only_import(store, "no3_lamp"))["text"].to_list()
    assert texts == [f"27-03-2016 02:{minute:02d}:00" for minute in range(0, 60, 5)]


def test_extra_export_tells_eight_sensors_by_quantity_and_location(tmp_path: Path, real_data: Path) -> None:
    _, summary = imported(tmp_path, real_data / "knudjepsen", EXTRA)
    assert (summary.times, summary.readings, summary.sensors, summary.rejected) == (105_409, 819_368, 8, {})
    assert summary.per_sensor["readings"].to_list() == [102_421] * 8
    assert summary.first == datetime(2015, 9, 7, 23, tzinfo=UTC)


def test_celle5_exports_give_their_times_and_readings_across_the_spring_clock_change(
    tmp_path: Path, real_data: Path
) -> None:
    store, summary = imported(tmp_path, real_data / "aarslev" / "celle5", CELLE5)
    assert (summary.times, summary.readings, summary.sensors, summary.rejected) == (30_522, 385_108, 17, {})
    air = store.scan(
        "celle5",
        datetime(2014, 3, 30, 0, 50, tzinfo=UTC),
        datetime(2014, 3, 30, 1, 10, tzinfo=UTC),
        sensors=["air_temp"],
    ).collect()
    assert air["value"].to_list() == [21.0999, 21.1669]  # 01:50 and 03:00 on the wall, ten minutes apart
    assert stored(store, "celle5")["value"].min() < 0
