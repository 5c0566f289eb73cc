"""Stage 3: what an era's features say of themselves, and features of sensors with gaps."""

from pathlib import Path

import pytest

from feature_platform.features import engines
from feature_platform.features.engines import gpu_obstacle
from feature_platform.stages.platform import Platform
from feature_platform_tests.stages.house import ROWS_A_DAY, check, house, run_stages, take_in, without


def test_metadata_tells_how_the_features_were_made(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=4, eras={"method": "whole"}))
    outcome = run_stages(platform, era_id)["tsfresh_features"]
    metadata = outcome.metadata
    assert (metadata["windows"], metadata["features"], metadata["series"]) == (3, 3 * 10, 9)
    assert metadata["series_with_gaps"] == 0
    assert metadata["dropped_tail_hours"] == pytest.approx(24 - 1 / 6 + 1 / 60, abs=0.01)
    assert (metadata["engine"], outcome.manifest.engine) == ("native", "native")
    reason = str(metadata["engine_reason"])
    assert reason == outcome.manifest.details["engine_reason"]
    assert reason == gpu_obstacle() or "not worth a GPU's start" in reason
    assert {"engine_version", "seconds", "values_per_second", "bytes", "coverage_per_sensor"} <= set(metadata)
    assert "data:image/png;base64," in getattr(metadata["plot"], "text", "")
    assert all(found.passed for found in outcome.checks)


@pytest.mark.skipif(gpu_obstacle() is None, reason="there is a GPU, which does not fail")
def test_a_gpu_that_fails_is_told_in_metadata_and_manifest(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "gpu_obstacle", lambda: None)
    monkeypatch.setattr(engines, "FEWEST_SERIES", 1)
    monkeypatch.setattr(engines, "BREAK_EVEN_VALUES", 1)
    (era_id,) = take_in(platform, house(tmp_path / "source", days=4, eras={"method": "whole"}))
    outcome = run_stages(platform, era_id)["tsfresh_features"]
    reason = outcome.metadata["engine_reason"]
    assert str(reason).startswith(("the GPU failed", "a library of the gpu extra is missing"))
    assert (outcome.manifest.engine, outcome.manifest.details["engine_reason"]) == ("native", reason)
    assert outcome.metadata["engine"] == "native"
    assert all(found.passed for found in outcome.checks)


def test_a_window_with_a_gap_is_null_with_its_coverage_and_the_check_tells_the_share(
    platform: Platform, tmp_path: Path
) -> None:
    gap = without(1, first=ROWS_A_DAY, end=3 * ROWS_A_DAY)
    limits = {"null_feature_share": 0.2}
    source = house(tmp_path / "source", days=4, change=gap, eras={"method": "whole"}, limits=limits)
    (era_id,) = take_in(platform, source)
    outcome = run_stages(platform, era_id)["tsfresh_features"]
    table = platform.datasets.read(outcome.manifest)
    assert table["air_temp__mean"].is_null().to_list() == [False, True, True]
    assert table["air_temp__coverage"].to_list() == [1.0, 0.0, 0.0]
    assert table["humidity__mean"].null_count() == 0
    found = check(outcome, "null_features")
    assert (found.passed, found.severity) == (False, "warning")
    assert found.description == "22.22% of the feature values are null; the limit is 20.00%"
    assert check(outcome, "no_invented_values").passed
    assert outcome.metadata["series_with_gaps"] == 2


def test_an_all_null_sensor_gives_null_features_that_no_selection_keeps(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=5, change=without(2), eras={"method": "whole"}))
    outcomes = run_stages(platform, era_id)
    features = platform.datasets.read(outcomes["tsfresh_features"].manifest)
    own = [name for name in features.columns if name.startswith("humidity__") and not name.endswith("__coverage")]
    assert len(own) == 10
    assert all(features[name].null_count() == features.height for name in own)
    selected = platform.datasets.read(outcomes["selected_features"].manifest)
    assert not [name for name in selected.columns if name.startswith("humidity__")]
    assert selected.width > 2
