"""The demo's export read back through its description gives what the simulated sensors recorded."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.simulator import DemoFiles
from feature_platform.demo.year import Simulation
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot


def test_every_reading_comes_back_at_its_instant(files: DemoFiles, simulation: Simulation, tmp_path: Path) -> None:
    recorded = (
        simulation.recording.values.with_columns(simulation.clock.utc)
        .filter(pl.Series(simulation.recording.kept))
        .unpivot(index="time", variable_name="sensor_id", value_name="value")
        .drop_nulls()
        .select("sensor_id", "time", "value")
        .sort("sensor_id", "time")
    )
    store = ReadingsStore(StorageRoot(str(tmp_path)))
    report = import_source(load_description(files.source_yaml), store)
    assert [unit.readings for unit in report.units] == [recorded.height]
    assert [sum(unit.rejected.values()) for unit in report.units] == [12]

    year = (datetime(2023, 12, 1, tzinfo=UTC), datetime(2025, 1, 31, tzinfo=UTC))
    stored = store.scan("demo", *year).sort("sensor_id", "time").collect()
    assert set(stored["sensor_id"].cast(pl.String).unique()) == {instrument.id for instrument in INSTRUMENTS}
    assert_frame_equal(stored.select("sensor_id", "time", "value"), recorded, check_dtypes=False, abs_tol=1e-9)
