"""Stage 4: provisional until a selection is pinned, then that selection's columns, whatever the era has."""

from pathlib import Path

import polars as pl
import pytest

from feature_platform.errors import SelectionError, StorageError
from feature_platform.sources.description import load_description
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.feature_units import described_columns, feature_units
from feature_platform.stages.platform import Platform
from feature_platform.stages.selected_features import project_features
from feature_platform_tests.stages.house import ROWS_A_DAY, check, house, run_stages, take_in, without


def test_an_era_is_provisional_until_a_selection_is_pinned(platform: Platform, tmp_path: Path) -> None:
    _, first, second = take_in(platform, house(tmp_path / "source"))
    provisional = run_stages(platform, first)["selected_features"]
    run_stages(platform, second)
    assert provisional.metadata["selection"] == provisional.manifest.settings_version == "provisional"
    (scope,) = scopes(platform)
    pinned = pin_selection(platform, scope).pinned
    outcome = project_features(platform, first)
    assert outcome.metadata["selection"] == "v1"
    assert outcome.metadata["selected"] == len(pinned.columns)
    assert outcome.metadata["of_features"] == 30
    table = platform.datasets.read(outcome.manifest)
    assert tuple(table.columns) == ("window_start", "window_end", *pinned.columns)
    assert all(found.passed for found in outcome.checks)


def test_the_columns_are_explained_in_their_units_and_stay_small(platform: Platform, tmp_path: Path) -> None:
    custom = {
        "feature_set": "custom",
        "columns": ["air_temp__mean_6h"],
        "custom": {"variance": None, "quantile": [{"q": n / 40} for n in range(1, 40)]},
    }
    steps = {"step": "10m", "max_gap": "1h", "rolling_windows": ["6h"]}
    selection = {"maximum_correlation": 1.0, "minimum_variance": 0.0}
    source = house(tmp_path / "source", features=custom, preprocessing=steps, selection=selection)
    outcome = run_stages(platform, take_in(platform, source)[1])["selected_features"]
    assert outcome.metadata["selected"] > 100
    shown = outcome.metadata["selected_columns"]
    assert isinstance(shown, pl.DataFrame)
    assert shown.columns == ["column", "sensor", "calculator", "meaning", "unit"]
    assert len(shown.write_json()) < 20_000
    rows = shown.filter(pl.col("calculator") == "quantile").rows(named=True)
    assert len(rows) > 40
    expected = {"air_temp": "°C", "humidity": "%", "lamps": "none", "air_temp.mean_6h": "°C"}
    for row in rows:
        assert row["column"].startswith(f"{row['sensor']}__quantile__q_")
        assert row["meaning"].startswith("The value below which a share of 0.")
        assert row["unit"] == expected[row["sensor"]]
    units = feature_units(load_description(source.yaml))
    assert units == {"air_temp": "°C", "humidity": "%", "lamps": ""} | {
        f"{sensor}.{statistic}_6h": unit
        for sensor, unit in {"air_temp": "°C", "humidity": "%", "lamps": ""}.items()
        for statistic in ("mean", "std", "min", "max")
    } | {f"{sensor}.scaled": "" for sensor in ("air_temp", "humidity", "lamps")}
    foreign = described_columns(["air_temp__matrix_profile__threshold_0.98"], units)
    assert foreign.row(0)[2:] == ("matrix_profile", "not in the catalogue", "u")


def test_a_pinned_column_that_an_era_lacks_is_null_and_named(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source")
    first, second = take_in(platform, source)[:2]
    for era_id in (first, second):
        run_stages(platform, era_id)
    (scope,) = scopes(platform)
    columns = pin_selection(platform, scope).pinned.columns
    sensors = [{"id": "air_temp", "column": 1, "range": [-30, 60]}, {"id": "humidity", "column": 2}]
    source.describe(sensors=sensors)
    take_in(platform, source)
    lost = [name for name in columns if name.startswith("lamps__")]
    assert lost
    outcome = run_stages(platform, first)["selected_features"]
    found = check(outcome, "pinned_columns")
    assert (found.passed, found.severity) == (False, "error")
    for name in lost:
        assert f"{name} is in the pinned selection but not among this era's features" in found.description
    table = platform.datasets.read(outcome.manifest)
    assert all(table[name].null_count() == table.height for name in lost)


def test_many_null_values_warn(platform: Platform, tmp_path: Path) -> None:
    silent = without(1, first=6 * ROWS_A_DAY)
    limits = {"null_feature_share": 0.25}
    source = house(tmp_path / "source", change=silent, selection={"maximum_missing": 0.9}, limits=limits)
    _, first, second = take_in(platform, source)
    for era_id in (first, second):
        run_stages(platform, era_id)
    (scope,) = scopes(platform)
    pin_selection(platform, scope)
    found = check(project_features(platform, second), "null_features")
    assert (found.passed, found.severity) == (False, "warning")
    assert check(project_features(platform, first), "null_features").passed


def test_an_era_of_gaps_alone_is_one_error_with_the_cure(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source", change=lambda row, cells: cells if row % 30 == 0 else [cells[0], "", "", ""])
    first = take_in(platform, source)[0]
    with pytest.raises(
        SelectionError, match=r"none of \d windows of 1 eras has a feature: .*raise preprocessing\.max_gap"
    ):
        run_stages(platform, first)
    assert platform.datasets.manifest("tsfresh_features", first) is not None
    assert platform.datasets.manifest("selected_features", first) is None


def test_features_that_are_not_there_are_named(platform: Platform, tmp_path: Path) -> None:
    first = take_in(platform, house(tmp_path / "source"))[0]
    with pytest.raises(StorageError, match=rf"era {first} has no tsfresh_features yet; materialize tsfresh_features"):
        project_features(platform, first)
