"""Stage 2: what a frame says of itself, the checks that warn, and scaling by earlier eras."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feature_platform.errors import StorageError
from feature_platform.preprocessing.scaling import ScalingStatistics
from feature_platform.stages.platform import Platform
from feature_platform.stages.preprocessed_frame import build_frame
from feature_platform.stages.raw_readings import slice_readings
from feature_platform_tests.stages.house import ROWS_A_DAY, check, house, take_in, without


def framed(platform: Platform, era_id: str) -> pl.DataFrame:
    slice_readings(platform, era_id)
    return platform.datasets.read(build_frame(platform, era_id).manifest)


def test_metadata_tells_how_the_frame_was_made(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=3, eras={"method": "whole"}))
    slice_readings(platform, era_id)
    outcome = build_frame(platform, era_id)
    metadata = outcome.metadata
    assert (metadata["rows"], metadata["columns"], metadata["coverage"]) == (3 * ROWS_A_DAY, 4, 1.0)
    assert metadata["engine"] == "cpu"
    assert "GPU" in str(metadata["engine_reason"])
    assert metadata["scaling_version"] == "none"
    assert {"seconds", "readings_per_second", "bytes", "coverage_per_sensor"} <= set(metadata)
    assert "data:image/png;base64," in getattr(metadata["plot"], "text", "")
    assert all(found.passed for found in outcome.checks)


def test_an_all_null_sensor_is_named_by_the_coverage_check(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=3, change=without(2), eras={"method": "whole"}))
    slice_readings(platform, era_id)
    outcome = build_frame(platform, era_id)
    found = check(outcome, "coverage")
    said = "less than 50% of the grid is covered by humidity: 0.0%"
    assert (found.passed, found.severity, found.description) == (False, "warning", said)
    frame = platform.datasets.read(outcome.manifest)
    assert frame["humidity"].null_count() == frame.height
    assert frame["air_temp"].null_count() == 0
    assert check(outcome, "regular_grid").passed


def test_readings_outside_the_physical_range_fail_the_check(platform: Platform, tmp_path: Path) -> None:
    def freeze(row: int, cells: list[str]) -> list[str]:
        return [cells[0], "-99", *cells[2:]] if row % 20 == 0 else cells

    (era_id,) = take_in(platform, house(tmp_path / "source", days=3, change=freeze, eras={"method": "whole"}))
    slice_readings(platform, era_id)
    found = check(build_frame(platform, era_id), "physical_range")
    assert (found.passed, found.severity) == (False, "warning")
    assert found.description.startswith("1.698% of the readings lie outside their physical range")


def test_scaling_is_fitted_on_the_named_eras_and_kept_with_the_frame(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source", days=14)
    first, second, third = take_in(platform, source)[:3]
    plain = {era_id: framed(platform, era_id) for era_id in (first, second)}
    source.describe(preprocessing={"step": "10m", "max_gap": "1h", "scaling": "z", "scaling_eras": [first, second]})
    take_in(platform, source)
    slice_readings(platform, third)
    outcome = build_frame(platform, third)
    statistics = ScalingStatistics.model_validate(outcome.manifest.details["scaling"])
    assert outcome.metadata["scaling_version"] == statistics.version_hash
    both = np.concatenate([frame["air_temp"].drop_nulls().to_numpy() for frame in plain.values()])
    fitted = statistics.sensors["air_temp"]
    assert (fitted.centre, fitted.spread) == (pytest.approx(both.mean()), pytest.approx(both.std()))
    frame = platform.datasets.read(outcome.manifest)
    expected = (frame["air_temp"] - both.mean()) / both.std()
    assert np.allclose(frame["air_temp__scaled"].to_numpy(), expected.to_numpy())


def test_scaling_needs_no_frame_of_the_eras_that_it_is_fitted_on(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source")
    first, second = take_in(platform, source)[:2]
    source.describe(preprocessing={"step": "10m", "max_gap": "1h", "scaling": "robust", "scaling_eras": [first]})
    take_in(platform, source)
    assert "air_temp__scaled" in framed(platform, second).columns


def test_an_era_before_the_end_of_those_fitted_on_has_null_for_scaled_values(
    platform: Platform, tmp_path: Path
) -> None:
    source = house(tmp_path / "source")
    first = take_in(platform, source)[0]
    source.describe(preprocessing={"step": "10m", "max_gap": "1h", "scaling": "robust", "scaling_eras": [first]})
    take_in(platform, source)
    slice_readings(platform, first)
    outcome = build_frame(platform, first)
    frame = platform.datasets.read(outcome.manifest)
    assert frame["air_temp__scaled"].null_count() == frame.height > frame["air_temp"].null_count()
    assert "begins before the end" in str(outcome.metadata["scaling_version"])
    assert all(check.passed for check in outcome.checks if check.severity == "error")


def test_a_frame_without_readings_before_it_is_told_what_to_do(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=1, eras={"method": "whole"}))
    with pytest.raises(StorageError, match=rf"era {era_id} has no raw_readings yet; materialize raw_readings"):
        build_frame(platform, era_id)


def test_raw_readings_cut_in_half_are_named_with_the_cure(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=1, eras={"method": "whole"}))
    manifest = slice_readings(platform, era_id).manifest
    path = Path(platform.root.path(manifest.file))
    path.write_bytes(path.read_bytes()[: manifest.bytes // 2])
    with pytest.raises(StorageError, match=rf"{path}: is damaged .*materialize raw_readings of era {era_id} again"):
        build_frame(platform, era_id)
    slice_readings(platform, era_id)
    build_frame(platform, era_id)
